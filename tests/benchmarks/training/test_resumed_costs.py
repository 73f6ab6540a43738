"""What a search is charged for a training that others have made, and that failed later than it asks."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import pytest

pytest.importorskip("torch")

from small_images import SMALL, named_images

import nasbed
from nasbed.benchmarks.training.images import load_images
from nasbed.benchmarks.training.images.networks.benchmark import ImageBenchmark
from nasbed.benchmarks.training.local.trainings import NO_NUMBER, TOO_LONG, MadeTraining, TrainingTable
from nasbed.vocabulary import Training


@pytest.mark.parametrize(("outcome", "reached"), [(TOO_LONG, 3), (NO_NUMBER, 4)])
def test_no_more_is_charged_than_the_epochs_asked_for(tmp_path: Path, outcome: str, reached: int) -> None:
    benchmark = nasbed.load_benchmark("chain", data=load_images(named_images(60)), epochs=[1, 2, 9])
    assert isinstance(benchmark, ImageBenchmark)
    arch, trainer = benchmark.space.parse(SMALL), benchmark.trainer()
    curves = {"validation": {"accuracy": [10.0, 20.0, 30.0], "loss": [3.0, 2.0, 1.0]}}
    kept = MadeTraining(reached, outcome, curves, [1.0, 2.0, 4.0, 8.0])
    TrainingTable(tmp_path).made(benchmark.training(arch, 7).identity(), 9, lambda checkpoint: kept)

    def answered(epochs: int, before: int = 0) -> tuple[float, float]:
        given = trainer(Training(arch, epochs, 7, 1, 0 if before else None, before, str(tmp_path)))
        return given.values[0], given.costs["seconds"]

    assert [answered(1), answered(2), answered(2, before=1)] == [(10.0, 1.0), (20.0, 3.0), (20.0, 2.0)]
    value, seconds = answered(9, before=2)
    assert isnan(value)
    assert seconds == 12.0
