"""A benchmark as the objective of an Optuna study: values, directions, budgets and what lies outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made
import numpy as np
import pytest
from places import ROOT

import nasbed
from nasbed.check.toy_spaces import TriangleSpace
from nasbed.errors import BudgetError, BudgetExhausted, OptionError, UnknownNameError
from nasbed.searches.optuna_objective import OptunaObjective, optuna_objective
from nasbed.vocabulary import Benchmark

optuna = pytest.importorskip("optuna")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def optimized(objective: OptunaObjective, trials: int | None, **more: Any) -> Any:
    study = optuna.create_study(directions=objective.directions, sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=trials, **more)
    return study


def arch_of(trial: Any, benchmark: Benchmark) -> tuple[int, ...]:
    return tuple(names.index(trial.params[name]) for name, names in benchmark.decisions().items())


def test_a_study_sees_what_a_query_sees(cifar100: Benchmark) -> None:
    objective = optuna_objective("nasbench201", dataset="cifar100", seed=7)
    study = optimized(objective, 15)
    query = nasbed.observe(cifar100, {"evaluations": 15}, seed=7)
    for trial in study.trials:
        outcome = query(arch_of(trial, cifar100))
        assert trial.value == outcome.value
        assert trial.user_attrs == {
            "architecture": cifar100.space.format(outcome.arch),
            "cost": outcome.cost,
            "time": outcome.time,
            "epochs": 200,
            "evaluation": trial.number,
        }
    assert objective.result().outcomes == query.result().outcomes
    assert objective.result().scores() == query.result().scores()


def test_parameters_say_what_the_architecture_is_made_of() -> None:
    objective = optuna_objective("nasbench201")
    (trial,) = optimized(objective, 1).trials
    *_, last = trial.user_attrs["architecture"].split("+")
    assert last == f"|{trial.params['3←0']}~0|{trial.params['3←1']}~1|{trial.params['3←2']}~2|"


def test_several_objectives_are_in_natural_units_and_directions() -> None:
    objective = optuna_objective("nasbench201", objectives=["accuracy", "latency"], noise="mean")
    assert objective.directions == ["maximize", "minimize"]
    study = optimized(objective, 12)
    for trial, outcome in zip(study.trials, objective.result().outcomes, strict=True):
        assert trial.values == [outcome.values[0], -outcome.values[1]]
        assert trial.values[1] > 0


@pytest.mark.parametrize("directions", [["minimize"], ["maximize", "minimize"]])
def test_a_study_of_other_directions_is_refused(directions: list[str], cifar10: Benchmark) -> None:
    study = optuna.create_study(directions=directions)
    message = f"the study's directions are {directions}; expected ['maximize'], as by optuna.create_study(directions="
    with pytest.raises(OptionError, match=re.escape(message)):
        study.optimize(optuna_objective(cifar10), n_trials=1)


@pytest.mark.parametrize("budget", [{"evaluations": 6}, {"epochs": 1299}, nasbed.Budget("evaluations", 6)])
def test_a_budget_stops_the_study(budget: Any, cifar10: Benchmark) -> None:
    objective = optuna_objective(cifar10, budget=budget)
    study = optimized(objective, None)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 6 + ["PRUNED"]
    assert len(objective.result().outcomes) == 6


def test_simulated_seconds_are_a_budget_too(cifar10: Benchmark) -> None:
    objective = optuna_objective(cifar10, budget={"seconds": 20_000})
    study = optimized(objective, 1000)
    *done, last = study.trials
    assert last.state.name == "PRUNED"
    assert sum(trial.user_attrs["cost"] for trial in done) == pytest.approx(done[-1].user_attrs["time"])
    assert 0 < done[-1].user_attrs["time"] <= 20_000


def test_outside_of_optimize_the_budgets_end_is_raised(cifar10: Benchmark) -> None:
    objective = optuna_objective(cifar10, budget={"evaluations": 1})
    study = optuna.create_study(directions=objective.directions)
    study.tell(study.ask(), objective(study.ask()))
    with pytest.raises(BudgetExhausted, match="the budget of 1 evaluation is spent"):
        objective(study.ask())


def test_fixed_parameters_can_be_evaluated(cifar10: Benchmark) -> None:
    objective = optuna_objective(cifar10, noise="run:1", budget={"evaluations": 1})
    fixed = optuna.trial.FixedTrial(dict.fromkeys(cifar10.decisions(), "nor_conv_3x3"))
    value = objective(fixed)
    arch = tuple(names.index("nor_conv_3x3") for names in cifar10.decisions().values())
    assert value == nasbed.observe(cifar10, {"evaluations": 1}, noise="run:1")(arch).value
    with pytest.raises(BudgetExhausted):
        objective(fixed)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("conv", "it holds 'conv'"),
        (3, "it holds 3"),
        (10**400, "it holds 1000"),
        (10**5000, "it holds <a int that cannot be written>"),
        (np.timedelta64(3, "s"), "it holds np.timedelta64(3,'s')"),
        (np.array([]), "it holds array([], dtype=float64)"),
        (None, "it holds None"),
    ],
    ids=["text", "number", "large", "endless", "time", "array", "none"],
)
def test_a_fixed_trial_that_holds_no_choice_is_refused(cifar10: Benchmark, held: object, said: str) -> None:
    objective, names = optuna_objective(cifar10), next(iter(cifar10.decisions().values()))
    good: dict[str, object] = dict.fromkeys(cifar10.decisions(), "none")
    with pytest.raises(OptionError) as refused:
        objective(optuna.trial.FixedTrial({**good, "1←0": held}))
    assert str(refused.value).startswith(f"the trial makes no choice for 1←0: {said}")
    assert str(refused.value).endswith(f"; expected one of {', '.join(names)}")


def test_a_fixed_trial_that_lacks_a_choice_is_refused(cifar10: Benchmark) -> None:
    objective = optuna_objective(cifar10)
    with pytest.raises(OptionError, match="no choice for 1←0: it holds nothing of this name; expected one of none, "):
        objective(optuna.trial.FixedTrial({}))


def test_what_is_outside_the_space_is_pruned_at_no_cost(tmp_path: Path) -> None:
    benchmark = made.of_space(TriangleSpace(), tmp_path)
    objective = optuna_objective(benchmark)
    study = optimized(objective, 40)
    inside = [arch_of(trial, benchmark) in benchmark.space for trial in study.trials]
    assert [trial.state.name == "COMPLETE" for trial in study.trials] == inside
    assert 0 < sum(inside) == len(objective.result().outcomes) < 40


def test_a_repeat_that_is_refused_is_a_failed_trial(cifar10: Benchmark) -> None:
    objective = optuna_objective(cifar10, repeats="refuse")
    study = optuna.create_study(directions=objective.directions)
    for _ in range(2):
        study.enqueue_trial(dict.fromkeys(cifar10.decisions(), "none"))
    study.optimize(objective, n_trials=2)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL"]


def test_threads_take_turns(cifar10: Benchmark) -> None:
    objective = optuna_objective(cifar10)
    study = optimized(objective, 30, n_jobs=4)
    assert sorted(trial.user_attrs["evaluation"] for trial in study.trials) == list(range(30))
    times = sorted(trial.user_attrs["time"] for trial in study.trials)
    assert times[-1] == pytest.approx(sum(trial.user_attrs["cost"] for trial in study.trials))


def test_what_makes_no_sense_is_refused(cifar10: Benchmark) -> None:
    with pytest.raises(OptionError, match="dataset: options are for a benchmark that is given by name"):
        optuna_objective(cifar10, dataset="cifar100")
    with pytest.raises(UnknownNameError, match="did you mean 'dataset'"):
        optuna_objective("nasbench201", datset="cifar100")
    with pytest.raises(BudgetError, match="expected one of evaluations, seconds or epochs"):
        optuna_objective(cifar10, budget={})


def test_the_example_of_the_docs_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "adapters.md").read_text(encoding="utf-8")
    (example,) = (code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "optuna_objective" in code)
    exec(example.replace("n_trials=100", "n_trials=11"), {})
    assert "validation_regret" in capsys.readouterr().out
