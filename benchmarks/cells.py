"""Cells of NAS-Bench-201 trained on image data, in a network of any size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space, decisions
from nasbed.benchmarks.spaces.nasbench201_functions import live
from nasbed.benchmarks.training.images.networks.benchmark import ImageBenchmark
from nasbed.benchmarks.training.images.networks.networks import CellNetwork, image_shape
from nasbed.benchmarks.training.network_benchmark import Plan
from nasbed.benchmarks.training.recipe import Precision
from nasbed.benchmarks.training.supernets.of_images import SharingImages
from nasbed.vocabulary import Arch


class Cells(SharingImages, ImageBenchmark):
    """The 15,625 cells of NAS-Bench-201, trained on image data, each stacked in a network whose size the options ``stages``,
    ``cells`` and ``channels`` set.

    By default, network and recipe are those of NAS-Bench-201 (Dong and Yang, ICLR 2020, section 2.3): 3 stages of 5 cells from 16
    channels on; SGD with Nesterov momentum 0.9, a learning ``rate`` of 0.1 with cosine decay, weight ``decay`` 0.0005, and a
    ``batch`` of 256 images (64 suits a few thousand). A cell is trained without its dead edges, so cells that differ in these alone
    are one network. The other options are those of every benchmark that trains on images.

    >>> benchmark = Cells(data="digits", channels=8, cells=1, stages=1, epochs=[1, 4], batch=64)
    >>> benchmark.plan((3, 0, 1, 1, 0, 0)).network.cell
    (0, 0, 0, 1, 0, 0)
    """

    name = "cells"
    space: NASBench201Space

    def __init__(
        self,
        data: str = "digits",
        folder: str | None = None,
        epochs: Sequence[int] = (1, 4, 12),
        objectives: Sequence[str] = ("accuracy",),
        channels: int = 16,
        cells: int = 5,
        stages: int = 3,
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
        image = image_shape(self.images)
        sizes = {"channels": channels, "cells": cells, "stages": stages, "classes": len(self.images.classes)}
        self.shape = NetworkShape(**sizes, pixels=image.height, colours=image.channels, breadth=image.width)
        self.recipe = self.recipe_of(batch, rate, decay)
        self.space = _space()

    def plan(self, arch: Arch) -> Plan:
        """The network of a cell without its dead edges, and the recipe, which is the same for all."""
        return Plan(CellNetwork(live(arch), self.shape), self.recipe)

    @property
    def supernet_space(self) -> NetworkShape:
        """The shape of the network in which cells are stacked."""
        return self.shape

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The edges, target first, and their operations."""
        return decisions()


@cache
def _space() -> NASBench201Space:
    return NASBench201Space()
