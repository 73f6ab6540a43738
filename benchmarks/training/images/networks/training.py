"""One training of a network on image data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.network_training import NetworkTraining
from nasbed.benchmarks.training.scores import scored

if TYPE_CHECKING:
    from nasbed.benchmarks.training.fitting.fit import Fit
    from nasbed.benchmarks.training.images.networks.fit import ImageFit


class ImageTraining(NetworkTraining[ImageData]):
    """The training of a network on image data; see :class:`NetworkTraining`."""

    @classmethod
    def fit_class(cls) -> type[ImageFit]:
        """The class of its fits; loads PyTorch, which no training pays for."""
        from nasbed.benchmarks.training.images.networks.fit import ImageFit

        return ImageFit

    def scores(self, fit: Fit[ImageData], place: int, split: str) -> dict[str, Any]:
        """The scores of one of the trained networks on a split, as plain data."""
        found = scored(fit.logits(split)[place], self.data.splits[split].labels)
        return {**found._asdict(), "confusion": found.confusion.tolist()}
