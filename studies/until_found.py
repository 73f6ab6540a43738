"""A strategy that ends when another has found what it looked for; studies/league.py counts queries with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from nasbed import Arch, Outcome, Proposal, Searcher, Strategy, Stream, Task, option
from nasbed.strategies import REGISTRY
from nasbed.studies.sources import source_files


@dataclass(frozen=True)
class UntilFound(Strategy):
    """Another strategy, ended when it has been told of one architecture."""

    strategy: str = option("random_search", "the strategy")
    options: str = option("{}", "its options, as JSON")
    architecture: int = option(0, "the index at which it ends", low=0)

    @property
    def sources(self) -> tuple[Path, ...]:
        """The code of the other strategy."""
        return tuple(source_files(REGISTRY.load(self.strategy)))

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search."""
        inner = REGISTRY.make(self.strategy, json.loads(self.options))
        return _UntilFound(inner.start(task, rng), task.space.at(self.architecture))


class _UntilFound(Searcher):
    def __init__(self, inner: Searcher, wanted: Arch) -> None:
        self._inner, self._wanted, self._found = inner, wanted, False

    def ask(self) -> Proposal | None:
        return None if self._found else self._inner.ask()

    def tell(self, outcome: Outcome) -> None:
        self._found = self._found or outcome.arch == self._wanted
        self._inner.tell(outcome)

    def close(self) -> None:
        self._inner.close()
