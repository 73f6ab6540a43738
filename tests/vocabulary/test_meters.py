"""Kinds of budgets: ours, and one of a plug-in that counts energy, through searches, studies, curves, figures and the gate."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nasbed
from nasbed.errors import BenchmarkError, BudgetError, OptionError, PluginError, UnknownNameError, UnwiseWarning
from nasbed.figures.arrays import axis_of, points_of, regrets
from nasbed.gate.metrics import run_scores
from nasbed.reports import checklist
from nasbed.results.curves import axes
from nasbed.searches.loop import run_loop
from nasbed.vocabulary import Meter, Spending, meters
from nasbed.vocabulary.meters import EVALUATIONS, SECONDS, meter_of

PLUGIN = """
    from nasbed import Meter


    class Joules(Meter):
        name = counted = "joules"
        cost = "joules"
        quantity = "energy"
        units = ((1.0, "joules"), (1000.0, "kilojoules"))


    class Unnamed(Meter):
        name = counted = "something else"
        cost = "joules"


    class Torn(Meter):
        name = counted = "torn"
        cost = "joules"
        clock = True


    def function():
        pass
    """
POINTS = {
    "joules": "Joules",
    "wrong": "Unnamed",
    "torn": "Torn",
    "function": "function",
    "gone": "Gone",
    "epochs": "Torn",
}

BENCHMARK = """
    from nasbed.benchmarks.spaces.digits import DigitSpace
    from nasbed.errors import DataError
    from nasbed.vocabulary import Benchmark, Objective, Trained, TrainedBenchmark
    from nasbed.vocabulary.noise import recorded_run


    def worth(arch, epochs):
        return (sum(arch) + epochs / 100,), {"joules": 10.0 * (1 + arch[0]) * epochs}


    class Metered(Benchmark):
        \"\"\"A second an epoch, and energy by the first digit.\"\"\"

        def __init__(self) -> None:
            self.name = self.label = "metered"
            self.space, self.epochs, self.objectives = DigitSpace("digits", (4,) * 4), (1, 3), (Objective("score", "points"),)
            self.resumable = True
            self.cost_names = ("seconds", "joules")

        @property
        def checksum(self) -> str:
            return "metered 1"

        def oracle(self, noise="draw"):
            if recorded_run(noise):
                raise DataError(f"no {noise}")

            def answer(index, epochs, word):
                values, costs = worth(self.space.at(index), epochs)
                return values, (float(epochs), costs["joules"])

            return answer


    class Forgetful(Metered):
        \"\"\"Says nothing of the energy.\"\"\"

        def oracle(self, noise="draw"):
            return lambda index, epochs, word: ((1.0,), 3.0)


    class Burnt(TrainedBenchmark):
        \"\"\"The same, trained.\"\"\"

        def __init__(self) -> None:
            self.name = self.label = "burnt"
            self.space, self.epochs, self.objectives = DigitSpace("digits", (4,) * 4), (1, 3), (Objective("score", "points"),)
            self.cost_names = ("seconds", "joules")

        @property
        def checksum(self) -> str:
            return "burnt 1"

        def trainer(self):
            return lambda training: Trained(*worth(training.arch, training.epochs))
    """


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of a plug-in with a meter, and a benchmark that it counts on."""
    folder = tmp_path / "site"
    about = folder / "wattnas-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: wattnas\nVersion: 1.0\n")
    lines = [f"{name} = wattnas_meters:{made}" for name, made in POINTS.items()]
    (about / "entry_points.txt").write_text("[nasbed.meters]\n" + "\n".join(lines) + "\n")
    (folder / "wattnas_meters.py").write_text(textwrap.dedent(PLUGIN))
    (folder / "wattnas_benchmarks.py").write_text(textwrap.dedent(BENCHMARK))
    monkeypatch.syspath_prepend(folder)
    yield folder
    meters._FOUND.clear()
    for module in ("wattnas_meters", "wattnas_benchmarks"):
        sys.modules.pop(module, None)


class Listening(nasbed.Searcher):
    """Keeps what a searcher is told."""

    def __init__(self, searcher: nasbed.Searcher) -> None:
        self.told: list[nasbed.Outcome] = []
        self._searcher = searcher

    def ask(self) -> nasbed.Proposal | None:
        return self._searcher.ask()

    def tell(self, outcome: nasbed.Outcome) -> None:
        self.told.append(outcome)
        self._searcher.tell(outcome)


def metered() -> Any:
    return nasbed.load_benchmark("wattnas_benchmarks:Metered")


def burnt() -> Any:
    return nasbed.load_benchmark("wattnas_benchmarks:Burnt")


STUDY = """
    name = "energy"
    seeds = 6
    budget = { joules = 2000 }
    reference = "random_search"
    [[benchmark]]
    use = "wattnas_benchmarks:Metered"
    [[strategy]]
    use = "random_search"
    [[strategy]]
    use = "regularized_evolution"
    population = 4
    sample = 2
    """


@pytest.fixture
def results(installed: Path, tmp_path: Path) -> nasbed.Results:
    (tmp_path / "energy.toml").write_text(textwrap.dedent(STUDY))
    return nasbed.run_study(tmp_path / "energy.toml", out=tmp_path / "results")


# ours


@pytest.mark.parametrize(("kind", "expected"), [("evaluations", 3), ("seconds", 40.0), ("epochs", 36)])
def test_a_meter_reads_what_it_counts(kind: str, expected: float) -> None:
    assert meter_of(kind).reading(Spending(3, 36, 40.0, {"seconds": 44.0})) == expected
    array = Spending(np.array([3, 4]), np.array([36, 48]), np.array([40.0, 50.0]))
    assert meter_of(kind).reading(array)[0] == expected


def test_what_an_evaluation_spends_is_known_where_its_price_is() -> None:
    prices = {kind: meter_of(kind).price(12, 40.0) for kind in ("evaluations", "seconds", "epochs")}
    assert prices == {"evaluations": 1.0, "seconds": 40.0, "epochs": 12.0}
    assert meter_of("seconds").price(12, None) is None


def test_axes_are_evaluations_and_the_clock_and_what_else_is_counted() -> None:
    assert axes([nasbed.Budget("evaluations", 3)]) == axes([nasbed.Budget("seconds", 3)]) == [EVALUATIONS, SECONDS]
    assert axes([nasbed.Budget("epochs", 3)]) == [EVALUATIONS, SECONDS, meter_of("epochs")]


@pytest.mark.parametrize(
    ("longest", "label"), [(1800.0, "simulated time (seconds)"), (1801.0, "simulated time (hours)")]
)
def test_the_clock_is_read_in_hours_from_half_an_hour_on(longest: float, label: str) -> None:
    assert SECONDS.label(SECONDS.unit(longest)[1]) == label
    assert EVALUATIONS.unit(longest) == (1.0, "")
    assert EVALUATIONS.label("") == "evaluations"


# a plug-in's


def test_a_meter_of_a_plug_in_is_a_kind_of_budget(installed: Path) -> None:
    budget = nasbed.Budget.parse({"joules": 2500.5})
    assert (str(budget), budget.evaluations, budget.axis.name) == ("2,500.5 joules", None, "joules")
    assert meter_of("joules") is budget.meter is budget.axis
    assert type(meter_of("epochs")).__module__ == "nasbed.vocabulary.meters"


def test_an_unknown_kind_of_budget_is_told_what_there_is(installed: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown budget 'joule'; did you mean 'joules'"):
        nasbed.Budget("joule", 3)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("function", "expected a subclass of nasbed.Meter"),
        ("wrong", "with name = 'something else' and counted = 'something else'; expected the name of its entry point"),
        (
            "torn",
            "with evaluation = 0, epoch = 0, cost = 'joules', clock = True; expected one alone: evaluations and epochs, a cost",
        ),
        ("gone", "unknown name of wattnas_meters 'Gone'"),
    ],
)
def test_what_is_no_meter_is_refused(installed: Path, name: str, message: str) -> None:
    with pytest.raises(PluginError) as refused:
        nasbed.Budget(name, 3)
    assert message in str(refused.value)


def test_a_search_ends_where_its_energy_does(installed: Path) -> None:
    result = nasbed.search("random_search", metered(), budget={"joules": 2000}, seed=0)
    spent = np.cumsum([outcome.costs[1] for outcome in result.outcomes])
    assert [outcome.costs for outcome in result.outcomes[:2]] == [
        (3.0, 30.0 * (1 + outcome.arch[0])) for outcome in result.outcomes[:2]
    ]
    assert 2000 - 120 < spent[-1] <= 2000
    assert not result.ended
    assert result.frame()["joules"].tolist() == [outcome.costs[1] for outcome in result.outcomes]


def test_what_goes_beyond_the_energy_is_neither_told_nor_recorded(installed: Path) -> None:
    from nasbed.searches.loading import load_strategy
    from nasbed.searches.rules import Rules
    from nasbed.searches.setting import BenchmarkSetting

    setting = BenchmarkSetting(metered(), Rules(nasbed.Budget("joules", 100.0), workers=2), 0)
    searcher = Listening(load_strategy("random_search").start(setting.task, setting.rng))
    list(run_loop(searcher, setting.task, setting.pool, setting.word, setting.log))
    told = [outcome.costs[1] for outcome in searcher.told]
    assert searcher.told == setting.log.outcomes
    assert sum(told) <= 100
    assert not setting.log.ended


def test_a_training_that_goes_on_spends_what_is_added(installed: Path) -> None:
    query = nasbed.observe(metered(), {"joules": 1000}, seed=0)
    first = query((3, 0, 0, 0), 1)
    second = query((3, 0, 0, 0), 3, resume=first.trial)
    assert (first.costs, second.costs) == ((1.0, 40.0), (2.0, 80.0))


def test_repeats_that_are_free_cost_nothing_of_anything(installed: Path) -> None:
    query = nasbed.observe(metered(), {"joules": 1000}, seed=0, repeats="free")
    query((3, 0, 0, 0))
    assert query((3, 0, 0, 0)).costs == (0.0, 0.0)


def test_a_budget_of_what_nothing_costs_is_refused(installed: Path, cifar10: Any) -> None:
    with pytest.raises(BudgetError) as refused:
        nasbed.search("random_search", cifar10, budget={"joules": 10})
    assert str(refused.value).endswith("cost seconds; use another budget, or a benchmark whose costs name 'joules'")


@pytest.mark.parametrize(
    "names", [(), ("joules",), ("seconds", "score"), ("seconds", "time"), ("seconds", "joules", "joules")]
)
def test_names_of_costs_that_cannot_be_told_apart_are_refused(installed: Path, names: tuple[str, ...]) -> None:
    benchmark = metered()
    benchmark.cost_names = names
    with pytest.raises(
        BenchmarkError, match=r"expected 'seconds' first, then others that are neither an objective nor"
    ):
        nasbed.search("random_search", benchmark, budget={"evaluations": 3})


@pytest.mark.parametrize(
    "answer", [3.0, (3.0,), (3.0, 0.0), (3.0, float("nan")), (-1.0, 3.0), (3.0, 3.0, 3.0), (3.0, "1")]
)
def test_costs_that_are_not_the_ones_named_are_refused(installed: Path, answer: Any) -> None:
    benchmark = metered()
    benchmark.oracle = lambda noise="draw": lambda index, epochs, word: ((1.0,), answer)
    with pytest.raises(BenchmarkError) as refused:
        nasbed.search("random_search", benchmark, budget={"joules": 10})
    assert "a tuple of its costs, finite: seconds at least 0, joules above 0" in str(refused.value)


def test_stages_end_at_fractions_of_the_energy(installed: Path) -> None:
    from nasbed.searches.execution import execute
    from nasbed.searches.loading import load_strategy
    from nasbed.searches.rules import Rules
    from nasbed.searches.stages import Stage

    rules = Rules(nasbed.Budget("joules", 2000.0), stages=(Stage(0.5, epochs=1), Stage(1.0, epochs=3)))
    outcomes = execute(load_strategy("random_search"), metered(), rules, 0).outcomes
    spent = np.cumsum([outcome.costs[1] for outcome in outcomes])
    first_long = next(place for place, outcome in enumerate(outcomes) if outcome.epochs == 3)
    assert spent[first_long - 1] >= 1000 > spent[first_long - 2]


# results of it


def test_a_study_stores_what_was_spent_and_curves_follow_it(results: nasbed.Results) -> None:
    (series, _) = results.series
    by_run = series.records.groupby("seed")["joules"].sum()
    assert ((by_run > 1880) & (by_run <= 2000)).all()
    finals = results.finals()
    assert finals[finals["strategy"] == "random_search"]["joules"].tolist() == pytest.approx(by_run.tolist())
    curves = results.curves()
    assert sorted(set(curves["axis"])) == ["evaluations", "joules", "seconds"]
    mine = curves[(curves["axis"] == "joules") & (curves["strategy"] == "random_search")]
    assert mine["x"].max() == pytest.approx(2000)
    readings = series.runs.along(meter_of("joules"))
    assert readings[0][: series.runs.count[0]].tolist() == pytest.approx(
        np.cumsum(series.records[series.records["seed"] == 0]["joules"]).tolist()
    )
    assert axis_of(results) is meter_of("joules")
    x = points_of(results, "metered")
    values = regrets(results, "metered", x)
    assert x[-1] == pytest.approx(2000)
    assert values["random_search"].shape == (6, len(x))


@pytest.mark.thorough
@pytest.mark.usefixtures("drawn_once")
def test_figures_captions_and_pages_name_the_energy(results: nasbed.Results, tmp_path: Path) -> None:
    from nasbed import figures

    for name in ("curves", "ranks"):
        drawn = figures.render(results, name)
        assert "energy (kilojoules)" in {ax.get_xlabel() for ax in drawn.axes}
        width, height = drawn.get_size_inches() * drawn.dpi
        boxes = [ax.get_tightbbox() for ax in drawn.axes]  # as they are where a user saves it
        assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for box in boxes)
    assert "2,000 joules" in nasbed.caption(results)
    nasbed.write_report(results, tmp_path / "report")
    (page,) = (tmp_path / "report").rglob("*.html")
    (text,) = re.findall(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page.read_text(), re.DOTALL)
    data = json.loads(text)
    found = data["benchmarks"][0]["axes"]["joules"]
    assert (found["label"], found["divided"], found["counted"]) == ("energy (kilojoules)", 1000.0, "kilojoules")
    assert found["x"][-1] == 2000


def test_the_gate_takes_the_area_over_the_energy(results: nasbed.Results) -> None:
    series, budget = results.series[0], nasbed.Budget("joules", 2000)
    found = run_scores(series.runs, budget, 0.1)["area_validation_regret"]
    readings, regret = series.runs.along(budget.meter), series.runs.validation_regret
    by_hand = []
    for row, values, count in zip(readings, regret, series.runs.count, strict=True):
        total, begin = 0.0, 200.0
        for place in range(count):
            end = row[place + 1] if place + 1 < count else 2000.0
            total += max(0.0, end - max(begin, row[place] if place else 0.0)) * values[place]
        by_hand.append(total / 1800)
    np.testing.assert_allclose(found, by_hand)


def test_a_frame_brings_what_was_spent(installed: Path) -> None:
    result = nasbed.search("random_search", metered(), budget={"joules": 2000}, seed=3)
    frame = result.frame().assign(strategy="mine")
    back = nasbed.Results.from_frame(frame, metered(), {"joules": 2000})
    assert back.series[0].runs.costs["joules"][0, -1] == pytest.approx(frame["joules"].sum())
    with pytest.raises(OptionError, match=r"a run has [\d,.]+ joules, more than its budget of 1,000 joules"):
        nasbed.Results.from_frame(frame, metered(), {"joules": 1000})
    with pytest.warns(UnwiseWarning, match=r"the run spent [\d,.]+ of its budget of 9,000 joules"):
        nasbed.Results.from_frame(frame, metered(), {"joules": 9000})
    with pytest.raises(
        OptionError, match="the frame has no column 'joules', which a budget of 2,000 joules counts; add it"
    ):
        nasbed.Results.from_frame(frame.drop(columns="joules"), metered(), {"joules": 2000})


def test_the_code_of_a_meter_is_part_of_what_a_run_is(installed: Path, tmp_path: Path) -> None:
    from nasbed.studies.study import Study

    study = textwrap.dedent(STUDY)
    mine = Study.parse(study, "a study").series()[0].content
    ours = Study.parse(study.replace("joules = 2000", "epochs = 60"), "a study").series()[0].content
    assert "meter" in mine
    assert "meter" not in ours


# conformance


@pytest.mark.thorough
def test_a_benchmark_that_names_its_costs_conforms(installed: Path) -> None:
    findings = [check.run() for check in nasbed.benchmark_checks("wattnas_benchmarks:Metered")]
    assert [found for found in findings if found.problem] == []


def test_a_cost_that_is_not_answered_is_found(installed: Path) -> None:
    checks = nasbed.benchmark_checks("wattnas_benchmarks:Forgetful")
    (check,) = (one for one in checks if one.__name__ == "costs_are_positive")
    assert "a tuple of floats, finite and not negative, seconds more than 0: seconds, joules" in check.run().problem


# trained


def test_a_trainer_says_what_it_burnt(installed: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with ThreadPoolExecutor(1) as executor:
        result = nasbed.search("random_search", burnt(), budget={"joules": 2000}, executor=executor, record=record)
    spent = [outcome.costs[1] for outcome in result.outcomes]
    assert 1880 < sum(spent) <= 2000
    again = nasbed.search("random_search", burnt(), budget={"joules": 2000}, record=record)
    assert [outcome.costs for outcome in again.outcomes] == [outcome.costs for outcome in result.outcomes]


@pytest.mark.parametrize(
    "answer", [(1.0,), "Trained((1.0,), {'jouls': 2.0})", "Trained((1.0,), {'joules': float('nan')})"]
)
def test_a_cost_that_a_trainer_does_not_say_is_asked_for(installed: Path, answer: Any) -> None:
    benchmark = burnt()
    told = eval(answer, {"Trained": nasbed.Trained}) if isinstance(answer, str) else answer
    benchmark.trainer = lambda: lambda training: told
    with pytest.raises(BenchmarkError) as refused:
        nasbed.search("random_search", benchmark, budget={"evaluations": 3})
    given = {} if isinstance(told, tuple) and not isinstance(told, nasbed.Trained) else told.costs
    assert (
        f"its trainer gave the costs {given!r}; expected nasbed.Trained(values, {{'joules': ...}}) with a number that is"
        in str(refused.value)
    )
    assert str(refused.value).count("expected") == 1


def test_a_meter_shows_its_words() -> None:
    class Watered(Meter):
        name = counted = "litres"
        cost = "litres"

    assert (Watered().words(1), Watered().words(2), Watered().label("")) == ("1 litre", "2 litres", "litres")


def test_the_checklist_says_what_there_is(results: nasbed.Results, tmp_path: Path) -> None:
    text = checklist.markdown(results, json.loads((tmp_path / "results" / "run.json").read_text()))
    assert "Data, by checksum: metered: metered 1." in text
    assert "There are no test scores, strategies are compared by what they saw" in text
    assert "show best-seen validation of the incumbent against evaluations, simulated time and energy." in text
