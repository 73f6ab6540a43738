"""What a session tells of itself in its folder: how far it is, and a log; neither changes the answers nor stops the work."""

from __future__ import annotations

import json
import logging
import re
import warnings
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from tiny import TINY, snapshot, strategy

import nasbed
from nasbed.engines.in_process import InProcess
from nasbed.errors import Interrupted, StoreError, StrategyError, WorkerDied
from nasbed.progress import Counts, begin, happened
from nasbed.studies import sessions
from nasbed.studies.sessions import LOG, SESSION, followed
from nasbed.studies.study import Study


class LateOnce(InProcess):
    """An engine whose first call takes too long."""

    def __init__(self) -> None:
        self.calls = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls += 1
        if self.calls > 1:
            return super().submit(fn, *args)
        future: Future[Any] = Future()
        died = WorkerDied("it took longer than the limit of 1 second")
        died.out_of_time = True
        future.set_exception(died)
        return future


def session(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / SESSION).read_text(encoding="utf-8"))
    return content


def log(folder: Path) -> list[str]:
    return (folder / LOG).read_text(encoding="utf-8").splitlines()


def test_a_session_says_how_far_it_is_and_passes_it_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "EVERY", 0.0)
    told: list[tuple[str, int, int]] = []
    with followed(tmp_path, "run", lambda *words: told.append(words), ["nasbed", "run"], "local:2") as progress:
        assert session(tmp_path)["state"] == "running"
        begin(progress, "runs")
        progress("RE", 3, 10)
        happened(progress, Counts(evaluations=60, failed=2))
        progress("RE", 4, 10)
        seen = session(tmp_path)
    assert told == [("RE", 3, 10), ("RE", 4, 10)]
    assert (seen["done"], seen["total"], seen["unit"], seen["failed"], seen["evaluations"]) == (4, 10, "runs", 2, 60)
    assert (seen["command"], seen["engine"], seen["what"]) == (["nasbed", "run"], "local:2", "RE")
    assert session(tmp_path)["state"] == "ended"


def test_a_log_has_a_line_an_event_and_is_appended_to(tmp_path: Path) -> None:
    for number in (1, 2):
        with followed(tmp_path, "run", command=["nasbed", "run"], engine="here") as progress:
            progress("RE", number, 2)
            progress.warn("two\nlines")
    lines = log(tmp_path)
    assert len(lines) == 6
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00 (INFO|WARNING) ", line) for line in lines)
    assert re.search(r"run began on here \(nasbed .*, Python .*\): nasbed run$", lines[0])
    assert lines[1].endswith("WARNING two lines")
    assert re.search(r"run ended: RE: 2 of 2 \(100 %\)", lines[-1])


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (KeyboardInterrupt(), "stopped", "WARNING run stopped: "),
        (Interrupted("stopped; it is kept"), "stopped", "WARNING run stopped: it is kept"),
        (StrategyError("no such thing"), "failed", "ERROR run failed: no such thing"),
        (ZeroDivisionError("by 0"), "failed", "ERROR run failed: ZeroDivisionError: by 0"),
    ],
)
def test_what_ends_a_session_is_said_with_its_cause(
    tmp_path: Path, error: BaseException, state: str, said: str
) -> None:
    with pytest.raises(type(error)), followed(tmp_path, "run"):
        raise error
    assert session(tmp_path)["state"] == state
    assert said in log(tmp_path)[-1]
    assert sessions.LOGGER.handlers[1:] == []


def test_routine_is_logged_seldom_and_warnings_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST", 3)
    with followed(tmp_path, "run") as progress:
        for done in range(2000):
            progress("RE", done, 2000)
            progress.warn(f"batch {done} was sent again")
    assert len(log(tmp_path)) == 5
    assert log(tmp_path)[3].endswith("batch 2 was sent again")


def test_a_log_that_has_grown_goes_on_in_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "LARGEST", 600)
    for _ in range(20):
        with followed(tmp_path, "run"):
            pass
    assert {path.name for path in tmp_path.iterdir()} == {SESSION, LOG, f"{LOG}.1"}
    assert all(path.stat().st_size <= 900 for path in tmp_path.iterdir())


def test_others_can_listen_and_are_heard(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "nasbed"), followed(tmp_path / "a", "run"), followed(tmp_path / "b", "run"):
        logging.getLogger("nasbed").warning("a worker has left")
    assert [line for line in caplog.messages if "began" in line]
    for name in "ab":
        assert sum("a worker has left" in line for line in log(tmp_path / name)) == 1
        assert sum("began" in line for line in log(tmp_path / name)) == 1


def test_batches_that_are_sent_again_are_counted_and_logged(tmp_path: Path) -> None:
    with LateOnce() as engine, followed(tmp_path, "run") as progress:
        assert list(engine.completed(pow, [("power", (2, 5))])) == [("power", 32)]
        progress("RE", 1, 1)
    assert session(tmp_path)["retried"] == 1
    assert sum("it is made once more" in line for line in log(tmp_path)) == 1


def test_what_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in (LOG, SESSION):
        (out / name).mkdir(parents=True)  # a folder in its place
    (out / LOG / "kept").write_text("mine")
    with followed(out, "run") as progress:
        progress("RE", 1, 2)
    assert snapshot(out) == {f"{LOG}/kept": b"mine"}


def test_a_study_has_the_same_answers_whoever_follows_it(out: Path, tmp_path: Path) -> None:
    def told(what: str, done: int, total: int) -> None: ...

    logging.getLogger("nasbed").setLevel(logging.DEBUG)
    try:
        nasbed.run_study(Study.parse(TINY), tmp_path / "other", progress=told)
    finally:
        logging.getLogger("nasbed").setLevel(logging.NOTSET)
    assert snapshot(tmp_path / "other" / "answers") == snapshot(out / "answers")
    assert (session(out)["done"], session(out)["total"], session(out)["evaluations"]) == (2, 2, 10)
    assert (session(out)["unit"], session(out)["failed"]) == ("runs", 0)


def test_failed_trainings_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "helpers"))
    failing = """
name = "failing"
seeds = 2
budget = { evaluations = 8 }
[[benchmark]]
use = "deadly:Deadly"
[[strategy]]
use = "random_search"
"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nasbed.errors.UnwiseWarning)
        results = nasbed.run_study(Study.parse(failing), tmp_path / "out")
    failed = int(results.evaluations()["value"].isna().sum())
    assert failed > 0
    assert (session(tmp_path / "out")["failed"], session(tmp_path / "out")["evaluations"]) == (failed, 16)


def test_a_study_that_fails_says_so_and_another_may_begin(tmp_path: Path, module: Any) -> None:
    module("def f(query):\n    raise ValueError('lost')\n")
    broken = Study.parse(strategy('use = "function:mine:f"\n'))
    with pytest.raises(StrategyError):
        nasbed.run_study(broken, tmp_path / "out")
    assert "lost" in log(tmp_path / "out")[-1]
    assert session(tmp_path / "out")["state"] == "failed"


def test_a_folder_that_holds_only_what_a_session_said_can_be_used(tmp_path: Path) -> None:
    with pytest.raises(StoreError), followed(tmp_path / "out", "run"):
        raise StoreError("killed before the study was recorded")
    nasbed.run_study(Study.parse(TINY), tmp_path / "out")
    assert (tmp_path / "out" / "run.json").exists()
