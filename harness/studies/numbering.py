"""How numbers of architectures are stored: in 32 bits where all of a space fit, else in 64; larger ones are refused."""

from __future__ import annotations

from nasbed.errors import StudyError
from nasbed.vocabulary import Benchmark, Space

STORED = 2**63
"""Numbers of architectures that 64 bits can hold."""


def require_storable(benchmark: Benchmark) -> None:
    """Raises :class:`~nasbed.errors.StudyError` for a space with numbers of more than 64 bits."""
    size = benchmark.space.size
    if size > STORED:
        raise StudyError(
            f"{benchmark.label}: its space {benchmark.space.name!r} numbers {_short(size)} architectures, and results hold numbers"
            f" below 2^63 ({STORED:.2g}), so a study cannot store them; search a smaller space, or run single searches in memory"
            " with nasbed.search"
        )


def _short(size: int) -> str:
    """A whole number of any length for readers.

    >>> _short(10**20), _short(1234)
    ('about 10^20', '1,234')
    """
    return f"about 10^{len(str(size)) - 1}" if size >= 10**19 else f"{size:,}"


def stored_type(space: Space) -> str:
    """The type of the column of architectures, by its name in NumPy."""
    return "int32" if space.size <= 2**31 else "int64"
