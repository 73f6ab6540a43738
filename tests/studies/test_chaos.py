"""A study that is broken off is completed by the same command, with the answers of a run that nothing disturbed."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads processes from /proc")
CHAOS = runpy.run_path(str(ROOT / "studies" / "chaos.py"), run_name="imported")
ENGINE = f"local:2?limit_seconds={CHAOS['LIMIT']}"


def disturbed(events: list[str]) -> list[str]:
    """What was said while a study was disturbed by events."""
    said: list[str] = []
    CHAOS["disturb"](events, 1, ENGINE, said.append)
    return said


@pytest.mark.thorough
def test_a_kill_and_a_damaged_shard_lose_nothing() -> None:
    events = ["kill_the_command", "cut_off_a_shard"]
    said = disturbed(events)
    assert [one.partition(":")[0] for one in said if ":" in one] == [event.replace("_", " ") for event in events]
    assert said[-1] == "completed, with the answers of a run that nothing disturbed"


@pytest.mark.thorough
@pytest.mark.parametrize("event", sorted(CHAOS["EVENTS"]))
def test_an_event_loses_nothing(event: str) -> None:
    assert disturbed([event])[-1] == "completed, with the answers of a run that nothing disturbed"


def test_what_is_lost_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    names, found = CHAOS["disturb"].__globals__, iter([{"a": b"1"}, {}, {"a": b"2"}])
    monkeypatch.setitem(names, "answers", lambda out: next(found))
    monkeypatch.setitem(names, "ended", lambda command, *codes: command.kill() or command.communicate()[1])
    monkeypatch.setitem(names["EVENTS"], "nothing", lambda place: None)
    with pytest.raises(CHAOS["Chaos"], match="the answers are not those of a run that nothing disturbed"):
        disturbed(["nothing"])


def test_a_lock_is_taken_where_the_disk_is_full(tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        " resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); from nasbed.locks import alone\n"
        "with alone(sys.argv[1], 'wait'): print('held')"
    )
    made = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert made.stdout == "held\n", made.stderr
