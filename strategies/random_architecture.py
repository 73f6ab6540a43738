"""One architecture drawn uniformly and trained: the yardstick for the space itself, with no selection at all."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.vocabulary import Proposal, Proposals, Script, Stream, Task


@dataclass(frozen=True)
class RandomArchitecture(Script):
    """Trains a single uniform draw. The mean over seeds is the mean of the space."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        """Propose one architecture, drawn uniformly, and end."""
        yield Proposal(task.space.sample(rng))
