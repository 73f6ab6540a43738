"""The sentences that say what figures show: computed from the numbers, and true of them."""

from __future__ import annotations

import pandas as pd

import nasbed
from nasbed.figures import drawing, sentences


def test_the_last_point_of_each_line_counts(results: nasbed.Results) -> None:
    frame = pd.DataFrame({"strategy": ["a", "a", "b", "b"], "x": [2, 1, 1, 2], "mean": [0.5, 0.1, 0.2, 0.9]})
    assert sentences.at_the_end("rank")(results, frame) == "Lowest rank at the end: a, 0.500; highest: b, 0.900."
    highest = sentences.at_the_end("share", highest=True)(results, frame)
    assert highest == "Highest share at the end: b, 0.900; lowest: a, 0.500."


def test_of_many_benchmarks_it_is_counted_who_is_best() -> None:
    values = {str(place): {"a": 1.0, "b": float(place)} for place in range(4)}
    assert sentences.extremes(values, "regret") == "Lowest regret, of 4 benchmarks: a on 3, b on 1."
    assert sentences.extremes({"x": {"a": float("nan")}}, "regret") == ""


def test_every_figure_says_something_of_its_numbers(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> None:
    for name, frame in frames.items():
        said = drawing.alternative(results, name, frame)
        kind = drawing.figure_kind(name)
        assert said.startswith(kind.shows[:1].upper() + kind.shows[1:] + ". ")
        assert sum(strategy in said for strategy in results.strategies) >= 2


def test_the_median_is_that_of_the_numbers(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["finals"]
    label = next(iter(results.benchmarks))
    medians = frame[frame["benchmark"] == label].groupby("strategy", observed=True)["regret"].median()
    assert len(results.benchmarks) <= sentences.MOST
    assert f"on {label}: {medians.idxmin()}, " in drawing.alternative(results, "finals", frame)
