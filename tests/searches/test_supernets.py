"""Supernets in a search: each is trained once, charged once, and its inherited accuracy is a measure."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes import Listed, visit

import nasbed
from nasbed.benchmarks.spaces.digits import DigitSpace
from nasbed.errors import StrategyError, UnwiseWarning
from nasbed.searches.loop import Log, run_loop
from nasbed.searches.pools import Simulated
from nasbed.searches.supernets import SupernetMeasurements
from nasbed.vocabulary import DERIVED, Arch, Needs, Objective, Proposal, Proposals, Script, SharedWeights, Stream, Task

UNIFORM = SharedWeights.by("uniform", epochs=5)


@dataclass
class Made:
    """Trained in 40 s; an architecture is worth its first digit, on a batch the last."""

    seconds: float = 40.0
    derived: Arch = (3, 1, 2)

    def query_seconds(self, on_batch: bool) -> float:
        return 0.25 if on_batch else 2.0

    def inherited(self, arch: Arch, on_batch: bool) -> float:
        return float(arch[-1] if on_batch else arch[0])


class Shared(nasbed.Benchmark):
    """A table of digits' sums, 10 s each, with supernets."""

    supernet_version, supernet_costs = "1", "made up"

    def __init__(self) -> None:
        self.name = self.label = "shared"
        self.space, self.epochs, self.objectives = DigitSpace("digits", (4,) * 3), (1,), (Objective("score", "points"),)
        self.asked: list[tuple[Any, ...]] = []

    @property
    def checksum(self) -> str:
        return "shared 1"

    def oracle(self, noise: str = "draw") -> nasbed.Oracle:
        return lambda index, epochs, word: ((float(sum(self.space.at(index))),), 10.0)

    def supernet(self, weights: SharedWeights, seed: int, folder: Path | str | None, seconds: float) -> Made:
        self.asked.append((weights.method, weights.settings, seed, folder, seconds))
        if weights.method == "slow":
            time.sleep(0.2)
        return Made()


@dataclass(frozen=True)
class Asks(Script):
    """Asks for what it is given, in turn, and keeps the outcomes."""

    asks: Callable[[], list[Proposal]]
    told: list[nasbed.Outcome]

    def search(self, task: Task, rng: Stream) -> Proposals:
        for proposal in self.asks():
            self.told.append((yield proposal))


def outcomes(*asks: Proposal, benchmark: nasbed.Benchmark | None = None, **words: Any) -> list[nasbed.Outcome]:
    told: list[nasbed.Outcome] = []
    words = {"budget": {"seconds": 500}, "seed": 7, **words}
    nasbed.search(Asks(lambda: list(asks), told), benchmark or Shared(), **words)
    return told


def test_training_is_charged_once_and_each_query_its_own() -> None:
    benchmark = Shared()
    told = outcomes(
        Proposal((1, 0, 3), measure=UNIFORM),
        Proposal((2, 0, 3), measure=UNIFORM),
        Proposal((2, 0, 3), measure=UNIFORM._replace(on_batch=True)),
        Proposal(DERIVED, measure=UNIFORM),
        Proposal((2, 0, 3)),
        benchmark=benchmark,
    )
    assert [one.value for one in told] == [1, 2, 3, 3, 5]
    assert [one.cost for one in told] == [42.0, 2.0, 0.25, 2.0, 10.0]
    assert [one.time for one in told] == [42.0, 44.0, 44.25, 46.25, 56.25]
    assert [one.trial for one in told] == [-1, -1, -1, -1, 0]
    assert told[3].arch == (3, 1, 2)
    assert told[3].index == benchmark.space.index((3, 1, 2))
    assert benchmark.asked == [("uniform", (("epochs", 5),), 7, None, 500)]


def test_the_architecture_in_which_a_training_ends_pays_for_it() -> None:
    told = outcomes(Proposal(DERIVED, measure=SharedWeights.by("darts")), Proposal((0, 0, 0)))
    assert [(one.arch, one.time) for one in told] == [((3, 1, 2), 42.0), ((0, 0, 0), 52.0)]


def test_other_settings_are_another_supernet() -> None:
    benchmark = Shared()
    told = outcomes(
        *(Proposal(DERIVED, measure=SharedWeights.by("darts", order=order)) for order in (1, 2, 1)),
        Proposal((0, 0, 0)),
        benchmark=benchmark,
        budget={"evaluations": 5},
    )
    assert [one.cost for one in told[:3]] == [42.0, 42.0, 2.0]
    assert [(asked[1], asked[4]) for asked in benchmark.asked] == [
        ((("order", 1),), float("inf")),
        ((("order", 2),), float("inf")),
    ]


def test_a_training_beyond_the_budget_ends_the_search() -> None:
    with pytest.warns(UnwiseWarning, match="no evaluation was over within the budget of 41"):
        assert outcomes(Proposal(DERIVED, measure=UNIFORM), budget={"seconds": 41}) == []


def test_training_is_no_thinking() -> None:
    told: list[nasbed.Outcome] = []
    slow = SharedWeights.by("slow")
    asks = Asks(lambda: [Proposal(DERIVED, measure=slow), Proposal((0, 0, 0))], told)
    result = nasbed.search(asks, Shared(), budget={"evaluations": 1})
    assert sum(result.thinking) < 0.1
    assert result.measured == (1,)


def test_what_is_no_question_is_refused() -> None:
    with pytest.raises(StrategyError, match=r"asks for SharedWeights\(method='uniform'.*expected no epochs, no resume"):
        outcomes(Proposal((0, 0, 0), 1, measure=UNIFORM))
    with pytest.raises(
        StrategyError, match=r"expected no epochs, no resume, and settings such as \(\('epochs', 50\),\)"
    ):
        outcomes(Proposal((0, 0, 0), measure=SharedWeights("uniform", (("epochs", [5]),))))
    for proposal in (Proposal(DERIVED), Proposal(DERIVED, 1, measure=UNIFORM), Proposal(DERIVED, measure="uniform")):
        with pytest.raises(StrategyError, match=r"proposed \(\), which is outside the space 'digits'"):
            outcomes(proposal)
    table = nasbed.load_benchmark("nasbench201")
    with pytest.raises(StrategyError, match=r"this task has no supernet; declare Needs\(shares_weights=True\)"):
        outcomes(Proposal(table.space.at(0), measure=UNIFORM), benchmark=table, budget={"evaluations": 1})


def test_a_supernet_can_be_needed() -> None:
    table = nasbed.load_benchmark("nasbench201").task(nasbed.Budget("evaluations", 1))
    (lacks,) = Needs(shares_weights=True).missing(table)
    assert (
        lacks
        == "a supernet, one network of which every architecture is a part; this benchmark has none; use digits201, say"
    )
    assert Needs(shares_weights=True).missing(Shared().task(nasbed.Budget("evaluations", 1))) == []


def test_whoever_asks_while_a_supernet_is_trained_waits_for_it() -> None:
    made = Shared()
    of = Task(made.space, (1,), made.objectives, (), nasbed.Budget("evaluations", 9), 2, shares_weights=True)
    searcher = Listed([Proposal((place, 0, 0), measure=UNIFORM) for place in (0, 1, 2)])
    offered = SupernetMeasurements({}, made.space, lambda weights: Made())
    for _ in run_loop(searcher, of, Simulated(made.oracle(), of), visit, Log(), "charge", offered):
        pass
    assert [(one.arch[0], one.time) for one in searcher.told] == [(0, 42.0), (1, 42.0), (2, 44.0)]
