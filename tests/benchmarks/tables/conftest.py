"""A copy of the shipped table that may be damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nasbed.benchmarks.nasbench201 import NASBench201


@pytest.fixture
def copied(tmp_path: Path) -> type[NASBench201]:
    """The benchmark on a copy of its folder, to damage."""
    where = tmp_path / "nasbench201"
    shutil.copytree(NASBench201.folder, where)

    class Copied(NASBench201):
        folder = where

    return Copied
