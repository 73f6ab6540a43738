"""The study of the quick start as it stands gives the table of README.

tests/product/test_readme.py runs the part of it that the table shows.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from places import ROOT
from quick_start import readme_table, shown_table, steady

import nasbed

pytestmark = pytest.mark.thorough


def test_the_table_is_that_of_the_quick_start(tmp_path: Path) -> None:
    results = nasbed.run_study(ROOT / "studies" / "quickstart.toml", tmp_path / "out")
    assert steady(readme_table(results)) == steady(shown_table())
