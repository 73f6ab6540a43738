"""REINFORCE on independent categorical choices: Williams 1992, as set up for NAS-Bench-201 (section 5 and its code)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbed.vocabulary import (
    PATIENCE,
    Arch,
    Outcome,
    Proposal,
    Searcher,
    Strategy,
    Stream,
    Task,
    architecture_of,
    counting,
    option,
)


@dataclass(frozen=True)
class Reinforce(Strategy):
    """A table of logits with one row for each decision; each step draws one sample and weights its score function by its advantage.

    The baseline is an exponential moving average of the rewards, corrected for its start and updated before the advantage is taken.
    Logits start at 0.001 N(0, 1) and are moved by Adam (Kingma and Ba 2015). There is no entropy term. The reward is the first
    objective, not rescaled (accuracy in percent). An architecture drawn outside the space is drawn again.
    """

    learning_rate: float = option(0.01, "step size of Adam", above=0)
    momentum: float = option(0.9, "decay of the moving average of rewards", low=0, below=1)

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    __slots__ = (
        "_average",
        "_choices",
        "_first",
        "_logits",
        "_options",
        "_rng",
        "_second",
        "_space",
        "_step",
        "_weight",
    )

    def __init__(self, options: Reinforce, task: Task, rng: Stream) -> None:
        self._options, self._rng = options, rng
        self._space, self._choices = task.space, task.space.choices
        shape = len(self._choices), max(self._choices)
        self._logits = 0.001 * rng.numpy.standard_normal(shape)
        self._logits[np.arange(shape[1]) >= np.array(self._choices)[:, None]] = -np.inf
        self._first, self._second = np.zeros(shape), np.zeros(shape)
        self._average, self._weight, self._step = 0.0, 0.0, 0

    def _policy(self) -> np.ndarray:
        odds = np.exp(self._logits - self._logits.max(axis=1, keepdims=True))
        policy: np.ndarray = odds / odds.sum(axis=1, keepdims=True)
        return policy

    def ask(self) -> Proposal:
        policy = self._policy().tolist()
        for _ in range(PATIENCE):
            arch = architecture_of(self._space, self._drawn(policy))
            if arch is not None:
                return Proposal(arch)
        return Proposal(self._space.sample(self._rng))

    def _drawn(self, policy: list[list[float]]) -> Arch:
        random = self._rng.random
        arch = []
        for row, count in zip(policy, self._choices, strict=True):
            left, value = random(), 0
            while value < count - 1 and left >= row[value]:
                left -= row[value]
                value += 1
            arch.append(value)
        return tuple(arch)

    def tell(self, outcome: Outcome) -> None:
        if outcome.failed:
            return
        decay = self._options.momentum
        self._average = decay * self._average + (1 - decay) * outcome.value
        self._weight = decay * self._weight + (1 - decay)
        advantage = outcome.value - self._average / self._weight
        gradient = advantage * self._policy()
        gradient[np.arange(len(self._choices)), outcome.arch] -= advantage
        counted = counting(self._space, outcome.arch)
        if len(counted) < len(self._choices):
            gradient[sorted({*range(len(self._choices))} - {*counted})] = 0.0
        self._step += 1
        self._first += 0.1 * (gradient - self._first)
        self._second += 0.001 * (gradient * gradient - self._second)
        first = self._first / (1 - 0.9**self._step)
        second = self._second / (1 - 0.999**self._step)
        self._logits -= self._options.learning_rate * first / (np.sqrt(second) + 1e-8)
