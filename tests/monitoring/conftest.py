"""A finished results folder, of which each test has a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from watched import run


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("finished") / "out")


@pytest.fixture
def out(finished: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished, tmp_path / "out")
