"""A new statistic is one declaration: tables of every form, the summary and the captions show it, and nothing else is edited."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from daily import daily
from places import ROOT
from rich.console import Console

import nasbed
from nasbed.reports import html
from nasbed.summary import contrasts, costs, scores
from nasbed.summary.statistic import Family, FinalScores, Pair, Spent, Statistic
from nasbed.tables import captions
from nasbed.tables.comparison import tables
from nasbed.tables.notes import notes
from nasbed.tables.renderers.terminal import terminal

PAGE = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
(DECLARATION,) = re.findall(r"^```text\n(Statistic\(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MAD: Statistic = eval(DECLARATION, {"Statistic": Statistic, "Family": Family, "np": np})
"""The example of docs/reports.md: the median absolute deviation from the median."""

LOSSES = Statistic(
    "losses",
    Family.CONTRASTS,
    "losses",
    adds=("losses",),
    numbers=lambda of: {"losses": float(np.mean(of.ours > of.theirs))},
    text=lambda row: row.share("losses"),
    about="losses: share of seeds behind {reference}.",
)
LONGEST = Statistic(
    "longest",
    Family.COSTS,
    "longest, h",
    adds=("longest",),
    numbers=lambda of: {"longest": of.seconds.max() / 3600},
    text=lambda row: row.amount("longest"),
    group="Time",
    about="longest: hours of the longest run.",
)
DECLARED = {"scores": (scores, MAD), "contrasts": (contrasts, LOSSES), "costs": (costs, LONGEST)}

STUDY = """
name = "declared"
seeds = 7
budget = { evaluations = 12 }
reference = "random_search"
[[benchmark]]
use = "nasbench201"
[[strategy]]
use = "random_search"
[[strategy]]
use = "local_search"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("declared") / "out"
    nasbed.run_study(nasbed.Study.parse(STUDY), made)
    return made


def _printed(results: nasbed.Results) -> str:
    console = Console(width=400, file=io.StringIO(), markup=False, emoji=False, highlight=False)
    for table in tables(results):
        console.print(terminal(table))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


FORMS: dict[str, Callable[[nasbed.Results], str]] = {
    "terminal": _printed,
    "markdown": lambda results: nasbed.comparison_table(results, "markdown"),
    "latex": lambda results: nasbed.comparison_table(results, "latex"),
    "csv": lambda results: nasbed.comparison_table(results, "csv"),
    "html": lambda results: html.page(results, results.curves()),
}


def _expected(results: nasbed.Results, name: str) -> str:
    """The text of the new cell of local_search, computed from the frame of the finals."""
    finals = results.finals().set_index(["strategy", "seed"])
    mine, theirs = finals.loc["local_search"], finals.loc["random_search"]
    if name == "scores":
        values = mine["validation_regret"]
        return f"{(values - values.median()).abs().median():.6g}"
    if name == "contrasts":
        return f"{(mine['validation_regret'] > theirs['validation_regret']).mean():.2f}"
    return f"{mine['seconds'].max() / 3600:.6g}"


SHOWN = [(name, form) for name in DECLARED for form in FORMS]
DAILY = [
    ("scores", "terminal"),
    ("contrasts", "markdown"),
    ("costs", "latex"),
    ("scores", "csv"),
    ("contrasts", "html"),
]


@pytest.mark.parametrize(("name", "form"), daily(SHOWN, *DAILY))
def test_it_is_in_every_form(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, form: str) -> None:
    module, declared = DECLARED[name]
    before = FORMS[form](nasbed.Results.load(folder))
    monkeypatch.setattr(module, "STATISTICS", (*module.STATISTICS, declared))
    results = nasbed.Results.load(folder)
    after = FORMS[form](results)
    head = declared.name if form == "csv" else declared.head
    times = {"scores": 4 if form == "csv" else 3, "contrasts": 2, "costs": 1}[name]
    outside = re.compile(rf"(?<![a-z]){re.escape(head)}(?![a-z:])")  # a caption has the head with a colon
    assert len(outside.findall(re.sub(r'data-name="[^"]*"', "", after))) == times + len(outside.findall(before))
    cell = _expected(results, name)
    if form == "csv":
        column = {"scores": "validation_regret_mad", "contrasts": "validation_regret_losses", "costs": "longest"}[name]
        row = list(csv.DictReader(io.StringIO(after)))[1]
        assert float(row[column]) == pytest.approx(float(cell), abs=5e-3)
    elif name == "contrasts":
        assert after.count(cell) > before.count(cell)
    else:
        shown = [float(text) for text in re.findall(r"\d+\.\d+", after)]
        assert any(number == pytest.approx(float(cell), rel=5e-3) for number in shown)


@pytest.mark.parametrize("name", daily(DECLARED, "contrasts"))
def test_it_is_in_the_caption_of_every_form(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    module, declared = DECLARED[name]
    said = declared.about.replace("{reference}", "random_search")
    results = nasbed.Results.load(folder)
    assert not any(said in note for note in notes(results))
    monkeypatch.setattr(module, "STATISTICS", (*module.STATISTICS, declared))
    assert sum(said in note for note in notes(results)) == 1
    assert said in FORMS["markdown"](results)
    assert said.replace("_", r"\_") in FORMS["latex"](results)
    assert said in FORMS["html"](results)
    assert said not in captions.caption(results)


def test_a_statistic_is_not_asked_where_there_are_no_runs(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A minimum of nothing would raise; what is not asked is nan."""
    least = Statistic("least", Family.SCORES, "least", adds=("least",), numbers=lambda of: {"least": of.values.min()})
    monkeypatch.setattr(scores, "STATISTICS", (*scores.STATISTICS, least))
    results = nasbed.Results.load(folder)
    for series in results.series:
        series.runs.scores["test"].values[:] = np.nan
    assert results.summary()["test_least"].isna().all()
    assert (results.summary()["validation_least"] <= results.summary()["validation_mean"]).all()


def test_place_orders_the_statistics_of_a_family(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(scores, "STATISTICS", (*scores.STATISTICS, replace(MAD, place=65)))
    lines = nasbed.comparison_table(nasbed.Results.load(folder), "latex").splitlines()
    (heads,) = (line for line in lines if line.startswith("Strategy & mean"))
    assert heads.split(" & ")[1:5] == [r"mean $\pm$ sd", "median", "MAD", r"95\,\% interval"]


def test_what_a_statistic_is_given(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    given: list[object] = []

    def seen(of: object) -> dict[str, float]:
        given.append(of)
        return {}

    for module, declared in DECLARED.values():
        asked = Statistic("seen", declared.family, "seen", adds=("seen",), numbers=seen)
        monkeypatch.setattr(module, "STATISTICS", (asked,))
    results = nasbed.Results.load(folder)
    assert results.summary()["seen"].isna().all()
    assert [type(of) for of in given] == [*[FinalScores] * 4, Spent, *[FinalScores] * 4, Spent, Pair, Pair]
    pair = given[-2]
    assert isinstance(pair, Pair)
    found = results.scores()
    np.testing.assert_array_equal(pair.ours - pair.theirs, (found["local_search"] - found["random_search"])[:, 0])
    assert pair.tested["difference"] == pytest.approx(np.mean(pair.ours - pair.theirs))
