"""Tables that a machine lacks: each is sent to it once, verified, and found there again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clusters import Cluster
from fakes import SPACE
from made import of_space

from nasbed.benchmarks.tables import places
from nasbed.engines.cluster import dask_engine, tables
from nasbed.engines.cluster.dask_engine import Dask
from nasbed.engines.opening import open_engine
from nasbed.errors import DataError, EngineError
from nasbed.studies.batches import run_batch
from nasbed.studies.series import Series
from nasbed.studies.study import Study

STUDY = """\
name = "sent"
seeds = 4
budget = { evaluations = 5 }
[[benchmark]]
use = "homely:Homely"
[[strategy]]
use = "random_search"
"""


@pytest.fixture
def homely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Series, int]:
    """A series on a table in a data home of this process's own, and the bytes of that table."""
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "mine"))
    of_space(SPACE, tmp_path / "mine" / "made")  # type: ignore[arg-type]
    bytes_of = sum(path.stat().st_size for path in (tmp_path / "mine").rglob("*") if path.is_file())
    return Study.parse(STUDY).series()[0], bytes_of


def test_a_table_goes_once_to_a_machine_that_lacks_it(cluster: Cluster, homely: tuple[Series, int]) -> None:
    series, size = homely
    calls = [(seed, (series, [seed])) for seed in range(4)]
    sent = []
    for _ in range(2):
        with open_engine(cluster.engine) as engine:
            assert isinstance(engine, Dask)
            found = dict(engine.completed(run_batch, calls))
            sent.append(engine.sent)
        for seed in range(4):
            for name, values in run_batch(series, [seed])[0].items():
                np.testing.assert_array_equal(found[seed][0][name], values)
    assert sent == [size, 0]


@pytest.fixture
def another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Makes functions run as on another machine, whose workers have a folder for received tables in common."""
    monkeypatch.setattr(tables, "received", lambda: tmp_path / "received")

    def run(function: Callable[..., Any], arguments: tuple[Any, ...], worker: str) -> Any:
        return tables._keep(*arguments) if function is tables.keep else function(*arguments)

    return run


def test_workers_of_one_machine_receive_a_table_once(homely: tuple[Series, int], another: Callable[..., Any]) -> None:
    (table,), sender = tables.tables_of(homely[0]), tables.TableSender(another)
    sender.send(table, "tcp://a:1", "token")
    sender.send(table, "tcp://a:2", "token")
    assert sender.sent == homely[1]
    assert [path.name for path in tables.received().iterdir()] == [table[1]]


def test_a_table_that_is_not_found_where_it_was_sent_is_told(
    cluster: Cluster, homely: tuple[Series, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_engine, "tables_of", lambda series: (("made", "f" * 64),))
    monkeypatch.setattr(tables.TableSender, "send", lambda *words: None)
    told = r"^the worker tcp://\S+ does not find the table 'made', which was sent to it; expected a folder for caches"
    with pytest.raises(EngineError, match=told), open_engine(cluster.engine) as engine:
        engine.submit(run_batch, homely[0], [0]).result()


def test_a_table_that_arrives_damaged_is_not_kept(homely: tuple[Series, int], another: Callable[..., Any]) -> None:
    def damaging(function: Callable[..., Any], arguments: tuple[Any, ...], worker: str) -> Any:
        if function is tables.receive and arguments[2].endswith("validation_accuracy.npy"):
            arguments = (*arguments[:4], arguments[4][:-1] + bytes([arguments[4][-1] ^ 1]))
        return another(function, arguments, worker)

    (table,) = tables.tables_of(homely[0])
    with pytest.raises(DataError, match="is damaged"):
        tables.TableSender(damaging).send(table, "tcp://a:1", "token")
    assert not tables.has(table[1])


def test_nothing_is_written_outside_the_folder_of_a_table(another: Callable[..., Any]) -> None:
    with pytest.raises(DataError, match="lies outside its folder"):
        tables.receive("0" * 64, "token", "../../stolen", 0, b"content")


def test_received_tables_lie_in_the_folder_for_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert tmp_path in places.received().parents
