"""Numbers, seeds, names and lists that the calls of Python are given: taken as what they are, or refused with what was expected."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from daily import sampled

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.benchmarks.training.device import device_of
from nasbed.errors import BudgetError, NasbedError, OptionError, StrategyError, StudyError, UnknownNameError, shown
from nasbed.searches.rules import Rules
from nasbed.streams import stream, words
from nasbed.studies.study import Study
from nasbed.vocabulary import Budget, Outcome, Proposal, Proposals, Script, Stream, Task

FIVE = {"evaluations": 5}
TABLE = NASBench201()


def asked(query: nasbed.Query) -> list[float]:
    """The values of the first architectures, on all of which two seeds seldom agree."""
    return [query(arch).value for arch in TABLE.space.archs[:5]]


TAKERS: dict[str, Callable[[Any], Any]] = {
    "search": lambda seed: nasbed.search("random_search", TABLE, budget=FIVE, seed=seed).outcomes,
    "observe": lambda seed: asked(nasbed.observe(TABLE, FIVE, seed=seed)),
    "optuna_objective": lambda seed: asked(nasbed.optuna_objective(TABLE, budget=FIVE, seed=seed)._query),
    "Stream": lambda seed: Stream(seed).random(),
    "stream": lambda seed: stream(seed, "of", "test").random(),
    "words": lambda seed: words(seed, "of")(1, 2, 3),
    "synthetic": lambda seed: nasbed.load_benchmark("synthetic", decisions=3, seed=seed).checksum,
}
NO_SEEDS = [
    1.0,
    np.float64(1),
    "1",
    True,
    np.bool_(True),
    None,
    -1,
    2**64,
    math.nan,
    [1],
    (1,),
    np.array(1),
    np.array([1]),
    10**5000,
]


@pytest.mark.parametrize("taker", TAKERS)
def test_an_integer_of_numpy_is_the_same_seed(taker: str) -> None:
    assert TAKERS[taker](np.int64(3)) == TAKERS[taker](np.uint8(3)) == TAKERS[taker](3) != TAKERS[taker](5)


@pytest.mark.parametrize("seed", NO_SEEDS, ids=shown)
@pytest.mark.parametrize("taker", TAKERS)
def test_what_is_no_seed_is_refused_everywhere(taker: str, seed: Any) -> None:
    with pytest.raises(OptionError) as refused:
        TAKERS[taker](seed)
    assert str(refused.value).startswith(f"seed = {shown(seed)}; expected a whole number in 0 .. ")


@pytest.mark.parametrize("taker", ["search", "observe", "optuna_objective"])
def test_seeds_of_runs_end_where_those_of_studies_do(taker: str) -> None:
    TAKERS[taker](2**31 - 1)
    with pytest.raises(OptionError, match=r"seed = 2147483648; expected a whole number in 0 \.\. 2,147,483,647"):
        TAKERS[taker](2**31)


@pytest.mark.parametrize(
    "amount", [np.int64(200), np.int32(200), np.uint16(200), np.float64(200), np.float32(200), 200.0]
)
@pytest.mark.parametrize("kind", ["evaluations", "seconds", "epochs"])
def test_numbers_of_numpy_are_budgets(kind: str, amount: Any) -> None:
    made = Budget.parse({kind: amount})
    assert (made, type(made.amount)) == (
        Budget(kind, 200),
        float if kind == "seconds" and not isinstance(amount, np.integer) else int,
    )  # type: ignore[arg-type]


def test_numbers_of_numpy_are_options_rules_and_stages() -> None:
    made = nasbed.load_strategy("regularized_evolution", population=np.int64(20), sample=np.uint8(5))
    assert made == nasbed.load_strategy("regularized_evolution", population=20, sample=5)
    assert type(vars(made)["population"]) is int  # it is written as JSON
    assert type(vars(nasbed.load_strategy("tpe", gamma=np.float32(0.5)))["gamma"]) is float
    assert type(Rules(Budget("evaluations", 5), workers=np.int64(2)).workers) is int  # type: ignore[arg-type]
    digits = nasbed.load_benchmark("digits201", epochs=np.array([12, 1]))
    assert digits.epochs == (1, 12)
    assert {type(number) for number in digits.epochs} == {int}
    given: Any = [{"until": np.float64(0.5), "epochs": np.int64(1)}, {"epochs": 12}]
    plain: Any = [{"until": 0.5, "epochs": 1}, {"epochs": 12}]
    found, same = (nasbed.search("random_search", digits, budget=FIVE, stages=one) for one in (given, plain))
    assert found.rules == same.rules
    assert found.outcomes == same.outcomes
    measured = nasbed.load_benchmark("nasbench201", measures={"flops": np.int64(0)})
    assert measured.measures == ("parameters", "flops")


@pytest.mark.parametrize(
    "call",
    [
        lambda budget: nasbed.search("random_search", TABLE, budget=budget),
        lambda budget: nasbed.observe(TABLE, budget),
        lambda budget: nasbed.optuna_objective(TABLE, budget=budget),
    ],
)
@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (
            {"seconds": 10},
            "a budget of 10 simulated seconds allows no evaluation on nasbench201/cifar10: the cheapest takes",
        ),
        (
            {"epochs": 199},
            "a budget of 199 epochs allows no evaluation on nasbench201/cifar10: the cheapest takes 200 epochs",
        ),
    ],
)
def test_a_budget_that_buys_nothing_is_refused(call: Any, budget: dict[str, int], message: str) -> None:
    with pytest.raises(BudgetError, match=message):
        call(budget)


def test_an_option_is_no_larger_than_64_bits() -> None:
    with pytest.raises(
        OptionError, match=r"population = 9223372036854775808; expected int, at least 2, and less than 2\*\*63"
    ):
        nasbed.load_strategy("regularized_evolution", population=2**63)
    with pytest.raises(
        OptionError, match=r"learning_rate = 1000+ \.\.\. \d+ more characters \.\.\. 0+; expected float, more than 0"
    ):
        nasbed.load_strategy("reinforce", learning_rate=10**400)


REFUSED: list[tuple[str, dict[str, Any], type[NasbedError], str]] = [
    ("nasbench201", {"objectives": "latency"}, OptionError,
     "objectives = 'latency'; expected a list of names, each once, such as [\"accuracy\"]"),
    ("nasbench201", {"objectives": ["accuracy", "accuracy"]}, OptionError,
     "objectives = ['accuracy', 'accuracy']; expected a list of names, each once"),
    ("nasbench201", {"objectives": []}, OptionError, "objectives = []; expected a list of names"),
    ("nasbench201", {"objectives": ["accuracy", 3]}, OptionError, "objectives = ['accuracy', 3]; expected a list of names"),
    ("nasbench201", {"objectives": 5}, OptionError, "objectives = 5; expected a list of names"),
    ("nasbench201", {"objectives": ["accuracy", "latncy"]}, UnknownNameError,
     "unknown objective of nasbench201/cifar10 'latncy'; did you mean 'latency'? known: accuracy, flops, latency, parameters, "),
    ("nasbench201", {"objectives": ["fpga_latncy"]}, UnknownNameError, "did you mean 'fpga_latency'?"),
    ("nasbench201", {"epochs": 200}, OptionError, "epochs = 200; expected a list of whole numbers above 0, such as [12, 200]"),
    ("nasbench201", {"epochs": [12.0]}, OptionError, "epochs = [12.0]; expected a list of whole numbers above 0"),
    ("nasbench201", {"epochs": "12"}, OptionError, "epochs = '12'; expected a list of whole numbers"),
    ("nasbench201", {"epochs": [True]}, OptionError, "epochs = [True]; expected a list of whole numbers"),
    ("nasbench201", {"epochs": []}, OptionError, "epochs = []; expected a list of whole numbers"),
    ("nasbench201", {"epochs": [100]}, UnknownNameError, "unknown number of epochs of nasbench201 100; did you mean '200'?"),
    ("digits201", {"epochs": [0]}, OptionError, "epochs = [0]; expected a list of whole numbers"),
    ("digits201", {"epochs": [13]}, OptionError, "epochs = [13]; expected a list of epochs in 1 .. 12"),
    ("digits201", {"objectives": ("accurcy",)}, UnknownNameError, "'accuracy'? known: accuracy, flops, loss, parameters"),
    ("synthetic", {"epochs": 3}, OptionError, "epochs = 3; expected a list of whole numbers above 0, such as [1, 3, 9]"),
    ("nasbench201", {"dataset": 10}, UnknownNameError, "unknown data set of nasbench201 10; known: cifar10, cifar100"),
    ("nasbench201", {"dataset": {"cifar10": 1}}, UnknownNameError, "{'cifar10': 1}; did you mean 'cifar10'?"),
    ("nasbench201", {"dataset": np.array(["cifar10", "b"])}, UnknownNameError, "unknown data set of nasbench201 array("),
    ("nasbench201", {"dataset": []}, OptionError, "dataset = []; expected one name, or the names of two to 8 data sets"),
    ("nasbench201", {"dataset": ["cifar10", ["cifar100"]]}, OptionError, "dataset = ['cifar10', ['cifar100']]; expected one name"),
    ("nasbench201", {"dataset": ["cifar10"] * 10**6}, OptionError, "expected one name, or the names of two to 8 data sets"),
    ("synthetic", {"dataset": ["a", "b"]}, UnknownNameError, "unknown option of synthetic 'dataset'"),
    ("nasbench201", {"measures": ["flops"] * 2}, OptionError, "measures = ['flops', 'flops']; expected names, each once"),
    ("nasbench201", {"measures": [["flops"]]}, OptionError, "measures = [['flops']]; expected names, each once"),
    ("nasbench201", {"measures": "flops"}, OptionError, "measures = 'flops'; expected names, each once"),
    ("nasbench201", {"measures": {3: 1.0}}, OptionError, "measures = {3: 1.0}; expected names, each once"),
    ("nasbench201", {"measures": {"flops": "0"}}, OptionError, "measures: flops = '0'; flops is computed from the architecture"),
    ("nasbench201", {"measures": {"flops": False}}, OptionError, "measures: flops = False; flops is computed"),
    ("digits201", {"folder": 3}, OptionError, "folder = 3; expected the path of a table"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "error", "message"), sampled(REFUSED, 2), ids=range(len(REFUSED)))
def test_an_option_of_a_benchmark_is_refused(
    name: str, options: dict[str, Any], error: type[NasbedError], message: str
) -> None:
    with pytest.raises(NasbedError) as refused:
        nasbed.load_benchmark(name, **options)
    assert type(refused.value) is error
    assert message in str(refused.value)


class Proposing(Script):
    """Proposes what it is given, and keeps what it is told."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        for proposal in PROPOSED:  # noqa: UP028  # a list takes no answers
            yield proposal


PROPOSED: list[Any] = []


def proposing(*proposals: Any, on: str = "nasbench201", **options: Any) -> tuple[Outcome, ...]:
    PROPOSED[:] = proposals
    return nasbed.search(Proposing(), nasbed.load_benchmark(on, **options), budget={"evaluations": 9}).outcomes


@pytest.mark.parametrize(
    "arch", [(1, 0, 2, 3, 4, 1), tuple(np.array([1, 0, 2, 3, 4, 1])), (1.0, 0, 2, 3, 4, True)], ids=repr
)
def test_what_equals_an_architecture_is_told_as_the_space_has_it(arch: Any) -> None:
    (outcome,) = proposing(Proposal(arch))
    assert outcome.arch == (1, 0, 2, 3, 4, 1)
    assert {type(decision) for decision in outcome.arch} == {int}
    (outcome,) = proposing(Proposal(arch, np.int64(4)), on="digits201", epochs=[1, 4, 12])
    assert (outcome.epochs, type(outcome.epochs)) == (4, int)


ARCH = (0, 0, 0, 0, 0, 0)
ODD_PROPOSALS: list[tuple[Any, str]] = [
    (Proposal(list(ARCH)), "proposed [0, 0, 0, 0, 0, 0], which is outside the space 'nasbench201' of 15,625"),
    (Proposal(np.array(ARCH)), "proposed array([0, 0, 0, 0, 0, 0]), which is outside the space"),
    (Proposal("|skip~0|"), "proposed '|skip~0|', which is outside the space"),
    (Proposal((0.5, 0, 0, 0, 0, 0)), "proposed (0.5, 0, 0, 0, 0, 0), which is outside the space"),
    (Proposal(ARCH, 12.5), "asks for 12.5 epochs; this task offers 1, 4, 12"),
    (Proposal(ARCH, [12]), "asks for [12] epochs; this task offers 1, 4, 12"),
    (Proposal(ARCH, np.array([12])), "asks for array([12]) epochs; this task offers 1, 4, 12"),
    (Proposal(ARCH, "12"), "asks for '12' epochs; this task offers 1, 4, 12"),
    (Proposal(ARCH, 12, [0]), "has resume = [0]; expected the number of a trial, as outcome.trial, or None"),
    (Proposal(ARCH, 12, True), "has resume = True; expected the number of a trial"),
    (Proposal(ARCH, 12, "0"), "has resume = '0'; expected the number of a trial"),
    (Proposal(ARCH, 12, 99), "resumes trial 99, which was never started"),
    (Proposal(ARCH, 12, 10**5000), "resumes trial <a int that cannot be written>, which was never started"),
    (Proposal(ARCH, None, None, ["flops"]), "asks for the measure ['flops']; this task offers none"),
    (Proposal(ARCH, None, None, np.array(["a", "b"])), "asks for the measure array("),
    ((Proposal(ARCH), Proposal(ARCH)), "a strategy must propose Proposal(arch), got (Proposal("),
    (np.array(ARCH), "a strategy must propose Proposal(arch), got array("),
    (0, "a strategy must propose Proposal(arch), got 0"),
    ("abcd", "a strategy must propose Proposal(arch), got 'abcd'"),
]  # fmt: skip


@pytest.mark.parametrize(("proposal", "message"), ODD_PROPOSALS, ids=range(len(ODD_PROPOSALS)))
@pytest.mark.parametrize("batch", [False, True])
def test_an_odd_proposal_is_refused_by_the_loop(proposal: Any, message: str, batch: bool) -> None:
    with pytest.raises(StrategyError) as refused:
        proposing([proposal] if batch else proposal, on="digits201", epochs=[1, 4, 12])
    assert message in str(refused.value)


def test_a_trial_of_endless_digits_is_refused_where_nothing_can_be_resumed() -> None:
    with pytest.raises(StrategyError, match="resumes trial <a int that cannot be written>, but trainings of this"):
        proposing(Proposal(ARCH, 200, 10**5000))


class Sullen:
    """Has no text."""

    def __repr__(self) -> str:
        raise ValueError("no")


LONG, FRAME = "a" * 5000, pd.DataFrame({"strategy": ["one"], "benchmark": ["nasbench201/cifar10"], "seed": [0],
                                        "architecture": [5], "value": [87.64], "time": [1e3]})  # fmt: skip
ODD_CALLS: dict[str, tuple[Callable[[], object], str, str]] = {
    "title": (
        lambda: nasbed.Results.from_frame(FRAME, TABLE, FIVE, title=Sullen()),  # type: ignore[arg-type]
        "title = <a Sullen that cannot be written>",
        "expected a text",
    ),
    "reference": (
        lambda: nasbed.Results.from_frame(FRAME, TABLE, {"evaluations": 1}, reference=LONG),
        "the reference 'aaa",
        "is not among the frame's strategies",
    ),
    "reference form": (lambda: nasbed.load_strategy(f"{LONG}:"), "strategy 'aaa", "the form 'package.module:name'"),
    "module": (lambda: nasbed.load_strategy(f"{LONG}:x"), "strategy 'aaa", "in the folder that holds it"),
    "function": (lambda: nasbed.load_strategy(f"function:{LONG}:x"), "function 'function:aaa", "that holds it"),
    "benchmark": (lambda: nasbed.load_benchmark(f"{LONG}:x"), "benchmark 'aaa", "in the folder that holds it"),
    "program": (lambda: nasbed.load_strategy("program", command=LONG), "command = 'aaa", "right to be executed"),
    "quotes": (lambda: nasbed.load_strategy("program", command=f'"{LONG}'), "command = '\"aaa", "No closing quotation"),
    "name": (lambda: nasbed.load_benchmark(LONG), "unknown benchmark 'aaa", "known: "),
    "file": (lambda: nasbed.load_strategy(f"{LONG}.py"), "unknown strategy 'aaa", "is named by module and class"),
    "epochs": (
        lambda: nasbed.load_benchmark("digits201", epochs=[10**5000, 10**5000]),
        "epochs = ",
        "expected each number once",
    ),
    "device": (lambda: device_of(LONG), "unknown device 'aaa", "expected auto, cpu or cuda"),
}


@pytest.mark.parametrize(("call", "begin", "end"), ODD_CALLS.values(), ids=ODD_CALLS)
def test_a_value_without_end_or_text_is_cut_in_the_message(call: Callable[[], object], begin: str, end: str) -> None:
    with pytest.raises(NasbedError) as refused:
        call()
    assert str(refused.value).startswith(begin)
    assert end in str(refused.value)
    assert len(str(refused.value)) < 1000


def test_a_refused_query_does_not_end_as_a_spent_budget() -> None:
    query = nasbed.observe("nasbench201", FIVE)
    with pytest.raises(StrategyError, match="outside the space"):
        query((9,) * 6)
    with pytest.raises(StrategyError, match="outside the space"):
        query(ARCH)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("random_search", 5), "benchmark = 5; expected the name of a benchmark, or a Benchmark"),
        (("random_search", NASBench201), "expected the name of a benchmark, or a Benchmark; make it: NASBench201()"),
        ((5, TABLE), "strategy = 5; expected the name of a strategy, or a Strategy"),
        ((Proposing, TABLE), "expected the name of a strategy, or a Strategy; make it: Proposing()"),
    ],
)
def test_what_is_no_strategy_or_benchmark_is_refused(arguments: tuple[Any, Any], message: str) -> None:
    with pytest.raises(OptionError) as refused:
        nasbed.search(*arguments, budget=FIVE)
    assert message in str(refused.value)


def test_options_of_a_search_are_a_mapping() -> None:
    with pytest.raises(OptionError, match=r"options=\[3\]: expected a mapping of names to values"):
        nasbed.search("random_search", TABLE, options=[3], budget=FIVE)  # type: ignore[arg-type]


HUGE = 'name = "huge"\nseeds = 2\nbudget = { evaluations = 5 }\n[[benchmark]]\nuse = "nasbench201"\n[[strategy]]\nuse = "tpe"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HUGE.replace("seeds = 2", "seeds = 2_000_000_000"),
            "seeds = 2000000000; expected a whole number in 1 .. 1,000,000",
        ),
        (
            HUGE.replace("seeds = 2", "seeds = 0x" + "f" * 5000),
            "seeds = <a int that cannot be written>; expected a whole",
        ),
        (HUGE.replace("seeds = 2", "seeds = " + "9" * 5000), "study: "),
        ("a = " + "[" * 3000 + "]" * 3000, "study: its lists or tables are nested too deeply"),
        (
            HUGE + "grid = { initial = [" + "1," * 200 + "], candidates = [" + "1," * 200 + "] }",
            "has 40,000 points; expected at most 10,000",
        ),
        (HUGE + 'density = "' + "x" * 10**6 + '"', "density = 'xxxx"),
    ],
    ids=["seeds", "hexadecimal", "digits", "nested", "grid", "text"],
)
def test_a_study_of_huge_numbers_is_refused_at_once(text: str, message: str) -> None:
    with pytest.raises(NasbedError) as refused:
        Study.parse(text)
    assert message in str(refused.value)
    assert len(str(refused.value)) <= 4_000


def test_a_message_is_fit_for_a_terminal() -> None:
    class Sullen:
        def __repr__(self) -> str:
            raise ValueError("no")

    error = StudyError(f"\x1b[31mred\x00 {object()!r} " + "x" * 10**6 + " the remedy")
    assert str(error).startswith("red <object object> xxx")
    assert str(error).endswith("the remedy")
    assert len(str(error)) < 4_100
    assert shown(Sullen()) == "<a Sullen that cannot be written>"
