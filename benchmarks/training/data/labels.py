"""Labels of examples as their user wrote them: whole numbers or texts, which become the classes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.errors import DataError, shown, told

_LABELS = ("biufUS", "whole numbers or texts")
"""Kinds of NumPy types, and what they are called."""


def array_of(called: str, values: Any, expected: tuple[str, str], noun: str) -> np.ndarray:
    """What is given as ``called``, as an array of one of the expected kinds of NumPy types, which have a name; ``noun`` is what one
    of its entries belongs to.

    Raises :class:`~nasbed.errors.DataError` for anything else and where it is empty.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O" and array.ndim == 1 and all(isinstance(one, str) for one in array.tolist()):
            array = array.astype(str)
    except Exception as error:  # of other libraries' arrays, and of lists of unequal lengths
        raise DataError(f"{called} = {shown(values)}; expected an array of {expected[1]} ({told(error)})") from None
    if array.dtype.kind not in expected[0]:
        raise DataError(f"{called} is an array of {array.dtype}; expected {expected[1]}")
    if not array.size:
        raise DataError(f"{called} is empty, of shape {array.shape}; expected at least one {noun} of each class")
    return array


def numbered(given: Mapping[str, tuple[str, Any]], noun: str) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """The names of the classes, sorted as numbers or as texts, and for each part labels (count,) in 0 .. classes - 1; ``given`` has
    for each part what its labels are called and they themselves, one for each ``noun``.

    Raises :class:`~nasbed.errors.DataError` for what cannot be labels.
    """
    cleaned = {
        part: _labels(called, array_of(called, values, _LABELS, noun), noun) for part, (called, values) in given.items()
    }
    if len({values.dtype.kind for values in cleaned.values()}) > 1:
        names = " and ".join(called for called, _ in given.values())
        raise DataError(f"{names} hold texts and numbers; expected labels of one kind")
    values, numbers = np.unique(np.concatenate(list(cleaned.values())), return_inverse=True)
    ends = np.cumsum([len(one) for one in cleaned.values()])[:-1]
    parts = np.split(numbers.astype(np.int64), ends)
    return tuple(str(value) for value in values.tolist()), dict(zip(cleaned, parts, strict=True))


def _labels(called: str, values: np.ndarray, noun: str) -> np.ndarray:
    """Labels (count,) as texts or as int64."""
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise DataError(
            f"{called} is of shape {values.shape}; expected one label for each {noun}: (count,); of scores by class take argmax(1)"
        )
    if values.dtype.kind == "S":
        try:
            values = np.char.decode(values, "utf-8")
        except UnicodeDecodeError:
            raise DataError(
                f"{called} holds bytes that are no text in UTF-8; expected whole numbers or texts"
            ) from None
    if values.dtype.kind in "Ub":
        return values.astype(str) if values.dtype.kind == "b" else values
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int64)
    if (odd := np.flatnonzero(whole != values)).size:
        raise DataError(
            f"{called}[{odd[0]}] = {shown(values[odd[0]].item())}; expected whole numbers or texts as labels"
        )
    return whole


def class_values(data: Any, names: Sequence[str]) -> np.ndarray:
    """The classes (count,) of what was read from ``data``, in the order of ``names``: whole numbers or truth values where the
    labels of arrays are such, else texts.
    """
    kind = _given_labels(data).dtype.kind
    if kind == "b":
        return np.array([name == "True" for name in names])
    return np.array([int(name) for name in names], np.int64) if kind in "iuf" else np.array(names, dtype=str)


def _given_labels(data: Any) -> np.ndarray:
    """The labels of arrays; of other data an empty array of texts."""
    if isinstance(data, tuple):
        return np.asarray(data[-1])
    if isinstance(data, (str, Path)) and zipfile.is_zipfile(path := Path(data).expanduser()):
        with np.load(path, allow_pickle=False) as content:
            return np.asarray(content["labels" if "labels" in content.files else "y_train"])
    return np.array([], dtype=str)
