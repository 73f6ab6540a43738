"""Under constraints a front is that of what is feasible: by hand, in results of a table, and in what figures and tables say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

import nasbed
from nasbed.figures import attainment, pareto
from nasbed.results.multiobjective import fronts, truths
from nasbed.results.multiobjective.dominance import nondominated
from nasbed.results.multiobjective.floor import exhaustive, floor
from nasbed.results.multiobjective.indicators import Bounds, Truth
from nasbed.results.results import Results
from nasbed.results.series import series_result
from nasbed.results.thinking import RunThinking
from nasbed.searches.rules import Rules
from nasbed.tables import forms
from nasbed.tables import fronts as fronts_table
from nasbed.vocabulary import Benchmark, Budget, Objective

LABEL = "nasbench201/cifar100, latency at most 12 ms"


def test_a_constrained_front_by_hand() -> None:
    """Accuracy and latency of five architectures; of a latency of at most 5 ms are the first three, of which two make the front."""
    values = np.array([[40.0, -2.0], [80.0, -5.0], [60.0, -5.0], [90.0, -8.0], [100.0, -10.0]])
    objectives = Objective("accuracy", "%"), Objective("latency", "ms", maximise=False)
    bounds = Bounds(objectives, (100.0, 0.0), (0.0, 10.0), (0.0, 10.0))
    free, kept = Truth(values, bounds), Truth(values, bounds, np.array([True, True, True, False, False]))
    assert free.front.tolist() == [0, 1, 3, 4]
    assert kept.front.tolist() == [0, 1]
    assert free.volume == pytest.approx(0.4 * 0.8 + 0.4 * 0.5 + 0.1 * 0.2)
    assert kept.volume == pytest.approx(0.4 * 0.8 + 0.4 * 0.5)
    selected = kept.of(np.array([2, 3]))  # (0.6, 0.5) alone counts; the fourth is better in accuracy, and infeasible
    assert selected.tolist() == [[0.6, 0.5]]
    assert kept.hypervolume_regret(selected) == pytest.approx(0.52 - 0.3)
    assert kept.igd_plus(selected) == pytest.approx((0.3 + 0.2) / 2)
    assert kept.additive_epsilon(selected) == pytest.approx(0.3)
    assert len(kept.of(np.array([3, 4]))) == 0
    assert kept.hypervolume_regret(kept.of(np.array([3, 4]))) == kept.volume


@pytest.fixture(scope="module")
def bounded() -> Benchmark:
    return nasbed.load_benchmark(
        "nasbench201",
        dataset="cifar100",
        objectives=["accuracy", "latency"],
        constraints={"latency": "<= 0.012 s"},
    )


@pytest.fixture(scope="module")
def results(bounded: Benchmark) -> Results:
    """Three runs of three architectures: the best accuracies of what is infeasible, and of the feasible; the last run has none."""
    scorer = truths.truth(bounded)
    assert scorer.feasible is not None
    by_accuracy = np.argsort(-scorer.values[:, 0], kind="stable")
    out, inside = by_accuracy[~scorer.feasible[by_accuracy]], by_accuracy[scorer.feasible[by_accuracy]]
    archs = np.array([[out[0], inside[0], inside[50]], [inside[9], inside[99], out[1]], out[:3]])
    seen = scorer.bounds.natural(scorer.values[archs.ravel()])
    answers = {
        "seed": np.repeat(np.arange(3), 3),
        "architecture": archs.ravel(),
        "epochs": np.full(9, 200),
        "time": np.tile(np.arange(1.0, 4.0), 3),
        "last": np.zeros(9, bool),
        "value": seen[:, 0],
        "latency": seen[:, 1],
    }
    rules = Rules(Budget("evaluations", 3))
    made = [
        series_result(name, LABEL, bounded, bounded, rules, answers, range(3), RunThinking.unknown(3))
        for name in ("mine", "again")
    ]
    return Results(made, "mine", "bounded")


def test_runs_are_scored_by_what_is_feasible(results: Results, bounded: Benchmark) -> None:
    scorer, free = truths.truth(bounded), replace(truths.truth(bounded), feasible=None)
    assert scorer.feasible is not None
    assert scorer.feasible[scorer.front].all()
    assert 0 < scorer.volume < free.volume
    inside = np.flatnonzero(scorer.feasible)
    assert scorer.front.tolist() == inside[nondominated(scorer.values[inside])].tolist()
    found = fronts.frame(results).query("strategy == 'mine'")
    records = results.series[0].records
    for seed, row in enumerate(found.to_dict("records")):
        archs = records.loc[records["seed"] == seed, "architecture"].to_numpy()
        chosen = archs[scorer.feasible[archs]]
        area, reach = 0.0, 0.0
        for accuracy, speed in sorted(
            scorer.scaled[chosen].tolist(), reverse=True
        ):  # slices of the volume, by falling accuracy
            area, reach = area + accuracy * max(speed - reach, 0.0), max(reach, speed)
        assert row["hypervolume_regret"] == pytest.approx(scorer.volume - area)
    assert found["front_size"].tolist()[2] == 0
    assert found["hypervolume_regret"].tolist()[2] == scorer.volume
    assert found["feasible"].tolist() == pytest.approx([2 / 3, 2 / 3, 0.0])
    assert fronts.frame(results, at=1)["feasible"].tolist()[:3] == [0.0, 1.0, 0.0]
    np.testing.assert_allclose(
        fronts.anytime(results.series[0])[:, 0], fronts.frame(results, at=1)["hypervolume_regret"][:3]
    )


def test_exhaustive_search_finds_what_is_feasible(results: Results, bounded: Benchmark) -> None:
    feasible = truths.feasible(bounded)
    assert feasible is not None
    for noise in ("mean", "run:0", "draw"):
        assert all(feasible[archs].all() for archs in exhaustive(bounded, noise)), noise
    exact = replace(results.series[0], rules=replace(results.series[0].rules, noise="mean"))
    assert floor(exact)["hypervolume_regret"] == 0.0


def test_tables_and_captions_of_fronts_say_what_is_feasible(results: Results) -> None:
    text = fronts_table.markdown(results)
    assert "on the front | feasible |" in text
    assert text.count("| 0.44 |") == 2
    for words in (
        f"{LABEL} is constrained to latency at most 12 ms: what breaks that is on no front",
        "feasible of 15,625 architectures",
        "1 of 3 runs observed nothing feasible; their hypervolume regret is the whole volume",
    ):
        assert words in text, words
    assert "take no notice" not in text


def test_figures_draw_what_is_feasible_and_the_bound(results: Results, bounded: Benchmark) -> None:
    feasible = truths.feasible(bounded)
    assert feasible is not None
    drawn = pareto.numbers(results, run="union")
    fronts_ = drawn[drawn["source"] != "space"]
    assert feasible[fronts_["architecture"]].all()
    surfaces = attainment.numbers(results)
    assert (surfaces.loc[surfaces["median"].notna(), "x"] <= 0.012 + 1e-12).sum() > 2
    best = drawn.loc[drawn["source"] == "true front", "y"].max()
    assert np.nanmax(surfaces[["low", "median", "high"]].to_numpy()) == best
    ax = attainment.draw(results, surfaces, Figure().subplots())
    assert any(list(line.get_xdata()) == [0.012, 0.012] for line in ax.lines)
    for about in (attainment.about(results), pareto.about(results)):
        assert "Thin straight lines across the panel: the bounds of constraints." in about
        assert "what breaks that is on no front" in about


def test_tables_of_a_study_with_and_without_constraints_have_the_same_columns(results: Results) -> None:
    free = nasbed.load_benchmark("nasbench201", dataset="cifar100", objectives=["accuracy", "latency"])
    answers = {
        "seed": [0, 1, 2],
        "architecture": [3, 5, 7],
        "epochs": [200] * 3,
        "time": [1.0] * 3,
        "last": [False] * 3,
    }
    answers |= {"value": [50.0, 60.0, 70.0], "latency": [0.01, 0.011, 0.015]}
    rules, thinking = results.series[0].rules, RunThinking.unknown(3)
    given = {name: np.array(values) for name, values in answers.items()}
    more = [series_result(name, free.label, free, free, rules, given, range(3), thinking) for name in ("mine", "again")]
    both = Results([*results.series, *more], "mine", "both")
    constrained, unbound = fronts_table.tables(both, fronts_table.FrontPart.SCORES)
    assert [head.text for head in constrained.heads] == [head.text for head in unbound.heads]
    assert [row[-1].text for row in unbound.rows] == ["", ""]
    assert forms.latex(both).count(r"\multicolumn") > 0
