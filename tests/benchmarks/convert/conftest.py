"""Small official spaces, and a folder in the official layout."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from official_files import FIRST, TSS, cells, nats_folder

from nasbed.benchmarks.convert import nats_topology


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The spaces hold their first four architectures, so that a whole import is quick."""
    for module, texts in FIRST.items():
        monkeypatch.setattr(module, "LAYOUT", replace(module.LAYOUT, texts=lambda texts=texts: list(texts)))


@pytest.fixture(scope="session")
def whole_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return nats_folder(tmp_path_factory.mktemp("whole") / TSS, cells(), FIRST[nats_topology])


@pytest.fixture
def folder(whole_folder: Path, tmp_path: Path) -> Path:
    """A NATS folder of all four cells."""
    return shutil.copytree(whole_folder, tmp_path / TSS)
