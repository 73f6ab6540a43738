"""A tiny space and oracle of which everything is known by heart."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from nasbed.benchmarks.spaces.product import ProductSpace
from nasbed.errors import ArchitectureError
from nasbed.searches.loop import Log, Repeats, run_loop
from nasbed.searches.pools import Simulated
from nasbed.streams import Stream
from nasbed.vocabulary import Arch, Budget, Objective, Outcome, Proposal, Searcher, Task


class Digits(ProductSpace):
    """Two digits of 0, 1, 2: nine architectures, written "12"."""

    def __init__(self) -> None:
        super().__init__("digits", (3, 3), list(itertools.product(range(3), repeat=2)))

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        return rng.choice(self.neighbours(arch))

    def parse(self, text: str) -> Arch:
        arch = tuple(int(digit) for digit in text if digit.isdigit())
        if arch not in self:
            raise ArchitectureError(f"malformed architecture {text!r}: expected two digits of 0, 1, 2")
        return arch

    def format(self, arch: Arch) -> str:
        return "".join(map(str, arch))


SPACE = Digits()


def oracle(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
    """Architecture ``i`` is worth 10 i + epochs / 100 + word / 1000 and costs (i + 1) seconds an epoch."""
    return (10.0 * index + epochs / 100 + word / 1000,), float((index + 1) * epochs)


def failing(*failures: int) -> object:
    """The same, but some architectures fail."""

    def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        values, cost = oracle(index, epochs, word)
        return ((math.nan,) if index in failures else values), cost

    return evaluate


def visit(index: int, epochs: int, visit: int) -> int:
    """A word that tells how often the architecture was asked for."""
    return visit


class Listed(Searcher):
    """Proposes a list, then nothing; keeps what it is told."""

    def __init__(self, proposals: Iterable[Proposal | Arch | None]) -> None:
        self.proposals = list(proposals)
        self.told: list[Outcome] = []

    def ask(self) -> Proposal | None:
        if not self.proposals:
            return None
        proposal = self.proposals.pop(0)
        return proposal if proposal is None or isinstance(proposal, Proposal) else Proposal(proposal)

    def tell(self, outcome: Outcome) -> None:
        self.told.append(outcome)


def task(
    kind: str = "evaluations",
    amount: float = 100,
    workers: int = 1,
    epochs: Sequence[int] = (1,),
    resumable: bool = False,
) -> Task:
    return Task(
        SPACE,
        tuple(epochs),
        (Objective("accuracy", "%"),),
        (),
        Budget(kind, amount),
        workers,
        resumable,  # type: ignore[arg-type]
    )


def run(searcher: Searcher, of: Task, evaluate: object = oracle, repeats: Repeats = "charge") -> Log:
    log = Log()
    for _ in run_loop(searcher, of, Simulated(evaluate, of), visit, log, repeats):  # type: ignore[arg-type]
        pass
    return log
