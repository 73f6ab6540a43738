"""What of many parameters is run every day; ``make thorough`` runs the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def daily(every: Iterable[Any], *few: Any) -> list[Any]:
    """All parameters, those that are not among ``few`` marked ``thorough``: a fault that one of them finds, one of the few finds
    too, or a faster test.
    """
    found = list(every)
    assert all(one in found for one in few), f"{few} are not all among {found}"
    return [one if one in few else pytest.param(one, marks=pytest.mark.thorough) for one in found]
