"""The same algorithms as anybody would write them for one script: the yardstick for the loop.

Python's ``random``, a dictionary from architecture to row, lists of recorded runs, and a history list. No budget but a
count, no clock beyond a sum, no noise protocol, no checks.
"""

from __future__ import annotations

import random
from collections import deque

Arch = tuple[int, ...]
History = list[tuple[Arch, float, float]]


class Bare:
    """A table in plain containers."""

    def __init__(self, archs: list[Arch], values: list[list[float]], costs: list[float]) -> None:
        self.row = {arch: row for row, arch in enumerate(archs)}
        self.values = values
        self.costs = costs

    def random_search(self, seed: int, evaluations: int) -> History:
        rng = random.Random(seed)
        history: History = []
        clock = 0.0
        for _ in range(evaluations):
            arch = tuple(rng.randrange(5) for _ in range(6))
            row = self.row[arch]
            runs = self.values[row]
            value = runs[rng.randrange(len(runs))]
            clock += self.costs[row]
            history.append((arch, value, clock))
        return history

    def regularized_evolution(self, seed: int, evaluations: int, population: int, sample: int) -> History:
        rng = random.Random(seed)
        history: History = []
        alive: deque[tuple[Arch, float]] = deque()
        clock = 0.0

        def evaluate(arch: Arch) -> None:
            nonlocal clock
            row = self.row[arch]
            runs = self.values[row]
            value = runs[rng.randrange(len(runs))]
            clock += self.costs[row]
            history.append((arch, value, clock))
            alive.append((arch, value))

        for _ in range(population):
            evaluate(tuple(rng.randrange(5) for _ in range(6)))
        while len(history) < evaluations:
            parent = max((alive[rng.randrange(len(alive))] for _ in range(sample)), key=lambda member: member[1])[0]
            child = list(parent)
            edge, operation = rng.randrange(6), rng.randrange(4)
            child[edge] = operation + (operation >= parent[edge])
            evaluate(tuple(child))
            alive.popleft()
        return history
