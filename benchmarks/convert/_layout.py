"""What is official about a space, and how its files are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasbed.benchmarks.convert._reading import (
    Built,
)


@dataclass(frozen=True)
class Format:
    """How files are written: one for each architecture, whose name matches ``pattern``, with a list of all architectures in
    ``meta`` if it is named; or one file with everything, which ``stream`` reads.
    """

    pattern: str
    meta: str
    fetch: Callable[[Path], Any]
    load: Callable[[Any], Any]
    stream: Callable[[Path, Built], Any]


@dataclass(frozen=True)
class Layout:
    """What is official about a space: its architectures as text in their order, its schedules by their key in the files, and
    the seeds. ``count`` gives parameters and multiply-accumulates of an architecture, of the number of classes and of pixels.
    """

    name: str
    title: str
    licence: str
    space: str
    texts: Callable[[], list[str]]
    count: Callable[[str, int, int], tuple[int, int]]
    schedules: Mapping[str, int]
    seeds: tuple[int, ...]
    format: Format
    source: str
    cost_model: str
