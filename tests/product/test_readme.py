"""What README and docs promise: the table is that of the quick start, and the examples run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from places import ROOT
from quick_start import readme_table, shown_table, steady

import nasbed
from nasbed.vocabulary import Benchmark


def test_the_table_is_that_of_the_quick_start(tmp_path: Path) -> None:
    """Of its one data set, without the strategy whose numbers may differ; tests/thorough has the study as it stands."""
    content = tomllib.loads((ROOT / "studies" / "quickstart.toml").read_text(encoding="utf-8"))
    content["benchmark"] = [one for one in content["benchmark"] if one["dataset"] == "cifar100"]
    content["strategy"] = [one for one in content["strategy"] if one["use"] != "reinforce"]
    results = nasbed.run_study(nasbed.Study.parse(tomli_w.dumps(content)), tmp_path / "out")
    assert steady(readme_table(results)) == steady(shown_table())


def blocks_of(path: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / path).read_text(encoding="utf-8"), re.DOTALL)


def test_the_strategy_of_the_readme_runs(cifar10: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "readme_strategy.py").write_text(blocks_of("README.md", "python")[1])
    monkeypatch.syspath_prepend(tmp_path)
    climber = nasbed.load_strategy("readme_strategy:Climber", restart=0.2)
    assert isinstance(climber, nasbed.Strategy)
    assert len(nasbed.search(climber, cifar10, budget={"evaluations": 60}).outcomes) == 60


def python_of_the_docs(word: str) -> str:
    """The one block of Python in docs/writing-strategies.md that has a word."""
    (code,) = (block for block in blocks_of("docs/writing-strategies.md", "python") if word in block)
    return code


def test_the_searcher_of_the_docs_conforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs_strategy.py").write_text(python_of_the_docs("HillClimber(Strategy)"))
    monkeypatch.syspath_prepend(tmp_path)
    findings = nasbed.check_strategy("docs_strategy:HillClimber", restart=0.2)
    assert [str(finding) for finding in findings if not finding.holds] == []


def test_the_loop_of_the_docs_runs_and_its_end_is_caught(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(python_of_the_docs("def search"), names)
    exec(python_of_the_docs("BudgetExhausted:"), names)
    assert len(names["query"].result().outcomes) == 200
    assert "'test_regret': " in capsys.readouterr().out


def test_the_study_of_the_docs_is_valid() -> None:
    study = nasbed.Study.parse(blocks_of("docs/studies.md", "toml")[0])
    assert [entry.label for entry in study.strategies] == ["RE, sample 2", "RE, sample 3", "RE, sample 5"]
    assert study.examine() == []


def test_every_key_of_a_study_is_documented() -> None:
    from nasbed.studies.study import _KEYS, _TABLES

    assert set(tomllib.loads(blocks_of("docs/studies.md", "toml")[0])) - set(_TABLES) == set(_KEYS)


@pytest.mark.parametrize("path", ["README.md", *(f"docs/{file.name}" for file in sorted((ROOT / "docs").glob("*.md")))])
def test_links_lead_somewhere(path: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / path).read_text(encoding="utf-8")):
        assert target.startswith("http") or ((ROOT / path).parent / target).exists(), target
