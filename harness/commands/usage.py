"""Words on a command line that cannot be read, refused as all else is: the word, what was expected, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, get_args, get_type_hints

import typer

from nasbed.errors import OptionError, shown

_MISUSED: type[Any] = typer.BadParameter.__mro__[1]
"""What typer raises for words that it cannot read; not every version has a public name for it."""


@contextmanager
def as_ours() -> Iterator[None]:
    """Within it, what typer cannot read is an error of ours, with the command whose help says what there is."""
    try:
        yield
    except _MISUSED as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
            raise
        text = " ".join(str(error.format_message()).split()).rstrip(".")
        command = error.ctx.command_path if error.ctx else "nasbed"
        end = "" if text.endswith("?") else ";"
        raise OptionError(f"{text[:1].lower()}{text[1:]}{end} {command} --help says what there is") from None


def require_read(function: Callable[..., None], error: typer.BadParameter, words: Sequence[str]) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where typer could not read a number or a choice of the command that a function is,
    with what the ``words`` say and what was expected.
    """
    parameter: Any = error.param
    hint = get_type_hints(function).get(str(getattr(parameter, "name", "")))
    expected = _expected(hint)
    given = next((value for option in parameter.opts for value in _values(option, words)), None) if expected else None
    if given is None and (said := re.search("'([^']*)' is not one of", error.message)):
        given = said[1]
    if expected and given is not None:
        name = parameter.opts[0] if parameter.opts else parameter.name
        raise OptionError(f"{name} {shown(given)}; expected {expected}") from None


def _expected(kind: object) -> str:
    """What an option of a type takes, in words, of a list each of them; empty where any text is taken."""
    if several := get_args(kind):
        return next(filter(None, map(_expected, several)), "")
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"one of {', '.join(kind)}"
    return "a whole number" if kind is int else "a number" if kind is float else ""


def _values(option: str, words: Sequence[str]) -> Iterator[str]:
    """What words give for an option, the last first."""
    for place in reversed(range(len(words))):
        name, equals, value = words[place].partition("=")
        if name == option and equals:
            yield value
        elif words[place] == option and place + 1 < len(words):
            yield words[place + 1]
