"""One search from names: what is misplaced or missing is refused with where it belongs."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes import SPACE

import nasbed
from nasbed import Study
from nasbed.errors import BudgetError, NasbedError, OptionError, UnknownNameError, UnmetNeedError, UnwiseWarning
from nasbed.strategies import TPE
from nasbed.vocabulary import Benchmark, Objective, Oracle, Proposal, Proposals, Script, Stream, Task

BUDGET = {"evaluations": 20}


def test_options_of_a_named_strategy_are_used() -> None:
    table = nasbed.load_benchmark("synthetic")
    named = nasbed.search("tpe", table, options={"initial": 5}, budget=BUDGET)
    assert named.outcomes == nasbed.search(TPE(initial=5), table, budget=BUDGET).outcomes
    assert named.outcomes != nasbed.search("tpe", table, budget=BUDGET).outcomes


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"initial": 5}, UnknownNameError, r"no argument 'initial'; it is an option of tpe: options=\{'initial': 5\}"),
        (
            {"strategy": TPE(), "initial": 5},
            UnknownNameError,
            r"no argument 'initial'; it is an option of TPE: TPE\(initial=5\)",
        ),
        (
            {"dataset": "cifar100"},
            UnknownNameError,
            r"it is an option of nasbench201: nasbed.load_benchmark\('nasbench201', dataset='cifar100'\)",
        ),
        (
            {"intial": 5},
            UnknownNameError,
            r"no argument 'intial'; did you mean 'initial'\? That is an option of tpe: options=\{'initial': 5\}",
        ),
        (
            {"datset": "cifar100"},
            UnknownNameError,
            r"did you mean 'dataset'\? That is an option of nasbench201: nasbed.load_benchmark\('nasbench201', dataset=",
        ),
        ({"budget": 20}, BudgetError, r'= \{ evaluations = 200 \} in a study, budget=\{"evaluations": 200\} in Python'),
        ({"sed": 3}, UnknownNameError, r"unknown argument of search\(\) 'sed'; did you mean 'seed'\?.*options=\{"),
        ({"strategy": TPE(), "options": {"initial": 5}}, OptionError, "expected a strategy that is given by name"),
        ({"options": {"intial": 5}}, UnknownNameError, "did you mean 'initial'"),
    ],
)
def test_a_misplaced_argument_is_told_where_it_belongs(
    given: dict[str, Any], error: type[NasbedError], message: str
) -> None:
    arguments: dict[str, Any] = {"strategy": "tpe", "benchmark": "nasbench201", "budget": BUDGET, **given}
    with pytest.raises(error, match=message):
        nasbed.search(**arguments)


class _Costly(Benchmark):
    """A benchmark that does not say what its cheapest evaluation costs, which is 60 seconds."""

    name = label = checksum = "costly"
    space, epochs, objectives = SPACE, (1,), (Objective("accuracy", "%"),)

    def oracle(self, noise: str = "draw") -> Oracle:
        return lambda index, epochs, word: ((float(index),), 60.0)


@dataclass(frozen=True)
class _Idle(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        return
        yield


def test_a_search_that_evaluates_nothing_is_warned_about() -> None:
    late = r"no scores \(nan\), since no evaluation was over within the budget of 1 simulated second: give more"
    with pytest.warns(UnwiseWarning, match=late):
        result = nasbed.search("random_search", _Costly(), budget={"seconds": 1})
    assert not result.outcomes
    with pytest.warns(
        UnwiseWarning, match="the strategy ended the search before anything was evaluated: let it propose"
    ):
        nasbed.search(_Idle(), _Costly(), budget={"seconds": 600})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert nasbed.search("random_search", _Costly(), budget={"seconds": 600}).outcomes


def test_a_missing_measure_is_refused_with_the_line_that_offers_it() -> None:
    with pytest.raises(UnmetNeedError) as caught:
        nasbed.search("proxy_ranking", "nasbench201", options={"proxy": "flops"}, budget=BUDGET)
    line = 'measures = ["flops"]'
    assert f"needs the measure 'flops'; write {line} below its [[benchmark]]" in str(caught.value)
    offering = nasbed.load_benchmark("nasbench201", measures=["flops"])
    assert nasbed.search("proxy_ranking", offering, options={"proxy": "flops"}, budget=BUDGET).outcomes


def test_a_benchmark_without_measures_is_refused_with_one_that_has_them() -> None:
    with pytest.raises(UnmetNeedError, match=r"synthetic.* has no measures; use nasbench201, say: write measures = \["):
        nasbed.search("proxy_ranking", "synthetic", budget=BUDGET)


STUDY = """
name = "s"
seeds = 2
budget = {budget}
[[strategy]]
use = "{strategy}"
[[benchmark]]
use = "digits201"
epochs = [1, 4, 12]
"""


@pytest.mark.parametrize("strategy", ["successive_halving", "hyperband", "asha", "bohb", "dehb"])
def test_several_fidelities_under_a_budget_of_evaluations_are_warned_about(strategy: str, tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(STUDY.format(budget="{ evaluations = 400 }", strategy=strategy))
    (warning,) = [one for one in Study.load(file).examine() if "fidelities" in one]
    assert "a training of 1 epoch costs as much as one of 12" in warning
    remedy = "{ epochs = 4800 }"
    assert f"write budget = {remedy}" in warning
    file.write_text(STUDY.format(budget=remedy, strategy=strategy))
    assert not [one for one in Study.load(file).examine() if "fidelities" in one]


def test_a_result_shows_itself_in_a_line() -> None:
    found = nasbed.search("random_search", nasbed.load_benchmark("nasbench201"), budget={"evaluations": 20}, seed=3)
    assert found.incumbent is not None
    value = f"accuracy {found.incumbent.value:.6g} %"
    assert repr(found) == f"<SearchResult: nasbench201/cifar10, seed 3, 20 evaluations, incumbent: {value}>"


@pytest.mark.parametrize("resumable", [True, False])
def test_what_was_under_way_at_the_end_of_the_budget_counts_as_no_epochs(resumable: bool) -> None:
    epochs = (1, 3, 9) if resumable else (9,)
    benchmark = nasbed.load_benchmark("synthetic", epochs=epochs)
    strategy = "successive_halving" if resumable else "random_search"
    result = nasbed.search(strategy, benchmark, budget={"seconds": 60}, workers=8)
    trained = {outcome.trial: outcome.epochs for outcome in result.outcomes}
    before = {one.trial: trained.get(one.proposal.resume, 0) for one in result.outcomes}
    assert len(result.thinking) > len(result.outcomes)
    assert result.spent.epochs == sum(trained.values()) - sum(before.values())


@dataclass(frozen=True)
class Thrice(Script):
    """Evaluates each of two architectures three times."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        for _ in range(3):
            for arch in task.space.archs[:2]:  # type: ignore[attr-defined]
                yield Proposal(arch)


@pytest.mark.parametrize("rule", ["best", "mean"])
def test_what_a_search_saw_of_its_incumbent_is_what_it_was_chosen_by(rule: str) -> None:
    benchmark = nasbed.load_benchmark("synthetic", decisions=2, values=3, epochs=(1,), noise=20.0, runs=9)
    result = nasbed.search(Thrice(), benchmark, budget={"evaluations": 6}, incumbent=rule, seed=3)
    seen = [[one.value for one in result.outcomes if one.index == index] for index in (0, 1)]
    values = [max(own) if rule == "best" else sum(own) / 3 for own in seen]
    assert len(set(seen[0])) > 1
    assert result.observed == pytest.approx(max(values))
    assert f"accuracy {max(values):.6g} %" in repr(result)
    assert f"{max(values):.4g}" in result._repr_html_()
