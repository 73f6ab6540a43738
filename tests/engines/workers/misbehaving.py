"""Strategies that harm the process they run in. Each runs in a worker of a test, under the limits of a machine that others use."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasbed.vocabulary import Proposal, Script, option

LOG = "MISBEHAVING_LOG"
"""The environment variable with the file in which processes note their ids."""


def noted() -> None:
    with open(os.environ[LOG], "a") as file:
        file.write(f"{os.getpid()}\n")


def forever() -> None:
    noted()
    while True:
        time.sleep(1)


class Unsayable(Exception):
    def __str__(self) -> str:
        raise ValueError("no")


class Base(BaseException):
    pass


def thread() -> None:
    threading.Thread(target=forever).start()


def ends() -> None:
    os._exit(0)


def crashes() -> None:
    ctypes.string_at(0)


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def closes() -> None:
    os.closerange(3, 64)


def base() -> None:
    raise Base("beyond Exception")


def generator_exit() -> None:
    raise GeneratorExit("over")


def interrupts() -> None:
    raise KeyboardInterrupt("as if Ctrl-C")


def unsayable() -> None:
    raise Unsayable


def endless() -> None:
    raise ValueError("\x1b[31mred\x1b]0;title\x07" + 3_000_000 * "x")


def moves() -> None:
    Path("elsewhere").mkdir(exist_ok=True)
    os.chdir("elsewhere")


def prints() -> None:
    print("\x1b[31mprinted")
    os.write(1, b"written\n")


def leaves_a_child() -> None:
    """A child in the group, one in a session of its own that ignores SIGTERM, and a grandchild without parents."""
    if os.fork() == 0:
        forever()
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        forever()
    if os.fork() == 0:
        code = "import misbehaving; misbehaving.forever()"
        subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        os._exit(0)
    os.wait()


def forks() -> None:
    """At most 230 processes at a time, which wait."""
    for _ in range(230):
        if os.fork() == 0:
            noted()
            time.sleep(60)
            os._exit(0)
    time.sleep(60)


def pauses() -> None:
    """Stop the worker and its parent until someone lets them go on."""
    noted()
    os.kill(os.getppid(), signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)


def deaf() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    forever()


def killed_by(*arguments: object) -> None:
    killed()


def goes_on_twice() -> None:
    """The copy of the process returns into the search, too."""
    os.fork()


def leaves_a_thread(*arguments: object) -> dict[str, int]:
    """A thread that does not end and is not a daemon, and a child that holds all that this process has open; its id."""
    threading.Thread(target=lambda: time.sleep(600), name="left").start()
    return {"child": subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL).pid}


def fails_with_a_thread(*arguments: object) -> None:
    threading.Thread(target=lambda: time.sleep(600)).start()
    raise ValueError("\x1b[31mfailed")


def sleeps(*arguments: object) -> None:
    time.sleep(600)


@dataclass(frozen=True)
class Misbehaving(Script):
    """Proposes an architecture, then does what ``how`` names."""

    how: str = option("ends", "the function that is called")

    def search(self, task: Any, rng: Any) -> Iterator[Proposal]:
        yield Proposal(task.space.sample(rng))
        globals()[self.how]()
        yield Proposal(task.space.sample(rng))
