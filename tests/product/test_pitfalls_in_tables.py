"""Traps in what the numbers of a table are, that no other test closes."""

from __future__ import annotations

import bz2
import csv
import time
from collections.abc import Callable
from pathlib import Path

import made
import numpy as np
import pytest
from fakes import SPACE
from pitfalls_shared import DATASETS, EVERY, TABLES, each_dataset
from places import SHARED, needs_shared

import nasbed
from nasbed.benchmarks.convert import _folder, _pickles, _torchfile
from nasbed.benchmarks.nasbench201 import NASBench201
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import DataError, StrategyError


@pytest.mark.parametrize(("dataset", "images"), list(zip(DATASETS, (10_000, 5_000, 3_000), strict=True)), ids=DATASETS)
def test_test_accuracies_are_counts_over_the_clean_half_and_not_over_the_mixture(dataset: str, images: int) -> None:
    """A mean over the runs of k / images; over a mixture of twice as many images half of the sums would be odd."""
    table = TABLES[dataset]
    made_runs = (~np.isnan(table.observations)).sum(axis=1)
    correct = table.referee().test(EVERY) * images / 100 * made_runs
    np.testing.assert_allclose(correct, correct.round(), atol=1e-3)
    assert np.unique(correct.round() % 2).tolist() == [0, 1]


@pytest.fixture
def splits(tmp_path: Path) -> Callable[..., type[Table]]:
    """A table whose splits hold values far apart: train 90, validation 50, mixture 40, test 30 (and the architecture)."""

    def build(*absent: str) -> type[Table]:
        columns = [
            (made.column("accuracy", split, 10), level + np.arange(9.0)[:, None] + np.arange(3.0) / 10)
            for split, level in (("train", 90), ("mixture", 40), ("test", 30), ("validation", 50))
            if split not in absent
        ]
        time = (made.column("training_time", "none", 10, ("architecture",)), 1 + np.arange(9.0))
        return made.table(tmp_path / "made", [*columns, time])

    return build


def test_each_of_four_splits_is_answered_where_it_belongs(splits: Callable[..., type[Table]]) -> None:
    table = splits()()
    for noise in ("draw", "mean", "run:0"):
        seen = [table.oracle(noise)(index, 10, word)[0][0] for index in range(9) for word in range(3)]
        assert 50 <= min(seen) <= max(seen) < 59
    referee = table.referee()
    np.testing.assert_allclose(referee.validation(np.arange(9)), 50.1 + np.arange(9))
    np.testing.assert_allclose(referee.test(np.arange(9)), 30.1 + np.arange(9))
    shown = {row["split"]: row["value"] for row in table.lookup(SPACE.archs[2]) if row["metric"] == "accuracy"}
    assert shown == pytest.approx({"train": 92.1, "mixture": 42.1, "test": 32.1, "validation": 52.1})


@pytest.mark.parametrize("absent", ["validation", "test"])
def test_an_absent_split_is_refused_beside_three_that_are_there(
    splits: Callable[..., type[Table]], absent: str
) -> None:
    with pytest.raises(DataError, match=rf"made has no accuracy \({absent}, 10 epochs\) for toy; it has accuracy"):
        splits(absent)().referee()


def test_the_mixture_does_not_stand_in_for_validation_along_a_training(tmp_path: Path) -> None:
    """As in NAS-Bench-201 on CIFAR-100: the mixture after every epoch, clean validation at the end only."""
    by_epoch = ("architecture", "run", "epoch")
    columns = [
        (made.column("accuracy", "mixture", 4, by_epoch, at=[1, 2, 3, 4]), np.full((9, 3, 4), 40.0)),
        (made.column("accuracy", "validation", 4), np.full((9, 3), 50.0)),
        (made.column("training_time", "none", 4, ("architecture",)), np.ones(9)),
    ]
    table = made.table(tmp_path / "made", columns, epochs=[4], resumable=True)
    assert table(schedule=4, epochs=[4]).oracle()(0, 4, 0) == ((50.0,), 1.0)
    with pytest.raises(DataError, match=r"recorded at its end only, not after 2 epochs"):
        table(schedule=4, epochs=[2, 4]).oracle()


def test_the_shipped_runs_are_those_of_nats_bench_and_of_nothing_else() -> None:
    """The best mean validation is 46.73333 in NATS-Bench and 46.76667 in the older v1_1 file."""
    best, _ = TABLES["ImageNet16-120"].referee().best()
    assert best == pytest.approx(46.73333, abs=5e-6)
    assert best != pytest.approx(46.76667, abs=5e-3)
    (manifest,) = TABLES["ImageNet16-120"].manifests
    assert "runs of NATS-Bench" in manifest.sources[0]


@needs_shared
@pytest.mark.parametrize("index", [0, 11, 284])
def test_the_12_epoch_table_agrees_with_nats_bench(index: int) -> None:
    folder = SHARED / "data" / "nats-bench-sample" / "NATS-tss-v1_0-3ffb9-simple"
    packed = (folder / f"{index:06d}.pickle.pbz2").read_bytes()
    trainings = _pickles.load(bz2.decompress(packed), _torchfile.ADMITTED)["12"]["all_results"]
    with (SHARED / "data" / "nasbench201-12epochs" / "accuracy_12epochs.csv").open(newline="") as file:
        row = list(csv.DictReader(file))[index]
    for dataset, evaluated, column in (
        ("cifar10-valid", "x-valid", "cifar10-val"),
        ("cifar10", "ori-test", "cifar10-test"),
        ("cifar100", "x-valid", "cifar100-val"),
        ("cifar100", "x-test", "cifar100-test"),
        ("ImageNet16-120", "x-valid", "imagenet-val"),
        ("ImageNet16-120", "x-test", "imagenet-test"),
    ):
        recorded = [one["eval_acc1es"][f"{evaluated}@11"] for (name, _), one in trainings.items() if name == dataset]
        assert float(row[column]) == pytest.approx(np.mean(recorded), abs=1e-4)


SHORT_VALUE, SHORT_COST = 99.0, 100.0


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A made-up table of 12-epoch trainings in the data home, each better than any of 200 epochs."""
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    columns = []
    for dataset in DATASETS:
        for metric, split, value in (
            ("accuracy", "validation", SHORT_VALUE),
            ("accuracy", "test", SHORT_VALUE),
            ("training_time", "none", SHORT_COST),
        ):
            file, unit = f"{dataset}/{split}_{metric}.npy", "s" if split == "none" else "%"
            column = Column(file, metric, split, dataset, unit, "maximise", ["architecture"], "made up", 12)  # type: ignore[arg-type]
            columns.append((column, np.full(15_625, value)))
    manifest = Manifest(
        folder=tmp_path / "home" / "nasbench201_12epochs",
        name="nasbench201_12epochs",
        title="Made up",
        space="nasbench201",
        architectures=15_625,
        epochs=[12],
        resumable=False,
        runs=["one value"],
        report="test",
        cost_model="made up",
        licence="none",
        sources=[],
        datasets=list(DATASETS),
    )
    _folder.write(manifest, columns)


@each_dataset
def test_the_default_is_the_200_epoch_training_even_where_the_12_epoch_table_is_there(
    short: None, dataset: str
) -> None:
    assert home.imported() == ["nasbench201_12epochs"]
    table = nasbed.load_benchmark("nasbench201", dataset=dataset)
    assert table.epochs == (200,)
    highest = max(table.oracle()(index, 200, 0)[0][0] for index in EVERY.tolist())
    assert highest == pytest.approx({"cifar10": 91.7, "cifar100": 73.9, "ImageNet16-120": 47.6}[dataset], abs=0.6)


def test_fidelities_12_and_200_are_separate_trainings_charged_in_full(short: None) -> None:
    table = nasbed.load_benchmark("nasbench201", epochs=[12, 200])
    assert (table.epochs, table.resumable) == ((12, 200), False)
    arch = table.space.archs[6111]
    query = nasbed.observe(table, {"evaluations": 5})
    first, second = query(arch, epochs=12), query(arch, epochs=200)
    assert (first.cost, second.cost) == (SHORT_COST, TABLES["cifar10"].costs[6111])
    assert second.time == first.cost + second.cost
    with pytest.raises(StrategyError, match="cannot be resumed: each fidelity is a training of its own"):
        query(arch, epochs=200, resume=first.trial)


def test_a_12_epoch_value_is_no_incumbent_beside_a_200_epoch_one(short: None) -> None:
    table = nasbed.load_benchmark("nasbench201", epochs=[12, 200])
    query = nasbed.observe(table, {"evaluations": 5})
    query(table.space.archs[3], epochs=12)
    assert query(table.space.archs[11472], epochs=200).value < query(table.space.archs[5], epochs=12).value
    result = query.result()
    assert result.incumbent is not None
    assert (result.incumbent.epochs, result.incumbent.arch) == (200, table.space.archs[11472])
    plain = TABLES["cifar10"].referee()
    assert result.scores()["test"] == plain.test(np.array([11472]))[0]
    assert result.scores()["test_regret"] == plain.best()[1] - plain.test(np.array([11472]))[0]


def test_a_table_loads_in_less_than_a_second() -> None:
    start = time.process_time()
    table = NASBench201("ImageNet16-120")
    table.oracle()
    table.referee()
    assert time.process_time() - start < 1
