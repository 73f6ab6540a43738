"""Plans of supernets: what was published is the default, and what does not belong to a method is refused."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from nasbed.benchmarks.training.supernets.plan import METHODS, SupernetPlan
from nasbed.errors import OptionError, UnknownNameError


def test_defaults_are_those_of_the_scripts_of_nasbench201() -> None:
    for method in METHODS:
        plan = SupernetPlan(method)
        assert (plan.rate, plan.rate_min, plan.batch) == (
            (0.05, 0.0005, 128) if method == "enas" else (0.025, 0.001, 64)
        )
        assert {"method": method, **SupernetPlan.defaults(method)}.keys() == plan.described().keys()
    darts, gdas = SupernetPlan("darts"), SupernetPlan("gdas")
    assert (darts.epochs, darts.arch_rate, darts.arch_decay, darts.arch_betas) == (50, 3e-4, 1e-3, (0.5, 0.999))
    assert (gdas.epochs, gdas.temperature, SupernetPlan("uniform").candidates) == (250, (10, 0.1), 100)
    assert [gdas.temperature_of(epoch) for epoch in (0, 249)] == pytest.approx([10, 0.1])
    assert [darts.rate_of(epoch) for epoch in (0, 25, 50)] == pytest.approx([0.025, 0.013, 0.001])
    faded = SupernetPlan("darts", auxiliary_skip=True, epochs=4)
    assert [faded.auxiliary_of(epoch) for epoch in range(4)] == [1.0, 0.75, 0.5, 0.25]
    assert darts.auxiliary_of(0) == 0.0


def test_a_plan_is_made_without_torch() -> None:
    code = "import sys, nasbed.benchmarks.training.supernets.plan as it; it.SupernetPlan('darts'); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"


def test_a_plan_is_a_value() -> None:
    plan = SupernetPlan("darts", operations=["nor_conv_3x3", "none"], arch_betas=[0, 0.9])  # type: ignore[arg-type]
    assert plan.codes == (0, 3)
    assert hash(plan) == hash(SupernetPlan("darts", operations=("none", "nor_conv_3x3"), arch_betas=(0.0, 0.9)))
    assert replace(plan, epochs=3) == SupernetPlan("darts", **{**_options(plan), "epochs": 3})
    assert plan.described()["operations"] == ["none", "nor_conv_3x3"]


def _options(plan: SupernetPlan) -> dict[str, Any]:
    return {name: value for name, value in plan.described().items() if name != "method"}


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("uniform", {"epochs": 0}, "epochs = 0; expected a whole number in 1 .. 10,000"),
        ("uniform", {"order": 2}, "order = 2 is no option of uniform, but of darts; leave it out"),
        ("gdas", {"candidates": 9}, "candidates = 9 is no option of gdas, but of uniform, fair, enas, setn; leave it out"),
        ("darts", {"order": 3}, "order = 3; expected a whole number in 1 .. 2"),
        ("darts", {"rate": "fast"}, "rate = 'fast'; expected a learning rate from 1e-09 to 10, such as 0.025"),
        ("darts", {"rate": 1e-4}, "rate_min = 0.001 is above rate = 0.0001; expected the learning rate to fall"),
        ("darts", {"halves": 1}, "halves = 1; expected true or false"),
        ("darts", {"stop_at_eigenvalue": 2}, "stop_at_eigenvalue = 2; expected a ratio above 0 and at most 1, such as 0.75"),
        ("darts", {"arch_betas": [0.5]}, "arch_betas = [0.5]; expected two numbers from 0 to below 1, such as [0.5, 0.999]"),
        ("gdas", {"temperature": (1, 5)}, "temperature = (1, 5); expected the first and the last temperature, such as"),
        ("pc_darts", {"epochs": 10}, "warm_up = 15 leaves none of 10 epochs to search in; expected fewer, such as warm_up = 3"),
        ("darts", {"shrink_to": [2, 3]}, "shrink_to = [2, 3]; expected numbers of operations that fall, at least 2, such as"),
        ("darts", {"shrink_to": 3}, "shrink_to = 3; expected numbers of operations that fall, at least 2, such as [3, 2]"),
        ("darts", {"shrink_to": [5, 3]}, "shrink_to = [5, 3] begins with no fewer than the 5 operations that there are; expected"),
        ("darts", {"epochs": 2, "shrink_to": [3, 2]}, "shrink_to = [3, 2] makes 3 stages of 2 epochs; expected at least one"),
        ("darts", {"operations": ["none"]}, "operations = ['none']; expected at least two of none, skip_connect,"),
        ("darts", {"operations": ["none", "none"]}, "operations = ['none', 'none']; expected each at most once"),
    ],
)  # fmt: skip
def test_bad_options_are_refused_with_their_remedy(method: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        SupernetPlan(method, **options)


def test_unknown_names_are_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown method of a supernet 'dart'; did you mean 'darts'"):
        SupernetPlan("dart")
    with pytest.raises(UnknownNameError, match=r"unknown operation 'conv'; .*known: none, skip_connect"):
        SupernetPlan("darts", operations=("none", "conv"))
