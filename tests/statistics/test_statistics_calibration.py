"""A small part of the calibration again, and the page that shows it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statistics_calibration as calibration
from daily import sampled
from pages import inserted

from nasbed.statistics.intervals import COVERAGE, coverage
from nasbed.statistics.paired import contrast


@pytest.fixture(scope="module")
def kept() -> pd.DataFrame:
    return pd.read_csv(calibration.KEPT)


def test_all_rows_are_kept_and_the_page_shows_them(kept: pd.DataFrame) -> None:
    assert list(zip(kept["row"], kept["size"], strict=True)) == [
        (row.name, size) for row in calibration.ROWS.values() for size in row.sizes
    ]
    page = calibration.PAGE.read_text(encoding="utf-8")
    assert inserted(page, calibration.tables(kept)) == page


def test_the_coverage_that_reports_state_is_the_measured_one(kept: pd.DataFrame) -> None:
    mine = kept[kept["row"] == "t interval (used), mean regret"]
    assert dict(zip(mine["size"], mine["found"].round(3), strict=True)) == COVERAGE
    assert coverage(29) == (20, COVERAGE[20])
    assert coverage(10**6) == (300, COVERAGE[300])


@pytest.mark.parametrize(
    ("name", "size", "repetitions"),
    sampled(
        [
            ("Wilcoxon signed-rank test (Pratt), strategies alike", 30, 4000),
            ("Holm, 12 contrasts, all alike (any)", 100, 500),
            ("Wilcoxon, equal means but other shapes", 300, 500),
            ("Bayesian mean, 0.2 sd apart: sure (0.95) of less", 300, 200),
            ("t interval (used), mean regret", 10, 1000),
            ("percentile bootstrap, mean regret", 10, 500),
            ("bootstrap-t, mean paired difference", 20, 300),
            ("BCa bootstrap, mean regret, most skewed cell", 20, 300),
            ("expanded percentiles (used), interquartile mean", 20, 400),
            ("t interval of a trimmed mean, interquartile mean", 5, 400),
            ("BCa bootstrap, interquartile mean", 10, 300),
            ("bootstrap-t, interquartile mean", 5, 300),
            ("t interval, mean area under the curve (AUC)", 10, 1000),
            ("t interval, mean paired difference of hypervolume regrets", 5, 1000),
            ("t interval, mean IGD+", 10, 1000),
            ("t interval, mean rank of five on each seed", 5, 100),
            ("t interval, share of runs within a regret (not used)", 10, 500),
            ("Wilson's interval, the same, mean over 3 benchmarks", 3, 500),
            ("Wilson's interval, share of targets reached", 10, 100),
            ("Importance, share of a pair of options", 5, 20),
            ("Equivalence (TOST, p < 0.05), means 0.1 sd apart", 1000, 200),
            ("Wilson's interval, share of images told right", 50, 1000),
            ("Stratified bootstrap, interquartile mean", 30, 100),
            ("Probability of improvement", 30, 100),
            ("Kendall's tau, two data sets", 10, 100),
            ("Pair correlation (Fisher)", 50, 100),
            ("Smallest detectable difference, 3 contrasts", 10, 500),
            ("Smallest detectable difference, 30 contrasts", 20, 500),
            ("Smallest detectable difference, 12 contrasts", 100, 200),
            ("Friedman, 5 strategies alike", 10, 100),
            ("Conover (Holm) after Friedman, 4 of 5 alike (any of their pairs)", 10, 60),
            ("Two-level bootstrap, effects differ by 0.5 sd", 5, 60),
        ],
        3,
    ),
)
def test_a_small_part_agrees_with_what_is_kept(name: str, size: int, repetitions: int, kept: pd.DataFrame) -> None:
    row = calibration.ROWS[name]
    before = kept[(kept["row"] == name) & (kept["size"] == size)].iloc[0]
    rng = np.random.default_rng(11)  # another stream than the study's
    found = float(np.mean(row.measure(rng, size, repetitions)))
    share = min(max(before["found"], 0.01), 0.99)
    error = (share * (1 - share) * (1 / repetitions + 1 / before["repetitions"])) ** 0.5
    assert found == pytest.approx(before["found"], abs=4 * error)


def test_the_promised_power_holds_within_three_points_or_is_not_promised(kept: pd.DataFrame) -> None:
    lines = kept[(kept["table"] == "of power") & kept["size"].isin([10, 20, 30, 100])].set_index(["row", "size"])[
        "found"
    ]
    assert len(lines) == 4 * len(calibration.FAMILIES)
    out_of_reach = {(f"Smallest detectable difference, {family} contrasts", 10) for family in (12, 30)}
    assert set(lines[lines.isna()].index) == out_of_reach
    assert lines.dropna().between(0.77, 0.83).all()
    found = calibration.detectable(np.random.default_rng(1), 10, 50, 12)
    assert np.isnan(found).all()


def test_of_the_intervals_the_one_that_is_used_covers_best_with_few_seeds(kept: pd.DataFrame) -> None:
    by = kept[kept["table"] == "of intervals of means"].set_index(["row", "size"])["found"]
    for what in ("mean regret", "mean paired difference"):
        for size in (3, 10, 30):
            used, percentile = by[f"t interval (used), {what}", size], by[f"percentile bootstrap, {what}", size]
            assert abs(used - 0.95) < abs(percentile - 0.95)


def test_no_interval_that_is_used_covers_less_than_93_of_100_from_ten_seeds_on_but_those_that_are_told(
    kept: pd.DataFrame,
) -> None:
    """Those of a mean regret and of shares of targets, for which the page says it; the other methods are only compared."""
    used = kept[kept["table"].isin(["of intervals of interquartile means", calibration.OTHERS]) & (kept["size"] >= 10)]
    poor = used[(used["found"] < 0.93) & ~used["row"].str.contains("not used")]
    compared = [f"{name}, interquartile mean" for name in calibration.INTERQUARTILE if "used" not in name]
    told = {"Wilson's interval, share of targets reached", "t interval, mean IGD+"}
    assert set(poor["row"]) - set(compared) == told
    by = kept.set_index(["row", "size"])["found"]
    for size in (5, 10, 20):
        mine = by["expanded percentiles (used), interquartile mean", size]
        assert all(mine > by[name, size] for name in compared)


def test_a_kept_line_comes_out_again(kept: pd.DataFrame) -> None:
    for name, size in (("Wilcoxon signed-rank test (Pratt), strategies alike", 20), ("BCa bootstrap, mean regret", 3)):
        line = calibration.measured(calibration.ROWS[name], size)
        assert line == kept[(kept["row"] == name) & (kept["size"] == size)].iloc[0].to_dict()


def test_the_test_that_is_measured_is_that_of_contrasts() -> None:
    scores = calibration.alike(np.random.default_rng(1), 25, 60, 2)
    scores[0] = scores[0, :1]
    expected = [contrast(ours, theirs).p for ours, theirs in scores]
    assert calibration.signed_rank(scores[:, 0] - scores[:, 1]) == pytest.approx(expected)


def test_verdicts_and_from_where_a_promise_is_kept() -> None:
    def line(size: int, found: float, promise: str = "equal") -> dict[str, object]:
        return {"size": size, "found": found, "nominal": 0.95, "error": 0.01, "promise": promise}

    found = [calibration.verdict(pd.Series(line(1, value, promise))) for value, promise in (
        (0.93, "equal"), (0.9, "equal"), (0.99, "equal"), (0.99, "at most"), (0.9, "at most"))]  # fmt: skip
    assert found == [0, 1, -1, 1, -1]
    assert calibration.holds_from(pd.DataFrame([line(10, 0.95), line(30, 0.9), line(50, 0.94), line(99, 0.99)])) == "50"
    assert calibration.holds_from(pd.DataFrame([line(10, 0.95), line(30, 0.9)])) == "–"
