"""The ledger beside a baseline: candidates that were tried are counted, and the reader is told what that does."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from verdicts import WORSE

from nasbed.errors import BaselineError, StoreError
from nasbed.gate import ledger
from nasbed.gate.baseline import Baseline
from nasbed.gate.commands import gate_command, update_command
from nasbed.gate.summary import line, markdown
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
        "#### ❔ Tries against this baseline\n\n"
        "There were 3 tries, this one included, of 3 different candidates; 2 of the others did not pass.\n\n"
        "A regression of the margin's size passes one try with a chance of at most 0.1, and at least one of 3 with up to 0.27."
        " A change of no effect fails one with at most 0.05, and at least one of 3 with up to 0.14."
        "\n\n- ⚠️ it passes after 2 others did not: where these were tries of one change, as with other streams, its regression may"
        " have passed by chance, 0.27; --power 0.967 for each of them keeps that chance at 0.1. The effect and its interval above"
        " are the better evidence"
    ) in markdown([last])
    assert last.plain()["judged"]["a_regression_passes"] == pytest.approx(1 - 0.9**3)
    assert line(last).startswith("RE | ours: equivalent after 150 seeds, on try 3; ")
    content = json.loads(ledger.ledger_of(stored).read_text())
    assert [one["trajectories"] for one in content["candidates"]] == ["aa", "bb", "cc"]
    assert json.loads(kept)["candidates"][0] == content["candidates"][0]
    assert [path.name for path in tmp_path.iterdir()] == ["gated.judged.json"]


def test_who_passes_after_others_that_passed_is_counted_and_not_warned_of(tmp_path: Path) -> None:
    tried(tmp_path / "gated.json", "aa")
    text = markdown([tried(tmp_path / "gated.json", "bb")])
    assert "There were 2 tries" in text
    assert "it passes after" not in text
    failing = markdown([tried(tmp_path / "gated.json", "cc", outcome="worse", fails=("worse",))])
    assert "it passes after" not in failing


def test_more_tries_than_any_power_makes_up_for(tmp_path: Path) -> None:
    for place in range(19):
        tried(tmp_path / "gated.json", f"{place:02}", outcome="worse" if place else "undecided")
    last = tried(tmp_path / "gated.json", "cc")
    assert last.tried_until_it_passed
    assert (
        "it passes after 19 others did not: where these were tries of one change, as with other streams, its regression may have"
        " passed by chance, 0.88; over so many no --power keeps that chance at 0.1, 0.99 at 0.18"
    ) in markdown([last])


def gated(study_text: str, use: str, stored: Path, **options: object) -> dict[str, Any]:
    """What the command says of a study with another strategy, as JSON."""
    study = Study.parse(study_text.replace('"regularized_evolution"', use))
    told = gate_command(study, stored, engine="here", tail_seeds=0, thinking="off", as_json=True, **options)  # type: ignore[arg-type]
    (found,) = json.loads(told.text)["verdicts"]
    return dict(found)


def test_a_change_that_fails_and_is_tried_with_another_stream_is_told_by_the_command(
    study_text: str, stored: Path
) -> None:
    first = gated(study_text, '"gate_variants:StaleValue"', stored)
    assert (first["outcome"], first["judged"]["tries"]) == ("worse", 1)
    then = gated(study_text, '"gate_variants:OtherStream"', stored, margin="2sd")
    assert then["passes"]
    assert (then["judged"]["tries"], then["judged"]["failed"]) == (2, 1)
    assert then["judged"]["a_regression_passes"] == pytest.approx(0.19)


@pytest.mark.thorough
def test_a_regression_that_is_tried_with_twenty_streams_is_noticed(study_text: str, stored: Path) -> None:
    """Each stream is a candidate of its own; some pass, and the last of those that do is told what came before."""
    found = [gated(study_text, f'"gated:TriedAnew"\nwhich = {which}', stored, margin="0.4sd") for which in range(20)]
    assert [one["judged"]["tries"] for one in found] == list(range(1, 21))
    passed = [place for place, one in enumerate(found) if one["passes"]]
    assert 0 < len(passed) < 20
    missed = sum(not one["passes"] for one in found[: passed[-1]])
    assert found[passed[-1]]["judged"]["failed"] == missed
    assert len(json.loads(ledger.ledger_of(stored).read_text())["candidates"]) == 20
    again = gated(study_text, f'"gated:TriedAnew"\nwhich = {passed[0]}', stored, margin="0.4sd")
    assert again["judged"]["tries"] == 20
    assert again["judged"]["a_regression_passes"] == pytest.approx(1 - 0.9**20)


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


@pytest.mark.thorough
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


@pytest.mark.parametrize(
    ("tries", "failed", "said"),
    [(2, 0, "; the other passed."), (2, 1, "; the other did not pass."), (3, 0, "; all others passed.")],
)
def test_how_the_other_tries_ended_is_said_in_words(tries: int, failed: int, said: str) -> None:
    judged = JudgedCandidates(tries, failed, trajectories=2, before=0)
    assert f"of 2 different candidates{said}" in markdown([replace(PASSED, judged=judged)])
