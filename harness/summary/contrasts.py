"""Statistics of a strategy against the reference, paired by seed."""

from __future__ import annotations

from dataclasses import replace

from nasbed.statistics.comparisons import EFFECTS
from nasbed.summary.statistic import Family, Pair, Shown, Statistic, Written

SIGNIFICANT = 0.05
"""The level of the tests, after Holm's correction."""

_TEXTS = frozenset({Shown.TERMINAL, Shown.MARKDOWN, Shown.LATEX})
_LINES = frozenset({Shown.TERMINAL, Shown.LATEX})
_COMPACT = frozenset({Shown.TERMINAL, Shown.MARKDOWN})
_PAGE = frozenset({Shown.HTML})


def _tested(of: Pair) -> dict[str, float]:
    return {name: of.tested[name] for name in EFFECTS}


def _significant(row: Written) -> bool:
    return row.value("p_holm") < SIGNIFICANT


def _difference(row: Written) -> str:
    return row.number("difference", "+")


def _starred(row: Written) -> str:
    return _difference(row) + ("*" if _significant(row) else "")


def _interval(row: Written) -> str:
    """The interval of the mean difference; empty of one seed, which has none."""
    if row.value("difference_low") != row.value("difference_low"):
        return ""
    return f"{row.number('difference_low', '+')}, {row.number('difference_high', '+')}"


def _starred_with_interval(row: Written) -> str:
    interval = _interval(row)
    return _starred(row) + (f" [{interval}]" if interval else "")


def _p(row: Written) -> str:
    return row.p_value("p_holm")


def _wins(row: Written) -> str:
    return row.share("wins")


DIFFERENCE = Statistic(
    "difference",
    Family.CONTRASTS,
    "Δ",
    adds=EFFECTS,
    numbers=_tested,
    shown=_LINES,
    heads={Shown.LATEX: r"$\Delta$"},
    text=_starred,
    about="Δ is the mean paired difference from {reference} ({better}), its interval a 95 % t interval over seeds, {test}.",
    place=10,
)
P = Statistic("p", Family.CONTRASTS, "p", shown=_TEXTS, heads={Shown.LATEX: "$p$"}, text=_p, exact="p_holm", place=40)
WINS = Statistic(
    "wins",
    Family.CONTRASTS,
    "wins",
    shown=frozenset({Shown.LATEX, Shown.HTML}),
    text=_wins,
    about="wins: share of seeds {win}.",
    place=50,
)

STATISTICS = (
    DIFFERENCE,
    replace(
        DIFFERENCE,
        adds=(),
        numbers=None,
        shown=frozenset({Shown.MARKDOWN}),
        head="Δ [95 %]",
        text=_starred_with_interval,
        about="",
    ),
    Statistic(
        "difference_interval",
        Family.CONTRASTS,
        "95 % interval",
        shown=frozenset({Shown.LATEX}),
        heads={Shown.LATEX: r"95\,\% interval"},
        text=_interval,
        exact="difference",
        place=20,
    ),
    replace(DIFFERENCE, adds=(), numbers=None, shown=_PAGE, whole="mean paired difference", text=_difference, about=""),
    Statistic(
        "difference_low",
        Family.CONTRASTS,
        "low",
        shown=_PAGE,
        whole="95 % interval, low",
        text=lambda row: row.number("difference_low", "+"),
        place=20,
    ),
    Statistic(
        "difference_high",
        Family.CONTRASTS,
        "high",
        shown=_PAGE,
        whole="95 % interval, high",
        text=lambda row: row.number("difference_high", "+"),
        place=30,
    ),
    P,
    WINS,
    replace(P, shown=_PAGE, head="p (Holm)", strong=_significant, place=60),
    replace(WINS, family=Family.VERDICT, shown=_COMPACT, about=""),
)
