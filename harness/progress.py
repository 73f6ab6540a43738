"""How far a long call has come: the one type of the functions that are told."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is in all (0: unknown)."""


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody follows: the call is ignored."""
