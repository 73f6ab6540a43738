"""Training in the order of a proxy."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from fakes import SPACE, oracle, task, visit

import nasbed
from nasbed.errors import UnmetNeedError
from nasbed.searches.execution import execute
from nasbed.searches.loop import Log, run_loop
from nasbed.searches.pools import Simulated
from nasbed.searches.rules import Rules
from nasbed.strategies.proxy_ranking import ProxyRanking
from nasbed.strategies.random_search import RandomSearch
from nasbed.streams import stream
from nasbed.vocabulary import Benchmark, Budget, Outcome, Strategy, Task

ASCENDING = [float(place) for place in range(9)]


def measured(
    strategy: Strategy, proxies: Sequence[float], evaluations: int, workers: int = 1, seed: int = 0
) -> tuple[Log, list[Outcome]]:
    """A search of the nine digits whose proxies are given and cost 3 s each: its log, and all that was told."""
    of: Task = replace(task("evaluations", evaluations, workers), measures=("proxy",))
    log, told = Log(), []
    for outcome in run_loop(
        strategy.start(of, stream(seed, "fake", "search")),
        of,
        Simulated(oracle, of),
        visit,
        log,
        measurements={"proxy": (list(proxies), 3.0)},
    ):
        told.append(outcome)
    return log, told


def free(dataset: str = "cifar10") -> Benchmark:
    return nasbed.load_benchmark("nasbench201", dataset=dataset, measures={})


def places(log: Log) -> list[int]:
    return [SPACE.index(outcome.arch) for outcome in log.outcomes]


def test_the_best_by_the_proxy_are_trained_in_order_and_each_is_measured_once() -> None:
    table = free()
    flops = table.measurements()["flops"][0]
    result = execute(ProxyRanking("flops", pool=50), table, Rules(Budget("evaluations", 50)), 4)
    drawn = execute(RandomSearch(), table, Rules(Budget("evaluations", 50)), 4).outcomes
    pool = list(dict.fromkeys(outcome.arch for outcome in drawn))
    expected = sorted(pool, key=lambda arch: -flops[table.space.index(arch)])
    assert [outcome.arch for outcome in result.outcomes[: len(pool)]] == expected
    assert result.measured[: len(pool)] == (len(pool),) * len(pool)


def test_no_value_comes_last_and_everything_is_measured_and_trained_once_before_the_draws() -> None:
    proxies = [math.nan, 5.0, -math.inf, 7.0, 1.0, 8.0, 2.0, 6.0, 3.0]
    log, told = measured(ProxyRanking("proxy", pool=400), proxies, 30)
    assert places(log)[:7] == [5, 3, 7, 1, 8, 6, 4]
    assert set(places(log)[7:9]) == {0, 2}
    assert sum(outcome.trial < 0 for outcome in told) == 9
    assert len(log.outcomes) == 30


def test_what_a_pool_leaves_untrained_competes_with_the_next() -> None:
    _, told = measured(ProxyRanking("proxy", pool=2, trained=1), ASCENDING, 12, seed=3)
    known: set[int] = set()
    trained: list[int] = []
    for outcome in told:
        place = SPACE.index(outcome.arch)
        if outcome.trial < 0:
            assert place not in known
            known.add(place)
        elif known - set(trained):
            assert place == max(known - set(trained))
            trained.append(place)
    assert len(trained) == 9


def test_measures_cost_worker_time() -> None:
    log, _ = measured(ProxyRanking("proxy", pool=400), ASCENDING, 3)
    # Nine measures of 3 s, then the trainings of 9, 8 and 7 s; with nine workers the measures take 3 s together.
    assert [outcome.time for outcome in log.outcomes] == [36.0, 44.0, 51.0]
    log, _ = measured(ProxyRanking("proxy", pool=400), ASCENDING, 3, workers=9)
    assert sorted(outcome.time for outcome in log.outcomes) == [10.0, 11.0, 12.0]


def test_a_task_without_the_proxy_is_refused_with_the_remedy(cifar10: Benchmark) -> None:
    with pytest.raises(UnmetNeedError, match=re.escape("needs the measure 'synflow'; the task offers none")):
        ProxyRanking().require(cifar10.task(Budget("evaluations", 5)))


def test_the_yardstick_of_size_beats_random_search() -> None:
    table = free()

    def regret(strategy: Strategy) -> float:
        runs = (execute(strategy, table, Rules(Budget("evaluations", 40)), seed) for seed in range(20))
        return float(np.mean([one.scores()["validation_regret"] for one in runs]))

    assert regret(ProxyRanking("flops", pool=300)) < 0.75 * regret(RandomSearch())
