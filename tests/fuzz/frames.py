"""Frames for :meth:`nasbed.Results.from_frame`: what searches have left, and what happens to it in notebooks and spreadsheets.

``damaged()`` draws a frame of a benchmark of ``BENCHMARKS`` and up to three accidents; ``judged_by_hand`` says what an accepted
frame must give, from its rows alone.
"""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.benchmarks.synthetic import Synthetic
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies import RandomSearch
from nasbed.vocabulary import Benchmark, Budget

BENCHMARKS: dict[str, Callable[[], Benchmark]] = {
    "maximised": lambda: NASBench201("cifar10"),
    "minimised": lambda: NASBench201("cifar10", objectives=["latency", "accuracy"]),
    "without a list of its values": lambda: Synthetic(decisions=2, values=3, epochs=(1, 3)),
}
ROWS = 6
COLUMNS = ["strategy", "benchmark", "seed", "architecture", "value", "time", "epochs", "last", "trial", "cost"]


@cache
def benchmark(name: str) -> Benchmark:
    """A benchmark, made once, and its referee."""
    made = BENCHMARKS[name]()
    referee = made.referee()
    made.referee = lambda: referee  # type: ignore[method-assign]
    return made


@cache
def _searched(name: str, seed: int) -> pd.DataFrame:
    result = execute(RandomSearch(), benchmark(name), Rules(Budget("evaluations", ROWS)), seed)
    return result.frame()[[column for column in COLUMNS if column != "strategy"]]


def sound(name: str, strategies: int = 2, seeds: int = 2, rows: int = ROWS) -> pd.DataFrame:
    """What searches have left."""
    parts = [
        _searched(name, seed + 10 * place).head(rows).assign(strategy=f"s{place}", seed=seed)
        for place in range(strategies)
        for seed in range(seeds)
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


JUNK: list[Any] = [
    None, math.nan, math.inf, -math.inf, pd.NA, pd.NaT, True, False, 0, 1, -1, 2, 0.5, 1.0, 200, 200.5, -0.58, 10**25,
    10**5000, 2**31, 2**63, 1e308, -1e308, "", " ", "1", "nan", "s0", "s1", "floor", "nasbench201/cifar10", "|none~0|",
    "|none~0|+|none~0|none~1|", "9" * 300, "\x00", "\ud800", "日本", b"bytes", (), (0,), (0, 0), (0, 0, 0, 0, 0, 0), (9, 9),
    (True, 0), (0.0, 1.0), [0, 1], [], {}, {"a": 1}, {1}, np.int64(3), np.float32(80.5), np.bool_(True),
    np.array([0, 1]), np.array([[0, 1]]), np.datetime64("2020-01-01"), np.str_("s0"), complex(1, 2), decimal.Decimal("80.5"),
    datetime.date(2020, 1, 1), object(), int, range(2), slice(1),
]  # fmt: skip

cells = st.one_of(
    st.sampled_from(JUNK),
    st.integers(),
    st.integers(-3, 300),
    st.floats(),
    st.floats(0, 100),
    st.text(max_size=5),
    st.tuples(st.integers(-1, 5), st.integers(-1, 5)),
)
columns = st.sampled_from(COLUMNS)

Accident = Callable[[pd.DataFrame], pd.DataFrame]


def _there(frame: pd.DataFrame, column: str) -> bool:
    return list(frame.columns).count(column) == 1


def _with(frame: pd.DataFrame, column: str, values: list[Any]) -> pd.DataFrame:
    if not _there(frame, column):
        return frame
    made = pd.Series([None] * len(values), index=frame.index, dtype=object)
    for place, value in enumerate(values):
        made.iat[place] = value
    return frame.assign(**{column: made})


@st.composite
def _cell(draw: st.DrawFn) -> Accident:
    column, place, cell = draw(columns), draw(st.integers(0, 30)), draw(cells)

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        if not _there(frame, column) or not len(frame):
            return frame
        values = frame[column].tolist()
        values[place % len(values)] = cell
        return _with(frame, column, values)

    return change


@st.composite
def _column(draw: st.DrawFn) -> Accident:
    column, cell = draw(columns), draw(cells)
    return lambda frame: _with(frame, column, [cell] * len(frame))


@st.composite
def _dtype(draw: st.DrawFn) -> Accident:
    column = draw(columns)
    kind = draw(
        st.sampled_from(
            ["category", "string", "object", "float64", "float32", "Int64", "Float64", "int8", "bool", "boolean"]
        )
    )

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        try:
            return frame.assign(**{column: frame[column].astype(kind)}) if _there(frame, column) else frame
        except (TypeError, ValueError, OverflowError):
            return frame

    return change


@st.composite
def _names(draw: st.DrawFn) -> Accident:
    one = draw(columns)
    other = draw(st.one_of(columns, st.sampled_from(["epoch", "Epochs", "lasts", "Value", 3, None, ("a", "b")])))
    return lambda frame: frame.rename(columns={one: other})


@st.composite
def _rows(draw: st.DrawFn) -> Accident:
    keep = draw(st.lists(st.integers(0, 23), max_size=30))
    return lambda frame: frame.iloc[[place % len(frame) for place in keep]] if len(frame) else frame


def _levels(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_axis(pd.MultiIndex.from_tuples([(name, "x") for name in frame.columns]), axis=1)


def _scaled(factor: float) -> Accident:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        try:
            return frame.assign(value=frame["value"] * factor) if _there(frame, "value") else frame
        except (TypeError, ValueError):
            return frame

    return change


def _as_tuples(name: str) -> Accident:
    space = benchmark(name).space

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        if not _there(frame, "architecture"):
            return frame
        texts = frame["architecture"].tolist()
        return _with(frame, "architecture", [space.parse(one) if _is_text(one, space) else one for one in texts])

    return change


def _as_indices(name: str) -> Accident:
    space = benchmark(name).space

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        if not _there(frame, "architecture"):
            return frame
        texts = frame["architecture"].tolist()
        found = [space.index(space.parse(one)) if _is_text(one, space) else one for one in texts]
        return _with(frame, "architecture", found)

    return change


def _is_text(one: object, space: Any) -> bool:
    try:
        return isinstance(one, str) and space.parse(one) in space
    except nasbed.NasbedError:
        return False


PLAIN: list[Accident] = [
    lambda frame: frame,
    lambda frame: frame.iloc[:0],
    lambda frame: frame.iloc[:1],
    lambda frame: frame.iloc[::-1],
    lambda frame: pd.concat([frame, frame]),
    lambda frame: frame.assign(extra="x"),
    lambda frame: frame.set_axis([0] * len(frame)),
    lambda frame: frame.loc[:, ~frame.columns.duplicated()].set_index(list(frame.columns.unique()[:2])),
    lambda frame: pd.concat([frame, frame.iloc[:, :1]], axis=1),
    lambda frame: frame.T,
    lambda frame: pd.concat([frame, frame.iloc[:, 4:5]], axis=1),
    _levels,
    _scaled(-1),
    _scaled(0.01),
    _scaled(100),
    _scaled(0),
]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, pd.DataFrame]:
    """The name of a benchmark, and a frame of searches on it after up to three accidents."""
    name = draw(st.sampled_from(sorted(BENCHMARKS)))
    frame = sound(name, draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, ROWS)))
    frame = frame.drop(
        columns=draw(st.lists(st.sampled_from(["epochs", "last", "trial", "cost"]), max_size=3, unique=True))
    )
    accidents = st.one_of(
        _cell(), _column(), _dtype(), _names(), _rows(), st.sampled_from([*PLAIN, _as_tuples(name), _as_indices(name)])
    )
    for accident in draw(st.lists(accidents, max_size=3)):
        frame = accident(frame)
    return name, frame


def judged_by_hand(name: str, frame: pd.DataFrame) -> dict[tuple[str, int], tuple[int, float]]:
    """By strategy and seed, the number of evaluations and the validation regret of the best single observation at the highest
    fidelity, ``nan`` without any.
    """
    table = benchmark(name)
    referee, space, maximise = table.referee(), table.space, table.objectives[0].maximise
    runs: dict[tuple[str, int], list[tuple[int, float, int]]] = {}
    read = [column for column in COLUMNS if column != "cost" and column in frame.columns]
    for row in frame[read].to_dict("records"):
        cell, value = row["architecture"], row["value"]
        if isinstance(cell, str):
            index = space.index(space.parse(cell))
        elif isinstance(cell, (tuple, list, np.ndarray)):
            index = space.index(tuple(int(choice) for choice in cell))
        else:
            index = int(cell)
        known = value is not None and value is not pd.NA and math.isfinite(value)
        epochs = int(row.get("epochs", table.epochs[-1]))
        runs.setdefault((row["strategy"], int(row["seed"])), []).append(
            (epochs, float(value) if known else math.nan, index)
        )
    found = {}
    for run, evaluations in runs.items():
        made = [one for one in evaluations if one[1] == one[1]]
        if not made:
            found[run] = len(evaluations), math.nan
            continue
        top = max(epochs for epochs, _, _ in made)
        choose = max if maximise else min
        best = choose((one for one in made if one[0] == top), key=lambda one: one[1])
        found[run] = len(evaluations), referee.best()[0] - float(referee.validation(np.array([best[2]]))[0])
    return found
