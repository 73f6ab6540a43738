"""How many seeds a comparison needs: of differences in standard deviations, or of the spread that results have measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nasbed.errors import OptionError, shown
from nasbed.statistics.paired import FEWEST
from nasbed.statistics.power import (
    detectable_effect,
    family_of,
    pair_correlation,
    require_chances,
    seeds_for,
    seeds_for_effect,
    smallest_detectable_difference,
)
from nasbed.statistics.spread import difference_spread, spread

if TYPE_CHECKING:
    from nasbed.statistics.scored import Scored

EFFECTS = (0.2, 0.3, 0.5, 0.8, 1.0)
"""The standardised differences (d_z) that are planned for where none is asked for."""

HALF = 0.5
"""The difference that is planned for of measured results where none is asked for, in standard deviations of the reference."""

METRIC = "validation_regret"
"""The score whose spread is planned with where none is asked for."""

MOST_CONTRASTS = 1_000_000


def plan_effects(
    effects: Sequence[float] = EFFECTS, contrasts: int = 1, alpha: float = 0.05, power: float = 0.8
) -> pd.DataFrame:
    """Seeds for standardised differences: ``effect`` (d_z) and ``seeds``, a row each.

    ``alpha`` is divided by ``contrasts``, the size of the family of Holm's correction: its first and strictest step. Raises
    :class:`~nasbed.errors.OptionError`.

    >>> plan_effects([0.5, 1.0], contrasts=12)["seeds"].tolist()
    [63, 20]
    """
    level = _level(alpha, power, contrasts)
    rows = [(float(effect), seeds_for_effect(float(effect), level, power)) for effect in effects]
    return pd.DataFrame(rows, columns=["effect", "seeds"])


def plan_seeds(seeds: Sequence[int], contrasts: int = 1, alpha: float = 0.05, power: float = 0.8) -> pd.DataFrame:
    """The smallest standardised difference that numbers of seeds find: ``seeds`` and ``effect`` (d_z), ``inf`` where there are too
    few to find any. Raises :class:`~nasbed.errors.OptionError`.
    """
    level = _level(alpha, power, contrasts)
    _require_counts(seeds)
    return pd.DataFrame(
        [(count, detectable_effect(count, level, power)) for count in seeds], columns=["seeds", "effect"]
    )


def plan_results(
    results: Scored,
    differences: Sequence[float] = (),
    metric: str = METRIC,
    contrasts: int | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    seeds: Sequence[int] = (),
) -> pd.DataFrame:
    """Seeds for differences from the reference, of the spread of measured results: a row a benchmark, strategy and difference; or
    with ``seeds``, in place of ``differences``, the smallest difference that so many find, ``inf`` where they are too few for any.

    Columns: benchmark, strategy, pairs (seeds with both scores), deviation (of the paired differences), correlation of the pairs,
    detectable (the smallest difference that these pairs find), difference (in the unit of the objective) and seeds, which are
    ``nan`` where the differences have no spread or there are fewer than six pairs. Without ``differences`` it is half a standard
    deviation of the reference over seeds. ``contrasts`` is the family of Holm's correction, those of the results by default.
    Raises :class:`~nasbed.errors.UnknownNameError` and :class:`~nasbed.errors.OptionError`.
    """
    if seeds and differences:
        raise OptionError("seeds asks what can be found, and stands beside the differences to find; keep one of them")
    _require_counts(seeds)
    scores = results.scores(metric)
    others = [name for name in results.strategies if name != results.reference]
    if not others:
        raise OptionError(f"one strategy ({results.reference}); a contrast needs two or more")
    level = _level(alpha, power, family_of(scores, results.reference) if contrasts is None else contrasts)
    rows = []
    for column, label in enumerate(results.benchmarks):
        for name in others:
            both = ~np.isnan(scores[name][:, column]) & ~np.isnan(scores[results.reference][:, column])
            ours, theirs = (scores[one][both, column] for one in (name, results.reference))
            measured = _measured(ours, theirs, level, power)
            row = {"benchmark": label, "strategy": name, "pairs": len(ours), **measured}
            known = bool(measured["deviation"] > 0) and len(ours) >= FEWEST
            for count in seeds:
                found = smallest_detectable_difference(ours, theirs, level, power, count) if known else float("nan")
                rows.append(row | {"difference": found, "seeds": count})
            if seeds:
                continue
            known = known and (bool(differences) or float(spread(theirs)) > 0)
            for difference in differences or [HALF * float(spread(theirs)) if len(theirs) > 1 else float("nan")]:
                needed = seeds_for(difference, ours, theirs, level, power) if known else float("nan")
                rows.append(row | {"difference": float(difference), "seeds": needed})
    frame = pd.DataFrame(rows)
    if (most := int(frame["pairs"].max())) < FEWEST:
        raise OptionError(
            f"{most} seed{'s' * (most != 1)} with scores of both; a plan from results needs {FEWEST} or more: run a pilot of some"
            " ten seeds"
        )
    return frame


def _require_counts(seeds: Sequence[int]) -> None:
    for count in seeds:
        if count < 1:
            raise OptionError(f"seeds = {shown(count)}; expected numbers of seeds, 1 or more")


def _measured(ours: np.ndarray, theirs: np.ndarray, level: float, power: float) -> dict[str, float]:
    """What the pairs of a pilot say."""
    return {
        "deviation": float(difference_spread(ours, theirs)) if len(ours) > 1 else float("nan"),
        "correlation": pair_correlation(ours, theirs)[0],
        "detectable": smallest_detectable_difference(ours, theirs, level, power),
    }


def _level(alpha: float, power: float, contrasts: int) -> float:
    """The level of Holm's first step."""
    require_chances(alpha, power)  # as they are asked for: a family would hide a level above 1
    return alpha / require_contrasts(contrasts)


def require_contrasts(count: int) -> int:
    """The size of a family of contrasts; raises :class:`~nasbed.errors.OptionError`."""
    if not 1 <= count <= MOST_CONTRASTS:
        raise OptionError(f"contrasts = {shown(count)}; expected how many are tested together, 1 to {MOST_CONTRASTS:,}")
    return count
