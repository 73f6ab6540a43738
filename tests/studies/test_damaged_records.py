"""A damaged shard: a report refuses it, and the command that ran the study sets it aside and makes its runs anew."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from daily import daily, sampled
from forking import Command
from tiny import flip, refused, seeds, snapshot

import nasbed
from nasbed.errors import DamageWarning, StoreError
from nasbed.studies import shards
from nasbed.studies.store import Store
from nasbed.studies.study import Study


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def flipped(path: Path) -> None:
    flip(path, path.stat().st_size // 6)


def mislabelled(path: Path) -> None:
    content = path.read_bytes()
    assert content.count(b'"seeds":[50,51') == 1
    path.write_bytes(content.replace(b'"seeds":[50,51', b'"seeds":[50,50'))


DAMAGES = [empty, truncated, cut_short, flipped, mislabelled]
STUDY = seeds("seeds = 60")


@pytest.fixture
def sixty(tmp_path: Path) -> Path:
    """The results folder of a study of two shards."""
    nasbed.run_study(Study.parse(STUDY), tmp_path / "out")
    return tmp_path / "out"


def second(folder: Path, kind: str) -> Path:
    (path,) = (folder / kind).rglob("seeds-000050.parquet")
    return path


@pytest.mark.parametrize("kind", ["answers", "timings"])
@pytest.mark.parametrize("damage", daily(DAMAGES, *DAMAGES[:2]))
def test_the_same_call_makes_the_runs_of_a_damaged_shard_anew(
    kind: str, damage: Callable[[Path], None], sixty: Path
) -> None:
    before, path = snapshot(sixty / "answers"), second(sixty, kind)
    damage(path)
    damaged, done = path.read_bytes(), []
    with pytest.warns(DamageWarning) as warned:
        nasbed.run_study(Study.parse(STUDY), sixty, progress=lambda label, now, total: done.append(now))
    (message,) = [str(one.message) for one in warned]
    assert message.startswith(f"{path} is damaged")
    assert message.endswith("; it is now seeds-000050.parquet.damaged, and its runs are made anew")
    assert (done[0], done[-1]) == (50, 60)
    aside = path.with_name("seeds-000050.parquet.damaged")
    assert aside.read_bytes() == damaged
    aside.unlink()
    assert snapshot(sixty / "answers") == before
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(nasbed.run_study(Study.parse(STUDY), sixty).finals()) == 60


@pytest.mark.parametrize("kind", sampled(["answers", "timings"], 2))
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_report_refuses_a_damaged_shard_and_leaves_it(kind: str, damage: Callable[[Path], None], sixty: Path) -> None:
    damage(second(sixty, kind))
    before = snapshot(sixty)
    with pytest.raises(StoreError, match=r"seeds-000050\.parquet is damaged.*delete it and run the study again"):
        nasbed.Results.load(sixty)
    assert snapshot(sixty) == before


def test_the_command_completes_a_study_with_a_damaged_shard(sixty: Path, command: Command, tmp_path: Path) -> None:
    before, path = snapshot(sixty / "answers"), second(sixty, "answers")
    flipped(path)
    (tmp_path / "study.toml").write_text(STUDY)
    refused(command("report", "out"), path.name, "is damaged", "delete it and run the study again")
    again = command("run", "study.toml", "--engine", "local:1", "--out", "out")
    assert (again.returncode, again.stderr.count("\n")) == (0, 1), again.stderr
    assert again.stderr.startswith(f"warning: {path.relative_to(tmp_path)} is damaged")
    path.with_name(f"{path.name}.damaged").unlink()
    assert snapshot(sixty / "answers") == before


def test_a_damaged_shard_that_cannot_be_renamed_is_refused(sixty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truncated(second(sixty, "answers"))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StoreError, match=r"is damaged .*cannot be renamed \(Permission denied\); delete it and run"):
        nasbed.run_study(Study.parse(STUDY), sixty)


def test_looking_for_what_is_stored_renames_nothing(sixty: Path) -> None:
    flipped(second(sixty, "answers"))
    before = snapshot(sixty)
    (series,) = Study.parse(STUDY).series()
    assert Store(sixty).stored(series, 50) == set(range(50, 60))
    assert snapshot(sixty) == before


def test_what_is_said_of_damage_is_one_line() -> None:
    with pytest.raises(StoreError) as told, shards._damaged("seeds.parquet"):
        raise ValueError("Invalid data\nin a header.\n")
    assert str(told.value).startswith("seeds.parquet is damaged (Invalid data in a header.); delete it")
