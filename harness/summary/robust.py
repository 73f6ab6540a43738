"""Statistics of final scores that a few bad runs do not move, and whether a difference is too small to matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nasbed.statistics.estimators import bayesian_mean, interquartile_interval, interquartile_mean
from nasbed.statistics.paired import FEWEST
from nasbed.statistics.precision import settled
from nasbed.statistics.spread import spread
from nasbed.summary.statistic import Family, FinalScores, Pair, Shown, Statistic, Written

ROPE = 0.1
"""Half the width of the region of practical equivalence, in standard deviations of the reference over seeds (Kruschke 2018)."""

_COLUMNS_EACH = frozenset({Shown.LATEX, Shown.HTML})
_NAMES = ("rope", "equivalent", "tost_p")


def _robust(of: FinalScores) -> dict[str, float]:
    low, high = interquartile_interval(of.values, least=of.least)
    return {"iqm": float(interquartile_mean(of.values[:, None])), "iqm_low": low, "iqm_high": high}


def _equivalence(of: Pair) -> dict[str, float]:
    rope = ROPE * float(spread(of.theirs)) if len(of.theirs) >= FEWEST else np.nan
    if not rope > 0:
        return dict.fromkeys(_NAMES, np.nan)
    found = bayesian_mean(settled(of.ours - of.theirs, of.ours, of.theirs), rope)
    return {"rope": rope, "equivalent": found.equivalent, "tost_p": found.tost}


def _interval(row: Written) -> str:
    return f"{row.number('iqm_low')}, {row.number('iqm_high')}" if row.value("iqm_low") == row.value("iqm_low") else ""


def _with_interval(row: Written) -> str:
    interval = _interval(row)
    return row.number("iqm") + (f" [{interval}]" if interval else "")


IQM = Statistic("iqm", Family.ROBUST, "IQM", shown=_COLUMNS_EACH, whole="interquartile mean", place=10)

STATISTICS = (
    replace(
        IQM,
        head="",
        adds=("iqm", "iqm_low", "iqm_high"),
        numbers=_robust,
        shown=frozenset({Shown.MARKDOWN}),
        text=_with_interval,
        exact="iqm",
        about="IQM: interquartile mean, that of the middle half of the runs (Agarwal et al. 2021), with the 95 % interval of a"
        " bootstrap (expanded percentiles).",
    ),
    IQM,
    Statistic(
        "iqm_interval",
        Family.ROBUST,
        "95 % interval",
        shown=_COLUMNS_EACH,
        heads={Shown.LATEX: r"95\,\% interval"},
        text=_interval,
        exact="iqm_low",
        place=20,
    ),
    Statistic(
        "equivalent",
        Family.EQUIVALENCE,
        "equivalent",
        adds=_NAMES,
        numbers=_equivalence,
        shown=frozenset({Shown.MARKDOWN, *_COLUMNS_EACH}),
        text=lambda row: row.share("equivalent"),
        about=f"equivalent: probability (Bayesian t test) that the mean difference from {{reference}} lies within ±{ROPE:g}"
        " standard deviations of its runs; from 0.95 on the two are alike in practice; a small one proves no difference.",
    ),
)
