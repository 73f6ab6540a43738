"""Options of a strategy: how a field is declared, checked and described."""

from __future__ import annotations

import math
from dataclasses import Field, field, fields
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from nasbed.errors import OptionError


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Any:
    """A field of a strategy: its default, what it means, and its range (``low``/``high`` inclusive)."""
    limits = {"low": low, "high": high, "above": above, "below": below}
    return field(default=default, metadata={"help": help, **{k: v for k, v in limits.items() if v is not None}})


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _fits(value: object, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(_fits(one, get_args(hint)[0]) for one in value)
    if get_args(hint):
        return any(_fits(value, part) for part in get_args(hint))
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def describe_option(cls: type, name: str) -> str:
    """What an option accepts, in words: its type and range.

    >>> from nasbed.strategies import RegularizedEvolution
    >>> describe_option(RegularizedEvolution, "population")
    'int, at least 2'
    """
    hint = _hints(cls)[name]
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(repr(choice) for choice in get_args(hint))
    if get_origin(hint) is tuple:
        return f"list of {get_args(hint)[0].__name__}"
    words = {"low": "at least", "high": "at most", "above": "more than", "below": "less than"}
    metadata = next(f.metadata for f in fields(cls) if f.name == name)
    limits = [f"{words[key]} {metadata[key]}" for key in words if key in metadata]
    return ", ".join([getattr(hint, "__name__", str(hint)), *limits])


def require_dataclass(cls: type) -> None:
    """Raises :class:`~nasbed.errors.OptionError` for options of a class that is no dataclass: nothing would read them."""
    for owner in cls.__mro__:
        if names := [name for name, value in vars(owner).items() if isinstance(value, Field)]:
            raise OptionError(
                f"{owner.__name__} declares {', '.join(names)} by option(), but is no dataclass; write"
                f" @dataclass(frozen=True) above class {owner.__name__}"
            )


def check_options(made: Any) -> None:
    """Raises :class:`~nasbed.errors.OptionError` for an option of the wrong type or out of range.

    The list that a study file gives for an option of the type ``tuple[str, ...]`` becomes a tuple.
    """
    cls: type = type(made)
    require_dataclass(cls)
    for spec in fields(made):
        value, limits, hint = getattr(made, spec.name), spec.metadata, _hints(cls)[spec.name]
        if isinstance(value, list) and get_origin(hint) is tuple:
            value = tuple(value)
            object.__setattr__(made, spec.name, value)
        good = _fits(value, hint)
        if good and isinstance(value, (int, float)):
            good = (
                value >= limits.get("low", -math.inf)
                and value <= limits.get("high", math.inf)
                and ("above" not in limits or value > limits["above"])
                and ("below" not in limits or value < limits["below"])
            )
        if not good:
            raise OptionError(
                f"{cls.__name__}: {spec.name} = {value!r}; expected {describe_option(cls, spec.name)}"
                f" (default {spec.default!r}: {limits.get('help', '')})"
            )
