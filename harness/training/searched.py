"""From data to a trained network in one call: a search of so many minutes, whose incumbent is then trained anew."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import asdict
from math import inf
from pathlib import Path
from typing import Any

from nasbed import locks
from nasbed.benchmarks.training.network_benchmark import NetworkBenchmark
from nasbed.benchmarks.training.trained.layout import FOUND, RECORD, RECORDED, SEARCH, SETTINGS
from nasbed.engines.workers.processes import Processes
from nasbed.errors import Interrupted, OptionError, StoreError, UnwiseWarning, differences, named, shown
from nasbed.files import OTHER_FOLDER, OTHER_OR_SAME, atomic_write, read_json
from nasbed.machine import cores
from nasbed.numeric import real, require_seed, require_whole
from nasbed.progress import Counts, Progress, begin, happened
from nasbed.searches.rules import Rules
from nasbed.searches.search import require_search, search, strategy_of
from nasbed.studies.sessions import followed
from nasbed.tables import numbers
from nasbed.training.fitted import FittedNetwork
from nasbed.training.fitting import fit, trained_on, training_benchmark
from nasbed.training.found import FoundBySearch, choice_in_words, failures_in_words, found_by
from nasbed.training.kinds import benchmark_for
from nasbed.training.origins import Origin
from nasbed.vocabulary import Budget

EPOCHS = (1, 3, 9, 27)
"""The fidelities of a search; the incumbent is trained to the last."""
SHARE = 3
"""A training of the search may take one of so many parts of its time, all its rungs together, unless a limit is given."""


def search_model(
    data: Path | str,
    *,
    minutes: float,
    strategy: str = "asha",
    benchmark: str | None = None,
    options: Mapping[str, Any] | None = None,
    seeds: int = 3,
    workers: int | None = None,
    limit: float | None = None,
    seed: int = 0,
    folder: Path | str | None = None,
    device: str = "cpu",
    out: Path | str,
    executor: Executor | None = None,
    progress: Progress | None = None,
    announce: Callable[[str], None] | None = None,
    command: list[str] | None = None,
) -> FittedNetwork:
    """Search for ``minutes`` of real time, then train the incumbent anew with ``seeds`` seeds, and return that network.

    ``data`` is the name of a data set, or the path of a folder or file. ``benchmark`` trains the networks, by default ``chain`` on
    images and ``sequence`` on sequences, with its further ``options``. ``workers`` trainings run at once, by default one per
    core, in supervised processes or on ``executor`` (as in :func:`nasbed.search`; it stays open). Trainings under way when time is
    over are given up; a training that takes more than ``limit`` seconds, by default a third of the search, has failed. The final
    trainings come after the minutes; ``announce`` is called with an estimate of their time. The same call goes on where it stopped,
    and a call with more ``minutes`` and the same ``limit`` where the search ended; a network of another architecture is replaced.

    Raises :class:`~nasbed.errors.BudgetError` if nothing was trained in time, :class:`~nasbed.errors.OptionError`,
    :class:`~nasbed.errors.UnmetNeedError`, :class:`~nasbed.errors.Interrupted`, and the errors of :func:`nasbed.train`.
    """
    if not isinstance(data, (str, Path)):
        raise OptionError(
            f"data = {shown(data)}; expected the name of a data set, or the path of a folder or npz file, which the workers of a"
            " search read: write arrays with numpy.savez(path, images=images, labels=labels)"
        )
    given, own = real(minutes), None if limit is None else real(limit)
    if given is None or given <= 0:
        raise OptionError(f"minutes = {shown(minutes)}; expected a number above 0")
    seconds = 60 * float(given)
    require_whole("seeds", seeds, 1, 1_000)
    use = benchmark_for(data) if benchmark is None else benchmark
    if options and "epochs" in options:
        raise OptionError(
            f"epochs = {shown(options['epochs'])}: a search trains for {', '.join(map(str, EPOCHS))} epochs; leave it out"
        )
    asked: dict[str, Any] = {
        "data": str(data),
        "folder": folder,
        "epochs": list(EPOCHS),
        "device": device,
        **(options or {}),
    }
    searched = training_benchmark(use, {**asked, "limit": seconds / SHARE if limit is None else own or limit})
    count = require_whole("workers", _workers(searched) if workers is None else workers, 1, 1_024)
    require_seed(seed)
    require_search(strategy_of(strategy), searched, Rules(Budget("seconds", seconds), workers=count))
    settings = {
        **trained_on(searched, options or {}),
        "strategy": strategy,
        "minutes": given,
        "limit": searched.limit,
        "seed": seed,
        "workers": count,
    }
    place = Path(out)
    _require_free(place, settings)
    found = _stored(place, settings)
    if found is None:
        own_executor = Processes(count) if executor is None else None
        try:
            found = _searched(
                searched,
                settings,
                seconds,
                place,
                executor or own_executor,
                progress,
                command,
                {"use": use, **asked},
            )
        finally:
            if own_executor is not None:
                own_executor.shutdown(wait=True, cancel_futures=True)
    chosen = f"The architecture that it returned {choice_in_words(found, searched.objectives[0], EPOCHS[-1])}"
    failures = failures_in_words(found, searched.limit)
    time = f"{given:g} {'minute' if given == 1 else 'minutes'}"
    said = (
        f"{strategy} (seed {seed}) made {found.evaluations:,} trainings within {time} of real time, {count} at once."
        f"{f' {failures}' if failures else ''} {chosen}"
    )
    if announce is not None:
        final = found.seconds_an_epoch * EPOCHS[-1] * seeds
        announce(
            f"{said}. Beyond these minutes it is now trained anew: {seeds} times {EPOCHS[-1]} epochs, about {_duration(final)}."
        )
    origin = Origin(
        f"{said}; it was then trained anew. No test score was looked at for this choice.",
        {"search": settings, "found": asdict(found)},
    )
    final_benchmark = training_benchmark(use, {**asked, "epochs": [EPOCHS[-1]]})
    return fit(
        final_benchmark,
        searched.space.at(found.index),
        seeds,
        origin,
        data,
        place,
        progress,
        command,
        options or {},
        replacing=True,
    )


def _workers(benchmark: NetworkBenchmark[Any]) -> int:
    return 1 if benchmark.device == "cuda" else cores()


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{max(1, round(seconds))} s"


def _require_free(out: Path, settings: dict[str, Any]) -> None:
    """Raises :class:`~nasbed.errors.StoreError` for a folder with other files, or with a network that no search found."""
    for path in (out, *out.parents):
        if path.exists() and not path.is_dir():
            raise StoreError(f"{named(path)} is a file; {OTHER_FOLDER}")
    there = {path.name for path in out.iterdir()} - {locks.NAME} if out.exists() else set()
    if there and SEARCH not in there:
        what = "a network that no search found here" if RECORD in there else "other files"
        raise StoreError(f"{named(out)} holds {what}; {OTHER_FOLDER}")


def _stored(out: Path, settings: dict[str, Any]) -> FoundBySearch | None:
    """What a search with these settings found that has come to its end. One with fewer minutes, and all else the same, goes on.

    Raises :class:`~nasbed.errors.StoreError` for another search, also where a longer one would have let trainings go on.
    """
    path = out / SEARCH / FOUND
    try:
        content = json.loads(path.read_bytes())
        before, found = content["settings"], FoundBySearch(**content["found"])
    except FileNotFoundError:
        before, found = read_json(path.with_name(SETTINGS)).get("settings"), None
    except (OSError, ValueError, KeyError, TypeError):
        raise StoreError(f"{named(path)} is damaged; delete it, and the search goes on from its record") from None
    if not isinstance(before, dict) or (found is None and not _is_begun(path.with_name(RECORDED))):
        return None
    apart = [name for name in {**before, **settings} if before.get(name) != settings.get(name)]
    longer = (real(before.get("minutes")) or inf) < settings["minutes"]
    if longer and apart == ["minutes"]:
        return None
    if apart:
        why = (
            "; unless --limit is given, a training may take a third of the search, so trainings that were cut off would have gone"
            f" on in a longer one: --limit {before['limit']!r} goes on with the search that is there"
            if longer and set(apart) == {"minutes", "limit"}
            else ""
        )
        raise StoreError(
            f"{named(out)} holds another search: {'; '.join(differences(before, settings))}{why}; {OTHER_OR_SAME}"
        )
    return found


def _searched(
    benchmark: NetworkBenchmark[Any],
    settings: dict[str, Any],
    seconds: float,
    out: Path,
    executor: Executor | None,
    progress: Progress | None,
    command: list[str] | None,
    options: dict[str, Any],
) -> FoundBySearch:
    """Search, or go on with a search; what it found is kept beside its record."""
    record = out / SEARCH / RECORDED
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write {named(out)}: {error.strerror}; make room for it, or {OTHER_FOLDER}") from None
    with locks.alone(out, OTHER_FOLDER), followed(out, "search", progress, command) as session:
        assert executor is not None
        atomic_write(record.with_name(SETTINGS), json.dumps({"settings": settings, "searched": options}, default=str))
        _reopen(out)
        if not _is_begun(record):
            record.unlink(missing_ok=True)
        told = _Followed(executor, benchmark, record, seconds, session)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UnwiseWarning)  # no evaluation in time is an error here
                result = search(
                    settings["strategy"],
                    benchmark,
                    budget={"seconds": seconds},
                    seed=settings["seed"],
                    workers=settings["workers"],
                    executor=told,
                    record=record,
                )
        except KeyboardInterrupt:
            raise Interrupted(
                f"stopped; what was trained is kept in {named(out)}, and the same command goes on from there"
            ) from None
        found = found_by(result, benchmark.limit, record.with_name(f"{record.name}.trainings"))
        atomic_write(record.with_name(FOUND), json.dumps({"settings": settings, "found": asdict(found)}, indent=2))
    return found


def _is_begun(record: Path) -> bool:
    """Whether a record holds more than its head: one without an answer binds nobody to its search."""
    try:
        return record.read_bytes().count(b"\n") > 1
    except OSError:
        return False


def _reopen(out: Path) -> None:
    """Take back that a search which goes on had come to its end, and so had its network."""
    (out / SEARCH / FOUND).unlink(missing_ok=True)
    if record := read_json(out / RECORD):
        atomic_write(out / RECORD, json.dumps({**record, "complete": False}, indent=2, ensure_ascii=False) + "\n")


class _Followed(Executor):
    """An executor whose calls are the trainings of a search: each that ends is told, with the highest value so far."""

    def __init__(
        self,
        executor: Executor,
        benchmark: NetworkBenchmark[Any],
        record: Path | str,
        seconds: float,
        progress: Progress,
    ) -> None:
        self._executor, self._objective, self._progress = executor, benchmark.objectives[0], progress
        self._seconds = seconds
        self._made, self._best, before = _recorded(Path(record))
        self._began = time.monotonic() - before
        begin(progress, "seconds")
        self._told()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The call's future, whose end is told."""
        future = self._executor.submit(fn, *args, **kwargs)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, future: Future[Any]) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        if not isinstance(answer := future.result(), tuple):  # what prepares a worker answers nothing
            return
        self._made += 1
        values, _ = answer
        happened(self._progress, Counts(1, failed=int(values[0] != values[0])))
        self._best = max(self._best, values[0]) if values[0] == values[0] else self._best
        self._told()

    def _told(self) -> None:
        best = f", best validation {self._objective.name} {numbers.number(self._objective.natural(self._best))}"
        label = f"searching: {self._made} trainings{best if self._best > -float('inf') else ''}"
        spent = min(time.monotonic() - self._began, self._seconds)
        self._progress(label, round(spent), round(self._seconds))


def _recorded(record: Path) -> tuple[int, float, float]:
    """How many answers a record holds, the highest value among them, and the clock at the last."""
    try:
        answers = [json.loads(line) for line in record.read_bytes().splitlines()[1:]]
        values = [answer[5][0] for answer in answers if answer[5][0] is not None]
        return len(answers), max(values, default=-float("inf")), float(answers[-1][3]) if answers else 0.0
    except (OSError, ValueError, TypeError, IndexError):  # a record that cannot be read is refused where it is opened
        return 0, -float("inf"), 0.0
