"""How an author wants strategies and benchmarks to appear: labels, colours, markers, order, and which are shown.

A study has an ``[appearance]``, commands have options and functions have arguments of the same names. Nothing here changes what is
run or stored: the identity of a run does not hold its label.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TypedDict

from nasbed.errors import OptionError, require_name, shown, unknown

LABEL = "a text of one line, of at most 200 characters, without control characters"
"""What :func:`is_label` asks for."""

MARKERS = "osD^vP*X<>hpd8H"
"""Markers that can be told apart when they are small, as matplotlib calls them."""


def is_label(found: object) -> bool:
    """Whether something can be a label of a strategy or a benchmark, or a title, which tables and terminals show.

    >>> is_label("RE, sample 3"), is_label("a\\nb"), is_label(" ")
    (True, False, False)
    """
    return isinstance(found, str) and bool(found.strip()) and found.isprintable() and len(found) <= 200


class Appearing(TypedDict, total=False):
    """The keywords by which functions are told how results appear; those that are ``None`` are as if they were not given."""

    labels: Mapping[str, str] | None
    colors: Mapping[str, str] | None
    markers: Mapping[str, str] | None
    order: Sequence[str] | None
    strategies: Sequence[str] | None


@dataclass(frozen=True)
class Appearance:
    """Labels, colours (``#rrggbb``) and markers by the name of a strategy, and labels by that of a benchmark; the names that come
    first in ``order``, before all others; and the ``strategies`` that are shown, all where none are named.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    colors: Mapping[str, str] = field(default_factory=dict)
    markers: Mapping[str, str] = field(default_factory=dict)
    order: Sequence[str] = ()
    strategies: Sequence[str] = ()

    @classmethod
    def parse(cls, content: object, strategies: Sequence[str], benchmarks: Sequence[str]) -> Appearance:
        """The ``[appearance]`` of a study that has these strategies and benchmarks; raises
        :class:`~nasbed.errors.OptionError` and :class:`~nasbed.errors.UnknownNameError`.
        """
        if not isinstance(content, dict):
            raise OptionError(f"appearance = {shown(content)}; expected a table [appearance]")
        names = [one.name for one in fields(cls)]
        for key in content:
            if key not in names:
                raise unknown("key", key, names, "[appearance]")
        both, given = [*strategies, *benchmarks], {key: value for key, value in content.items() if value is not None}
        made = cls(
            _by_name("labels", given.get("labels", {}), both, _label),
            _by_name("colors", given.get("colors", {}), strategies, color_of),
            _by_name("markers", given.get("markers", {}), strategies, _marker),
            _names("order", given.get("order", ()), both),
            _names("strategies", given.get("strategies", ()), strategies),
        )
        for kind, there in (("strategies", strategies), ("benchmarks", benchmarks)):
            _require_different(kind, there, made.labels)
        return made

    def sorted(self, names: Iterable[str]) -> list[str]:
        """Names as they are shown: those of ``order`` first, then the others as they are."""
        return sorted(names, key=lambda name: self.order.index(name) if name in self.order else len(self.order))


def renamed(told: object, names: Mapping[str, str]) -> object:
    """A value of an appearance with other names in it, for those that ``names`` knows.

    >>> renamed({"tpe": "teal"}, {"tpe": "TPE"}), renamed(["tpe", "rs"], {"tpe": "TPE"})
    ({'TPE': 'teal'}, ['TPE', 'rs'])
    """

    def name(one: object) -> object:
        return names.get(one, one) if isinstance(one, str) else one

    if isinstance(told, Mapping):
        return {name(one): value for one, value in told.items()}
    return [name(one) for one in told] if isinstance(told, list | tuple) else told


def color_of(name: str, value: object) -> str:
    """A colour as ``#rrggbb``: that itself, or a name that matplotlib knows. Raises :class:`~nasbed.errors.OptionError`.

    >>> color_of("tpe", "#0072b2"), color_of("tpe", "tab:blue")
    ('#0072B2', '#1F77B4')
    """
    if isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value):
        return value.upper()
    from matplotlib.colors import is_color_like, to_hex

    if not isinstance(value, str) or not is_color_like(value):
        raise OptionError(
            f"colors: {shown(name)} = {shown(value)}; expected #rrggbb, or the name of a colour, as 'teal'"
        )
    return to_hex(value).upper()


def _label(name: str, value: object) -> str:
    if not is_label(value):
        raise OptionError(f"labels: {shown(name)} = {shown(value)}; expected {LABEL}")
    return str(value)


def _marker(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) != 1 or value not in MARKERS:
        raise OptionError(f"markers: {shown(name)} = {shown(value)}; expected one of {' '.join(MARKERS)}")
    return value


def _by_name(key: str, given: object, known: Sequence[str], read: Callable[[str, object], str]) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise OptionError(f"{key} = {shown(given)}; expected a value for each of some names, as {{ {known[0]} = ... }}")
    for name in given:
        require_name(f"name in {key}", name, known)
    return {name: read(name, value) for name, value in given.items()}


def _names(key: str, given: object, known: Sequence[str]) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise OptionError(f"{key} = {shown(given)}; expected a list of names")
    for name in given:
        require_name(f"name in {key}", name, known)
    return tuple(dict.fromkeys(given))


def _require_different(kind: str, names: Sequence[str], labels: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        label = labels.get(name, name)
        if label in seen:
            raise OptionError(
                f"labels: two {kind}, {shown(seen[label])} and {shown(name)}, would both be called {shown(label)}; give each"
                " its own"
            )
        seen[label] = name
