"""Writes results for other tools: CSV, Parquet, IOHprofiler's files, and a description of the tables as Croissant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nasbed.errors import OptionError, require_name, shown
from nasbed.exchange import iohprofiler
from nasbed.exchange.croissant import croissant
from nasbed.exchange.tables import ExportTable, csv_of, parquet_of, tables_of
from nasbed.results.results import Results
from nasbed.studies.imported import origin_of
from nasbed.studies.store import Store, write_all
from nasbed.tables.captions import caption

FORMATS = ("csv", "parquet", "ioh", "croissant")
"""The formats that :func:`export_results` writes."""

ABOUT = ("creator", "license", "url", "citeAs")
"""What the author of a data set may say of it in its description, by the names that Croissant has for it."""


def export_results(
    folder: Path | str | Sequence[Path | str],
    out: Path | str,
    formats: Sequence[str] = ("csv",),
    about: Mapping[str, str] | None = None,
    *,
    apart: bool = False,
) -> list[Path]:
    """Write the results of a folder into the folder ``out``; returns the paths of the files. Several folders are exported as one;
    :meth:`Results.merge <nasbed.results.results.Results.merge>` joins them, and ``apart`` is its argument.

    ``formats`` are some of :data:`FORMATS`. Tables are ``evaluations``, which :meth:`Results.from_frame
    <nasbed.results.results.Results.from_frame>` and ``nasbed import-results`` read, and ``finals``. ``croissant`` describes the
    tables that are written with it (CSV if no form is named), and ``about`` holds its further entries: creator, license, url,
    citeAs.

    Raises :class:`~nasbed.errors.StoreError`, :class:`~nasbed.errors.OptionError` and
    :class:`~nasbed.errors.UnknownNameError`.

    >>> import nasbed, tempfile
    >>> from nasbed.studies.study import EXAMPLE
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     results = nasbed.run_study(nasbed.Study.parse(EXAMPLE), f"{folder}/results")
    ...     [file.name for file in nasbed.export_results(f"{folder}/results", f"{folder}/out", ["croissant"])]
    ['evaluations.csv', 'finals.csv', 'croissant.json']
    """
    wanted = _formats(formats)
    told = _about(about or {})
    folders = _folders(folder)
    records = [Store(one).read_record() for one in folders]
    target = Path(out)
    if target.resolve() in map(Path.resolve, folders):
        raise OptionError(
            f"--out {out} is the results folder itself; name another, so that its records stay as they are"
        )
    first, *others = map(Results.load, folders)
    results = first.merge(*others, names=list(map(str, folders)), apart=apart) if others else first
    tables = tables_of(results)
    described: dict[Path, ExportTable] = {}
    written: list[Path] = []
    for ending, text in (("csv", csv_of), ("parquet", parquet_of)):
        if ending in wanted:
            paths = write_all(target, {f"{table.name}.{ending}": text(table) for table in tables})
            described |= dict(zip(paths, tables, strict=True))
            written += paths
    if "ioh" in wanted:
        written += write_all(target / "ioh", iohprofiler.files_of(results))
    if "croissant" in wanted:
        text_of = croissant({**_described(results, records), **told}, described)
        written += write_all(target, {"croissant.json": text_of})
    return written


def _folders(given: Path | str | Sequence[Path | str]) -> list[Path]:
    """The folders, each once."""
    several = [given] if isinstance(given, (str, Path)) else list(given)
    if not several:
        raise OptionError("folder = []; expected a results folder, or several")
    return list({path.resolve(): path for path in map(Path, several)}.values())


def _formats(given: Sequence[str]) -> list[str]:
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise OptionError(f"formats = {shown(given)}; expected a list, as ['csv', 'croissant']")
    for one in given:
        require_name("format", one, FORMATS)
    described = {"csv", "parquet"}.isdisjoint(given) and "croissant" in given
    return ["csv", *given] if described else list(given)


def _about(given: Mapping[str, str]) -> dict[str, Any]:
    for name, value in given.items():
        require_name("entry of a description", name, ABOUT)
        if not isinstance(value, str) or not value.strip():
            raise OptionError(f"{name} = {shown(value)}; expected a text")
    return {name: {"@type": "Person", "name": value} if name == "creator" else value for name, value in given.items()}


def _described(results: Results, records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the results say of themselves as a data set."""
    strategies, benchmarks = ", ".join(results.strategies), ", ".join(results.benchmarks)
    (study, *more), origins = [str(one.get("study") or "") for one in records], [*filter(None, map(origin_of, records))]
    made = (
        f", {'' if len(origins) == len(records) else 'in part '}imported from {', '.join(origins)}" if origins else ""
    )
    sessions = [one for record in records for one in record.get("sessions", [])]
    started = [str(one.get("started")) for one in sessions if one.get("started")]
    return {
        "name": results.title if more or not study else study,
        "description": f"{results.title}: searches for neural architectures by {strategies} on {benchmarks}{made}."
        f" {caption(results)}",
        "version": "1.0.0",
        **({"datePublished": max(started)[:10]} if started else {}),
    }
