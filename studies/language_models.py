"""The table, the conclusions and the figure of docs/language-models.md, from what two studies found.

Usage: nasbed run studies/language_models.toml --no-figures, and likewise studies/language_models_limited.toml; then
python studies/language_models.py [--fronts DIR --limited DIR]

Draws docs/images/language-models.png, and writes what stands between the markers of the page. Differences are from the trivial rule
of each study, with 95 % t intervals; tests are Wilcoxon's signed-rank tests over the seeds, with Holm's correction in each study.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd

import nasbed
from nasbed.figures.style import STYLE, WIDTHS
from nasbed.files import atomic_write
from nasbed.results.looks import COLOURS, DASHES
from nasbed.results.multiobjective import fronts

ROOT = Path(__file__).parents[1]
PAGE, PICTURE = ROOT / "docs" / "language-models.md", ROOT / "docs" / "images" / "language-models.png"
BEGIN, END = "<!-- language models: begin -->", "<!-- language models: end -->"
SURE = 0.05


class Question(NamedTuple):
    """A study, what its strategies are compared on, what that is multiplied by in the table, and its words."""

    results: nasbed.Results
    score: str
    factor: float
    words: str

    @property
    def summary(self) -> pd.DataFrame:
        """A row for each benchmark and strategy, with contrasts."""
        return fronts.summary(self.results) if self.score == "hypervolume_regret" else self.results.summary()

    @property
    def runs(self) -> pd.DataFrame:
        """A row a run."""
        return fronts.frame(self.results) if self.score == "hypervolume_regret" else self.results.finals()


def table(question: Question) -> Iterator[str]:
    """A row a strategy, for each benchmark a score and its difference from the trivial rule."""
    summary, labels = question.summary, list(question.results.benchmarks)
    yield "| " + " | ".join(["strategy", *(f"{label} | Δ [95 %] | p" for label in labels)]) + " |"
    yield "| --- |" + " ---: | ---: | ---: |" * len(labels)
    for name in question.results.strategies:
        cells = [name]
        for label in labels:
            row = summary[(summary["benchmark"] == label) & (summary["strategy"] == name)].iloc[0]
            mean, sd = (question.factor * row[f"{question.score}_{what}"] for what in ("mean", "sd"))
            cells.append(f"{mean:.3g} ± {sd:.2g}")
            if name == question.results.reference:
                cells += ["the rule", ""]
                continue
            change, low, high = (
                question.factor * row[f"{question.score}_difference{end}"] for end in ("", "_low", "_high")
            )
            p = row[f"{question.score}_p_holm"]
            star = "\\*" if p < SURE else ""
            cells += [f"{change:+.3g}{star} [{low:+.3g}, {high:+.3g}]", "< 0.001" if p < 0.001 else f"{p:.3f}"]
        yield "| " + " | ".join(cells) + " |"


def concluded(question: Question) -> Iterator[str]:
    """Which strategies are surely better or worse than the trivial rule, and which propose what random search does."""
    summary, rule = question.summary, question.results.reference
    for label in question.results.benchmarks:
        mine = summary[(summary["benchmark"] == label) & (summary["strategy"] != rule)]
        sure = mine[mine[f"{question.score}_p_holm"] < SURE]
        change = sure[f"{question.score}_difference"]
        better, worse = sure.loc[change < 0, "strategy"].tolist(), sure.loc[change > 0, "strategy"].tolist()
        rest = [one for one in mine["strategy"] if one not in (*better, *worse)]
        best = summary[(summary["benchmark"] == label) & (summary["strategy"] == rule)][f"{question.score}_mean"].iloc[
            0
        ]
        said = [f"better: {_listed(better)}", f"worse: {_listed(worse)}", f"undecided: {_listed(rest)}"]
        exact = " (0: the rule finds the best there is)" if best == 0 else ""
        yield f"- **{label}**, {question.words}, against *{rule}*{exact}: {'; '.join(said)}."
    scores = question.runs.pivot_table(index=["benchmark", "seed"], columns="strategy", values=question.score)
    same = [one for one in scores if one != "random_search" and np.array_equal(scores[one], scores["random_search"])]
    if same:
        yield f"- {_listed(same)}: in every run the score of `random_search`, to the last digit."


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def curves(question: Question, label: str) -> pd.DataFrame:
    """The mean score after each evaluation of a benchmark, with its 95 % interval."""
    if question.score == "hypervolume_regret":
        found = fronts.curves(question.results)
    else:
        found = question.results.curves()
        found = found[(found["metric"] == question.score) & (found["axis"] == "evaluations")]
    return found[found["benchmark"] == label]


def drawn(questions: list[Question]) -> None:
    """The scores along the searches, a panel for each benchmark."""
    from matplotlib.figure import Figure

    panels = [(question, label) for question in questions for label in question.results.benchmarks]
    names = list(dict.fromkeys(name for question in questions for name in question.results.strategies))
    with mpl.rc_context({**STYLE}):
        figure = Figure(figsize=(1.15 * WIDTHS["double"], 4.4), layout="constrained")
        axes = figure.subplots(2, 2, sharex=True)
        for ax, (question, label) in zip(axes.flat, panels, strict=True):
            frame = curves(question, label)
            for name in question.results.strategies:
                line, place = frame[frame["strategy"] == name], names.index(name)
                colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
                ax.plot(line["x"], line["mean"], color=colour, linestyle=dash, label=name)
                ax.fill_between(line["x"], line["low"], line["high"], color=colour, alpha=0.15, linewidth=0)
            fronted = question.score == "hypervolume_regret"
            ax.set(title=label, ylabel="hypervolume regret" if fronted else "regret (perplexity)", xlim=(1, 100))
            ax.set_yscale("log" if fronted else "symlog", **({} if fronted else {"linthresh": 0.1}))
            if fronted:
                ax.yaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
            else:
                ax.set_ylim(bottom=-0.01)
            ax.yaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
            ax.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())
        for ax in axes[1]:
            ax.set_xlabel("evaluations")
        marks = {text: mark for ax in axes.flat for mark, text in zip(*ax.get_legend_handles_labels(), strict=True)}
        figure.legend(marks.values(), marks, loc="outside lower center", ncols=4, frameon=False)
        figure.savefig(PICTURE, dpi=200)


def main() -> None:
    """Read both results, and write picture and page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fronts", type=Path, default=Path("results/language-models"))
    parser.add_argument("--limited", type=Path, default=Path("results/language-models-limited"))
    given = parser.parse_args()
    questions = [
        Question(nasbed.Results.load(given.fronts), "hypervolume_regret", 1e3, "hypervolume regret"),
        Question(nasbed.Results.load(given.limited), "validation_regret", 1.0, "regret of perplexity"),
    ]
    lines = []
    for question in questions:
        seeds = len(question.results.series[0].runs.seeds)
        unit = " x 1,000" if question.factor != 1 else ""
        head = f"{question.words}{unit}, mean ± sd over {seeds} seeds:"
        lines += [head[0].upper() + head[1:], ""]
        lines += [*table(question), "", *concluded(question), ""]
    drawn(questions)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    content = "\n".join(lines)
    atomic_write(PAGE, f"{before}{BEGIN}\n\n{content}\n{END}{rest.partition(END)[2]}")
    print(content)


if __name__ == "__main__":
    main()
