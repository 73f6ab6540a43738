"""Bayesian optimization: the process and its learning against independent computations, the proposals against brute force."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from fakes import failing, run, task
from scipy import stats
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel

import nasbed
from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies import GPBO, RandomSearch, RegularizedEvolution
from nasbed.strategies.models.gaussian_process import (
    GaussianProcess,
    _mean_that_reaches,
    expected_improvement,
    most_promising,
    normal_scores,
)
from nasbed.strategies.models.kriging_believer import KrigingBeliever
from nasbed.strategies.models.pool import CandidatePool
from nasbed.streams import Stream, stream
from nasbed.vocabulary import Arch, Benchmark, Budget, Objective, Outcome, Proposal, Searcher, Strategy, Task


class Uneven(EnumeratedSpace):
    """2 x 3 x 4 choices without the six combinations that sum to less than 2 or more than 4."""

    def __init__(self) -> None:
        archs = [arch for arch in itertools.product(range(2), range(3), range(4)) if 2 <= sum(arch) <= 4]
        super().__init__("uneven", (2, 3, 4), archs)

    def neighbours(self, arch: Arch) -> list[Arch]:
        raise NotImplementedError

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        raise NotImplementedError

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        raise NotImplementedError

    def parse(self, text: str) -> Arch:
        raise NotImplementedError

    def format(self, arch: Arch) -> str:
        raise NotImplementedError


UNEVEN = Uneven()
FEATURES = UNEVEN.encode_all("one_hot")


def of(evaluations: int, workers: int = 1) -> Task:
    return Task(UNEVEN, (1,), (Objective("accuracy", "%"),), (), Budget("evaluations", evaluations), workers)


def started(options: GPBO, workers: int = 1, seed: int = 0) -> Searcher:
    return options.start(of(100, workers), stream(seed, "fake", "search"))


def ask(searcher: Searcher) -> Proposal:
    proposal = searcher.ask()
    assert proposal is not None
    return proposal


def told(searcher: Searcher, proposal: Proposal, value: float) -> None:
    searcher.tell(Outcome(proposal.arch, value, 1.0, 1.0, 0, 1, (value,), proposal))


def proposed(options: GPBO, value: Callable[[Arch], float], evaluations: int, seed: int = 0) -> list[Arch]:
    """What a search of the uneven space proposes where architectures have the given values."""
    searcher, archs = started(options, seed=seed), []
    for _ in range(evaluations):
        proposal = ask(searcher)
        archs.append(proposal.arch)
        told(searcher, proposal, value(proposal.arch))
    return archs


def textbook(
    places: list[int], scores: np.ndarray, relevances: np.ndarray, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation everywhere by the inverse of the covariances."""
    squares = (FEATURES[:, None].astype(float) - FEATURES[None]) ** 2
    kernel = np.exp(-squares @ relevances)
    inverse = np.linalg.inv(kernel[np.ix_(places, places)] + noise * np.eye(len(places)))
    seen = kernel[:, places]
    return seen @ inverse @ scores, np.sqrt(1 - np.einsum("ij,jk,ik->i", seen, inverse, seen))


def learnt(process: GaussianProcess) -> tuple[np.ndarray, float]:
    parameters = np.exp(process._logarithms)
    return parameters[:-1], float(parameters[-1])


def trainings(count: int, seed: int = 0) -> tuple[list[int], np.ndarray]:
    """Architectures, with repeats, and noisy scores in which the last decision counts for most."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, len(UNEVEN), count).tolist()
    codes = np.array(UNEVEN.archs)[places]
    values = 3.0 * codes[:, 2] + 0.5 * codes[:, 1] + 0.3 * rng.normal(size=count)
    return places, normal_scores(values)


def process_of(places: list[int], length: float = 1.5, noise: float = 0.2, spread: float = 1.0) -> GaussianProcess:
    process = GaussianProcess(FEATURES, length, noise, spread)
    for place in places:
        process.add(place)
    return process


def test_the_process_is_that_of_the_textbook() -> None:
    places, scores = trainings(150)  # more than the arrays begin with, twice, and every architecture repeatedly
    process = process_of(places)
    mean, sd = process.posterior(scores)
    expected_mean, expected_sd = textbook(places, scores, np.full(9, 1 / 3), 0.2)
    assert mean == pytest.approx(expected_mean, abs=1e-3)
    assert sd == pytest.approx(expected_sd, abs=1e-3)


def test_at_first_the_kernel_is_exponential_in_the_decisions_that_differ() -> None:
    _, sd = process_of([4], length=2.0, noise=0.25).posterior(np.zeros(1))
    differ = (np.array(UNEVEN.archs) != UNEVEN.archs[4]).sum(axis=1)
    assert sd == pytest.approx(np.sqrt(1 - np.exp(-differ / 2.0) ** 2 / 1.25), abs=1e-5)


def test_what_is_learnt_is_the_most_probable_by_scikit_learn() -> None:
    places, scores = trainings(40)
    process = process_of(places)
    for _ in range(20):
        process.learn(scores)
    relevances, noise = learnt(process)
    kernel = RBF(1 / np.sqrt(2 * relevances)) + WhiteKernel(noise)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(FEATURES[places].astype(float), scores)
    _, slope = model.log_marginal_likelihood(model.kernel_.theta, eval_gradient=True)
    slope[:-1] /= -2  # of log relevances, where scikit-learn has log lengths: r = 1 / (2 l^2)
    off = np.log(np.append(relevances * 3, noise / 0.2))
    assert slope == pytest.approx(off, abs=0.01)  # that of the prior of spread 1 balances it
    assert np.abs(off).max() > 0.5


def test_learning_goes_on_where_it_was_and_the_factor_keeps_up() -> None:
    places, scores = trainings(90)
    process = process_of(places[:50])
    process.learn(scores[:50])
    for place in places[50:]:
        process.add(place)
    mean, sd = process.posterior(scores)
    expected_mean, expected_sd = textbook(places, scores, *learnt(process))
    assert mean == pytest.approx(expected_mean, abs=1e-3)
    assert sd == pytest.approx(expected_sd, abs=1e-3)


def test_the_decision_that_counts_becomes_the_relevant_one() -> None:
    places, scores = trainings(60)
    process = process_of(places)
    for _ in range(3):
        process.learn(scores)
    first, second, third = np.split(learnt(process)[0], [2, 5])
    assert third.mean() > 2 * max(first.mean(), second.mean())
    _, noise = learnt(process)
    assert noise < 0.1  # 0.2 before; the scores have a variance of 1, of which the noise is a hundredth


def test_a_narrow_prior_keeps_what_was_set() -> None:
    places, scores = trainings(60)
    process = process_of(places, spread=1e-3)
    process.learn(scores)
    assert process._logarithms == pytest.approx(np.log([*[1 / 3] * 9, 0.2]), abs=1e-2)


def test_normal_scores_are_quantiles_of_mid_ranks() -> None:
    scores = normal_scores(np.array([90.0, -math.inf, 91.0, 90.0]))
    assert stats.norm.cdf(scores) == pytest.approx([4 / 8, 1 / 8, 7 / 8, 4 / 8])
    assert normal_scores(np.full(3, -math.inf)) == pytest.approx(np.zeros(3))


def test_expected_improvement_is_the_mean_excess() -> None:
    draws = np.random.default_rng(0).normal(size=400_000)
    mean, sd = np.array([0.3, -1.0, 2.0]), np.array([0.5, 1.5, 0.1])
    excess = [np.maximum(m + s * draws - 0.4, 0).mean() for m, s in zip(mean, sd, strict=True)]
    assert expected_improvement(mean, sd, 0.4) == pytest.approx(excess, rel=0.02)


@pytest.mark.parametrize("best", [-3.0, 0.0, 4.0, 60.0])
def test_what_is_left_out_by_its_bound_is_never_the_most_promising(best: float) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        mean, sd = rng.normal(size=300).round(1), rng.choice([0.001, 0.2, 1.0], 300)
        asked = rng.random(300) < 0.5
        improvement = np.where(asked, -1.0, expected_improvement(mean, sd, best))
        expected = np.flatnonzero(improvement == improvement.max())
        assert most_promising(mean, sd, best, asked).tolist() == expected.tolist()


@pytest.mark.parametrize("sd", [0.05, 1.0, 3.0])
@pytest.mark.parametrize("improvement", [1e-11, 1e-4, 0.3, 5.0])
def test_no_lower_mean_reaches_an_improvement(improvement: float, sd: float) -> None:
    mean = _mean_that_reaches(improvement, sd)
    (found,) = expected_improvement(np.array([mean]), np.array([sd]), 0.0)
    assert improvement * 0.9 < found <= improvement * (1 + 1e-9)


def test_what_is_out_has_the_score_that_was_believed_of_it() -> None:
    pool = CandidatePool(UNEVEN, "one_hot")
    trainings, archs = KrigingBeliever(pool), UNEVEN.archs[:4]
    for arch, believed in zip([*archs, archs[0]], [0.1, 0.2, 0.3, 0.4, 0.5], strict=True):
        trainings.ask(Proposal(arch), believed)
    for trial, (arch, value) in enumerate([(archs[2], math.nan), (archs[0], 7.0), (archs[1], 5.0)]):
        trainings.tell(Outcome(arch, value, 1.0, trial + 1.0, trial, 1, (value,), Proposal(arch)))
    third = stats.norm.ppf(5 / 6)
    assert trainings.scores() == pytest.approx([third, 0.0, -third, 0.4, 0.5])
    assert (trainings.told, trainings.places) == ([2, 0, 1], [0, 1, 2, 3, 0])
    assert trainings.trained.tolist() == [2, 0, 1]


def test_once_all_were_asked_for_all_are_as_promising() -> None:
    assert most_promising(np.arange(3.0), np.ones(3), 1.0, np.ones(3, dtype=bool)).tolist() == [0, 1, 2]


def test_each_proposal_has_the_highest_expected_improvement_of_all_that_remain() -> None:
    def value(arch: Arch) -> float:
        return math.sin(7.0 * UNEVEN.index(arch))

    archs = proposed(GPBO(initial=3, length=1.5, noise=0.2, spread=0), value, 14)
    places = [UNEVEN.index(arch) for arch in archs]
    values = np.array([value(arch) for arch in archs])
    for n in range(3, 14):
        mean, sd = textbook(places[:n], normal_scores(values[:n]), np.full(9, 1 / 3), 0.2)
        gain = (mean - mean[places[:n]].max()) / sd
        improvement = sd * (gain * stats.norm.cdf(gain) + stats.norm.pdf(gain))
        improvement[places[:n]] = 0
        assert improvement[places[n]] == pytest.approx(improvement.max(), abs=1e-4)


def test_only_the_order_of_the_values_counts() -> None:
    def value(arch: Arch) -> float:
        return float(np.dot(arch, [5.0, -1.0, 1.7]))

    options = GPBO(initial=4)
    assert proposed(options, value, 15) == proposed(options, lambda arch: math.exp(value(arch)) - 3, 15)
    assert proposed(options, value, 15) != proposed(options, lambda arch: -value(arch), 15)


def test_everything_is_asked_for_once_and_then_it_goes_on() -> None:
    log = run(GPBO(initial=1).start(task(), stream(0, "fake", "search")), task("evaluations", 30), failing(0, 3))
    assert len({outcome.arch for outcome in log.outcomes[:9]}) == 9
    assert len(log.outcomes) == 30
    assert set(proposed(GPBO(initial=1), sum, len(UNEVEN))) == set(UNEVEN.archs)


def test_a_search_in_which_nothing_works_asks_for_everything() -> None:
    assert set(proposed(GPBO(initial=2), lambda arch: math.nan, len(UNEVEN) + 5)) == set(UNEVEN.archs)


def test_failures_are_the_lowest_and_keep_it_away() -> None:
    archs = proposed(GPBO(initial=6), lambda arch: math.nan if arch[2] == 1 else 1.0 + arch[2], 12, seed=1)
    after = [arch[2] for arch in archs[6:]]
    assert after.count(1) <= 1 < sum(arch[2] == 1 for arch in UNEVEN.archs) - 1


def test_workers_are_kept_apart_by_what_is_believed() -> None:
    searcher = started(GPBO(initial=2), workers=6)
    for value in (0.0, 1.0):
        told(searcher, ask(searcher), value)
    assert len({ask(searcher).arch for _ in range(6)}) == 6


def test_outcomes_out_of_order_belong_to_what_was_asked() -> None:
    def next_after(order: list[int]) -> Arch:
        searcher = started(GPBO(initial=5), workers=5, seed=3)
        out = [ask(searcher) for _ in range(5)]
        for number in order:
            told(searcher, out[number], float(UNEVEN.index(out[number].arch)))
        return ask(searcher).arch

    assert next_after([0, 1, 2, 3, 4]) == next_after([3, 0, 4, 2, 1])


def test_it_finds_the_optimum_where_others_do_not(cifar10: Benchmark) -> None:
    validation = cifar10.referee().validation(np.arange(15625))
    best = cifar10.space.archs[int(validation.argmax())]
    rules = Rules(Budget("evaluations", 60), noise="mean")

    def found(strategy: Strategy) -> int:
        runs = [execute(strategy, cifar10, rules, seed).outcomes for seed in range(5)]
        return sum(any(outcome.arch == best for outcome in outcomes) for outcomes in runs)

    assert found(GPBO()) >= 3 > 1 >= max(found(RegularizedEvolution()), found(RandomSearch()))


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(nasbed.NasbedError, match="spread = -1; expected float, at least 0"):
        GPBO(spread=-1)
