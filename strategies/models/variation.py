"""What evolution with crossover and mutation must be able to do."""

from __future__ import annotations

from typing import Protocol

from nasbed.vocabulary import OptionError


class Variation(Protocol):
    """Options of a strategy that makes children by crossover and mutation."""

    @property
    def crossover_probability(self) -> float: ...

    @property
    def mutation_probability(self) -> float: ...


def require_variation(options: Variation) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where every child would be a copy of its parent."""
    if not options.crossover_probability and not options.mutation_probability:
        raise OptionError(
            f"{type(options).__name__}: crossover_probability = {options.crossover_probability} and mutation_probability ="
            f" {options.mutation_probability}; expected one above 0, since every child would be a copy; raise either of them"
        )
