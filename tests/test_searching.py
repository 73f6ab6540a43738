"""One search from names: what is misplaced or missing is refused with where it belongs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import nasbed
from nasbed import Study
from nasbed.errors import NasbedError, OptionError, UnknownNameError, UnmetNeedError
from nasbed.strategies import TPE

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


def test_a_missing_measure_is_refused_with_the_line_that_offers_it() -> None:
    with pytest.raises(UnmetNeedError) as caught:
        nasbed.search("proxy_ranking", "nasbench201", options={"proxy": "flops"}, budget=BUDGET)
    line = "measures = { flops = 0 }"
    assert f"needs the measure 'flops'; write {line} below its [[benchmark]]" in str(caught.value)
    offering = nasbed.load_benchmark("nasbench201", measures={"flops": 0})
    assert nasbed.search("proxy_ranking", offering, options={"proxy": "flops"}, budget=BUDGET).outcomes


def test_a_benchmark_without_measures_is_refused_with_one_that_has_them() -> None:
    with pytest.raises(UnmetNeedError, match=r"synthetic.* has no measures; use nasbench201, say: write measures = \{"):
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


@pytest.mark.parametrize("strategy", ["successive_halving", "hyperband", "asha", "bohb"])
def test_several_fidelities_under_a_budget_of_evaluations_are_warned_about(strategy: str, tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(STUDY.format(budget="{ evaluations = 400 }", strategy=strategy))
    (warning,) = [one for one in Study.load(file).check() if "fidelities" in one]
    assert "a training of 1 epoch costs as much as one of 12" in warning
    remedy = "{ epochs = 4800 }"
    assert f"write budget = {remedy}" in warning
    file.write_text(STUDY.format(budget=remedy, strategy=strategy))
    assert not [one for one in Study.load(file).check() if "fidelities" in one]
