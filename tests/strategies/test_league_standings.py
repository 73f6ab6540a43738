"""Who stands where, against direct formulas on a few made-up scores."""

from __future__ import annotations

import league_figure
import league_page
import league_scores
import league_setup
import league_standings as standings
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nasbed.statistics.paired import holm

FAMILY = league_setup.Family("f", "The family", ("x", "y"), 24, (50, 100), 12, 100)
SPREAD = league_setup.Family("g", "Another", ("x",), 24, (50, 100), 12, 100, unit="spread")
GROUND = {"f": FAMILY, "g": SPREAD}
EFFECTS = {"random_search": 1.0, "regularized_evolution": 0.7, "good": 0.3, "alike": 1.0, "bad": 1.6}
FEW = {"good": 12}


def made() -> pd.DataFrame:
    """Regrets of five rows on two tasks of different scales, and of the same on a task whose best is not known."""
    rng = np.random.default_rng(2)
    frames = []
    for family, tasks in {"f": {"x": 1.0, "y": 100.0}, "g": {"x": 5.0}}.items():
        for task, scale in tasks.items():
            common = rng.gamma(4.0, size=24)
            for label, effect in EFFECTS.items():
                seeds = FEW.get(label, 24)
                end = scale * effect * (common + rng.gamma(1.0, size=24))[:seeds] - (80.0 if family == "g" else 0.0)
                numbers = dict.fromkeys(league_scores.NUMBERS, np.nan) | {"thinking_ms": 0.1}
                numbers |= {"validation_regret_50": end * 1.5, "validation_regret_100": end}
                names = {"family": family, "benchmark": f"{family}/{task}", "strategy": label, "seed": range(seeds)}
                frames.append(pd.DataFrame(names | numbers))
    return pd.concat(frames, ignore_index=True)


KEPT = made()


def of(label: str, task: str, budget: int = 100) -> np.ndarray:
    mine = KEPT[(KEPT["strategy"] == label) & (KEPT["benchmark"] == task)]
    return mine[f"validation_regret_{budget}"].to_numpy(float)


def test_what_is_left_is_the_mean_of_ratios_of_means() -> None:
    found = standings.standing(KEPT, FAMILY, 100)
    assert found is not None
    for label in EFFECTS:
        ratios = [of(label, task).mean() / of("random_search", task).mean() for task in ("f/x", "f/y")]
        assert found.loc[label, "relative"] == pytest.approx(np.mean(ratios))
    assert list(found.index[:2]) == ["good", "regularized_evolution"]
    assert found.index[-1] == "bad"
    assert found["seeds"].to_dict() == {label: FEW.get(label, 24) for label in found.index}
    apart = standings.standing(KEPT, SPREAD, 100)
    assert apart is not None
    home = of("random_search", "g/x")
    assert apart.loc["bad", "relative"] == pytest.approx((of("bad", "g/x").mean() - home.mean()) / home.std(ddof=1))
    assert standings.standing(KEPT, FAMILY, 200) is None
    assert standings.standing(KEPT, FAMILY, 100, "test_regret") is None


def test_those_that_are_not_ruled_out_are_the_fewest() -> None:
    shares = pd.DataFrame({"best": [0.05, 0.6, 0.35, 0.0]}, index=["a", "b", "c", "d"])
    assert standings.not_ruled_out(shares) == {"b": 0.6, "c": 0.35}
    assert standings.not_ruled_out(shares, 0.96) == {"b": 0.6, "c": 0.35, "a": 0.05}
    assert standings.not_ruled_out(shares, 0.5) == {"b": 0.6}


def test_contrasts_are_signed_ranks_of_all_tasks_together() -> None:
    found = standings.contrasts(KEPT, FAMILY)
    assert len(found) == 2 * (2 * len(EFFECTS) - 2)
    row = (
        found[(found["strategy"] == "good") & (found["budget"] == 100)].set_index("rival").loc["regularized_evolution"]
    )
    pairs = np.concatenate(
        [
            (of("good", task) - of("regularized_evolution", task)[:12]) / of("random_search", task).mean()
            for task in ("f/x", "f/y")
        ]
    )
    assert row["difference"] == pytest.approx(pairs.mean())
    assert row["p"] == pytest.approx(stats.wilcoxon(pairs, zero_method="pratt", method="approx").pvalue)
    assert found["p_holm"].tolist() == holm(found["p"].to_numpy()).tolist()
    assert standings.verdicts(found, 100) == {
        "random_search": "", "regularized_evolution": "°", "good": "*", "alike": "", "bad": "×"
    }  # fmt: skip


def test_tasks_are_won_level_or_lost() -> None:
    found = standings.tallies(KEPT, FAMILY).set_index(["strategy", "rival"])
    counts = {
        label: found.loc[(label, "random_search"), ["won", "level", "lost"]].tolist()
        for label in EFFECTS
        if label != "random_search"
    }
    assert counts == {"regularized_evolution": [2, 0, 0], "good": [2, 0, 0], "alike": [0, 2, 0], "bad": [0, 0, 2]}
    assert found["tested"].all()
    few = standings.tallies(KEPT[KEPT["seed"] < 3], FAMILY).set_index(["strategy", "rival"])
    assert not few["tested"].any()
    assert few.loc[("bad", "random_search"), ["won", "level", "lost"]].tolist() == [0, 0, 2]


def test_rankings_of_budgets_and_families_are_compared() -> None:
    budgets, families = standings.stability(KEPT, GROUND)
    assert budgets[["first", "second", "family", "rows"]].to_numpy().tolist() == [[50, 100, "f", 5], [50, 100, "g", 5]]
    assert budgets["tau"].tolist() == [1.0, pytest.approx(budgets.loc[1, "tau"])]
    assert families[["first", "second", "rows"]].to_numpy().tolist() == [["f", "g", 5]]
    seeds = 12
    both = [
        np.mean([of(label, task)[:seeds].mean() / of("random_search", task).mean() for task in ("f/x", "f/y")])
        for label in EFFECTS
    ]
    means = [both, [of(label, "g/x")[:seeds].mean() for label in EFFECTS]]
    assert families.loc[0, "tau"] == pytest.approx(stats.kendalltau(*means).statistic)
    assert standings.agreement({"a": np.ones((3, 1)), "b": np.ones((3, 1))}, {"a": np.ones((3, 1))}) is None


def test_the_place_of_a_row_is_its_mean_rank_as_a_share() -> None:
    found = standings.overall(standings.common_standings(KEPT, GROUND))
    assert found.loc["good", "mean"] == 0.0
    assert found.loc["bad", "mean"] == 1.0
    assert found["families"].tolist() == [2] * 5


def test_the_figure_has_a_panel_a_family_with_the_rows_in_one_order() -> None:
    figure = league_figure.draw(standings.common_standings(KEPT, GROUND), GROUND)
    panels = [ax for ax in figure.axes if ax.get_title(loc="left")]
    assert [ax.get_title(loc="left") for ax in panels] == ["The family", "Another"]
    assert [label.get_text() for label in panels[0].get_yticklabels()][::4] == ["good", "bad"]
    low, high = next(
        line.get_xdata() for line in panels[0].lines if len(line.get_xdata()) == 2 and 0 in line.get_ydata()
    )
    found = standings.standing(KEPT, FAMILY, 100)
    assert found is not None
    assert (low, high) == pytest.approx(tuple(100 * found.loc["good", ["relative_low", "relative_high"]]))
    league_figure.plt.close(figure)


def test_the_page_says_who_wins_and_how_sure_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(league_page, "_of_task", lambda mine, family, task, labels: [task, ""])
    made_of = league_page.blocks(KEPT, GROUND)
    lines = made_of["summary"].splitlines()
    assert lines[2] == "| The family | 2 | 12 to 24 | good, 100 % | good, 100 % | – | – |"
    sentence = next(line for line in lines if line.startswith("- **The family**"))
    assert "after 100: `good` leaves 3" in sentence
    assert "the best in 100 % of resamples, and all others are ruled out" in sentence
    assert "Better than random_search: 2 of 4; better than regularized_evolution, too: 1" in sentence
    assert sentence.endswith("not told from random_search: `alike`; worse than it: `bad`.")
    assert "standard deviations from random search" in next(line for line in lines if line.startswith("- **Another**"))
    section = made_of["families"]
    assert (
        "2 tasks, 12 to 24 seeds; validation regret in % of random search's, with 95 % intervals over tasks and seeds."
        in section
    )
    assert "1 task, 12 to 24 seeds" in section
    good = next(line for line in section.splitlines() if line.startswith("| good | 12 |"))
    assert good.endswith("| 2 / 0 / 0 | 2 / 0 / 0 |")
