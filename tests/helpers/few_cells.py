"""A plan that trains a few cells, and the files that it leaves."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from typer.testing import CliRunner, Result

from nasbed.benchmarks.training.images.table import assembly
from nasbed.benchmarks.training.images.table.plan import TrainingPlan
from nasbed.benchmarks.training.images.table.shards import Shard
from nasbed.commands.cli import app
from nasbed.studies.sessions import LOG, SESSION

CONTENT: dict[str, Any] = {
    "name": "few",
    "title": "A few cells",
    "space": "nasbench201",
    "data": "digits",
    "seeds": 2,
    "first_seed": 76,  # two functions of this sample are drawn twice
    "sample": 8,
    "together": 3,
    "network": {"channels": 4},
    "recipe": {"epochs": 2, "batch": 128, "rate": 0.4},
}
ABSENT: Any = ...


def text(**changes: Any) -> str:
    content = {**copy.deepcopy(CONTENT), **changes}
    return tomli_w.dumps({key: value for key, value in content.items() if value is not ABSENT})


PLAN = TrainingPlan.parse(text())
TRAININGS = 12
SHARDS = ["seed76-00000.npz", "seed76-00001.npz", "seed77-00000.npz", "seed77-00001.npz"]
NEW_SEEDS = (1000, 1001)


def shard(number: int) -> Shard:
    return assembly.shards(PLAN)[number]


def file(out: Path, number: int) -> Path:
    return out / "shards" / SHARDS[number]


def column(folder: Path, name: str) -> np.ndarray:
    found: np.ndarray = np.load(folder / f"{name}.npy")
    return found


def columns(out: Path) -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in (out / "table").glob("*.npy")}
    assert len(files) == 11
    del files["training_time.npy"]
    return files


def names(folder: Path) -> list[str]:
    """The files below a folder, but for what sessions tell of themselves."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in (SESSION, LOG))
    return sorted(str(path.relative_to(folder)) for path in files)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names(folder)}


def times(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (out / "shards").iterdir()}


def sessions(out: Path) -> list[int]:
    return [session["runs"] for session in json.loads((out / "run.json").read_text())["sessions"]]


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def invoke(*words: str) -> Result:
    return CliRunner().invoke(app, words)


WHOLE = "expected a whole number in 1 .. 10,000"


def flip(path: Path) -> None:
    with np.load(path) as arrays:
        loss = arrays["test_loss"].tobytes()
    content = bytearray(path.read_bytes())
    content[content.index(loss)] ^= 1
    path.write_bytes(content)
