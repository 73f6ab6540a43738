"""The network of one architecture, trained with several seeds: what it is, what it scores, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nasbed.benchmarks.training.local.trainings import MadeTraining
from nasbed.benchmarks.training.network_benchmark import NetworkBenchmark
from nasbed.benchmarks.training.plain import Exportable
from nasbed.benchmarks.training.trained.exports import FORMATS, opened, safetensors
from nasbed.benchmarks.training.trained.layout import NETWORK, ONNX, WEIGHTS
from nasbed.training.kind import DataKind
from nasbed.training.kinds import kind_of
from nasbed.training.origins import Origin
from nasbed.training.scores import confusion_frame, curve_frame, peak_bytes, score_frame, seconds_an_epoch
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    import pandas as pd


class TrainedNetwork:
    """An architecture of a benchmark with its ``trainings``, one a seed, and the ``weights`` that ``best_seed`` left: the one with
    the highest validation accuracy. ``origin`` says where the architecture is from.
    """

    def __init__(
        self,
        benchmark: NetworkBenchmark[Any],
        arch: Arch,
        trainings: Sequence[MadeTraining],
        best_seed: int,
        weights: dict[str, np.ndarray],
        origin: Origin,
    ) -> None:
        self.benchmark, self.arch, self.trainings = benchmark, arch, tuple(trainings)
        self.best_seed, self.weights, self.origin = best_seed, weights, origin

    @property
    def architecture(self) -> str:
        """The architecture as its space writes it."""
        return self.benchmark.space.format(self.arch)

    @property
    def kind(self) -> DataKind:
        """The kind of data that the network reads."""
        return kind_of(self.benchmark)

    @cached_property
    def source(self) -> str:
        """The network as a Python module that needs no nasbed."""
        network, data = self.benchmark.plan(self.arch).network, self.benchmark.loaded
        assert isinstance(network, Exportable)
        return self.kind.source(network.plain(data), data, self.architecture)

    @cached_property
    def network(self) -> Any:
        """The network of the best seed: a PyTorch module in evaluation mode, which takes examples as they are stored."""
        return opened(self.source, self.weights)

    @property
    def scores(self) -> pd.DataFrame:
        """Accuracy (%), loss (nats), macro precision, recall and F1 on each split: mean and sd over the seeds, and each of them."""
        return score_frame(self.trainings)

    @property
    def curves(self) -> pd.DataFrame:
        """Loss and accuracy of each seed after each epoch, on the training split and on validation."""
        return curve_frame(self.trainings)

    @property
    def confusion(self) -> pd.DataFrame:
        """How many images of each class were taken for each of the classes, by split and seed."""
        return confusion_frame(self.trainings, self.benchmark.loaded.classes)

    @property
    def costs(self) -> dict[str, float]:
        """Trainable ``parameters``, ``flops`` (multiply-accumulates of an example), mean ``seconds_an_epoch``, and ``peak_memory``:
        the most bytes that a process held which trained, 0 where that is not known.
        """
        parameters, flops = self.benchmark.plan(self.arch).network.sizes(self.benchmark.loaded)
        took = {"seconds_an_epoch": seconds_an_epoch(self.trainings), "peak_memory": peak_bytes(self.trainings)}
        return {"parameters": parameters, "flops": flops, **took}

    def exported(self, form: str) -> tuple[str, str | bytes]:
        """The name and the content of the file of a form: ``python``, ``weights`` or ``onnx``.

        Raises :class:`~nasbed.errors.OptionError` where packages are missing that it needs.
        """
        assert form in FORMATS
        if form == "python":
            return NETWORK, self.source
        if form == "weights":
            return WEIGHTS, safetensors(self.weights, self.kind.said(self.benchmark.loaded))
        return ONNX, self.kind.onnx(self.network, self.benchmark.loaded)
