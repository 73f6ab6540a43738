"""``nas_201_api.api_201``: what scripts import from there."""

from __future__ import annotations

from nasbed.benchmarks.compat._packages import NASBench201API
from nasbed.benchmarks.compat._results import ArchResults, describe
from nasbed.benchmarks.compat._text import NASBENCH201

__all__ = ["ALL_ARCHIVE_DIRS", "ALL_BENCHMARK_FILES", "NASBench201API", "print_information"]

ALL_BENCHMARK_FILES = ["NAS-Bench-201-v1_0-e61699.pth", "NAS-Bench-201-v1_1-096897.pth"]
ALL_ARCHIVE_DIRS = ["NAS-Bench-201-v1_1-archive"]
"""The names of the official files."""


def print_information(information: ArchResults, extra_info: str | None = None, show: bool = False) -> list[str]:
    """The lines of the report on an architecture, printed on request."""
    lines = describe(information, extra_info, NASBENCH201)
    if show:
        print("\n".join(lines))
    return lines
