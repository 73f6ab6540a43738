"""Figures draw their numbers, say their protocol, and cut nothing off."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from daily import daily
from marks import cut_marks
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from small_study import (
    ALONE,
    CIFAR,
    IMAGENET,
    LINES,
    PUBLISHED,
    SEVERAL,
    STUDY,
    _nothing_is_cut_off,
    panels,
    rows,
)

import nasbed
from nasbed import figures
from nasbed.errors import DataError, OptionError, UnknownNameError
from nasbed.figures import published, style
from nasbed.results import looks as looks_


@pytest.mark.parametrize("name", [*LINES, "curves"])
def test_lines_hold_the_numbers(
    name: str, results: nasbed.Results, frames: dict[str, pd.DataFrame], drawn: dict[tuple[str, str], Figure]
) -> None:
    frame = rows(frames[name], axis="evaluations") if name == "curves" else frames[name]
    for title, ax in panels(drawn[name, "double"]).items():
        for strategy in results.strategies if title else ():
            (line,) = [line for line in ax.lines if line.get_label() == strategy]
            mine = rows(frame, benchmark=title, strategy=strategy)
            assert len(mine) > 5
            assert np.asarray(line.get_xdata()).tolist() == mine["x"].tolist()
            assert np.asarray(line.get_ydata()).tolist() == mine["mean"].tolist()


def test_curves_are_those_of_the_results_with_the_floor(
    results: nasbed.Results, frames: dict[str, pd.DataFrame], drawn: dict[tuple[str, str], Figure]
) -> None:
    expected = rows(results.curves(), metric="test_regret").reset_index(drop=True)
    pd.testing.assert_frame_equal(frames["curves"], expected)
    assert len(drawn["curves", "double"].axes) == 4
    ax = panels(drawn["curves", "double"])[IMAGENET]
    assert any(np.allclose(np.asarray(line.get_ydata()), results.floor(IMAGENET)[1]) for line in ax.lines)
    with pytest.raises(UnknownNameError, match="unknown metric 'test_regrt'; did you mean 'test_regret'"):
        figures.render(results, "curves", metric="test_regrt")


@pytest.mark.parametrize("paper", daily(style.WIDTHS, "single"))
@pytest.mark.parametrize("name", ALONE)
def test_nothing_is_cut_off_or_covered(
    name: str, paper: str, results: nasbed.Results, drawn: dict[tuple[str, str], Figure]
) -> None:
    figure = drawn[name, paper]
    assert figure.get_figwidth() <= style.WIDTHS[paper] + 1e-9
    _nothing_is_cut_off(figure)
    assert cut_marks(figure) == []
    for ax in figure.axes:
        assert ax.get_window_extent().width > 0.15 * figure.bbox.width
    if paper == "single":
        assert figure.get_figheight() < 3
    if name not in ("finals", "improvement", "critical_difference", "trajectory", "tradeoff"):
        texts = [text.get_text().replace("\n", " ") for text in figure.legends[0].get_texts()]
        assert texts[:5] == results.strategies
    for labels in ({ax.get_xlabel() for ax in figure.axes}, {ax.get_ylabel() for ax in figure.axes}):
        assert any(labels) or figure.texts or name in ("finals", "tradeoff", "critical_difference")


def test_a_caption_can_be_written_under_a_figure(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> None:
    figure = figures.render(results, "profile", "single", frame=frames["profile"], captioned=True)
    text = figure.texts[0]
    assert text.get_text().replace("\n", " ") == figures.caption(results, "profile")
    _nothing_is_cut_off(figure)


@pytest.mark.thorough
def test_many_strategies_and_long_names_fit(results: nasbed.Results) -> None:
    one = results.series_of(IMAGENET, "local_search")
    all_series = [replace(one, strategy=f"regularized_evolution, population {place}, sample 5") for place in range(27)]
    many = nasbed.Results(all_series, all_series[0].strategy, "27 strategies")
    for name in ("ranks", "finals", "improvement", "critical_difference"):
        figure = figures.render(many, name, "single")
        _nothing_is_cut_off(figure)


def test_strategies_keep_their_looks_in_all_figures_and_subsets(
    results: nasbed.Results, drawn: dict[tuple[str, str], Figure]
) -> None:
    found = []
    for name in (*LINES, "curves"):
        lines = drawn[name, "double"].axes[0].lines
        found.append({line.get_label(): line.get_color() for line in lines if line.get_label() in results.strategies})
    assert all(looks == found[0] for looks in found)
    assert len(set(found[0].values())) == 5
    some = figures.render(results, "ranks", strategies=["local_search", "hand_designed"], benchmarks=[CIFAR])
    (ax,) = some.axes
    mine = {line.get_label(): line.get_color() for line in ax.lines}
    assert mine == {name: found[0][name] for name in ("local_search", "hand_designed")}
    alone = figures.numbers(results.subset(["local_search", "hand_designed"], [CIFAR]), "ranks")
    assert np.asarray(ax.lines[0].get_ydata()).tolist() == rows(alone, strategy="local_search")["mean"].tolist()
    tradeoff = drawn["tradeoff", "double"].axes[0].lines
    assert {line.get_label(): line.get_color() for line in tradeoff if line.get_label() in results.strategies} == found[
        0
    ]


def _lightness(colour: str) -> float:
    """CIE L*, 0 is black and 100 white."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    luminance = float(np.dot([0.2126, 0.7152, 0.0722], linear))
    return float(116 * np.cbrt(luminance) - 16)


def test_neighbours_differ_in_lightness_and_all_of_27_in_dash_or_marker() -> None:
    lightness = [_lightness(colour) for colour in looks_.COLOURS]
    assert max(lightness) < 75  # against white
    gaps = np.abs(np.diff([*lightness, lightness[0]]))
    assert gaps.min() > 10
    names = [str(place) for place in range(27)]
    found = looks_.placed(names)
    looks, marks = style.style_of(found), style.marker_of(found)
    for one, other in combinations(names, 2):
        assert looks[one]["linestyle"] != looks[other]["linestyle"] or marks[one] != marks[other]
        assert (looks[one]["color"], looks[one]["linestyle"]) != (looks[other]["color"], looks[other]["linestyle"])
    for one, other in pairwise(names):
        assert looks[one]["linestyle"] != looks[other]["linestyle"]
    assert all("marker" in look for look in style.line_of(found).values())
    by_identity = looks_.looks_of({name: looks_.Identity(f"mine:{name}") for name in names})
    assert len({(look.color, str(look.linestyle)) for look in by_identity.values()}) == len(names)
    assert len({(look.marker, str(look.linestyle)) for look in by_identity.values()}) == len(names)


def _rhythm(dash: Any) -> tuple[int, float]:
    """The strokes of a period of a dash, and the length of the longest in widths of the line."""
    return (1, np.inf) if dash == "-" else (len(dash[1]) // 2, max(dash[1][::2]))


def test_the_dashes_of_all_lines_are_told_apart_without_colour() -> None:
    for one, other in combinations(looks_.DASHES, 2):
        (strokes, longest), (others, long) = _rhythm(one), _rhythm(other)
        assert strokes != others or max(longest, long) >= 2 * min(longest, long)
        assert min(longest, long) <= 8  # so that a key of the legend, 15 widths long, shows where a stroke ends


def test_strategies_of_a_study_are_told_apart_without_colour(drawn: dict[tuple[str, str], Figure]) -> None:
    """Every two lines of a panel differ in dash or marker, those of a legend too, and rows have names."""
    for name in ALONE:
        figure = drawn[name, "single"]
        keys = list(figure.legends[0].get_lines()) if figure.legends else []
        for lines in (keys, *([line for line in ax.lines if _named(line)] for ax in figure.axes if name != "tradeoff")):
            seen = [(str(line.get_linestyle()), line._dash_pattern, line.get_marker()) for line in lines]  # type: ignore[attr-defined]
            filled = [(line.get_markerfacecolor(), line.get_markersize(), line.get_color()) for line in lines]
            for place, other in combinations(range(len(seen)), 2):
                assert seen[place] != seen[other] or name in ("tradeoff", "trajectory"), (name, seen[place])
                assert (seen[place], filled[place]) != (seen[other], filled[other])


def _named(line: Line2D) -> bool:
    return not str(line.get_label()).startswith("_child")


def test_titles_of_three_panels_in_a_column_do_not_meet(results: nasbed.Results) -> None:
    one = results.series_of(IMAGENET, "local_search")
    three = [replace(one, benchmark=f"nasbench201/{name}") for name in ("cifar10", "cifar100", "ImageNet16-120")]
    figure = figures.render(nasbed.Results(three, "local_search", "three"), "tradeoff", "single")
    _nothing_is_cut_off(figure)


def test_each_draws_into_axes_that_are_given(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> None:
    for name in ALONE:
        ax = Figure().subplots()
        assert figures.figure_kind(name).draw(results, frames[name], ax=ax) is ax
        assert ax.has_data()
        assert (ax.get_title() in results.benchmarks) == (name in ("curves", "finals", "tradeoff", "thinking", *LINES))
        assert ax.get_legend() is None
    alone = figures.figure_kind("ranks").draw(results, frames["ranks"], benchmark=IMAGENET, legend=True)
    assert alone.get_title() == IMAGENET
    assert [text.get_text() for text in alone.get_legend().get_texts()] == results.strategies  # type: ignore[union-attr]
    titled = figures.figure_kind("ranks").draw(results, frames["ranks"], title="mine $1 < $2")
    assert titled.get_title() == "mine $1 < $2"
    assert alone.figure.get_figwidth() == style.WIDTHS["single"]


def test_published_numbers_are_marked_as_such(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> None:
    reported = published.read(PUBLISHED)
    row = rows(reported, strategy="REA", dataset="ImageNet16-120", split="test")
    expected = results.benchmarks[IMAGENET].referee().best()[1] - row["mean"].item()
    options = {"metric": "test_regret", "published": reported}
    frame = figures.numbers(results, "finals", **options)
    added = rows(frame, benchmark=IMAGENET, strategy="REA")
    assert added["regret"].tolist() == pytest.approx([expected])
    assert added["source"].tolist() == ["reported, other protocol"]
    finals = figures.render(results, "finals", frame=frame, **options)
    assert "REA (reported)" in [text.get_text() for text in finals.axes[0].get_yticklabels()]
    marks = [line for line in panels(finals)[IMAGENET].lines if line.get_markerfacecolor() == "white"]
    assert any(np.asarray(line.get_xdata()).tolist() == pytest.approx([expected]) for line in marks)
    curves = figures.render(results, "curves", frame=frames["curves"], **options)
    assert "REA (reported)" in [text.get_text() for text in curves.legends[0].get_texts()]
    marks = [
        line
        for line in panels(curves)[IMAGENET].lines
        if isinstance(line, Line2D) and len(np.asarray(line.get_xdata())) == 1
    ]
    assert any(np.asarray(line.get_ydata()).tolist() == pytest.approx([expected]) for line in marks)
    for name in ("finals", "curves"):
        assert "can't be compared with the rest by a test" in figures.caption(results, name, **options)


def test_published_numbers_that_cannot_be_read_are_refused(results: nasbed.Results, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv cannot be read as published numbers"):
        published.read(tmp_path / "nowhere.csv")
    frame = published.read(PUBLISHED)
    with pytest.raises(DataError, match="no column 'split'; expected strategy, dataset, split, mean"):
        figures.render(results, "finals", published=frame.drop(columns="split"))
    with pytest.raises(DataError, match="the split 'valid'; expected validation or test"):
        figures.render(results, "finals", published=frame.assign(split="valid"))


@pytest.mark.parametrize("name", ALONE)
def test_captions_state_the_protocol(name: str, results: nasbed.Results) -> None:
    text = figures.caption(results, name)
    for words in ("20 seeds (0 to 19)", "Budget: 40 evaluations", "Noise: each", "Incumbent: highest", "Cost model: "):
        assert words in text


@pytest.mark.thorough
@pytest.mark.usefixtures("true_pdf")
def test_files_are_the_same_bytes_each_time(results: nasbed.Results, tmp_path: Path) -> None:
    names = ["finals", "critical_difference"]
    first = figures.write(results, tmp_path / "a", names)
    second = figures.write(results, tmp_path / "b", names)
    kinds = ("pdf", "svg", "png", "csv", "txt")
    assert [path.name for path in first] == [f"{name}.{kind}" for name in names for kind in kinds]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert len(pd.read_csv(tmp_path / "a" / "finals.csv")) == 5 * 2 * 20
    assert (tmp_path / "a" / "finals.txt").read_text(encoding="utf-8").strip() == figures.caption(results, "finals")
    for kind, head in (("pdf", b"%PDF"), ("svg", b"<?xml"), ("png", b"\x89PNG")):
        assert (tmp_path / "a" / f"finals.{kind}").read_bytes().startswith(head)
    pdf = (tmp_path / "a" / "finals.pdf").read_bytes()  # whose fonts publishers take: TrueType, none of type 3
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    (only,) = figures.write(
        results, tmp_path / "c", ["ranks"], kinds=["svg"], strategies=["local_search", "random_search"]
    )[:1]
    assert only.name == "ranks.svg"
    assert set(pd.read_csv(tmp_path / "c" / "ranks.csv")["strategy"]) == {"local_search", "random_search"}


def test_figures_that_cannot_be_made_are_refused(
    results: nasbed.Results, eight: nasbed.Results, tmp_path: Path
) -> None:
    with pytest.raises(UnknownNameError, match="unknown figure 'ecdff'; did you mean 'ecdf'"):
        figures.render(results, "ecdff")
    with pytest.raises(UnknownNameError, match="unknown style of paper 'singel'; did you mean 'single'"):
        figures.render(results, "ecdf", "singel")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="unknown kind of file 'jpeg'; known: pdf, svg, png"):
        figures.write(results, tmp_path, ["ecdf"], kinds=["jpeg"])
    with pytest.raises(UnknownNameError, match="unknown strategy 'local_serch'; did you mean 'local_search'"):
        figures.render(results, "ecdf", strategies=["local_serch"])
    with pytest.raises(
        OptionError, match="no thinking times are stored; the figure 'tradeoff' needs results that nasbed ran"
    ):
        figures.render(eight, "tradeoff")
    with pytest.raises(OptionError, match="no thinking times are stored; the figure 'thinking' needs results that"):
        figures.render(eight, "thinking")
    with pytest.raises(
        OptionError, match="no benchmark has two objectives; the figure 'pareto' needs them in the study"
    ):
        figures.caption(results, "pareto")
    one = results.subset(["local_search"])
    compared = ("ranks", "improvement", "critical_difference")
    for name in compared:
        with pytest.raises(
            OptionError, match=rf"one strategy \(local_search\); the figure '{name}' compares two or more"
        ):
            figures.render(one, name)
    assert figures.available(one) == [name for name in ALONE if name not in compared]
    assert figures.available(eight) == [name for name in ALONE if name not in ("tradeoff", "thinking")]


@pytest.mark.thorough
def test_fronts_are_offered_where_a_benchmark_has_several_objectives(tmp_path: Path) -> None:
    text = STUDY.replace('dataset = "cifar10"', 'dataset = "cifar10"\nobjectives = ["accuracy", "latency"]')
    text = text.replace("seeds = 20", "seeds = 4").partition('[[strategy]]\nuse = "local_search"')[0]
    results = nasbed.run_study(nasbed.Study.parse(text), tmp_path)
    assert figures.available(results) == [*ALONE, *SEVERAL]
    for name in SEVERAL:
        figure = figures.render(results, name, "single")
        (ax,) = figure.axes
        assert ax.get_title() == CIFAR
        assert {"true front", *results.strategies} <= {
            text.get_text().replace("\n", " ") for text in figure.legends[0].get_texts()
        }
        assert "4 seeds" in figures.caption(results, name)
        assert set(figures.numbers(results, name)["benchmark"]) == {CIFAR}
