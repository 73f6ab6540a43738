"""Fronts against hand-sized examples, naive loops and grids; selection by what was observed, scores by what is true."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from daily import sampled

import nasbed
from nasbed import Study
from nasbed.errors import DataError, OptionError, StoreError, UnknownNameError
from nasbed.results.multiobjective import fronts, truths
from nasbed.results.multiobjective.dominance import Front, nondominated, select, selections
from nasbed.results.multiobjective.floor import exhaustive, floor
from nasbed.results.multiobjective.indicators import Bounds, Truth, additive_epsilon, hypervolume, igd_plus
from nasbed.results.results import Results
from nasbed.results.series import SeriesResult, series_result
from nasbed.results.thinking import RunThinking
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.tables import fronts as fronts_table
from nasbed.vocabulary import HELD_OUT, Benchmark, Budget, Objective

RNG = np.random.default_rng(20260301)
ACCURACY, LATENCY, ENERGY = (
    Objective("accuracy", "%"),
    Objective("latency", "ms", False),
    Objective("energy", "J", False),
)


def dominates(first: np.ndarray, second: np.ndarray) -> bool:
    return bool((first >= second).all() and (first > second).any())


def naive_front(values: np.ndarray) -> list[int]:
    """Pairwise comparison; of equal rows the first."""
    found = []
    for place, row in enumerate(values):
        others = [other for other in values if not np.isnan(other).any()]
        equal_before = any((row == earlier).all() for earlier in values[:place])
        if not np.isnan(row).any() and not equal_before and not any(dominates(other, row) for other in others):
            found.append(place)
    return found


def volume_by_inclusion(points: np.ndarray, reference: np.ndarray) -> float:
    """Inclusion and exclusion over all subsets of the boxes."""
    boxes = np.maximum(points - reference, 0.0)
    return sum(
        (-1.0) ** (size + 1) * float(np.prod(np.min(subset, axis=0)))
        for size in range(1, len(boxes) + 1)
        for subset in itertools.combinations(boxes, size)
    )


def naive_igd_plus(points: np.ndarray, front: np.ndarray) -> float:
    short = [min(np.sqrt((np.maximum(target - point, 0) ** 2).sum()) for point in points) for target in front]
    return float(np.mean(short))


def naive_epsilon(points: np.ndarray, front: np.ndarray) -> float:
    return float(max(min((target - point).max() for point in points) for target in front))


# Selection


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_nondominated_rows_by_pairwise_comparison_with_ties_duplicates_and_failures(objectives: int) -> None:
    for _ in range(60):
        values = RNG.integers(0, 4, size=(25, objectives)).astype(float)
        values[RNG.random(values.shape) < 0.03] = np.nan
        assert nondominated(values).tolist() == naive_front(values)


def test_nothing_is_selected_of_failures_alone() -> None:
    values = np.array([[np.nan, 1.0], [1.0, np.nan]])
    assert select(values).places.tolist() == []
    assert list(selections(values)) == []
    assert select(np.empty((0, 2))).observed.shape == (0, 2)


def test_only_the_highest_fidelity_at_which_something_was_observed_counts() -> None:
    values = np.array([[9.0, 9.0], [1.0, 2.0], [2.0, 1.0], [np.nan, 9.0]])
    assert select(values, np.array([12, 50, 50, 200])).places.tolist() == [1, 2]
    assert [front.places.tolist() for _, front in selections(values, np.array([12, 50, 50, 200]))] == [[0], [1], [1, 2]]


def test_the_rule_mean_selects_by_means_over_repeats() -> None:
    values = np.array([[10.0, 1.0], [6.0, 1.0], [2.0, 1.0], [6.0, 1.0]])
    archs = np.array([7, 8, 7, 8])
    assert select(values, None, archs, "best").places.tolist() == [0]
    places, observed = select(values, None, archs, "mean")
    assert places.tolist() == [0]
    np.testing.assert_array_equal(observed, [[6.0, 1.0]])
    found = list(selections(values[[0, 1, 2]], None, archs[[0, 1, 2]], "mean"))
    assert [(count, front.observed.tolist()) for count, front in found] == [(1, [[10.0, 1.0]]), (3, [[6.0, 1.0]])]


@pytest.mark.parametrize("rule", sampled(["best", "mean"], 2))
@pytest.mark.parametrize("objectives", [2, 3])
def test_the_front_after_every_evaluation_is_that_of_a_selection_from_scratch(rule: str, objectives: int) -> None:
    for _ in range(25):
        values = RNG.integers(0, 6, size=(30, objectives)).astype(float)
        values[RNG.random(values.shape) < 0.05] = np.nan
        epochs, archs = RNG.choice([12, 200], size=30), RNG.integers(0, 12, size=30)
        changes = dict(selections(values, epochs, archs, rule))  # type: ignore[arg-type]
        now = Front(np.empty(0, dtype=int), np.empty((0, objectives)))
        for count in range(1, 31):
            changed = count in changes
            before, now = now, changes.get(count, now)
            scratch = select(values[:count], epochs[:count], archs[:count], rule)  # type: ignore[arg-type]
            np.testing.assert_array_equal(now.places, scratch.places)
            np.testing.assert_array_equal(now.observed, scratch.observed)
            assert changed != all(map(np.array_equal, before, now))


# BoundsByLabel and indicators


def test_a_frame_turns_what_is_minimised_and_measures_from_the_worst_corner() -> None:
    values = np.array([[80.0, -5.0], [90.0, -20.0], [10.0, -1.0], [np.nan, np.nan]])
    bounds = Bounds.of(values, (ACCURACY, LATENCY))
    assert (bounds.ideal, bounds.worst, bounds.reference) == ((90.0, 1.0), (10.0, 20.0), (10.0, 20.0))
    np.testing.assert_allclose(bounds.normalised(values[:3]), [[0.875, 15 / 19], [1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_array_equal(bounds.corner, [0.0, 0.0])
    np.testing.assert_array_equal(bounds.natural(values[1]), [90.0, 20.0])
    assert "accuracy from 10 (0) to 90 (1) %; latency from 20 (0) to 1 (1) ms" in bounds.sentence()
    assert "Reference point: (10, 20), the worst corner" in bounds.sentence()
    assert Bounds.from_dict(bounds.to_dict()) == bounds


def test_a_declared_reference_point_wins() -> None:
    values = np.array([[80.0, -5.0], [90.0, -20.0], [10.0, -1.0]])
    bounds = Bounds.of(values, (ACCURACY, LATENCY), {"latency": 39.0, "accuracy": 50.0})
    np.testing.assert_allclose(bounds.corner, [0.5, -1.0])
    truth = Truth(values, bounds)
    assert truth.volume == pytest.approx(0.375 * (15 / 19 + 1) + 0.125 * 1.0)  # the third row lies below it
    assert "(50, 39), declared" in bounds.sentence()


@pytest.mark.parametrize("objectives", [2, 3])
def test_indicators_by_inclusion_and_naive_loops(objectives: int) -> None:
    for _ in range(20):
        points, front = RNG.random((7, objectives)), RNG.random((5, objectives))
        reference = np.full(objectives, 0.2)
        assert hypervolume(points, reference) == pytest.approx(volume_by_inclusion(points, reference))
        assert igd_plus(points, front) == pytest.approx(naive_igd_plus(points, front))
        assert additive_epsilon(points, front) == pytest.approx(naive_epsilon(points, front))


def test_an_empty_front_has_no_volume_and_no_distance() -> None:
    nothing = np.empty((0, 2))
    assert hypervolume(nothing, np.zeros(2)) == 0.0
    assert np.isnan(igd_plus(nothing, np.ones((1, 2))))
    assert np.isnan(additive_epsilon(nothing, np.ones((1, 2))))


def test_the_true_front_scores_zero_and_a_dominated_one_more() -> None:
    values = RNG.random((200, 3))
    truth = Truth(values, Bounds.of(values, (ACCURACY, LATENCY, ENERGY)))
    best = truth.of(truth.front)
    assert (truth.hypervolume_regret(best), truth.igd_plus(best), truth.additive_epsilon(best)) == (0.0, 0.0, 0.0)
    worse = best - 0.1
    assert truth.hypervolume_regret(worse) > 0.1
    assert truth.igd_plus(worse) > 0
    assert truth.additive_epsilon(worse) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Bounds((ACCURACY, LATENCY), (90.0, 30.0), (10.0, 20.0), (10.0, 20.0)), "latency: ideal 30 and worst 20.*lower"),
        (lambda: Bounds.of(np.ones((3, 2)), (ACCURACY, LATENCY)), "accuracy: ideal 1 and worst 1; .* leave an objective out"),
        (lambda: Bounds((ACCURACY, LATENCY), (9.0, 1.0), (1.0,), (1.0, 2.0)), "worst = .*accuracy, latency, in this order"),
        (lambda: Bounds((ACCURACY, LATENCY), (9.0, 1.0), (1.0, 2.0), (1.0, np.inf)), "reference = .*finite number"),
        (lambda: Bounds.of(np.eye(2), (ACCURACY, LATENCY), {"accuracy": 1.0}), "reference point .* lacks latency"),
        (lambda: Bounds.from_dict({"source": "x", "objectives": [{"name": "accuracy"}]}), "the bounds are damaged: KeyError"),
    ],
)  # fmt: skip
def test_a_frame_that_scales_nothing_is_refused(make: object, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        make()  # type: ignore[operator]


def test_a_reference_point_of_an_unknown_objective_is_refused() -> None:
    with pytest.raises(
        UnknownNameError, match="unknown objective of the reference point 'latncy'; did you mean 'latency'"
    ):
        Bounds.of(np.eye(2), (ACCURACY, LATENCY), {"accuracy": 1.0, "latncy": 2.0})


def test_an_objective_without_any_value_is_refused() -> None:
    with pytest.raises(DataError, match="latency has no value for any architecture"):
        Bounds.of(np.array([[1.0, np.nan], [2.0, np.nan]]), (ACCURACY, LATENCY))


# Results


@pytest.fixture(scope="module")
def table() -> Benchmark:
    return nasbed.load_benchmark("nasbench201", dataset="cifar10", objectives=["accuracy", "flops"])


def part_of(
    benchmark: Benchmark,
    archs: Sequence[Sequence[int]],
    seen: np.ndarray,
    strategy: str = "mine",
    rules: Rules | None = None,
) -> SeriesResult:
    """Runs that evaluate ``archs``, (runs, evaluations), and see ``seen``, (runs, evaluations, objectives) in natural units."""
    runs, width = np.shape(archs)
    answers = {
        "seed": np.repeat(np.arange(runs), width),
        "architecture": np.ravel(archs),
        "epochs": np.full(runs * width, 200),
        "time": np.tile(np.arange(1.0, width + 1), runs),
        "last": np.zeros(runs * width, bool),
        "value": seen[..., 0].ravel(),
    } | {one.name: seen[..., place].ravel() for place, one in enumerate(benchmark.objectives) if place}
    rules = rules or Rules(Budget("evaluations", width))
    return series_result(
        strategy, benchmark.label, benchmark, benchmark, rules, answers, range(runs), RunThinking.unknown(runs)
    )


def exact(benchmark: Benchmark, archs: np.ndarray) -> np.ndarray:
    """What a search without noise would see, in natural units."""
    scorer = truths.truth(benchmark)
    return scorer.bounds.natural(scorer.values[archs])


def test_exhaustive_search_without_noise_has_no_regret(table: Benchmark) -> None:
    archs = np.arange(len(table.space))[None, :]
    results = Results([part_of(table, archs, exact(table, archs))], "mine", "exhaustive")
    found = fronts.frame(results).iloc[0]
    for name in ("hypervolume_regret", "igd_plus", "additive_epsilon", *fronts.OBSERVED):
        assert found[name] == pytest.approx(0.0, abs=1e-12), name
    assert found["front_size"] == len(truths.truth(table).front) == 13
    assert found["test_hypervolume_regret"] > 0


def test_a_front_is_selected_by_what_was_observed_and_scored_by_what_is_true(table: Benchmark) -> None:
    scorer = truths.truth(table)
    best = 6111
    other = int(np.flatnonzero((scorer.values < scorer.values[best]).all(axis=1))[0])  # worse, but seen to dominate it
    seen = np.array([[exact(table, np.array(best)), [99.0, 1.0]]])
    results = Results([part_of(table, [[best, other]], seen)], "mine", "fooled")
    found = fronts.frame(results).iloc[0]
    assert found["front_size"] == 1
    assert found["hypervolume_regret"] == pytest.approx(scorer.volume - float(np.prod(scorer.scaled[other])))
    assert found["hypervolume_regret"] > scorer.volume - float(np.prod(scorer.scaled[best]))
    assert found["observed_hypervolume_regret"] < 0 < found["hypervolume_regret"]
    assert fronts.frame(results, at=1).iloc[0]["hypervolume_regret"] == pytest.approx(
        scorer.volume - float(np.prod(scorer.scaled[best]))
    )


def test_test_values_score_the_same_front(table: Benchmark) -> None:
    tester = truths.truth(table, None, "test")
    assert tester.bounds.ideal[0] == pytest.approx(94.37333, abs=1e-5)
    results = Results([part_of(table, [[5, 6111]], exact(table, np.array([[5, 6111]])))], "mine", "two")
    points = tester.scaled[[5, 6111]]
    expected = tester.volume - volume_by_inclusion(points, np.zeros(2))
    assert fronts.frame(results).iloc[0]["test_hypervolume_regret"] == pytest.approx(expected)


def test_what_is_failed_or_infeasible_is_never_selected(table: Benchmark) -> None:
    seen = np.array([[[np.nan, 1.0], [50.0, np.nan]], [[np.nan, 1.0], exact(table, np.array(6111))]])
    results = Results([part_of(table, [[1, 2], [1, 6111]], seen)], "mine", "failing")
    found, volume = fronts.frame(results), truths.truth(table).volume
    assert found["front_size"].tolist() == [0, 1]
    assert found["hypervolume_regret"][0] == volume > found["hypervolume_regret"][1]
    assert np.isnan(found.loc[0, ["igd_plus", "additive_epsilon", "observed_igd_plus"]].to_numpy(float)).all()
    np.testing.assert_allclose(fronts.anytime(results.series[0])[:, 0], [volume, volume])
    summary = fronts.summary(results).iloc[0]
    assert summary["without_front"] == 1
    assert summary["igd_plus_mean"] == found["igd_plus"][1]
    assert "1 of 2 runs observed nothing but failures" in fronts_table.markdown(results)


@pytest.fixture(scope="module")
def results() -> Results:
    study = nasbed.Study.parse("""
        name = "several"
        seeds = 12
        budget = { evaluations = 40 }
        reference = "random_search"
        [[benchmark]]
        use = "nasbench201"
        dataset = "cifar10"
        objectives = ["accuracy", "flops", "latency"]
        [[benchmark]]
        use = "nasbench201"
        dataset = "cifar100"
        objectives = ["accuracy", "latency"]
        [[strategy]]
        use = "random_search"
        [[strategy]]
        use = "nsga2"
        population = 10
    """)
    all_series = []
    for series in study.series():
        benchmark, strategy = series.load_benchmark(), series.load_strategy()
        runs = [execute(strategy, benchmark, series.rules, seed).outcomes for seed in study.seeds]
        archs = np.array([[benchmark.space.index(outcome.arch) for outcome in run] for run in runs])
        seen = np.array([[outcome.values for outcome in run] for run in runs])
        signs = [1.0 if one.maximise else -1.0 for one in benchmark.objectives]
        result = part_of(benchmark, archs.tolist(), seen * signs, series.strategy.label)
        all_series.append(replace(result, benchmark=series.benchmark.label))
    return Results(all_series, study.reference, "several objectives")


def test_anytime_regret_is_that_of_every_budget(results: Results) -> None:
    for series in results.series:
        whole = fronts.anytime(series)
        alone = Results([series], series.strategy, "one")
        for at in (1, 2, 7, 25, 40):
            np.testing.assert_allclose(whole[:, at - 1], fronts.frame(alone, at)["hypervolume_regret"], atol=1e-12)
        assert (whole > -1e-12).all()


def test_scores_of_a_run_by_hand_from_its_records(results: Results) -> None:
    series = results.series[0]
    rows = series.records[series.records["seed"] == 3]
    seen = np.column_stack([rows["value"], -rows["flops"], -rows["latency"]])
    chosen = rows["architecture"].to_numpy()[naive_front(seen)]
    recorded, _ = series.scored.recorded(200) or ([], None)
    true = np.column_stack([np.nanmean(one, axis=1) for one in recorded])
    low, high = true.min(axis=0), true.max(axis=0)
    scaled = (true - low) / (high - low)
    best = scaled[front_of_many(true)]
    found = fronts.frame(results)
    row = found[(found["benchmark"] == series.benchmark) & (found["strategy"] == series.strategy)].iloc[3]
    assert row["front_size"] == len(set(chosen.tolist()))
    assert row["igd_plus"] == pytest.approx(naive_igd_plus(scaled[chosen], best))
    assert row["additive_epsilon"] == pytest.approx(naive_epsilon(scaled[chosen], best))
    assert row["hypervolume_regret"] == pytest.approx(swept(best) - swept(scaled[chosen]))


def front_of_many(values: np.ndarray) -> list[int]:
    """By taking the row of the highest sum of ranks, which nothing left dominates, and dropping what it covers, again and again."""
    height = np.stack([np.unique(column, return_inverse=True)[1] for column in values.T]).sum(axis=0)
    alive, found = np.arange(len(values)), []
    while len(alive):
        taken = int(alive[np.argmax(height[alive])])  # the first of equals
        found.append(taken)
        alive = alive[~(values[taken] >= values[alive]).all(axis=1)]
    return sorted(found)


def swept(points: np.ndarray) -> float:
    """Volume above 0 of points with three objectives, cell by cell of the grid that they span."""
    edges = [np.concatenate([[0.0], np.unique(points[:, axis])]) for axis in range(3)]
    covered = np.zeros([len(one) - 1 for one in edges], dtype=bool)
    for point in points:
        covered[np.ix_(*(edge[1:] <= value for edge, value in zip(edges, point, strict=True)))] = True
    widths = [np.diff(one) for one in edges]
    return float(np.einsum("ijk,i,j,k->", covered.astype(float), *widths))


def test_the_summary_is_of_the_rows_and_contrasts_are_paired(results: Results) -> None:
    summary, rows = fronts.summary(results), fronts.frame(results)
    assert len(summary) == 4
    label = "nasbench201/cifar100"
    mine = rows[rows["benchmark"] == label].pivot(index="seed", columns="strategy", values="hypervolume_regret")
    row = summary[(summary["benchmark"] == label) & (summary["strategy"] == "nsga2")].iloc[0]
    assert row["hypervolume_regret_mean"] == pytest.approx(mine["nsga2"].mean())
    difference = mine["nsga2"] - mine["random_search"]
    assert row["hypervolume_regret_difference"] == pytest.approx(difference.mean(), abs=1e-6)
    assert row["hypervolume_regret_wins"] == ((difference < 0).mean())
    pairs = mine["nsga2"].to_numpy()[:, None] - mine["random_search"].to_numpy()
    assert row["hypervolume_regret_improvement"] == pytest.approx((pairs < 0).mean() + (pairs == 0).mean() / 2)
    p = summary.loc[summary["strategy"] == "nsga2", "igd_plus_p"].to_numpy()
    holm = summary.loc[summary["strategy"] == "nsga2", "igd_plus_p_holm"].to_numpy()
    assert holm.min() == pytest.approx(min(1.0, 2 * p.min()))
    assert summary.loc[summary["strategy"] == "random_search", "igd_plus_p"].isna().all()


def test_the_floor_is_that_of_exhaustive_search(table: Benchmark) -> None:
    archs = [[5, 6111]]
    noisy = part_of(table, archs, exact(table, np.array(archs)))
    found = floor(noisy)
    assert 0 < found["hypervolume_regret"] < 0.01
    assert found == floor(noisy)
    assert floor(replace(noisy, rules=replace(noisy.rules, noise="mean")))["hypervolume_regret"] == 0.0

    chosen = exhaustive(table, "draw")
    recorded = truths.recorded(table)
    for front in chosen[:2]:  # nothing that may be seen of a front is dominated by all that may be seen of another
        worst = np.nanmin(recorded[0], axis=1)
        for arch in front.tolist():
            cheaper = recorded[1][:, 0] >= recorded[1][arch, 0]
            assert np.nanmax(recorded[0][arch]) >= worst[cheaper].max()
    (only,) = exhaustive(table, "run:0")
    seen = np.column_stack([recorded[0][:, 0], recorded[1][:, 0]])
    assert only.tolist() == front_of_many(seen)


def test_the_floor_is_what_an_exhaustive_strategy_scores_on_average(table: Benchmark) -> None:
    oracle, scores = table.oracle("draw"), []
    for seed in range(4):
        words = np.random.default_rng(seed).integers(0, 2**63, len(table.space)).tolist()
        seen = np.array([oracle(index, 200, word)[0] for index, word in enumerate(words)])
        scores.append(fronts.indicators(table, select(seen).places)["hypervolume_regret"])
    one = [fronts.indicators(table, front)["hypervolume_regret"] for front in exhaustive(table, "draw")]
    assert np.mean(scores) == pytest.approx(np.mean(one), abs=4 * np.std(one) / 2)


def test_curves_are_means_over_seeds(results: Results) -> None:
    curves = fronts.curves(results)
    series = results.series[-1]
    mine = curves[(curves["benchmark"] == series.benchmark) & (curves["strategy"] == series.strategy)]
    np.testing.assert_array_equal(mine["x"], np.arange(1, 41))
    np.testing.assert_allclose(mine["mean"], fronts.anytime(series).mean(axis=0))
    assert (mine["low"] <= mine["mean"]).all()
    assert (mine["mean"].diff().iloc[1:] < 1e-3).all()


def test_the_table_and_caption_state_how_it_was_done(results: Results) -> None:
    text = fronts_table.markdown(results)
    assert text.count("| random_search |") == text.count("| nsga2 |") == 2
    for words in (
        "selected by what the search observed and scored by noise-free values",
        "nasbench201/cifar100: Scale (range of the noise-free values of the whole space): accuracy from 1 (0) to 73.4933 (1) %",
        "Reference point: (1, 0.026141), the worst corner",
        "12 seeds (0 to 11)",
        "Noise: each evaluation replays one recorded training",
        "Holm's correction",
        "accuracy (%, max), latency (s, min)",
        "Power: a difference from random_search in mean hypervolume regret is found with 80 % chance at alpha 0.05 / 2",
        "measured pair correlation",
    ):
        assert words in text
    assert "after 20 evaluations" in fronts_table.caption(results, at=20)
    widths = {line.count(" | ") for line in text.splitlines() if line.startswith("| ") and "---" not in line}
    assert len(widths) == 1


def test_given_bounds_win_and_are_stated(results: Results) -> None:
    label = "nasbench201/cifar100"
    own = truths.truth(results.benchmarks[label]).bounds
    given = replace(own, reference=(50.0, own.worst[1]), source="the paper of the benchmark")
    one = results.subset(benchmarks=[label])
    assert "Scale (the paper of the benchmark)" in fronts_table.caption(one, bounds={label: given})
    plain, other = (fronts.frame(one, bounds=bounds)["hypervolume_regret"] for bounds in ({}, {label: given}))
    assert (plain > other).all()
    truth = truths.truth(results.benchmarks[label], given)
    assert truth.volume == hypervolume(truth.scaled[truth.front], np.array([(50.0 - 1.0) / (own.ideal[0] - 1.0), 0.0]))


STUDY = """
name = "two"
seeds = 3
budget = {{ evaluations = 40 }}
[[benchmark]]
use = "nasbench201"
objectives = ["accuracy", "{second}"]
[[strategy]]
use = "nsga2"
"""


def test_the_manifest_fixes_scale_and_reference_point(tmp_path: Path) -> None:
    label, study = "nasbench201/cifar10", Study.parse(STUDY.format(second="flops"))
    results = nasbed.run_study(study, tmp_path)
    manifest = json.loads((tmp_path / "run.json").read_text())
    own = truths.truth(results.benchmarks[label]).bounds
    assert Bounds.from_dict(manifest["bounds"][label]["validation"]) == own
    assert Bounds.from_dict(manifest["bounds"][label]["test"]).ideal[0] > 94
    assert fronts.frame(results).equals(fronts.frame(Results(results.series, "nsga2", "without a manifest")))

    manifest["bounds"][label]["validation"]["objectives"][1]["reference"] = 100.0
    (tmp_path / "run.json").write_text(json.dumps(manifest))
    changed = nasbed.Results.load(tmp_path)
    assert re.search(r"Reference point: \([\d.]+, 100\), declared", fronts_table.caption(changed))
    assert (fronts.frame(changed)["hypervolume_regret"] != fronts.frame(results)["hypervolume_regret"]).all()
    assert fronts.scales(changed.subset(["nsga2"]), label) == fronts.scales(changed, label)
    assert nasbed.run_study(study, tmp_path).bounds == manifest["bounds"]
    assert json.loads((tmp_path / "run.json").read_text())["bounds"] == manifest["bounds"]

    former = {("frames" if key == "bounds" else key): value for key, value in manifest.items()}
    (tmp_path / "run.json").write_text(json.dumps(former))
    assert nasbed.Results.load(tmp_path).bounds == manifest["bounds"]
    assert nasbed.run_study(study, tmp_path).bounds == manifest["bounds"]

    assert nasbed.run_study(study, tmp_path, fresh=True).bounds == results.bounds
    other = nasbed.run_study(Study.parse(STUDY.format(second="parameters")), tmp_path)
    assert [one["name"] for one in other.bounds[label]["validation"]["objectives"]] == ["accuracy", "parameters"]


def test_damaged_bounds_of_the_manifest_are_refused(results: Results) -> None:
    label = "nasbench201/cifar100"
    content = {label: {"validation": {"source": "x", "objectives": [{"name": "accuracy"}]}}}
    damaged = Results(results.series, results.reference, "", bounds=content)
    with pytest.raises(StoreError, match=rf"fixes the scale of {label}, but the bounds are damaged: .*with --fresh"):
        fronts.frame(damaged)


def test_bounds_of_other_objectives_are_refused(table: Benchmark) -> None:
    bounds = Bounds((ACCURACY, LATENCY), (90.0, 1.0), (10.0, 9.0), (10.0, 9.0))
    with pytest.raises(
        OptionError, match=r"given for nasbench201/cifar10 are of .*latency \(ms, minimised\); its .*flops"
    ):
        truths.truth(table, bounds)


def test_one_objective_has_no_front(cifar10: Benchmark) -> None:
    results = Results([part_of(cifar10, [[1, 2]], np.array([[[50.0], [60.0]]]))], "mine", "one objective")
    assert fronts.multiobjective(results) == []
    for call in (fronts.frame, fronts.summary, fronts.curves, fronts_table.caption, fronts_table.markdown):
        with pytest.raises(OptionError, match=r"nasbench201/cifar10 has one objective, accuracy; .*objectives = \["):
            call(results)  # type: ignore[operator]


def test_records_of_the_first_objective_alone_are_refused(table: Benchmark) -> None:
    seen = table.recorded(200)[0][0][[1, 2], 0]  # type: ignore[index]
    frame = pd.DataFrame({"strategy": "mine", "benchmark": table.label, "seed": 0, "architecture": [1, 2],
                          "value": seen, "time": [1.0, 2.0]})  # fmt: skip
    results = Results.from_frame(frame, table, {"evaluations": 2})
    with pytest.raises(OptionError, match="records of mine on nasbench201/cifar10 have no column 'flops'"):
        fronts.frame(results)


def test_a_benchmark_without_a_table_is_refused(table: Benchmark, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "recorded", lambda epochs: None)
    with pytest.raises(DataError, match=r"has no table of all its values.*tabulate it"):
        truths.noise_free(table)


def test_held_out_runs_have_no_test_scores(table: Benchmark, monkeypatch: pytest.MonkeyPatch) -> None:
    results = Results([part_of(table, [[5, 6111]], exact(table, np.array([[5, 6111]])))], "mine", "two")
    monkeypatch.setattr(table, "judged_on", HELD_OUT)
    assert fronts.frame(results)["test_hypervolume_regret"].isna().all()
    assert "No test set." in fronts_table.caption(results)
    assert "| – | – |" in fronts_table.markdown(results).replace("| reference |  ", "| – ")


def test_what_was_searched_elsewhere_was_not_observed(table: Benchmark) -> None:
    scored = nasbed.load_benchmark("nasbench201", dataset="cifar100", objectives=["accuracy", "flops"])
    series = replace(part_of(table, [[5, 6111]], exact(table, np.array([[5, 6111]]))), scored=scored, benchmark="moved")
    results = Results([series], "mine", "moved")
    found = fronts.frame(results).iloc[0]
    assert np.isnan(found[list(fronts.OBSERVED)].to_numpy(float)).all()
    scorer = truths.truth(scored)
    assert found["hypervolume_regret"] == pytest.approx(scorer.hypervolume_regret(scorer.scaled[[5, 6111]]))
    assert "moved: searched on another benchmark" in fronts_table.caption(results)


@pytest.mark.parametrize("at", [0, -3])
def test_a_front_before_the_first_evaluation_is_refused(results: Results, at: int) -> None:
    with pytest.raises(OptionError, match=f"at = {at}; expected evaluations, 1 or more"):
        fronts.frame(results, at)
