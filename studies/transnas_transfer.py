"""The matrix of docs/transfer.md: what ranks of one task buy a search on another, and where they harm.

Usage: nasbed run studies/transnas_transfer.toml --no-figures, then python studies/transnas_transfer.py [--results DIR]

Draws docs/images/transfer.png, writes results/transnas_transfer.csv and the tables between the markers of docs/transfer.md. A cell
is the mean paired difference of validation regret between a search with ranks and the same without, over all seeds, in percent of
the mean regret without. Tests are Wilcoxon's signed-rank tests paired by seed, with Holm's correction over all cells of all
matrices. Several folders of results, each with some of the methods, are read as one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from pages import write_blocks

import nasbed
from nasbed.figures.style import STYLE, WIDTHS
from nasbed.results.looks import COLOURS
from nasbed.statistics.paired import contrast, holm

ROOT = Path(__file__).parents[1]
PAGE, PICTURE, NUMBERS = (
    ROOT / name for name in ("docs/transfer.md", "docs/images/transfer.png", "results/transnas_transfer.csv")
)
METHODS = ("random search", "evolution", "local search")
"""Each with ranks and without; with them random search trains what it has drawn in their order."""
SPACES = ("micro", "macro")


def compared(results: nasbed.Results) -> pd.DataFrame:
    """A row for each space, target, source and method."""
    finals = results.finals().pivot(index=["benchmark", "strategy"], columns="seed", values="validation_regret")
    rows = []
    for label, benchmark in results.benchmarks.items():
        space, _, pair = label.partition(": ")
        source, _, target = pair.partition(" to ")
        for method in (one for one in METHODS if one in results.strategies):
            without, warm = finals.loc[(label, method)].to_numpy(), finals.loc[(label, f"{method}, warm")].to_numpy()
            found = contrast(warm, without)
            rows.append(
                {
                    "space": space,
                    "target": target,
                    "source": source,
                    "method": method,
                    "unit": benchmark.objectives[0].difference_unit,
                    "seeds": len(warm),
                    "without": without.mean(),
                    "warm": warm.mean(),
                    "difference": found.difference,
                    "low": found.difference_low,
                    "high": found.difference_high,
                    "percent": 100 * found.difference / without.mean(),
                    "p": found.p,
                }
            )
    return pd.DataFrame(rows)


def drawn(frame: pd.DataFrame) -> None:
    """A matrix for each space and method: a row a source, a column a target; blue where ranks help, orange where they harm."""
    from matplotlib.figure import Figure

    colours = LinearSegmentedColormap.from_list("help", (COLOURS[0], "white", COLOURS[1])).with_extremes(bad="#eeeeee")
    targets = list(dict.fromkeys(frame["target"]))
    sources = [*targets, "all others"]
    with mpl.rc_context({**STYLE}):
        figure = Figure(figsize=(1.15 * WIDTHS["double"], 6.0), layout="constrained")
        axes = figure.subplots(len(SPACES), len(METHODS), sharex=True, sharey=True)
        for ax, (space, method) in zip(axes.flat, [(s, m) for s in SPACES for m in METHODS], strict=True):
            mine = frame[(frame["space"] == space) & (frame["method"] == method)]
            cells = mine.pivot(index="source", columns="target", values="percent").reindex(
                index=sources, columns=targets
            )
            image = ax.imshow(cells.to_numpy(float), cmap=colours, vmin=-100, vmax=100, aspect="auto")
            for row in mine.itertuples():
                star = "*" if row.p_holm < 0.05 else ""
                ax.text(
                    targets.index(row.target),
                    sources.index(row.source),
                    f"{row.percent:+.0f}{star}",
                    ha="center",
                    va="center",
                    fontsize=5.5,
                    fontweight="bold" if star else "normal",
                    color="white" if abs(row.percent) >= 75 else "black",
                )
            ax.set_title(f"{space}, {method}")
            ax.set_xticks(range(len(targets)), targets, rotation=40, ha="right", rotation_mode="anchor")
            ax.set_yticks(range(len(sources)), sources)
            ax.tick_params(length=0)
            for side in ax.spines.values():
                side.set_visible(False)
        figure.supxlabel("task that is searched", fontsize=8)
        figure.supylabel("task whose ranks are told", fontsize=8)
        bar = figure.colorbar(image, ax=axes, shrink=0.5, extend="max", aspect=30)
        bar.set_label("change of validation regret after 50 evaluations (%)")
        figure.savefig(PICTURE, dpi=200)


def table(frame: pd.DataFrame) -> str:
    """Differences in the unit of each task, of local search: a row a source and a column a target, of both spaces."""
    targets = list(dict.fromkeys(frame["target"]))
    lines = []
    for space in SPACES:
        mine = frame[(frame["space"] == space) & (frame["method"] == "local search")].set_index(["source", "target"])
        units = mine.groupby(level="target")["unit"].first()
        lines += [f"| {space}: ranks of | " + " | ".join(f"{one} ({units[one]})" for one in targets) + " |"]
        lines += ["| --- |" + " ---: |" * len(targets)]
        without = [f"{mine.xs(one, level='target')['without'].iloc[0]:.4g}" for one in targets]
        lines += ["| *none: mean regret* | " + " | ".join(without) + " |"]
        for source in (*targets, "all others"):
            cells = []
            for target in targets:
                if source == target:
                    cells.append("")
                    continue
                row = mine.loc[(source, target)]
                cells.append(f"{row['difference']:+.3g}" + ("\\*" if row["p_holm"] < 0.05 else ""))
            lines.append(f"| {source} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def counted(frame: pd.DataFrame) -> str:
    """How often ranks of one task help and harm, by space and method, in a sentence each."""
    single = frame[frame["source"] != "all others"]
    lines = []
    for (space, method), mine in single.groupby(["space", "method"], sort=False):
        told = mine[mine["p_holm"] < 0.05]
        lines.append(
            f"- {space}, {method}: of {len(mine)} pairs, {(told['difference'] < 0).sum()} help and"
            f" {(told['difference'] > 0).sum()} harm; the median change of regret is {np.median(mine['percent']):+.0f} %."
        )
    return "\n".join(lines)


def main() -> None:
    """Read the results, and write numbers, picture and page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, nargs="+", default=[Path("results/transnas-transfer")])
    frame = pd.concat([compared(nasbed.Results.load(folder)) for folder in parser.parse_args().results])
    frame["p_holm"] = holm(frame["p"].to_numpy(float))
    frame.to_csv(NUMBERS, index=False, float_format="%.6g")
    drawn(frame)
    content = f"{counted(frame)}\n\n{table(frame)}"
    write_blocks(PAGE, {"transfer": f"\n{content}"})
    print(content)


if __name__ == "__main__":
    main()
