"""The adapter asks a sampler what Optuna itself would ask it, and tells it what it should know."""

from __future__ import annotations

import logging
import math
import pickle
import re
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import SPACE, failing, oracle, run, task

from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.errors import NasbedError, OptionError, UnknownNameError, UnmetNeedError
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies import Optuna
from nasbed.streams import Stream, stream
from nasbed.studies.series import Series
from nasbed.studies.study import Study
from nasbed.vocabulary import Benchmark, Budget, Objective, Outcome, Searcher

optuna = pytest.importorskip("optuna")
COMPLETE, FAIL = optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.FAIL


def begun(strategy: Optuna, of: Any = None) -> Any:
    return strategy.start(of or task(), stream(0, "fake", "search"))


def states(searcher: Any) -> list[Any]:
    return [trial.state for trial in searcher.search.study.get_trials(deepcopy=False)]


@pytest.mark.parametrize(
    ("sampler", "options"),
    [("TPESampler", {"n_startup_trials": 5}), ("RandomSampler", {}), ("NSGAIISampler", {"population_size": 6})],
)
def test_it_asks_what_optuna_would(sampler: str, options: dict[str, Any], cifar10: Benchmark) -> None:
    ours = execute(Optuna(sampler, options), cifar10, Rules(Budget("evaluations", 25)), 3).outcomes
    values = iter([outcome.value for outcome in ours])

    def objective(trial: Any) -> float:
        for decision in range(6):
            trial.suggest_categorical(f"decision {decision}", range(5))
        return next(values)

    seed = stream(3, cifar10.label, "search").below(2**32)
    study = optuna.create_study(direction="maximize", sampler=getattr(optuna.samplers, sampler)(seed=seed, **options))
    study.optimize(objective, n_trials=25)
    assert [tuple(trial.params.values()) for trial in study.trials] == [outcome.arch for outcome in ours]


def test_a_failed_training_is_a_failed_trial_and_the_others_keep_their_values() -> None:
    searcher = begun(Optuna("RandomSampler"))
    log = run(searcher, task("evaluations", 30), failing(0, 3))
    trials = searcher.search.study.get_trials()
    assert [trial.state == FAIL for trial in trials] == [outcome.failed for outcome in log.outcomes]
    assert [trial.value for trial in trials if trial.state == COMPLETE] == [
        outcome.value for outcome in log.outcomes if not outcome.failed
    ]
    assert {FAIL, COMPLETE} == set(states(searcher))


def test_each_outcome_reaches_its_own_trial_when_workers_finish_out_of_order() -> None:
    of = task("evaluations", 40, workers=4)
    searcher = begun(Optuna(), of)
    run(searcher, of)
    told = [trial for trial in searcher.search.study.get_trials() if trial.state == COMPLETE]
    assert len(told) == 40
    for trial in told:
        index = SPACE.index(tuple(trial.params.values()))
        assert math.floor(trial.value / 10) == index


def test_all_objectives_are_maximised() -> None:
    two = replace(task("evaluations", 30), objectives=(Objective("accuracy", "%"), Objective("latency", "ms", False)))

    def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        return (float(index % 3), float(index // 3) if index else math.nan), 1.0

    searcher = begun(Optuna("NSGAIISampler", {"population_size": 4}), two)
    log = run(searcher, two, evaluate)
    assert [direction.name for direction in searcher.search.study.directions] == ["MAXIMIZE"] * 2
    assert any(outcome.arch == (0, 0) for outcome in log.outcomes) == (FAIL in states(searcher))
    best = {tuple(trial.values) for trial in searcher.search.study.best_trials}
    seen = {outcome.values for outcome in log.outcomes if not math.isnan(outcome.values[1])}
    assert best == {a for a in seen if not any(b != a and b[0] >= a[0] and b[1] >= a[1] for b in seen)}


class Odd(EnumeratedSpace):
    """Two digits of 0, 1, 2 of which the sum is odd."""

    def __init__(self, archs: list[tuple[int, ...]]) -> None:
        super().__init__("odd", (3, 3), archs)

    def mutate(self, arch: tuple[int, ...], rng: Stream) -> tuple[int, ...]:
        return rng.choice(self.archs)

    def neighbours(self, arch: tuple[int, ...]) -> list[tuple[int, ...]]:
        return []

    def crossover(self, first: tuple[int, ...], second: tuple[int, ...], rng: Stream) -> tuple[int, ...]:
        return first

    def parse(self, text: str) -> tuple[int, ...]:
        return tuple(map(int, text))

    def format(self, arch: tuple[int, ...]) -> str:
        return "".join(map(str, arch))


@pytest.mark.parametrize(("sampler", "evaluations"), [("RandomSampler", 30), ("TPESampler", 14)])
def test_trials_outside_the_space_fail_and_cost_nothing(sampler: str, evaluations: int) -> None:
    space = Odd([arch for arch in SPACE.archs if sum(arch) % 2])
    of = replace(task("evaluations", evaluations), space=space)
    searcher = begun(Optuna(sampler), of)
    log = run(searcher, of)
    assert {outcome.arch for outcome in log.outcomes} == set(space.archs)
    trials = searcher.search.study.get_trials()
    assert all((trial.state == FAIL) == (tuple(trial.params.values()) not in space) for trial in trials)
    assert sum(trial.state == COMPLETE for trial in trials) == evaluations < len(trials)


def test_what_is_never_met_by_the_sampler_is_drawn_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    of = replace(task("evaluations", 20), space=Odd([(1, 2)]))
    searcher = begun(Optuna("RandomSampler"), of)
    monkeypatch.setattr(type(searcher.search), "tries", 2)
    log = run(searcher, of)
    assert [outcome.arch for outcome in log.outcomes] == [(1, 2)] * 20
    told = [trial for trial in searcher.search.study.get_trials() if trial.state == COMPLETE]
    assert [trial.value for trial in told] == [outcome.value for outcome in log.outcomes]


def test_a_sampler_that_stops_its_study_ends_the_search() -> None:
    searcher = begun(Optuna("BruteForceSampler"))
    log = run(searcher, task())
    assert sorted(outcome.arch for outcome in log.outcomes) == list(SPACE.archs)
    assert log.ended
    assert searcher.ask() is None


@pytest.mark.parametrize(
    ("workers", "given", "lies"), [(1, {}, False), (3, {}, True), (3, {"constant_liar": False}, False)]
)
def test_the_liar_lies_for_several_workers(
    workers: int, given: dict[str, Any], lies: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[dict[str, Any]] = []

    class Spy(optuna.samplers.TPESampler):  # type: ignore[misc, name-defined]
        def __init__(self, *, constant_liar: bool = True, seed: int | None = None) -> None:
            made.append({"constant_liar": constant_liar, "seed": seed})
            super().__init__(constant_liar=constant_liar, seed=seed)

    monkeypatch.setattr(optuna.samplers, "TPESampler", Spy)
    begun(Optuna(options=given), task(workers=workers))
    assert made[-1] == {"constant_liar": lies, "seed": stream(0, "fake", "search").below(2**32)}


def test_optuna_is_quiet_and_its_settings_stay(capfd: pytest.CaptureFixture[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    level = logging.getLogger("optuna").level
    for sampler in ("TPESampler", "BruteForceSampler"):
        run(begun(Optuna(sampler)), task("evaluations", 5))
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("optuna").level == level == logging.INFO


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sampler": "TPESample"}, UnknownNameError, "unknown sampler of optuna 'TPESample'; did you mean 'TPESampler'?"),
        ({"sampler": "BaseSampler"}, UnknownNameError, "unknown sampler of optuna 'BaseSampler'"),
        ({"sampler": "nsgaii"}, UnknownNameError, "unknown sampler of optuna 'nsgaii'"),
        ({"sampler": "GridSampler"}, OptionError, "GridSampler needs search_space; give it as options = { search_space = ... }"),
        ({"sampler": "PartialFixedSampler"}, OptionError, "PartialFixedSampler needs fixed_params and base_sampler"),
        ({"options": {"n_startup": 1}}, UnknownNameError, "'n_startup'; did you mean 'n_startup_trials'?"),
        ({"options": {"seed": 1}}, UnknownNameError, "unknown option of TPESampler 'seed'"),
        ({"sampler": "NSGAIISampler", "options": {"population_size": 1}}, OptionError,
         "NSGAIISampler cannot be made with {'population_size': 1}: `population_size` must be greater than or equal to 2."),
        ({"options": 3}, OptionError, "Optuna: options = 3; expected dict | None"),
    ],
)  # fmt: skip
def test_what_optuna_cannot_make_is_refused_early(
    options: dict[str, Any], error: type[NasbedError], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        Optuna(**options)


NUMBER = "expected a whole number from"


@pytest.mark.parametrize(
    ("sampler", "options", "message"),
    [
        ("TPESampler", {1: 2}, "TPESampler: options = {1: 2}; expected names of arguments, as text: 1"),
        ("TPESampler", {"n_startup_trials": True}, f"{{ n_startup_trials = True }}; {NUMBER} 0 to 1,000,000"),
        ("TPESampler", {"n_startup_trials": 10**30}, f"{NUMBER} 0 to 1,000,000"),
        ("TPESampler", {"n_startup_trials": None}, f"{{ n_startup_trials = None }}; {NUMBER} 0"),
        ("TPESampler", {"n_ei_candidates": 0}, f"{NUMBER} 1 to 1,000,000"),
        ("TPESampler", {"prior_weight": math.nan}, "{ prior_weight = nan }; expected a number from 0 to 1,000,000"),
        ("TPESampler", {"prior_weight": math.inf}, "expected a number from 0"),
        ("TPESampler", {"group": 1}, "{ group = 1 }; expected true or false"),
        ("TPESampler", {"gamma": 3}, "{ gamma = 3 }; expected a function, which a study file cannot hold"),
        ("NSGAIISampler", {"population_size": None}, f"{NUMBER} 1"),
        ("NSGAIISampler", {"crossover_prob": 1.5}, "expected a number from 0 to 1"),
        ("NSGAIISampler", {"crossover": "uniform"}, "{ crossover = 'uniform' }; expected a BaseCrossover, which a study file"),
        ("NSGAIISampler", {"mutation": []}, "expected a BaseMutation"),
        ("NSGAIIISampler", {"dividing_parameter": 10**9}, f"{NUMBER} 1 to 50"),
        ("NSGAIIISampler", {"reference_points": [[0.5]]}, "expected a ndarray, which a study file cannot hold"),
        ("QMCSampler", {"qmc_type": 3}, "{ qmc_type = 3 }; expected a text"),
        ("QMCSampler", {"qmc_type": "x"}, "QMCSampler cannot be made with {'qmc_type': 'x'}"),
        ("QMCSampler", {"independent_sampler": "RandomSampler"}, "expected a BaseSampler, which a study file cannot hold"),
        ("GridSampler", {"search_space": []}, "expected a table by the names of decisions"),
        ("GridSampler", {"search_space": {}}, "expected a table by the names of decisions"),
        ("PartialFixedSampler", {"fixed_params": {"decision 0": 1}, "base_sampler": 3}, "expected a BaseSampler"),
    ],
)  # fmt: skip
def test_an_argument_of_the_wrong_kind_is_refused_by_name(sampler: str, options: Any, message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        Optuna(sampler, options)


@pytest.mark.parametrize(
    ("sampler", "options", "message"),
    [
        ("GridSampler", {"search_space": {"decision 0": [0]}}, "lacks decision 1; a grid is over all decisions"),
        ("GridSampler", {"search_space": {"x": [0]}}, "unknown decision of GridSampler: options = { search_space = ... } 'x'"),
        ("GridSampler", {"search_space": {"decision 0": [3], "decision 1": [0]}},
         "decision 0 = [3]; expected whole numbers, at least one from 0 to 2"),
        ("GridSampler", {"search_space": {"decision 0": [], "decision 1": [0]}}, "decision 0 = []; expected whole numbers"),
        ("PartialFixedSampler", {"fixed_params": {"decision 1": 7}}, "decision 1 = 7; expected a whole number from 0 to 2"),
        ("NSGAIIISampler", {"reference_points": np.array([[0.5, 0.5]])},
         "reference_points = ... } has the shape (1, 2); expected a row for each point and 1 columns"),
    ],
)  # fmt: skip
def test_what_the_task_lacks_is_refused_before_the_first_trial(sampler: str, options: Any, message: str) -> None:
    base = {"base_sampler": optuna.samplers.RandomSampler()} if sampler == "PartialFixedSampler" else {}
    with pytest.raises(OptionError, match=re.escape(message)):
        begun(Optuna(sampler, {**options, **base}))


def test_a_grid_may_be_given() -> None:
    grid = {"decision 0": [0, 1], "decision 1": [2]}
    log = run(begun(Optuna("GridSampler", {"search_space": grid})), task())
    assert sorted(outcome.arch for outcome in log.outcomes) == [(0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("strategy", "size"),
    [
        (Optuna(), 10),
        (Optuna(options={"n_startup_trials": 4}), 4),
        (Optuna("NSGAIISampler"), 50),
        (Optuna("RandomSampler"), 0),
    ],
)
def test_the_warm_up_is_the_samplers(strategy: Optuna, size: int) -> None:
    assert strategy.warm_up == size
    assert pickle.loads(pickle.dumps(strategy)) == strategy


STUDY = """
name = "x"
seeds = 1
budget = { evaluations = 10 }
[[benchmark]]
use = "nasbench201"
[[strategy]]
use = "optuna"
options = { n_startup_trials = 5 }
"""


def test_results_are_those_of_one_version_of_optuna(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (version,) = Optuna().sources
    assert optuna.__version__ in version.read_text()
    (series,) = Study.parse(STUDY).series()
    before = series.key
    (tmp_path / "METADATA").write_text("Version: 0")
    monkeypatch.setattr(Optuna, "sources", (tmp_path / "METADATA",))
    assert Series(series.strategy, series.benchmark, series.rules).key != before


def test_without_optuna_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> None:
        return None

    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("nasbed.strategies.models.outside.find_spec", find)
    monkeypatch.setattr("nasbed.strategies.models.outside.distribution", missing)
    monkeypatch.setattr("nasbed.vocabulary.tasks.find_spec", find)
    strategy = Optuna("whatever")
    assert (strategy.warm_up, strategy.sources) == (0, ())
    with pytest.raises(
        UnmetNeedError,
        match=re.escape("Optuna needs the package optuna; pip install '.[optuna]' in the checkout of nasbed"),
    ):
        strategy.require(task())


def test_the_answer_may_come_much_later() -> None:
    searcher: Searcher = begun(Optuna("RandomSampler"), task(workers=3))
    first, second = searcher.ask(), searcher.ask()
    assert first is not None
    assert second is not None
    for proposal in (second, first):
        values, cost = oracle(SPACE.index(proposal.arch), 1, 0)
        searcher.tell(Outcome(proposal.arch, values[0], cost, cost, 0, 1, values, proposal))
    assert states(searcher) == [COMPLETE, COMPLETE]
