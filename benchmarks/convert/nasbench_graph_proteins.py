"""NAS-Bench-Graph on ogbn-proteins, which has a metric and a space of its own: five operations, 2,021 architectures."""

from __future__ import annotations

from pathlib import Path

from nasbed.benchmarks.convert import _graph
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.spaces.nasbench_graph import proteins_space
from nasbed.progress import Progress

SPLITS = {"proteins": "the official split of ogbn-proteins"}


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out`` from the package's wheel."""
    part = _graph.GraphPart(CONVERTER.name, CONVERTER.title, SPLITS, proteins_space(), "roc_auc")
    _graph.write(part, files[0], out, progress)


CONVERTER = Converter(
    name="nasbench_graph_proteins",
    title="NAS-Bench-Graph: 2,021 graph networks on ogbn-proteins",
    licence=_graph.LICENCE,
    sources=(_graph.SOURCE,),
    convert=convert,
)
