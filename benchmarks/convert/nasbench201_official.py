"""NAS-Bench-201 (Dong and Yang, ICLR 2020, arXiv 2001.00326), from its official ``.pth`` files, without torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nasbed.benchmarks.convert import _official, nats_topology
from nasbed.benchmarks.convert._source import Converter
from nasbed.progress import Progress

LAYOUT = replace(
    nats_topology.LAYOUT,
    name="nasbench201_official",
    title="NAS-Bench-201, official file",
    schedules={"less": 12, "full": 200},
    format=_official.TORCH,
    source="X. Dong and Y. Yang, NAS-Bench-201, ICLR 2020, arXiv 2001.00326",
)


def convert(files: list[Path], out: Path, progress: Progress, partial: bool = False) -> None:
    """Write the table folder ``out`` from ``NAS-Bench-201-v1_0-....pth`` or ``-v1_1-``, or from an archive folder of files
    ``NNNNNN-FULL.pth``, whose weights are left out.

    With ``partial`` architectures may be absent, as in samples. See :func:`_official.convert`.
    """
    _official.convert(LAYOUT, files[0], out, progress, partial)


CONVERTER = Converter("nasbench201_official", LAYOUT.title, LAYOUT.licence, (), convert)
