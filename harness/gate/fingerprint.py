"""Fingerprints of trajectories: four bytes that change when anything in a run does.

Of two runs that differ, one in 2^32 has the same fingerprint. Strategies that use only ``rng`` and Python's arithmetic have the
same on every machine, those that use linear algebra on one platform and its library versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

import numpy as np

from nasbed.searches.columns import ARCHITECTURE, SEED, TRAJECTORY, content_of, index_dtype


def fingerprints(records: Mapping[str, np.ndarray], seeds: np.ndarray) -> np.ndarray:
    """The fingerprint of the run of each of ``seeds`` (sorted), (runs,) of 32 bits, from flat records sorted by seed, whose values
    are signed: higher is better. It is of the :data:`~nasbed.searches.columns.TRAJECTORY`, in little-endian numbers,
    and of indices beyond 64 bits in their digits.

    >>> records = {"seed": np.array([3, 3, 4]), "architecture": np.array([7, 8, 7]), "epochs": np.array([200, 200, 200]),
    ...            "value": np.array([90.0, 91.0, 90.0])}
    >>> three, four = fingerprints(records, np.array([3, 4]))
    >>> bool(three != four)
    True
    """
    largest = int(records[ARCHITECTURE.name].max(initial=0))
    kinds = {column.name: column.dtype for column in TRAJECTORY} | {ARCHITECTURE.name: index_dtype(largest + 1)}
    columns = [
        np.ascontiguousarray(records[name], dtype=np.dtype(kind).newbyteorder("<")) for name, kind in kinds.items()
    ]
    begins = np.searchsorted(records[SEED.name], seeds, side="left")
    ends = np.searchsorted(records[SEED.name], seeds, side="right")
    found = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        digest = blake2b(digest_size=4)
        for column in columns:
            digest.update(content_of(column[begin:end]))
        found.append(int.from_bytes(digest.digest(), "little"))
    return np.array(found, dtype=np.uint32)
