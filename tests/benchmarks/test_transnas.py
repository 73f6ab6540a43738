"""TransNAS-Bench-101: files made here and those at hand, validation alone, budgets of evaluations alone, and zen-score."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from daily import sampled
from made_transnas import rows, written
from places import SHARED, needs_shared

import nasbed
from nasbed import figures
from nasbed.benchmarks import convert
from nasbed.benchmarks.convert import transnas_macro, transnas_micro
from nasbed.benchmarks.tables.referee import TableReferee
from nasbed.benchmarks.tables.transnas import TASKS
from nasbed.benchmarks.transnas_macro import TransNASMacro
from nasbed.benchmarks.transnas_micro import TransNASMicro
from nasbed.check import check_benchmark
from nasbed.check.benchmark_declarations import declarations_are_complete
from nasbed.check.elsewhere import Broken
from nasbed.check.scores import held_out_runs_are_the_others, scores_are_not_what_a_search_sees, the_best_is_attained
from nasbed.check.subject import Subject
from nasbed.errors import BudgetError, DataError, NasbedError, OptionError, UnmetNeedError
from nasbed.gate.record import make_baseline
from nasbed.results import known
from nasbed.studies.study import Study
from nasbed.vocabulary import VALIDATED, Benchmark

MICRO = rows(transnas_micro.PART)
MACRO = rows(transnas_macro.PART)
PUBLISHED = {
    "micro": (54.936, 45.586, -0.601, 95.372, 94.613, 0.5873, 0.5772),
    "macro": (57.414, 47.422, -0.5822, 97.019, 94.859, 0.6435, 0.7488),
}
"""The highest values of class_scene, class_object, room_layout, jigsaw, segmentsemantic, normal and autoencoder."""


def quiet(what: str, done: int, total: int) -> None:
    assert what


@pytest.fixture(scope="module", autouse=True)
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Both tables, made from files of made-up numbers."""
    folder = tmp_path_factory.mktemp("transnas")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(folder / "home"))
        convert.import_table("transnas_micro", written(folder / "some.csv", MICRO[::-1]), quiet)
        written(folder / "files" / "macro.csv", MACRO)
        convert.import_table("transnas_macro", folder / "files", quiet)
        yield folder


# the tables


@pytest.mark.parametrize(
    ("task", "metric", "unit", "difference"),
    [
        ("class_scene", "accuracy", "%", "% points"),
        ("room_layout", "negative_loss", "loss", "loss"),
        ("normal", "ssim", "SSIM", "SSIM"),
    ],
)
def test_each_task_has_its_metric_and_its_unit(task: str, metric: str, unit: str, difference: str) -> None:
    (objective,) = TransNASMacro(task).objectives
    assert (objective.name, objective.unit, objective.maximise, objective.difference_unit) == (
        metric, unit, True, difference,
    )  # fmt: skip


def test_what_is_imported_is_what_the_file_holds_in_the_order_of_the_space() -> None:
    for table, content in ((TransNASMicro("jigsaw"), MICRO), (TransNASMacro("jigsaw"), MACRO)):
        assert table.observations[:, 0].tolist() == [row["jigsaw"] for row in content]
        assert [table.space.format(arch) for arch in table.space.archs] == [row["architecture"] for row in content]
        assert table.oracle()(7, 1, 12345) == ((content[7]["jigsaw"],), 1.0)
        assert (table.runs, table.epochs, table.resumable) == (1, (1,), False)
        assert table.recordings(1).one == "the one recorded training"
        assert "TransNAS-Bench-101: MIT" in table.manifest.licence


def test_there_is_no_test_value_and_everything_says_so() -> None:
    table = TransNASMicro("room_layout")
    assert table.judged_on == VALIDATED == table.manifest.report
    assert not [column for column in table.manifest.columns if column.split == "test"]
    referee = table.referee()
    assert np.isnan(referee.test(np.arange(4_096))).all()
    assert referee.best() == (-0.601, pytest.approx(np.nan, nan_ok=True))
    assert not known.tested(table)
    assert (known.deciding_regret(table), known.score_name(table, "validation_regret")) == (
        "validation_regret",
        "validation regret",
    )
    scores = nasbed.search("random_search", table, budget={"evaluations": 5}).scores()
    assert scores["validation_regret"] == pytest.approx(-0.601 - scores["validation"])
    assert scores.keys() == {"validation_regret", "validation"}


@pytest.fixture(scope="module")
def results(made: Path) -> nasbed.Results:
    """Two searches on a task of a metric of its own."""
    text = """
    name = "t"
    seeds = 5
    budget = { evaluations = 12 }
    [[benchmark]]
    use = "transnas_macro"
    dataset = "autoencoder"
    [[strategy]]
    use = "random_search"
    [[strategy]]
    use = "local_search"
    """
    return nasbed.run_study(Study.parse(text), made / "results", engine="here")


def test_tables_show_validation_alone_and_say_so(results: nasbed.Results) -> None:
    shown = nasbed.comparison_table(results)
    assert "## transnas_macro/autoencoder (ssim, SSIM)" in shown
    head = next(line for line in shown.splitlines() if line.startswith("| strategy |"))
    assert "validation regret" in head
    assert "test" not in head
    assert "no test value was recorded: scores are on validation alone and say nothing of generalisation." in shown
    assert "test regret" not in shown
    assert results.floor("transnas_macro/autoencoder") == (0.0, pytest.approx(np.nan, nan_ok=True))
    assert [series.without_incumbent for series in results.series] == [0, 0]


def test_seconds_that_nobody_recorded_are_not_shown(results: nasbed.Results) -> None:
    assert results.summary()["simulated_hours"].isna().all()
    assert set(results.curves()["axis"]) == {"evaluations"}
    assert set(results.curves()["metric"]) == {"validation_regret"}


def test_figures_are_of_validation(results: nasbed.Results) -> None:
    (axes,) = figures.render(results, "curves").axes
    assert axes.get_ylabel() == "validation regret (SSIM)"
    with pytest.raises(OptionError, match=r"metric = 'test_regret': transnas_macro/autoencoder has no test values"):
        figures.numbers(results, "curves", metric="test_regret")


@pytest.mark.parametrize("budget", [{"seconds": 100}, {"epochs": 100}])
def test_a_budget_of_what_nobody_recorded_is_refused_with_the_reason(budget: dict[str, int]) -> None:
    with pytest.raises(
        BudgetError,
        match=r"100 .* on transnas_micro/jigsaw: its table holds neither training times nor numbers of epochs, so nothing but"
        r" evaluations can be counted; count evaluations, as budget = \{ evaluations = 200 \}",
    ):
        nasbed.search("random_search", TransNASMicro("jigsaw"), budget=budget)


def test_a_gate_by_test_regret_is_refused(made: Path) -> None:
    text = """
    name = "t"
    seeds = 5
    budget = { evaluations = 12 }
    [[benchmark]]
    use = "transnas_micro"
    [[strategy]]
    use = "random_search"
    """
    with pytest.raises(OptionError, match=r"metric = 'test_regret': transnas_micro/class_scene has no test values"):
        make_baseline(Study.parse(text), metric="test_regret")


@pytest.mark.thorough
@pytest.mark.parametrize("use", ["transnas_micro", "transnas_macro"])
def test_they_conform(use: str) -> None:
    findings = check_benchmark(use, dataset="room_layout", measures=["zen"])
    assert [str(finding) for finding in findings if not finding.holds] == []


def test_test_values_of_what_is_judged_on_validation_alone_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Subject("transnas_macro", {"dataset": "normal"})
    assert scores_are_not_what_a_search_sees(subject) == "no test value was recorded"
    assert the_best_is_attained(subject) is None
    assert held_out_runs_are_the_others(subject) == "no test value was recorded"
    declarations_are_complete(subject)
    monkeypatch.setattr(TableReferee, "test", TableReferee.validation)
    with pytest.raises(Broken, match="judged_on is 'validation alone', and there are test values"):
        scores_are_not_what_a_search_sees(subject)


def test_a_search_on_six_tasks_is_reported_on_the_seventh(made: Path) -> None:
    *others, last = TASKS
    text = f"""
    name = "t"
    seeds = 2
    budget = {{ evaluations = 5 }}
    [[benchmark]]
    use = "transnas_macro"
    dataset = {others}
    report = ["{last}"]
    [[strategy]]
    use = "random_search"
    """
    results = nasbed.run_study(Study.parse(text), made / "six")
    searched, (label,) = results.series[0].searched, results.benchmarks
    assert label.endswith(f"→ {last}")
    assert searched.objectives[0].name == "normalised accuracy and negative_loss and ssim"
    assert (searched.judged_on, searched.untimed) == (VALIDATED, TransNASMacro.untimed)
    finals = results.finals().set_index("seed")
    index = results.series[0].runs.incumbent
    for seed, one in enumerate(index.tolist()):
        assert finals.loc[seed, "validation"] == MACRO[one][last]
    values = np.array([[row[task] for task in others] for row in MACRO])
    normalised = (values - values.mean(axis=0)) / (values.max(axis=0) - values.mean(axis=0))
    evaluations = results.evaluations()
    assert evaluations["value"].to_numpy() == pytest.approx(normalised.mean(axis=1)[evaluations["architecture"]])
    with pytest.raises(BudgetError, match="its table holds neither training times"):
        nasbed.search("random_search", searched, budget={"seconds": 100})


# zen-score


def test_a_query_of_zen_costs_its_mean_measured_seconds() -> None:
    table = TransNASMicro("class_object", measures=["zen"])
    values, seconds = table.measurements()["zen"]
    assert values == [row["zen_class_object"] for row in MICRO]
    assert seconds == 2.5
    assert table.cost_model.endswith(
        "a query of a measure costs, as measured on average over the architectures, zen 2.5 s"
    )
    assert TransNASMicro("class_object", measures={"zen": 7}).measurements()["zen"][1] == 7.0
    assert TransNASMicro("class_object").offered().measures == {"zen": 2.5}
    result = nasbed.search("proxy_ranking", table, options={"proxy": "zen", "pool": 10}, budget={"evaluations": 3})
    drawn = [MICRO[outcome.index]["zen_class_object"] for outcome in result.outcomes]
    assert drawn == sorted(drawn, reverse=True)


def test_the_remedy_for_a_measure_that_is_not_offered_names_the_line() -> None:
    with pytest.raises(UnmetNeedError, match=r'write measures = \["zen"\] below its \[\[benchmark\]\].*there are zen$'):
        nasbed.search("proxy_ranking", TransNASMacro(), options={"proxy": "zen"}, budget={"evaluations": 3})


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        (["zen_seconds"], "unknown measure of transnas_micro 'zen_seconds'; known: zen"),
        (["accuracy"], "unknown measure of transnas_micro 'accuracy'; known: zen"),
        ({"zen": -1}, "measures: zen = -1; expected the seconds that one query costs, 0 or more"),
        ("zen", "measures = 'zen'; expected names, each once"),
    ],
)
def test_other_measures_are_refused(measures: Any, message: str) -> None:
    with pytest.raises(NasbedError, match=re.escape(message)):
        TransNASMicro(measures=measures)


def test_a_file_without_zen_makes_a_table_without(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    convert.import_table("transnas_macro", written(tmp_path / "macro.csv", rows(transnas_macro.PART, zen=False)), quiet)
    assert TransNASMacro("jigsaw").offered().measures == {}
    with pytest.raises(NasbedError, match="unknown measure of transnas_macro 'zen'; known: none"):
        TransNASMacro("jigsaw", measures=["zen"])


# the files

Rows = list[dict[str, Any]]


def changed(**values: Any) -> Rows:
    return [MACRO[0], {**MACRO[1], **values}, *MACRO[2:]]


@pytest.mark.parametrize(
    ("content", "message"),
    sampled([
        (MACRO[:-1], " has 3,255 rows of 3,255 architectures; expected a row for each of the 3,256 architectures"),
        ([*MACRO, MACRO[0]], " has 3,257 rows of 3,256 architectures; expected a row for each"),
        (changed(architecture="64-1111-basic"), " is damaged or foreign: '64-1111-basic' is outside the space"),
        (changed(jigsaw="nan"), " has values that are not finite"),
        (changed(jigsaw="high"), " is damaged or foreign: could not convert string to float: 'high'"),
        (changed(class_scene=-1), ": class_scene of 64-1123-basic is -1; expected accuracy in 0 .. 100"),
        (changed(room_layout=0.7), ": room_layout of 64-1123-basic is 0.7; expected negative_loss in -inf .. 0"),
        (changed(normal=1.5), ": normal of 64-1123-basic is 1.5; expected ssim in -1 .. 1"),
        (changed(normal=0.9), ": the highest normal is 0.9; the published one is 0.6435"),
        ([{k: v for k, v in row.items() if k != "jigsaw"} for row in MACRO], "there is no column 'jigsaw'"),
        ([{"arch": "64-1123-basic"}], "there is no row below a head with 'architecture'"),
        (MICRO, " is damaged or foreign: malformed architecture '64-41414-0_00_000'"),
    ], 3),
    ids=range(12),
)  # fmt: skip
def test_other_files_are_refused_and_leave_nothing(
    content: Rows, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("NASBED_DATA", str(home))
    path = written(tmp_path / "macro.csv", content)
    with pytest.raises(DataError, match=re.escape(message)) as refused:
        convert.import_table("transnas_macro", path, quiet)
    assert str(refused.value).startswith(str(path))
    assert list(home.iterdir()) == []


def test_what_is_no_file_and_what_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"macro\.csv is damaged or foreign: .*No such file"):
        convert.import_table("transnas_macro", tmp_path, quiet)
    (tmp_path / "macro.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"macro\.csv is damaged or foreign: 'utf-8' codec"):
        convert.import_table("transnas_macro", tmp_path / "macro.csv", quiet)


def test_it_is_not_downloaded() -> None:
    with pytest.raises(DataError, match=r"transnas_micro is not downloaded: .*nasbed data import transnas_micro PATH"):
        convert.fetch_table("transnas_micro", None, quiet)


@needs_shared
@pytest.mark.parametrize(("part", "load"), [("micro", TransNASMicro), ("macro", TransNASMacro)])
def test_the_best_of_each_task_is_the_published_one(
    part: str, load: Callable[[str], Benchmark], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    convert.import_table(f"transnas_{part}", SHARED / "data" / "transnas-bench-101" / f"{part}.csv", quiet)
    best = [load(task).referee().best()[0] for task in TASKS]  # type: ignore[attr-defined]
    assert best == pytest.approx(PUBLISHED[part], abs=1e-3)
    assert load("normal").measures == ()
