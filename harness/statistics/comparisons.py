"""Who is better than whom on each benchmark, where seeds are the blocks, and whether rankings agree.

Paired contrasts with effect sizes and the correction of their family; probabilities of practical equivalence; Kendall's tau
between the rankings of budgets and of benchmarks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from nasbed.errors import OptionError, unknown
from nasbed.statistics.estimators import Posterior, bayesian_mean, probability_of_improvement, standardised_difference
from nasbed.statistics.paired import FEWEST, Contrast, contrast, holm
from nasbed.statistics.ranks import rank_stability

if TYPE_CHECKING:
    from nasbed.statistics.scored import Scored

Against = Literal["reference", "all"]

BLOCK = "seeds, within each benchmark"

EFFECTS = (*(field.name for field in fields(Contrast)), "standardised", "improvement")
"""What :func:`contrasts` says of a pair."""

_UNKNOWN = Posterior(*[float("nan")] * 3)


def contrasts(
    results: Scored, metric: str = "validation_regret", at: int | None = None, against: Against = "reference"
) -> pd.DataFrame:
    """One row a pair of strategies and benchmark: ``strategy`` against ``rival``, negative differences are better.

    Pairs are those with the study's reference, or all. ``difference`` is the mean paired difference over seeds (unit of
    the objective) with a 95 % t interval, ``standardised`` that over its standard deviation (``nan`` where the differences have
    no spread), ``improvement`` the probability that a run is better than one of the rival (A12, unpaired), ``wins`` the share
    of seeds won; ``p`` of the two-sided Wilcoxon signed-rank test, whose blocks are the seeds (zeros by Pratt), ``p_holm``
    corrected over the family that ``frame.attrs["family"]`` names; ``attrs["block"]`` names the block. Seeds without an incumbent
    in one of the two are left out: ``seeds`` counts the rest. Raises :class:`~nasbed.errors.UnknownNameError` and
    :class:`~nasbed.errors.OptionError`.
    """
    rows = []
    for label, name, rival, ours, theirs in _pairs(results, metric, at, against):
        row = {"benchmark": label, "strategy": name, "rival": rival, "seeds": len(ours)}
        if len(ours):
            row |= vars(contrast(ours, theirs))
            row["standardised"] = standardised_difference(ours, theirs)
            row["improvement"] = probability_of_improvement(ours[:, None], theirs[:, None])
        rows.append(row)
    frame = pd.DataFrame(rows, columns=["benchmark", "strategy", "rival", "seeds", *EFFECTS])
    frame["p_holm"] = holm(frame["p"].to_numpy(float))
    which = "with the reference" if against == "reference" else "of all pairs"
    tested = int(frame["p"].notna().sum()) or len(frame)
    frame.attrs["family"] = (
        f"{tested} contrast{'s' * (tested != 1)} {which} on {metric.replace('_', ' ')}, all benchmarks together"
    )
    frame.attrs["block"] = BLOCK
    return frame


def equivalences(
    results: Scored,
    rope: float,
    metric: str = "validation_regret",
    at: int | None = None,
    against: Against = "reference",
) -> pd.DataFrame:
    """One row a pair and benchmark, as of :func:`contrasts`: how probable it is that the mean difference is too small to matter.

    ``better`` and ``worse`` by more than ``rope`` (unit of the objective), or ``equivalent`` within it, of the mean over
    seeds, by the Bayesian t test: :func:`~nasbed.statistics.estimators.bayesian_mean`. ``nan`` where fewer than six seeds
    have both scores, and refused where no pair has more. Raises as :func:`contrasts` does.
    """
    rows = []
    for label, name, rival, ours, theirs in _pairs(results, metric, at, against):
        row = {"benchmark": label, "strategy": name, "rival": rival, "seeds": len(ours)}
        found = bayesian_mean(ours - theirs, rope) if len(ours) >= FEWEST else _UNKNOWN
        rows.append(row | vars(found))
    frame = pd.DataFrame(rows)
    if (most := int(frame["seeds"].max())) < FEWEST:
        raise OptionError(
            f"{most} seed{'s' * (most != 1)} with scores of both; practical equivalence needs {FEWEST} or more: give the study more"
            " seeds"
        )
    frame.attrs["block"] = BLOCK
    return frame


def ranking_stability(
    results: Scored, budgets: Sequence[int], metric: str = "validation_regret", level: float = 0.95
) -> pd.DataFrame:
    """Kendall's tau-b between the rankings of the strategies by mean score, with its interval over resampled seeds.

    A row for each pair of ``budgets`` (evaluations) on each benchmark, then for each pair of benchmarks at each budget:
    ``first`` and ``second`` are what is compared, ``on`` where, ``tau``, ``low``, ``high``; see
    :func:`~nasbed.statistics.ranks.rank_stability`. Seeds on which some strategy has no incumbent are left out. Raises
    :class:`~nasbed.errors.OptionError`, also where there is one ranking alone.
    """
    if len(results.strategies) < 2:
        raise OptionError(f"one strategy ({results.strategies[0]}); a ranking needs two or more")
    if not len(budgets):
        raise OptionError("no budgets; expected numbers of evaluations, such as [50, 100, 200]")
    scores = {budget: results.scores(metric, budget) for budget in budgets}
    if len(scores) * len(results.benchmarks) < 2:
        raise OptionError(
            f"one ranking (after {_evaluations(next(iter(scores)))} on {next(iter(results.benchmarks))}), and nothing to compare it"
            " with; expected another number of evaluations, or results of two benchmarks or more"
        )
    whole = ~np.any([np.isnan(mine).any(axis=1) for of in scores.values() for mine in of.values()], axis=0)
    if not whole.any():
        raise OptionError(f"no seed on which every strategy has a score after {_evaluations(min(budgets))}; rank later")
    labels = list(results.benchmarks)
    pairs = [((label, one), (label, other)) for label in labels for one, other in combinations(scores, 2)]
    pairs += [((one, budget), (other, budget)) for budget in scores for one, other in combinations(labels, 2)]
    rows = []
    for places in pairs:
        before, after = (
            {name: mine[whole, labels.index(label)] for name, mine in scores[budget].items()}
            for label, budget in places
        )
        tau, low, high = rank_stability(before, after, level=level)
        (first, at), (second, then) = places
        row = (
            {"first": at, "second": then, "on": first}
            if first == second
            else {"first": first, "second": second, "on": at}
        )
        rows.append(row | {"tau": tau, "low": low, "high": high})
    frame = pd.DataFrame(rows, columns=["first", "second", "on", "tau", "low", "high"])
    frame.attrs["block"] = BLOCK
    return frame


def _evaluations(count: int) -> str:
    return f"{count} evaluation{'' if count == 1 else 's'}"


def _pairs(
    results: Scored, metric: str, at: int | None, against: Against
) -> Iterator[tuple[str, str, str, np.ndarray, np.ndarray]]:
    """Benchmark, strategy, rival, and the scores of each on the seeds that both have."""
    if against not in ("reference", "all"):
        raise unknown("kind of contrast", against, ("reference", "all"))
    if len(results.strategies) < 2:
        raise OptionError(f"one strategy ({results.strategies[0]}); a contrast needs two or more")
    scores = results.scores(metric, at)
    pairs = (
        [(name, results.reference) for name in results.strategies if name != results.reference]
        if against == "reference"
        else [(second, first) for first, second in combinations(results.strategies, 2)]
    )
    for column, label in enumerate(results.benchmarks):
        for name, rival in pairs:
            ours, theirs = scores[name][:, column], scores[rival][:, column]
            both = ~np.isnan(ours) & ~np.isnan(theirs)
            yield label, name, rival, ours[both], theirs[both]
