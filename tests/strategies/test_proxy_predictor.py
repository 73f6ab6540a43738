"""A predictor with proxies as features."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from fakes import SPACE, failing, task, visit
from scipy.stats import norm, rankdata

import nasbed
from nasbed.errors import OptionError, UnmetNeedError
from nasbed.searches.execution import execute
from nasbed.searches.loop import Log, run_loop
from nasbed.searches.pools import Simulated
from nasbed.searches.rules import Rules
from nasbed.strategies import proxy_predictor
from nasbed.strategies.proxy_predictor import ProxyPredictor
from nasbed.strategies.random_search import RandomSearch
from nasbed.streams import stream
from nasbed.vocabulary import Budget, Outcome

TABLE = nasbed.load_benchmark("nasbench201", measures={})
SMALL: dict[str, Any] = {"pool": 30, "initial": 4, "batch": 3, "mutations": 10, "trees": 5}
PROXIES = {"up": ([float(place) for place in range(9)], 1.0), "odd": ([math.nan, 1e300, -math.inf] * 3, 2.0)}


def told(strategy: ProxyPredictor, evaluations: int, workers: int = 1, *failures: int) -> list[Outcome]:
    of = replace(task("evaluations", evaluations, workers), measures=tuple(PROXIES))
    searcher = strategy.start(of, stream(0, "fake", "search"))
    return list(run_loop(searcher, of, Simulated(failing(*failures), of), visit, Log(), measurements=PROXIES))  # type: ignore[arg-type]


class Recorded:
    """A model that keeps what it is fitted on, and predicts the last feature with certainty."""

    fits: list[tuple[np.ndarray, np.ndarray, np.ndarray]]

    def __init__(self, trees: int) -> None:
        assert trees == 5

    def fit(self, x: np.ndarray, y: np.ndarray, rng: object) -> Recorded:
        self._fitted = x, y
        return self

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.fits.append((*self._fitted, x))
        return x[:, -1], np.zeros(len(x))


def test_the_model_is_given_the_encoding_the_ranks_of_the_proxies_and_normal_scores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Recorded.fits = []
    monkeypatch.setattr(proxy_predictor, "Forest", Recorded)
    strategy = ProxyPredictor(proxies=("up", "odd"), **{**SMALL, "pool": 300, "mutations": 0})
    outcomes = told(strategy, 7, 1, 5)
    pool = list(dict.fromkeys(outcome.arch for outcome in outcomes if outcome.trial < 0))
    trained = [outcome for outcome in outcomes if outcome.trial >= 0]
    (x, y, rest), *_ = Recorded.fits
    ranks = np.array([
        rankdata([place[SPACE.index(arch)] if place[SPACE.index(arch)] == place[SPACE.index(arch)] else -math.inf for arch in pool])
        for place in (PROXIES["up"][0], PROXIES["odd"][0])
    ])  # fmt: skip
    expected = np.column_stack([[SPACE.encode(arch) for arch in pool], norm.ppf((ranks - 0.5) / 9).T])
    np.testing.assert_allclose(x, expected[:4], atol=1e-12)
    np.testing.assert_allclose(rest, expected[4:], atol=1e-12)
    scores = norm.ppf((rankdata([one.worth for one in trained[:4]]) - 0.5) / 4)
    np.testing.assert_allclose(y, scores, atol=1e-12)
    # What it predicts without doubt is trained in that order: by the last proxy.
    order = np.argsort(-expected[4:, -1], kind="stable")[:3]
    assert [one.arch for one in trained[4:7]] == [pool[4 + place] for place in order]


@pytest.mark.parametrize("acquisition", ["thompson", "expected_improvement"])
@pytest.mark.parametrize("workers", [1, 4])
def test_everything_is_trained_once_and_then_it_goes_on(acquisition: Any, workers: int) -> None:
    outcomes = told(ProxyPredictor(("up", "odd"), acquisition=acquisition, **SMALL), 25, workers, 0, 3, 8)
    trained = [outcome.arch for outcome in outcomes if outcome.trial >= 0]
    assert len(set(trained[:9])) == 9
    assert len(trained) == 25
    assert sum(outcome.trial < 0 for outcome in outcomes) == 18


def test_mutations_of_the_best_join_the_pool() -> None:
    strategy = ProxyPredictor(("flops",), parents=1, **SMALL)
    outcomes = list(execute(strategy, TABLE, Rules(Budget("evaluations", 31)), 5).outcomes)
    drawn = {one.arch for one in execute(RandomSearch(), TABLE, Rules(Budget("evaluations", 30)), 5).outcomes}
    for batch in range(4, 31, 3):
        parents = {max(outcomes[:end], key=lambda one: one.value).arch for end in range(4, batch + 1, 3)}
        around = {arch for parent in parents for arch in TABLE.space.neighbours(parent)}
        assert all(outcome.arch in drawn | around for outcome in outcomes[batch : batch + 3])
    assert any(outcome.arch not in drawn for outcome in outcomes)


def test_each_proxy_of_an_architecture_is_paid_once() -> None:
    outcomes = told(ProxyPredictor(("up", "odd"), **SMALL), 9)
    measured = [(outcome.arch, outcome.proposal.measure) for outcome in outcomes if outcome.trial < 0]
    assert len(set(measured)) == len(measured)
    assert {name for _, name in measured} == {"up", "odd"}
    runs = [len(list(group)) for trial, group in groupby(outcomes, key=lambda one: one.trial >= 0) if not trial]
    assert runs[0] == 2 * len({arch for arch, _ in measured[: runs[0]]})


def test_without_proxies_it_is_a_predictor_on_the_encoding_alone() -> None:
    assert not ProxyPredictor(()).needs.measures
    assert len([one for one in told(ProxyPredictor((), **SMALL), 12) if one.trial >= 0]) == 12


def test_what_is_missing_is_named() -> None:
    task201 = TABLE.task(Budget("evaluations", 5))
    with pytest.raises(UnmetNeedError, match=re.escape("the measure 'nwot'; the task offers parameters, flops")):
        ProxyPredictor(("flops", "nwot")).require(task201)
    with pytest.raises(UnmetNeedError, match="the encoding 'tree'"):
        ProxyPredictor(("flops",), encoding="tree").require(task201)
    with pytest.raises(OptionError, match="proxies = 'flops'; expected list of str"):
        ProxyPredictor("flops")  # type: ignore[arg-type]


def test_it_beats_random_search() -> None:
    def regret(strategy: Any) -> float:
        runs = (execute(strategy, TABLE, Rules(Budget("evaluations", 50)), seed) for seed in range(10))
        return float(np.mean([one.scores()["validation_regret"] for one in runs]))

    assert regret(ProxyPredictor(("flops",), pool=300, batch=20, trees=10)) < 0.7 * regret(RandomSearch())
