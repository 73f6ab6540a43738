"""Which options of a grid matter, and the best setting on each benchmark, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nasbed.errors import OptionError
from nasbed.results.importance import importance
from nasbed.tables import numbers
from nasbed.tables.numbers import Form
from nasbed.tables.printed import PrintedTable, printed

if TYPE_CHECKING:
    from nasbed.results.results import Results

TITLE = "Importance of options"

NOTE = (
    "Shares of the variance of the mean validation score between the settings of a grid, which an option explains alone or a pair"
    " beyond both (functional analysis of variance), with 95 % percentile intervals over resampled seeds of what is not chance;"
    " noise: what chance alone would put there. Best setting: its mean with a 95 % t interval; sure: share of resamples in which it"
    " is the best."
)


def tabled(results: Results) -> tuple[PrintedTable, PrintedTable] | None:
    """The shares of options and pairs, and the best setting of each benchmark; nothing where no strategies are a grid."""
    try:
        found = importance(results)
    except OptionError:
        return None
    shares, best = (found[found["kind"] == kind].to_dict("records") for kind in ("share", "best"))
    first = printed(
        ["grid", "benchmark", "option", "share, %", "low", "high", "noise"],
        (
            (
                row["grid"],
                row["benchmark"],
                " × ".join(filter(None, (row["option"], row["other"]))),
                *(numbers.text(100 * row[name], Form(1)) for name in ("value", "low", "high", "noise")),
            )
            for row in shares
        ),
        left=3,
    )
    second = printed(
        ["grid", "benchmark", "best setting", "mean [95 %]", "sure"],
        (
            (
                row["grid"],
                row["benchmark"],
                row["level"],
                "{} [{}, {}]".format(*(_scaled(row, name) for name in ("value", "low", "high"))),
                numbers.text(1 - row["noise"], Form(2)),
            )
            for row in best
        ),
        left=3,
    )
    return first, second


def _scaled(row: Mapping[Any, Any], name: str) -> str:
    return numbers.text(row[name], numbers.form_of((row["high"] - row["low"]) / 2, row["value"]))
