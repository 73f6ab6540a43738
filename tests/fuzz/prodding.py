"""What the fuzz tests share: how many inputs they try, odd values, and the rule that each input works or is refused well.

By default a test tries a few inputs, the same ones each time. ``NASBED_FUZZ=100000`` spreads so many new ones over all tests;
``make thorough`` tries ten thousand.
"""

from __future__ import annotations

import copy
import os
import re
import warnings
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from nasbed.errors import NasbedError, UnwiseWarning

INPUTS = int(os.environ.get("NASBED_FUZZ", "0"))
"""Inputs over all tests; 0: the few of every day."""


def fuzz(few: int, share: float) -> settings:
    """Settings for a sixth of ``few`` inputs, or for a ``share`` of the many, but no less than ``few``."""
    many = max(few, round(INPUTS * share))
    return settings(
        max_examples=many if INPUTS else few // 6,
        derandomize=not INPUTS,
        deadline=None,
        database=None,
        print_blob=bool(INPUTS),
        suppress_health_check=list(HealthCheck),
    )


class Sullen:
    """Has no text."""

    def __repr__(self) -> str:
        raise ValueError("no")


TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "\n",
            "\x00",
            "\x1b[31m",
            "nan",
            "1",
            "1.0",
            "-1",
            "true",
            "cifar10",
            "accuracy",
            "latency",
            "a" * 5000,
        ]
    ),
    st.text(max_size=12),
)
NUMBERS = st.one_of(
    st.sampled_from(
        [0, 1, -1, 2, 3, 10, 12, 200, 2**31 - 1, 2**31, 2**63, 2**64, 10**30, 10**400, 0.0, -0.0, 0.5, 1.0, 1.5, 12.0, 1e300,
         -1e300, float("nan"), float("inf"), float("-inf")]
    ),
    st.integers(-(10**6), 10**6),
    st.floats(),
)  # fmt: skip
WRITTEN = st.recursive(
    st.one_of(st.booleans(), NUMBERS, TEXTS, st.dates()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=4,
)
"""What a file of TOML can hold."""
ODD: list[Any] = [
    None, b"1", 10**5000, 1j, Fraction(1, 2), Decimal("1"), Sullen(), object(), int, len, range(3), (), (1,), ("accuracy",), {1},
    [[1]],
    date(2020, 1, 1), np.int64(3), np.int64(200), np.uint8(12), np.float64(0.5), np.float32(2), np.float64("nan"), np.bool_(True),
    np.str_("accuracy"), np.timedelta64(3, "s"), np.array(3), np.array([1, 12]), np.array([1.5]), np.array(["accuracy"]),
    np.array([]),
]  # fmt: skip
GIVEN = st.one_of(st.sampled_from(ODD), WRITTEN)
"""What a caller of Python can give."""


def prod(call: Callable[[], Any], *names: str) -> Any:
    """Call, and return what it does, or the error that refuses it.

    An error must be one of ours, on at most three lines, short, printable, without a memory address, and name one of ``names``. A
    warning that is not ours fails.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UnwiseWarning)
        try:
            return call()
        except NasbedError as error:
            require_fit(str(error), *names)
            return error


def require_fit(message: str, *names: str) -> None:
    """The rule of messages."""
    assert message.strip(), "an empty message"
    assert len(message) <= 4_000, message[:300]
    assert message.count("\n") < 3, message[:300]
    assert re.sub(r"[\n\xa0\u2002-\u200a\u202f\u3000]", "", message).isprintable(), repr(message[:300])
    assert not re.search(r"0x[0-9a-f]{6,}", message) or any("0x" in name for name in names), message[:300]
    assert not re.search(
        r"\b(AttributeError|KeyError|IndexError|TypeError|AssertionError|RecursionError)\b", message
    ), message[:300]
    assert not names or any(name in message for name in names), (message[:300], names)


@st.composite
def misspelt(draw: st.DrawFn, text: str) -> str:
    """A text with a few places cut, doubled or overwritten."""
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 8)))
        text = (
            text[:begin]
            + draw(
                st.sampled_from(
                    ["", text[begin:end] * 2, "\n", '"', "[", "]", "=", "{", ",", "é", "\x00", "9", "-", "inf", "#"]
                )
            )
            + text[end:]
        )
    return text


@st.composite
def bent(draw: st.DrawFn, content: Any, values: st.SearchStrategy[Any] = WRITTEN) -> Any:
    """Plain data of which a few entries are gone, doubled, renamed or something else."""
    content = copy.deepcopy(content)
    for _ in range(draw(st.integers(1, 3))):
        at, parent, key = content, None, None
        while isinstance(at, (dict, list)) and at and (parent is None or draw(st.integers(0, 3))):
            parent, key = at, draw(st.sampled_from(sorted(at, key=str) if isinstance(at, dict) else range(len(at))))
            at = parent[key]
        if parent is None:
            return content
        match draw(st.integers(0, 5)):
            case 0:
                del parent[key]
            case 1 if isinstance(parent, dict):
                parent[draw(TEXTS)] = parent.pop(key)
            case 1:
                parent.append(copy.deepcopy(at))
            case _:
                parent[key] = draw(values)
    return content
