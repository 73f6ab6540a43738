"""The table of a study with several objectives, in markdown. Numbers come from ``fronts.summary``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nasbed.analysis.multiobjective import fronts
from nasbed.analysis.multiobjective.floor import DRAWS, floor
from nasbed.analysis.statistics.paired import untested
from nasbed.analysis.statistics.power import out_of_reach, pair_correlation, smallest_detectable_difference
from nasbed.analysis.tables import SIGNIFICANT, p_text

if TYPE_CHECKING:
    from nasbed.analysis.results import Results

_HEADS = {
    "hypervolume_regret": "hypervolume regret",
    "igd_plus": "IGD+",
    "test_hypervolume_regret": "test hypervolume regret",
    "observed_hypervolume_regret": "observed hypervolume regret",
    "observed_igd_plus": "observed IGD+",
}
"""The indicators that are shown, and their heads; those that strategies are compared on are followed by their contrast."""


def markdown(results: Results, at: int | None = None, *, frames: fronts.Frames | None = None) -> str:
    """GitHub-flavoured markdown: a table for each benchmark, then the notes, without a title.

    Indicators are in thousandths: mean ± sd over seeds, with the 95 % interval of the mean where strategies are compared. Raises
    what :func:`~nasbed.analysis.multiobjective.fronts.frame` does.
    """
    summary = fronts.summary(results, at, frames=frames)
    heads = ["strategy"]
    for name, head in _HEADS.items():
        heads += [head, "Δ", "p"] if name in fronts.CONTRASTED else [head]
    heads += ["P(better)", "wins", "on the front"]
    lines = ["Indicators × 1,000, lower is better: mean ± sd over seeds [95 % interval of the mean].", ""]
    for label, benchmark in results.benchmarks.items():
        objectives = ", ".join(
            f"{one.name} ({one.unit}, {'max' if one.maximise else 'min'})" for one in benchmark.objectives
        )
        lines += [f"## {_escaped(label)}: {_escaped(objectives)}", "", f"| {' | '.join(heads)} |"]
        lines.append("| --- |" + " ---: |" * (len(heads) - 1))
        for _, row in summary[summary["benchmark"] == label].iterrows():
            cells = _cells(row, row["strategy"] == results.reference)
            lines.append(f"| {' | '.join(_escaped(cell) for cell in cells)} |")
        lines += [f"| {' | '.join(_floor(results, label, fronts.scales(results, label, frames)))} |", ""]
    return "\n".join([*lines, *("\n" + note for note in notes(results, summary, at, frames=frames))]).rstrip() + "\n"


def _cells(row: pd.Series[Any], is_reference: bool) -> list[str]:
    cells = [str(row["strategy"])]
    for name in _HEADS:
        mean, sd, low, high = (_thousandths(row[f"{name}_{key}"]) for key in ("mean", "sd", "low", "high"))
        if name not in fronts.CONTRASTED:
            cells.append(f"{mean} ± {sd}" if mean != "–" else mean)
            continue
        cells.append(f"{mean} ± {sd} [{low}, {high}]" if mean != "–" else mean)
        if is_reference:
            cells += ["reference", ""]
        else:
            p = row.get(f"{name}_p_holm", float("nan"))
            difference = _thousandths(row.get(f"{name}_difference", float("nan")), "+")
            cells += [f"{difference}{'*' if p < SIGNIFICANT else ''}", p_text(p)]
    effects = [row.get(f"hypervolume_regret_{name}", float("nan")) for name in ("improvement", "wins")]
    return [
        *cells,
        *("" if is_reference or one != one else f"{one:.2f}" for one in effects),
        f"{row['front_size']:.1f}",
    ]


def _floor(results: Results, label: str, given: fronts.Scales) -> list[str]:
    """The row of exhaustive search."""
    found = floor(next(part for part in results.parts if part.benchmark == label), given)
    cells = ["floor"]
    for name in _HEADS:
        cells += [_thousandths(found[name]), "", ""] if name in found else [""]
    return [*cells, "", "", ""]


def _thousandths(value: float, sign: str = "") -> str:
    return "–" if value != value else f"{1e3 * value:{sign}.2f}"


def notes(
    results: Results, summary: pd.DataFrame, at: int | None = None, *, frames: fronts.Frames | None = None
) -> list[str]:
    """What a reader must know to read the table: how fronts are scored, the tests, and what was left out."""
    lines = [fronts.caption(results, at, frames=frames)]
    if len(results.strategies) > 1:
        test = untested(len(results.parts[0].judged.seeds)) or (
            "p the two-sided Wilcoxon signed-rank test paired by seed (zeros by Pratt, values rounded to 1e-6) with Holm's"
            f" correction over all contrasts of an indicator, all benchmarks together; * marks p < {SIGNIFICANT}"
        )
        lines.append(
            f"Δ is the mean paired difference from {results.reference} (negative: better), {test}. P(better): probability"
            " that a run has a lower hypervolume regret than a run of the reference (A12, unpaired); wins: share of seeds with a"
            " lower hypervolume regret than the reference, ties counted half. Intervals are 95 % t intervals of the mean over"
            " seeds."
        )
    lines += [line for line in [power_line(results, fronts.frame(results, at, frames=frames))] if line]
    lines.append(
        "on the front: architectures on the selected front, mean over seeds. floor: the same of exhaustive search under the same"
        f" noise at the highest fidelity offered, mean over {DRAWS} draws where there is noise."
    )
    lines += [
        f"{row['strategy']} on {row['benchmark']}: {row['without_front']} of {row['seeds']} runs observed nothing but failures;"
        " their hypervolume regret is the whole volume, and they are left out of IGD+."
        for _, row in summary[summary["without_front"] > 0].iterrows()
    ]
    return lines + [f"Warning: {warning}." for warning in results.warnings]


def power_line(results: Results, scores: pd.DataFrame, alpha: float = 0.05, power: float = 0.8) -> str:
    """From which size on a difference in hypervolume regret is found, and how far common seeds pair strategies.

    ``scores`` is that of :func:`~nasbed.analysis.multiobjective.fronts.frame`; where there are too few seeds to
    find any, that is said.
    """
    found = fronts.pairs(results, scores, "hypervolume_regret")
    if not found:
        return ""
    widths: dict[str, list[float]] = {}
    for (label, _), pair in found.items():
        width = smallest_detectable_difference(*pair, alpha / len(found), power)
        widths.setdefault(label, []).extend([width] if np.isfinite(width) else [])
    ends = [f"{_range(several, _thousandths)} on {label}" for label, several in widths.items() if several]
    paired = [one for pair in found.values() if (one := pair_correlation(*pair)[0]) == one]
    too_few = out_of_reach(len(results.parts[0].judged.seeds), len(found), alpha)
    if not ends and not too_few:
        return ""
    correlation = f"; measured pair correlation {_range(paired, '{:.2f}'.format)}" if paired else ""
    reach = too_few or (
        f"Power: a difference from {results.reference} in mean hypervolume regret is found with {power:.0%} chance at alpha"
        f" {alpha:g} / {len(found)} (Holm's first step) from this size on, × 1,000: {'; '.join(ends)}"
    )
    return f"{reach}{correlation}."


def _range(values: list[float], text: Callable[[float], str]) -> str:
    return " to ".join(dict.fromkeys((text(min(values)), text(max(values)))))


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
