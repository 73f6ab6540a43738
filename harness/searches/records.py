"""The record of a live search: what was answered, in the order of arrival, so that a killed search goes on from there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from math import isnan, nan
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from nasbed.errors import StoreError, shown
from nasbed.locks import alone

FORM = 1
"""The form of the file; a record of another is refused."""


class RecordedAnswer(NamedTuple):
    """How one evaluation ended: ``time`` is the clock in seconds at its arrival, ``costs`` what it took, seconds
    first.
    """

    trial: int
    architecture: int
    epochs: int
    time: float
    costs: tuple[float, ...]
    values: tuple[float, ...]


class SearchRecord:
    """A file of JSON lines: of what search it is, then one answer a line, each on the disk before the search goes on.

    What a killed search has left is read when the record is opened, and a last line that was cut off is dropped. While it is open
    no other process can write to it.
    """

    def __init__(self, path: Path | str, search: Mapping[str, Any]) -> None:
        """Open a record of ``search``, or begin one.

        Raises :class:`~nasbed.errors.StoreError` where the file is of another search, damaged, used by another process, or cannot
        be read or written.
        """
        try:
            self.path = Path(path)
        except TypeError:
            raise StoreError(f"record = {shown(path)}; expected the path of a file") from None
        self._search = {"nasbed record": FORM, **search}
        self._held = ExitStack()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._held.enter_context(alone(self.path, "choose another record"))
            self.answers, whole = self._read(self.path.read_bytes() if self.path.exists() else b"")
            self._file: BinaryIO = self._held.enter_context(self.path.open("ab"))
            self._file.truncate(whole)
            if not whole:
                self._append(self._search)
        except (OSError, ValueError) as error:  # the latter of a path that no file can have
            self.close()
            reason = getattr(error, "strerror", None) or error
            raise StoreError(f"the record {self.path} cannot be opened: {reason}; choose another file") from None
        except StoreError:
            self.close()
            raise

    def _read(self, content: bytes) -> tuple[list[RecordedAnswer], int]:
        """The answers, and how many bytes of the file are whole lines."""
        lines = [line for line in content.splitlines(keepends=True) if line.endswith(b"\n")]
        if lines:
            self._require_same(lines[0])
        return [self._answer(line, place) for place, line in enumerate(lines[1:], 2)], sum(map(len, lines))

    def _require_same(self, line: bytes) -> None:
        """Raises :class:`~nasbed.errors.StoreError` where the record is of another search than this."""
        try:
            recorded: dict[str, Any] = dict(json.loads(line))
        except (ValueError, TypeError):
            raise StoreError(f"{self.path} is no record of a search; choose another file") from None
        ours: dict[str, Any] = json.loads(json.dumps(self._search))
        for name in [*ours, *recorded]:
            if ours.get(name) != recorded.get(name):
                raise StoreError(
                    f"the record {self.path} is of another search: {name} is {shown(recorded.get(name))} there and"
                    f" {shown(ours.get(name))} here; choose another file, or delete this one to search anew"
                )

    def _answer(self, line: bytes, place: int) -> RecordedAnswer:
        try:
            trial, architecture, epochs, time, costs, values = json.loads(line)
            return RecordedAnswer(
                int(trial),
                int(architecture),
                int(epochs),
                float(time),
                tuple(map(float, costs if isinstance(costs, list) else [costs])),
                tuple(nan if one is None else float(one) for one in values),
            )
        except (ValueError, TypeError):
            raise StoreError(
                f"line {place} of the record {self.path} is damaged; delete the file to search anew"
            ) from None

    def append(self, answer: RecordedAnswer) -> None:
        """Write an answer through to the disk; raises :class:`~nasbed.errors.StoreError`."""
        costs = answer.costs if len(answer.costs) > 1 else answer.costs[0]
        self._append([*answer[:4], costs, [None if isnan(one) else one for one in answer.values]])

    def _append(self, content: object) -> None:
        try:
            self._file.write(json.dumps(content, separators=(",", ":")).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StoreError(
                f"cannot write the record {self.path}: {error.strerror}; make room for it, and the same search goes on from"
                " what it holds"
            ) from None

    def close(self) -> None:
        """Close the file, and let others write to it; done again, it changes nothing."""
        self._held.close()
