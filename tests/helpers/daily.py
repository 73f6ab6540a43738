"""What of many parameters is run every day; ``make thorough`` runs the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def daily(every: Iterable[Any], *few: Any) -> list[Any]:
    """All parameters, those that are not among ``few`` marked ``thorough``: a fault that one of them finds, one of the few finds
    too, or a faster test. A tuple has the values of several arguments.
    """
    found = list(every)
    assert all(one in found for one in few), f"{few} are not all among {found}"
    return [one if one in few else _thorough(one) for one in found]


def sampled(every: Iterable[Any], step: int) -> list[Any]:
    """All parameters, all but the first of each ``step`` of them marked ``thorough``: many cases that go the same way."""
    return [one if place % step == 0 else _thorough(one) for place, one in enumerate(every)]


def _thorough(one: Any) -> Any:
    return pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=pytest.mark.thorough)
