"""``nats_bench.api_utils`` and ``nas_201_api.api_utils``: what scripts import from there.

>>> from nasbed.benchmarks.compat.api_utils import ArchResults, remap_dataset_set_names, time_string
>>> remap_dataset_set_names("cifar10", "valid"), len(time_string())
(('cifar10-valid', 'x-valid'), 21)
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from nasbed.benchmarks.compat._api import TableAPI as NASBenchMetaAPI
from nasbed.benchmarks.compat._records import remap
from nasbed.benchmarks.compat._refusals import PICKLES, NotAllowed, left_out
from nasbed.benchmarks.compat._results import ArchResults
from nasbed.benchmarks.compat._trainings import ResultsCount

__all__ = [
    "PICKLE_EXT",
    "ArchResults",
    "NASBenchMetaAPI",
    "ResultsCount",
    "get_torch_home",
    "remap_dataset_set_names",
    "time_string",
]

PICKLE_EXT = "pickle.pbz2"
"""The ending of the official files."""

_FILES = "there is no other file system than the machine's"
_WITHHELD = {
    **dict.fromkeys(("pickle_load", "pickle_save"), PICKLES),
    **dict.fromkeys(("reset_file_system", "get_file_system", "nats_is_dir", "nats_is_file"), _FILES),
}


def time_string() -> str:
    """Date and time in UTC, as ``[2022-10-06 12:30:00]``."""
    return f"[{datetime.now(UTC):%Y-%m-%d %H:%M:%S}]"


def get_torch_home() -> str:
    """The folder in which scripts look for the official files: ``TORCH_HOME``, else ``.torch`` in the home."""
    if chosen := os.environ.get("TORCH_HOME"):
        return chosen
    if "HOME" not in os.environ:
        raise NotAllowed("neither TORCH_HOME nor HOME is set; set TORCH_HOME to the folder of the official files")
    return str(Path(os.environ["HOME"]) / ".torch")


def remap_dataset_set_names(dataset: str, metric_on_set: str, verbose: bool = False) -> tuple[str, str]:
    """The data set and evaluation set that ``valid`` and ``test`` stand for."""
    found = remap(dataset, metric_on_set)
    if verbose:
        print(f"{dataset}, {metric_on_set} stand for {', '.join(found)}")
    return found


if not TYPE_CHECKING:

    def __getattr__(name: str) -> NoReturn:
        left_out(__name__, name, _WITHHELD)
