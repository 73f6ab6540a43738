"""How a broken benchmark says which rule it breaks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from sound_benchmarks import Fine, Judge

from nasbed.vocabulary import Benchmark

CASES: list[Any] = []


def breaks(check: str, *words: str, also: str = "") -> Callable[[type[Any]], type[Any]]:
    """A benchmark, or the space or the referee of one, in which one thing is wrong; and what its check is to say of it.

    ``also`` names the other checks that must notice; with ``...`` any may.
    """

    def decorate(cls: type[Any]) -> type[Any]:
        fake = cls
        if not issubclass(cls, Benchmark):
            part = "judge" if issubclass(cls, Judge) else "landscape"
            fake = type(f"With{cls.__name__}", (Fine,), {"__module__": cls.__module__, part: cls})
            setattr(sys.modules[cls.__module__], fake.__name__, fake)
        CASES.append(pytest.param(fake, check, words, also.split(), id=f"{check}-{cls.__name__}"))
        return cls

    return decorate
