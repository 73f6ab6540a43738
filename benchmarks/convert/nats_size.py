"""The size space of NATS-Bench (Dong et al., TPAMI 2021, arXiv 2009.00437), from its official files."""

from __future__ import annotations

from pathlib import Path

from nasbed.benchmarks.convert import _official
from nasbed.benchmarks.convert._layout import Layout
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.spaces.nats_size import NATSSizeSpace, count
from nasbed.progress import Progress


def _texts() -> list[str]:
    space = NATSSizeSpace()
    return [space.format(arch) for arch in space.archs]


LAYOUT = Layout(
    name="nats_size",
    title="NATS-Bench, size space",
    licence="MIT",
    space="nats_size",
    texts=_texts,
    count=count,
    schedules={"01": 1, "12": 12, "90": 90},
    seeds=(777, 888, 999),
    format=_official.NATS,
    source="X. Dong et al., NATS-Bench, IEEE TPAMI 2021, arXiv 2009.00437",
    cost_model="recorded seconds of training and of one validation pass on one GPU",
)


def convert(files: list[Path], out: Path, progress: Progress, partial: bool = False) -> None:
    """Write the table folder ``out`` from a folder ``NATS-sss-...-simple`` or a single file ``NATS-sss-....pickle.pbz2``.

    With ``partial`` architectures may be absent, as in samples. See :func:`_official.convert`.
    """
    _official.convert(LAYOUT, files[0], out, progress, partial)


CONVERTER = Converter("nats_size", LAYOUT.title, LAYOUT.licence, (), convert)
