"""Tables of ours and the official packages, over the same trainings."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from beside import Pair, less_and_full, original
from daily import daily
from recorded_states import sizes, topologies, write_table

from nasbed.benchmarks import compat
from nasbed.benchmarks.compat import NASBench201API, _refusals, create


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home with the three tables, each of four architectures."""
    home = tmp_path_factory.mktemp("home")
    write_table(home, "nats_topology", topologies(), "NATS-tss-v1_0-3ffb9")
    write_table(home, "nasbench201_official", topologies(), "NAS-Bench-201-v1_1-096897")
    write_table(home, "nats_size", sizes(), "NATS-sss-v1_0-50262")
    return home


@pytest.fixture
def home(tables: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASBED_DATA", str(tables))
    return tables


@pytest.fixture(autouse=True)
def _every_warning_said_before(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of the warnings ask for ``unsaid``."""
    said = {"draws", "counts", "latency", "enforce_all", "shipped", "ties"}
    monkeypatch.setattr(_refusals, "_said", set() if "unsaid" in request.fixturenames else said)


@pytest.fixture
def unsaid() -> None:
    """Nothing has been warned of in this process."""


@pytest.fixture(scope="session")
def nats_bench() -> Any:
    return pytest.importorskip("nats_bench", reason="compares with nats-bench 1.8, which is not installed here")


@pytest.fixture(scope="session")
def nas_201_api() -> Any:
    """The package imports torch, to read files; handed a dictionary it never calls it, so a stand-in serves."""
    if importlib.util.find_spec("nas_201_api") is None:
        pytest.skip("compares with nas-bench-201 2.1, which is not installed here")
    stand_in = importlib.util.find_spec("torch") is None
    if stand_in:
        sys.modules["torch"] = types.ModuleType("torch")
    try:
        module = importlib.import_module("nas_201_api")
    finally:
        if stand_in:
            del sys.modules["torch"]
    return module


@pytest.fixture(scope="session")
def their_topology(nats_bench: Any) -> Any:
    return nats_bench.create(original(topologies(), list(compat._names.topologies())), "tss", verbose=False)


@pytest.fixture(scope="session")
def their_size(nats_bench: Any) -> Any:
    return nats_bench.create(original(sizes(), list(compat._names.sizes())), "sss", verbose=False)


@pytest.fixture(scope="session")
def their_nasbench(nas_201_api: Any) -> Any:
    states = original(less_and_full(topologies()), list(compat._names.topologies()))
    return nas_201_api.NASBench201API(states, verbose=False)


@pytest.fixture(scope="session")
def ours(tables: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(tables))
        return {
            "topology": create(None, "tss", verbose=False),
            "size": create(None, "sss", verbose=False),
            "nasbench": NASBench201API(verbose=False),
        }


@pytest.fixture
def topology(ours: dict[str, Any], their_topology: Any) -> Pair:
    return ours["topology"], their_topology


@pytest.fixture
def size(ours: dict[str, Any], their_size: Any) -> Pair:
    return ours["size"], their_size


@pytest.fixture
def nasbench(ours: dict[str, Any], their_nasbench: Any) -> Pair:
    return ours["nasbench"], their_nasbench


@pytest.fixture(params=daily(["topology", "size", "nasbench"], "topology", "nasbench"))
def pair(request: pytest.FixtureRequest) -> Pair:
    both: Pair = request.getfixturevalue(request.param)
    return both
