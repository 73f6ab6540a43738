"""What a session tells of itself while it works in a folder: a small file of how far it has come, and a log.

Nothing here may stop the work or change what comes of it: what cannot be written is not written.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import Lock
from typing import Any

from nasbed.errors import Interrupted, NasbedError, StoreError, printable, told
from nasbed.files import atomic_write
from nasbed.progress import RETRIED, Counts, Course, Follower, Pauses, Progress, begin, happened, line, silent

SESSION, LOG = "session.json", "log.txt"
"""The files in a folder that say how far its last session has come, and what happened in all of them."""

EVERY = 2.0
"""Seconds between two writings of ``session.json``, at least."""

LARGEST = 2_000_000
"""Bytes of a log, after which it goes on in a new file; the one before is kept beside it."""

MOST = 1_000
"""Warnings that a session logs, beside how it began and ended; further ones are left out."""

RUNNING, ENDED, STOPPED, FAILED = "running", "ended", "stopped", "failed"
"""The states of a session: at work, at its end, interrupted, or broken off by an error."""

OWNER = "nasbed_log"
"""The attribute of a log's record that says whose session it is of."""

LOGGER = logging.getLogger("nasbed")
LOGGER.addHandler(logging.NullHandler())  # so that what nobody listens to is not printed


class Session(Follower):
    """A session of work in a folder: progress that is passed on, and written down there."""

    def __init__(self, folder: Path | str, doing: str, progress: Progress, command: Sequence[str], engine: str) -> None:
        self._folder, self._progress = Path(folder), progress
        self._course, self._lock = Course(doing), Lock()
        self._written, self._pauses = -EVERY, Pauses(time.monotonic())
        self._about: dict[str, Any] = {
            "doing": doing,
            "command": list(command),
            "engine": engine,
            "process": os.getpid(),
            "machine": socket.gethostname(),
            "started": now(),
        }
        self._file = _LogFile(self._folder / LOG, self.happened)

    def __call__(self, what: str, done: int, total: int) -> None:
        with self._lock:
            self._course(what, done, total)
        self._progress(what, done, total)
        self._tell()

    def begin(self, unit: str, anew: bool = False) -> None:
        """Take note of what is counted from now on."""
        with self._lock:
            self._course.begin(unit, anew)
        begin(self._progress, unit, anew)

    def happened(self, counts: Counts) -> None:
        """Add to what has happened so far; it is written down with the next progress."""
        with self._lock:
            self._course.happened(counts)
        happened(self._progress, counts)

    def warn(self, text: str) -> None:
        """Log what went wrong and did not end the session."""
        self._log(logging.WARNING, text)

    def _tell(self) -> None:
        moment = time.monotonic()
        with self._lock:
            due = moment - self._written >= EVERY
            if due:
                self._written = moment
            logged = self._pauses.over(moment)
            state = self._course.state() if due or logged else {}
        if due:
            self._write(state, RUNNING)
        if logged:
            self._log(logging.INFO, line(state))

    def _write(self, state: dict[str, Any], how: str) -> None:
        content = {"state": how, **self._about, "updated": now(), **state}
        with suppress(StoreError):
            atomic_write(self._folder / SESSION, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def _log(self, level: int, text: str) -> None:
        """Log to the file, and to the handlers of others where they listen to the level."""
        record = LOGGER.makeRecord(
            LOGGER.name, level, __name__, 0, printable(text), (), None, extra={OWNER: self._file}
        )
        (LOGGER if LOGGER.isEnabledFor(level) else self._file).handle(record)

    def opened(self) -> None:
        """Say that the session has begun, and with what."""
        self._write(self._course.state(), RUNNING)  # first, as it makes the folder
        LOGGER.addHandler(self._file)
        said = f"nasbed {version('nasbed')}, Python {platform.python_version()}, {self._about['machine']}"
        words = " ".join(map(str, self._about["command"]))
        self._log(logging.INFO, f"{self._about['doing']} began on {self._about['engine']} ({said}): {words}")

    def closed(self, how: str, why: str = "") -> None:
        """Say that the session is over, and why where it is not at its end."""
        state, why = self._course.state(), re.sub(rf"^{how}[:;] ", "", why)
        level = {FAILED: logging.ERROR, STOPPED: logging.WARNING}.get(how, logging.INFO)
        self._log(level, f"{self._about['doing']} {how}: {why or line(state)}")
        self._write(state | {"why": why}, how)
        LOGGER.removeHandler(self._file)
        self._file.close()


class _LogFile(RotatingFileHandler):
    """A log that ends nothing where it cannot be written, and that holds no more warnings than anybody reads."""

    def __init__(self, path: Path | str, happened: Callable[[Counts], None]) -> None:
        super().__init__(path, maxBytes=LARGEST, backupCount=1, encoding="utf-8", errors="replace", delay=True)
        self.setFormatter(_Lines("%(asctime)s %(levelname)s %(message)s"))
        self._warned, self._happened = 0, happened

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is this session's, or anybody's, and not a warning too many; what it says was sent again is counted."""
        if getattr(record, OWNER, self) is not self:
            return False
        if again := getattr(record, RETRIED, 0):
            self._happened(Counts(retried=again))
        self._warned += record.levelno == logging.WARNING
        return self._warned <= MOST or record.levelno != logging.WARNING

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """Go on without a line that cannot be written."""


class _Lines(logging.Formatter):
    """Lines that begin with the time as ISO 8601 writes it, with the offset from UTC."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\n", " ")


@contextmanager
def followed(
    folder: Path | str,
    doing: str,
    progress: Progress | None = None,
    command: Sequence[str] | None = None,
    engine: str = "here",
) -> Iterator[Session]:
    """A session of work in a folder that this process alone writes to, for as long as the block lasts.

    ``doing`` says what the work is, as "run". The session is progress itself, and passes on what it is told.
    """
    session = Session(folder, doing, progress or silent, sys.argv if command is None else command, engine)
    session.opened()
    try:
        yield session
    except (KeyboardInterrupt, Interrupted) as stop:
        session.closed(STOPPED, str(stop))
        raise
    except NasbedError as error:
        session.closed(FAILED, str(error))
        raise
    except BaseException as error:
        session.closed(FAILED, told(error))
        raise
    session.closed(ENDED)


def now() -> str:
    """The time as ISO 8601 writes it, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
