"""Inside higher is better; what a user gives or reads is in natural numbers, and a loss is positive."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.errors import OptionError
from nasbed.vocabulary import Benchmark, Objective, natural

BUDGET = {"evaluations": 40}


@pytest.fixture(scope="module")
def latency() -> Benchmark:
    """A benchmark of which the first objective is minimised: seconds of a prediction."""
    return NASBench201("cifar10", objectives=["latency", "accuracy"])


@pytest.fixture(scope="module")
def found(latency: Benchmark) -> nasbed.SearchResult:
    return nasbed.search("random_search", latency, budget=BUDGET, seed=1)


def test_turning_twice_gives_the_number_back() -> None:
    loss, accuracy = Objective("loss", "nats", maximise=False), Objective("accuracy", "%")
    assert (loss.signed(0.58), accuracy.signed(91.0)) == (-0.58, 91.0)
    assert natural((loss, accuracy), (-0.58, 91.0)) == (0.58, 91.0)
    np.testing.assert_array_equal(loss.natural(loss.signed(np.array([0.5, 1.5]))), [0.5, 1.5])
    with pytest.raises(ValueError, match="zip"):
        natural((loss, accuracy), (1.0,))


def test_the_scores_of_what_is_minimised_are_natural(latency: Benchmark, found: nasbed.SearchResult) -> None:
    assert found.incumbent is not None
    assert found.incumbent.value < 0
    scores, query = found.scores(), latency.query(np.arange(len(latency.space)))  # type: ignore[attr-defined]
    assert scores["test"] == query[latency.space.index(found.incumbent.arch)] > 0
    assert scores["test_regret"] == pytest.approx(scores["test"] - query.min())
    assert scores["validation_regret"] == scores["test_regret"] >= 0


def test_a_frame_is_natural_and_judged_as_the_search_was(latency: Benchmark, found: nasbed.SearchResult) -> None:
    frame = found.frame()
    assert frame["value"].tolist() == [-outcome.value for outcome in found.outcomes]
    assert frame["accuracy"].tolist() == [outcome.values[1] for outcome in found.outcomes]
    results = nasbed.Results.from_frame(frame.assign(strategy="mine"), latency, BUDGET)
    final = results.finals().iloc[0]
    assert final[["validation_regret", "test_regret", "test"]].to_dict() == pytest.approx(found.scores())
    assert final["evaluations"] == 40


def test_optunas_results_are_natural(latency: Benchmark) -> None:
    optuna = pytest.importorskip("optuna")
    objective = nasbed.optuna_objective(latency, seed=2)
    value, _ = objective(optuna.trial.FixedTrial(dict.fromkeys(latency.decisions(), "none")))  # type: ignore[misc]
    result = objective.result()
    assert value == result.frame()["value"][0] == result.scores()["test"] > 0


def test_a_frame_of_signed_values_is_refused(latency: Benchmark, found: nasbed.SearchResult) -> None:
    signed = found.frame().assign(strategy="mine", value=[outcome.value for outcome in found.outcomes])
    expected = (
        r"row 0 of the frame, column 'value': -[\d.]+; expected latency \(s, lower is better\) from [\d.]+ to [\d.]+, the range"
        r" that nasbench201/cifar10 recorded after 200 epochs; its sign is turned: give natural numbers, -outcome.value of a"
        r" minimised objective, or those of result.frame\(\)"
    )
    with pytest.raises(OptionError, match=expected):
        nasbed.Results.from_frame(signed, latency, BUDGET)


def test_without_a_list_of_values_a_turned_sign_is_refused_too() -> None:
    benchmark = nasbed.load_benchmark("synthetic", decisions=2, values=3)
    frame = nasbed.search("random_search", benchmark, budget={"evaluations": 5}).frame().assign(strategy="mine")
    with pytest.raises(OptionError, match="its sign is turned"):
        nasbed.Results.from_frame(frame.assign(value=-frame["value"]), benchmark, BUDGET)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.9, 0.85, 0.8], "row 0 of the frame, column 'value': 0.9; expected accuracy (%, higher is better) from"),
        ([0.9, 0.85, 0.8], "these are fractions: give natural numbers, multiplied by 100"),
        ([91.0, 120.0, 80.0], "row 1 of the frame, column 'value': 120; expected accuracy"),
        ([91.0, 85.0, 1e308], "row 2 of the frame, column 'value': 1e+308"),
        ([91.0, 0.1, 80.0], "give natural numbers, in %"),
    ],
)
def test_values_that_nobody_recorded_are_refused(values: list[float], message: str, cifar10: Benchmark) -> None:
    frame = pd.DataFrame(
        {
            "strategy": "mine",
            "benchmark": cifar10.label,
            "seed": 0,
            "architecture": [6111, 5, 7],
            "value": values,
            "time": [1.0, 2.0, 3.0],
        }
    )
    with pytest.raises(OptionError, match=re.escape(message)):
        nasbed.Results.from_frame(frame, cifar10, BUDGET)


def test_a_bad_network_below_one_percent_is_no_fraction() -> None:
    table = NASBench201("ImageNet16-120")
    worst = int(np.nanargmin(np.nanmax(table.observations, axis=1)))
    value = float(np.nanmax(table.observations[worst]))
    assert value < 1
    columns = {
        "strategy": "mine",
        "benchmark": table.label,
        "seed": 0,
        "architecture": [worst],
        "value": value,
        "time": 1.0,
    }
    results = nasbed.Results.from_frame(pd.DataFrame(columns), table, {"evaluations": 1})
    assert results.finals()["validation"][0] == pytest.approx(float(np.nanmean(table.observations[worst])))


def test_regrets_and_optimism_are_the_same_in_both_directions(latency: Benchmark, found: nasbed.SearchResult) -> None:
    results = nasbed.Results.from_frame(found.frame().assign(strategy="mine"), latency, BUDGET)
    curves = results.curves()
    assert (curves["mean"] >= 0).all()
    assert results.scores("optimism")["mine"].item() == 0  # a latency is recorded once
    assert results.finals()["validation"][0] > 0
