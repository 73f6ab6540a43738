"""Results hold what was measured: scores, regrets, curves, subsets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_study import STUDY

import nasbed
from nasbed.errors import OptionError, UnknownNameError
from nasbed.tables import captions


@pytest.fixture
def results(tiny_results: nasbed.Results) -> nasbed.Results:
    return tiny_results


def test_the_summary_is_the_statistics_of_the_finals(results: nasbed.Results) -> None:
    finals, summary = results.finals(), results.summary()
    assert len(finals) == 2 * 3 * 12
    for _, row in summary.iterrows():
        mine = finals[(finals["benchmark"] == row["benchmark"]) & (finals["strategy"] == row["strategy"])]
        assert row["test_regret_mean"] == pytest.approx(mine["test_regret"].mean())
        assert row["test_regret_sd"] == pytest.approx(mine["test_regret"].std(ddof=1))
        assert row["validation_regret_median"] == pytest.approx(mine["validation_regret"].median())
        assert row["evaluations"] == mine["evaluations"].mean()
        assert row["simulated_hours"] == pytest.approx(mine["seconds"].mean() / 3600)


def test_scores_are_those_of_a_single_search(results: nasbed.Results) -> None:
    table = nasbed.load_benchmark("nasbench201", dataset="cifar100")
    alone = nasbed.search("random_search", table, budget={"evaluations": 25}, seed=7)
    finals = results.finals().set_index(["benchmark", "strategy", "seed"])
    row = finals.loc[("nasbench201/cifar100", "random_search", 7)]
    assert {name: row[name] for name in ("validation_regret", "test_regret", "test")} == pytest.approx(alone.scores())
    assert row["seconds"] == alone.outcomes[-1].time


def test_budgets_are_kept_and_differ_by_benchmark(results: nasbed.Results) -> None:
    finals = results.finals()
    cifar = finals[(finals["benchmark"] == "nasbench201/cifar100") & (finals["strategy"] != "hand_designed")]
    assert set(cifar["evaluations"]) == {25}
    assert finals[finals["benchmark"] == "nasbench201/ImageNet16-120"]["seconds"].max() <= 150_000
    assert "nasbench201/cifar100: Budget: 25 evaluations" in captions.caption(results)
    assert "nasbench201/ImageNet16-120: Budget: 150,000 simulated seconds" in captions.caption(results)


def test_regrets_are_paired_contrasts_corrected_over_all_benchmarks(results: nasbed.Results) -> None:
    summary = results.summary()
    compared = summary[summary["strategy"] != "random_search"]
    assert len(compared) == 4
    raw, adjusted = compared["test_regret_p"].to_numpy(), compared["test_regret_p_holm"].to_numpy()
    assert adjusted.min() == pytest.approx(min(1.0, 4 * raw.min()))
    assert summary[summary["strategy"] == "random_search"]["test_regret_p"].isna().all()


def test_the_test_number_of_a_table_is_never_above_the_best(results: nasbed.Results) -> None:
    assert (results.finals()["test_regret"] >= 0).all()
    assert (results.finals()["validation_regret"] >= 0).all()


def test_curves_end_at_the_final_scores(results: nasbed.Results) -> None:
    curves, summary = results.curves(), results.summary()
    for _, row in summary[summary["benchmark"] == "nasbench201/cifar100"].iterrows():
        mine = curves[(curves["benchmark"] == row["benchmark"]) & (curves["strategy"] == row["strategy"])]
        last = mine[(mine["axis"] == "evaluations") & (mine["metric"] == "test_regret")].iloc[-1]
        assert last["x"] == 25
        assert last["mean"] == pytest.approx(row["test_regret_mean"])
        assert last["low"] == pytest.approx(row["test_regret_low"])


def test_scores_are_those_of_the_incumbent_after_so_many_evaluations(results: nasbed.Results) -> None:
    found = results.scores("test_regret", at=7)
    assert list(found) == results.strategies
    for strategy, scores in found.items():
        assert scores.shape == (12, 2)
        for column, label in enumerate(results.benchmarks):
            regret = results.series_of(label, strategy).runs.test_regret
            assert scores[:, column].tolist() == regret[:, min(7, regret.shape[1]) - 1].tolist()
    finals = results.finals().groupby(["strategy", "benchmark"], sort=False)["validation_regret"].mean()
    assert results.scores()["RE, small"].mean(axis=0) == pytest.approx(finals["RE, small"].to_numpy())


def test_optimism_is_what_was_seen_of_the_incumbent_beyond_its_mean(results: nasbed.Results) -> None:
    part = results.series_of("nasbench201/cifar100", "random_search")
    first = part.records[part.records["seed"] == 3].head(10)
    best = first.loc[first["value"].idxmax()]
    mean = part.scored.referee().validation(np.array([int(best["architecture"])]))[0]
    assert results.scores("optimism", at=10)["random_search"][3, 0] == pytest.approx(best["value"] - mean)


def test_optimism_is_not_defined_where_another_benchmark_was_searched(tmp_path: Path) -> None:
    text = STUDY.replace('dataset = "cifar100"', 'dataset = "cifar10"\nreport = ["cifar10", "cifar100"]')
    results = nasbed.run_study(nasbed.Study.parse(text), tmp_path / "out", seeds=2)
    undefined = np.isnan(results.scores("optimism")["random_search"]).all(axis=0)
    assert dict(zip(results.benchmarks, undefined.tolist(), strict=True)) == {
        "nasbench201/cifar10": False,
        "nasbench201/cifar10 → cifar100": True,
        "nasbench201/ImageNet16-120": False,
    }


def test_a_subset_keeps_order_numbers_and_reference(results: nasbed.Results) -> None:
    some = results.subset(["hand_designed", "random_search"], ["nasbench201/ImageNet16-120"])
    assert some.strategies == ["random_search", "hand_designed"]
    assert list(some.benchmarks) == ["nasbench201/ImageNet16-120"]
    assert some.reference == "random_search"
    assert results.subset(["RE, small", "hand_designed"]).reference == "RE, small"
    mine = some.summary().set_index("strategy")["test_regret_mean"]
    every = results.summary().set_index(["benchmark", "strategy"])["test_regret_mean"]
    assert mine["hand_designed"] == every["nasbench201/ImageNet16-120", "hand_designed"]


def test_names_that_are_not_there_are_refused(results: nasbed.Results) -> None:
    with pytest.raises(UnknownNameError, match="unknown strategy 'random_serch'; did you mean 'random_search'"):
        results.subset(["random_serch"])
    with pytest.raises(UnknownNameError, match="unknown benchmark 'cifar'"):
        results.subset(benchmarks=["cifar"])
    with pytest.raises(UnknownNameError, match="unknown metric 'optimsm'; did you mean 'optimism'"):
        results.scores("optimsm")
    with pytest.raises(OptionError, match="at = 0; expected evaluations, 1 or more"):
        results.scores(at=0)
