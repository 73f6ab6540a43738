"""Strategies over all benchmarks of a study together, as tables: ranks, gains over the reference, and tests between benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING, Any

from nasbed.errors import OptionError
from nasbed.results.known import score_names, tested
from nasbed.results.series import METRICS
from nasbed.statistics.across import across_benchmarks, whole_seeds
from nasbed.summary.contrasts import SIGNIFICANT
from nasbed.tables import captions, numbers
from nasbed.tables.numbers import Form
from nasbed.tables.printed import Head, PrintedCell, PrintedTable

if TYPE_CHECKING:
    import pandas as pd

    from nasbed.results.results import Results

TITLE = "Over all benchmarks"

_HEADS = (
    Head("strategy", left=True),
    Head("rank", whole="mean rank over benchmarks, 1 is the best"),
    Head("[95 %]", "rank_interval", "95 % interval of the mean rank", r"{[}95 \%{]}"),
    Head("gain, sd", "gain", "mean gain over the reference, in standard deviations of its seeds"),
    Head("[95 %]", "gain_interval", "95 % interval of the mean gain", r"{[}95 \%{]}"),
    Head("ahead", whole="share of resamples in which it is ahead of the reference"),
    Head("wins", whole="share of benchmarks on which its mean is better than that of the reference"),
    Head("p", whole="p of the signed-rank test between benchmarks, corrected by Holm"),
)


def tables(results: Results) -> list[PrintedTable]:
    """A table of what the search saw, free of noise where that is known, and one of test where all benchmarks have it; none below
    six benchmarks or two strategies, and where no seed has an incumbent everywhere.
    """
    metrics = METRICS if all(map(tested, results.benchmarks.values())) else METRICS[:1]
    try:
        return [across_table(results, across_benchmarks(results, metric), metric) for metric in metrics]
    except OptionError:
        return []


def across_table(results: Results, found: pd.DataFrame, metric: str) -> PrintedTable:
    """What :func:`~nasbed.statistics.across.across_benchmarks` found, as a table to print."""
    mark = f", {captions.marked(results)}" if captions.marked(results) else ""
    score = score_names(results.benchmarks.values(), metric)
    return PrintedTable(
        _HEADS,
        tuple(_row(row, results.reference) for row in found.to_dict("records")),
        f"{TITLE}: {score}, {found.attrs['benchmarks']} benchmarks{mark}",
    )


def _row(row: Mapping[Any, Any], reference: str) -> tuple[PrintedCell, ...]:
    value = {name: float(number) for name, number in row.items() if name != "strategy"}

    def cell(name: str, decimals: int) -> PrintedCell:
        return PrintedCell(numbers.text(value[name], Form(decimals)), value[name])

    def interval(name: str) -> PrintedCell:
        low, high = value[f"{name}_low"], value[f"{name}_high"]
        ends = [numbers.text(end, Form(2)) for end in (low, high)]
        return PrintedCell(f"[{', '.join(ends)}]" if low == low else "", low)

    strategy = str(row["strategy"])
    gain = PrintedCell("reference") if strategy == reference else cell("gain", 2)
    p = value["p_holm"]
    return (
        PrintedCell(strategy),
        cell("rank", 2),
        interval("rank"),
        gain,
        interval("gain"),
        cell("ahead", 2),
        cell("wins", 2),
        PrintedCell(numbers.p_value(p), p, p < SIGNIFICANT),
    )


def column_table(results: Results) -> tuple[PrintedTable, str] | None:
    """What a column of a page has room for, and its caption: ranks, and gains with their intervals, on test where all benchmarks
    have it; where the reference has no spread to count gains in, ranks with their intervals. ``None`` where there are no
    :func:`tables`.
    """
    if not (found := tables(results)):
        return None
    table, score = found[-1], score_names(results.benchmarks.values(), METRICS[len(found) - 1])
    place = {head.key: at for at, head in enumerate(table.heads)}
    ranks, gains = ([row[place[key]].value for row in table.rows] for key in ("rank", "gain"))
    best = min(rank for rank in ranks if rank is not None)
    columns, about = ["strategy", "rank", "rank_interval"], ""
    if any(gain is not None and not isnan(gain) for gain in gains):
        columns = ["strategy", "rank", "gain", "gain_interval", "p"]
        about = (
            f" gain: by how much better than {results.reference}, in standard deviations of the seeds of the latter on each"
            " benchmark. p: two-sided Wilcoxon signed-rank test of the gains, whose blocks are the benchmarks, after Holm's"
            " correction."
        )
    seeds = len(next(iter(whole_seeds(results).values())))
    caption = (
        f"{results.title}: {score} over {len(results.benchmarks)} benchmarks, {seeds} seed{'s' * (seeds > 1)}. rank: mean rank"
        f" among the {len(results.strategies)} strategies, 1 is the best.{about} [95 %]: percentiles of a bootstrap at two levels,"
        " of benchmarks and of seeds within them. Bold: the best rank."
    )
    rows = tuple(
        tuple(replace(cell, strong=at == place["rank"] and cell.value == best) for at, cell in enumerate(row))
        for row in table.rows
    )
    return replace(table, rows=rows, title="").only(columns), " ".join([caption, *captions.surrogates(results)])


def note(results: Results) -> str:
    """How the tables are to be read."""
    seeds = len(next(iter(whole_seeds(results).values())))
    fewer = f" (those {seeds} that have an incumbent everywhere)" if seeds < len(results.series[0].runs.seeds) else ""
    return (
        f"{TITLE}: means over benchmarks of means over seeds{fewer}. rank: among the {len(results.strategies)} strategies, 1 is the"
        f" best. gain: by how much a strategy is better than {results.reference}, in standard deviations of the seeds of the latter"
        " on each benchmark; positive is better. Intervals are 95 % percentiles of a bootstrap at two levels: benchmarks are drawn"
        " anew, and seeds within them, the same for all strategies; with few seeds those of ranks lean to the middle, since means"
        " of resampled seeds are noisier. ahead: share of its resamples in which the strategy is ahead of the reference. wins:"
        " share of benchmarks on which its mean is better. p: two-sided Wilcoxon signed-rank test of the gains, whose blocks are"
        " the benchmarks, after Holm's correction over the strategies of the table."
    )
