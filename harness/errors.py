"""Every error that nasbed raises on purpose.

::

    NasbedError
    ├── StudyError            a study file that cannot be read, or that contradicts itself
    ├── UnknownNameError      a strategy, benchmark, data set, option or key that does not exist
    ├── OptionError           an option of the wrong type or out of range
    │   ├── BestUnknownError  something shows regrets, and the best of a benchmark is not known
    │   └── UnlistedError     something goes through all architectures, and a benchmark has no list of them
    ├── BudgetError           a budget that is malformed or buys nothing
    ├── ArchitectureError     a malformed architecture, or one outside its space
    ├── DataError             a table that is missing, damaged or does not hold what was asked of it
    ├── BenchmarkError        a benchmark that raised, or whose answer is no answer
    ├── StrategyError         a strategy that raised, or proposed what the task does not offer
    ├── UnmetNeedError        a strategy on a task that lacks what it needs
    ├── PluginError           a plug-in that cannot be imported
    ├── EngineError           an engine that cannot be started, or whose work was broken off
    │   └── WorkerDied        a worker process that ended before it answered
    ├── StoreError            a results folder that is damaged or belongs to another study
    ├── BaselineError         a baseline of the gate that is damaged or does not fit the study
    ├── Interrupted           a study stopped by the user; what was done is stored
    └── BudgetExhausted       tells code that owns its own loop that the search is over

Each message names the value, what was expected, and the remedy. The command line prints it and exits with 2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

LONGEST, FOREIGN, SHOWN = 3_950, 2_000, 200
"""Characters of a message, of the part of it that an exception of other code says, and of a value that it shows."""

_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and movements of the cursor
    r"|\x1b[\]PX^_][^\x1b\x07\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles, links and other strings for a terminal
    r"|[\x90\x98\x9d-\x9f][^\n\x90\x98\x9d-\x9f]*?(?:\x07|\x1b\\|\x9c)"  # the same, begun by one character
    r"|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BLANK = "\n\t\xa0\u2002\u2003\u2007\u2009\u200a\u202f\u3000"
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def printable(text: str, longest: int = LONGEST) -> str:
    """A text as it may reach a terminal: without escape sequences, control characters and memory addresses, and not endless; of a
    long one the middle is left out, because the remedy stands at the end.

    >>> printable("\\x1b[31mred\\x1b[0m" + 5_000 * "!", 5)
    'red ... 4,998 more characters ... !!'
    """
    clean = _UNPRINTABLE.sub("", _SEQUENCES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    clean = written_out(_ADDRESS.sub("", clean)).replace("\t", r"\t")
    left = len(clean) - longest
    if left <= 0:
        return clean
    tail = longest // 2
    return f"{clean[: longest - tail]} ... {left:,} more characters ... {clean[len(clean) - tail :]}"


def written_out(text: str) -> str:
    r"""A text whose control characters, and others without a shape, are written as Python writes them, so that a terminal obeys
    none and XML can hold it. Ends of lines, tabs and spaces of any width stay.

    >>> print(written_out("\x1b[31mred\x9b0m"))
    \x1b[31mred\x9b0m
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in _BLANK else ascii(one)[1:-1] for one in text)


def shown(value: object) -> str:
    """A value as a message shows it: its ``repr``, cut where it is long; what has none is shown by its type.

    >>> shown("cifar01"), shown(object()), len(shown([1] * 1000)) <= 240
    ("'cifar01'", '<object object>', True)
    """
    try:
        text = repr(value)
    except Exception:  # of a class of the user's, or an int of thousands of digits
        text = f"<a {type(value).__name__} that cannot be written>"
    return printable(text, SHOWN)


def named(text: object, longest: int = 1_000) -> str:
    """A path, key or label as it stands in a message: bare, or as Python writes it where it could not be read, and cut.

    >>> print(named("results/a b"), named("a\\n\\tb"))
    results/a b 'a\\n\\tb'
    """
    bare = str(text)
    return bare if bare.isprintable() and bare.strip() and len(bare) <= longest else shown(bare)


def said(error: BaseException) -> str:
    """The text of an exception of other code, printable, whatever its text makes of itself."""
    try:
        text = str(error)
    except BaseException as another:
        text = f"(its text cannot be made: {type(another).__name__})"
    return printable(text, FOREIGN)


def told(error: BaseException) -> str:
    """The kind of an exception of other code, and what it says, if anything.

    >>> told(ValueError("no such cell")), told(ValueError())
    ('ValueError: no such cell', 'ValueError')
    """
    kind, text = printable(type(error).__name__, FOREIGN), said(error)
    return f"{kind}: {text}" if text else kind


class Halt(BaseException):
    """What nasbed itself raises within a strategy to end it, and what is not the strategy's failure."""


PASSING = (KeyboardInterrupt, Halt)
"""What goes through where other code's exceptions are caught; whatever else it raises is its failure."""


class NasbedError(Exception):
    """Base of all errors that nasbed raises on purpose. Its message can be printed in a terminal: see :func:`printable`."""

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(str(message)))


class UnwiseWarning(UserWarning):
    """What is allowed but will mislead: a budget too small for a strategy's population, say."""


class DamageWarning(UserWarning):
    """A stored file that was damaged and has been set aside, so that its content is made anew."""


class StudyError(NasbedError):
    """A study file that cannot be read, or that contradicts itself."""


class UnknownNameError(NasbedError):
    """A strategy, benchmark, data set, option or key that does not exist."""


class OptionError(NasbedError):
    """An option of the wrong type or out of range."""


class BestUnknownError(OptionError):
    """Something that shows regrets was asked for of a benchmark of which no best is known."""


class UnlistedError(OptionError):
    """Something that goes through all architectures was asked for of a benchmark that has no list of them."""


class BudgetError(NasbedError):
    """A budget that is malformed or buys nothing."""


class ArchitectureError(NasbedError):
    """A malformed architecture, or one outside its space."""


class DataError(NasbedError):
    """A table that is missing, damaged or does not hold what was asked of it."""


class BenchmarkError(NasbedError):
    """A benchmark that raised, or whose answer is no answer: its message names the benchmark, not the strategy."""


class StrategyError(NasbedError):
    """A strategy that raised, or proposed what the task does not offer."""


class UnmetNeedError(NasbedError):
    """A strategy on a task that lacks what it needs: fidelities, a second objective, an encoding, a measure."""


class PluginError(NasbedError):
    """A plug-in that cannot be imported."""


class EngineError(NasbedError):
    """An engine that cannot be started, or whose work was broken off."""


class WorkerDied(EngineError):
    """A worker process that ended before it answered; the message says how, and ``call`` what it was to do.

    ``out_of_time`` says that it was ended for the time that the call took, which another attempt may not take.
    """

    call: Any = None
    out_of_time: bool = False


class StoreError(NasbedError):
    """A results folder that is damaged or belongs to another study."""


class BaselineError(NasbedError):
    """A baseline of the gate that is damaged or does not fit the study."""


class Interrupted(NasbedError):
    """A study stopped by the user; what was done is stored."""


class BudgetExhausted(NasbedError):
    """Raised into code that owns its own loop when the search is over."""


def unknown(kind: str, name: object, known: Iterable[object], owner: str = "") -> UnknownNameError:
    """The error for a name that is not among ``known``: near match first, then the whole list.

    >>> print(unknown("data set", "cifar01", ["cifar10", "cifar100"]))
    unknown data set 'cifar01'; did you mean 'cifar10'? known: cifar10, cifar100
    """
    from difflib import get_close_matches

    names = [str(one) for one in known]
    near = get_close_matches((name if isinstance(name, str) else shown(name))[:SHOWN], names, n=1)
    of = f" of {owner}" if owner else ""
    guess = f"; did you mean {near[0]!r}?" if near else ";"
    return UnknownNameError(f"unknown {kind}{of} {shown(name)}{guess} known: {listing(names)}")


def listing(names: Iterable[str]) -> str:
    """Names one after another, each as Python writes it where commas would not tell them apart.

    >>> print(listing(["tpe", "RE"]), listing(["RE, sample 2", "RE"]), listing([]), sep="; ")
    tpe, RE; 'RE, sample 2', 'RE'; none
    """
    found = list(names)
    return ", ".join(map(shown, found) if any("," in name for name in found) else found) or "none"


def differences(
    stored: object, asked: object, there: str = "there", here: str = "here", path: str = ""
) -> Iterator[str]:
    """Where two trees of plain data differ, with the value of each; ``there`` and ``here`` say where those are found.

    >>> print(*differences({"epochs": 20, "options": {"channels": 8}}, {"epochs": 3}), sep="; ")
    epochs is 20 there and 3 here; options channels is 8 there and absent here
    """
    if isinstance(stored, Mapping) and asked is _ABSENT:
        asked = {}
    if isinstance(asked, Mapping) and stored is _ABSENT:
        stored = {}
    if isinstance(stored, Mapping) and isinstance(asked, Mapping):
        for name in dict.fromkeys([*stored, *asked]):
            inner = f"{path} {named(name)}".strip()
            yield from differences(stored.get(name, _ABSENT), asked.get(name, _ABSENT), there, here, inner)
        return
    if stored != asked:
        first, second = _in_difference(stored), _in_difference(asked)
        yield f"{path} differs" if first == second else f"{path} is {first} {there} and {second} {here}"


_ABSENT = object()


def _in_difference(value: object) -> str:
    """A value beside another one; of a checksum the beginning."""
    if value is None or value is _ABSENT:
        return "absent" if value is _ABSENT else "none"
    text = value if isinstance(value, str) and value else json.dumps(value, default=str, ensure_ascii=False)
    return f"{text[:12]}..." if len(text) == 64 else named(text, SHOWN)


@contextmanager
def located(where: str) -> Iterator[None]:
    """Within it, an error of ours begins with where it arose: the file, the strategy or the stage.

    >>> with located("study.toml"):
    ...     raise StudyError("the key 'name' is missing")
    Traceback (most recent call last):
        ...
    nasbed.errors.StudyError: study.toml: the key 'name' is missing
    """
    try:
        yield
    except NasbedError as error:
        raise type(error)(f"{where}: {error}") from None


def require_name(kind: str, name: object, known: Collection[str], owner: str = "") -> None:
    """Raises :class:`UnknownNameError` for what is not one of the texts ``known``, whatever its type."""
    if not isinstance(name, str) or name not in known:
        raise unknown(kind, name, known, owner)
