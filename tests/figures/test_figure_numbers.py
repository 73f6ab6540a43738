"""Figures plot numbers that agree with the records."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from scipy import stats
from small_study import CIFAR, IMAGENET, _nothing_is_cut_off, panels, ranked_indices, rows

import nasbed
from nasbed import figures
from nasbed.errors import OptionError, UnknownNameError
from nasbed.figures import ecdf
from nasbed.results.series import SeriesResult
from nasbed.statistics.paired import holm
from nasbed.vocabulary import Benchmark


@pytest.mark.thorough
def test_the_distribution_of_runtimes_is_that_of_the_records(
    results: nasbed.Results, frames: dict[str, pd.DataFrame], regrets: dict[tuple[str, str], np.ndarray]
) -> None:
    mean = results.benchmarks[CIFAR].referee().validation(np.arange(15_625))
    hard = ecdf.targets(results, CIFAR)
    ends = float(np.median(mean.max() - mean)), results.floor(CIFAR)[0]
    assert hard == pytest.approx([ends[0] * (ends[1] / ends[0]) ** (step / 50) for step in range(51)])
    mine = rows(frames["ecdf"], benchmark=CIFAR, strategy="local_search")
    curves = regrets[CIFAR, "local_search"]
    expected = [
        np.mean([(run[: int(x)].min() <= target) for run in curves for target in hard]) for x in mine["x"].tolist()
    ]
    assert mine["mean"].tolist() == pytest.approx(expected)
    assert mine["x"].iloc[[0, -1]].tolist() == [1, 40]
    assert ((mine["low"] <= mine["mean"]) & (mine["mean"] <= mine["high"])).all()
    both = [
        rows(frames["ecdf"], benchmark=label, strategy="local_search")["mean"].to_numpy() for label in (CIFAR, IMAGENET)
    ]
    pooled = rows(frames["ecdf"], benchmark="all benchmarks", strategy="local_search")["mean"]
    assert pooled.tolist() == pytest.approx(((both[0] + both[1]) / 2).tolist())


def test_targets_are_the_same_whichever_strategies_are_compared(results: nasbed.Results) -> None:
    some = results.subset(["hand_designed"])
    assert ecdf.targets(some, IMAGENET).tolist() == ecdf.targets(results, IMAGENET).tolist()


def test_ranks_are_those_of_the_records(
    results: nasbed.Results, frames: dict[str, pd.DataFrame], regrets: dict[tuple[str, str], np.ndarray]
) -> None:
    for x in (1, 9, 40):
        table = pd.DataFrame({name: regrets[IMAGENET, name][:, x - 1] for name in results.strategies})
        found = rows(frames["ranks"], benchmark=IMAGENET, x=x).set_index("strategy")["mean"]
        assert found.to_dict() == pytest.approx(table.round(6).rank(axis=1).mean().to_dict())
    totals = frames["ranks"].groupby(["benchmark", "x"])["mean"].sum()
    assert totals.tolist() == pytest.approx([15.0] * len(totals))


def test_profiles_count_the_runs_within_a_regret(
    results: nasbed.Results, frames: dict[str, pd.DataFrame], regrets: dict[tuple[str, str], np.ndarray]
) -> None:
    ends = {key: values[:, -1] for key, values in regrets.items()}
    for (label, name), values in ends.items():
        line = rows(frames["profile"], benchmark=label, strategy=name)
        assert line["mean"].tolist() == pytest.approx([sum(values <= x + 1e-12) / 20 for x in line["x"]])
    unit = {label: ecdf.targets(results, label)[0] for label in results.benchmarks}
    line = rows(frames["profile"], benchmark="all benchmarks", strategy="local_search")
    scaled = np.concatenate([ends[label, "local_search"] / unit[label] for label in results.benchmarks])
    assert line["mean"].tolist() == pytest.approx([float((scaled <= x + 1e-12).mean()) for x in line["x"]])


def test_every_seed_is_a_point_of_the_finals(
    results: nasbed.Results,
    frames: dict[str, pd.DataFrame],
    drawn: dict[tuple[str, str], Figure],
    regrets: dict[tuple[str, str], np.ndarray],
) -> None:
    mine = rows(frames["finals"], benchmark=IMAGENET)
    for place, name in enumerate(results.strategies):
        expected = regrets[IMAGENET, name][:, -1]
        assert rows(mine, strategy=name)["regret"].tolist() == pytest.approx(expected.tolist())
        points = [
            one for one in panels(drawn["finals", "double"])[IMAGENET].collections if isinstance(one, PathCollection)
        ]
        offsets = np.asarray(points[place].get_offsets())
        assert offsets[:, 0].tolist() == pytest.approx(expected.tolist())
        assert np.abs(offsets[:, 1] - place).max() < 0.5
        assert points[place].get_rasterized()


def test_improvement_is_the_share_of_pairs_of_runs_and_its_marks_the_corrected_tests(
    results: nasbed.Results, frames: dict[str, pd.DataFrame], regrets: dict[tuple[str, str], np.ndarray]
) -> None:
    pairs = list(combinations(results.strategies, 2))
    ends = {
        key: np.round(values[:, -1], 9) for key, values in regrets.items()
    }  # means of equal runs in another order tie
    p, ahead = {}, {}
    for label in results.benchmarks:
        for one, other in pairs:
            difference = np.round(ends[label, one] - ends[label, other], 6)
            p[label, one, other] = stats.wilcoxon(difference, zero_method="pratt", method="approx").pvalue
            ahead[label, one, other] = (difference < 0).sum() > (difference > 0).sum()
    significant = dict(zip(p, holm(np.array(list(p.values()))) < 0.05, strict=True))
    found = frames["improvement"].set_index(["strategy", "rival"])
    for one, other in pairs:
        chance = np.mean(
            [
                np.mean([(a < b) + 0.5 * (a == b) for a in ends[label, one] for b in ends[label, other]])
                for label in results.benchmarks
            ]
        )
        assert found.loc[(one, other), "mean"] == pytest.approx(chance)
        assert found.loc[(other, one), "mean"] == pytest.approx(1 - chance)
        wins = [ahead[label, one, other] == (chance > 0.5) for label in results.benchmarks]
        finds = [significant[label, one, other] for label in results.benchmarks]
        against = any(find and not win for find, win in zip(finds, wins, strict=True))
        mark = "" if not any(finds) or against else "all" if all(finds) else "some"
        assert found.loc[(one, other), "significant"] == mark
    assert set(found["significant"]) >= {"all", ""}


def test_improvement_writes_the_numbers_and_marks_into_the_cells(
    results: nasbed.Results, frames: dict[str, pd.DataFrame], drawn: dict[tuple[str, str], Figure]
) -> None:
    (ax,) = drawn["improvement", "single"].axes
    written = {text.get_position(): text.get_text() for text in ax.texts}
    for row in frames["improvement"].to_dict(orient="records"):
        place = results.strategies.index(row["rival"]), results.strategies.index(row["strategy"])
        mark = {"all": "*", "some": "°", "": ""}[row["significant"]]
        assert written.pop(place) == f"{100 * row['mean']:.0f}{mark}"
    assert not written


def test_a_trajectory_is_every_evaluation_of_a_seed(
    results: nasbed.Results, frames: dict[str, pd.DataFrame], regrets: dict[tuple[str, str], np.ndarray]
) -> None:
    mine = rows(frames["trajectory"], strategy="local_search")
    run = rows(results.series_of(CIFAR, "local_search").records, seed=0)
    space = results.benchmarks[CIFAR].space
    mean = results.benchmarks[CIFAR].referee().validation(np.arange(15_625))
    steps = [
        sum(a != b for a, b in zip(space.archs[arch], space.archs[6111], strict=True)) for arch in run["architecture"]
    ]
    assert mine["distance"].tolist() == steps
    assert mine["regret"].tolist() == pytest.approx((mean.max() - mean[run["architecture"]]).tolist())
    became = mine[mine["incumbent"]]
    at = became["evaluation"].to_numpy() - 1
    assert regrets[CIFAR, "local_search"][0, at].tolist() == pytest.approx(became["regret"].tolist())
    assert (run["value"].to_numpy()[at] == np.maximum.accumulate(run["value"].to_numpy())[at]).all()
    median = rows(frames["trajectory"], strategy="space", distance=3, evaluation=3)["regret"].item()
    distance = (np.array(space.archs) != np.array(space.archs[6111])).sum(axis=1)
    assert median == pytest.approx(float(np.median((mean.max() - mean)[distance == 3])))


def test_under_constraints_the_way_goes_to_the_best_feasible_architecture(tmp_path: Path) -> None:
    text = """
    name = "bounded"
    seeds = 1
    budget = { evaluations = 60 }
    strategy = [{ use = "random_search" }]
    [[benchmark]]
    use = "nasbench201"
    objectives = ["accuracy", "latency"]
    constraints = { latency = "<= 0.012 s" }
    """
    bounded = nasbed.run_study(nasbed.Study.parse(text), tmp_path)
    frame = figures.numbers(bounded, "trajectory")
    space, run = frame[frame["source"] == "space"], frame[frame["source"] == "run"]
    assert space["regret"].min() == 0
    assert (space.loc[space["distance"] == 0, "regret"] == 0).all()
    assert {True, False} == set(run["feasible"])
    assert run.loc[run["incumbent"], "feasible"].all()
    assert run.loc[run["feasible"], "regret"].min() >= 0 > run["regret"].min()
    (ax,) = figures.render(bounded, "trajectory").axes
    points, crosses = (one for one in ax.collections if isinstance(one, PathCollection))
    assert [len(one.get_offsets()) for one in (points, crosses)] == [run["feasible"].sum(), (~run["feasible"]).sum()]
    low, _ = ax.get_ylim()
    assert all(one.get_offsets()[:, 1].min() >= low for one in (points, crosses))
    assert "Crosses: infeasible evaluations" in figures.caption(bounded, "trajectory")


def test_a_run_without_evaluations_has_no_path(tmp_path: Path) -> None:
    study = nasbed.Study.parse(
        'name = "late"\nseeds = 1\nbudget = { seconds = 1000 }\n[[benchmark]]\nuse = "nasbench201"\n'
        '[[strategy]]\nuse = "hand_designed"\n[[strategy]]\nuse = "random_search"\n'
    )
    late = nasbed.run_study(study, tmp_path / "late")
    frame = figures.numbers(late, "trajectory")
    assert frame.loc[frame["source"] == "run", "strategy"].tolist() == ["random_search"]
    empty, other = figures.render(late, "trajectory").axes
    assert [len(ax.collections[-1].get_offsets()) + len(ax.collections[-2].get_offsets()) for ax in (empty, other)] == [
        0,
        1,
    ]


def test_a_trajectory_is_of_a_benchmark_and_a_seed_that_are_there(results: nasbed.Results) -> None:
    frame = figures.numbers(results, "trajectory", benchmark=IMAGENET, seed=3)
    assert set(frame["benchmark"]) == {IMAGENET}
    assert set(frame["seed"]) == {3}
    assert f"one seed (3) on {IMAGENET}" in figures.caption(results, "trajectory", benchmark=IMAGENET, seed=3)
    with pytest.raises(OptionError, match="seed = 99; the results have 0 to 19"):
        figures.render(results, "trajectory", seed=99)
    with pytest.raises(UnknownNameError, match="unknown benchmark 'cifar'"):
        figures.render(results, "trajectory", benchmark="cifar")


def test_the_tradeoff_is_of_the_timings_and_parts_of_the_budget(
    results: nasbed.Results, frames: dict[str, pd.DataFrame], regrets: dict[tuple[str, str], np.ndarray]
) -> None:
    assert len(frames["tradeoff"]) == 2 * 5 * 3
    for row in frames["tradeoff"].to_dict(orient="records"):
        key = row["benchmark"], row["strategy"]
        assert row["x"] == pytest.approx(1e3 * results.series_of(*key).mean_thinking)
        assert row["mean"] == pytest.approx(regrets[key][:, round(40 * row["share"]) - 1].mean())


def test_thinking_is_of_whole_runs_and_its_front_is_what_no_cheaper_strategy_beats(
    results: nasbed.Results, frames: dict[str, pd.DataFrame], regrets: dict[tuple[str, str], np.ndarray]
) -> None:
    found = frames["thinking"].to_dict(orient="records")
    assert len(found) == 2 * 5
    for row in found:
        key = row["benchmark"], row["strategy"]
        seconds = results.series_of(*key).thinking.seconds
        assert [row["x_low"], row["x"], row["x_high"]] == pytest.approx(np.quantile(seconds, (0.25, 0.5, 0.75)))
        assert row["mean"] == pytest.approx(regrets[key][:, -1].mean())
        rivals = [one for one in found if one["benchmark"] == row["benchmark"] and one is not row]
        assert row["front"] == (not any(one["x"] <= row["x"] and one["mean"] <= row["mean"] for one in rivals))
    (processor,) = results.series[0].thinking.processors
    assert f"in a run, on {processor}: median" in figures.caption(results, "thinking")


def test_below_six_benchmarks_mean_ranks_have_bootstrap_intervals(
    results: nasbed.Results, frames: dict[str, pd.DataFrame], regrets: dict[tuple[str, str], np.ndarray]
) -> None:
    means = pd.DataFrame(
        {name: [regrets[label, name][:, -1].mean() for label in results.benchmarks] for name in results.strategies}
    )
    found = frames["critical_difference"].set_index("strategy")
    assert found["rank"].to_dict() == pytest.approx(means.rank(axis=1).mean().to_dict())
    assert (found["low"] <= found["rank"]).all()
    assert (found["rank"] <= found["high"]).all()
    assert "This is no critical-difference diagram: with fewer than 6" in figures.caption(
        results, "critical_difference"
    )


def test_from_six_benchmarks_on_there_is_a_critical_difference_diagram(eight: nasbed.Results) -> None:
    found = figures.numbers(eight, "critical_difference").set_index("strategy")
    # Demšar 2006, table 5(a): q = 2.343 for three classifiers at 0.05; the difference is q sqrt(k (k + 1) / 6 N).
    assert (found["high"] - found["low"]).tolist() == pytest.approx([2.343 * np.sqrt(3 * 4 / (6 * 8))] * 3, abs=1e-3)
    assert found["cliques"].to_dict() == {"good": "1", "same": "1", "bad": ""}
    figure = figures.render(eight, "critical_difference", "single")
    (ax,) = figure.axes
    (bar,) = [line for line in ax.lines if line.get_linewidth() > 2]
    ends = np.asarray(bar.get_xdata())
    assert sorted(ends) == pytest.approx([found["rank"].iloc[:2].min() - 0.05, found["rank"].iloc[:2].max() + 0.05])
    assert {"good", "same", "bad"} <= {text.get_text() for text in ax.texts}
    _nothing_is_cut_off(figure)


def test_the_caption_of_mean_ranks_names_the_tests_that_were_made(eight: nasbed.Results) -> None:
    several = figures.caption(eight, "critical_difference")
    assert (
        "8 benchmarks, which are the blocks; thick bars join strategies that Nemenyi's test (5 %), after Friedman's (p "
        in several
    )
    two = figures.caption(eight.subset(["good", "bad"]), "critical_difference")
    assert "Friedman's test needs three and is not made" in two
    assert "after Friedman's" not in two
    alike = nasbed.Results(
        [replace(series, strategy=name) for series in eight.subset(["good"]).series for name in "abc"],
        "a",
        "three alike",
    )
    found = figures.caption(alike, "critical_difference")
    assert "Friedman's test finds no difference (p = 1), so none is told apart, and a thick bar joins all" in found


def test_captions_name_no_test_where_there_are_too_few_seeds(eight: nasbed.Results, results: nasbed.Results) -> None:
    assert "two-sided Wilcoxon signed-rank test" in figures.caption(eight, "improvement")
    few = nasbed.Results([_of_seeds(series, 3) for series in eight.series], "good", "three seeds")
    assert "There is no p, for a signed-rank test needs 6 seeds or more and there are 3." in figures.caption(
        few, "improvement"
    )


def _of_seeds(series: SeriesResult, count: int) -> SeriesResult:
    runs = getattr(series.runs, "again", lambda: series.runs)()
    arrays = {field.name: getattr(runs, field.name)[:count] for field in fields(runs) if field.name != "costs"}
    return replace(series, runs=replace(runs, **arrays))


def test_an_interval_that_reaches_zero_runs_to_the_bottom_of_a_logarithmic_axis(eight: nasbed.Results) -> None:
    few = nasbed.Results([_of_seeds(series, 3) for series in eight.series], "good", "three seeds")
    curves = few.curves()
    mine = curves[(curves["benchmark"] == "bench0") & (curves["metric"] == "validation_regret")]
    assert (mine["low"] == 0).any()
    assert (mine["low"] >= 0).all()
    ax = figures.figure_kind("curves").draw(few, metric="validation_regret")
    assert ax.get_yscale() == "log"
    shown = mine[mine["axis"] == "evaluations"]["mean"]
    assert ax.get_ylim()[0] > shown[shown > 0].min() / 8


def test_under_a_budget_of_seconds_runs_are_followed_along_time(cifar10: Benchmark) -> None:
    best, middle, worst = ranked_indices(cifar10)[[0, 5_000, 15_000]].tolist()
    mean = cifar10.referee().validation(np.arange(15_625))
    told = [
        *(("late", seed, arch, at) for seed in (0, 1) for arch, at in ((worst, 10.0), (best, 90.0))),
        *(("early", seed, arch, at) for seed in (0, 1) for arch, at in ((worst, 20.0), (middle, 30.0))),
    ]
    frame = pd.DataFrame(told, columns=["strategy", "seed", "architecture", "time"])
    frame = frame.assign(benchmark=cifar10.label, value=mean[frame["architecture"]], last=[False, True] * 4)
    results = nasbed.Results.from_frame(frame, cifar10, {"seconds": 100}, noise="mean")
    ranks = figures.numbers(results, "ranks")
    of = {name: mine.set_index("x")["mean"] for name, mine in ranks.groupby("strategy")}
    x = of["late"].index
    assert (x[0], x[-1]) == pytest.approx((10, 100))
    expected = np.select([x < 20, x < 30, x < 90], [1.0, 1.5, 2.0], 1.0)  # before 20 s the other has no incumbent
    assert of["late"].tolist() == expected.tolist()
    assert (of["late"] + of["early"]).tolist() == [3.0] * len(x)
    solved = rows(figures.numbers(results, "ecdf"), strategy="late").set_index("x")["mean"]
    assert solved[solved.index < 90].max() == 0.0
    assert solved.iloc[-1] == 1.0
    figure = figures.render(results, "ecdf")
    assert "simulated time (seconds)" in [figure.axes[0].get_xlabel(), *(text.get_text() for text in figure.texts)]
