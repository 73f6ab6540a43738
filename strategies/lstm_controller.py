"""An LSTM that writes architectures decision by decision, trained by REINFORCE: Zoph and Le, ICLR 2017 (arXiv 1611.01578), section
3.2. One layer of 100 units, initial weights and entropy bonus as in ENAS: Pham et al., ICML 2018 (arXiv 1802.03268), section 3.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from nasbed.vocabulary import (
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

_TRIES = 100
"""Combinations outside the space that are drawn again, before an architecture is drawn uniformly."""


@dataclass(frozen=True)
class LSTMController(Strategy):
    """Each decision is drawn from a softmax on the state of an LSTM that has read those before it; each outcome is an Adam step.

    The baseline is an exponential moving average of the rewards, corrected for its start and updated before the advantage is taken.
    The reward is the first objective, not rescaled (accuracy in percent), and the entropy's weight is in its unit. A failed
    training teaches nothing. An architecture drawn outside the space is drawn again.
    """

    hidden: int = option(100, "size of the state and of an embedded decision", low=1)
    learning_rate: float = option(0.005, "step size of Adam", above=0)
    momentum: float = option(0.9, "decay of the moving average of rewards", low=0, below=1)
    entropy: float = option(0.3, "weight of the policy's entropy, summed over decisions", low=0)

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    def __init__(self, options: LSTMController, task: Task, rng: Stream) -> None:
        self._options, self._space, self._rng = options, task.space, rng
        self._controller = _Controller(task.space.choices, options, rng.numpy)
        self._average, self._weight = 0.0, 0.0

    def ask(self) -> Proposal:
        for _ in range(_TRIES):
            arch = architecture_of(self._space, self._controller.write(self._rng))
            if arch is not None:
                return Proposal(arch)
        return Proposal(self._space.sample(self._rng))

    def tell(self, outcome: Outcome) -> None:
        if outcome.failed:
            return
        decay = self._options.momentum
        self._average = decay * self._average + (1 - decay) * outcome.value
        self._weight = decay * self._weight + (1 - decay)
        advantage = outcome.value - self._average / self._weight
        self._controller.learn(outcome.arch, advantage, counting(self._space, outcome.arch))


class _Step(NamedTuple):
    """What one decision was drawn from: the token read before it, the cell, and the probabilities of its choices."""

    token: int
    read: np.ndarray
    """The embedded token and the state before, which the gates are linear in."""
    memory: np.ndarray
    gates: np.ndarray
    """Input, forget and output gate and candidate, (4, hidden)."""
    kept: np.ndarray
    """The memory after."""
    state: np.ndarray
    policy: np.ndarray


class _Controller:
    """An LSTM cell, an embedding of each choice of each decision, and logits that are linear in the state.

    All weights are views of one vector, which Adam (Kingma and Ba 2015) moves.
    """

    def __init__(self, choices: Sequence[int], options: LSTMController, rng: np.random.Generator) -> None:
        self._choices, self._hidden, self._rate, self._entropy = (
            choices,
            options.hidden,
            options.learning_rate,
            options.entropy,
        )
        places, size = sum(choices), options.hidden
        self._starts = [sum(choices[:step]) for step in range(len(choices))]
        self._shapes = (1 + places, size), (2 * size, 4 * size), (4 * size,), (size, places), (places,)
        self._all = rng.uniform(-0.1, 0.1, sum(map(prod, self._shapes)))
        self._weights = self._views(self._all)
        self._first, self._second, self._count = np.zeros_like(self._all), np.zeros_like(self._all), 0

    def _views(self, vector: np.ndarray) -> list[np.ndarray]:
        """Embedding; matrix and bias of the cell; matrix and bias of the logits."""
        ends = np.cumsum([prod(shape) for shape in self._shapes])
        return [part.reshape(shape) for part, shape in zip(np.split(vector, ends[:-1]), self._shapes, strict=True)]

    def walk(self, decide: Callable[[int, np.ndarray], int]) -> tuple[Arch, list[_Step]]:
        """Walk decision by decision; ``decide`` is given the number of each and the probabilities of its choices."""
        embedding, matrix, bias, head, offset = self._weights
        size, token, arch, steps = self._hidden, 0, [], []
        state, memory = np.zeros(size), np.zeros(size)
        for number, (start, count) in enumerate(zip(self._starts, self._choices, strict=True)):
            read = np.concatenate([embedding[token], state])
            inputs = (read @ matrix + bias).reshape(4, size)
            gates = np.concatenate([1 / (1 + np.exp(-inputs[:3])), np.tanh(inputs[3:])])
            kept = gates[1] * memory + gates[0] * gates[3]
            state = gates[2] * np.tanh(kept)
            logits = state @ head[:, start : start + count] + offset[start : start + count]
            odds = np.exp(logits - logits.max())
            steps.append(_Step(token, read, memory, gates, kept, state, odds / odds.sum()))
            arch.append(decide(number, steps[-1].policy))
            token, memory = 1 + start + arch[-1], kept
        return tuple(arch), steps

    def write(self, rng: Stream) -> Arch:
        """A drawn combination of choices, which may lie outside the space."""

        def draw(number: int, policy: np.ndarray) -> int:
            return min(bisect(policy.cumsum().tolist(), rng.random()), self._choices[number] - 1)

        return self.walk(draw)[0]

    def learn(self, arch: Arch, advantage: float, counted: Collection[int] | None = None) -> None:
        """A step of Adam towards the decisions of ``arch`` that are ``counted``, by default all, or away from them."""
        gradient = self.gradient(arch, advantage, counted)
        self._count += 1
        self._first += 0.1 * (gradient - self._first)
        self._second += 0.001 * (gradient * gradient - self._second)
        scale = np.sqrt(self._second / (1 - 0.999**self._count)) + 1e-8
        self._all -= self._rate / (1 - 0.9**self._count) * self._first / scale

    def gradient(self, arch: Arch, advantage: float, counted: Collection[int] | None = None) -> np.ndarray:
        """The gradient of the loss: the negative log-probability of ``arch`` times its advantage, less the weighted entropy; both
        of the decisions that are ``counted``, by default all.
        """
        _, matrix, _, head, _ = self._weights
        gradient = np.zeros_like(self._all)
        to_embedding, to_matrix, to_bias, to_head, to_offset = self._views(gradient)
        size, of_all = self._hidden, list[np.ndarray]()
        later, kept = np.zeros(size), np.zeros(size)
        _, steps = self.walk(lambda number, _: arch[number])
        for place, value, start, step in reversed(list(zip(range(len(arch)), arch, self._starts, steps, strict=True))):
            policy, choices = step.policy, slice(start, start + len(step.policy))
            logs = np.log(np.maximum(policy, 1e-300))
            error = advantage * policy + self._entropy * policy * (logs - policy @ logs)
            error[value] -= advantage
            if counted is not None and place not in counted:
                error[:] = 0.0
            to_head[:, choices] += np.outer(step.state, error)
            to_offset[choices] += error
            of_state = later + head[:, choices] @ error
            into, forget, out, new = step.gates
            bent = np.tanh(step.kept)
            of_memory = kept + of_state * out * (1 - bent * bent)
            kept = of_memory * forget
            of_gates = np.stack([of_memory * new, of_memory * step.memory, of_state * bent, of_memory * into])
            slopes = np.stack([into * (1 - into), forget * (1 - forget), out * (1 - out), 1 - new * new])
            of_inputs = (of_gates * slopes).ravel()
            of_all.append(of_inputs)
            of_read = matrix @ of_inputs
            to_embedding[step.token] += of_read[:size]
            later = of_read[size:]
        to_matrix += np.array([step.read for step in reversed(steps)]).T @ np.array(of_all)
        to_bias += np.sum(of_all, axis=0)
        return gradient
