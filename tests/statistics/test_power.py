"""What a comparison could have found, by simulation; contrasts and the line under a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from daily import daily, sampled
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import nasbed
from nasbed.commands.comparing import METRIC
from nasbed.errors import OptionError, UnknownNameError
from nasbed.reports.compare import compare, notes
from nasbed.results.results import SCORES
from nasbed.statistics.comparisons import contrasts, equivalences, ranking_stability
from nasbed.statistics.estimators import bayesian_mean
from nasbed.statistics.paired import contrast
from nasbed.statistics.power import (
    family_of,
    fewest_seeds,
    out_of_reach,
    pair_correlation,
    power_line,
    seeds_for,
    smallest_detectable_difference,
    smallest_p,
)
from nasbed.statistics.ranks import rank_stability
from nasbed.tables.equivalence import found_equivalences
from nasbed.tables.notes import about_contrasts
from nasbed.tables.stability import stability_note, stability_table

STUDY = """
name = "three"
seeds = 30
budget = { evaluations = 20 }
reference = "random_search"
[[benchmark]]
use = "nasbench201"
dataset = "cifar10"
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[strategy]]
use = "regularized_evolution"
population = 5
[[strategy]]
use = "random_search"
[[strategy]]
use = "local_search"
improvement = "best"
starts = 1
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    return nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path_factory.mktemp("three") / "out")


@pytest.mark.parametrize(
    ("seeds", "family"), daily([(10, 1), (10, 3), (20, 12), (20, 30), (30, 1), (30, 12), (60, 30)], (10, 3), (30, 12))
)
def test_a_difference_of_that_size_is_found_that_often(seeds: int, family: int) -> None:
    rng = np.random.default_rng(seeds)
    theirs, pilots, samples = np.zeros(seeds), *rng.standard_normal((2, 3000, seeds))
    sizes = np.array([smallest_detectable_difference(pilot, theirs, 0.05 / family, 0.8) for pilot in pilots])
    found = (
        stats.wilcoxon(samples + sizes[:, None], axis=1, zero_method="pratt", method="approx").pvalue < 0.05 / family
    )
    assert found.mean() == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("seeds", "family"), [(10, 12), (10, 30), (7, 3), (5, 1)])
def test_what_a_discrete_test_cannot_reach_is_not_promised(seeds: int, family: int) -> None:
    ours, theirs = np.random.default_rng(3).normal(size=(2, seeds))
    assert smallest_detectable_difference(ours, theirs, 0.05 / family) == np.inf
    assert not contrast(ours + 1e6, theirs).p < 0.05 / family
    enough = fewest_seeds(0.05 / family)
    ours, theirs = np.random.default_rng(3).normal(size=(2, enough))
    assert smallest_detectable_difference(ours, theirs, 0.05 / family) < np.inf
    assert contrast(ours + 1e6, theirs).p < 0.05 / family
    assert seeds_for(1e6, ours, theirs, 0.05 / family) == enough


@pytest.mark.parametrize("seeds", [6, 7, 10, 25])
def test_the_smallest_p_is_that_of_the_test_of_tables(seeds: int) -> None:
    assert smallest_p(seeds) == pytest.approx(contrast(np.arange(1.0, seeds + 1), np.zeros(seeds)).p)
    assert smallest_p(5) == 1.0


def test_differences_without_spread_tell_nothing_of_power() -> None:
    ours = np.random.default_rng(4).normal(size=20)
    for theirs in (ours, ours + 11.0, ours + 1e-14 * np.arange(20)):
        assert np.isnan(smallest_detectable_difference(ours, theirs))
        with pytest.raises(OptionError, match="the differences of the pilot have no spread"):
            seeds_for(0.1, ours, theirs)
    assert np.isnan(pair_correlation(ours, np.full(20, 0.1) * (1 + 1e-15 * np.arange(20)))).all()
    tiny = 1e-10 * ours
    assert pair_correlation(tiny, tiny)[0] == pytest.approx(1.0)


def test_the_correlation_of_pairs_is_pearsons() -> None:
    rng = np.random.default_rng(1)
    common = rng.normal(size=80)
    ours, theirs = common + rng.normal(size=80), common + rng.normal(size=80)
    found, low, high = pair_correlation(ours, theirs)
    assert found == pytest.approx(np.corrcoef(ours, theirs)[0, 1])
    z = np.arctanh(found) + np.array([-1.96, 1.96]) / np.sqrt(77)
    assert (low, high) == pytest.approx(np.tanh(z), abs=1e-3)
    assert np.isnan(pair_correlation(ours, np.zeros(80))).all()


def test_the_line_under_a_table_names_sizes_family_and_correlation(results: nasbed.Results) -> None:
    line = power_line(results)
    assert line.startswith(
        "Power: with 30 seeds a difference from random_search in mean validation regret is found with 80 % chance"
    )
    assert "at alpha 0.05 / 4 (Holm's first step) from this size on: " in line
    scores = results.scores()
    reference = scores["random_search"][:, 1]
    sizes = sorted(
        (smallest_detectable_difference(scores[name][:, 1], reference, 0.05 / 4), name)
        for name in ("regularized_evolution", "local_search")
    )
    text = " to ".join(f"{size:.3g} ({size / reference.std(ddof=1):.2f} sd, {name})" for size, name in sizes)
    assert f"{text} on nasbench201/cifar100; measured pair correlation " in line
    ends = re.search(r"correlation (\S+) \((\S+) to (\S+)\) to (\S+) \((\S+) to (\S+)\)\.$", line)
    assert ends is not None
    known = sorted(
        pair_correlation(scores[name][:, column], scores["random_search"][:, column])
        for name in ("regularized_evolution", "local_search")
        for column in (0, 1)
    )
    assert [float(one) for one in ends.groups()] == pytest.approx([*known[0], *known[-1]], abs=0.0051)
    assert power_line(results.subset(["random_search"])) == ""


@pytest.mark.thorough
@pytest.mark.parametrize("difference", daily([0.7, -0.9, 2.0], -0.9))
def test_so_many_seeds_find_a_difference(difference: float) -> None:
    rng = np.random.default_rng(2)
    found = []
    for _ in range(300):
        count = seeds_for(difference, rng.normal(size=12), np.zeros(12), 0.05 / 3)
        found.append(contrast(rng.normal(difference, size=count), np.zeros(count)).p < 0.05 / 3)
    assert np.mean(found) > 0.74
    assert (
        abs(difference) == 2.0 or np.mean(found) < 0.86
    )  # with the fewest seeds that can find anything, 2 sd are found more often


def test_with_many_seeds_the_factor_is_that_of_the_normal_limit() -> None:
    ours, theirs = np.random.default_rng(2).gamma(2.0, size=(2, 5000))
    width = smallest_detectable_difference(ours, theirs, 0.01, 0.9)
    expected = (stats.norm.ppf(0.995) + stats.norm.ppf(0.9)) / np.sqrt(5000 * 3 / np.pi)
    assert width / (ours - theirs).std(ddof=1) == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize(
    ("seeds", "why"),
    sampled(
        [
            (7, "p is 0.018 at least, and Holm's first step asks for less than 0.05 / 4"),
            (3, "below 6 nothing is tested"),
        ],
        2,
    ),
)
def test_the_line_and_the_notes_say_where_nothing_can_be_found(seeds: int, why: str, tmp_path: Path) -> None:
    study = nasbed.Study.parse(STUDY.replace("seeds = 30", f"seeds = {seeds}"))
    few = nasbed.run_study(study, tmp_path / "out")
    line = power_line(few)
    assert line.startswith(
        f"Power: with {seeds} seeds no difference can be found at any size: {why}; 8 seeds are needed"
    )
    assert [note for note in about_contrasts(few) if note.startswith("Power")] == [
        f"Power: with {seeds} seeds no difference can be found at any size: {why}; 8 seeds are needed."
    ]
    assert ("measured pair correlation" in line) == (seeds > 3)
    assert not (contrasts(few)["p_holm"] < 0.05).any()
    (note,) = about_contrasts(few)[:1]
    assert ("there is no p, for a signed-rank test needs 6 seeds or more and there are 3" in note) == (seeds == 3)
    assert ("Holm's correction" in note) == (seeds == 7)
    if seeds == 3:
        with pytest.raises(OptionError, match="3 seeds with scores of both; practical equivalence needs 6 or more"):
            equivalences(few, 0.1)


def test_contrasts_that_cannot_be_tested_are_in_no_family() -> None:
    benchmark = nasbed.load_benchmark("synthetic")
    values = benchmark.referee().validation(np.arange(len(benchmark.space)))
    order = np.argsort(values)
    places = {"bad": order[:6], "good": order[-6:], "failing": order[:6]}
    rows = [
        (name, seed, arch, np.nan if name == "failing" else values[arch])
        for name, archs in places.items()
        for seed, arch in enumerate(archs.tolist())
    ]
    frame = pd.DataFrame(rows, columns=["strategy", "seed", "architecture", "value"]).assign(benchmark="b", time=1.0)
    results = nasbed.Results.from_frame(frame, {"b": benchmark}, {"evaluations": 1})
    found = contrasts(results)
    assert found["p_holm"].round(3).tolist()[0] == 0.028
    assert found["p_holm"].isna().tolist() == [False, True]
    assert found.attrs["family"] == "1 contrast with the reference on validation regret, all benchmarks together"
    assert family_of(results.scores(), "bad") == 1
    assert "at alpha 0.05 / 1 (Holm's first step)" in power_line(results)
    assert not any("no difference" in note for note in about_contrasts(results))
    assert "correction over the 2 rows that have one;" in notes(compare(results, results))[-1]
    assert family_of({"a": np.full((3, 2), np.nan), "b": np.zeros((3, 2)), "c": np.zeros((3, 2))}, "b") == 2
    assert family_of({"a": np.full((3, 2), np.nan), "b": np.zeros((3, 2))}, "b") == 2


def test_where_one_score_alone_cannot_be_told_apart_the_line_names_it() -> None:
    assert out_of_reach(6, 2, words="test regret").startswith(
        "Power: with 6 seeds no difference in mean test regret can"
    )


def test_contrasts_have_effect_sizes_and_name_their_family(results: nasbed.Results) -> None:
    frame = contrasts(results)
    assert len(frame) == 4
    assert frame.attrs["family"] == "4 contrasts with the reference on validation regret, all benchmarks together"
    scores = results.scores()
    for _, row in frame.iterrows():
        column = list(results.benchmarks).index(row["benchmark"])
        ours, theirs = scores[row["strategy"]][:, column], scores["random_search"][:, column]
        assert row["difference"] == pytest.approx((ours - theirs).mean(), abs=1e-6)
        assert row["p"] == contrast(ours, theirs).p
        assert row["p"] <= row["p_holm"] <= min(1, 4 * row["p"]) + 1e-12
        share = np.mean([(one < theirs).mean() + (one == theirs).mean() / 2 for one in ours])
        assert row["improvement"] == pytest.approx(share)
    summary = results.summary()
    again = summary[summary["strategy"] != "random_search"]["validation_regret_p_holm"].tolist()
    assert frame["p_holm"].tolist() == pytest.approx(again)


def test_all_pairs_are_compared_where_that_is_asked(results: nasbed.Results) -> None:
    frame = contrasts(results, "test_regret", at=10, against="all")
    assert len(frame) == 2 * 3
    assert {frozenset(pair) for pair in zip(frame["strategy"], frame["rival"], strict=True)} == {
        frozenset({"regularized_evolution", "random_search"}),
        frozenset({"regularized_evolution", "local_search"}),
        frozenset({"random_search", "local_search"}),
    }
    assert "6 contrasts of all pairs on test regret" in frame.attrs["family"]


def test_practical_equivalence_is_judged_by_pair_and_benchmark(results: nasbed.Results) -> None:
    frame = equivalences(results, 0.2, "test_regret", against="all")
    assert len(frame) == 2 * 3
    assert frame[["better", "equivalent", "worse"]].sum(axis=1).tolist() == pytest.approx([1.0] * 6)
    scores = results.scores("test_regret")
    _, row = next(frame[frame["benchmark"] == "nasbench201/cifar100"].iterrows())
    found = bayesian_mean(scores[row["strategy"]][:, 1] - scores[row["rival"]][:, 1], 0.2)
    assert (row["better"], row["equivalent"], row["worse"]) == (found.better, found.equivalent, found.worse)


def test_rankings_are_compared_across_budgets_and_benchmarks(results: nasbed.Results) -> None:
    frame = ranking_stability(results, [5, 10, 20])
    assert len(frame) == 2 * 3 + 3
    by = frame.set_index(["first", "second", "on"])
    c10, c100 = results.benchmarks
    at = {budget: results.scores(at=budget) for budget in (5, 20)}
    expected = rank_stability(*({name: mine[:, 1] for name, mine in at[budget].items()} for budget in (5, 20)))
    assert tuple(by.loc[(5, 20, c100)]) == expected
    expected = rank_stability(*({name: mine[:, column] for name, mine in at[20].items()} for column in (0, 1)))
    assert tuple(by.loc[(c10, c100, 20)]) == expected
    means = [[mine[:, column].mean() for mine in at[20].values()] for column in (0, 1)]
    assert by.loc[(c10, c100, 20), "tau"] == pytest.approx(stats.kendalltau(*means).statistic)


def test_every_frame_names_its_block(results: nasbed.Results) -> None:
    for frame in (contrasts(results), equivalences(results, 0.1), ranking_stability(results, [10, 20])):
        assert frame.attrs["block"] == "seeds, within each benchmark"


@given(
    scores=st.lists(st.floats(-1e3, 1e3), min_size=6, max_size=30).map(np.array),
    rope=st.floats(1e-6, 10),
    shift=st.floats(-100, 100),
)
@settings(max_examples=40, deadline=None)
def test_a_strategy_is_equivalent_to_itself_and_to_nothing_that_is_far_from_it(
    scores: np.ndarray, rope: float, shift: float
) -> None:
    same = bayesian_mean(scores - scores, rope)
    assert (same.better, same.equivalent, same.worse, same.tost) == (0.0, 1.0, 0.0, 0.0)
    moved = bayesian_mean(np.full(len(scores), shift), rope)
    assert moved.equivalent == (abs(shift) <= rope * (1 + 1e-9))


def test_a_strategy_of_results_is_equivalent_to_its_own_copy(results: nasbed.Results) -> None:
    scores = results.scores()
    copied = {"first": scores["random_search"], "second": scores["random_search"]}
    frame = equivalences(_Copies(copied, results.benchmarks), 0.1)
    assert (frame["equivalent"] == 1.0).all()
    tau = ranking_stability(results, [20, 10])
    assert tau["tau"].between(-1, 1).all()


class _Copies:
    """Scores of one strategy under two names."""

    reference = "first"
    strategies: ClassVar = ["first", "second"]

    def __init__(self, scores: dict[str, np.ndarray], benchmarks: Mapping[str, object]) -> None:
        self._scores, self.benchmarks = scores, benchmarks

    def scores(self, metric: str = "", at: int | None = None) -> dict[str, np.ndarray]:
        return self._scores


def test_one_ranking_has_nothing_to_be_compared_with(results: nasbed.Results) -> None:
    alone = results.subset(benchmarks=["nasbench201/cifar100"])
    with pytest.raises(
        OptionError, match=r"one ranking \(after 10 evaluations on nasbench201/cifar100\), and nothing to"
    ):
        ranking_stability(alone, [10, 10])
    with pytest.raises(
        OptionError, match=r"one ranking \(after 1 evaluation on nasbench201/cifar100\), and nothing to"
    ):
        ranking_stability(alone, [1])
    assert len(ranking_stability(results, [10, 10])) == 1


def test_one_evaluation_is_no_evaluations(results: nasbed.Results) -> None:
    table = stability_table(ranking_stability(results, [1, 20]))
    said = {cell.text for row in table.rows for cell in row}
    assert {"1 evaluation", "20 evaluations"} <= said


def test_help_names_every_metric_that_is_known() -> None:
    assert all(name in METRIC for name in SCORES)


def test_evaluations_that_no_search_has_made_are_refused(results: nasbed.Results) -> None:
    message = r"at = 1000; expected at most 20, the evaluations that runs have on every benchmark"
    with pytest.raises(OptionError, match=message):
        ranking_stability(results, [10, 1000])
    with pytest.raises(OptionError, match=message):
        found_equivalences(results, at=1000)
    with pytest.raises(OptionError, match="at = 0; expected evaluations"):
        ranking_stability(results, [0, 10])
    assert len(found_equivalences(results, at=20)) == 2 * 2
    assert "–: all strategies tie in one of the rankings." in stability_note(results, "validation_regret")


def test_what_cannot_be_contrasted_is_refused(results: nasbed.Results, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown kind of contrast 'everything'"):
        contrasts(results, against="everything")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"one strategy \(random_search\); a contrast needs two or more"):
        contrasts(results.subset(["random_search"]))
    with pytest.raises(OptionError, match=r"alpha = 0\.9, power = 0\.8; expected 0 < alpha < power < 1"):
        smallest_detectable_difference(np.zeros(9), np.ones(9), 0.9, 0.8)
    with pytest.raises(
        OptionError, match=r"scores of the shapes \(9,\) and \(8,\); expected \(seeds,\), the same seeds"
    ):
        smallest_detectable_difference(np.zeros(9), np.ones(8))
    with pytest.raises(OptionError, match="a pilot of 5 pairs; expected 6 or more"):
        seeds_for(0.1, np.zeros(5), np.ones(5))
    with pytest.raises(OptionError, match=r"difference = 0\.0; expected a difference that is not 0"):
        seeds_for(0.0, np.zeros(9), np.ones(9))
    with pytest.raises(OptionError, match="no budgets; expected numbers of evaluations"):
        ranking_stability(results, [])
    with pytest.raises(OptionError, match=r"at = 500; expected at most \d+, the evaluations that runs have on every"):
        ranking_stability(results, [5, 500])
    with pytest.raises(OptionError, match=r"one strategy \(random_search\); a ranking needs two or more"):
        ranking_stability(results.subset(["random_search"]), [5])
