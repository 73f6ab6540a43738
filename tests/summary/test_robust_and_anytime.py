"""Robust and anytime measures: of arrays that can be checked by hand, and in every table, page and command of results."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from forking import Command
from scipy import stats

import nasbed
from nasbed.reports import html, markdown
from nasbed.statistics.estimators import (
    FEW,
    bayesian_mean,
    interquartile_interval,
    interquartile_mean,
    trimmed_interval,
)
from nasbed.summary.anytime import STATISTICS as ANYTIME
from nasbed.summary.robust import ROPE
from nasbed.summary.robust import STATISTICS as ROBUST
from nasbed.summary.statistic import FinalScores, Pair, SearchCourse
from nasbed.tables import stability
from nasbed.tables.notes import about_measures

(IQM, EQUIVALENT), (AREA, REACHED) = ([one for one in found if one.numbers] for found in (ROBUST, ANYTIME))


def numbers(statistic: nasbed.summary.statistic.Statistic, of: object) -> dict[str, float]:
    assert statistic.numbers is not None
    return dict(statistic.numbers(of))


def test_the_area_and_the_running_time_of_two_runs() -> None:
    """The first reaches 1 with its second evaluation; the second spends all four, and ends at 2."""
    curve = np.array([[3.0, 1.0, 1.0, 1.0], [4.0, 4.0, 2.0, 2.0]])
    course = SearchCourse(curve, curve, np.array([4, 4]), 1.0, 0.0)
    found = numbers(REACHED, course)
    assert found == {"target": 1.0, "reached": 0.5, "expected_running_time": 6.0}
    assert numbers(AREA, course)["area"] == 2.25
    turned = numbers(AREA, course._replace(turn=-1.0, least=-np.inf))
    assert turned["area"] == -2.25
    assert turned["area_low"] < turned["area"] < turned["area_high"]
    assert numbers(REACHED, course._replace(target=0.5))["expected_running_time"] == np.inf
    assert numbers(AREA, course._replace(curve=curve[:0])) == {}


def test_the_interval_of_an_interquartile_mean_covers_it() -> None:
    rng = np.random.default_rng(1)
    samples = rng.standard_normal((2_000, 20))
    ends = np.array([interquartile_interval(sample) for sample in samples])
    covered = (ends[:, 0] <= 0) & (ends[:, 1] >= 0)
    assert covered.mean() == pytest.approx(0.95, abs=0.02)
    few = rng.standard_normal(3)  # of which nothing is cut
    assert interquartile_interval(few) == pytest.approx(stats.t.interval(0.95, 2, few.mean(), stats.sem(few)))
    assert interquartile_interval(np.array([0.1, 0.2, 0.9]), least=0.0)[0] == 0.0
    assert np.isnan(interquartile_interval(few[:1])).all()
    assert interquartile_interval(np.full(30, 0.3)) == (0.3, 0.3)


def test_with_many_seeds_a_resampled_interquartile_mean_has_the_interval_of_a_trimmed_mean() -> None:
    values = np.random.default_rng(3).gamma(2.0, size=FEW + 1)
    assert interquartile_interval(values) == trimmed_interval(values)
    low, high = trimmed_interval(values[1:])
    assert interquartile_interval(values[1:]) == pytest.approx((low, high), abs=0.15 * (high - low))


def test_an_interquartile_mean_lies_in_its_interval_which_stops_at_the_least_regret() -> None:
    values = np.array([0.0, 0.1, 0.2, 9.0])
    found = numbers(IQM, FinalScores(values, 0.0))
    assert found["iqm"] == pytest.approx(0.15)
    assert 0 <= found["iqm_low"] <= found["iqm"] <= found["iqm_high"]


def test_equivalence_is_within_a_tenth_of_the_references_spread() -> None:
    rng = np.random.default_rng(2)
    theirs = rng.standard_normal(40)
    ours = theirs + 0.01 * rng.standard_normal(40)
    found = numbers(EQUIVALENT, Pair(ours, theirs, {}))
    rope = ROPE * float(np.std(theirs, ddof=1))
    posterior = bayesian_mean(ours - theirs, rope)
    assert found == pytest.approx({"rope": rope, "equivalent": posterior.equivalent, "tost_p": posterior.tost})
    lower = stats.ttest_1samp(ours - theirs, -rope, alternative="greater").pvalue
    upper = stats.ttest_1samp(ours - theirs, rope, alternative="less").pvalue
    assert found["tost_p"] == pytest.approx(max(lower, upper), rel=1e-6, abs=1e-12)
    assert found["equivalent"] > 0.95
    for unknown in (Pair(ours[:5], theirs[:5], {}), Pair(ours, np.ones(40), {})):
        assert np.isnan(list(numbers(EQUIVALENT, unknown).values())).all()


def test_the_summary_has_them_of_its_own_runs(tiny_results: nasbed.Results) -> None:
    summary = tiny_results.summary().set_index(["benchmark", "strategy"])
    label = next(iter(tiny_results.benchmarks))
    row = summary.loc[(label, "RE, small")]
    ours, theirs = (tiny_results.scores()[name][:, 0] for name in ("RE, small", "random_search"))
    curve = tiny_results.series_of(label, "RE, small").runs.validation_regret
    assert row["validation_regret_iqm"] == interquartile_mean(ours[:, None])
    assert row["area"] == pytest.approx(curve.mean())
    assert row["target"] == np.median(theirs)
    hits = [int(np.argmax(run <= np.median(theirs))) + 1 if run.min() <= np.median(theirs) else None for run in curve]
    spent = sum(25 if hit is None else hit for hit in hits)
    assert row["reached"] == np.mean([hit is not None for hit in hits])
    assert row["expected_running_time"] == pytest.approx(spent / sum(hit is not None for hit in hits))
    assert np.isnan(summary.loc[(label, "random_search"), "validation_regret_equivalent"])


def test_tables_page_and_report_show_them_and_their_targets(tiny_results: nasbed.Results) -> None:
    row = tiny_results.summary().iloc[1]
    shown = f"{row['expected_running_time']:.1f}"
    (note,) = about_measures(tiny_results)
    assert re.search(r"Targets: \S+ on nasbench201/cifar100; \S+ on nasbench201/ImageNet16-120\.", note)
    text = nasbed.comparison_table(tiny_results, "markdown").partition("## Robust and anytime measures")[2]
    assert shown in text
    assert note.split(".")[0] in text
    latex = nasbed.comparison_table(tiny_results, "latex").split(r"\begin{table*}")
    assert len(latex) == 4
    assert shown in latex[3]
    page = html.page(tiny_results, tiny_results.curves()).partition('<section id="measures"')[2]
    assert shown in page
    (first, *_) = csv.DictReader(io.StringIO(nasbed.comparison_table(tiny_results, "csv")))
    assert {"validation_regret_iqm", "test_regret_tost_p", "area", "expected_running_time"} <= first.keys()
    report = markdown.report(tiny_results, [])
    assert stability.TITLE in report
    assert stability.TITLE in page
    assert stability.tabled(tiny_results.subset(["random_search", "RE, small"])) is None


def test_the_commands_answer_of_stored_results(
    command: Command, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, tiny_results: nasbed.Results
) -> None:
    (stored,) = {path.parent for path in tmp_path_factory.getbasetemp().glob("tiny[0-9]*/out/run.json")}
    shutil.copytree(stored, tmp_path / "out")
    rows = json.loads(command("equivalence", "out", "--json").stdout)
    summary = tiny_results.summary().set_index(["benchmark", "strategy"])
    for row in rows:
        kept = summary.loc[(row["benchmark"], row["strategy"])]
        assert row["rope"] == pytest.approx(kept["validation_regret_rope"])
        assert row["equivalent"] == pytest.approx(kept["validation_regret_equivalent"])
    assert len(rows) == 4
    assert "p (TOST)" in command("equivalence", "out", "--rope", "1").stdout
    assert command("equivalence", "out", "--rope", "-1").stderr.startswith(
        "error: rope = -1.0; expected half the width"
    )
    last = tiny_results.most_evaluations()
    found = json.loads(command("stability", "out", "--json").stdout)
    assert [row["on"] for row in found] == [*tiny_results.benchmarks, last // 4, last]
    assert command("stability", "out", "--at", f"{last + 1}").stderr.startswith(
        f"error: at = {last + 1}; expected at most"
    )
    assert command("stability", "out", "--at", "0").stderr == "error: at = 0; expected evaluations, 1 or more\n"
