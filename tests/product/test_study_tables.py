"""Studies say which tables they need that do not ship."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from daily import sampled
from places import ROOT

import nasbed
from nasbed.errors import DataError

STUDIES = [
    path for path in sorted((ROOT / "studies").glob("*.toml")) if "benchmark" in tomllib.loads(path.read_text("utf-8"))
]


@pytest.mark.parametrize("path", sampled(STUDIES, 3), ids=lambda path: path.stem)
def test_a_study_says_which_tables_it_needs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    needed = set()
    for entry in tomllib.loads(text)["benchmark"]:
        options = {name: entry[name] for name in entry if name not in ("use", "label", "budget", "report", "stages")}
        try:
            nasbed.load_benchmark(entry["use"], **options)
        except DataError as error:
            needed |= set(re.findall(r"nasbed data (?:fetch|import) (\w+)", str(error)))
    assert set(re.findall(r"^#.*nasbed data (?:fetch|import) (\w+)", text, re.MULTILINE)) == needed
