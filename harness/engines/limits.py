"""How long a call of an engine may take, and how much memory its worker may use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nasbed.errors import EngineError, shown

SECONDS, MEMORY = "limit_seconds", "limit_memory"
"""The options of an engine's text that :class:`Limits` are made of."""

_UNITS = {"B": 1} | {
    f"{prefix}{unit}".upper(): base**power
    for unit, base in (("B", 1000), ("iB", 1024))
    for power, prefix in enumerate("KMGT", 1)
}


@dataclass(frozen=True)
class Limits:
    """What a supervised process is ended for: a call that takes more than ``seconds``, and more than ``memory`` bytes that it and
    all that comes from it hold for themselves, mapped files apart. ``None`` is no limit.
    """

    seconds: float | None = None
    memory: int | None = None

    @classmethod
    def parse(cls, options: Mapping[str, str]) -> Limits:
        """The limits among the options of an engine's text; raises :class:`~nasbed.errors.EngineError`.

        >>> Limits.parse({"limit_seconds": "90", "limit_memory": "1.5GB"})
        Limits(seconds=90.0, memory=1500000000)
        """
        return cls(
            _seconds(options[SECONDS]) if SECONDS in options else None,
            _bytes(options[MEMORY]) if MEMORY in options else None,
        )


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) or not float(text):
        raise EngineError(f"{SECONDS} = {shown(text)}; expected seconds above 0, as {SECONDS}=600")
    return float(text)


def _bytes(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([KMGT]?i?B)", text, re.IGNORECASE)
    if not found or found[2].upper() not in _UNITS or not float(found[1]):
        raise EngineError(
            f"{MEMORY} = {shown(text)}; expected a number above 0 with its unit, as {MEMORY}=4GB or 512MiB"
        )
    return int(float(found[1]) * _UNITS[found[2].upper()])
