"""Tables that ``nasbed tabulate`` wrote: the shipped one of a benchmark, or a user's in a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.options import fidelities
from nasbed.errors import DataError, OptionError, shown


def tabulated(folder: Path | str | None, own: Callable[[], Manifest], space: str) -> Manifest:
    """The manifest of the table in a folder, or a benchmark's ``own`` one where there is none.

    Raises :class:`~nasbed.errors.OptionError` for what is no path, :class:`~nasbed.errors.DataError` for a table that ``nasbed
    tabulate`` did not write, and for one of another ``space``.
    """
    if folder is not None and not isinstance(folder, (str, Path)):
        raise OptionError(f"folder = {shown(folder)}; expected the path of a table that nasbed tabulate wrote")
    manifest = own() if folder is None else Manifest.load(folder)
    if not manifest.study:
        raise DataError(f"the table in {manifest.folder} was not made by nasbed tabulate; expected one that was")
    if manifest.space != space:
        raise DataError(f"the table in {manifest.folder} is of the space {shown(manifest.space)}; expected {space!r}")
    return manifest


def points(epochs: Sequence[int] | None, schedule: int) -> tuple[int, ...] | None:
    """Fidelities that are points of a training of so many epochs, ascending; raises :class:`~nasbed.errors.OptionError`.

    >>> points([12, 1], 12), points(None, 12)
    ((1, 12), None)
    """
    numbers = None if epochs is None else fidelities(epochs, "[1, 4, 12]")
    if numbers is not None and not set(range(1, schedule + 1)).issuperset(numbers):
        raise OptionError(f"epochs = {shown(epochs)}; expected a list of epochs in 1 .. {schedule}")
    return numbers
