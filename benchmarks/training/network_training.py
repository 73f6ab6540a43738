"""One training of a network: what decides its numbers, and how it is made."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from nasbed.benchmarks.training.data.labelled import LabelledData, Network
from nasbed.benchmarks.training.device import load_torch, out_of_memory
from nasbed.benchmarks.training.local.trainings import ENDED, NO_MEMORY, NO_NUMBER, TOO_LONG, MadeTraining
from nasbed.benchmarks.training.recipe import Recipe

if TYPE_CHECKING:
    from nasbed.benchmarks.training.fitting.fit import Fit

Data = TypeVar("Data", bound=LabelledData)
VERSION = "training 2"
"""Changes when the same training would give other numbers."""
_PATIENCE = 20.0
"""Seconds of training after which a checkpoint is written."""


@dataclass(frozen=True, eq=False)
class NetworkTraining(ABC, Generic[Data]):
    """The training of ``network`` on ``data`` by ``recipe`` with one ``seed``; ``device`` is ``cpu`` or ``cuda``.

    A training that takes more than ``limit`` seconds has failed. ``together`` are the seeds that are trained in one program, its
    own among them, by default that alone. The last bits of sums, and with them the numbers of a training, depend on how many
    there are; what a training took is its share, and its limit that of the mean.
    """

    network: Network
    data: Data
    recipe: Recipe
    seed: int
    limit: float | None = None
    device: str = "cpu"
    together: tuple[int, ...] = ()

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that are trained in one program."""
        return self.together or (self.seed,)

    def group(self) -> list[Self]:
        """The trainings of all seeds of its program, in their order."""
        return [replace(self, seed=seed) for seed in self.seeds]

    @classmethod
    @abstractmethod
    def fit_class(cls) -> type[Fit[Data]]:
        """The class of its fits; loads PyTorch, which no training pays for."""

    @abstractmethod
    def scores(self, fit: Fit[Data], place: int, split: str) -> dict[str, Any]:
        """The scores of one of the trained networks on a split, as plain data."""

    def identity(self) -> dict[str, Any]:
        """What names the training: network, data and split, recipe and seed, and the seeds of its program if there are others."""
        beside = {"together": list(self.together)} if len(self.together) > 1 else {}
        return {
            "version": VERSION,
            "network": self.network.described(),
            "data": self.data.checksum,
            "recipe": self.recipe.described(),
            "seed": self.seed,
            "limit": self.limit,
            "device": self.device,
            **beside,
        }

    def make(
        self,
        epochs: int,
        splits: Sequence[str] = (),
        checkpoint: Path | None = None,
        after: Callable[[Any], None] | None = None,
    ) -> list[MadeTraining]:
        """Train all seeds of the program up to an epoch, from ``checkpoint`` where it is there, and score them on ``splits``.

        Validation is measured after every epoch, and no other split is looked at unless it is asked for. A checkpoint is left, and
        deleted by who has written the trainings down. Raises :class:`~nasbed.errors.DataError` for a damaged checkpoint or that of
        another training, :class:`~nasbed.errors.StoreError` where none can be written.
        """
        import torch

        from nasbed.benchmarks.training.fitting.fit import OutOfTime

        load_torch()
        made_by = self.fit_class()
        began, count = time.perf_counter(), len(self.seeds)
        fit, outcome, before = None, ENDED, 0
        try:
            networks = self.network.build(self.data, self.seeds)
            fit = made_by(networks, self.recipe, self.seeds, self.data, device=self.device)
            if checkpoint is not None and checkpoint.exists():
                self.restore(fit, checkpoint)
                before = len(fit.curves.seconds)
            saved = time.perf_counter()

            def ended() -> None:
                nonlocal saved
                if after is not None:
                    after(fit)
                if checkpoint is not None and fit.epoch < epochs and time.perf_counter() - saved > _PATIENCE:
                    self.save(fit, checkpoint)
                    saved = time.perf_counter()

            fit.run(epochs, None if self.limit is None else self.limit * count, ended)
        except OutOfTime:
            outcome = TOO_LONG
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            outcome = NO_MEMORY
        if fit is None:
            return [MadeTraining(0, outcome, {}, [(time.perf_counter() - began) / count]) for _ in self.seeds]
        goes_on = outcome == ENDED and epochs < self.recipe.epochs and not fit.failed.all()
        if checkpoint is not None and goes_on:
            self.save(fit, checkpoint)
        seconds = list(fit.curves.seconds)
        if outcome == TOO_LONG:
            seconds.append(time.perf_counter() - began - sum(seconds[before:]))
        made = {"torch": torch.__version__, "peak memory": peak_memory(self.device)}
        shares = [one / count for one in seconds]
        return [self._made(fit, place, outcome, shares, splits, made, goes_on) for place in range(count)]

    def _made(
        self,
        fit: Fit[Data],
        place: int,
        outcome: str,
        seconds: list[float],
        splits: Sequence[str],
        made: dict[str, Any],
        goes_on: bool,
    ) -> MadeTraining:
        """What is remembered of one of the trainings of a fit; one that has failed has no epochs after that."""
        reached = fit.reached[place]
        if outcome == ENDED and fit.failed[place]:
            return MadeTraining(reached, NO_NUMBER, _curves(fit, place), seconds[:reached], {}, made)
        scores = {split: self.scores(fit, place, split) for split in splits} if outcome == ENDED else {}
        return MadeTraining(reached, outcome, _curves(fit, place), seconds, scores, made, goes_on)

    def save(self, fit: Fit[Data], path: Path) -> None:
        """Write a checkpoint; raises :class:`~nasbed.errors.StoreError` where that cannot be done."""
        from nasbed.benchmarks.training.fitting.checkpoints import write_checkpoint

        write_checkpoint(path, self.identity(), fit.state())

    def restore(self, fit: Fit[Data], path: Path) -> None:
        """Go on from a checkpoint.

        Raises :class:`~nasbed.errors.DataError` for a damaged one and for that of another training.
        """
        from nasbed.benchmarks.training.fitting.checkpoints import read_checkpoint

        fit.restore(read_checkpoint(path, self.identity(), fit.device))


def _curves(fit: Fit[Any], place: int) -> dict[str, dict[str, list[float | None]]]:
    """The curves of one of the networks of a fit as plain data, as far as its training came."""
    return {
        split: {
            metric: [float(one[place]) if math.isfinite(one[place]) else None for one in numbers[: fit.reached[place]]]
            for metric, numbers in metrics.items()
        }
        for split, metrics in fit.curves.values.items()
    }


def peak_memory(device: str) -> int:
    """The most bytes that this process has held: on the GPU, or in memory where that is known (0 elsewhere)."""
    if device == "cuda":
        import torch

        return int(torch.cuda.max_memory_allocated())
    try:
        import resource
        import sys
    except ImportError:  # not on Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)
