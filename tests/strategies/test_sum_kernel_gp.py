"""The sum of kernels and its learning against independent computations, the proposals against brute force."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from fakes import failing, run, task
from scipy import stats
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

import nasbed
from nasbed.benchmarks.spaces.joint import LongJointGridSpace
from nasbed.benchmarks.spaces.transnas import TransNASMicroSpace
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies import GPBO, SumKernelGP
from nasbed.strategies.models.gaussian_process import normal_scores
from nasbed.strategies.models.sum_of_kernels import Summand, SumOfKernels
from nasbed.strategies.sum_kernel_gp import _Search
from nasbed.streams import stream
from nasbed.vocabulary import Arch, Benchmark, Budget, Objective, Outcome, Proposal, Searcher, Space, Task

CELLS = TransNASMicroSpace()
ENTRIES = 4
LENGTHS = np.array([0.5, 1.0, 2.0, 4.0])
PARTS = [Summand(np.array([0, 1]), LENGTHS[:2], 0.5), Summand(np.arange(ENTRIES), 8 * LENGTHS, 1.5)]


def vectors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 3, (count, ENTRIES)).astype(np.float32)


def trainings(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors, with repeats, and noisy scores in which the last entry counts for most."""
    x = vectors(count, seed)
    noise = 0.3 * np.random.default_rng(seed + 1).normal(size=count)
    return x, normal_scores(2.0 * x[:, 3] + np.sin(3 * x[:, 0]) + noise)


def covariances(x: np.ndarray, y: np.ndarray, logarithms: np.ndarray) -> np.ndarray:
    """By the formula, one entry at a time."""
    total, values = np.zeros((len(x), len(y))), list(np.exp(logarithms))
    for part in PARTS:
        relevances, weight = [values.pop(0) for _ in part.columns], values.pop(0)
        distance = sum(
            r * np.subtract.outer(x[:, k].astype(float), y[:, k]) ** 2
            for r, k in zip(relevances, part.columns, strict=True)
        )
        total += weight * np.exp(-distance)
    return total


def test_the_process_is_that_of_the_textbook_before_and_after_it_learns() -> None:
    x, scores = trainings(40)
    new = vectors(200, 7)
    process = SumOfKernels(PARTS, 0.2, 1.0)
    for steps in (0, 5):
        if steps:
            process.learn(x, scores, steps)
        process.fit(x, scores)
        among, across = covariances(x, x, process._logarithms), covariances(new, x, process._logarithms)
        inverse = np.linalg.inv(among + process.noise * np.eye(len(x)))
        prior = covariances(new[:1], new[:1], process._logarithms)[0, 0]
        mean, variance = process.posterior(new)
        assert mean == pytest.approx(across @ inverse @ scores, abs=1e-3)
        assert variance == pytest.approx(prior - np.einsum("ij,jk,ik->i", across, inverse, across), abs=1e-3)
        assert process.mean(new) == pytest.approx(mean, abs=1e-4)
        assert process.fitted(scores) == pytest.approx(among @ inverse @ scores, abs=1e-3)


def test_what_is_kept_of_the_same_array_follows_the_trainings_and_the_kernel() -> None:
    x, scores = trainings(60)
    new, process = vectors(50, 7), SumOfKernels(PARTS, 0.2, 1.0)
    for size in (20, 21, 45, 60):
        if size == 45:
            process.learn(x[:size], scores[:size], 5)
        process.fit(x[:size], scores[:size])
        kept, afresh = process.posterior(new), process.posterior(new.copy())
        process.posterior(new)
        for one, other in zip(kept, afresh, strict=True):
            assert one == pytest.approx(other, abs=1e-5)


def test_what_is_learnt_is_the_most_probable_by_scikit_learn() -> None:
    x, scores = trainings(40)
    whole = [Summand(np.arange(ENTRIES), LENGTHS, 0.5), Summand(np.arange(ENTRIES), 8 * LENGTHS, 1.5)]
    process = SumOfKernels(whole, 0.2, 1.0)
    for _ in range(20):
        process.learn(x, scores, 10)
    near, far = np.split(np.exp(process._logarithms[:-1]), 2)
    kernels = [ConstantKernel(one[-1]) * RBF(1 / np.sqrt(2 * one[:-1])) for one in (near, far)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = GaussianProcessRegressor(
            kernels[0] + kernels[1] + WhiteKernel(process.noise), alpha=1e-6, optimizer=None
        )
        model.fit(x.astype(float), scores)
    _, slope = model.log_marginal_likelihood(model.kernel_.theta, eval_gradient=True)
    first, second, noise = slope[:5], slope[5:10], slope[10]
    ours = [
        *(first[1:] / -2),
        first[0],
        *(second[1:] / -2),
        second[0],
        noise,
    ]  # scikit-learn has log lengths, weight first
    off = process._logarithms - process._prior
    assert ours == pytest.approx(off, abs=0.01)  # the slope of the prior of spread 1 balances it
    assert np.abs(off).max() > 0.5


def test_a_narrow_prior_keeps_what_was_set() -> None:
    x, scores = trainings(60)
    process = SumOfKernels(PARTS, 0.2, 1e-3)
    process.learn(x, scores, 10)
    expected = [*1 / (2 * LENGTHS[:2]), 0.5, *1 / (16 * LENGTHS), 1.5, 0.2]
    assert np.exp(process._logarithms) == pytest.approx(expected, rel=1e-2)


def of(space: Space, workers: int = 1) -> Task:
    return Task(space, (1,), (Objective("accuracy", "%"),), (), Budget("evaluations", 100), workers)


def started(options: SumKernelGP, space: Space = CELLS, workers: int = 1, seed: int = 0) -> Searcher:
    return options.start(of(space, workers), stream(seed, "fake", "search"))


def ask(searcher: Searcher) -> Proposal:
    proposal = searcher.ask()
    assert proposal is not None
    return proposal


def told(searcher: Searcher, proposal: Proposal, value: float) -> None:
    searcher.tell(Outcome(proposal.arch, value, 1.0, 1.0, 0, 1, (value,), proposal))


def proposed(options: SumKernelGP, value: Callable[[Arch], float], evaluations: int, seed: int = 0) -> list[Arch]:
    searcher, archs = started(options, seed=seed), []
    for _ in range(evaluations):
        proposal = ask(searcher)
        archs.append(proposal.arch)
        told(searcher, proposal, value(proposal.arch))
    return archs


def convolutions(arch: Arch) -> float:
    """What counts is how many there are, and a little where."""
    return float(arch.count(3)) + 0.1 * arch[5]


def test_each_proposal_has_the_highest_expected_improvement_of_all_that_remain() -> None:
    options = SumKernelGP(initial=4, spread=1e-6, shortlist=5000)
    archs = proposed(options, convolutions, 9)
    x = np.hstack([CELLS.encode_all("one_hot"), CELLS.encode_all("operations")]).astype(float)
    one_hot, places = x[:, :24], [CELLS.index(arch) for arch in archs]

    def kernel(rows: np.ndarray, others: np.ndarray, length: float) -> np.ndarray:
        return np.exp(-((rows[:, None] - others[None]) ** 2).sum(axis=2) / (2 * length))

    for n in range(4, 9):
        known = places[:n]
        across = 0.5 * kernel(one_hot, one_hot[known], 2.0) + kernel(x, x[known], 16.0)
        inverse = np.linalg.inv(across[known] + 0.1 * np.eye(n))
        mean = across @ inverse @ normal_scores(np.array([convolutions(arch) for arch in archs[:n]]))
        sd = np.sqrt(1.6 - np.einsum("ij,jk,ik->i", across, inverse, across))
        gain = (mean - mean[known].max()) / sd
        improvement = sd * (gain * stats.norm.cdf(gain) + stats.norm.pdf(gain))
        improvement[known] = 0
        assert improvement[places[n]] == pytest.approx(improvement.max(), abs=1e-4)


def test_how_often_an_operation_is_there_carries_over_to_other_places() -> None:
    archs = proposed(SumKernelGP(), convolutions, 25)
    assert (3,) * 6 in archs


def test_a_decision_with_an_order_is_interpolated() -> None:
    rate = Variable("rate", tuple(float(one) for one in range(400)), "hyperparameters")
    other = Variable("sort", ("a", "b", "c"), "hyperparameters")
    space = LongJointGridSpace("example", [rate, other], {"rate": 0.0, "sort": "a"})
    searcher = started(SumKernelGP(), space)
    best = -math.inf
    for _ in range(25):
        proposal = ask(searcher)
        value = -abs(proposal.arch[0] - 237) - 10.0 * proposal.arch[1]
        best = max(best, value)
        told(searcher, proposal, value)
    assert best > -5


def test_the_shortlist_is_what_has_the_highest_mean() -> None:
    searcher = started(SumKernelGP(shortlist=20))
    assert isinstance(searcher, _Search)
    for _ in range(6):
        proposal = ask(searcher)
        told(searcher, proposal, convolutions(proposal.arch))
    assert searcher._process is not None
    mean = searcher._process.mean(searcher._vectors.rows)
    mean[searcher._trainings.places[:5]] = -math.inf
    assert mean[searcher._shortlist].min() >= np.sort(mean)[-20] - 1e-6


def test_only_the_order_of_the_values_counts() -> None:
    options = SumKernelGP(initial=4)
    assert proposed(options, convolutions, 15) == proposed(options, lambda arch: math.exp(convolutions(arch)) - 3, 15)
    assert proposed(options, convolutions, 15) != proposed(options, lambda arch: -convolutions(arch), 15)


def test_everything_is_asked_for_once_and_then_it_goes_on() -> None:
    options = SumKernelGP(initial=1, shortlist=2)
    log = run(options.start(task(), stream(0, "fake", "search")), task("evaluations", 30), failing(0, 3))
    assert len({outcome.arch for outcome in log.outcomes[:9]}) == 9
    assert len(log.outcomes) == 30


def test_workers_are_kept_apart_by_what_is_believed() -> None:
    searcher = started(SumKernelGP(initial=2), workers=6)
    for value in (0.0, 1.0):
        told(searcher, ask(searcher), value)
    assert len({ask(searcher).arch for _ in range(6)}) == 6


@pytest.mark.thorough
def test_it_is_ahead_of_a_single_kernel_on_digits() -> None:
    table = nasbed.load_benchmark("digits201")
    regrets = {
        strategy: [
            execute(strategy, table, Rules(Budget("evaluations", 50)), seed).scores()["validation_regret"]
            for seed in range(8)
        ]
        for strategy in (SumKernelGP(), GPBO())
    }
    ours, theirs = (float(np.mean(one)) for one in regrets.values())
    assert ours < theirs


def test_it_finds_the_optimum_of_the_cells(cifar10: Benchmark) -> None:
    best = cifar10.space.archs[int(cifar10.referee().validation(np.arange(15625)).argmax())]
    rules = Rules(Budget("evaluations", 60), noise="mean")
    runs = [execute(SumKernelGP(), cifar10, rules, seed).outcomes for seed in range(2)]
    assert sum(any(outcome.arch == best for outcome in outcomes) for outcomes in runs) >= 1


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(nasbed.NasbedError, match="near = 0; expected float, more than 0"):
        SumKernelGP(near=0)
