"""The kinds of Dask clusters, by the words of an engine's text."""

from __future__ import annotations

import re

from nasbed.errors import EngineError, shown

PREFIX = "dask"
"""What the text of a Dask engine begins with, before a colon."""
ADDRESSES = ("tcp", "tls", "ws", "wss")
"""How the scheduler that an address names is spoken to."""
LOCAL = "local"
QUEUES = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "lsf": "LSFCluster",
    "sge": "SGECluster",
    "htcondor": "HTCondorCluster",
    "oar": "OARCluster",
    "moab": "MoabCluster",
}
"""The queue systems, and what dask-jobqueue calls them."""
MOST = 100_000
"""Workers or jobs that may be asked for."""


def whole(name: str, text: str) -> int:
    """The value of an option that is a count; raises :class:`~nasbed.errors.EngineError`."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MOST:
        raise EngineError(f"{name} = {shown(text)}; expected a whole number from 1 to {MOST:,}")
    return int(text)
