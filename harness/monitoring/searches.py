"""How far searches on real training have come, by the records that they write as they go."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.errors import NasbedError
from nasbed.searches.incumbents import seen_incumbents
from nasbed.searches.loading import load_benchmark
from nasbed.searches.rules import Incumbent
from nasbed.vocabulary import Benchmark


@dataclass(frozen=True)
class SearchStatus:
    """How many evaluations searches have made and how many failed, and the best of their incumbents by validation: its
    ``architecture`` as its space writes it, or its index; its ``value`` in natural numbers, and after how many ``epochs``.
    """

    searches: int
    evaluations: int
    failed: int
    architecture: str = ""
    value: float | None = None
    objective: str = ""
    epochs: int = 0


def read_searches(records: Iterable[Path], benchmark: Benchmark | None, rule: Incumbent = "best") -> SearchStatus:
    """The status of searches by their records; one that cannot be read is left out. Without the benchmark an incumbent is an index,
    and its value what the search saw, where higher is better.
    """
    searches = evaluations = failed = 0
    best: tuple[int, float, int] | None = None  # epochs, value, index
    for path in records:
        answers = _answers(path)
        searches += 1
        evaluations += len(answers)
        failed += sum(value != value for _, _, value in answers)
        if answers:
            architectures, *others = zip(*answers, strict=True)
            archs = np.array([architectures], dtype=object)  # a number beyond 63 bits would be rounded
            epochs, values = (np.array([column]) for column in others)
            places, seen = seen_incumbents(values, epochs, archs, rule)
            if (place := int(places[0, -1])) >= 0:
                found = (int(epochs[0, place]), float(seen[0, -1]), int(archs[0, place]))
                best = found if best is None or found[:2] > best[:2] else best
    if best is None:
        return SearchStatus(searches, evaluations, failed)
    epochs_, value, index = best
    if benchmark is None:
        return SearchStatus(searches, evaluations, failed, f"architecture {index}", value, "value", epochs_)
    objective = benchmark.objectives[0]
    text = benchmark.space.format(benchmark.space.at(index))
    natural = float(objective.natural(value))
    return SearchStatus(searches, evaluations, failed, text, natural, f"{objective.name} in {objective.unit}", epochs_)


def _answers(path: Path) -> list[tuple[int, int, float]]:
    """The architecture, epochs and value of each recorded evaluation; a last line that is being written is left out."""
    found = []
    try:
        for line in path.read_bytes().splitlines()[1:]:
            _, architecture, epochs, _, _, values = json.loads(line)
            found.append((int(architecture), int(epochs), float("nan" if values[0] is None else values[0])))
    except (OSError, ValueError, TypeError, IndexError):
        pass
    return found


def loaded_or_none(use: str, options: dict[str, Any]) -> Benchmark | None:
    """A benchmark by its name, where its code and its data are here."""
    try:
        return load_benchmark(use, **options)
    except NasbedError:
        return None
