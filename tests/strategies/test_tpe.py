"""TPE, and the Parzen estimators that it shares with BOHB."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from daily import sampled
from fakes import SPACE, failing, run, task
from scipy import stats

from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies.models.parzen import DensityRatio, Independent, Kernels, flat, frequencies
from nasbed.strategies.models.ranked import Ranked, RankedCounts, RankedRows
from nasbed.strategies.models.row_set import RowSet
from nasbed.strategies.random_search import RandomSearch
from nasbed.strategies.tpe import TPE
from nasbed.streams import stream
from nasbed.vocabulary import Benchmark, Budget, Outcome, Searcher, Strategy

CHOICES = (2, 4, 1, 3)
EVERYTHING = np.array(list(itertools.product(*map(range, CHOICES))))
ROWS = np.array([[0, 3, 0, 2], [0, 3, 0, 1], [1, 0, 0, 2], [0, 3, 0, 2], [0, 1, 0, 2]])
WIDTHS = np.array([0.1, 0.3, 0.0, 0.5])


def by_hand(
    arch: tuple[int, ...], rows: np.ndarray, widths: np.ndarray, choices: tuple[int, ...], prior: float
) -> float:
    """The density of a mixture of product kernels, one factor at a time."""
    total = prior / math.prod(choices)
    for row in rows.tolist():
        factor = 1.0
        for value, centre, width, count in zip(arch, row, widths.tolist(), choices, strict=True):
            factor *= 1 - width if value == centre else width / (count - 1)
        total += factor
    return total / (len(rows) + prior)


def counted(rows: np.ndarray) -> np.ndarray:
    """How often each choice is among some rows, (decisions, most choices)."""
    return np.array([np.bincount(column, minlength=4) for column in rows.T])


def test_independent_choices_are_counted_with_a_prior() -> None:
    densities = Independent(np.stack([counted(ROWS), counted(ROWS[:1])]), CHOICES, 1.0)
    # Bergstra et al. 2011, section 4: in proportion to N p + C, here with N p = 1 for each of N choices.
    expected = [[5 / 7, 2 / 7], [2 / 9, 2 / 9, 1 / 9, 4 / 9], [1], [1 / 8, 2 / 8, 5 / 8]]
    for row, probabilities in zip(densities.probabilities[0], expected, strict=True):
        assert row.tolist() == pytest.approx(probabilities + [0] * (4 - len(probabilities)))
    ratio = math.log((5 / 7 * 4 / 9 * 2 / 8) / (2 / 3 * 2 / 5 * 1 / 4))
    assert densities.log_ratio(np.array([[0, 3, 0, 1]]))[0] == pytest.approx(ratio)


def test_frequencies_are_shares_of_the_rows() -> None:
    assert frequencies(ROWS, CHOICES) == pytest.approx(counted(ROWS) / len(ROWS))


PAPER = TPE(0.15, candidates=100, initial=30, prior=1.0, density="independent")


def test_kernels_are_those_of_aitchison_and_aitken() -> None:
    density = Kernels(ROWS, CHOICES, WIDTHS)
    expected = [by_hand(tuple(arch), ROWS, WIDTHS, CHOICES, 0.0) for arch in EVERYTHING.tolist()]
    assert np.exp(density.log(EVERYTHING)) == pytest.approx(expected)


def test_kernels_at_the_widest_bandwidth_are_uniform() -> None:
    density = np.exp(Kernels(ROWS, CHOICES, flat(CHOICES)).log(EVERYTHING))
    assert density == pytest.approx(np.full(24, 1 / 24))


def independent(rows: np.ndarray) -> tuple[DensityRatio, np.ndarray]:
    """Densities of which the first is of some rows, and that of everything."""
    densities = Independent(np.stack([counted(rows), counted(rows[:2])]), CHOICES, 0.7)
    return densities, densities.probabilities[0][np.arange(4), EVERYTHING].prod(axis=1)


def with_counted(arch: tuple[int, ...], rows: np.ndarray, choices: tuple[int, ...], prior: float) -> float:
    """The density of a mixture whose components count their own choice once and every choice ``prior`` / (n + 1) times."""
    share, counts = prior / (len(rows) + 1), np.array(choices)
    return by_hand(arch, rows, (counts - 1) * share / (1 + counts * share), choices, prior)


def ordered(made: Ranked, *parts: np.ndarray) -> DensityRatio:
    """The densities of the first and of the second of some rows."""
    for place, row in enumerate(np.concatenate(parts).tolist()):
        made.insert(place, tuple(row))
    return made.parted(len(parts[0]))


def joint(rows: np.ndarray) -> tuple[DensityRatio, np.ndarray]:
    densities = ordered(RankedRows(CHOICES, 1.6), rows, rows[:2])
    return densities, np.array([with_counted(tuple(arch), rows, CHOICES, 1.6) for arch in EVERYTHING.tolist()])


@pytest.mark.parametrize("made", [independent, joint])
def test_what_is_sampled_has_the_first_density(made: Callable[[np.ndarray], tuple[DensityRatio, np.ndarray]]) -> None:
    densities, probabilities = made(ROWS)
    assert probabilities.sum() == pytest.approx(1)
    drawn = densities.sample(20_000, np.random.default_rng(0))
    counts = np.bincount(np.ravel_multi_index(tuple(drawn.T), CHOICES), minlength=24)
    assert stats.chisquare(counts, 20_000 * probabilities).pvalue > 1e-3


def test_without_copies_the_others_come_as_often() -> None:
    densities, probabilities = joint(ROWS)
    drawn = densities.sample(60_000, np.random.default_rng(1), copies=False)
    counts = np.bincount(np.ravel_multi_index(tuple(drawn.T), CHOICES), minlength=24)
    inside = np.unique(np.ravel_multi_index(tuple(ROWS.T), CHOICES))
    outside = np.setdiff1d(np.arange(24), inside)
    assert len(drawn) < 60_000
    # What is drawn anew may be an architecture that is there, too; what is none of them comes as often as with copies.
    expected = 60_000 * np.append(probabilities[outside], 1 - probabilities[outside].sum())
    assert stats.chisquare(np.append(counts[outside], 60_000 - counts[outside].sum()), expected).pvalue > 1e-3
    assert (counts[inside] < 60_000 * probabilities[inside]).all()


def test_small_samples_have_the_first_density_and_are_independent() -> None:
    """Random numbers of several samples are drawn at once, so each of these takes its part of them."""
    densities, probabilities = joint(ROWS)
    random = np.random.default_rng(2)
    samples = [densities.sample(40, random) for _ in range(500)]
    counts = np.bincount(np.ravel_multi_index(tuple(np.concatenate(samples).T), CHOICES), minlength=24)
    assert stats.chisquare(counts, 20_000 * probabilities).pvalue > 1e-3
    assert len({sample.tobytes() for sample in samples}) == 500


@pytest.mark.parametrize("more", [0, 1])
def test_a_sample_is_of_the_architectures_that_are_first_by_then(more: int) -> None:
    ranked, random = RankedRows(CHOICES, 1e-9), np.random.default_rng(0)
    for place, row in enumerate(EVERYTHING[:12].tolist()):
        ranked.insert(place, tuple(row))
    before = {tuple(row) for row in ranked.parted(3).sample(200, random).tolist()}
    assert before == {tuple(row) for row in EVERYTHING[:3].tolist()}
    ranked.insert(0, tuple(EVERYTHING[20].tolist()))
    after = {tuple(row) for row in ranked.parted(3 + more).sample(200, random).tolist()}
    assert after == {tuple(row) for row in EVERYTHING[[20, *range(2 + more)]].tolist()}


@pytest.mark.parametrize("made", [RankedCounts, RankedRows])
def test_densities_are_those_of_the_order_that_was_made(made: Callable[[tuple[int, ...], float], Ranked]) -> None:
    random = np.random.default_rng(1)
    ranked, archs = made(CHOICES, 0.8), list[tuple[int, ...]]()
    for told in range(1, 100):
        place = int(random.integers(told))
        archs.insert(place, tuple(random.integers(CHOICES).tolist()))
        ranked.insert(place, archs[place])
        if told > 1 and random.random() < 0.5:
            first = int(random.integers(1, told))
            found, alone = ranked.parted(first), made(CHOICES, 0.8)
            for place, arch in enumerate(archs):
                alone.insert(place, arch)
            expected = alone.parted(first).log_ratio(EVERYTHING)
            np.testing.assert_allclose(found.log_ratio(EVERYTHING), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("choices", [(3, 4, 2), (3, 2**31, 2**33)])
def test_a_set_of_rows_knows_what_is_in_it(choices: tuple[int, ...]) -> None:
    random = np.random.default_rng(2)
    rows, known = random.integers(choices, size=(300, 3)), RowSet(choices)
    assert known.lacks(rows).all()
    for row in rows[::3].tolist():
        known.add(tuple(row))
    inside = set(map(tuple, rows[::3].tolist()))
    assert known.lacks(rows).tolist() == [tuple(row) not in inside for row in rows.tolist()]


def told(searcher: Searcher, values: list[float]) -> list[tuple[int, ...]]:
    """What is proposed when the n-th outcome has the n-th value."""
    archs = []
    for trial, value in enumerate(values):
        proposal = searcher.ask()
        assert proposal is not None
        archs.append(proposal.arch)
        searcher.tell(Outcome(proposal.arch, value, 1.0, trial + 1.0, trial, 1, (value,), proposal))
    return archs


@pytest.mark.parametrize("density", ["independent", "joint"])
@pytest.mark.parametrize("seed", range(5))
def test_the_best_ratio_of_the_good_to_the_bad_is_proposed(density: str, seed: int) -> None:
    options = TPE(0.3, candidates=500, initial=8, prior=0.8, density=density, repeats=True)  # type: ignore[arg-type]
    searcher = options.start(task(), stream(seed, "fake", "search"))
    values = np.random.default_rng(seed).normal(size=8)
    archs = told(searcher, values.tolist())
    ranked = np.array([archs[place] for place in np.argsort(-values)])

    def probability(arch: tuple[int, ...], rows: np.ndarray) -> float:
        if density == "joint":
            return with_counted(arch, rows, (3, 3), 0.8)
        return math.prod(
            (0.8 + sum(rows[:, place] == value)) / (3 * 0.8 + len(rows)) for place, value in enumerate(arch)
        )

    # ceil(0.3 * 8) = 3 are good. 500 candidates out of 9 architectures miss none.
    ratios = {arch: probability(arch, ranked[:3]) / probability(arch, ranked[3:]) for arch in SPACE.archs}
    proposal = searcher.ask()
    assert proposal is not None
    assert ratios[proposal.arch] == pytest.approx(max(ratios.values()))


@pytest.mark.parametrize("choices", [CHOICES, (2,) * 130, (300, 1, 3)])
def test_a_component_counts_its_choices_once_and_all_of_them_by_the_prior(choices: tuple[int, ...]) -> None:
    random = np.random.default_rng(3)
    first, others, asked = (random.integers(choices, size=(count, len(choices))) for count in (4, 70, 20))
    asked[:8] = np.concatenate([first, others[:4]])
    found = ordered(RankedRows(choices, 2.0), first, others).log_ratio(asked)
    ratios = [
        math.log(with_counted(arch, first, choices, 2.0)) - math.log(with_counted(arch, others, choices, 2.0))
        for arch in map(tuple, asked.tolist())
    ]
    assert found == pytest.approx(ratios)


def test_it_begins_like_random_search_and_asks_for_nothing_twice(cifar10: Benchmark) -> None:
    def archs(strategy: Strategy) -> list[tuple[int, ...]]:
        return [one.arch for one in execute(strategy, cifar10, Rules(Budget("evaluations", 80)), 0).outcomes]

    found, random = archs(PAPER), archs(RandomSearch())
    assert found[:30] == random[:30]
    assert len(set(found[30:])) == 50
    assert not set(found[30:]) & set(found[:30])
    again = archs(replace(PAPER, repeats=True))
    assert again[:30] == random[:30]
    assert len(set(again[30:])) < 50


@pytest.mark.parametrize("workers", [1, 4])
def test_an_exhausted_space_is_searched_on(workers: int) -> None:
    of = task("evaluations", 30, workers)
    log = run(TPE(initial=2).start(of, stream(0, "fake", "search")), of, failing(0, 3))
    assert len({outcome.arch for outcome in log.outcomes}) == 9
    assert len(log.outcomes) == 30


def test_more_is_told_than_there_was_room_for(cifar10: Benchmark) -> None:
    searcher = TPE(initial=2).start(cifar10.task(Budget("evaluations", 150)), stream(0, "fake", "search"))
    values = np.random.default_rng(0).normal(size=150).round(1)
    archs = told(searcher, values.tolist())
    choices = cifar10.space.choices
    ranked, rows = RankedRows(choices, TPE().prior), np.array(archs)
    for place, told_of in enumerate(np.argsort(-values, kind="stable")):
        ranked.insert(place, archs[told_of])
    found = searcher._ranked.parted(20).log_ratio(rows)  # type: ignore[attr-defined]
    np.testing.assert_allclose(found, ranked.parted(20).log_ratio(rows), rtol=1e-12, atol=1e-12)


def test_failed_trainings_are_bad() -> None:
    searcher = TPE(0.5, initial=9, prior=1.0, density="independent", repeats=True).start(
        task(), stream(2, "fake", "search")
    )
    archs = told(searcher, [math.nan if trial % 2 else float(trial) for trial in range(9)])
    better = [arch for trial, arch in enumerate(archs) if trial % 2 == 0]
    good = searcher._ranked.parted(5).probabilities[0]  # type: ignore[attr-defined]
    counts = [np.bincount(column, minlength=3) for column in np.array(better).T]
    assert good == pytest.approx((np.array(counts) + 1) / (5 + 3))


@pytest.mark.parametrize("options", sampled([TPE(), PAPER, replace(PAPER, density="joint", gamma=0.1, initial=10)], 3))
def test_it_clearly_beats_random_search(options: TPE, cifar100: Benchmark) -> None:
    validation, index = cifar100.referee().validation(np.arange(15625)), cifar100.space.index

    def found(strategy: Strategy) -> list[float]:
        runs = [execute(strategy, cifar100, Rules(Budget("evaluations", 100)), seed).outcomes for seed in range(12)]
        return [validation[index(max(outcomes, key=lambda one: one.worth).arch)] for outcomes in runs]

    assert stats.wilcoxon(found(options), found(RandomSearch()), alternative="greater").pvalue < 0.01
