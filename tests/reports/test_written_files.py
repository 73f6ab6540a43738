"""What is written of results is the same each time. That pictures of all kinds are is seen in tests/figures."""

from __future__ import annotations

from pathlib import Path

import pytest

import nasbed


@pytest.fixture
def results(tiny_results: nasbed.Results) -> nasbed.Results:
    return tiny_results


@pytest.mark.thorough
@pytest.mark.usefixtures("drawn_once")
def test_written_files_are_the_same_bytes_each_time(results: nasbed.Results, tmp_path: Path) -> None:
    first, second = nasbed.write_tables(results, tmp_path / "a"), nasbed.write_tables(results, tmp_path / "b")
    assert [file.name for file in first] == [file.name for file in second]
    assert {"table.md", "table.tex", "table.csv", "curves.pdf", "curves.svg", "curves.png", "curves.csv"} <= {
        f.name for f in first
    }
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
