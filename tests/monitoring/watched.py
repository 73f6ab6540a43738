"""A study that runs in a moment, of which some runs may be missing, and what a status of it is asked for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import nasbed
from nasbed.studies.study import Study

SMALL = """
name = "small"
title = "Small & <b>bold</b>"
seeds = 60
budget = { evaluations = 8 }
[[benchmark]]
use = "synthetic"
decisions = 3
label = "one"
[[benchmark]]
use = "synthetic"
decisions = 2
label = "two"
[[strategy]]
use = "random_search"
[[strategy]]
use = "local_search"
"""


def run(out: Path, text: str = SMALL, **options: Any) -> Path:
    """Run the study into a folder."""
    nasbed.run_study(Study.parse(text), out, command=["/usr/bin/nasbed", "run", "my study.toml"], **options)
    return out


def series_folder(out: Path, benchmark: str, strategy: str) -> str:
    """The name of the folder of a series."""
    entries = json.loads((out / "run.json").read_text(encoding="utf-8"))["series"]
    return next(str(one["folder"]) for one in entries if (one["benchmark"], one["strategy"]) == (benchmark, strategy))


def lose(out: Path, benchmark: str, strategy: str, *shards: int) -> None:
    """Delete shards of a series, all where none is named."""
    for kind in ("answers", "timings"):
        folder = out / kind / series_folder(out, benchmark, strategy)
        if not shards:
            shutil.rmtree(folder)
        for first in shards:
            (folder / f"seeds-{first:06d}.parquet").unlink()


def change(out: Path, **content: Any) -> None:
    """Change what the last session says of itself."""
    path = out / "session.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | content), encoding="utf-8")
