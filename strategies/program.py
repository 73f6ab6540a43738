"""External programs in any language, by lines of JSON.

A program is started once for each search, and ended with it. It reads one object a line from its standard input::

    {"task": {"protocol": 1, ...}}             first, once: what is searched
    {"tell": {"arch": [0, 1], "value": 91.2}}  an outcome; no answer
    {"ask": true}                              what next? One line of answer
    {"end": true}                              last: the search is over; no answer

It writes to its standard output only when asked, one line, and flushes it::

    {"arch": [0, 1]}                           a proposal; "arch" may be the text that the space writes
    null                                       (or "wait") nothing before another outcome is told
    {"stop": true}                             the search is over

A proposal may also have "epochs", "resume" and "measure", as :class:`~nasbed.vocabulary.Proposal` has them, and an "id", which may
be anything and comes back with the outcome. Before an answer there may be lines ``{"log": "text"}``, which are shown. With several
workers the next question comes while earlier proposals are under way, and outcomes arrive in the order in which they finish.

The task has the name of its "space", the "choices" of each decision, the number of "architectures" (perhaps more than 2^53),
"archs" (the list of them if the space has one and they are not all combinations of choices, else null), the "epochs" on offer, the
"objectives" (name and unit), "measures", "budget" (kind and amount), "workers", whether a training is "resumable", and a "seed",
two numbers of 32 bits.

An outcome has the "arch" (and where the proposal was a text, its "text"), the "value" and "values" (higher is better, null:
failed), "cost", "time", "trial", "epochs", "resume" and "measure".
"""

from __future__ import annotations

import json
import math
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasbed.vocabulary import (
    NasbedError,
    OptionError,
    Outcome,
    Proposal,
    Searcher,
    Strategy,
    StrategyError,
    Stream,
    Task,
    architecture_of,
    is_enumerable,
    option,
    shown,
    unknown,
)

EXAMPLE = """
import json, random, sys

task = json.loads(sys.stdin.readline())["task"]
rng = random.Random(task["seed"][0])
for line in sys.stdin:
    if "ask" in json.loads(line):
        arch = rng.choice(task["archs"]) if task["archs"] else [rng.randrange(n) for n in task["choices"]]
        print(json.dumps({"arch": arch}), flush=True)
"""
"""A random search: the program that runs if none is named."""

_GRACE = 2.0
"""Seconds that a program has to end by itself."""

_LONGEST = 1 << 20
"""Bytes of a line."""

_EXPECTED = '{"arch": [...]}, null, {"stop": true} or {"log": "text"}'


@dataclass(frozen=True)
class Program(Strategy):
    """An external program in any language proposes architectures and is told outcomes, by lines of JSON (docs/adapters.md).

    Its files are looked for in the working directory, then beside the study and along ``sys.path``; ``python`` is the interpreter
    that runs nasbed. The files that the command names and ``files`` are part of a run's identity: when one changes, results are not
    reused. A search fails if its program dies, writes anything but an answer or takes too long; the wall time has no other
    influence. Its standard error is shown when it fails.
    """

    command: tuple[str, ...] = option(
        (), "the program and its arguments, as a list or one text; none: an example, random search"
    )
    files: tuple[str, ...] = option((), "further files that the program consists of")
    timeout: float = option(60.0, "seconds of wall time that an answer may take", above=0, high=86_400)

    def __post_init__(self) -> None:
        text: object = self.command
        if isinstance(text, str):
            try:
                object.__setattr__(self, "command", tuple(shlex.split(text)))
            except ValueError as error:
                raise OptionError(f"command = {shown(text)}: {error}") from None
        super().__post_init__()
        self._require_program()
        for file in self.files:
            if not os.path.isfile(_found(file)):
                raise OptionError(f"files: there is no file {shown(file)} in the working directory or beside the study")

    def _require_program(self) -> None:
        first = self.command[0] if self.command else "python"
        if first != "python" and shutil.which(_found(first) if os.path.dirname(first) else first) is None:
            raise OptionError(
                f"command = {shown(shlex.join(self.command))}: there is no program {shown(first)}; expected one on the PATH, or a"
                " path such as ./search from the working directory or the study's folder, with the right to be executed"
            )
        script = self.command[1] if first == "python" and len(self.command) > 1 else ""
        if script.endswith(".py") and not os.path.isfile(_found(script)):
            raise OptionError(
                f"command = {shown(shlex.join(self.command))}: there is no file {shown(script)} in the working directory or beside"
                " the study; expected a program there, or its path"
            )

    @property
    def sources(self) -> tuple[Path, ...]:
        """The files that the command names, and the further ones; a program found on the PATH is not among them."""
        named = [word for place, word in enumerate(self.command) if place or os.path.dirname(word)]
        return tuple(Path(path) for word in (*named, *self.files) if os.path.isfile(path := _found(word)))

    @property
    def words(self) -> list[str]:
        """The command as it is started."""
        if not self.command:
            return [sys.executable, "-I", "-S", "-c", EXAMPLE]
        first, *others = self.command
        start = sys.executable if first == "python" else _found(first) if os.path.dirname(first) else first
        return [start, *map(_found, others)]

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search: start the program."""
        return _Search(self, task, rng)


def _found(word: str) -> str:
    """The path of the file that a word of the command names, else the word."""
    if not word or os.path.isfile(word):
        return word
    return next((path for folder in sys.path if os.path.isfile(path := os.path.join(folder, word))), word)


class _Search(Searcher):
    def __init__(self, options: Program, task: Task, rng: Stream) -> None:
        self._space = task.space
        self._unsent: list[dict[str, Any]] = [{"task": _described(task, rng)}]
        self._extra: dict[int, tuple[Proposal, dict[str, Any]]] = {}
        self._over = False
        self._process = _Process(options)
        self._finish = weakref.finalize(self, self._process.end, [{"end": True}])

    def ask(self) -> Proposal | None:
        if self._over:
            return None
        answer = self._process.ask([*self._unsent, {"ask": True}])
        self._unsent = []
        if answer in (None, "wait"):
            return None
        if answer == {"stop": True}:
            self._over = True
            return None
        try:
            return self._proposal(answer)
        except NasbedError as error:
            raise StrategyError(f"{self._process.name} answered {_shown(json.dumps(answer))}: {error}") from None

    def _proposal(self, answer: Any) -> Proposal:
        if not isinstance(answer, dict):
            raise StrategyError(f"expected {_EXPECTED}")
        for key in answer:
            if key not in (*Proposal._fields, "id"):
                raise unknown("key", key, (*Proposal._fields, "id"))
        arch, extra = answer.get("arch"), {"id": answer["id"]} if "id" in answer else {}
        if isinstance(arch, str):
            extra["text"] = arch
            arch = list(self._space.parse(arch))
        if not isinstance(arch, list) or not all(type(choice) is int for choice in arch):
            raise StrategyError(f"arch: expected a list of {len(self._space.choices)} whole numbers, or a text")
        for key, kind, words in (
            ("epochs", int, "whole number"),
            ("resume", int, "whole number"),
            ("measure", str, "text"),
        ):
            if answer.get(key) is not None and type(answer[key]) is not kind:
                raise StrategyError(f"{key}: expected a {words}, or null")
        known = architecture_of(self._space, tuple(arch))  # what is none is refused with the proposal
        proposal = Proposal(
            tuple(arch) if known is None else known, answer.get("epochs"), answer.get("resume"), answer.get("measure")
        )
        self._extra[id(proposal)] = proposal, extra
        return proposal

    def tell(self, outcome: Outcome) -> None:
        proposal, extra = self._extra.pop(id(outcome.proposal))
        told = {
            "arch": outcome.arch,
            "value": _number(outcome.value),
            "values": [_number(value) for value in outcome.values],
            "cost": outcome.cost,
            "time": outcome.time,
            "trial": outcome.trial,
            "epochs": outcome.epochs,
            "resume": proposal.resume,
            "measure": proposal.measure,
            **extra,
        }
        self._unsent.append({"tell": told})

    def close(self) -> None:
        if self._finish.detach():
            self._process.end([*self._unsent, {"end": True}])


def _described(task: Task, rng: Stream) -> dict[str, Any]:
    space = task.space
    every_combination = space.size == math.prod(space.choices)
    return {
        "protocol": 1,
        "space": space.name,
        "choices": space.choices,
        "architectures": space.size,
        "archs": space.archs if is_enumerable(space) and not every_combination else None,
        "epochs": task.epochs,
        "objectives": [{"name": objective.name, "unit": objective.unit} for objective in task.objectives],
        "measures": task.measures,
        "budget": {"kind": task.budget.kind, "amount": task.budget.amount},
        "workers": task.workers,
        "resumable": task.resumable,
        "seed": [rng.below(2**32), rng.below(2**32)],  # each of which every reader of JSON holds exactly
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _shown(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}..."


class _Process:
    """The program as it runs: it is asked, and it is ended with all that it has started."""

    def __init__(self, options: Program) -> None:
        named = _shown(" ".join(shlex.join(options.command).split()))
        self.name = f"the program {named}" if named else "the example program"
        self._timeout = options.timeout
        self._late = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # end() closes it
        posix: dict[str, Any] = {"process_group": 0} if hasattr(os, "killpg") else {}
        try:
            self._process = subprocess.Popen(
                options.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, **posix
            )
        except OSError as error:
            self._errors.close()
            raise StrategyError(f"{self.name} cannot be started: {error.strerror or error}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout

    def ask(self, lines: list[dict[str, Any]]) -> Any:
        """Write lines and read the answer to the last."""
        alarm = threading.Timer(self._timeout, self._expire)
        alarm.daemon = True
        alarm.start()
        try:
            self._write(lines)
            while True:
                line = self._output.readline(_LONGEST)
                if not line:
                    raise self._failure()
                answer = self._read(line)
                if not isinstance(answer, dict) or answer.keys() != {"log"}:
                    return answer
                print(f"{self.name}: {answer['log']}", file=sys.stderr)
        finally:
            alarm.cancel()

    def _write(self, lines: list[dict[str, Any]]) -> None:
        with suppress(OSError):  # it has ended: what it wrote before is read first
            self._input.write("".join(f"{json.dumps(line)}\n" for line in lines).encode())
            self._input.flush()

    def _read(self, line: bytes) -> Any:
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            text = _shown(line.decode(errors="replace").rstrip("\n"))
            raise StrategyError(f"{self.name} wrote {text!r}; expected a line of JSON: {_EXPECTED}") from None

    def _failure(self) -> StrategyError:
        """Why there is no answer, with the last lines that the program wrote to its standard error."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        code = self._process.poll()
        self._kill()
        self._process.wait()
        if self._late:
            what = f"gave no answer within {self._timeout:g} seconds; does it flush what it writes? More time: the option timeout"
        elif code is None:
            what = "closed its output before it answered"
        else:
            ended = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
            what = f"ended with {ended} before it answered"
            if code == 0:
                what += '; a program ends its search by {"stop": true}'
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - 2000))
        last = self._errors.read().decode(errors="replace").strip().splitlines()[-5:]
        return StrategyError(f"{self.name} {what}" + "".join(f"\n  {line}" for line in last))

    def _expire(self) -> None:
        self._late = True
        self._kill()

    def _kill(self) -> None:
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def end(self, lines: list[dict[str, Any]]) -> None:
        """Say the last lines, wait a little, and end what is left."""
        alarm = threading.Timer(_GRACE, self._kill)
        alarm.daemon = True
        alarm.start()
        try:
            self._output.close()  # what is written now is read by nobody
            self._write(lines)
            with suppress(OSError):
                self._input.close()
            self._process.wait()
        finally:
            alarm.cancel()
            self._kill()
            self._process.wait()
            self._errors.close()
