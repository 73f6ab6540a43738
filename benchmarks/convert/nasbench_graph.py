"""NAS-Bench-Graph: 26,206 graph networks on eight data sets, from the package ``nas-bench-graph``."""

from __future__ import annotations

from pathlib import Path

from nasbed.benchmarks.convert import _graph
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.spaces.nasbench_graph import NASBenchGraphSpace
from nasbed.progress import Progress

_PUBLIC = "20 nodes a class for training, 500 for validation, 1,000 for test"
_DRAWN = "20 nodes a class for training, 30 for validation, the others for test"
SPLITS = {
    **dict.fromkeys(("cora", "citeseer", "pubmed"), _PUBLIC),
    **dict.fromkeys(("cs", "physics", "photo", "computers"), _DRAWN),
    "arxiv": "the official split of ogbn-arxiv",
}
"""The data sets, and how their nodes were split."""


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out`` from the package's wheel."""
    part = _graph.GraphPart(CONVERTER.name, CONVERTER.title, SPLITS, NASBenchGraphSpace(), "accuracy")
    _graph.write(part, files[0], out, progress)


CONVERTER = Converter(
    name="nasbench_graph",
    title="NAS-Bench-Graph: 26,206 graph networks on eight data sets",
    licence=_graph.LICENCE,
    sources=(_graph.SOURCE,),
    convert=convert,
)
