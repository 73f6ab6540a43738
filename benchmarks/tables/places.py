"""Where tables live: the folder of those that ship, and the data home of a user's own."""

from __future__ import annotations

import os
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent.parent / "data"
"""The tables that ship with the package."""
DOWNLOADED = (
    "fcnet",
    "hpobench_mlp",
    "hw_nasbench201",
    "nasbench201_12epochs",
    "nasbench_graph",
    "nasbench_graph_proteins",
    "nasbench_macro",
    "zero_cost_nasbench201",
)
"""The tables whose published files ``nasbed data fetch`` gets; the others are made of files that a user has."""


def home() -> Path:
    """The data home: ``NASBED_DATA``, else the platform's folder for a user's data."""
    if chosen := os.environ.get("NASBED_DATA"):
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("nasbed", appauthor=False)


def received() -> Path:
    """Where tables that other machines sent are kept, by their checksums, in the platform's folder for a user's caches."""
    from platformdirs import user_cache_path

    return user_cache_path("nasbed", appauthor=False) / "tables"
