"""Reading foreign pickles: only the named types are admitted, and nothing else runs."""

from __future__ import annotations

import io
import pickle
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, ClassVar

from nasbed.benchmarks.convert._bounds import Bounded
from nasbed.errors import DataError

Admitted = Mapping[tuple[str, str], Any]
"""What stands for each global (module, name) that may be asked for, which need not be what the pickle means."""
OUTSIDE = ("", "outside")
"""Admits objects that a pickle keeps outside of itself, as the numbers of a torch tensor; they are left out (``None``)."""


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, admitted: Admitted, encoding: str) -> None:
        super().__init__(file, encoding=encoding)
        self._admitted = admitted

    def find_class(self, module: str, name: str) -> Any:
        return _find(self._admitted, module, name)

    def persistent_load(self, key: Any) -> None:
        _leave_out(self._admitted)


class _Streaming(pickle._Unpickler):
    """Python's own unpickler in Python, which shows each dictionary as soon as its items are in it."""

    stack: list[Any]
    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(pickle._Unpickler.dispatch)

    def __init__(self, file: BinaryIO, admitted: Admitted, built: Callable[[dict[Any, Any]], None]) -> None:
        super().__init__(file)
        self._admitted = admitted
        self._built = built
        self.memo = _Memo()

    def find_class(self, module: str, name: str) -> Any:
        return _find(self._admitted, module, name)

    def persistent_load(self, key: Any) -> None:
        _leave_out(self._admitted)

    def load_setitems(self) -> None:
        super().load_setitems()  # type: ignore[misc]
        self._built(self.stack[-1])

    dispatch[pickle.SETITEMS[0]] = load_setitems


class _Memo:
    """What the rest of the pickle may refer to again, four bytes an entry: a text is kept once, however often it was written.

    A dictionary that is empty when it is referred to has been consumed since, and is refused.
    """

    def __init__(self) -> None:
        self._numbers = array("I")
        self._objects: list[Any] = []
        self._texts: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def __setitem__(self, place: int, value: Any) -> None:
        if place != len(self._numbers):
            raise DataError(f"memo entry {place} follows {len(self._numbers)} entries, which no pickler writes")
        if type(value) is not str:
            self._numbers.append(len(self._objects))
            self._objects.append(value)
            return
        number = self._texts.setdefault(value, len(self._objects))
        if number == len(self._objects):
            self._objects.append(value)
        self._numbers.append(number)

    def __getitem__(self, place: int) -> Any:
        found = self._objects[self._numbers[place]]
        if isinstance(found, dict) and not found:
            raise DataError("two records share a dictionary, which cannot be read as a stream")
        return found


def _find(admitted: Admitted, module: str, name: str) -> Any:
    if (module, name) not in admitted:
        raise DataError(f"the pickle asks for {module}.{name}, which is not admitted: refused before anything ran")
    return admitted[module, name]


def _leave_out(admitted: Admitted) -> None:
    if OUTSIDE not in admitted:
        raise pickle.UnpicklingError("it refers to an object outside of itself")


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"damaged pickle: {type(error).__name__}: {error}") from None


def load(content: bytes | BinaryIO, admitted: Admitted | None = None, encoding: str = "ASCII") -> Any:
    """Unpickle ``content``, or the next pickle of an open file. Only ``admitted`` globals may be asked for, by default none.
    Texts of Python 2 are read in the ``encoding``; latin1 also reads its arrays.

    Raises :class:`~nasbed.errors.DataError` for any other global and for a damaged pickle.
    """
    with _damage():
        source = io.BytesIO(content) if isinstance(content, bytes) else content
        return _Unpickler(source, admitted or {}, encoding).load()


def stream(source: Bounded, admitted: Admitted, built: Callable[[dict[Any, Any]], bool]) -> Any:
    """Unpickle ``source`` as :func:`load` does, five to ten times as slowly, but in little memory: ``built`` is called with each
    dictionary of two items and more when these are in it, may take out what it has used, and says so.
    """

    def shown(made: dict[Any, Any]) -> None:
        if built(made):
            source.used()

    with _damage(), source.buffered() as file:
        return _Streaming(file, admitted, shown).load()
