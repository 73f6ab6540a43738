"""Runs that are kept as the moments of their changes say what the whole matrices of scores say, read in blocks or at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import nasbed
from nasbed.errors import StoreError
from nasbed.results import series as series_
from nasbed.results.kept import KeptRuns
from nasbed.statistics import estimators
from nasbed.statistics.power import smallest_p
from nasbed.studies.study import Study
from nasbed.vocabulary.meters import meter_of

STUDY = """
name = "kept"
seeds = 12
budget = { BUDGET }
RULES
[[benchmark]]
use = "nasbench201"
report = ["cifar10", "cifar100"]
[[strategy]]
use = "regularized_evolution"
population = 5
sample = 2
[[strategy]]
use = "local_search"
[[strategy]]
use = "random_architecture"
"""
SCORES = ("validation_regret", "test_regret", "validation", "test", "observed")
AXES = [meter_of(name) for name in ("evaluations", "seconds", "epochs")]


@pytest.fixture(scope="module", params=["evaluations", "seconds, mean of repeats"])
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[nasbed.Results]:
    budget, rules = (
        ("evaluations = 40", "") if request.param == "evaluations" else ("seconds = 90_000", 'incumbent = "mean"')
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(series_, "TOGETHER", 5)
        study = Study.parse(STUDY.replace("BUDGET", budget).replace("RULES", rules))
        yield nasbed.run_study(study, tmp_path_factory.mktemp("kept") / "out")


def test_kept_runs_say_what_whole_ones_do(results: nasbed.Results) -> None:
    grid = np.geomspace(0.5, 1e6, 60)
    for series in results.series:
        kept, whole = series.runs, series.runs.again()
        assert isinstance(kept, KeptRuns)
        assert kept.place.size < whole.validation.size or kept.width == 1
        for name in ("seeds", "ended", "count", "distinct", "incumbent", "time", "epochs", "width"):
            assert np.array_equal(getattr(kept, name), getattr(whole, name)), name
        for name in SCORES:
            assert np.array_equal(getattr(kept, name), getattr(whole, name), equal_nan=True), name
            assert np.array_equal(kept.final(name), whole.final(name), equal_nan=True), name
            for axis in AXES:
                assert np.array_equal(kept.at(axis, name, grid), whole.at(axis, name, grid), equal_nan=True), (
                    name,
                    axis,
                )
        changed = np.diff(whole.validation, axis=1, prepend=np.nan) != 0
        for axis in AXES:
            assert np.array_equal(kept.first(axis), whole.first(axis))
            assert np.array_equal(kept.last(axis), whole.last(axis))
            assert np.array_equal(kept.along(axis), whole.along(axis))
            assert np.array_equal(kept.at_changes(axis)[changed], whole.at_changes(axis)[changed])


def test_records_are_read_again_when_they_are_asked_for(results: nasbed.Results) -> None:
    series = results.series[0]
    everything = series.records
    assert len(everything) == series.runs.count.sum()
    some = everything[everything["seed"].isin([3, 7])].reset_index(drop=True)
    assert series.records_of([3, 7]).equals(some)


def test_records_of_a_folder_that_is_gone_are_refused(tmp_path: Path) -> None:
    results = nasbed.run_study(
        Study.parse(STUDY.replace("BUDGET", "evaluations = 12").replace("RULES", "")), tmp_path / "out"
    )
    (tmp_path / "out").rename(tmp_path / "elsewhere")
    assert len(results.finals()) == 12 * 2 * 3
    with pytest.raises(StoreError, match=r"seeds-000000\.parquet is missing; run the study again"):
        results.evaluations()


def test_resamples_are_the_same_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = estimators.resampled_shares(np.random.default_rng(5), 400, 7001)
    blocks = list(estimators.shares_in_blocks(np.random.default_rng(5), 400, 7001))
    assert len(blocks) == 3
    assert np.array_equal(np.concatenate(blocks), whole)


def test_the_smallest_p_of_many_seeds_takes_no_memory() -> None:
    assert 0 <= smallest_p(1_000_000) < 1e-200
