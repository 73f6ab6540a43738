"""JSON files with a record an architecture, whose accuracies are counts of CIFAR-10's 10,000 test images in 32-bit percentages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nasbed.errors import DataError

IMAGES = 10_000
_TOLERANCE = 0.01
"""How far, in images, an accuracy may be from a whole count of them."""


def records_of(path: Path, texts: Sequence[str], form: str) -> list[dict[str, Any]]:
    """The records of the architectures ``texts``, in their order; raises :class:`~nasbed.errors.DataError` for a file that holds
    others or none, and for one without ``params`` and ``flops``.
    """
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is no JSON file: {error}") from None
    if not isinstance(found, dict) or found.keys() != set(texts):
        held = len(found.keys() & set(texts)) if isinstance(found, dict) else 0
        raise DataError(f"{path}: {held:,} architectures of {form}; expected {len(texts):,} and nothing else")
    for text, record in found.items():
        if not isinstance(record, dict) or not all(
            isinstance(record.get(name), int) and 0 < record[name] < 2**31 for name in ("params", "flops")
        ):
            raise DataError(f"{path}: architecture {text} has no params and flops that are whole numbers")
    return [found[text] for text in texts]


def counts_of(path: Path, text: str, record: dict[str, Any], name: str, runs: int) -> list[int]:
    """The number of test images that each training got right, of the percentages under ``name``."""
    accuracies = record.get(name)
    if not isinstance(accuracies, list) or len(accuracies) != runs:
        raise DataError(f"{path}: architecture {text} has {name} {accuracies!r}; expected {runs} accuracies")
    counts = []
    for accuracy in accuracies:
        count = round(accuracy * IMAGES / 100) if isinstance(accuracy, float) and 0 <= accuracy <= 100 else -1
        if count < 0 or abs(accuracy * IMAGES / 100 - count) > _TOLERANCE:
            raise DataError(f"{path}: architecture {text}: {accuracy!r} % is not a count of {IMAGES:,} images")
        counts.append(count)
    return counts
