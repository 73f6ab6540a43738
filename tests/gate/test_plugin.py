"""The pytest plug-in, in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from forking import PYTEST, Forking

from nasbed.gate.baseline import Baseline

TEST = """\
def test_strategy(nasbed_gate):
    (verdict,) = nasbed_gate("gated.toml", "baselines/gated.json")
    assert verdict.outcome == "unchanged"
"""


def pytest_in(forking: Forking, folder: Path, *options: str) -> tuple[int, str]:
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    words = ("pytest", "-p", "nasbed.gate.plugin", "-p", "no:cacheprovider", "-rA", *options)
    done = forking.run(PYTEST, argv=words, cwd=folder, env=environment)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path, study_text: str, baseline: Baseline) -> Path:
    """A project with a study, a baseline and a test."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "gated.toml").write_text(study_text)
    (tmp_path / "test_strategy.py").write_text(TEST)
    baseline.write(tmp_path / "baselines" / "gated.json")
    return tmp_path


def test_an_unchanged_strategy_passes_and_a_bug_fails_with_the_summary(project: Path, forking: Forking) -> None:
    (project / "mine.py").write_text(
        "from dataclasses import dataclass\n"
        "from nasbed.strategies.random_search import RandomSearch\n"
        "@dataclass(frozen=True)\nclass Mine(RandomSearch):\n    pass\n"
    )
    (project / "changed.toml").write_text(
        (project / "gated.toml")
        .read_text()
        .replace('"regularized_evolution"', '"mine:Mine"')
        .replace("population = 10\nsample = 3\n", "")
    )
    text = TEST + TEST.replace("test_strategy", "test_bug").replace("gated.toml", "changed.toml")
    (project / "test_strategy.py").write_text(text)
    code, told = pytest_in(forking, project)
    assert code == 1
    assert "1 failed, 1 passed" in told
    assert "### ❌ evolution: worse" in told
    assert "PASSED test_strategy.py::test_strategy" in told


def test_the_baseline_is_written_on_request(project: Path, forking: Forking) -> None:
    (project / "baselines" / "gated.json").unlink()
    (project / "test_strategy.py").write_text(TEST.replace('gated.json"', 'gated.json", baseline_seeds=100'))
    code, told = pytest_in(forking, project, "--nasbed-gate-update")
    assert code == 0
    assert "baseline written" in told
    assert Baseline.load(project / "baselines" / "gated.json").count == 100


def test_the_plugin_imports_nothing_heavy() -> None:
    heavy = (
        "{'numpy', 'scipy', 'pandas', 'pyarrow', 'matplotlib', 'nasbed.studies', 'nasbed.commands'} & set(sys.modules)"
    )
    code = f"import sys, nasbed.gate.plugin; print({heavy})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.skipif(not entry_points(group="pytest11", name="nasbed"), reason="needs the package installed anew")
def test_pytest_finds_the_plugin_by_its_entry_point() -> None:
    (found,) = entry_points(group="pytest11", name="nasbed")
    assert found.value == "nasbed.gate.plugin"
