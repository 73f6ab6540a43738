"""Results under budgets of epochs: what each evaluation added is stored, and figures run along the epochs spent."""

from __future__ import annotations

import numpy as np
import pytest

import nasbed
from nasbed import figures
from nasbed.errors import OptionError
from nasbed.figures.arrays import axis_of, points_of, regrets
from nasbed.reports import checklist
from nasbed.vocabulary.meters import meter_of

STUDY = """
    name = "epochs"
    seeds = 4
    budget = { epochs = 324 }
    [[benchmark]]
    use = "synthetic"
    decisions = 5
    [[strategy]]
    use = "random_search"
    [[strategy]]
    use = "hyperband"
    """


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    folder = tmp_path_factory.mktemp("epochs")
    (folder / "study.toml").write_text(STUDY)
    return nasbed.run_study(folder / "study.toml", out=folder / "results")


@pytest.fixture(scope="module")
def hyperband(results: nasbed.Results) -> nasbed.SearchResult:
    """The first run of the study, made again in memory."""
    (benchmark,) = results.benchmarks.values()
    return nasbed.search("hyperband", benchmark, budget={"epochs": 324}, seed=0)


def test_what_each_evaluation_added_is_stored(results: nasbed.Results, hyperband: nasbed.SearchResult) -> None:
    by_hand, reached = [], {}
    for outcome in hyperband.outcomes:
        by_hand.append(outcome.epochs - reached.get(outcome.proposal.resume, 0))
        reached[outcome.trial] = outcome.epochs
    label = next(iter(results.benchmarks))
    records = results.series_of(label, "hyperband").records
    assert records.loc[records["seed"] == 0, "epochs_added"].tolist() == by_hand
    assert sum(by_hand) <= 324 < sum(outcome.epochs for outcome in hyperband.outcomes)
    readings = results.series_of(label, "hyperband").runs.along(meter_of("epochs"))[0]
    assert readings[: len(by_hand)].tolist() == np.cumsum(by_hand).tolist()


def test_curves_and_ranks_stand_at_common_points_of_the_epochs_spent(results: nasbed.Results) -> None:
    label = next(iter(results.benchmarks))
    assert axis_of(results) is meter_of("epochs")
    x = points_of(results, label)
    values = regrets(results, label, x)
    runs = results.series_of(label, "random_search").runs
    assert (x[-1], values["random_search"].shape) == (324, (4, len(x)))
    for point, found in zip(x, values["random_search"].T, strict=True):  # each of its evaluations takes 81 epochs
        expected = runs.validation_regret[:, int(point) // 81 - 1] if point >= 81 else np.full(4, np.nan)
        np.testing.assert_array_equal(found, expected)
    curves = results.curves()
    assert set(curves["axis"]) == {"evaluations", "seconds", "epochs"}
    ends = curves[curves["axis"] == "epochs"].groupby("strategy")["x"].agg(["min", "max"])
    assert ends.loc["random_search"].tolist() == [81, 324]
    assert ends.loc["hyperband", "max"] == 324
    ranks = figures.numbers(results, "ranks")
    assert ranks.groupby("strategy")["x"].apply(list).map(tuple).nunique() == 1
    assert set(ranks["x"] % 1) == {0}


def test_axes_and_captions_name_the_epochs(results: nasbed.Results) -> None:
    for name in ("ranks", "ecdf"):
        assert [ax.get_xlabel() for ax in figures.render(results, name).axes] == ["epochs"]
    assert [ax.get_xlabel() for ax in figures.render(results, "curves").axes] == [
        "evaluations (any fidelity)",
        "simulated time (seconds)",
        "epochs",
    ]
    assert "against evaluations, simulated time and epochs" in checklist.markdown(results, {})
    assert "Budget: 324 epochs" in nasbed.caption(results)


def test_a_frame_brings_the_epochs_that_were_added(hyperband: nasbed.SearchResult) -> None:
    frame, benchmark = hyperband.frame().assign(strategy="mine"), hyperband.benchmark
    said, guessed = (
        nasbed.Results.from_frame(one, benchmark, {"epochs": 324}).series[0].runs.epochs
        for one in (frame, frame.drop(columns="epochs_added"))
    )
    np.testing.assert_array_equal(said, guessed)  # each goes on from the longest before it
    assert said[0, -1] == frame["epochs_added"].sum()
    with pytest.raises(OptionError, match=r"a run has \d+ epochs, more than its budget of 300 epochs"):
        nasbed.Results.from_frame(frame, benchmark, {"epochs": 300})
    frame.loc[2, "epochs_added"] = 82
    with pytest.raises(OptionError) as refused:
        nasbed.Results.from_frame(frame, benchmark, {"epochs": 324})
    assert "row 2 of the frame, column 'epochs_added': 82; expected from 1 to the epochs of the training" in str(
        refused.value
    )
