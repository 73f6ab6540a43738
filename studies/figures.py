"""Writes the pictures of docs/figures.md and docs/several-objectives.md, and the block of captions, from stored results.

Usage: nasbed run studies/NAME.toml for quickstart, several_objectives, six_benchmarks, evolution_options and
digits201_multifidelity, of tables that ship, then python studies/figures.py [--results results].
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pages import write_blocks
from PIL import Image

import nasbed
from nasbed import figures
from nasbed.figures.layout import Panel, Sheet, lay_out

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
DOTS, COLOURS = 120, 256
"""Of a picture: dots an inch, and colours of its palette."""
STUDIES = {"pareto": "several-objectives", "attainment": "several-objectives", "critical_difference": "six-benchmarks"}
STUDIES |= dict.fromkeys(("fidelities", "fidelity_ranks"), "digits201_multifidelity")
STUDIES |= {"importance": "evolution_options"}
"""Whose results are shown where they are not those of the quick start."""


def picture(figure: Figure) -> bytes:
    """A small PNG of a figure, in few colours."""
    drawn = Image.open(io.BytesIO(figures.rendered(figure, "png", 2 * DOTS))).convert("RGB")
    buffer = io.BytesIO()
    drawn.reduce(2).quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        buffer, format="png", optimize=True
    )
    return buffer.getvalue()


def front_and_surface(results: nasbed.Results, benchmark: str) -> Figure:
    """The selected fronts of a benchmark, and beside them the attainment surfaces: the picture of docs/several-objectives.md."""
    kinds = {name: figures.figure_kind(name) for name in ("pareto", "attainment")}

    def draw(ax: Axes, kind: str) -> None:
        kinds[kind].panel(results, kinds[kind].numbers(results), ax=ax, benchmark=benchmark)

    keys = kinds["pareto"].sheet(results, kinds["pareto"].numbers(results), "double").legend
    return lay_out(Sheet([Panel("", {"kind": kind}) for kind in kinds], 2, 2.6, keys), "double", draw)


def main() -> None:
    """Draw each figure and insert it, with what it shows, between the marks of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "results", help="where the results of the studies are")
    given = parser.parse_args()
    loaded = {
        name: nasbed.Results.load(given.results / name)
        for name in dict.fromkeys(["quickstart", *STUDIES.values()])
        if (given.results / name).exists()
    }
    block = []
    for name in figures.figure_kinds():
        results = loaded[STUDIES.get(name, "quickstart")]
        (IMAGES / f"figures_{name}.png").write_bytes(picture(figures.render(results, name)))
        words = figures.figure_kind(name).about(results)
        block.append(f"### {name}\n\n![{figures.figure_kind(name).shows}](images/figures_{name}.png)\n\n{words}\n")
    fronts = front_and_surface(loaded["several-objectives"], "nasbench201/cifar100")
    (IMAGES / "several_objectives.png").write_bytes(picture(fronts))
    write_blocks(ROOT / "docs" / "figures.md", {"figures": "\n" + "\n".join(block)})


if __name__ == "__main__":
    main()
