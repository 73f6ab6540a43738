"""The two-level bootstrap against loops, and what is left of a reference's scores against direct formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nasbed.errors import OptionError, UnknownNameError
from nasbed.statistics.two_levels import relative_scores, share_ahead, two_level_bootstrap


def made(effect: float, seeds: int = 40, benchmarks: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    base = rng.gamma(2.0, size=(seeds, benchmarks))
    return {"reference": base, "better": rng.gamma(2.0, size=(seeds, benchmarks)) - effect, "same": base.copy()}


@pytest.mark.thorough
def test_the_two_level_bootstrap_agrees_with_a_loop() -> None:
    scores = made(0.4)
    frame = two_level_bootstrap(scores, "reference").set_index("strategy")
    rng = np.random.default_rng(3)
    sd = scores["reference"].std(axis=0, ddof=1)
    ranks, away = [], []
    for _ in range(2500):
        means = []
        for benchmark in rng.integers(0, 4, 4):
            seeds = rng.integers(0, 40, 40)
            means.append([scores[name][seeds, benchmark].mean() for name in scores] + [sd[benchmark]])
        table = np.array(means)
        ranks.append(stats.rankdata(table[:, :3], axis=1).mean(axis=0)[1])
        away.append(((table[:, 1] - table[:, 0]) / table[:, 3]).mean())
    mine = frame.loc["better"]
    assert (mine["rank_low"], mine["rank_high"]) == pytest.approx(
        np.quantile(ranks, [0.025, 0.975]), abs=0.51
    )  # in steps of a half
    assert (mine["difference_low"], mine["difference_high"]) == pytest.approx(
        np.quantile(away, [0.025, 0.975]), abs=0.03
    )
    assert mine["ahead"] == pytest.approx(np.mean(np.array(away) < 0), abs=0.03)
    assert frame.loc["same", ["difference", "difference_low", "difference_high"]].tolist() == [0.0, 0.0, 0.0]
    assert frame.loc["same", "ahead"] == 0.5
    assert two_level_bootstrap(made(3.0), "reference").set_index("strategy").loc["better", "rank_high"] == 1.0


def test_a_reference_without_spread_is_no_unit() -> None:
    scores = made(0.4)
    scores["reference"][:, 2] = 0.3 * (1 + 1e-15 * (np.arange(40) % 3))
    frame = two_level_bootstrap(scores, "reference")
    assert frame[["difference", "difference_low", "difference_high", "ahead"]].isna().all(axis=None)
    assert np.isfinite(frame[["rank", "rank_low", "rank_high"]]).all(axis=None)
    assert share_ahead(scores, "reference").isna().all(axis=None)
    assert two_level_bootstrap(scores, "better")["ahead"].notna().all()


def test_few_seeds_have_no_share_ahead() -> None:
    for seeds in (1, 2, 5):
        few = made(3.0, seeds)
        assert two_level_bootstrap(few, "reference")["ahead"].isna().all()
        assert share_ahead(few, "reference").isna().all(axis=None)
        assert two_level_bootstrap(few, "reference")["difference"].isna().all() == (seeds == 1)
    assert two_level_bootstrap(made(3.0, 6), "reference")["ahead"].notna().all()


def test_the_share_ahead_is_that_of_pairs() -> None:
    scores = made(0.4)
    found, frame = share_ahead(scores, "reference"), two_level_bootstrap(scores, "reference").set_index("strategy")
    assert found["reference"].tolist() == frame["ahead"].tolist()
    assert (found + found.T).to_numpy() == pytest.approx(np.ones((3, 3)))
    assert found.loc["same", "better"] == found.loc["reference", "better"]
    alone = two_level_bootstrap({name: scores[name] for name in ("better", "same")}, "same")
    assert found.loc["better", "same"] == pytest.approx(alone.loc[0, "ahead"], abs=1e-12)


def test_scores_that_do_not_fit_are_refused() -> None:
    with pytest.raises(OptionError, match="the reference 'x' is not among the strategies reference, better, same"):
        two_level_bootstrap(made(0.0), "x")
    with pytest.raises(OptionError, match=r"scores of the shapes \(3, 2\), \(4, 2\); expected \(seeds, benchmarks\)"):
        share_ahead({"a": np.zeros((3, 2)), "b": np.zeros((4, 2))}, "a")
    with pytest.raises(OptionError, match="level = 95; expected a share between 0 and 1"):
        two_level_bootstrap(made(0.0), "reference", level=95)
    broken = made(0.0)
    broken["same"][3, 1] = np.nan
    with pytest.raises(OptionError, match="some runs have no score; leave their seeds out"):
        two_level_bootstrap(broken, "reference")


def test_what_is_left_of_a_reference_agrees_with_a_loop() -> None:
    rng = np.random.default_rng(5)
    scores = {
        "reference": rng.gamma(2.0, size=(30, 3)) * [1, 10, 100],
        "half": rng.gamma(1.0, size=(30, 3)) * [1, 10, 100],
    }
    frame = relative_scores(scores, "reference").set_index("strategy")
    means = {name: one.mean(axis=0) for name, one in scores.items()}
    assert frame.loc["half", "relative"] == pytest.approx((means["half"] / means["reference"]).mean())
    drawn = []
    for _ in range(2500):
        of = []
        for benchmark in rng.integers(0, 3, 3):
            seeds = rng.integers(0, 30, 30)
            of.append(scores["half"][seeds, benchmark].mean() / scores["reference"][seeds, benchmark].mean())
        drawn.append(np.mean(of))
    mine = frame.loc["half"]
    assert (mine["relative_low"], mine["relative_high"]) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.03)
    assert mine["best"] == pytest.approx(np.mean(np.array(drawn) < 1), abs=0.02)
    assert frame.loc["reference", ["relative", "relative_low", "relative_high"]].tolist() == [1.0, 1.0, 1.0]
    assert frame["best"].sum() == pytest.approx(1.0)


def test_scores_without_a_best_are_given_in_spreads() -> None:
    scores = made(0.4)
    mine, other = (relative_scores(scores, "reference", "spread"), two_level_bootstrap(scores, "reference"))
    for ours, theirs in {"relative": "difference", "rank": "rank"}.items():
        for end in ("", "_low", "_high"):
            assert mine[ours + end].tolist() == other[theirs + end].tolist()
    moved = relative_scores({name: one - 70.0 for name, one in scores.items()}, "reference", "spread")
    assert moved["relative"].to_numpy() == pytest.approx(mine["relative"].to_numpy())


def test_equal_strategies_share_what_is_best() -> None:
    frame = relative_scores(made(-9.0), "reference").set_index("strategy")
    assert frame["best"].to_dict() == {"reference": 0.5, "better": 0.0, "same": 0.5}


def test_a_strategy_with_fewer_seeds_is_paired_by_those_that_it_has() -> None:
    rng = np.random.default_rng(6)
    base = rng.gamma(2.0, size=(60, 4))
    scores = {"reference": base, "few": base[:15] * 0.9, "many": base * 0.9}
    frame = relative_scores(scores, "reference").set_index("strategy")
    assert frame["seeds"].to_dict() == {"reference": 60, "few": 15, "many": 60}
    assert frame.loc["few", "relative"] == pytest.approx((0.9 * base[:15].mean(axis=0) / base.mean(axis=0)).mean())
    wide, narrow = (frame.loc[name, "relative_high"] - frame.loc[name, "relative_low"] for name in ("few", "many"))
    assert narrow == pytest.approx(0.0, abs=1e-9)
    drawn = []
    for _ in range(2500):
        of = []
        for benchmark in rng.integers(0, 4, 4):
            first, others = rng.integers(0, 15, 15), rng.integers(15, 60, 45)
            of.append(0.9 * base[first, benchmark].mean() / base[np.concatenate([first, others]), benchmark].mean())
        drawn.append(np.mean(of))
    assert wide == pytest.approx(np.ptp(np.quantile(drawn, [0.025, 0.975])), rel=0.1)


def test_a_reference_that_is_no_unit_is_refused() -> None:
    scores = {"a": np.zeros((3, 2)), "b": np.ones((3, 2))}
    with pytest.raises(OptionError, match="the reference 'a' has a mean of 0 on some benchmark; expected one above 0"):
        relative_scores(scores, "a")
    with pytest.raises(OptionError, match="the reference 'b' has a spread of 0"):
        relative_scores(scores, "b", "spread")
    with pytest.raises(UnknownNameError, match="unknown unit of relative scores 'sd'"):
        relative_scores(scores, "b", "sd")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="of the same benchmarks for all strategies"):
        relative_scores({"a": np.ones((3, 2)), "b": np.ones((3, 1))}, "a")
