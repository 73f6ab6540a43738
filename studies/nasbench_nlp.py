"""The tables and pictures of docs/nasbench-nlp.md: what the table says of fidelities, and what its study found.

Usage: nasbed run studies/nasbench_nlp.toml --no-figures, then python studies/nasbench_nlp.py [--results DIR]

Writes what stands between the markers of the page, docs/images/nasbench-nlp.png, and the drawing of the best cell,
docs/images/nasbench-nlp-cell.png. Correlations are Spearman's, of means over the runs of each cell; regrets, intervals and tests
are those of the report.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
from pages import write_blocks
from scipy.stats import spearmanr

import nasbed
from nasbed.benchmarks.nasbench_nlp import NASBenchNLP
from nasbed.figures.architecture_drawing import drawn
from nasbed.figures.formats import rendered
from nasbed.figures.style import STYLE, WIDTHS
from nasbed.files import atomic_write
from nasbed.results.looks import COLOURS, DASHES
from nasbed.tables.numbers import p_value
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

ROOT = Path(__file__).parents[1]
PAGE, PICTURES = ROOT / "docs" / "nasbench-nlp.md", ROOT / "docs" / "images"
SHOWN = (1, 2, 5, 10, 16, 30)
"""The epochs of the table of fidelities."""
TEN = 10
HOUR = 3600.0


def fidelities(table: NASBenchNLP) -> str:
    """For some epochs how well they tell what the end will be, a row each."""
    every = np.arange(len(table.space))
    end = table.query(every, epochs=50)
    best, ten, quarter = int(end.argmin()), np.argsort(end)[:TEN], np.argsort(end)[: len(end) // 4]
    rows = []
    for epochs in SHOWN:
        seen = table.query(every, epochs=epochs)
        places = np.argsort(np.argsort(seen))
        rows.append([
            str(epochs),
            f"{spearmanr(seen, end)[0]:.3f}",
            f"{spearmanr(seen[quarter], end[quarter])[0]:.3f}",
            str(1 + int(places[best])),
            f"{int((places[ten] < len(end) / 3).sum())} of {TEN}",
        ])  # fmt: skip
    heads = ["epochs", "rank correlation with epoch 50", f"of the best {len(quarter)}", "place of the best cell"]
    return markdown(printed([*heads, "of the best ten in the first third"], rows))


def facts(table: NASBenchNLP) -> Iterator[str]:
    """Sentences on noise, test and neighbours."""
    every = np.arange(len(table.space))
    referee, runs = table.referee(), [row[~np.isnan(row)] for row in table.observations]
    validation, test = referee.validation(every), referee.test(every)
    repeated = [row for row in runs if len(row) > 1]
    pooled = np.sqrt(sum(row.var() * len(row) for row in repeated) / sum(len(row) - 1 for row in repeated))
    median = np.median([row.std(ddof=1) for row in repeated])
    best = int(validation.argmax())
    yield (
        f"- **Best**: `{table.space.format(table.space.archs[best])}`, {-validation[best]:.4f} nats on validation (perplexity"
        f" {np.exp(-validation[best]):.1f}) and {-test[best]:.4f} on test ({np.exp(-test[best]):.1f})."
        f" The next are {', '.join(f'{gap:.3f}' for gap in np.sort(validation[best] - validation)[1:4])} nats behind."
    )
    yield (
        f"- **Noise**: {len(repeated)} of {len(runs)} cells have several runs. Their pooled standard deviation is {pooled:.3f}"
        f" nats, the median of a cell {median:.4f}."
    )
    yield f"- **Test** is ranked as validation: {spearmanr(validation, test)[0]:.4f}."
    pairs = np.array([
        (place, table.space.index(other))
        for place, arch in enumerate(table.space.archs)
        for other in table.space.neighbours(arch)
    ])  # fmt: skip
    yield (
        f"- **Neighbours**: {len(pairs) / len(runs):.1f} on average; the losses of two correlate by"
        f" {np.corrcoef(validation[pairs[:, 0]], validation[pairs[:, 1]])[0, 1]:.2f}."
    )


def found(results: nasbed.Results) -> str:
    """Regrets at the end, a row a strategy, for each lowest fidelity."""
    summary, labels = results.summary().set_index(["benchmark", "strategy"]), list(results.benchmarks)
    rows = []
    for name in results.strategies:
        row = [name]
        for label in labels:
            of, known = summary.loc[label, name], name != results.reference
            change = f"{of['validation_regret_difference']:+.3f}" if known else "reference"
            row += [
                f"{of['validation_regret_mean']:.3f} ± {of['validation_regret_sd']:.3f}",
                change,
                p_value(of["validation_regret_p_holm"]) if known else "",
            ]
        rows.append(row)
    seeds = len(results.series[0].runs.seeds)
    heads = ["strategy", *(head for label in labels for head in (label, "Δ", "p"))]
    return f"{markdown(printed(heads, rows))}\n\n{seeds} seeds (0 to {seeds - 1})."


def drawn_along(table: NASBenchNLP, results: nasbed.Results) -> bytes:
    """Two panels: the rank correlation by epoch, and the regrets of the study along its budget."""
    from matplotlib.figure import Figure

    every, epochs = np.arange(len(table.space)), np.arange(1, 51)
    end = table.query(every, epochs=50)
    quarter = np.argsort(end)[: len(end) // 4]
    seen = [table.query(every, epochs=int(epoch)) for epoch in epochs]
    label = list(results.benchmarks)[-1]
    curves = results.curves()
    mine = curves[
        (curves["benchmark"] == label) & (curves["metric"] == "validation_regret") & (curves["axis"] == "seconds")
    ]
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(WIDTHS["double"], 2.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot(epochs, [spearmanr(one, end)[0] for one in seen], color=COLOURS[0], label=f"all {len(end)} cells")
        left.plot(
            epochs,
            [spearmanr(one[quarter], end[quarter])[0] for one in seen],
            color=COLOURS[1],
            linestyle="--",
            label=f"the best {len(quarter)}",
        )
        left.set(
            xlabel="epochs", ylabel="rank correlation with epoch 50", xlim=(0, 50), title="How early the end is known"
        )
        left.legend(frameon=False, loc="lower right")
        for place, name in enumerate(results.strategies):
            line = mine[mine["strategy"] == name]
            colour = COLOURS[place % len(COLOURS)]
            right.plot(line["x"] / HOUR, line["mean"], color=colour, linestyle=DASHES[place % len(DASHES)], label=name)
            right.fill_between(line["x"] / HOUR, line["low"], line["high"], color=colour, alpha=0.15, linewidth=0)
        right.set(
            xlabel="simulated hours",
            ylabel="validation regret (nats a word)",
            title=f"Fidelities {label}",
            ylim=(0, None),
        )
        right.legend(frameon=False, loc="upper right")
    return rendered(figure, "png", 200)


def main() -> None:
    """Read table and results, and write page and pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("results/nasbench-nlp"))
    results = nasbed.Results.load(parser.parse_args().results)
    table = NASBenchNLP(epochs=range(1, 51))
    parts = {"facts": "\n".join(facts(table)), "fidelities": fidelities(table), "study": found(results)}
    write_blocks(PAGE, {name: f"\n{content}\n" for name, content in parts.items()})
    atomic_write(PICTURES / "nasbench-nlp.png", drawn_along(table, results))
    best = int(table.query(np.arange(len(table.space))).argmin())
    atomic_write(PICTURES / "nasbench-nlp-cell.png", rendered(drawn(table.space, table.space.archs[best]), "png", 200))
    print("\n\n".join(parts.values()))


if __name__ == "__main__":
    main()
