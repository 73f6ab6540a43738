"""A study whose figures are drawn in many tests, and how its numbers and panels are found."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from places import ROOT

from nasbed import figures
from nasbed.vocabulary import Benchmark

STUDY = """
name = "figures"
title = "Figures"
seeds = 20
budget = { evaluations = 40 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar10"
[[benchmark]]
use = "nasbench201"
dataset = "ImageNet16-120"
[[strategy]]
use = "random_search"
[[strategy]]
use = "regularized_evolution"
label = "_evolution_$x$_with a long name & 100 %"
population = 10
sample = 3
[[strategy]]
use = "local_search"
improvement = "best"
starts = 1
[[strategy]]
use = "hand_designed"
[[strategy]]
use = "random_architecture"
"""
CIFAR, IMAGENET = "nasbench201/cifar10", "nasbench201/ImageNet16-120"
SEVERAL = ("pareto", "attainment")
FIDELITIES = ("fidelities", "fidelity_ranks")
GRID = "importance"
"""The figure of strategies that are the settings of a grid; ``tests/figures/test_importance.py`` has one."""
ALONE = [name for name in figures.figure_kinds() if name not in (*SEVERAL, *FIDELITIES, GRID)]
LINES = ("ecdf", "ranks", "profile")
PUBLISHED = ROOT / "results" / "published" / "nasbench201_table5.csv"


def rows(frame: pd.DataFrame, **where: Any) -> pd.DataFrame:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def panels(figure: Figure) -> dict[str, Axes]:
    """The first panel of each title, in lines or not."""
    return {ax.get_title().replace("\n", ""): ax for ax in reversed(figure.axes)}


def _nothing_is_cut_off(figure: Figure) -> None:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    whole = figure.bbox
    boxes = [ax.get_tightbbox(renderer) for ax in figure.axes]
    boxes += [legend.get_window_extent(renderer) for legend in figure.legends]
    boxes += [text.get_window_extent(renderer) for text in figure.texts]
    for box in boxes:
        assert min(box.x0 - whole.x0, whole.x1 - box.x1, box.y0 - whole.y0, whole.y1 - box.y1) >= -1
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)
    for ax in figure.axes:
        for side in (ax.xaxis, ax.yaxis):
            labels = [tick for tick in side.get_ticklabels() if tick.get_text() and tick.get_visible()]
            inside = [tick.get_window_extent(renderer) for tick in labels if not tick.get_rotation() % 90]
            shown = sorted(inside, key=lambda box: (box.x0, box.y0))
            for one, other in combinations(shown, 2):
                assert not one.overlaps(other), [label.get_text() for label in labels]


def ranked_indices(benchmark: Benchmark) -> np.ndarray:
    """The architectures of a table, best validation first."""
    return np.argsort(-benchmark.referee().validation(np.arange(len(benchmark.space))))
