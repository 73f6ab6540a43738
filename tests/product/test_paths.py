"""Whatever takes a path takes it as text too, as users type it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from daily import daily
from places import ROOT
from tree import nodes

import nasbed
from nasbed import figures
from nasbed.benchmarks import Digits201, convert
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.errors import DataError
from nasbed.figures import drawing
from nasbed.gate import commands
from nasbed.gate.baseline import Baseline
from nasbed.landscape import report as landscape
from nasbed.landscape.survey import survey

STUDY = """
name = "two"
seeds = 3
budget = { evaluations = 10 }
[[benchmark]]
use = "synthetic"
decisions = 2
values = 3
[[strategy]]
use = "random_search"
[[strategy]]
use = "local_search"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    return nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path_factory.mktemp("paths"))


WRITERS: dict[str, Callable[[nasbed.Results, Any], list[Path]]] = {
    "figures": lambda results, folder: figures.write(results, folder, ["finals"], kinds=["svg"]),
    "Results": lambda results, folder: nasbed.write_tables(results, folder, figures=False),
    "tables": lambda results, folder: nasbed.write_tables(results, folder, figures=False),
    "report": lambda results, folder: nasbed.write_report(results, folder),
    "landscape": lambda _, folder: landscape.write(survey([nasbed.load_benchmark("synthetic", decisions=2)]), folder),
}


@pytest.mark.parametrize("writer", daily(WRITERS, "tables", "figures"))
def test_files_are_written_into_a_folder_named_by_text(
    writer: str, results: nasbed.Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if writer == "report":
        monkeypatch.setattr(drawing, "drawn", lambda *_, **__: [])  # they are written as by figures.write
    written = WRITERS[writer](results, "paper/of/ours")
    assert written
    assert all(path.is_relative_to("paper/of/ours") and path.stat().st_size for path in written)


def test_a_gate_takes_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("study.toml").write_text(STUDY.replace('[[strategy]]\nuse = "local_search"', ""))
    written = commands.update_command("study.toml", "made/baseline.json", seeds=100, engine="local:1")
    assert written.text.startswith("made/baseline.json: 100 seeds of random_search")
    assert Baseline.load("made/baseline.json").session["command"] == [
        "nasbed",
        "gate",
        "study.toml",
        "--update",
        "baseline.json",
    ]
    judged = commands.gate_command(
        "study.toml", "made/baseline.json", engine="local:1", markdown="made/gate.md", junit="made/gate.xml"
    )
    assert judged.exit_code == 0
    assert Path("made/gate.md").read_text(encoding="utf-8") == judged.text
    assert Path("made/gate.xml").read_text(encoding="utf-8").startswith("<?xml")


def test_a_table_is_found_by_text() -> None:
    folder = home.SHIPPED / "digits201"
    assert Manifest.load(str(folder)) == Manifest.load(folder)
    assert Digits201(folder=str(folder)).checksum == Digits201(folder=folder).checksum == Digits201().checksum
    for take in (convert.import_table, convert.fetch_table):
        with pytest.raises(DataError, match=r"^no/where does not exist; hw_nasbench201 is made from"):
            take("hw_nasbench201", "no/where", lambda *_: None)


INNER = {
    "harness/commands": "typer makes paths of what is typed",
    "harness/studies/store.py": "single files of a folder that has been named",
    "harness/check/leaks.py": "files that were opened",
    "harness/check/elsewhere.py": "a file of a folder of its own",
    "harness/gate/commands.py: described": "a baseline that has been written",
    "harness/tabulation/tabulate.py: train_shards": "the folder of a store",
    "benchmarks/convert/_": "a converter's own",
    **dict.fromkeys(
        (f"benchmarks/convert/{name}.py: convert" for name in convert.names()), "called with what was found"
    ),
    "benchmarks/training": "files of a run that has been named",
}
"""Where paths were made of what a user gave."""


def parameters() -> Iterator[tuple[str, list[str]]]:
    """Each parameter of a public function that may be a path, with its annotation."""
    for path in sorted(
        path for folder in ("harness", "benchmarks", "strategies") for path in (ROOT / folder).rglob("*.py")
    ):
        name = path.relative_to(ROOT).as_posix()
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef) and (not node.name.startswith("_") or node.name == "__init__"):
                for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                    kinds = ast.unparse(argument.annotation).split(" | ") if argument.annotation else []
                    where = f"{name}: {node.name}({argument.arg})"
                    if "Path" in kinds and not where.startswith(tuple(INNER)):
                        yield where, kinds


def test_every_public_parameter_that_may_be_a_path_may_be_text() -> None:
    found = dict(parameters())
    assert len(found) > 15
    assert [where for where, kinds in found.items() if "str" not in kinds] == []
