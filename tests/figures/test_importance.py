"""Importance of the options of a grid: of arrays whose truth is known, and of a study with a grid, in report, page and figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from daily import daily
from marks import cut_marks
from small_study import _nothing_is_cut_off

import nasbed
from nasbed import figures
from nasbed.errors import OptionError
from nasbed.figures import style
from nasbed.reports import html, markdown
from nasbed.results.grids import grids
from nasbed.statistics.importance import best_settings, shares

STUDY = """
name = "grid"
seeds = 8
budget = { evaluations = 45 }
reference = "random_search"
[[benchmark]]
use = "nasbench201"
dataset = "cifar10"
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[strategy]]
use = "regularized_evolution"
label = "RE"
grid = { sample = [2, 5], population = [5, 10, 20] }
[[strategy]]
use = "random_search"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    return nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path_factory.mktemp("grid") / "out")


@pytest.mark.thorough
def test_levels_that_are_numbers_stand_by_size_whatever_is_shown_first(results: nasbed.Results) -> None:
    shown = results.appearing(order=["RE, sample 5, population 20", "RE, sample 2, population 10"])
    assert shown.strategies[0] == "RE, sample 5, population 20"
    (found,) = grids(shown)
    assert found.levels == {"sample": ("2", "5"), "population": ("5", "10", "20")}
    assert found.strategies == grids(results)[0].strategies


def test_shares_are_those_of_what_was_put_in() -> None:
    """Variances 2/3, 1/4 and 1 for the pair, which has no main effect; noise takes the rest."""
    one, two = np.arange(3.0) - 1, np.array([-0.5, 0.5])
    pair = np.array([[1.0, -1.0], [-2.0, 2.0], [1.0, -1.0]]) / np.sqrt(2)
    truth = one[:, None] + two + pair
    found = {share.of: share for share in shares(np.stack([truth + seed for seed in range(5)]))}
    variance = 2 / 3 + 1 / 4 + 1
    assert [found[of].share for of in ((0,), (1,), (0, 1))] == pytest.approx(
        [2 / 3 / variance, 1 / 4 / variance, 1 / variance]
    )
    assert all(share.noise == pytest.approx(0, abs=1e-12) for share in found.values())  # what seeds do to all alike
    assert np.isnan([share.share for share in shares(np.ones((5, 3, 2)))]).all()
    noise = np.random.default_rng(0).standard_normal((400, 20, 3, 2))
    measured = np.array([[share.share for share in shares(one, resamples=2)] for one in noise]).mean(axis=0)
    told = np.array([[share.noise for share in shares(one, resamples=2)] for one in noise]).mean(axis=0)
    assert measured == pytest.approx([0.4, 0.2, 0.4], abs=0.05)
    assert (told > 0.15).all()


def test_intervals_of_shares_hold_the_truth_where_much_of_the_variance_is_chance() -> None:
    """One option that matters and one that does not, under noise larger than the effect, ten seeds: percentiles of plain resamples
    never hold these shares.
    """
    truth, rng = np.array([-0.5, 0.0, 0.5])[:, None] + np.zeros(2), np.random.default_rng(1)
    ends = np.array([
        [one.interval() for one in shares(truth + 1.5 * rng.standard_normal((10, 3, 2)), resamples=200)]
        for _ in range(150)
    ])  # fmt: skip
    held = (ends[..., 0] <= np.array([1.0, 0.0, 0.0])) & (ends[..., 1] >= np.array([1.0, 0.0, 0.0]))
    assert (held.mean(axis=0) > 0.93).all()


def test_one_option_alone_is_a_bar_in_the_middle_of_its_panel(results: nasbed.Results) -> None:
    frame = figures.numbers(results, "importance")
    alone = frame[(frame["option"] == "population") & (frame["other"] == "")]
    ax = figures.figure_kind("importance").draw(results, alone)
    (bar,) = ax.patches
    low, high = ax.get_ylim()
    assert bar.get_height() < 0.3 * (high - low)
    assert bar.get_y() + bar.get_height() / 2 == pytest.approx((low + high) / 2)


def test_the_best_setting_and_how_sure_it_is() -> None:
    scores = np.array([[1.0, 2.0], [1.5, 2.0], [1.0, 3.0]])
    place, wins = best_settings(scores)
    assert (place, wins.tolist()) == (0, [1.0, 0.0])


def test_a_grid_is_known_by_its_options_whatever_it_is_called(results: nasbed.Results) -> None:
    (grid,) = grids(results)
    assert grid.use == "regularized_evolution"
    assert grid.levels == {"population": ("5", "10", "20"), "sample": ("2", "5")}
    assert grid.strategies[1] == "RE, sample 5, population 5"
    scores = grid.scores(results, "validation_regret", "nasbench201/cifar100")
    assert scores[:, 2, 0].tolist() == results.scores()["RE, sample 2, population 20"][:, 1].tolist()
    renamed = results.appearing(labels={grid.strategies[0]: "first"}, order=["random_search"])
    assert grids(renamed)[0].strategies == ("first", *grid.strategies[1:])
    assert grids(results.subset(results.strategies[1:])) == []


def test_the_frame_is_of_these_runs(results: nasbed.Results) -> None:
    frame = figures.numbers(results, "importance")
    (grid,) = grids(results)
    scores = grid.scores(results, "validation_regret", "nasbench201/cifar10")
    here = frame[frame["benchmark"] == "nasbench201/cifar10"]
    main = here[(here["kind"] == "main") & (here["option"] == "population")]
    assert main["value"].tolist() == pytest.approx(scores.mean(axis=(0, 2)).tolist())
    pair = here[here["kind"] == "pair"]
    assert pair["value"].tolist() == pytest.approx(scores.mean(axis=0).ravel().tolist())
    assert here[here["kind"] == "share"]["value"].sum() == pytest.approx(1)
    both = frame[(frame["kind"] == "share") & (frame["option"] == "sample")]
    assert both["value"].iloc[-1] == pytest.approx(both["value"].iloc[:2].mean())
    assert (both["low"] <= both["value"]).all()
    assert (both["value"] <= both["high"]).all()


@pytest.mark.parametrize("paper", daily(style.WIDTHS, "single"))
def test_nothing_of_it_is_cut_off(results: nasbed.Results, paper: style.Style) -> None:
    figure = figures.render(results, "importance", paper)
    _nothing_is_cut_off(figure)
    assert cut_marks(figure) == []
    assert figure.axes[1].get_ylabel() == "regret (% points)"
    assert len(figure.axes) == 9
    bars = [patch.get_width() for patch in figure.axes[0].patches]
    frame = figures.numbers(results, "importance")
    shown = frame[(frame["benchmark"] == "nasbench201/cifar10") & (frame["kind"] == "share")]["value"]
    assert bars == pytest.approx(sorted(100 * shown))


def test_report_and_page_say_which_options_matter(results: nasbed.Results, tmp_path: Path) -> None:
    text, page = markdown.report(results, []), html.page(results, results.curves())
    for shown in (text, page):
        assert "Importance of options" in shown
        assert "population × sample" in shown
        assert "best setting" in shown
    assert "8 seeds (0 to 7)" in figures.caption(results, "importance")


def test_without_a_grid_it_is_refused(tiny_results: nasbed.Results) -> None:
    assert "importance" not in figures.available(tiny_results)
    with pytest.raises(OptionError, match="no grid among the strategies; importance of options needs a"):
        figures.render(tiny_results, "importance")
    assert "Importance of options" not in markdown.report(tiny_results, [])
