"""The topology space of NATS-Bench (Dong et al., TPAMI 2021, arXiv 2009.00437), from its official files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from nasbed.benchmarks.convert import _official
from nasbed.benchmarks.convert._layout import Layout
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.progress import Progress

_space = cache(NASBench201Space)


def count(text: str, classes: int, pixels: int) -> tuple[int, int]:
    """Trainable parameters, and multiply-accumulates on one image of ``pixels`` x ``pixels``, from the structure."""
    arch, shape = _space().parse(text), NetworkShape(classes=classes, pixels=pixels)
    return shape.parameters(arch), shape.flops(arch)


def _texts() -> list[str]:
    return [_space().format(arch) for arch in _space().archs]


LAYOUT = Layout(
    name="nats_topology",
    title="NATS-Bench, topology space",
    licence="MIT",
    space="nasbench201",
    texts=_texts,
    count=count,
    schedules={"12": 12, "200": 200},
    seeds=(111, 777, 888, 999),
    format=_official.NATS,
    source="X. Dong et al., NATS-Bench, IEEE TPAMI 2021, arXiv 2009.00437",
    cost_model="recorded seconds of training and of one validation pass on one GPU (of 200 epochs measured once on CIFAR-10 and"
    " scaled to the other data sets by the authors)",
)


def convert(files: list[Path], out: Path, progress: Progress, partial: bool = False) -> None:
    """Write the table folder ``out`` from a folder ``NATS-tss-...-simple`` or a single file ``NATS-tss-....pickle.pbz2``.

    With ``partial`` architectures may be absent, as in samples. See :func:`_official.convert`.
    """
    _official.convert(LAYOUT, files[0], out, progress, partial)


CONVERTER = Converter("nats_topology", LAYOUT.title, LAYOUT.licence, (), convert)
