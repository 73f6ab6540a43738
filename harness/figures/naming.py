"""What strategies are called in figures: their labels, or of many long ones a number, a beginning and what tells them apart.

The key to them is a sentence of the caption. The names depend on the strategies alone, so that they are the same in every figure.
"""

from __future__ import annotations

from collections.abc import Sequence

LONG, MANY = 40, 10
"""Characters of a label from which on it is long, and strategies from which on long labels are elided."""

ELIDED = 23
"""Characters of a name that is elided, with its number: as many as one column of a page has room for beside a panel."""

_BEGINNING = 6


def called(names: Sequence[str]) -> dict[str, str]:
    """What each strategy is called in a figure.

    >>> grid = [f"regularized_evolution with a population of {size} and a sample of 5" for size in range(10, 30)]
    >>> called(["random_search", *grid])[grid[2]]
    '4 regula…12 and a sampl'
    >>> called(grid[:3])[grid[2]] == grid[2]
    True
    """
    long = _long(names)
    if not long:
        return {name: name for name in names}
    start = _common(long) if len(long) > 1 else 0
    while start and long[0][start - 1].isdigit():
        start -= 1
    return {
        name: f"{place} {_elided(name, start, ELIDED - len(str(place)) - 1) if name in long else name}"
        for place, name in enumerate(names, 1)
    }


def key(names: Sequence[str]) -> str:
    """The sentence that says which labels the elided names stand for; empty where none is elided."""
    long = _long(names)
    numbered = [f"{place}: {name}" for place, name in enumerate(names, 1) if name in long]
    return f"Labels in full: {'; '.join(numbered)}." if numbered else ""


def _long(names: Sequence[str]) -> list[str]:
    return [name for name in names if len(name) > LONG] if len(names) > MANY else []


def _common(names: Sequence[str]) -> int:
    """How many characters all names begin with: as many as the first and the last in order."""
    first, last = min(names), max(names)
    return next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))


def _elided(name: str, start: int, room: int) -> str:
    """The beginning of a long name, and where it goes on after ``start`` the difference, in ``room`` characters."""
    if start <= _BEGINNING:
        return f"{name[: room - 1].rstrip()}…"
    return f"{name[:_BEGINNING]}…{name[start : start + room - _BEGINNING - 1]}".rstrip(" ,")
