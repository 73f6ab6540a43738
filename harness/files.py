"""Files: written whole or not at all, and read with a message that names them."""

from __future__ import annotations

import json
import os
import platform
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nasbed.errors import EngineError, StoreError, StudyError, shown
from nasbed.interrupts import held_back

OTHER_FOLDER = "choose another folder with --out"
"""What may be done where a file cannot be written, of most commands."""
OTHER_OR_SAME = f"{OTHER_FOLDER}, or ask for the same as there"
"""What may be done where a folder holds something of the same kind that was made otherwise."""


Content = str | bytes | Iterable[str]
"""What a file is to hold, or the parts of it, which are made as they are written."""


def atomic_write(path: Path | str, content: Content, remedy: str = OTHER_FOLDER) -> None:
    """Write a file under a temporary name, then rename it, and hold an interrupt back meanwhile.

    Raises :class:`~nasbed.errors.StoreError`, whose message ends with the ``remedy`` that the caller has.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with held_back():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("wb") as file:
                    for part in [content] if isinstance(content, (str, bytes)) else content:
                        file.write(part.encode() if isinstance(part, str) else part)
                os.replace(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # the latter of a path that no file can have
        raise StoreError(
            f"cannot write {path}: {getattr(error, 'strerror', None) or error}; make room for it, or {remedy}"
        ) from None


def require_shared(folder: Path | str) -> Path:
    """A folder in which a worker goes on with what others have begun; raises :class:`~nasbed.errors.EngineError` where it is not
    there, as on another machine.
    """
    if not Path(folder).is_dir():
        raise EngineError(
            f"the folder {folder} is not there on machine {platform.node()}; trainings and their records are kept in it, so"
            " name one with --out on a file system that all machines share"
        )
    return Path(folder)


def read_json(path: Path | str) -> dict[str, Any]:
    """The content of a file that may be missing or damaged, which is then empty."""
    try:
        content = json.loads(Path(path).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def text_of(path: Path | str) -> str:
    """The text of a file of TOML; raises :class:`~nasbed.errors.StudyError` where it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise StudyError(f"cannot read the study {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    except (TypeError, ValueError):  # of what is no path, or can be none
        raise StudyError(f"study = {shown(path)}; expected the path of a study file") from None


def read_toml(text: str, source: str) -> dict[str, Any]:
    """The content of a text of TOML; raises :class:`~nasbed.errors.StudyError` with the ``source`` and, where it is known, the line
    of what is malformed.
    """
    try:
        return tomllib.loads(text)
    except ValueError as error:  # beside malformed text, an integer of thousands of digits
        raise StudyError(f"{source}: {_twice(text, str(error)) or error}") from None
    except RecursionError:
        raise StudyError(f"{source}: its lists or tables are nested too deeply") from None


_KEY = r"(?:[\w-]+|\"[^\"]*\"|'[^']*')"
_STATEMENT = re.compile(rf"\s*(\[*)\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*[=\]]")


def _twice(text: str, problem: str) -> str:
    """Which key or table of a text of TOML is given twice, and on which lines, where that is the ``problem``; else empty.

    >>> print(_twice("seeds = 2\\nseeds = 3", "Cannot overwrite a value (at end of document)"))
    the key seeds is given twice, on lines 1 and 2; keep one of them
    """
    if not problem.startswith(("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate inline")):
        return ""
    found = re.search(r"at line (\d+)", problem)
    lines = text.split("\n")
    if problem.startswith("Duplicate inline"):
        where, name = f" on line {found[1]}" if found else "", problem.partition("'")[2].rpartition("'")[0]
        return f"the key {name} is given twice in one table{where}; keep one of them"
    before: list[tuple[int, str, tuple[str, ...]]] = []
    twice, header = "", tuple[str, ...]()
    for number, line in enumerate(lines[: int(found[1]) if found else None], 1):
        if not (match := _STATEMENT.match(line)):
            continue
        brackets, said = match.groups()
        path = tuple(part.strip("\"'") for part in re.findall(_KEY, said))
        header, path = (path, path) if brackets else (header, (*header, *path))
        what = f"the table {brackets}{said}{']' * len(brackets)}" if brackets else f"the key {said}"
        for first, earlier, there in before:
            one_more = brackets == "[[" and what == earlier
            if not one_more and (there == path or (not brackets and path == there[: len(path)])):
                again = "" if earlier == what else f", first as {earlier.removeprefix('the ')}"
                twice = f"{what} is given twice{again}, on lines {first} and {number}; keep one of them"
        if brackets == "[[":
            before = [one for one in before if one[2][: len(path)] != path]
        before.append((number, what, path))
    return twice
