"""Every error that nasbed raises on purpose.

::

    NasbedError
    ├── StudyError            a study file that cannot be read, or that contradicts itself
    ├── UnknownNameError      a strategy, benchmark, data set, option or key that does not exist
    ├── OptionError           an option of the wrong type or out of range
    ├── BudgetError           a budget that is malformed or buys nothing
    ├── ArchitectureError     a malformed architecture, or one outside its space
    ├── DataError             a table that is missing, damaged or does not hold what was asked of it
    ├── BenchmarkError        a benchmark that raised, or whose answer is no answer
    ├── StrategyError         a strategy that raised, or proposed what the task does not offer
    ├── UnmetNeedError        a strategy on a task that lacks what it needs
    ├── PluginError           a plug-in that cannot be imported
    ├── EngineError           an engine that cannot be started
    ├── StoreError            a results folder that is damaged or belongs to another study
    ├── BaselineError         a baseline of the gate that is damaged or does not fit the study
    ├── Interrupted           a study stopped by the user; what was done is stored
    └── BudgetExhausted       tells code that owns its own loop that the search is over

Each message names the value, what was expected, and the remedy. The command line prints it and exits with 2.
"""

from __future__ import annotations

from collections.abc import Iterable


class NasbedError(Exception):
    """Base of all errors that nasbed raises on purpose."""


class UnwiseWarning(UserWarning):
    """What is allowed but will mislead: a budget too small for a strategy's population, say."""


class StudyError(NasbedError):
    """A study file that cannot be read, or that contradicts itself."""


class UnknownNameError(NasbedError):
    """A strategy, benchmark, data set, option or key that does not exist."""


class OptionError(NasbedError):
    """An option of the wrong type or out of range."""


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
    """An engine that cannot be started."""


class StoreError(NasbedError):
    """A results folder that is damaged or belongs to another study."""


class BaselineError(NasbedError):
    """A baseline of the gate that is damaged or does not fit the study."""


class Interrupted(NasbedError):
    """A study stopped by the user; what was done is stored."""


class BudgetExhausted(NasbedError):
    """Tells code that owns its own loop that the search is over."""


def unknown(kind: str, name: object, known: Iterable[str], owner: str = "") -> UnknownNameError:
    """The error for a name that is not among ``known``: near match first, then the whole list.

    >>> print(unknown("data set", "cifar01", ["cifar10", "cifar100"]))
    unknown data set 'cifar01'; did you mean 'cifar10'? known: cifar10, cifar100
    """
    from difflib import get_close_matches

    names = list(known)
    near = get_close_matches(str(name), names, n=1)
    of = f" of {owner}" if owner else ""
    guess = f"; did you mean {near[0]!r}?" if near else ";"
    return UnknownNameError(f"unknown {kind}{of} {name!r}{guess} known: {', '.join(names) or 'none'}")


def shown(value: object, limit: int = 120) -> str:
    """What a message shows of a value from outside: its ``repr``, cut after ``limit`` characters; a type where it has none.

    >>> shown([0] * 40, 12), shown(None)
    ('[0, 0, 0, 0,...', 'None')
    """
    try:
        text = repr(value)
    except Exception:
        text = f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= limit else f"{text[:limit]}..."
