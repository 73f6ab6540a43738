"""Networks of NATS-Bench's size space, which differ in the widths of their layers, trained on image data."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from nasbed.benchmarks.spaces.nats_size import WIDTHS, NATSSizeSpace, layers
from nasbed.benchmarks.training.images.networks.benchmark import ImageBenchmark
from nasbed.benchmarks.training.images.networks.networks import SizeNetwork
from nasbed.benchmarks.training.network_benchmark import Plan
from nasbed.benchmarks.training.recipe import Precision
from nasbed.errors import OptionError
from nasbed.vocabulary import Arch


class Sizes(ImageBenchmark):
    """The 32,768 networks of NATS-Bench's size space, trained on image data: five layers of 8, 16, ..., 64 channels around one
    cell, the best that NATS-Bench found on CIFAR-100.

    By default, the recipe is that of NATS-Bench (Dong et al., TPAMI 2021, section 3.3): SGD with Nesterov momentum 0.9, a learning
    ``rate`` of 0.1 with cosine decay, weight ``decay`` 0.0005, and a ``batch`` of 256 images (64 suits a few thousand). The maps
    are halved twice, so the sides of images must be multiples of 4. The other options are those of every benchmark that trains on
    images.

    >>> benchmark = Sizes(data="digits", epochs=[1, 4], batch=64)
    >>> benchmark.plan((0, 1, 2, 3, 4)).network.widths
    (8, 16, 24, 32, 40)
    """

    name = "sizes"
    space: NATSSizeSpace

    def __init__(
        self,
        data: str = "digits",
        folder: str | None = None,
        epochs: Sequence[int] = (1, 4, 12),
        objectives: Sequence[str] = ("accuracy",),
        batch: int = 256,
        rate: float = 0.1,
        decay: float = 5e-4,
        limit: float | None = None,
        retrainings: int = 3,
        device: str = "cpu",
        teacher: str | Path | None = None,
        temperature: float | None = None,
        teacher_weight: float | None = None,
        precision: Precision = "float32",
    ) -> None:
        super().__init__(
            data,
            folder,
            epochs,
            objectives,
            limit,
            retrainings,
            device,
            teacher,
            temperature,
            teacher_weight,
            precision,
        )
        height, width = self.images.height, self.images.width
        if height % 4 or width % 4:
            raise OptionError(
                f"data = {self.data!r} holds images of {height} x {width} pixels, which the networks of {self.name} halve twice;"
                " expected sides that are multiples of 4: pad or resize the images, or use chain"
            )
        self.recipe = self.recipe_of(batch, rate, decay)
        self.space = _space()

    def plan(self, arch: Arch) -> Plan:
        """The network with the widths of an architecture, and the recipe, which is the same for all."""
        return Plan(SizeNetwork(tuple(WIDTHS[code] for code in arch)), self.recipe)

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The layers by name, and the widths that each can have, in the order of their numbers."""
        return layers()


@cache
def _space() -> NATSSizeSpace:
    return NATSSizeSpace()
