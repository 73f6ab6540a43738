"""Two strategies of a study whose runs are the same: a warning, once a pair."""

from __future__ import annotations

from pathlib import Path

import pytest

import nasbed
from nasbed.results import twins

STUDY = """
name = "twins"
seeds = 3
budget = { evaluations = 12 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar10"
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
budget = { evaluations = 30 }
[[strategy]]
use = "random_search"
[[strategy]]
use = "local_search"
[[strategy]]
use = "local_search"
label = "LS"
"""


def test_the_same_runs_are_told_once_a_pair_and_where(tmp_path: Path) -> None:
    found = nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path / "out").warnings
    says = "so a comparison of the two says nothing"
    assert found == [
        f"random_search and local_search are the same runs on nasbench201/cifar10, {says}",
        f"random_search and LS are the same runs on nasbench201/cifar10, {says}",
        f"local_search and LS are the same runs, {says}",
    ]
    assert nasbed.Results.load(tmp_path / "out").warnings == found


def test_records_of_runs_that_end_otherwise_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "same_runs", pytest.fail)
    study = STUDY.replace('"local_search"', '"regularized_evolution"\npopulation = 5').replace("= 12", "= 40")
    study, _, _ = study.rpartition("[[strategy]]")
    assert nasbed.run_study(nasbed.Study.parse(study), tmp_path / "out").warnings == []
