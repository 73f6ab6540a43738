"""Reading official files: ahead of what is made of them, and with errors that name the file."""

from __future__ import annotations

import bz2
import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nasbed.benchmarks.convert import _bounds, _pickles, _torchfile
from nasbed.errors import DataError

Built = Callable[[dict[Any, Any]], bool]
"""Given a dictionary of a stream; says whether it has used and emptied it."""

_AHEAD = 4
"""Files that are read before they are needed."""

_TAKEN = object()
"""Key of what stands in a dictionary of a stream that was used."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for garbage in cycles, which made reading a third slower: what is read has none."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


@contextmanager
def as_official(what: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DataError(f"{what} is not as official ones: {type(error).__name__}: {error}") from None


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """While the block lasts, errors of damaged data say which file they are of."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def ahead(fetch: Callable[[Path], Any], paths: Iterable[Path]) -> Iterator[Callable[[], Any]]:
    """For each file, in order, a call that gives its content or raises; a few are fetched ahead in threads."""
    pending: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(2) as pool:
        try:
            for path in paths:
                pending.append(pool.submit(fetch, path))
                if len(pending) > _AHEAD:
                    yield pending.popleft().result
            while pending:
                yield pending.popleft().result
        finally:
            pool.shutdown(cancel_futures=True)


def decompress(path: Path) -> bytes:
    try:
        with bz2.open(path) as file:
            return _bounds.content(file, _bounds.ARCHITECTURE)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"not a whole bz2 file: {error}") from None


def unpickle(content: bytes) -> Any:
    return _pickles.load(content, _torchfile.ADMITTED)


def stream_of(path: Path, built: Built) -> Any:
    with bz2.open(path) as file:
        return _pickles.stream(_bounds.Bounded(file, _bounds.WHOLE, _bounds.APART), _torchfile.ADMITTED, built)
