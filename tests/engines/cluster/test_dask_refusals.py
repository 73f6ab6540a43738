"""What is refused of a Dask engine before a cluster is asked, and what a process on its machines refuses before it makes a call."""

from __future__ import annotations

import importlib.util
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from daily import sampled

from nasbed.engines.cluster.agreement import facts, require_agreement
from nasbed.engines.cluster.caller import Caller
from nasbed.engines.cluster.calls import make
from nasbed.engines.cluster.presence import Presence
from nasbed.engines.cluster.resources import resources_of
from nasbed.engines.limits import Limits
from nasbed.engines.opening import open_engine
from nasbed.engines.workers.processes import Processes
from nasbed.errors import EngineError, NasbedError, PluginError
from nasbed.studies.batches import described, run_batch
from nasbed.studies.study import Study

STUDY = """\
name = "far"
seeds = 1
budget = { evaluations = 5 }
[[benchmark]]
use = "nasbench201"
[[strategy]]
use = "slowly:Slow"
"""


@pytest.mark.parametrize(
    ("engine", "told"),
    sampled(
        [
            (
                "dask",
                "unknown kind of Dask cluster ''; known: tcp://HOST:PORT, tls, ws, wss, local, slurm, pbs, lsf, sge",
            ),
            ("dask:slrum?jobs=5", "unknown kind of Dask cluster 'slrum'; did you mean 'slurm'?"),
            (
                "dask:tcp://host",
                "unknown engine 'dask:tcp://host'; expected the scheduler's host and port, as dask:tcp://host:8786",
            ),
            ("dask:local:4", "unknown engine 'dask:local:4'; expected dask:local?workers=4"),
            ("dask:local?workers=0", "workers = '0'; expected a whole number from 1 to 100,000"),
            (
                "dask:local?worker=2",
                "unknown option of the engine dask:local 'worker'; did you mean 'workers'? known: workers, wait",
            ),
            (
                "dask:tcp://a:1?jobs=2",
                "unknown option of the engine dask:tcp 'jobs'; known: wait, resources, limit_seconds, limit_memory",
            ),
            ("dask:slurm?job=5", "unknown option of the engine dask:slurm 'job'; did you mean 'jobs'?"),
            (
                "dask:slurm?wall_time=1:00",
                "unknown option of the engine dask:slurm 'wall_time'; did you mean 'walltime'?",
            ),
            ("dask:pbs?account", "unknown engine 'dask:pbs?account': 'account'; expected each option once"),
            (
                "dask:local?wait=long",
                "wait = 'long'; expected the seconds for which there may be no worker, as wait=600",
            ),
            (
                "dask:local?resources=GPU",
                "resources = 'GPU'; expected what a call takes of a worker, as resources=GPU=1",
            ),
            ("dask:local?limit_memory=4", "limit_memory = '4'; expected a number above 0 with its unit"),
            ("dusk:local", "or a cluster, as 'dask:tcp://HOST:PORT'"),
        ],
        3,
    ),
)
def test_the_text_of_an_engine_is_refused_with_what_is_known(engine: str, told: str) -> None:
    with pytest.raises(NasbedError) as caught:
        open_engine(engine)
    assert told in str(caught.value)


@pytest.mark.parametrize(("module", "engine"), [("distributed", "dask:local"), ("dask_jobqueue", "dask:slurm")])
def test_without_dask_the_extra_is_named(module: str, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def find_spec(name: str, *words: Any) -> Any:
        return None if name == module else real(name, *words)

    for place in ("connecting", "queues"):
        monkeypatch.setattr(f"nasbed.engines.cluster.{place}.find_spec", find_spec)
    with pytest.raises(EngineError, match=r"needs (Dask|dask-jobqueue): pip install .*\[dask\]"):
        open_engine(engine)


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nasbed.engines.cluster.connecting.PATIENCE", 0.3)
    with (
        pytest.raises(
            EngineError,
            match=r"^no scheduler answers at tcp://127\.0\.0\.1:9: .*expected the address that `dask scheduler`",
        ),
        open_engine("dask:tcp://127.0.0.1:9"),
    ):
        pass


def test_versions_that_differ_are_told_with_who_has_them() -> None:
    ours = {"Python": "3.12", "numpy": "2.0", "torch": "2.9"}
    require_agreement(ours, {"a": {"Python": "3.12", "numpy": "2.0"}})
    others = {name: {"Python": "3.11", "numpy": "2.0", "torch": "2.8"} for name in "abcde"}
    told = (
        "a has Python 3.11, torch 2.8; b has Python 3.11, torch 2.8; c has Python 3.11, torch 2.8, and 2 more differ; expected what"
        " this machine has: Python 3.12, torch 2.9; install the same versions for the client, the scheduler and all workers"
    )
    with pytest.raises(EngineError) as caught:
        require_agreement(ours, others)
    assert str(caught.value) == told


def test_the_source_of_nasbed_is_one_of_the_versions() -> None:
    assert len(facts()["nasbed's source"]) == 12


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Makes calls in a process that is not in the folder of this one."""
    caller = Caller("elsewhere", (), None, str(tmp_path_factory.mktemp("elsewhere")), Limits())
    with Processes(1) as processes:
        yield lambda content, path=(): pickle.loads(
            processes.submit(make, replace(caller, name=str(path), path=path), "tcp://far:1", content, ()).result()[0]
        )


def test_a_worker_without_the_module_of_a_plugin_is_told_with_the_remedy(
    elsewhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = Study.parse(STUDY).series()[0]
    assert series.key
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", [folder for folder in sys.path if folder != str(Path(__file__).parent)])
        with Processes(1) as without:
            caller = Caller("without", (), None, "/", Limits())
            call = pickle.dumps((described, (series, [0])))
            _, error, _ = pickle.loads(without.submit(make, caller, "tcp://far:1", call, ()).result()[0])
    assert isinstance(error, PluginError)
    for part in (
        "the worker tcp://far:1 on machine",
        "slowly",
        "file system that all machines share, or install the plug-in",
    ):
        assert part in str(error)


def test_other_code_or_data_on_a_worker_is_told(elsewhere: Any) -> None:
    series = Study.parse(STUDY).series()[0]
    content = pickle.loads(pickle.dumps(series.content))
    content["strategy"]["source"] = content["benchmark"]["data"] = "0" * 64
    vars(series).update(content=content, key="1" * 64)
    _, error, _ = elsewhere(pickle.dumps((described, (series, [0]))))
    assert isinstance(error, EngineError)
    assert "differs from this one in strategy.source, benchmark.data of strategy 'slowly:Slow' on nasbench201" in str(
        error
    )


def test_processes_take_calls_from_several_threads_at_once() -> None:
    together = threading.Barrier(4)

    def submit(number: int) -> int:
        together.wait()
        return int(processes.submit(pow, number, 2).result())

    with Processes(2) as processes, ThreadPoolExecutor(4) as threads:
        assert list(threads.map(submit, range(4))) == [0, 1, 4, 9]


class FakeConnection:
    """A scheduler that says of its workers what a test wants."""

    address = "tcp://fake:1"

    def __init__(self) -> None:
        self.restarted: list[str] = []
        self.client = self

    def workers(self) -> dict[str, dict[str, Any]]:
        """One that runs, and one that is paused."""
        fit = {"status": "running", "nthreads": 3, "resources": {"GPU": 2}, "nanny": None, "memory_limit": 10}
        return {"tcp://a:1": fit, "tcp://b:1": {**fit, "status": "paused", "nanny": "tcp://b:2"}}

    def renew(self, present: int) -> None:
        """Nothing is a job here."""

    def restart_workers(self, workers: list[str], **options: Any) -> None:
        """Note which were restarted."""
        self.restarted += workers


def test_a_paused_worker_does_not_count_and_is_started_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connection = FakeConnection()
    found = Presence(connection, 600.0)  # type: ignore[arg-type]
    assert (found.places({}), found.places({"GPU": 1}), found.places({"FPGA": 1})) == (3, 2, 0)
    assert connection.restarted == []
    monkeypatch.setattr("nasbed.engines.cluster.presence._PAUSED", -1.0)
    found.look()
    assert connection.restarted == ["tcp://b:1"]
    assert "the worker tcp://b:1 is paused, as its memory of 10 bytes is full; it is started anew" in caplog.text
    monkeypatch.setattr(found, "_longest", -1.0)
    with pytest.raises(
        EngineError, match=r"no worker that offers FPGA=1 is at .* \(1 are paused, as their memory is full\)"
    ):
        found.require({"FPGA": 1})


def test_a_worker_that_does_not_see_the_folder_of_trainings_says_so(tmp_path: Path) -> None:
    trained = STUDY.replace("nasbench201", "deadly:Deadly").replace("slowly:Slow", "random_search")
    told = r"^the folder \S+absent is not there on machine .*; trainings and their records are kept in it, so name one with --out"
    with pytest.raises(EngineError, match=told):
        run_batch(Study.parse(trained).series()[0], [0], str(tmp_path / "absent"))
    assert not (tmp_path / "absent").exists()


def test_a_gpu_is_taken_where_a_benchmark_trains_on_one() -> None:
    chain = '"chain"\ndevice = "cuda"\nepochs = [1]'
    series = Study.parse(STUDY.replace('"nasbench201"', chain).replace("slowly:Slow", "random_search")).series()[0]
    assert resources_of((series, [0]), {}) == {"GPU": 1.0}
    assert resources_of((series, [0]), {"GPU": 2.0, "SLOTS": 1.0}) == {"GPU": 2.0, "SLOTS": 1.0}
    assert resources_of((Study.parse(STUDY).series()[0], [0]), {}) == {}


@pytest.mark.thorough
def test_ctrl_c_stays_an_interrupt_where_jobs_are_submitted() -> None:
    script = (
        "import signal; from nasbed.engines.cluster.queues import parameters; parameters('slurm');"
        " assert signal.getsignal(signal.SIGINT) is signal.default_int_handler; import dask_jobqueue; print('kept')"
    )
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert made.stdout == "kept\n", made.stderr
