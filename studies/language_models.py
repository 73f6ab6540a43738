"""The tables, the conclusions and the figures of docs/language-models.md, from what three studies found.

Usage: nasbed run studies/language_models.toml --no-figures, and likewise studies/language_models_limited.toml and
studies/language_models_surrogate.toml; then
python studies/language_models.py [--fronts DIR --limited DIR --surrogate DIR --only measured|surrogate]

Draws docs/images/language-models.png and language-model.png, the best network that the surrogate's searches found at scale m, and
writes what stands between the markers of the page. Differences are from the trivial rule of each study, with 95 % t
intervals; tests are Wilcoxon's signed-rank tests over the seeds, with Holm's correction in each study.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from pages import write_blocks

import nasbed
from nasbed.figures.architecture_drawing import drawn as network_drawn
from nasbed.figures.formats import rendered
from nasbed.figures.style import STYLE, WIDTHS
from nasbed.files import atomic_write
from nasbed.results.looks import COLOURS, DASHES
from nasbed.results.multiobjective import fronts

ROOT = Path(__file__).parents[1]
PAGE, PICTURE = ROOT / "docs" / "language-models.md", ROOT / "docs" / "images" / "language-models.png"
NETWORK = PICTURE.with_name("language-model.png")
SURE = 0.05


class Question(NamedTuple):
    """A study, the score that a table shows, what that is multiplied by there, its words, and what strategies are compared on: the
    regret from 0 where no best is known, whose differences are those of the score.
    """

    results: nasbed.Results
    score: str
    factor: float
    words: str
    compared: str

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
            cells.append(f"{mean:.{3 + (question.score == 'validation')}g} ± {sd:.2g}")
            if name == question.results.reference:
                cells += ["the rule", ""]
                continue
            change, low, high = (
                question.factor * row[f"{question.compared}_difference{end}"] for end in ("", "_low", "_high")
            )
            p = row[f"{question.compared}_p_holm"]
            star = "\\*" if p < SURE else ""
            cells += [f"{change:+.3g}{star} [{low:+.3g}, {high:+.3g}]", "< 0.001" if p < 0.001 else f"{p:.3f}"]
        yield "| " + " | ".join(cells) + " |"


def concluded(question: Question) -> Iterator[str]:
    """Which strategies are surely better or worse than the trivial rule, and which propose what random search does."""
    summary, rule = question.summary, question.results.reference
    for label in question.results.benchmarks:
        mine = summary[(summary["benchmark"] == label) & (summary["strategy"] != rule)]
        sure = mine[mine[f"{question.compared}_p_holm"] < SURE]
        change = sure[f"{question.compared}_difference"]
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


def feasible(question: Question) -> str:
    """Which share of its evaluations each strategy made within the limit, as a sentence."""
    shares: dict[str, list[str]] = {}
    for series in question.results.series:
        shares.setdefault(series.strategy, []).append(f"{100 * series.feasible():.0f}")
    said = "; ".join(f"`{name}` {', '.join(found)}" for name, found in shares.items())
    return f"Evaluations within the limit, in % ({'; '.join(question.results.benchmarks)}): {said}."


def best_network(results: nasbed.Results, label: str) -> tuple[bytes, str]:
    """The picture of the network with the lowest perplexity that searches on a benchmark ended with, and what it is in words."""
    ends = [
        (value, int(index))
        for series in results.series_on(label)
        for value, index in zip(
            series.shown(series.runs.final("validation_regret")), series.runs.incumbent, strict=True
        )
    ]
    value, index = min(ends)
    space = results.benchmarks[label].space
    found = f"The best that a search found at *{label}*: perplexity {value:.4g} by the surrogate."
    return rendered(network_drawn(space, space.at(index)), "png", 200), found


def content_of(question: Question) -> list[str]:
    """The table of a question with its conclusions, as lines."""
    seeds = len(question.results.series[0].runs.seeds)
    unit = " x 1,000" if question.factor != 1 else ""
    head = f"{question.words}{unit}, mean ± sd over {seeds} seeds:"
    return [head[0].upper() + head[1:], "", *table(question), "", *concluded(question), ""]


def put(block: str, lines: list[str]) -> None:
    """Write lines between the markers of a block of the page."""
    content = "\n".join(lines)
    write_blocks(PAGE, {block: f"\n{content}"})
    print(content)


def measured(fronts_folder: Path, limited: Path) -> None:
    """The picture and the tables of the measured networks."""
    questions = [
        Question(
            nasbed.Results.load(fronts_folder), "hypervolume_regret", 1e3, "hypervolume regret", "hypervolume_regret"
        ),
        Question(nasbed.Results.load(limited), "validation_regret", 1.0, "regret of perplexity", "validation_regret"),
    ]
    drawn(questions)
    put("language models", [line for question in questions for line in content_of(question)])


def by_surrogate(folder: Path) -> None:
    """The table of all networks, by the surrogate, and the picture of one."""
    question = Question(
        nasbed.Results.load(folder),
        "validation",
        1.0,
        "perplexity by the surrogate",
        "validation_regret",
    )
    picture, words = best_network(question.results, list(question.results.benchmarks)[1])
    atomic_write(NETWORK, picture)
    put(
        "surrogate",
        [
            *content_of(question),
            feasible(question),
            "",
            f"![The layers of a network](images/{NETWORK.name})",
            "",
            words,
            "",
        ],
    )


def main() -> None:
    """Read what studies found, and write pictures and page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("", "-limited", "-surrogate"):
        default = Path(f"results/language-models{name}")
        parser.add_argument(f"--{name.removeprefix('-') or 'fronts'}", type=Path, default=default)
    parser.add_argument("--only", choices=("measured", "surrogate"))
    given = parser.parse_args()
    if given.only != "surrogate":
        measured(given.fronts, given.limited)
    if given.only != "measured":
        by_surrogate(given.surrogate)


if __name__ == "__main__":
    main()
