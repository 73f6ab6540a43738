"""Who is better than whom: paired contrasts on each benchmark, with effect sizes and the correction of their family."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from nasbed.analysis.estimators import probability_of_improvement, standardised_difference
from nasbed.analysis.stats import contrast, holm
from nasbed.errors import OptionError, unknown

if TYPE_CHECKING:
    from nasbed.analysis.results import Results

Against = Literal["reference", "all"]


def contrasts(
    results: Results, metric: str = "validation_regret", at: int | None = None, against: Against = "reference"
) -> pd.DataFrame:
    """One row a pair of strategies and benchmark: ``strategy`` against ``rival``, negative differences are better.

    Pairs are those with the study's reference, or all. ``difference`` is the mean paired difference over seeds (unit of
    the objective) with a 95 % bootstrap interval, ``standardised`` that over its standard deviation, ``improvement`` the
    probability that a run is better than one of the rival (A12, unpaired), ``wins`` the share of seeds won; ``p`` of the two-sided
    Wilcoxon signed-rank test, whose blocks are the seeds (zeros by Pratt), ``p_holm`` corrected over the family that
    ``frame.attrs["family"]`` names. Seeds without an incumbent in one of the two are left out: ``seeds`` counts the rest.
    """
    if against not in ("reference", "all"):
        raise unknown("kind of contrast", against, ("reference", "all"))
    if len(results.strategies) < 2:
        raise OptionError(f"one strategy ({results.strategies[0]}); a contrast needs two or more")
    scores = results.scores(metric, at)
    others = [name for name in results.strategies if name != results.reference]
    pairs = (
        [(name, results.reference) for name in others]
        if against == "reference"
        else [(second, first) for first, second in combinations(results.strategies, 2)]
    )
    rows = []
    for column, label in enumerate(results.benchmarks):
        for name, rival in pairs:
            ours, theirs = scores[name][:, column], scores[rival][:, column]
            both = ~np.isnan(ours) & ~np.isnan(theirs)
            row = {"benchmark": label, "strategy": name, "rival": rival, "seeds": int(both.sum())}
            if both.any():
                ours, theirs = ours[both], theirs[both]
                row |= vars(contrast(ours, theirs))
                row["standardised"] = standardised_difference(ours, theirs)
                row["improvement"] = probability_of_improvement(ours[:, None], theirs[:, None])
            rows.append(row)
    frame = pd.DataFrame(rows)
    frame["p_holm"] = holm(frame["p"].to_numpy(float)) if "p" in frame else np.nan
    which = "with the reference" if against == "reference" else "of all pairs"
    frame.attrs["family"] = f"{len(frame)} contrasts {which} on {metric.replace('_', ' ')}, all benchmarks together"
    return frame
