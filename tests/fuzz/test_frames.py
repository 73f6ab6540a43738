"""A frame is judged right, every row of it, or refused by an error of ours."""

from __future__ import annotations

import contextlib
import math
import warnings

import pandas as pd
import pytest
from frames import BENCHMARKS, benchmark, damaged, judged_by_hand, sound
from hypothesis import given
from prodding import fuzz

import nasbed

pytestmark = pytest.mark.filterwarnings(
    "ignore::nasbed.errors.UnwiseWarning"
)  # the budget is larger than what was spent

BUDGET = {"evaluations": 60}


def require_right(name: str, frame: pd.DataFrame) -> None:
    finals = nasbed.Results.from_frame(frame, benchmark(name), BUDGET).finals()
    expected = judged_by_hand(name, frame)
    rows = finals.to_dict("records")
    assert {(row["strategy"], row["seed"]) for row in rows} == set(expected)
    for row in rows:
        count, regret = expected[row["strategy"], row["seed"]]
        assert row["evaluations"] == count
        assert row["validation_regret"] == pytest.approx(regret, nan_ok=True)
        assert math.isnan(regret) or regret >= 0


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_what_searches_have_left_is_judged(name: str) -> None:
    require_right(name, sound(name))


@fuzz(40, 0.03)
@given(damaged())
def test_a_frame_is_judged_right_or_refused(given: tuple[str, pd.DataFrame]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", nasbed.errors.UnwiseWarning)
        with contextlib.suppress(nasbed.NasbedError):
            require_right(*given)
