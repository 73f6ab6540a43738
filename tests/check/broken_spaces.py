"""Spaces that break one rule each."""

from __future__ import annotations

import random

import numpy as np
from breaking import breaks
from sound_benchmarks import SIZE, Letters

from nasbed.streams import Stream
from nasbed.vocabulary import Arch


@breaks("architectures_are_numbered", "archs[1] is (0, 0, 1), whose index is 2", "the inverse of archs", also="...")
class Shuffled(Letters):
    def __init__(self) -> None:
        super().__init__()
        numbers = {**self._codes, (0, 0, 1): 2, (0, 0, 2): 1}
        self.index = numbers.__getitem__


@breaks("architectures_are_numbered", "archs is a list of 24", "a tuple of all architectures")
class Mutable(Letters):
    def __init__(self) -> None:
        super().__init__()
        self.archs = list(self.archs)  # type: ignore[assignment]


@breaks("architectures_are_numbered", "archs[0] is (False, False, False)", "a tuple of int", also="...")
class Truths(Letters):
    def __init__(self) -> None:
        super().__init__()
        self.archs = tuple(tuple(map(bool, arch)) if max(arch) < 2 else arch for arch in self.archs)


@breaks("architectures_are_numbered", "choices is (2, 3, 4.0)", "a tuple of positive whole numbers", also="...")
class Rounded(Letters):
    def __init__(self) -> None:
        super().__init__()
        self.choices = (2, 3, 4.0)  # type: ignore[assignment]


@breaks("architectures_are_numbered", "archs[3] is (0, 0, 3)", "values below (2, 3, 3)", also="...")
class Narrow(Letters):
    def __init__(self) -> None:
        super().__init__()
        self.choices = (2, 3, 3)


@breaks("outsiders_are_refused", "(0, 0, 0, 0) is in the space", "that it is not")
class Wide(Letters):
    def __contains__(self, arch: object) -> bool:
        return isinstance(arch, tuple) and arch[:3] in self._codes


@breaks("outsiders_are_refused", "index(()) gives -1", "KeyError")
class Welcoming(Letters):
    def __init__(self) -> None:
        super().__init__()
        self.index = lambda arch: self._codes.get(arch, -1)


@breaks("outsiders_are_refused", "require(()) gives KeyError: ()", "ArchitectureError", also="a_lookup_is_plain_data")
class Terse(Letters):
    def require(self, arch: Arch) -> int:
        return self.index(arch)


@breaks("samples_are_uniform", "20,000 samples in 24 equal parts of the order of indices are not uniform", "about 833")
class Biased(Letters):
    def sample(self, rng: Stream) -> Arch:
        return self.archs[int(rng.random() ** 1.1 * SIZE)]


@breaks("samples_are_uniform", "are not uniform", "about 833", "draw an index uniformly")
class Incomplete(Letters):
    def sample(self, rng: Stream) -> Arch:
        return self.archs[rng.below(SIZE - 1)]


@breaks("samples_are_uniform", "sample gives (9, 9, 9)", "an architecture of the space", also="searches_run")
class Straying(Letters):
    def sample(self, rng: Stream) -> Arch:
        return (9, 9, 9) if rng.random() < 0.01 else super().sample(rng)


@breaks("samples_are_uniform", "other architectures for the same stream", also="the_same_question_has_the_same_answer")
class GlobalSample(Letters):
    def sample(self, rng: Stream) -> Arch:
        return random.choice(self.archs)


@breaks("neighbours_are_distinct", "the neighbours of a-a-a have it among them", "other architectures")
class Selfish(Letters):
    def neighbours(self, arch: Arch) -> list[Arch]:
        return [arch, *super().neighbours(arch)]


@breaks("neighbours_are_distinct", "have b-a-a twice", "each once")
class Repeating(Letters):
    def neighbours(self, arch: Arch) -> list[Arch]:
        return super().neighbours(arch) + super().neighbours(arch)[:1]


@breaks("neighbours_are_distinct", "have (0, 0, 9) among them", "architectures of the space", also="...")
class Open(Letters):
    def neighbours(self, arch: Arch) -> list[Arch]:
        return [*super().neighbours(arch), (0, 0, 9)]


@breaks(
    "neighbours_are_distinct",
    "come in another order when asked again",
    also="the_same_question_has_the_same_answer mutants_are_neighbours",
)
class Unordered(Letters):
    def neighbours(self, arch: Arch) -> list[Arch]:
        around = super().neighbours(arch)
        return random.sample(around, len(around))


@breaks("neighbours_are_symmetric", "a-a-a is a neighbour of b-a-a, but not the other way round", "both or neither")
class OneWay(Letters):
    def neighbours(self, arch: Arch) -> list[Arch]:
        return super().neighbours(arch)[1 if arch == (0, 0, 0) else 0 :]


@breaks("mutants_are_neighbours", "a mutant of a-a-a is itself", "one of its neighbours")
class Lazy(Letters):
    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        return arch if rng.random() < 0.1 else super().mutate(arch, rng)


@breaks("mutants_are_neighbours", "a mutant of a-a-a is", "change one decision")
class Wild(Letters):
    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        return self.sample(rng)


@breaks(
    "mutants_are_neighbours", "other architectures for the same stream", also="the_same_question_has_the_same_answer"
)
class GlobalMutate(Letters):
    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        return random.choice(self.neighbours(arch))


@breaks("children_mix_their_parents", "a child of a-a-a and a-a-b is", "each decision from one of them")
class Foundling(Letters):
    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        return self.sample(rng)


@breaks("children_mix_their_parents", "a child of a-a-a and a-a-b is (0, 0, 9)", "an architecture of the space")
class Monstrous(Letters):
    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        return (*first[:2], 9)


@breaks("children_mix_their_parents", "other architectures for the same stream", "draw from rng")
class GlobalCrossover(Letters):
    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        return random.choice((first, second))


@breaks("texts_round_trip", "archs[0] and archs[1] are both 'a-a'", "write all decisions")
class Short(Letters):
    def format(self, arch: Arch) -> str:
        return super().format(arch)[:3]


@breaks("texts_round_trip", "parse('a-a-a') gives (0, 0, 1)", "(0, 0, 0)")
class Misread(Letters):
    def parse(self, text: str) -> Arch:
        return (0, 0, 1) if text == "a-a-a" else super().parse(text)


@breaks(
    "texts_round_trip",
    "parse('0') gives ArchitectureError: malformed architecture '-0'",
    "read a bare number as an index",
)
class Unnumbered(Letters):
    def parse(self, text: str) -> Arch:
        return super().parse(f"-{text}" if text.isdigit() else text)


@breaks("rubbish_is_refused", "parse('nonsense') gives (0, 0, 0)", "ArchitectureError")
class Guessing(Letters):
    def parse(self, text: str) -> Arch:
        return (0, 0, 0) if text == "nonsense" else super().parse(text)


@breaks(
    "rubbish_is_refused",
    "ValueError: invalid literal for int() with base 10: ''",
    "broken_spaces.py, line",
    "what int() raises",
)
class Careless(Letters):
    def parse(self, text: str) -> Arch:
        return super().parse(text) if text else self.archs[int(text)]


@breaks("encodings_tell_architectures_apart", "a-a-b in the encoding 'one_hot' is what a-a-a is", "a code of its own")
class Ambiguous(Letters):
    def _one_hot(self, arch: Arch) -> np.ndarray:
        return np.array(arch[:2], dtype=float)


@breaks("encodings_tell_architectures_apart", "array([0, 0, 0])", "finite 64-bit floats")
class Coded(Letters):
    def _one_hot(self, arch: Arch) -> np.ndarray:
        return np.array(arch)


@breaks("encodings_tell_architectures_apart", "has the shape (4,)", "(3,) for all")
class Uneven(Letters):
    def _one_hot(self, arch: Arch) -> np.ndarray:
        return np.array([*arch, *[0] * (arch[2] > 0)], dtype=float)


@breaks("encodings_tell_architectures_apart", "an unknown encoding gives array([", "an error of nasbed's")
class Tolerant(Letters):
    def encode(self, arch: Arch, encoding: str = "one_hot") -> np.ndarray:
        return super().encode(arch)
