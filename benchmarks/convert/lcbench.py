"""The surrogate of LCBench (Zimmer et al., TPAMI 2021) of YAHPO Gym (Pfisterer et al., AutoML 2022), from its published files: a
model in ONNX, the ranges that it takes, and the numbers of the data sets.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.convert._source import Converter, Source
from nasbed.benchmarks.lcbench import CONFIG, ENCODING, INPUTS, MODEL, OUTPUTS
from nasbed.benchmarks.spaces.lcbench import LONGEST, TASKS, described, space_of
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.surrogate import Surrogate
from nasbed.progress import Progress


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out``, the published files in it, once the model has been loaded and answered; the same bytes each
    time.
    """
    contents = {path.name: path.read_bytes() for path in files}
    numbers = described(contents[CONFIG], contents[ENCODING])
    manifest = Manifest(
        folder=out,
        name="lcbench",
        title=CONVERTER.title,
        space="lcbench",
        architectures=space_of("fitted").size,
        epochs=[LONGEST],
        resumable=True,
        runs=["surrogate"],
        report="test",
        cost_model="seconds of a training to each epoch, as the surrogate says them",
        licence=CONVERTER.licence,
        sources=[
            "L. Zimmer, M. Lindauer, F. Hutter, Auto-PyTorch Tabular, IEEE TPAMI 2021, arXiv 2006.13799 (LCBench, Apache-2.0)",
            "F. Pfisterer et al., YAHPO Gym, AutoML 2022, arXiv 2109.03670: yahpo_data, lcbench (Apache-2.0)",
        ],
        datasets=list(TASKS),
        files={name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
    )
    with _folder.replacing(out) as temporary:
        for place, (name, content) in enumerate(contents.items(), 1):
            progress(f"copying {name}", place, len(contents))
            (temporary / name).write_bytes(content)
        made = replace(manifest, folder=temporary)
        _folder.write_manifest(temporary, made)
        _require_answers(made, numbers[TASKS[0]])


def _require_answers(manifest: Manifest, task: int) -> None:
    """Raises :class:`~nasbed.errors.NasbedError` where the model cannot be loaded, is another, or does not answer."""
    import numpy as np

    categorical, continuous = np.full((1, 1), task), np.array([[LONGEST, 64, 0.01, 0.9, 0.01, 2, 128, 0.5]])
    Surrogate(manifest, MODEL, INPUTS, OUTPUTS).answers(categorical, continuous)


CONVERTER = Converter(
    name="lcbench",
    title="LCBench by its surrogate: networks for tabular data with their hyperparameters, 34 data sets",
    licence="Apache-2.0",
    sources=(
        Source(CONFIG, "4d1c78a91429b4a37628e13f286cf1abe15f778a09722a4c01714f2d72a8200d"),
        Source(ENCODING, "d8af928f412bbeb07e58ecd69877fcab35fbc595333d1c1c3f76120d2f2508da"),
        Source(MODEL, "b45c0d85ae39abf8820c8bea5ac82f415763afcbaf3b725e36af452b09cb6dcd"),
    ),
    convert=convert,
)
