"""Attainment surfaces by counting, and the two figures of several objectives: what they plot, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from marks import cut_marks
from matplotlib.figure import Figure

import nasbed
from nasbed import figures
from nasbed.errors import OptionError, UnknownNameError
from nasbed.figures import attainment, pareto, style
from nasbed.figures.plane import lay_out, plane_of
from nasbed.results.multiobjective import fronts, truths
from nasbed.results.multiobjective.attainment import attained, surfaces
from nasbed.results.results import Results
from nasbed.results.series import series_result
from nasbed.results.thinking import RunThinking
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.vocabulary import Budget

RNG = np.random.default_rng(20260302)
LABEL = "nasbench201/cifar100"


def test_surfaces_hold_what_a_share_of_the_runs_attains_counted_on_a_grid() -> None:
    for runs in (3, 4, 10):
        found = [RNG.integers(0, 9, size=(RNG.integers(0, 6), 2)).astype(float) for _ in range(runs)]
        across = np.arange(-1.0, 10.0)
        for share, surface in zip((0.25, 0.5, 0.75, 1.0), surfaces(found, (0.25, 0.5, 0.75, 1.0)), strict=True):
            expected = []
            for x in across:
                reach = sorted((max((b for a, b in front if a >= x), default=-np.inf) for front in found), reverse=True)
                expected.append(reach[int(np.ceil(share * runs)) - 1])
            np.testing.assert_array_equal(
                attained(surface, across), [y if np.isfinite(y) else np.nan for y in expected]
            )


def test_runs_without_a_front_attain_nothing_and_count() -> None:
    one, nothing = np.array([[1.0, 2.0]]), np.empty((0, 2))
    median, all_of_them = surfaces([one, nothing], [0.5, 1.0])
    assert median.tolist() == [[1.0, 2.0]]
    assert len(all_of_them) == 0
    assert np.isnan(attained(all_of_them, np.array([0.0]))).all()


@pytest.mark.parametrize(
    ("found", "shares", "message"),
    [
        ([], [0.5], "no fronts given"),
        ([np.ones((1, 2))], [0.0], "a share of 0.0; expected more than 0"),
        ([np.ones((1, 2))], [50], "a share of 50; expected more than 0 and at most 1"),
        ([np.ones((1, 3))], [0.5], r"a front of shape \(1, 3\); expected \(points, 2\)"),
    ],
)
def test_surfaces_of_nothing_are_refused(found: list[np.ndarray], shares: list[float], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        surfaces(found, shares)


@pytest.fixture(scope="module")
def results() -> Results:
    benchmark = nasbed.load_benchmark("nasbench201", dataset="cifar100", objectives=["accuracy", "flops", "latency"])
    rules = Rules(Budget("evaluations", 30))
    parts = []
    for name, options in (("random_search", {}), ("nsga2", {"population": 10})):
        strategy = nasbed.load_strategy(name, **options)
        runs = [execute(strategy, benchmark, rules, seed).outcomes for seed in range(5)]
        flat = [outcome for run in runs for outcome in run]
        answers = {
            "seed": np.repeat(np.arange(5), 30),
            "architecture": np.array([benchmark.space.index(outcome.arch) for outcome in flat]),
            "epochs": np.full(150, 200),
            "time": np.array([outcome.time for outcome in flat]),
            "last": np.zeros(150, bool),
            "value": np.array([outcome.values[0] for outcome in flat]),
            "flops": -np.array([outcome.values[1] for outcome in flat]),
            "latency": -np.array([outcome.values[2] for outcome in flat]),
        }
        parts.append(series_result(name, LABEL, benchmark, benchmark, rules, answers, range(5), RunThinking.unknown(5)))
    return Results(parts, "random_search", "three objectives")


def test_the_plane_is_of_the_second_and_first_objective_unless_others_are_named(results: Results) -> None:
    assert [one.name for one in plane_of(results)[1:3]] == ["flops", "accuracy"]
    plane = plane_of(results, LABEL, ["accuracy", "latency"])
    assert (plane.places, plane.signs.tolist()) == ((0, 2), [1.0, -1.0])


def test_the_fronts_that_are_drawn_are_noise_free_values_of_what_was_selected(results: Results) -> None:
    shown = pareto.numbers(results, run=3, objectives=["latency", "accuracy"])
    benchmark = results.benchmarks[LABEL]
    referee = benchmark.referee()
    for part in results.series:
        mine = shown[shown["strategy"] == part.strategy]
        _, archs = fronts.selected(part)[3]
        assert mine["architecture"].tolist() == archs.tolist()
        assert set(mine["seed"]) == {3}
        np.testing.assert_allclose(mine["y"], referee.validation(archs))
        records = part.records.drop_duplicates("architecture").set_index("architecture")
        np.testing.assert_allclose(mine["x"], records.loc[archs, "latency"])
        for _, row in mine.iterrows():
            better = mine[(mine["x"] <= row["x"]) & (mine["y"] >= row["y"])]
            assert row["edge"] == (len(better) == 1)
    assert (shown["strategy"] == "space").sum() == len(benchmark.space)
    assert (
        shown.loc[shown["strategy"] == "true front", "architecture"].tolist() == truths.truth(benchmark).front.tolist()
    )


def test_the_median_run_and_the_union(results: Results) -> None:
    scores = fronts.frame(results)
    for strategy in results.strategies:
        ordered = scores[scores["strategy"] == strategy].sort_values("hypervolume_regret")["seed"].tolist()
        shown = pareto.numbers(results)
        assert set(shown.loc[shown["strategy"] == strategy, "seed"]) == {ordered[2]}
        union = pareto.numbers(results, run="union")
        every = {arch for _, archs in fronts.selected(results.series_of(LABEL, strategy)) for arch in archs.tolist()}
        assert set(union.loc[union["strategy"] == strategy, "architecture"]) == every
    assert "the run whose hypervolume regret is the median of 5" in pareto.about(results)
    assert "all 5 runs together" in pareto.about(results, run="union")
    assert "strategy: seed 3)" in pareto.about(results, run=3, at=10)


@pytest.mark.parametrize("objectives", [["latency", "accuracy"], ["accuracy", "latency"], ["flops", "latency"]])
def test_surfaces_that_are_drawn_are_counted_over_runs(results: Results, objectives: list[str]) -> None:
    shown = attainment.numbers(results, objectives=objectives)
    plane = plane_of(results, LABEL, objectives)
    values = truths.truth(results.benchmarks[LABEL]).values[:, plane.places]
    for part in results.series:
        mine = shown[shown["strategy"] == part.strategy]
        for _, row in mine.iterrows():
            reach = sorted(
                (
                    max((y for x, y in values[archs] if x >= plane.signs[0] * row["x"]), default=-np.inf)
                    for _, archs in fronts.selected(part)
                ),
                reverse=True,
            )
            for name, share in (("high", 0.25), ("median", 0.5), ("low", 0.75)):
                expected = reach[int(np.ceil(share * 5)) - 1]
                assert row[name] == plane.signs[1] * expected or (np.isnan(row[name]) and expected == -np.inf)
    true = shown[shown["strategy"] == "true front"]
    assert (true["low"] == true["high"]).all()


@pytest.mark.parametrize("module", [pareto, attainment])
@pytest.mark.parametrize("objectives", [["latency", "accuracy"], ["accuracy", "latency"]])
def test_a_panel_draws_every_strategy_and_labels_what_is_better(
    results: Results, module: Any, objectives: list[str]
) -> None:
    axes = Figure().subplots()
    numbers = module.numbers(results, objectives=objectives)
    assert module.draw(results, numbers, ax=axes, objectives=objectives) is axes
    assert set(axes.get_legend_handles_labels()[1]) >= {"true front", *results.strategies}
    texts = {"latency": "latency (ms), better {}", "accuracy": "accuracy (%), better {}"}
    arrows = {"latency": ("←", "↓"), "accuracy": ("→", "↑")}
    assert axes.get_xlabel() == texts[objectives[0]].format(arrows[objectives[0]][0])
    assert axes.get_ylabel() == texts[objectives[1]].format(arrows[objectives[1]][1])
    again = Figure().subplots()
    module.draw(results, ax=again, objectives=objectives)
    for one, other in zip(axes.lines, again.lines, strict=True):
        np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())


def test_the_window_holds_the_true_front_but_for_what_is_cropped(results: Results) -> None:
    plane = plane_of(results, LABEL, ["latency", "accuracy"])
    points = truths.truth(results.benchmarks[LABEL])
    front = points.values[points.front][:, plane.places] * plane.signs
    axes = Figure().subplots()
    for crop, outside in ((0.0, 0), (0.1, int(0.1 * (len(front) - 1)))):
        lay_out(axes, results, plane, crop)
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        within = (front[:, 0] > left) & (front[:, 0] < right) & (front[:, 1] > low) & (front[:, 1] < high)
        assert (~within).sum() == outside
    assert "10% of the true front's points" in attainment.about(results)
    assert "lie outside" not in pareto.about(results, crop=0.0)
    assert "Fronts of more than two objectives are projected" in pareto.about(results)


@pytest.mark.parametrize("paper", ["single", "double"])
def test_no_mark_is_cut_by_the_edge(results: Results, paper: style.Style) -> None:
    figure = figures.render(results, "pareto", paper)
    assert cut_marks(figure) == []
    (ax,) = figure.axes
    assert sum(line.get_marker() == "." for line in ax.lines) == 2  # the space, and its key


def test_what_is_said_of_a_figure(results: Results) -> None:
    for module in (pareto, attainment):
        for words in ("5", "selected by what the search observed", "by noise-free values", "Black: the true front"):
            assert words in module.about(results)
        assert "after 20 evaluations" in module.about(results, at=20)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda r: pareto.numbers(r, run=77), OptionError, "run = 77; expected 'median', 'union' or one of the seeds 0 to 4"),
        (lambda r: pareto.draw(r, benchmark="cifar"), UnknownNameError, "unknown benchmark 'cifar'"),
        (lambda r: pareto.numbers(r, objectives=["latncy", "flops"]), UnknownNameError, "objective of .*'latncy'; did you mean"),
        (lambda r: attainment.numbers(r, objectives=["flops", "flops"]), OptionError, "expected two of accuracy, flops, latency"),
        (lambda r: attainment.numbers(r, objectives=["flops"]), OptionError, r"objectives = \['flops'\]; expected two of"),
        (lambda r: attainment.numbers(r, at=0), OptionError, "at = 0; expected evaluations"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(
    results: Results, call: Callable[[Results], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(results)


def test_one_objective_cannot_be_drawn(results: Results) -> None:
    benchmark = nasbed.load_benchmark("nasbench201", dataset="cifar100")
    parts = [replace(part, scored=benchmark, searched=benchmark) for part in results.series]
    single = Results(parts, "random_search", "one objective")
    for module in (pareto, attainment):
        with pytest.raises(OptionError, match="has one objective, accuracy; a front needs two or more"):
            module.numbers(single)
        with pytest.raises(OptionError, match="has one objective, accuracy"):
            module.require(single)


def test_a_benchmark_without_a_table_cannot_be_drawn(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    pareto.require(results)
    monkeypatch.setattr(results.benchmarks[LABEL], "recorded", lambda epochs: None)
    with pytest.raises(OptionError, match="has no table of all its values"):
        pareto.require(results)


def test_a_panel_of_its_own_is_as_wide_as_one_column(results: Results) -> None:
    for module in (pareto, attainment):
        assert module.draw(results).figure.get_size_inches()[0] == pytest.approx(3.33)


def test_a_strategy_looks_the_same_where_others_are_left_out(results: Results) -> None:
    for module in (pareto, attainment):
        whole, alone = module.draw(results), module.draw(results.subset(["nsga2"]))
        looks = [dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))["nsga2"] for ax in (whole, alone)]
        assert looks[0].get_color() == looks[1].get_color()
        assert looks[0].get_linestyle() == looks[1].get_linestyle()
