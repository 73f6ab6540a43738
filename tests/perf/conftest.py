"""The table that speed is measured on."""

from __future__ import annotations

import pytest

from nasbed.benchmarks import NASBench201


@pytest.fixture(scope="session")
def table() -> NASBench201:
    return NASBench201("cifar10")
