"""A small table over a joint space, and searches of one half of it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from joint_spaces import BUDGET, INDEX, RUN, SEQUENTIAL, SMALL
from made import column

import nasbed
from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.tables.joint import JointTable
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.errors import ArchitectureError, NasbedError, OptionError
from nasbed.results.judge import floor
from nasbed.vocabulary import HELD_OUT

SCORES = 2 * INDEX + np.array([0.0, 8.0, -4.0])
F1 = 100 + INDEX + RUN / 2
SECONDS = 1 + INDEX + RUN / 8


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., JointTable]:
    """Twelve configurations, three runs each of them a score, an F1 and seconds of its own."""
    manifest = Manifest(
        folder=tmp_path / "small",
        name="small",
        title="Small",
        space="small",
        architectures=12,
        epochs=[10],
        resumable=False,
        runs=["0", "1", "2"],
        report=HELD_OUT,
        cost_model="made up",
        licence="none",
        sources=[],
        datasets=["toy"],
    )
    parameters = column("parameters", axes=["architecture"], direction="minimise", unit="parameters")
    _folder.write(
        manifest,
        [
            (column("score", "validation", 10), SCORES),
            (column("f1", "validation", 10), F1),
            (column("training_time", "none", 10, unit="s", direction="minimise"), SECONDS),
            (parameters, 12 - np.arange(12)),
        ],
    )
    where = manifest.folder

    class Small(JointTable):
        folder = where
        metric = "score"

        def __init__(self, objectives: Sequence[str] = ("score",), search: Any = "joint", frozen: Any = "") -> None:
            super().__init__("toy", SMALL, objectives, search, frozen)

    return Small


def test_a_search_sees_one_run_at_every_visit_and_is_scored_on_the_others(small: Callable[..., JointTable]) -> None:
    table = small()
    seen = set()
    for seed in range(30):
        query = nasbed.observe(table, BUDGET, seed)
        outcomes = [query((1, 0, 1)) for _ in range(5)]
        assert len({(outcome.value, outcome.cost) for outcome in outcomes}) == 1
        run = SCORES[7].tolist().index(outcomes[0].value)
        seen.add(run)
        assert outcomes[0].cost == SECONDS[7, run]
        others = np.delete(SCORES[7], run).mean()
        scores = query.result().scores()
        assert scores["test"] == pytest.approx(others)
        assert scores["test_regret"] == pytest.approx(SCORES[11].mean() - others)
        assert scores["validation_regret"] == pytest.approx(SCORES[11].mean() - SCORES[7].mean())
    assert seen == {0, 1, 2}
    with pytest.raises(
        OptionError, match=r"noise = 'mean' sees every run of small/toy, which is judged on held-out runs"
    ):
        table.oracle("mean")
    assert table.oracle("run:2")(7, 10, 5) == ((SCORES[7, 2],), SECONDS[7, 2])


def test_objectives_and_costs_are_of_the_same_run(small: Callable[..., JointTable]) -> None:
    table = small(["f1", "score", "parameters"])
    assert [(one.name, one.maximise) for one in table.objectives] == [
        ("f1", True),
        ("score", True),
        ("parameters", False),
    ]
    oracle = table.oracle()
    for index, word in itertools.product(range(12), range(6)):
        values, cost = oracle(index, 10, word)
        assert values == (F1[index, word % 3], SCORES[index, word % 3], -(12 - index))
        assert cost == SECONDS[index, word % 3]
    assert table.referee().best() == pytest.approx((111.5, 111.5))


def test_a_frozen_half_has_a_floor_of_its_own_and_the_regrets_of_the_whole(small: Callable[..., JointTable]) -> None:
    """Members 1, 4, 7, 10 at rate 0.2. The winner is 10 with 28 (9 of 27 cases), 7 with 22 (6), 10 with 20 (6), 4 with 16 (2)
    or 10 with 16 (4): of equals the smaller index.
    """
    table = small(search="architecture")
    assert (table.label, small().label) == ("small/toy, architecture alone", "small/toy")
    referee = table.referee()
    assert referee.best() == small().referee().best() == pytest.approx((SCORES[11].mean(),) * 2)
    index, seen, chance = referee.winner("draw")
    assert list(zip(index.tolist(), seen.tolist(), (27 * chance).round(9).tolist(), strict=True)) == [
        (3, 28, 9), (2, 22, 6), (3, 20, 6), (1, 16, 2), (3, 16, 4)
    ]  # fmt: skip
    assert floor(referee, referee, "draw") == pytest.approx((38 / 9, 52 / 9))
    assert floor(referee, referee, "run:1") == pytest.approx((2, SCORES[11].mean() - SCORES[10, [0, 2]].mean()))
    assert table.cheapest() == SECONDS[1].min()
    assert table.typical() == pytest.approx(SECONDS[[1, 4, 7, 10]].mean())
    assert small().typical() == pytest.approx(SECONDS.mean())


def test_a_static_objective_has_the_floor_of_the_searched_half(small: Callable[..., JointTable]) -> None:
    table = small(["parameters"], search="hyperparameters")
    referee = table.referee()
    assert referee.winner("draw")[0].tolist() == [2]
    assert floor(referee, referee, "draw") == (3, 3)


def test_the_frozen_values_can_be_chosen(small: Callable[..., JointTable]) -> None:
    table = small(search="hyperparameters", frozen="units=8,activation=tanh,rate=0.3")
    oracle = table.oracle()
    for index, word in itertools.product(range(3), range(3)):
        assert oracle(index, 10, word) == ((SCORES[3 + index, word],), SECONDS[3 + index, word])
    assert table.query(np.arange(3)).tolist() == SCORES[3:6].mean(axis=1).tolist()
    assert table.referee().validation(np.arange(3)) == pytest.approx(SCORES[3:6].mean(axis=1))
    assert table.referee().distinct(np.arange(3)).tolist() == [0, 1, 2]
    assert [values[:, 0].tolist() for values in table.recorded(10)[0]] == [SCORES[3:6, 0].tolist()]
    assert table.decisions() == {"units": ("8",), "activation": ("tanh",), "rate": ("0.1", "0.2", "0.3")}
    assert small().decisions()["activation"] == ("relu", "tanh")
    assert table.lookup((0, 0, 1)) == small().lookup((0, 1, 1))
    assert [row["runs"] for row in table.lookup((0, 0, 1)) if row["metric"] == "score"] == [{"0": 8, "1": 16, "2": 4}]
    with pytest.raises(ArchitectureError, match="outside the space 'small, hyperparameters alone'"):
        table.lookup((0, 1, 1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"search": "archtecture"}, "unknown search of small 'archtecture'; did you mean 'architecture'? known: joint,"),
        ({"frozen": "7"}, "frozen = '7', but search = 'joint' freezes nothing; search one half"),
        ({"search": "architecture", "frozen": 7}, "frozen = 7; expected the text of a configuration, as 'units=16,activation="),
        ({"search": "architecture", "frozen": "12"}, "index 12 is outside 0 .. 11"),
        ({"search": "architecture", "frozen": "rate=0.1"}, "the configuration 'rate=0.1' says nothing of units, activation"),
    ],
)  # fmt: skip
def test_options_that_freeze_nothing_are_refused(
    small: Callable[..., JointTable], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(NasbedError, match=re.escape(message)):
        small(**options)


@pytest.mark.parametrize("strategy", ["random_search", "regularized_evolution", "local_search"])
def test_sequential_search_fixes_the_architecture_before_the_hyperparameters(
    small: Callable[..., JointTable], strategy: str
) -> None:
    table = small()
    for seed in range(10):
        result = nasbed.search(strategy, table, budget=BUDGET, seed=seed, stages=SEQUENTIAL)
        first, second = result.outcomes[:10], result.outcomes[10:]
        assert (len(first), len(second)) == (10, 10)
        assert {outcome.arch[2] for outcome in first} == {SMALL.default[2]}
        best = max(first, key=lambda outcome: outcome.value)
        assert {outcome.arch[:2] for outcome in second} == {best.arch[:2]}
        for outcome in result.outcomes:
            run = SCORES[SMALL.index(outcome.arch)].tolist().index(outcome.value)
            assert outcome.cost == SECONDS[SMALL.index(outcome.arch), run]


@pytest.mark.parametrize("strategy", ["random_search", "regularized_evolution", "local_search", "reinforce"])
@pytest.mark.parametrize(("half", "least"), [("architecture", 2), ("hyperparameters", 6)])
def test_strategies_run_on_a_half(small: Callable[..., JointTable], strategy: str, half: str, least: float) -> None:
    result = nasbed.search(strategy, small(search=half), budget=BUDGET)
    assert len(result.outcomes) == 20
    assert result.scores()["validation_regret"] >= least


def test_what_a_half_leaves_out_is_refused(small: Callable[..., JointTable]) -> None:
    query = nasbed.observe(small(search="architecture"), BUDGET)
    with pytest.raises(NasbedError, match="outside the space 'small, architecture alone' of 4 architectures"):
        query((0, 0, 1))
    with pytest.raises(
        NasbedError, match="unknown half of small, architecture alone 'hyperparameters'; known: architecture"
    ):
        nasbed.search("random_search", small(search="architecture"), budget=BUDGET, stages=SEQUENTIAL)
