"""Studies on a Dask cluster of real processes: the same bytes, whoever leaves and joins, and a message for what goes wrong."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
from clusters import Cluster

import nasbed
from nasbed.engines.cluster import presence
from nasbed.engines.opening import open_engine
from nasbed.errors import EngineError, StrategyError, WorkerDied
from nasbed.studies.study import Study

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads processes from /proc")


def text(strategy: str, seeds: int = 60, evaluations: int = 10) -> str:
    return textwrap.dedent(f"""\
        name = "far"
        seeds = {seeds}
        budget = {{ evaluations = {evaluations} }}
        [[benchmark]]
        use = "nasbench201"
        [[strategy]]
        """) + textwrap.dedent(strategy)


THREE = """\
    use = "regularized_evolution"
    population = 5
    [[strategy]]
    use = "local_search"
    [[strategy]]
    use = "slowly:Slow"
"""


def answers(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted((out / "answers").rglob("*.parquet"))}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The answers of an undisturbed run in one process."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    nasbed.run_study(Study.parse(text(THREE)), out)
    return answers(out)


def test_the_answers_are_those_of_one_process_though_workers_leave_and_join(
    cluster: Cluster, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    leaves, come = cluster.add(), []

    def progress(label: str, done: int, total: int) -> None:
        if done >= 20 and leaves in cluster.workers:
            cluster.remove(leaves)
            come.append(cluster.add())

    nasbed.run_study(Study.parse(text(THREE)), tmp_path / "out", engine=cluster.engine, progress=progress)
    assert answers(tmp_path / "out") == undisturbed
    assert leaves.returncode == -9
    cluster.remove(come[0])


def test_a_scheduler_that_goes_away_is_told_and_the_same_command_goes_on(
    undisturbed: dict[str, bytes], tmp_path: Path, cluster: Cluster
) -> None:
    study, out = Study.parse(text(THREE)), tmp_path / "out"
    with Cluster(tmp_path) as other:
        other.add()

        def progress(label: str, done: int, total: int) -> None:
            if done >= 20:
                other.scheduler.kill()

        with pytest.raises(EngineError) as caught:
            nasbed.run_study(study, out, engine=other.engine, progress=progress)
    message = r"the scheduler at tcp://127\.0\.0\.1:\d+ has gone; (\d+) of 180 runs are stored in .*; the same command"
    told = re.match(message, str(caught.value))
    assert told
    assert int(told[1]) >= 20
    nasbed.run_study(study, out, engine=cluster.engine)
    assert answers(out) == undisturbed


def test_a_strategy_that_kills_its_process_is_told_as_elsewhere(cluster: Cluster, tmp_path: Path) -> None:
    study = Study.parse(text('use = "slowly:Slow"\nhow = "dies"\nlabel = "harmful"', seeds=2))
    message = (
        r"^a worker process died \(signal SIGKILL: .*\) while it ran strategy 'harmful' on nasbench201/cifar10,"
        r" seeds 0 to 1; 0 of 2"
    )
    with pytest.raises(WorkerDied, match=message):
        nasbed.run_study(study, tmp_path / "out", engine=cluster.engine)


def test_a_strategy_that_raises_is_told_as_elsewhere(cluster: Cluster, tmp_path: Path) -> None:
    study = Study.parse(text('use = "slowly:Slow"\nhow = "raises"', seeds=2))
    with pytest.raises(StrategyError, match=r"ZeroDivisionError: division by zero .*slowly\.py"):
        nasbed.run_study(study, tmp_path / "out", engine=cluster.engine)


@pytest.mark.thorough
def test_limits_hold_on_a_cluster(cluster: Cluster, tmp_path: Path) -> None:
    study = Study.parse(text('use = "slowly:Slow"\nhow = "hangs"', seeds=2))
    with pytest.raises(WorkerDied, match=r"it took longer than the limit of 1 seconds"):
        nasbed.run_study(study, tmp_path / "out", engine=f"{cluster.engine}?limit_seconds=1")


def test_a_cluster_without_a_fit_worker_is_told_and_not_waited_for_endlessly(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(presence, "SILENCE", 0.1)
    study = Study.parse(text('use = "random_search"', seeds=2))
    message = (
        r"^no worker that offers GPU=1 is at the scheduler tcp://\S+ for 0.5 seconds; start workers, as by `dask worker"
        r" tcp://\S+ --resources GPU=1`, or wait longer \(wait=SECONDS in the engine's text\); 0 of 2 runs"
    )
    with pytest.raises(EngineError, match=message):
        nasbed.run_study(study, tmp_path / "out", engine=f"{cluster.engine}?resources=GPU=1&wait=0.5")
    assert "no worker that offers GPU=1 is at the scheduler" in caplog.text


def test_nothing_is_left_on_the_workers(cluster: Cluster) -> None:
    with open_engine(cluster.engine) as engine:
        assert sorted(engine.completed(pow, [(n, (n, 2)) for n in range(5)])) == [(n, n * n) for n in range(5)]
    assert children(cluster.workers[0].pid) == []


def children(process: int) -> list[str]:
    """The processes that a process has started, by their numbers."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if stat[0] not in "ZX" and int(stat[1]) == process:
                found.append(folder.name)
    return found


@pytest.mark.thorough
def test_a_worker_with_other_versions_is_refused_whenever_it_joins(cluster: Cluster, tmp_path: Path) -> None:
    old = tmp_path / "old" / "numpy-1.0.0.dist-info"
    old.mkdir(parents=True)
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.0.0\n")
    late = []

    def progress(label: str, done: int, total: int) -> None:
        if not late:
            late.append(cluster.add(PYTHONPATH=str(old.parent)))

    told = rf"the worker tcp://\S+.* has numpy 1\.0\.0; expected what this machine has: numpy {np.__version__}; install the same"
    study = Study.parse(text('use = "slowly:Slow"\nseconds = 0.1', seeds=1_000, evaluations=2))
    with pytest.raises(EngineError, match=told) as caught:
        nasbed.run_study(study, tmp_path / "out", engine=cluster.engine, progress=progress)
    assert "of 1,000 runs are stored" in str(caught.value)
    with pytest.raises(EngineError, match=told), open_engine(cluster.engine):
        pass
    cluster.remove(late[0])
    assert os.path.isfile(tmp_path / "out" / "run.json")
