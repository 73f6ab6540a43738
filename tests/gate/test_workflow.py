"""The workflow of docs/gate.md: well-formed, and its steps run as they stand, in a fresh clone without anything else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from places import ROOT

yaml = pytest.importorskip("yaml", reason="needs PyYAML to read the workflow")

KEPT = re.compile(r"PIP_.*|.*_PROXY|.*_proxy|SSL_.*|.*_CERT_FILE|.*_CA_BUNDLE")
"""What the environment keeps: where packages and certificates are."""


@pytest.fixture
def steps() -> list[dict[str, Any]]:
    """The steps of the workflow."""
    (text,) = re.findall(
        r"```yaml\n(name: gate\n.*?)```", (ROOT / "docs" / "gate.md").read_text(encoding="utf-8"), re.S
    )
    content = yaml.safe_load(text)
    assert content["permissions"] == {"contents": "read"}
    found: list[dict[str, Any]] = content["jobs"]["gate"]["steps"]
    return found


def test_each_step_is_an_action_of_a_version_or_commands(steps: list[dict[str, Any]]) -> None:
    for step in steps:
        assert set(step) <= {"uses", "with", "run", "if"}, step
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+(/[a-z]+)?@v\d+", step["uses"])
    assert [step["run"].split()[0] for step in steps if "run" in step] == ["python", "nasbed", "if"]


def test_files_that_the_steps_name_are_there(steps: list[dict[str, Any]]) -> None:
    command = next(step["run"] for step in steps if step.get("run", "").startswith("nasbed"))
    for name in re.findall(r"\S+\.(?:toml|json)", command):
        assert (ROOT / name).is_file()
    paths = {step["with"]["path"] for step in steps if "cache" in step.get("uses", "")}
    assert paths == {"results/baselines/gate.judged.json"}


def test_the_ledger_is_kept_where_the_gate_fails(steps: list[dict[str, Any]]) -> None:
    (save,) = (step for step in steps if "cache/save" in step.get("uses", ""))
    (restore,) = (step for step in steps if "cache/restore" in step.get("uses", ""))
    assert save["if"] == "always()"
    assert save["with"]["key"] == restore["with"]["key"]
    assert save["with"]["key"].startswith(restore["with"]["restore-keys"])


@pytest.mark.thorough
def test_the_commands_run_in_a_fresh_clone(steps: list[dict[str, Any]], tmp_path: Path) -> None:
    clone, home = tmp_path / "clone", tmp_path / "home"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(clone)], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "python")], check=True)
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)} | {
        "PATH": f"{tmp_path / 'python' / 'bin'}:/usr/bin:/bin",
        "HOME": str(home),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    for step in steps:
        if "run" in step:
            words = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
            done = subprocess.run(words, cwd=clone, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{step['run']}\n{done.stdout}\n{done.stderr}"
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("### ✅ evolution: unchanged\n")
    assert (clone / "gate.xml").read_text(encoding="utf-8").startswith("<?xml")
