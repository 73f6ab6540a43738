"""Architecture and hyperparameters in turns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nasbed
from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.benchmarks.tables import home
from nasbed.errors import UnknownNameError, UnmetNeedError
from nasbed.searches.execution import execute
from nasbed.searches.loop import Log, run_loop
from nasbed.searches.pools import Simulated
from nasbed.searches.rules import Rules
from nasbed.strategies.alternate import Alternate
from nasbed.strategies.regularized_evolution import RegularizedEvolution
from nasbed.streams import stream
from nasbed.vocabulary import Arch, Benchmark, Budget, Objective, Outcome, Task

SPACE = JointGridSpace(
    "small",
    [
        Variable("rate", (0.1, 0.2, 0.3, 0.4), "hyperparameters"),
        Variable("units", (1, 2, 4, 8, 16, 32, 64, 128), "architecture"),
        Variable("activation", ("relu", "tanh", "gelu"), "architecture"),
        Variable("batch", (4, 8, 16, 32), "hyperparameters"),
    ],
    {"rate": 0.2, "units": 16, "activation": "relu", "batch": 8},
)
PLACES = {"architecture": (1, 2), "hyperparameters": (0, 3)}
OPTIMUM = (3, 6, 2, 0)


def value(arch: Arch) -> float:
    """The best units depend on the rate."""
    rate, units, activation, batch = arch
    return 3.0 * rate - abs(units - 2 * rate) + activation - 0.5 * batch


def trained(
    options: Alternate, evaluations: int = 50, workers: int = 1, seed: int = 0, failing: bool = False
) -> list[Outcome]:
    of = Task(SPACE, (1,), (Objective("accuracy", "%"),), (), Budget("evaluations", evaluations), workers)

    def oracle(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        return (float("nan") if failing else value(SPACE.archs[index]),), 1.0 + index % 5

    searcher = options.start(of, stream(seed, "fake", "search"))
    return list(run_loop(searcher, of, Simulated(oracle, of), lambda index, epochs, visit: 0, Log()))


def best(outcomes: list[Outcome]) -> Arch:
    return max(outcomes, key=lambda one: one.value).arch


@pytest.mark.parametrize("inner", ["evolution", "local", "random"])
@pytest.mark.parametrize("first", ["architecture", "hyperparameters"])
def test_each_phase_freezes_the_other_half_at_the_incumbent(inner: Any, first: Any) -> None:
    outcomes = trained(Alternate(inner, period=3, initial=8, first=first), 26)
    halves = ["architecture", "hyperparameters"] if first == "architecture" else ["hyperparameters", "architecture"]
    for phase, start in enumerate(range(8, 26, 3)):
        frozen = PLACES[halves[(phase + 1) % 2]]
        incumbent = best(outcomes[:start])
        for outcome in outcomes[start : start + 3]:
            assert all(outcome.arch[place] == incumbent[place] for place in frozen)
    assert len({outcome.arch for outcome in outcomes[8:]} - {outcome.arch for outcome in outcomes[:8]}) == 18


def test_local_changes_one_decision_of_the_best_of_its_part_and_evolution_of_a_member() -> None:
    for inner in ("local", "evolution"):
        outcomes = trained(Alternate(inner, period=4, initial=6, sample=200), 10)  # type: ignore[arg-type]
        for place in range(6, 10):
            incumbent = best(outcomes[:6])
            members = [one for one in outcomes[:place] if all(one.arch[at] == incumbent[at] for at in (0, 3))]
            left = [arch for arch in SPACE.neighbours(best(members)) if all(arch[at] == incumbent[at] for at in (0, 3))]
            assert outcomes[place].arch in left  # of 200 draws the best is one


def test_what_was_trained_before_with_the_same_frozen_half_takes_part() -> None:
    # Where the incumbent stays, the third phase searches the part of the first again, and trains nothing of it twice.
    outcomes = trained(Alternate("local", initial=200, period=10), 230, seed=0)
    assert best(outcomes[:200]) == OPTIMUM
    first, third = outcomes[200:210], outcomes[220:230]
    frozen = [(one.arch[0], one.arch[3]) for one in [*first, *third]]
    assert set(frozen[:10]) == {(3, 0)}
    assert len({one.arch for one in outcomes[200:]}) == 30


@pytest.mark.parametrize("workers", [1, 4])
def test_an_exhausted_part_ends_its_phase_and_the_search_goes_on(workers: int) -> None:
    outcomes = trained(Alternate(period=1000, initial=100), 160, workers, seed=0)
    assert best(outcomes[:100]) == OPTIMUM
    done = {one.arch for one in outcomes}
    # 24 and 16 configurations, of which the optimum is in both.
    assert all(arch in done for arch in SPACE.archs if (arch[0], arch[3]) == (3, 0) or (arch[1], arch[2]) == (6, 2))
    assert len(outcomes) == 160


def test_a_space_in_which_everything_fails_is_survived() -> None:
    assert len(trained(Alternate(), 90, 3, failing=True)) == 90


def test_alternation_finds_an_optimum_that_one_pass_over_the_halves_misses() -> None:
    def found(period: int) -> int:
        return sum(best(trained(Alternate(period=period, initial=2), 40, seed=seed)) == OPTIMUM for seed in range(20))

    assert found(4) >= found(22) + 5


def test_a_space_of_architectures_alone_is_refused(cifar10: Benchmark) -> None:
    with pytest.raises(UnmetNeedError, match="Alternate needs a joint space of architecture and hyperparameters"):
        Alternate().require(cifar10.task(Budget("evaluations", 5)))


def test_a_half_in_which_nothing_is_free_is_named() -> None:
    of = Task(SPACE.subspace("architecture", SPACE.default), (1,), (), (), Budget("evaluations", 5))
    with pytest.raises(UnknownNameError, match=r"unknown half of small.* 'hyperparameters'; known: architecture"):
        Alternate().start(of, stream(0, "fake", "search"))


@pytest.mark.skipif("fcnet" not in home.imported(), reason="needs the table fcnet: nasbed data fetch fcnet")
def test_it_beats_joint_evolution_on_slice_localization() -> None:
    table = nasbed.load_benchmark("fcnet", dataset="slice_localization")

    def regret(strategy: Any) -> float:
        runs = (execute(strategy, table, Rules(Budget("evaluations", 100)), seed) for seed in range(8))
        return float(np.mean([one.scores()["validation_regret"] for one in runs]))

    assert regret(Alternate()) < 0.75 * regret(RegularizedEvolution())
