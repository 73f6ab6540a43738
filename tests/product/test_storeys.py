"""The storeys of the source tree: imports point downwards and nowhere in a circle, deferred and type-only ones included."""

from __future__ import annotations

import ast
import re
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from places import ROOT
from tree import TREE, nodes

import nasbed
from nasbed import vocabulary

LONGEST = 400
"""Lines of a module, above which it is cut."""


def test_every_room_has_a_storey() -> None:
    rooms = {name for _, names in TREE.STOREYS for name in names}
    assert {TREE.room(name) for name in TREE.MODULES} - {""} == rooms


def test_imports_go_round_in_no_circle() -> None:
    try:
        TopologicalSorter(TREE.GRAPH).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def test_imports_point_downwards() -> None:
    upward = [
        f"{name} -> {other}"
        for name, others in TREE.GRAPH.items()
        for other in others
        if TREE.storey(other) > TREE.storey(name)
    ]
    assert sorted(upward) == []


def test_rooms_side_by_side_do_not_import_one_another() -> None:
    across = [
        f"{name} -> {other}"
        for name, others in TREE.GRAPH.items()
        for other in others
        for rooms in TREE.SIDE_BY_SIDE
        if {TREE.room(name), TREE.room(other)} <= rooms and TREE.room(name) != TREE.room(other)
    ]
    assert sorted(across) == []


def test_the_graph_sees_deferred_and_type_only_imports(tmp_path: Path) -> None:
    file = tmp_path / "deferred.py"
    file.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from nasbed import studies\n\n\n"
        "def later():\n    from nasbed.searches.loop import run_loop\n    import nasbed.errors\n"
    )
    assert {"nasbed.studies", "nasbed.searches.loop", "nasbed.errors"} <= TREE.imported(file)


@pytest.mark.parametrize("path", sorted((ROOT / "strategies").rglob("[!_]*.py")), ids=lambda path: path.stem)
def test_strategies_import_the_vocabulary_and_what_they_share(path: Path) -> None:
    foreign = {name for name in TREE.imported(path) if name.startswith("nasbed")}
    assert {name for name in foreign if not name.startswith("nasbed.strategies.models.")} <= {"nasbed.vocabulary"}
    assert path.parent.name == "models" or foreign


def test_imports_are_absolute() -> None:
    relative = [
        f"{path}, line {node.lineno}"
        for path in TREE.MODULES.values()
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_only_the_ground_is_loose_in_the_harness() -> None:
    _, ground = TREE.STOREYS[0]
    assert {path.stem for path in (ROOT / "harness").glob("*.py")} == {"__init__", "__main__", *ground}


def test_packages_hold_no_logic() -> None:
    """A package's ``__init__`` re-exports; lazily, where what it exports is heavy."""
    defined = [
        f"{path}: {node.name}"
        for path in TREE.MODULES.values()
        for node in nodes(path)
        if path.name == "__init__.py"
        and isinstance(node, ast.FunctionDef | ast.ClassDef)
        and node.name not in ("__getattr__", "__dir__")
    ]
    assert defined == []


COINED = {"Anchor", "Arm", "Ground", "Judged", "Lane", "Locks", "portrait"}
"""Names that only this code knew; docs/glossary.md has those that stand in their place."""


def test_a_name_of_a_class_means_one_thing() -> None:
    defined = Counter(
        node.name
        for path in TREE.MODULES.values()
        for node in nodes(path)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in defined.items() if count > 1] == []
    assert COINED & defined.keys() == set()


def test_the_glossary_names_what_the_code_calls_so() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert not any(re.search(rf"\b{name}\b", text) for name in COINED)
    for name in re.findall(r"\(`([A-Z]\w+)`\)", text):
        assert hasattr(nasbed, name) or hasattr(vocabulary, name), name


def test_modules_are_short() -> None:
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in TREE.MODULES.items()}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}


def test_the_page_is_what_the_code_says() -> None:
    assert TREE.PAGE.read_text(encoding="utf-8") == TREE.page()
