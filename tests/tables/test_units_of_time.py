"""Time on the clock stands in the unit that suits its size, one for each table."""

from __future__ import annotations

from pathlib import Path

import pytest

import nasbed
from nasbed.summary.registry import statistics
from nasbed.summary.statistic import Family, Shown
from nasbed.tables import comparison

STUDY = """
name = "units"
seeds = 3
budget = { evaluations = 12 }
[[benchmark]]
use = "synthetic"
[[benchmark]]
use = "nasbench201"
[[strategy]]
use = "random_search"
"""
(CLOCK,) = (one for one in statistics(Family.COSTS) if one.name == "simulated_hours")


@pytest.mark.parametrize(
    ("largest", "head", "latex"),
    [
        (0.015, "seconds", "clock, s"),
        (1 / 60, "minutes", "clock, min"),
        (0.99, "minutes", "clock, min"),
        (1.0, "hours", "clock, h"),
        (616.0, "hours", "clock, h"),
        (0.0, "seconds", "clock, s"),
        (float("nan"), "seconds", "clock, s"),
    ],
)
def test_a_unit_is_the_largest_that_is_reached(largest: float, head: str, latex: str) -> None:
    shown = CLOCK.in_unit(largest)
    assert (shown.head_in(Shown.TERMINAL), shown.head_in(Shown.LATEX)) == (head, latex)


def test_each_table_has_one_unit_and_the_numbers_stay_hours(tmp_path: Path) -> None:
    results = nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path / "out")
    heads, cells = [], []
    for table in comparison.tables(results):
        place = [head.key for head in table.heads].index("simulated_hours")
        heads.append(table.heads[place].text)
        cells.append(table.rows[0][place])
    assert heads == ["minutes", "hours"]
    hours = results.summary()["simulated_hours"].tolist()
    assert [cell.value for cell in cells] == hours
    assert [float(cell.text) for cell in cells] == pytest.approx([hours[0] * 60, hours[1]], rel=0.01)
    for table in comparison.tables(results, comparison.LATEX[1]):
        assert "clock, h" in [head.latex for head in table.heads], "all benchmarks share their heads in LaTeX"
