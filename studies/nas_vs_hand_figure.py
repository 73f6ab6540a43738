"""The figure of docs/training.md: searches on real training beside networks designed by hand.

Usage: nasbed run studies/nas_vs_hand.toml, then python studies/nas_vs_hand_figure.py [--results results/nas-vs-hand]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np

import nasbed
from nasbed.figures.style import STYLE, WIDTHS
from nasbed.results.looks import COLOURS, DASHES, MARKERS
from nasbed.streams import stream

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def main() -> None:
    """Draw errors on validation over the epochs spent, and errors on test of every seed."""
    from matplotlib.figure import Figure

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("results/nas-vs-hand"))
    results = nasbed.Results.load(parser.parse_args().results)
    curves, finals = results.curves(), results.finals()
    curves = curves[curves["axis"] == "epochs"]
    with mpl.rc_context({**STYLE}):
        figure = Figure(figsize=(WIDTHS["double"], 2.7), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
        for place, name in enumerate(results.strategies):
            colour, dash, marker = COLOURS[place], DASHES[place % len(DASHES)], MARKERS[place]
            line = curves[curves["strategy"] == name]
            left.plot(line["x"], 100 - line["mean"], color=colour, linestyle=dash, label=name)
            test = 100 - finals.loc[finals["strategy"] == name, "test"].to_numpy()
            aside = stream(0, "figure", name).numpy.uniform(-0.2, 0.2, len(test))
            right.plot(test, place + aside, marker, color=colour, markersize=3, alpha=0.8)
            right.plot([np.mean(test)] * 2, [place - 0.35, place + 0.35], color="black", linewidth=1.2)
        left.set(
            xlabel="epochs of training spent", ylabel="error on validation, best seen (%)", xscale="log", yscale="log"
        )
        right.set(xlabel="error on test after retraining (%)", xscale="log", yticks=range(len(results.strategies)))
        right.set_yticklabels(results.strategies)
        right.invert_yaxis()
        for axis in (left.yaxis, right.xaxis):
            axis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
            axis.set_minor_formatter(mpl.ticker.NullFormatter())
        left.xaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
        left.legend(frameon=False, fontsize=6.5, loc="lower left")
        figure.savefig(IMAGES / "nas-vs-hand.png", dpi=200)


if __name__ == "__main__":
    main()
