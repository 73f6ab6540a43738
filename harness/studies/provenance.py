"""What a result needs to be understood and repeated: versions, platform, sources, data, study, command, time."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nasbed.machine import cpu_model
from nasbed.studies.study import Study

_PACKAGES = ("nasbed", "numpy", "scipy", "pandas", "pyarrow", "matplotlib")


@dataclass
class SessionRecord:
    """The content of ``run.json``: the study, the series with all that they depend on, and the sessions that ran them."""

    content: dict[str, Any]
    session: dict[str, Any]
    wall: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=lambda: _cpu())

    def text(self, *, complete: bool, runs: int) -> str:
        """The file as it stands after ``runs`` runs of this session; a session without any is not kept."""
        spent = {"wall_seconds": round(time.perf_counter() - self.wall, 3), "cpu_seconds": round(_cpu() - self.cpu, 3)}
        sessions = [*self.content["sessions"], *([{**self.session, "runs": runs, **spent}] if runs else [])]
        return (
            json.dumps({**self.content, "complete": complete, "sessions": sessions}, indent=2, ensure_ascii=False)
            + "\n"
        )


def provenance(
    study: Study,
    series: list[dict[str, Any]],
    engine: str,
    command: list[str] | None,
    sessions: list[dict[str, Any]],
    bounds: dict[str, Any],
) -> SessionRecord:
    """The record of a session that is about to start, after the ``sessions`` that ran parts of the study before.

    ``bounds`` are the scales and reference points of several objectives that were fixed before.
    """
    return SessionRecord(
        {
            "study": study.name,
            "seeds": {"first": study.seeds[0], "count": len(study.seeds)},
            "study_text": study.text,
            "series": series,
            **({"bounds": bounds} if bounds else {}),
            "sessions": sessions,
        },
        session(engine, command),
    )


def session(engine: str, command: list[str] | None, packages: Sequence[str] = ()) -> dict[str, Any]:
    """When, where and with what a session runs; ``packages`` are named beside those of every session.

    ``id`` tells sessions apart that ran the same for the same time, such as two slices of a study.
    """
    return {
        "id": uuid.uuid4().hex,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command if command is not None else sys.argv,
        "engine": engine,
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in (*_PACKAGES, *packages)}},
        "platform": {
            "system": platform.platform(),
            "machine": platform.machine(),
            "cpu": cpu_model(),
            "cores": os.cpu_count(),
        },
        "git": _git(Path.cwd()),
    }


@cache
def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cpu() -> float:
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


def _git(folder: Path) -> dict[str, Any] | None:
    """Commit and whether files differ from it, of the checkout that the command was run in."""

    def ask(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    try:
        return {
            "commit": ask("rev-parse", "HEAD"),
            "modified": bool(ask("status", "--porcelain", "--untracked-files=no")),
        }
    except (OSError, subprocess.SubprocessError):
        return None
