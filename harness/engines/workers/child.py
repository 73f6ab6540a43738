"""What a worker process does: it reads calls, makes them, and writes what they return.

It must start quickly, so that nothing is imported that a call does not need.
"""

from __future__ import annotations

import os
import pickle
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType
from typing import Any, BinaryIO

from nasbed.engines.workers import family
from nasbed.errors import EngineError, NasbedError, told

START = (
    "import os, pickle, sys; calls = os.fdopen(os.dup(0), 'rb'); sys.path[:], script = pickle.load(calls);"
    " from nasbed.engines.workers.child import main; main(calls, script)"
)
"""The program of a worker. Its standard input brings the module path and the script of its parent, then calls."""

UNHEARD = 70
"""The exit code of a worker that cannot answer, as its descriptors have been closed."""


def main(calls: BinaryIO, script: str | None) -> None:
    """Serve until the calls end. What a call prints goes to standard error, which the parent passes on."""
    answers = os.fdopen(os.dup(1), "wb")
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    if isinstance(sys.stderr, TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8")
    sys.stdout = sys.stderr
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if script is not None:
        sys.modules["__main__"] = ParentScript(script)
    mark = os.environ[family.VARIABLE].split()[-1]
    inbox: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(calls, inbox, mark), daemon=True).start()
    process = os.getpid()
    while True:
        answer = answer_of(_made, inbox.get())
        if os.getpid() != process:  # a call forked, and this is the copy
            os._exit(UNHEARD)
        try:
            answers.write(answer)
            answers.flush()
        except (OSError, ValueError):
            os._exit(UNHEARD)


def _listen(calls: BinaryIO, inbox: SimpleQueue[bytes], mark: str) -> None:
    """Hand calls on. After a farewell the worker ends, and where they end without one its parent has gone."""
    with suppress(Exception):
        while (call := pickle.load(calls)) is not None:
            inbox.put(call)
        os._exit(0)
    family.end_with_me(mark)


def _made(call: bytes) -> Any:
    function, arguments = pickle.loads(call)
    return function(*arguments)


def answer_of(function: Callable[..., Any], *arguments: Any) -> bytes:
    """Whether a call succeeded, and what it returned or raised, with the traceback."""
    try:
        return pickle.dumps((True, function(*arguments), ""))
    except BaseException as error:
        return failure(error)


def failure(error: BaseException) -> bytes:
    """The answer of a call that raised."""
    text = "" if isinstance(error, NasbedError) else traceback.format_exc()
    if isinstance(error, Exception):
        with suppress(Exception):
            answer = pickle.dumps((False, error, text))
            pickle.loads(answer)
            return answer
    return pickle.dumps((False, EngineError(f"a worker's call raised {told(error)}"), text))


class ParentScript(ModuleType):
    """The script that the parent runs, loaded when something asks for one of its names."""

    def __init__(self, path: str) -> None:
        super().__init__("__main__")
        self.__file__ = path
        self.is_loading = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "__mp_main__" in sys.modules or not Path(str(self.__file__)).exists():
            raise AttributeError(f"{self.__file__} has no attribute {name!r}")
        sys.modules["__mp_main__"] = self  # the name by which multiprocessing, too, loads a script again
        self.is_loading = True
        try:
            vars(self).update(runpy.run_path(str(self.__file__), run_name="__mp_main__"))
        finally:
            self.is_loading = False
        return getattr(self, name)
