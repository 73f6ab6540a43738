"""Whether inherited accuracy ranks cells as their own accuracy does, and what gradient-based methods come to, on digits201.

Usage: python studies/weight_sharing_ranks.py [--seeds 12] [--cells 300] [--trainings results/weight-sharing-digits/trainings]

For each seed a supernet is trained by uniform sampling. After some epochs it scores a random sample of cells, and one of the best
tenth by mean recorded test accuracy after 12 epochs; Spearman's correlation with that accuracy is taken. Intervals are 95 % over
seeds (Student). FLOPs stand beside them as a yardstick that needs no training. The trajectories of architecture weights are
those that ``nasbed run studies/weight_sharing_digits.toml`` left in its folder of trainings: the share of each operation, mean
over edges and seeds, after each epoch. Writes docs/images/weight-sharing.png, and prints both tables.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import matplotlib as mpl
import numpy as np
from scipy.stats import t

import nasbed
from nasbed.benchmarks.spaces.nasbench201 import OPERATIONS
from nasbed.benchmarks.training.images.table import digits
from nasbed.benchmarks.training.images.table.plan import TrainingPlan
from nasbed.benchmarks.training.local.trainings import TrainingTable
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.benchmarks.training.supernets.training import SupernetTraining
from nasbed.figures.style import STYLE, WIDTHS
from nasbed.landscape.measures import rank_correlation
from nasbed.results.looks import COLOURS, DASHES
from nasbed.streams import stream
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

EPOCHS = (2, 5, 10, 20, 35, 50)
IMAGES = Path(__file__).parents[1] / "docs" / "images"
SHOWN = {
    "darts": "DARTS",
    "darts 2": "DARTS, second order",
    "gdas": "GDAS",
    "gdas, published rate": "GDAS, published rate",
    "pc_darts": "PC-DARTS",
    "dr_nas": "DrNAS",
    "setn": "SETN",
}


def interval(values: np.ndarray) -> tuple[float, float]:
    """The mean over seeds and half the width of its 95 % interval."""
    spread = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return float(values.mean()), float(t.ppf(0.975, max(len(values) - 1, 1)) * spread)


def correlations(seeds: int, cells: int) -> dict[str, np.ndarray]:
    """Spearman's correlations (seeds, epochs) with the test accuracy of cells: of what they inherit, and of FLOPs."""
    table = nasbed.load_benchmark("digits201", objectives=["accuracy", "flops"])
    worth = table.referee().test(np.arange(table.space.size))
    flops = -np.array([table.oracle()(index, 12, 0)[0][1] for index in range(table.space.size)])
    best = np.flatnonzero(worth >= np.quantile(worth, 0.9))
    shape = TrainingPlan.parse(table.manifest.study).shape
    plan = SupernetPlan("uniform", epochs=EPOCHS[-1], rate=0.1)
    found: dict[str, list[list[float]]] = {"all cells": [], "best tenth": [], "FLOPs, all": [], "FLOPs, best tenth": []}
    for seed in range(seeds):
        rng = stream(seed, "weight sharing", "cells").numpy
        samples = {
            "all cells": rng.choice(table.space.size, cells, replace=False),
            "best tenth": rng.choice(best, cells, replace=False),
        }
        training = SupernetTraining(plan, shape, digits.splits(), seed)
        rows: dict[str, list[float]] = {name: [] for name in samples}
        for epochs in EPOCHS:
            training.run(epochs)
            for name, sample in samples.items():
                inherited = training.inherited_many([table.space.at(int(index)) for index in sample])
                rows[name].append(rank_correlation(np.array(inherited), worth[sample]))
        for name in samples:
            found[name].append(rows[name])
        for name, of in (("FLOPs, all", "all cells"), ("FLOPs, best tenth", "best tenth")):
            found[name].append([rank_correlation(flops[samples[of]], worth[samples[of]])])
        print(
            f"seed {seed}: {rows['all cells'][-1]:.2f} of all cells, {rows['best tenth'][-1]:.2f} of the best tenth",
            flush=True,
        )
    return {name: np.array(values) for name, values in found.items()}


def trajectories(folder: Path) -> tuple[dict[str, list[np.ndarray]], dict[str, Counter[str]]]:
    """By method, the probabilities (epochs, edges, operations) of each seed, and the operations of the cells that were derived."""
    paths: dict[str, list[np.ndarray]] = {}
    ends: dict[str, Counter[str]] = {}
    for identity, training in TrainingTable(folder):
        plan = identity.get("plan", {})
        name = plan.get("method", "")
        if name == "darts" and (plan.get("stop_at_eigenvalue") or plan.get("auxiliary_skip")):
            continue
        name += " 2" if plan.get("order") == 2 else ""
        name += ", published rate" if name == "gdas" and plan["arch_rate"] < 1e-3 else ""
        if name in SHOWN and "derived" in training.made:
            paths.setdefault(name, []).append(np.array(training.made["trajectory"]))
            ends.setdefault(name, Counter()).update(OPERATIONS[one] for one in training.made["derived"])
    return paths, ends


def draw(found: dict[str, np.ndarray], paths: dict[str, list[np.ndarray]]) -> None:
    """The correlations over training, and a panel of trajectories for each method."""
    from matplotlib.figure import Figure

    shown = [name for name in SHOWN if name in paths and name != "gdas, published rate"]
    with mpl.rc_context({**STYLE}):
        figure = Figure(figsize=(WIDTHS["double"], 3.3), layout="constrained")
        grid = figure.add_gridspec(2, 5, width_ratios=(1.9, 0.05, 1, 1, 1))
        axes = figure.add_subplot(grid[:, 0])
        for place, name in enumerate(("all cells", "best tenth")):
            middle, half = np.array([interval(column) for column in found[name].T]).T
            axes.plot(
                EPOCHS, middle, color=COLOURS[place], marker="os"[place], markersize=3.5, label=f"inherited, {name}"
            )
            axes.fill_between(EPOCHS, middle - half, middle + half, color=COLOURS[place], alpha=0.2, linewidth=0)
            yardstick = found["FLOPs, all" if place == 0 else "FLOPs, best tenth"].mean()
            axes.axhline(yardstick, color=COLOURS[place], linestyle=DASHES[2], linewidth=1, label=f"FLOPs, {name}")
        axes.set(
            xlabel="epochs of the supernet",
            ylabel="Spearman's correlation with test accuracy",
            xlim=(0, EPOCHS[-1] + 1),
        )
        axes.set_ylim(top=1)
        axes.axhline(0, color="#999999", linewidth=0.5)
        axes.legend(
            frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, fontsize=6.5, columnspacing=0.8
        )
        lines = []
        for place, name in enumerate(shown[:6]):
            panel = figure.add_subplot(grid[place // 3, 2 + place % 3])
            longest = max(len(path) for path in paths[name])
            whole = [path for path in paths[name] if len(path) == longest]
            shares = np.mean([path.mean(axis=1) for path in whole], axis=0)
            lines = [
                panel.plot(np.arange(1, longest + 1), shares[:, code], color=COLOURS[code], linestyle=DASHES[code])[0]
                for code in range(len(OPERATIONS))
            ]
            panel.set_title(SHOWN[name], fontsize=7)
            panel.set_ylim(0, 0.5)
            panel.set_xlim(0, longest)
            if place % 3:
                panel.set_yticklabels([])
            else:
                panel.set_ylabel("share", fontsize=7)
            if place // 3:
                panel.set_xlabel("epochs", fontsize=7)
        if lines:
            figure.legend(lines, OPERATIONS, loc="outside lower right", ncols=3, frameon=False, fontsize=6.5)
        figure.savefig(IMAGES / "weight-sharing.png", dpi=200)


def main() -> None:
    """Measure, draw and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--cells", type=int, default=300)
    parser.add_argument("--trainings", type=Path, default=Path("results/weight-sharing-digits/trainings"))
    given = parser.parse_args()
    found = correlations(given.seeds, given.cells)
    head = ["", *(f"{epochs} epochs" for epochs in EPOCHS), "FLOPs"]
    rows = [
        [name, *("{:.2f} ± {:.2f}".format(*interval(column)) for column in found[name].T), f"{found[flops].mean():.2f}"]
        for name, flops in (("all cells", "FLOPs, all"), ("best tenth", "FLOPs, best tenth"))
    ]
    print(markdown(printed(head, rows)))
    paths, ends = trajectories(given.trainings)
    counts = [[SHOWN[name], *(str(ends[name][one]) for one in OPERATIONS)] for name in SHOWN if name in ends]
    print(markdown(printed(["ends in", *OPERATIONS], counts)))
    draw(found, paths)


if __name__ == "__main__":
    main()
