"""Study files, and the files that nasbed tabulate reads, whatever stands in them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT
from prodding import WRITTEN, bent, fuzz, misspelt, prod

from nasbed.benchmarks.training.images.table.plan import TrainingPlan
from nasbed.studies.study import Study

TEXT = """\
name = "fuzzed"
title = "of the test"
seeds = 3
first_seed = 2
budget = { evaluations = 40 }
reference = "two"
noise = "draw"
repeats = "charge"
incumbent = "best"
workers = 1

[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
objectives = ["accuracy", "latency"]
measures = { parameters = 0, flops = 0 }
label = "one benchmark"
budget = { seconds = 1e6 }
report = ["cifar10", "cifar100"]

[[benchmark]]
use = "digits201"
epochs = [1, 4, 12]
stages = [{ until = 0.5, epochs = 1 }, { epochs = 12 }]

[[strategy]]
use = "regularized_evolution"
label = "one"
sample = 3
grid = { population = [10, 20] }

[[strategy]]
use = "tpe"
label = "two"
gamma = 0.2
"""
PLAN = (ROOT / "studies" / "digits201.toml").read_text(encoding="utf-8")
ALL = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "studies").glob("*.toml"))]


def searched(text: str) -> None:
    study = Study.parse(text, "study.toml")
    study.examine()


def written(content: Any) -> str:
    """The text of TOML; what TOML cannot write is left as text."""
    try:
        return tomli_w.dumps(content)
    except (TypeError, ValueError, AttributeError):
        return f"a = {content!r}"


@fuzz(100, 0.08)
@given(bent(tomllib.loads(TEXT)))
def test_a_study_with_other_content(content: Any) -> None:
    prod(lambda: searched(written(content)), "study.toml: ", "strategy '", 'strategy "')


@fuzz(60, 0.05)
@given(st.sampled_from([TEXT, *ALL]).flatmap(misspelt))
def test_a_study_with_another_text(text: str) -> None:
    prod(lambda: Study.parse(text, "study.toml"), "study.toml")


@fuzz(40, 0.04)
@given(st.one_of(bent(tomllib.loads(PLAN)).map(written), misspelt(PLAN)))
def test_a_plan_of_trainings(text: str) -> None:
    prod(lambda: TrainingPlan.parse(text, "study.toml"), "study.toml")


@fuzz(40, 0.03)
@given(
    st.one_of(st.binary(max_size=40), st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))),
    st.sampled_from([Study, TrainingPlan]),
)
def test_a_file_of_any_bytes(tmp_path_factory: Any, content: bytes, kind: Any) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "study.toml"
    path.write_bytes(content)
    prod(lambda: kind.load(path), "study.toml")


def test_lists_within_lists() -> None:
    for text in (
        "a = " + "[" * 5_000,
        "a = " + "[" * 5_000 + "]" * 5_000,
        "seeds = " + "9" * 5_000,
        "seeds = 0x" + "f" * 5_000,
    ):
        prod(lambda text=text: Study.parse(text, "study.toml"), "study.toml")  # type: ignore[misc]


@fuzz(20, 0.01)
@given(WRITTEN)
def test_a_path_that_is_none(path: Any) -> None:
    if not isinstance(path, str):
        prod(lambda: Study.load(path), "study = ")
