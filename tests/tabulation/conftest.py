"""The trainer, and what it left of the few cells."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType

import pytest
from few_cells import PLAN

from nasbed.tabulation.tabulate import tabulate


@pytest.fixture(scope="session")
def trainer() -> ModuleType:
    for name, package in (("torch", "torch"), ("sklearn", "scikit-learn")):
        pytest.importorskip(name, reason=f"needs {package}: pip install '.[train]'")
    from nasbed.benchmarks.training.images.table import trainer

    return trainer


@pytest.fixture(scope="session")
def few(trainer: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("few") / "out"
    tabulate(PLAN, out, device="cpu")
    return out


@pytest.fixture
def out(few: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(few, tmp_path / "out"))
