"""Results beside runs of the archive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nasbed.results.archive.archive import Archive
from nasbed.results.archive.beside import with_archived
from nasbed.results.results import Results


def beside_archive(results: Results, strategies: Sequence[str], folder: Path | str | None = None) -> Results:
    """Results, and beside them the archived runs of some strategies, which are called ``archive:NAME``: paired by seed, on the same
    benchmarks, at the same budget, and nothing is run.

    ``folder`` is another archive than the one that ships with nasbed. Raises :class:`~nasbed.errors.OptionError` where the protocol
    is not the same, and names what differs.
    """
    return Results(*with_archived(results, strategies, Archive.load(folder)))
