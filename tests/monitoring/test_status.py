"""The status of a folder: while it is written, after a kill, when it is finished, and of whatever kind it is."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from forking import Command
from watched import SMALL, change, lose, run, series_folder

import nasbed
from nasbed import locks
from nasbed.errors import StoreError
from nasbed.monitoring import words
from nasbed.monitoring.status import LINES, read_status
from nasbed.studies.study import Study


def said(folder: Path) -> str:
    status = read_status(folder)
    return "\n".join([words.headline(status), words.progress_words(status), *words.remarks(status)])


def test_a_finished_folder_is_complete(out: Path) -> None:
    status = read_status(str(out))
    assert (status.kind, status.name, status.state, status.holders) == ("study", "small", "complete", ())
    assert (status.done, status.total, status.unit) == (240, 240, "runs")
    assert [(one.benchmark, one.strategy, one.done, one.total) for one in status.series] == [
        (benchmark, strategy, 60, 60) for benchmark in ("one", "two") for strategy in ("random_search", "local_search")
    ]
    assert status.next == f"nasbed report {out} shows what was found"
    assert 0 < len(status.log) <= LINES
    assert datetime.now(UTC) - datetime.fromisoformat(str(status.last_stored)) < timedelta(hours=1)
    assert "complete\n240 of 240 runs (100 %) stored\n" in said(out)


def test_a_running_session_says_who_how_far_and_how_long(out: Path) -> None:
    updated = (datetime.now(UTC) - timedelta(seconds=20)).isoformat(timespec="seconds")
    lose(out, "two", "local_search")
    change(out, state="running", done=200, rate=2.0, seconds_left=100.0, failed=3, updated=updated, what="two RE")
    with locks.alone(out, "wait"):
        status = read_status(out)
        text = said(out)
    assert status.holders == (f"process {os.getpid()} on {socket.gethostname()}",)
    assert (status.state, status.done, status.rate, status.failed) == ("running", 200, 2.0, 3)
    assert 70 < (status.seconds_left or 0) <= 80
    assert [one.done for one in status.series] == [60, 60, 60, 0]
    assert "running (process " in text
    assert "200 of 240 runs (83 %), 2 runs/s" in text
    assert "1 min left, 3 failed" in text
    assert f"nasbed watch {out}" in text


def test_after_a_kill_the_same_command_goes_on(out: Path) -> None:
    lose(out, "two", "local_search", 50)
    change(out, state="running", done=239, rate=2.0, seconds_left=100.0, process=12, machine="node7")
    status = read_status(out)
    assert (status.state, status.done, status.rate, status.seconds_left) == ("killed", 230, None, None)
    assert "its last session (process 12 on node7) was killed, or its machine went down\n230 of 240 runs" in said(out)
    assert status.next == "the same command goes on: nasbed run 'my study.toml'"


@pytest.mark.parametrize(("state", "words_"), [("stopped", "was stopped: by hand"), ("failed", "failed: no memory")])
def test_a_session_that_ended_early_says_why(out: Path, state: str, words_: str) -> None:
    lose(out, "one", "random_search")
    change(out, state=state, why=words_.partition(": ")[2])
    text = said(out)
    assert f"not running; its last session {words_}\n180 of 240 runs (75 %) stored" in text
    assert ("next: once what it failed of is mended, the same command goes on" in text) == (state == "failed")


def test_a_folder_of_before_has_a_status_without_sessions(out: Path) -> None:
    for name in ("session.json", "log.txt"):
        (out / name).unlink()
    assert (read_status(out).state, read_status(out).log) == ("complete", ())
    lose(out, "one", "random_search")
    assert "not running, and not complete" in said(out)
    assert read_status(out).next == "the same command goes on from what is stored"


@pytest.mark.parametrize(
    "content", [b"", b"[1]", b"{", b'{"state": 3}', b'{"state": "running", "done": "x", "updated": 5}']
)
def test_what_a_session_says_may_be_anything(out: Path, content: bytes) -> None:
    (out / "session.json").write_bytes(content)
    (out / "log.txt").write_bytes(b"\xff\x1b[31m\n" * 100_000)
    status = read_status(out)
    assert status.done == 240
    assert len(status.log) == LINES
    assert all(line.isprintable() for line in status.log)
    assert said(out)


def test_damaged_shards_are_counted(out: Path) -> None:
    next((out / "answers" / series_folder(out, "one", "random_search")).iterdir()).write_bytes(b"PAR1")
    status = read_status(out)
    assert status.damaged == 1
    assert status.done < 240
    assert "1 damaged shards" in said(out)


def test_slices_are_summed_up_and_named(out: Path, tmp_path: Path) -> None:
    for name, lost in (("001-of-002", "one"), ("002-of-002", "two")):
        part = tmp_path / "whole" / "slices" / name
        shutil.copytree(out, part)
        for strategy in ("random_search", "local_search"):
            lose(part, lost, strategy)
    status = read_status(tmp_path / "whole")
    assert (status.name, status.state, status.done, status.total) == ("small", "complete", 240, 240)
    assert [(one.name, one.done, one.complete, one.state) for one in status.slices] == [
        ("1/2", 120, True, "ended"),
        ("2/2", 120, True, "ended"),
    ]
    assert status.next.startswith("all slices are complete; join them with nasbed merge ")
    change(tmp_path / "whole/slices/002-of-002", state="running", rate=3.0, seconds_left=9.0, done=1)
    with locks.alone(tmp_path / "whole/slices/002-of-002", "wait"):
        status = read_status(tmp_path / "whole")
        assert (status.state, status.done, status.rate) == ("running", 240, 3.0)
        assert "2 slices have begun, of which 1 are running" in said(tmp_path / "whole")
    lose(tmp_path / "whole/slices/002-of-002", "one", "random_search", 0)
    change(tmp_path / "whole/slices/002-of-002", state="ended")
    status = read_status(tmp_path / "whole")
    assert (status.state, status.done) == ("ended", 190)
    assert status.next.startswith(
        "all slices are complete, yet they lack runs, or are of other code or options; nasbed merge "
    )


def test_slices_that_are_missing_are_named(tmp_path: Path) -> None:
    nasbed.run_slice(Study.parse(SMALL), "2/30", tmp_path / "out")
    status = read_status(tmp_path / "out")
    assert (status.state, status.done, status.total) == ("ended", 10, 240)
    assert "the slices that are not complete go on by their commands (1/30, 3/30, 4/30, " in status.next
    assert "1 slice has begun, of which 0 are running" in said(tmp_path / "out")
    assert f", 21/30 and 9 more); then join all with nasbed merge {tmp_path / 'out'}" in status.next
    own = read_status(tmp_path / "out/slices/000002-of-000030")
    assert (own.name, own.state, own.done, own.total) == ("small, slice 2/30", "complete", 10, 10)
    nasbed.run_study(Study.parse(SMALL), tmp_path / "out")
    assert (read_status(tmp_path / "out").state, read_status(tmp_path / "out").slices) == ("complete", ())


def test_a_table_a_network_and_a_search_have_a_status(tmp_path: Path) -> None:
    table, network, search = (tmp_path / name for name in ("table", "network", "search"))
    for folder in (table, network, search / "search"):
        folder.mkdir(parents=True)
    (table / "run.json").write_text('{"table": "few", "complete": false}')
    (table / "session.json").write_text('{"state": "stopped", "done": 6, "total": 18, "why": "stopped"}')
    (network / "model.json").write_text('{"made": {"architecture": "conv 3x3 6"}, "complete": true}')
    answers = [
        [0, 5, 1, 1.0, 1.0, [40.0]],
        [1, 7, 3, 2.0, 1.0, [30.0]],
        [2, 6, 3, 3.0, 1.0, [None]],
        [3, 9, 3, 4, 1, [35.5]],
    ]
    lines = ["{}", *map(json.dumps, answers), "[4, 5"]
    (search / "search" / "record.jsonl").write_text("\n".join(lines))
    assert "table few: not running; its last session was stopped" in said(table)
    assert "6 of 18 trainings (33 %) stored" in said(table)
    assert said(network).startswith("network conv 3x3 6: complete")
    assert "4 evaluations, 1 failed; incumbent architecture 9, validation value 35.50 after 3 epochs" in said(search)


def test_a_live_study_says_how_far_its_records_are(out: Path) -> None:
    lose(out, "one", "random_search")
    folder = out / "records" / series_folder(out, "one", "random_search")
    folder.mkdir(parents=True)
    for seed in (0, 1):
        line = json.dumps([0, 5 + seed, 1, 1.0, 1.0, [0.5 + seed]])
        (folder / f"seed-{seed:06d}.jsonl").write_text(f"{{}}\n{line}\n")
    status = read_status(out)
    live = status.series[0].live
    assert live is not None
    assert (live.searches, live.evaluations, live.epochs, live.failed) == (2, 2, 1, 0)
    assert "random_search on one, not stored yet: 2 evaluations in 2 searches; incumbent " in said(out)


def test_what_holds_nothing_is_refused(tmp_path: Path, out: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    for folder, message in {
        "nowhere": "does not exist; expected a results folder",
        "file": "is a file; expected a results folder",
        "empty": "holds no results: neither run.json nor model.json nor search is there; expected a folder that nasbed run",
    }.items():
        with pytest.raises(StoreError, match=message):
            read_status(tmp_path / folder)
    (out / "run.json").write_text('{"study": "small", "seeds": {"first": 0}, "series": []}')
    with pytest.raises(StoreError, match=r"run\.json is damaged: seeds = \{'first': 0\}; run the study again"):
        read_status(out)
    (out / "run.json").write_text(
        '{"study": "small", "seeds": {"first": 0, "count": 3}, "series": [{"folder": "../x"}]}'
    )
    with pytest.raises(StoreError, match=r"damaged: folder of a series = '\.\./x'"):
        read_status(out)


def test_the_command_says_so_in_words_and_as_json(out: Path, command: Command) -> None:
    shown = command("status", "out")
    assert (shown.returncode, shown.stderr) == (0, "")
    for text in (
        "study small: complete",
        "240 of 240 runs (100 %) stored",
        "random_search",
        "the last lines of the log:",
    ):
        assert text in shown.stdout
    assert json.loads(command("status", "out", "--json").stdout) == json.loads(json.dumps(read_status(out).data())) | {
        "folder": "out",
        "next": "nasbed report out shows what was found",
    }
    refused = command("status", "nowhere")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert (
        refused.stderr == "error: nowhere does not exist; expected a results folder, as nasbed run --out writes one\n"
    )


def test_looking_does_not_keep_a_writer_out(tmp_path: Path) -> None:
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            locks.holder(tmp_path)

    (tmp_path / locks.NAME).write_text("process 1 on elsewhere")
    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(200):
            with locks.alone(tmp_path, "wait"):
                assert locks.holder(tmp_path).startswith("process ")
    finally:
        over.set()
        thread.join()
    assert locks.holder(tmp_path) == ""


@pytest.mark.thorough
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="kills a process group")
def test_a_run_is_seen_from_outside_and_after_its_kill(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(SMALL.replace("seeds = 60", "seeds = 200000"))
    words_ = [sys.executable, "-m", "nasbed", "run", "study.toml", "--engine", "here", "--out", "out"]
    process = subprocess.Popen(words_, cwd=tmp_path, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if (tmp_path / "out" / "run.json").exists():
                status = read_status(tmp_path / "out")
                if status.state == "running" and status.rate:
                    break
            time.sleep(0.2)
        assert status.state == "running"
        assert f"process {process.pid} on" in status.holders[0]
        assert status.rate
        assert status.seconds_left
        assert status.total == 800_000
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    status = read_status(tmp_path / "out")
    assert (status.state, status.holders, status.rate) == ("killed", (), None)
    assert status.next == "the same command goes on: python -m nasbed run study.toml --engine here --out out"


def test_a_status_changes_nothing(out: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    read_status(out)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert run(out) == out
