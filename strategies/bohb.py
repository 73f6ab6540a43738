"""BOHB: Falkner, Klein and Hutter, ICML 2018 (arXiv 1807.01774), algorithms 1 and 2."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import cycle
from operator import attrgetter
from typing import Literal

import numpy as np

from nasbed.strategies.models.brackets import brackets
from nasbed.strategies.models.parzen import Kernels, flat, frequencies
from nasbed.vocabulary import Arch, Needs, Outcome, Proposal, Searcher, Strategy, Stream, Task, architecture_of, option


@dataclass(frozen=True)
class BOHB(Strategy):
    """Hyperband whose brackets begin with architectures proposed by a density model instead of random ones.

    The model is that of the highest rung with at least N + 2 outcomes, where N is the number of decisions plus one. The best
    ``top`` of these outcomes are good and the others bad; each group has at least N, so with few outcomes some belong to both.
    Candidates are drawn from the density of the good, with wider bandwidths; the candidate with the highest ratio of the good
    density to the bad is trained. A failed training is worse than any other. A worker that would have to wait for a rung begins the
    next bracket.

    Bandwidths are 1.06 sd n^(-1 / (4 + decisions)) (Scott's rule), up to (c - 1) / c, at which a kernel is uniform over c choices.
    A choice is not a number, so sd is the standard deviation of its indicators, sqrt(1 - sum p^2). With ``spread = "numbers"`` it
    is that of the choices' numbers, and the bandwidth has no upper bound, as in the paper's own code (HpBandSter, by statsmodels):
    there it is often above 1, and the kernel then has negative values.

    Where the paper and its own code (HpBandSter) differ, the paper is followed. A bracket begins with as many architectures as in
    Hyperband's algorithm 1: with three rungs 9, 5 and 3, where the code rounds down to 9, 3 and 3. The model is asked from N + 2
    outcomes on; the code waits for 2 N, so that no outcome is both good and bad. ``bandwidth_factor`` widens every decision; the
    code widens numbers alone and leaves choices as they are, which is ``bandwidth_factor = 1`` here. A candidate that leaves its
    kernel's choice takes one of the other choices, as its density says; the code draws among all choices.

    With ``nominal_rungs`` all rungs are the task's highest fidelity, and an architecture that is promoted is trained and charged
    again, as in the code of NAS-Bench-201; with one nominal rung, the density model searches alone.
    """

    eta: int = option(3, "one in eta goes on to the next rung", low=2)
    top: float = option(0.15, "share of the outcomes that are good", above=0, below=1)
    random_fraction: float = option(1 / 3, "share of new architectures that are random in any case", low=0, high=1)
    samples: int = option(64, "candidates among which the model chooses", low=1)
    bandwidth_factor: float = option(3.0, "factor by which bandwidths are widened when candidates are drawn", above=0)
    min_bandwidth: float = option(1e-3, "the least bandwidth", above=0, high=1)
    spread: Literal["indicators", "numbers"] = option("indicators", "whose standard deviation a bandwidth follows")
    nominal_rungs: int = option(0, "rungs, all at the highest fidelity; 0: those of successive halving", low=0)

    @property
    def needs(self) -> Needs:
        """It needs fidelities that give two rungs at least: the highest is ``eta`` times the lowest or more; with nominal rungs it
        needs nothing.
        """
        return Needs() if self.nominal_rungs else Needs(fidelity_ratio=self.eta)

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


@dataclass(eq=False)
class _Bracket:
    rung: int
    new: int
    """Architectures that are still to be proposed, all on its first rung."""
    promoted: list[Outcome] = field(default_factory=list)
    out: int = 0
    arrived: list[Outcome] = field(default_factory=list)


class _Search(Searcher):
    def __init__(self, options: BOHB, task: Task, rng: Stream) -> None:
        self._options, self._space, self._rng = options, task.space, rng
        self._rungs = options.nominal_rungs * task.epochs[-1:] or task.rungs(options.eta)
        self._resumable = task.resumable and not options.nominal_rungs
        self._scheme = cycle(brackets(len(self._rungs), options.eta))
        self._open: list[_Bracket] = []
        self._owners: dict[int, _Bracket] = {}
        self._told: list[list[Outcome]] = [[] for _ in self._rungs]

    def ask(self) -> Proposal:
        bracket = next((one for one in self._open if one.new or one.promoted), None)
        if bracket is None:
            bracket = _Bracket(*next(self._scheme))
            self._open.append(bracket)
        epochs = self._rungs[bracket.rung]
        if bracket.new:
            bracket.new -= 1
            proposal = Proposal(self._propose(), epochs)
        else:
            best = bracket.promoted.pop(0)
            proposal = Proposal(best.arch, epochs, best.trial if self._resumable else None)
        bracket.out += 1
        self._owners[id(proposal)] = bracket
        return proposal

    def tell(self, outcome: Outcome) -> None:
        bracket = self._owners.pop(id(outcome.proposal))
        self._told[bracket.rung].append(outcome)
        bracket.arrived.append(outcome)
        bracket.out -= 1
        if bracket.new or bracket.promoted or bracket.out:
            return
        if bracket.rung == len(self._rungs) - 1:
            self._open.remove(bracket)
            return
        ranked = sorted(bracket.arrived, key=attrgetter("worth"), reverse=True)
        bracket.promoted, bracket.arrived = ranked[: len(ranked) // self._options.eta], []
        bracket.rung += 1

    def _propose(self) -> Arch:
        """The next architecture, by algorithm 2 of the paper."""
        options, least = self._options, len(self._space.choices) + 1
        told = next((told for told in reversed(self._told) if len(told) >= least + 2), None)
        if told is None or self._rng.random() < options.random_fraction:
            return self._space.sample(self._rng)
        codes = np.array([one.arch for one in sorted(told, key=attrgetter("worth"), reverse=True)])
        good = max(least, int(options.top * len(codes)))
        bad = max(least, len(codes) - good)
        model, other = self._density(codes[:good]), self._density(codes[-bad:])
        widths = np.minimum(options.bandwidth_factor * model.bandwidth, flat(self._space.choices))
        drawn = Kernels(codes[:good], self._space.choices, widths).sample(options.samples, self._rng.numpy)
        stood = (architecture_of(self._space, tuple(one)) for one in drawn.tolist())
        inside = [arch for arch in stood if arch is not None]
        if not inside:
            return self._space.sample(self._rng)
        candidates = np.array(inside)
        return inside[int(np.argmax(model.log(candidates) - other.log(candidates)))]

    def _density(self, codes: np.ndarray) -> Kernels:
        (count, decisions), choices = codes.shape, self._space.choices
        if self._options.spread == "numbers":
            deviation, bound = codes.std(axis=0), np.full(decisions, np.inf)
        else:
            shares = frequencies(codes, choices)
            deviation, bound = np.sqrt(np.maximum(1 - (shares**2).sum(axis=1), 0.0)), flat(choices)
        scott = 1.06 * deviation * count ** (-1 / (4 + decisions))
        return Kernels(codes, choices, np.minimum(np.maximum(scott, self._options.min_bandwidth), bound))
