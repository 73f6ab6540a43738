"""Checks of a benchmark's space: numbering, sampling, neighbours and children."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from nasbed.check.elsewhere import Broken
from nasbed.check.subject import ALL, FEW, SAMPLE, Subject, is_whole
from nasbed.check.texts import encodings_tell_architectures_apart, rubbish_is_refused, texts_round_trip
from nasbed.errors import ArchitectureError
from nasbed.vocabulary import Arch, Space, counting, is_conditional, is_enumerable
from nasbed.vocabulary.registry import where

DRAWS = 20_000
"""Samples in the test of uniformity."""
DEVIATIONS = 5.0
"""Standard deviations of the chi-square statistic at which sampling is called not uniform (p = 3e-7)."""
FEWEST = 5
"""Samples that a value must be expected in for a test of chi-square to hold."""

_STREAM = "draw from rng and from nothing else"


def architectures_are_numbered(subject: Subject) -> str | None:
    """``index`` and ``at`` are inverse, numbers are below ``size`` and 0 is one of them, and an architecture is a tuple of integers
    within ``choices``: results are stored by index. A list, ``archs``, has every number from 0 to its end.
    """
    space = subject.benchmark.space
    if not isinstance(space.choices, tuple) or not all(is_whole(count) and count > 0 for count in space.choices):
        raise Broken(
            f"choices is {space.choices!r}", "a tuple of positive whole numbers", "count each decision's values"
        )
    if not is_whole(space.size) or space.size < 1:
        raise Broken(f"size is {space.size!r}", "a positive whole number", "return one more than the highest index")
    if is_enumerable(space) and (
        not isinstance(space.archs, tuple) or not space.archs or len(space.archs) != len(space)
    ):
        found = f"archs is a {type(space.archs).__name__} of {len(space.archs)} and the space has length {len(space)}"
        raise Broken(found, "a tuple of all architectures", "list them in the order of their indices")
    if is_enumerable(space) and len(space) != space.size:
        raise Broken(f"size is {space.size} and {len(space)} are listed", "the same", "return the length of the list")
    for index in (chosen := subject.indices(ALL)):
        arch = space.archs[index] if is_enumerable(space) else space.at(index)
        at, inverse = (f"archs[{index}]", "archs") if is_enumerable(space) else (f"at({index})", "at")
        if type(arch) is not tuple or not all(type(value) is int for value in arch):
            raise Broken(f"{at} is {arch!r}", "a tuple of int", "use tuple(int(value) for value in arch)")
        within = all(0 <= value < count for value, count in zip(arch, space.choices, strict=False))
        if len(arch) != len(space.choices) or not within:
            raise Broken(f"{at} is {arch!r}", f"values below {space.choices}", "count every decision from 0")
        number = space.index(arch)
        if type(number) is not int or number != index:
            mend = f"let index be the inverse of {inverse}"
            raise Broken(f"{at} is {arch!r}, whose index is {number!r}", f"{index}", mend)
        if not 0 <= number < space.size:
            raise Broken(f"the index of {arch!r} is {number}", f"below the size, {space.size}", "let size be above all")
        if space.at(index) != arch:
            raise Broken(f"at({index}) is {space.at(index)!r}", f"{arch!r}", "let at be the inverse of index")
        if arch not in space or space.require(arch) != index:
            raise Broken(
                f"{arch!r} is not in the space, or require does not give {index}", "both", "look it up in archs"
            )
    for beyond in (-1, space.size):
        try:
            found = repr(space.at(beyond))
        except ArchitectureError:
            continue
        except Exception as error:
            found = where(error, subject.file)
        raise Broken(
            f"at({beyond}) gives {found}", "ArchitectureError", "refuse what is below 0, or not below the size"
        )
    return subject.asked_of(chosen)


def outsiders_are_refused(subject: Subject) -> None:
    """What is no architecture is not in the space, has no index (``KeyError``) and fails ``require`` (``ArchitectureError``),
    so that a strategy that proposes it is told.
    """
    space = subject.benchmark.space
    first, known = space.at(0), set(space.archs) if is_enumerable(space) else set[Arch]()
    size = len(first)
    candidates: list[Any] = [(), (*first, 0), first[:-1], (-1,) * size, space.choices, ("a",) * size, None, "text"]
    for wrong in [one for one in candidates if one not in known]:
        if wrong in space:
            raise Broken(f"{wrong!r} is in the space", "that it is not", "look it up among archs")
        for name, expected in (("index", KeyError), ("require", ArchitectureError)):
            try:
                found = repr(getattr(space, name)(wrong))
            except expected:
                continue
            except Exception as error:
                found = where(error, subject.file)
            raise Broken(
                f"{name}({wrong!r}) gives {found}", expected.__name__, f"raise {expected.__name__} outside the space"
            )
    if list(first) in space:
        raise Broken(
            f"the list {list(first)!r} is in the space", "that it is not", "look tuples up, and catch TypeError"
        )


def samples_are_uniform(subject: Subject) -> str | None:
    """``sample`` draws from the whole space, uniformly, and from ``rng`` alone: random search is measured by it. Where decisions do
    not always count, and there is no list, it may also draw each that counts uniformly.
    """
    space, size = subject.benchmark.space, subject.benchmark.space.size
    rng, again = subject.stream("sample"), subject.stream("sample")
    drawn = [space.sample(rng) for _ in range(DRAWS)]
    if outside := [arch for arch in drawn if arch not in space]:
        raise Broken(f"sample gives {outside[0]!r}", "an architecture of the space", "draw one of archs")
    if drawn[:SAMPLE] != [space.sample(again) for _ in range(SAMPLE)]:
        raise Broken("sample gives other architectures for the same stream", "the same", _STREAM)
    if not is_enumerable(space) and (gap := _gap(subject)) is not None:
        return (
            f"there is no architecture of number {gap}, so that their numbers do not tell whether samples are uniform"
        )
    if not is_enumerable(space) and is_conditional(space) and _each_that_counts_is_uniform(space, drawn):
        return "each decision that counts is drawn uniformly, so that architectures are not equally frequent"
    indices, bins = [space.index(arch) for arch in drawn], min(size, 97)
    edges = [-(-size * place // bins) for place in range(bins + 1)]
    for how, those, everything in (
        *_by_decision(space, drawn),
        ("equal parts of the order of indices", [one * bins // size for one in indices], np.diff(edges)),
        (
            "remainders of the index",
            [one % bins for one in indices],
            [-(-(size - place) // bins) for place in range(bins)],
        ),
    ):
        shares = np.array(everything, dtype=float)
        seen, expected = np.bincount(those, minlength=len(shares)), DRAWS * shares / shares.sum()
        if _deviations(seen, expected) > DEVIATIONS:
            worst = int(np.abs(seen - expected).argmax())
            raise Broken(
                f"{DRAWS:,} samples in {len(shares)} {how} are not uniform: {seen[worst]} are in number {worst}",
                f"about {expected[worst]:.0f} (chi-square test, p = 3e-7)",
                "draw an index uniformly: self.archs[rng.below(len(self.archs))]",
            )
    return None


def _each_that_counts_is_uniform(space: Space, drawn: list[Arch]) -> bool:
    """Whether the values of each decision are equally frequent among the samples in which it counts."""
    seen = [np.zeros(count) for count in space.choices]
    for arch in drawn:
        for place in counting(space, arch):
            seen[place][arch[place]] += 1
    return all(_deviations(one, np.full(len(one), one.mean())) <= DEVIATIONS for one in seen if one.mean() >= FEWEST)


def _by_decision(space: Space, drawn: list[Arch]) -> list[tuple[str, list[int], list[int]]]:
    """The values of each decision, all as frequent, of a space without a list in which every combination is an architecture: the
    numbers there are too large to tell by their parts and remainders.
    """
    if is_enumerable(space) or space.size != math.prod(space.choices):
        return []
    columns = zip(*drawn, strict=True)
    return [
        (f"values of decision {place}", list(column), [1] * count)
        for place, (column, count) in enumerate(zip(columns, space.choices, strict=True), 1)
    ]


def _gap(subject: Subject) -> int | None:
    """A number below the size that is of no architecture; none where a thousand, drawn at random, all are."""
    space, rng = subject.benchmark.space, subject.stream("gaps")
    digits = len(str(space.size)) + 10
    for _ in range(1_000):
        number = int("".join(str(rng.below(10)) for _ in range(digits))) % space.size
        try:
            space.at(number)
        except ArchitectureError:
            return number
    return None


def _deviations(seen: np.ndarray, expected: np.ndarray) -> float:
    """The chi-square statistic in standard deviations of a normal variable (Wilson and Hilferty, PNAS 1931)."""
    freedom = len(seen) - 1
    if not freedom:
        return 0.0
    statistic, variance = float(((seen - expected) ** 2 / expected).sum()), 2 / (9 * freedom)
    return (math.cbrt(statistic / freedom) - (1 - variance)) / math.sqrt(variance)


def neighbours_are_distinct(subject: Subject) -> None:
    """``neighbours`` lists other architectures of the space, each once and always in the same order, in which local search
    goes through them.
    """
    space = subject.benchmark.space
    for arch in subject.archs(SAMPLE):
        found, at = space.neighbours(arch), f"the neighbours of {subject.shown(arch)}"
        if not isinstance(found, list) or (not found and space.size > 1):
            raise Broken(f"{at} are {found!r}", "a list of at least one", "list what differs in one decision")
        if arch in found:
            raise Broken(f"{at} have it among them", "other architectures", "leave it out")
        if outside := [other for other in found if other not in space]:
            raise Broken(
                f"{at} have {outside[0]!r} among them", "architectures of the space", "leave out what is outside"
            )
        if twice := [other for other in found if found.count(other) > 1]:
            raise Broken(f"{at} have {subject.shown(twice[0])} twice", "each once", "use list(dict.fromkeys(...))")
        if space.neighbours(arch) != found:
            raise Broken(
                f"{at} come in another order when asked again", "one order", "sort them, and iterate over no set"
            )


def neighbours_are_symmetric(subject: Subject) -> None:
    """If b is a neighbour of a then a is one of b: else it depends on the way of a search what is a local optimum."""
    space = subject.benchmark.space
    for arch in subject.archs(FEW):
        for other in space.neighbours(arch):
            if arch not in space.neighbours(other):
                raise Broken(
                    f"{subject.shown(other)} is a neighbour of {subject.shown(arch)}, but not the other way round",
                    "both or neither",
                    "define neighbours by a distance, or add the missing direction",
                )


def mutants_are_neighbours(subject: Subject) -> None:
    """``mutate`` gives a neighbour, or what differs in one decision where neighbours are steps of a grid; never its parent, and
    from ``rng`` alone: to evaluate a parent again buys nothing.
    """
    space = subject.benchmark.space
    rng, again = subject.stream("mutate"), subject.stream("mutate")
    for arch in subject.archs(SAMPLE) if space.size > 1 else []:
        around = set(space.neighbours(arch))
        for _ in range(20):
            child = space.mutate(arch, rng)
            if child not in around and not (child in space and _apart(arch, child) == 1):
                found = "itself" if child == arch else subject.shown(child)
                raise Broken(
                    f"a mutant of {subject.shown(arch)} is {found}", "one of its neighbours", "change one decision"
                )
            if space.mutate(arch, again) != child:
                raise Broken("mutate gives other architectures for the same stream", "the same", _STREAM)


def _apart(first: Arch, second: Arch) -> int:
    """In how many decisions two architectures differ."""
    return sum(one != other for one, other in zip(first, second, strict=True))


def children_mix_their_parents(subject: Subject) -> None:
    """``crossover`` gives an architecture of the space that has each decision from a parent, and draws from ``rng`` alone."""
    space, archs = subject.benchmark.space, subject.archs(SAMPLE)
    rng, again = subject.stream("crossover"), subject.stream("crossover")
    for first, second in itertools.pairwise([*archs, archs[0]]):
        child = space.crossover(first, second, rng)
        at = f"a child of {subject.shown(first)} and {subject.shown(second)} is {subject.shown(child)}"
        if child not in space:
            raise Broken(at, "an architecture of the space", "draw again where a mixture is outside")
        if not all(value in pair for value, *pair in zip(child, first, second, strict=True)):
            raise Broken(at, "each decision from one of them", "take every decision over from a parent")
        if space.crossover(first, second, again) != child:
            raise Broken("crossover gives other architectures for the same stream", "the same", _STREAM)


RULES = (
    architectures_are_numbered,
    outsiders_are_refused,
    samples_are_uniform,
    neighbours_are_distinct,
    neighbours_are_symmetric,
    mutants_are_neighbours,
    children_mix_their_parents,
    texts_round_trip,
    rubbish_is_refused,
    encodings_tell_architectures_apart,
)
