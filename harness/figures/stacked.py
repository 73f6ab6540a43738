"""Where a network that is a stack of layers is drawn: a row for each, from its input down, with bars as wide as the layers are.

A space says its rows by a method ``drawn_layers``: for an architecture, from the input to the output, each a name (the number of a
layer; nothing for what is none, as the input) and its parts, each a kind, details and a width in units or channels, 0 for what has
none. Parts of a row stand side by side, as the attention and the perceptron of a transformer's layer do. A part without a kind is a
note, such as on the training, which belongs to no layer and comes last. Rows that are equal and follow one another are one
row. All lengths are in characters of the drawing's text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from nasbed.vocabulary import Arch, Space

Part = tuple[str, str, float]
"""A kind, details, and a width in units or channels."""
Row = tuple[str, tuple[Part, ...]]
"""The name of a row, and its parts."""

LEAST = 46
"""Characters that a row has room for at least."""
BETWEEN = 2
"""Characters between two parts of a row."""
AROUND = 1
"""Characters before and after a text within its part."""


class Columns(NamedTuple):
    """How stacks are drawn together: the ``kinds`` of parts, which have a colour each, in the order in which they come; the
    ``heads`` of the parts that stand side by side, for each the kind that all of them have; where the parts begin, ``at``; the
    characters of a unit of width, ``scale``; and the characters of a row, ``width``.
    """

    kinds: tuple[str, ...]
    heads: tuple[str, ...]
    at: tuple[float, ...]
    scale: float
    width: float


class DrawnPart(NamedTuple):
    """A part of a row: where it begins, how long its bar is (0 for none), its text, and the place of its kind among all."""

    at: float
    length: float
    text: str
    kind: int


class DrawnRow(NamedTuple):
    """A row: its name, of several layers that of the first and the last, its parts, and whether it is a note."""

    name: str
    parts: tuple[DrawnPart, ...]
    note: bool


def rows_of(space: Space, arch: Arch) -> tuple[Row, ...] | None:
    """The layers of an architecture as its space says them, or the larger space that it is a part of; ``None`` where neither has a
    method to say them.
    """
    owner = space if hasattr(type(space), "drawn_layers") else getattr(space, "whole", None)
    said: Callable[[Space, Arch], tuple[Row, ...]] | None = getattr(type(owner), "drawn_layers", None)
    return None if said is None or owner is None else tuple(said(owner, arch))


def columns_of(stacks: Sequence[Sequence[Row]]) -> Columns:
    """How stacks are drawn, all by one scale, the widest as wide as there is room for.

    >>> one = [("", (("image", "1 channel", 1),)), ("1", (("conv", "3x3", 32),)), ("2", (("conv", "3x3", 64),))]
    >>> found = columns_of([one])
    >>> found.kinds, found.at, found.scale * 64 + found.at[0] == found.width
    (('image', 'conv'), (2.5,), True)
    """
    rows = [row for stack in stacks for row in folded(stack)]
    parts = [part for _, row in rows for part in row]
    kinds = tuple(dict.fromkeys(kind for kind, _, width in parts if width)) or ("",)
    most = max((len(row) for _, row in rows), default=1)
    beside: list[list[Part]] = [[] for _ in range(most)]
    for _, row in rows:
        for place, part in enumerate(row if len(row) > 1 else ()):
            beside[place].append(part)
    heads = tuple(found.pop() if len(found := {kind for kind, *_ in column}) == 1 else "" for column in beside)
    gutter = max((len(name) for name, _ in rows), default=0) + 1.5
    alone = [(row[0][2], len(_text(row[0], ""))) for _, row in rows if len(row) == 1]
    texts = [
        max([len(head), *(len(_text(part, head)) for part in column)]) + 2 * AROUND
        for head, column in zip(heads, beside, strict=True)
    ]
    widest = [max((width for *_, width in column), default=0.0) for column in beside]
    needed = [sum(texts) + BETWEEN * (most - 1), *(length + 2 * AROUND for _, length in alone)]
    room = max(LEAST - gutter, *needed)
    scales = [room / width for width, _ in alone if width]
    if any(widest):
        scales.append(_scale(texts, widest, room - BETWEEN * (most - 1)))
    scale = min(scales, default=0.0)
    at, begin = [], float(gutter)
    for length, width in zip(texts, widest, strict=True):
        at.append(begin)
        begin += max(length, scale * width) + BETWEEN
    return Columns(kinds, heads, tuple(at), scale, gutter + room)


def drawn_rows(stack: Sequence[Row], columns: Columns) -> list[DrawnRow]:
    """The rows of a stack as they are drawn in columns."""
    return [
        DrawnRow(
            name,
            tuple(
                DrawnPart(
                    columns.at[place],
                    part[2] * columns.scale,
                    _text(part, columns.heads[place] if len(parts) > 1 else ""),
                    columns.kinds.index(part[0]) if part[2] else -1,
                )
                for place, part in enumerate(parts)
            ),
            not any(kind for kind, _, _ in parts),
        )
        for name, parts in folded(stack)
    ]


def folded(stack: Sequence[Row]) -> list[Row]:
    """A stack with one row in place of equal ones that follow one another; its name is that of the first and the last.

    >>> folded([("1", (("gru", "", 8),)), ("2", (("gru", "", 8),)), ("3", (("gru", "", 16),))])
    [('1–2', (('gru', '', 8),)), ('3', (('gru', '', 16),))]
    """
    found: list[tuple[str, str, tuple[Part, ...]]] = []
    for name, parts in stack:
        if found and name and found[-1][0] and found[-1][2] == parts:
            found[-1] = (found[-1][0], name, parts)
        else:
            found.append((name, name, parts))
    return [(first if first == last else f"{first}–{last}", parts) for first, last, parts in found]


def _text(part: Part, head: str) -> str:
    kind, details, _ = part
    return " ".join(word for word in ("" if head == kind else kind, details) if word)


def _scale(texts: Sequence[int], widest: Sequence[float], room: float) -> float:
    """The characters of a unit of width at which parts side by side fill the room, none shorter than its text."""
    free = [place for place, width in enumerate(widest) if width]
    while free:
        others = sum(length for place, length in enumerate(texts) if place not in free)
        scale = (room - others) / sum(widest[place] for place in free)
        longer = [place for place in free if scale * widest[place] >= texts[place]]
        if len(longer) == len(free):
            return scale
        free = longer
    return min(length / width for length, width in zip(texts, widest, strict=True) if width)
