"""The form of a baseline's file: what each of its entries must be, before any is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nasbed.errors import BaselineError, named, shown
from nasbed.gate.metrics import COLUMNS, METRICS, columns_of
from nasbed.numeric import real, whole


def _text(found: object) -> bool:
    """a text"""
    return isinstance(found, str)


def _table(found: object) -> bool:
    """a table"""
    return isinstance(found, dict)


def _number(found: object) -> bool:
    """a number"""
    return real(found) is not None


def _positive(found: object) -> bool:
    """a number above 0"""
    return (real(found) or 0) > 0


def _whole(found: object) -> bool:
    """a whole number of at most 53 bits"""
    return abs(number) < 2**53 if (number := whole(found)) is not None else False


@dataclass(frozen=True)
class _IfThere:
    """The form of an entry that may be absent."""

    form: Any


_MEANS = {name: _IfThere([_number, _number]) for name in COLUMNS}
_SCORES = {name: _IfThere({"step": _positive, "least": _whole, "data": _text}) for name in COLUMNS}
_STRATEGY = {
    "use": _text,
    "options": _table,
    "keys": {...: _text},
    "starts": {...: _number},
    "thinking": {...: {"strategy": _number, "python": _positive, "linear_algebra": _positive}},
    "failed": {...: _number},
    "scores": {...: _SCORES},
    "fingerprints": {...: {"data": _text}},
}
_FILE = {
    "study": _text,
    "study_text": _text,
    "seeds": {"first": _whole, "count": _whole},
    "benchmarks": {...: {"use": _text, "options": _table, "data": _text, "report": {...: _text}, "rules": _table,
                         "objective": {"name": _text, "unit": _text},
                         "in_place": _IfThere({...: dict.fromkeys(METRICS, _text)})}},
    "sources": {...: {"benchmark": _text, "harness": _text}},
    "strategies": {...: _STRATEGY},
    "control": {...: {"data": _text}},
    "session": {"started": _text},
    "first": {...: {"started": _text, "seeds": _whole, "means": {...: _MEANS}}},
    "judged": _whole,
    "checksums": {...: _text},
}  # fmt: skip


def require_form(content: dict[str, Any]) -> None:
    """Raises :class:`~nasbed.errors.BaselineError` for the first entry that is missing, or not what it must be."""
    _require(content, _FILE, "")
    all_gated, labels = (
        content["benchmarks"],
        {one for gated in content["benchmarks"].values() for one in gated["report"]},
    )
    for owner, names in (("sources", all_gated), ("control", all_gated), ("first", content["strategies"])):
        _require_names(content[owner], names, owner)
    for name, strategy in content["strategies"].items():
        for owner in ("keys", "starts", "thinking", "failed", "fingerprints"):
            _require_names(strategy[owner], all_gated, f"{owner} of {named(name)}")
        _require_names(strategy["scores"], labels, f"scores of {named(name)}")
        _require_names(content["first"][name]["means"], labels, f"first means of {named(name)}")
        for owner, found in (("scores", strategy["scores"]), ("first means", content["first"][name]["means"])):
            for label, columns in found.items():
                _require_regret(columns, f"{owner} of {named(name)} on {named(label)}")


def _require(found: object, form: Any, where: str) -> None:
    if isinstance(form, dict):
        if not isinstance(found, dict):
            raise BaselineError(f"{where} is {shown(found)}; expected a table")
        each = form.get(...)
        for key in found if each else form:
            its = each or form[key]
            if key in found:
                _require(found[key], its.form if isinstance(its, _IfThere) else its, f"{where} {named(key)}".strip())
            elif not isinstance(its, _IfThere):
                raise BaselineError(f"the key {key!r} is missing{f' in {where}' if where else ''}")
    elif isinstance(form, list):
        if not isinstance(found, list) or len(found) != len(form):
            raise BaselineError(f"{where} is {shown(found)}; expected a list of {len(form)}")
        for one, its in zip(found, form, strict=True):
            _require(one, its, where)
    else:
        fits: Callable[[object], bool] = form
        if not fits(found):
            raise BaselineError(f"{where} is {shown(found)}; expected {fits.__doc__}")


def _require_names(found: dict[str, Any], names: Any, where: str) -> None:
    if missing := sorted(set(names) - set(found)):
        raise BaselineError(f"{where}: {shown(missing[0])} is missing")


def _require_regret(found: dict[str, Any], where: str) -> None:
    """One regret at least, each with all of its columns: what runs do not have is not stored."""
    there = [metric for metric in METRICS if any(name in found for name in columns_of(metric))] or METRICS[:1]
    for metric in there:
        _require_names(found, columns_of(metric), where)
