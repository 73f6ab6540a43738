"""Whether the ranking of the strategies is the same at another budget and on another data set, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbed.errors import OptionError
from nasbed.results.known import score_names
from nasbed.statistics.comparisons import ranking_stability
from nasbed.tables import numbers
from nasbed.tables.numbers import Form
from nasbed.tables.printed import PrintedTable, printed

if TYPE_CHECKING:
    import pandas as pd

    from nasbed.results.results import Results

TITLE = "Is the ranking the same elsewhere?"

FEWEST = 3
"""Strategies below which reports say nothing of their ranking."""

MOST = 10
"""Benchmarks above which they do not either, since there would be a row for each pair; another table says what holds over all."""


def usual_budgets(results: Results) -> list[int]:
    """Where rankings are compared unless budgets are named: after a quarter of the evaluations and at the end."""
    last = results.most_evaluations()
    return [max(1, last // 4), last]


def tabled(results: Results) -> tuple[PrintedTable, str] | None:
    """The table of a report and its note: rankings after a quarter of the evaluations and at the end, and between benchmarks then.

    Nothing where there are fewer than three strategies or four evaluations, or more than ten benchmarks, or where no seed has an
    incumbent by then.
    """
    early, last = usual_budgets(results)
    if len(results.strategies) < FEWEST or last < 4 or len(results.benchmarks) > MOST:
        return None
    try:
        found = ranking_stability(results, [early, last])
    except OptionError:
        return None
    found = found[found["on"] != early]
    return stability_table(found), stability_note(results, "validation_regret")


def stability_table(found: pd.DataFrame) -> PrintedTable:
    """What :func:`~nasbed.statistics.comparisons.ranking_stability` found, as a table to print."""
    rows = (
        (
            *(_place(row[name]) for name in ("first", "second", "on")),
            *(numbers.text(row[name], Form(2)) for name in ("tau", "low", "high")),
        )
        for row in found.to_dict("records")
    )
    return printed(["ranking", "and", "on / after", "tau", "low", "high"], rows, left=3)


def _place(value: object) -> str:
    return f"{value:,} evaluation{'' if value == 1 else 's'}" if isinstance(value, int) else str(value)


def stability_note(results: Results, metric: str) -> str:
    """How the table is to be read."""
    score = score_names(results.benchmarks.values(), metric)
    return (
        f"Kendall's tau-b between rankings of the {len(results.strategies)} strategies by mean {score}: 1 is the same order, 0"
        " nothing in common, -1 the contrary; low and high are a 95 % interval over resampled seeds, common to both rankings,"
        f" which is too narrow below 30 seeds, and between data sets below 100{_left_out(results)}."
    )


def _left_out(results: Results) -> str:
    """Why numbers may be missing, in a clause."""
    one = max((len(series.runs.seeds) for series in results.series), default=0) < 2
    return "; –: all strategies tie in one of the rankings" + (
        ", or there is one seed, which has no interval" if one else ""
    )
