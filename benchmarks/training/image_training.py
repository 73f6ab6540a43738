"""One training of a network on image data: what decides its numbers, and how it is made."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nasbed.benchmarks.training.device import load_torch, out_of_memory
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.scores import scored
from nasbed.benchmarks.training.trainings import ENDED, NO_MEMORY, NO_NUMBER, TOO_LONG, MadeTraining

if TYPE_CHECKING:
    from nasbed.benchmarks.training.fit import Fit

VERSION = "training 2"
"""Changes when the same training would give other numbers."""
_PATIENCE = 20.0
"""Seconds of training after which a checkpoint is written."""


class Network(Protocol):
    """A network that can be trained on images: what it is, and how it is built, without torch until it is."""

    def described(self) -> dict[str, Any]:
        """What decides the network beside the shape of its images and its classes, as plain data."""

    def build(self, data: ImageData, seeds: Sequence[int]) -> Any:
        """The network with the initial weights of a seed, or several side by side: a module that :class:`Fit` can train."""

    def sizes(self, data: ImageData) -> tuple[int, int]:
        """Trainable parameters, and multiply-accumulates of a forward pass on one image."""

    def together(self, data: ImageData) -> int:
        """How many seeds of it are trained on a CPU faster in one program than one after another; 1 where it cannot be."""


@dataclass(frozen=True, eq=False)
class ImageTraining:
    """The training of ``network`` on ``data`` by ``recipe`` with one ``seed``; ``device`` is ``cpu`` or ``cuda``.

    A training that takes more than ``limit`` seconds has failed. ``together`` are the seeds that are trained in one program, its
    own among them, by default that alone. The last bits of sums, and with them the numbers of a training, depend on how many
    there are; what a training took is its share, and its limit that of the mean.
    """

    network: Network
    data: ImageData
    recipe: Recipe
    seed: int
    limit: float | None = None
    device: str = "cpu"
    together: tuple[int, ...] = ()

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that are trained in one program."""
        return self.together or (self.seed,)

    def group(self) -> list[ImageTraining]:
        """The trainings of all seeds of its program, in their order."""
        return [replace(self, seed=seed) for seed in self.seeds]

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
        after: Callable[[Fit], None] | None = None,
    ) -> list[MadeTraining]:
        """Train all seeds of the program up to an epoch, from ``checkpoint`` where it is there, and score them on ``splits``.

        Validation is measured after every epoch, and no other split is looked at unless it is asked for. A checkpoint is left, and
        deleted by who has written the trainings down. Raises :class:`~nasbed.errors.DataError` for a damaged checkpoint or that of
        another training, :class:`~nasbed.errors.StoreError` where none can be written.
        """
        import torch

        from nasbed.benchmarks.training.fit import Fit, OutOfTime

        load_torch()
        began, count = time.perf_counter(), len(self.seeds)
        fit, outcome, before = None, ENDED, 0
        try:
            fit = Fit(self.network.build(self.data, self.seeds), self.recipe, self.seeds, self.data, device=self.device)
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
        fit: Fit,
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

    def scores(self, fit: Fit, place: int, split: str) -> dict[str, Any]:
        """The scores of one of the trained networks on a split, as plain data."""
        found = scored(fit.logits(split)[place], self.data.splits[split].labels)
        return {**found._asdict(), "confusion": found.confusion.tolist()}

    def save(self, fit: Fit, path: Path) -> None:
        """Write a checkpoint; raises :class:`~nasbed.errors.StoreError` where that cannot be done."""
        from nasbed.benchmarks.training.checkpoints import write_checkpoint

        write_checkpoint(path, self.identity(), fit.state())

    def restore(self, fit: Fit, path: Path) -> None:
        """Go on from a checkpoint.

        Raises :class:`~nasbed.errors.DataError` for a damaged one and for that of another training.
        """
        from nasbed.benchmarks.training.checkpoints import read_checkpoint

        fit.restore(read_checkpoint(path, self.identity(), fit.device))


def _curves(fit: Fit, place: int) -> dict[str, dict[str, list[float | None]]]:
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
