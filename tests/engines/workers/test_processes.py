"""Strategies that misbehave, writers beside one another, and stops: one message, nothing lost, no process left.

Every test runs real processes and waits for what they do, not for a time.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import misbehaving
import pytest
from daily import daily, sampled
from forking import Command

import nasbed
from nasbed.check.elsewhere import Broken, elsewhere, left_behind
from nasbed.check.limits import limited
from nasbed.engines.opening import open_engine
from nasbed.engines.workers.processes import PROCESSES
from nasbed.engines.workers.relay import pass_on
from nasbed.errors import (
    FOREIGN,
    LONGEST,
    NasbedError,
    StoreError,
    StrategyError,
    WorkerDied,
    printable,
    told,
    written_out,
)
from nasbed.gate.commands import update_command
from nasbed.interrupts import held_back
from nasbed.locks import NAME
from nasbed.reports.writing import write_report
from nasbed.studies.store import Store, sweep
from nasbed.studies.study import Study

DEADLINE = 60.0
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads processes from /proc")


def text(how: str, seeds: int = 3, more: str = "") -> str:
    return textwrap.dedent(f"""\
        name = "harm"
        seeds = {seeds}
        budget = {{ evaluations = 4 }}
        [[benchmark]]
        use = "nasbench201"
        [[strategy]]
        use = "misbehaving:Misbehaving"
        label = "harmful"
        how = "{how}"
        """) + textwrap.dedent(more)


def state(process: int) -> str:
    """The letter of a process's state; empty where it has ended."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return ""
    letter = stat.rpartition(")")[2].split()[0]
    return "" if letter in "ZX" else letter


def until(holds: Callable[[], Any]) -> Any:
    """Wait for what a process does."""
    deadline = time.monotonic() + DEADLINE
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[int]]]:
    """The ids that processes of a strategy have noted; none of them may be left."""
    log = tmp_path / "noted"
    monkeypatch.setenv(misbehaving.LOG, str(log))
    monkeypatch.chdir(tmp_path)

    def read() -> list[int]:
        return [int(line) for line in log.read_text().splitlines()] if log.exists() else []

    yield read
    assert [process for process in read() if state(process)] == []


def run(how: str, engine: str = "local:1", **options: Any) -> nasbed.Results:
    return nasbed.run_study(Study.parse(text(how, **options)), "out", engine=engine)


# Strategies that end their process

ENDS = {
    "ends": "exit code 0, as by os._exit(0)",
    "crashes": "signal SIGSEGV: segmentation fault",
    "killed": "signal SIGKILL: killed, or out of memory?",
    "closes": "it closed the descriptors by which it answers",
}


@pytest.mark.parametrize("how", daily(ENDS, "killed", "closes"))
def test_the_end_of_a_worker_is_told_with_what_it_ran(how: str, noted: Callable[[], list[int]]) -> None:
    with pytest.raises(WorkerDied) as caught:
        run(how)
    assert str(caught.value) == (
        f"a worker process died ({ENDS[how]}) while it ran strategy 'harmful' on nasbench201/cifar10, seeds 0 to 2;"
        " 0 of 3 runs are stored in out; the same command goes on from there (mend the strategy where it ends, kills or starts"
        " processes, or give it more memory, as by fewer workers)"
    )
    assert not json.loads(Path("out/run.json").read_text())["complete"]


@pytest.mark.thorough
def test_a_command_whose_only_worker_ends_itself_exits_with_2(command: Command, noted: object, tmp_path: Path) -> None:
    Path("study.toml").write_text(text("ends"))
    Path("misbehaving.py").write_text(Path(misbehaving.__file__).read_text())
    done = command("run", "study.toml", "--engine", "local:1", "--out", "out", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("error: a worker process died (exit code 0, as by os._exit(0))")
    assert "Traceback" not in done.stderr


def test_forks_without_end_are_ended(noted: Callable[[], list[int]]) -> None:
    with pytest.raises(WorkerDied, match=rf"it had started 2\d\d processes; the limit is {PROCESSES}\) while it ran"):
        run("forks")
    assert len(noted()) >= PROCESSES


def test_the_copies_of_a_process_that_forks_give_no_answers(tmp_path: Path) -> None:
    results = nasbed.run_study(Study.parse(text("goes_on_twice")), tmp_path, engine="local:1")
    assert results.finals()["evaluations"].tolist() == [2, 2, 2]


def test_what_a_strategy_leaves_is_ended_and_what_it_prints_goes_to_standard_error(
    command: Command, noted: Callable[[], list[int]]
) -> None:
    """Children in the group and outside of it, one of them deaf and one an orphan, and a thread that is not a daemon."""
    others = "".join(
        f'[[strategy]]\nuse = "misbehaving:Misbehaving"\nlabel = "{how}"\nhow = "{how}"\n'
        for how in ("thread", "prints", "moves")
    )
    Path("study.toml").write_text(text("leaves_a_child", seeds=1) + others)
    Path("misbehaving.py").write_text(Path(misbehaving.__file__).read_text())
    done = command("run", "study.toml", "--no-figures", "--engine", "local:1", "--out", "out", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["summary"]) == 4
    assert {r"\x1b[31mprinted", "written"} <= set(done.stderr.splitlines())
    assert "\x1b" not in done.stdout + done.stderr
    assert len(noted()) == 4
    assert Path("out/table.md").exists()
    assert list(Path("elsewhere").iterdir()) == []


# Strategies that raise what nobody expects

RAISES = {
    "base": "Base: beyond Exception (",
    "generator_exit": "GeneratorExit: over (",
    "interrupts": "KeyboardInterrupt: as if Ctrl-C (",
    "unsayable": "Unsayable: (its text cannot be made: ValueError) (",
    "endless": f"ValueError: red{(FOREIGN // 2 - 3) * 'x'} ... {3_000_003 - FOREIGN:,} more characters"
    f" ... {(FOREIGN // 2) * 'x'} (",
}


@pytest.mark.parametrize("how", daily(RAISES, "base", "interrupts"))
def test_whatever_a_strategy_raises_is_its_error(how: str, noted: object) -> None:
    with pytest.raises(StrategyError) as caught:
        run(how)
    start = "strategy 'harmful' on nasbench201/cifar10, seed 0, after 1 evaluations: "
    assert str(caught.value).startswith(start + RAISES[how])
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("how", sorted(RAISES.keys() - {"interrupts"}))
def test_whatever_a_strategy_raises_in_this_process_is_its_error(how: str) -> None:
    with pytest.raises(StrategyError) as caught:
        nasbed.search("misbehaving:Misbehaving", "nasbench201", options={"how": how}, budget={"evaluations": 4})
    assert RAISES[how] in str(caught.value)


def test_ctrl_c_in_a_search_of_this_process_stays_what_it_is() -> None:
    with pytest.raises(KeyboardInterrupt):
        nasbed.search(
            "misbehaving:Misbehaving", "nasbench201", options={"how": "interrupts"}, budget={"evaluations": 4}
        )


def test_a_strategy_that_goes_elsewhere_does_not_take_the_results_along(noted: object) -> None:
    run("moves", "here")
    assert Path("out/run.json").exists()
    assert list(Path("elsewhere").iterdir()) == []


def test_texts_for_a_terminal() -> None:
    assert printable("a\x1b[1;31mb\x1b]8;;http://x\x07c\x1b(Bd\x08e\u202ef\tg\nh\r\ni") == "abcdef\\tg\nh\ni"
    assert printable("\x1b]0;title\x1b\\a \x1b]never ended") == "a never ended"
    assert printable("a\x9b31mb\x9d0;title\x9cc\x1b]0;title\x9cd”\x9d never ended") == "abcd” never ended"
    assert printable("ä漢🦊±") == "ä漢🦊±"
    assert written_out("a\x1b[31m\x00\x9b\u202e é\t漢\u3000🦊\n") == "a\\x1b[31m\\x00\\x9b\\u202e é\t漢\u3000🦊\n"
    assert (
        str(NasbedError(5_000 * "y"))
        == f"{LONGEST // 2 * 'y'} ... {5_000 - LONGEST:,} more characters ... {LONGEST // 2 * 'y'}"
    )
    assert told(misbehaving.Unsayable()) == "Unsayable: (its text cannot be made: ValueError)"


# Gates, checks, reports


@pytest.mark.parametrize(
    ("printed", "passed_on"),
    [
        (b"plain \xc3\xa9\xe6\xbc\xa2\tand more\n", ["plain é漢\tand more\n"]),
        (b"\x1b[31mred\x1b]0;title\x07\xc2\x9b2J\xff\n", ["\\x1b[31mred\\x1b]0;title\\x07\\x9b2J\\xff\n"]),
        (b"10 %\r20 %\r\nunfinished", ["10 %\n", "20 %\n", "unfinished\n"]),
        (9_000 * b"x" + b"\n", [9_000 * "x" + "\n"]),
        (b"", []),
    ],
)
def test_what_a_worker_prints_is_passed_on_by_the_line(
    printed: bytes, passed_on: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(sys.stderr, "write", written.append)
    for size in (1, 7, 1 << 16):  # also where letters arrive in parts
        written.clear()
        pass_on(io.BufferedReader(_Slowly(printed, size)))
        assert "".join(written) == "".join(passed_on)
        assert max(map(len, written), default=0) <= LONGEST + 1


class _Slowly(io.RawIOBase):
    """A file that gives so many bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        self.content, self.size = io.BytesIO(content), size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self.content.read(min(self.size, len(buffer)))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def test_a_worker_of_a_gate_that_dies_is_told(noted: object) -> None:
    with pytest.raises(WorkerDied) as caught:
        nasbed.make_baseline(Study.parse(text("ends")), seeds=100, engine="local:1")
    assert "a worker process died (exit code 0, as by os._exit(0)) while it ran strategy 'harmful' on" in str(
        caught.value
    )
    assert "nothing is stored: mend the strategy" in str(caught.value)


def test_a_check_whose_process_dies_is_broken_and_the_suite_goes_on(noted: object) -> None:
    findings = nasbed.check_strategy("misbehaving:Misbehaving", how="ends", engine="local:1")
    assert findings[0].holds
    died = [finding for finding in findings if finding.problem.startswith("its process died: exit code 0")]
    assert len(died) == 1
    assert any(finding.see == died[0].check for finding in findings)


@pytest.mark.thorough
def test_a_check_waits_for_nothing_that_is_left_in_another_process_and_says_what_it_is() -> None:
    seen = elsewhere("misbehaving:leaves_a_thread", "it", {})
    os.kill(seen["signature"]["child"], signal.SIGKILL)
    assert left_behind(seen) == ("it leaves a thread running, 'left': a worker is ended without waiting for threads")
    assert left_behind({**seen, "left": []}) is None
    with pytest.raises(Broken, match=r"^another process failed: ValueError: failed; expected that 'it' with"):
        elsewhere("misbehaving:fails_with_a_thread", "it", {})
    with (
        limited(1.0),
        pytest.raises(Broken, match=r"1 s ran out in another process; expected its answer.*: choose quicker"),
    ):
        elsewhere("misbehaving:sleeps", "it", {})


@pytest.mark.thorough
def test_a_worker_of_a_report_that_dies_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = nasbed.run_study(Study.parse(text("prints")), tmp_path)
    monkeypatch.setattr("nasbed.figures.drawing.pictures", misbehaving.killed_by)
    with pytest.raises(
        WorkerDied, match=r"a worker process died \(signal SIGKILL: .*\) while it drew; the results are whole"
    ):
        write_report(results, tmp_path, engine="local:1")


def test_a_call_that_fails_brings_its_traceback() -> None:
    with open_engine("local:1") as executor:
        with pytest.raises(ZeroDivisionError) as caught:
            executor.submit(divmod, 1, 0).result()
        assert "in answer_of" in str(caught.value.__cause__)
        with pytest.raises(NasbedError, match="a worker's call raised SystemExit: 3"):
            executor.submit(sys.exit, 3).result()
        assert executor.submit(divmod, 7, 2).result() == (3, 1)


# One writer at a time

HOLD = "import sys; from nasbed.studies.store import Store\nwith Store('out').alone(): print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def holder(noted: object) -> Iterator[subprocess.Popen[str]]:
    """A process that writes to the results folder until it is ended."""
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_runner_is_refused_until_the_first_has_ended(holder: subprocess.Popen[str]) -> None:
    with pytest.raises(StoreError) as caught:
        run("prints", "here")
    assert str(caught.value) == (
        f"out is being written by process {holder.pid} on {os.uname().nodename}; wait until it has ended, or choose another"
        " folder with --out"
    )
    holder.kill()
    holder.wait()
    run("prints", "here")
    assert not (Path("out") / NAME).exists()


def test_results_are_read_while_a_runner_writes(noted: object) -> None:
    made = run("prints", "here")
    with Store("out").alone():
        assert nasbed.Results.load("out").finals().equals(made.finals())


def test_two_runners_one_after_another_keep_both_sessions(noted: object) -> None:
    run("prints", "here")
    run("prints", "here", seeds=5)
    record = json.loads(Path("out/run.json").read_text())
    assert ([session["runs"] for session in record["sessions"]], record["seeds"]["count"]) == ([3, 2], 5)


def test_what_a_killed_writer_had_begun_is_swept_away(tmp_path: Path) -> None:
    for name in ("a/.seeds-000000.parquet.17.tmp", "a/seeds-000000.parquet", "run.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["run.json", "seeds-000000.parquet"]


def test_a_baseline_has_one_writer(tmp_path: Path) -> None:
    file = tmp_path / "base.json"
    code = (
        "import sys; from pathlib import Path; from nasbed.locks import alone\n"
        "with alone(Path(sys.argv[1]), ''): print('held', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(file)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(StoreError, match=rf"base.json is being written by process {process.pid} on .*--update"):
            update_command(Study.parse(text("prints")), file, seeds=100, engine="here")
    update_command(Study.parse(text("prints")), file, seeds=100, engine="here")
    assert [path.name for path in tmp_path.iterdir()] == ["base.json"]


# Stops

EARLY = """\
import os, signal, sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == "nasbed.commands.cli":
            os.kill(os.getpid(), getattr(signal, sys.argv[1]))
sys.meta_path.insert(0, Stop())
from nasbed.__main__ import main
main()
"""


@pytest.mark.parametrize("how", ["SIGINT", "SIGHUP"])
def test_a_stop_before_anything_is_imported_is_one_word(how: str) -> None:
    done = subprocess.run([sys.executable, "-c", EARLY, how], capture_output=True, text=True, timeout=DEADLINE)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\nstopped\n")


def test_an_interrupt_waits_for_what_must_not_be_broken_off() -> None:
    steps = []

    def whole() -> None:
        with held_back():
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            steps.append("whole")

    with pytest.raises(KeyboardInterrupt):
        whole()
    assert steps == ["whole"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.thorough
def test_stopped_processes_go_on_and_a_deaf_one_is_ended_by_two_stops(noted: Callable[[], list[int]]) -> None:
    """A strategy stops its worker and the command (SIGSTOP), both go on (SIGCONT); then it is deaf to SIGTERM for ever."""
    Path("study.toml").write_text(
        text("pauses", seeds=1) + '[[strategy]]\nuse = "misbehaving:Misbehaving"\nhow = "deaf"\n'
    )
    Path("misbehaving.py").write_text(Path(misbehaving.__file__).read_text())
    words = [sys.executable, "-m", "nasbed", "run", "study.toml", "--engine", "local:1", "--out", "out"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        (worker,) = until(noted)
        until(lambda: state(worker) == "T" and state(process.pid) == "T")
        os.kill(process.pid, signal.SIGCONT)
        os.kill(worker, signal.SIGCONT)
        until(lambda: len(noted()) == 2)  # the first strategy has ended, and the second is deaf
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
    assert (process.returncode, stdout) == (130, "")
    assert stderr == "\nstopped: 1 of 2 runs are stored in out; the same command goes on from there\n"
    assert list(Path("out").rglob(".*")) == []


@pytest.mark.parametrize("closed", sampled(["the reader has gone", "it is closed"], 2))
def test_nobody_reads_what_is_printed(closed: str) -> None:
    words = [sys.executable, "-m", "nasbed", "--version"]
    if closed == "it is closed":
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *words], stderr=subprocess.PIPE, timeout=DEADLINE)
        assert (done.returncode, done.stderr) == (0, b"")
        return
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(DEADLINE) == 1
