"""What all checks share: how a rule is broken, what a subject is called, and what another process makes of it."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from typing import Any

from nasbed.check.limits import SLOW, Overdue
from nasbed.errors import OptionError, printable, shown

PATIENCE = 600
"""Seconds after which another process is given up."""

_CODE = {".py", ".pyc", ".pyi", ".pyd", ".so", ".pth", ".dll", ".dylib"}
START = (
    "import json, sys; given = json.load(sys.stdin); sys.path[:] = given['path'];"
    " from nasbed.check.elsewhere import look; look(given)"
)
"""The program of the other process, which reads what it is given from its standard input."""


class Broken(Exception):
    """A rule does not hold: what was found and where, what was expected, and how to mend it."""

    def __init__(self, found: str, expected: str, mend: str) -> None:
        super().__init__(printable(f"{found}; expected {expected}. To mend it: {mend}."))


def name_of(use: object) -> str:
    """The name by which another process finds what is checked; raises :class:`~nasbed.errors.OptionError` for what it could not."""
    if isinstance(use, str):
        return use
    if not inspect.isclass(use) and not inspect.isfunction(use):
        raise OptionError(
            f"{use!r} cannot be made anew; expected a name or a class, and its options: (Class, dataset='cifar10')"
        )
    if "." in use.__qualname__ or use.__module__ == "__main__":
        raise OptionError(f"{use!r} cannot be imported by another process; move it to the top level of a module")
    return f"{use.__module__}:{use.__qualname__}"


def plain(options: dict[str, Any]) -> dict[str, Any]:
    """Options as another process gets them; raises :class:`~nasbed.errors.OptionError` for what a study file cannot hold."""
    try:
        made: dict[str, Any] = json.loads(json.dumps(options))
    except (TypeError, ValueError) as error:
        raise OptionError(
            f"options {options!r}: {error}; expected what a study file can hold: texts, numbers and lists of them"
        ) from None
    return made


def elsewhere(signature: str, use: str, options: dict[str, Any]) -> dict[str, Any]:
    """What another process, in which texts hash otherwise, gets from the function "package.module:name" called with ``use`` and
    ``options`` (``signature``), the files of data that it opened to do so (``opened``), and the threads that it left running
    (``left``), which are not waited for. Raises :class:`Broken` where it fails.
    """
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    with tempfile.TemporaryDirectory() as folder:
        answer, errors = Path(folder) / "answer.json", Path(folder) / "errors.txt"
        given = {"path": sys.path, "signature": signature, "use": use, "options": options, "answer": str(answer)}
        try:
            done = ask(json.dumps(given), {**os.environ, "PYTHONHASHSEED": seed}, errors)
        except subprocess.TimeoutExpired:
            found = f"another process has not answered within {PATIENCE:g} s"
            raise Broken(found, "an answer", "make sure that what it asks for ends, and soon") from None
        except Overdue as overdue:
            raise Broken(overdue.told("in another process", None), "its answer", SLOW) from None
        if done.returncode or not answer.exists():
            said = errors.read_text(encoding="utf-8", errors="replace")
            lines = [line.strip() for line in said.splitlines() if line.strip()]
            raise Broken(
                f"another process failed: {lines[-1] if lines else f'exit code {done.returncode}'}",
                f"that {use!r} with {options} can be made wherever a worker starts",
                "keep the class at the top level of a module that can be imported, and no state outside of it",
            )
        seen: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return seen


def ask(given: str, env: dict[str, str], errors: Path) -> subprocess.CompletedProcess[bytes]:
    """Start another process, give it that, and wait for its end; its errors go into a file."""
    with errors.open("wb") as file:  # not a pipe, which a process that is left behind would hold open
        return subprocess.run(
            [sys.executable, "-c", START],
            input=given.encode(),
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=file,
            timeout=PATIENCE,
        )


def look(given: dict[str, Any]) -> None:
    """Make a signature, and write it down with the files that were opened and the threads that were left running; called in another
    process, which ends with it.
    """
    opened: dict[str, None] = {}

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("open", "sqlite3.connect") and isinstance(arguments[0], (str, bytes, os.PathLike)):
            opened[os.path.abspath(os.fsdecode(arguments[0]))] = None

    code = 1
    try:
        sys.addaudithook(hook)
        module, _, name = given["signature"].partition(":")
        seen = getattr(importlib.import_module(module), name)(given["use"], given["options"])
        files = [name for name in opened if _is_data(Path(name))]
        left = [one.name for one in threading.enumerate() if not one.daemon and one is not threading.main_thread()]
        answer = {"signature": seen, "opened": files, "left": left}
        Path(given["answer"]).write_text(json.dumps(answer), encoding="utf-8")
        code = 0
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)  # Python would wait for threads


def left_behind(seen: dict[str, Any]) -> str | None:
    """A note on the threads that what was asked in another process left running, if any."""
    left = seen["left"]
    if not left:
        return None
    several = f"{len(left):,} threads running, as" if len(left) > 1 else "a thread running,"
    return f"it leaves {several} {shown(left[0])}: a worker is ended without waiting for threads"


def _is_data(path: Path) -> bool:
    """Whether a file is neither code, nor the system's, nor what says how a package was installed."""
    system = any(path.is_relative_to(folder) for folder in ("/dev", "/etc", "/proc", "/sys"))
    installed = any(part.endswith((".dist-info", ".egg-info")) for part in path.parts)
    return not system and not installed and path.suffix not in _CODE and path.is_file()


def require_same(signature: dict[str, str], other: dict[str, str], circumstance: str, mend: str) -> None:
    """Raises :class:`Broken` for the first part of a signature (texts of JSON) that differs from another."""
    for name, text in signature.items():
        if text == other[name]:
            continue
        first, again = json.loads(text), json.loads(other[name])
        if isinstance(first, list) and isinstance(again, list):
            pairs: Iterable[tuple[Any, Any]] = zip_longest(first, again)
            first, again = next((one, two) for one, two in pairs if json.dumps(one) != json.dumps(two))
        raise Broken(f"{name} differ {circumstance}: first {short(first)}, then {short(again)}", "the same", mend)


def short(value: object) -> str:
    """The beginning of a value's ``repr``, for a message."""
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:150]} ..."
