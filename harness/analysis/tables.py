"""The comparison table in markdown, LaTeX and CSV, and as rows for the terminal. Numbers come from ``Results.summary``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nasbed.analysis.statistics.paired import untested
from nasbed.analysis.statistics.power import power_line
from nasbed.errors import unknown

if TYPE_CHECKING:
    from nasbed.analysis.results import Results

SIGNIFICANT = 0.05


COLUMNS = {
    "strategy": "strategy",
    "validation_regret": "validation regret",
    "validation_regret_difference": "Δ",
    "validation_regret_p": "p",
    "test_regret": "test regret",
    "test_regret_difference": "Δ",
    "test_regret_p": "p",
    "test_regret_wins": "wins",
    "test": "test",
    "evaluations": "evaluations",
    "distinct": "distinct",
    "simulated_hours": "hours",
    "thinking_microseconds": "µs a query",
}
"""Columns of the comparison and their heads."""

Row = dict[str, str]
"""A row as text, by column: see ``_row``."""


@dataclass(frozen=True)
class Block:
    """The rows of one benchmark, as text; the last is the floor."""

    title: str
    rows: list[Row]


def blocks(results: Results) -> list[Block]:
    """The table's rows as text, by benchmark."""
    summary = results.summary()
    found = []
    for label, benchmark in results.benchmarks.items():
        mine = summary[summary["benchmark"] == label]
        rows = [_row(row, row["strategy"] == results.reference) for _, row in mine.iterrows()]
        validation, test = (f"{regret:.3f}" for regret in results.floor(label))
        floor = dict.fromkeys(rows[0], "") | {"validation_regret": validation, "test_regret": test}
        objective = benchmark.objectives[0]
        rows.append(floor | {"strategy": "floor"})
        found.append(Block(f"{label} ({objective.name}, {objective.unit})", rows))
    return found


def _row(row: pd.Series[Any], is_reference: bool) -> Row:
    """``METRIC`` is the mean and sd, ``METRIC_median``, ``METRIC_interval``, ``METRIC_difference`` and ``METRIC_p``."""
    cells = {"strategy": str(row["strategy"])}
    for metric in ("validation_regret", "test_regret", "test"):
        digits = 2 if metric == "test" else 3
        mean, sd, median, low, high = (
            _number(row[f"{metric}_{name}"], digits) for name in ("mean", "sd", "median", "low", "high")
        )
        cells |= {metric: f"{mean} ± {sd}", f"{metric}_median": median, f"{metric}_interval": f"{low}, {high}"}
        if metric != "test":
            cells |= _compared(row, metric, is_reference)
    cells |= {name: f"{row[name]:,.1f}" for name in ("evaluations", "distinct", "thinking_microseconds")}
    hours = row["simulated_hours"]
    cells["simulated_hours"] = f"{hours:,.1f}" if hours >= 0.1 or hours != hours else f"{hours:.2g}"
    return {name: "–" if text in ("nan", "+nan") else text for name, text in cells.items()}


def _number(value: float, digits: int) -> str:
    """A number with so many digits, one fewer from 10 on."""
    return "–" if value != value else f"{value:.{digits - (digits > 2 and abs(value) >= 10)}f}"


def _compared(row: pd.Series[Any], metric: str, is_reference: bool) -> Row:
    if is_reference:
        return {f"{metric}_difference": "reference", f"{metric}_p": "", f"{metric}_wins": ""}
    p = row.get(f"{metric}_p_holm", float("nan"))
    star = "*" if p < SIGNIFICANT else ""
    return {
        f"{metric}_difference": f"{row.get(f'{metric}_difference', float('nan')):+.3f}{star}",
        f"{metric}_p": p_text(p),
        f"{metric}_wins": f"{row.get(f'{metric}_wins', float('nan')):.2f}",
    }


def p_text(p: float) -> str:
    """A p-value for readers.

    >>> p_text(0.0312), p_text(1e-9), p_text(float("nan"))
    ('0.031', '< 0.001', '–')
    """
    if np.isnan(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def notes(results: Results) -> list[str]:
    """What a reader must know to read the table."""
    return [*about_scores(results), *about_contrasts(results), *about_costs(), *about_runs(results)]


def about_scores(results: Results) -> list[str]:
    """The protocol, what regrets and the floor are, and of which objective."""
    return [
        results.caption(),
        "Scores are mean ± sd over seeds. Regret: best of the space minus the incumbent, at the end of the budget; validation"
        " regret compares noise-free means over recorded runs (quality of the search), test regret test values"
        " (generalisation). Lower is better. Intervals, where shown, are 95 % t intervals of the mean over"
        " seeds. floor: expected regret of exhaustive search under the same noise, at the highest fidelity offered.",
        *(
            f"{label} has {len(benchmark.objectives)} objectives; these scores are of {benchmark.objectives[0].name} alone, and so"
            " are the tests: what the fronts are worth stands in fronts.md."
            for label, benchmark in results.benchmarks.items()
            if len(benchmark.objectives) > 1
        ),
    ]


def about_contrasts(results: Results) -> list[str]:
    """The test, its correction and its power; empty where there is one strategy."""
    if len(results.strategies) < 2:
        return []
    test = untested(len(results.parts[0].judged.seeds)) or (
        "p the two-sided Wilcoxon signed-rank test paired by seed (zeros by Pratt, values rounded to 1e-6) with Holm's correction"
        f" over all contrasts of the column, all benchmarks together; * marks p < {SIGNIFICANT}"
    )
    return [
        f"Δ is the mean paired difference from {results.reference} (negative: better), {test}. wins: share of seeds with a"
        " lower regret than the reference, ties counted half (test regret, where there is one column).",
        *(line for metric in ("validation_regret", "test_regret") if (line := power_line(results, metric))),
    ]


def about_costs() -> list[str]:
    """The costs."""
    return [
        "distinct: networks that differ after removal of isomorphic copies. hours: simulated hours on the clock. µs a query:"
        " the strategy's own thinking time on the machine of the run."
    ]


def about_runs(results: Results) -> list[str]:
    """Runs without an incumbent, and warnings."""
    summary = results.summary()
    lines = [
        f"{row['strategy']} on {row['benchmark']}: {row['without_incumbent']} of {row['seeds']} runs have no incumbent"
        " and are left out of its scores."
        for _, row in summary[summary["without_incumbent"] > 0].iterrows()
    ]
    return lines + [f"Warning: {warning}." for warning in results.warnings]


def markdown(results: Results) -> str:
    """GitHub-flavoured markdown: a table for each benchmark, then the notes."""
    lines = [f"# {results.title}", "", "Scores are mean ± sd over seeds, median [95 % interval of the mean].", ""]
    for block in blocks(results):
        lines += [f"## {block.title}", "", "| " + " | ".join(COLUMNS.values()) + " |"]
        lines += ["| --- |" + " ---: |" * (len(COLUMNS) - 1)]
        for row in block.rows:
            cells = [_with_spread(row, name) if f"{name}_median" in row else row[name] for name in COLUMNS]
            lines.append("| " + " | ".join(markdown_text(cell) for cell in cells) + " |")
        lines.append("")
    return "\n".join([*lines, *("\n" + note for note in notes(results))]).rstrip() + "\n"


def _with_spread(row: Row, metric: str) -> str:
    median = row[f"{metric}_median"]
    return f"{row[metric]}, {median} [{row[f'{metric}_interval']}]" if median else row[metric]


def markdown_text(text: str) -> str:
    """Text for markdown, special characters escaped."""
    return text.replace("|", "\\|").replace("*", "\\*")


_LATEX = {"&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}",
          "^": r"\textasciicircum{}", "\\": r"\textbackslash{}", "±": r"$\pm$", "–": "--", "Δ": r"$\Delta$", "µ": r"$\mu$",
          "<": "$<$", ">": "$>$", "|": r"\textbar{}", "τ": r"$\tau$", "α": r"$\alpha$", "β": r"$\beta$", "γ": r"$\gamma$",
          "ε": r"$\varepsilon$", "λ": r"$\lambda$", "σ": r"$\sigma$", "°": r"$^\circ$", "×": r"$\times$", "−": "$-$",
          "≤": r"$\le$", "≥": r"$\ge$", "→": r"$\rightarrow$", "←": r"$\leftarrow$", "↑": r"$\uparrow$", "↓": r"$\downarrow$",
          "…": r"\ldots{}"}  # fmt: skip


def latex_text(text: str) -> str:
    """Text for LaTeX, special characters escaped.

    >>> latex_text("a_b < 5 %")
    'a\\\\_b $<$ 5 \\\\%'
    """
    return "".join(_LATEX.get(character, character) for character in text)


def latex(results: Results) -> str:
    """Two ``table*`` that need the package booktabs: the scores, then the contrasts and costs."""
    scores = [
        ("", ["strategy"], ["Strategy"]),
        *(
            (head, [metric, f"{metric}_median", f"{metric}_interval"], [r"mean $\pm$ sd", "median", r"95\,\% interval"])
            for head, metric in (
                ("Validation regret", "validation_regret"),
                ("Test regret", "test_regret"),
                ("Test", "test"),
            )
        ),
    ]
    costs = [
        ("", ["strategy"], ["Strategy"]),
        *(
            (head, [f"{metric}_difference", f"{metric}_p", f"{metric}_wins"], [r"$\Delta$", "$p$", "wins"])
            for head, metric in (("Validation regret", "validation_regret"), ("Test regret", "test_regret"))
        ),
        ("Architectures", ["evaluations", "distinct"], ["evaluated", "distinct"]),
        ("Time", ["simulated_hours", "thinking_microseconds"], ["simulated, h", r"thinking, $\mu$s"]),
    ]
    title = latex_text(results.title)
    found = blocks(results)
    first = " ".join(latex_text(note) for note in [*about_scores(results), *about_runs(results)])
    second = " ".join(latex_text(note) for note in [*about_contrasts(results), *about_costs()])
    return (
        "% Needs \\usepackage{booktabs,graphicx}.\n"
        + _latex_table(f"{title}. {first}", scores, found)
        + "\n"
        + _latex_table(f"{title}: contrasts and costs (means over seeds). {second}", costs, found, False)
    )


def _latex_table(
    caption: str, groups: list[tuple[str, list[str], list[str]]], found: list[Block], floor: bool = True
) -> str:
    names = [name for _, columns, _ in groups for name in columns]
    heads, rules, at = [], [], 1
    for head, columns, _ in groups:
        heads.append(rf"\multicolumn{{{len(columns)}}}{{c}}{{{head}}}")
        rules += [rf"\cmidrule(lr){{{at}-{at + len(columns) - 1}}}"] if head else []
        at += len(columns)
    lines = [
        r"\begin{table*}",
        r"\centering",
        r"\scriptsize",
        r"\setlength{\tabcolsep}{3pt}",
        rf"\caption{{{caption}}}",
        r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%",
        r"\begin{tabular}{l" + "r" * (len(names) - 1) + "}",
        r"\toprule",
        " & ".join(heads) + r" \\",
        "".join(rules),
        " & ".join(head for _, _, columns in groups for head in columns) + r" \\",
    ]
    for block in found:
        lines += [r"\midrule", rf"\multicolumn{{{len(names)}}}{{l}}{{\emph{{{latex_text(block.title)}}}}} \\"]
        for row in block.rows if floor else block.rows[:-1]:
            lines.append(" & ".join(_minus(latex_text(row[name])) for name in names) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}}", r"\end{table*}"]) + "\n"


def _minus(cell: str) -> str:
    """A signed number in mathematics, so that its minus is one."""
    signed = cell[:1] in ("+", "-") and cell[1:2].isdigit()
    return f"${cell.rstrip('*')}${'*' if cell.endswith('*') else ''}" if signed else cell


def csv(results: Results) -> str:
    """Every statistic of the summary, six digits."""
    text: str = results.summary().to_csv(index=False, float_format="%.6g", lineterminator="\n")
    return text


_FORMS: dict[str, Callable[[Results], str]] = {"markdown": markdown, "latex": latex, "csv": csv}


def render(results: Results, form: str) -> str:
    """The table in a form; raises :class:`~nasbed.errors.UnknownNameError`."""
    if form not in _FORMS:
        raise unknown("form of table", form, _FORMS)
    return _FORMS[form](results)
