"""``nats_bench.api_topology``: what scripts import from there."""

from __future__ import annotations

from nasbed.benchmarks.compat._packages import NATStopology
from nasbed.benchmarks.compat._results import ArchResults, describe
from nasbed.benchmarks.compat._text import TOPOLOGY

__all__ = ["ALL_BASE_NAMES", "NATStopology", "print_information"]

ALL_BASE_NAMES = ["NATS-tss-v1_0-3ffb9"]
"""The names of the official files."""


def print_information(information: ArchResults, extra_info: str | None = None, show: bool = False) -> list[str]:
    """The lines of the report on an architecture, printed on request."""
    lines = describe(information, extra_info, TOPOLOGY)
    if show:
        print("\n".join(lines))
    return lines
