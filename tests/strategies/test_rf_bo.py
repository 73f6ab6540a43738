"""Bayesian optimization with a random forest, and the forest."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from fakes import SPACE, failing, run, task
from scipy import stats
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies import rf_bo
from nasbed.strategies.models.forest import Forest, Kind
from nasbed.strategies.rf_bo import RFBO
from nasbed.streams import stream
from nasbed.vocabulary import Benchmark, Budget, Outcome


@pytest.mark.parametrize("kind", ["random", "extra"])
def test_a_forest_is_as_good_as_that_of_scikit_learn(kind: Kind, cifar10: Benchmark) -> None:
    x = cifar10.space.encode_all("one_hot")
    y = stats.rankdata(cifar10.referee().validation(np.arange(len(x)))) / len(x)
    rng = np.random.default_rng(0)
    seen, other = np.split(rng.permutation(len(x))[:1200], [200])
    mean, sd = Forest(40, kind, 0.5, 4).fit(x[seen], y[seen], rng).predict(x[other])
    library = RandomForestRegressor if kind == "random" else ExtraTreesRegressor
    theirs = library(40, max_features=0.5, min_samples_split=4, random_state=0).fit(x[seen], y[seen])
    predicted = np.stack([tree.predict(x[other]) for tree in theirs.estimators_])
    errors = [np.abs(one - y[other]).mean() for one in (mean, predicted.mean(axis=0))]
    assert errors[0] == pytest.approx(errors[1], rel=0.05)
    assert sd.mean() == pytest.approx(predicted.std(axis=0).mean(), rel=0.1)


def test_trees_without_a_bootstrap_sample_know_what_they_were_told_and_split_only_what_they_may() -> None:
    x = np.eye(12)
    y = np.arange(12.0)
    model = Forest(5, "extra", 1.0).fit(x, y, np.random.default_rng(0))
    np.testing.assert_allclose(model.samples(x), np.tile(y, (5, 1)))
    np.testing.assert_allclose(model.predict(x), (y, np.zeros(12)))
    whole = Forest(5, "extra", 1.0, split=13).fit(x, y, np.random.default_rng(0))
    np.testing.assert_allclose(whole.samples(x), np.full((5, 12), 5.5))


class Believer:
    """A forest that says what it is told to, and keeps what it was given."""

    scores: ClassVar[list[np.ndarray]] = []
    mean, sd = np.zeros(9), np.ones(9)

    def __init__(self, *_: object) -> None: ...

    def fit(self, x: np.ndarray, y: np.ndarray, rng: object) -> Believer:
        self.scores.append(y)
        return self

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.mean, self.sd


def test_the_highest_expected_improvement_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rf_bo, "Forest", Believer)
    grid = (np.arange(20_000) + 0.5) / 20_000
    for seed in range(8):
        rng = np.random.default_rng(seed)
        monkeypatch.setattr(Believer, "scores", [])
        monkeypatch.setattr(Believer, "mean", rng.normal(size=9))
        monkeypatch.setattr(Believer, "sd", rng.random(9) * 2)
        log = run(RFBO(1, 0).start(task(), stream(seed, "fake", "search")), task("evaluations", 7))
        places = [SPACE.index(outcome.arch) for outcome in log.outcomes]
        for number, scores in enumerate(Believer.scores, 1):
            ranks = stats.rankdata([outcome.value for outcome in log.outcomes[:number]]) - 0.5
            np.testing.assert_allclose(scores, stats.norm.ppf(ranks / number), atol=1e-12)
            drawn = Believer.mean[:, None] + Believer.sd[:, None] * stats.norm.ppf(grid)
            improvement = np.maximum(drawn - scores.max(), 0).mean(axis=1)
            improvement[places[:number]] = -1
            assert improvement[places[number]] == pytest.approx(improvement.max(), abs=1e-4)


def test_one_in_so_many_is_drawn_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rf_bo, "Forest", Believer)
    monkeypatch.setattr(Believer, "scores", [])
    monkeypatch.setattr(Believer, "mean", np.arange(9.0))
    monkeypatch.setattr(Believer, "sd", np.full(9, 1e-3))
    random = []
    for seed in range(60):
        log = run(RFBO(1, 3).start(task(), stream(seed, "fake", "search")), task("evaluations", 4))
        places = [SPACE.index(outcome.arch) for outcome in log.outcomes]
        expected = [place for place in range(8, -1, -1) if place != places[0]]
        assert places[1:3] == expected[:2]
        random.append(expected.index(places[3]))
    assert set(random) == {2, 3, 4, 5, 6, 7}
    assert len(Believer.scores) == 120  # no forest is grown for a random draw


def test_workers_share_a_forest_until_an_outcome_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rf_bo, "Forest", Believer)
    monkeypatch.setattr(Believer, "scores", [])
    monkeypatch.setattr(Believer, "mean", np.arange(9.0))
    monkeypatch.setattr(Believer, "sd", np.full(9, 1e-3))
    searcher = RFBO(1, 0).start(task(workers=4), stream(0, "fake", "search"))
    first = searcher.ask()
    assert first is not None
    searcher.tell(Outcome(first.arch, 1.0, 1.0, 1.0, 0, 1, (1.0,), first))
    asked = [searcher.ask() for _ in range(3)]
    expected = [place for place in range(8, -1, -1) if SPACE.archs[place] != first.arch]
    assert [proposal and SPACE.index(proposal.arch) for proposal in asked] == expected[:3]
    assert len(Believer.scores) == 1
    assert asked[0] is not None
    searcher.tell(Outcome(asked[0].arch, 2.0, 1.0, 1.0, 1, 1, (2.0,), asked[0]))
    searcher.ask()
    assert len(Believer.scores) == 2


def test_everything_is_asked_for_once_and_then_the_search_goes_on() -> None:
    of = task("evaluations", 20, workers=3)
    log = run(RFBO(1).start(of, stream(2, "fake", "search")), of, failing(0, 3))
    began = sorted(log.outcomes, key=lambda outcome: outcome.trial)
    assert len({outcome.arch for outcome in began[:9]}) == 9
    assert len(began) == 20


def test_what_is_trained_gets_better_and_better(cifar10: Benchmark) -> None:
    values = cifar10.referee().validation(np.arange(len(cifar10.space)))
    outcomes = execute(RFBO(interleave=0, split=2), cifar10, Rules(Budget("evaluations", 60), noise="mean"), 0).outcomes
    better = [float(np.mean(values > outcome.value)) for outcome in outcomes]
    assert np.median(better[:10]) > 0.2
    assert np.median(better[-15:]) < 0.2  # at random, with a probability of 0.004
