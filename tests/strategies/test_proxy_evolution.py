"""Evolution helped by a proxy."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import pytest
from fakes import SPACE, failing, task, visit

import nasbed
from nasbed.searches.execution import execute
from nasbed.searches.loop import Log, run_loop
from nasbed.searches.pools import Simulated
from nasbed.searches.rules import Rules
from nasbed.strategies.proxy_evolution import ProxyEvolution
from nasbed.strategies.regularized_evolution import RegularizedEvolution
from nasbed.streams import stream
from nasbed.vocabulary import Arch, Budget, Outcome, Strategy

TABLE = nasbed.load_benchmark("nasbench201", measures={})
FLOPS = TABLE.measurements()["flops"][0]


def archs(strategy: Strategy, evaluations: int, seed: int = 3) -> list[Arch]:
    return [one.arch for one in execute(strategy, TABLE, Rules(Budget("evaluations", evaluations)), seed).outcomes]


def flops(arch: Arch) -> float:
    return FLOPS[TABLE.space.index(arch)]


def told(strategy: Strategy, of: int, workers: int = 1, *failures: int) -> list[Outcome]:
    """All that a search of the nine digits is told, where the proxy of a place is its distance from 6."""
    given = replace(task("evaluations", of, workers), measures=("proxy",))
    proxies = [-abs(place - 6.0) for place in range(9)]
    searcher = strategy.start(given, stream(0, "fake", "search"))
    return list(
        run_loop(
            searcher, given, Simulated(failing(*failures), given), visit, Log(), measurements={"proxy": (proxies, 1.0)}
        )  # type: ignore[arg-type]
    )


def test_without_the_proxy_it_is_regularized_evolution() -> None:
    plain = ProxyEvolution("flops", pool=0, children=1, population=7, sample=4)
    assert archs(plain, 150) == archs(RegularizedEvolution(7, 4), 150)


def test_the_first_population_is_the_best_of_the_pool() -> None:
    pool = dict.fromkeys(archs(RegularizedEvolution(200), 200))
    assert archs(ProxyEvolution("flops", pool=200, population=8), 8) == sorted(pool, key=flops, reverse=True)[:8]


def test_each_child_is_the_best_by_the_proxy_of_the_untrained_mutations_of_a_parent_alive() -> None:
    # 400 draws miss one of a cell's 24 neighbours with a chance of 1e-6; 60 candidates out of 3 miss the best with 3e-11.
    trained = execute(
        ProxyEvolution("flops", pool=0, children=400, population=3, sample=60),
        TABLE,
        Rules(Budget("evaluations", 25)),
        1,
    ).outcomes
    alive: deque[Outcome] = deque(trained[:3], maxlen=3)
    seen = {outcome.arch for outcome in alive}
    for child in trained[3:]:
        parent = max(alive, key=lambda one: one.value)
        fresh = [arch for arch in TABLE.space.neighbours(parent.arch) if arch not in seen]
        assert child.arch in fresh
        assert flops(child.arch) == max(map(flops, fresh))
        seen.add(child.arch)
        alive.append(child)


@pytest.mark.parametrize("workers", [1, 4])
def test_a_proxy_is_asked_for_once_and_trainings_go_on_where_everything_was_trained(workers: int) -> None:
    outcomes = told(ProxyEvolution("proxy", pool=5, population=2), 60, workers)
    measured = [outcome.arch for outcome in outcomes if outcome.trial < 0]
    assert len(set(measured)) == len(measured) <= 9
    trained = [outcome.arch for outcome in outcomes if outcome.trial >= 0]
    assert len(trained) == 60
    assert len(set(trained)) == 9


def test_as_many_children_are_trained_together_as_there_are_workers() -> None:
    outcomes = execute(
        ProxyEvolution("flops", pool=0, population=4), TABLE, Rules(Budget("evaluations", 24), workers=4), 0
    ).outcomes
    began = sorted(outcome.time - outcome.cost for outcome in outcomes)
    for start in range(0, 24, 4):
        assert began[start] == pytest.approx(began[start + 3])
    assert len({outcome.arch for outcome in outcomes}) == 24


def test_failures_never_breed() -> None:
    outcomes = [
        one for one in told(ProxyEvolution("proxy", pool=0, population=2), 40, 1, 4, 5, 6, 7, 8) if one.trial >= 0
    ]
    good = {one.arch for one in outcomes if not one.failed}
    for place, outcome in enumerate(outcomes[2:], 2):
        before = [one.arch for one in outcomes[:place] if not one.failed]
        assert not before or any(outcome.arch in SPACE.neighbours(arch) for arch in before[-2:])
    assert good
    assert all(one.failed for one in told(ProxyEvolution("proxy"), 20, 1, *range(9)) if one.trial >= 0)
