"""The base of methods that begin at random and fit a model to the trainings."""

from __future__ import annotations

from nasbed.vocabulary import Needs, Strategy


class RandomStart(Strategy):
    """A strategy that trains ``initial`` random architectures before it asks a model."""

    initial: int

    @property
    def warm_up(self) -> int:
        """The number of random architectures at the start."""
        return self.initial


class ModelBased(RandomStart):
    """A strategy whose model sees an ``encoding``; ``"auto"`` is the one that
    :class:`~nasbed.strategies.models.pool.CandidatePool` takes.
    """

    encoding: str

    @property
    def needs(self) -> Needs:
        """It needs the encoding, where one is named and not left to the space."""
        return Needs(encodings=() if self.encoding == "auto" else (self.encoding,))
