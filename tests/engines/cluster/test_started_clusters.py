"""Clusters that an engine starts: on this machine, and as jobs of a queue system; nothing of them is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from clusters import Cluster
from daily import sampled
from places import ROOT

import nasbed
from nasbed.engines.opening import open_engine
from nasbed.errors import EngineError, NasbedError, WorkerDied
from nasbed.studies.study import Study

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads processes from /proc")
SLURM = ROOT / "studies" / "local_slurm"
DEADLINE = 60.0


def text(options: str = "", seeds: int = 40) -> str:
    return textwrap.dedent(f"""\
        name = "started"
        seeds = {seeds}
        budget = {{ evaluations = 5 }}
        [[benchmark]]
        use = "nasbench201"
        [[strategy]]
        use = "slowly:Slow"
        label = "slow"
        """) + textwrap.dedent(options)


def answers(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted((out / "answers").rglob("*.parquet"))}


def sessions() -> dict[int, list[str]]:
    """The living processes by the session that they belong to."""
    found: dict[int, list[str]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if stat[0] not in "ZX":
                found.setdefault(int(stat[3]), []).append(folder.name)
    return found


def jobs() -> list[int]:
    """The jobs that were submitted from this folder, in their order."""
    return [int(path.stem.partition("-")[2]) for path in sorted(Path().glob("slurm-*.out"), key=os.path.getctime)]


@pytest.mark.thorough
def test_a_job_that_its_queue_system_ends_is_submitted_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{SLURM}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    study = Study.parse(text())
    ended = []

    def progress(label: str, done: int, total: int) -> None:
        if done >= 10 and not ended:
            ended.extend(jobs())
            os.killpg(ended[0], signal.SIGKILL)

    engine = "dask:slurm?jobs=1&cores=1&memory=1GB&walltime=00:10:00&account=mine&host=127.0.0.1"
    nasbed.run_study(study, tmp_path / "out", engine=engine, progress=progress)
    nasbed.run_study(study, tmp_path / "here")
    assert answers(tmp_path / "out") == answers(tmp_path / "here")
    assert len(jobs()) == 2
    assert not {session: held for session, held in sessions().items() if session in jobs()}


def test_a_queue_system_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = r"^dask:slurm: jobs cannot be submitted: .*sbatch.*; expected a machine from which jobs are submitted"
    with pytest.raises(EngineError, match=told), open_engine("dask:slurm?cores=1&host=127.0.0.1") as engine:
        engine.submit(pow, 2, 2)


@pytest.mark.thorough
def test_ctrl_c_ends_a_cluster_of_this_machine_and_keeps_what_was_done(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(text("seconds = 0.004\n", seeds=5_000))
    process = subprocess.Popen(
        [sys.executable, "-m", "nasbed", "run", "study.toml", "--engine", "dask:local?workers=1", "--out", "out"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + DEADLINE
    while not list((tmp_path / "out").rglob("answers/**/*.parquet")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130 or process.returncode == 2, errors
    assert "Traceback" not in errors
    assert "of 5,000 runs are stored in out; the same command goes on from there" in errors
    assert process.pid not in sessions()
    assert not [line for line in descendants() if str(tmp_path) in line]


def descendants() -> list[str]:
    """The working directories of all living processes that this user may look at."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                found.append(os.readlink(folder / "cwd"))
            except OSError:
                continue
    return found


@pytest.mark.thorough
def test_a_batch_that_ends_several_workers_is_told(tmp_path: Path) -> None:
    study = Study.parse(text('how = "kills the worker"\n', seeds=2))
    told = (
        r"^a worker process died \(4 workers of the cluster ended one after another while they had this call, the last of them tcp://\S+;"
        r" if their queue system ended them .*\) while it ran strategy 'slow' on nasbench201/cifar10, seeds 0 to 1; 0 of 2 runs"
    )
    with Cluster(tmp_path) as cluster:
        cluster.add("--nanny")  # which starts the worker anew
        with pytest.raises(WorkerDied, match=told):
            nasbed.run_study(study, tmp_path / "out", engine=cluster.engine)


def test_a_cluster_of_this_machine_answers_as_one_process_does_and_leaves_nothing(tmp_path: Path) -> None:
    before, seen = children(), list[int]()

    def progress(label: str, done: int, total: int) -> None:
        seen.append(len(children() - before))

    study = Study.parse(text())
    nasbed.run_study(study, tmp_path / "out", engine="dask:local?workers=2", progress=progress)
    nasbed.run_study(study, tmp_path / "here")
    assert answers(tmp_path / "out") == answers(tmp_path / "here")
    assert max(seen) == 2  # the supervised processes, and none of Dask's
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert children() == before


def children() -> set[str]:
    """The living processes that this one has started."""
    stats = {folder.name: folder / "stat" for folder in Path("/proc").iterdir() if folder.name.isdigit()}
    found = set()
    for name, stat in stats.items():
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == os.getpid() and state not in "ZX":
            found.add(name)
    return found


@pytest.mark.parametrize(("how", "why"), sampled([("dies", "signal SIGKILL"), ("raises", "ZeroDivisionError")], 2))
def test_what_ends_a_call_on_a_cluster_of_this_machine_is_told(how: str, why: str, tmp_path: Path) -> None:
    study = Study.parse(text(f'how = "{how}"\n', seeds=2))
    with pytest.raises(NasbedError, match=why):
        nasbed.run_study(study, tmp_path / "out", engine="dask:local?workers=1")
