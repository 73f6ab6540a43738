"""The record of one training in an official file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from nasbed.benchmarks.convert._layout import Layout
from nasbed.benchmarks.convert._reading import (
    as_official,
)
from nasbed.benchmarks.convert._rows import DATASETS, IMAGES, METRICS, PARTS, SETS, Trial
from nasbed.errors import DataError

_TOLERANCE = 0.01
"""How far, in images, an accuracy may be from a whole count of images."""


def trial_of(record: dict[str, Any], layout: Layout) -> Trial:
    """The training that an official record describes."""
    with as_official("the record of a training"):
        dataset, epochs, seed = record["name"], record["epochs"], int(record["seed"])
        if dataset not in DATASETS or epochs not in layout.schedules.values() or seed not in layout.seeds:
            raise DataError(
                f"a training of {epochs!r} epochs on {dataset!r} with seed {seed}; expected"
                f" {', '.join(map(str, layout.schedules.values()))} epochs on {', '.join(DATASETS)} with seeds"
                f" {', '.join(map(str, layout.seeds))}"
            )
        values = np.full((len(SETS), len(METRICS), epochs), np.nan)
        for m, name in enumerate(("acc1es", "losses")):
            values[0, m] = by_epoch(record[f"train_{name}"], epochs)
            values[1:, m] = _by_set(record[f"eval_{name}"], dataset, epochs)
        passes = _by_set(record["eval_times"], dataset, epochs)
        once = [*map(_one, passes), _latency(record["latency"]), _number(record["params"]), _number(record["flop"])]
        times = by_epoch(record["train_times"], epochs)
    accuracies = values[:, 0]
    if ((accuracies < -_TOLERANCE) | (accuracies > 100 + _TOLERANCE)).any():
        raise DataError(f"{dataset}, seed {seed}: an accuracy outside 0 .. 100 %")
    images = accuracies * IMAGES[DATASETS.index(dataset)][:, None] / 100
    counted = ~(np.abs(images - np.rint(images)) > _TOLERANCE).any(axis=1)
    return Trial(dataset, seed, epochs, values, times, np.array(once), counted)


def by_epoch(given: Mapping[int, float] | None, epochs: int) -> np.ndarray:
    """Numbers by epoch, counted from 0; ``nan`` where there is none."""
    numbers = np.full(epochs, np.nan)
    if given:
        places = np.fromiter(given, np.int64, len(given))
        if places.min() < 0 or places.max() >= epochs:
            raise ValueError(f"epochs {places.min()} .. {places.max()} of {epochs}")
        numbers[places] = np.fromiter(given.values(), np.float64, len(given))
    return numbers


def _by_set(given: Mapping[str, float] | None, dataset: str, epochs: int) -> np.ndarray:
    """Numbers by evaluation set and epoch, from keys such as ``x-valid@11``."""
    numbers = np.full((len(SETS) - 1) * epochs, np.nan)
    if given:
        places = np.fromiter(map(_places(dataset, epochs).__getitem__, given), np.int64, len(given))
        numbers[places] = np.fromiter(given.values(), np.float64, len(given))
    return numbers.reshape(-1, epochs)


@cache
def _places(dataset: str, epochs: int) -> dict[str, int]:
    return {
        f"{name}@{epoch}": place * epochs + epoch
        for place, name in enumerate(SETS[1:])
        for epoch in range(epochs)
        if (dataset, name) in PARTS
    }


def _one(seconds: np.ndarray) -> float:
    """The seconds of a pass: the same after every epoch, or their mean."""
    made = seconds[~np.isnan(seconds)]
    if not len(made):
        return np.nan
    return float(made[0] if (made == made[0]).all() else made.mean())


def _latency(given: list[float] | None) -> float:
    """Mean of the measurements; a negative number says that there is none."""
    seconds = float(sum(given) / len(given)) if given else np.nan
    return seconds if seconds > 0 else np.nan


def _number(given: float | None) -> float:
    return np.nan if given is None else float(given)
