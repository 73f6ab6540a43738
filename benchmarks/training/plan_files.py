"""What the files of ``nasbed tabulate`` have in common: a heading, and tables of known keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nasbed.errors import StudyError, require_name, shown, unknown


def heading(content: Mapping[str, Any], spaces: Sequence[str], data: Sequence[str]) -> tuple[str, str]:
    """The name and the title that a file says; its space and data must be known.

    Raises :class:`~nasbed.errors.StudyError` for a text that is missing or malformed, :class:`~nasbed.errors.UnknownNameError`.
    """
    for key in ("name", "space", "data"):
        if not isinstance(content.get(key), str):
            raise StudyError(f"the key {key!r} is {shown(content.get(key))}; expected a text")
    name: str = content["name"]
    if not name.isidentifier() or len(name) > 100:
        raise StudyError(
            f"name = {shown(name)}; expected letters, digits and underscores, at most 100: it names a table"
        )
    for key, known in (("space", spaces), ("data", data)):
        require_name(key, content[key], known)
    title = content.get("title", name)
    if not isinstance(title, str) or not title.strip() or not title.isprintable():
        raise StudyError(f"title = {shown(title)}; expected a text of one line")
    return name, title


def part_of(content: Mapping[str, Any], name: str, known: Collection[str]) -> dict[str, Any]:
    """A table of a file with ``known`` keys; an empty one where it is not there."""
    part = content.get(name, {})
    if not isinstance(part, dict):
        raise StudyError(f"{name} = {shown(part)}; expected a table [{name}] with {', '.join(known)}")
    require_known(part, known, f"[{name}]")
    return part


def require_known(content: Mapping[str, Any], known: Collection[str], owner: str) -> None:
    """Raises :class:`~nasbed.errors.UnknownNameError` for a key that is not ``known``, and
    :class:`~nasbed.errors.StudyError` for a study of searches.
    """
    if "strategy" in content or "budget" in content:
        raise StudyError("this is a study of searches; run it with nasbed run")
    for key in content:
        if key not in known:
            raise unknown("key", key, known, owner)
