"""What a benchmark may answer: infinite values are failures, and what is no answer names the benchmark, not the strategy."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fakes import SPACE, task

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.benchmarks.synthetic import Synthetic
from nasbed.errors import BenchmarkError, StrategyError
from nasbed.searches.execution import execute
from nasbed.searches.functions import Function
from nasbed.searches.incumbents import incumbents
from nasbed.searches.oracles import examined
from nasbed.searches.rules import Rules
from nasbed.strategies import REGISTRY, RandomSearch, RegularizedEvolution
from nasbed.vocabulary import Benchmark, Budget

RULES = Rules(Budget("evaluations", 12))
SECONDS = Rules(Budget("seconds", 100.0))


def answering(answer: Callable[[int], Any], **options: Any) -> Synthetic:
    """A small benchmark that answers with what a function makes of the index."""
    made = Synthetic(decisions=2, values=3, epochs=(1,), **options)
    made.oracle = lambda noise="draw": lambda index, epochs, word: answer(index)  # type: ignore[method-assign]
    return made


@pytest.mark.parametrize("infinite", [math.inf, -math.inf, np.float64("inf")])
def test_an_infinite_value_is_a_failure(infinite: float) -> None:
    benchmark = answering(lambda index: ((infinite if index % 2 else 50.0 + index,), 1.0))
    result = execute(RegularizedEvolution(4, 2), benchmark, RULES, 0)
    failed = [outcome for outcome in result.outcomes if benchmark.space.index(outcome.arch) % 2]
    assert 0 < len(failed) < 12
    assert all(outcome.failed and outcome.worth == -math.inf and math.isnan(outcome.value) for outcome in failed)
    assert result.incumbent is not None
    assert result.incumbent.value == max(outcome.value for outcome in result.outcomes if not outcome.failed)


def test_of_several_objectives_the_infinite_one_fails() -> None:
    benchmark = NASBench201("cifar10", objectives=["accuracy", "latency"])
    benchmark.oracle = lambda noise="draw": lambda index, epochs, word: ((90.0, -math.inf), 1.0)  # type: ignore[method-assign]
    result = execute(RandomSearch(), benchmark, RULES, 0)
    assert all(o.values[0] == 90.0 and math.isnan(o.values[1]) and not o.failed for o in result.outcomes)


def test_a_table_with_an_infinite_value_has_a_failed_training_there(monkeypatch: pytest.MonkeyPatch) -> None:
    table = NASBench201("cifar10")
    read = type(table.manifest).read

    def spoiled(self: Any, column: Any, *at: Any) -> np.ndarray:
        values = np.array(read(self, column, *at), dtype=float)
        if (column.metric, column.split) == ("accuracy", "validation"):
            values[0] = [np.inf, -np.inf, np.nan]
            values[1, 0] = np.inf
        return values

    monkeypatch.setattr(type(table.manifest), "read", spoiled)
    runs = NASBench201("cifar10")._runs("accuracy", 200)
    assert np.isnan(runs[0]).all()
    assert np.isnan(runs[1, 0])
    assert not np.isinf(runs).any()


@pytest.mark.parametrize("rule", ["best", "mean"])
def test_what_is_infinite_is_never_an_incumbent(rule: Any) -> None:
    values = np.array([[math.inf, 1.0, -math.inf, 2.0, math.inf]])
    places = incumbents(values, np.ones((1, 5), dtype=int), np.arange(5)[None], rule)
    assert places.tolist() == [[-1, 1, 1, 3, 3]]


@pytest.mark.parametrize(
    ("answer", "rules", "message"),
    [
        (lambda index: ((), 1.0), RULES, "its oracle answered ((), 1.0); expected (a number (accuracy),)"),
        (lambda index: ((1.0, 2.0), 1.0), RULES, "its oracle answered ((1.0, 2.0), 1.0)"),
        (lambda index: (("90",), 1.0), RULES, "its oracle answered (('90',), 1.0)"),
        (lambda index: ((None,), 1.0), RULES, "its oracle answered ((None,), 1.0)"),
        (lambda index: ((1j,), 1.0), RULES, "its oracle answered ((1j,), 1.0)"),
        (lambda index: ((10**400,), 1.0), RULES, "its oracle answered ((1000"),
        (lambda index: (90.0, 1.0), RULES, "its oracle answered (90.0, 1.0)"),
        (lambda index: 90.0, RULES, "its oracle answered 90.0; expected"),
        (lambda index: None, RULES, "its oracle answered None"),
        (lambda index: ((90.0,), math.inf), RULES, "its oracle answered ((90.0,), inf)"),
        (lambda index: ((90.0,), math.nan), RULES, "its seconds, finite and at least 0"),
        (lambda index: ((90.0,), -1.0), RULES, "its oracle answered ((90.0,), -1.0)"),
        (lambda index: ((90.0,), "1"), RULES, "its oracle answered ((90.0,), '1')"),
        (lambda index: ((90.0,), 0.0), SECONDS, "its seconds, finite and above 0"),
        (lambda index: 1 / 0, RULES, "its oracle raised ZeroDivisionError: division by zero"),
        (lambda index: [][index], RULES, "its oracle raised IndexError"),
    ],
)
def test_no_answer_names_the_benchmark(answer: Callable[[int], Any], rules: Rules, message: str) -> None:
    benchmark = answering(answer)
    with pytest.raises(BenchmarkError, match=re.escape(message)) as caught:
        execute(RandomSearch(), benchmark, rules, 3)
    assert str(caught.value).startswith("the benchmark failed on synthetic/0, seed 3, after 0 evaluations: asked for ")
    query = nasbed.observe(benchmark, {rules.budget.kind: rules.budget.amount})
    for _ in range(2):  # it stays the reason: the budget is not spent
        with pytest.raises(BenchmarkError, match=re.escape(message)):
            query(benchmark.space.archs[0])


def test_lists_and_free_evaluations_are_answers() -> None:
    result = execute(RandomSearch(), answering(lambda index: ([float(index)], 0)), RULES, 0)
    assert all(outcome.values == (outcome.value,) and outcome.cost == 0 for outcome in result.outcomes)


def test_code_that_swallows_the_benchmarks_error_fails_all_the_same() -> None:
    def stubborn(query: nasbed.Query) -> None:
        for arch in query.space.archs:
            try:
                query(arch)
            except nasbed.NasbedError:
                continue

    benchmark = answering(lambda index: ((1.0,), 1.0) if index < 4 else 1 / 0)
    with pytest.raises(
        BenchmarkError, match="after 4 evaluations: asked for 11 after 1 epochs, its oracle raised Zero"
    ):
        execute(Function(stubborn, {}), benchmark, RULES, 0)


def test_a_refused_query_is_not_taken_for_a_spent_budget(cifar10: Benchmark) -> None:
    query = nasbed.observe(cifar10, {"evaluations": 5})
    for _ in range(2):
        with pytest.raises(StrategyError, match="outside the space"):
            query((9, 9))


def test_a_cost_that_shrinks_along_a_training_is_refused() -> None:
    benchmark = Synthetic(decisions=2, values=3, epochs=(1, 3))
    benchmark.oracle = lambda noise="draw": lambda index, epochs, word: ((1.0,), 10.0 / epochs)  # type: ignore[method-assign]
    query = nasbed.observe(benchmark, {"evaluations": 5})
    query((0, 0), epochs=1)
    with pytest.raises(BenchmarkError, match=re.escape("to 3 epochs, its oracle answered 3.33")):
        query((0, 0), epochs=3, resume=0)


@pytest.mark.parametrize("method", ["oracle", "measurements", "task"])
def test_a_benchmark_that_cannot_begin_is_named(method: str) -> None:
    benchmark = Synthetic(decisions=2, values=3)

    def broken(*_: Any) -> Any:
        raise RuntimeError("no disk")

    setattr(benchmark, method, broken)
    with pytest.raises(BenchmarkError, match="the benchmark synthetic/0 failed: it raised RuntimeError: no disk"):
        execute(RandomSearch(), benchmark, RULES, 0)


def test_the_seconds_of_a_measure_are_seconds() -> None:
    benchmark = Synthetic(decisions=2, values=3)
    benchmark.measurements = lambda: {"flops": ([1.0] * 9, math.nan)}  # type: ignore[method-assign]
    with pytest.raises(BenchmarkError, match="gave a query of the measure 'flops' the cost nan; expected seconds"):
        execute(RandomSearch(), benchmark, RULES, 0)


class Referee:
    """One whose method is broken."""

    def __init__(self, inner: Any, method: str, broken: Callable[..., Any]) -> None:
        self._inner = inner
        setattr(self, method, broken)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@pytest.mark.parametrize(
    ("method", "broken", "message"),
    [
        ("validation", lambda index: None, "validation() of its referee answered with object of shape ()"),
        (
            "validation",
            lambda index: np.zeros((2, 2)),
            "of shape (2, 2); expected a number for each architecture, (1,)",
        ),
        ("test", lambda index, seen=None: 1 / 0, "test() of its referee raised ZeroDivisionError"),
        ("test", lambda index, seen=None: np.array(["x"] * len(index)), "test() of its referee answered with <U1"),
        ("best", lambda: 3, "best() of its referee raised TypeError"),
    ],
)
def test_a_referee_that_fails_names_the_benchmark(method: str, broken: Callable[..., Any], message: str) -> None:
    benchmark = Synthetic(decisions=2, values=3)
    inner = benchmark.referee()
    benchmark.referee = lambda: Referee(inner, method, broken)  # type: ignore[assignment, method-assign, return-value]
    result = execute(RandomSearch(), benchmark, RULES, 0)
    with pytest.raises(BenchmarkError, match=re.escape(message)) as caught:
        result.scores()
    assert "synthetic/0" in str(caught.value)
    frame = result.frame().assign(strategy="mine")
    with pytest.raises(BenchmarkError, match="of its referee"):
        nasbed.Results.from_frame(frame, benchmark, {"evaluations": 12})


def test_what_answers_for_itself_is_not_wrapped(cifar10: Benchmark) -> None:
    oracle = cifar10.oracle("draw")
    assert examined(oracle, cifar10.task(Budget("evaluations", 1))) is oracle
    other = lambda index, epochs, word: ((1.0,), 1.0)  # noqa: E731
    assert examined(other, task()) is not other
    assert examined(other, task())(0, 1, 0) == ((1.0,), 1.0)


def test_a_program_is_told_null_for_what_is_infinite() -> None:
    benchmark = answering(lambda index: ((-math.inf,), 1.0))
    searcher = REGISTRY.make("program", {}).start(benchmark.task(Budget("evaluations", 3)), nasbed.Stream(1))
    try:
        from nasbed.vocabulary import Outcome, Proposal

        proposal = searcher.ask()
        assert isinstance(proposal, Proposal)
        searcher.tell(Outcome(proposal.arch, math.inf, 1.0, 1.0, 0, 1, (math.inf,), proposal))
        (line,) = searcher._unsent  # type: ignore[attr-defined]
        assert json.loads(json.dumps(line, allow_nan=False))["tell"]["values"] == [None]
    finally:
        searcher.close()


def test_optunas_trial_of_an_infinite_value_fails() -> None:
    optuna = pytest.importorskip("optuna")
    objective = nasbed.optuna_objective(answering(lambda index: ((math.inf if index == 4 else 1.0,), 1.0)))
    value = objective(optuna.trial.FixedTrial(dict.fromkeys(objective.benchmark.decisions(), "1")))
    assert math.isnan(value)  # type: ignore[arg-type]


def test_the_space_of_the_fakes_is_what_the_messages_say() -> None:
    with pytest.raises(BenchmarkError, match=re.escape(f"asked for {SPACE.format(SPACE.archs[5])} after 1 epochs")):
        examined(lambda index, epochs, word: None, task())(5, 1, 0)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(("kind", "cost"), [(np.float32, np.float32), (np.float64, int), (np.int64, float)])
def test_numbers_of_numpy_become_those_of_python(kind: type, cost: type) -> None:
    made = answering(lambda index: ((kind(index),), cost(60)))
    result = nasbed.search("random_search", made, budget={"evaluations": 5})
    assert {type(one) for outcome in result.outcomes for one in (outcome.value, outcome.cost, *outcome.values)} == {
        float
    }
    assert [outcome.value for outcome in result.outcomes] == [float(outcome.index) for outcome in result.outcomes]
    assert {type(score) for score in result.scores().values()} == {float}
