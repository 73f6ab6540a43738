"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib

import pytest
from tree import TREE

MODULES = [name for name, path in TREE.MODULES.items() if ">>> " in path.read_text(encoding="utf-8")]
"""The modules that have examples; to look for them in the others takes longer than to run them."""


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert failed == 0
    assert tried


def test_the_walk_reaches_strategies_and_benchmarks() -> None:
    assert {"nasbed.strategies.reinforce", "nasbed.benchmarks.nasbench201"} <= TREE.MODULES.keys()
    assert {"nasbed.strategies.largest_fitting", "nasbed.results.results"} <= set(MODULES)
