"""What stops a command: Ctrl-C, and what a batch system or a closing terminal sends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def stop_by(handler: Any) -> None:
    """Handle everything that stops a command; what is ignored, as by ``nohup``, stays so."""
    for one in STOPS:
        if signal.getsignal(one) is not signal.SIG_IGN:
            signal.signal(one, handler)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold back an interrupt while a short block must not be broken off; ``KeyboardInterrupt`` follows it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)

    before = {one: signal.getsignal(one) for one in STOPS}
    for one, handler in before.items():
        if callable(handler):
            signal.signal(one, note)
    try:
        yield
    finally:
        for one, handler in before.items():
            if callable(handler):
                signal.signal(one, handler)
    if noted:
        raise KeyboardInterrupt
