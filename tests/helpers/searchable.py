"""Our strategies, and the table on which each can search."""

from __future__ import annotations

from functools import cache
from typing import Any

from ours import INSTALLED, ours

from nasbed.benchmarks import NASBench201
from nasbed.vocabulary import Budget


def _searchable() -> dict[str, dict[str, Any]]:
    found = {}
    for name in INSTALLED:
        for objectives in (["accuracy"], ["accuracy", "latency"]):
            options = {"objectives": objectives, "measures": {"parameters": 0, "flops": 0}}
            if not ours(name).needs.missing(NASBench201(**options).task(Budget("evaluations", 40))):
                found[name] = options
                break
    return found


SEARCHABLE = _searchable()
"""Our strategies that can search NAS-Bench-201, and the options of the table with which they do."""


@cache
def table_for(name: str, dataset: str = "cifar10") -> NASBench201:
    """The table with what a strategy needs."""
    return NASBench201(dataset, **SEARCHABLE[name])
