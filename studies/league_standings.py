"""Who stands where on a family of tasks, and how sure that is: pure functions of the scores that the league keeps."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from league_setup import REFERENCE, RIVALS, Family

from nasbed.errors import OptionError
from nasbed.statistics.paired import contrast, holm
from nasbed.statistics.power import smallest_p
from nasbed.statistics.ranks import rank_stability
from nasbed.statistics.spread import spread
from nasbed.statistics.two_levels import relative_scores

LEVEL = 0.05
HELD = 0.95
"""The share of resamples in which those that are not ruled out are the best."""

Scores = Mapping[str, np.ndarray]
"""By strategy, (seeds, tasks); lower is better."""


def scores_of(
    kept: pd.DataFrame, family: Family, budget: int, metric: str = "validation_regret"
) -> dict[str, np.ndarray]:
    """The scores of the rows that have them on all tasks of a family after so many evaluations."""
    mine = kept[kept["family"] == family.use]
    tasks = list(dict.fromkeys(mine["benchmark"]))
    found = {}
    for label, part in mine.groupby("strategy", sort=False):
        table = part.pivot(index="seed", columns="benchmark", values=f"{metric}_{budget}")
        if list(table.columns) == sorted(tasks) and table.notna().all(axis=None):
            found[str(label)] = table[tasks].to_numpy(float)
    return found


def standing(kept: pd.DataFrame, family: Family, budget: int, metric: str = "validation_regret") -> pd.DataFrame | None:
    """What each row leaves of random search's regret, with ranks and the share of resamples in which it is the best, best first.

    See :func:`~nasbed.statistics.two_levels.relative_scores`. Nothing where there are no such scores, or random search is no unit.
    """
    scores = scores_of(kept, family, budget, metric)
    if REFERENCE not in scores:
        return None
    try:
        found = relative_scores(scores, REFERENCE, family.unit)
    except OptionError:
        return None
    return found.sort_values("relative", kind="stable").set_index("strategy")


def not_ruled_out(found: pd.DataFrame, held: float = HELD) -> dict[str, float]:
    """The fewest rows that together are the best in so large a share of resamples, with that of each."""
    shares = found["best"].sort_values(ascending=False, kind="stable")
    before = shares.cumsum() - shares
    return {str(label): float(share) for label, share in shares[before < held - 1e-12].items()}


def scaled(scores: Scores, unit: str) -> dict[str, np.ndarray]:
    """Scores in units of random search on each task, (seeds, tasks): of its mean, or from it in its standard deviations."""
    home = scores[REFERENCE]
    middle = home.mean(axis=0)
    start, scale = (0.0, middle) if unit == "mean" else (middle, spread(home))
    return {label: (mine - start) / scale for label, mine in scores.items()}


def contrasts(kept: pd.DataFrame, family: Family) -> pd.DataFrame:
    """Each row against both rivals after each number of evaluations, on these tasks together.

    That is a signed-rank test whose pairs are (task, seed), in units of random search on the task, of the seeds that both have.
    ``difference`` is the mean (negative is better), ``p_holm`` corrected over all rows, rivals and numbers of evaluations of the
    family.
    """
    found = []
    for budget in family.budgets:
        scores = scores_of(kept, family, budget)
        units = scaled(scores, family.unit) if REFERENCE in scores else {}
        for label, rival in _pairs(units):
            ours, theirs = _paired(units, label, rival)
            found.append(
                {"strategy": label, "budget": budget, "rival": rival} | vars(contrast(ours.ravel(), theirs.ravel()))
            )
    frame = pd.DataFrame(found, columns=["strategy", "budget", "rival", "difference", "p", "p_holm"])
    return frame.assign(p_holm=holm(frame["p"].to_numpy(float)))


def against(kept: pd.DataFrame, ground: Mapping[str, Family], label: str, rival: str) -> pd.DataFrame:
    """One row against another on each family after the evaluations that all rows have, as :func:`contrasts` tests them.

    ``family``, ``tasks``, ``seeds``, ``difference`` (negative: ``label`` is better), ``p`` and ``p_holm`` over families.
    """
    found = []
    for name, family in ground.items():
        scores = scores_of(kept, family, family.common)
        if REFERENCE not in scores or label not in scores or rival not in scores:
            continue
        ours, theirs = _paired(scaled(scores, family.unit), label, rival)
        one = contrast(ours.ravel(), theirs.ravel())
        found.append((name, ours.shape[1], len(ours), one.difference, one.p))
    frame = pd.DataFrame(found, columns=["family", "tasks", "seeds", "difference", "p"])
    return frame.assign(p_holm=holm(frame["p"].to_numpy(float)))


def verdicts(tested: pd.DataFrame, budget: int) -> dict[str, str]:
    """By row: ``*`` better than both rivals, ``°`` better than random search alone, ``×`` worse than random search."""
    marks = {}
    sure = tested[(tested["budget"] == budget) & (tested["p_holm"] < LEVEL)]
    for label in tested["strategy"].unique():
        mine = sure[sure["strategy"] == label].set_index("rival")["difference"]
        better, worse = set(mine.index[mine < 0]), set(mine.index[mine > 0])
        others = set(RIVALS) - {label}
        marks[str(label)] = (
            "*"
            if better == others and len(others) > 1
            else "°"
            if REFERENCE in better
            else "×"
            if REFERENCE in worse
            else ""
        )
    return marks


def tallies(kept: pd.DataFrame, family: Family) -> pd.DataFrame:
    """On how many tasks each row is better than a rival (``won``), not told from it (``level``) and worse (``lost``).

    That is after the evaluations that all rows have, by signed-rank tests paired by seed, corrected by Holm over the tasks of the
    row. Where so few seeds can't find anything (``tested`` is false) it is counted by means.
    """
    scores = scores_of(kept, family, family.common)
    found = []
    for label, rival in _pairs(scores):
        ours, theirs = _paired(scores, label, rival)
        each = [contrast(one, other) for one, other in zip(ours.T, theirs.T, strict=True)]
        possible = smallest_p(len(ours)) * len(each) < LEVEL
        sure = holm(np.array([one.p for one in each])) < LEVEL if possible else np.ones(len(each), dtype=bool)
        apart = np.array([one.difference for one in each]) * sure
        counts = {"won": int((apart < 0).sum()), "level": int((apart == 0).sum()), "lost": int((apart > 0).sum())}
        found.append({"strategy": label, "rival": rival, **counts, "tested": possible})
    return pd.DataFrame(found, columns=["strategy", "rival", "won", "level", "lost", "tested"])


def _pairs(scores: Scores) -> list[tuple[str, str]]:
    """Each strategy with each rival that is there and another one."""
    return [(label, rival) for label in scores for rival in RIVALS if rival in scores and rival != label]


def _paired(scores: Scores, label: str, rival: str) -> tuple[np.ndarray, np.ndarray]:
    """The scores of two strategies on the seeds that both have, the first ones."""
    both = min(len(scores[label]), len(scores[rival]))
    return scores[label][:both], scores[rival][:both]


def agreement(first: Scores, second: Scores) -> tuple[int, float, float, float] | None:
    """Kendall's tau-b between the rankings of the rows that both have, by the mean over tasks of scores in units of random search;
    with how many rows these are, and its interval over the seeds that all have. Nothing of fewer than three rows.
    """
    names = [label for label in first if label in second]
    if len(names) < 3:
        return None
    seeds = min(len(of[label]) for of in (first, second) for label in names)
    tau = rank_stability(*({label: of[label][:seeds].mean(axis=1) for label in names} for of in (first, second)))
    return len(names), *tau


def stability(kept: pd.DataFrame, ground: Mapping[str, Family]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Whether rankings agree: between numbers of evaluations on each family, and between families at those that all rows have.

    ``first``, ``second``, ``family`` or nothing, ``rows``, ``tau``, ``low`` and ``high``; see :func:`agreement`.
    """
    units = {
        (name, budget): scaled(scores, family.unit)
        for name, family in ground.items()
        for budget in family.budgets
        if REFERENCE in (scores := scores_of(kept, family, budget))
    }
    columns = ["first", "second", "family", "rows", "tau", "low", "high"]
    budgets = [
        (one, other, name, *found)
        for name, family in ground.items()
        for one, other in combinations([budget for budget in family.budgets if (name, budget) in units], 2)
        if (found := agreement(units[name, one], units[name, other]))
    ]
    there = [(name, family.common) for name, family in ground.items() if (name, family.common) in units]
    between = [
        (one[0], other[0], "", *found)
        for one, other in combinations(there, 2)
        if (found := agreement(units[one], units[other]))
    ]
    return pd.DataFrame(budgets, columns=columns), pd.DataFrame(between, columns=columns)


def common_standings(kept: pd.DataFrame, ground: Mapping[str, Family]) -> dict[str, pd.DataFrame]:
    """The :func:`standing` of each family after the evaluations that all rows have, of two rows or more."""
    found = {name: standing(kept, family, family.common) for name, family in ground.items()}
    return {name: one for name, one in found.items() if one is not None and len(one) > 1}


def overall(common: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a strategy and a column a family: its mean rank there as a share of the way from first (0) to last (1) of the rows.

    That is of :func:`common_standings`; ``mean`` over the families that it was run on, ``families`` how many these are; best
    first.
    """
    ranks = {name: (found["rank"] - 1) / (len(found) - 1) for name, found in common.items()}
    frame = pd.DataFrame(ranks)
    frame["mean"], frame["families"] = frame[list(ranks)].mean(axis=1), frame[list(ranks)].notna().sum(axis=1)
    return frame.sort_values(["families", "mean"], ascending=[False, True], kind="stable")
