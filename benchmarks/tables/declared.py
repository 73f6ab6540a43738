"""What a ``manifest.toml`` may say: each key, what its value must be, and what must fit together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from nasbed.errors import DataError, shown, unknown

LARGEST = 2**31 - 1
"""The largest number in a manifest, but of architectures."""
MOST = 2**63 - 1
"""The most architectures, whose numbers are stored in 64 bits."""


class ColumnKind(NamedTuple):
    """What a value must be, in words and as a test; ``needed`` where a manifest without the key is refused."""

    expected: str
    fits: Callable[[Any], bool]
    needed: bool = True


def _whole(low: int, high: int = LARGEST) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _ascending(value: Any) -> bool:
    return isinstance(value, list) and all(map(_whole(1), value)) and all(one < next_ for one, next_ in pairwise(value))


def _below(value: Any) -> bool:
    """A path below the folder, in characters that every system has."""
    if not isinstance(value, str) or not re.fullmatch(r"[\w .+\-/]+", value):
        return False
    return not PurePosixPath(value).is_absolute() and ".." not in PurePosixPath(value).parts


def _file(value: Any) -> bool:
    return _below(value) and value.endswith(".npy")


def _digest(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{64}", value))


def _files(value: Any) -> bool:
    return isinstance(value, dict) and all(_below(name) and _digest(digest) for name, digest in value.items())


def _axes(value: Any) -> bool:
    """The shape of a column beyond its first axis, in the order of its axes; or the rows that members of the space share."""
    return value == ["member"] or (
        _texts(value)
        and value[:1] == ["architecture"]
        and value[1:] == [axis for axis in ("run", "epoch") if axis in value[1:]]
    )


def _decisions(value: Any) -> bool:
    """Decisions with a name of their own, values that are numbers or texts, each once, and whether they have an order."""
    return (
        isinstance(value, list)
        and all(isinstance(one, Mapping) and one.keys() == {"name", "values", "ordered"} for one in value)
        and all(_NAME.fits(one["name"]) and type(one["ordered"]) is bool and _values(one["values"]) for one in value)
        and len({one["name"] for one in value}) == len(value)
    )


def _values(value: Any) -> bool:
    kinds = {type(one) for one in value} if isinstance(value, list) else set()
    return (kinds == {str} or (bool(kinds) and kinds <= {int, float})) and len(set(value)) == len(value)


def _one_of(*names: str) -> ColumnKind:
    return ColumnKind(f"one of {', '.join(names)}", lambda value: isinstance(value, str) and value in names)


_TEXT = ColumnKind("a text", lambda value: isinstance(value, str))
_NAME = ColumnKind("a text that is not empty", lambda value: isinstance(value, str) and bool(value.strip()))
_COUNT = ColumnKind(f"a whole number, 0 .. {LARGEST:,}", _whole(0), needed=False)
_EPOCHS = "whole numbers from 1 on, ascending, each once"

MANIFEST: Mapping[str, ColumnKind] = {
    "name": _NAME,
    "title": _TEXT,
    "space": _NAME,
    "architectures": ColumnKind(f"a whole number, 1 .. {MOST:,}", _whole(1, MOST)),
    "epochs": ColumnKind(_EPOCHS, _ascending),
    "resumable": ColumnKind("true or false", lambda value: isinstance(value, bool)),
    "runs": ColumnKind("a list of texts, each once", lambda value: _texts(value) and len(set(value)) == len(value)),
    "report": ColumnKind(
        "'test', 'held-out runs', 'validation alone', or '' where nothing was trained",
        lambda value: value in ("test", "held-out runs", "validation alone", ""),
    ),
    "cost_model": _TEXT,
    "licence": _TEXT,
    "sources": ColumnKind("a list of texts", _texts),
    "datasets": ColumnKind("a list of texts, each once", lambda value: _texts(value) and len(set(value)) == len(value)),
    "members": _COUNT,
    "study": _TEXT._replace(needed=False),
    "decisions": ColumnKind(
        "tables [[decisions]], each with a name, values (texts or numbers, each once) and ordered, true or false",
        _decisions,
        needed=False,
    ),
    "files": ColumnKind("a table of paths below the folder, each with 64 hexadecimal digits", _files, needed=False),
}

COLUMN: Mapping[str, ColumnKind] = {
    "file": ColumnKind("the path of a .npy file in the folder of the manifest", _file),
    "metric": _NAME,
    "split": _one_of("train", "validation", "test", "mixture", "none"),
    "dataset": _NAME,
    "unit": _TEXT,
    "direction": _one_of("maximise", "minimise", "none"),
    "axes": ColumnKind('["architecture"], then "run" and "epoch" where the column has them; or ["member"]', _axes),
    "origin": _TEXT,
    "epochs": _COUNT,
    "sha256": ColumnKind("64 hexadecimal digits", _digest),
    "images": _COUNT,
    "at": ColumnKind(_EPOCHS, _ascending, needed=False),
    "trainings": _COUNT,
}  # fmt: skip


def require_declared(content: Mapping[str, Any]) -> None:
    """Raises :class:`~nasbed.errors.DataError` for the first key of a manifest that is absent, unknown or not what it must be."""
    columns = ColumnKind("tables [[columns]]", lambda value: isinstance(value, list))
    _require(content, {**MANIFEST, "columns": columns}, "")
    seen: dict[tuple[Any, ...], int] = {}
    for number, column in enumerate(content["columns"], 1):
        where = f"column {number}"
        if not isinstance(column, Mapping):
            raise DataError(f"{where} = {shown(column)}; expected a table [[columns]]")
        _require(column, COLUMN, f"{where}: ")
        _require_fit(content, column, where)
        name = tuple(column.get(key, 0) for key in ("dataset", "metric", "split", "epochs"))
        if name in seen:
            raise DataError(f"{where} is of the same dataset, metric, split and epochs as column {seen[name]}: {name}")
        seen[name] = number


def _require(content: Mapping[str, Any], kinds: Mapping[str, ColumnKind], where: str) -> None:
    for key, kind in kinds.items():
        if key not in content and kind.needed:
            raise DataError(f"{where}the key {key!r} is missing; expected {kind.expected}")
        if key in content and not kind.fits(content[key]):
            raise DataError(f"{where}{key} = {shown(content[key])}; expected {kind.expected}")
    for key in content:
        if key not in kinds:
            raise DataError(f"{where}{unknown('key', key[:80], kinds)}")


def _require_fit(content: Mapping[str, Any], column: Mapping[str, Any], where: str) -> None:
    """What a column says must fit what the manifest says."""
    expected = {
        "dataset": ["any", *content["datasets"]],
        "epochs": [0, *content["epochs"]],
    }
    for key, known in expected.items():
        if column.get(key, 0) not in known:
            raise DataError(
                f"{where}: {key} = {shown(column[key])}; expected one of {', '.join(map(str, known))}, as the manifest has it"
            )
    at = column.get("at", [])
    if ("epoch" in column["axes"]) != bool(at):
        raise DataError(
            f"{where}: axes = {column['axes']} and at = {shown(at)}; expected the epochs of the axis 'epoch' in 'at', and no"
            " 'at' without that axis"
        )
    if at and at[-1] > column.get("epochs", 0):
        raise DataError(
            f"{where}: at = {shown(at)}; expected epochs up to those of the schedule, {column.get('epochs', 0)}"
        )
