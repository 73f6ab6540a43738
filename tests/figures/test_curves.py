"""The figure of a study: every curve, the floor and the caption, and nothing of it is cut off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from daily import daily
from tiny_study import STUDY

import nasbed
from nasbed import figures


@pytest.fixture
def results(tiny_results: nasbed.Results) -> nasbed.Results:
    return tiny_results


@pytest.mark.parametrize("metric", daily(["validation_regret", "test_regret"], "validation_regret"))
def test_figures_draw_every_curve_the_floor_and_the_caption(results: nasbed.Results, metric: str) -> None:
    figure = figures.render(results, "curves", captioned=True, metric=metric)
    assert len(figure.axes) == 4
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:3] == ["random_search", "RE, small", "hand_designed"]
    assert labels[3].startswith("floor")
    frame = results.curves()
    line = next(line for line in figure.axes[0].lines if line.get_label() == "random_search")
    mine = frame[(frame["benchmark"] == "nasbench201/cifar100") & (frame["strategy"] == "random_search")]
    mine = mine[(mine["metric"] == metric) & (mine["axis"] == "evaluations")]
    np.testing.assert_array_equal(np.asarray(line.get_ydata()), mine["mean"])
    assert "12 seeds" in " ".join(text.get_text() for text in figure.texts)


def test_nothing_of_a_figure_is_cut_off_or_covered(results: nasbed.Results) -> None:
    figure = figures.render(results, "curves", captioned=True)
    figure.canvas.draw()
    width, height = figure.bbox.width, figure.bbox.height
    legend = figure.legends[0].get_window_extent()
    caption = figure.texts[0].get_window_extent()
    for box in (legend, caption, *(axes.get_tightbbox() for axes in figure.axes)):
        assert box is not None
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width + 0.5
        assert box.y1 <= height + 0.5
    assert legend.y0 > caption.y1
    assert all(axes.get_tightbbox().y0 > legend.y1 for axes in figure.axes)  # type: ignore[union-attr]


@pytest.mark.thorough
def test_long_labels_stay_inside_the_figure(tmp_path: Path) -> None:
    grid = """[[strategy]]
        use = "regularized_evolution"
        [strategy.grid]
        population = [2, 3, 4]
        sample = [1, 2, 3]
    """
    study = nasbed.Study.parse(STUDY.replace("seeds = 12", "seeds = 2") + grid)
    figure = figures.render(nasbed.run_study(study, tmp_path), "curves", captioned=True)
    figure.canvas.draw()
    legend = figure.legends[0].get_window_extent()
    assert len(figure.legends[0].get_texts()) == 13
    assert legend.x0 >= 0
    assert legend.x1 <= figure.bbox.width
    assert legend.y0 > figure.texts[0].get_window_extent().y1
    assert all(axes.get_tightbbox().y0 > legend.y1 for axes in figure.axes)  # type: ignore[union-attr]
