"""The least that a benchmark must supply: space, epochs, objectives, a checksum and an oracle. Everything else is done without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nasbed
from nasbed import figures, run_gate
from nasbed.benchmarks.spaces.digits import DigitSpace, LongDigitSpace
from nasbed.commands import catalogue
from nasbed.errors import BaselineError, DataError, OptionError, PluginError
from nasbed.gate.baseline import Baseline
from nasbed.gate.commands import update_command
from nasbed.gate.record import make_baseline
from nasbed.gate.summary import markdown
from nasbed.reports import html
from nasbed.reports.compare import compare, printed_comparison
from nasbed.reports.compare import notes as compare_notes
from nasbed.results.known import absolute
from nasbed.tables import comparison as tables
from nasbed.tables.notes import notes
from nasbed.vocabulary import UNJUDGED, Benchmark, Objective, Oracle, Priced, Recorded, Refereed
from nasbed.vocabulary.noise import recorded_run

MINIMAL = f"{__name__}:Minimal"


class Minimal(Benchmark):
    """Counts the decisions that are 2."""

    def __init__(self, maximise: bool = True, listed: bool = True) -> None:
        self.name = self.label = "minimal"
        self.space: nasbed.Space = DigitSpace("minimal", (4,) * 4) if listed else LongDigitSpace("minimal", (4,) * 30)
        self.epochs = (1, 3)
        self.objectives = (Objective("score", "points", maximise),)
        self.resumable = True

    @property
    def checksum(self) -> str:
        return f"minimal 1 {self.objectives} {self.space.size}"

    def oracle(self, noise: str = "draw") -> Oracle:
        if noise == "mean" or recorded_run(noise) is not None:
            raise DataError(f"noise = {noise!r}: nothing is recorded; use 'draw'")
        return lambda index, epochs, word: ((float(self.space.at(index).count(2)) + epochs / 10,), 2.0 * epochs)


STUDY = """
name = "least"
seeds = 8
budget = {{ {budget} }}
[[benchmark]]
use = "{use}"
{options}
[[strategy]]
use = "random_search"
[[strategy]]
use = "regularized_evolution"
population = 4
"""


def _study(options: str = "", budget: str = "evaluations = 30") -> nasbed.Study:
    return nasbed.Study.parse(STUDY.format(use=MINIMAL, options=options, budget=budget))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    """A study of the minimal benchmark."""
    return nasbed.run_study(_study(), tmp_path_factory.mktemp("least") / "out")


def test_it_supplies_nothing_else() -> None:
    made = Minimal()
    assert not isinstance(made, (Refereed, Priced, Recorded))
    assert (made.judged_on, made.runs, made.measurements(), absolute(made)) == (UNJUDGED, 1, {}, True)
    table = nasbed.load_benchmark("nasbench201")
    assert isinstance(table, Refereed)
    assert isinstance(table, Priced)
    assert isinstance(table, Recorded)
    assert not absolute(table)
    assert set(Benchmark.__abstractmethods__) == {"checksum", "oracle"}


def test_scores_are_what_the_search_saw(results: nasbed.Results) -> None:
    finals = results.finals()
    assert np.isnan(finals[["validation_regret", "test_regret", "test"]]).all(axis=None)
    for _, row in finals.iterrows():
        part = results.series_of("minimal", row["strategy"])
        assert row["validation"] == part.records.loc[part.records["seed"] == row["seed"], "value"].max()
    assert (results.summary()["without_incumbent"] == 0).all()
    assert (finals["distinct"] <= finals["evaluations"]).all()
    assert np.isnan(results.series_of("minimal", "random_search").optimism()).all()


def test_differences_are_those_of_the_scores(results: nasbed.Results) -> None:
    finals = results.finals().pivot(index="seed", columns="strategy", values="validation")
    expected = (finals["random_search"] - finals["regularized_evolution"]).mean()
    (row,) = results.summary().query("strategy == 'regularized_evolution'").to_dict("records")
    assert row["validation_regret_difference"] == pytest.approx(expected)
    assert expected < 0
    assert np.isnan(row.get("test_regret_difference", np.nan))


def test_the_table_and_its_caption_say_what_is_missing(results: nasbed.Results) -> None:
    table = nasbed.comparison_table(results)
    mean = results.finals().query("strategy == 'random_search'")["validation"].mean()
    assert f"| random_search | {mean:.3f} ± " in table
    assert "## minimal (score, points, higher is better)" in table
    assert "| strategy | best-seen validation | Δ [95 %] | p | wins | evaluations |" in table  # and nothing of test
    assert (
        "minimal: no test split, no best known: scores are absolute. In place of the validation regret stands the best-seen"
        " validation score, with its noise; higher is better." in table
    )
    assert "Lower is better" not in table
    assert "floor" not in table
    assert "nan" not in table.lower()
    assert "nan" not in nasbed.comparison_table(results, "latex").lower()


def test_a_minimised_objective_keeps_its_sign(tmp_path: Path) -> None:
    found = nasbed.run_study(_study("maximise = false"), tmp_path / "out")
    finals = found.finals()
    records = found.evaluations()
    for _, row in finals.iterrows():
        mine = records[(records["seed"] == row["seed"]) & (records["strategy"] == row["strategy"])]
        assert row["validation"] == mine["value"].min()
    curve = found.curves().query("axis == 'evaluations' and strategy == 'random_search'")
    assert curve["mean"].iloc[-1] == pytest.approx(finals.query("strategy == 'random_search'")["validation"].mean())


def test_curves_are_of_the_best_seen(results: nasbed.Results) -> None:
    curves = results.curves()
    assert set(curves["metric"]) == {"validation"}
    last = curves.query("axis == 'evaluations' and strategy == 'random_search'").iloc[-1]
    assert last["mean"] == pytest.approx(results.finals().query("strategy == 'random_search'")["validation"].mean())
    assert last["low"] <= last["mean"] <= last["high"]
    (axes, *_) = figures.render(results, "curves", metric="validation_regret").axes
    assert axes.get_ylabel() == "best-seen validation (points)"
    assert axes.get_yscale() == "linear"


def _shown_difference(found: nasbed.Results) -> tuple[float, float, dict[str, str]]:
    """The mean difference of the values of evolution and random search, the share of its wins, and its row of the table."""
    finals = found.finals().pivot(index="seed", columns="strategy", values="validation")
    apart = finals["regularized_evolution"] - finals["random_search"]
    better = apart * next(iter(found.benchmarks.values())).objectives[0].sign
    wins = float(((better > 0) + 0.5 * (better == 0)).mean())
    table = tables.tables(found)[0]
    return (
        float(apart.mean()),
        wins,
        {head.key: cell.text for head, cell in zip(table.heads, table.rows[1], strict=True)},
    )


def test_differences_and_wins_agree_with_the_values_that_are_shown(results: nasbed.Results, tmp_path: Path) -> None:
    for found, sign in (
        (results, "positive"),
        (nasbed.run_study(_study("maximise = false"), tmp_path / "out"), "negative"),
    ):
        difference, wins, row = _shown_difference(found)
        assert float(row["validation_regret_difference"].rstrip("*")) == pytest.approx(difference, abs=1e-3)
        assert float(row["wins"]) == pytest.approx(wins, abs=6e-3)
        said = " ".join(notes(found))
        assert f"from random_search ({sign}: better)" in said
        assert "ties counted half (best-seen validation, where there is one column)" in said
        assert "in mean best-seen validation is found" in said
        assert f">{difference:+.3f}<".replace("-", "−") in html.page(found, found.curves())


@pytest.mark.thorough
def test_curves_of_test_values_that_are_not_there_are_refused(results: nasbed.Results, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="minimal has no test values along a search; expected 'validation_reg"):
        figures.numbers(results, "curves", metric="test_regret")
    assert len(figures.numbers(results, "curves")) > 0
    caption = figures.caption(results, "curves")
    assert "the incumbent's best-seen validation with 95 % t intervals" in caption
    assert "floor" not in caption
    written = {path.name for path in nasbed.write_tables(results, tmp_path)}
    assert "curves_validation.png" in written
    assert "curves.png" not in written


@pytest.mark.thorough
def test_beside_a_table_each_panel_says_what_it_shows(results: nasbed.Results, tmp_path: Path) -> None:
    both = '[[benchmark]]\nuse = "nasbench201"'
    found = nasbed.run_study(_study(both), tmp_path / "out")
    labels = [ax.get_ylabel() for ax in figures.render(found, "curves", metric="validation_regret").axes[:2]]
    assert labels == ["best-seen validation (points)", "validation regret (% points)"]
    heads = [table.only(["validation_regret"]).heads[0].text for table in tables.tables(found)]
    assert heads == ["best-seen validation", "validation regret"]
    assert "(positive: better on minimal, negative elsewhere)" in " ".join(notes(found))


def test_figures_of_regrets_are_refused(results: nasbed.Results) -> None:
    assert figures.available(results) == ["curves", "ranks", "improvement", "critical_difference", "fidelities"]
    for name in ("finals", "profile", "ecdf", "trajectory", "tradeoff", "thinking"):
        with pytest.raises(OptionError, match=f"the figure '{name}' shows regrets, and minimal has no known best"):
            figures.numbers(results, name)


def test_a_report_is_written(results: nasbed.Results, tmp_path: Path) -> None:
    written = nasbed.write_tables(results, tmp_path, figures=False)
    assert {"table.md", "table.tex", "finals.csv"} <= {path.name for path in written}
    page = html.page(results, results.curves())
    assert "no test split, no best known" in (tmp_path / "table.md").read_text(encoding="utf-8")
    assert "regularized_evolution" in page
    assert "NaN" not in page


def test_two_results_are_compared(results: nasbed.Results) -> None:
    found = compare(results, results)
    assert (found.table["difference"] == 0).all()
    means = results.finals().groupby("strategy")["validation"].mean()
    assert found.table.set_index("strategy")["first"].to_dict() == pytest.approx(means.to_dict())
    assert [cell.text for cell in printed_comparison(found).rows[0][3:5]] == [f"{means['random_search']:.3f}"] * 2
    said = compare_notes(found)[-1]
    assert said.startswith(
        "Mean best-seen validation over the common seeds at the end of the budget; Δ: second minus first, pos"
    )
    with pytest.raises(
        OptionError, match="there is no referee of minimal, and so no test values; expected 'validation_r"
    ):
        compare(results, results, "test_regret")


def test_budgets_in_seconds_are_not_checked_beforehand(tmp_path: Path) -> None:
    assert _study(budget="seconds = 60").examine() == []
    found = nasbed.run_study(_study(budget="seconds = 60"), tmp_path / "out")
    assert (found.finals()["evaluations"] == 10).all()


def test_one_search_has_its_best_seen_value() -> None:
    result = nasbed.search("random_search", Minimal(), budget={"evaluations": 20})
    assert result.scores() == {"validation": max(outcome.value for outcome in result.outcomes)}


def test_it_conforms() -> None:
    findings = nasbed.check_benchmark(MINIMAL, listed=False)
    assert [str(finding) for finding in findings if not finding.holds] == []
    notes = {finding.check: finding.note for finding in findings}
    assert notes["the_best_is_attained"] == "it has no referee: a search is judged on what it saw"
    assert notes["cheapest_and_typical_are_of_the_answers"].startswith("it has no cheapest() and no typical()")
    assert notes["a_lookup_is_plain_data"] == "it has no lookup"
    assert notes["the_mean_is_that_of_the_runs"] == "it offers no mean"


class Pretends(Minimal):
    """Says that it has a test split, without a referee."""

    judged_on = "test"


def test_a_report_rule_without_a_referee_is_found() -> None:
    (check,) = (one for one in nasbed.benchmark_checks(Pretends) if one.__name__ == "declarations_are_complete")
    assert "judged_on is 'test' with no referee; expected 'validation'" in check.run().problem


def test_there_is_nothing_to_look_up() -> None:
    with pytest.raises(DataError, match="has no records to look up: it has no method lookup, only answers to a search"):
        catalogue.lookup(MINIMAL, "0123")


class NoBest(Minimal):
    """Has a referee that scores on test, as after retraining, and knows no best."""

    judged_on = "test"

    def referee(self) -> NoBest:
        return self

    def validation(self, index: np.ndarray) -> np.ndarray:
        return np.array([[float(self.space.at(one).count(2)) for one in row] for row in index.tolist()])

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        return self.validation(index) - 0.5

    def distinct(self, index: np.ndarray) -> np.ndarray:
        return index

    def best(self) -> tuple[float, float]:
        return float("nan"), float("nan")


def test_a_referee_that_knows_no_best_has_test_values_and_no_regret(tmp_path: Path) -> None:
    study = nasbed.Study.parse(STUDY.format(use=f"{__name__}:NoBest", options="", budget="evaluations = 20"))
    found = nasbed.run_study(study, tmp_path / "out")
    finals = found.finals()
    assert np.isnan(finals[["validation_regret", "test_regret"]]).all(axis=None)
    assert (finals["test"] == finals["validation"] - 0.5).all()
    assert "no best known: scores are absolute" in nasbed.caption(found)


def _gated(use: str, strategy: str = "random_search", **options: int) -> nasbed.Study:
    chosen = "".join(f"{name} = {value}\n" for name, value in options.items())
    return nasbed.Study.parse(
        f"""
name = "gated"
seeds = 2
budget = {{ evaluations = 24 }}
[[benchmark]]
use = "{use}"
[[strategy]]
use = "{strategy}"
label = "mine"
{chosen}"""
    )


@pytest.mark.filterwarnings("error")
def test_a_gate_without_a_referee_judges_the_best_seen_validation(tmp_path: Path) -> None:
    file = tmp_path / "gate.json"
    told = update_command(_gated(MINIMAL), file, seeds=100, engine="here").text
    stored = Baseline.load(file).strategies["mine"].scores["minimal"]
    assert list(stored) == ["area_validation_regret", "final_validation_regret"]
    mean = -stored["area_validation_regret"].mean()
    assert f"| mine | minimal | best-seen validation | {mean:.3f} | {mean:.3f} | +0.000" in told
    assert "Higher is better on minimal, of which no best is known; a drift below 0 is better everywhere." in told
    (same,) = run_gate(_gated(MINIMAL), file, thinking="off")
    assert same.outcome == "unchanged"
    (evolved,) = run_gate(_gated(MINIMAL, "regularized_evolution", population=5), file, thinking="off")
    assert evolved.outcome == "better"
    assert evolved.comparisons[0].effect < 0
    said = "minimal: no best is known, so its best-seen validation is judged in place of the validation regret, with its sign"
    assert said in markdown([evolved])


def test_a_gate_of_scores_that_are_not_there_is_refused(tmp_path: Path) -> None:
    message = "metric = 'test_regret': minimal has no referee, and so no test values; expected 'validation_regret'"
    with pytest.raises(OptionError, match=message):
        make_baseline(_gated(MINIMAL), seeds=100, metric="test_regret")
    made = make_baseline(_gated(MINIMAL), seeds=100)
    with pytest.raises(
        OptionError, match="the runs of mine on minimal have none in the baseline; expected 'validation"
    ):
        run_gate(_gated(MINIMAL), made, metric="test_regret")


class ScoresSome(NoBest):
    """Knows the test value of some architectures only."""

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        return np.where(index % 2 == 0, self.validation(index), np.nan)


def test_a_regret_that_some_runs_lack_is_not_stored() -> None:
    study = _gated(f"{__name__}:ScoresSome")
    assert set(make_baseline(study, seeds=100).strategies["mine"].scores["minimal"]) == {
        "area_validation_regret",
        "final_validation_regret",
    }
    with pytest.raises(
        BaselineError, match=r"of 100 runs have no test regret \(seed \d+ first\); the referee must score"
    ):
        make_baseline(study, seeds=100, metric="test_regret")


@pytest.mark.parametrize(("former", "name", "value"), [("report", "judged_on", "test"), ("part", "is_subspace", True)])
@pytest.mark.parametrize("where", ["class", "instance"])
def test_a_former_name_of_what_a_benchmark_declares_is_refused_with_the_new_one(
    former: str, name: str, value: object, where: str
) -> None:
    made = type("Old", (Minimal,), {former: value} if where == "class" else {})()
    setattr(made, former, value)
    with pytest.raises(PluginError) as refused:
        nasbed.search("random_search", made, budget={"evaluations": 3})
    assert str(refused.value) == f"Old has an attribute {former!r}, which is called {name!r} now; rename it"


def test_a_benchmark_may_have_a_method_of_a_former_name() -> None:
    made = type("Own", (Minimal,), {"report": lambda self: None})()
    assert nasbed.search("random_search", made, budget={"evaluations": 3}).outcomes
