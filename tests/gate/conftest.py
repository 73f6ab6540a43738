"""A small baseline, made once, and studies that are judged against it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nasbed.gate.baseline import Baseline
from nasbed.gate.record import make_baseline
from nasbed.studies.study import Study

TEXT = """\
name = "gated"
seeds = 5
budget = { evaluations = 30 }

[[benchmark]]
use = "nasbench201"
dataset = "cifar10"

[[benchmark]]
use = "nasbench201"
dataset = "cifar100"

[[strategy]]
use = "regularized_evolution"
label = "evolution"
population = 10
sample = 3
"""
"""The study of most tests."""


@pytest.fixture(scope="session")
def study_text() -> str:
    """The study as text, for tests that change it."""
    return TEXT


@pytest.fixture(scope="session")
def baseline() -> Baseline:
    """400 seeds of the study."""
    return make_baseline(Study.parse(TEXT), seeds=400, command=["nasbed", "gate"])


@pytest.fixture(scope="session")
def variant() -> Callable[[str], Study]:
    """The study with another strategy under the same label."""

    def study(use: str) -> Study:
        options = "population = 10\nsample = 3\n"
        text = TEXT.replace(options, "") if use == "gated:Silent" else TEXT
        return Study.parse(text.replace('"regularized_evolution"', f'"{use}"'))

    return study
