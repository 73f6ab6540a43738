"""Writes docs/architecture.md and its drawing from the code: the rooms, their storeys, and what imports what.

Usage: python studies/architecture.py
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
DRAWING = ROOT / "docs" / "images" / "architecture.png"
FOLDERS = {"harness": "nasbed", "benchmarks": "nasbed.benchmarks", "strategies": "nasbed.strategies"}

STOREYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "the ground",
        ("errors", "files", "interrupts", "locks", "machine", "notebooks", "numeric", "progress", "streams"),
    ),
    ("pure numbers", ("statistics", "summary")),
    ("what all speak", ("vocabulary",)),
    ("methods and data", ("benchmarks", "strategies")),
    ("one search", ("searches",)),
    ("many runs", ("engines", "studies")),
    ("records judged", ("results",)),
    ("shown to a reader", ("figures", "landscape", "reports", "tables")),
    ("verdicts and networks", ("check", "exchange", "gate", "monitoring", "tabulation", "training")),
    ("doors", ("__main__", "commands")),
)
"""From the ground up. A module imports from its own room, from other rooms of its storey, and from the storeys below."""

SIDE_BY_SIDE = (frozenset({"benchmarks", "strategies"}), frozenset({"check", "gate", "tabulation", "training"}))
"""Rooms of one storey that do not import one another."""


def modules() -> Iterator[tuple[str, Path]]:
    """Every module by its name, with its file."""
    for folder, package in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            yield ".".join([package, *(part for part in parts if part != "__init__")]), path


MODULES = dict(modules())


def parts(within: ast.AST) -> Iterator[ast.AST]:
    """The statements within one, or within a module; expressions, which hold none, are most of what there is."""
    for part in ("body", "handlers", "cases", "orelse", "finalbody"):
        inside = getattr(within, part, ())
        yield from inside if isinstance(inside, list) else ()


def statements(within: ast.AST) -> Iterator[ast.AST]:
    """All statements, those within others too."""
    for statement in parts(within):
        yield statement
        yield from statements(statement)


def imported(path: Path) -> set[str]:
    """What a file imports, by the full name of the module, wherever in it the import stands: deferred and type-only ones too."""
    found = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= inside or {node.module or ""}
    return found


GRAPH = {name: (imported(path) & MODULES.keys()) - {name} for name, path in MODULES.items()}
"""For each module those of ours that it imports."""


def room(name: str) -> str:
    """The package, or the module of the ground, that a module belongs to; empty for ``nasbed`` itself."""
    return ([*name.split("."), ""])[1]


def storey(name: str) -> int:
    """The number of a module's storey, from the ground up; ``nasbed`` itself is a door above all.

    Raises ``ValueError`` for a module in a room that has no storey.
    """
    if not room(name):
        return len(STOREYS)
    for number, (_, rooms) in enumerate(STOREYS):
        if room(name) in rooms:
            return number
    raise ValueError(f"{name} is in no room of STOREYS")


def summary(path: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def passages() -> set[tuple[str, str]]:
    """Pairs of rooms of which the first imports the second."""
    pairs = {(room(name), room(other)) for name, others in GRAPH.items() for other in others}
    return {(first, second) for first, second in pairs if first and second and first != second}


def drawn() -> list[tuple[str, str]]:
    """The passages without those to the ground, which everything uses, and without those that go through another room as well."""
    pairs = {(first, second) for first, second in passages() if storey(f"nasbed.{second}")}
    below: dict[str, set[str]] = {}
    for first, second in pairs:
        below.setdefault(first, set()).add(second)

    def reach(name: str) -> set[str]:
        found = set(below.get(name, ()))
        for other in below.get(name, ()):
            if storey(f"nasbed.{other}") < storey(f"nasbed.{name}"):
                found |= reach(other)
        return found

    return sorted((one, two) for one, two in pairs if not any(two in reach(other) for other in below[one] - {two}))


def page() -> str:
    """The text of the page."""
    lines = []
    for number, (what, rooms) in reversed(list(enumerate(STOREYS))):
        lines += [f"### {number}. {what[0].upper()}{what[1:]}", ""]
        for name in rooms:
            own = {one: path for one, path in MODULES.items() if room(one) == name}
            folder = next(iter(own.values())).parent.relative_to(ROOT)
            loose = len(own) == 1
            head = f"`{folder / f'{name}.py' if loose else folder}`"
            lines += [f"**{name}** ({head}): {summary(next(iter(own.values())))}", ""]
            shown = [
                (one, path)
                for one, path in own.items()
                if path.name != "__init__.py" and one.count(".") == 2 and name not in ("benchmarks", "strategies")
            ]
            lines += [f"- `{one.rpartition('.')[2]}`: {summary(path)}" for one, path in shown]
            lines += [""] if shown else []
    return HEAD.format(modules=len(MODULES), storeys=len(STOREYS)) + "\n".join(lines).rstrip() + "\n"


HEAD = """# Architecture

Where everything is: {modules} modules on {storeys} storeys. A module imports from its own room, from its own storey and from
those below it, and nowhere in a circle; deferred imports and those for types alone count too. A test computes the graph and
holds the tree to it.

![Rooms by storey, and which imports which](images/architecture.png)

In brackets: modules. A line: the upper room imports the lower. Left out: lines to the ground, and lines that another way down
implies.

A study's way through the house: `commands` reads the words of the command line; `studies` makes series and runs of the file and
sends batches of seeds to an engine; a worker runs each with `searches`, whose one loop asks a strategy, has evaluated what it
proposes and tells it what has arrived; `studies` stores the records; `results` joins them with the benchmark's referee, which no
search can reach; `statistics` compares; `tables`, `figures` and `reports` show.

To add a strategy or a benchmark is to add one file to `strategies/` or `benchmarks/`; what a strategy may use is
`nasbed.vocabulary`.

This page and its drawing are written by `studies/architecture.py`.

## Rooms, from the doors down

"""


def draw() -> Figure:
    """Rooms as boxes on their storeys, with a line for each passage of :func:`drawn`, and how many modules each holds."""
    figure = Figure(figsize=(7.0, 6.2))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, 7)
    axes.set_ylim(-0.1, len(STOREYS) * 0.62)
    axes.axis("off")
    places: dict[str, tuple[float, float]] = {}
    boxes: list[tuple[int, float, float]] = []
    for number, (what, rooms) in enumerate(STOREYS):
        height = number * 0.62
        axes.axhspan(height - 0.02, height + 0.56, color="#f2f2f2" if number % 2 else "#fafafa", zorder=0)
        axes.text(0.1, height + 0.27, what, fontsize=8, va="center", color="#333333")
        width = 5.1 / len(rooms)
        for at, name in enumerate(rooms):
            middle = 1.75 + (at + 0.5) * width
            places[name] = (middle, height + 0.27)
            size = min(width - (0.26 if number else 0.1), 1.15)  # lines pass between boxes, but not on the ground
            boxes.append((number, middle - size / 2, middle + size / 2))
            box = FancyBboxPatch(
                (middle - size / 2, height + 0.11),
                size,
                0.32,
                boxstyle="round,pad=0.02",
                fc="white",
                ec="#0072B2",
                lw=1,
                zorder=3,
            )
            axes.add_patch(box)
            count = sum(1 for one in MODULES if room(one) == name)
            text = name if count == 1 else f"{name}{' ' if size > 0.8 else chr(10)}({count})"
            points = 8 if size > 0.8 else 7 if size > 0.6 else 6
            axes.text(middle, height + 0.27, text, fontsize=points, ha="center", va="center", zorder=4)
    lanes: list[tuple[float, int, int]] = []
    for first, second in drawn():
        (x1, y1), (x2, y2) = places[first], places[second]
        upper, lower = storey(f"nasbed.{first}"), storey(f"nasbed.{second}")
        if upper - lower == 1:
            axes.plot([x1, x2], [y1 - 0.18, y2 + 0.18], color="#777777", lw=0.9, zorder=2)
        elif upper > lower:
            beside = [at for at, bottom, top in lanes if bottom < upper and lower < top]
            lane = _lane(x1, x2, [box[1:] for box in boxes if lower < box[0] < upper], beside)
            lanes.append((lane, lower, upper))
            down = [y1 - 0.18, y1 - 0.36, y2 + 0.36, y2 + 0.18]
            axes.plot([x1, lane, lane, x2], down, color="#777777", lw=0.9, zorder=2)
    return figure


def _lane(start: float, end: float, boxes: list[tuple[float, float]], taken: list[float]) -> float:
    """Where a line goes down between the boxes of the storeys on its way, by the shortest detour, beside the lines before it."""
    free = [
        at
        for at in np.arange(1.7, 6.98, 0.02).tolist()
        if not any(left - 0.06 < at < right + 0.06 for left, right in boxes)
        and all(abs(at - lane) > 0.07 for lane in taken)
    ]
    return min(free, key=lambda at: (abs(at - start) + abs(at - end), at))


def main() -> None:
    """Write the page and its drawing."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    PAGE.write_text(page(), encoding="utf-8")
    draw().savefig(DRAWING, dpi=150)


if __name__ == "__main__":
    main()
