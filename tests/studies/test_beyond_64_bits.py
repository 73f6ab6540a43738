"""Studies of spaces whose indices 64 bits do not hold: stored, gone on with, merged, exported, shown and told apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nasbed
from nasbed.exchange.tables import tables_of
from nasbed.gate.fingerprint import fingerprints
from nasbed.reports import architectures
from nasbed.studies.shards import read_described

HUGE = nasbed.Study.parse("""
    name = "huge"
    seeds = 4
    budget = { evaluations = 9 }
    incumbent = "mean"
    [[benchmark]]
    use = "synthetic"
    decisions = 60
    values = 10
    [[strategy]]
    use = "random_search"
    [[strategy]]
    use = "regularized_evolution"
    population = 4
    sample = 2
""")


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a study of 10^60 architectures."""
    folder = tmp_path_factory.mktemp("huge") / "results"
    nasbed.run_study(HUGE, folder)
    return folder


def test_a_study_beyond_64_bits_stores_what_single_searches_find(huge: Path) -> None:
    results = nasbed.Results.load(huge)
    series = results.series_of("synthetic/0", "regularized_evolution")
    for seed in range(4):
        alone = nasbed.search(
            nasbed.load_strategy("regularized_evolution", population=4, sample=2),
            series.searched,
            budget={"evaluations": 9},
            seed=seed,
            incumbent="mean",
        )
        records = series.records_of([seed])
        assert records["architecture"].tolist() == [outcome.index for outcome in alone.outcomes]
        assert alone.incumbent is not None
        assert series.runs.incumbent[seed] == alone.incumbent.index > 2**63
        regret = alone.scores()["validation_regret"]
        assert series.runs.final("validation_regret")[seed] == pytest.approx(regret, abs=1e-9)


def test_a_store_holds_digits_of_indices_beyond_64_bits_each_once(huge: Path) -> None:
    (shard,) = (huge / "answers").glob("*random_search*/*.parquet")
    column = pq.read_table(shard)["architecture"]
    assert column.type == pa.string()
    assert min(map(int, column.to_pylist())) >= 2**63
    assert pq.read_metadata(shard).row_group(0).column(2).has_dictionary_page
    whole, _ = read_described(shard)
    assert whole["architecture"].dtype == object
    assert list(map(str, whole["architecture"].tolist())) == column.to_pylist()


def test_a_study_beyond_64_bits_goes_on_merges_and_leaves_for_other_tools(huge: Path, tmp_path: Path) -> None:
    shutil.copytree(huge, tmp_path / "half")
    for path in (tmp_path / "half").rglob("*random_search*/*.parquet"):
        path.unlink()
    again = nasbed.run_study(HUGE, tmp_path / "half")
    for path in sorted(huge.rglob("answers/**/*.parquet")):
        assert path.read_bytes() == (tmp_path / "half" / path.relative_to(huge)).read_bytes()
    results = nasbed.Results.load(huge)
    assert results.merge(again).strategies == results.strategies
    (evaluations, _) = tables_of(results)
    exported = pd.concat(evaluations.blocks())
    given = exported.assign(strategy="mine")
    read = nasbed.Results.from_frame(
        given[given["benchmark"] == "synthetic/0"][:9], results.benchmarks, {"evaluations": 9}
    )
    space = results.series[0].searched.space
    first = results.series[0].records_of([0])["architecture"].tolist()
    assert read.series[0].records_of([0])["architecture"].tolist() == first
    assert exported["architecture"].tolist()[:9] == [space.format(space.at(index)) for index in first]


def test_a_page_tells_indices_beyond_what_its_numbers_hold_exactly(huge: Path) -> None:
    results = nasbed.Results.load(huge)
    found = architectures.content(results, "synthetic/0")["indices"]
    assert {int(index) for index in found} == {int(one) for series in results.series for one in series.runs.incumbent}
    assert all(isinstance(index, str) for index in found)


def test_fingerprints_tell_indices_beyond_64_bits_apart() -> None:
    def of(index: int) -> int:
        columns = {"architecture": np.array([index, 7], dtype=object), "epochs": np.ones(2), "value": np.ones(2)}
        return int(fingerprints({"seed": np.zeros(2, dtype=int), **columns}, np.array([0]))[0])

    assert of(2**80) != of(2**80 + 1)
    assert of(2**80) == of(2**80)
