"""Thinking time of runs: summed over the trials of each, told with quartiles, and missing where timings are."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import nasbed
from nasbed.results.thinking import RunThinking, seconds_of
from nasbed.studies.store import Store

STUDY = """
name = "thinking"
seeds = 3
budget = { evaluations = 5 }
[[benchmark]]
use = "nasbench201"
[[strategy]]
use = "random_search"
"""


def test_the_seconds_of_a_run_are_those_before_its_trials() -> None:
    timings = {"seed": np.array([7, 7, 9]), "trial": np.array([0, 1, 0]), "thinking": np.array([0.5, 0.25, 2.0])}
    assert seconds_of(timings, [9, 8, 7]).tolist() == [2.0, 0.0, 0.75]
    thinking = RunThinking(seconds_of(timings, [9, 8, 7]), 3)
    assert thinking.mean == pytest.approx(2.75 / 3)
    assert thinking.quartiles() == pytest.approx((0.375, 0.75, 1.375))
    assert np.isnan([RunThinking.unknown(2).mean, *RunThinking.unknown(2).quartiles()]).all()


def test_every_form_of_table_has_the_seconds_of_a_run_and_none_without_timings(tmp_path: Path) -> None:
    results = nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path / "out")
    (series,) = results.series
    (entry,) = Store(tmp_path / "out").read_record()["series"]
    timings = Store(tmp_path / "out").read("timings", entry["folder"], [0, 1, 2])
    per_run = [timings["thinking"][timings["seed"] == seed].sum(dtype=float) for seed in range(3)]
    assert series.thinking.seconds == pytest.approx(per_run)
    assert series.mean_thinking == pytest.approx(sum(per_run) / 15)
    assert series.thinking.processors
    row = results.summary().iloc[0]
    names = ["thinking_seconds_low", "thinking_seconds", "thinking_seconds_high"]
    assert row[names].tolist() == pytest.approx(np.quantile(per_run, (0.25, 0.5, 0.75)))
    assert "| s a run |" in nasbed.comparison_table(results)
    assert "thinking, s a run" in nasbed.comparison_table(results, "latex")
    assert "thinking_seconds_low" in nasbed.comparison_table(results, "csv")
    assert "s a run" in nasbed.comparison_table(results, "latex-compact", columns=["test_regret", "thinking_seconds"])
    shutil.rmtree(tmp_path / "out" / "timings")
    without = nasbed.Results.load(tmp_path / "out")
    assert without.summary()[names].isna().all(axis=None)
    assert "| s a run |" not in nasbed.comparison_table(without)
