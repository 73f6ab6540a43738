"""Turns records made elsewhere into a results folder, in which ``run.json`` says that they are, and from which file."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nasbed.errors import OptionError, UnwiseWarning, named, require_name, shown
from nasbed.exchange import coco, csv_records, iohprofiler, optuna_storage
from nasbed.exchange.completing import completed
from nasbed.exchange.foreign import Foreign
from nasbed.exchange.imported_folder import Chosen, new_folder, write_folder
from nasbed.exchange.tables import sha256_of
from nasbed.results.frames import series_of_frame
from nasbed.results.multiobjective import fronts
from nasbed.results.results import Results
from nasbed.results.series import SeriesResult
from nasbed.searches import columns
from nasbed.searches.loading import datasets_of, load_benchmark
from nasbed.searches.rules import Rules
from nasbed.studies.appearance import LABEL, is_label
from nasbed.vocabulary import Benchmark, Budget


def import_results(
    file: Path | str,
    benchmark: str | Sequence[str],
    budget: Budget | Mapping[str, Any],
    out: Path | str,
    *,
    dataset: str | None = None,
    options: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
    format: str | None = None,
    strategy: str | None = None,
    reference: str | None = None,
    title: str | None = None,
    noise: str = "draw",
    repeats: Any = "charge",
    incumbent: Any = "best",
    workers: int = 1,
    command: list[str] | None = None,
) -> Results:
    """Write the records of a file into a new results folder ``out``, judged and checked as those of a frame, and return its
    results.

    ``file`` is a CSV file with the columns of :meth:`Results.from_frame <nasbed.results.results.Results.from_frame>`, a folder or
    JSON file of IOHprofiler, a folder or ``.info`` file of COCO, or a storage of Optuna (``sqlite:///FILE``); ``format`` (csv, ioh,
    coco, optuna) names the format if the file's name does not. ``benchmark`` names the benchmarks that were searched, with further
    ``options``, on the data set ``dataset`` or on the data sets whose labels are in the file. ``labels`` maps other labels in the
    file to these, as in ``{"C100": "nasbench201/cifar100"}``; such labels are kept. ``strategy`` is the label of all records of
    a file that names no strategy. ``noise``, ``repeats``, ``incumbent`` and ``workers`` say how the records were made. Seeds
    that some strategy lacks on some benchmark are left out, with a warning.

    Raises :class:`~nasbed.errors.OptionError`, :class:`~nasbed.errors.StoreError` and
    :class:`~nasbed.errors.UnknownNameError`, before anything is written.
    """
    rules = Rules(Budget.parse(budget), noise, repeats, incumbent, workers)
    path, kind = _source(file, format)
    store = new_folder(out)
    if strategy is not None and not is_label(strategy):
        raise OptionError(f"strategy = {shown(strategy)}; expected {LABEL}")
    chosen = _labelled(
        _chosen([benchmark] if isinstance(benchmark, str) else list(benchmark), dataset, options or {}), labels or {}
    )
    benchmarks = {label: one.benchmark for label, one in chosen.items()}
    found = _READERS[kind](path, benchmarks)
    frame, remarks = completed(found, benchmarks, strategy)
    with warnings.catch_warnings(record=True) as unwise:
        warnings.simplefilter("always", UnwiseWarning)
        all_series = series_of_frame(frame, benchmarks, rules, common=True)
    for series in all_series:
        held, (first, *others) = series.recorded(series.runs.seeds[:1].tolist()), series.searched.objectives
        if missing := [one for one in others if one.name not in held]:
            raise OptionError(
                f"{named(path)} has no values of {missing[0].name}, an objective of {series.benchmark}, and a front needs every"
                f" objective of an evaluation: add a column {missing[0].name} in {missing[0].unit} (CSV),"
                f" or import on a benchmark of {first.name} alone"
            )
    names = [series.strategy for series in all_series]
    if reference is not None:
        require_name("reference", reference, names)
    about = {
        "file": path.name,
        "format": _NAMES[kind],
        "sha256": _digest(found.sources, path),
        **_in_part(all_series, remarks),
        "remarks": [*remarks, *(str(one.message) for one in unwise if one.category is UnwiseWarning)],
    }
    heading = title if title is not None else f"imported from {path.name}"
    if not is_label(heading):
        raise OptionError(f"title = {shown(heading)}; expected {LABEL}")
    bounds = fronts.fixed(Results(all_series, names[0], heading))
    write_folder(store, all_series, chosen, rules, about, bounds, reference or names[0], heading, command)
    return Results.load(store.folder)


def _in_part(all_series: Sequence[SeriesResult], remarks: list[str]) -> dict[str, Any]:
    """How many evaluations of how many records hold, where these lack some; what follows of that is added to the remarks."""
    made, held, lacking = 0, 0, False
    for series in all_series:
        records = series.recorded(series.runs.seeds.tolist())
        made, held = made + int(series.runs.count.sum()), held + len(records[columns.SEED.name])
        lacking |= columns.EVALUATION.name in records
    if not lacking:
        return {}
    remarks.append(
        f"its file holds {held:,} of {made:,} evaluations: all are counted, incumbents are the best of those that are there, and"
        " distinct networks are counted of those alone"
    )
    return {"evaluations": {"held": held, "made": made}}


_NAMES = {"csv": "CSV", "ioh": "IOHprofiler", "coco": "COCO", "optuna": "Optuna"}


def _source(file: Path | str, kind: str | None) -> tuple[Path, str]:
    """The path of what is read, and its format."""
    if kind is not None:
        require_name("format", kind, list(_NAMES))
    text = str(file)
    if "://" in text and not text.startswith(optuna_storage.SQLITE):
        raise OptionError(f"{shown(text)}; of Optuna's storages those of SQLite are read: {optuna_storage.SQLITE}FILE")
    path = Path(text.removeprefix(optuna_storage.SQLITE))
    if not path.exists():
        raise OptionError(
            f"{named(path)} does not exist; expected a file of records, or a folder of IOHprofiler or COCO"
        )
    if kind is None and text.startswith(optuna_storage.SQLITE):
        kind = "optuna"
    if kind is None and path.is_dir():
        kind = "coco" if any(path.rglob("*.info")) and not any(path.rglob("IOHprofiler_*.json")) else "ioh"
    if kind is None:
        kind = {
            ".csv": "csv",
            ".json": "ioh",
            ".info": "coco",
            ".db": "optuna",
            ".sqlite": "optuna",
            ".sqlite3": "optuna",
        }.get(path.suffix.lower())
    if kind is None:
        raise OptionError(f"{named(path)}: its name says no format; name one with --format: {', '.join(_NAMES)}")
    return path, kind


def _chosen(names: Sequence[str], dataset: str | None, given: Mapping[str, Any]) -> dict[str, Chosen]:
    """The benchmarks that records may be of, by label."""
    found: dict[str, Chosen] = {}
    for name in names:
        datasets: list[str] = datasets_of(name) if dataset is None else [dataset]
        for told in [{"dataset": one} for one in datasets] or [{}]:
            options: dict[str, Any] = {**given, **told}
            made = load_benchmark(name, **options)
            columns.require_storable(made)
            found[made.label] = Chosen(name, options, made)
    if not found:
        raise OptionError("benchmark = []; expected the name of the benchmark that was searched")
    return found


def _labelled(chosen: dict[str, Chosen], labels: Mapping[str, str]) -> dict[str, Chosen]:
    """The benchmarks by the labels that the file has for them, of those that have others there."""
    for label, own in labels.items():
        if not is_label(label):
            raise OptionError(f"label = {shown(label)}; expected {LABEL}")
        require_name("benchmark of a label", own, chosen)
    theirs = {label: chosen[own] for label, own in labels.items()}
    return {**{own: one for own, one in chosen.items() if own not in labels.values()}, **theirs}


def _digest(sources: Sequence[Path], path: Path) -> str:
    """SHA-256 of a file; of several that of a list of their names and SHA-256, as ``sha256sum`` writes it."""
    try:
        if list(sources) == [path]:
            return sha256_of(path)
        lines = sorted(
            f"{sha256_of(one)}  {one.relative_to(path if path.is_dir() else path.parent).as_posix()}\n"
            for one in sources
        )
    except OSError as error:
        raise OptionError(f"{named(path)} cannot be read: {error.strerror}") from None
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _ioh(path: Path, benchmarks: Mapping[str, Benchmark]) -> Foreign:
    spaces = {label: one.space for label, one in benchmarks.items()}
    return iohprofiler.read(path, spaces, {label: one.objectives[0].maximise for label, one in benchmarks.items()})


_READERS: dict[str, Callable[[Path, Mapping[str, Benchmark]], Foreign]] = {
    "csv": csv_records.read,
    "ioh": _ioh,
    "coco": coco.read,
    "optuna": optuna_storage.read,
}
