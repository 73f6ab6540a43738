"""What docs/benchmarks.md says of each benchmark, and whether it is so."""

from __future__ import annotations

import re
import runpy
from typing import Any

from places import ROOT

from nasbed.searches.loading import load_benchmark
from nasbed.vocabulary import Benchmark

CODE: dict[str, Any] = runpy.run_path(str(ROOT / "studies" / "benchmarks_table.py"), run_name="imported")
SAID: dict[str, dict[str, Any]] = CODE["entries"]()


def require_as_said(benchmark: Benchmark) -> None:
    """What studies/site/benchmarks.toml says of a benchmark, made with its default options."""
    said, offered = SAID[benchmark.name], benchmark.offered()
    assert said["judged"] == benchmark.judged_on
    assert said["several"] == (benchmark.runs > 1)
    assert said["objectives"] == (len(offered.objectives) > 1)
    assert said["listed"] == hasattr(type(benchmark.space), "__len__")
    if benchmark.untimed:
        assert not said["timed"]
    if found := re.match(r"[\d,]+", said["size"]):
        assert int(found[0].replace(",", "")) == benchmark.space.size
    if said["cheaper"] == "resumable":
        assert load_benchmark(benchmark.name, epochs=offered.epochs[:2]).resumable
