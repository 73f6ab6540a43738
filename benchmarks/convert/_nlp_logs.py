"""The trainings in the official ``logs.zip`` of NAS-Bench-NLP: a JSON file for each, with its recipe and what every epoch gave."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nasbed.benchmarks.convert import _bounds
from nasbed.benchmarks.spaces.recurrent_cells import Cell, cell_of_recipe, parameters_of
from nasbed.errors import ArchitectureError, DataError, shown
from nasbed.progress import Progress

EPOCHS = 50
CORPUS = "wikitext-2"
WORDS, EMBEDDING, HIDDEN, LAYERS = 33_278, 400, 600, 3
"""The words of the corpus that are told apart, and the widths of the network."""
_RECIPE = {
    "epochs": EPOCHS,
    "emsize": EMBEDDING,
    "nhid": HIDDEN,
    "nlayers": LAYERS,
    "tied": True,
    "bptt": 70,
    "batch_size": 20,
}
"""What every official training says of how it was made."""
_HIGHEST = 100.0
"""No loss is so high, in nats a word: even that of a training about to fail is below 20."""


class LoggedTraining(NamedTuple):
    """One training that ended: its cell, its weights, and by epoch the seconds, and the losses in nats a word, (epochs,)."""

    cell: Cell
    parameters: int
    seconds: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


class Logs(NamedTuple):
    """The trainings of a file that ended, in the order of its names, and of those that did not the cell and the last epoch."""

    ended: list[LoggedTraining]
    unended: list[tuple[Cell, int]]


def read_logs(path: Path, progress: Progress) -> Logs:
    """All trainings of a file; raises :class:`~nasbed.errors.DataError`, which names the training, for what is not as official."""
    logs = Logs([], [])
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(".json"))
            if not names:
                raise DataError(f"{path} holds no training; expected files log_stats_model_ID_DATE_NUMBER.json")
            for place, name in enumerate(names, 1):
                progress("reading", place, len(names))
                with archive.open(name) as file:
                    content = _bounds.content(file, _bounds.TEXT)
                _add(logs, f"{path}, {name}", content)
    except (OSError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        said = getattr(error, "strerror", None) or error
        raise DataError(f"{path} is no whole zip file: {said}; expected the official logs.zip") from None
    return logs


def _add(logs: Logs, where: str, content: bytes) -> None:
    """Add a training to those that ended or did not."""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} is damaged: {error}; get the official file again") from None
    if not isinstance(record, dict):
        raise DataError(f"{where} is damaged: it holds {shown(record)}; expected an object")
    if missing := [name for name in _NEEDED if name not in record]:
        raise DataError(
            f"{where} says nothing of {', '.join(missing)}; expected a training as the official files have it"
        )
    _require_recipe(where, record)
    try:
        cell = cell_of_recipe(record["recepie"]) if isinstance(record["recepie"], str) else None
    except ArchitectureError as error:
        raise DataError(f"{where}: {error}") from None
    if cell is None:
        raise DataError(f"{where}: its recepie is {shown(record['recepie'])}; expected the text of a recipe")
    parameters = _require_parameters(where, record["num_params"], cell)
    curves = {name: _curve(where, name, record[name]) for name in _CURVES}
    lengths = {len(curve) for curve in curves.values()}
    if len(lengths) > 1 or max(lengths) > EPOCHS:
        said = ", ".join(f"{len(curve)} of {name}" for name, curve in curves.items())
        raise DataError(f"{where} has numbers of other epochs: {said}; expected as many of each, {EPOCHS} at most")
    (length,) = lengths
    if record["status"] != "OK" or length < EPOCHS:
        logs.unended.append((cell, length))
        return
    for name, curve in curves.items():
        most = np.inf if name == "wall_times" else _HIGHEST
        if (wrong := np.flatnonzero(~((curve > 0) & (curve < most)))).size:
            span = "above 0" if most == np.inf else f"above 0 and below {most:g}"
            raise DataError(
                f"{where} says that it ended well, and {name} of epoch {wrong[0] + 1} is {curve[wrong[0]]:g}; expected a number"
                f" {span}"
            )
    logs.ended.append(LoggedTraining(cell, parameters, *(curves[name] for name in _CURVES)))


_CURVES = ("wall_times", "train_losses", "val_losses", "test_losses")
_NEEDED = (*_CURVES, "recepie", "status", "num_params", "data", *_RECIPE)


def _require_recipe(where: str, record: dict[str, Any]) -> None:
    """Raises :class:`~nasbed.errors.DataError` for a training on another corpus, and for one of another recipe."""
    corpus = str(record["data"]).rstrip("/").rsplit("/", 1)[-1]
    if corpus != CORPUS:
        raise DataError(f"{where} was trained on {corpus[:40]!r}; this table is of {CORPUS!r}, and never mixes the two")
    for name, expected in _RECIPE.items():
        if record[name] != expected:
            raise DataError(f"{where} has {name} = {shown(record[name])}; every official training has {expected}")


def _require_parameters(where: str, given: object, cell: Cell) -> int:
    """The weights of a training; raises :class:`~nasbed.errors.DataError` where they are not those of its cell."""
    widths = [EMBEDDING, *(HIDDEN,) * (LAYERS - 1), EMBEDDING]
    expected = WORDS * (EMBEDDING + 1) + parameters_of(cell, list(pairwise(widths)))
    if given != expected:
        raise DataError(
            f"{where} has {shown(given)} parameters, and its cell {expected}; the recipe is of another network"
        )
    return expected


def _curve(where: str, name: str, values: object) -> np.ndarray:
    if not isinstance(values, list) or not values or not all(_is_number(value) for value in values):
        raise DataError(f"{where}: {name} is {shown(values)}; expected a list with a number for each epoch")
    return np.array(values, dtype=np.float64)


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and not (isinstance(value, int) and abs(value) > 1e15)
    )


def by_cell(trainings: Sequence[LoggedTraining]) -> dict[Cell, list[LoggedTraining]]:
    """The trainings of each cell, cells in the order in which they come first."""
    found: dict[Cell, list[LoggedTraining]] = {}
    for training in trainings:
        found.setdefault(training.cell, []).append(training)
    return found
