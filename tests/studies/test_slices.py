"""Slices: a study divided among commands that know nothing of one another, and joined into the files of one command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from daily import daily
from forking import Command
from tiny import TINY, all_of, refused

import nasbed
from nasbed.errors import StoreError, StudyError
from nasbed.locks import alone
from nasbed.studies import provenance
from nasbed.studies.series import distinct
from nasbed.studies.slices import MOST, Slice, seeds_of
from nasbed.studies.store import Store, folder_name
from nasbed.studies.study import Study

SAME = '\n[[strategy]]\nuse = "random_search"\nlabel = "the same again"\n'
TWO = TINY.replace("seeds = 2", "seeds = 70") + '\n[[strategy]]\nuse = "local_search"\n'


def answers(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.glob("answers/*/*"))}


@pytest.fixture(scope="module")
def undivided(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The answers of one command."""
    folder = tmp_path_factory.mktemp("undivided")
    nasbed.run_study(Study.parse(TWO), folder)
    return answers(folder)


def run_slices(out: Path, *parts: str, text: str = TWO) -> None:
    for part in parts:
        nasbed.run_slice(Study.parse(text), part, out)


def test_every_run_is_in_one_slice() -> None:
    study = Study.parse(TWO + SAME)
    plan = study.series()
    for count in (1, 3, 7, 100):
        parts = [seeds_of(Slice(number, count), plan, study.seeds) for number in range(1, count + 1)]
        runs = [(name, seed) for part in parts for (name, _), seeds in part.items() for seed in seeds]
        assert sorted(runs) == sorted((folder_name(series), seed) for series in distinct(plan) for seed in study.seeds)


@pytest.mark.parametrize("order", daily([["1/3", "2/3", "3/3"], ["3/3", "1/3", "2/3"]], ["3/3", "1/3", "2/3"]), ids=str)
def test_slices_in_one_folder_make_the_files_of_one_command(
    order: list[str], tmp_path: Path, undivided: dict[str, bytes]
) -> None:
    run_slices(tmp_path, *order)
    merged = nasbed.merge_folders([tmp_path])
    assert (merged.runs, merged.wanted, merged.sources) == (140, 140, 3)
    assert answers(tmp_path) == undivided
    assert not (tmp_path / "slices").exists()
    record = Store(tmp_path).read_record()
    assert record["complete"]
    assert "slice" not in record
    assert sum(session["runs"] for session in record["sessions"]) == 140
    assert len(nasbed.Results.load(tmp_path).finals()) == 140


@pytest.mark.thorough
def test_sessions_that_took_the_same_time_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two slices of fifty runs that a fast machine ends in the same milliseconds are two sessions."""
    monkeypatch.setattr(provenance, "round", lambda *_: 1.5, raising=False)  # all durations that are kept
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(provenance, "datetime", SimpleNamespace(now=lambda zone: moment))
    run_slices(tmp_path, "1/3", "2/3", "3/3")
    nasbed.merge_folders([tmp_path])
    sessions = Store(tmp_path).read_record()["sessions"]
    assert sorted(session["runs"] for session in sessions) == [40, 50, 50]


@pytest.mark.thorough
def test_folders_of_machines_are_joined_in_any_order_and_stay(tmp_path: Path, undivided: dict[str, bytes]) -> None:
    for number in (1, 2, 3):
        run_slices(tmp_path / str(number), f"{number}/3")
    for order in ("123", "312"):
        out = tmp_path / f"all-{order}"
        nasbed.merge_folders([tmp_path / one for one in order], out)
        assert answers(out) == undivided
    assert all((tmp_path / one / "slices").is_dir() for one in "123")


@pytest.mark.thorough
def test_processes_at_once_in_one_shared_folder(tmp_path: Path, undivided: dict[str, bytes]) -> None:
    (tmp_path / "study.toml").write_text(TWO)
    words = [sys.executable, "-m", "nasbed"]
    started = [
        subprocess.Popen(
            [*words, "run", "study.toml", "--out", "out", "--engine", "here", "--slice", f"{number}/2"], cwd=tmp_path
        )
        for number in (1, 2)
    ]
    assert [process.wait(timeout=300) for process in started] == [0, 0]
    nasbed.merge_folders([tmp_path / "out"])
    assert answers(tmp_path / "out") == undivided


def test_the_undivided_command_takes_in_what_slices_have_stored(tmp_path: Path, undivided: dict[str, bytes]) -> None:
    run_slices(tmp_path, "2/3")
    nasbed.run_study(Study.parse(TWO), tmp_path)
    assert answers(tmp_path) == undivided
    sessions = Store(tmp_path).read_record()["sessions"]
    assert sorted(session["runs"] for session in sessions) == [50, 90]


@pytest.mark.thorough
def test_what_differs_by_its_label_alone_is_run_once_for_both(tmp_path: Path) -> None:
    text = TWO.replace('use = "local_search"', 'use = "random_search"\nlabel = "again"')
    run_slices(tmp_path / "slices", "1/2", "2/2", text=text)
    assert nasbed.merge_folders([tmp_path / "slices"]).runs == 70
    finals = nasbed.run_study(Study.parse(text), tmp_path / "whole").finals()
    assert answers(tmp_path / "slices") == answers(tmp_path / "whole")
    one, two = (finals[finals["strategy"] == label]["validation"].tolist() for label in ("random_search", "again"))
    assert len(one) == 70
    assert one == two


def test_a_slice_makes_nothing_that_is_stored(tmp_path: Path) -> None:
    assert nasbed.run_slice(Study.parse(TWO), "1/3", tmp_path).runs == 50
    assert nasbed.run_slice(Study.parse(TWO), "1/3", tmp_path).runs == 0
    nasbed.merge_folders([tmp_path], partial=True)
    assert nasbed.run_slice(Study.parse(TWO), "1/3", tmp_path).runs == 0


def test_slices_of_other_code_are_left_alone(tmp_path: Path, undivided: dict[str, bytes]) -> None:
    run_slices(tmp_path, "1/2")
    record = tmp_path / "slices" / Slice(1, 2).name / "run.json"
    content = json.loads(record.read_text())
    content["series"][0]["key"] = "0" * 64
    record.write_text(json.dumps(content))
    nasbed.run_study(Study.parse(TWO), tmp_path)
    assert answers(tmp_path) == undivided
    assert record.exists()


@pytest.mark.thorough
def test_seeds_beyond_those_of_the_study_are_not_lost(tmp_path: Path, undivided: dict[str, bytes]) -> None:
    run_slices(tmp_path, "1/2", "2/2")
    nasbed.run_study(Study.parse(TWO), tmp_path, seeds=20)
    assert nasbed.run_study(Study.parse(TWO), tmp_path).finals().shape[0] == 140
    assert answers(tmp_path) == undivided
    assert not (tmp_path / "slices").exists()


def test_more_seeds_of_a_folder_may_be_run_in_slices(tmp_path: Path, undivided: dict[str, bytes]) -> None:
    few = TWO.replace("seeds = 70", "seeds = 15")
    nasbed.run_study(Study.parse(few), tmp_path)
    run_slices(tmp_path, "1/2")
    with pytest.raises(StoreError, match=r"runs are in no folder.*\(slices 2/2\)"):
        nasbed.merge_folders([tmp_path])
    run_slices(tmp_path, "2/2")
    merged = nasbed.merge_folders([tmp_path])
    assert (merged.runs, merged.wanted) == (140, 140)
    assert answers(tmp_path) == undivided
    record = Store(tmp_path).read_record()
    assert (record["seeds"], record["study_text"]) == ({"first": 0, "count": 70}, TWO)
    assert len(record["sessions"]) == 3
    assert len(nasbed.Results.load(tmp_path).finals()) == 140


@pytest.mark.parametrize(("key", "words"), [("series", "of another form of the study"), ("sessions", "")])
def test_a_record_that_lacks_a_list_is_no_traceback(tmp_path: Path, key: str, words: str) -> None:
    nasbed.run_study(Study.parse(TWO.replace("seeds = 70", "seeds = 2")), tmp_path)
    record = Store(tmp_path).read_record()
    del record[key]
    (tmp_path / "run.json").write_text(json.dumps(record))
    if words:
        with pytest.raises(StoreError, match=words):
            nasbed.merge_folders([tmp_path])
    else:
        assert nasbed.merge_folders([tmp_path]).runs == 4


def missing(tmp_path: Path) -> str:
    run_slices(tmp_path, "1/3", "3/3")
    with pytest.raises(StoreError) as caught:
        nasbed.merge_folders([tmp_path])
    assert not (tmp_path / "run.json").exists()
    return str(caught.value)


def test_missing_slices_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    all_of(
        missing(tmp_path),
        "of 140 runs are in no folder",
        "seeds 10 to 49",
        "(slices 2/3)",
        "--partial",
        "nasbed run",
    )


def test_what_there_is_can_be_joined_and_the_rest_be_run(tmp_path: Path, undivided: dict[str, bytes]) -> None:
    missing(tmp_path)
    merged = nasbed.merge_folders([tmp_path], partial=True)
    assert merged.runs < merged.wanted
    assert not Store(tmp_path).read_record()["complete"]
    nasbed.run_study(Study.parse(TWO), tmp_path)
    assert answers(tmp_path) == undivided


def test_slices_of_another_division_would_overlap(tmp_path: Path) -> None:
    run_slices(tmp_path, "1/3")
    with pytest.raises(StoreError) as caught:
        run_slices(tmp_path, "1/2")
    all_of(caught.value, "holds slices of 3, and this is one of 2", "would overlap", "--slice K/3", "nasbed merge")


def test_slices_of_another_study_keep_their_folder(tmp_path: Path) -> None:
    run_slices(tmp_path, "1/2", "2/2")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for part in ("1/2", "2/2"):
        with pytest.raises(StoreError, match=r"holds the study 'tiny', not 'other'; choose another folder with --out"):
            run_slices(tmp_path, part, text=TWO.replace('"tiny"', '"other"'))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_run_in_two_folders_is_kept_once(tmp_path: Path, undivided: dict[str, bytes]) -> None:
    run_slices(tmp_path / "a", "1/2", "2/2")
    run_slices(tmp_path / "b", "1/3")
    nasbed.merge_folders([tmp_path / "a", tmp_path / "b"], tmp_path / "all")
    assert answers(tmp_path / "all") == undivided


def test_different_answers_to_one_run_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    run_slices(tmp_path / "a", "1/2", "2/2")
    run_slices(tmp_path / "b", "1/3")
    store = Store(tmp_path / "b" / "slices" / Slice(1, 3).name)
    series, first = Study.parse(TWO).series()[1], 0
    held = store.stored(series, first)
    name = folder_name(series)
    columns = store.read("answers", name, held)
    columns["cost"] = columns["cost"] * 2
    store.write(series, first, sorted(held), columns, store.read("timings", name, held))
    with pytest.raises(
        StoreError, match="hold different answers to strategy 'local_search' on nasbench201/cifar10, seed"
    ):
        nasbed.merge_folders([tmp_path / "a", tmp_path / "b"], tmp_path / "all")
    assert not (tmp_path / "all" / "answers").exists()


def test_folders_of_different_studies_are_refused(tmp_path: Path) -> None:
    run_slices(tmp_path / "a", "1/2")
    other = {
        "seeds": TWO.replace("seeds = 70", "seeds = 60"),
        "study": TWO.replace('"tiny"', '"other"'),
    }
    for key, text in other.items():
        run_slices(tmp_path / key, "2/2", text=text)
        with pytest.raises(StoreError, match=f"are of different studies: {key} is .* join folders of one study"):
            nasbed.merge_folders([tmp_path / "a", tmp_path / key], tmp_path / "all")
    run_slices(tmp_path / "form", "2/2", text=TWO.replace("random_search", "reinforce"))
    with pytest.raises(StoreError, match="is of another form of the study 'tiny'"):
        nasbed.merge_folders([tmp_path / "a", tmp_path / "form"], tmp_path / "all")
    run_slices(tmp_path / "rules", "2/2", text=TWO.replace("evaluations = 5", "evaluations = 6"))
    with pytest.raises(StoreError, match=r"was run by other code, data or options \(rules differ\)"):
        nasbed.merge_folders([tmp_path / "a", tmp_path / "rules"], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_a_slice_that_runs_is_waited_for(tmp_path: Path) -> None:
    run_slices(tmp_path, "1/1")
    with (
        alone(tmp_path / "slices" / Slice(1, 1).name, "wait"),
        pytest.raises(StoreError, match="is being written by process"),
    ):
        nasbed.merge_folders([tmp_path])
    assert not (tmp_path / "answers").exists()


@pytest.mark.parametrize("wrong", ["0/3", "4/3", "3", "a/b", "1/0", "-1/3", "1/3/5", f"1/{MOST + 1}", "", 3, None])
def test_a_wrong_slice_is_refused(wrong: object) -> None:
    with pytest.raises(StudyError, match=r"slice = .*; expected K/N, the K-th of N slices, as 3/100"):
        Slice.parse(wrong)  # type: ignore[arg-type]


def test_folders_that_cannot_be_joined(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folders, message in (
        ([], "expected results folders to join"),
        ([tmp_path / "none"], "is no folder; expected a results folder"),
        ([tmp_path / "empty"], "holds no results and no slices"),
        ([3], "folder = 3; expected the path of a results folder"),
        ([tmp_path / "empty", tmp_path], "nothing says which takes in the others; name one with --out"),
    ):
        with pytest.raises(StoreError, match=message):
            nasbed.merge_folders(folders)  # type: ignore[arg-type]


def test_the_commands(command: Command, tmp_path: Path, undivided: dict[str, bytes]) -> None:
    (tmp_path / "study.toml").write_text(TWO)
    run = ("run", "study.toml", "--out", "out", "--engine", "here")
    refused(command(*run, "--slice", "5/3"), "slice = '5/3'", "from 1 to N")
    refused(command(*run, "--slice", "1/2", "--fresh"), "--fresh stands beside --slice 1/2", "delete the folder slices")
    first = command(*run, "--slice", "1/2")
    assert first.returncode == 0, first.stderr
    assert "slice 1/2: 70 runs made and stored in out; nasbed merge out joins all slices" in first.stdout
    refused(command("report", "out"), "holds slices that are not joined yet; join them with nasbed merge out")
    refused(command("merge", "out"), "70 of 140 runs are in no folder", "slices 2/2")
    second = command(*run, "--slice", "2/2", "--json")
    assert json.loads(second.stdout) == {"folder": "out", "slice": "2/2", "runs": 70}
    shutil.copytree(tmp_path / "out", tmp_path / "copy")
    merged = command("merge", "out")
    assert (
        "out holds 140 of 140 runs of the study tiny, joined from 2 folders; nasbed report out shows them"
        in merged.stdout
    )
    assert answers(tmp_path / "out") == undivided
    told = json.loads(command("merge", "copy", "--json").stdout)
    assert told == {"folder": "copy", "study": "tiny", "runs": 140, "wanted": 140, "sources": 2}
    assert "all its runs were stored before" in command(*run, "--slice", "2/2").stdout
