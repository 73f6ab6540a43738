"""How far a long call has come: the one type of the functions that are told, how fast it goes and how long it still takes."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is in all (0: unknown)."""

WINDOW = 60.0
"""Seconds over which a rate is taken, at most, unless less than two things were done in that time."""

_APART = 0.25
"""Seconds between two moments that a rate remembers."""


RETRIED = "nasbed_retried"
"""The attribute of a record of the log that says how many batches are sent again."""

FIRST, LONGEST = 8.0, 60.0
"""Seconds after which progress is said for the first time where lines are written, and at most between two of them."""


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody follows: the call is ignored."""


@dataclass(frozen=True)
class Counts:
    """What has happened beside progress: evaluations made, those of them that failed, and batches that were sent again."""

    evaluations: int = 0
    failed: int = 0
    retried: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.evaluations + other.evaluations, self.failed + other.failed, self.retried + other.retried)


class Follower(ABC):
    """Progress that can be told more: what is counted, and what has happened beside. It is called as any other progress is."""

    @abstractmethod
    def __call__(self, what: str, done: int, total: int) -> None: ...

    @abstractmethod
    def begin(self, unit: str, anew: bool = False) -> None:
        """Take note of what is counted from now on, in the plural, as "runs"; "seconds" are not counted but pass. With ``anew``
        other work begins, and what happened before is no part of it.
        """

    @abstractmethod
    def happened(self, counts: Counts) -> None:
        """Add to what has happened so far."""


def begin(progress: Progress, unit: str, anew: bool = False) -> None:
    """Say what is counted from now on, and whether other work begins ``anew``, where progress can be told."""
    if isinstance(progress, Follower):
        progress.begin(unit, anew)


def happened(progress: Progress, counts: Counts) -> None:
    """Say what has happened beside, where progress can be told."""
    if isinstance(progress, Follower):
        progress.happened(counts)


class Rate:
    """How much is done in a second, of late: over the second half of the time so far, and at most over the last minute."""

    def __init__(self, now: float, done: int = 0) -> None:
        self._start, self._first = now, 0.0
        self._points = deque([(now, done)])

    def add(self, now: float, done: int) -> None:
        """Take note of how much is done by now."""
        points = self._points
        if done == points[-1][1]:
            return
        if len(points) > 2 and now - points[-2][0] < _APART:
            points.pop()
        points.append((now, done))
        self._first = self._first or now
        while len(points) > 2 and points[1][0] < now - WINDOW:
            points.popleft()

    def a_second(self, now: float) -> float | None:
        """The rate; ``None`` until something has been done, and while most of the time so far went by before that."""
        points = list(self._points)
        waited = self._first - self._start
        if len(points) < 2 or (waited < WINDOW and now - self._first < waited / 2):
            return None
        since = now - min(WINDOW, (now - self._start) / 2)
        began, before = max((point for point in points[:-1] if point[0] <= since), default=points[0])
        done = points[-1][1]
        return (done - before) / (now - began) if done > before and now > began else None


class Course(Follower):
    """How far a call has come that tells of its progress: what it does, how much of it is done, how fast, and what failed."""

    def __init__(self, what: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self.what, self.unit, self.done, self.total, self.counts = what, "", 0, 0, Counts()
        self._clock = clock
        self._began = self._told = clock()
        self._rate: Rate | None = None
        self._evaluations = Rate(self._began)

    def __call__(self, what: str, done: int, total: int) -> None:
        now = self._clock()
        if (
            self._rate is None or total != self.total or done < self.done
        ):  # what was done before this session is no speed
            self._rate = Rate(now, done)
        self._rate.add(now, done)
        self._told = now
        self.what, self.done, self.total = what or self.what, done, total

    def begin(self, unit: str, anew: bool = False) -> None:
        """Count something else from now on; ``anew`` evaluations and failures, too."""
        self.unit, self._rate = unit, None
        if anew:
            self.counts, self._evaluations = Counts(), Rate(self._clock())

    def happened(self, counts: Counts) -> None:
        """Add to what has happened so far."""
        self.counts += counts
        self._evaluations.add(self._clock(), self.counts.evaluations)

    def state(self) -> dict[str, Any]:
        """What is known now, as plain data: ``rate`` and ``evaluation_rate`` a second and ``seconds_left`` are ``None`` where they
        are unknown.
        """
        now, known = self._clock(), self._rate  # another thread may tell more meanwhile
        timed = self.unit == "seconds"
        rate = None if known is None or timed else known.a_second(now)
        done = min(self.done + int(now - self._told), self.total) if timed else self.done
        left = max(0, self.total - done) if self.total else None
        return {
            "what": self.what,
            "unit": self.unit,
            "done": done,
            "total": self.total,
            "seconds": now - self._began,
            "rate": rate,
            "evaluation_rate": self._evaluations.a_second(now),
            "seconds_left": left if timed else None if left is None or rate is None else left / rate,
            **asdict(self.counts),
        }


class Pauses:
    """Moments to say something now and then: after a few seconds, then ever more seldom, down to once a minute."""

    def __init__(self, now: float, first: float = FIRST) -> None:
        self._pause, self._next = first, now + first

    def over(self, now: float) -> bool:
        """Whether such a moment has come; if so the next is set."""
        if now < self._next:
            return False
        self._pause = min(2 * self._pause, LONGEST)
        self._next = now + self._pause
        return True


def amount(state: dict[str, Any]) -> str:
    """How much is done, in words.

    >>> amount({"done": 1200, "total": 10_000, "unit": "runs"})
    '1,200 of 10,000 runs (12 %)'
    """
    done, total, unit = state["done"], state["total"], state["unit"]
    of = f" of {total:,}" if total else ""
    share = f" ({100 * done // total} %)" if total else ""
    return f"{done:,}{of}{f' {unit}' if unit else ''}{share}"


def pace(state: dict[str, Any]) -> list[str]:
    """How fast it goes, how long it still takes and what failed, in words; what is unknown is left out.

    >>> spent = {"done": 5, "total": 10_005, "unit": "runs", "rate": 2.5, "evaluation_rate": 500.0, "seconds_left": 4000}
    >>> pace({**spent, "failed": 1, "retried": 0})
    ['2.5 runs/s', '500 evaluations/s', '1 h 7 min left', '1 failed']
    """
    found = []
    if state["rate"] is not None:
        found.append(speed(state["rate"], state["unit"]))
    if state["evaluation_rate"] is not None:
        found.append(speed(state["evaluation_rate"], "evaluations"))
    if state["seconds_left"] is not None and state["done"] != state["total"]:
        found.append(f"{duration(state['seconds_left'])} left")
    if state["failed"]:
        found.append(f"{state['failed']:,} failed")
    if state["retried"]:
        found.append(f"{state['retried']:,} retried")
    return found


def line(state: dict[str, Any]) -> str:
    """One line on how far a call has come."""
    label = f"{state['what']}: " if state["what"] else ""
    return label + ", ".join([amount(state), *pace(state)])


def speed(a_second: float, unit: str) -> str:
    """A rate in words, by the second, the minute or the hour, so that a number above 1 stands there.

    >>> speed(12.345, "runs"), speed(0.05, "epochs"), speed(0.001, "")
    ('12 runs/s', '3 epochs/min', '3.6/h')
    """
    units = ((1, "s"), (60, "min"), (3600, "h"))
    seconds, name = next((one for one in units if a_second * one[0] >= 1), units[-1])
    value = a_second * seconds
    number = f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")
    return f"{number}{f' {unit}' if unit else ''}/{name}"


def duration(seconds: float) -> str:
    """A time in words, to about two digits.

    >>> [duration(one) for one in (0.2, 59.6, 3_599, 3_660, 100_000)]
    ['1 s', '1 min', '1 h', '1 h 1 min', '1 d 4 h']
    """
    if seconds < 59.5:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(round(seconds / 3600), 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
