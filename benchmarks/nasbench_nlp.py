"""NAS-Bench-NLP on WikiText-2; import it with ``nasbed data import nasbench_nlp logs.zip``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from nasbed.benchmarks.spaces.nasbench_nlp import NASBenchNLPSpace
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.table import Table

DATASET = "wikitext-2"
CELLS = "cells.txt"
"""The file of a table that holds the text of each cell, a line each."""


class NASBenchNLP(Table):
    """A small table: 263 recurrent cells that read WikiText-2, with every epoch of their trainings (Klyuchnikov et al., 2022).

    Trainings have 50 epochs, and ``epochs`` are the fidelities, points of that one training, which can be resumed (50 alone by
    default). Scores are those of its end. The loss is a cross-entropy in nats per word, whose exponential is the perplexity; costs
    are the recorded seconds. ``objectives`` beside ``loss`` are ``parameters``.

    The file has 291 recipes, of which many differ in names and order alone: they make 265 cells, and two of these have no finished
    training. 51 cells were trained more than once, one of them 14 times, and ``noise = "draw"`` replays one of the runs of a cell.
    The authors chose the cells from their 14,322; LSTM, GRU and plain recurrent networks are among them.

    The cells are too few for neighbours that differ in one decision, so neighbours are the three nearest by neighbourhoods of
    nodes.
    """

    table = "nasbench_nlp"
    metric = "loss"
    known = (DATASET,)
    space: NASBenchNLPSpace
    meanings: ClassVar[Mapping[str, str]] = {
        "dataset": "corpus of the trainings: wikitext-2",
        "epochs": "fidelities that a search may ask for, in 1 .. 50: points of one training",
        "objectives": "loss first, then parameters where they are wanted",
    }

    def __init__(
        self, dataset: str = DATASET, epochs: Sequence[int] = (50,), objectives: Sequence[str] = ("loss",)
    ) -> None:
        own = self.own()
        super().__init__(dataset, manifest=own, schedule=own.epochs[-1], epochs=epochs, objectives=objectives)
        self.space = _space(own.folder, own.checksum)

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """For each node its operation, what it reads and the state that it makes, with their choices."""
        return self.space.whole.decisions()

    def representatives(self) -> np.ndarray:
        """Each cell itself: recipes of the same cell were joined when the table was made."""
        return np.arange(len(self.space))


@cache
def _space(folder: Path, checksum: str) -> NASBenchNLPSpace:
    return NASBenchNLPSpace(Manifest.load(folder).file(CELLS).decode().splitlines())
