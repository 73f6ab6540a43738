"""One small network that is trained once, and the folder that it is in."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_images import SMALL, named_images

pytest.importorskip("torch")

from nasbed.training.fitted import FittedNetwork
from nasbed.training.fitting import train


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trained") / "model"


@pytest.fixture(scope="session")
def fitted(folder: Path) -> FittedNetwork:
    found = train(SMALL, data=named_images(), epochs=4, seeds=2, out=folder)
    found.export(folder)
    return found
