"""Trainings of official files on their way into columns: gathered on disk, one row an architecture, then turned.

Which seeds and epochs were recorded, and whether accuracies are counts of images, is known only at the end. So rows of a
fixed size hold all that may be there, and the columns are cut from them block by block.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nasbed.benchmarks.convert._cuts import cuts, latencies
from nasbed.benchmarks.convert._folder import ColumnFile
from nasbed.benchmarks.convert._rows import Rows, Trial
from nasbed.benchmarks.tables.manifest import Column
from nasbed.progress import Progress


class Staging:
    """The rows of all schedules, in files of ``folder`` until :meth:`cut` makes the columns there in their place."""

    def __init__(self, folder: Path, schedules: Sequence[int], seeds: Sequence[int], architectures: int) -> None:
        self.folder = folder
        self.seeds = seeds
        self.rows = {epochs: Rows(folder / f".rows-{epochs}", epochs, seeds, architectures) for epochs in schedules}

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *error: object) -> None:
        for rows in self.rows.values():
            rows.file.close()

    def add(self, index: int, trials: Sequence[Trial]) -> None:
        """Store the trainings of one architecture after one schedule."""
        self.rows[trials[0].epochs].add(index, trials)

    @property
    def size(self) -> int:
        """How many bytes all rows take on disk."""
        return sum(rows.row.itemsize * len(rows.made) for rows in self.rows.values())

    @property
    def used(self) -> list[int]:
        """The positions of the seeds that occur."""
        seen = [rows.present["values"].any(axis=(0, 2, 3, 4)) for rows in self.rows.values()]
        return [int(run) for run in np.flatnonzero(np.logical_or.reduce(seen))]

    def cut(self, progress: Progress) -> list[Column]:
        """The columns, once everything is stored; ``progress`` counts their rows."""
        done: list[Column] = []
        for rows in self.rows.values():
            planned = [*cuts(rows, self.used), *(latencies(rows, self.used) if rows.epochs == max(self.rows) else [])]
            sizes = {"architecture": len(rows.made), "run": len(self.used)}
            files = []
            for column, dtype, _ in planned:
                shape = tuple((sizes | {"epoch": len(column.at)})[axis] for axis in column.axes)
                files.append(ColumnFile(self.folder, column, np.dtype(dtype), shape))
            finished = 0
            for block in rows.blocks():
                for (_, _, make), file in zip(planned, files, strict=True):
                    file.append(make(block))
                finished += len(block)
                progress("writing", finished, len(rows.made))
            rows.path.unlink()
            done += [file.done() for file in files]
        return done
