"""Frames of records that were made elsewhere: judged alike, or refused by row and column."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nasbed
from nasbed.errors import OptionError, UnwiseWarning
from nasbed.vocabulary import Benchmark


def frame(**changes: object) -> pd.DataFrame:
    columns = {
        "strategy": ["mine"] * 4 + ["theirs"] * 4,
        "benchmark": "nasbench201/cifar10",
        "seed": [0, 0, 1, 1] * 2,
        "architecture": [5, 6111, 7, 8, 1, 2, 3, 4],
        "value": [87.64, 91.68, 88.98, 89.28, 90.71, 82.28, 84.48, 85.2],
        "time": [1e3, 2e3, 1e3, 2e3] * 2,
    }
    return pd.DataFrame({**columns, **changes})


def test_results_made_elsewhere_are_judged_alike(cifar10: Benchmark) -> None:
    results = nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2}, reference="theirs")
    finals = results.finals().set_index(["strategy", "seed"])
    assert finals.loc[("mine", 0), "validation_regret"] == 0.0
    referee = cifar10.referee()
    assert finals.loc[("theirs", 1), "test"] == pytest.approx(referee.test(np.array([4]))[0])
    assert "theirs" in nasbed.comparison_table(results)


def test_a_frame_may_write_architectures_as_text(cifar10: Benchmark) -> None:
    given = frame()
    given["architecture"] = [cifar10.space.format(cifar10.space.archs[index]) for index in given["architecture"]]
    by_text = nasbed.Results.from_frame(given, cifar10, {"evaluations": 2})
    by_index = nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2})
    pd.testing.assert_frame_equal(by_text.finals(), by_index.finals())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (frame().drop(columns="value"), "no column 'value'"),
        (frame().iloc[:0], "no rows"),
        (
            frame(benchmark="elsewhere"),
            "row 0 of the frame, column 'benchmark': 'elsewhere'; expected one that is given",
        ),
        (frame(architecture="|none|"), "the frame's architectures for 'mine'"),
        (frame(time=[1e3, 2e3, 2e3, 1e3] * 2), "'mine' on 'nasbench201/cifar10', seed 1: times decrease"),
        (
            frame(time=[1e3, float("nan"), 1e3, 2e3] * 2),
            "row 1 of the frame, column 'time': nan; expected seconds, a finite",
        ),
        (frame(value=["high"] * 8), "row 0 of the frame, column 'value': 'high'; expected a number"),
        (frame(epochs=12), "row 0 of the frame, column 'epochs': 12; expected one of nasbench201/cifar10: 200"),
        (
            frame(seed=[0, 0, 0, 1] * 2, time=[1e3, 2e3, 3e3, 4e3] * 2),
            "a run has 3 evaluations, more than its budget of 2 evaluations",
        ),
        ([1, 2], "list given; expected a pandas DataFrame"),
        (frame().iloc[:6], "'theirs' on 'nasbench201/cifar10' lacks seeds"),
    ],
)
def test_a_frame_that_cannot_be_judged_is_refused(given: pd.DataFrame, message: str, cifar10: Benchmark) -> None:
    with pytest.raises(nasbed.NasbedError, match=re.escape(message)):
        nasbed.Results.from_frame(given, cifar10, {"evaluations": 2})


@pytest.mark.parametrize(("noise", "run"), [("draw", 1), ("mean", None), ("run:2", 2)])
def test_a_value_that_was_not_recorded_of_its_architecture_is_refused(
    noise: str, run: int | None, cifar10: Benchmark
) -> None:
    recorded = cifar10.recorded(200)
    assert recorded is not None
    runs = recorded[0][0][[5, 6111]]
    values = runs.mean(axis=1) if run is None else runs[:, run]
    given = frame().iloc[:2].assign(value=values)
    for sound in (given, given.round({"value": 1})):
        assert nasbed.Results.from_frame(sound, cifar10, {"evaluations": 2}, noise=noise).series
    others = {"draw": 88.5, "mean": float(runs[1, 2]), "run:2": float(runs[1, 0])}
    wrong = others[noise]  # a run of it, but not what this protocol answers
    nearest = float(min(runs[1] if noise == "draw" else values[1:], key=lambda one: abs(one - wrong)))
    told = [
        f"row 1 of the frame, column 'value': {wrong:.6g}; expected what nasbench201/cifar10 recorded of |nor_conv_3x3~0|",
        f" after 200 epochs under noise = '{noise}' (accuracy, %; nearest {nearest:.6g})",
    ]
    with pytest.raises(OptionError, match=".*".join(map(re.escape, told))):
        nasbed.Results.from_frame(given.assign(value=[values[0], wrong]), cifar10, {"evaluations": 2}, noise=noise)


@pytest.mark.parametrize("budget", [{"evaluations": 100}, {"seconds": 1e5}, {"epochs": 2000}])
def test_a_run_that_did_not_spend_its_budget_is_warned_about(budget: dict[str, float], cifar10: Benchmark) -> None:
    (kind,), spent = budget, {"evaluations": "2", "seconds": "2,000", "epochs": "400"}
    told = f"'mine' on 'nasbench201/cifar10', seed 0: the run spent {spent[kind]} of its budget of"
    given = frame().iloc[:4]
    with pytest.warns(
        UnwiseWarning, match=f"^{told} .*ended by itself; so do 1 more. Mark its last row with last = true"
    ):
        nasbed.Results.from_frame(given, cifar10, budget)
    ended = given.assign(last=[False, True] * 2)
    assert nasbed.Results.from_frame(ended, cifar10, budget).series
    within = {"evaluations": 2, "seconds": 2_900, "epochs": 599}[kind]
    assert nasbed.Results.from_frame(given, cifar10, {kind: within}).series


@pytest.mark.parametrize("label", ["a\nb", "a\x1b[31mb", " "])
def test_labels_of_a_frame_are_those_of_a_study(label: str, cifar10: Benchmark) -> None:
    for wrong, message in (
        (frame(strategy=label), "column 'strategy'"),
        (frame(benchmark=label), "column 'benchmark'"),
    ):
        with pytest.raises(OptionError, match=message):
            nasbed.Results.from_frame(wrong, cifar10, {"evaluations": 2})
    for options in ({"title": label}, {"benchmarks": {label: cifar10}}):
        with pytest.raises(
            nasbed.errors.OptionError, match="a text of one line, of at most 200 characters, without control"
        ):
            nasbed.Results.from_frame(frame(), **{"benchmarks": cifar10, "budget": {"evaluations": 2}, **options})  # type: ignore[arg-type]


ROW = "row 0 of the frame, column "


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (frame(strategy=[3] + ["mine"] * 7), f"{ROW}'strategy': 3; expected a name, as text"),
        (frame(strategy=[float("nan")] + ["mine"] * 7), f"{ROW}'strategy': nan; expected a name"),
        (frame(strategy=" "), f"{ROW}'strategy': ' '; expected a name"),
        (
            frame(benchmark=pd.Categorical(["elsewhere"] * 8)),
            f"{ROW}'benchmark': 'elsewhere'; expected one that is given",
        ),
        (
            frame(benchmark=[None] * 8),
            f"{ROW}'benchmark': None; expected a label, as text of one line: nasbench201/cifar10",
        ),
        (frame(seed=True), f"{ROW}'seed': True; expected a whole number from 0"),
        (frame(seed=-1), f"{ROW}'seed': -1; expected a whole number"),
        (frame(seed=0.5), f"{ROW}'seed': 0.5; expected a whole number"),
        (frame(seed="1"), f"{ROW}'seed': '1'; expected a whole number"),
        (frame(seed=float("nan")), f"{ROW}'seed': nan; expected a whole number"),
        (frame(seed=2**31), f"{ROW}'seed': 2147483648; expected a whole number from 0 to 2,147,483,647"),
        (frame(seed=[[0]] * 8), f"{ROW}'seed': [0]; expected a whole number"),
        (frame(value=True), f"{ROW}'value': True; expected a number"),
        (frame(value="80.0"), f"{ROW}'value': '80.0'; expected a number (nan: the training failed); pandas.to_numeric"),
        (frame(value=pd.Timestamp("2020-01-01")), f"{ROW}'value': Timestamp("),
        (frame(value=[10**400] + [80.0] * 7), f"{ROW}'value': 1000"),
        (frame(value=1j), f"{ROW}'value': 1j; expected a number"),
        (frame(time=-1.0), f"{ROW}'time': -1.0; expected seconds"),
        (frame(time=float("inf")), f"{ROW}'time': inf; expected seconds"),
        (frame(time=None), f"{ROW}'time': None; expected seconds"),
        (frame(epochs=[None] * 8), f"{ROW}'epochs': None; expected a whole number"),
        (frame(epochs=200.5), f"{ROW}'epochs': 200.5; expected a whole number"),
        (frame(last="False"), f"{ROW}'last': 'False'; expected true or false"),
        (frame(last=True), f"{ROW}'last': True; expected true on the last row of a run only"),
        (frame(trial=3), "row 1 of the frame, column 'trial': 3; expected each trial of a run once"),
        (
            frame(architecture=15625),
            "row 0: 15625; expected the text of an architecture, a tuple of choices, or an index",
        ),
        (frame(architecture=-1), "row 0: -1; expected the text of an architecture"),
        (frame(architecture=1.5), "row 0: 1.5; expected the text of an architecture"),
        (frame(architecture=[True] * 8), "row 0: True; expected the text of an architecture"),
        (frame(architecture=[(0, 0)] * 8), "row 0: (0, 0); expected the text of an architecture"),
        (frame(architecture=[None] * 8), "row 0: None; expected the text of an architecture"),
        (frame().rename(columns={"value": "Value"}), "the frame has no column 'value'; expected strategy, benchmark"),
        (frame(epoch=200), "the frame has a column 'epoch'; did you mean 'epochs'? Rename it, or leave it out"),
        (frame(Last=False), "the frame has a column 'Last'; did you mean 'last'?"),
        (pd.concat([frame(), frame()[["value"]]], axis=1), "the frame has 2 columns 'value'; expected one"),
        (pd.concat([frame()], axis=1, keys=["a"]), "the frame has no column 'strategy'"),
        (frame().T, "the frame has no column 'strategy'"),
        (frame().iloc[[0, 1, 2, 3, 4, 5]], "'theirs' on 'nasbench201/cifar10' lacks seeds that others have ([1])"),
    ],
)
def test_what_a_frame_cannot_hold_is_refused_by_row_and_column(
    given: pd.DataFrame, message: str, cifar10: Benchmark
) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        nasbed.Results.from_frame(given, cifar10, {"evaluations": 2})


def test_a_strategy_on_one_of_two_benchmarks_is_refused(cifar10: Benchmark, cifar100: Benchmark) -> None:
    given = frame(benchmark=[cifar10.label] * 4 + [cifar100.label] * 4)
    both = {one.label: one for one in (cifar10, cifar100)}
    with pytest.raises(OptionError, match="'theirs' on 'nasbench201/cifar10' lacks seeds that others have"):
        nasbed.Results.from_frame(given, both, {"evaluations": 2})


@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf"), -float("inf"), pd.NA])
def test_a_missing_value_is_a_failed_training_and_counted(nothing: Any, cifar10: Benchmark) -> None:
    given = frame(
        value=pd.Series([nothing, *frame()["value"][1:2], nothing, nothing, *frame()["value"][4:]], dtype=object)
    )
    finals = nasbed.Results.from_frame(given, cifar10, {"evaluations": 2}).finals().set_index(["strategy", "seed"])
    assert finals["evaluations"].tolist() == [2, 2, 2, 2]
    assert finals.loc[("mine", 0), "validation_regret"] == 0
    assert np.isnan(finals.loc[("mine", 1), "validation_regret"])


def test_categories_tuples_indices_and_other_columns_are_read(cifar10: Benchmark) -> None:
    given = frame(seed=[0.0, 0.0, 1.0, 1.0] * 2, last=[0, 1] * 4, trial=[0, 1] * 4, note="x")
    given["architecture"] = [cifar10.space.archs[index] for index in given["architecture"]]
    given = given.astype({"strategy": "category", "benchmark": "category", "value": "Float64"}).set_axis([7] * 8)
    read = nasbed.Results.from_frame(given, cifar10, {"evaluations": 2}).finals()
    pd.testing.assert_frame_equal(read, nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2}).finals())


@pytest.mark.parametrize("options", [{"title": 3}, {"reference": ["mine"]}])
def test_titles_and_references_are_texts(options: dict[str, Any], cifar10: Benchmark) -> None:
    with pytest.raises(OptionError, match="expected a text"):
        nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2}, **options)


@pytest.mark.parametrize("given", [{}, {1: 2}, None, [1]])
def test_what_is_no_mapping_of_benchmarks_is_refused(given: Any) -> None:
    with pytest.raises(OptionError, match="expected a benchmark, or a mapping from labels to benchmarks"):
        nasbed.Results.from_frame(frame(), given, {"evaluations": 2})


def test_indices_that_a_spreadsheet_made_floats_are_read(cifar10: Benchmark) -> None:
    given = frame()
    given["architecture"] = given["architecture"].astype(float)
    by_float = nasbed.Results.from_frame(given, cifar10, {"evaluations": 2})
    pd.testing.assert_frame_equal(
        by_float.finals(), nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2}).finals()
    )


def test_benchmarks_must_be_benchmarks() -> None:
    with pytest.raises(nasbed.NasbedError, match="expected a benchmark, or a mapping"):
        nasbed.Results.from_frame(frame(), "nasbench201", {"evaluations": 2})  # type: ignore[arg-type]


def test_a_reference_that_is_not_there_is_refused(cifar10: Benchmark) -> None:
    with pytest.raises(nasbed.NasbedError, match="reference 'nobody'"):
        nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2}, reference="nobody")
