"""Ranks across benchmarks, against a published example, SciPy and loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nasbed.errors import OptionError, UnknownNameError
from nasbed.statistics.ranks import (
    average_ranks,
    critical_difference,
    friedman,
    rank_stability,
)

# Demšar, JMLR 7, 2006, table 6: area under the ROC curve of four variants of C4.5 on 14 data sets (turned: lower is better).
DEMSAR = -np.array([
    [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967], [0.628, 0.661, 0.654, 0.657],
    [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931], [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625],
    [0.775, 0.838, 0.866, 0.875], [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
    [0.972, 0.981, 0.978, 0.975], [0.957, 0.978, 0.946, 0.970],
])  # fmt: skip
NAMES = ["C4.5", "+m", "+cf", "+m+cf"]


def test_the_published_example_comes_out() -> None:
    assert average_ranks(DEMSAR) == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    found = critical_difference(DEMSAR, NAMES)
    assert found.difference == pytest.approx(1.25, abs=0.005)
    assert friedman(DEMSAR) == pytest.approx(stats.friedmanchisquare(*DEMSAR.T).pvalue)
    assert found.cliques == (("+m+cf", "+m", "+cf", "C4.5"),)


def test_cliques_hold_those_that_are_not_apart() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(30, 5)) + np.array([0.0, 0.2, 2.0, 4.0, 4.1])
    names = list("abcde")
    found = critical_difference(table, names)
    assert found.cliques == (("a", "b"), ("d", "e")) or found.cliques == (("b", "a"), ("d", "e"))
    ranks = dict(zip(names, found.ranks, strict=True))
    for clique in found.cliques:
        assert max(ranks[one] for one in clique) - min(ranks[one] for one in clique) < found.difference
    q = stats.studentized_range.isf(0.05, 5, np.inf) / np.sqrt(2)
    assert found.difference == pytest.approx(q * np.sqrt(5 * 6 / (6 * 30)))
    for (i, one), (j, other) in ((a, b) for a in enumerate(names) for b in enumerate(names)):
        if i < j:
            assert (found.p[i, j] < 0.05) == (abs(ranks[one] - ranks[other]) >= found.difference)
    conover = critical_difference(table, names, "conover")
    assert {frozenset(clique) for clique in conover.cliques} <= {frozenset("ab"), frozenset("de")}


def test_conovers_test_is_that_of_his_book() -> None:
    """Conover 1999, section 5.8, written as formulas: t from the squared ranks, then Holm's steps."""
    ranks = stats.rankdata(DEMSAR, axis=1)
    blocks, count = ranks.shape
    sums, squares = ranks.sum(axis=0), (ranks**2).sum()
    freedom = (blocks - 1) * (count - 1)
    error = np.sqrt(2 * (blocks * squares - (sums**2).sum()) / freedom)
    pairs = [(i, j) for i in range(count) for j in range(i)]
    raw = np.array([2 * stats.t.sf(abs(sums[i] - sums[j]) / error, freedom) for i, j in pairs])
    steps = np.sort(raw) * np.arange(len(raw), 0, -1)
    corrected = np.minimum(1, np.maximum.accumulate(steps))[np.argsort(np.argsort(raw))]
    found = critical_difference(DEMSAR, NAMES, "conover").p
    assert [found[i, j] for i, j in pairs] == pytest.approx(corrected)
    assert found == pytest.approx(found.T)


@pytest.mark.filterwarnings("error")
def test_the_same_order_everywhere_is_as_far_apart_as_it_gets() -> None:
    table = np.tile([0.1, 0.2, 0.3, 0.4], (9, 1))
    assert critical_difference(table, NAMES, "conover").cliques == ()
    assert critical_difference(np.ones((9, 4)), NAMES, "conover").cliques == (tuple(NAMES),)


def test_nothing_is_apart_where_friedmans_test_finds_nothing() -> None:
    table = np.random.default_rng(1).normal(size=(8, 3))
    assert friedman(table) > 0.05
    assert len(critical_difference(table, list("abc")).cliques[0]) == 3
    assert friedman(np.ones((7, 4))) == 1.0
    assert np.isnan(critical_difference(table[:, :2], list("ab")).friedman)  # it needs three


def test_few_benchmarks_are_refused() -> None:
    words = "3 benchmarks; a test across benchmarks needs 6 or more: use two_level_bootstrap"
    with pytest.raises(OptionError, match=words):
        friedman(DEMSAR[:3])
    with pytest.raises(OptionError, match=words):
        critical_difference(DEMSAR[:3], NAMES)
    with pytest.raises(OptionError, match="with 3 or more strategies"):
        friedman(DEMSAR[:, :2])


def test_a_table_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown test across benchmarks 'nemeny'; did you mean 'nemenyi'"):
        critical_difference(DEMSAR, NAMES, "nemeny")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"2 names \(a, b\) for a table of 4 strategies"):
        critical_difference(DEMSAR, ["a", "b"])
    with pytest.raises(OptionError, match="some strategies have no score on some benchmarks"):
        friedman(np.where(DEMSAR < -0.99, np.nan, DEMSAR))


def test_rankings_of_two_budgets_are_compared_by_kendalls_tau() -> None:
    rng = np.random.default_rng(4)
    first = {name: rng.normal(place, 3.0, 50) for place, name in enumerate("abcdef")}
    second = {name: rng.normal(place % 4, 3.0, 50) for place, name in enumerate("abcdef")}
    tau, low, high = rank_stability(first, second)
    means = [[scores.mean() for scores in of.values()] for of in (first, second)]
    assert tau == pytest.approx(stats.kendalltau(*means).statistic)
    drawn = []
    for _ in range(600):
        seeds = rng.integers(0, 50, 50)
        drawn.append(
            stats.kendalltau(*[[scores[seeds].mean() for scores in of.values()] for of in (first, second)]).statistic
        )
    assert (low, high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.14)
    assert rank_stability(first, first)[0] == 1.0


def test_rankings_of_different_strategies_or_seeds_are_refused() -> None:
    with pytest.raises(OptionError, match="rankings of a, b and of a, c; expected the same two or more strategies"):
        rank_stability({"a": np.zeros(3), "b": np.ones(3)}, {"a": np.zeros(3), "c": np.ones(3)})
    with pytest.raises(OptionError, match="scores of 3 and 4 seeds; expected the same seeds"):
        rank_stability({"a": np.zeros(3), "b": np.ones(3)}, {"a": np.zeros(4), "b": np.ones(4)})
    with pytest.raises(OptionError, match="some runs have no score; leave their seeds out"):
        rank_stability({"a": np.zeros(2), "b": np.ones(2)}, {"a": np.zeros(2), "b": np.array([1.0, np.nan])})
