"""Numbers as text: one rule for tables, pages, LaTeX, the terminal, the gate and captions, whatever the scale of the metric.

A spread (a standard deviation, or half an interval) has three significant digits, and what stands beside it the same decimals. A
number without a spread has the decimals of its column, or four significant digits. Very small and very large numbers have an
exponent, as "(2.310 ± 0.123)e-05". ``nan`` is a dash, and zero has no sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import NamedTuple

from nasbed.statistics.precision import resolution

SPREAD = 3
"""Significant digits of a spread."""

ALONE = 4
"""Significant digits of a number without one."""

NOTHING = "–"
"""What stands for a number that there is not."""

_DECIMALS, _SMALL, _LARGE = 6, 1e-3, 1e7
"""Numbers below ``_SMALL`` that need more decimals than ``_DECIMALS``, and those from ``_LARGE`` on, have an exponent."""

_NOTHING = 1e-300
"""What is smaller is written as 0."""

_MOST = 15
"""Decimals beyond which float64 holds nothing."""


class Form(NamedTuple):
    """How numbers that belong together are written: with so many decimals, as multiples of ten to the power of ``exponent``."""

    decimals: int
    exponent: int = 0


def form_of(spread: float, *values: float) -> Form:
    """The form of a spread and of the numbers that it is of; without one, that of the smallest of the numbers.

    >>> form_of(0.739, 0.808), form_of(12.85, 12.84), form_of(1.23e-6, 2.31e-5)
    (Form(decimals=3, exponent=0), Form(decimals=1, exponent=0), Form(decimals=3, exponent=-5))
    >>> form_of(0.0, 72.586)
    Form(decimals=2, exponent=0)
    """
    known = [abs(value) for value in values if isfinite(value) and value]
    if is_spread(spread, *values):
        return _form(_last(spread, SPREAD), max(known, default=0.0), spread)
    return _form(_last(min(known), ALONE), max(known)) if known else Form(0)


def is_spread(spread: float, *values: float) -> bool:
    """Whether a spread of ``values`` is one, and neither missing nor an error of rounding.

    >>> is_spread(1e-15, 70.0), is_spread(1e-15, 1e-9)
    (False, True)
    """
    return isfinite(spread) and spread > resolution(*values)


def column(rows: Iterable[tuple[float, ...]]) -> list[Form]:
    """The form of each number of a column, given with its spread; those without one have the most decimals of the others. What is
    written in the same form, as the numbers of a difference, may follow.

    >>> column([(0.808, 0.739), (12.84, 12.85), (2.9934, 0.0), (0.0000164, float("nan"))])
    ... # doctest: +NORMALIZE_WHITESPACE
    [Form(decimals=3, exponent=0), Form(decimals=1, exponent=0), Form(decimals=3, exponent=0), Form(decimals=3, exponent=-5)]
    >>> column([(0.0, 0.0, 1.0753, 1.0753)])
    [Form(decimals=3, exponent=0)]
    """
    given = list(rows)
    own = [form_of(spread, value, *beside) for value, spread, *beside in given]
    finest = max(
        (
            form.decimals
            for form, row in zip(own, given, strict=True)
            if is_spread(row[1], row[0]) and not form.exponent
        ),
        default=None,
    )
    if finest is None:
        return own
    return [
        form if is_spread(spread, value) or 0 < abs(value) < 10.0**-finest else Form(finest)
        for form, (value, spread, *_) in zip(own, given, strict=True)
    ]


def text(value: float, form: Form, sign: str = "") -> str:
    """A number in a form; with ``sign`` "+" it is written with its sign.

    >>> text(-0.0001, Form(3)), text(1234.5, Form(1)), text(2.31e-5, Form(2, -5), "+"), text(float("-inf"), Form(2))
    ('0.000', '1,234.5', '+2.31e-05', '-∞')
    """
    if value != value:
        return NOTHING
    if not isfinite(value):
        return f"{value:{sign}f}".replace("inf", "∞")
    return f"{value / 10.0**form.exponent:{sign}z,.{form.decimals}f}" + _power(form)


def number(value: float, digits: int = ALONE, sign: str = "") -> str:
    """A number that stands alone, in so many significant digits; whole numbers below ten million in all of theirs.

    >>> number(1.2345e-5), number(72.586), number(0.0), number(123456.7), number(123456789.0, 3)
    ('1.234e-05', '72.59', '0', '123,457', '1.23e+08')
    """
    if not value or not isfinite(value):
        return text(value, Form(0), sign)
    return text(value, _form(_last(abs(value), digits), abs(value)), sign)


def recorded(value: float) -> str:
    """A number as a table holds it: whole ones with all their digits, others with the seven of float32.

    >>> recorded(78567780.0), recorded(70.88999991), recorded(2.5e-9)
    ('78567780', '70.89', '2.5e-09')
    """
    return f"{value:.0f}" if value == round(value, 0) and abs(value) < 1e15 else f"{value:.7g}"


def plus_minus(value: float, spread: float, form: Form | None = None) -> str:
    """A number and its spread; the number alone where the spread is not known, as that of a single run.

    >>> plus_minus(0.8081, 0.7392), plus_minus(0.00231, 0.000123), plus_minus(2.31e-5, 1.23e-6), plus_minus(2.9934, 0.0)
    ('0.808 ± 0.739', '0.002310 ± 0.000123', '(2.310 ± 0.123)e-05', '2.993 ± 0')
    """
    form = form_of(spread, value) if form is None else form
    if value != value or spread != spread:
        return text(value, form)
    beside = text(spread, form) if is_spread(spread, value) else "0"
    if not form.exponent:
        return f"{text(value, form)} ± {beside}"
    power = _power(form)
    return f"({text(value, form).removesuffix(power)} ± {beside.removesuffix(power)}){power}"


def share(value: float) -> str:
    """A share, a correlation or an effect without a unit, in three decimals.

    >>> share(-0.00004), share(0.25), share(float("nan"))
    ('0.000', '0.250', '–')
    """
    return text(value, Form(3))


def p_value(p: float) -> str:
    """A p-value for readers.

    >>> p_value(0.0312), p_value(1e-9), p_value(float("nan"))
    ('0.031', '< 0.001', '–')
    """
    return "< 0.001" if p < 0.001 else share(p)


def _last(value: float, digits: int) -> int:
    """The power of ten of the last of so many significant digits."""
    return int(f"{value:.{digits - 1}e}".partition("e")[2]) - digits + 1


def _form(last: int, *values: float) -> Form:
    """The form of numbers whose last digit stands for ten to the power of ``last``."""
    largest = round(max(values), -last) or max(values)
    decimals = max(0, -last)
    if largest < _NOTHING:
        return Form(0)
    if largest >= _LARGE or (largest < _SMALL and decimals > _DECIMALS):
        exponent = _last(largest, _MOST + 1) + _MOST
        return Form(min(max(0, exponent - last), _MOST), exponent)
    return Form(min(decimals, _MOST))


def _power(form: Form) -> str:
    return f"e{form.exponent:+03d}" if form.exponent else ""
