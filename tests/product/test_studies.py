"""What lies in studies/ can be used: every study is valid, every script says how it is called."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest
from places import ROOT

from nasbed import Study
from nasbed.benchmarks.training.plans import load_plan
from nasbed.errors import DataError, UnmetNeedError

SCRIPTS = sorted((ROOT / "studies").glob("*.py"))
PLANS = {"digits201.toml", "vowels.toml"}


@pytest.mark.parametrize("path", sorted((ROOT / "studies").glob("*.toml")), ids=lambda path: path.name)
def test_every_study_is_valid(path: Path) -> None:
    if path.name in PLANS:
        assert load_plan(path).title
        return
    try:
        study = Study.load(path)
        warnings = study.examine()
    except DataError as error:
        if "nasbed data" not in str(error):
            raise
        pytest.skip(f"needs a table: {error}")
    except UnmetNeedError as error:
        if "the package" not in str(error):
            raise
        pytest.skip(f"needs a library: {error}")
    assert len(study.series()) >= 2
    assert [warning for warning in warnings if "random search" not in warning] == []


def test_the_index_names_every_study_and_script() -> None:
    index = (ROOT / "studies" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\((\w+\.toml)\)|`(\w+\.py|\w+/)`", index))
    there = [*SCRIPTS, *(ROOT / "studies").glob("*.toml")]
    assert sorted("".join(one) for one in named if not "".join(one).endswith("/")) == sorted(
        path.name for path in there
    )


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_script_says_how_it_is_called(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [str(path), "--help"])
    if "__main__" not in path.read_text(encoding="utf-8"):
        assert runpy.run_path(str(path), run_name="imported")["__doc__"]
        return
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(path), run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: {path.name}")
