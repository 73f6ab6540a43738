"""What must be the same on every machine: the versions that decide answers, and nasbed's own code."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from nasbed.errors import EngineError
from nasbed.studies.sources import fingerprint

DECIDING = ("nasbed", "distributed", "numpy", "scipy", "scikit-learn")
"""Packages that must agree: nasbed's, Dask's, and those on whose arithmetic answers depend."""
OPTIONAL = ("torch", "optuna")
"""Packages that must agree where both sides have them."""
SOURCE = "nasbed's source"
RELAYING = ("Python", "distributed", SOURCE)
"""What a scheduler must agree in, as it makes no calls."""
_SHOWN = 3


@cache
def facts() -> dict[str, str]:
    """The versions of this process, by name."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for name in (*DECIDING, *OPTIONAL):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            if name in DECIDING:
                found[name] = "none"
    return found | {SOURCE: fingerprint(_own_files())[:12]}


def _own_files() -> set[Path]:
    """The files of nasbed's code, wherever its packages lie."""
    specs = [find_spec(name) for name in ("nasbed", "nasbed.benchmarks", "nasbed.strategies")]
    folders = [folder for spec in specs for folder in (spec.submodule_search_locations if spec else None) or ()]
    return {file for folder in folders for file in Path(folder).rglob("*.py")}


def differing(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """What does not agree, by name.

    >>> differing({"Python": "3.12", "torch": "2.9"}, {"Python": "3.11"})
    ['Python']
    """
    return [name for name in ours if theirs.get(name, ours[name] if name in OPTIONAL else "none") != ours[name]]


def require_agreement(ours: Mapping[str, str], others: Mapping[str, Mapping[str, str]]) -> None:
    """Raises :class:`~nasbed.errors.EngineError` that names who, among ``others`` by what they are called, has what else."""
    found = {who: names for who, theirs in others.items() if (names := differing(ours, theirs))}
    if not found:
        return
    told = [f"{who} has {_named(others[who], names)}" for who, names in list(found.items())[:_SHOWN]]
    more = f", and {len(found) - _SHOWN:,} more differ" if len(found) > _SHOWN else ""
    needed = list(dict.fromkeys(name for names in found.values() for name in names))
    raise EngineError(
        f"{'; '.join(told)}{more}; expected what this machine has: {_named(ours, needed)}; install"
        " the same versions for the client, the scheduler and all workers"
    )


def _named(versions: Mapping[str, str], names: list[str]) -> str:
    return ", ".join(f"{name} {versions.get(name, 'none')}" for name in names)
