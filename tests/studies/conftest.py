"""A module of a user, and a results folder."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny import TINY

import nasbed
from nasbed.studies.study import Study


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Writes the module ``mine`` into ``tmp_path``, from where it can be imported, anew each time."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(source: str) -> Path:
        path = tmp_path / "mine.py"
        path.write_text(source)
        sys.modules.pop("mine", None)
        importlib.invalidate_caches()
        return path

    yield write
    sys.modules.pop("mine", None)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A results folder of the tiny study."""
    nasbed.run_study(Study.parse(TINY), tmp_path / "out")
    return tmp_path / "out"
