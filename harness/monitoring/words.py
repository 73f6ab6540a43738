"""A status in words: what stands at its head, how far it is, and what a reader should know beside."""

from __future__ import annotations

from datetime import UTC, datetime

from nasbed.errors import written_out
from nasbed.monitoring.searches import SearchStatus
from nasbed.monitoring.status import FolderStatus
from nasbed.progress import amount, duration, pace
from nasbed.studies.sessions import FAILED, RUNNING, STOPPED
from nasbed.tables.numbers import number
from nasbed.tables.printed import PrintedTable, printed


def headline(status: FolderStatus) -> str:
    """What the folder holds, and whether work goes on there."""
    return written_out(f"{status.kind} {status.name}: {_state(status)}")


def _state(status: FolderStatus) -> str:
    session = status.session
    if status.state == RUNNING:
        doing = f", {session['what']}" if session.get("what") and session.get("state") == RUNNING else ""
        return f"running ({'; '.join(status.holders)}){doing}"
    if status.state == "complete":
        return "complete"
    why = f": {session['why']}" if session.get("why") else ""
    if status.state in (STOPPED, FAILED):
        return f"not running; its last session {'was stopped' if status.state == STOPPED else 'failed'}{why}"
    if status.state == "killed":
        who = f"process {session.get('process')} on {session.get('machine')}"
        return f"not running; its last session ({who}) was killed, or its machine went down"
    return "not running, and not complete"


def progress_words(status: FolderStatus) -> str:
    """How much is done, how fast it goes and how long it still takes; empty where nothing is counted."""
    if not (status.total or status.done):
        return ""
    state = {**status.data(), "seconds_left": status.seconds_left if status.state == RUNNING else None}
    if status.state != RUNNING:
        state |= {"rate": None, "evaluation_rate": None}
    kept = " stored" if status.state != RUNNING and status.unit in ("runs", "trainings") else ""
    return ", ".join([f"{amount(state)}{kept}", *pace(state)])


def remarks(status: FolderStatus) -> list[str]:
    """What a reader should know beside: the incumbent of a search, what is damaged, when something was stored, what to do next."""
    found = []
    if status.search is not None:
        found.append(search_words(status.search))
    found += [
        f"{one.strategy} on {one.benchmark}, not stored yet: {search_words(one.live)}"
        for one in status.series
        if one.live is not None
    ]
    if status.damaged:
        found.append(f"{status.damaged:,} damaged shards, which the same command makes anew")
    if status.slices:
        running = sum(bool(one.holder) for one in status.slices)
        begun = "1 slice has" if len(status.slices) == 1 else f"{len(status.slices):,} slices have"
        found.append(f"{begun} begun, of which {running:,} are running")
    if status.last_stored:
        ago = (datetime.now(UTC) - datetime.fromisoformat(status.last_stored)).total_seconds()
        found.append(f"last stored at {status.last_stored}, {duration(ago)} ago")
    return [written_out(text) for text in [*found, f"next: {status.next}"]]


def search_words(search: SearchStatus) -> str:
    """How far searches on real training are, and their best incumbent by validation."""
    several = f" in {search.searches:,} searches" if search.searches > 1 else ""
    failed = f", {search.failed:,} failed" if search.failed else ""
    said = f"{search.evaluations:,} evaluations{several}{failed}"
    if search.value is None:
        return f"{said}; no incumbent yet"
    epochs = f"{search.epochs:,} epoch{'s' * (search.epochs > 1)}"
    return (
        f"{said}; incumbent {search.architecture}, validation {search.objective} {number(search.value)} after {epochs}"
    )


def series_table(status: FolderStatus) -> PrintedTable | None:
    """How many runs of each series are stored; ``None`` where the folder holds none."""
    if not status.series:
        return None
    rows = [[one.benchmark, one.strategy, f"{one.done:,}", f"{one.total:,}"] for one in status.series]
    return printed(["benchmark", "strategy", "stored", "runs"], rows, title="runs by series", left=2)
