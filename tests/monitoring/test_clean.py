"""What nothing uses is listed with its size and why, and removed when asked; what is used and what lies elsewhere stays."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from forking import Command
from watched import SMALL, lose, run, series_folder

import nasbed
from nasbed import locks
from nasbed.errors import StoreError, StudyError
from nasbed.monitoring import clean as cleaning
from nasbed.monitoring.clean import Unused, clean


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def why(found: list[Unused], folder: Path) -> dict[str, str]:
    return {str(Path(one.path).relative_to(folder)): one.why for one in found}


def test_a_fresh_folder_has_nothing_unused(out: Path) -> None:
    before = files(out)
    assert clean(str(out)) == []
    assert clean(out, remove=True) == []
    assert files(out) == before


def test_runs_of_old_options_are_listed_and_removed(out: Path) -> None:
    old = [series_folder(out, benchmark, "local_search") for benchmark in ("one", "two")]
    kept = run(out, SMALL.replace('"local_search"', '"regularized_evolution"\npopulation = 4'))
    (out / "records" / old[0]).mkdir(parents=True)
    (out / "records" / old[0] / "seed-000000.jsonl").write_text("{}\n")
    (out / "trainings" / "ab").mkdir(parents=True)
    (out / "trainings" / "ab" / "shared.json").write_text("{}")
    before, found = files(out), clean(out)
    expected = {f"{kind}/{name}" for kind in ("answers", "timings") for name in old} | {f"records/{old[0]}"}
    assert why(found, out) == dict.fromkeys(expected, cleaning.OLD)
    for one in found:
        inside = f"{Path(one.path).relative_to(out)}/"
        assert one.bytes == sum(len(content) for name, content in before.items() if name.startswith(inside))
    assert {one.files for one in found} == {1, 2}
    assert files(out) == before
    assert clean(out, remove=True) == found
    gone = tuple(f"{one}/" for one in expected)
    assert set(before) - set(files(out)) == {name for name in before if name.startswith(gone)}
    assert clean(out) == []
    assert len(nasbed.Results.load(kept).strategies) == 2


def test_a_study_file_says_what_is_used_by_the_code_as_it_is(out: Path, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(SMALL.replace('[[strategy]]\nuse = "local_search"\n', ""))
    found = clean(out, study=tmp_path / "study.toml")
    names = {series_folder(out, benchmark, "local_search") for benchmark in ("one", "two")}
    assert {Path(one.path).name for one in found} == names
    (tmp_path / "study.toml").write_text(SMALL.replace('"small"', '"other"'))
    with pytest.raises(
        StoreError, match=r"holds the study 'small', not 'other'; give the file of the study that it holds"
    ):
        clean(out, study=str(tmp_path / "study.toml"))
    with pytest.raises(StudyError, match="cannot read the study"):
        clean(out, study=tmp_path / "none.toml")
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "run.json").write_text('{"table": "few"}')
    with pytest.raises(StoreError, match="holds a table, which has no series; leave it out"):
        clean(tmp_path / "table", study=tmp_path / "study.toml")


def test_what_killed_processes_left_is_listed(out: Path) -> None:
    shard = next((out / "answers").rglob("*.parquet"))
    left = {
        shard.with_name(f"{shard.name}.damaged"): cleaning.DAMAGED,
        shard.with_name(f".{shard.name}.12.tmp"): cleaning.TEMPORARY,
        out / ".run.json.12.tmp": cleaning.TEMPORARY,
        out / "trainings" / "ab" / ".cd.json.lock": cleaning.TEMPORARY,
        out / "trainings" / "ab" / "cd.checkpoint": cleaning.CHECKPOINT,
    }
    before = files(out)
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("left")
    (out / "notes.tmp").write_text("mine")
    found = clean(out, remove=True)
    assert {Path(one.path): one.why for one in found} == left
    assert {one.bytes for one in found} == {4}
    assert files(out) == before | {"notes.tmp": b"mine"}


def test_checkpoints_of_unfinished_work_stay(out: Path) -> None:
    record = json.loads((out / "run.json").read_text())
    (out / "run.json").write_text(json.dumps(record | {"complete": False}))
    (out / "trainings").mkdir()
    (out / "trainings" / "cd.checkpoint").write_text("needed")
    assert clean(out, remove=True) == []
    network = out.parent / "network"
    (network / "trainings").mkdir(parents=True)
    (network / "trainings" / "cd.checkpoint").write_text("needed")
    for complete, expected in ((False, 0), (True, 1)):
        (network / "model.json").write_text(json.dumps({"complete": complete}))
        assert len(clean(network)) == expected


def test_a_slice_is_unused_once_all_its_runs_are_in_the_whole(out: Path) -> None:
    shutil.copytree(out, out.parent / "part")
    for number in (1, 2):
        shutil.copytree(out.parent / "part", out / "slices" / f"00{number}-of-002")
    lose(out, "one", "random_search", 50)
    lose(out / "slices" / "001-of-002", "one", "random_search", 50)
    found = clean(out, remove=True)
    assert why(found, out) == {"slices/001-of-002": cleaning.MERGED}
    assert [path.name for path in (out / "slices").iterdir()] == ["002-of-002"]


def test_links_are_not_followed(out: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept.damaged").write_text("mine")
    (elsewhere / ".kept.1.tmp").write_text("mine")
    (out / "link").symlink_to(elsewhere)
    (out / "answers" / "old-0123456789ab").symlink_to(elsewhere)
    (out / "file.damaged").symlink_to(elsewhere / "kept.damaged")
    real = out / "answers" / "gone-0123456789ab"
    real.mkdir()
    (real / "link").symlink_to(elsewhere)
    found = clean(out, remove=True)
    assert why(found, out) == {"answers/gone-0123456789ab": cleaning.OLD}
    assert found[0].bytes == 0
    assert len(files(elsewhere)) == 2
    assert not real.exists()
    shutil.move(out / "timings", elsewhere / "timings")
    (out / "timings").symlink_to(elsewhere / "timings")
    (elsewhere / "timings" / "old-0123456789ab").mkdir()
    assert clean(out, remove=True) == []
    assert (elsewhere / "timings" / "old-0123456789ab").is_dir()


def test_while_it_is_written_a_folder_is_left_alone(out: Path, command: Command) -> None:
    (out / ".run.json.12.tmp").write_text("being written")
    with locks.alone(out, "wait"):
        for words in ([], ["--remove"]):
            done = command("clean", "out", *words)
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr.startswith(f"error: out is being written by process {os.getpid()} on ")
            assert done.stderr.endswith("; wait until it has ended, or look at it with nasbed status\n")
    shutil.copytree(out, out.parent / "part")
    shutil.copytree(out.parent / "part", out / "slices" / "001-of-002")
    with (
        locks.alone(out / "slices" / "001-of-002", "wait"),
        pytest.raises(StoreError, match="slices/001-of-002 is being"),
    ):
        clean(out, remove=True)
    assert (out / ".run.json.12.tmp").exists()


def test_a_record_without_series_removes_nothing(out: Path) -> None:
    record = json.loads((out / "run.json").read_text())
    before = files(out / "answers")
    for series, message in (([], "it names no series"), ([{"folder": "../.."}], "folder of a series = '../..'")):
        (out / "run.json").write_text(json.dumps(record | {"series": series}))
        with pytest.raises(StoreError, match=message):
            clean(out, remove=True)
    assert files(out / "answers") == before


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_what_cannot_be_removed_is_told(out: Path) -> None:
    place = out / "answers" / "old-0123456789ab"
    place.mkdir()
    (place / "file").write_text("x")
    place.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="cannot remove"):
            clean(out, remove=True)
    finally:
        place.chmod(0o700)


def test_the_command_lists_with_sizes_and_as_json(out: Path, command: Command) -> None:
    assert command("clean", "out").stdout == "out: nothing is unused\n"
    place = out / "answers" / "old-0123456789ab"
    place.mkdir()
    (place / "file").write_text("12345")
    shown = command("clean", "out").stdout
    assert "out/answers/old-0123456789ab" in shown
    assert "unused: 5 bytes; --remove removes them" in shown
    listed = json.loads(command("clean", "out", "--json").stdout)
    entry = {"path": "out/answers/old-0123456789ab", "why": cleaning.OLD, "bytes": 5, "files": 1}
    assert listed == {"folder": "out", "removed": False, "bytes": 5, "unused": [entry]}
    assert place.exists()
    assert "removed: 5 bytes" in command("clean", "out", "--remove").stdout
    assert not place.exists()
    done = command("clean", "nowhere", "--remove")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: nowhere does not exist; expected a results folder, as nasbed run --out writes one\n"
