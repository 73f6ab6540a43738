"""The LSTM controller."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from fakes import SPACE, failing, run, task
from scipy import stats

from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.benchmarks.spaces.nasbench_graph import NASBenchGraphSpace
from nasbed.strategies.lstm_controller import LSTMController, _Controller
from nasbed.streams import stream
from nasbed.vocabulary import Arch, Objective, Outcome, Task

UNEQUAL = (5, 2, 3)


def controller(options: LSTMController, seed: int = 0) -> _Controller:
    return _Controller(UNEQUAL, options, np.random.default_rng(seed))


def probability(of: _Controller, arch: Arch) -> float:
    _, steps = of.walk(lambda number, _: arch[number])
    return math.prod(float(step.policy[value]) for value, step in zip(arch, steps, strict=True))


EVERYTHING = [(a, b, c) for a in range(5) for b in range(2) for c in range(3)]


def test_gradient_and_probabilities_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    size, arch, advantage, entropy = 4, (3, 1, 0), 1.7, 0.3
    ours = controller(LSTMController(hidden=size, entropy=entropy))
    embedding, matrix, bias, head, offset = (
        torch.tensor(part, dtype=torch.float64, requires_grad=True) for part in ours._weights
    )
    # PyTorch orders the gates: input, forget, candidate, output.
    order = [*range(2 * size), *range(3 * size, 4 * size), *range(2 * size, 3 * size)]
    cell = torch.nn.LSTM(size, size, dtype=torch.float64)
    parameters = {
        "weight_ih_l0": matrix[:size, order].T,
        "weight_hh_l0": matrix[size:, order].T,
        "bias_ih_l0": bias[order],
        "bias_hh_l0": torch.zeros(4 * size, dtype=torch.float64),
    }
    read = embedding[[0, 1 + 3, 1 + 5 + 1]]
    states, _ = torch.func.functional_call(cell, parameters, (read,))
    loss = torch.zeros((), dtype=torch.float64)
    for value, start, count, state in zip(arch, (0, 5, 7), UNEQUAL, states, strict=True):
        logs = (state @ head[:, start : start + count] + offset[start : start + count]).log_softmax(0)
        loss = loss - advantage * logs[value] + entropy * (logs.exp() * logs).sum()
    loss.backward()
    theirs = torch.cat([part.grad.reshape(-1) for part in (embedding, matrix, bias, head, offset)])
    np.testing.assert_allclose(ours.gradient(arch, advantage), theirs.numpy(), atol=1e-12)


def test_what_is_written_follows_the_policy() -> None:
    of = controller(LSTMController(hidden=8, learning_rate=0.05))
    for _ in range(5):
        of.learn((3, 1, 0), 1.0)
    expected = np.array([probability(of, arch) for arch in EVERYTHING])
    assert expected.sum() == pytest.approx(1)
    assert expected.max() > 2 / 30
    rng = stream(0, "fake", "writing")
    drawn = Counter(of.write(rng) for _ in range(4000))
    assert stats.chisquare([drawn[arch] for arch in EVERYTHING], 4000 * expected).pvalue > 1e-3


def test_steps_are_those_of_adam_on_the_advantage_over_the_corrected_average() -> None:
    options = LSTMController(hidden=4, learning_rate=0.02, momentum=0.8)
    searcher = options.start(task(), stream(7, "fake", "search"))
    ours = searcher._controller  # type: ignore[attr-defined]
    numerator = denominator = 0.0
    first, second, weights = np.zeros_like(ours._all), np.zeros_like(ours._all), ours._all.copy()
    for step, reward in enumerate([50.0, 60.0, 40.0, 90.0], 1):
        proposal = searcher.ask()
        assert proposal is not None
        numerator, denominator = 0.8 * numerator + 0.2 * reward, 0.8 * denominator + 0.2
        gradient = ours.gradient(proposal.arch, reward - numerator / denominator)
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        weights = weights - 0.02 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        searcher.tell(Outcome(proposal.arch, reward, 1.0, 1.0, step, 1, (reward,), proposal))
        np.testing.assert_allclose(ours._all, weights, rtol=1e-9)


def test_an_advantage_makes_an_architecture_likelier_and_entropy_flattens() -> None:
    of = controller(LSTMController(hidden=8, learning_rate=0.02, entropy=1.0))
    before = probability(of, (4, 0, 2))
    for _ in range(30):
        of.learn((4, 0, 2), 3.0)
    learnt = probability(of, (4, 0, 2))
    assert learnt > 3 * before
    for _ in range(100):
        of.learn((4, 0, 2), 0.0)
    assert probability(of, (4, 0, 2)) < learnt / 2


def test_a_failed_training_teaches_nothing() -> None:
    searcher = LSTMController().start(task(), stream(0, "fake", "search"))
    before = searcher._controller._all.copy()  # type: ignore[attr-defined]
    proposal = searcher.ask()
    assert proposal is not None
    searcher.tell(Outcome(proposal.arch, math.nan, 1.0, 1.0, 0, 1, (math.nan,), proposal))
    assert (searcher._controller._all == before).all()  # type: ignore[attr-defined]


@pytest.mark.parametrize("workers", [1, 4])
def test_it_learns_to_prefer_the_better_choice(workers: int) -> None:
    of = task("evaluations", 300, workers)
    log = run(LSTMController(hidden=16).start(of, stream(0, "fake", "search")), of, failing(3))
    assert np.mean([outcome.arch[0] for outcome in log.outcomes[-50:]]) > 1.6


@pytest.mark.parametrize("space", [NASBenchGraphSpace(), SPACE], ids=lambda space: space.name)
def test_what_is_no_architecture_is_written_again(space: EnumeratedSpace) -> None:
    of = Task(space, (1,), (Objective("accuracy", "%"),), (), task().budget)
    searcher = LSTMController(hidden=8).start(of, stream(0, "fake", "search"))
    for trial in range(100):
        proposal = searcher.ask()
        assert proposal is not None
        assert proposal.arch in space
        searcher.tell(Outcome(proposal.arch, float(trial), 1.0, 1.0, trial, 1, (float(trial),), proposal))


def test_a_controller_that_only_writes_outside_the_space_falls_back_on_uniform_draws() -> None:
    searcher = LSTMController(hidden=8).start(task(), stream(0, "fake", "search"))
    searcher._controller.write = lambda rng: (9, 9)  # type: ignore[attr-defined]
    drawn = Counter(proposal.arch for _ in range(900) if (proposal := searcher.ask()))
    assert set(drawn) == set(SPACE.archs)
    assert stats.chisquare(list(drawn.values())).pvalue > 1e-3
