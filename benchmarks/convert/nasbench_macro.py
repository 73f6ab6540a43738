"""NAS-Bench-Macro: three CIFAR-10 test accuracies of 6,561 networks, and nothing of a validation set or of time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.convert._counted import IMAGES, counts_of, records_of
from nasbed.benchmarks.convert._source import Converter, Source
from nasbed.benchmarks.spaces.nasbench_macro import NASBenchMacroSpace
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.progress import Progress
from nasbed.vocabulary import HELD_OUT

EPOCHS = 50
RUNS = ("0", "1", "2")
"""The seeds of the trainings, in the order of the file."""


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out``. The test accuracies of the trainings become what a search may see, run by run;
    there is no test column, so what is reported is the mean of the other runs.
    """
    progress("reading", 0, 0)
    space = NASBenchMacroSpace()
    texts = [space.format(arch) for arch in space.archs]
    records = dict(zip(texts, records_of(files[0], texts, "eight digits 0, 1, 2"), strict=True))
    counts = np.array(
        [counts_of(files[0], text, record, "test_acc", len(RUNS)) for text, record in records.items()], dtype=np.uint16
    )
    columns: list[tuple[Column, np.ndarray]] = [
        (Column("cifar10/validation_accuracy.npy", "accuracy", "validation", "cifar10", "%", "maximise", ["architecture", "run"],
                "test accuracy, there is no validation set: trained on the 50,000 training images, the highest of 50 epochs on"
                " the 10,000 test images", EPOCHS, images=IMAGES), counts),
        (Column("training_time.npy", "training_time", "none", "any", "s", "minimise", ["architecture"],
                "not recorded: 1 s stands for every training", EPOCHS), np.ones(len(space))),
        (Column("parameters.npy", "parameters", "none", "any", "parameters", "minimise", ["architecture"], "as recorded"),
         np.array([record["params"] for record in records.values()], dtype=np.int32)),
        (Column("flops.npy", "flops", "none", "any", "multiply-accumulates", "minimise", ["architecture"],
                "as recorded: convolutions and the classifier, for one image"),
         np.array([record["flops"] for record in records.values()], dtype=np.int64)),
    ]  # fmt: skip
    progress("writing", 1, 1)
    _folder.write(
        Manifest(
            folder=out,
            name="nasbench_macro",
            title=CONVERTER.title,
            space=space.name,
            architectures=len(space),
            epochs=[EPOCHS],
            resumable=False,
            runs=list(RUNS),
            report=HELD_OUT,
            cost_model="the file holds no times: every training counts 1 simulated second",
            licence=CONVERTER.licence,
            sources=[
                "X. Su et al., Prioritized Architecture Sampling with Monto-Carlo Tree Search, CVPR 2021, arXiv 2103.11922",
                "xiusu/NAS-Bench-Macro (GitHub): the file, taken from the copy in mingkai-zheng/GENIUS (GitHub)",
            ],
            datasets=["cifar10"],
        ),
        columns,
    )


CONVERTER = Converter(
    name="nasbench_macro",
    title="NAS-Bench-Macro: 6,561 networks of eight layers on CIFAR-10, test accuracy only",
    licence="Apache-2.0",
    sources=(
        Source(
            "nas-bench-macro_cifar10.json",
            "686dee8363cc21cca8c1f321ad5749454f2d9b9ca5972682e137e539bc522297",
            address="https://raw.githubusercontent.com/mingkai-zheng/GENIUS/"
            "969d4f9e23d4bf15640c97e82cea610edc103eba/benchmark/nas-bench-macro_cifar10.json",
        ),
    ),
    convert=convert,
)
