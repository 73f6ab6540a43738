"""Figures plot numbers that agree with the records, say their protocol, and cut nothing off."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from places import ROOT
from scipy import stats

import nasbed
from nasbed import figures
from nasbed.errors import DataError, OptionError, UnknownNameError
from nasbed.figures import ecdf, published, style
from nasbed.results.series import SeriesResult
from nasbed.statistics.paired import holm
from nasbed.vocabulary import Benchmark

STUDY = """
name = "figures"
title = "Figures"
seeds = 20
budget = { evaluations = 40 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar10"
[[benchmark]]
use = "nasbench201"
dataset = "ImageNet16-120"
[[strategy]]
use = "random_search"
[[strategy]]
use = "regularized_evolution"
label = "_evolution_$x$_with a long name & 100 %"
[[strategy]]
use = "local_search"
[[strategy]]
use = "hand_designed"
[[strategy]]
use = "random_architecture"
"""
CIFAR, IMAGENET = "nasbench201/cifar10", "nasbench201/ImageNet16-120"
SEVERAL = ("pareto", "attainment")
ALONE = [name for name in figures.figure_kinds() if name not in SEVERAL]
LINES = ("ecdf", "ranks", "profile")
PUBLISHED = ROOT / "results" / "published" / "nasbench201_table5.csv"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    return nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path_factory.mktemp("figures") / "out")


@pytest.fixture(scope="module")
def frames(results: nasbed.Results) -> dict[str, pd.DataFrame]:
    return {name: figures.numbers(results, name) for name in ALONE}


@pytest.fixture(scope="module")
def drawn(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> dict[tuple[str, str], Figure]:
    found = {
        (name, paper): figures.render(results, name, paper, frame=frames[name])  # type: ignore[arg-type]
        for name in ALONE
        for paper in style.WIDTHS
    }
    return found


@pytest.fixture(scope="module")
def regrets(results: nasbed.Results) -> dict[tuple[str, str], np.ndarray]:
    """Validation regret of the incumbent after each evaluation, (seeds, evaluations), by a loop over the records."""
    found = {}
    for series in results.series:
        mean = series.scored.referee().validation(np.arange(len(series.scored.space)))
        runs = []
        for _, run in series.records.groupby("seed"):
            best, at, kept = -np.inf, -1, []
            for arch, value in zip(run["architecture"], run["value"], strict=True):
                best, at = (value, arch) if value > best else (best, at)
                kept.append(mean.max() - mean[at])
            runs.append(kept + [kept[-1]] * (40 - len(kept)))
        found[series.benchmark, series.strategy] = np.array(runs)
    return found


def rows(frame: pd.DataFrame, **where: Any) -> pd.DataFrame:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def panels(figure: Figure) -> dict[str, Axes]:
    """The first panel of each title, in lines or not."""
    return {ax.get_title().replace("\n", ""): ax for ax in reversed(figure.axes)}


# ---- numbers


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
        assert row["x"] == pytest.approx(1e3 * results.series_of(*key).thinking)
        assert row["mean"] == pytest.approx(regrets[key][:, round(40 * row["share"]) - 1].mean())


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


def _ranked(benchmark: Benchmark) -> np.ndarray:
    return np.argsort(-benchmark.referee().validation(np.arange(len(benchmark.space))))


@pytest.fixture(scope="module")
def eight(cifar10: Benchmark) -> nasbed.Results:
    rng = np.random.default_rng(0)
    tables = {f"bench{place}": cifar10 for place in range(8)}
    mean, ranked = cifar10.referee().validation(np.arange(15_625)), _ranked(cifar10)
    found = [
        (strategy, label, seed, int(arch), float(mean[arch]), float(step + 1))
        for strategy, top in (("good", 100), ("same", 100), ("bad", 15_000))
        for label in tables
        for seed in range(8)
        for step, arch in enumerate(ranked[rng.integers(0, top, 3)])
    ]
    frame = pd.DataFrame(found, columns=["strategy", "benchmark", "seed", "architecture", "value", "time"])
    return nasbed.Results.from_frame(frame, tables, {"evaluations": 3}, noise="mean")


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
    runs = series.runs
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
    best, middle, worst = _ranked(cifar10)[[0, 5_000, 15_000]].tolist()
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
    assert figure.axes[0].get_xlabel() == "simulated time (seconds)"


# ---- what is drawn


@pytest.mark.parametrize("name", [*LINES, "curves"])
def test_lines_hold_the_numbers(
    name: str, results: nasbed.Results, frames: dict[str, pd.DataFrame], drawn: dict[tuple[str, str], Figure]
) -> None:
    frame = rows(frames[name], axis="evaluations") if name == "curves" else frames[name]
    for title, ax in panels(drawn[name, "double"]).items():
        for strategy in results.strategies if title else ():
            (line,) = [line for line in ax.lines if line.get_label() == strategy]
            mine = rows(frame, benchmark=title, strategy=strategy)
            assert len(mine) > 5
            assert np.asarray(line.get_xdata()).tolist() == mine["x"].tolist()
            assert np.asarray(line.get_ydata()).tolist() == mine["mean"].tolist()


def test_curves_are_those_of_the_results_with_the_floor(
    results: nasbed.Results, frames: dict[str, pd.DataFrame], drawn: dict[tuple[str, str], Figure]
) -> None:
    expected = rows(results.curves(), metric="test_regret").reset_index(drop=True)
    pd.testing.assert_frame_equal(frames["curves"], expected)
    assert len(drawn["curves", "double"].axes) == 4
    ax = panels(drawn["curves", "double"])[IMAGENET]
    assert any(np.allclose(np.asarray(line.get_ydata()), results.floor(IMAGENET)[1]) for line in ax.lines)
    with pytest.raises(UnknownNameError, match="unknown metric 'test_regrt'; did you mean 'test_regret'"):
        figures.render(results, "curves", metric="test_regrt")


def _nothing_is_cut_off(figure: Figure) -> None:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    whole = figure.bbox
    boxes = [ax.get_tightbbox(renderer) for ax in figure.axes]
    boxes += [legend.get_window_extent(renderer) for legend in figure.legends]
    boxes += [text.get_window_extent(renderer) for text in figure.texts]
    for box in boxes:
        assert min(box.x0 - whole.x0, whole.x1 - box.x1, box.y0 - whole.y0, whole.y1 - box.y1) >= -1
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)
    for ax in figure.axes:
        for side in (ax.xaxis, ax.yaxis):
            labels = [tick for tick in side.get_ticklabels() if tick.get_text() and tick.get_visible()]
            inside = [tick.get_window_extent(renderer) for tick in labels if not tick.get_rotation() % 90]
            shown = sorted(inside, key=lambda box: (box.x0, box.y0))
            for one, other in combinations(shown, 2):
                assert not one.overlaps(other), [label.get_text() for label in labels]


@pytest.mark.parametrize("paper", list(style.WIDTHS))
@pytest.mark.parametrize("name", ALONE)
def test_nothing_is_cut_off_or_covered(
    name: str, paper: str, results: nasbed.Results, drawn: dict[tuple[str, str], Figure]
) -> None:
    figure = drawn[name, paper]
    assert figure.get_figwidth() <= style.WIDTHS[paper] + 1e-9
    _nothing_is_cut_off(figure)
    for ax in figure.axes:
        assert ax.get_window_extent().width > 0.15 * figure.bbox.width
    if name not in ("finals", "improvement", "critical_difference", "trajectory"):
        texts = [text.get_text().replace("\n", " ") for text in figure.legends[0].get_texts()]
        assert texts[:5] == results.strategies
    assert any(ax.get_xlabel() for ax in figure.axes)


def test_a_caption_can_be_written_under_a_figure(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> None:
    for paper in ("single", "double"):
        figure = figures.render(results, "profile", paper, frame=frames["profile"], captioned=True)  # type: ignore[arg-type]
        (text,) = figure.texts
        assert text.get_text().replace("\n", " ") == figures.caption(results, "profile")
        _nothing_is_cut_off(figure)


def test_many_strategies_and_long_names_fit(results: nasbed.Results) -> None:
    one = results.series_of(IMAGENET, "local_search")
    all_series = [replace(one, strategy=f"regularized_evolution, population {place}, sample 5") for place in range(27)]
    many = nasbed.Results(all_series, all_series[0].strategy, "27 strategies")
    for name in ("ranks", "finals", "improvement", "critical_difference"):
        figure = figures.render(many, name, "single")
        _nothing_is_cut_off(figure)


def test_strategies_keep_their_looks_in_all_figures_and_subsets(
    results: nasbed.Results, drawn: dict[tuple[str, str], Figure]
) -> None:
    found = []
    for name in (*LINES, "curves"):
        lines = drawn[name, "double"].axes[0].lines
        found.append({line.get_label(): line.get_color() for line in lines if line.get_label() in results.strategies})
    assert all(looks == found[0] for looks in found)
    assert len(set(found[0].values())) == 5
    some = figures.render(results, "ranks", strategies=["local_search", "hand_designed"], benchmarks=[CIFAR])
    (ax,) = some.axes
    mine = {line.get_label(): line.get_color() for line in ax.lines}
    assert mine == {name: found[0][name] for name in ("local_search", "hand_designed")}
    alone = figures.numbers(results.subset(["local_search", "hand_designed"], [CIFAR]), "ranks")
    assert np.asarray(ax.lines[0].get_ydata()).tolist() == rows(alone, strategy="local_search")["mean"].tolist()
    tradeoff = drawn["tradeoff", "double"].axes[0].lines
    assert {line.get_label(): line.get_color() for line in tradeoff if line.get_label() in results.strategies} == found[
        0
    ]


def _lightness(colour: str) -> float:
    """CIE L*, 0 is black and 100 white."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    luminance = float(np.dot([0.2126, 0.7152, 0.0722], linear))
    return float(116 * np.cbrt(luminance) - 16)


def test_neighbours_differ_in_lightness_and_all_of_27_in_dash_or_marker() -> None:
    lightness = [_lightness(colour) for colour in style.COLOURS]
    assert max(lightness) < 75  # against white
    gaps = np.abs(np.diff([*lightness, lightness[0]]))
    assert gaps.min() > 10
    names = [str(place) for place in range(27)]
    looks, marks = style.style_of(names), style.marker_of(names)
    for one, other in combinations(names, 2):
        assert looks[one]["linestyle"] != looks[other]["linestyle"] or marks[one] != marks[other]
        assert (looks[one]["color"], looks[one]["linestyle"]) != (looks[other]["color"], looks[other]["linestyle"])
    for one, other in pairwise(names):
        assert looks[one]["linestyle"] != looks[other]["linestyle"]
    assert all("marker" in look for look in style.line_of(names).values())


def test_each_draws_into_axes_that_are_given(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> None:
    for name in ALONE:
        ax = Figure().subplots()
        assert figures.figure_kind(name).draw(results, frames[name], ax=ax) is ax
        assert ax.has_data()
    alone = figures.figure_kind("ranks").draw(results, benchmark=IMAGENET)
    assert alone.figure.get_figwidth() == style.WIDTHS["single"]


# ---- published numbers


def test_published_numbers_are_marked_as_such(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> None:
    reported = published.read(PUBLISHED)
    row = rows(reported, strategy="REA", dataset="ImageNet16-120", split="test")
    expected = results.benchmarks[IMAGENET].referee().best()[1] - row["mean"].item()
    options = {"metric": "test_regret", "published": reported}
    frame = figures.numbers(results, "finals", **options)
    added = rows(frame, benchmark=IMAGENET, strategy="REA")
    assert added["regret"].tolist() == pytest.approx([expected])
    assert added["source"].tolist() == ["reported, other protocol"]
    finals = figures.render(results, "finals", frame=frame, **options)
    assert "REA, reported, other protocol" in [text.get_text() for text in finals.axes[0].get_yticklabels()]
    marks = [line for line in panels(finals)[IMAGENET].lines if line.get_markerfacecolor() == "white"]
    assert any(np.asarray(line.get_xdata()).tolist() == pytest.approx([expected]) for line in marks)
    curves = figures.render(results, "curves", frame=frames["curves"], **options)
    assert "REA (reported, other protocol)" in [text.get_text() for text in curves.legends[0].get_texts()]
    marks = [
        line
        for line in panels(curves)[IMAGENET].lines
        if isinstance(line, Line2D) and len(np.asarray(line.get_xdata())) == 1
    ]
    assert any(np.asarray(line.get_ydata()).tolist() == pytest.approx([expected]) for line in marks)
    for name in ("finals", "curves"):
        assert "can't be compared with the rest by a test" in figures.caption(results, name, **options)


def test_published_numbers_that_cannot_be_read_are_refused(results: nasbed.Results, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv cannot be read as published numbers"):
        published.read(tmp_path / "nowhere.csv")
    frame = published.read(PUBLISHED)
    with pytest.raises(DataError, match="no column 'split'; expected strategy, dataset, split, mean"):
        figures.render(results, "finals", published=frame.drop(columns="split"))
    with pytest.raises(DataError, match="the split 'valid'; expected validation or test"):
        figures.render(results, "finals", published=frame.assign(split="valid"))


# ---- captions, files, refusals


@pytest.mark.parametrize("name", ALONE)
def test_captions_state_the_protocol(name: str, results: nasbed.Results) -> None:
    text = figures.caption(results, name)
    for words in ("20 seeds (0 to 19)", "Budget: 40 evaluations", "Noise: each", "Incumbent: highest", "Cost model: "):
        assert words in text


def test_files_are_the_same_bytes_each_time(results: nasbed.Results, tmp_path: Path) -> None:
    names = ["finals", "critical_difference"]
    first = figures.write(results, tmp_path / "a", names)
    second = figures.write(results, tmp_path / "b", names)
    kinds = ("pdf", "svg", "png", "csv", "txt")
    assert [path.name for path in first] == [f"{name}.{kind}" for name in names for kind in kinds]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert len(pd.read_csv(tmp_path / "a" / "finals.csv")) == 5 * 2 * 20
    assert (tmp_path / "a" / "finals.txt").read_text(encoding="utf-8").strip() == figures.caption(results, "finals")
    for kind, head in (("pdf", b"%PDF"), ("svg", b"<?xml"), ("png", b"\x89PNG")):
        assert (tmp_path / "a" / f"finals.{kind}").read_bytes().startswith(head)
    (only,) = figures.write(
        results, tmp_path / "c", ["ranks"], kinds=["svg"], strategies=["local_search", "random_search"]
    )[:1]
    assert only.name == "ranks.svg"
    assert set(pd.read_csv(tmp_path / "c" / "ranks.csv")["strategy"]) == {"local_search", "random_search"}


def test_figures_that_cannot_be_made_are_refused(
    results: nasbed.Results, eight: nasbed.Results, tmp_path: Path
) -> None:
    with pytest.raises(UnknownNameError, match="unknown figure 'ecdff'; did you mean 'ecdf'"):
        figures.render(results, "ecdff")
    with pytest.raises(UnknownNameError, match="unknown style of paper 'singel'; did you mean 'single'"):
        figures.render(results, "ecdf", "singel")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="unknown kind of file 'jpeg'; known: pdf, svg, png"):
        figures.write(results, tmp_path, ["ecdf"], kinds=["jpeg"])
    with pytest.raises(UnknownNameError, match="unknown strategy 'local_serch'; did you mean 'local_search'"):
        figures.render(results, "ecdf", strategies=["local_serch"])
    with pytest.raises(
        OptionError, match="no thinking times are stored; the figure 'tradeoff' needs results that nasbed ran"
    ):
        figures.render(eight, "tradeoff")
    with pytest.raises(
        OptionError, match="no benchmark has two objectives; the figure 'pareto' needs them in the study"
    ):
        figures.caption(results, "pareto")
    one = results.subset(["local_search"])
    compared = ("ranks", "improvement", "critical_difference")
    for name in compared:
        with pytest.raises(
            OptionError, match=rf"one strategy \(local_search\); the figure '{name}' compares two or more"
        ):
            figures.render(one, name)
    assert figures.available(one) == [name for name in ALONE if name not in compared]
    assert figures.available(eight) == [name for name in ALONE if name != "tradeoff"]


def test_fronts_are_offered_where_a_benchmark_has_several_objectives(tmp_path: Path) -> None:
    text = STUDY.replace('dataset = "cifar10"', 'dataset = "cifar10"\nobjectives = ["accuracy", "latency"]')
    text = text.replace("seeds = 20", "seeds = 4").partition('[[strategy]]\nuse = "local_search"')[0]
    results = nasbed.run_study(nasbed.Study.parse(text), tmp_path)
    assert figures.available(results) == list(figures.figure_kinds())
    for name in SEVERAL:
        figure = figures.render(results, name, "single")
        (ax,) = figure.axes
        assert ax.get_title() == CIFAR
        assert {"true front", *results.strategies} <= {
            text.get_text().replace("\n", " ") for text in figure.legends[0].get_texts()
        }
        assert "4 seeds" in figures.caption(results, name)
        assert set(figures.numbers(results, name)["benchmark"]) == {CIFAR}
