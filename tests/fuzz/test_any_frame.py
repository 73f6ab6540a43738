"""Frames of records made elsewhere, whatever they hold."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prodding import GIVEN, fuzz, prod

import nasbed
from nasbed.vocabulary import Benchmark


@cache
def table() -> Benchmark:
    return nasbed.load_benchmark("nasbench201")


def records() -> dict[str, list[Any]]:
    return {
        "strategy": ["one"] * 4 + ["two"] * 4,
        "benchmark": [table().label] * 8,
        "seed": [0, 0, 1, 1] * 2,
        "architecture": [5, 6111, 7, 8, 9, 10, 11, 12],
        "value": [80.0, 91.0, 70.0, 85.0, 60.0, 61.0, 62.0, 63.0],
        "time": [1e3, 2e3, 1e3, 2e3] * 2,
        "epochs": [200] * 8,
        "last": [False] * 8,
    }


@st.composite
def frames(draw: st.DrawFn) -> Any:
    columns: dict[Any, Any] = records()
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(map(str, columns)))) if columns else "value"
        match draw(st.integers(0, 5)):
            case 0:
                columns.pop(name, None)
            case 1:
                columns[draw(st.one_of(st.text(max_size=6), st.integers()))] = columns.pop(name, [0] * 8)
            case 2:
                columns[name] = [draw(GIVEN)] * 8
            case 3 if name in columns:
                columns[name] = [*columns[name][:-1], draw(GIVEN)]
            case 4 if name in columns:
                columns[name] = draw(st.permutations(list(columns[name])))
            case _ if name in columns:
                columns[name] = np.array(columns[name], dtype=object)
    made = pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=None if draw(st.booleans()) else object)
            for name, values in columns.items()
        }
    )
    match draw(st.integers(0, 9)):
        case 0:
            return made.iloc[: draw(st.integers(0, 8))]
        case 1:
            return pd.concat([made, made], axis=draw(st.integers(0, 1)))
        case 2:
            return made.set_index(made.columns[0]) if len(made.columns) else made
        case 3:
            return draw(GIVEN)
    return made


@pytest.mark.filterwarnings("ignore::nasbed.errors.UnwiseWarning")  # the budget is larger than what was spent
@fuzz(80, 0.03)
@given(frames(), st.sampled_from([{"evaluations": 2}, {"seconds": 3e3}, {"epochs": 400}]))
def test_frames(frame: Any, budget: Any) -> None:
    found = prod(lambda: nasbed.Results.from_frame(frame, table(), budget))
    if not isinstance(found, nasbed.NasbedError):
        prod(lambda: found.finals())
