"""What is refused, and what differs from the official packages and is said once.

Scripts that catch what the official packages raise go on working: each error is one of ours and of the built-in kind
that stands in its place there.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NoReturn

from nasbed.errors import ArchitectureError, DataError, OptionError, UnknownNameError, UnwiseWarning


class NotRecorded(DataError, KeyError, ValueError):
    """The table does not hold what was asked for: a ``KeyError`` or a ``ValueError`` in the packages, by who is asked."""

    __str__ = Exception.__str__


class NotKnown(UnknownNameError, KeyError, ValueError):
    """A data set, evaluation set, schedule or search space that does not exist."""

    __str__ = Exception.__str__


class NotAllowed(OptionError, ValueError):
    """An argument of the wrong type or out of range."""


class NotInSpace(ArchitectureError, ValueError):
    """An architecture outside the search space."""


class OutOfDomainError(ArchitectureError):
    """A cell, or a number of epochs, outside of NAS-Bench-101; the package's error of that name."""


class NotOffered(DataError, AttributeError):
    """A name of the official packages that is left out on purpose."""


class NotImported(DataError, ImportError):
    """A name that a module of the official packages has and ours leaves out on purpose."""

    __str__ = Exception.__str__


class CompatWarning(UnwiseWarning):
    """An answer that differs from the official package's, on purpose (``docs/compat.md``)."""


class Partial:
    """A class that leaves out names of the official one: using a name of ``withheld`` raises with its reason."""

    withheld: ClassVar[Mapping[str, str]] = {}

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            kind = type(self).__name__
            if name in self.withheld:
                raise NotOffered(f"{kind}.{name} is not offered: {self.withheld[name]} (see docs/compat.md)")
            raise AttributeError(f"{kind!r} object has no attribute {name!r}")


def left_out(module: str, name: str, withheld: Mapping[str, str]) -> NoReturn:
    """What a module answers when it is asked for a name that it has not."""
    if name in withheld:
        raise NotImported(f"{module}.{name} is not offered: {withheld[name]} (see docs/compat.md)")
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


WEIGHTS = "trained weights are not part of the tables; use the official files and package for them"
READ_ONLY = "what was recorded is not changed"
STATES = "the tables hold columns, not pickled states; nasbed data import reads the official files"
PICKLES = "pickles are not read or written: nasbed data import reads the official files; pickle and bz2 are in Python"
TOP_FIVE = "top-5 accuracy is not part of the tables"

_said: set[str] = set()


def warn_once(kind: str, text: str) -> None:
    """Warn of a difference, once in a process for each ``kind``; the warning stands at the caller's line."""
    if kind not in _said:
        _said.add(kind)
        warnings.warn(f"{text} (docs/compat.md, {kind!r})", CompatWarning, stacklevel=_outside())


def _outside() -> int:
    """The ``stacklevel``, seen from :func:`warn_once`, of the first frame outside this package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(__package__ or ""):
        level, frame = level + 1, frame.f_back
    return level
