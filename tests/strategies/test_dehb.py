"""DEHB: its brackets, its promotions, and its evolution."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import SPACE, failing, run, task
from scipy import stats

from nasbed.benchmarks import Synthetic
from nasbed.errors import UnmetNeedError
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies.dehb import DEHB
from nasbed.strategies.hyperband import Hyperband
from nasbed.strategies.random_search import RandomSearch
from nasbed.streams import stream
from nasbed.vocabulary import Budget, Outcome, Searcher, Strategy

FIRST = 81 + 27 + 9 + 3 + 1
"""Evaluations of the first bracket of five rungs."""


def begun(options: DEHB, epochs: tuple[int, ...] = (1, 3, 9), workers: int = 1, seed: int = 0) -> Searcher:
    return options.start(task(epochs=epochs, workers=workers), stream(seed, "fake", "search"))


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return execute(DEHB(), Synthetic(), Rules(Budget("epochs", 4000)), 0).outcomes


def test_brackets_are_those_of_hyperband(outcomes: list[Outcome]) -> None:
    plain = execute(Hyperband(), Synthetic(), Rules(Budget("epochs", 4000)), 0).outcomes
    least = min(len(outcomes), len(plain))
    assert [one.epochs for one in outcomes[:least]] == [one.epochs for one in plain[:least]]


def test_the_first_bracket_is_successive_halving_of_random_architectures(outcomes: list[Outcome]) -> None:
    random = execute(RandomSearch(), Synthetic(), Rules(Budget("evaluations", 81)), 0).outcomes
    assert [one.arch for one in outcomes[:81]] == [one.arch for one in random]
    start = 0
    for size, kept in ((81, 27), (27, 9), (9, 3), (3, 1)):
        best = sorted(outcomes[start : start + size], key=lambda one: -one.value)[:kept]
        above = outcomes[start + size : start + size + kept]
        assert [(one.arch, one.proposal.resume) for one in above] == [(one.arch, one.trial) for one in best]
        start += size


def test_only_the_first_round_promotes(outcomes: list[Outcome]) -> None:
    # The second bracket begins with trials of evolution, whose best go on; the second round has nothing but such trials.
    second = [one.proposal.resume for one in outcomes[FIRST : FIRST + 34 + 11]]
    assert second[:34] == [None] * 34
    assert None not in second[34:]
    later = FIRST + (34 + 11 + 3 + 1) + (15 + 5 + 1) + (8 + 2) + 5
    assert len(outcomes) > later + 81 + 27
    assert {one.proposal.resume for one in outcomes[later:]} == {None}


def test_separate_trainings_are_not_resumed() -> None:
    of = task("epochs", 200, epochs=(1, 3, 9))
    assert {one.proposal.resume for one in run(DEHB().start(of, stream(0, "fake", "search")), of).outcomes} == {None}


def test_a_trial_is_a_member_moved_by_a_difference_of_two_others_and_crossed_with_its_target() -> None:
    pool = [(0.5, 0.5), (0.6, 0.5), (0.5, 0.9)]
    sums = {
        tuple(round(a + 0.5 * (b - c), 6) for a, b, c in zip(pool[i], pool[j], pool[k], strict=True))
        for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
    }
    target = (0.1, 0.2)
    searcher = begun(DEHB(crossover_probability=0.3))
    mutants = {tuple(round(at, 6) for at in searcher._mutant([*pool, target], target)) for _ in range(100)}  # type: ignore[attr-defined]
    inside = {one for one in sums if max(one) <= 1}
    assert inside <= mutants
    assert {one[0] for one in mutants} <= {one[0] for one in sums}
    searcher._mutant = lambda *_: (0.7, 0.8)  # type: ignore[attr-defined]
    bracket = searcher._open  # type: ignore[attr-defined]
    searcher.ask()
    trials = [searcher._trial(bracket[0], target) for _ in range(400)]  # type: ignore[attr-defined]
    assert set(trials) == {(0.7, 0.2), (0.1, 0.8), (0.7, 0.8)}
    # One coordinate is always the mutant's, the other in three of ten.
    assert stats.binomtest(trials.count((0.7, 0.8)), 400, 0.3).pvalue > 1e-3


def test_a_coordinate_outside_is_drawn_anew_and_bins_are_of_one_width() -> None:
    searcher = begun(DEHB())
    far = [searcher._mutant([(1.0, 0.5), (1.0, 0.5), (0.0, 0.5)], (0.2, 0.2))[0] for _ in range(300)]  # type: ignore[attr-defined]
    drawn = [at for at in far if at not in (0.0, 0.5, 1.0)]
    assert stats.kstest(drawn, "uniform").pvalue > 1e-3
    decisions = [searcher._decisions((at, 0.0))[0] for at in (0.0, 0.33, 0.34, 0.66, 0.67, 1.0)]  # type: ignore[attr-defined]
    assert decisions == [0, 0, 1, 1, 2, 2]
    assert {searcher._decisions(searcher._within(arch)) == arch for arch in SPACE.archs} == {True}  # type: ignore[attr-defined]


def test_what_is_trained_replaces_its_target_unless_that_is_better() -> None:
    searcher = begun(DEHB(), (1, 3))
    population = searcher._population  # type: ignore[attr-defined]
    values = np.random.default_rng(0).integers(0, 5, 60).tolist()
    for trial, value in enumerate(values):
        proposal = searcher.ask()
        assert proposal is not None
        _, slot, point = searcher._owners[id(proposal)]  # type: ignore[attr-defined]
        rung = (1, 3).index(proposal.epochs or 0)
        before = population(rung)[slot].worth
        searcher.tell(
            Outcome(proposal.arch, float(value), 1.0, 1.0, trial, proposal.epochs or 1, (float(value),), proposal)
        )
        assert population(rung)[slot].worth == max(before, value)
        assert (population(rung)[slot].point == point) >= (value >= before)


def test_a_worker_that_would_wait_begins_the_next_bracket() -> None:
    searcher = begun(DEHB(), workers=40)
    proposals = [searcher.ask() for _ in range(24)]
    assert [one and one.epochs for one in proposals] == [1] * 9 + [3] * 5 + [9] * 3 + [1] * 7


def test_several_fidelities_are_needed() -> None:
    with pytest.raises(UnmetNeedError, match="at least 3 times the lowest"):
        DEHB().require(task())
    DEHB().require(task(epochs=(4, 12)))


@pytest.mark.parametrize("workers", [1, 5])
@pytest.mark.parametrize("failures", [(0, 3, 5, 8), range(9)])
@pytest.mark.parametrize("resumable", [False, True])
def test_failures_and_late_arrivals_are_survived(workers: int, failures: tuple[int, ...], resumable: bool) -> None:
    of = task("evaluations", 60, workers, (1, 3, 9), resumable)
    assert len(run(DEHB(eta=2).start(of, stream(0, "fake", "search")), of, failing(*failures)).outcomes) == 60


@pytest.mark.thorough
def test_evolution_is_worth_more_than_random_architectures() -> None:
    synthetic = Synthetic()

    def found(strategy: Strategy) -> list[float]:
        results = (execute(strategy, synthetic, Rules(Budget("epochs", 3000)), seed) for seed in range(30))
        return [result.scores()["validation_regret"] for result in results]

    assert stats.wilcoxon(found(DEHB()), found(Hyperband()), alternative="less").pvalue < 0.05
