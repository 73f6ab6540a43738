"""The checklist beside archived rows: what it says of runs that were not made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import nasbed
from nasbed.reports import checklist
from nasbed.reports.evidence import ChecklistAnswer
from nasbed.results.archive.compared import beside_archive
from nasbed.studies.store import Store
from nasbed.tables.numbers import number

STUDY = """
name = "mine"
seeds = 3
budget = { evaluations = 100 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[strategy]]
use = "tpe"
[[strategy]]
use = "random_search"
"""
SESSION = {"engine": "local:1", "cpu_seconds": 7200.0, "git": {"commit": "1", "modified": False}}


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results folder of the study."""
    out = tmp_path_factory.mktemp("mine") / "out"
    nasbed.run_study(nasbed.Study.parse(STUDY), out)
    return out


def answered(results: nasbed.Results, record: dict[str, Any]) -> dict[int, ChecklistAnswer]:
    """The answers by the numbers of their practices."""
    sessions = {"sessions": [SESSION]} if record else {}
    return {place: one for place, (_, one) in enumerate(checklist.answers(results, record | sessions), 1)}


@pytest.fixture(scope="module")
def found(mine: Path) -> dict[int, ChecklistAnswer]:
    results = beside_archive(nasbed.Results.load(mine), ["gp_bo", "tpe"])
    return answered(results, Store(mine).read_record())


def test_archived_strategies_ship_and_their_sources_are_in_the_manifest(found: dict[int, ChecklistAnswer]) -> None:
    assert found[2].verdict == "shown"
    assert "of archived rows (archive:gp_bo, archive:tpe) in the archive's manifest, `archive.json`" in found[2].found
    assert "all 4 strategies ship with nasbed" in found[2].found


def test_archived_rows_are_variants_where_their_options_are_others(mine: Path, tmp_path: Path) -> None:
    alike = beside_archive(nasbed.Results.load(mine), ["tpe"])
    assert answered(alike, Store(mine).read_record())[5].remains.startswith("No strategy runs in two variants")
    other = nasbed.run_study(nasbed.Study.parse(STUDY.replace('"tpe"', '"tpe"\ngamma = 0.3')), tmp_path / "out")
    told = answered(beside_archive(other, ["tpe"]), Store(tmp_path / "out").read_record())
    assert told[5].found == "Variants of one strategy: tpe, archive:tpe."


def test_an_archived_random_search_is_one(mine: Path) -> None:
    one = nasbed.Results.load(mine).subset(["tpe"])
    beside = beside_archive(one, ["random_search", "random_architecture"])
    assert answered(beside, Store(mine).read_record())[8].verdict == "shown"


def test_archived_rows_did_not_run_in_the_session(found: dict[int, ChecklistAnswer]) -> None:
    assert found[11].verdict == "in part"
    assert found[11].found.startswith("All other strategies ran in one session")
    assert "Archived rows (archive:gp_bo, archive:tpe) were not run here" in found[11].found
    assert found[11].remains


def test_options_of_archived_rows_are_those_of_the_manifest(found: dict[int, ChecklistAnswer]) -> None:
    assert "archive:gp_bo (`initial = 10, length = 2.0" in found[12].found


def test_archived_hours_are_not_counted(mine: Path, found: dict[int, ChecklistAnswer]) -> None:
    hours = nasbed.Results.load(mine).finals()["seconds"].sum() / 3600
    assert f"together: {number(hours)} simulated hours" in found[13].found
    assert "Archived rows (archive:gp_bo, archive:tpe) were not run here and are not counted." in found[13].found


def test_a_study_does_not_repeat_archived_rows(found: dict[int, ChecklistAnswer]) -> None:
    assert found[14].verdict == "in part"
    assert found[14].found.startswith("In the results folder that was reported: `study.toml` is the whole study")
    assert "Archived rows (archive:gp_bo, archive:tpe) are not repeated by it" in found[14].found


def test_archived_rows_alone_say_nothing_of_what_ran_here(mine: Path) -> None:
    results = beside_archive(nasbed.Results.load(mine), ["gp_bo"]).subset(["archive:gp_bo"])
    found = answered(results, Store(mine).read_record())
    said = "The SHA-256 of each strategy's source is in the archive's manifest, `archive.json`; the strategy ships with nasbed."
    assert found[2].found == said
    assert found[11].found.startswith("Archived rows")
    assert found[13].found == "Archived rows (archive:gp_bo) were not run here and are not counted."
    assert found[14].found.startswith("Archived rows")


def test_records_from_elsewhere_beside_archived_rows(mine: Path) -> None:
    found = answered(beside_archive(nasbed.Results.load(mine), ["gp_bo"]), {})
    assert "publish the code of tpe, random_search; that of archived rows is named in" in found[2].remains
    assert {found[place].verdict for place in (2, 11, 14)} == {"yours"}
