"""Spaces in which some decisions count only where others have certain values, numbered without a list."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.base import CodedSpace
from nasbed.errors import ArchitectureError, shown
from nasbed.numeric import whole
from nasbed.vocabulary import Arch, Half

if TYPE_CHECKING:
    from nasbed.streams import Stream

Value = float | str | bool
_TRIES = 1_000
"""Draws of a mutant or child that cannot be built before its parent's neighbours are listed, or its parent is taken."""


@dataclass(frozen=True)
class Decision:
    """One decision: its name, its values, and the half of the space that it is in.

    It counts where the decision at the place ``parent``, which comes before it, counts and has one of ``under`` as its value; a
    decision without a parent always does. A ``stepwise`` decision, such as a number of layers, changes to the value before or
    after its own only.
    """

    name: str
    values: tuple[Value, ...]
    half: Half
    parent: int | None = None
    under: frozenset[Value] = frozenset()
    stepwise: bool = False


class ConditionalGridSpace(CodedSpace):
    """Architectures as one value for each of ``decisions``; a decision that does not count is 0, so that each is written once.

    What cannot be built (:meth:`obstacle`) is outside the space. Two architectures are neighbours if they differ in one decision,
    and in those that it makes count. Samples draw each decision that counts uniformly, in their order, and draw anew what
    cannot be built. Numbers go through all combinations, and those that cannot be built have none.
    """

    def __init__(self, name: str, decisions: Sequence[Decision]) -> None:
        super().__init__(name, [len(decision.values) for decision in decisions])
        self.variables = tuple(decisions)
        self._roots = [place for place, decision in enumerate(decisions) if decision.parent is None]
        self._children: list[list[list[int]]] = [[[] for _ in decision.values] for decision in decisions]
        for place, decision in enumerate(decisions):
            if decision.parent is not None:
                above = self.variables[decision.parent].values
                for code in (code for code, value in enumerate(above) if value in decision.under):
                    self._children[decision.parent][code].append(place)
        self._totals = [0] * len(decisions)
        """For each decision how many combinations there are of it and of what it makes count."""
        self._sizes = [[0] * count for count in self.choices]
        """The same for each value of each decision."""
        for place in reversed(range(len(decisions))):
            self._sizes[place] = [prod(self._totals[child] for child in children) for children in self._children[place]]
            self._totals[place] = sum(self._sizes[place])
        self._size = prod(self._totals[root] for root in self._roots)
        self._blank = (0,) * len(decisions)
        self.index = self._number

    @abstractmethod
    def obstacle(self, arch: Arch) -> str:
        """Why an architecture of this form cannot be built, in words; nothing where it can."""

    @property
    def size(self) -> int:
        """One more than the highest number of an architecture."""
        return self._size

    def ordered(self) -> tuple[bool, ...]:
        """For each decision whether its values are numbers, which stand in ascending order."""
        return tuple(
            all(isinstance(value, int | float) and not isinstance(value, bool) for value in decision.values)
            for decision in self.variables
        )

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The decisions by name, and their values as texts, in the order of their numbers."""
        return {one.name: tuple(map(str, one.values)) for one in self.variables}

    def values(self, arch: Arch) -> dict[str, Value]:
        """The value of each decision that counts, by its name."""
        return {self.variables[place].name: self.variables[place].values[arch[place]] for place in self.counting(arch)}

    def counting(self, arch: Sequence[int]) -> list[int]:
        """The places of the decisions that count in an architecture, ascending."""
        return sorted(self._counting(arch, self._roots))

    def _counting(self, arch: Sequence[int], places: Sequence[int]) -> list[int]:
        """``places``, and those of all that counts by what the decisions at them are."""
        found, left = [], list(places)
        while left:
            place = left.pop()
            found.append(place)
            left += self._children[place][arch[place]]
        return found

    def canonical(self, arch: Arch) -> Arch:
        """The architecture with 0 in place of what does not count; raises :class:`~nasbed.errors.ArchitectureError` for what has
        another form, or cannot be built.
        """
        if not isinstance(arch, tuple) or len(arch) != len(self.choices):
            raise ArchitectureError(f"{shown(arch)} is outside the space {self.name!r}: expected {self._expected()}")
        codes = arch if all(type(value) is int for value in arch) else [whole(value) for value in arch]
        if not all(code is not None and 0 <= code < count for code, count in zip(codes, self.choices, strict=True)):
            raise ArchitectureError(f"{shown(arch)} is outside the space {self.name!r}: expected {self._expected()}")
        cleared = self._cleared([code or 0 for code in codes])
        if problem := self.obstacle(cleared):
            raise ArchitectureError(f"{self._combination(cleared)} cannot be built: {problem}")
        return cleared

    def _cleared(self, codes: Sequence[int]) -> Arch:
        kept = set(self._counting(codes, self._roots))
        return tuple(code if place in kept else 0 for place, code in enumerate(codes))

    @abstractmethod
    def _combination(self, arch: Arch) -> str:
        """The text of an architecture of this form, whether it can be built or not."""

    def require(self, arch: Arch) -> int:
        """The index of ``arch``; raises :class:`~nasbed.errors.ArchitectureError` outside the space, and says why where it cannot
        be built.
        """
        return self._rank(self._own(arch), self._roots)

    def _own(self, arch: Arch) -> Arch:
        canonical = self.canonical(arch)
        if canonical != arch:
            raise ArchitectureError(
                f"{shown(arch)} is outside the space {self.name!r}: decisions that do not count are 0; it is {canonical}"
            )
        return canonical

    def __contains__(self, arch: object) -> bool:
        try:
            return self.canonical(arch) == arch  # type: ignore[arg-type]  # what is no architecture is refused
        except ArchitectureError:
            return False

    def _number(self, arch: Arch) -> int:
        if arch not in self:
            raise KeyError(arch)
        return self._rank(arch, self._roots)

    def _rank(self, arch: Arch, places: Sequence[int]) -> int:
        number = 0
        for place in places:
            code = int(arch[place])
            below = sum(self._sizes[place][:code])
            number = number * self._totals[place] + below + self._rank(arch, self._children[place][code])
        return number

    def _at(self, index: int) -> Arch:
        codes = list(self._blank)
        self._unrank(int(index), self._roots, codes)
        arch = tuple(codes)
        if problem := self.obstacle(arch):
            raise ArchitectureError(f"index {index} is of {self._combination(arch)}, which cannot be built: {problem}")
        return arch

    def _unrank(self, number: int, places: Sequence[int], codes: list[int]) -> None:
        for place in reversed(places):
            number, left = divmod(number, self._totals[place])
            code = 0
            while left >= self._sizes[place][code]:
                left -= self._sizes[place][code]
                code += 1
            codes[place] = code
            self._unrank(left, self._children[place][code], codes)

    def sample(self, rng: Stream) -> Arch:
        """An architecture of which each decision that counts is drawn uniformly, in their order."""
        while True:
            codes = list(self._blank)
            self._draw(self._roots, codes, rng)
            if not self.obstacle(arch := tuple(codes)):
                return arch

    def _draw(self, places: Sequence[int], codes: list[int], rng: Stream) -> None:
        for place in places:
            codes[place] = rng.below(self.choices[place])
            self._draw(self._children[place][codes[place]], codes, rng)

    def _others(self, arch: Arch, place: int) -> list[int]:
        """The values that the decision at a place may change to."""
        code, count = arch[place], self.choices[place]
        if self.variables[place].stepwise:
            return [other for other in (code - 1, code + 1) if 0 <= other < count]
        return [other for other in range(count) if other != code]

    def _changed(self, arch: Arch, place: int, other: int) -> tuple[list[int], list[int]]:
        """The codes of ``arch`` with another value at a place, and the decisions that count by it and did not before."""
        codes = list(arch)
        codes[place] = other
        if not any(self._children[place]):
            return codes, []
        before = set(self._counting(arch, self._children[place][arch[place]]))
        fresh = [child for child in self._children[place][other] if child not in before]
        return list(self._cleared(codes)), fresh

    def neighbours(self, arch: Arch) -> list[Arch]:
        """All architectures that differ from ``arch`` in one decision, and in those that count by it and did not before: by
        position, then by value.
        """
        own = self._own(arch)
        found = []
        for place in self.counting(own):
            for other in self._others(own, place):
                codes, fresh = self._changed(own, place, other)
                found += [one for one in self._completions(codes, fresh) if not self.obstacle(one)]
        return found

    def _completions(self, codes: Sequence[int], places: Sequence[int]) -> Iterator[Arch]:
        """``codes`` with every combination of the decisions at ``places``, and of those that count by them."""
        for values in product(*(range(self.choices[place]) for place in places)):
            filled = list(codes)
            for place, value in zip(places, values, strict=True):
                filled[place] = value
            further = [
                child for place, value in zip(places, values, strict=True) for child in self._children[place][value]
            ]
            if further:
                yield from self._completions(filled, further)
            else:
                yield tuple(filled)

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """A neighbour: one decision that counts, drawn uniformly, takes another of its values, and what counts by it is drawn."""
        own = self._own(arch)
        free = [place for place in self.counting(own) if self.choices[place] > 1]
        for _ in range(_TRIES):
            place = rng.choice(free)
            codes, fresh = self._changed(own, place, rng.choice(self._others(own, place)))
            self._draw(fresh, codes, rng)
            if not self.obstacle(mutant := tuple(codes)):
                return mutant
        return rng.choice(self.neighbours(own))

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """A child that takes each decision from a parent in which it counts, from either with probability 1/2 where it does in
        both; the first parent where a thousand children could not be built.
        """
        parents = self._own(first), self._own(second)
        counted = [set(self.counting(parent)) for parent in parents]
        for _ in range(_TRIES):
            codes = list(self._blank)
            self._cross(self._roots, parents, counted, codes, rng)
            if not self.obstacle(child := tuple(codes)):
                return child
        return parents[0]

    def _cross(
        self, places: Sequence[int], parents: Sequence[Arch], counted: Sequence[set[int]], codes: list[int], rng: Stream
    ) -> None:
        for place in places:
            having = [parent for parent, counts in zip(parents, counted, strict=True) if place in counts]
            codes[place] = having[0 if len(having) == 1 or rng.random() < 0.5 else 1][place]
            self._cross(self._children[place][codes[place]], parents, counted, codes, rng)
