"""Studies of which little is left: no incumbent at all or in part, one seed, one strategy, equal scores. All is made and said."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from math import nan

import pandas as pd
import pytest
from daily import daily

import nasbed
from nasbed import figures
from nasbed.reports import checklist, html
from nasbed.reports.compare import compare
from nasbed.reports.compare import markdown as compared
from nasbed.tables import captions

Score = Callable[[str, int, int], float]
"""What a strategy saw: by strategy, seed and evaluation."""

NOTHING: Score = lambda strategy, seed, place: nan  # noqa: E731
CASES: dict[str, tuple[Score, str]] = {
    "no incumbent": (NOTHING, "No run has an incumbent: every training failed"),
    "none of one strategy": (
        lambda s, seed, place: nan if s == "first" else 50.0 + place,
        "first on b: no run has an incumbent",
    ),
    "none of some seeds": (
        lambda s, seed, place: nan if seed % 2 else 50.0 + place,
        "runs have no incumbent and are left out",
    ),
    "late": (lambda s, seed, place: 50.0 if place == 3 else nan, ""),
    "equal": (lambda s, seed, place: 50.0, ""),
}


def results_of(score: Score, strategies: list[str], seeds: int, budget: dict[str, int]) -> nasbed.Results:
    same = score("first", 0, 0) == score("first", 0, 1)
    rows = [
        (
            strategy,
            "b",
            seed,
            7 if same else seed + 3 * place,
            score(strategy, seed, place),
            10.0 * place + 10,
        )
        for strategy in strategies
        for seed in range(seeds)
        for place in range(4)
    ]
    frame = pd.DataFrame(rows, columns=["strategy", "benchmark", "seed", "architecture", "value", "time"])
    return nasbed.Results.from_frame(frame, {"b": nasbed.load_benchmark("synthetic")}, budget)


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """No warning of NumPy, pandas or matplotlib."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


FEW: dict[str, tuple[list[str], int, dict[str, int]]] = {
    "one strategy, one seed": (["first"], 1, {"seconds": 40}),
    "two seeds": (["first", "second"], 2, {"evaluations": 4}),
    "eight seeds": (["second", "first"], 8, {"seconds": 40}),
}
DAILY = [
    ("no incumbent", "one strategy, one seed"),
    ("no incumbent", "two seeds"),
    ("none of one strategy", "two seeds"),
    ("none of some seeds", "eight seeds"),
    ("equal", "one strategy, one seed"),
]


@pytest.mark.parametrize(("case", "few"), daily([(case, few) for case in CASES for few in FEW], *DAILY))
def test_tables_pages_and_comparisons_are_made_and_say_what_is_missing(case: str, few: str) -> None:
    (score, said), (strategies, seeds, budget) = CASES[case], FEW[few]
    results = results_of(score, strategies, seeds, budget)
    page = html.page(results, results.curves())
    markdown = nasbed.comparison_table(results, "markdown")
    for text in (
        markdown,
        nasbed.comparison_table(results, "latex"),
        compared(compare(results, results)),
        checklist.markdown(results),
    ):
        assert " nan" not in text
        assert "RuntimeWarning" not in text
    if strategies != ["first"] and (seeds > 1):
        assert said in markdown
        assert said in page
    content = page.partition('<script id="data" type="application/json">')[2].partition("</script>")[0]
    assert not content or json.loads(content, parse_constant=pytest.fail)


@pytest.mark.parametrize("case", daily(CASES, "no incumbent"))
def test_figures_are_drawn_or_refused(case: str) -> None:
    results = results_of(CASES[case][0], ["first", "second"], 3, {"evaluations": 4})
    drawn = figures.available(results)
    assert set(drawn) >= {"curves", "ecdf", "ranks", "profile", "finals", "trajectory"}
    assert ("improvement" in drawn, "critical_difference" in drawn) == (
        case != "no incumbent",
        case not in ("no incumbent", "none of one strategy"),
    )
    for name in drawn:
        assert figures.rendered(figures.render(results, name, "single"), "svg")
        assert captions.without_incumbent(results) == [] or captions.without_incumbent(results)[0] in figures.caption(
            results, name
        )


def test_a_comparison_of_results_without_incumbents_has_no_numbers() -> None:
    nothing = results_of(NOTHING, ["first"], 8, {"evaluations": 4})
    found = compare(nothing, results_of(CASES["equal"][0], ["first"], 8, {"evaluations": 4}))
    assert "| b | first | 0 | – | – | – | – | – | differ |" in compared(found)
    assert "first on b: no seed has an incumbent in both, so there is nothing to compare." in compared(found)


@pytest.mark.thorough
def test_a_pair_that_cannot_be_compared_has_a_dash_in_the_figure() -> None:
    results = results_of(CASES["none of one strategy"][0], ["first", "second", "third"], 3, {"evaluations": 4})
    numbers = figures.numbers(results, "improvement").set_index(["strategy", "rival"])["mean"]
    assert pd.isna(numbers["first", "second"])
    assert numbers["second", "third"] == 0.5
    texts = [text.get_text() for text in figures.render(results, "improvement").axes[0].texts]
    assert sorted(texts) == ["50", "50", "–", "–", "–", "–"]
