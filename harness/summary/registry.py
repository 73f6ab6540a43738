"""All statistics, found in the modules of this package that list theirs in ``STATISTICS``."""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from nasbed.summary.statistic import Family, Shown, Statistic


@cache
def _modules() -> list[ModuleType]:
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return [module for one in found if hasattr(module := import_module(f"nasbed.summary.{one.name}"), "STATISTICS")]


def statistics(family: Family) -> list[Statistic]:
    """The statistics of a family in the order of tables; raises ``ValueError`` where two add a number of one name."""
    found = [one for module in _modules() for one in module.STATISTICS if one.family is family]
    owners = Counter(name for one in found for name in one.adds)
    if twice := [name for name, count in owners.items() if count > 1]:
        raise ValueError(
            f"{twice[0]!r} is added by {owners[twice[0]]} statistics of {family}; give one of them another name"
        )
    return sorted(found, key=lambda one: one.place)


def columns(family: Family, form: Shown) -> list[Statistic]:
    """The statistics of a family that are columns in a form."""
    return [one for one in statistics(family) if form in one.shown]


def abouts(family: Family) -> Iterator[str]:
    """What captions say of the statistics of a family."""
    return (one.about for one in statistics(family) if one.about)
