"""The comparison table in markdown, LaTeX and CSV, and as rows for the terminal. Numbers come from ``Results.summary``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from nasbed.errors import unknown
from nasbed.results.known import absolute, better, score_name, score_names, sign_of_better, tested, turn_of
from nasbed.statistics.paired import untested
from nasbed.statistics.power import out_of_reach, power_line
from nasbed.tables import captions, escaping, numbers
from nasbed.tables.numbers import Form

if TYPE_CHECKING:
    from nasbed.results.results import Results
    from nasbed.vocabulary import Benchmark

SIGNIFICANT = 0.05

REGRETS = ("validation_regret", "test_regret")
SCORES = (*REGRETS, "test")
COSTS = ("evaluations", "distinct", "simulated_hours", "thinking_microseconds")
DIFFERENCE = ("difference", "difference_low", "difference_high")

COLUMNS = {
    "strategy": "strategy",
    "validation_regret": "validation regret",
    "validation_regret_difference": "Δ",
    "validation_regret_p": "p",
    "test_regret": "test regret",
    "test_regret_difference": "Δ",
    "test_regret_p": "p",
    "wins": "wins",
    "test": "test",
    "evaluations": "evaluations",
    "distinct": "distinct",
    "simulated_hours": "hours",
    "thinking_microseconds": "µs a query",
}
"""Columns of the comparison and their heads, where the best is known."""

Row = dict[str, str]
"""A row as text, by column."""


FLOOR = "floor"
"""What the last row of a block is called; it is set apart from those of strategies, which may have any label."""


@dataclass(frozen=True)
class Block:
    """The rows of one benchmark as text, one a strategy, and that of the floor; with the heads of their columns."""

    title: str
    heads: Row
    rows: list[Row]
    floor: Row


def title_of(label: str, benchmark: Benchmark) -> str:
    """The label of a benchmark, with the objective that its scores are of and its unit; where no best is known, and the scores are
    values, with what is better.
    """
    objective = benchmark.objectives[0]
    direction = f", {better(benchmark)} is better" if absolute(benchmark) else ""
    return f"{label} ({objective.name}, {objective.unit}{direction})"


def rows_of(results: Results, label: str) -> list[dict[Any, Any]]:
    """The rows of the summary that are of a benchmark, with differences of what is shown: of regrets, or of values."""
    summary = results.summary()
    rows = summary[summary["benchmark"] == label].to_dict("records")
    if turn_of(results.benchmarks[label]) < 0:
        for row in rows:
            for metric in REGRETS:
                difference, low, high = (-row.get(f"{metric}_{name}", nan) for name in DIFFERENCE)
                row |= dict(zip((f"{metric}_{name}" for name in DIFFERENCE), (difference, high, low), strict=True))
    return rows


def blocks(results: Results) -> list[Block]:
    """The table's rows as text, by benchmark."""
    return [_block(results, label, benchmark) for label, benchmark in results.benchmarks.items()]


def _block(results: Results, label: str, benchmark: Benchmark) -> Block:
    rows = rows_of(results, label)
    cells: list[Row] = [{"strategy": str(row["strategy"])} for row in rows]
    floor = dict.fromkeys(COLUMNS, "") | {"strategy": FLOOR}
    floors = dict(zip(REGRETS, results.floor(label), strict=True))
    for metric in SCORES:
        scored = score_forms(rows, metric, floors.get(metric, nan))
        for cell, row, form in zip(cells, rows, scored, strict=False):
            cell |= _score(row, metric, form)
        if metric not in floors:
            continue
        floor[metric] = numbers.text(floors[metric], scored[-1])
        for cell, row, form in zip(cells, rows, difference_forms(rows, metric), strict=True):
            cell |= _compared(row, metric, form, row["strategy"] == results.reference)
    for cell, row in zip(cells, rows, strict=True):
        cell |= {name: cost(row[name]) for name in COSTS}
        cell["wins"] = cell[f"{_won(benchmark)}_wins"]
    heads = COLUMNS | {"validation_regret": score_name(benchmark, "validation_regret")}
    return Block(title_of(label, benchmark), heads, cells, floor)


def _won(benchmark: Benchmark) -> str:
    """The regret of which there is a column of wins: on test, or where there is no test on validation."""
    return "test_regret" if tested(benchmark) else "validation_regret"


def score_forms(rows: Sequence[Mapping[Any, Any]], metric: str, floor: float) -> list[Form]:
    """How the scores of each strategy of a benchmark are written, and last the floor."""
    sources = [(row, level(row, metric)) for row in rows]
    return numbers.column([*((row[f"{name}_mean"], row[f"{name}_sd"]) for row, name in sources), (floor, nan)])


def difference_forms(rows: Sequence[Mapping[Any, Any]], metric: str) -> list[Form]:
    """How the differences from the reference are written; half of their interval is their spread."""
    found = []
    for row in rows:
        difference, low, high = (row.get(f"{metric}_{name}", nan) for name in DIFFERENCE)
        found.append((difference, (high - low) / 2))
    return numbers.column(found)


def cost(value: float) -> str:
    """A number of evaluations, hours or microseconds: one decimal, or three digits where it is below ten."""
    return f"{value:,.1f}" if 10 <= value < 1e7 or not value else numbers.number(value, 3)


def level(row: Mapping[Any, Any], metric: str) -> str:
    """The score whose mean stands under a metric: its own, or the validation value where there is no validation regret."""
    absent = metric == "validation_regret" and isnan(row["validation_regret_mean"])
    return "validation" if absent else metric


def _score(row: Mapping[Any, Any], metric: str, form: Form) -> Row:
    """``METRIC`` is the mean and sd, ``METRIC_median`` and ``METRIC_interval`` are those of the mean."""
    source = level(row, metric)
    mean, sd, median, low, high = (row[f"{source}_{name}"] for name in ("mean", "sd", "median", "low", "high"))
    return {
        metric: numbers.plus_minus(mean, sd, form),
        f"{metric}_median": numbers.text(median, form),
        f"{metric}_interval": f"{numbers.text(low, form)}, {numbers.text(high, form)}" if low == low else "",
    }


def _compared(row: Mapping[Any, Any], metric: str, form: Form, is_reference: bool) -> Row:
    """``METRIC_difference``, ``METRIC_p`` and ``METRIC_wins``."""
    if is_reference:
        return {f"{metric}_difference": "reference", f"{metric}_p": "", f"{metric}_wins": ""}
    p = row.get(f"{metric}_p_holm", nan)
    star = "*" if p < SIGNIFICANT else ""
    return {
        f"{metric}_difference": numbers.text(row.get(f"{metric}_difference", nan), form, "+") + star,
        f"{metric}_p": numbers.p_value(p),
        f"{metric}_wins": numbers.text(row.get(f"{metric}_wins", nan), Form(2)),
    }


def notes(results: Results) -> list[str]:
    """What a reader must know to read the table."""
    return [*about_scores(results), *about_contrasts(results), *about_costs(), *about_runs(results)]


def about_scores(results: Results) -> list[str]:
    """The protocol, what regrets and the floor are, and of which objective."""
    regrets = "" if all(map(absolute, results.benchmarks.values())) else _REGRETS
    return [
        captions.caption(results),
        "Scores are mean ± sd over seeds"
        + (regrets or ", at the end of the budget.")
        + " Intervals, where shown, are 95 % t intervals of the mean over seeds."
        + (_FLOOR if regrets else ""),
        *(
            f"{label} has {len(benchmark.objectives)} objectives; these scores are of {benchmark.objectives[0].name} alone, and so"
            " are the tests: what the fronts are worth stands in fronts.md."
            for label, benchmark in results.benchmarks.items()
            if len(benchmark.objectives) > 1
        ),
    ]


_REGRETS = (
    ". Regret: best of the space minus the incumbent, at the end of the budget; validation regret compares noise-free means over"
    " recorded runs (quality of the search), test regret test values (generalisation). Lower is better."
)
_FLOOR = " floor: expected regret of exhaustive search under the same noise, at the highest fidelity offered."


def about_contrasts(results: Results) -> list[str]:
    """The test, its correction and its power; empty where there is one strategy."""
    if len(results.strategies) < 2:
        return []
    test = untested(len(results.series[0].runs.seeds)) or (
        "p the two-sided Wilcoxon signed-rank test paired by seed (zeros by Pratt) with Holm's correction"
        f" over all contrasts of the column, all benchmarks together; * marks p < {SIGNIFICANT}"
    )
    benchmarks = results.benchmarks.values()
    sign = sign_of_better(results.benchmarks).replace(" is", ":", 1)
    too_few = out_of_reach(len(results.series[0].runs.seeds), (len(results.strategies) - 1) * len(benchmarks))
    lines = (
        [f"{too_few}."]
        if too_few
        else [
            power_line(results, metric, words=score_names(scored, metric))
            for metric, scored in (("validation_regret", benchmarks), ("test_regret", list(filter(tested, benchmarks))))
            if scored
        ]
    )
    return [
        f"Δ is the mean paired difference from {results.reference} ({sign}), {test}. wins: share of seeds"
        f" {_wins(results)}.",
        *filter(None, lines),
    ]


def _wins(results: Results) -> str:
    """What a win is, and on which scores there is one column of them."""
    benchmarks = results.benchmarks.values()
    unknown_ = any(map(absolute, benchmarks))
    what = "that end better than the reference" if unknown_ else "with a lower regret than the reference"
    columns = " or ".join(dict.fromkeys(score_name(benchmark, _won(benchmark)) for benchmark in benchmarks))
    return f"{what}, ties counted half ({columns}, where there is one column)"


def about_costs() -> list[str]:
    """Which costs the table shows, as a sentence of its notes."""
    return [
        "distinct: networks that differ after removal of isomorphic copies. hours: simulated hours on the clock. µs a query:"
        " the strategy's own thinking time on the machine of the run."
    ]


def about_runs(results: Results) -> list[str]:
    """Runs without an incumbent, and warnings."""
    return [*captions.without_incumbent(results), *(f"Warning: {warning}." for warning in results.warnings)]


def markdown(results: Results) -> str:
    """GitHub-flavoured markdown: a table for each benchmark, then the notes."""
    lines = [f"# {escaping.markdown(results.title)}", ""]
    lines += ["Scores are mean ± sd over seeds, median [95 % interval of the mean].", ""]
    for block in blocks(results):
        lines += [f"## {escaping.markdown(block.title)}", "", "| " + " | ".join(block.heads.values()) + " |"]
        lines += ["| --- |" + " ---: |" * (len(COLUMNS) - 1)]
        for row in block.rows:
            lines.append(markdown_row(_with_spread(row, name) if name in SCORES else row[name] for name in COLUMNS))
        lines += [markdown_floor(block.floor[name] for name in COLUMNS), ""]
    lines += ["\n" + escaping.markdown(note) for note in notes(results)]
    return "\n".join(lines).rstrip() + "\n"


def markdown_row(cells: Iterable[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(escaping.markdown(cell) for cell in cells)} |"


def markdown_floor(cells: Iterable[str]) -> str:
    """The row of the floor, whose name is in italics, as that of no strategy can be."""
    name, *others = cells
    return f"| *{name}* | {' | '.join(escaping.markdown(cell) for cell in others)} |"


def _with_spread(row: Row, metric: str) -> str:
    median, interval = row[f"{metric}_median"], row[f"{metric}_interval"]
    if median == numbers.NOTHING:
        return row[metric]
    return f"{row[metric]}, {median}" + (f" [{interval}]" if interval else "")


def latex(results: Results) -> str:
    """Two ``table*`` that need the package booktabs: the scores, then the contrasts and costs."""
    validation = score_names(results.benchmarks.values(), "validation_regret").capitalize()
    scores = [
        ("", ["strategy"], ["Strategy"]),
        *(
            (head, [metric, f"{metric}_median", f"{metric}_interval"], [r"mean $\pm$ sd", "median", r"95\,\% interval"])
            for head, metric in (
                (validation, "validation_regret"),
                ("Test regret", "test_regret"),
                ("Test", "test"),
            )
        ),
    ]
    costs = [
        ("", ["strategy"], ["Strategy"]),
        *(
            (head, [f"{metric}_difference", f"{metric}_p", f"{metric}_wins"], [r"$\Delta$", "$p$", "wins"])
            for head, metric in ((validation, "validation_regret"), ("Test regret", "test_regret"))
        ),
        ("Architectures", ["evaluations", "distinct"], ["evaluated", "distinct"]),
        ("Time", ["simulated_hours", "thinking_microseconds"], ["simulated, h", r"thinking, $\mu$s"]),
    ]
    title = escaping.latex(results.title)
    found = blocks(results)
    first = " ".join(escaping.latex(note) for note in [*about_scores(results), *about_runs(results)])
    second = " ".join(escaping.latex(note) for note in [*about_contrasts(results), *about_costs()])
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
        lines += [r"\midrule", rf"\multicolumn{{{len(names)}}}{{l}}{{\emph{{{escaping.latex(block.title)}}}}} \\"]
        for row in block.rows:
            cells = [escaping.latex(row["strategy"]), *(escaping.latex_number(row[name]) for name in names[1:])]
            lines.append(" & ".join(cells) + r" \\")
        if floor:
            cells = [escaping.latex_number(block.floor.get(name, "")) for name in names[1:]]
            lines.append(" & ".join([rf"\emph{{{FLOOR}}}", *cells]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}}", r"\end{table*}"]) + "\n"


def csv(results: Results) -> str:
    """Every statistic of the summary, six digits."""
    text: str = results.summary().to_csv(index=False, float_format="%.6g", lineterminator="\n")
    return text


_FORMS: dict[str, Callable[[Results], str]] = {"markdown": markdown, "latex": latex, "csv": csv}


def comparison_table(results: Results, form: str = "markdown") -> str:
    """The comparison of a study's strategies as ``markdown``, ``latex`` (booktabs) or ``csv``.

    Raises :class:`~nasbed.errors.UnknownNameError`.
    """
    if form not in _FORMS:
        raise unknown("form of table", form, _FORMS)
    return _FORMS[form](results)
