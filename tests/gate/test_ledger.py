"""The ledger beside a baseline: candidates that were tried are counted, and the reader is told what that does."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from verdicts import WORSE

from nasbed.errors import BaselineError, StoreError
from nasbed.gate import ledger
from nasbed.gate.baseline import Baseline
from nasbed.gate.commands import gate_command, update_command
from nasbed.gate.summary import markdown
from nasbed.gate.verdict import JudgedCandidates, Verdict
from nasbed.studies.study import Study

PASSED = replace(WORSE, outcome="equivalent", fails=(), candidate="aa")
IDENTITY = "1" * 64


@pytest.fixture
def stored(baseline: Baseline, tmp_path: Path) -> Path:
    """The baseline in a file of a folder of its own."""
    return baseline.write(tmp_path / "baselines" / "gated.json")


def tried(stored: Path, trajectories: str, **content: object) -> Verdict:
    """The verdict on a candidate, counted."""
    one = replace(PASSED, candidate=trajectories, **content)  # type: ignore[arg-type]
    (found,) = ledger.counted([one], stored, IDENTITY, 0)
    return found


def test_different_candidates_are_counted_once_each(tmp_path: Path) -> None:
    stored = tmp_path / "gated.json"
    assert "Tries against" not in markdown([tried(stored, "aa", outcome="worse")])
    assert "Tries against" not in markdown([tried(stored, "aa", outcome="worse")])
    kept = ledger.ledger_of(stored).read_text()
    tried(stored, "bb", outcome="undecided")
    last = tried(stored, "cc")
    assert last.judged == JudgedCandidates(tries=3, failed=2, trajectories=3, before=0)
    assert (
        "#### Tries against this baseline\n\n"
        "There were 3 tries, this one included, of 3 different candidates; 2 of the others did not pass.\n\n"
        "A regression of the margin's size passes one try with a chance of at most 0.1, and at least one of 3 with up to 0.27."
        " A change of no effect fails one with at most 0.05, and at least one of 3 with up to 0.14."
    ) in markdown([last])
    content = json.loads(ledger.ledger_of(stored).read_text())
    assert [one["trajectories"] for one in content["candidates"]] == ["aa", "bb", "cc"]
    assert json.loads(kept)["candidates"][0] == content["candidates"][0]
    assert [path.name for path in tmp_path.iterdir()] == ["gated.judged.json"]


def test_another_margin_is_another_try_of_the_same_candidate(tmp_path: Path) -> None:
    tried(tmp_path / "gated.json", "aa")
    found = tried(tmp_path / "gated.json", "aa", margin=0.3)
    assert "There were 2 tries, this one included, of 1 different candidate; " in markdown([found])


def test_strategies_are_counted_apart(tmp_path: Path) -> None:
    tried(tmp_path / "gated.json", "aa")
    assert tried(tmp_path / "gated.json", "bb", strategy="other").judged == JudgedCandidates(1, 0, 1, 0)


def test_what_is_unchanged_tries_nothing(study_text: str, stored: Path) -> None:
    gate_command(Study.parse(study_text), stored, engine="here", tail_seeds=0)
    assert not ledger.ledger_of(stored).exists()


def test_an_update_hands_the_number_of_tries_on(study_text: str, stored: Path) -> None:
    identity = Baseline.load(stored).identity
    for trajectories in ("aa", "bb"):
        ledger.counted([replace(PASSED, candidate=trajectories)], stored, identity, 0)
    told = update_command(Study.parse(study_text), stored, seeds=100, engine="here")
    assert "2 tries were judged against those before this one." in told.text
    assert [path.name for path in stored.parent.iterdir()] == ["gated.json"]
    assert Baseline.load(stored).judged == 2
    changed = Study.parse(study_text.replace('"regularized_evolution"', '"gate_variants:OtherStream"'))
    ledger.counted([replace(PASSED, strategy="evolution", candidate="aa")], stored, Baseline.load(stored).identity, 2)
    found = gate_command(changed, stored, engine="here", tail_seeds=0, thinking="off", margin="2sd")
    assert "There were 2 tries, this one included, of 2 different candidates" in found.text
    assert "Against those that it has replaced there were 2." in found.text
    assert len(json.loads(ledger.ledger_of(stored).read_text())["candidates"]) == 2


def test_a_ledger_of_another_baseline_is_begun_anew(tmp_path: Path) -> None:
    tried(tmp_path / "gated.json", "aa")
    path = ledger.ledger_of(tmp_path / "gated.json")
    path.write_text(path.read_text().replace(IDENTITY, "0" * 64))
    assert tried(tmp_path / "gated.json", "bb").judged == JudgedCandidates(1, 0, 1, 0)
    assert len(json.loads(path.read_text())["candidates"]) == 1


def test_where_the_ledger_cannot_be_written_the_summary_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object) -> None:
        raise StoreError(f"cannot write {path}: Read-only file system; make room for it")

    tried(tmp_path / "gated.json", "aa")
    monkeypatch.setattr(ledger, "atomic_write", full)
    found = tried(tmp_path / "gated.json", "bb")
    assert found.passes
    text = markdown([found])
    assert "There were 2 tries, this one included" in text
    assert "This try is not in the ledger beside the baseline, and will not be counted: cannot write" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged: Expecting property name"),
        ("[]", "is damaged: expected a table with the keys 'baseline' and 'candidates'"),
        (
            '{"baseline": "ID", "candidates": 3}',
            "candidates is 3; expected a list of tables with the texts strategy, trajectories",
        ),
        ('{"baseline": "ID", "candidates": [{"strategy": 1}]}', "expected a list of tables with the texts strategy"),
        ("<<<<<<< HEAD\n{}", "is damaged: Expecting value"),
    ],
)
def test_a_damaged_ledger_is_refused_before_anything_runs(
    study_text: str, stored: Path, text: str, message: str
) -> None:
    ledger.ledger_of(stored).write_text(text.replace("ID", Baseline.load(stored).identity))
    with pytest.raises(BaselineError, match=re.escape(message)) as caught:
        gate_command(Study.parse(study_text), stored, engine="here")
    assert "the ledger" in str(caught.value)
    assert "; restore it from version control, or delete it, and candidates are counted anew" in str(caught.value)
