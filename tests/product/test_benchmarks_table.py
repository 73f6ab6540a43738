"""The tables of all benchmarks in docs/benchmarks.md are those of the code, and what is said of a benchmark is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from said import CODE, SAID, require_as_said

from nasbed.benchmarks import REGISTRY
from nasbed.searches.loading import load_benchmark

TRAINING = ("cells", "chain", "sequence", "sizes")
"""Benchmarks that train on images or sequences, and need no table."""


def test_the_page_has_the_tables_of_the_code() -> None:
    assert CODE["PAGE"].read_text(encoding="utf-8") == CODE["page"](), "run: python studies/benchmarks_table.py"
    rows = re.findall(r"^\| `(\w+)` \|", CODE["tables"](), re.MULTILINE)
    assert sorted(rows) == sorted(REGISTRY.builtin() * 2)


def test_a_benchmark_without_an_entry_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = CODE["entries"]
    text = CODE["ENTRIES"].read_text(encoding="utf-8")
    (tmp_path / "benchmarks.toml").write_text(text.replace("[fcnet]", "[fcnat]"), encoding="utf-8")
    monkeypatch.setitem(entries.__globals__, "ENTRIES", tmp_path / "benchmarks.toml")
    with pytest.raises(SystemExit, match=r"benchmarks\.toml has no entry for fcnet; say there what each holds"):
        entries()
    (tmp_path / "benchmarks.toml").write_text(text.replace("timed = ", "time = ", 1), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"\[nasbench201\]: time, timed; expected size, data"):
        entries()


@pytest.mark.parametrize("name", ["digits201", "nasbench201", "synthetic", "vowels"])
def test_what_is_said_of_a_benchmark_is_so(name: str) -> None:
    """Of those that need nothing; tests of the others ask it of theirs."""
    require_as_said(load_benchmark(name))


@pytest.mark.parametrize("name", [name for name in SAID if name in TRAINING])
def test_what_trains_is_judged_by_retraining(name: str) -> None:
    assert SAID[name]["judged"] == "retraining"
    assert not hasattr(REGISTRY.load(name), "table")
