"""Processes of Python that need not import everything anew: forks of one that has imported the package and what it uses.

A fork is a process of its own, with its own memory, arguments, environment, directory and end, but starts in a moment.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import IO

Command = Callable[..., subprocess.CompletedProcess[str]]
"""Runs ``nasbed`` with some words, and with variables of the environment; returns how it ended and what it printed."""

FREE = ("COLUMNS", "LINES", "NASBED_", "PYTEST_CURRENT_TEST", "PYTHONPATH", "KMP_", "TORCH")
"""Beginnings of the names of variables that nothing reads before a fork, and of one that a fork takes up."""
TRAINS = ("tabulate", "agreement", "train", "search-model")
"""Commands that need torch."""

PYTEST = "import pytest, sys; sys.exit(pytest.main(sys.argv[1:]))"
"""Runs pytest with the words that follow."""

_SERVER = """\
import atexit, gc, importlib, json, os, sys, threading

def become(given):
    os.chdir(given["cwd"])
    os.environ.clear()
    os.environ.update(given["env"])
    for place, (path, flags) in enumerate(zip(given["files"], (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY))):
        opened = os.open(path, flags)
        os.dup2(opened, place)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8")
    sys.path[0], sys.argv = given["cwd"], given["argv"]
    added = given["env"].get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [place for place in added if place and place not in sys.path]

def serve():
    requests, answers = os.fdopen(os.dup(0), "r", encoding="utf-8"), os.dup(1)
    for line in requests:
        given = json.loads(line)
        for name in given["imports"]:
            importlib.import_module(name)
        gc.freeze()
        child = os.fork()
        if not child:
            requests.close()
            os.close(answers)
            become(given)
            return given["code"]
        os.write(answers, f"{child}\\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.write(answers, f"{code}\\n".encode())
    return ""

def end(code):
    # as Python ends, but for taking every module apart, which takes longer than most commands
    threading._shutdown()
    atexit._run_exitfuncs()
    for output in (sys.stdout, sys.stderr):
        output.flush()
    os._exit(code)

code = 0
try:
    exec(compile(serve(), "<string>", "exec"), {"__name__": "__main__"})
except SystemExit as given:
    if not (given.code is None or isinstance(given.code, int)):
        raise
    code = given.code or 0
end(code)
"""
_IMPORT_ALL = """\
import contextlib, importlib, pkgutil, nasbed.__main__, nasbed.benchmarks, nasbed.strategies, matplotlib.pyplot, rich.table
import annotated_types, pandas.io.formats.csvs, pyarrow.pandas_compat, typer._adapters, typer.rich_utils
with contextlib.suppress(ImportError):
    import pydantic.type_adapter, optuna, pytest, hypothesis
for package in (nasbed, nasbed.benchmarks, nasbed.strategies):
    for one in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if "__main__" not in one.name and "benchmarks.training" not in one.name:
            with contextlib.suppress(ImportError):
                importlib.import_module(one.name)
nasbed.figures.style.STYLE["pdf.fonttype"] = 3
nasbed.benchmarks.nasbench201._space().classes
"""
_IMPORT_CHECKED = """\
import contextlib, importlib, pkgutil, nasbed.benchmarks, nasbed.strategies, nasbed.check.elsewhere
for package in (nasbed.benchmarks, nasbed.strategies):
    for one in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        with contextlib.suppress(ImportError):
            importlib.import_module(one.name)
"""
"""What a check in another process uses: benchmarks and strategies, and nothing that is shown to a reader."""
QUICK = 3
"""The type of fonts with which a PDF file is drawn in a moment: nothing is cut out of a TrueType font."""


@dataclass
class Forking:
    """A process that forks at request; it starts with the first one, and ends with this one.

    Texts hash in all its forks as they do in it: as ``seed`` says, or at random. Those of checks alone import less.
    """

    seed: str | None = None
    checks: bool = False
    _origin: dict[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    """The environment when this was made; that of the test in which the process is started may be another."""
    _started: subprocess.Popen[str] | None = field(default=None, repr=False)
    _env: dict[str, str] = field(default_factory=dict, repr=False)

    def serves(self, env: Mapping[str, str]) -> bool:
        """Whether a fork would find its environment as a process that has just started does."""
        self._start()
        return _fixed(env) == self._env

    def run(
        self,
        code: str,
        *,
        argv: tuple[str, ...] = ("-c",),
        input: str = "",
        env: Mapping[str, str],
        cwd: Path | None = None,
        imports: tuple[str, ...] = (),
        timeout: float = 600,
    ) -> subprocess.CompletedProcess[str]:
        """Run code in a fork, and return its exit code and what it printed."""
        server = self._start()
        assert server.stdin is not None
        assert server.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("in", "out", "err")]
            for file in files:
                file.write_text(input if file.name == "in" else "", encoding="utf-8")
            given = {
                "code": code,
                "argv": list(argv),
                "env": dict(env),
                "cwd": str(cwd or Path.cwd()),
                "files": [str(file) for file in files],
                "imports": list(imports),
            }
            server.stdin.write(json.dumps(given) + "\n")
            server.stdin.flush()
            child = 0
            try:
                child = _line(server.stdout)
                patience = Timer(timeout, os.kill, (child, signal.SIGKILL))
                patience.daemon = True
                patience.start()
                returncode = _line(server.stdout)
                patience.cancel()
            except BaseException:  # a time limit that broke off the wait: the next answer would be of this fork
                self._kill(child)
                raise
            out, err = (file.read_text(encoding="utf-8", errors="replace") for file in files[1:])
        return subprocess.CompletedProcess([str(child)], returncode, out, err)

    def _kill(self, child: int) -> None:
        """End a fork and the process that forks; the next request starts another."""
        if child:
            with suppress(OSError):
                os.kill(child, signal.SIGKILL)
        if self._started is not None:
            self._started.kill()
            self._started.communicate()
            self._started = None

    def close(self) -> None:
        """End the process."""
        if self._started is not None:
            self._started.communicate()

    def _start(self) -> subprocess.Popen[str]:
        if self._started is None:
            env = self._origin | ({} if self.seed is None else {"PYTHONHASHSEED": self.seed})
            self._env = _fixed(env)
            self._started = subprocess.Popen(
                [sys.executable, "-c", (_IMPORT_CHECKED if self.checks else _IMPORT_ALL) + _SERVER],
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        return self._started


def _fixed(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if not name.startswith(FREE)}


def _line(answers: IO[str]) -> int:
    line = answers.readline()
    assert line, "the process that forks has ended"
    return int(line)
