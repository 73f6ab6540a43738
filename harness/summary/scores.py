"""Statistics of the scores of a strategy: what its runs reach at the end of the budget."""

from __future__ import annotations

from nasbed.statistics.paired import described
from nasbed.summary.statistic import Family, FinalScores, Shown, Statistic, Written

_PAGE = frozenset({Shown.HTML})
_COLUMNS_EACH = frozenset({Shown.LATEX, Shown.HTML})


def _described(of: FinalScores) -> dict[str, float]:
    found = described("", of.values, least=of.least)
    return {name.removeprefix("_"): number for name, number in found.items()}


def _mean_and_sd(row: Written) -> str:
    return row.plus_minus("mean", "sd")


def _with_spread(row: Written) -> str:
    """The mean with its sd, then the median and the interval of the mean, where there are scores."""
    if row.value("median") != row.value("median"):
        return _mean_and_sd(row)
    interval = _interval(row)
    return f"{_mean_and_sd(row)}, {row.number('median')}" + (f" [{interval}]" if interval else "")


def _interval(row: Written) -> str:
    return f"{row.number('low')}, {row.number('high')}" if row.value("low") == row.value("low") else ""


def _sd(row: Written) -> str:
    return row.number("sd") if row.value("sd") else "0"


STATISTICS = (
    Statistic(
        "mean_sd",
        Family.SCORES,
        "",
        adds=("mean", "sd", "median", "low", "high"),
        numbers=_described,
        shown=frozenset({Shown.TERMINAL, Shown.LATEX}),
        heads={Shown.LATEX: r"mean $\pm$ sd"},
        text=_mean_and_sd,
        exact="mean",
        about="Scores are mean ± sd over seeds",
        place=10,
    ),
    Statistic(
        "mean_spread", Family.SCORES, "", shown=frozenset({Shown.MARKDOWN}), text=_with_spread, exact="mean", place=10
    ),
    Statistic("mean", Family.SCORES, "mean", shown=_PAGE, place=20),
    Statistic("low", Family.SCORES, "low", shown=_PAGE, whole="95 % interval, low", place=30),
    Statistic("high", Family.SCORES, "high", shown=_PAGE, whole="95 % interval, high", place=40),
    Statistic("sd", Family.SCORES, "sd", shown=_PAGE, whole="standard deviation", text=_sd, place=50),
    Statistic("median", Family.SCORES, "median", shown=_COLUMNS_EACH, place=60),
    Statistic(
        "interval",
        Family.SCORES,
        "95 % interval",
        shown=frozenset({Shown.LATEX}),
        heads={Shown.LATEX: r"95\,\% interval"},
        text=_interval,
        exact="mean",
        about="Intervals, where shown, are 95 % t intervals of the mean over seeds.",
        place=70,
    ),
)
