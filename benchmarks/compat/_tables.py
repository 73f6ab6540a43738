"""Which table answers for the path that a script gives."""

from __future__ import annotations

import os
import re
from pathlib import Path

from nasbed.benchmarks.compat._records import SHIPPED
from nasbed.benchmarks.compat._refusals import NotAllowed, NotRecorded, warn_once
from nasbed.benchmarks.tables import home, places
from nasbed.benchmarks.tables.manifest import Manifest

TABLES = {"nasbench201": ("nats_topology", "nasbench201_official", SHIPPED), "nats_size": ("nats_size",)}
"""The tables of each space that can answer."""

_VERSION = re.compile(r"(NATS-[ts]ss|NAS-Bench-201)-(v\d_\d)(?:-([0-9a-f]{5,6}))?(?![0-9a-z])")
"""Name, version and the first digits of a checksum, as in the names of the official files."""


def find(given: object, table: str) -> Manifest:
    """The table that ``given`` names; ``None`` names ``table``.

    A path to official files opens the table that was imported from files of that version, whether or not they are still
    there. Raises :class:`NotRecorded` with what to import, :class:`NotAllowed` for what is no path.
    """
    space = "nats_size" if table == "nats_size" else "nasbench201"
    if given is None:
        return _default(table)
    if not isinstance(given, (str, os.PathLike)):
        raise NotAllowed(
            f"file_path_or_dict of type {type(given).__name__}: expected None, or the name or folder of an imported table;"
            f" official files are imported once: nasbed data import {table} PATH"
        )
    text = os.fspath(given)
    known = TABLES[space]
    if text in known and (home.folder_of(text) / "manifest.toml").is_file():
        return home.load(text)
    if (Path(str(text)) / "manifest.toml").is_file():
        manifest = Manifest.load(Path(str(text)))
        if manifest.name not in known:
            raise NotRecorded(
                f"the table {manifest.name!r} in {text} does not answer here; expected {' or '.join(known)}"
            )
        return manifest
    return _official(str(text), table)


def _there(table: str) -> bool:
    return (home.folder_of(table) / "manifest.toml").is_file()


def _default(table: str) -> Manifest:
    if _there(table):
        return home.load(table)
    if table == "nats_size":
        raise NotRecorded(f"the table 'nats_size' is not in {places.home()}: nasbed data import nats_size PATH")
    warn_once(
        "shipped",
        f"the table {table!r} is not in {places.home()}: the shipped table of 200 epochs answers, with the runs of"
        " NATS-Bench, validation accuracy by run, mean test accuracy and training times, and refuses the rest; to have all,"
        f" nasbed data import {table} PATH",
    )
    return home.load(SHIPPED)


def _official(path: str, table: str) -> Manifest:
    version = _VERSION.search(Path(path).name)
    held = home.load(table) if _there(table) else None
    if held is not None and version and any(_agree(version, other) for other in _VERSION.finditer(held.title)):
        return held
    if version or Path(path).exists():
        other = f"; the table that was imported is {held.title!r}" if held else ""
        raise NotRecorded(
            f"{path} has not been imported: nasbed data import {table} {path}, once; nothing else changes{other}"
        )
    raise NotRecorded(
        f"{path} is neither a table nor an official file; expected None, the name or folder of a table, or the path of"
        f" official files that were imported with nasbed data import {table} PATH"
    )


def _agree(one: re.Match[str], other: re.Match[str]) -> bool:
    """Whether two names are of one version; only one of them may have a checksum."""
    checksums = {match[3] for match in (one, other) if match[3]}
    return (one[1], one[2]) == (other[1], other[2]) and len(checksums) < 2
