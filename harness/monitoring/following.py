"""What the page of ``nasbed watch`` shows, looked up again and again: the status of a folder, and the report of what is stored."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

from nasbed.engines.engine import Engine
from nasbed.errors import NasbedError, named, said
from nasbed.monitoring import words
from nasbed.monitoring.folders import Kind
from nasbed.monitoring.status import FolderStatus, read_status

EVERY = 10.0
"""Seconds between two makings of the report, at least."""

_LOOK = 2.0
"""Seconds between two looks at the status, at least."""

_PAUSE = 5.0
"""How many times as long as it took to make a report or a status no other is made."""


class Report(NamedTuple):
    """A report as a page, which is empty where there is none, and what a reader should know of it."""

    page: str
    note: str


class Following:
    """The status and the report of a folder, as of the last look; an engine makes reports, so that looking goes on meanwhile."""

    def __init__(self, folder: Path | str, engine: Engine, every: float = EVERY) -> None:
        self._folder, self._engine, self._every = Path(folder), engine, every
        self._making: Future[Report] | None = None
        self._made_of: Any = None
        self._began = self._next = 0.0
        self._version = 0
        self.report = Report("", "the report is being made")
        self.status = b"{}"

    def follow(self, over: Event) -> None:
        """Look again and again until it is over."""
        while True:
            began = time.monotonic()
            self.look()
            if over.wait(max(_LOOK, _PAUSE * (time.monotonic() - began))):
                return

    def look(self) -> None:
        """Look at the folder once: have the report made where something new was stored, and take what has been made."""
        try:
            status = read_status(self._folder)
        except NasbedError as error:
            self.status = _json({"headline": str(error), "running": False, "report": self._about_report()})
            return
        self._take()
        self._make(status)
        self.status = _json(_shown(status) | {"report": self._about_report()})

    def _about_report(self) -> dict[str, Any]:
        return {"version": self._version, "note": self.report.note}

    def _take(self) -> None:
        if self._making is None or not self._making.done():
            return
        try:
            self.report = self._making.result()
        except Exception as error:  # of a worker that was killed, say: the page goes on
            self.report = Report(self.report.page, f"the report could not be made: {said(error)}")
        self._version += 1
        now = time.monotonic()
        self._making, self._next = None, now + max(self._every, _PAUSE * (now - self._began))

    def _make(self, status: FolderStatus) -> None:
        stored = (status.last_stored, status.done if status.state != "running" else None, status.state == "complete")
        now = time.monotonic()
        if status.kind != Kind.STUDY:
            self.report = Report("", f"a {status.kind} has no report to be shown")
        elif self._making is None and stored != self._made_of and now >= self._next:
            self._made_of, self._began = stored, now
            self._making = self._engine.submit(make_report, str(self._folder))


def make_report(folder: str) -> Report:
    """The report of what is stored by now; called in a worker."""
    from nasbed.monitoring.so_far import results_so_far
    from nasbed.reports import html
    from nasbed.studies.store import Store

    if not Store(folder).record.exists():
        return Report("", "the slices are not joined yet; the report comes with nasbed merge")
    try:
        found = results_so_far(folder)
        if found.results is None:
            return Report("", f"there is no report yet: {found.lacking}")
        return Report(html.page(found.results, found.results.curves(), Store(folder).read_record()), found.lacking)
    except NasbedError as error:
        return Report("", f"there is no report yet: {error}")


def _shown(status: FolderStatus) -> dict[str, Any]:
    """A status as the page shows it: in words."""
    return {
        "title": named(f"{status.kind} {status.name}"),
        "headline": words.headline(status),
        "running": status.state == "running",
        "progress": words.progress_words(status),
        "done": status.done,
        "total": status.total,
        "remarks": words.remarks(status),
        "series": [[one.benchmark, one.strategy, one.done, one.total] for one in status.series],
        "slices": [[one.name, one.done, one.holder or one.state] for one in status.slices],
        "log": list(status.log),
    }


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
