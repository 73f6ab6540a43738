"""How far a command is: a bar where standard error is a terminal, elsewhere lines without a control character."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from nasbed.commands import studies, terminal
from nasbed.progress import Counts, Progress, begin, happened
from nasbed.studies.sessions import followed
from nasbed.tables.printed import printed

WORK = """
import time
from nasbed.commands.terminal import with_progress
from nasbed.progress import Counts, begin, happened

def work(progress):
    begin(progress, "runs")
    for done in range(4):
        progress("RE on C10 \\x1b[31m", done, 3)
        happened(progress, Counts(evaluations=20, failed=1))
        time.sleep(0.3)

with_progress("title", work)
"""


@pytest.fixture
def _talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(terminal.QUIET, "")
    monkeypatch.setattr(terminal, "_LOOK", 0.01)
    monkeypatch.setattr("nasbed.progress.Pauses.__init__.__defaults__", (0.02,))


def work(progress: Progress) -> str:
    begin(progress, "runs")
    for done in range(4):
        progress("RE on \x1b[31mC10", done, 3)
        happened(progress, Counts(evaluations=20, failed=1))
        time.sleep(0.05)
    return "made"


@pytest.mark.usefixtures("_talkative")
def test_without_a_terminal_there_are_lines(capfd: pytest.CaptureFixture[str]) -> None:
    assert terminal.with_progress("title", work) == "made"
    out, err = capfd.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("RE on \\x1b[31mC10: ") for line in lines)
    assert re.search(r"3 of 3 runs \(100 %\), [\d,.]+ runs/s, [\d,.]+ evaluations/s, 4 failed$", lines[-1])
    assert err.replace("\n", "").isprintable()


@pytest.mark.usefixtures("_talkative")
def test_the_last_line_is_said_once_and_leaves_no_time(capfd: pytest.CaptureFixture[str]) -> None:
    def half(progress: Progress) -> None:
        for done in (1, 2, 3):
            progress("gate", done, 3_000)
            time.sleep(0.1)

    def whole(progress: Progress) -> None:
        progress("runs", 3, 3)
        time.sleep(0.2)

    terminal.with_progress("title", half)
    assert "left" not in capfd.readouterr().err.splitlines()[-1]
    terminal.with_progress("title", whole)
    lines = capfd.readouterr().err.splitlines()
    assert len([line for line in lines if "3 of 3" in line]) == 1


@pytest.mark.usefixtures("_talkative")
def test_a_failure_ends_the_lines(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(progress: Progress) -> None:
        work(progress)
        raise KeyError("no")

    with pytest.raises(KeyError):
        terminal.with_progress("title", fail)
    assert capfd.readouterr().err.endswith(" failed\n")


def test_what_is_over_in_a_moment_says_nothing(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(terminal.QUIET, "")
    assert terminal.with_progress("title", lambda progress: progress("runs", 1, 1)) is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("_talkative")
def test_progress_can_be_turned_off(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(terminal.QUIET, "off")
    assert terminal.with_progress("title", work) == "made"
    assert capfd.readouterr() == ("", "")


def drawn(folder: Path, code: str, columns: int) -> str:
    """What code of a program of its own draws in a terminal of so many columns, without escape sequences."""
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": str(columns), terminal.QUIET: ""}
    process = subprocess.Popen([sys.executable, "-c", code], stderr=theirs, cwd=folder, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    assert process.wait(60) == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_a_terminal_has_a_bar_with_rate_and_failures(tmp_path: Path) -> None:
    text = drawn(tmp_path, WORK, 160)
    assert re.search(r"RE on C10 \\x1b\[31m .*2/3 .* runs/s, [\d,.]+ evaluations/s, 1 s left, 3 failed", text)
    assert re.search(r"title .*3/3 .*4 failed", text)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_a_narrow_terminal_cuts_names_and_no_numbers(tmp_path: Path) -> None:
    text = drawn(tmp_path, WORK.replace("RE on C10", "nasbench201/ImageNet16-120 regularized_evolution"), 80)
    assert re.search(r"nasbench2\S*… .*2/3 0:00:0\d [\d,.]+ runs/s, [\d,.]+ evaluations/s, 1 s left, 3 failed", text)


def test_what_an_engine_warns_of_is_said_and_what_a_session_logs_is_not_said_twice(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    engines = logging.getLogger("nasbed.engines.cluster.presence")

    def warned(progress: Progress) -> None:
        with followed(tmp_path, "run", progress) as session:
            session.warn("told by the command")
            engines.warning("no worker\x1b[31m yet; waiting for up to %d seconds", 600)

    terminal.with_progress("title", warned)
    assert capfd.readouterr().err == "warning: no worker\\x1b[31m yet; waiting for up to 600 seconds\n"
    assert (tmp_path / "log.txt").read_text().count("WARNING") == 2
    engines.warning("after the command")
    assert capfd.readouterr().err == ""


def test_a_terminal_that_is_too_narrow_is_told_for_which_columns_and_a_pipe_has_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = ["strategy", "regret", "s " * 60, "a run " * 30]
    tables = [printed(heads, [["tpe", "0.1", "0.2", "0.3"]])]
    studies._print_fitting(tables)
    whole = capsys.readouterr().out
    assert all(head.strip() in whole for head in heads)
    assert "too narrow" not in whole
    monkeypatch.setattr(studies, "open_console", lambda room: Console(width=200))
    studies._print_fitting(tables)
    assert f"(This terminal is too narrow for {heads[3]}; table.md has it.)" in capsys.readouterr().out
