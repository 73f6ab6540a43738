"""What a supervised process on a machine of a cluster does: it makes sure that it has what the caller has, and makes the call."""

from __future__ import annotations

import pickle
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nasbed.engines.cluster.caller import Caller
from nasbed.engines.cluster.tables import provide
from nasbed.engines.workers.child import answer_of, failure
from nasbed.errors import EngineError, PluginError, said
from nasbed.studies.series import Series, canonical

SHARED = "put the study's folder on a file system that all machines share, or install the plug-in on each of them"

_verified: set[str] = set()


def make(caller: Caller, worker: str, content: bytes, tables: tuple[tuple[str, str], ...]) -> tuple[bytes, float]:
    """The answer of a call that was pickled, as :func:`~nasbed.engines.workers.child.answer_of` gives it, and the seconds that it
    took, without what a process does before its first call of a series; 0 where that fails.

    ``worker`` is what messages call the worker, and ``tables`` holds names and checksums of the tables that the call reads.
    """
    try:
        function, arguments = _prepared(caller, worker, content, tables)
    except BaseException as error:
        return failure(error), 0.0
    began = time.monotonic()
    answer = answer_of(function, *arguments)
    return answer, time.monotonic() - began


def _prepared(
    caller: Caller, worker: str, content: bytes, tables: tuple[tuple[str, str], ...]
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    caller.enter()
    provide(tables)
    try:
        function, arguments = pickle.loads(content)
    except ModuleNotFoundError as error:
        raise PluginError(f"{_here(worker)} cannot import what the study uses: {said(error)}; {SHARED}") from None
    for one in arguments if caller.elsewhere else ():
        if isinstance(one, Series):
            _verify(one, worker)
    return function, arguments


def _verify(series: Series, worker: str) -> None:
    """Raises where this process would not compute what the caller would, whose ``content`` the series brought."""
    if series.key in _verified:
        return
    try:
        content = replace(series).content
    except PluginError as error:
        raise PluginError(f"{_here(worker)}: {error}; {SHARED}") from None
    if others := [
        f"{part}.{name}" if isinstance(here, dict) else part
        for part, here in content.items()
        for name in (here if isinstance(here, dict) else ("",))
        if _text(here, name) != _text(series.content.get(part), name)
    ]:
        raise EngineError(
            f"{_here(worker)} differs from this one in {', '.join(others)} of strategy {series.strategy.label!r} on"
            f" {series.benchmark.label}; expected the same code and data, or results would not be those of this machine: {SHARED},"
            " and restart the workers"
        )
    _verified.add(series.key)


def _text(part: Any, name: str) -> str:
    return canonical(part.get(name) if isinstance(part, dict) else part)


def _here(worker: str) -> str:
    return f"the worker {worker} on machine {platform.node()}"
