"""HEBO as a program: it searches where its environment is, and says what is missing where not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from places import ROOT

from nasbed.benchmarks import NASBench201
from nasbed.errors import StrategyError
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies.program import Program
from nasbed.vocabulary import Budget

PROGRAM = str(ROOT / "studies" / "hebo_program.py")
REMEDY = "; expected the interpreter of an environment with HEBO (docs/adapters.md)"
needs_hebo = pytest.mark.skipif("HEBO_PYTHON" not in os.environ, reason="HEBO_PYTHON names no environment with HEBO")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("", "HEBO_PYTHON is not set"),
        ("/no/python", "HEBO_PYTHON is '/no/python', which is no file"),
        (sys.executable, f"HEBO_PYTHON is {sys.executable!r}, which has no HEBO"),
    ],
)
def test_without_an_environment_that_has_hebo_it_says_so(
    other: str, said: str, cifar10: NASBench201, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEBO_PYTHON", other)
    with pytest.raises(StrategyError) as found:
        execute(Program(("python", PROGRAM)), cifar10, Rules(Budget("evaluations", 2)), 0)
    assert f"ended with exit code 1 before it answered\n  hebo_program.py: {said}{REMEDY}" in str(found.value)


@needs_hebo
@pytest.mark.parametrize("seed", [0, 1])
def test_it_searches_and_the_same_for_the_same_seed(seed: int, cifar10: NASBench201) -> None:
    made = Program(("python", PROGRAM), timeout=300.0)
    first, second = (execute(made, cifar10, Rules(Budget("evaluations", 9)), seed).outcomes for _ in range(2))
    assert [one.arch for one in first] == [one.arch for one in second]
    assert len({one.arch for one in first}) == 9


@needs_hebo
def test_it_goes_on_after_failures_and_leaves_spaces_that_are_no_product() -> None:
    def answers(task: dict[str, Any], *lines: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        text = "".join(f"{json.dumps(line)}\n" for line in ({"task": {"seed": [1, 2], **task}}, *lines))
        return subprocess.run([sys.executable, PROGRAM], input=text, capture_output=True, text=True, check=False)

    told = [{"tell": {"arch": [0, 1], "value": value}} for value in (None, 3.0, None, 1.0)]
    ended = answers({"choices": [3, 4], "archs": None}, *told, {"ask": True}, {"end": True})
    assert all(0 <= choice < count for choice, count in zip(json.loads(ended.stdout)["arch"], (3, 4), strict=True))
    refused = answers({"choices": [3, 4], "archs": [[0, 0]]})
    assert refused.returncode == 1
    assert "the space is no product of choices" in refused.stderr
