"""The table, the figure and the files of a landscape, and the command that writes them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from daily import daily
from forking import Command
from guests import Guest, Recorded, records, svg_text
from marks import cut_marks
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import nasbed
from nasbed.errors import StoreError, UnknownNameError
from nasbed.landscape import report as landscape_report
from nasbed.landscape.figure import draw
from nasbed.landscape.survey import Survey, load, survey
from nasbed.landscape.text import best_in_words, caption
from nasbed.vocabulary import Objective

BEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"
FILES = {f"landscape.{kind}" for kind in ("md", "csv", "json", "pdf", "svg", "png")}


@pytest.mark.thorough
def test_what_is_written_is_whole_and_the_same_each_time(tmp_path: Path) -> None:
    files = landscape_report.write(survey([Guest()]), tmp_path / "one")
    assert {path.name for path in files} == FILES == {path.name for path in (tmp_path / "one").iterdir()}
    again = landscape_report.write(survey([Guest()]), tmp_path / "two")
    for one, other in zip(files, again, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_the_table_says_what_was_measured(nasbench201: Survey) -> None:
    text = landscape_report.markdown(nasbench201)
    assert "test accuracy (%) of 15,625 architectures at the end of the longest schedule" in text
    assert "sees one of 2 to 3 recorded runs" in text
    assert "| local optima | 13 | 17 | 25 | 24 | 34 | 36 |" in text
    assert "| cifar10 | 1.000 | 0.980 | 0.959 |" in text
    assert "recorded training time of 200 epochs" in text
    assert "One fidelity is offered" in text


def test_the_csv_has_every_number_that_is_drawn(nasbench201: Survey) -> None:
    rows = records(nasbench201)
    statistics = {row["statistic"] for row in rows}
    assert statistics >= {
        "quantile", "noise_sd", "autocorrelation", "mean_at_distance", "rank_correlation_of_data_sets",
        "rank_correlation_of_fidelity", "pareto_front", "deviation_of_mean", "main_effect", "interaction", "higher_orders",
    }  # fmt: skip
    mine = [row for row in rows if row["benchmark"] == "nasbench201/cifar10" and row["split"] == "test"]
    shares = [
        float(row["value"]) for row in mine if row["statistic"] in ("main_effect", "interaction", "higher_orders")
    ]
    assert len(shares) == 6 + 15 + 1
    assert sum(shares) == pytest.approx(1, abs=1e-6)
    front = {row["key"] for row in mine if row["statistic"] == "pareto_front"}
    assert "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|" in front


class Likeness(Guest):
    """Scores in another unit."""

    objectives = (Objective("ssim", "SSIM"),)


def test_scores_in_different_units_are_named_each_and_share_no_axis() -> None:
    found = survey([Guest(), Likeness(np.arange(9) / 90, "other")])
    assert "test accuracy (%) of small; test ssim (SSIM) of other; of 9 architectures" in caption(found)
    panels = {axes.get_title("left"): axes for axes in draw(found).axes}
    for letter in ("(a) distribution", "(d) distance"):
        drawn = [line.get_data()["ad".index(letter[1])] for line in panels[letter].lines[:2]]
        assert drawn[0].tolist() == pytest.approx(drawn[1].tolist())
        assert max(drawn[0]) == 1
    assert panels["(f) Pareto front"].lines[1].get_ydata()[0] == pytest.approx(1)  # type: ignore[index]


def test_the_front_of_trainings_that_cost_the_same_is_not_drawn() -> None:
    found = survey([Recorded()])
    (panel,) = (axes for axes in draw(found).axes if axes.get_title("left") == "(f) Pareto front")
    assert [len(panel.lines), panel.texts[0].get_text()] == [0, "none: all cost the same"]


def test_the_json_is_plain_and_has_null_for_what_is_not_defined() -> None:
    content = json.loads(json.dumps(landscape_report.content(survey([Guest((3,) * 9)])), allow_nan=False))
    (site,) = content["sites"]
    assert site["splits"]["test"]["fitness_distance_correlation"] is None
    assert site["splits"]["test"]["mean"] == 3.0
    assert site["pareto_front"][0] == {"index": 0, "architecture": "00", "accuracy": 3.0, "training time": 1.0}


def test_the_figure_says_what_was_measured(nasbench201: Survey) -> None:
    text = re.sub(r"\s+", " ", svg_text(nasbench201))
    for words in (
        "15,625 architectures",
        "test accuracy (%)",
        "training time (s)",
        "ImageNet16-120",
        "2 to 3 recorded runs",
    ):
        assert words in text
    figure = draw(nasbench201)
    assert figure.get_size_inches()[0] == 7.0
    assert figure.get_size_inches()[1] < 9.5
    assert cut_marks(figure) == []


def within_the_page(figure: Figure) -> bool:
    """Whether all that is drawn lies on the page."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = figure.get_tightbbox(canvas.get_renderer())
    width, height = figure.get_size_inches()
    return bool(drawn.x0 >= 0 <= drawn.y0 and drawn.x1 <= width and drawn.y1 <= height)


@pytest.mark.parametrize("count", daily([1, 2, 4, 8], 8))
@pytest.mark.parametrize("kind", daily([Guest, Recorded], Guest))
def test_nothing_leaves_the_page(kind: type[Guest], count: int) -> None:
    rng = np.random.default_rng(6)
    guests = [kind(-rng.random(9) * 1e-4, f"a_data_set_of_a_long_name_{number}") for number in range(count)]
    figure = draw(survey(guests))
    assert cut_marks(figure) == []
    assert within_the_page(figure)


class Choosing(Guest):
    """Decisions of different choices, whose names are as long as asked for."""

    letters = 4

    def decisions(self) -> dict[str, tuple[str, ...]]:
        return {one: tuple(f"{one}{place}{'x' * self.letters}" for place in range(3)) for one in ("first", "second")}


@pytest.mark.parametrize(("letters", "sites"), [(4, 1), (4, 2), (20, 1), (20, 3), (70, 1)])
def test_choices_that_differ_stand_in_the_cells_or_in_the_caption(
    letters: int, sites: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Choosing, "letters", letters)
    found = survey([Choosing(np.arange(9.0) ** 2, f"set_{number}") for number in range(sites)])
    figure = draw(found)
    inside = [text.get_text() for axes in figure.axes for text in axes.texts]
    named = [text for text in inside if text.startswith("second2x")]
    said = re.sub(r"\s+", "", svg_text(found))
    in_the_caption = f"choicesbynumber(firstfirst0{'x' * letters},"
    if letters == 70 or sites == 3:
        assert (named, in_the_caption in said) == ([], True)
    else:
        assert (len(named), "choicesbynumber" in said) == (sites, False)
        assert all(re.fullmatch(r"second2x+\n\S+", text) for text in named)
    assert within_the_page(figure)


def test_the_operations_of_vowels_are_named() -> None:
    figure = draw(survey(load("vowels")))
    inside = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    assert all(name in inside for name in ("gru_\nresidual\n", "convolution_\nresidual\n", "attention\n", "0.003\n"))
    assert within_the_page(figure)


def test_points_at_the_end_of_an_axis_are_drawn_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that agree have a standard deviation of 0, where the axis begins."""
    same = Recorded(np.arange(9.0))
    monkeypatch.setattr(same, "recorded", lambda epochs: ([np.stack([same.values] * 2, axis=1)], np.ones((9, 1))))
    figure = draw(survey([same]))
    (noise,) = [axes for axes in figure.axes if axes.get_title(loc="left") == "(b) noise"]
    assert noise.get_ylim()[0] == 0
    assert np.ptp(np.asarray(noise.lines[0].get_ydata())) == 0
    assert cut_marks(figure) == []


def test_names_are_drawn_as_they_are() -> None:
    text = svg_text(survey([Recorded(-np.arange(9.0), "$\\bad$"), Recorded(-np.arange(9.0), "<b> & 100 %")]))
    for name in ("$\\bad$", "<b> & 100 %", "$first$"):
        assert name in text


@pytest.mark.thorough
def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(StoreError, match=r"cannot write .*taken"):
        landscape_report.write(survey([Guest()]), tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_the_command_writes_table_and_figure(command: Command, tmp_path: Path) -> None:
    done = command("landscape", "nasbench201", "--dataset", "cifar10")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"local optima +17", done.stdout)
    assert re.search(r"best architectures \(index\) +6111, 13714", done.stdout)
    assert f"\ncifar10: the first of 2 best architectures has index 6111: {BEST}\n" in done.stdout
    assert "15,625 architectures" in done.stdout
    folder = tmp_path / "results" / "landscape-nasbench201-cifar10"
    assert {path.name for path in folder.iterdir()} == FILES
    assert "written: " in done.stdout


@pytest.mark.thorough
def test_the_command_prints_json(command: Command, tmp_path: Path) -> None:
    words = (
        "--dataset",
        "cifar100",
        "--objective",
        "accuracy",
        "--objective",
        "flops",
        "--epochs",
        "200",
        "--out",
        "here",
    )
    done = command("landscape", "nasbench201", *words, "--json")
    shown = json.loads(done.stdout)
    assert {Path(file).parent.name for file in shown["files"]} == {"here"}
    assert {path.name for path in (tmp_path / "here").iterdir()} == FILES
    assert shown["sites"][0]["splits"]["test"]["climbing_ends_at_a_best_one"] == pytest.approx(0.7514, abs=1e-4)
    assert set(shown["sites"][0]["pareto_front"][0]) == {"index", "architecture", "accuracy", "flops"}


def test_of_several_best_architectures_the_first_is_written_out() -> None:
    found = survey([Guest((0, 1, 2, 0, 0, 2, 0, 0, 0))])
    said = "small: the first of 2 best architectures has index 2: 02"
    assert best_in_words(found.sites[0]) == said
    assert said in landscape_report.markdown(found)


def test_a_mistake_is_one_message_and_leaves_nothing(command: Command, tmp_path: Path) -> None:
    done = command("landscape", "nasbench201", "--epochs", "13")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: unknown number of epochs of nasbench201 13; known: 200\n"
    assert not (tmp_path / "results").exists()


def test_unknown_names_are_answered_with_the_known() -> None:
    with pytest.raises(UnknownNameError, match="'nasbench210'; did you mean 'nasbench201'"):
        load("nasbench210")
    with pytest.raises(UnknownNameError, match="'cifar01'; did you mean 'cifar10'"):
        load("nasbench201", "cifar01")


def test_an_option_that_a_benchmark_lacks_is_named() -> None:
    with pytest.raises(UnknownNameError, match="epochs"):
        load("guests:Guest", epochs=[3])


def test_a_plug_in_without_data_sets_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    (benchmark,) = load("guests:Guest")
    assert benchmark.label == "guest/small"
    assert nasbed.load_benchmark("guests:Guest").label == "guest/small"
