"""Linear algebra has one thread while a batch runs, whenever its libraries come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

import pytest
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from nasbed.studies import batches
from nasbed.studies.study import Study
from nasbed.vocabulary import Proposal, Script, Stream, Task

TINY = """
name = "threads"
seeds = 2
budget = {{ evaluations = 2 }}
[[benchmark]]
use = "nasbench201"
[[strategy]]
use = "{use}"
"""
SEEN: list[set[int]] = []


@dataclass(frozen=True)
class Counts(Script):
    """Notes how many threads the libraries have."""

    def search(self, task: Task, rng: Stream) -> Iterator[list[Proposal]]:
        SEEN.append({library["num_threads"] for library in threadpool_info()})
        while True:
            yield [Proposal(task.space.sample(rng))]


def run(use: str) -> None:
    (series,) = Study.parse(TINY.format(use=use)).series()
    batches.run_batch(series, [0, 1])


def test_a_batch_has_one_thread_and_leaves_as_many_as_before() -> None:
    SEEN.clear()
    with threadpool_limits(2):
        before = threadpool_info()
        run(f"{__name__}:Counts")
        assert threadpool_info() == before
    seen = [{library["num_threads"] for library in before}, *SEEN]
    assert seen == [{2}, {1}, {1}]


def test_libraries_are_looked_for_again_where_modules_have_come(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def controller() -> ThreadpoolController:
        looks.append(len(sys.modules))
        return ThreadpoolController()

    run("random_search")
    monkeypatch.setattr(batches, "ThreadpoolController", controller)
    batches._libraries.cache_clear()
    run("random_search")
    run("random_search")
    assert len(looks) == 1
    monkeypatch.setitem(sys.modules, "brought_by_a_plug_in", ModuleType("brought_by_a_plug_in"))
    run("random_search")
    assert len(looks) == 2
