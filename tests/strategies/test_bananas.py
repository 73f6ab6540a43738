"""BANANAS, and the ensemble of networks that it asks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fakes import SPACE, failing, run, task
from scipy.stats import spearmanr

from nasbed.errors import UnmetNeedError
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies import bananas
from nasbed.strategies.bananas import BANANAS
from nasbed.strategies.models.ensemble import Ensemble, Loss
from nasbed.streams import stream
from nasbed.vocabulary import Benchmark, Budget

FAST = BANANAS(depth=1, epochs=3)


def network(weights: list[np.ndarray], biases: list[np.ndarray], x: np.ndarray) -> list[np.ndarray]:
    """The input of each layer of one network, and its output."""
    layers = [x]
    for weight, bias in zip(weights, biases, strict=True):
        x = layers[-1] @ weight + bias
        layers.append(x if len(layers) == len(weights) else np.maximum(x, 0))
    return layers


def trained_alone(member: int, x: np.ndarray, y: np.ndarray, loss: Loss) -> np.ndarray:
    """What one member of ``Ensemble(3, (4, 5), 4, 0.02, 8, loss)`` of seed 1 must predict, worked out on its own in float64."""
    rng = np.random.default_rng(1)
    first, *later = Ensemble(3, (4, 5), 4, 0.02, 8, loss)._draw(x.shape[1], rng)
    weights = [first[:, 4 * member : 4 * member + 4].astype(float), *(layer[member].astype(float) for layer in later)]
    parameters = [*weights, *(np.zeros(weight.shape[1]) for weight in weights)]
    moments = [(np.zeros_like(one), np.zeros_like(one)) for one in parameters]
    target, step = (y - y.mean()) / y.std(), 0
    for _ in range(4):
        order = rng.permutation(len(x))
        for start in range(0, len(x), 8):
            some, step = order[start : start + 8], step + 1
            layers = network(parameters[:3], parameters[3:], x[some])
            error = layers[-1][:, 0] - target[some]
            back = ((np.sign(error) if loss == "absolute" else error) / len(some))[:, None]
            gradients: list[Any] = [None] * 6
            for layer in (2, 1, 0):
                gradients[layer], gradients[3 + layer] = layers[layer].T @ back, back.sum(axis=0)
                back = back @ parameters[layer].T * (layers[layer] > 0)
            for place, gradient in enumerate(gradients):
                mean, square = moments[place]
                mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
                moments[place] = mean, square
                rate = 0.02 * np.sqrt(1 - 0.99**step) / (1 - 0.9**step)
                parameters[place] = parameters[place] - rate * mean / (np.sqrt(square) + 1e-7)
    return network(parameters[:3], parameters[3:], x)[-1][:, 0] * y.std() + y.mean()


@pytest.mark.parametrize("loss", ["absolute", "squared"])
def test_members_trained_at_once_are_those_trained_alone(loss: Loss) -> None:
    rng = np.random.default_rng(0)
    x = (rng.random((21, 9)) < 0.5).astype(float)
    x[:, 4] = 0  # never set: its weights must stay as drawn
    y = rng.normal(60, 9, 21)
    samples = Ensemble(3, (4, 5), 4, 0.02, 8, loss).fit(x, y, np.random.default_rng(1)).samples(x)
    for member in range(3):
        np.testing.assert_allclose(samples[member], trained_alone(member, x, y, loss), rtol=1e-4)


@pytest.mark.parametrize("widths", [(), (5, 4)])
def test_a_ranking_loss_is_the_logistic_loss_of_pairs(widths: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    scores, target = rng.normal(size=(2, 6)), np.array([1.0, 2.0, 2.0, 0.0, 5.0, 3.0])

    def loss(at: np.ndarray) -> float:
        pairs = [(i, j) for i in range(6) for j in range(6) if target[i] > target[j]]
        return sum(float(np.log1p(np.exp(at[j] - at[i]))) for i, j in pairs) / 5

    slope = Ensemble(loss="ranking")._slope(scores, target)
    for member, place in np.ndindex(2, 6):
        step = np.eye(6)[place] * 1e-5
        expected = (loss(scores[member] + step) - loss(scores[member] - step)) / 2e-5
        assert slope[member, place] == pytest.approx(expected, rel=1e-4)
    x = (rng.random((20, 9)) < 0.5).astype(float)
    y = x @ np.arange(9.0) + 40
    model = Ensemble(2, widths, 40, 0.02, 8, "ranking").fit(x, y, np.random.default_rng(1))
    for member in model.samples(x):
        assert (member.mean(), member.std()) == pytest.approx((y.mean(), y.std()), rel=1e-4)
        assert spearmanr(member, y).statistic > 0.9


def test_the_ensemble_ranks_what_it_has_not_seen_and_is_surer_of_what_it_has(cifar10: Benchmark) -> None:
    x = cifar10.space.encode_all("path")
    y = cifar10.referee().validation(np.arange(len(x)))
    rng = np.random.default_rng(0)
    seen, other = np.split(rng.permutation(len(x))[:1100], [100])
    model = Ensemble().fit(x[seen], y[seen], rng)
    mean, sd = model.predict(x[other])
    assert spearmanr(mean, y[other]).statistic > 0.65
    assert np.median(sd) > 1.3 * np.median(model.predict(x[seen])[1])
    np.testing.assert_allclose(model.samples(x[other]).mean(axis=0), mean)


def test_candidates_are_new_mutations_of_as_many_of_the_best_as_it_takes(cifar10: Benchmark) -> None:
    outcomes = execute(BANANAS(depth=1, epochs=3, mutations=60), cifar10, Rules(Budget("evaluations", 150)), 3).outcomes
    assert len({outcome.arch for outcome in outcomes}) == 150
    needed = []
    for start in range(10, 150, 10):
        asked = {outcome.arch for outcome in outcomes[:start]}
        around: set[tuple[int, ...]] = set()
        parents = iter(sorted(outcomes[:start], key=lambda outcome: -outcome.value))
        needed.append(0)
        while len(around) < 80:  # 60, and what chance did not hit
            around |= set(cifar10.space.neighbours(next(parents).arch)) - asked
            needed[-1] += 1
        assert {outcome.arch for outcome in outcomes[start : start + 10]} <= around
    assert needed[0] == 4
    assert max(needed) > 5


class Certain:
    """A model that believes the last architectures to be the best, and is sure of it but for one."""

    def __init__(self, *_: object) -> None:
        self.unsure = 0.0

    def fit(self, x: np.ndarray, y: np.ndarray, rng: object, epochs: int | None = None) -> Certain:
        return self

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        believed = np.argmax(x[:, :3], axis=1) * 3.0 + np.argmax(x[:, 3:], axis=1)
        return believed, np.where(believed == 0, self.unsure, 0.0)


@pytest.mark.parametrize("unsure", [0.0, 1e6])
def test_the_best_of_one_draw_for_each_candidate_are_trained(unsure: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def model(*_: object) -> Certain:
        made = Certain()
        made.unsure = unsure
        return made

    monkeypatch.setattr(bananas, "Ensemble", model)
    first = []
    for seed in range(40):
        log = run(BANANAS(1, 2, "all").start(task(), stream(seed, "fake", "search")), task("evaluations", 9))
        places = [SPACE.index(outcome.arch) for outcome in log.outcomes]
        sure = sorted(set(range(1, 9)) - set(places[:1]), reverse=True)
        expected = [place for place in places[1:] if place]
        assert expected == sure
        first.append(0 in places[1:2])
    drawn = sum(first)
    assert drawn == 0 if unsure == 0 else 10 <= drawn <= 30


def test_beyond_the_searches_of_the_paper_networks_go_on_from_the_last_fit() -> None:
    fits = []

    class Noted(Ensemble):
        def fit(self, x: np.ndarray, y: np.ndarray, rng: np.random.Generator, epochs: int | None = None) -> Ensemble:
            fits.append((len(y), epochs))
            return super().fit(x, y, rng, epochs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bananas, "Ensemble", Noted)
        options = BANANAS(2, 2, depth=1, epochs=12, fresh=4)
        run(options.start(task(), stream(0, "fake", "search")), task("evaluations", 9))
    assert fits == [(2, None), (4, None), (6, 3), (8, 3)]


def test_a_fit_that_goes_on_keeps_what_was_learnt() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((40, 6)).astype(np.float32)
    y = 80 + x @ np.arange(6.0)
    model = Ensemble(3, (16,), 200, 0.01, 8).fit(x, y, np.random.default_rng(1))
    went_on, begun = model.fit(x, y, rng, 1), Ensemble(3, (16,), 1, 0.01, 8).fit(x, y, rng, 1)
    assert np.abs(went_on.predict(x)[0] - y).mean() < 0.5 < np.abs(begun.predict(x)[0] - y).mean()


def test_paths_are_the_encoding_where_there_are_some_and_others_are_refused(cifar10: Benchmark) -> None:
    widths = []

    class Noted(Ensemble):
        def fit(self, x: np.ndarray, y: np.ndarray, rng: np.random.Generator, epochs: int | None = None) -> Ensemble:
            widths.append(x.shape[1])
            return super().fit(x, y, rng, epochs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bananas, "Ensemble", Noted)
        execute(FAST, cifar10, Rules(Budget("evaluations", 15)), 0)
        execute(BANANAS(depth=1, epochs=3, encoding="one_hot"), cifar10, Rules(Budget("evaluations", 15)), 0)
        run(FAST.start(task(), stream(0, "fake", "search")), task("evaluations", 15))
    assert widths[0] == 155
    assert 30 in widths
    assert widths[-1] == 6
    with pytest.raises(UnmetNeedError, match="BANANAS needs the encoding 'path'; the space 'digits' has one_hot"):
        BANANAS(encoding="path").require(task())


@pytest.mark.parametrize("candidates", ["mutations", "all"])
def test_a_space_is_exhausted_before_anything_is_asked_for_twice(candidates: Any) -> None:
    of = task("evaluations", 20, workers=3)
    log = run(BANANAS(1, 3, candidates, depth=1, epochs=3).start(of, stream(2, "fake", "search")), of, failing(0, 3))
    assert len({outcome.arch for outcome in log.outcomes[:9]}) == 9
    assert len(log.outcomes) == 20


def test_batches_after_the_first_are_as_large_as_said() -> None:
    searcher = BANANAS(4, 3, depth=1, epochs=3).start(task(workers=20), stream(0, "fake", "search"))
    assert [searcher.ask() is None for _ in range(6)] == [False] * 4 + [True] * 2


def test_what_is_trained_gets_better_and_better(cifar10: Benchmark) -> None:
    values = cifar10.referee().validation(np.arange(len(cifar10.space)))
    outcomes = execute(BANANAS(epochs=60), cifar10, Rules(Budget("evaluations", 70), noise="mean"), 0).outcomes
    better = [float(np.mean(values > outcome.value)) for outcome in outcomes]
    assert np.median(better[:10]) > 0.2
    assert np.median(better[-20:]) < 0.04
