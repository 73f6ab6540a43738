"""NPENAS: whose offspring its predictor chooses among, and which of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fakes import SPACE, failing, run, task

from nasbed.errors import UnmetNeedError
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies import npenas
from nasbed.strategies.npenas import NPENAS
from nasbed.streams import stream
from nasbed.vocabulary import Benchmark, Budget

FAST: dict[str, Any] = {"members": 2, "depth": 1, "width": 4, "epochs": 2}


def test_what_is_trained_are_offspring_of_the_best(cifar10: Benchmark) -> None:
    outcomes = execute(NPENAS(**FAST, offspring=12), cifar10, Rules(Budget("evaluations", 40)), 1).outcomes
    assert len({one.arch for one in outcomes}) == 40
    for start in range(10, 40, 10):
        parents = sorted(outcomes[:start], key=lambda one: -one.value)[:3]
        around = {arch for parent in parents for arch in cifar10.space.neighbours(parent.arch)}
        assert {one.arch for one in outcomes[start : start + 10]} <= around


class Known:
    """A predictor that takes an architecture's number for its value, but cannot tell the first; it notes what it was made with."""

    made: list[tuple[Any, ...]]

    def __init__(self, *options: Any) -> None:
        self.made.append(options)

    def fit(self, x: np.ndarray, y: np.ndarray, rng: object) -> Known:
        return self

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        number = np.argmax(x[:, :3], axis=1) * 3.0 + np.argmax(x[:, 3:], axis=1)
        return number, np.where(number == 0, 1e6, 0.0)


@pytest.mark.parametrize("acquisition", ["mean", "thompson"])
def test_the_offspring_that_the_predictor_places_highest_are_trained(
    acquisition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npenas, "Ensemble", Known)
    monkeypatch.setattr(Known, "made", [], raising=False)
    first = 0
    for seed in range(40):
        of = task("evaluations", 3)
        strategy = NPENAS(initial=1, batch=2, offspring=60, acquisition=acquisition, loss="ranking")
        parent, *children = (one.arch for one in run(strategy.start(of, stream(seed, "fake", "search")), of).outcomes)
        numbers = [SPACE.index(child) for child in children]
        offspring = sorted(map(SPACE.index, SPACE.neighbours(parent)), reverse=True)
        if acquisition == "mean" or 0 not in numbers:
            assert numbers == [one for one in offspring if acquisition == "mean" or one][:2]
        else:
            first += 1
    # Of the offspring of 4 parents in 9 one is the first, which one draw in two places highest.
    assert first == 0 if acquisition == "mean" else 2 <= first <= 18
    assert {options[5] for options in Known.made} == {"ranking"}


@pytest.mark.parametrize("loss", ["squared", "ranking"])
@pytest.mark.parametrize("failures", [(0, 3), range(9)])
def test_a_space_is_exhausted_before_anything_is_asked_for_twice(loss: Any, failures: tuple[int, ...]) -> None:
    of = task("evaluations", 15, workers=4)
    strategy = NPENAS(1, 4, acquisition="thompson", loss=loss, **FAST)
    log = run(strategy.start(of, stream(2, "fake", "search")), of, failing(*failures))
    assert len({one.arch for one in log.outcomes[:9]}) == 9
    assert len(log.outcomes) == 15


def test_an_encoding_that_the_space_lacks_is_refused() -> None:
    with pytest.raises(UnmetNeedError, match="NPENAS needs the encoding 'path'; the space 'digits' has one_hot"):
        NPENAS(encoding="path").require(task())


@pytest.mark.thorough
@pytest.mark.parametrize("acquisition", ["mean", "thompson"])
@pytest.mark.parametrize("loss", ["squared", "ranking"])
def test_what_is_trained_gets_better_and_better(cifar10: Benchmark, acquisition: Any, loss: Any) -> None:
    values = cifar10.referee().validation(np.arange(len(cifar10.space)))
    strategy = NPENAS(acquisition=acquisition, loss=loss)
    outcomes = execute(strategy, cifar10, Rules(Budget("evaluations", 70), noise="mean"), 0).outcomes
    better = [float(np.mean(values > one.value)) for one in outcomes]
    assert np.median(better[:10]) > 0.2
    assert np.median(better[-20:]) < 0.1
