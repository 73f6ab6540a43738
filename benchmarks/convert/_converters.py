"""The converters by the names of their tables, and what they are used for: importing and fetching a table."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from nasbed.benchmarks.convert._source import Converter, scratch
from nasbed.benchmarks.tables import home, places
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.errors import DataError, unknown
from nasbed.progress import Progress


def names() -> list[str]:
    """The tables that a user can bring."""
    return [
        name
        for name in sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
        if name[0] != "_"
    ]


def converter(name: str) -> Converter:
    """The converter that makes a table; raises :class:`~nasbed.errors.UnknownNameError`."""
    if name not in names():
        raise unknown("table", name, names())
    found: Converter = importlib.import_module(f"{__package__}.{name}").CONVERTER
    return found


def import_table(name: str, path: Path | str, progress: Progress) -> Manifest:
    """Make a table in the data home from files at ``path``.

    The new table replaces the old one only when it is whole. Raises :class:`~nasbed.errors.DataError`.
    """
    made = converter(name)
    if name in home.shipped():
        raise DataError(f"the table {name!r} ships with the package; there is nothing to import")
    files = made.find(Path(path))
    with home.claim(name) as target:
        try:
            made.convert(files, target, progress)
        except OSError as error:
            raise DataError(f"the table {name!r} was not written: {error.strerror}: {error.filename}") from None
    return Manifest.load(target)


def fetch_table(name: str, source: Path | str | None, progress: Progress) -> Manifest:
    """Make a table from its published files: from the folder ``source`` if given, else downloaded and verified."""
    made = converter(name)
    if source is not None:
        return import_table(name, source, progress)
    if not made.downloads:
        raise DataError(f"{name} is not downloaded: get its official files, then nasbed data import {name} PATH")
    with scratch(places.home()) as folder:
        for place, file in enumerate(made.sources, 1):
            progress(f"fetching {file.file}", place, len(made.sources))
            file.fetch(Path(folder))
        return import_table(name, Path(folder), progress)
