"""One training of a network on image data: what decides its numbers, and how it is made."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nasbed.benchmarks.training.device import load_torch, out_of_memory
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.scores import scored
from nasbed.benchmarks.training.trainings import ENDED, NO_MEMORY, NO_NUMBER, TOO_LONG, MadeTraining
from nasbed.errors import DataError
from nasbed.files import atomic_write

if TYPE_CHECKING:
    from nasbed.benchmarks.training.fit import Fit

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


@dataclass(frozen=True, eq=False)
class ImageTraining:
    """The training of ``network`` on ``data`` by ``recipe`` with one ``seed``; ``device`` is ``cpu`` or ``cuda``.

    A training that takes more than ``limit`` seconds has failed.
    """

    network: Network
    data: ImageData
    recipe: Recipe
    seed: int
    limit: float | None = None
    device: str = "cpu"

    def identity(self) -> dict[str, Any]:
        """What names the training: network, data and split, recipe and seed."""
        return {
            "network": self.network.described(),
            "data": self.data.checksum,
            "recipe": self.recipe.described(),
            "seed": self.seed,
            "limit": self.limit,
            "device": self.device,
        }

    def make(
        self,
        epochs: int,
        splits: Sequence[str] = (),
        checkpoint: Path | None = None,
        known: MadeTraining | None = None,
        after: Callable[[Fit], None] | None = None,
    ) -> MadeTraining:
        """Train up to an epoch, from ``checkpoint`` where it is there, and score the network on ``splits``.

        Validation is measured after every epoch, and no other split is looked at unless it is asked for. ``known`` is what is
        remembered of the training. A checkpoint is left, and deleted by who has written the training down. Raises
        :class:`~nasbed.errors.DataError` for a damaged checkpoint or that of another training,
        :class:`~nasbed.errors.StoreError` where none can be written.
        """
        import torch

        from nasbed.benchmarks.training.fit import Fit, OutOfTime

        load_torch()
        began = time.perf_counter()
        fit, outcome, before = None, ENDED, 0
        try:
            fit = Fit(
                self.network.build(self.data, [self.seed]), self.recipe, [self.seed], self.data, device=self.device
            )
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

            fit.run(epochs, self.limit, ended)
        except OutOfTime:
            outcome = TOO_LONG
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            outcome = NO_MEMORY
        if fit is None:
            return MadeTraining(0, outcome, {}, [time.perf_counter() - began])
        if outcome == ENDED and fit.failed.any():
            outcome = NO_NUMBER
        goes_on = outcome == ENDED and epochs < self.recipe.epochs
        if checkpoint is not None and goes_on:
            self.save(fit, checkpoint)
        seconds = list(fit.curves.seconds)
        if outcome == TOO_LONG:
            seconds.append(time.perf_counter() - began - sum(seconds[before:]))
        scores = {split: self.scores(fit, split) for split in splits} if outcome == ENDED else {}
        made = {"torch": torch.__version__, "peak memory": peak_memory(self.device)}
        return MadeTraining(fit.epoch, outcome, _curves(fit), seconds, scores, made, goes_on)

    def scores(self, fit: Fit, split: str) -> dict[str, Any]:
        """The scores of a trained network on a split, as plain data."""
        found = scored(fit.logits(split)[0], self.data.splits[split].labels)
        return {**found._asdict(), "confusion": found.confusion.tolist()}

    def save(self, fit: Fit, path: Path) -> None:
        """Write a checkpoint; raises :class:`~nasbed.errors.StoreError` where that cannot be done."""
        import torch

        content = io.BytesIO()
        torch.save({"identity": self.identity(), **fit.state()}, content)
        atomic_write(path, content.getvalue(), "use another folder")

    def restore(self, fit: Fit, path: Path) -> None:
        """Go on from a checkpoint.

        Raises :class:`~nasbed.errors.DataError` for a damaged one and for that of another training.
        """
        import torch

        try:
            content = torch.load(path, map_location=fit.device, weights_only=True)
            identity: Mapping[str, Any] = content.pop("identity")
        except Exception as error:
            raise DataError(
                f"{path} is no whole checkpoint: {type(error).__name__}; delete it to train from the start"
            ) from None
        ours = self.identity()
        if differing := [name for name, value in ours.items() if identity.get(name) != value]:
            raise DataError(
                f"{path} is the checkpoint of another training ({', '.join(differing)} differ); delete it or use another folder"
            )
        fit.restore(content)


def _curves(fit: Fit) -> dict[str, dict[str, list[float | None]]]:
    """The curves of the one network of a fit as plain data."""
    return {
        split: {
            metric: [float(one[0]) if math.isfinite(one[0]) else None for one in numbers]
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
