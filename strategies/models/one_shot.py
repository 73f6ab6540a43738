"""The base of strategies that train one supernet in place of many networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nasbed.vocabulary import DERIVED, Needs, Outcome, Proposal, Proposals, Script, SharedWeights, Stream, Task, option


@dataclass(frozen=True)
class WeightSharing(Script):
    """A strategy that trains a supernet: for how many epochs, and with which learning rate of the weights."""

    epochs: int = option(50, "epochs of the supernet's training", low=1)
    rate: float = option(0.0, "highest learning rate of its weights; 0: as published for NAS-Bench-201", low=0, high=10)

    @property
    def needs(self) -> Needs:
        """It needs a supernet of the space."""
        return Needs(shares_weights=True)

    def trained_by(self, method: str, **settings: Any) -> SharedWeights:
        """The weights of a supernet trained by a method; settings of 0 are left at what was published."""
        given = {"epochs": self.epochs, "rate": self.rate, **settings}
        return SharedWeights.by(method, **{name: value for name, value in given.items() if value})


@dataclass(frozen=True)
class OneShot(WeightSharing):
    """A strategy whose training of a supernet ends in one architecture, which is then evaluated like any other."""

    method: ClassVar[str]

    @property
    def weights(self) -> SharedWeights:
        """How the supernet is trained."""
        return self.trained_by(self.method)

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it ends with its one evaluation."""
        found: Outcome = yield Proposal(DERIVED, measure=self.weights)
        yield Proposal(found.arch)


@dataclass(frozen=True)
class Relaxed(OneShot):
    """A one-shot strategy that learns the architecture by gradient, with a learning rate of its own."""

    arch_rate: float = option(
        0.0, "learning rate of the architecture's weights; 0: as published for NAS-Bench-201", low=0, high=10
    )

    @property
    def weights(self) -> SharedWeights:
        """How the supernet is trained."""
        return self.trained_by(self.method, arch_rate=self.arch_rate)
