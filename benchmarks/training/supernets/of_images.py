"""Supernets of benchmarks that train on image data: of their space, on their training images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbed.benchmarks.training.device import device_of
from nasbed.benchmarks.training.supernets.plan import VERSION
from nasbed.vocabulary import SharedWeights, TrainedSupernet

if TYPE_CHECKING:
    from nasbed.benchmarks.training.images.images import ImageData


class SharingImages(ABC):
    """A benchmark on image data whose space has a supernet."""

    supernet_version = f"supernets {VERSION}"
    supernet_costs = "its seconds are those of the CPU"
    images: ImageData
    device: str

    @property
    @abstractmethod
    def supernet_space(self) -> Any:
        """What the supernet is of: a shape of networks in which cells are stacked, or a space of chains."""

    def supernet(self, weights: SharedWeights, seed: int, folder: Path | str | None, seconds: float) -> TrainedSupernet:
        """Train a supernet of the space on the training images, or find it in a folder of trainings.

        Its seconds are those of the CPU. Raises :class:`~nasbed.errors.OptionError` for what is no method or setting, or not one of
        this space, :class:`~nasbed.errors.EngineError` without PyTorch, and :class:`~nasbed.errors.BudgetError` where training
        takes more than so many ``seconds``.
        """
        from nasbed.benchmarks.training.supernets.kept import SupernetRequest, plan_of

        plan, device = plan_of(weights), device_of(self.device)
        return SupernetRequest(plan, self.supernet_space, self.images, seed, device=device).trained(folder, seconds)
