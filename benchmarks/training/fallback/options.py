"""What a study says of a fallback, as it is written and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasbed.benchmarks.tables.options import fidelities
from nasbed.errors import OptionError, shown, unknown
from nasbed.numeric import require_whole

FORM = 'fallback = { folder = "results/trainings", epochs = [24], seeds = 2 }'
LONGEST = 10_000
"""The most epochs of a training."""
SIZES = ("channels", "cells", "stages")
KEYS = ("folder", "epochs", "seeds", "further", "agreed", "data", *SIZES, "retrainings")
_MOST = 1_000


@dataclass(frozen=True)
class FallbackOptions:
    """The keys of ``fallback = { ... }``, each as it is used; ``said`` are those that were given."""

    said: Mapping[str, Any]
    folder: Path
    epochs: tuple[int, ...]
    seeds: int
    further: int
    data: Mapping[str, str]
    sizes: Mapping[str, int]
    retrainings: int

    @classmethod
    def parse(cls, given: object) -> FallbackOptions:
        """What a study or a call says; raises :class:`~nasbed.errors.OptionError` and others of ours for what cannot be."""
        if not isinstance(given, Mapping):
            raise OptionError(f"fallback = {shown(given)}; expected a table, as {FORM}")
        for name in given:
            if name not in KEYS:
                raise unknown("key", name, KEYS, "fallback")
        epochs = given.get("epochs", [])
        return cls(
            given,
            _folder(given.get("folder")),
            fidelities(epochs, "[24, 48]") if epochs != [] else (),
            require_whole("fallback.seeds", given.get("seeds", 1), 1, _MOST),
            require_whole("fallback.further", given.get("further", 0), 0, _MOST),
            _data(given.get("data", {})),
            {name: require_whole(f"fallback.{name}", given[name], 1, LONGEST) for name in SIZES if name in given},
            require_whole("fallback.retrainings", given.get("retrainings", 3), 1, _MOST),
        )

    def require_longest(self, first: int) -> None:
        """Raises :class:`~nasbed.errors.OptionError` for epochs beyond the longest training; ``first`` are the fewest."""
        if self.epochs and self.epochs[-1] > LONGEST:
            raise OptionError(
                f"fallback.epochs = {shown(self.said['epochs'])}; expected whole numbers from {first} to {LONGEST:,}"
            )


def _folder(given: Any) -> Path:
    if not isinstance(given, (str, Path)) or not str(given):
        raise OptionError(
            f"fallback.folder = {shown(given)}; expected the path of a folder that keeps what is trained, as {FORM}"
        )
    if (folder := Path(given).expanduser()).exists() and not folder.is_dir():
        raise OptionError(
            f"fallback.folder = {shown(str(folder))} is a file; expected a folder that keeps what is trained"
        )
    return folder


def _data(given: Any) -> dict[str, str]:
    named = isinstance(given, Mapping) and all(isinstance(name, str) and name.strip() for name in given)
    if not named or not all(isinstance(one, (str, Path)) and str(one) for one in given.values()):
        raise OptionError(
            f"fallback.data = {shown(given)}; expected names of data sets with what they are, a path or a set with a name, as"
            ' data = { mine = "my.npz" }'
        )
    return {name: str(one) for name, one in given.items()}
