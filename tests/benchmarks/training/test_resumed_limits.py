"""A training that goes on from a checkpoint and then takes too long."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from small_images import SMALL, named_images

import nasbed
from nasbed.benchmarks.training.fitting.fit import Fit
from nasbed.benchmarks.training.images import load_images
from nasbed.benchmarks.training.images.networks.benchmark import ImageBenchmark


def test_its_last_seconds_are_those_since_it_went_on(tmp_path: Path) -> None:
    benchmark = nasbed.load_benchmark("chain", data=load_images(named_images(60)), epochs=[1, 3], limit=100.0)
    assert isinstance(benchmark, ImageBenchmark)
    training, checkpoint = benchmark.training(benchmark.space.parse(SMALL), 0), tmp_path / "checkpoint"

    def slower(fit: Fit) -> None:
        fit.curves.seconds[-1] = 101.0  # as if the machine had been busy

    assert training.make(1, (), checkpoint, slower)[0].seconds == [101.0]
    (made,) = training.make(3, (), checkpoint)
    assert (made.outcome, made.epochs, made.seconds[0]) == ("out of time", 1, 101.0)
    assert 0 <= made.seconds[1] < 60
