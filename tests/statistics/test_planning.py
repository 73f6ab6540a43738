"""Seeds that a comparison needs: as many as it takes, of numbers and of the spread of results, in the library and as a command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from daily import sampled
from forking import Command
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import nasbed
from nasbed.errors import OptionError
from nasbed.statistics.planning import plan_effects, plan_results, plan_seeds
from nasbed.statistics.power import detectable_effect, fewest_seeds, seeds_for, seeds_for_effect


@pytest.mark.parametrize(("effect", "family", "power"), [(1.0, 1, 0.8), (0.5, 1, 0.9), (0.5, 12, 0.8), (0.8, 3, 0.8)])
def test_so_many_seeds_find_it_that_often(effect: float, family: int, power: float) -> None:
    seeds = seeds_for_effect(effect, 0.05 / family, power)
    samples = np.random.default_rng(seeds).standard_normal((2_000, seeds)) + effect
    found = stats.wilcoxon(samples, axis=1, zero_method="pratt", method="approx").pvalue < 0.05 / family
    assert found.mean() == pytest.approx(power, abs=0.03)
    assert detectable_effect(seeds, 0.05 / family, power) <= effect < detectable_effect(seeds - 1, 0.05 / family, power)


def test_plans_of_numbers_are_of_holms_first_step() -> None:
    assert plan_effects([0.5], contrasts=12)["seeds"].tolist() == [seeds_for_effect(-0.5, 0.05 / 12)]
    assert plan_effects([9.0], contrasts=12)["seeds"].tolist() == [fewest_seeds(0.05 / 12)]
    assert plan_seeds([10, 11], contrasts=12)["effect"].tolist() == [np.inf, detectable_effect(11, 0.05 / 12)]


def test_a_plan_of_results_has_their_spread_and_their_family(tiny_results: nasbed.Results) -> None:
    plan = plan_results(tiny_results, [0.3]).set_index(["benchmark", "strategy"])
    scores = tiny_results.scores()
    ours, theirs = scores["RE, small"][:, 1], scores["random_search"][:, 1]
    row = plan.loc[(list(tiny_results.benchmarks)[1], "RE, small")]
    assert row["deviation"] == pytest.approx(np.std(ours - theirs, ddof=1))
    assert row["seeds"] == seeds_for(0.3, ours, theirs, 0.05 / 4)
    assert len(plan) == 4
    assert (plan["seeds"] > plan_results(tiny_results, [0.3], contrasts=1)["seeds"].to_numpy()).all()
    many = plan_results(tiny_results, seeds=[5, 12, int(row["seeds"])])
    found = many[(many["benchmark"] == row.name[0]) & (many["strategy"] == row.name[1])].set_index("seeds")[
        "difference"
    ]
    assert found.loc[5] == np.inf
    assert found.loc[12] == row["detectable"]
    assert found.loc[row["seeds"]] <= 0.3 < found.loc[12]
    half = plan_results(tiny_results).set_index(["benchmark", "strategy"]).loc[row.name]
    assert half["difference"] == pytest.approx(np.std(theirs, ddof=1) / 2)


def test_what_cannot_be_planned_is_refused(tiny_results: nasbed.Results) -> None:
    for wrong, message in (
        (lambda: plan_effects([0.0]), r"d_z = 0\.0; expected a difference in standard deviations"),
        (lambda: plan_effects([0.5], contrasts=0), "contrasts = 0; expected how many are tested together"),
        (lambda: plan_effects([0.5], power=0.01), r"power = 0\.01; expected 0 < alpha < power < 1"),
        (lambda: plan_seeds([0]), "seeds = 0; expected numbers of seeds, 1 or more"),
        (lambda: plan_effects([0.5], 12, alpha=2.0), r"alpha = 2, power = 0\.8; expected 0 < alpha < power < 1"),
        (lambda: plan_seeds([9], 12, alpha=float("nan")), "alpha = nan, power"),
        (lambda: plan_results(tiny_results, [0.3], seeds=[9]), "seeds asks what can be found, and stands beside"),
        (lambda: plan_results(tiny_results, seeds=[0]), "seeds = 0; expected numbers of seeds, 1 or more"),
        (lambda: plan_results(tiny_results, alpha=1.5), r"alpha = 1\.5, power"),
        (lambda: plan_results(tiny_results, [0.0]), r"difference = 0\.0; expected a difference that is not 0"),
        (lambda: plan_results(tiny_results, [1e-9]), "difference = 1e-09 is .* standard deviations of the pilot's"),
        (lambda: plan_results(tiny_results.subset(["random_search"])), "one strategy .*; a contrast needs two or more"),
    ):
        with pytest.raises(OptionError, match=message):
            wrong()


@given(
    seeds=st.integers(6, 300),
    more=st.integers(1, 50),
    contrasts=st.sampled_from([1, 3, 12, 30]),
    power=st.sampled_from([0.8, 0.9]),
)
@settings(max_examples=12, deadline=None)
def test_more_seeds_find_smaller_differences_and_smaller_ones_take_more(
    seeds: int, more: int, contrasts: int, power: float
) -> None:
    alpha = 0.05 / contrasts
    few, many = detectable_effect(seeds, alpha, power), detectable_effect(seeds + more, alpha, power)
    assert many <= few
    if np.isfinite(few):
        assert seeds_for_effect(few, alpha, power) <= seeds
        assert seeds_for_effect(many, alpha, power) >= seeds_for_effect(few, alpha, power)


def test_the_command_plans_with_numbers(command: Command) -> None:
    shown = command("power", "--difference", "0.1", "--sd", "0.2", "--contrasts", "12").stdout
    assert "63" in shown
    assert "0.05 / 12, the first step of Holm's correction" in shown
    told = json.loads(command("power", "--dz", "0.5", "--dz", "1", "--json").stdout)
    assert told == {
        "alpha": 0.05,
        "power": 0.8,
        "contrasts": 1,
        "rows": [{"effect": 0.5, "seeds": 35}, {"effect": 1.0, "seeds": 11}],
    }
    (row,) = json.loads(command("power", "--seeds", "5", "--json").stdout)["rows"]
    assert row == {"seeds": 5, "effect": None}


def test_the_command_plans_with_results(command: Command, stored: Path) -> None:
    shown = command("power", str(stored), "--difference", "0.5").stdout
    assert "difference   in sd   seeds" in shown
    assert "over 4 contrasts" in shown
    assert "for whose error the plan allows" in shown
    told = json.loads(command("power", str(stored), "--json", "--metric", "test_regret").stdout)
    assert (told["contrasts"], len(told["rows"])) == (4, 4)


@pytest.mark.parametrize(
    ("words", "message"),
    sampled(
        [
            (("--difference", "0.1"), "--difference 0.1 has no unit to be judged in; give a results folder, or --sd"),
            (("--difference", "0.1", "--sd", "-1"), "--sd -1; expected a standard deviation above 0"),
            (
                ("--difference", "nan", "--sd", "1"),
                "--difference nan; expected a difference that is not 0, in the unit of --sd",
            ),
            (("--metric", "test_regret"), "--metric test_regret is of results; give a results folder, or leave it out"),
            (("here", "--dz", "1"), "--dz stands beside the results folder here; keep one of them"),
            (
                ("here", "--seeds", "5", "--difference", "1"),
                "--seeds asks what can be found, and stands beside the difference",
            ),
            (("--seeds", "5", "--dz", "1"), "--seeds asks what can be found, and stands beside the difference to find"),
        ],
        4,
    ),
)
def test_the_command_refuses_what_does_not_go_together(command: Command, words: tuple[str, ...], message: str) -> None:
    done = command("power", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: " + message)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory, tiny_results: nasbed.Results) -> Path:
    """The folder of the small study, which was stored beside others of this session."""
    (found,) = {path.parent for path in tmp_path_factory.getbasetemp().glob("tiny[0-9]*/out/run.json")}
    return Path(shutil.copytree(found, tmp_path_factory.mktemp("planned") / "out"))
