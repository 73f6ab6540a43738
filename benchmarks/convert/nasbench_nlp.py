"""NAS-Bench-NLP on WikiText-2: every epoch of the trainings that ended, by cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.convert._nlp_logs import EPOCHS, LoggedTraining, Logs, by_cell, read_logs
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.nasbench_nlp import CELLS, DATASET
from nasbed.benchmarks.spaces.recurrent_cells import format_cell
from nasbed.benchmarks.tables.manifest import Column, Manifest, Split
from nasbed.errors import DataError
from nasbed.progress import Progress

PUBLISHED = 345
"""The trainings of the official file."""


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out`` from the official ``logs.zip``, or from one with some of its trainings; the same bytes each
    time. Trainings of the same cell, under whatever names and numbers, are its runs, in the order of their files.

    Raises :class:`~nasbed.errors.DataError` for anything else.
    """
    (path,) = files
    if path.is_dir():
        raise DataError(f"{path} is a folder; nasbench_nlp is made from the official file logs.zip: name that")
    logs = read_logs(path, progress)
    cells = by_cell(logs.ended)
    if (count := len(logs.ended) + len(logs.unended)) > PUBLISHED:
        raise DataError(
            f"{path} holds {count:,} trainings; the official file has {PUBLISHED}, so this is not NAS-Bench-NLP"
        )
    if len(cells) < 2:
        raise DataError(f"{path} holds {len(cells)} cells with a training of {EPOCHS} epochs; expected at least two")
    texts = [format_cell(cell) for cell in cells]
    runs = max(map(len, cells.values()))
    title = f"NAS-Bench-NLP on WikiText-2, a small table: {len(cells)} recurrent cells in {len(logs.ended)} trainings"
    _folder.write(
        Manifest(
            folder=out,
            name="nasbench_nlp",
            title=title + _left_out(logs, count),
            space="nasbench_nlp",
            architectures=len(cells),
            epochs=[EPOCHS],
            resumable=True,
            runs=list(map(str, range(runs))),
            report="test",
            cost_model="seconds of each epoch of the training, as recorded",
            licence=CONVERTER.licence,
            sources=[
                "N. Klyuchnikov et al., NAS-Bench-NLP, IEEE Access 10, 2022, arXiv 2006.07116",
                "fmsnew/nas-bench-nlp-release (GitHub): train_logs_wikitext-2/logs.zip, Apache-2.0",
            ],
            datasets=[DATASET],
        ),
        _columns(list(cells.values()), runs),
        {CELLS: "\n".join(texts).encode()},
    )


def _left_out(logs: Logs, count: int) -> str:
    """What the file holds that the table does not, and what it lacks itself, in words."""
    known = {training.cell for training in logs.ended}
    lost = len({cell for cell, _ in logs.unended} - known)
    unended = (
        f"; {len(logs.unended)} that did not end are left out, and {lost} cells that have no other"
        if logs.unended
        else ""
    )
    return unended + (f"; in part: {count} of {PUBLISHED} trainings" if count < PUBLISHED else "")


def _columns(cells: list[list[LoggedTraining]], runs: int) -> list[tuple[Column, np.ndarray]]:
    def curves(name: str) -> np.ndarray:
        """A number of all trainings, (cells, runs, epochs), ``nan`` where a run was not made."""
        found = np.full((len(cells), runs, EPOCHS), np.nan)
        for row, trainings in enumerate(cells):
            for run, training in enumerate(trainings):
                found[row, run] = getattr(training, name)
        return found

    at, axes = list(range(1, EPOCHS + 1)), ["architecture", "run", "epoch"]
    splits: tuple[tuple[Split, str], ...] = (("train", "train"), ("validation", "valid"), ("test", "test"))
    columns = [
        (Column(f"{DATASET}/{split}_loss.npy", "loss", split, DATASET, "nats a word", "minimise", axes,
                f"cross-entropy on the {file} part of WikiText-2 after each epoch; its exponential is the perplexity", EPOCHS,
                at=at),
         curves(split))
        for split, file in splits
    ]  # fmt: skip
    return [
        *columns,
        (Column("training_time.npy", "training_time", "none", "any", "s", "minimise", axes,
                "seconds of all epochs so far, as recorded", EPOCHS, at=at),
         curves("seconds").cumsum(axis=2)),
        (Column("parameters.npy", "parameters", "none", "any", "parameters", "minimise", ["architecture"],
                "as recorded: embedding, three layers of the cell, and biases"),
         np.array([trainings[0].parameters for trainings in cells], dtype=np.int64)),
    ]  # fmt: skip


CONVERTER = Converter(
    name="nasbench_nlp",
    title="NAS-Bench-NLP on WikiText-2: 263 recurrent cells with every epoch of their trainings, a small table",
    licence="Apache-2.0",
    sources=(),
    convert=convert,
)
