"""Where the architecture of a training comes from: given, a benchmark's default, or the best that a study found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.training.network_benchmark import JudgedNetworks, NetworkBenchmark
from nasbed.errors import OptionError, StoreError, named, unknown
from nasbed.results.series import SeriesResult
from nasbed.results.stored import read_stored
from nasbed.studies.series import Entry
from nasbed.tables import numbers


@dataclass(frozen=True)
class Origin:
    """How an architecture was come by, in a sentence, and what is to be recorded of it as plain data."""

    words: str
    record: dict[str, Any]


GIVEN = Origin("The architecture was given; no search chose it.", {"given": True})
DEFAULT = Origin(
    "The architecture is the default of its space, a network designed by hand; no search chose it.", {"default": True}
)


@dataclass(frozen=True)
class Best:
    """The best architecture of a study, the benchmark on which it was found with its entry in the study, and how it was chosen."""

    entry: Entry
    benchmark: NetworkBenchmark[Any]
    index: int
    origin: Origin


def best_of(folder: Path | str, label: str | None = None) -> Best:
    """The best incumbent of a results folder by validation, on the benchmark of a ``label`` where the study has several.

    Incumbents are compared by the mean of the first objective over their retrainings on the validation split, or where none was
    trained anew by what their searches saw; the first in the order of the study wins a tie. Test scores are not looked at.
    Raises :class:`~nasbed.errors.StoreError` for a folder that holds no results, :class:`~nasbed.errors.OptionError` where nothing
    was trained, :class:`~nasbed.errors.UnknownNameError` for an unknown label.
    """
    found = read_stored(folder)
    trained = [series for series in found.all_series if isinstance(series.searched, NetworkBenchmark)]
    labels = list(dict.fromkeys(series.benchmark for series in trained))
    if not trained:
        others = ", ".join(dict.fromkeys(series.benchmark for series in found.all_series))
        raise OptionError(
            f"{named(folder)}: the benchmarks of its study train no networks on images or sequences ({others}); expected a study"
            " of one that does, as chain; to train what a table has, write one architecture out as cells or sequence reads it:"
            ' nasbed train "width 16; gru both; pool mean" --benchmark sequence --data DATA'
        )
    if label is None and len(labels) > 1:
        raise OptionError(
            f"{named(folder)}: its study has the benchmarks {', '.join(labels)}; say which of them with benchmark = one of them"
        )
    if label is not None and label not in labels:
        raise unknown("benchmark", label, labels, named(folder))
    own = [series for series in trained if series.benchmark == (label or labels[0])]
    series, place, words = _highest(own, folder)
    entry = next(target.entry for target in found.study.targets if target.entry.label == series.benchmark)
    assert isinstance(series.searched, NetworkBenchmark)
    seed, index = int(series.runs.seeds[place]), int(series.runs.incumbent[place])
    searches = sum(len(one.runs.seeds) for one in own)
    budget = series.rules.budget.in_words(simulated=False)
    strategies = ", ".join(one.strategy for one in own)
    said = (
        f"Of the {searches:,} searches of the study {found.study.name!r} on {series.benchmark} ({strategies};"
        f" {len(own[0].runs.seeds):,} seeds each; budget {budget}), that of {series.strategy} with seed {seed} returned the"
        f" architecture with the best {words}. Test scores were not looked at for this choice."
    )
    record = {
        "study": found.study.name,
        "folder": str(folder),
        "benchmark": series.benchmark,
        "strategy": series.strategy,
        "seed": seed,
        "budget": str(series.rules.budget),
        "searches": searches,
        "chosen by": words,
    }
    return Best(entry, series.searched, index, Origin(said, record))


def _highest(own: Sequence[SeriesResult], folder: Path | str) -> tuple[SeriesResult, int, str]:
    """The series and the place of the best incumbent, and what it was chosen by, in words with its value."""
    seen = [np.where(series.runs.incumbent >= 0, series.runs.observed[:, -1], np.nan) for series in own]
    if not np.isfinite(np.concatenate(seen)).any():
        raise StoreError(f"{named(folder)}: no search of its study has an incumbent; give the study a larger budget")
    retrained = [_retrained(series) for series in own]
    anew = bool(np.isfinite(np.concatenate(retrained)).any())
    values = retrained if anew else seen
    tops = [np.nanmax(one) if np.isfinite(one).any() else -np.inf for one in values]
    series, mine = own[int(np.argmax(tops))], values[int(np.argmax(tops))]
    objective, place = series.searched.objectives[0], int(np.nanargmax(mine))
    unit = "%" if objective.unit == "%" else objective.unit
    value = f"{numbers.number(objective.natural(float(mine[place])))} {unit}"
    if anew:
        assert isinstance(series.searched, NetworkBenchmark)
        return series, place, f"mean validation {objective.name} of {series.searched.retrainings} retrainings, {value}"
    return series, place, f"validation {objective.name} seen by its search, {value}"


def _retrained(series: SeriesResult) -> np.ndarray:
    """The mean of the retrainings of each incumbent on validation, higher is better; ``nan`` where there are none."""
    scored, incumbents = series.scored, series.runs.incumbent
    if not isinstance(scored, JudgedNetworks):
        return np.full(len(incumbents), np.nan)
    found = scored.referee().validation(np.maximum(incumbents, 0))
    return np.where(incumbents >= 0, found, np.nan)
