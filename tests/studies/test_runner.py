"""Runs: the same bytes however they are made, what is stored is not run again, and a stop loses nothing."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import platform
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from daily import daily
from forking import Command

import nasbed
from nasbed.errors import EngineError, Interrupted
from nasbed.studies.batches import BATCH
from nasbed.studies.shards import read_shard
from nasbed.studies.store import SHARD, Store, blocks
from nasbed.studies.study import Study

Run = Callable[..., nasbed.Results]


EVOLUTION = 'use = "regularized_evolution"\npopulation = 10'


def text(strategies: str = EVOLUTION, seeds: int = 2, evaluations: int = 30) -> str:
    return (
        textwrap.dedent(f"""\
        name = "runs"
        seeds = {seeds}
        budget = {{ evaluations = {evaluations} }}

        [[benchmark]]
        use = "nasbench201"

        [[strategy]]
        """)
        + strategies
        + "\n"
    )


THREE = f"""\
{EVOLUTION}

[[strategy]]
use = "reinforce"

[[strategy]]
use = "local_search"
"""


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def answers(out: Path) -> dict[str, bytes]:
    return snapshot(out / "answers")


def times(out: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in out.rglob("*.parquet")}


def stored_at_start(study: str, out: Path, **options: Any) -> int:
    """How many runs were stored before; the study is then completed."""
    done: list[int] = []
    nasbed.run_study(Study.parse(study), out, progress=lambda label, now, total: done.append(now), **options)
    return done[0]


@pytest.fixture(scope="module")
def seventy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results folder of three strategies and 70 seeds, made at once by one process."""
    out = tmp_path_factory.mktemp("seventy") / "out"
    nasbed.run_study(Study.parse(text(THREE, seeds=70)), out)
    return out


def test_two_processes_leave_the_bytes_of_one(seventy: Path, tmp_path: Path) -> None:
    nasbed.run_study(Study.parse(text(THREE, seeds=70)), tmp_path / "out", engine="local:2")
    assert len(answers(seventy)) == 6
    assert answers(tmp_path / "out") == answers(seventy)


def test_seeds_added_later_leave_the_bytes_of_all_at_once(seventy: Path, tmp_path: Path) -> None:
    study = text(THREE, seeds=70)
    assert stored_at_start(study, tmp_path / "out", seeds=30) == 0
    assert stored_at_start(study, tmp_path / "out", seeds=70) == 90
    assert answers(tmp_path / "out") == answers(seventy)


@pytest.mark.thorough
def test_seeds_from_elsewhere_join_the_shards_of_the_others(seventy: Path, tmp_path: Path) -> None:
    late = "first_seed = 40\n" + text(THREE, seeds=30)
    nasbed.run_study(Study.parse(late), tmp_path / "out")
    assert stored_at_start(text(THREE, seeds=70), tmp_path / "out") == 90
    assert answers(tmp_path / "out") == answers(seventy)


def test_another_order_of_strategies_leaves_the_same_bytes(seventy: Path, tmp_path: Path) -> None:
    turned = "\n\n[[strategy]]\n".join(reversed(THREE.strip().split("\n\n[[strategy]]\n"))) + "\n"
    nasbed.run_study(Study.parse(text(turned, seeds=70)), tmp_path / "out")
    assert answers(tmp_path / "out") == answers(seventy)


def test_a_run_does_not_depend_on_the_runs_beside_it(seventy: Path) -> None:
    name = next(path.name for path in (seventy / "answers").iterdir() if "reinforce" in path.name)
    stored = Store(seventy).read("answers", name, [57])
    alone = nasbed.search("reinforce", "nasbench201", budget={"evaluations": 30}, seed=57)
    assert stored["accuracy"].tolist() == [outcome.value for outcome in alone.outcomes]
    assert stored["time"].tolist() == [outcome.time for outcome in alone.outcomes]


# Shards and batches


@pytest.mark.filterwarnings("ignore::nasbed.errors.UnwiseWarning")
@pytest.mark.parametrize("seeds", [1, BATCH - 1, BATCH + 1, SHARD - 1, SHARD, SHARD + 1, 2 * SHARD])
@pytest.mark.parametrize("first", daily([0, 10_000, 10_049], 10_049))
def test_every_seed_is_stored_once_in_its_shard(seeds: int, first: int, tmp_path: Path) -> None:
    wanted = list(range(first, first + seeds))
    results = nasbed.run_study(
        Study.parse(f"first_seed = {first}\n" + text('use = "random_search"', seeds, 3)), tmp_path
    )
    assert results.finals()["seed"].tolist() == wanted
    assert results.finals()["evaluations"].tolist() == [3] * seeds
    expected = {f"seeds-{start:06d}.parquet": group for start, group in blocks(wanted).items()}
    for kind in ("answers", "timings"):
        found = {one.name: read_shard(one)["seed"].tolist() for one in (tmp_path / kind).rglob("*.*")}
        assert {name: sorted(set(held)) for name, held in found.items()} == expected
    assert all(len(group) <= SHARD and start % SHARD == 0 for start, group in blocks(wanted).items())


def test_timings_have_a_line_for_each_trial_and_nothing_of_the_answers(seventy: Path) -> None:
    for path in (seventy / "timings").rglob("*.parquet"):
        columns = read_shard(path)
        assert set(columns) == {"seed", "trial", "thinking"}
        assert len(columns["seed"]) == 30 * len(set(columns["seed"].tolist()))
        assert (columns["thinking"] >= 0).all()


# What is stored is not run again


def test_what_is_stored_is_not_run_again(tmp_path: Path) -> None:
    assert stored_at_start(text(THREE, seeds=60), tmp_path) == 0
    before, bytes_before = times(tmp_path), answers(tmp_path)
    assert stored_at_start(text(THREE, seeds=60), tmp_path) == 180
    assert stored_at_start(text(THREE, seeds=60), tmp_path, seeds=10) == 30
    assert times(tmp_path) == before
    assert answers(tmp_path) == bytes_before


def test_fresh_runs_everything_again(tmp_path: Path) -> None:
    stored_at_start(text(seeds=60), tmp_path)
    before, bytes_before = times(tmp_path), answers(tmp_path)
    assert stored_at_start(text(seeds=60), tmp_path, fresh=True) == 0
    assert all(after > before[path] for path, after in times(tmp_path).items())
    assert answers(tmp_path) == bytes_before


def test_fresh_for_some_seeds_keeps_the_others(tmp_path: Path) -> None:
    stored_at_start(text(seeds=60), tmp_path)
    bytes_before = answers(tmp_path)
    assert stored_at_start(text(seeds=60), tmp_path, seeds=10, fresh=True) == 0
    assert stored_at_start(text(seeds=60), tmp_path) == 60
    assert answers(tmp_path) == bytes_before


def test_a_strategy_added_later_runs_alone(tmp_path: Path) -> None:
    stored_at_start(text(), tmp_path)
    before = times(tmp_path)
    assert stored_at_start(text(f'{EVOLUTION}\n\n[[strategy]]\nuse = "random_search"\n'), tmp_path) == 2
    assert before.items() <= times(tmp_path).items()


@pytest.mark.parametrize(
    "change",
    [
        lambda study: study.replace("evaluations = 30", "evaluations = 31"),
        lambda study: 'noise = "mean"\n' + study,
        lambda study: "workers = 2\n" + study,
        lambda study: study + "sample = 5\n",
        lambda study: study.replace('"nasbench201"', '"nasbench201"\ndataset = "cifar100"'),
    ],
    ids=["budget", "noise", "workers", "options", "data set"],
)
def test_another_protocol_is_run_anew_and_the_old_one_stays(change: Callable[[str], str], tmp_path: Path) -> None:
    stored_at_start(text(), tmp_path)
    old = answers(tmp_path)
    assert stored_at_start(change(text()), tmp_path) == 0
    assert old.items() <= answers(tmp_path).items()
    assert len(answers(tmp_path)) == 2
    assert stored_at_start(text(), tmp_path) == 2


def test_runs_of_other_code_of_ours_are_not_reused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored_at_start(text(), tmp_path)
    old = answers(tmp_path)
    monkeypatch.setattr("nasbed.studies.series._core", lambda: "another core")
    changed = nasbed.Results.load(tmp_path)
    assert changed.warnings == [
        "regularized_evolution on nasbench201/cifar10 was run by other code or data (core changed since);"
        " run the study again to renew it"
    ]
    assert "Warning: " + changed.warnings[0] in nasbed.comparison_table(changed)
    assert stored_at_start(text(), tmp_path) == 0
    assert nasbed.Results.load(tmp_path).warnings == []
    assert old.items() <= answers(tmp_path).items()


def test_progress_counts_every_run(tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    nasbed.run_study(Study.parse(text(seeds=25)), tmp_path, progress=lambda *call: calls.append(call))
    label = "nasbench201/cifar10 regularized_evolution"
    assert calls == [("", 0, 25), (label, 10, 25), (label, 20, 25), (label, 25, 25)]


# The record


def test_the_record_says_what_is_needed_to_repeat_the_run(tmp_path: Path) -> None:
    study, words = text(THREE, seeds=3), ["nasbed", "run", "study.toml"]
    nasbed.run_study(Study.parse(study), tmp_path, command=words)
    record = json.loads((tmp_path / "run.json").read_text())
    assert (record["study"], record["complete"]) == ("runs", True)
    assert record["seeds"] == {"first": 0, "count": 3}
    assert record["study_text"] == study == (tmp_path / "study.toml").read_text()
    assert [entry["strategy"] for entry in record["series"]] == ["regularized_evolution", "reinforce", "local_search"]
    for entry, series in zip(record["series"], Study.parse(study).series(), strict=True):
        assert entry["benchmark"] == "nasbench201/cifar10"
        assert entry["key"] == series.key
        assert entry["content"] == json.loads(json.dumps(series.content))
        assert (tmp_path / "answers" / entry["folder"]).is_dir()
        content = entry["content"]
        checksums = (
            content["strategy"]["source"],
            content["benchmark"]["source"],
            content["benchmark"]["data"],
            content["core"],
        )
        assert all(len(checksum) == 64 and int(checksum, 16) for checksum in checksums)
        assert content["rules"]["budget"] == {"kind": "evaluations", "amount": 30}
    assert len({entry["content"]["strategy"]["source"] for entry in record["series"]}) == 3
    (session,) = record["sessions"]
    assert (session["runs"], session["command"], session["engine"]) == (9, words, "here")
    assert session["versions"]["python"] == platform.python_version()
    assert session["versions"].keys() >= {"nasbed", "numpy", "scipy", "pandas", "pyarrow", "matplotlib"}
    for name in ("nasbed", "numpy", "pyarrow"):
        assert session["versions"][name] == version(name)
    assert session["platform"]["machine"] == platform.machine()
    assert session["platform"]["cores"] == os.cpu_count()
    assert session["wall_seconds"] > 0
    assert session["cpu_seconds"] > 0
    assert abs(datetime.now(UTC) - datetime.fromisoformat(session["started"])) < timedelta(minutes=1)


def test_the_record_names_the_commit_and_whether_files_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*words: str) -> str:
        identity = ("-c", "user.name=me", "-c", "user.email=me@example.org")
        return subprocess.run(["git", *identity, *words], capture_output=True, text=True, check=True).stdout.strip()

    def session() -> dict[str, Any]:
        nasbed.run_study(Study.parse(text()), "out", fresh=True)
        found: dict[str, Any] = json.loads(Path("out/run.json").read_text())["sessions"][-1]
        return found

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert session()["git"] is None
    git("init", "--quiet")
    Path("notes.txt").write_text("one")
    git("add", "notes.txt")
    git("commit", "--quiet", "--message", "First")
    assert session()["git"] == {"commit": git("rev-parse", "HEAD"), "modified": False}
    Path("notes.txt").write_text("two")
    assert session()["git"] == {"commit": git("rev-parse", "HEAD"), "modified": True}


def test_the_record_keeps_every_session_that_ran_something(tmp_path: Path) -> None:
    for seeds in (3, 3, 5):
        nasbed.run_study(Study.parse(text(seeds=5)), tmp_path, seeds=seeds)
    record = json.loads((tmp_path / "run.json").read_text())
    assert [session["runs"] for session in record["sessions"]] == [3, 2]
    assert record["complete"]


def test_the_record_of_a_stopped_run_is_not_complete(tmp_path: Path) -> None:
    seen: list[bool] = []

    def stop(label: str, done: int, total: int) -> None:
        seen.append(json.loads((tmp_path / "run.json").read_text())["complete"])
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"stopped: 20 of 25 runs are stored in .*; the same command goes on"):
        nasbed.run_study(Study.parse(text(seeds=25)), tmp_path, progress=stop)
    assert seen == [False] * 3
    record = json.loads((tmp_path / "run.json").read_text())
    assert not record["complete"]
    assert [session["runs"] for session in record["sessions"]] == [20]
    assert stored_at_start(text(seeds=25), tmp_path) == 20
    assert json.loads((tmp_path / "run.json").read_text())["complete"]


# Stops

SLOW = """\
import os
import time
from dataclasses import dataclass

from nasbed import Proposal, Script

PAUSE = float(os.environ.get("PAUSE", "0"))


@dataclass(frozen=True)
class Slow(Script):
    def search(self, task, rng):
        while True:
            time.sleep(PAUSE) if PAUSE else None
            yield Proposal(task.space.sample(rng))


@dataclass(frozen=True)
class Deadly(Script):
    def search(self, task, rng):
        yield Proposal(task.space.sample(rng))
        if os.environ.get("DEADLY"):
            os._exit(1)
"""
STUDY = text('use = "slow:Slow"', seeds=400, evaluations=10)
DEADLINE = 300.0
"""Seconds after which a test gives up, on a machine however busy."""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    """The answers of the slow study, made at once; its module can be imported."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    (folder / "slow.py").write_text(SLOW)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    nasbed.run_study(Study.parse(STUDY), folder / "out")
    yield answers(folder / "out")
    sys.path.remove(str(folder))


def until(holds: Callable[[], Any], runs: subprocess.Popen[str] | None = None) -> None:
    """Wait until something holds, while a process runs."""
    deadline = time.monotonic() + DEADLINE
    while not holds():
        assert runs is None or runs.poll() is None, runs.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The real command, busy for many seconds in a process group of its own; two shards are stored."""
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "study.toml").write_text(STUDY)
    process = subprocess.Popen(
        [sys.executable, "-m", "nasbed", "run", "study.toml", "--engine", "local:2", "--out", "out"],
        cwd=tmp_path,
        env={**os.environ, "PAUSE": "0.003", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        until(lambda: len(list(tmp_path.glob("out/answers/*/*.parquet"))) >= 2, process)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def runs_stored(out: Path) -> int:
    return sum(len(set(read_shard(path)["seed"].tolist())) for path in out.glob("answers/*/*.parquet"))


def workers_of(command: subprocess.Popen[str]) -> list[int]:
    """The process ids of the workers of a command."""
    found = []
    for children in Path(f"/proc/{command.pid}/task").glob("*/children"):
        for pid in children.read_text().split():
            if b"nasbed.engines.workers" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(int(pid))
    if not found:
        pytest.skip("this system does not list the children of a process")
    return found


def living(group: int) -> bool:
    """Whether a process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("whom", daily(["the group, as a terminal does", "the parent alone"], "the parent alone"))
def test_a_stopped_command_says_how_to_go_on_and_does(
    whom: str,
    started: subprocess.Popen[str],
    uninterrupted: dict[str, bytes],
    command: Command,
    tmp_path: Path,
) -> None:
    if whom == "the parent alone":
        started.send_signal(signal.SIGINT)
    else:
        os.killpg(started.pid, signal.SIGINT)
    stdout, stderr = started.communicate(timeout=DEADLINE)
    assert started.returncode == 130
    assert stdout == ""
    stored = runs_stored(tmp_path / "out")
    assert 2 * SHARD <= stored < 400
    assert (
        stderr.split("\n")[-2]
        == f"stopped: {stored} of 400 runs are stored in out; the same command goes on from there"
    )
    assert "Traceback" not in stderr
    assert not json.loads((tmp_path / "out/run.json").read_text())["complete"]
    assert not (tmp_path / "out/table.md").exists()
    until(lambda: not living(started.pid))

    done = command("run", "study.toml", "--no-figures", "--engine", "local:2", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert answers(tmp_path / "out") == uninterrupted
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert record["complete"]
    assert [session["runs"] for session in record["sessions"]] == [stored, 400 - stored]
    assert (tmp_path / "out/table.md").exists()


@pytest.mark.thorough
def test_a_second_stop_does_not_break_off_the_first(started: subprocess.Popen[str], tmp_path: Path) -> None:
    before = times(tmp_path / "out")
    started.send_signal(signal.SIGINT)
    until(lambda: started.poll() is not None or times(tmp_path / "out") != before)
    started.send_signal(signal.SIGINT)
    stdout, stderr = started.communicate(timeout=DEADLINE)
    stored = runs_stored(tmp_path / "out")
    assert (started.returncode, stdout) == (130, "")
    assert stderr.split("\n")[-2].startswith(f"stopped: {stored} of 400 runs are stored")


@pytest.mark.thorough
def test_a_killed_worker_is_one_message_and_loses_nothing(
    started: subprocess.Popen[str], uninterrupted: dict[str, bytes], tmp_path: Path
) -> None:
    workers = workers_of(started)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    stdout, stderr = started.communicate(timeout=DEADLINE)
    assert (started.returncode, stdout) == (2, "")
    assert stderr.split("\n")[-2].startswith(
        "error: a worker process died (signal SIGKILL: killed, or out of memory?) while"
    )
    assert "Traceback" not in stderr
    assert stored_at_start(STUDY, tmp_path / "out") >= 2 * SHARD
    assert answers(tmp_path / "out") == uninterrupted


@pytest.mark.thorough
def test_a_strategy_that_ends_its_worker_is_one_message(command: Command, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "study.toml").write_text(text('use = "slow:Deadly"', seeds=20))
    done = command("run", "study.toml", "--no-figures", "--engine", "local:2", "--out", "out", DEADLY="1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.split("\n")[-2].startswith(
        "error: a worker process died (exit code 1) while it ran strategy 'slow:Deadly'"
    )
    assert "Traceback" not in done.stderr
    assert not json.loads((tmp_path / "out/run.json").read_text())["complete"]


@pytest.mark.thorough
def test_a_dead_worker_leaves_what_others_finished(
    uninterrupted: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = text('use = "random_search"\n\n[[strategy]]\nuse = "slow:Deadly"\n', seeds=100)
    with monkeypatch.context() as patch:
        patch.setenv("DEADLY", "1")
        with pytest.raises(EngineError, match="a worker process died"):
            nasbed.run_study(Study.parse(study), tmp_path, engine="local:2")
    stored = runs_stored(tmp_path)
    assert stored >= SHARD
    assert stored_at_start(study, tmp_path) == stored


HELD_START = """\
import os
import time
from pathlib import Path

here, parent = Path(__file__).parent, os.getppid()
if "NASBED_WORKER" in os.environ:
    (here / "born").touch()
    while not (here / "stopped").exists() and os.getppid() == parent:
        time.sleep(0.01)
"""
"""A worker that has begun goes on when the stop has been sent."""


@pytest.mark.thorough
def test_a_stop_while_workers_start_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(HELD_START)
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "study.toml").write_text(STUDY)
    process = subprocess.Popen(
        [sys.executable, "-m", "nasbed", "run", "study.toml", "--engine", "local:2", "--out", "out"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PAUSE": "0.003"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        until((tmp_path / "born").exists, process)
        os.killpg(process.pid, signal.SIGINT)
        (tmp_path / "stopped").touch()
        stdout, stderr = process.communicate(timeout=DEADLINE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert (process.returncode, stdout) == (130, "")
    assert "Traceback" not in stderr
    assert stderr.endswith("stopped: 0 of 400 runs are stored in out; the same command goes on from there\n")


def test_a_stop_before_the_study_is_loaded_is_one_message(command: Command, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import os, signal\n\nos.kill(os.getpid(), signal.SIGINT)\n")
    (tmp_path / "study.toml").write_text(STUDY)
    done = command("run", "study.toml", "--no-figures")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\nstopped\n")
    assert not (tmp_path / "results").exists()


def test_a_report_of_the_command_warns_about_changed_code(command: Command, tmp_path: Path) -> None:
    nasbed.run_study(Study.parse(text()), tmp_path / "out")
    record = json.loads((tmp_path / "out/run.json").read_text())
    record["series"][0]["key"] = "0" * 64
    record["series"][0]["content"]["strategy"]["source"] = "0" * 64
    (tmp_path / "out/run.json").write_text(json.dumps(record))
    done = command("report", "out", "--no-figures", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["warnings"] == [
        "regularized_evolution on nasbench201/cifar10 was run by other code or data (strategy changed since);"
        " run the study again to renew it"
    ]
    assert "(strategy changed since)" in (tmp_path / "out/table.md").read_text()


ALONE = [(signal.SIGTERM, False), (signal.SIGHUP, False), (signal.SIGKILL, False)]


@pytest.mark.parametrize(("how", "group"), daily([*ALONE, (signal.SIGKILL, True)], ALONE[-1]))
def test_no_worker_outlives_its_parent_and_the_run_goes_on_to_the_same_bytes(
    how: signal.Signals, group: bool, started: subprocess.Popen[str], uninterrupted: dict[str, bytes], tmp_path: Path
) -> None:
    workers = workers_of(started)
    os.killpg(started.pid, how) if group else started.send_signal(how)
    started.communicate(timeout=DEADLINE)
    assert started.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 130)
    until(lambda: not any(map(living, [started.pid, *workers])))  # each leads a group
    stored = runs_stored(tmp_path / "out")
    assert 2 * SHARD <= stored < 400
    assert stored_at_start(STUDY, tmp_path / "out") == stored
    assert answers(tmp_path / "out") == uninterrupted
