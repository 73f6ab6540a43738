"""One architecture designed by hand and trained: the yardstick for searching at all."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.vocabulary import Needs, Proposal, Proposals, Script, Stream, Task, option


@dataclass(frozen=True)
class HandDesigned(Script):
    """Evaluates a given architecture; by default the cell of NAS-Bench-201 that resembles a residual block (Dong and Yang 2020)."""

    architecture: str = option(
        "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|",
        "the architecture, as its space writes it",
    )

    @property
    def needs(self) -> Needs:
        """A space in which the text is an architecture."""
        return Needs(architecture=self.architecture)

    def search(self, task: Task, rng: Stream) -> Proposals:
        """Propose the one architecture, and end."""
        yield Proposal(task.space.parse(self.architecture))
