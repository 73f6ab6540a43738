"""Writes the tables of all benchmarks into docs/benchmarks.md: what each holds, and which questions it can answer.

Names, licences, what ships, how the rest is had, supernets and unrecorded times come from the code; studies/site/benchmarks.toml
has a few words on the rest of each. A benchmark without an entry there is an error.

Usage: python studies/benchmarks_table.py
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pages import inserted

from nasbed.benchmarks import REGISTRY, convert
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.places import SHIPPED
from nasbed.vocabulary import HELD_OUT

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
ENTRIES = ROOT / "studies" / "site" / "benchmarks.toml"
KEYS = ["size", "data", "splits", "runs", "fidelities", "costs", "judged", "several", "cheaper", "timed", "objectives"]
"""What each entry must say."""
FURTHER = {"joint": False, "listed": True}
"""What an entry may say, and what else is so."""


def entries() -> dict[str, dict[str, Any]]:
    """What is said of each benchmark that there is, in the order of the file; :class:`SystemExit` for one that is not there."""
    said = tomllib.loads(ENTRIES.read_text(encoding="utf-8"))
    names = REGISTRY.builtin()
    if missing := [name for name in names if name not in said]:
        raise SystemExit(f"{ENTRIES.name} has no entry for {', '.join(missing)}; say there what each holds")
    for name, entry in said.items():
        if set(entry) - set(FURTHER) != set(KEYS):
            wrong = sorted(set(KEYS) ^ (set(entry) - set(FURTHER)))
            raise SystemExit(f"{ENTRIES.name}, [{name}]: {', '.join(wrong)}; expected {', '.join(KEYS)}")
    return {name: {**FURTHER, **entry} for name, entry in said.items() if name in names}


def licence_of(name: str) -> str:
    """The licence of a benchmark's numbers: of the table that ships, or as its converter has it."""
    table = table_of(name)
    if (SHIPPED / table / "manifest.toml").is_file():
        return Manifest.load(SHIPPED / table).licence
    return convert.converter(table).licence if table in convert.names() else "–"


def table_of(name: str) -> str:
    """The table that a benchmark reads; its own name where that is a table."""
    return getattr(REGISTRY.load(name), "table", "") or name


def had(name: str) -> str:
    """How the numbers of a benchmark are had."""
    table = table_of(name)
    if (SHIPPED / table / "manifest.toml").is_file():
        return "ships"
    if table not in convert.names():
        return "computed" if name == "synthetic" else "trained when asked"
    return "`nasbed data fetch`" if convert.converter(table).downloads else "`nasbed data import`"


def tables() -> str:
    """Both tables, as markdown."""
    said = entries()
    first = [
        [
            f"`{name}`",
            one["size"],
            one["data"],
            one["splits"],
            one["runs"],
            one["fidelities"],
            one["costs"],
            licence_of(name),
            had(name),
        ]
        for name, one in said.items()
    ]
    second = [[f"`{name}`", *answers(name, one)] for name, one in said.items()]
    heads = [
        "benchmark",
        "architectures",
        "trained on",
        "splits",
        "runs",
        "fidelities",
        "cost of a training",
        "licence",
        "how it is had",
    ]
    return "\n".join([*_markdown(heads, first), "", *_markdown(["benchmark", *QUESTIONS], second)])


QUESTIONS = (
    "generalises?",
    "noise?",
    "time budgets?",
    "multi-fidelity?",
    "fronts?",
    "floor, landscape?",
    "weight sharing?",
    "joint?",
)
"""What may be asked, in short."""


def answers(name: str, entry: dict[str, Any]) -> Iterator[str]:
    """What a benchmark answers to each of :data:`QUESTIONS`."""
    cls = REGISTRY.load(name)
    yield {"test": "yes", "retraining": "by retraining", HELD_OUT: "to other runs"}.get(entry["judged"], "no")
    yield "yes" if entry["several"] else "no"
    yield "yes" if entry["timed"] and not cls.untimed else "no"
    yield {"resumable": "resumed", "separate": "trained anew"}.get(entry["cheaper"], "no")
    yield "yes" if entry["objectives"] else "no"
    yield "yes" if entry["listed"] and entry["judged"] != "retraining" else "no"
    yield "yes" if hasattr(cls, "supernet") else "no"
    yield "yes" if entry["joint"] else "no"


def _markdown(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    lines = [list(heads), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    for line in lines:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in line)} |"


def page() -> str:
    """The page with its tables as they are now."""
    return inserted(PAGE.read_text(encoding="utf-8"), {"benchmarks": tables()})


def main() -> None:
    """Write the page."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
