"""What strategies are called in figures, units that fit, and figures of studies of several fidelities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from daily import daily
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from small_study import CIFAR, FIDELITIES, IMAGENET, PUBLISHED, _nothing_is_cut_off, rows

import nasbed
from nasbed import figures
from nasbed.errors import OptionError
from nasbed.figures import improvement, naming, published, tradeoff
from nasbed.vocabulary import units


def test_many_long_labels_are_elided_with_a_key_in_the_caption(results: nasbed.Results) -> None:
    one = results.series_of(IMAGENET, "local_search")
    long = [
        f"local search, restarts={place}, neighbourhood=one edge, and more that is said of it to 90 letters"
        for place in range(40)
    ]
    many = nasbed.Results([replace(one, strategy=name) for name in long], long[0], "40 strategies")
    called = naming.called(long)
    assert len(set(called.values())) == 40
    assert max(map(len, called.values())) <= naming.ELIDED
    assert "restarts=" not in called[long[7]]
    assert "7, neigh" in called[long[7]]
    for name in ("ranks", "finals", "tradeoff"):
        figure = figures.render(many, name, "single")
        assert figure.get_figheight() < 6
        _nothing_is_cut_off(figure)
    assert f"8: {long[7]};" in figures.caption(many, "ranks")
    assert "intervals are in the numbers alone" in figures.caption(many, "ranks")
    assert "The first 12 of 40 strategies" in figures.caption(many, "trajectory")


def test_a_few_long_labels_stay_as_they_are(results: nasbed.Results) -> None:
    assert naming.called(results.strategies) == {name: name for name in results.strategies}
    assert "Labels in full" not in figures.caption(results, "ranks")


@pytest.mark.parametrize(
    ("unit", "largest", "expected"),
    [
        ("s", 0.004, (1e-3, "ms")),
        ("s", 2e-9, (1e-6, "µs")),
        ("%", 2e5, (1.0, "%")),
        ("flops", 2e9, (1e9, "G flops")),
        ("ms", 2.0, (1.0, "ms")),
    ],
)
def test_units_fit_what_they_are_of(unit: str, largest: float, expected: tuple[float, str]) -> None:
    assert units.scaling(unit, largest) == expected


def test_marks_before_the_end_of_the_budget_are_told_apart(results: nasbed.Results) -> None:
    sheet = tradeoff.sheet(results, tradeoff.numbers(results), "single")
    quarter, half, whole = (handle for handle, _ in sheet.legend)
    assert [one.get_fillstyle() for one in (quarter, half, whole)] == ["full", "left", "full"]
    assert (quarter.get_markerfacecolor(), whole.get_markerfacecolor()) == ("white", "black")
    assert whole.get_markersize() > half.get_markersize() > 1.3 * quarter.get_markersize()


def test_the_middle_of_the_chances_is_white(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> None:
    (image,) = improvement.draw(results, frames["improvement"]).images
    assert image.cmap(image.norm(0.5))[:3] == pytest.approx((1, 1, 1), abs=0.01)
    assert to_rgb(image.cmap(image.norm(1.0))) != to_rgb(image.cmap(image.norm(0.0)))


def test_no_point_is_cut_at_the_ends_of_axes(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> None:
    for name in ("trajectory", "finals"):
        ax = figures.figure_kind(name).draw(results, frames[name], ax=Figure().subplots())
        low, high = ax.get_xlim()
        for points in ax.collections:
            if points.get_rasterized() and len(points.get_offsets()):
                assert not points.get_clip_on()
                x = np.asarray(points.get_offsets())[:, 0]
                assert min(low, high) <= x.min()
                assert x.max() <= max(low, high)


def test_published_marks_stand_beside_every_panel_and_do_not_cover_each_other(
    results: nasbed.Results, frames: dict[str, pd.DataFrame]
) -> None:
    reported = published.read(PUBLISHED)
    figure = figures.render(
        results, "curves", "single", frame=frames["curves"], metric="test_regret", published=reported
    )
    _nothing_is_cut_off(figure)
    for ax in figure.axes:
        marks = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
        assert len(marks) == len(rows(reported, dataset="cifar10", split="test"))
        places = np.array([line.get_transform().transform(line.get_xydata())[0] for line in marks]) / figure.dpi
        assert places[:, 0].min() > ax.get_window_extent().x1 / figure.dpi
        for place, one in enumerate(places):
            assert all(np.hypot(*(one - other)) > 0.05 for other in places[:place])


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    study = """
        name = "fidelities"
        title = "Fidelities"
        seeds = 3
        budget = { epochs = 120 }
        [[benchmark]]
        use = "digits201"
        epochs = [1, 4, 12]
        [[strategy]]
        use = "random_search"
        [[strategy]]
        use = "successive_halving"
    """
    return nasbed.run_study(nasbed.Study.parse(study), tmp_path_factory.mktemp("fidelities") / "out")


def test_fidelities_are_the_epochs_of_the_records(staged: nasbed.Results) -> None:
    frame = figures.numbers(staged, "fidelities")
    for series in staged.series:
        mine = rows(frame, strategy=series.strategy)
        records = series.records
        for fidelity, of in records.groupby("epochs"):
            there = rows(mine, fidelity=fidelity)
            assert there["evaluations"].sum() * 3 == pytest.approx(len(of))
            assert there["epochs"].sum() * 3 == pytest.approx(of["epochs_added"].sum())
    shares = frame.groupby(["strategy", "x"])["share"].sum(min_count=1).dropna()
    assert shares.to_numpy() == pytest.approx(np.ones(len(shares)))
    assert set(rows(frame, strategy="random_search", fidelity=12)["share"].dropna()) == {1.0}


def test_fidelity_ranks_are_those_of_the_records(staged: nasbed.Results) -> None:
    frame = figures.numbers(staged, "fidelity_ranks")
    (series,) = (one for one in staged.series if one.strategy == "successive_halving")
    score = series.scored.referee().validation(np.arange(len(series.scored.space)))  # type: ignore[union-attr]
    found = []
    for _, run in series.records.groupby("seed"):
        mine = rows(run, epochs=1).drop_duplicates("architecture", keep="last")
        found.append(
            pd.Series(score[mine["architecture"]]).corr(mine["value"].reset_index(drop=True), method="spearman")
        )
    last = rows(frame, strategy="successive_halving", fidelity=1).iloc[-1]
    assert (last["x"], last["seeds"]) == (120, 3)
    assert last["mean"] == pytest.approx(np.mean(found))


@pytest.mark.parametrize("paper", daily(["single", "double"], "single"))
def test_figures_of_several_fidelities_are_along_epochs(staged: nasbed.Results, paper: figures.drawing.Style) -> None:
    for name in FIDELITIES:
        figure = figures.render(staged, name, paper)
        _nothing_is_cut_off(figure)
        assert "epochs" in {*(ax.get_xlabel() for ax in figure.axes), *(text.get_text() for text in figure.texts)}


def test_one_fidelity_has_no_figure_of_several(results: nasbed.Results) -> None:
    for name in FIDELITIES:
        with pytest.raises(
            OptionError, match=r"no benchmark offers several fidelities; the figure '.*' needs them in the study"
        ):
            figures.render(results, name)
    assert CIFAR in results.benchmarks
