"""Results of a study that is not finished: the seeds that all series have, and what is not shown is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from watched import SMALL, lose, run, series_folder

import nasbed
from nasbed.commands.studies import report
from nasbed.errors import StoreError
from nasbed.monitoring.so_far import results_so_far


def shown(out: Path) -> tuple[list[str], list[str], int]:
    results = results_so_far(out).results
    assert results is not None
    return list(results.benchmarks), results.strategies, len(results.series[0].runs.seeds)


def test_a_finished_study_is_shown_whole(out: Path) -> None:
    found = results_so_far(str(out))
    assert found.lacking == ""
    assert found.results is not None
    whole = nasbed.Results.load(out)
    assert found.results.finals().equals(whole.finals())
    assert found.results.reference == whole.reference


def test_the_seeds_that_all_have_are_shown(out: Path) -> None:
    lose(out, "two", "local_search", 50)
    assert shown(out) == (["one", "two"], ["random_search", "local_search"], 50)
    assert results_so_far(out).lacking == "so far: the first 50 of 60 seeds"
    results = results_so_far(out).results
    assert results is not None
    assert results.series[0].runs.seeds.tolist() == list(range(50))


def test_a_gap_ends_the_seeds(out: Path) -> None:
    lose(out, "one", "random_search", 0)
    assert shown(out) == (["two"], ["random_search", "local_search"], 60)


def test_a_benchmark_that_has_just_begun_is_left_out(out: Path) -> None:
    lose(out, "two", "local_search", 0)
    assert shown(out) == (["one"], ["random_search", "local_search"], 60)
    assert results_so_far(out).lacking == "so far: without the benchmarks two, of which too few runs are stored"


def test_until_all_strategies_have_begun_those_that_have_are_shown(out: Path) -> None:
    for benchmark, strategy in (("one", "random_search"), ("two", "random_search"), ("two", "local_search")):
        lose(out, benchmark, strategy)
    assert shown(out) == (["one"], ["local_search"], 60)
    found = results_so_far(out)
    assert found.results is not None
    assert found.results.reference == "local_search"
    assert "without the strategies random_search, of which" in found.lacking


def test_where_nothing_is_stored_nothing_is_shown(out: Path) -> None:
    for benchmark in ("one", "two"):
        for strategy in ("random_search", "local_search"):
            lose(out, benchmark, strategy)
    assert results_so_far(out) == (None, "no run is stored yet")


def test_what_is_shown_is_what_a_smaller_study_finds(out: Path, tmp_path: Path) -> None:
    for benchmark in ("one", "two"):
        lose(out, benchmark, "local_search", 50)
    small = run(tmp_path / "small", SMALL, seeds=50)
    found = results_so_far(out).results
    assert found is not None
    assert np.array_equal(found.finals()["validation_regret"], nasbed.Results.load(small).finals()["validation_regret"])


def test_a_damaged_shard_is_told(out: Path) -> None:
    path = out / "answers" / series_folder(out, "one", "random_search") / "seeds-000000.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 255
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        results_so_far(out)


def test_a_report_of_what_there_is_is_made_where_it_is_asked_for(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lose(out, "two", "local_search", 50)
    with pytest.raises(StoreError, match="report what there is with nasbed report --partial"):
        report([out], figures=False)
    report([out], figures=False, partial=True, out=tmp_path / "part")
    assert "so far: the first 50 of 60 seeds" in (tmp_path / "part" / "table.md").read_text(encoding="utf-8")
    assert "so far: the first 50 of 60 seeds" in capsys.readouterr().out
    for benchmark, strategy in (("one", "random_search"), ("one", "local_search"), ("two", "random_search")):
        lose(out, benchmark, strategy)
    lose(out, "two", "local_search")
    with pytest.raises(StoreError, match="no run is stored yet; run the study first"):
        report([out], figures=False, partial=True)
