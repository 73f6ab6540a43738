"""What the calls of Python are given: budgets, rules, seeds, options of strategies and of benchmarks, and proposals."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prodding import GIVEN, fuzz, prod

import nasbed
from nasbed.errors import PluginError, StrategyError
from nasbed.gate.sequential import GatePlan
from nasbed.searches.rules import Rules
from nasbed.searches.stages import parse
from nasbed.strategies import REGISTRY
from nasbed.vocabulary import Benchmark, Proposal

RULES = {"noise": "draw", "repeats": "charge", "incumbent": "best", "workers": 1}
BUDGET = nasbed.Budget("evaluations", 5)


@cache
def table(name: str = "nasbench201") -> Benchmark:
    options: dict[str, Any] = {"digits201": {"epochs": [1, 4, 12]}, "nasbench201": {"measures": {"flops": 0}}}
    return nasbed.load_benchmark(name, **options[name])


@fuzz(80, 0.05)
@given(
    st.one_of(GIVEN, st.dictionaries(st.sampled_from(["evaluations", "seconds", "epochs", "evals"]), GIVEN, max_size=2))
)
def test_budgets(budget: Any) -> None:
    made = prod(lambda: nasbed.Budget.parse(budget), "budget")
    if isinstance(made, nasbed.Budget):
        assert type(made.amount) in (int, float)
        assert made.amount > 0
        prod(lambda: nasbed.observe(table(), budget), "budget")


@fuzz(40, 0.03)
@given(st.dictionaries(st.sampled_from(sorted(RULES)), GIVEN, min_size=1, max_size=2))
def test_rules(options: dict[str, Any]) -> None:
    prod(lambda: Rules(BUDGET, **options).sentences(), "noise", "repeats", "incumbent", "workers")


@fuzz(40, 0.02)
@given(
    st.one_of(
        GIVEN,
        st.lists(
            st.dictionaries(st.sampled_from(["until", "epochs", "objective", "search", "till"]), GIVEN), max_size=3
        ),
    )
)
def test_stages(stages: Any) -> None:
    prod(lambda: parse(stages), "stage")


@fuzz(40, 0.02)
@given(GIVEN)
def test_seeds(seed: Any) -> None:
    found = [
        prod(lambda: nasbed.search("random_search", table(), budget=BUDGET, seed=seed), "seed = "),
        prod(lambda: nasbed.observe(table(), BUDGET, seed=seed), "seed = "),
        prod(lambda: nasbed.optuna_objective(table(), budget=BUDGET, seed=seed), "seed = "),
    ]
    assert len({isinstance(one, nasbed.NasbedError) for one in found}) == 1
    prod(lambda: nasbed.Stream(seed), "seed = ")


@fuzz(30, 0.02)
@given(
    st.dictionaries(
        st.sampled_from(["strategy", "benchmark", "budget", "options", "stages", "noise", "gamma"]),
        GIVEN,
        min_size=1,
        max_size=2,
    )
)
def test_a_search_of_anything(arguments: dict[str, Any]) -> None:
    sound = {"strategy": "random_search", "benchmark": table(), "budget": BUDGET}
    if isinstance(budget := arguments.get("budget", BUDGET), (dict, nasbed.Budget)) or "budget" not in arguments:
        prod(lambda: nasbed.search(**{**sound, **arguments}))
    else:
        prod(lambda: nasbed.search(**{**sound, "budget": budget}), "budget")


@fuzz(40, 0.02)
@given(GIVEN, GIVEN, GIVEN)
def test_plans_of_a_gate(margin: Any, alpha: Any, power: Any) -> None:
    for given_ in ((margin, 0.05, 0.9), (0.2, alpha, 0.9), (0.2, 0.05, power)):
        prod(lambda given_=given_: GatePlan.parse(*given_), "margin", "alpha", "power")  # type: ignore[misc]


@fuzz(150, 0.08)
@given(st.data())
def test_options_of_strategies(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(REGISTRY.builtin()))
    known = REGISTRY.options(name)
    options = data.draw(st.dictionaries(st.sampled_from([*known, "populaton"]), GIVEN, min_size=1, max_size=2))
    made = prod(lambda: nasbed.load_strategy(name, **options), *(str(one) for one in options))
    assert not isinstance(made, PluginError), made


OF_BENCHMARKS = {
    "nasbench201": {},
    "digits201": {},
    "nats_topology": {},
    "nasbench_macro": {},
    "fcnet": {},
    "synthetic": {"decisions": 3},
}
LISTS = st.lists(
    st.one_of(
        st.sampled_from(["accuracy", "latency", "latncy", "parameters", "fpga_latency", 12, 200, 1, 12.0]), GIVEN
    ),
    max_size=3,
)


@fuzz(100, 0.07)
@given(st.data())
def test_options_of_benchmarks(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(OF_BENCHMARKS)))
    known = [
        *inspect.signature(nasbed.benchmarks.REGISTRY.load(name)).parameters  # type: ignore[attr-defined]
    ]
    if name == "synthetic":
        known.remove("decisions")  # a large space takes seconds
    costs = st.dictionaries(st.sampled_from(["flops", "parameters", "synflow", "synfow"]), GIVEN, max_size=2)
    options = data.draw(st.dictionaries(st.sampled_from(known), st.one_of(GIVEN, LISTS, costs), min_size=1, max_size=2))
    made = prod(
        lambda: nasbed.load_benchmark(name, **{**OF_BENCHMARKS[name], **options}),
        *options,
        "data set",
        "number of epochs",
        "objective",
        "table",
    )
    assert not isinstance(made, PluginError), made


PROPOSED = st.one_of(
    GIVEN,
    st.builds(
        Proposal,
        st.one_of(
            GIVEN,
            st.lists(st.integers(0, 4), min_size=6, max_size=6).map(tuple),
            st.lists(st.floats(0, 4), min_size=6, max_size=6).map(tuple),
        ),
        st.one_of(st.none(), st.sampled_from([1, 4, 12, 200, 12.0, True]), GIVEN),
        st.one_of(st.none(), GIVEN),
        st.one_of(st.none(), st.just("flops"), GIVEN),
    ),
)


@fuzz(100, 0.05)
@given(
    st.sampled_from(["nasbench201", "digits201"]),
    st.lists(st.one_of(PROPOSED, st.lists(PROPOSED, max_size=2)), min_size=1, max_size=3),
)
def test_proposals(name: str, proposals: list[Any]) -> None:
    class Proposing(nasbed.Script):
        def search(self, task: nasbed.Task, rng: nasbed.Stream) -> Any:
            for proposal in proposals:  # noqa: UP028  # a list takes no answers
                yield proposal

    found = prod(lambda: nasbed.search(Proposing(), table(name), budget={"evaluations": 9}), f"on {name}")
    if isinstance(found, nasbed.NasbedError):
        assert isinstance(found, StrategyError)
        assert "Error:" not in str(found).replace("StrategyError:", ""), found
    else:
        for outcome in found.outcomes:
            assert {*map(type, outcome.arch), type(outcome.epochs)} == {int}


@fuzz(80, 0.04)
@given(
    name=st.sampled_from(["nasbench201", "digits201"]),
    arch=GIVEN,
    epochs=st.one_of(st.none(), GIVEN),
    resume=st.one_of(st.none(), GIVEN),
    measure=st.one_of(st.none(), GIVEN),
)
def test_queries(name: str, arch: Any, epochs: Any, resume: Any, measure: Any) -> None:
    query = nasbed.observe(table(name), {"evaluations": 5})
    query(query.space.archs[0], epochs=1 if name == "digits201" else None)
    for arguments in ((arch,), (query.space.archs[0], epochs, resume, measure)):
        prod(lambda arguments=arguments: query(*arguments))  # type: ignore[misc]
