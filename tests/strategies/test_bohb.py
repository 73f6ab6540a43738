"""BOHB, and the brackets that it shares with Hyperband."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from fakes import SPACE, failing, run, task
from scipy import stats

from nasbed.benchmarks import Synthetic
from nasbed.errors import UnmetNeedError
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies.bohb import BOHB
from nasbed.strategies.hyperband import Hyperband
from nasbed.strategies.random_search import RandomSearch
from nasbed.streams import stream
from nasbed.vocabulary import Budget, Outcome, Proposal, Searcher, Strategy


def begun(options: BOHB, seed: int = 0, **of: object) -> Searcher:
    return options.start(task(**of), stream(seed, "fake", "search"))  # type: ignore[arg-type]


def answered(proposal: Proposal | None, value: float, trial: int = 0) -> Outcome:
    assert proposal is not None
    return Outcome(proposal.arch, value, 1.0, 1.0, trial, proposal.epochs or 1, (value,), proposal)


def test_brackets_are_those_of_hyperband_and_promote_the_best() -> None:
    rules = Rules(Budget("epochs", 4000))
    outcomes = execute(BOHB(), Synthetic(), rules, 0).outcomes
    plain = execute(Hyperband(), Synthetic(), rules, 0).outcomes
    assert [one.epochs for one in outcomes] == [one.epochs for one in plain]
    start = 0
    for size, kept in pairwise([81, 27, 9, 3, 1]):
        rung, above = outcomes[start : start + size], outcomes[start + size : start + size + kept]
        best = sorted(rung, key=lambda one: one.value, reverse=True)[:kept]
        assert [one.arch for one in above] == [one.arch for one in best]
        assert [one.proposal.resume for one in above] == [one.trial for one in best]
        start += size


def test_it_begins_like_random_search_until_a_model_can_be_made() -> None:
    rules = Rules(Budget("evaluations", 40))
    random = [one.arch for one in execute(RandomSearch(), Synthetic(), rules, 0).outcomes]
    model = [one.arch for one in execute(BOHB(random_fraction=0.0), Synthetic(), rules, 0).outcomes]
    # 6 decisions: 7 + 2 outcomes.
    assert model[:9] == random[:9]
    assert model[9] != random[9]


def test_a_worker_that_would_wait_begins_the_next_bracket() -> None:
    searcher = begun(BOHB(), epochs=(1, 3, 9), workers=40)
    proposals = [searcher.ask() for _ in range(24)]
    assert [one and one.epochs for one in proposals] == [1] * 9 + [3] * 5 + [9] * 3 + [1] * 7
    # The second bracket is answered before the first, and its best goes on.
    for place in range(9, 14):
        searcher.tell(answered(proposals[place], float(place == 11)))
    following, best = searcher.ask(), proposals[11]
    assert following is not None
    assert best is not None
    assert (following.arch, following.epochs) == (best.arch, 9)


def ratio(arch: tuple[int, ...], good: np.ndarray, bad: np.ndarray) -> float:
    """The ratio of two densities over the 9 architectures of two digits, each kernel written out."""

    def density(rows: np.ndarray) -> float:
        widths = []
        for column in rows.T:
            shares = [np.mean(column == value) for value in range(3)]
            deviation = math.sqrt(1 - sum(share**2 for share in shares))
            widths.append(min(max(1.06 * deviation * len(rows) ** (-1 / 6), 0.05), 2 / 3))
        kernels = [
            math.prod(1 - w if a == b else w / 2 for a, b, w in zip(arch, row, widths, strict=True)) for row in rows
        ]
        return float(np.mean(kernels))

    return density(good) / density(bad)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("count", "good", "bad"), [(5, 3, 3), (20, 8, 12)])
def test_the_best_ratio_of_the_good_to_the_bad_is_proposed(seed: int, count: int, good: int, bad: int) -> None:
    options = BOHB(top=0.4, random_fraction=0.0, samples=500, min_bandwidth=0.05, nominal_rungs=1)
    searcher = begun(options, seed)
    values = np.random.default_rng(seed).permutation(count).astype(float)
    archs = []
    for trial, value in enumerate(values):
        proposal = searcher.ask()
        searcher.tell(answered(proposal, float(value), trial))
        archs.append(proposal.arch)  # type: ignore[union-attr]
    ranked = np.array([archs[place] for place in np.argsort(-values)])
    # Equation 3: never fewer than 2 decisions + 1, so that of 5 outcomes the middle one is on both sides.
    ratios = {arch: ratio(arch, ranked[:good], ranked[-bad:]) for arch in SPACE.archs}
    proposal = searcher.ask()
    assert proposal is not None
    assert ratios[proposal.arch] == pytest.approx(max(ratios.values()))


def test_the_model_is_that_of_the_highest_rung_with_enough_outcomes() -> None:
    searcher = begun(BOHB(random_fraction=0.0, samples=200, eta=2), epochs=(1, 2, 4))
    for trial in range(150):
        proposal = searcher.ask()
        assert proposal is not None
        index = SPACE.index(proposal.arch)
        searcher.tell(answered(proposal, float(index if proposal.epochs == 4 else -index), trial))
        low, middle, high = map(len, searcher._told)  # type: ignore[attr-defined]
        if max(low, middle) >= 5 > high:
            early = searcher._propose()  # type: ignore[attr-defined]
    assert high >= 5
    late = [searcher._propose() for _ in range(20)]  # type: ignore[attr-defined]
    assert min(map(SPACE.index, late)) > SPACE.index(early)


def test_a_part_of_the_architectures_is_random() -> None:
    searcher = begun(BOHB(random_fraction=0.4, samples=200, nominal_rungs=1))
    drawn = []
    for trial in range(350):
        proposal = searcher.ask()
        assert proposal is not None
        index = SPACE.index(proposal.arch)
        drawn.append(index)
        searcher.tell(answered(proposal, float(index), trial))
    # The model always finds 8; a random architecture is another in 8 of 9 cases.
    others = sum(index != 8 for index in drawn[100:])
    assert stats.binomtest(others, 250, 0.4 * 8 / 9).pvalue > 1e-3


def test_bandwidths_follow_the_choices_and_not_their_numbers() -> None:
    codes = np.array([[0, 2], [0, 2], [0, 0], [2, 0], [0, 2], [0, 2], [0, 0], [0, 1]])
    scott = 1.06 * 8 ** (-1 / 6)
    density = begun(BOHB())._density  # type: ignore[attr-defined]
    first = scott * math.sqrt(1 - (7 / 8) ** 2 - (1 / 8) ** 2)
    second = scott * math.sqrt(1 - (4 / 8) ** 2 - (3 / 8) ** 2 - (1 / 8) ** 2)
    assert density(codes).bandwidth == pytest.approx([first, second])
    assert density((codes + 1) % 3).bandwidth == pytest.approx([first, second])
    assert density(np.array([[0, 0], [1, 0], [2, 0]])).bandwidth == pytest.approx([2 / 3, 1e-3])
    numbers = begun(BOHB(spread="numbers"))._density  # type: ignore[attr-defined]
    assert numbers(codes).bandwidth == pytest.approx(scott * codes.std(axis=0))
    assert numbers(np.array([[0, 0], [2, 0]] * 3)).bandwidth == pytest.approx([1.06 * 6 ** (-1 / 6), 1e-3])


def test_nominal_rungs_pay_for_the_highest_fidelity_again() -> None:
    of = task("evaluations", 22, epochs=(1, 4, 12), resumable=True)
    log = run(BOHB(nominal_rungs=3).start(of, stream(0, "fake", "search")), of)
    assert [one.epochs for one in log.outcomes] == [12] * 22
    assert all(one.proposal.resume is None for one in log.outcomes)
    for start, size, kept in ((0, 9, 3), (9, 3, 1), (13, 5, 1)):
        best = sorted(log.outcomes[start : start + size], key=lambda one: one.value, reverse=True)[:kept]
        again = log.outcomes[start + size : start + size + kept]
        assert [one.arch for one in again] == [one.arch for one in best]


def test_several_fidelities_are_needed_unless_rungs_are_nominal() -> None:
    with pytest.raises(UnmetNeedError, match="at least 3 times the lowest"):
        BOHB().require(task())
    BOHB(nominal_rungs=1).require(task())
    BOHB().require(task(epochs=(4, 12)))


@pytest.mark.parametrize("workers", [1, 5])
@pytest.mark.parametrize("options", [BOHB(), BOHB(nominal_rungs=2, spread="numbers")])
@pytest.mark.parametrize("failures", [(0, 3, 5, 8), range(9)])
def test_failures_and_late_arrivals_are_survived(workers: int, options: BOHB, failures: tuple[int, ...]) -> None:
    of = task("evaluations", 80, workers, (1, 3, 9))
    assert len(run(options.start(of, stream(0, "fake", "search")), of, failing(*failures)).outcomes) == 80


@pytest.mark.parametrize(("options", "different"), [(BOHB(), 27), (BOHB(nominal_rungs=2), 9)])
def test_refused_repeats_are_survived(options: BOHB, different: int) -> None:
    of = task("evaluations", 80, 5, (1, 3, 9))
    log = run(options.start(of, stream(0, "fake", "search")), of, failing(0, 3, 5, 8), "refuse")
    assert len({(one.arch, one.epochs) for one in log.outcomes}) == different


@pytest.mark.thorough
def test_the_model_is_worth_more_than_random_architectures() -> None:
    synthetic = Synthetic()

    def found(strategy: Strategy) -> list[float]:
        results = (execute(strategy, synthetic, Rules(Budget("epochs", 1500)), seed) for seed in range(12))
        return [result.scores()["validation_regret"] for result in results]

    assert stats.wilcoxon(found(BOHB()), found(Hyperband()), alternative="less").pvalue < 0.01
