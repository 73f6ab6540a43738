"""Options of a strategy: how a field is declared, checked and described."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import Field, field, fields
from functools import cache
from math import inf
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nasbed.errors import OptionError, shown
from nasbed.numeric import real, whole


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


_LARGEST = 2.0**63
"""The largest number that an option may be, so that it fits into 64 bits; what it means has narrower limits of its own."""


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


class _Misfit(Exception):
    """The value is not of the type."""


def _fitted(value: Any, hint: Any) -> Any:
    """A value as an option of a type holds it: NumPy's numbers as Python's, the list of a study file as a tuple."""
    if get_origin(hint) is Literal:
        fits = any(type(value) is type(choice) and value == choice for choice in get_args(hint))
    elif get_origin(hint) is tuple:
        if isinstance(value, (list, tuple)):
            return tuple(_fitted(one, get_args(hint)[0]) for one in value)
        fits = False
    elif get_origin(hint) in (Union, UnionType):
        for part in get_args(hint):
            with suppress(_Misfit):
                return _fitted(value, part)
        fits = False
    elif hint in (int, float):
        number = whole(value) if hint is int else real(value)
        if number is not None and abs(number) < _LARGEST:
            return number
        fits = False
    else:
        fits = hint is Any or isinstance(value, get_origin(hint) or hint)
    if not fits:
        raise _Misfit
    return value


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


def require_options(made: Any) -> None:
    """Raises :class:`~nasbed.errors.OptionError` for an option of the wrong type or out of range.

    The list that a study file gives for an option of the type ``tuple[str, ...]`` becomes a tuple, and a NumPy number one of
    Python's.
    """
    cls: type = type(made)
    require_dataclass(cls)
    for spec in fields(made):
        given, limits = getattr(made, spec.name), spec.metadata
        try:
            value = _fitted(given, _hints(cls)[spec.name])
            good = not isinstance(value, (int, float)) or _within(value, limits)
        except _Misfit:
            good = False
        if not good:
            large = ", and less than 2**63" if (real(given) or 0) >= _LARGEST else ""
            raise OptionError(
                f"{cls.__name__}: {spec.name} = {shown(given)}; expected {describe_option(cls, spec.name)}{large}"
                f" (default {shown(spec.default)}: {limits.get('help', '')})"
            )
        if value is not given:
            object.__setattr__(made, spec.name, value)


def _within(value: float, limits: Mapping[str, Any]) -> bool:
    return (
        value >= limits.get("low", -inf)
        and value <= limits.get("high", inf)
        and ("above" not in limits or value > limits["above"])
        and ("below" not in limits or value < limits["below"])
    )
