"""What the data cards of shipped tables of trainings have in common: numbers that say how good a landscape is, and a figure.

Usage: python studies/data_cards.py [--table digits201] prints these numbers of a table.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from nasbed.benchmarks.tables.table import Table
from nasbed.figures.style import STYLE, WIDTHS
from nasbed.landscape.measures import rank_correlation
from nasbed.results.looks import COLOURS
from nasbed.searches.loading import load_benchmark

QUANTILES = (0, 5, 25, 50, 75, 95, 100)
BEST = 0.95
"""The quantile of mean validation above which an architecture is one of the best."""


def shares(runs: np.ndarray) -> tuple[float, float]:
    """Of single trainings, (architectures, runs): the percentage of the variance between architectures, and the pooled sd."""
    within = float(runs.var(axis=1, ddof=1).mean())
    between = float(runs.mean(axis=1).var(ddof=1)) - within / runs.shape[1]
    return 100 * between / (between + within), within**0.5


def accuracies(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Validation and test accuracies of a table's architectures, (architectures, runs, epochs)."""
    validation, test = (
        np.stack(
            [table.observed("accuracy", split, table.full, e)[table.rows] for e in range(1, table.full + 1)], axis=2
        )
        for split in ("validation", "test")
    )
    return validation, test


def landscape_facts(table: Table, validation: np.ndarray, test: np.ndarray, epochs: Sequence[int]) -> dict[str, Any]:
    """What a card says of any table, of all architectures, of the better half (``_top``) and of the best (``_best``) by mean
    validation; ``epochs`` are those after which ranks are compared with the end.
    """
    manifest, last = table.manifest, table.full
    mean, seen = test[:, :, -1].mean(axis=1), validation[:, :, -1].mean(axis=1)

    def at(epoch: int) -> float:
        return rank_correlation(validation[:, :, epoch - 1].mean(axis=1), mean)

    def alone(epoch: int) -> float:
        return float(np.mean([rank_correlation(one[:, epoch - 1], mean) for one in validation.swapaxes(0, 1)]))

    outcome = np.asarray(table.values("outcome", schedule=last))
    sizes = table.values("flops")[table.rows]
    found: dict[str, Any] = {
        "epochs": last,
        "cost": manifest.cost_model,
        "trainer": manifest.sources[-1].removeprefix("trained by nasbed tabulate, ").split(":")[0],
        "quantiles": ", ".join(
            f"{value:.1f} % {'(lowest)' if q == 0 else '(highest)' if q == 100 else f'({q} %)'}"
            for q, value in zip(QUANTILES, np.percentile(mean, QUANTILES), strict=True)
        ),
        "outcomes": "No training failed." if not outcome.any() else f"{int((outcome > 0).sum()):,} trainings failed.",
        "heads": " | ".join(map(str, epochs)),
        "rules": " ---: |" * len(epochs),
        "along": " | ".join(f"{at(epoch):.2f}" for epoch in epochs),
        "single": " | ".join(f"{alone(epoch):.2f}" for epoch in epochs),
        "span": float(np.ptp(mean[seen >= np.median(seen)])),
    }
    for name, chosen in (
        ("", seen >= 0),
        ("_top", seen >= np.median(seen)),
        ("_best", seen >= np.quantile(seen, BEST)),
    ):
        found |= _within(name, validation[chosen], test[chosen], sizes[chosen])
    return found


def _within(name: str, validation: np.ndarray, test: np.ndarray, sizes: np.ndarray) -> dict[str, Any]:
    """The numbers of one population."""
    final, mean, runs = test[:, :, -1], test[:, :, -1].mean(axis=1), range(test.shape[1])

    def alone(epoch: int) -> float:
        return float(np.mean([rank_correlation(validation[:, run, epoch - 1], validation[:, run, -1]) for run in runs]))

    share, noise = shares(final)
    return {
        f"share{name}": share,
        f"noise{name}": noise,
        f"seeds{name}": ", ".join(
            f"{rank_correlation(final[:, a], final[:, b]):.2f}" for a, b in combinations(runs, 2)
        ),
        f"first{name}": alone(1),
        f"fourth{name}": alone(4),
        f"splits{name}": rank_correlation(validation[:, :, -1].mean(axis=1), mean),
        f"flops{name}": rank_correlation(sizes, mean),
    }


def card_figure(table: Table, validation: np.ndarray, test: np.ndarray) -> Figure:
    """Two seeds against each other, rank correlation along the training, and accuracy by FLOPs."""
    mean = test[:, :, -1].mean(axis=1)
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(WIDTHS["double"], 2.3), layout="constrained")
        seeds, along, size = figure.subplots(1, 3)
        dots: dict[str, Any] = {"s": 2, "linewidths": 0, "alpha": 0.25, "rasterized": True}
        seeds.scatter(test[:, 0, -1], test[:, 1, -1], color=COLOURS[0], **dots)
        seeds.set(title="(a) two seeds", xlabel="test accuracy, seed 0 (%)", ylabel="test accuracy, seed 1 (%)")
        epochs = np.arange(1, table.full + 1)
        means = [rank_correlation(validation[:, :, e - 1].mean(axis=1), mean) for e in epochs]
        single = [
            np.mean([rank_correlation(validation[:, run, e - 1], test[:, run, -1]) for run in range(test.shape[1])])
            for e in epochs
        ]
        along.plot(epochs, means, color=COLOURS[0], marker=".", label="mean over seeds")
        along.plot(epochs, single, color=COLOURS[1], linestyle="--", marker=".", label="one training")
        along.set(
            title="(b) fidelities", xlabel="epoch of the validation", ylabel="Spearman with final test", ylim=(0, 1.02)
        )
        along.legend(frameon=False, loc="lower right")
        flops = table.values("flops")[table.rows] / 1e6
        size.scatter(flops, mean, color=COLOURS[2], **dots)
        size.set(
            title=f"(c) FLOPs: Spearman {rank_correlation(flops, mean):.2f}",
            xlabel="multiply-accumulates (millions)",
            ylabel="test accuracy (%)",
        )
    return figure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", default="digits201", help="a shipped table of trainings: digits201 or vowels")
    loaded = load_benchmark(parser.parse_args().table)
    if not isinstance(loaded, Table):
        raise SystemExit(f"{loaded.name} is no table of trainings")
    for fact, value in landscape_facts(loaded, *accuracies(loaded), range(1, loaded.full + 1)).items():
        print(f"{fact}: {value}")
