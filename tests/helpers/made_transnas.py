"""Files of TransNAS-Bench-101 as they are published, with made-up numbers whose highest are the published ones."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from nasbed.benchmarks.convert._transnas import TransNASPart
from nasbed.benchmarks.tables.transnas import TASKS


def rows(part: TransNASPart, zen: bool = True) -> list[dict[str, Any]]:
    """A row an architecture: every task ranks them in an order of its own, and the highest value is the published one."""
    count, found = len(part.space), []
    for index, arch in enumerate(part.space.archs):
        row: dict[str, Any] = {"architecture": part.space.format(arch)}
        for place, (task, step) in enumerate(zip(TASKS, (1, 3, 5, 7, 13, 17, 19), strict=True), 1):
            rank = (index * step + place) % count / (count - 1)
            row[task] = round(float(part.highest[task]) - 0.5 * (1 - rank), 9)
            if zen:
                row |= {f"zen_{task}": float(index % 50 - place), f"zen_seconds_{task}": place + index % 2}
        found.append(row)
    return found


def written(path: Path, content: list[dict[str, Any]]) -> Path:
    """The rows as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(content[0]))
        writer.writeheader()
        writer.writerows(content)
    return path
