"""WeakNAS, and the pool of architectures that predictor-based methods share."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest
from daily import sampled
from fakes import SPACE, failing, run, task

from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies import weak_predictors
from nasbed.strategies.models.pool import CandidatePool
from nasbed.strategies.weak_predictors import WeakPredictors
from nasbed.streams import stream
from nasbed.vocabulary import Benchmark, Budget, Outcome, Proposal


def told(*values: float, first: int = 0) -> list[Outcome]:
    """Outcomes of the architectures from ``first`` on."""
    archs = SPACE.archs[first : first + len(values)]
    return [
        Outcome(arch, value, 1.0, 1.0, trial, 1, (value,), Proposal(arch))
        for trial, (arch, value) in enumerate(zip(archs, values, strict=True))
    ]


def test_a_failure_has_the_lowest_value_of_the_others_and_ranks_last() -> None:
    pool = CandidatePool(SPACE)
    pool.tell(told(nan, 5.0, 3.0, nan, 5.0))
    x, y = pool.known()
    assert y.tolist() == [3.0, 5.0, 3.0, 3.0, 5.0]
    np.testing.assert_array_equal(x, SPACE.encode_all("one_hot")[:5])
    assert [SPACE.index(arch) for arch in pool.ranked()] == [1, 4, 2, 0, 3]


def test_a_refused_repeat_does_not_replace_a_value() -> None:
    pool = CandidatePool(SPACE)
    pool.tell([*told(7.0, nan), *told(nan, 2.0), *told(9.0)])
    assert pool.known()[1].tolist() == [7.0, 2.0]


def test_nothing_is_known_where_everything_failed() -> None:
    pool = CandidatePool(SPACE)
    pool.tell(told(nan, nan))
    assert [len(one) for one in pool.known()] == [0, 0]


def test_a_batch_is_filled_with_what_was_not_asked_for_and_then_with_anything() -> None:
    pool, rng = CandidatePool(SPACE), stream(0, "fake", "search")
    batch = pool.batch([4, 2], 9, rng)
    assert [SPACE.index(proposal.arch) for proposal in batch[:2]] == [4, 2]
    assert {proposal.arch for proposal in batch} == set(SPACE.archs)
    assert not len(pool.left())
    assert all(proposal.arch in SPACE for proposal in pool.batch([], 5, rng))


class Known:
    """A predictor that ranks architectures by their index, the highest first."""

    def fit(self, x: np.ndarray, y: np.ndarray, rng: object) -> Known:
        return self

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.arange(len(x), dtype=float), np.zeros(len(x))


def test_the_next_are_drawn_uniformly_from_the_new_of_the_best(
    cifar10: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WeakPredictors, "_predictor", lambda _: Known())
    drawn = np.zeros(50)
    for seed in range(120):
        outcomes = execute(WeakPredictors(5, 5, 50), cifar10, Rules(Budget("evaluations", 10)), seed).outcomes
        places = [cifar10.space.index(outcome.arch) - 15_575 for outcome in outcomes[5:]]
        assert len(set(places)) == 5
        drawn[places] += 1
    assert drawn.sum() == 600
    # 600 draws of 50: 12 each, with a standard deviation of 3.3.
    assert 2 <= drawn.min() <= drawn.max() <= 25
    places = [
        cifar10.space.index(outcome.arch)
        for outcome in execute(WeakPredictors(5, 5, 8), cifar10, Rules(Budget("evaluations", 25)), 0).outcomes
    ]
    best = [place for place in range(15_624, -1, -1) if place not in places[:5]]
    assert set(places[5:10]) <= set(best[:8])
    # Fewer than five of the eight are new from here on: the best new ones are next, in order.
    for start in (10, 15, 20):
        new = [place for place in best if place not in places[:start]]
        assert places[start : start + 5] == new[:5]


@pytest.mark.parametrize("predictor", sampled(["mlp", "forest"], 2))
def test_each_predictor_leads_to_ever_better_architectures(predictor: Any, cifar10: Benchmark) -> None:
    values = cifar10.referee().validation(np.arange(len(cifar10.space)))
    strategy = WeakPredictors(predictor=predictor, trees=20)
    outcomes = execute(strategy, cifar10, Rules(Budget("evaluations", 60), noise="mean"), 0).outcomes
    better = [float(np.mean(values > outcome.value)) for outcome in outcomes]
    assert np.median(better[:10]) > 0.2
    assert np.median(better[-20:]) < 0.04


def test_the_perceptron_is_that_of_the_paper_but_for_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(weak_predictors, "Ensemble", lambda *options: made.append(options) or Known())
    run(WeakPredictors().start(task(), stream(0, "fake", "search")), task("evaluations", 12))
    members, widths, epochs, _, batch, loss, betas = made[0]
    # The public code: scikit-learn's MLPRegressor of four layers for 100 iterations, whose batches are of up to 200.
    assert (members, len(widths), epochs, batch, loss, betas) == (1, 4, 100, 200, "squared", (0.9, 0.999))


@pytest.mark.parametrize("predictor", ["mlp", "forest"])
def test_a_space_is_exhausted_before_anything_is_asked_for_twice(predictor: Any) -> None:
    of = task("evaluations", 20, workers=3)
    strategy = WeakPredictors(1, 3, 4, predictor, epochs=5, trees=3)
    log = run(strategy.start(of, stream(2, "fake", "search")), of, failing(0, 3))
    began = sorted(log.outcomes, key=lambda outcome: outcome.trial)
    assert len({outcome.arch for outcome in began[:9]}) == 9
    assert len(began) == 20
    assert max(outcome.value if not outcome.failed else -inf for outcome in log.outcomes) > 80
