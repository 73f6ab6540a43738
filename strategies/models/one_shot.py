"""What strategies share that train one supernet in place of many networks."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from nasbed.vocabulary import DERIVED, Needs, Outcome, Proposal, Proposals, Script, SharedWeights, Stream, Task

SUPERNET = Needs(shares_weights=True)


@dataclass(frozen=True)
class OneShot(Script):
    """A strategy whose training of a supernet ends in one architecture, which is then evaluated like any other."""

    @property
    @abstractmethod
    def weights(self) -> SharedWeights:
        """How the supernet is trained."""

    @property
    def needs(self) -> Needs:
        """It needs a supernet of the space."""
        return SUPERNET

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it ends with its one evaluation."""
        found: Outcome = yield Proposal(DERIVED, measure=self.weights)
        yield Proposal(found.arch)
