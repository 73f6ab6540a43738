"""Who the incumbent was when a training began, for trainings that depend on it."""

from __future__ import annotations

from math import isfinite

from nasbed.vocabulary import Training

_Incumbents = tuple[tuple[tuple[int, ...], int, int], ...]


class Lineage:
    """The incumbents of a search by the highest single observation at the highest fidelity seen, the first of equals.

    It follows from what was proposed and what had arrived by then, so a search whose answers are given again has the same.
    """

    def __init__(self) -> None:
        self._now: _Incumbents = ()
        self._of: dict[int, _Incumbents] = {}
        self._highest: tuple[int, float] | None = None

    def begun(self, training: Training) -> Training:
        """The training with the incumbents of this moment; one that goes on keeps those with which it began."""
        found = self._now if training.resume is None else self._of[training.resume]
        self._of[training.trial] = found
        return training._replace(incumbents=found)

    def ended(self, training: Training, value: float) -> None:
        """A training has given a value, higher is better; ``nan`` where it failed."""
        rank = training.epochs, value
        if isfinite(value) and (self._highest is None or rank > self._highest):
            self._highest = rank
            self._now = (*self._of[training.trial], (training.arch, training.epochs, training.seed))
