"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import nasbed
import nasbed.benchmarks
import nasbed.strategies

# An editable install maps each folder on its own, so each is walked on its own.
ROOTS = (nasbed, nasbed.benchmarks, nasbed.strategies)
MODULES = sorted({root.__name__ for root in ROOTS}.union(
    module.name for root in ROOTS for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}.")
))  # fmt: skip


@pytest.mark.parametrize("name", [name for name in MODULES if name != "nasbed.__main__"])
def test_examples(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert failed == 0


def test_the_walk_reaches_strategies_and_benchmarks() -> None:
    assert {"nasbed.strategies.reinforce", "nasbed.benchmarks.nasbench201", "nasbed.results.results"} <= set(MODULES)
