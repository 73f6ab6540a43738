"""What exhaustive search would score under the noise of a study: how much of a front's regret no search can avoid."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nasbed.results.multiobjective import fronts, truths
from nasbed.results.multiobjective.dominance import kept_to, nondominated
from nasbed.results.series import SeriesResult
from nasbed.statistics.recorded import mean_of_runs
from nasbed.vocabulary import Benchmark
from nasbed.vocabulary.noise import recorded_run

DRAWS = 100
"""Drawn observations of a whole space, from one stream that is always the same."""
_SEED = 0x6E617362


def floor(series: SeriesResult, given: fronts.Scales = fronts.OF_THE_SPACE) -> dict[str, float]:
    """Mean of each indicator that strategies are compared on, over :data:`DRAWS` observations of the whole space.

    Every architecture is observed once under the noise of the study, at the highest fidelity that is offered; the front of that is
    selected and scored as any other.

    >>> import nasbed
    >>> table = nasbed.load_benchmark("nasbench201", objectives=["accuracy", "flops"])
    >>> fronts.indicators(table, np.concatenate(exhaustive(table, "mean")))["hypervolume_regret"]
    0.0
    """
    found = [
        fronts.indicators(series.scored, archs, given) for archs in exhaustive(series.searched, series.rules.noise)
    ]
    return {name: float(np.mean([one[name] for one in found])) for name in fronts.CONTRASTED}


@lru_cache(maxsize=8)
def exhaustive(benchmark: Benchmark, noise: str) -> tuple[np.ndarray, ...]:
    """The fronts that exhaustive search selects, as architectures: one where there is no draw, else :data:`DRAWS`. Of
    what keeps to the constraints, where there are any.
    """
    recorded, feasible = truths.recorded(benchmark), truths.feasible(benchmark)
    if noise == "mean":
        return (nondominated(kept_to(feasible, np.column_stack([mean_of_runs(values) for values in recorded]))),)
    runs = np.stack(np.broadcast_arrays(*recorded), axis=2)
    if (run := recorded_run(noise)) is not None:
        return (nondominated(kept_to(feasible, runs[:, run])),)
    made = ~np.isnan(runs).any(axis=2)
    first, count = np.argsort(~made, axis=1, kind="stable"), np.maximum(made.sum(axis=1), 1)
    rng, rows = np.random.Generator(np.random.PCG64(_SEED)), np.arange(len(runs))
    drawn = (first[rows, (rng.random(len(runs)) * count).astype(int)] for _ in range(DRAWS))
    return tuple(nondominated(kept_to(feasible, runs[rows, chosen])) for chosen in drawn)
