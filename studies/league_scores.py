"""The form in which the scores of the league are kept: one Parquet file, a line a search, in 32-bit numbers.

``family``, ``benchmark``, ``strategy`` and ``seed`` say which search it was; ``validation_regret_N`` and ``test_regret_N`` are its
regrets after N evaluations in the unit of the objective (``nan`` where it was shorter, or where there is no test); of benchmarks
whose best is not known they are the values themselves, with the sign that makes lower better. ``queries`` are those to the
optimum, ``thinking_ms`` the mean of the row before an evaluation by the clock, ``cpu_ms`` the CPU time of an evaluation in all,
where all searches of the row on the family were made at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from nasbed.errors import DataError

KEPT = Path(__file__).resolve().parent.parent / "results" / "league.parquet"
BUDGETS = (50, 100, 200, 400)
METRICS = ("validation_regret", "test_regret")
NAMES = ("family", "benchmark", "strategy")
NUMBERS = (*(f"{metric}_{budget}" for metric in METRICS for budget in BUDGETS), "queries", "thinking_ms", "cpu_ms")
COLUMNS = (*NAMES, "seed", *NUMBERS)


def empty() -> pd.DataFrame:
    """Scores of no search."""
    return pd.DataFrame({name: [] for name in COLUMNS}).astype(dict.fromkeys(NAMES, object) | {"seed": int})


def read(path: Path = KEPT) -> pd.DataFrame:
    """The kept scores; none where there is no file. Raises :class:`~nasbed.errors.DataError` as :func:`require` does."""
    if not path.exists():
        return empty()
    found = pd.read_parquet(path)
    if list(found.columns) != list(COLUMNS):
        raise DataError(f"{path.name} has the columns {', '.join(found.columns)}; expected {', '.join(COLUMNS)}")
    found = found.astype(dict.fromkeys(NAMES, object) | dict.fromkeys(NUMBERS, np.float64) | {"seed": int})
    require(found)
    return found


def write(scores: pd.DataFrame, path: Path = KEPT) -> None:
    """Keep scores, whole or not at all."""
    require(scores)
    small = scores[list(COLUMNS)].astype(
        dict.fromkeys(NAMES, "category") | dict.fromkeys(NUMBERS, np.float32) | {"seed": np.int16}
    )
    partial = path.with_suffix(".partial")
    small.to_parquet(partial, index=False, compression="zstd")
    partial.replace(path)


def require(scores: pd.DataFrame) -> None:
    """Raises :class:`~nasbed.errors.DataError` unless each row has the seeds 0, 1, 2, ... on each of its benchmarks, as many on all
    of a family, and a score of each after the fewest evaluations.
    """
    for (family, label), mine in scores.groupby(["family", "strategy"], sort=False):
        counts = {}
        for benchmark, part in mine.groupby("benchmark", sort=False):
            if sorted(part["seed"]) != list(range(len(part))):
                raise DataError(
                    f"{label} on {benchmark}: its {len(part)} searches have not the seeds 0 to {len(part) - 1}"
                )
            counts[benchmark] = len(part)
        if len(set(counts.values())) > 1:
            raise DataError(f"{label} on {family}: its tasks have different numbers of seeds, {counts}")
        if mine[f"{METRICS[0]}_{BUDGETS[0]}"].isna().any():
            raise DataError(f"{label} on {family}: some searches have no score after {BUDGETS[0]} evaluations")


def merged(kept: pd.DataFrame, scores: pd.DataFrame, labels: Sequence[str], families: Iterable[str]) -> pd.DataFrame:
    """What is kept, with that of a row on a family replaced, in the order of the labels within that of families and benchmarks.

    Rows that are no longer in the league are left out.
    """
    again = pd.Series(False, index=kept.index)
    for family, label in scores[["family", "strategy"]].drop_duplicates().itertuples(index=False):
        again |= (kept["family"] == family) & (kept["strategy"] == label)
    parts = [part for part in (kept[~again], scores) if len(part)]
    both = pd.concat(parts) if parts else kept
    both = both[both["strategy"].isin(labels)]
    orders = {"family": list(families), "strategy": list(labels), "benchmark": list(dict.fromkeys(both["benchmark"]))}
    return both.sort_values(
        ["family", "benchmark", "strategy", "seed"],
        key=lambda column: column.map(orders[column.name].index) if column.name in orders else column,
        kind="stable",
        ignore_index=True,
    )
