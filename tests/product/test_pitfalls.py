"""Every entry of docs/pitfalls.md names a test for each trap."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from places import ROOT, SHARED, TESTS, needs_shared

NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def entries() -> dict[int, str]:
    """The numbered entries of the docs with their text."""
    text = (ROOT / "docs" / "pitfalls.md").read_text(encoding="utf-8")
    found = re.split(r"^### (\d+)\. ", text, flags=re.MULTILINE)[1:]
    return {int(number): body for number, body in zip(found[::2], found[1::2], strict=True)}


def sections(text: str, entry: str) -> list[int]:
    """How many entries each second-level section of a document has that has any."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return [count for part in parts if (count := len(re.findall(entry, part, flags=re.MULTILINE)))]


@cache
def defined(file: str) -> frozenset[str]:
    (path,) = TESTS.rglob(file)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_entries_are_numbered_in_order_and_each_names_its_tests() -> None:
    found = entries()
    assert list(found) == list(range(1, len(found) + 1))
    assert all(NAMED.search(body) for body in found.values())


@pytest.mark.parametrize("number", entries())
def test_every_test_that_an_entry_names_is_there(number: int) -> None:
    named = NAMED.findall(entries()[number])
    assert len(named) == len(set(named)) == entries()[number].count("::")
    for file, name in named:
        assert name in defined(file), f"{file}::{name}"


@needs_shared
def test_every_line_of_the_notes_has_its_entry() -> None:
    notes = (SHARED / "pitfalls.md").read_text(encoding="utf-8")
    ours = (ROOT / "docs" / "pitfalls.md").read_text(encoding="utf-8")
    *of_tables, of_ours = sections(ours, r"^### \d+\. ")
    assert of_tables == sections(notes, "^- ")
    assert len(entries()) == sum(of_tables) + of_ours
