"""What the records of searches under way say of their incumbents."""

from __future__ import annotations

import json
from math import isnan
from pathlib import Path

import pytest

from nasbed.benchmarks.spaces.digits import LongDigitSpace
from nasbed.benchmarks.synthetic import Synthetic
from nasbed.monitoring.searches import read_searches
from nasbed.searches.rules import Incumbent


def written(folder: Path, answers: list[tuple[int, float]]) -> Path:
    """A record of answers, each an architecture and a value."""
    path = folder / "0.jsonl"
    lines = [
        json.dumps([trial, arch, 1, float(trial), [1.0], [None if isnan(value) else value]])
        for trial, (arch, value) in enumerate(answers)
    ]
    path.write_text("\n".join(["{}", *lines, ""]))
    return path


@pytest.mark.parametrize(("rule", "best", "value"), [("best", 2**63 + 1, 9.0), ("mean", 5, 7.0)])
def test_the_incumbent_is_by_the_rule_and_its_number_exact(
    tmp_path: Path, rule: Incumbent, best: int, value: float
) -> None:
    answers = [(5, 7.0), (2**63 + 1, 9.0), (2**63 + 1, 3.0), (2**63 + 3, 5.0), (5, float("nan"))]
    found = read_searches([written(tmp_path, answers)], None, rule)
    assert (found.searches, found.evaluations, found.failed) == (1, 5, 1)
    assert (found.architecture, found.value) == (f"architecture {best}", value)


def test_under_the_rule_mean_its_value_is_the_mean(tmp_path: Path) -> None:
    found = read_searches([written(tmp_path, [(4, 9.0), (4, 5.0), (3, 6.0)])], None, "mean")
    assert (found.architecture, found.value) == ("architecture 4", 7.0)


def test_an_architecture_of_a_large_space_is_written_as_it_is(tmp_path: Path) -> None:

    benchmark = Synthetic(decisions=20, values=10)
    assert isinstance(benchmark.space, LongDigitSpace)
    arch = tuple([9] * 19 + [7])
    found = read_searches([written(tmp_path, [(5, 1.0), (benchmark.space.index(arch), 2.0)])], benchmark)
    assert found.architecture == benchmark.space.format(arch)
