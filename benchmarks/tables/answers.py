"""What a table answers a search: its recorded trainings as an oracle, which is most of what a search costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nasbed.vocabulary import Oracle


@dataclass(frozen=True)
class Answers:
    """The possible answers at a fidelity: for each objective and architecture a list by run, the number of runs, and the cost,
    or a list of costs ``by_run`` where they differ between runs.
    """

    columns: list[list[list[float]]]
    counts: list[int]
    costs: list[Any]
    by_run: bool


def single(rows: list[list[float]], counts: list[int], costs: list[float]) -> Oracle:
    def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        return (rows[index][word % counts[index]],), costs[index]

    return evaluate


class ByFidelity(dict[int, Answers]):
    """The answers at each fidelity, made when it is first asked for: lists of all 200 epochs would fill gigabytes."""

    def __init__(self, make: Callable[[int], Answers]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, epochs: int) -> Answers:
        self[epochs] = self._make(epochs)
        return self[epochs]


def general(answers: Mapping[int, Answers]) -> Oracle:
    """Several fidelities or objectives, or costs by run: all of an answer comes from the same run."""

    def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        answer = answers[epochs]
        run = word % answer.counts[index]
        cost = answer.costs[index]
        return tuple([column[index][run] for column in answer.columns]), cost[run] if answer.by_run else cost

    return evaluate


def vouched(oracle: Oracle) -> Oracle:
    """The oracle, marked as one whose answers need no examination: its values are finite or ``nan``, and its costs are finite."""
    oracle.examined = True  # type: ignore[attr-defined]
    return oracle
