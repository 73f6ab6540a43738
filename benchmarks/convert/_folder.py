"""Writing a table folder: columns, then the manifest, under a temporary name that is renamed at the end."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.tables.manifest import Column, Manifest

_BLOCK = 16 << 20
"""Bytes of a column that are copied at a time."""


class ColumnFile:
    """A column in the making: blocks of rows are appended to its file, whose bytes depend on its content alone."""

    def __init__(self, folder: Path, column: Column, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        if dtype.hasobject:
            raise ValueError("Object arrays cannot be written")
        header = io.BytesIO()
        descr = np.lib.format.dtype_to_descr(dtype)
        np.lib.format.write_array_header_1_0(header, {"descr": descr, "fortran_order": False, "shape": shape})
        self._column = column
        self._dtype = dtype
        self._digest = hashlib.sha256(header.getvalue())
        self._path = folder / column.file
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_bytes(header.getvalue())

    def append(self, rows: np.ndarray) -> None:
        """Write the next rows of the column to its file."""
        content = np.ascontiguousarray(rows, dtype=self._dtype).tobytes()
        with self._path.open("ab") as file:
            file.write(content)
        self._digest.update(content)

    def done(self) -> Column:
        """The column with the checksum of all that was written."""
        return replace(self._column, sha256=self._digest.hexdigest())


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary folder beside ``target`` that takes its place when the block ends well; what was there survives a failure."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        temporary.chmod(0o755)
        yield temporary
        if target.exists():
            old = temporary.with_name(temporary.name + "-old")
            os.rename(target, old)
            try:
                os.rename(temporary, target)
            except OSError:
                os.rename(old, target)
                raise
            shutil.rmtree(old)
        else:
            os.rename(temporary, target)
    except OSError as error:
        if error.filename is None:  # of a write
            error.filename = str(target)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The text of a manifest into ``folder``."""
    (folder / "manifest.toml").write_text(manifest.dump(), encoding="utf-8")


def write(
    manifest: Manifest, columns: list[tuple[Column, np.ndarray]], files: Mapping[str, bytes] | None = None
) -> None:
    """Write ``manifest.folder`` anew, with ``files`` beside the columns. The bytes depend on the content alone; what was there
    survives a failure.

    Memory-mapped columns are copied block by block.
    """
    files = files or {}
    with replacing(manifest.folder) as temporary:
        done = []
        for column, values in columns:
            file = ColumnFile(temporary, column, values.dtype, values.shape)
            rows = max(1, _BLOCK * len(values) // max(1, values.nbytes))
            for start in range(0, len(values), rows):
                file.append(values[start : start + rows])
            done.append(file.done())
        for name, content in files.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            (temporary / name).write_bytes(content)
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        write_manifest(temporary, replace(manifest, columns=done, files=digests))
