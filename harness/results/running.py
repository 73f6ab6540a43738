"""Runs a study and reads what it found."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nasbed.engines.engine import Engine
from nasbed.engines.opening import open_engine
from nasbed.errors import UnwiseWarning
from nasbed.files import atomic_write
from nasbed.progress import Progress
from nasbed.results.archive.beside import require_reference
from nasbed.studies.merging import take_in_slices
from nasbed.studies.provenance import SessionRecord
from nasbed.studies.runner import run_missing
from nasbed.studies.sessions import followed
from nasbed.studies.slices import Slice
from nasbed.studies.store import Store
from nasbed.studies.study import Study
from nasbed.vocabulary import Retrained

if TYPE_CHECKING:
    from nasbed.results.results import Results


def run_study(
    study: Study | Path | str,
    out: Path | str | None = None,
    *,
    engine: str = "here",
    seeds: int | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
    command: list[str] | None = None,
) -> Results:
    """Run all runs of a study that are not stored yet, and return its results.

    ``out`` defaults to ``results/NAME``. ``seeds`` overrides the study's number. ``fresh`` runs everything again.
    ``engine`` is ``local:N``, N supervised processes; ``dask:...``, a cluster (:func:`~nasbed.engines.opening.open_engine`); or
    ``here``, this process, which is not protected from the strategy. With processes, a strategy defined in the script itself needs
    ``if __name__ == "__main__":`` around this call.

    Raises :class:`~nasbed.errors.StudyError`, :class:`~nasbed.errors.StoreError` (also if another process writes to the
    folder), :class:`~nasbed.errors.StrategyError` and :class:`~nasbed.errors.WorkerDied` (completed runs are stored), and
    :class:`~nasbed.errors.Interrupted`.

    >>> import nasbed, tempfile
    >>> from nasbed.studies.study import EXAMPLE
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     results = nasbed.run_study(nasbed.Study.parse(EXAMPLE), folder)
    >>> results.finals()["evaluations"].tolist()
    [30, 30, 30, 30, 30]
    """
    opened = open_engine(engine)
    study, store, unwise = _prepared(study, out, seeds)
    take_in_slices(store, study)
    with opened, store.alone(), followed(store.folder, "run", progress, command, opened.name) as session:
        for warning in unwise:
            session.warn(warning)
        record, runs = run_missing(study, store, opened, fresh, session, command)
        if any(isinstance(series.load_benchmark(), Retrained) for series in study.series()):
            _retrain(store, opened, session)
        return _read(store, record, runs)


@dataclass(frozen=True)
class SliceRun:
    """What a slice of a study has made: the folder of the whole, which slice it is, and how many runs it has stored now."""

    folder: Path
    part: Slice
    runs: int


def run_slice(
    study: Study | Path | str,
    part: str,
    out: Path | str | None = None,
    *,
    engine: str = "here",
    seeds: int | None = None,
    progress: Progress | None = None,
    command: list[str] | None = None,
) -> SliceRun:
    """Run one slice of a study, as a task of a job array does: ``part`` is "3/100", the third of a hundred.

    The slice stores its runs in a folder of its own below ``out``, until :func:`nasbed.merge_folders` joins all slices, or
    :func:`run_study` takes in the existing ones. Runs that the whole study already has are not made again. All slices may share
    ``out``, or have one folder each. The other arguments, and the errors raised, are those of :func:`run_study`.

    >>> import nasbed, tempfile
    >>> from nasbed.studies.study import EXAMPLE
    >>> study = nasbed.Study.parse(EXAMPLE).with_seeds(20)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [nasbed.run_slice(study, part, folder).runs for part in ("1/2", "2/2")]
    ...     nasbed.merge_folders([folder]).runs
    [10, 10]
    20
    """
    chosen, opened = Slice.parse(part), open_engine(engine)
    study, store, unwise = _prepared(study, out, seeds)
    own = chosen.store(store, study.name)
    with opened, own.alone(), followed(own.folder, f"slice {chosen}", progress, command, opened.name) as session:
        for warning in unwise:
            session.warn(warning)
        _, runs = run_missing(study, store, opened, False, session, command, chosen)
    return SliceRun(store.folder, chosen, runs)


def _prepared(study: Study | Path | str, out: Path | str | None, seeds: int | None) -> tuple[Study, Store, list[str]]:
    """A study that can run, the folder that is its own, and what is unwise about it, which is warned about."""
    study = study if isinstance(study, Study) else Study.load(study)
    study = study if seeds is None else study.with_seeds(seeds)
    if study.archived:
        require_reference(study)
    for warning in (unwise := study.examine()):
        warnings.warn(warning, UnwiseWarning, stacklevel=3)
    store = Store(out if out is not None else Path("results") / study.name)
    store.claim(study.name)
    return study, store, unwise


def _retrain(store: Store, engine: Engine, progress: Progress) -> None:
    """Train the incumbents of a study anew."""
    from nasbed.results.retraining import retrain_incumbents
    from nasbed.results.stored import read_stored

    retrain_incumbents(read_stored(store.folder), store, engine, progress)


def _read(store: Store, record: SessionRecord, runs: int) -> Results:
    """The results of a session that is over; the scales of several objectives are fixed in its record."""
    from nasbed.results.multiobjective import fronts
    from nasbed.results.results import Results  # a second of imports, which a refusal should not wait for
    from nasbed.results.stored import read_stored

    found = read_stored(store.folder)
    plain = Results.of_stored(found, plain=True)
    if any(len(benchmark.objectives) > 1 for benchmark in plain.benchmarks.values()):
        record.content["bounds"] = fronts.fixed(plain)
        found = found._replace(bounds=record.content["bounds"])
        atomic_write(store.record, record.text(complete=True, runs=runs))
    return Results.of_stored(found)
