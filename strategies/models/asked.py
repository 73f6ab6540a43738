"""What a measure said of architectures, each of which is asked for once."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

from nasbed.vocabulary import Arch, Outcome, Proposal


@dataclass
class Asked:
    """The values of a measure that were told, by architecture."""

    measure: str
    values: dict[Arch, float] = field(default_factory=dict)

    def ask(self, archs: Iterable[Arch]) -> Generator[list[Proposal], list[Outcome], None]:
        """Ask for those that are not known yet."""
        fresh = [arch for arch in dict.fromkeys(archs) if arch not in self.values]
        for outcome in (yield [Proposal(arch, measure=self.measure) for arch in fresh]):
            self.values[outcome.arch] = outcome.worth

    def rank(self, arch: Arch) -> float:
        """What to rank by; an architecture without a value comes last."""
        return self.values.get(arch, -math.inf)
