"""Tables, captions and figures say what was measured and how."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nasbed
from nasbed import figures
from nasbed.errors import OptionError, UnknownNameError, UnwiseWarning
from nasbed.tables import captions, escaping
from nasbed.tables.notes import notes
from nasbed.tables.numbers import number, p_value
from nasbed.vocabulary import Benchmark

STUDY = """
name = "tiny"
title = "Tiny & 100 % real"
seeds = 12
budget = { evaluations = 25 }
reference = "random_search"
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[benchmark]]
use = "nasbench201"
dataset = "ImageNet16-120"
budget = { seconds = 150_000 }
[[strategy]]
use = "random_search"
[[strategy]]
use = "regularized_evolution"
label = "RE, small"
population = 4
[[strategy]]
use = "hand_designed"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    return nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path_factory.mktemp("tiny") / "out")


def test_the_summary_is_the_statistics_of_the_finals(results: nasbed.Results) -> None:
    finals, summary = results.finals(), results.summary()
    assert len(finals) == 2 * 3 * 12
    for _, row in summary.iterrows():
        mine = finals[(finals["benchmark"] == row["benchmark"]) & (finals["strategy"] == row["strategy"])]
        assert row["test_regret_mean"] == pytest.approx(mine["test_regret"].mean())
        assert row["test_regret_sd"] == pytest.approx(mine["test_regret"].std(ddof=1))
        assert row["validation_regret_median"] == pytest.approx(mine["validation_regret"].median())
        assert row["evaluations"] == mine["evaluations"].mean()
        assert row["simulated_hours"] == pytest.approx(mine["seconds"].mean() / 3600)


def test_scores_are_those_of_a_single_search(results: nasbed.Results) -> None:
    table = nasbed.load_benchmark("nasbench201", dataset="cifar100")
    alone = nasbed.search("random_search", table, budget={"evaluations": 25}, seed=7)
    finals = results.finals().set_index(["benchmark", "strategy", "seed"])
    row = finals.loc[("nasbench201/cifar100", "random_search", 7)]
    assert {name: row[name] for name in ("validation_regret", "test_regret", "test")} == pytest.approx(alone.scores())
    assert row["seconds"] == alone.outcomes[-1].time


def test_budgets_are_kept_and_differ_by_benchmark(results: nasbed.Results) -> None:
    finals = results.finals()
    cifar = finals[(finals["benchmark"] == "nasbench201/cifar100") & (finals["strategy"] != "hand_designed")]
    assert set(cifar["evaluations"]) == {25}
    assert finals[finals["benchmark"] == "nasbench201/ImageNet16-120"]["seconds"].max() <= 150_000
    assert "nasbench201/cifar100: Budget: 25 evaluations" in captions.caption(results)
    assert "nasbench201/ImageNet16-120: Budget: 150,000 simulated seconds" in captions.caption(results)


def test_regrets_are_paired_contrasts_corrected_over_all_benchmarks(results: nasbed.Results) -> None:
    summary = results.summary()
    compared = summary[summary["strategy"] != "random_search"]
    assert len(compared) == 4
    raw, adjusted = compared["test_regret_p"].to_numpy(), compared["test_regret_p_holm"].to_numpy()
    assert adjusted.min() == pytest.approx(min(1.0, 4 * raw.min()))
    assert summary[summary["strategy"] == "random_search"]["test_regret_p"].isna().all()


def test_the_test_number_of_a_table_is_never_above_the_best(results: nasbed.Results) -> None:
    assert (results.finals()["test_regret"] >= 0).all()
    assert (results.finals()["validation_regret"] >= 0).all()


@pytest.mark.parametrize(
    "words",
    [
        "12 seeds (0 to 11)",
        "recorded training drawn at random",
        "repeated evaluations are charged",
        "Incumbent: highest single observation",
        "Cost model: recorded training time",
    ],
)
def test_captions_state_seeds_noise_incumbent_and_cost(results: nasbed.Results, words: str) -> None:
    assert words in captions.caption(results)
    assert words in figures.caption(results, "curves")
    assert words in nasbed.comparison_table(results, "markdown")
    assert words in nasbed.comparison_table(results, "latex")


def test_tables_name_their_test_its_correction_and_the_reference(results: nasbed.Results) -> None:
    text = " ".join(notes(results))
    for words in ("random_search", "Wilcoxon", "paired by seed", "Pratt", "Holm"):
        assert words in text


def test_markdown_has_a_row_for_each_strategy_and_the_floor(results: nasbed.Results) -> None:
    lines = nasbed.comparison_table(results, "markdown").splitlines()
    for name in ("random_search", "RE, small", "hand_designed", "*floor*"):
        assert sum(line.startswith(f"| {name} |") for line in lines) == 2
    widths = {line.count(" | ") for line in lines if line.startswith("| ")}
    assert len(widths) == 1


def test_csv_reads_back(results: nasbed.Results, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(nasbed.comparison_table(results, "csv"))
    frame = pd.read_csv(tmp_path / "table.csv")
    np.testing.assert_allclose(frame["test_mean"], results.summary()["test_mean"], rtol=1e-5)


def test_latex_escapes_what_is_special(results: nasbed.Results) -> None:
    assert r"Tiny \& 100 \% real" in nasbed.comparison_table(results, "latex")
    assert escaping.latex("a_b{c}~^\\#$") == r"a\_b\{c\}\textasciitilde{}\textasciicircum{}\textbackslash{}\#\$"


def test_an_unknown_form_is_refused(results: nasbed.Results) -> None:
    with pytest.raises(nasbed.NasbedError, match="unknown form of table 'html'"):
        nasbed.comparison_table(results, "html")


@pytest.mark.parametrize(("p", "text"), [(0.0004, "< 0.001"), (0.05, "0.050"), (1.0, "1.000"), (float("nan"), "–")])
def test_p_values_for_readers(p: float, text: str) -> None:
    assert p_value(p) == text


def test_curves_end_at_the_final_scores(results: nasbed.Results) -> None:
    curves, summary = results.curves(), results.summary()
    for _, row in summary[summary["benchmark"] == "nasbench201/cifar100"].iterrows():
        mine = curves[(curves["benchmark"] == row["benchmark"]) & (curves["strategy"] == row["strategy"])]
        last = mine[(mine["axis"] == "evaluations") & (mine["metric"] == "test_regret")].iloc[-1]
        assert last["x"] == 25
        assert last["mean"] == pytest.approx(row["test_regret_mean"])
        assert last["low"] == pytest.approx(row["test_regret_low"])


def test_scores_are_those_of_the_incumbent_after_so_many_evaluations(results: nasbed.Results) -> None:
    found = results.scores("test_regret", at=7)
    assert list(found) == results.strategies
    for strategy, scores in found.items():
        assert scores.shape == (12, 2)
        for column, label in enumerate(results.benchmarks):
            regret = results.series_of(label, strategy).runs.test_regret
            assert scores[:, column].tolist() == regret[:, min(7, regret.shape[1]) - 1].tolist()
    finals = results.finals().groupby(["strategy", "benchmark"], sort=False)["validation_regret"].mean()
    assert results.scores()["RE, small"].mean(axis=0) == pytest.approx(finals["RE, small"].to_numpy())


def test_optimism_is_what_was_seen_of_the_incumbent_beyond_its_mean(results: nasbed.Results) -> None:
    part = results.series_of("nasbench201/cifar100", "random_search")
    first = part.records[part.records["seed"] == 3].head(10)
    best = first.loc[first["value"].idxmax()]
    mean = part.scored.referee().validation(np.array([int(best["architecture"])]))[0]
    assert results.scores("optimism", at=10)["random_search"][3, 0] == pytest.approx(best["value"] - mean)


def test_optimism_is_not_defined_where_another_benchmark_was_searched(tmp_path: Path) -> None:
    text = STUDY.replace('dataset = "cifar100"', 'dataset = "cifar10"\nreport = ["cifar10", "cifar100"]')
    results = nasbed.run_study(nasbed.Study.parse(text), tmp_path / "out", seeds=2)
    undefined = np.isnan(results.scores("optimism")["random_search"]).all(axis=0)
    assert dict(zip(results.benchmarks, undefined.tolist(), strict=True)) == {
        "nasbench201/cifar10": False,
        "nasbench201/cifar10 → cifar100": True,
        "nasbench201/ImageNet16-120": False,
    }


def test_a_subset_keeps_order_numbers_and_reference(results: nasbed.Results) -> None:
    some = results.subset(["hand_designed", "random_search"], ["nasbench201/ImageNet16-120"])
    assert some.strategies == ["random_search", "hand_designed"]
    assert list(some.benchmarks) == ["nasbench201/ImageNet16-120"]
    assert some.reference == "random_search"
    assert results.subset(["RE, small", "hand_designed"]).reference == "RE, small"
    mine = some.summary().set_index("strategy")["test_regret_mean"]
    every = results.summary().set_index(["benchmark", "strategy"])["test_regret_mean"]
    assert mine["hand_designed"] == every["nasbench201/ImageNet16-120", "hand_designed"]


def test_names_that_are_not_there_are_refused(results: nasbed.Results) -> None:
    with pytest.raises(UnknownNameError, match="unknown strategy 'random_serch'; did you mean 'random_search'"):
        results.subset(["random_serch"])
    with pytest.raises(UnknownNameError, match="unknown benchmark 'cifar'"):
        results.subset(benchmarks=["cifar"])
    with pytest.raises(UnknownNameError, match="unknown metric 'optimsm'; did you mean 'optimism'"):
        results.scores("optimsm")
    with pytest.raises(OptionError, match="at = 0; expected evaluations, 1 or more"):
        results.scores(at=0)


@pytest.mark.parametrize("metric", ["validation_regret", "test_regret"])
def test_figures_draw_every_curve_the_floor_and_the_caption(results: nasbed.Results, metric: str) -> None:
    figure = figures.render(results, "curves", captioned=True, metric=metric)
    assert len(figure.axes) == 4
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:3] == ["random_search", "RE, small", "hand_designed"]
    assert labels[3].startswith("floor")
    frame = results.curves()
    line = next(line for line in figure.axes[0].lines if line.get_label() == "random_search")
    mine = frame[(frame["benchmark"] == "nasbench201/cifar100") & (frame["strategy"] == "random_search")]
    mine = mine[(mine["metric"] == metric) & (mine["axis"] == "evaluations")]
    np.testing.assert_array_equal(np.asarray(line.get_ydata()), mine["mean"])
    assert "12 seeds" in " ".join(text.get_text() for text in figure.texts)


def test_nothing_of_a_figure_is_cut_off_or_covered(results: nasbed.Results) -> None:
    figure = figures.render(results, "curves", captioned=True)
    figure.canvas.draw()
    width, height = figure.bbox.width, figure.bbox.height
    legend = figure.legends[0].get_window_extent()
    caption = figure.texts[0].get_window_extent()
    for box in (legend, caption, *(axes.get_tightbbox() for axes in figure.axes)):
        assert box is not None
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width + 0.5
        assert box.y1 <= height + 0.5
    assert legend.y0 > caption.y1
    assert all(axes.get_tightbbox().y0 > legend.y1 for axes in figure.axes)  # type: ignore[union-attr]


def test_long_labels_stay_inside_the_figure(tmp_path: Path) -> None:
    grid = """[[strategy]]
        use = "regularized_evolution"
        [strategy.grid]
        population = [2, 3, 4]
        sample = [1, 2, 3]
    """
    study = nasbed.Study.parse(STUDY.replace("seeds = 12", "seeds = 2") + grid)
    figure = figures.render(nasbed.run_study(study, tmp_path), "curves", captioned=True)
    figure.canvas.draw()
    legend = figure.legends[0].get_window_extent()
    assert len(figure.legends[0].get_texts()) == 13
    assert legend.x0 >= 0
    assert legend.x1 <= figure.bbox.width
    assert legend.y0 > figure.texts[0].get_window_extent().y1
    assert all(axes.get_tightbbox().y0 > legend.y1 for axes in figure.axes)  # type: ignore[union-attr]


def test_written_files_are_the_same_bytes_each_time(results: nasbed.Results, tmp_path: Path) -> None:
    first, second = nasbed.write_tables(results, tmp_path / "a"), nasbed.write_tables(results, tmp_path / "b")
    assert [file.name for file in first] == [file.name for file in second]
    assert {"table.md", "table.tex", "table.csv", "curves.pdf", "curves.svg", "curves.png", "curves.csv"} <= {
        f.name for f in first
    }
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def frame(**changes: object) -> pd.DataFrame:
    columns = {
        "strategy": ["mine"] * 4 + ["theirs"] * 4,
        "benchmark": "nasbench201/cifar10",
        "seed": [0, 0, 1, 1] * 2,
        "architecture": [5, 6111, 7, 8, 1, 2, 3, 4],
        "value": [87.64, 91.68, 88.98, 89.28, 90.71, 82.28, 84.48, 85.2],
        "time": [1e3, 2e3, 1e3, 2e3] * 2,
    }
    return pd.DataFrame({**columns, **changes})


def test_results_made_elsewhere_are_judged_alike(cifar10: Benchmark) -> None:
    results = nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2}, reference="theirs")
    finals = results.finals().set_index(["strategy", "seed"])
    assert finals.loc[("mine", 0), "validation_regret"] == 0.0
    referee = cifar10.referee()
    assert finals.loc[("theirs", 1), "test"] == pytest.approx(referee.test(np.array([4]))[0])
    assert "theirs" in nasbed.comparison_table(results)


def test_a_frame_may_write_architectures_as_text(cifar10: Benchmark) -> None:
    given = frame()
    given["architecture"] = [cifar10.space.format(cifar10.space.archs[index]) for index in given["architecture"]]
    by_text = nasbed.Results.from_frame(given, cifar10, {"evaluations": 2})
    by_index = nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2})
    pd.testing.assert_frame_equal(by_text.finals(), by_index.finals())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (frame().drop(columns="value"), "no column 'value'"),
        (frame().iloc[:0], "no rows"),
        (
            frame(benchmark="elsewhere"),
            "row 0 of the frame, column 'benchmark': 'elsewhere'; expected one that is given",
        ),
        (frame(architecture="|none|"), "the frame's architectures for 'mine'"),
        (frame(time=[1e3, 2e3, 2e3, 1e3] * 2), "'mine' on 'nasbench201/cifar10', seed 1: times decrease"),
        (
            frame(time=[1e3, float("nan"), 1e3, 2e3] * 2),
            "row 1 of the frame, column 'time': nan; expected seconds, a finite",
        ),
        (frame(value=["high"] * 8), "row 0 of the frame, column 'value': 'high'; expected a number"),
        (frame(epochs=12), "row 0 of the frame, column 'epochs': 12; expected one of nasbench201/cifar10: 200"),
        (
            frame(seed=[0, 0, 0, 1] * 2, time=[1e3, 2e3, 3e3, 4e3] * 2),
            "a run has 3 evaluations, more than its budget of 2 evaluations",
        ),
        ([1, 2], "list given; expected a pandas DataFrame"),
        (frame().iloc[:6], "'theirs' on 'nasbench201/cifar10' lacks seeds"),
    ],
)
def test_a_frame_that_cannot_be_judged_is_refused(given: pd.DataFrame, message: str, cifar10: Benchmark) -> None:
    with pytest.raises(nasbed.NasbedError, match=re.escape(message)):
        nasbed.Results.from_frame(given, cifar10, {"evaluations": 2})


@pytest.mark.parametrize(("noise", "run"), [("draw", 1), ("mean", None), ("run:2", 2)])
def test_a_value_that_was_not_recorded_of_its_architecture_is_refused(
    noise: str, run: int | None, cifar10: Benchmark
) -> None:
    recorded = cifar10.recorded(200)
    assert recorded is not None
    runs = recorded[0][0][[5, 6111]]
    values = runs.mean(axis=1) if run is None else runs[:, run]
    given = frame().iloc[:2].assign(value=values)
    for sound in (given, given.round({"value": 1})):
        assert nasbed.Results.from_frame(sound, cifar10, {"evaluations": 2}, noise=noise).series
    others = {"draw": 88.5, "mean": float(runs[1, 2]), "run:2": float(runs[1, 0])}
    wrong = others[noise]  # a run of it, but not what this protocol answers
    nearest = float(min(runs[1] if noise == "draw" else values[1:], key=lambda one: abs(one - wrong)))
    told = [
        f"row 1 of the frame, column 'value': {wrong:.6g}; expected what nasbench201/cifar10 recorded of |nor_conv_3x3~0|",
        f" after 200 epochs under noise = '{noise}' (accuracy, %; nearest {nearest:.6g})",
    ]
    with pytest.raises(OptionError, match=".*".join(map(re.escape, told))):
        nasbed.Results.from_frame(given.assign(value=[values[0], wrong]), cifar10, {"evaluations": 2}, noise=noise)


@pytest.mark.parametrize("budget", [{"evaluations": 100}, {"seconds": 1e5}, {"epochs": 2000}])
def test_a_run_that_did_not_spend_its_budget_is_warned_about(budget: dict[str, float], cifar10: Benchmark) -> None:
    (kind,), spent = budget, {"evaluations": "2", "seconds": "2,000", "epochs": "400"}
    told = f"'mine' on 'nasbench201/cifar10', seed 0: the run spent {spent[kind]} of its budget of"
    given = frame().iloc[:4]
    with pytest.warns(
        UnwiseWarning, match=f"^{told} .*ended by itself; so do 1 more. Mark its last row with last = true"
    ):
        nasbed.Results.from_frame(given, cifar10, budget)
    ended = given.assign(last=[False, True] * 2)
    assert nasbed.Results.from_frame(ended, cifar10, budget).series
    within = {"evaluations": 2, "seconds": 2_900, "epochs": 599}[kind]
    assert nasbed.Results.from_frame(given, cifar10, {kind: within}).series


@pytest.mark.parametrize("label", ["a\nb", "a\x1b[31mb", " "])
def test_labels_of_a_frame_are_those_of_a_study(label: str, cifar10: Benchmark) -> None:
    for wrong, message in (
        (frame(strategy=label), "column 'strategy'"),
        (frame(benchmark=label), "column 'benchmark'"),
    ):
        with pytest.raises(OptionError, match=message):
            nasbed.Results.from_frame(wrong, cifar10, {"evaluations": 2})
    for options in ({"title": label}, {"benchmarks": {label: cifar10}}):
        with pytest.raises(
            nasbed.errors.OptionError, match="a text of one line, of at most 200 characters, without control"
        ):
            nasbed.Results.from_frame(frame(), **{"benchmarks": cifar10, "budget": {"evaluations": 2}, **options})  # type: ignore[arg-type]


ROW = "row 0 of the frame, column "


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (frame(strategy=[3] + ["mine"] * 7), f"{ROW}'strategy': 3; expected a name, as text"),
        (frame(strategy=[float("nan")] + ["mine"] * 7), f"{ROW}'strategy': nan; expected a name"),
        (frame(strategy=" "), f"{ROW}'strategy': ' '; expected a name"),
        (
            frame(benchmark=pd.Categorical(["elsewhere"] * 8)),
            f"{ROW}'benchmark': 'elsewhere'; expected one that is given",
        ),
        (
            frame(benchmark=[None] * 8),
            f"{ROW}'benchmark': None; expected a label, as text of one line: nasbench201/cifar10",
        ),
        (frame(seed=True), f"{ROW}'seed': True; expected a whole number from 0"),
        (frame(seed=-1), f"{ROW}'seed': -1; expected a whole number"),
        (frame(seed=0.5), f"{ROW}'seed': 0.5; expected a whole number"),
        (frame(seed="1"), f"{ROW}'seed': '1'; expected a whole number"),
        (frame(seed=float("nan")), f"{ROW}'seed': nan; expected a whole number"),
        (frame(seed=2**31), f"{ROW}'seed': 2147483648; expected a whole number from 0 to 2,147,483,647"),
        (frame(seed=[[0]] * 8), f"{ROW}'seed': [0]; expected a whole number"),
        (frame(value=True), f"{ROW}'value': True; expected a number"),
        (frame(value="80.0"), f"{ROW}'value': '80.0'; expected a number (nan: the training failed); pandas.to_numeric"),
        (frame(value=pd.Timestamp("2020-01-01")), f"{ROW}'value': Timestamp("),
        (frame(value=[10**400] + [80.0] * 7), f"{ROW}'value': 1000"),
        (frame(value=1j), f"{ROW}'value': 1j; expected a number"),
        (frame(time=-1.0), f"{ROW}'time': -1.0; expected seconds"),
        (frame(time=float("inf")), f"{ROW}'time': inf; expected seconds"),
        (frame(time=None), f"{ROW}'time': None; expected seconds"),
        (frame(epochs=[None] * 8), f"{ROW}'epochs': None; expected a whole number"),
        (frame(epochs=200.5), f"{ROW}'epochs': 200.5; expected a whole number"),
        (frame(last="False"), f"{ROW}'last': 'False'; expected true or false"),
        (frame(last=True), f"{ROW}'last': True; expected true on the last row of a run only"),
        (frame(trial=3), "row 1 of the frame, column 'trial': 3; expected each trial of a run once"),
        (
            frame(architecture=15625),
            "row 0: 15625; expected the text of an architecture, a tuple of choices, or an index",
        ),
        (frame(architecture=-1), "row 0: -1; expected the text of an architecture"),
        (frame(architecture=1.5), "row 0: 1.5; expected the text of an architecture"),
        (frame(architecture=[True] * 8), "row 0: True; expected the text of an architecture"),
        (frame(architecture=[(0, 0)] * 8), "row 0: (0, 0); expected the text of an architecture"),
        (frame(architecture=[None] * 8), "row 0: None; expected the text of an architecture"),
        (frame().rename(columns={"value": "Value"}), "the frame has no column 'value'; expected strategy, benchmark"),
        (frame(epoch=200), "the frame has a column 'epoch'; did you mean 'epochs'? Rename it, or leave it out"),
        (frame(Last=False), "the frame has a column 'Last'; did you mean 'last'?"),
        (pd.concat([frame(), frame()[["value"]]], axis=1), "the frame has 2 columns 'value'; expected one"),
        (pd.concat([frame()], axis=1, keys=["a"]), "the frame has no column 'strategy'"),
        (frame().T, "the frame has no column 'strategy'"),
        (frame().iloc[[0, 1, 2, 3, 4, 5]], "'theirs' on 'nasbench201/cifar10' lacks seeds that others have ([1])"),
    ],
)
def test_what_a_frame_cannot_hold_is_refused_by_row_and_column(
    given: pd.DataFrame, message: str, cifar10: Benchmark
) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        nasbed.Results.from_frame(given, cifar10, {"evaluations": 2})


def test_a_strategy_on_one_of_two_benchmarks_is_refused(cifar10: Benchmark, cifar100: Benchmark) -> None:
    given = frame(benchmark=[cifar10.label] * 4 + [cifar100.label] * 4)
    both = {one.label: one for one in (cifar10, cifar100)}
    with pytest.raises(OptionError, match="'theirs' on 'nasbench201/cifar10' lacks seeds that others have"):
        nasbed.Results.from_frame(given, both, {"evaluations": 2})


@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf"), -float("inf"), pd.NA])
def test_a_missing_value_is_a_failed_training_and_counted(nothing: Any, cifar10: Benchmark) -> None:
    given = frame(
        value=pd.Series([nothing, *frame()["value"][1:2], nothing, nothing, *frame()["value"][4:]], dtype=object)
    )
    finals = nasbed.Results.from_frame(given, cifar10, {"evaluations": 2}).finals().set_index(["strategy", "seed"])
    assert finals["evaluations"].tolist() == [2, 2, 2, 2]
    assert finals.loc[("mine", 0), "validation_regret"] == 0
    assert np.isnan(finals.loc[("mine", 1), "validation_regret"])


def test_categories_tuples_indices_and_other_columns_are_read(cifar10: Benchmark) -> None:
    given = frame(seed=[0.0, 0.0, 1.0, 1.0] * 2, last=[0, 1] * 4, trial=[0, 1] * 4, note="x")
    given["architecture"] = [cifar10.space.archs[index] for index in given["architecture"]]
    given = given.astype({"strategy": "category", "benchmark": "category", "value": "Float64"}).set_axis([7] * 8)
    read = nasbed.Results.from_frame(given, cifar10, {"evaluations": 2}).finals()
    pd.testing.assert_frame_equal(read, nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2}).finals())


@pytest.mark.parametrize("options", [{"title": 3}, {"reference": ["mine"]}])
def test_titles_and_references_are_texts(options: dict[str, Any], cifar10: Benchmark) -> None:
    with pytest.raises(OptionError, match="expected a text"):
        nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2}, **options)


@pytest.mark.parametrize("given", [{}, {1: 2}, None, [1]])
def test_what_is_no_mapping_of_benchmarks_is_refused(given: Any) -> None:
    with pytest.raises(OptionError, match="expected a benchmark, or a mapping from labels to benchmarks"):
        nasbed.Results.from_frame(frame(), given, {"evaluations": 2})


def test_indices_that_a_spreadsheet_made_floats_are_read(cifar10: Benchmark) -> None:
    given = frame()
    given["architecture"] = given["architecture"].astype(float)
    by_float = nasbed.Results.from_frame(given, cifar10, {"evaluations": 2})
    pd.testing.assert_frame_equal(
        by_float.finals(), nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2}).finals()
    )


def test_benchmarks_must_be_benchmarks() -> None:
    with pytest.raises(nasbed.NasbedError, match="expected a benchmark, or a mapping"):
        nasbed.Results.from_frame(frame(), "nasbench201", {"evaluations": 2})  # type: ignore[arg-type]


def test_one_seed_is_shown_without_intervals_or_tests(tmp_path: Path) -> None:
    results = nasbed.run_study(nasbed.Study.parse(STUDY.replace("seeds = 12", "seeds = 1")), tmp_path)
    assert "One seed (0): no intervals and no tests." in captions.caption(results)
    value = results.finals()["test_regret"][0]
    assert f"| {number(value)}, {number(value)} |" in nasbed.comparison_table(results)
    assert "± –" not in nasbed.comparison_table(results)


def test_a_reference_that_is_not_there_is_refused(cifar10: Benchmark) -> None:
    with pytest.raises(nasbed.NasbedError, match="reference 'nobody'"):
        nasbed.Results.from_frame(frame(), cifar10, {"evaluations": 2}, reference="nobody")


def test_runs_without_an_incumbent_are_counted_and_said(tmp_path: Path) -> None:
    text = STUDY.replace("{ seconds = 150_000 }", "{ seconds = 9_000 }").replace("seeds = 12", "seeds = 30")
    with pytest.warns(UnwiseWarning, match="buys about 1 evaluations"):
        results = nasbed.run_study(nasbed.Study.parse(text), tmp_path)
    summary = results.summary().set_index(["benchmark", "strategy"])
    without = int(summary.loc[("nasbench201/ImageNet16-120", "random_search"), "without_incumbent"])
    assert 0 < without < 30
    assert (
        f"random_search on nasbench201/ImageNet16-120: {without} of 30 runs have no incumbent"
        in nasbed.comparison_table(results)
    )
    nasbed.write_tables(results, tmp_path / "report")
