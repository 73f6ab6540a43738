"""A data home of a test's own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    return tmp_path / "home"
