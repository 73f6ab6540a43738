"""What docstrings say: whole sentences, for a reader who has the paper and not the author at hand."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from places import ROOT
from tree import TREE

FEWEST = 5
"""Words of a public docstring, at least: fewer are a riddle, or say no more than the name."""


@cache
def documented_in(path: Path) -> list[tuple[str, int, str]]:
    """The docstrings of a file, as :func:`documented` has them; two tests look at those of all files."""
    return list(documented(ast.parse(path.read_text(encoding="utf-8"))))


def documented(tree: ast.Module) -> Iterator[tuple[str, int, str]]:
    """Each docstring of a module that has one: of what, in which line, and its text. Nested and private definitions have the name
    of a private one.
    """
    if text := ast.get_docstring(tree):
        yield "module", 1, text
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    while waiting:
        owner, node = waiting.pop()
        for child in TREE.parts(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                inner = owner or isinstance(node, ast.FunctionDef) or child.name.startswith("_")
                name = f"_{child.name}" if inner and not child.name.startswith("_") else child.name
                if text := ast.get_docstring(child):
                    yield name, child.lineno, text
                waiting.append(("_" if inner else "", child))
            else:
                waiting.append((owner, child))


def riddles(docstrings: Iterable[tuple[str, int, str]]) -> list[str]:
    """What is wrong with the docstrings of a module, each with its line."""
    found = []
    for name, line, text in docstrings:
        if text.startswith("Of "):
            found.append(f"line {line}: {name} begins with 'Of': say what it is")
        elif not name.startswith("_") and len(text.split()) < FEWEST:
            found.append(f"line {line}: {name} has {len(text.split())} words, {text!r}: say it in a whole sentence")
    return found


@pytest.mark.parametrize("package", ["harness", "benchmarks", "strategies"])
def test_docstrings_are_no_riddles(package: str) -> None:
    paths = sorted({path for path in TREE.MODULES.values() if path.is_relative_to(ROOT / package)})
    assert paths
    assert {str(path): found for path in paths if (found := riddles(documented_in(path)))} == {}


def test_riddles_are_found() -> None:
    source = '''
class Seen:
    """Of one pass."""

    def short(self) -> None:
        """Too short."""

    def _private(self) -> None:
        """Short, and private."""

    def long(self) -> None:
        """This says what it does."""

        def inner() -> None:
            """Nested."""


def silent() -> None: ...
'''
    assert riddles(documented(ast.parse(source))) == [
        "line 2: Seen begins with 'Of': say what it is",
        "line 5: short has 2 words, 'Too short.': say it in a whole sentence",
    ]


def test_no_example_writes_out_a_study() -> None:
    """What a study is has one owner among the docstrings, ``nasbed.studies.study.EXAMPLE``, with which the others begin."""
    found = [
        name for name, path in TREE.MODULES.items() for _, _, text in documented_in(path) if "... [[strategy]]" in text
    ]
    assert found == []
