"""Every strategy of the league is tuned with the same care, and its defaults are what came of it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import league_setup
import numpy as np
import pytest
import tune
from daily import sampled
from pages import inserted

import nasbed

PLAN = tune.Plan.load(tune.PLAN)
SMALL = """
evaluations = 12
read = [6, 12]
first_seed = 10000
final = 4
round = [{ settings = 5, searches = 2 }, { settings = 2, searches = 1 }]
benchmark = [
  { use = "synthetic", decisions = 3, values = 4, seed = 7 },
  { use = "synthetic", decisions = 4, values = 3, seed = 8 },
]
[[strategy]]
use = "regularized_evolution"
settings = [{ population = 4, sample = 1 }, { population = 6, sample = 6 }]
[strategy.ranges]
population = { low = 2, high = 6, log = true }
sample = { low = 1, high = 6 }
[[strategy]]
use = "simulated_annealing"
settings = [{ temperature = 2.0, cooling = 0.97 }]
[strategy.ranges]
temperature = { low = 0.1, high = 10.0, log = true }
"""


@pytest.fixture(autouse=True)
def few_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tune, "YARDSTICK_SEEDS", 4)
    monkeypatch.setattr(tune, "RESAMPLES", 2_000)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tune.Plan:
    file = tmp_path_factory.mktemp("plan") / "plan.toml"
    file.write_text(SMALL, encoding="utf-8")
    return tune.Plan.load(file)


def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Queries by the class of the strategy that made them, counted as searches are made."""
    queries: dict[str, int] = {}
    search = nasbed.search

    def counting(strategy: Any, *arguments: Any, **others: Any) -> nasbed.SearchResult:
        result = search(strategy, *arguments, **others)
        name = type(strategy).__name__
        queries[name] = queries.get(name, 0) + len(result.outcomes)
        return result

    monkeypatch.setattr(nasbed, "search", counting)
    return queries


def test_every_strategy_spends_the_same_queries_and_nothing_twice(
    small: tune.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = counted(monkeypatch)
    first = [tune.tune(small, label, tune.Searches(small, tmp_path / "one")) for label in small.strategies]
    assert queries["RegularizedEvolution"] == queries["SimulatedAnnealing"] == small.searches * small.evaluations
    made = dict(queries)
    again = tune.Searches(small, tmp_path / "one")
    assert [tune.tune(small, label, again) for label in small.strategies] == first
    assert again.made == 0
    assert queries == made
    elsewhere = tune.Searches(small, tmp_path / "two")
    assert [tune.tune(small, label, elsewhere) for label in small.strategies] == first


@pytest.mark.parametrize("label", sampled(PLAN.strategies, 4))
def test_listed_settings_are_candidates_and_all_are_different_and_valid(label: str) -> None:
    entry, count = PLAN.strategies[label], PLAN.rounds[0].settings
    found = tune.candidates(entry, count)
    assert found[: len(entry["settings"])] == entry["settings"]
    assert len({json.dumps(one, sort_keys=True) for one in found}) == len(found) == count
    assert tune.candidates(entry, count) == found
    for setting in found:
        nasbed.load_strategy(entry["use"], **setting)
    for name, allowed in entry["ranges"].items():
        table, _, option = name.rpartition(".")
        values = [(one[table] if table else one)[option] for one in found[len(entry["settings"]) :]]
        if isinstance(allowed, list):
            assert set(values) <= set(allowed)
        else:
            assert all(allowed["low"] <= value <= allowed["high"] for value in values)
        assert len(set(values)) > 1


def test_the_plan_reports_nothing_that_the_league_does() -> None:
    ground = league_setup.families().values()
    reported = {(family.use, dataset) for family in ground for dataset in family.datasets} - {("digits201", "digits")}
    assert not reported & {(one["use"], one.get("dataset")) for one in PLAN.benchmarks}
    assert PLAN.first_seed > max(family.seeds for family in ground)


def test_every_row_of_the_league_without_a_label_is_tuned() -> None:
    """But for what has nothing to tune."""
    plain = {row.label for row in league_setup.rows().values() if "label" not in row.entry}
    assert plain - {"random_search"} <= {entry["use"] for entry in PLAN.strategies.values()}


@pytest.mark.parametrize(("shift", "adopted"), [(-0.5, True), (0.0, False), (0.5, False)])
def test_only_what_is_shown_to_be_better_is_adopted(
    small: tune.Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shift: float, adopted: bool
) -> None:
    """The standing setting is 1 in the mean; every other one is better in the races, as by luck, and by ``shift`` at the end."""

    def scores(self: object, label: str, use: str, settings: list[dict[str, Any]], numbers: range) -> np.ndarray:
        noise = np.random.default_rng(numbers.start).normal(0, 0.2, (len(settings), len(numbers)))
        other = np.array([[setting != {"population": 4, "sample": 1}] for setting in settings])
        return 1 + noise + other * (shift if len(numbers) == small.final else -0.3)

    monkeypatch.setattr(tune.Searches, "scores", scores)
    long = replace(small, final=40)
    small = long
    verdict, rows = tune.tune(long, "regularized_evolution", tune.Searches(long, tmp_path))
    assert verdict.adopted == adopted
    assert verdict.low < verdict.difference < verdict.high
    assert [row[-1] for row in rows[-2:]] == (["no", "yes"] if adopted else ["yes", "no"])


def test_scores_are_one_for_random_search_and_nothing_for_the_best(small: tune.Plan, tmp_path: Path) -> None:
    searches = tune.Searches(small, tmp_path)
    numbers = range(2 * tune.YARDSTICK_SEEDS)  # the yardstick's own seeds on both benchmarks
    assert searches.scores("random_search", "random_search", [{}], numbers).mean() == pytest.approx(1)
    assert searches.made == 2 * tune.YARDSTICK_SEEDS
    benchmark = nasbed.load_benchmark("synthetic", decisions=3, values=4, seed=7)
    text = benchmark.space.format(benchmark.optimum)
    assert searches.scores("best", "hand_designed", [{"architecture": text}], [0])[0, 0] == 0


def test_an_interval_over_benchmarks_and_seeds_covers_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    covered = []
    for number in range(60):
        differences = rng.normal(0, 0.3, (1, 10)) + rng.normal(0, 0.5, (4, 10))
        low, high = tune.interval(differences, str(number))
        covered.append(low < 0 < high)
    assert np.mean(covered) >= 0.85


def test_defaults_are_what_tuning_adopted() -> None:
    with tune.TABLE.open(encoding="utf-8") as file:
        chosen = {
            row["strategy"]: json.loads(row["setting"]) for row in csv.DictReader(file) if row["adopted"] == "yes"
        }
    for label, setting in chosen.items():
        use = PLAN.strategies[label]["use"]
        if use == "optuna":  # its options are the sampler's
            continue
        assert nasbed.load_strategy(use) == nasbed.load_strategy(use, **setting), label


def test_the_page_shows_what_was_tuned() -> None:
    page = tune.PAGE.read_text(encoding="utf-8")
    assert inserted(page, {"tuning": tune.told(tune.TABLE)}) == page
