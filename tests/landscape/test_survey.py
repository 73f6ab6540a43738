"""Landscapes of every kind of benchmark."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from guests import NAN, Guest, Recorded, records

from nasbed.errors import DataError
from nasbed.landscape import report as landscape_report
from nasbed.landscape import survey as landscape_survey
from nasbed.landscape.survey import survey
from nasbed.landscape.text import missing, notes
from nasbed.vocabulary import HELD_OUT, Recordings


def test_a_guest_is_asked_through_its_oracle() -> None:
    (site,) = survey([Guest()]).sites
    assert site.fidelities == {1: pytest.approx(-1), 9: pytest.approx(1)}
    assert site.costs.tolist() == list(range(1, 10))
    assert (site.noise, site.runs) == (None, None)
    assert site.name == "small"
    assert site.landscape.effects is not None
    assert site.landscape.effects.main.round(9).tolist() == [0.9, 0.1]
    assert site.front.values.tolist() == [[value, value + 1] for value in range(8, -1, -1)]


def test_a_space_that_is_no_product_has_no_shares_of_the_variance() -> None:
    found = survey([Guest(range(8), left_out=((1, 1),))])
    assert found.sites[0].landscape.effects is None
    assert found.sites[0].landscape.optima.tolist() == [7]
    assert missing(found) == [
        "small: the benchmark does not say what it has recorded, so its noise is unknown.",
        "small: the space is no full product of its decisions, so shares of the variance by decision do not apply.",
    ]
    assert "do not apply" in landscape_report.markdown(found)
    assert notes(found)[0].startswith("Neighbours are a change of the space apart. ")
    assert notes(survey([Guest()]))[0].startswith("Neighbours differ in one decision. ")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((NAN, *range(8)), "1 of 9 architectures have no score"),
        ((3,) * 9, "all scores are equal, so there is no variance to share"),
    ],
)
def test_why_shares_of_the_variance_are_missing(values: Any, reason: str) -> None:
    assert reason in " ".join(missing(survey([Guest(values)])))


def test_one_run_of_each_tells_nothing_of_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Guest, "recorded", lambda self, epochs: ([self.values[:, None]], np.ones((9, 1))))
    found = survey([Guest()])
    assert missing(found)[:-1] == [
        "small: a search sees the one recorded training of an architecture, so its noise is unknown."
    ]
    assert "Scores are the one recorded training of each architecture. A search" in landscape_report.markdown(found)
    assert "sees the one recorded training of an architecture" in landscape_report.markdown(found)
    monkeypatch.setattr(Guest, "recordings", lambda self, epochs: Recordings(1, 3))
    assert "sees the mean of the 3 recorded trainings of an architecture" in landscape_report.markdown(found)


def test_a_data_set_without_scores_is_refused() -> None:
    with pytest.raises(
        DataError, match="guest/small has no validation value of any architecture, so it has no landscape"
    ):
        survey([Guest((NAN,) * 9)])


def test_what_is_minimised_is_shown_in_its_own_numbers() -> None:
    found = survey([Recorded(-np.arange(9.0))])
    (site,) = found.sites
    assert site.judged == HELD_OUT
    assert site.landscape.best.tolist() == [0]
    scores = landscape_report.scores(found)
    table = {row[0].text: row[1].text for row in scores.rows}
    assert scores.heads[1].text == "small, held-out runs"
    assert (table["best"], table["worst"], table["best architectures (index)"]) == ("0.00", "8.00", "0")
    assert site.noise is not None
    assert site.noise.overall == pytest.approx(np.sqrt(2))
    cells = {(row["statistic"], row["key"], row["second_key"]): float(row["value"]) for row in records(found)}
    assert cells["mean", "", ""] == 4.0
    assert cells["noise_group_mean", "1", ""] == 8.0
    assert cells["deviation_of_mean", "$first$", "c"] == 3.0
    assert not [cell for cell in cells if cell[0] == "pareto_front"]  # all trainings cost the same
    assert (
        "small: one objective is asked for and all trainings cost the same, so there is no Pareto front; --objective"
        in (landscape_report.markdown(found))
    )
    assert landscape_report.content(found)["sites"][0]["pareto_front"] is None


def test_values_that_agree_but_for_rounding_are_equal() -> None:
    (site,) = survey([Guest((0.1 + 0.2, 0.3, 0, 0, 0, 0, 0, 0, 0))]).sites
    assert site.landscape.best.tolist() == [0, 1]


def test_a_part_of_a_space_keeps_the_indices_of_the_whole() -> None:
    guest = Guest()
    guest.space.archs = guest.space.archs[6:]
    guest.space.choices = (1, 3)
    guest.space.neighbours = lambda arch: [o for o in guest.space.archs if o != arch]  # type: ignore[method-assign]
    (site,) = survey([guest]).sites
    assert site.landscape.best.tolist() == [8]
    assert site.landscape.effects is not None
    assert site.landscape.effects.main.round(9).tolist() == [0.0, 1.0]


def test_a_product_of_numbers_that_are_not_its_choices_is_no_product() -> None:
    guest = Guest()
    guest.space.choices = (9, 1)
    (site,) = survey([guest]).sites
    assert not site.product
    assert site.landscape.effects is None


def test_neighbours_are_the_spaces_own() -> None:
    guest = Guest((0, 1, 0, 0, 0, 0, 0, 1, 0))
    steps = {
        arch: [o for o in guest.space.archs if sum(map(abs, np.subtract(arch, o))) == 1] for arch in guest.space.archs
    }
    guest.space.neighbours = steps.__getitem__  # type: ignore[method-assign]
    (site,) = survey([guest]).sites
    assert site.landscape.optima.tolist() == [1, 7]
    assert site.landscape.by_distance.tolist() == [1.0, 0.0, 0.0]
    assert site.landscape.effects is not None


def test_of_many_fidelities_eight_are_compared() -> None:
    assert landscape_survey.shown([12, 200]) == [12, 200]
    assert landscape_survey.shown(range(1, 201))[::7] == [1, 200]
    assert len(landscape_survey.shown(range(1, 201))) == 8
