"""Printed numbers: one rule at any scale; and rounding that follows the scale."""

from __future__ import annotations

import numpy as np
import pytest

from nasbed.gate.packing import pack, step_of, unpack
from nasbed.statistics.estimators import bayesian_mean, bayesian_signed_rank
from nasbed.statistics.paired import contrast
from nasbed.statistics.precision import resolution, settled
from nasbed.tables import numbers
from nasbed.tables.numbers import Form

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("mean", "spread", "text"),
    [
        (2.3456e-9, 1.23456e-10, "(2.346 ± 0.123)e-09"),
        (2.3456e-6, 1.23456e-7, "(2.346 ± 0.123)e-06"),
        (2.3456e-4, 1.23456e-5, "(2.346 ± 0.123)e-04"),
        (2.3456e-3, 1.23456e-4, "0.002346 ± 0.000123"),
        (0.808, 0.739, "0.808 ± 0.739"),
        (12.84, 12.85, "12.8 ± 12.8"),
        (72.5861, 0.0746, "72.5861 ± 0.0746"),
        (2345.6, 123.456, "2,346 ± 123"),
        (2.3456e6, 1.23456e5, "2,345,600 ± 123,456"),
        (2.3456e9, 1.23456e8, "(2.346 ± 0.123)e+09"),
        (9.99996e-5, 9.9996e-6, "(1.000 ± 0.100)e-04"),
        (-0.0001, 0.5, "0.000 ± 0.500"),
        (5.0, 1e-8, "5.0000000000 ± 0.0000000100"),
        (2.9934, 0.0, "2.993 ± 0"),
        (70.0, 1e-15, "70.00 ± 0"),
        (0.0, 0.0, "0 ± 0"),
        (0.8081, NAN, "0.8081"),
        (NAN, NAN, "–"),
        (INF, NAN, "∞"),
    ],
)
def test_a_mean_has_the_decimals_of_three_digits_of_its_spread(mean: float, spread: float, text: str) -> None:
    assert numbers.plus_minus(mean, spread) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.2345e-9, "1.234e-09"), (0.00012345, "1.234e-04"), (0.0012345, "0.001234"), (0.25, "0.2500"), (72.586, "72.59"),
     (12345.678, "12,346"), (1.2345e9, "1.234e+09"), (0.0, "0"), (-0.0, "0"), (NAN, "–"), (-INF, "-∞"), (1e-310, "0"),
     (9.54e-5, "9.540e-05"), (9.876e9, "9.876e+09"), (9.99996e-5, "1.000e-04")],
)  # fmt: skip
def test_a_number_alone_has_four_digits(value: float, text: str) -> None:
    assert numbers.number(value) == text
    if value == value and value:
        assert numbers.number(-value).lstrip("-") == text.lstrip("-")


@pytest.mark.parametrize("power", range(-9, 10))
def test_digits_do_not_depend_on_the_unit(power: int) -> None:
    mean, spread = 2.3456 * 10.0**power, 0.123456 * 10.0**power
    shown = numbers.plus_minus(mean, spread)
    digits = "".join(one for one in shown.partition(" ±")[0] if one.isdigit()).lstrip("0")
    assert digits.startswith("2346" if power <= 3 or power >= 7 else "23456"[: 4 + (power > 3)])
    assert "-0.000" not in shown


def test_a_column_without_a_spread_takes_the_decimals_of_the_others() -> None:
    forms = numbers.column([(0.808, 0.739), (12.84, 12.85), (2.9934, 0.0), (0.0, NAN), (1.6e-5, NAN)])
    assert forms == [Form(3), Form(1), Form(3), Form(3), Form(3, -5)] == [*forms[:4], numbers.form_of(NAN, 1.6e-5)]
    assert numbers.column([(72.586, NAN), (0.1, NAN)]) == [Form(2), Form(4)]
    assert numbers.column([]) == []


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e6])
def test_a_contrast_is_the_same_in_any_unit(scale: float) -> None:
    rng = np.random.default_rng(0)
    theirs = rng.integers(10, 40, 30) / 10
    ours = theirs + rng.integers(-3, 3, 30) / 10  # many ties, in tenths that float64 has not
    plain, scaled = contrast(ours, theirs), contrast(ours * scale, theirs * scale)
    assert scaled.p == pytest.approx(plain.p, rel=1e-9)
    assert (scaled.wins, scaled.difference / scale) == (plain.wins, pytest.approx(plain.difference))
    differences = (ours - theirs) * scale
    assert bayesian_signed_rank(differences, 0.1 * scale) == bayesian_signed_rank(ours - theirs, 0.1)
    assert bayesian_mean(differences, 0.1 * scale).better == pytest.approx(bayesian_mean(ours - theirs, 0.1).better)


def test_a_difference_of_a_microsecond_is_one() -> None:
    latency = np.full(10, 2e-7)
    found = contrast(latency, latency / 2)
    assert (found.difference, found.wins) == (pytest.approx(1e-7), 0.0)
    assert found.p < 0.05


def test_equal_numbers_are_settled_at_the_scale_of_what_they_are_from() -> None:
    assert settled(np.array([0.3 - 0.2, 0.2 - 0.1]), 0.3).tolist() == [0.1, 0.1]
    assert settled(np.array([93.7 - 93.6, 0.1]), 93.7).tolist() == [0.1, 0.1]
    assert settled(np.array([NAN, INF, -0.0, 1e300, 1e-320])).tolist()[1:] == [INF, 0.0, pytest.approx(1e300), 0.0]
    assert (resolution(50.0), resolution(5e-9), resolution(0.0, NAN)) == (
        pytest.approx(1e-10),
        pytest.approx(1e-20),
        0.0,
    )


@pytest.mark.parametrize(
    "scores", [np.full(5, 2e-9), np.full(5, 7e12), np.full(5, 70.1) + 1e-14 * np.arange(5), np.zeros(5)]
)
def test_constant_scores_of_any_scale_can_be_packed(scores: np.ndarray) -> None:
    step = step_of(scores)
    np.testing.assert_allclose(unpack(pack(scores, step), 5, "scores"), scores, rtol=1e-9)
