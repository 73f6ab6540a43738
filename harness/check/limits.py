"""The time that a check may take."""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic
from types import FrameType

from nasbed.errors import Halt, OptionError, shown
from nasbed.numeric import real

TIME_LIMIT = 60.0
"""Seconds that a check of a strategy may take where nothing else is said."""
SLOW = "choose quicker options or a higher time limit (--time-limit 600; in Python time_limit=600)"
ENDLESS = (
    "a search in a small space must repeat itself, or return None (from search(): return), once everything has been seen;"
    f" where it is only slow, {SLOW}"
)
_AGAIN = 3.0
_LONGEST = 1e8


class Overdue(Halt):
    """The time is up. Raised within whatever runs, and not an Exception, since searches swallow those.

    ``achieved`` says what had been done by then.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds
        self.achieved = ""

    def told(self, circumstance: str, file: str | None) -> str:
        """What ran out where: in which function and line of ``file``, and after what."""
        frames = [frame for frame in traceback.extract_tb(self.__traceback__) if frame.filename == file]
        place = f" in {frames[0].name}() ({file}, line {frames[-1].lineno})" if frames else ""
        parts = f"the time limit of {self.seconds:g} s ran out", circumstance, place.strip(), self.achieved
        return " ".join(part for part in parts if part)


def require_time_limit(seconds: float) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where the time limit is no number of seconds above 0."""
    number = real(seconds)
    if not (isinstance(seconds, float) and seconds == inf) and (number is None or number <= 0):
        raise OptionError(f"time_limit = {shown(seconds)}; expected seconds, more than 0 (default {TIME_LIMIT:g})")


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """A block that is over after so many seconds: :class:`Overdue` is raised in it, and again where it is swallowed.

    Loops of Python, sleep and what waits for another process are interrupted; a call into compiled code ends first. There is
    no limit outside of the main thread, nor where the system has no SIGALRM (Windows).
    """
    alarm = getattr(signal, "SIGALRM", None)
    if seconds == inf or alarm is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise Overdue(seconds)

    began, handler = monotonic(), signal.signal(alarm, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, min(seconds, _LONGEST), min(seconds, _AGAIN))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(alarm, handler)
        if left:  # somebody else's, as a plug-in's of pytest
            signal.setitimer(signal.ITIMER_REAL, max(left - (monotonic() - began), 1e-3), interval)
