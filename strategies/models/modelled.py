"""What methods share that fit a model to an encoding of what was trained."""

from __future__ import annotations

from nasbed.vocabulary import Needs, Strategy


class ModelBased(Strategy):
    """A strategy that trains ``initial`` random architectures before it asks a model of an ``encoding``; ``"auto"`` is the one that
    :class:`~nasbed.strategies.models.pool.CandidatePool` takes.
    """

    initial: int
    encoding: str

    @property
    def warm_up(self) -> int:
        """The number of random architectures at the start."""
        return self.initial

    @property
    def needs(self) -> Needs:
        """It needs the encoding, where one is named and not left to the space."""
        return Needs(encodings=() if self.encoding == "auto" else (self.encoding,))
