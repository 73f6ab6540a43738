"""DEHB: Awad, Mallik and Hutter, IJCAI 2021 (arXiv 2105.09821), section 4, with the order of events of its public code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from operator import attrgetter

from nasbed.strategies.models.brackets import brackets
from nasbed.vocabulary import (
    Arch,
    Needs,
    Outcome,
    Proposal,
    Searcher,
    Strategy,
    Stream,
    Task,
    architecture_of,
    option,
)


@dataclass(frozen=True)
class DEHB(Strategy):
    """Hyperband whose rungs are generations of differential evolution (rand/1/bin); each fidelity keeps one population throughout.

    A member is a point of the unit cube; a decision with c choices cuts its side of the cube into c bins of the same width. A
    population has as many members as the largest rung of its fidelity, and its members are targets in turn. The first bracket
    trains random architectures, which are the first members. In the first round of brackets, the best of a rung that the next
    population lacks are promoted; their trainings are resumed where the task allows it. Everything else is a trial vector: three
    members a, b and c of the parent pool, other than the target, make the mutant a + ``mutation_factor`` (b - c), whose coordinates
    outside the unit interval are drawn anew, and the target takes each coordinate of the mutant with probability
    ``crossover_probability``, and at least one. The parent pool is the best of the population below (on the first rung of a
    bracket, of the rung's own), as many as the rung has places; a pool of fewer than three is filled with mutants of all
    populations. A trained vector replaces its target unless the target is better.

    This selection follows each outcome at once, and a worker that would have to wait for a rung begins the next bracket. Departures
    from the code: rungs are as large as in Hyperband's algorithm 1, which rounds up where the code rounds down; the first bracket
    is random without mutation, as in the paper; and a point that stands for no architecture of the space is replaced by a random
    one. A failed training is worse than any other.
    """

    eta: int = option(3, "a rung has one in eta of the places of the one below", low=2)
    mutation_factor: float = option(0.5, "F, the weight of the difference of two members", above=0, high=1)
    crossover_probability: float = option(0.5, "Cr, probability that a coordinate is the mutant's", low=0, high=1)

    @property
    def needs(self) -> Needs:
        """It needs fidelities that give two rungs at least: the highest is ``eta`` times the lowest or more."""
        return Needs(fidelity_ratio=self.eta)

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


Point = tuple[float, ...]


@dataclass(eq=False)
class _Member:
    point: Point
    outcome: Outcome | None = None

    @property
    def worth(self) -> float:
        """The value at its fidelity, to rank by; an untrained member comes last."""
        return -float("inf") if self.outcome is None else self.outcome.worth


@dataclass(eq=False)
class _Bracket:
    rung: int
    sizes: list[int]
    """Places of its rungs that are not over yet, the present one first."""
    first: bool
    """Whether it is one of the first round."""
    new: int
    """Proposals that are still to be made on its rung."""
    initial: bool
    """Whether it trains the members themselves."""
    base: bool = True
    out: int = 0
    promoted: list[tuple[Point, Arch, int]] = field(default_factory=list)
    """What is promoted to its rung: point, architecture and trial."""


class _Search(Searcher):
    def __init__(self, options: DEHB, task: Task, rng: Stream) -> None:
        self._options, self._space, self._rng, self._resumable = options, task.space, rng, task.resumable
        self._rungs = task.rungs(options.eta)
        count = len(self._rungs)
        self._round = [
            (start, [size // options.eta**above for above in range(count - start)])
            for start, size in brackets(count, options.eta)
        ]
        self._scheme = cycle(self._round)
        self._begun = 0
        self._sizes = [
            max(sizes[rung - start] for start, sizes in self._round if start <= rung) for rung in range(count)
        ]
        self._populations: list[list[_Member]] = [[] for _ in range(count)]
        self._next = [0] * count
        self._open: list[_Bracket] = []
        self._owners: dict[int, tuple[_Bracket, int, Point]] = {}
        self._resumed: set[int] = set()

    def ask(self) -> Proposal:
        bracket = next((one for one in self._open if one.new), None)
        if bracket is None:
            start, sizes = next(self._scheme)
            bracket = _Bracket(start, list(sizes), self._begun < len(self._round), sizes[0], not self._begun)
            self._begun += 1
            self._open.append(bracket)
        bracket.new -= 1
        bracket.out += 1
        rung = bracket.rung
        slot = self._next[rung]
        self._next[rung] = (slot + 1) % self._sizes[rung]
        resume = None
        if bracket.promoted:
            point, arch, trial = bracket.promoted.pop(0)
            if self._resumable and trial not in self._resumed:
                self._resumed.add(trial)
                resume = trial
        else:
            target = self._population(rung)[slot].point
            point = target if bracket.initial else self._trial(bracket, target)
            found = architecture_of(self._space, self._decisions(point))
            if found is None:
                found = self._space.sample(self._rng)
                point = self._within(found)
            arch = found
        proposal = Proposal(arch, self._rungs[rung], resume)
        self._owners[id(proposal)] = bracket, slot, point
        return proposal

    def tell(self, outcome: Outcome) -> None:
        bracket, slot, point = self._owners.pop(id(outcome.proposal))
        target = self._population(bracket.rung)[slot]
        if outcome.worth >= target.worth:
            target.point, target.outcome = point, outcome
        bracket.out -= 1
        if bracket.new or bracket.out:
            return
        del bracket.sizes[0]
        if not bracket.sizes:
            self._open.remove(bracket)
            return
        bracket.rung, bracket.new, bracket.base, bracket.initial = bracket.rung + 1, bracket.sizes[0], False, False
        if bracket.first:
            bracket.promoted = self._promotions(bracket.rung, bracket.new)

    def _population(self, rung: int) -> list[_Member]:
        """The population of a rung, drawn at random when it is first looked at."""
        members = self._populations[rung]
        while len(members) < self._sizes[rung]:
            members.append(_Member(self._within(self._space.sample(self._rng))))
        return members

    def _promotions(self, rung: int, places: int) -> list[tuple[Point, Arch, int]]:
        """The best of the population below that the population of a rung lacks; where these do not suffice, the best of all."""
        there = {member.point for member in self._population(rung)}
        ranked = sorted(self._population(rung - 1), key=attrgetter("worth"), reverse=True)
        trained = [(one.point, one.outcome.arch, one.outcome.trial) for one in ranked if one.outcome is not None]
        lacking = [one for one in trained if one[0] not in there][:places]
        return lacking + trained[:1] * (places - len(lacking))

    def _trial(self, bracket: _Bracket, target: Point) -> Point:
        """A trial vector: mutation of the parent pool, and binomial crossover with the target."""
        below = self._population(bracket.rung - (not bracket.base))
        best = sorted(below, key=attrgetter("worth"), reverse=True)[: bracket.sizes[0]]
        pool = [member.point for member in best]
        if len(pool) < 3:
            everyone = [member.point for rung in range(len(self._rungs)) for member in self._population(rung)]
            pool += [self._mutant(everyone, target) for _ in range(4 - len(pool))]
        mutant, kept = self._mutant(pool, target), self._rng.below(len(target))
        random, share = self._rng.random, self._options.crossover_probability
        return tuple(
            new if random() < share or place == kept else old
            for place, (old, new) in enumerate(zip(target, mutant, strict=True))
        )

    def _mutant(self, pool: Sequence[Point], target: Point) -> Point:
        others = list(pool)
        if target in others:
            others.remove(target)
        while len(others) < 3:
            others.append(self._within(self._space.sample(self._rng)))
        self._rng.shuffle(others)
        moved = (a + self._options.mutation_factor * (b - c) for a, b, c in zip(*others[:3], strict=True))
        return tuple(one if 0 <= one <= 1 else self._rng.random() for one in moved)

    def _decisions(self, point: Point) -> Arch:
        return tuple(min(int(at * count), count - 1) for at, count in zip(point, self._space.choices, strict=True))

    def _within(self, arch: Arch) -> Point:
        """A random point among those that stand for an architecture."""
        inside = self._rng.numpy.random(len(arch)).tolist()
        return tuple((one + at) / count for one, at, count in zip(arch, inside, self._space.choices, strict=True))
