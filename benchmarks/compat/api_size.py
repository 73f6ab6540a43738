"""``nats_bench.api_size``: what scripts import from there."""

from __future__ import annotations

from nasbed.benchmarks.compat._packages import NATSsize
from nasbed.benchmarks.compat._results import ArchResults, describe
from nasbed.benchmarks.compat._text import SIZE

__all__ = ["ALL_BASE_NAMES", "NATSsize", "print_information"]

ALL_BASE_NAMES = ["NATS-sss-v1_0-50262"]
"""The names of the official files."""


def print_information(information: ArchResults, extra_info: str | None = None, show: bool = False) -> list[str]:
    """The lines of the report on an architecture, printed on request."""
    lines = describe(information, extra_info, SIZE)
    if show:
        print("\n".join(lines))
    return lines
