"""Stages: what changes at fractions of the budget, and what stays."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import made
import numpy as np
import pytest
from fakes import SPACE, Listed, oracle, task, visit

import nasbed
from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.errors import ArchitectureError, NasbedError, OptionError, StrategyError
from nasbed.searches.loop import Log, run_loop
from nasbed.searches.pools import Simulated
from nasbed.searches.staged_searcher import StagedSearcher
from nasbed.searches.stages import Stage, parse, require_offered
from nasbed.streams import stream
from nasbed.vocabulary import Objective, Outcome, Proposal, Proposals, Script, Searcher, Strategy, Stream, Task


@dataclass(frozen=True)
class Given(Strategy):
    """Hands out a searcher made beforehand, and keeps the tasks that it was started with."""

    def start(self, task: Task, rng: Stream) -> Searcher:
        STARTED.append(
            (task, Listed([Proposal(arch) for arch in itertools.islice(itertools.cycle(task.space.archs), 100)]))
        )
        return STARTED[-1][1]


STARTED: list[tuple[Task, Listed]] = []


def run(stages: list[dict[str, Any]], of: Task, evaluate: Any = oracle, repeats: Any = "charge") -> list[Outcome]:
    STARTED.clear()
    log = Log()
    searcher = StagedSearcher(Given(), of, stream(0, "x", "search"), parse(stages))
    for _ in run_loop(searcher, of, Simulated(evaluate, of), visit, log, repeats):
        pass
    return log.outcomes


def test_epochs_change_at_the_fraction_of_each_kind_of_budget() -> None:
    stages = [{"until": 0.5, "epochs": 1}, {"epochs": 10}]
    by_evaluations = run(stages, task(amount=6, epochs=(1, 10)))
    assert [outcome.epochs for outcome in by_evaluations] == [1, 1, 1, 10, 10, 10]
    by_epochs = run(stages, task("epochs", 8, epochs=(1, 10)))
    assert [outcome.epochs for outcome in by_epochs] == [1, 1, 1, 1]
    by_epochs = run(stages, task("epochs", 24, epochs=(1, 10)))
    assert [outcome.epochs for outcome in by_epochs] == [1] * 12 + [10]
    by_seconds = run([{"until": 0.25, "epochs": 1}, {"epochs": 10}], task("seconds", 140, epochs=(1, 10)))
    assert [outcome.epochs for outcome in by_seconds] == [1] * 8 + [10, 10]
    assert [outcome.time for outcome in by_seconds[:8]] == [1, 3, 6, 10, 15, 21, 28, 36]


def test_the_strategy_goes_on_and_is_told_its_own_proposals() -> None:
    run([{"until": 0.5, "epochs": 1}, {"epochs": 10}], task(amount=4, epochs=(1, 10)))
    ((_, searcher),) = STARTED
    assert [outcome.epochs for outcome in searcher.told] == [1, 1, 10, 10]
    assert all(outcome.proposal == Proposal(outcome.arch) for outcome in searcher.told)


def two(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
    return (float(index), 100.0 - index), 1.0


TWO = replace(task(amount=4), objectives=(Objective("accuracy", "%"), Objective("speed", "1/s")))


def test_the_objective_that_is_told_changes_and_the_record_does_not() -> None:
    outcomes = run([{"until": 0.5, "objective": "speed"}, {"objective": "accuracy"}], TWO, two)
    ((_, searcher),) = STARTED
    assert [outcome.value for outcome in searcher.told] == [100.0, 99.0, 2.0, 3.0]
    assert [outcome.value for outcome in outcomes] == [0.0, 1.0, 2.0, 3.0]
    assert [outcome.values for outcome in searcher.told] == [(0.0, 100.0), (1.0, 99.0), (2.0, 98.0), (3.0, 97.0)]


def test_free_repeats_do_not_bring_the_next_stage_nearer() -> None:
    stages = [{"until": 0.5, "epochs": 1}, {"epochs": 10}]
    log = Log()
    archs = [SPACE.archs[i] for i in (0, 0, 0, 0, 1, 2, 3, 4)]

    @dataclass(frozen=True)
    class Repeating(Strategy):
        def start(self, task: Task, rng: Stream) -> Searcher:
            return Listed([Proposal(arch) for arch in archs])

    of = task(amount=4, epochs=(1, 10))
    for _ in run_loop(
        StagedSearcher(Repeating(), of, stream(0, "x", "search"), parse(stages)),
        of,
        Simulated(oracle, of),
        visit,
        log,
        "free",
    ):
        pass
    assert [(SPACE.index(outcome.arch), outcome.epochs) for outcome in log.outcomes] == [
        (0, 1),
        (1, 1),
        (2, 10),
        (3, 10),
    ]


HALVES = JointGridSpace(
    "halves",
    [Variable("kind", (0, 1, 2), "architecture"), Variable("rate", (0.0, 0.1, 0.2), "hyperparameters")],
    {"kind": 0, "rate": 0.0},
)


JOINT = replace(task(amount=8), space=HALVES)


def test_the_other_half_is_frozen_at_the_incumbent_and_the_strategy_starts_anew() -> None:
    outcomes = run([{"until": 0.5, "search": "architecture"}, {"search": "hyperparameters"}], JOINT)
    assert [outcome.arch for outcome in outcomes] == [
        (0, 0), (1, 0), (2, 0), (0, 0), (2, 0), (2, 1), (2, 2), (2, 0)
    ]  # fmt: skip
    assert len(STARTED) == 2
    assert len(STARTED[0][1].told) == 4


def test_what_is_under_way_at_a_restart_is_told_to_nobody() -> None:
    of = replace(JOINT, workers=2, budget=nasbed.Budget("evaluations", 4))
    outcomes = run([{"until": 0.5, "search": "architecture"}, {"search": "hyperparameters"}], of)
    assert len(outcomes) == 4
    told = [outcome.trial for _, searcher in STARTED for outcome in searcher.told]
    assert sorted(told) == [0, 2, 3]


def test_a_strategy_that_ends_early_hands_over_to_the_next_stage() -> None:
    @dataclass(frozen=True)
    class Once(Script):
        def search(self, task: Task, rng: Stream) -> Proposals:
            for arch in task.space.archs:
                yield Proposal(arch)

    log = Log()
    of = replace(JOINT, budget=nasbed.Budget("evaluations", 100))
    stages = parse([{"until": 0.5, "search": "architecture"}, {"search": "hyperparameters"}])
    for _ in run_loop(
        StagedSearcher(Once(), of, stream(0, "x", "search"), stages), of, Simulated(oracle, of), visit, log
    ):
        pass
    assert [outcome.arch for outcome in log.outcomes] == [(0, 0), (1, 0), (2, 0), (2, 0), (2, 1), (2, 2)]
    assert log.ended


def test_a_strategy_is_told_of_the_part_that_it_searches() -> None:
    run([{"until": 0.5, "search": "architecture"}, {"search": "hyperparameters"}], JOINT)
    (first, kinds), (second, rates) = STARTED
    assert (first.space.choices, second.space.choices) == ((3, 1), (1, 3))
    assert [outcome.arch for outcome in kinds.told] == [(0, 0), (1, 0), (2, 0), (0, 0)]
    assert [outcome.arch for outcome in rates.told] == [(0, 0), (0, 1), (0, 2), (0, 0)]


def test_what_changes_the_frozen_half_is_refused() -> None:
    @dataclass(frozen=True)
    class Wild(Script):
        def search(self, task: Task, rng: Stream) -> Proposals:
            yield Proposal((1, 2))

    searcher = StagedSearcher(Wild(), JOINT, stream(0, "x", "search"), parse([{"search": "architecture"}]))
    with pytest.raises(ArchitectureError, match=re.escape("(1, 2) changes more than the architecture")):
        searcher.ask()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("half", "stages = 'half'; expected a list such as [{ until = 0.5, epochs = 12 }, { epochs = 200 }]"),
        ([0.5], "stages = [0.5]; expected a list such as"),
        ([{"untill": 0.5}], "stage 1: unknown key 'untill'; did you mean 'until'?"),
        ([{"until": 0.5}], "the last stage ends at 0.5; expected 1, the end of the budget"),
        (
            [{"until": 0.5}, {"until": 0.5}],
            "stage 2: until = 0.5; expected a fraction of the budget, more than 0.5, at most 1",
        ),
        ([{"until": "0.5"}], "stage 1: until = '0.5'; expected a fraction"),
        ([{"until": 2}], "stage 1: until = 2; expected a fraction"),
        ([{"epochs": 1.5}], "stage 1: epochs = 1.5; expected a whole number"),
        ([{"search": "both"}], "stage 1: unknown half of a joint space 'both'; known: architecture, hyperparameters"),
    ],
)
def test_stages_that_make_no_sense_are_refused(given: object, message: str) -> None:
    with pytest.raises(NasbedError, match=re.escape(message)):
        parse(given)


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        (Stage(epochs=7), "stage 1: unknown number of epochs 7; known: 1"),
        (Stage(objective="sped"), "stage 1: unknown objective 'sped'; did you mean 'speed'"),
        (Stage(search="architecture"), "stage 1: search = 'architecture': the space 'digits' is no joint space, it has no"),
    ],
)  # fmt: skip
def test_stages_that_the_benchmark_does_not_offer_are_refused(stage: Stage, message: str) -> None:
    with pytest.raises(NasbedError, match=re.escape(message)):
        require_offered([stage], TWO)


EVOLUTION = nasbed.load_strategy("regularized_evolution", population=10, sample=3)
STUDY = """
    name = "staged"
    seeds = 4
    budget = { evaluations = 40 }
    [[benchmark]]
    use = "nasbench201"
    objectives = ["accuracy", "parameters"]
    stages = [{ until = 0.25, objective = "parameters" }, { objective = "accuracy" }]
    [[benchmark]]
    use = "nasbench201"
    label = "plain"
    [[strategy]]
    use = "regularized_evolution"
    population = 10
"""


def test_a_study_with_stages_says_so_and_judges_the_first_objective(tmp_path: Path) -> None:
    results = nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path / "out")
    assert (
        "Stages: 0% to 25% of the budget: objective parameters; 25% to 100% of the budget: objective accuracy."
        in nasbed.comparison_table(results)
    )
    frame = results.evaluations()
    early = frame[(frame.benchmark == "nasbench201/cifar10") & (frame.trial < 10)]
    plain = frame[(frame.benchmark == "plain") & (frame.trial < 10)]
    assert early.architecture.tolist() == plain.architecture.tolist()
    later = frame[(frame.benchmark == "nasbench201/cifar10") & (frame.trial >= 10)]
    assert (
        later.architecture.tolist() != frame[(frame.benchmark == "plain") & (frame.trial >= 10)].architecture.tolist()
    )
    assert nasbed.Results.load(tmp_path / "out").warnings == []


def test_code_that_owns_its_loop_has_no_stages() -> None:
    study = nasbed.Study.parse(
        STUDY.replace('"regularized_evolution"\n    population = 10', f'"function:{__name__}:ours"')
    )
    with pytest.raises(OptionError, match="code that owns its own loop has none"):
        study.examine()


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        (
            "stages = [{ epochs = 12 }]",
            "strategy 'regularized_evolution' on plain: stage 1: unknown number of epochs 12; known: 200",
        ),
        (
            'stages = [{ until = 0.5 }, { search = "architecture" }]',
            "strategy 'regularized_evolution' on plain: stage 2: search = 'architecture': the space 'nasbench201' is",
        ),
    ],
)
def test_a_study_says_on_which_benchmark_its_stages_do_not_fit(stages: str, message: str) -> None:
    study = nasbed.Study.parse(STUDY.replace('label = "plain"', f'label = "plain"\n    {stages}'))
    with pytest.raises(NasbedError, match=f"^{re.escape(message)}"):
        study.examine()


def ours(query: nasbed.Query) -> None:
    query(query.space.archs[0])


def test_stages_in_python() -> None:
    table = nasbed.load_benchmark("nasbench201", objectives=["accuracy", "parameters"])
    staged = nasbed.search(EVOLUTION, table, budget={"evaluations": 30}, stages=[{"objective": "parameters"}])
    plain = nasbed.search(EVOLUTION, table, budget={"evaluations": 30})
    staged_size, size = (np.mean([o.values[1] for o in result.outcomes[20:]]) for result in (staged, plain))
    assert staged_size > size
    with pytest.raises(StrategyError, match="stage 1: unknown number of epochs 12"):
        nasbed.search("random_search", table, budget={"evaluations": 3}, stages=[{"epochs": 12}])


def test_points_of_a_training_in_stages(tmp_path: Path) -> None:
    values = np.arange(9.0)[:, None] + np.zeros((9, 2))
    columns = [
        (
            made.column("accuracy", "validation", 4, ("architecture", "run", "epoch"), at=[2, 4]),
            np.stack([values, values], -1),
        ),
        (made.column("accuracy", "test", 4), values),
        (made.column("training_time", "none", 4, ("architecture",)), np.full(9, 4.0)),
    ]
    table = made.table(tmp_path / "made", columns, epochs=[4], runs=2, resumable=True)(schedule=4, epochs=[2, 4])
    result = nasbed.search(
        "random_search", table, budget={"epochs": 24}, stages=[{"until": 0.5, "epochs": 2}, {"epochs": 4}]
    )
    assert [outcome.epochs for outcome in result.outcomes] == [2] * 6 + [4] * 3
    assert result.incumbent is not None
    assert result.incumbent.epochs == 4


@pytest.mark.parametrize(("incumbent", "frozen"), [("best", "units=1"), ("mean", "units=2")])
def test_the_other_half_is_frozen_at_the_incumbent_by_its_rule(incumbent: Any, frozen: str) -> None:
    """The first architecture is seen at 10 and at 0, the last at 6 both times."""
    halves = [Variable("units", (1, 2), "architecture"), Variable("rate", (1, 2), "hyperparameters")]
    space = JointGridSpace("joint", halves, {"units": 1, "rate": 1})
    seen = iter([10.0, 0.0, 6.0, 6.0])

    @dataclass(frozen=True)
    class FirstAndLast(Script):
        def search(self, task: Task, rng: Stream) -> Proposals:
            for arch in [task.space.archs[0]] * 2 + [task.space.archs[-1]] * 2:
                yield Proposal(arch)

    of = replace(task(amount=6), space=space)
    evaluate = lambda index, epochs, word: ((next(seen, 1.0),), 1.0)  # noqa: E731
    stages = parse([{"until": 4 / 6}, {"search": "hyperparameters"}])
    searcher = StagedSearcher(FirstAndLast(), of, stream(0, "x", "search"), stages, incumbent)
    log = Log()
    for _ in run_loop(searcher, of, Simulated(evaluate, of), visit, log):
        pass
    assert [space.format(one.arch).split(",")[0] for one in log.outcomes[4:]] == [frozen] * 2
