"""Results beside runs of the archive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nasbed.results.archive.archive import Archive
from nasbed.results.archive.beside import with_archived
from nasbed.results.results import Results
from nasbed.studies.study import ARCHIVED


def beside_archive(results: Results, strategies: Sequence[str], folder: Path | str | None = None) -> Results:
    """Results, and beside them the archived runs of some strategies, which are called ``archive:NAME``: paired by seed, on the same
    benchmarks, at the same budget, and nothing is run.

    A strategy may also be named as its row is, ``archive:NAME``. ``folder`` is another archive than the one that ships with nasbed.
    Raises :class:`~nasbed.errors.OptionError` where the protocol is not the same, and names what differs.
    """
    bare = [name.removeprefix(ARCHIVED) for name in strategies]
    return Results(*with_archived(results, bare, Archive.load(folder)))
