"""Whether strategies are alike in practice, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nasbed.results.known import score_names
from nasbed.statistics.comparisons import equivalences
from nasbed.statistics.spread import spread
from nasbed.summary.robust import ROPE
from nasbed.tables import numbers
from nasbed.tables.numbers import Form
from nasbed.tables.printed import PrintedTable, printed

if TYPE_CHECKING:
    from nasbed.results.results import Results


def found_equivalences(
    results: Results, rope: float | None = None, metric: str = "validation_regret", at: int | None = None
) -> pd.DataFrame:
    """The rows of :func:`~nasbed.statistics.comparisons.equivalences` with ``rope`` and ``tost_p``, p of two one-sided t tests.

    Where no ``rope`` is given it is a tenth of a standard deviation of the reference over seeds, on each benchmark its own. Raises
    as that does, and for an ``at`` that no search has reached.
    """
    if rope is not None:
        frames = [equivalences(results, rope, metric, at).assign(rope=rope)]
    else:
        frames = []
        for label in results.benchmarks:
            mine = results.subset(benchmarks=[label])
            scores = mine.scores(metric, at)[results.reference][:, 0]
            there = scores[~np.isnan(scores)]
            own = ROPE * float(spread(there)) if len(there) > 1 else 0.0
            frames.append(equivalences(mine, own, metric, at).assign(rope=own))
    found = pd.concat(frames, ignore_index=True)
    return found.assign(tost_p=found[["better", "worse"]].max(axis=1))


def equivalence_table(found: pd.DataFrame) -> PrintedTable:
    """What :func:`found_equivalences` found, as a table to print."""
    rows = (
        (
            row["benchmark"],
            row["strategy"],
            row["rival"],
            f"{row['seeds']:,}",
            f"±{numbers.number(row['rope'], 3)}",
            *(numbers.text(row[name], Form(2)) for name in ("better", "equivalent", "worse")),
            numbers.p_value(row["tost_p"]),
        )
        for row in found.to_dict("records")
    )
    heads = ["benchmark", "strategy", "than", "seeds", "region", "better", "equivalent", "worse", "p (TOST)"]
    return printed(heads, rows, left=3)


def equivalence_note(results: Results, metric: str) -> str:
    """How the table is to be read."""
    score = score_names(results.benchmarks.values(), metric)
    return (
        f"Probabilities (Bayesian t test, seeds paired) that the mean difference in {score} is better than the region of practical"
        " equivalence, within it or worse; p (TOST) is that of two one-sided t tests: below 0.05 the two are equivalent, each by"
        " itself and without a correction for how many are asked. Few seeds leave it open."
    )
