"""The first calls of a Dask cluster of this machine, which its processes make while Dask is imported and started."""

from __future__ import annotations

import os
import pickle
import threading
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from nasbed.engines.cluster import dask_engine, presence
from nasbed.engines.cluster.caller import Caller
from nasbed.engines.cluster.calls import make
from nasbed.engines.cluster.dask_engine import Dask
from nasbed.engines.limits import Limits
from nasbed.engines.opening import open_engine
from nasbed.errors import EngineError, WorkerDied
from nasbed.studies.batches import described
from nasbed.studies.study import Study

STUDY = """\
name = "first"
seeds = 1
budget = { evaluations = 5 }
[[benchmark]]
use = "nasbench201"
[[strategy]]
use = "random_search"
"""
CALLS: list[tuple[int, tuple[int, int]]] = [(number, (number, 2)) for number in range(12)]


def opened(text: str) -> Dask:
    engine = open_engine(text)
    assert isinstance(engine, Dask)
    return engine


def delay(monkeypatch: pytest.MonkeyPatch, until: threading.Event) -> list[tuple[Any, ...]]:
    """Let Dask be imported only then; returns what will be sent by it, bundle by bundle."""
    real, sent = dask_engine.import_dask, list[tuple[Any, ...]]()

    def imported() -> tuple[Any, Any]:
        assert until.wait(60)
        return real()

    monkeypatch.setattr(dask_engine, "import_dask", imported)
    perform = dask_engine.Dask._send

    def send(engine: Dask, connection: Any, bundle: list[Any]) -> None:
        sent.append(tuple(bundle))
        perform(engine, connection, bundle)

    monkeypatch.setattr(dask_engine.Dask, "_send", send)
    return sent


def test_calls_are_answered_before_dask_is_imported_and_later_ones_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here = threading.Event()
    sent, found = delay(monkeypatch, here), dict[int, int]()
    with opened("dask:local?workers=1") as engine:
        for number, answer in engine.completed(pow, CALLS):
            found[number] = answer
            if len(found) == 4:
                assert not sent
                here.set()
                while engine._connection is None:
                    assert engine._starter is not None
                    engine._starter.join(0.1)
        assert engine.submit(pow, 3, 2).result() == 9
    assert found == {number: number**2 for number, _ in CALLS}
    assert sent


def test_where_all_calls_are_made_by_then_no_cluster_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = opened("dask:local?workers=1")
    delay(monkeypatch, engine._over)
    monkeypatch.setattr(dask_engine, "Connection", None)
    with engine:
        process = engine.submit(os.getpid).result()
        assert dict(engine.completed(pow, CALLS)) == {number: number**2 for number, _ in CALLS}
        assert not engine._failure
    assert not engine._failure
    assert not Path(f"/proc/{process}").exists()


def test_a_cluster_that_cannot_be_started_is_told_though_calls_have_been_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**options: Any) -> None:
        raise OSError("no more sockets")

    import distributed

    monkeypatch.setattr(distributed, "LocalCluster", refuse)
    told = r"^dask:local: 3 workers cannot be started: OSError: no more sockets; choose fewer, as by dask:local\?workers=2$"
    endless = [(number, (number, 2)) for number in range(50_000)]
    with pytest.raises(EngineError, match=told), opened("dask:local?workers=3") as engine:
        deque(engine.completed(pow, endless), 0)


def test_a_call_that_takes_what_this_machine_does_not_offer_is_not_made_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "SILENCE", 60.0)
    monkeypatch.setattr(dask_engine, "_BEAT", 0.1)
    told = r"^no worker that offers GPU=1 is at the scheduler inproc://\S+ for 0\.1 seconds"
    with pytest.raises(EngineError, match=told), opened("dask:local?workers=1&wait=0.1") as engine:
        list(engine.completed(dict, [(0, ({"device": "cuda"},))]))


def test_a_process_that_dies_at_its_first_call_is_told() -> None:
    with pytest.raises(WorkerDied, match="exit code 3"), opened("dask:local?workers=1") as engine:
        list(engine.completed(os._exit, [(0, (3,))]))


@pytest.mark.parametrize("elsewhere", [True, False])
def test_only_processes_of_others_compare_code_and_data_with_the_callers(elsewhere: bool) -> None:
    series = Study.parse(STUDY).series()[0]
    content = pickle.loads(pickle.dumps(series.content))
    content["benchmark"]["data"] = "0" * 64
    vars(series).update(content=content, key=f"{int(elsewhere)}" * 64)
    caller = Caller(f"compares-{elsewhere}", (), None, str(Path.cwd()), Limits(), elsewhere)
    succeeded, answer, _ = pickle.loads(make(caller, "tcp://far:1", pickle.dumps((described, (series, [0]))), ())[0])
    assert succeeded is not elsewhere
    assert ("differs from this one in benchmark.data" in str(answer)) is elsewhere
