"""The order of a study's series has one owner: whatever shows them has benchmarks first, and strategies as the file names them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nasbed
from nasbed import figures
from nasbed.commands.studies import show
from nasbed.reports import checklist, html
from nasbed.reports.compare import compare
from nasbed.results.multiobjective import fronts
from nasbed.results.results import Results
from nasbed.statistics.comparisons import contrasts
from nasbed.tables import fronts as fronts_table

STRATEGIES = ["wander", "climb", "mid"]
BENCHMARKS = ["t/small", "t/small → cifar100", "a/other"]
"""In neither is the alphabet's order the study's; of the second benchmark a search of the first is reported."""

STUDY = """
name = "order"
seeds = 6
budget = { evaluations = 10 }
reference = "climb"
[[benchmark]]
use = "nasbench201"
label = "t/small"
objectives = ["accuracy", "latency"]
report = ["cifar10", "cifar100"]
[[benchmark]]
use = "nasbench201"
dataset = "ImageNet16-120"
label = "a/other"
objectives = ["accuracy", "latency"]
[[strategy]]
use = "random_search"
label = "wander"
[[strategy]]
use = "local_search"
label = "climb"
[[strategy]]
use = "hand_designed"
label = "mid"
"""
PAIRS = list(product(BENCHMARKS, STRATEGIES))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("order") / "out"
    nasbed.run_study(nasbed.Study.parse(STUDY), made)
    return made


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return Results.load(folder)


def _pairs(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Benchmarks and strategies of the rows of a frame, once each."""
    return list(dict.fromkeys(zip(frame["benchmark"], frame["strategy"], strict=True)))


FRAMES: dict[str, Callable[[Results], pd.DataFrame]] = {
    "summary": Results.summary,
    "finals": Results.finals,
    "evaluations": Results.evaluations,
    "curves": Results.curves,
    "fronts": fronts.frame,
    "fronts.summary": fronts.summary,
    "fronts.curves": fronts.curves,
    "compare": lambda results: compare(results, results).table,
    "ecdf": lambda results: figures.numbers(results, "ecdf"),
    "tradeoff": lambda results: figures.numbers(results, "tradeoff"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames(results: Results, name: str) -> None:
    frame = FRAMES[name](results)
    assert [pair for pair in _pairs(frame) if pair[0] in BENCHMARKS] == PAIRS


def test_results_and_what_is_computed_of_them(results: Results) -> None:
    assert [(series.benchmark, series.strategy) for series in results.series] == PAIRS
    assert (results.strategies, list(results.benchmarks)) == (STRATEGIES, BENCHMARKS)
    assert list(results.scores()) == STRATEGIES
    assert [series.strategy for series in results.series_on("a/other")] == STRATEGIES
    compared = _pairs(contrasts(results))
    assert compared == [pair for pair in PAIRS if pair[1] != "climb"]
    some = results.subset(["mid", "wander"], ["a/other", "t/small"])
    assert _pairs(some.summary()) == [pair for pair in PAIRS if pair[0] != BENCHMARKS[1] and pair[1] != "climb"]


def _places(text: str, names: list[str]) -> list[int]:
    """Where the names stand in a text, first to last."""
    assert all(name in text for name in names)
    return [text.index(name) for name in names]


def _bodies(text: str, heads: list[str]) -> list[str]:
    """What stands below each head."""
    places = _places(text, heads)
    assert places == sorted(places)
    return [text[begin:end] for begin, end in zip(places, [*places[1:], len(text)], strict=True)]


def test_tables_in_every_form(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fronts_table, "floor", lambda *of: {})  # which takes seconds, and has no series
    forms = {
        "markdown": (nasbed.comparison_table(results, "markdown"), "## {} (", "\n| {} |"),
        "latex": (nasbed.comparison_table(results, "latex").replace(r"$\rightarrow$", "→"), r"\emph{{{} (", "\n{} &"),
        "fronts": (fronts_table.markdown(results), "## {}:", "\n| {} |"),
        "page": (html.page(results, results.curves()), "<caption>{} (", '<tr><th scope="row">{}</th>'),
    }
    for text, head, row in forms.values():
        for body in _bodies(text, [head.format(label) for label in BENCHMARKS]):
            places = _places(body, [row.format(name) for name in STRATEGIES])
            assert places == sorted(places)
    lines = nasbed.comparison_table(results, "csv").splitlines()[1:]
    assert [tuple(line.split(",")[:2]) for line in lines] == PAIRS


def test_json_and_the_terminal(results: Results, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show(results, folder, [], True)
    rows = json.loads(capsys.readouterr().out)["summary"]
    assert [(row["benchmark"], row["strategy"]) for row in rows] == PAIRS
    show(results, folder, [], False)
    for body in _bodies(capsys.readouterr().out, [f"{label} (accuracy" for label in BENCHMARKS]):
        assert re.findall(r"^ (wander|climb|mid) ", body, re.MULTILINE) == STRATEGIES
    stored = json.loads((folder / "run.json").read_text(encoding="utf-8"))["series"]
    assert [(one["benchmark"], one["strategy"]) for one in stored] == [pair for pair in PAIRS if "→" not in pair[0]]


@pytest.mark.thorough
def test_figures_their_legends_and_colours(results: Results) -> None:
    for name in ("curves", "ecdf"):
        figure = figures.render(results, name)
        titles = [ax.get_title(loc=loc).replace("\n", " ") for ax in figure.axes for loc in ("left", "center")]
        assert [title for title in titles if title in BENCHMARKS] == BENCHMARKS, name
        (legend,) = figure.legends
        shown = [text.get_text() for text in legend.get_texts()]
        assert [name for name in shown if name in STRATEGIES] == STRATEGIES
    drawn = figures.render(results, "curves", strategies=["mid", "climb"]).axes[0].lines
    colours = {str(line.get_label()): line.get_color() for line in drawn}
    assert {name: colours[name] for name in ("climb", "mid")} == {
        name: results.looks[name].color for name in ("climb", "mid")
    }
    assert len({look.color for look in results.looks.values()}) == len(STRATEGIES)


def test_sentences_that_list_benchmarks(results: Results) -> None:
    assert "All searches on t/small, a/other together" in checklist.markdown(results)


def test_a_frame_in_another_order_is_put_into_that_of_a_study() -> None:
    """Strategies first, as a loop over strategies writes them: benchmarks and strategies keep the order in which they come."""
    benchmark = nasbed.load_benchmark("synthetic")
    rows = [
        {"strategy": strategy, "benchmark": label, "seed": seed, "architecture": seed, "value": 50.0, "time": 1.0}
        for strategy, label, seed in product(STRATEGIES, ["z", "b"], range(2))
    ]
    made = Results.from_frame(pd.DataFrame(rows), {"b": benchmark, "z": benchmark}, {"evaluations": 1}, reference="mid")
    assert _pairs(made.summary()) == list(product(["z", "b"], STRATEGIES))
    assert np.array_equal(made.scores()["mid"], made.scores()["wander"], equal_nan=True)
