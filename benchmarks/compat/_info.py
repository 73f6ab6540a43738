"""Answers that say why a number is not in them."""

from __future__ import annotations

from typing import Any

from nasbed.benchmarks.compat._refusals import NotRecorded


class Info(dict[str, Any]):
    """A dictionary that says why a key is not in it: :class:`~nasbed.benchmarks.compat.NotRecorded`, a ``KeyError``."""

    def __init__(self, values: dict[str, Any], where: str) -> None:
        super().__init__(values)
        self.where = where

    def __missing__(self, key: str) -> Any:
        raise NotRecorded(f"{key!r} is not among {', '.join(self)}: not recorded of {self.where}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Info, (dict(self), self.where)
