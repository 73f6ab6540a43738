"""The pickle in a file that ``torch.save`` wrote, in the zip or the legacy format, read without torch.

Tensors are left out: they become ``None``, and their numbers are not read.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, BinaryIO

from nasbed.benchmarks.convert import _bounds, _pickles
from nasbed.errors import DataError

_ZIP = b"PK\x03\x04"
_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What official files use (stored), and what else is read in bounded pieces."""
_FORMATS = {"f8": "d", "f4": "f", "f2": "e", "i8": "q", "i4": "i", "b1": "?"}


class _Mapping(dict[Any, Any]):
    """Stands for an ordered dictionary; attributes, as those of a state of weights, are dropped."""

    def __setstate__(self, state: Any) -> None:
        pass


class _Kind:
    """Stands for a numpy data type."""

    def __init__(self, name: str, *details: Any) -> None:
        if name not in _FORMATS:
            raise DataError(f"a numpy number of type {name!r}; expected one of {', '.join(_FORMATS)}")
        self.format = "<" + _FORMATS[name]

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] == ">":
            self.format = ">" + self.format[1:]


def _scalar(kind: _Kind, content: bytes) -> float:
    number: float = struct.unpack(kind.format, content)[0]
    return number


def _encode(text: str, encoding: str) -> bytes:
    """Bytes, as protocol 2 writes them."""
    if encoding != "latin1":
        raise DataError(f"bytes in the encoding {encoding!r}; expected latin1")
    return text.encode("latin1")


def _left_out(*arguments: Any) -> None:
    """Stands for what makes a tensor."""


NUMBERS: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): _Kind,
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
}
"""Admits single numbers of NumPy, which become Python's."""

ADMITTED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): _Mapping,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("_codecs", "encode"): _encode,
    **NUMBERS,
    **{("torch._utils", f"_rebuild_{name}"): _left_out for name in ("tensor", "tensor_v2", "parameter")},
    ("torch.storage", "_load_from_bytes"): _left_out,
    _pickles.OUTSIDE: None,
    **{
        ("torch", f"{name}Storage"): _left_out
        for name in ("Float", "Double", "Half", "Long", "Int", "Short", "Char", "Byte", "Bool")
    },
}
"""What the official files may ask for: numbers, dictionaries, and tensors, which are left out."""


def load(path: Path, built: Callable[[dict[Any, Any]], bool] | None = None) -> Any:
    """The content of the file at ``path``; with ``built`` as a stream, see :func:`_pickles.stream`.

    Raises :class:`~nasbed.errors.DataError` for any other file and for one that holds several times what official ones do, and
    :class:`OSError` where it cannot be opened.
    """
    with path.open("rb", buffering=_bounds.BUFFER) as file:
        start = file.read(len(_ZIP))
        file.seek(0)
        return _from_zip(file, built) if start == _ZIP else _from_legacy(file, built)


def _from_zip(file: BinaryIO, built: Callable[[dict[Any, Any]], bool] | None) -> Any:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith("/data.pkl")]
            if len(entries) != 1:
                raise DataError(f"a zip file with {len(entries)} entries data.pkl; a torch file has one")
            if entries[0].compress_type not in _METHODS:
                raise DataError("a zip file whose data.pkl is compressed in a way that torch does not write")
            with archive.open(entries[0]) as entry:
                return _read(entry, built)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, zlib.error) as error:
        raise DataError(f"a damaged or truncated torch file: {error}") from None


def _from_legacy(file: BinaryIO, built: Callable[[dict[Any, Any]], bool] | None) -> Any:
    """Five pickles: a magic number, a protocol, the system, the content, the names of the tensors' storages; then these."""
    try:
        header = [_pickles.load(file) for _ in range(2)]
    except DataError as error:
        raise DataError(f"not a torch file, neither of the zip nor of the legacy format ({error})") from None
    if header != [_MAGIC, _PROTOCOL]:
        raise DataError("not a torch file, neither of the zip nor of the legacy format")
    _pickles.load(file)
    return _read(file, built)


def _read(file: IO[bytes], built: Callable[[dict[Any, Any]], bool] | None) -> Any:
    if built is not None:
        return _pickles.stream(_bounds.Bounded(file, _bounds.WHOLE, _bounds.APART), ADMITTED, built)
    with _bounds.Bounded(file, _bounds.ARCHITECTURE).buffered() as content:
        return _pickles.load(content, ADMITTED)
