"""A small study, and what was exported of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import nasbed

STUDY = """
name = "exported"
title = "Exported"
seeds = 3
budget = { evaluations = 5 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[strategy]]
use = "random_search"
[[strategy]]
use = "hand_designed"
label = "by hand, once"
"""


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exchange") / "results"
    nasbed.run_study(nasbed.Study.parse(STUDY), folder)
    return folder


@pytest.fixture(scope="session")
def exported(study_folder: Path) -> Path:
    out = study_folder.parent / "exported"
    about = {
        "creator": "A. Author",
        "license": "https://www.apache.org/licenses/LICENSE-2.0",
        "citeAs": "Author (2026)",
    }
    nasbed.export_results(study_folder, out, ["csv", "parquet", "ioh", "croissant"], about)
    return out
