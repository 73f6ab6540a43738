"""What stands once in the source tree: the type of progress, the mean over runs, and every function of some length."""

from __future__ import annotations

import ast
from collections import defaultdict

import numpy as np
from places import ROOT
from tree import TREE, nodes

from nasbed.benchmarks.spaces.base import changed, is_number
from nasbed.progress import Progress, silent
from nasbed.statistics.recorded import mean_of_runs

LONG = 40
"""Nodes of the syntax tree, from which on two functions of the same shape are one function written twice."""

OFFICIAL = "nasbed.benchmarks.compat."
"""Modules of official packages, one of which stands in for each, may have functions of the same content."""


def _shape(function: ast.FunctionDef) -> tuple[object, ...]:
    """What a function does, whatever its names, its numbers and its annotations are."""
    found: list[object] = []
    for statement in function.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        for node in ast.walk(statement):
            kept = (node.attr,) if isinstance(node, ast.Attribute) else ()
            if isinstance(node, ast.Constant) and not isinstance(node.value, (int, float)):
                kept = (node.value,)
            found.append((type(node).__name__, *kept))
    return tuple(found)


def test_no_function_is_written_twice() -> None:
    places = defaultdict(list)
    for name, path in TREE.MODULES.items():
        for node in nodes(path):
            if not isinstance(node, ast.FunctionDef) or name.startswith(OFFICIAL):
                continue
            if len(shape := _shape(node)) >= LONG:
                places[shape].append(f"{name}.{node.name}")
    assert [names for names in places.values() if len(names) > 1] == []


def test_shapes_of_functions_pass_over_names_alone() -> None:
    one, same, other = (
        _shape(ast.parse(text).body[0])  # type: ignore[arg-type]
        for text in (
            "def a(x):\n    'Says.'\n    return x.sum() + 1",
            "def b(y: int):\n    return y.sum() + 2",
            "def c(y):\n    return y.mean() + 2",
        )
    )
    assert one == same != other


def test_the_type_of_progress_has_one_owner() -> None:
    for path in set(TREE.MODULES.values()) - {ROOT / "harness" / "progress.py"}:
        text = path.read_text(encoding="utf-8")
        assert "[[str, int, int], None]" not in text, path
        assert "report: Progress" not in text, path


def test_progress_that_nobody_follows_is_silent() -> None:
    told: Progress = silent
    told("reading", 1, 2)


def test_the_mean_of_runs_leaves_out_those_that_were_not_made() -> None:
    values = np.array([[1.0, 3.0, np.nan], [5.0, np.nan, np.nan], [np.nan] * 3, [1.0, 2.0, 6.0]])
    assert np.array_equal(mean_of_runs(values), [2.0, 5.0, np.nan, 3.0], equal_nan=True)
    assert np.array_equal(mean_of_runs(values[:, 0]), values[:, 0], equal_nan=True)
    assert np.array_equal(mean_of_runs(np.array([[np.inf, 1.0]])), [np.inf])


def test_a_change_of_a_decision_reaches_each_other_value_once() -> None:
    assert [changed((2, 0, 1), 0, other) for other in range(3)] == [(0, 0, 1), (1, 0, 1), (3, 0, 1)]
    assert [changed((2, 0, 1), 2, other) for other in range(2)] == [(2, 0, 0), (2, 0, 2)]


def test_an_index_is_written_in_ascii_digits() -> None:
    assert [is_number(text) for text in ("0", "0012", "", "-1", "+1", "1.0", " 1", "²", "٣")] == [
        True,
        True,
        *[False] * 7,
    ]
