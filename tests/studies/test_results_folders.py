"""Results folders of something else, damaged or half-written: refused, and nothing of them is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from daily import sampled
from forking import Command
from tiny import TINY, flip, refused, seeds, snapshot

import nasbed
from nasbed import locks
from nasbed.errors import Interrupted, StoreError
from nasbed.studies.shards import digest, read_shard
from nasbed.studies.study import Study


def test_a_results_folder_of_another_study_is_refused(out: Path, command: Command, tmp_path: Path) -> None:
    before = snapshot(out)
    (tmp_path / "study.toml").write_text(TINY.replace("tiny", "other"))
    refused(command("run", "study.toml", "--out", "out"), "out holds the study 'tiny', not 'other'", "--out")
    assert snapshot(out) == before


def test_a_folder_with_other_files_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").write_text("precious")
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("run", "study.toml", "--out", "thesis"), "thesis holds other files", "another folder with --out")
    assert snapshot(tmp_path / "thesis") == {"chapter.tex": b"precious"}


def test_a_folder_that_cannot_be_made_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("run", "study.toml", "--out", "/dev/null/out"), "/dev/null", "--out")
    refused(command("run", "study.toml", "--out", "/proc/out"), "/proc/out", "--out")


@pytest.mark.parametrize("out", ["notes.txt", "notes.txt/out"])
def test_a_file_for_a_results_folder_is_refused(out: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("precious")
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("run", "study.toml", "--out", out), "notes.txt is a file", "--out")
    assert (tmp_path / "notes.txt").read_text() == "precious"


def test_a_report_without_results_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(command("report", "empty"), "empty holds no results", "run a study with --out empty")
    refused(command("report", "nowhere"), "nowhere holds no results", "run a study with --out nowhere")
    assert list((tmp_path / "empty").iterdir()) == []
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ("model.json README.md", "holds a network of nasbed train, and no results of a study; its scores are in net/README.md, and"
                                 " nasbed predict net FILE asks it"),
        ("model.json", "is to hold a network of nasbed train, and no results of a study; nasbed status net says how far it is"),
        ("search/record.jsonl model.json README.md", "holds a network of nasbed search-model, and no results of a study"),
        ("search/record.jsonl", "the command that began it goes on from there"),
    ],
)  # fmt: skip
def test_a_report_on_a_network_says_what_can_be_done_with_it(
    there: str, words: str, command: Command, tmp_path: Path
) -> None:
    for name in there.split():
        (tmp_path / "net" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "net" / name).write_text("{}")
    refused(command("report", "net"), words)
    refused(command("compare", "net", "net"), words)


def test_a_report_on_a_file_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("report", "study.toml"), "study.toml is a file", "results folder")


@pytest.mark.parametrize("content", sampled(["", '{"study": "tiny", ', "[]", "5", '"tiny"', "\x00"], 3))
def test_a_damaged_record_is_refused(content: str, out: Path) -> None:
    shards = snapshot(out / "answers")
    (out / "run.json").write_text(content)
    with pytest.raises(StoreError, match=r"run\.json is damaged.*run the study again"):
        nasbed.Results.load(out)
    with pytest.raises(StoreError, match=r"run\.json is damaged.*another folder"):
        nasbed.run_study(Study.parse(TINY), out)
    assert snapshot(out / "answers") == shards


@pytest.mark.parametrize("key", sampled(["study_text", "seeds", "series"], 3))
@pytest.mark.parametrize("value", ["missing", 5, []])
def test_a_record_with_a_damaged_key_is_refused(key: str, value: object, out: Path) -> None:
    record = json.loads((out / "run.json").read_text())
    del record[key]
    if value != "missing":
        record[key] = value
    (out / "run.json").write_text(json.dumps(record))
    with pytest.raises(StoreError, match=r"run\.json.*run the study again"):
        nasbed.Results.load(out)


ODD_RECORDS: list[tuple[tuple[Any, ...], Any, str]] = [
    (("study_text",), 5, "study_text = 5; expected a text; run the study again"),
    (("seeds",), [], "seeds = []; expected a table; run the study again"),
    (("seeds", "count"), True, "seeds = True; expected a whole number in 1 .. 1,000,000; run the study again"),
    (("series",), [3], "series = [3]; expected a list of tables; run the study again with --out of another folder"),
    (("bounds",), 3, "bounds = 3; expected a table; run the study again with --out of another folder"),
    (
        ("sessions",),
        None,
        "sessions = None; expected a list of tables; run the study again with --out of another folder",
    ),
    (("series", 0, "strategy"), None, "strategy of a series = None; expected a text; run the study again"),
    (("series", 0, "key"), 1, "key of a series = 1; expected a text; run the study again"),
    (("series", 0, "content"), "x", "content of a series = 'x'; expected a table; run the study again"),
    (("series", 0, "folder"), None, "folder of a series = None; expected a text; run the study again"),
    (("series", 0, "folder"), "../x", "folder of a series = '../x'; expected the name of one below answers; run the"),
    (("series", 0, "folder"), "a" * 300, "2 more characters"),
]


@pytest.mark.parametrize(("where", "value", "message"), sampled(ODD_RECORDS, 3), ids=range(len(ODD_RECORDS)))
def test_a_record_of_another_form_is_refused(where: tuple[Any, ...], value: Any, message: str, out: Path) -> None:
    record = json.loads((out / "run.json").read_text())
    inner = record
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    (out / "run.json").write_text(json.dumps(record))
    with pytest.raises(StoreError) as refused:
        nasbed.Results.load(out)
    assert str(refused.value).startswith(f"{out / 'run.json'} is damaged: ")
    assert message in str(refused.value)


@pytest.mark.parametrize("key", sampled(["strategy", "benchmark", "key", "folder", "content"], 2))
def test_a_record_whose_series_lack_a_key_is_refused(key: str, out: Path) -> None:
    record = json.loads((out / "run.json").read_text())
    del record["series"][0][key]
    (out / "run.json").write_text(json.dumps(record))
    with pytest.raises(
        StoreError, match=rf"run\.json is damaged: the key '{key}' of a series is missing; run the study"
    ):
        nasbed.Results.load(out)


@pytest.mark.parametrize("name", ["\x1b]", "\x1bX", "\x1b]0;title", "a" * 5000, "\n\n", " "])
def test_a_folder_of_any_name_leaves_the_rest_of_the_message(name: str) -> None:
    with pytest.raises(StoreError, match=r"run (a|the) study") as refused:
        nasbed.Results.load(name)
    assert len(str(refused.value)) <= 1_000
    assert "\n" not in str(refused.value)


def test_a_folder_whose_name_is_a_tab_can_be_read_in_the_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        StoreError, match=r"^'\\t' holds no results: run\.json is missing; run a study with --out '\\t'$"
    ):
        nasbed.Results.load("\t")


def test_the_command_refuses_a_damaged_record(out: Path, command: Command) -> None:
    (out / "run.json").write_text("{")
    refused(command("report", "out"), "run.json is damaged", "run the study again")


def shard(folder: Path, kind: str = "answers") -> Path:
    (path,) = (folder / kind).rglob("*.parquet")
    return path


@pytest.mark.parametrize("kind", sampled(["answers", "timings"], 3))
@pytest.mark.parametrize("keep", [0, 3, 100, -1])
def test_a_truncated_shard_is_refused(kind: str, keep: int, out: Path) -> None:
    path = shard(out, kind)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StoreError, match=r"\.parquet is damaged .*delete it and run the study again"):
        nasbed.Results.load(out)


def test_a_missing_shard_is_refused_and_made_anew(out: Path) -> None:
    before, path = snapshot(out / "answers"), shard(out)
    path.unlink()
    with pytest.raises(StoreError, match=r"\.parquet is missing; run the study again"):
        nasbed.Results.load(out)
    nasbed.run_study(Study.parse(TINY), out)
    assert snapshot(out / "answers") == before


def test_a_report_on_a_folder_that_is_being_written_says_what_to_do_meanwhile(out: Path) -> None:
    next(out.glob("answers/*/*.parquet")).unlink()
    with (
        locks.alone(out, "wait"),
        pytest.raises(StoreError, match=r"is missing; process \d+ on .* is writing it: wait .* with nasbed watch$"),
    ):
        nasbed.Results.load(out)


def test_no_flipped_bit_of_a_shard_changes_an_answer(out: Path) -> None:
    path = shard(out)
    content, right = path.read_bytes(), digest(read_shard(path))
    refusals = 0
    places = [*range(0, len(content), 4)]
    for place in places:
        flip(path, place)
        try:
            assert digest(read_shard(path)) == right, place
        except StoreError:
            refusals += 1
        path.write_bytes(content)
    assert refusals > len(places) / 2


def test_a_report_on_half_a_shard_says_that_runs_are_missing(tmp_path: Path) -> None:
    def stop(label: str, done: int, total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    study = Study.parse(seeds("seeds = 40"))
    with pytest.raises(Interrupted, match="20 of 40 runs are stored"):
        nasbed.run_study(study, tmp_path / "out", progress=stop)
    with pytest.raises(StoreError, match="run the study again"):
        nasbed.Results.load(tmp_path / "out")
    assert len(nasbed.run_study(study, tmp_path / "out").finals()) == 40


def test_a_stop_before_the_record_is_written_leaves_a_folder_to_go_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nasbed.studies.runner.provenance", stop)
    with pytest.raises((Interrupted, KeyboardInterrupt)):
        nasbed.run_study(Study.parse(TINY), tmp_path / "out")
    monkeypatch.undo()
    assert len(nasbed.run_study(Study.parse(TINY), tmp_path / "out").finals()) == 2
