"""Fingerprints of trajectories: four bytes that change when anything in a run does.

Of two runs that differ, one in 2^32 has the same fingerprint. Strategies that use only ``rng`` and Python's arithmetic have the
same on every machine, those that use linear algebra on one platform and its library versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

import numpy as np

TYPES = {"architecture": "<i4", "epochs": "<i4", "value": "<f8"}
"""What a trajectory is: these columns in the order of arrival; numbers of architectures that need 64 bits have them."""


def fingerprints(records: Mapping[str, np.ndarray], seeds: np.ndarray) -> np.ndarray:
    """The fingerprint of the run of each of ``seeds`` (sorted), (runs,) of 32 bits, from flat records sorted by seed.

    >>> records = {"seed": np.array([3, 3, 4]), "architecture": np.array([7, 8, 7]), "epochs": np.array([200, 200, 200]),
    ...            "value": np.array([90.0, 91.0, 90.0])}
    >>> three, four = fingerprints(records, np.array([3, 4]))
    >>> bool(three != four)
    True
    """
    large = bool((records["architecture"] >= 2**31).any())
    kinds = {**TYPES, "architecture": "<i8" if large else "<i4"}
    columns = [np.ascontiguousarray(records[name], dtype=kind) for name, kind in kinds.items()]
    begins = np.searchsorted(records["seed"], seeds, side="left")
    ends = np.searchsorted(records["seed"], seeds, side="right")
    found = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        digest = blake2b(digest_size=4)
        for column in columns:
            digest.update(column[begin:end].tobytes())
        found.append(int.from_bytes(digest.digest(), "little"))
    return np.array(found, dtype=np.uint32)
