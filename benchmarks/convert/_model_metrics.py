"""The metrics of NAS-Bench-101's trainings, protocol buffers of the type ``ModelMetrics``, read without its library.

A training was evaluated at its start, half-way and at its end. Written in the order of their fields, as by the library, all
messages of one length have their numbers at the same places, and are read at once; any other order is read field by field.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nasbed.errors import DataError

EVALUATIONS = 3
FIELDS = ("current_epoch", "training_time", "train_accuracy", "validation_accuracy", "test_accuracy")
"""The numbers of an evaluation, in the order of their fields 1 to 5."""
_EVALUATION, _PARAMETERS, _TOTAL_TIME = 1, 2, 3
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
"""How a field is written: as a number of any length, in eight bytes, with its length, in four bytes."""
_INSIDE = len(FIELDS) * 9
"""Bytes of an evaluation of which no checkpoint is named."""


class Metrics(NamedTuple):
    """The metrics of some trainings: (trainings, 3, 5) by evaluation and field, ``nan`` where one is absent; trainable parameters,
    and seconds of training and evaluation together, (trainings,).
    """

    evaluations: np.ndarray
    parameters: np.ndarray
    total_time: np.ndarray


def metrics_of(messages: Sequence[bytes]) -> Metrics:
    """The metrics of some messages; raises :class:`~nasbed.errors.DataError` for one that is none."""
    found = Metrics(
        np.full((len(messages), EVALUATIONS, len(FIELDS)), np.nan),
        np.zeros(len(messages), dtype=np.int64),
        np.full(len(messages), np.nan),
    )
    lengths = np.fromiter(map(len, messages), dtype=np.int64, count=len(messages))
    left = np.ones(len(messages), dtype=bool)
    for length in np.unique(lengths):
        digits = int(length) - _layout(0).itemsize
        if 1 <= digits <= 4:
            rows = np.flatnonzero(lengths == length)
            left[rows] = ~_together(found, rows, b"".join([messages[row] for row in rows.tolist()]), digits)
    for row in np.flatnonzero(left).tolist():
        found.evaluations[row], found.parameters[row], found.total_time[row] = _apart(messages[row])
    return found


def _key(field: int, kind: int) -> int:
    return field << 3 | kind


def _layout(digits: int) -> np.dtype[np.void]:
    """A message whose parameters take so many bytes: every number behind the byte that says what it is."""
    number = [("key", "u1"), ("value", "<f8")]
    evaluation = [("key", "u1"), ("size", "u1"), ("numbers", number, (len(FIELDS),))]
    parameters = [("parameters_key", "u1"), ("parameters", "u1", (digits,))]
    return np.dtype([("evaluations", evaluation, (EVALUATIONS,)), *parameters, ("total_time", number)])


def _together(found: Metrics, rows: np.ndarray, content: bytes, digits: int) -> np.ndarray:
    """Read those messages of one length that are written in the order of their fields; says which those are."""
    read = np.frombuffer(content, dtype=_layout(digits))
    evaluations, numbers, parameters = read["evaluations"], read["evaluations"]["numbers"], read["parameters"]
    keys = [_key(field, _DOUBLE) for field in range(1, len(FIELDS) + 1)]
    more = np.arange(digits) < digits - 1
    fits: np.ndarray = (
        (evaluations["key"] == _key(_EVALUATION, _BYTES)).all(axis=1)
        & (evaluations["size"] == _INSIDE).all(axis=1)
        & (numbers["key"] == keys).all(axis=(1, 2))
        & (read["parameters_key"] == _key(_PARAMETERS, _VARINT))
        & ((parameters >> 7 == 1) == more).all(axis=1)
        & (read["total_time"]["key"] == _key(_TOTAL_TIME, _DOUBLE))
    )
    here = rows[fits]
    found.evaluations[here] = numbers["value"][fits]
    found.parameters[here] = (parameters[fits] & 0x7F).astype(np.int64) @ (1 << 7 * np.arange(digits))
    found.total_time[here] = read["total_time"]["value"][fits]
    return fits


def _apart(message: bytes) -> tuple[np.ndarray, int, float]:
    """One message, field by field; fields that are not known are passed over, as the library does."""
    evaluations, parameters, total = [], 0, float("nan")
    for field, value in _fields(message):
        if field == _EVALUATION and isinstance(value, bytes):
            numbers = np.full(len(FIELDS), np.nan)
            for inner, number in _fields(value):
                if 1 <= inner <= len(FIELDS) and isinstance(number, float):
                    numbers[inner - 1] = number
            evaluations.append(numbers)
        elif field == _PARAMETERS and isinstance(value, int):
            parameters = value
        elif field == _TOTAL_TIME and isinstance(value, float):
            total = value
    if len(evaluations) != EVALUATIONS:
        raise DataError(
            f"its metrics have {len(evaluations)} evaluations; expected {EVALUATIONS}: start, half-way and end"
        )
    if parameters >= 1 << 31:
        raise DataError(
            f"its metrics have {parameters:,} trainable parameters; expected a number of 32 bits with a sign"
        )
    return np.array(evaluations), parameters, total


def _fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """The fields of a message: their numbers and values."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind, size = key & 7, {_DOUBLE: 8, _FLOAT: 4}.get(key & 7, 0)
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif not size:
            raise DataError(f"its metrics are no protocol buffer: byte {at} is of the unknown kind {kind}")
        if at + size > len(message):
            raise DataError("its metrics are no protocol buffer: they end inside of a field")
        content = message[at : at + size]
        at += size
        yield key >> 3, struct.unpack("<d", content)[0] if kind == _DOUBLE else content


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """The number that is written seven bits a byte from ``at`` on, and where it ends."""
    number = 0
    for place in range(10):
        if at + place >= len(message):
            raise DataError("its metrics are no protocol buffer: they end inside of a number")
        byte = message[at + place]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, at + place + 1
    raise DataError("its metrics are no protocol buffer: a number has more than ten bytes")
