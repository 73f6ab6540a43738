"""Gathers the landscapes of a benchmark: its scores, records, fidelities and objectives, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from nasbed.errors import DataError
from nasbed.landscape.measures import Landscape, hamming_neighbours, landscape, padded, pareto_front, rank_correlation
from nasbed.landscape.variance import Noise, noise
from nasbed.results.known import scoring_referee
from nasbed.results.listing import listed
from nasbed.searches.loading import load_on_each
from nasbed.statistics.precision import settled
from nasbed.statistics.recorded import mean_of_runs
from nasbed.statistics.spread import varies
from nasbed.vocabulary import HELD_OUT, VALIDATED, Benchmark, EnumerableSpace, Objective, seconds_in
from nasbed.vocabulary.objectives import signs

FIDELITIES = 8
"""Most fidelities that are compared; of more, this many are taken in geometric steps."""
COST = Objective("training time", "s", maximise=False)
"""The second objective of the front where a benchmark is asked for one only, and trainings differ in what they take."""


@dataclass(frozen=True)
class SpaceFront:
    """The Pareto front: places of architectures in ``archs``, best first objective first, and their values in natural units,
    (architectures, objectives). The first objective is the score, the others are what a search observes.
    """

    objectives: tuple[Objective, ...]
    places: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Site:
    """One data set.

    ``values`` are the scores by split (``validation`` and ``test``; ``held-out runs`` alone where there is no clean test),
    the last of them what searches are judged on, higher is better. ``noise`` is that of the highest fidelity offered,
    ``None`` where no run was recorded twice; ``runs`` the fewest and most runs of an architecture there, ``None`` where runs are
    not recorded. ``fidelities`` is Spearman's correlation of what a search sees after so many epochs, mean over runs, with the
    judged score. ``costs`` are the seconds of an evaluation at the highest fidelity. ``front`` is ``None`` where a benchmark is
    asked for one objective and all trainings cost the same, as where none was timed. ``product`` says whether the
    architectures are every combination of their choices.
    """

    benchmark: Benchmark
    values: dict[str, np.ndarray]
    landscapes: dict[str, Landscape]
    noise: Noise | None
    runs: tuple[int, int] | None
    fidelities: dict[int, float]
    costs: np.ndarray
    front: SpaceFront | None
    product: bool

    @property
    def name(self) -> str:
        """The label without the name of the benchmark."""
        return self.benchmark.label.removeprefix(f"{self.benchmark.name}/")

    @property
    def objective(self) -> Objective:
        """What the scores are of: it turns them into natural numbers."""
        return self.benchmark.objectives[0]

    @property
    def judged(self) -> str:
        """The split that searches are judged on."""
        return list(self.values)[-1]

    @property
    def landscape(self) -> Landscape:
        """The landscape of the judged score."""
        return self.landscapes[self.judged]


@dataclass(frozen=True)
class Survey:
    """The data sets of one benchmark. ``between`` is Spearman's correlation between their judged scores, (sites, sites)."""

    name: str
    sites: tuple[Site, ...]
    between: np.ndarray


def load(
    name: str,
    /,
    dataset: str | None = None,
    epochs: Sequence[int] | None = None,
    objectives: Sequence[str] | None = None,
    **further: Any,
) -> list[Benchmark]:
    """A benchmark on one data set or on all; ``epochs``, ``objectives`` and ``further`` are its options where they are given."""
    given = {"epochs": epochs, "objectives": objectives}
    options: dict[str, Any] = {key: list(value) for key, value in given.items() if value is not None} | further
    return load_on_each(name, dataset, **options)


def survey(benchmarks: Sequence[Benchmark]) -> Survey:
    """The landscapes of a benchmark's data sets, which share one space.

    >>> import nasbed
    >>> site = survey([nasbed.load_benchmark("nasbench201")]).sites[0]
    >>> len(site.landscape.optima), site.name
    (17, 'cifar10')
    """
    space = listed(benchmarks[0], "a landscape")
    archs, around = neighbourhood(space)
    sites = tuple(_site(benchmark, archs, around) for benchmark in benchmarks)
    scores = [site.values[site.judged] for site in sites]
    between = np.array([[rank_correlation(one, other) for other in scores] for one in scores])
    return Survey(benchmarks[0].name, sites, between)


def neighbourhood(space: EnumerableSpace) -> tuple[np.ndarray | None, np.ndarray]:
    """Where the architectures are the full product of the space's choices, their choices as numbers from 0, else ``None``; and
    for each the places of its neighbours in ``archs``, in the space's order, filled with -1.
    """
    place = {arch: at for at, arch in enumerate(space.archs)}
    archs = _product(space)
    if archs is not None:
        around = hamming_neighbours(archs, space.choices)
        if around[0].tolist() == [place[other] for other in space.neighbours(space.archs[0])]:
            return archs, around
    return archs, padded([[place[other] for other in space.neighbours(arch)] for arch in space.archs])


def _product(space: EnumerableSpace) -> np.ndarray | None:
    if len(space) != prod(space.choices):
        return None
    columns = [np.unique(column, return_inverse=True) for column in np.array(space.archs).T]
    if [len(values) for values, _ in columns] != list(space.choices):
        return None
    return np.stack([codes for _, codes in columns], axis=1)


def _site(benchmark: Benchmark, archs: np.ndarray | None, around: np.ndarray) -> Site:
    space, referee = listed(benchmark, "a landscape"), scoring_referee(benchmark, "a landscape")
    index = np.array([space.index(arch) for arch in space.archs])  # a part of a space keeps the indices of the whole
    values = {"validation": referee.validation(index)}
    if benchmark.judged_on == HELD_OUT:
        values = {HELD_OUT: values["validation"]}
    elif benchmark.judged_on != VALIDATED:
        values["test"] = referee.test(index)
    for split, scores in values.items():
        if np.isnan(scores).all():
            raise DataError(f"{benchmark.label} has no {split} value of any architecture, so it has no landscape")
    values = {split: settled(scores) for split, scores in values.items()}
    judged = list(values.values())[-1]
    recorded = benchmark.recorded(benchmark.epochs[-1]) is not None
    seen = {epochs: _seen(benchmark, index, epochs) for epochs in shown(benchmark.epochs)}
    (first, *others), costs = seen[benchmark.epochs[-1]]
    count = (~np.isnan(first)).sum(axis=1)
    landscapes = {split: landscape(scores, around, archs, space.choices) for split, scores in values.items()}
    return Site(
        benchmark,
        values,
        {split: replace(one, best=index[one.best], optima=index[one.optima]) for split, one in landscapes.items()},
        noise(first),
        (int(count.min()), int(count.max())) if recorded else None,
        {epochs: rank_correlation(mean_of_runs(found[0]), judged) for epochs, (found, _) in seen.items()},
        mean_of_runs(costs),
        _front(benchmark, judged, [mean_of_runs(other) for other in others], mean_of_runs(costs)),
        archs is not None,
    )


def shown(epochs: Sequence[int]) -> list[int]:
    """At most eight fidelities, in geometric steps, the ends included.

    >>> shown([12, 200]), shown(range(1, 101))
    ([12, 200], [1, 2, 4, 7, 14, 27, 52, 100])
    """
    if len(epochs) <= FIDELITIES:
        return list(epochs)
    wanted = np.geomspace(epochs[0], epochs[-1], FIDELITIES)
    return sorted({min(epochs, key=lambda one: abs(np.log(one / target))) for target in wanted.tolist()})


def _seen(benchmark: Benchmark, index: np.ndarray, epochs: int) -> tuple[list[np.ndarray], np.ndarray]:
    """What a search may see of architectures at a fidelity: as it is recorded, else as the oracle answers."""
    recorded = benchmark.recorded(epochs)
    if recorded is not None:
        values, costs = recorded
        return [column[index] for column in values], costs[index]
    oracle = benchmark.oracle("draw" if benchmark.judged_on == HELD_OUT else "mean")
    answers = [oracle(one, epochs, 0) for one in index.tolist()]
    columns = np.array([answer[0] for answer in answers], dtype=float)
    return [column[:, None] for column in columns.T], np.array(
        [seconds_in(answer[1]) for answer in answers], dtype=float
    )[:, None]


def _front(benchmark: Benchmark, judged: np.ndarray, others: list[np.ndarray], cost: np.ndarray) -> SpaceFront | None:
    objectives = benchmark.objectives
    if not others and not varies(cost[~np.isnan(cost)]):
        return None
    if not others:
        objectives, others = (*objectives, COST), [-cost]
    points = np.stack([judged, *others], axis=1)
    places = pareto_front(points)
    return SpaceFront(objectives, places, points[places] * signs(objectives))
