"""Channel-Bench-Macro: three CIFAR-10 test accuracies of 16,384 widths of a network, and nothing of a validation set or of time.

Its repository states no licence, so nothing of it is fetched: users name the file that they have.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.convert._counted import counts_of, records_of
from nasbed.benchmarks.spaces.channels import ChannelNetwork
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError
from nasbed.progress import Progress
from nasbed.vocabulary import HELD_OUT

LICENCE = "none stated by its repository; import only"
EPOCHS = 60
"""The epochs of a training, as the training script of the repository has them."""
RUNS = ("0", "1", "2")


def convert(network: ChannelNetwork, file: str, files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out`` from the file that the user names, or the folder that holds it under its published name.

    Each record must have the parameters and multiply-accumulates of the network that its digits write. Raises
    :class:`~nasbed.errors.DataError` for any other file.
    """
    progress("reading", 0, 0)
    path = files[0] / file if files[0].is_dir() else files[0]
    space = network.space()
    texts = [space.format(arch) for arch in space.archs]
    records = records_of(path, texts, "seven digits 1 to 4")
    counted = np.array([network.counts(arch) for arch in space.archs], dtype=np.int64)
    for text, record, expected in zip(texts, records, counted.tolist(), strict=True):
        if [record["params"], record["flops"]] != expected:
            raise DataError(
                f"{path}: architecture {text} has {record['params']!r} params and {record['flops']!r} flops; its network has"
                f" {expected[0]} and {expected[1]}, so this is not {file}"
            )
    counts = np.array(
        [counts_of(path, text, record, "acc", len(RUNS)) for text, record in zip(texts, records, strict=True)]
    )
    columns: list[tuple[Column, np.ndarray]] = [
        (Column("cifar10/validation_accuracy.npy", "accuracy", "validation", "cifar10", "%", "maximise", ["architecture", "run"],
                "test accuracy, there is no validation set: trained on the 50,000 training images, the highest of the epochs on the"
                " 10,000 test images", EPOCHS, images=10_000), counts.astype(np.uint16)),
        (Column("training_time.npy", "training_time", "none", "any", "s", "minimise", ["architecture"],
                "not recorded: 1 s stands for every training", EPOCHS), np.ones(len(space))),
        (Column("parameters.npy", "parameters", "none", "any", "parameters", "minimise", ["architecture"],
                "as recorded, and as computed from the architecture"), counted[:, 0].astype(np.int32)),
        (Column("flops.npy", "flops", "none", "any", "multiply-accumulates", "minimise", ["architecture"],
                "as recorded, and as computed: convolutions and the classifier, for one image"), counted[:, 1]),
    ]  # fmt: skip
    progress("writing", 1, 1)
    _folder.write(
        Manifest(
            folder=out,
            name=network.name,
            title=f"Channel-Bench-Macro, {file.removeprefix('Results_').removesuffix('.json')}",
            space=network.name,
            architectures=len(space),
            epochs=[EPOCHS],
            resumable=False,
            runs=list(RUNS),
            report=HELD_OUT,
            cost_model="the file holds no times: every training counts 1 simulated second",
            licence=LICENCE,
            sources=[
                "X. Su et al., BCNet, CVPR 2021, arXiv 2105.10533, and BCNetV2, arXiv 2203.13714",
                f"xiusu/Channel-Bench-Macro (GitHub): {file}, as its user brought it",
            ],
            datasets=["cifar10"],
        ),
        columns,
    )
