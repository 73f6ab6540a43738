"""What a call takes of what workers offer: a GPU, for those that train on one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nasbed.studies.series import Series

GPU = "GPU"
"""The name by which workers offer their GPUs, as ``dask worker --resources GPU=1``."""

Needs = tuple[tuple[str, float], ...]
"""What a call takes of a worker, as a key: names and amounts in the order of the names."""


def resources_of(arguments: tuple[Any, ...], asked: Mapping[str, float]) -> dict[str, float]:
    """The resources of a call: those that were asked for, and a GPU where it trains on one.

    >>> resources_of(("chain", {"device": "cuda"}), {})
    {'GPU': 1.0}
    """
    devices = [
        getattr(one.load_benchmark(), "device", "")
        if isinstance(one, Series)
        else one.get("device", "")
        if isinstance(one, Mapping)
        else one
        for one in arguments
    ]
    trains = any(isinstance(device, str) and device == "cuda" for device in devices)
    return {**({GPU: 1.0} if trains else {}), **asked}


def places(threads: int, offered: Mapping[str, float], taken: Mapping[str, float]) -> int:
    """How many calls a worker makes at a time.

    >>> places(4, {"GPU": 2}, {"GPU": 1}), places(4, {}, {"GPU": 1}), places(4, {}, {})
    (2, 0, 4)
    """
    return min([threads, *(int(offered.get(name, 0) // amount) for name, amount in taken.items())])
