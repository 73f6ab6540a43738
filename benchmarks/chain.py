"""Convolutional networks as chains of layers, with the hyperparameters of their training; every evaluation is a real training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nasbed.benchmarks.spaces.chain import ChainSpace
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.networks.benchmark import ImageBenchmark
from nasbed.benchmarks.training.images.networks.networks import ChainNetwork, image_shape
from nasbed.benchmarks.training.network_benchmark import Plan
from nasbed.benchmarks.training.recipe import Precision
from nasbed.benchmarks.training.supernets.of_images import SharingImages
from nasbed.vocabulary import Arch


class Chain(SharingImages, ImageBenchmark):
    """Chains of up to seven layers, trained on image data: 7.9e18 architectures with their hyperparameters.

    ``search`` is ``joint``, or the half that is searched while the other stays as in ``frozen`` (the text of an architecture; by
    default a hand-designed network trained by Adam). The other options are those of every benchmark that trains on images.

    >>> benchmark = Chain(data="digits", epochs=[1, 2])
    >>> benchmark.space.format(benchmark.space.lenet())[:34]
    'conv 5x5 6 tanh; average pool 2x2;'
    """

    name = "chain"
    space: ChainSpace

    def __init__(
        self,
        data: str | ImageData = "digits",
        folder: str | None = None,
        epochs: Sequence[int] = (1, 3, 9, 27),
        objectives: Sequence[str] = ("accuracy",),
        search: str = "joint",
        frozen: str = "",
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
        self.take_space(ChainSpace(image_shape(self.images)), search, frozen)

    @property
    def supernet_space(self) -> ChainSpace:
        """The space of chains, whose layers are slices of the largest."""
        return self.space

    def plan(self, arch: Arch) -> Plan:
        """The chain of layers of an architecture, and the recipe with its hyperparameters."""
        chain = self.space.chain(arch)
        recipe = self.recipe_of(chain.batch, chain.rate, chain.decay, chain.optimizer)
        return Plan(ChainNetwork(chain.layers), recipe)

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The decisions of the space by name, and their values as texts."""
        return self.space.decisions()
