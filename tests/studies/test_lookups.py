"""What a table answers again is not stored, whatever is read is what was run, bit for bit, and old folders are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from daily import sampled
from tiny import seeds, snapshot

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.errors import StoreError
from nasbed.searches.columns import Columns
from nasbed.studies import lookups
from nasbed.studies.batches import rounded, run_batch
from nasbed.studies.lookups import clock, shortened, whole
from nasbed.studies.series import Series, canonical
from nasbed.studies.shards import digest, read_shard
from nasbed.studies.store import Store, folder_name
from nasbed.studies.study import Study


def series_of(benchmark: str, strategy: str, rules: str, evaluations: int = 40) -> Series:
    (series,) = Study.parse(
        f'name = "x"\nseeds = 5\nbudget = {{ evaluations = {evaluations} }}\n{rules}\n[[benchmark]]\n{benchmark}\n'
        f'[[strategy]]\nuse = "{strategy}"\n'
    ).series()
    return series


NB201, DIGITS = 'use = "nasbench201"', 'use = "digits201"'
RE, RANDOM = "regularized_evolution", "random_search"
DERIVED = {"accuracy", "cost", "time"}
CASES = {
    "draw": (NB201, RE, "", DERIVED),
    "mean": (NB201, RE, 'noise = "mean"', DERIVED),
    "one run": (DIGITS, RE, 'noise = "run:1"', DERIVED),
    "workers": (NB201, RANDOM, "workers = 7", DERIVED),
    "workers that wait": (DIGITS + "\nepochs = [1, 4, 12]", "hyperband", "workers = 3", {"accuracy", "cost"}),
    "repeats for nothing": (NB201, RE, 'repeats = "free"', DERIVED),
    "several objectives": (NB201 + '\nobjectives = ["accuracy", "latency"]', "nsga2", "", {"latency", *DERIVED}),
    "a minimised objective": (
        DIGITS + '\nobjectives = ["accuracy", "parameters"]',
        "nsga2",
        "",
        {"parameters", *DERIVED},
    ),
    "resumed": (DIGITS + "\nepochs = [1, 4, 12]", "hyperband", "", DERIVED),
    "measures": (NB201 + "\nmeasures = { flops = 0 }", RANDOM, "", DERIVED),
    "several data sets": ('use = "nasbench201"\ndataset = ["cifar10", "cifar100"]', RANDOM, "", {"time"}),
    "no table": ('use = "synthetic"', RANDOM, "", {"time"}),
}


@pytest.mark.filterwarnings("ignore::nasbed.errors.UnwiseWarning")
@pytest.mark.parametrize("case", sampled(CASES, 3))
def test_what_is_left_out_comes_back_bit_for_bit(case: str, tmp_path: Path) -> None:
    *study, left_out = CASES[case]
    series = series_of(*study)
    answers, timings = run_batch(series, list(range(5)))
    store = Store(tmp_path)
    store.write(series, 0, list(range(5)), answers, timings)
    path = store.path("answers", folder_name(series), 0)
    assert set(answers) - set(pq.read_schema(path).names) == left_out
    found = read_shard(path)
    assert list(found) == list(answers)
    assert digest(found) == digest(answers) == json.loads(pq.read_schema(path).metadata[b"nasbed"])["digest"]


def test_records_that_the_table_does_not_answer_are_stored_as_they_are() -> None:
    series = series_of(NB201, RE, "")
    table, answers = series.load_benchmark(), run_batch(series, [0, 1])[0]
    for name, kept in (("accuracy", {"accuracy", "cost"}), ("cost", {"accuracy", "cost", "time"}), ("time", {"time"})):
        changed = {**answers, name: answers[name].copy()}
        changed[name][7] = 1.01 * changed[name][7]
        left, form = shortened(changed, table, 1)
        assert kept <= set(left), name
        assert digest(whole(left, form, table)) == digest(changed)


def test_more_fidelities_than_are_held_in_memory_are_stored_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    series = series_of(DIGITS + "\nepochs = [1, 4, 12]", "hyperband", "")
    table, answers = series.load_benchmark(), run_batch(series, [0])[0]
    monkeypatch.setattr(lookups, "LEVELS", 2)
    assert set(answers) - set(shortened(answers, table, 1).columns) == {"time"}


def test_the_clock_of_workers_by_hand() -> None:
    records = {
        "seed": np.array([3, 3, 3, 3, 9]),
        "trial": np.array([1, 0, 2, 3, 0]),
        "cost": np.array([1.0, 5.0, 7.0, 2.0, 4.0]),
    }
    # of two workers one is idle again at 1 and trains for 7, the other at 5 and trains for 2
    assert clock(records, 2).tolist() == [1.0, 5.0, 8.0, 7.0, 4.0]
    assert np.isnan(clock({**records, "trial": np.array([9, 0, 2, 3, 0])}, 2)).all()


@pytest.mark.thorough
def test_a_study_of_a_table_takes_few_bytes_an_evaluation(tmp_path: Path) -> None:
    text = seeds("seeds = 100").replace("evaluations = 5", "evaluations = 60")
    for strategy in (RANDOM, RE, "tpe"):
        out = tmp_path / strategy
        results = nasbed.run_study(Study.parse(text.replace(RANDOM, strategy)), out)
        taken = sum(path.stat().st_size for path in out.rglob("*.parquet"))
        assert taken / len(results.evaluations()) < 8.5


# Thinking


def test_thinking_is_rounded_to_eight_bits() -> None:
    seconds = np.geomspace(1e-9, 1e4, 10_001)
    found = rounded(seconds.tolist())
    assert found.dtype == np.float32
    assert np.abs(found / seconds - 1).max() <= 2**-8 + 1e-7
    assert found.mean() == pytest.approx(seconds.mean(), rel=2e-4)
    assert (found.view(np.uint32) & 0xFFFF == 0).all()
    assert rounded([]).shape == (0,)


# Old folders


def write_as_before(path: Path, columns: Columns, described: dict[str, Any]) -> None:
    """The writer of shards before anything was left out of them."""
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    floats = [name for name, values in columns.items() if values.dtype.kind == "f"]
    pq.write_table(
        table.replace_schema_metadata({"nasbed": canonical(described)}),
        path,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in columns if name not in floats],
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
        write_statistics=False,
    )


def made_as_before(folder: Path) -> None:
    """Write the shards of a results folder anew as they were written before."""
    for path in folder.rglob("*.parquet"):
        columns, described = read_shard(path), json.loads(pq.read_schema(path).metadata[b"nasbed"])
        kept = ("series", "seeds", "content", "digest") if "answers" in path.parts else ("series", "seeds")
        write_as_before(path, columns, {name: described[name] for name in kept})


def test_an_old_folder_is_read_completed_and_not_written_anew(tmp_path: Path) -> None:
    study, more = Study.parse(seeds("seeds = 30")), Study.parse(seeds("seeds = 70"))
    expected = nasbed.run_study(more, tmp_path / "new")
    nasbed.run_study(study, tmp_path / "old")
    made_as_before(tmp_path / "old")
    before = snapshot(tmp_path / "old" / "answers")
    nasbed.run_study(study, tmp_path / "old")
    assert snapshot(tmp_path / "old" / "answers") == before
    found = nasbed.run_study(more, tmp_path / "old")
    assert found.evaluations().equals(expected.evaluations())
    assert snapshot(tmp_path / "old" / "answers") == snapshot(tmp_path / "new" / "answers")


def test_a_damaged_old_shard_is_refused(out: Path) -> None:
    made_as_before(out)
    (path,) = (out / "answers").rglob("*.parquet")
    described = json.loads(pq.read_schema(path).metadata[b"nasbed"])
    columns = read_shard(path)
    columns["accuracy"] = columns["accuracy"] + 1
    write_as_before(path, columns, described)
    with pytest.raises(StoreError, match="is damaged: its digest differs; delete it and run the study again"):
        nasbed.Results.load(out)


# Without the table


def test_without_the_table_the_message_says_where_values_are_looked_up(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = (out / "answers").rglob("*.parquet")

    def gone(use: str, options: dict[str, Any]) -> None:
        raise nasbed.errors.DataError("the table 'nasbench201' is not here; nasbed data fetch nasbench201")

    monkeypatch.setattr("nasbed.studies.shards.loaded", gone)
    with pytest.raises(
        StoreError, match=r"its values are looked up in nasbench201, which cannot be loaded: the table .* fetch"
    ):
        read_shard(path)


def test_other_data_are_refused(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = (out / "answers").rglob("*.parquet")
    monkeypatch.setattr(NASBench201, "checksum", "0123456789abcdef")
    with pytest.raises(
        StoreError,
        match=r"looked up in nasbench201/cifar10, whose data here are others than those that were searched \(checksum"
        r" 0123456789ab, not [0-9a-f]{12}\); bring those back, or run the study again",
    ):
        read_shard(path)


def test_a_benchmark_that_answers_otherwise_is_refused(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = (out / "answers").rglob("*.parquet")
    recorded = NASBench201.recorded

    def otherwise(self: NASBench201, epochs: int) -> Any:
        (values,), seconds = recorded(self, epochs)
        return [values + 1e-9], seconds

    monkeypatch.setattr(NASBench201, "recorded", otherwise)
    lookups._level.cache_clear()
    try:
        with pytest.raises(
            StoreError, match=r"no longer answers what it answered when the study was run.*run the study again"
        ):
            read_shard(path)
    finally:
        lookups._level.cache_clear()
