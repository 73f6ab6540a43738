"""What a comparison could have found, by simulation; contrasts and the line under a table."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import nasbed
from nasbed.analysis.comparisons import contrasts
from nasbed.analysis.power import pair_correlation, power_line, smallest_detectable_difference
from nasbed.analysis.stats import contrast
from nasbed.errors import OptionError, UnknownNameError

STUDY = """
name = "three"
seeds = 30
budget = { evaluations = 20 }
reference = "random_search"
[[benchmark]]
use = "nasbench201"
dataset = "cifar10"
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[strategy]]
use = "regularized_evolution"
population = 5
[[strategy]]
use = "random_search"
[[strategy]]
use = "local_search"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    return nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path_factory.mktemp("three") / "out")


@pytest.mark.parametrize("skewed", [False, True])
def test_a_difference_of_that_size_is_found_that_often(skewed: bool) -> None:
    rng = np.random.default_rng(0)

    def pairs() -> tuple[np.ndarray, np.ndarray]:
        shape = (1500, 60)
        return (
            (rng.gamma(1.0, size=shape), rng.gamma(1.0, size=shape))
            if skewed
            else (rng.normal(size=shape), rng.normal(size=shape))
        )

    ours, theirs = pairs()
    size = np.mean(
        [smallest_detectable_difference(*pair, 0.05, 0.8) for pair in zip(ours[:200], theirs[:200], strict=True)]
    )
    p = stats.wilcoxon(ours - theirs - size, axis=1, method="approx").pvalue
    found = (p < 0.05).mean()
    assert found >= 0.78 if skewed else found == pytest.approx(0.8, abs=0.03)


def test_the_correlation_of_pairs_is_pearsons() -> None:
    rng = np.random.default_rng(1)
    common = rng.normal(size=80)
    ours, theirs = common + rng.normal(size=80), common + rng.normal(size=80)
    found, low, high = pair_correlation(ours, theirs)
    assert found == pytest.approx(np.corrcoef(ours, theirs)[0, 1])
    z = np.arctanh(found) + np.array([-1.96, 1.96]) / np.sqrt(77)
    assert (low, high) == pytest.approx(np.tanh(z), abs=1e-3)
    assert np.isnan(pair_correlation(ours, np.zeros(80))).all()


def test_the_line_under_a_table_names_sizes_family_and_correlation(results: nasbed.Results) -> None:
    line = power_line(results)
    assert line.startswith("Power: 30 seeds find a difference of mean validation regret from random_search of ")
    assert "with a chance of 80 % at p < 0.05 / 4 (the first step of Holm's correction)" in line
    scores = results.scores()
    sizes = [
        smallest_detectable_difference(scores[name][:, 1], scores["random_search"][:, 1], 0.05 / 4)
        for name in ("regularized_evolution", "local_search")
    ]
    named = re.search(r"([\d.]+) \(\w+\) to ([\d.]+) \(\w+\) on nasbench201/cifar100", line)
    assert named is not None
    assert [float(one) for one in named.groups()] == pytest.approx(sorted(sizes), rel=0.01)
    assert re.search(r"Pairing by seed: correlation with random_search from -?0\.\d\d to -?0\.\d\d\.$", line)
    assert power_line(results.subset(["random_search"])) == ""


def test_contrasts_have_effect_sizes_and_name_their_family(results: nasbed.Results) -> None:
    frame = contrasts(results)
    assert len(frame) == 4
    assert frame.attrs["family"] == "4 contrasts with the reference on validation regret, all benchmarks together"
    scores = results.scores()
    for _, row in frame.iterrows():
        column = list(results.benchmarks).index(row["benchmark"])
        ours, theirs = scores[row["strategy"]][:, column], scores["random_search"][:, column]
        assert row["difference"] == pytest.approx((ours - theirs).mean(), abs=1e-6)
        assert row["p"] == contrast(ours, theirs).p
        assert row["p"] <= row["p_holm"] <= min(1, 4 * row["p"]) + 1e-12
        share = np.mean([(one < theirs).mean() + (one == theirs).mean() / 2 for one in ours])
        assert row["improvement"] == pytest.approx(share)
    summary = results.summary()
    again = summary[summary["strategy"] != "random_search"]["validation_regret_p_holm"].tolist()
    assert frame["p_holm"].tolist() == pytest.approx(again)


def test_all_pairs_are_compared_where_that_is_asked(results: nasbed.Results) -> None:
    frame = contrasts(results, "test_regret", at=10, against="all")
    assert len(frame) == 2 * 3
    assert {frozenset(pair) for pair in zip(frame["strategy"], frame["rival"], strict=True)} == {
        frozenset({"regularized_evolution", "random_search"}),
        frozenset({"regularized_evolution", "local_search"}),
        frozenset({"random_search", "local_search"}),
    }
    assert "6 contrasts of all pairs on test regret" in frame.attrs["family"]


def test_what_cannot_be_contrasted_is_refused(results: nasbed.Results, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown kind of contrast 'everything'"):
        contrasts(results, against="everything")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"one strategy \(random_search\); a contrast needs two or more"):
        contrasts(results.subset(["random_search"]))
    with pytest.raises(OptionError, match=r"alpha = 0\.9, power = 0\.8; expected 0 < alpha < power < 1"):
        smallest_detectable_difference(np.zeros(9), np.ones(9), 0.9, 0.8)
