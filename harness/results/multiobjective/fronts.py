"""Results with several objectives: what each run's front is worth, and which strategies find better ones.

A front is *selected* by what the search observed and *scored* by noise-free values, which the search never saw (Zitzler, Knowles
and Thiele, Quality assessment of Pareto set approximations, 2008, for the indicators). Beside them stand the indicators of the
observed values, which are optimistic: noise selects itself into a front, as it does into an incumbent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from nasbed.errors import DataError, OptionError, StoreError, shown
from nasbed.results.curves import carried, curve
from nasbed.results.multiobjective.dominance import Front, kept_to, select, selections
from nasbed.results.multiobjective.indicators import Bounds, Truth
from nasbed.results.multiobjective.truths import tested, truth
from nasbed.results.series import TOGETHER
from nasbed.searches.columns import ARCHITECTURE, EPOCHS, VALUE
from nasbed.searches.feasibility import violations_of
from nasbed.statistics.estimators import probability_of_improvement, standardised_difference
from nasbed.statistics.paired import contrast, described, holm
from nasbed.vocabulary import Benchmark
from nasbed.vocabulary.objectives import signs

if TYPE_CHECKING:
    from nasbed.results.results import Results
    from nasbed.results.series import SeriesResult

CONTRASTED = ("hypervolume_regret", "igd_plus", "test_hypervolume_regret")
"""The indicators that strategies are compared on, by noise-free values; lower is better."""

OBSERVED = ("observed_hypervolume_regret", "observed_igd_plus")
"""The indicators of the values that the search saw."""

LEAST = {"hypervolume_regret": 0.0, "igd_plus": 0.0}
"""The lowest that an indicator can be: noise-free values of the space itself are measured against its own front."""

INDICATORS = (*CONTRASTED, "additive_epsilon", *OBSERVED)
"""All indicators of a run, on the scale of the bounds; lower is better."""


BoundsByLabel = Mapping[str, Bounds]
"""By the label of a benchmark, the bounds that its fronts are scored in, where they are not those of the study."""


class Scales(NamedTuple):
    """The bounds that validation and test values of a benchmark are scored in; where there are none, those of its space."""

    validation: Bounds | None = None
    test: Bounds | None = None


OF_THE_SPACE = Scales()


def scales(results: Results, label: str, bounds: BoundsByLabel | None = None) -> Scales:
    """The bounds of a benchmark: what is given in ``bounds``, else what the study's manifest (``run.json``) has fixed.

    Raises :class:`~nasbed.errors.StoreError` where the manifest's are damaged.
    """
    if bounds and label in bounds:
        return Scales(bounds[label], bounds[label])
    stored = results.bounds.get(label, {})
    try:
        return Scales(*(Bounds.from_dict(stored[split]) if split in stored else None for split in Scales._fields))
    except (OptionError, TypeError) as error:
        raise StoreError(
            f"run.json fixes the scale of {label}, but {error}; put it right, or run the study again with --fresh"
        ) from None


def fixed(results: Results) -> dict[str, dict[str, Any]]:
    """For the manifest, the bounds of all benchmarks with several objectives, by label and split.

    What the manifest has already stays, unless it is of other objectives. A space without a table has none.
    """
    found = {}
    for label in multiobjective(results):
        benchmark, old = results.benchmarks[label], scales(results, label)
        try:
            new = truth(benchmark), tested(benchmark, None)
        except DataError:
            continue
        kept = old.validation is not None and old.validation.objectives == new[0].bounds.objectives
        chosen = old if kept else Scales(new[0].bounds, new[1].bounds if new[1] else None)
        found[label] = {split: bounds.to_dict() for split, bounds in chosen._asdict().items() if bounds}
    return found


def multiobjective(results: Results) -> list[str]:
    """The labels of the benchmarks that have more than one objective."""
    return [label for label, benchmark in results.benchmarks.items() if len(benchmark.objectives) > 1]


def judged(results: Results) -> list[str]:
    """The labels of the benchmarks with several objectives whose true front is known, and whose records have every objective."""
    found = []
    for label in multiobjective(results):
        try:
            truth(results.benchmarks[label])
            for series in results.series_on(label):
                require_columns(series)
        except (DataError, OptionError):
            continue
        found.append(label)
    return found


def require_columns(series: SeriesResult) -> None:
    """Raises :class:`~nasbed.errors.OptionError` for records of the first objective alone."""
    there = series.records_of(series.runs.seeds[:1].tolist())
    for objective in series.searched.objectives[1:]:
        if objective.name not in there:
            raise OptionError(
                f"the records of {series.strategy} on {series.benchmark} have no column {objective.name!r}; a front needs every"
                " objective of an evaluation: run the study with nasbed, which keeps them"
            )


def runs(series: SeriesResult) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each seed what was evaluated, in the order of arrival: values, (evaluations, objectives) and higher is better, epochs
    and architectures. Values of what breaks the constraints of the benchmark are ``nan``. Raises
    :class:`~nasbed.errors.OptionError` for records of the first objective alone.
    """
    require_columns(series)
    names = [VALUE.name, *(objective.name for objective in series.searched.objectives[1:])]
    for first in range(0, len(series.runs.seeds), TOGETHER):
        block = slice(first, first + TOGETHER)
        records = series.evaluations_of(series.runs.seeds[block].tolist())
        values = records[names].to_numpy(dtype=float) * signs(series.searched.objectives)
        epochs, archs = records[EPOCHS.name].to_numpy(), records[ARCHITECTURE.name].to_numpy()
        broken = violations_of(series.searched, archs)
        values = kept_to(None if broken is None else broken == 0, values)
        counts = series.runs.count[block]
        for end, count in zip(np.cumsum(counts).tolist(), counts.tolist(), strict=True):
            yield values[end - count : end], epochs[end - count : end], archs[end - count : end]


def selected(series: SeriesResult, at: int | None = None) -> list[tuple[Front, np.ndarray]]:
    """For each seed the front after ``at`` evaluations (all, by default), and the architectures on it, each once."""
    if at is not None and at < 1:
        raise OptionError(f"at = {shown(at)}; expected evaluations, 1 or more")
    found = []
    for values, epochs, archs in runs(series):
        front = select(values[:at], epochs[:at], archs[:at], series.rules.incumbent)
        found.append((front, np.unique(archs[front.places])))
    return found


def median_front(series: SeriesResult, given: Bounds | None = None, at: int | None = None) -> tuple[int, np.ndarray]:
    """The place of the run of median hypervolume regret, the lower of two, and the architectures on its front."""
    scorer = truth(series.scored, given)
    found = [archs for _, archs in selected(series, at)]
    regret = [scorer.hypervolume_regret(scorer.of(archs)) for archs in found]
    run = int(np.argsort(regret, kind="stable")[(len(regret) - 1) // 2])
    return run, found[run]


def frame(results: Results, at: int | None = None, *, bounds: BoundsByLabel | None = None) -> pd.DataFrame:
    """One row a run: benchmark, strategy, seed, the :data:`INDICATORS`, ``front_size``, architectures on the selected front, and
    ``feasible``, the share of its evaluations that keep to the constraints, ``nan`` where there are none.

    After ``at`` evaluations, at the end of the budget by default; a run that ended before is carried forward. A run without a
    front (nothing observed but failures, or nothing feasible) has the whole volume as hypervolume regret, since an empty front has
    none, and ``nan`` in IGD+ and epsilon. What was observed is ``nan`` where another benchmark was searched than the one that
    scores, and the test regret where a benchmark is judged on held-out runs. Raises
    :class:`~nasbed.errors.OptionError` and :class:`~nasbed.errors.DataError` (see :func:`noise_free`).
    """
    rows = []
    for series in results.series:
        given = scales(results, series.benchmark, bounds)
        scorer = truth(series.scored, given.validation)
        same = series.searched.label == series.scored.label
        found = zip(series.runs.seeds.tolist(), selected(series, at), series.feasible_shares(at).tolist(), strict=True)
        for seed, (front, archs), share in found:
            rows.append(
                {
                    "benchmark": series.benchmark,
                    "strategy": series.strategy,
                    "seed": seed,
                    **indicators(series.scored, archs, given),
                    **(_by_observed(scorer, front) if same else dict.fromkeys(OBSERVED, np.nan)),
                    "front_size": len(archs),
                    "feasible": share,
                }
            )
    return pd.DataFrame(rows)


def indicators(benchmark: Benchmark, archs: np.ndarray, given: Scales = OF_THE_SPACE) -> dict[str, float]:
    """The indicators of a front of architectures by noise-free values."""
    scorer, tester = truth(benchmark, given.validation), tested(benchmark, given.test)
    points = scorer.of(archs)
    return {
        "hypervolume_regret": scorer.hypervolume_regret(points),
        "igd_plus": scorer.igd_plus(points),
        "test_hypervolume_regret": tester.hypervolume_regret(tester.of(archs)) if tester else np.nan,
        "additive_epsilon": scorer.additive_epsilon(points),
    }


def _by_observed(scorer: Truth, front: Front) -> dict[str, float]:
    points = scorer.bounds.normalised(front.observed)
    return dict(zip(OBSERVED, (scorer.hypervolume_regret(points), scorer.igd_plus(points)), strict=True))


def anytime(series: SeriesResult, given: Bounds | None = None) -> np.ndarray:
    """The hypervolume regret after each evaluation, (seeds, evaluations), carried forward where a run ended.

    Each entry is what :func:`frame` gives for that number of evaluations; a volume is computed only when a front changes.
    """
    scorer = truth(series.scored, given)
    width = max(1, int(series.runs.count.max(initial=0)))
    regret = np.full((len(series.runs.seeds), width), scorer.volume)
    for row, (values, epochs, archs) in zip(regret, runs(series), strict=True):
        for count, front in selections(values, epochs, archs, series.rules.incumbent):
            row[count - 1 :] = scorer.hypervolume_regret(scorer.of(np.unique(archs[front.places])))
    return regret


def curves(results: Results, *, bounds: BoundsByLabel | None = None) -> pd.DataFrame:
    """Mean hypervolume regret after each evaluation with its 95 % t interval: benchmark, strategy, x, mean, low, high.

    As for single incumbents, a curve ends where the budget stopped its first run.
    """
    found = []
    for series in results.series:
        regret = anytime(series, scales(results, series.benchmark, bounds).validation)
        budget = series.rules.budget
        width = budget.evaluations or regret.shape[1]
        points = carried(regret, series.runs, width)
        names = {"benchmark": series.benchmark, "strategy": series.strategy}
        found.append(pd.DataFrame({**names, **vars(curve(*points, least=0.0))}))
    return pd.concat(found, ignore_index=True)


def summary(results: Results, at: int | None = None, *, bounds: BoundsByLabel | None = None) -> pd.DataFrame:
    """One row a benchmark and strategy: mean, sd, median and 95 % t interval of each indicator, and the contrasts.

    Columns are named ``INDICATOR_STATISTIC``, as in ``Results.summary``; ``difference`` (with ``low`` and ``high``),
    ``standardised``, ``improvement``, ``wins``, ``p`` and ``p_holm`` are against ``results.reference``, by seeds, as in
    :func:`~nasbed.statistics.comparisons.contrasts`; Holm's family is all contrasts of an
    indicator, all benchmarks together.
    ``without_front`` counts runs that have none.
    """
    scores = frame(results, at, bounds=bounds)
    contrasts = {name: _contrasts(results, scores, name) for name in CONTRASTED}
    rows = []
    by_series = _by_series(scores)
    for series in results.series:
        names = series.benchmark, series.strategy
        mine = by_series[names]
        row: dict[str, Any] = {"benchmark": names[0], "strategy": names[1], "seeds": len(mine)}
        for name in INDICATORS:
            row |= described(name, mine[name].to_numpy(), least=LEAST.get(name, -np.inf))
            compared = contrasts.get(name, {}).get(names, {})
            row |= {f"{name}_{statistic}": value for statistic, value in compared.items()}
        row |= {name: mine[name].mean() for name in ("front_size", "feasible")}
        row["without_front"] = int((mine["front_size"] == 0).sum())
        rows.append(row)
    return pd.DataFrame(rows)


def pairs(results: Results, scores: pd.DataFrame, name: str) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]:
    """An indicator of each strategy and of the reference, over the seeds in which both have it, by benchmark and strategy.

    ``scores`` is that of :func:`frame`.
    """
    found = {}
    columns = {names: mine[name].to_numpy() for names, mine in _by_series(scores).items()}
    for series in results.series:
        ours, theirs = (columns[series.benchmark, strategy] for strategy in (series.strategy, results.reference))
        both = ~np.isnan(ours) & ~np.isnan(theirs)
        if series.strategy != results.reference and both.any():
            found[series.benchmark, series.strategy] = ours[both], theirs[both]
    return found


def _by_series(scores: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """The rows of each strategy on each benchmark, in no order."""
    return {(str(one), str(other)): mine for (one, other), mine in scores.groupby(["benchmark", "strategy"])}


def _contrasts(results: Results, scores: pd.DataFrame, name: str) -> dict[tuple[str, str], dict[str, float]]:
    """Against the reference, by benchmark and strategy."""
    found = {}
    for names, (ours, theirs) in pairs(results, scores, name).items():
        effects = {
            "standardised": standardised_difference(ours, theirs),
            "improvement": probability_of_improvement(ours[:, None], theirs[:, None]),
        }
        found[names] = {**vars(contrast(ours, theirs)), **effects}
    adjusted = holm(np.array([one["p"] for one in found.values()]))
    return {names: {**one, "p_holm": p} for (names, one), p in zip(found.items(), adjusted.tolist(), strict=True)}
