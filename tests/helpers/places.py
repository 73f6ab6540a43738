"""Where the project lies, and the data beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
SHARED = ROOT.parent / "shared"

needs_shared = pytest.mark.skipif(
    not (SHARED / "data" / "README.md").exists(),
    reason="needs the tables of ../shared/data, which are not part of the project",
)
