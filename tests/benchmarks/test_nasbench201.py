"""The shipped table: published facts, rows to look up, and agreement with other people's files."""

from __future__ import annotations

import bz2
import csv
import gzip
import hashlib
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from daily import sampled
from places import SHARED, needs_shared
from scipy.stats import spearmanr
from shipped import CIFAR10, CIFAR100, DATASETS, EVERY, HAND_DESIGNED, IMAGENET, SPACE, TABLES, each_table

from nasbed.benchmarks.convert import _pickles as pickles
from nasbed.benchmarks.nasbench201 import NASBench201
from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import ArchitectureError, UnknownNameError


def number_of(operation: int) -> np.ndarray:
    return np.array([arch.count(operation) for arch in SPACE.archs])


def recorded(table: Table, metric: str) -> np.ndarray:
    return table.manifest.read(table.manifest.column(table.dataset, metric))


@pytest.mark.parametrize(
    ("table", "validation", "validation_at", "test", "test_at"),
    [
        (CIFAR10, 91.60667, [6111], 94.37333, [6111, 13714]),
        (CIFAR100, 73.49333, [9930], 73.51333, [9930]),
        (IMAGENET, 46.73333, [10676], 47.31111, [857]),
    ],
    ids=DATASETS,
)
def test_the_optima_are_the_published_ones(
    table: NASBench201, validation: float, validation_at: list[int], test: float, test_at: list[int]
) -> None:
    referee = table.referee()
    assert referee.best() == pytest.approx((validation, test), abs=5e-6)
    for values, at in ((referee.validation(EVERY), validation_at), (referee.test(EVERY), test_at)):
        assert np.flatnonzero(values > values.max() - 1e-9).tolist() == at


@each_table
def test_8169_cells_have_three_runs_and_7456_the_first_two(table: NASBench201) -> None:
    made = ~np.isnan(table.observations)
    assert made.shape == (15_625, 3)
    assert made[:, :2].all()
    assert (made[:, 2].sum(), (~made[:, 2]).sum()) == (8_169, 7_456)
    assert (recorded(table, "runs") == made.sum(axis=1)).all()
    assert table.manifest.runs == ["777", "888", "999"]
    assert table.runs == 3


def test_the_same_cells_have_three_runs_on_every_data_set() -> None:
    first, *others = (np.isnan(table.observations) for table in TABLES)
    assert all((first == other).all() for other in others)


@pytest.mark.parametrize(
    ("table", "mean"), [(CIFAR10, 1827.99), (CIFAR100, 3655.97), (IMAGENET, 11092.22)], ids=DATASETS
)
def test_mean_training_times_are_the_published_ones(table: NASBench201, mean: float) -> None:
    assert table.typical() == pytest.approx(mean, abs=0.005)
    assert table.cheapest() == table.costs.min() < mean


def test_training_times_were_measured_once_and_scaled() -> None:
    np.testing.assert_allclose(CIFAR100.costs / CIFAR10.costs, 2, rtol=1e-9)
    np.testing.assert_allclose(IMAGENET.costs / CIFAR10.costs, 6.068, rtol=1e-9)


@pytest.mark.parametrize(
    ("table", "mean", "deviation"),
    [(CIFAR10, 87.063, 12.935), (CIFAR100, 61.406, 12.172), (IMAGENET, 33.586, 9.512)],
    ids=DATASETS,
)
def test_mean_and_spread_of_test_accuracy_are_the_published_ones(
    table: NASBench201, mean: float, deviation: float
) -> None:
    test = table.referee().test(EVERY)
    assert (test.mean(), test.std()) == pytest.approx((mean, deviation), abs=5.5e-4)


@pytest.mark.parametrize(
    ("first", "second", "correlation"),
    [(CIFAR10, CIFAR100, 0.980), (CIFAR10, IMAGENET, 0.959), (CIFAR100, IMAGENET, 0.964)],
    ids=["C10-C100", "C10-IN16", "C100-IN16"],
)
def test_rank_correlations_between_data_sets_are_the_published_ones(
    first: NASBench201, second: NASBench201, correlation: float
) -> None:
    found = spearmanr(first.referee().test(EVERY), second.referee().test(EVERY)).statistic
    assert found == pytest.approx(correlation, abs=5e-4)


@pytest.mark.parametrize(
    ("table", "maxima", "reached_from", "optimum"),
    sampled([(CIFAR10, 17, 0.192, 6111), (CIFAR100, 24, 0.751, 9930), (IMAGENET, 36, 0.193, 857)], 3),
    ids=DATASETS,
)
def test_the_landscape_of_test_accuracy_is_the_published_one(
    table: NASBench201, maxima: int, reached_from: float, optimum: int
) -> None:
    test = table.referee().test(EVERY)
    around = np.array([[SPACE.index(other) for other in SPACE.neighbours(arch)] for arch in SPACE.archs])
    best = around[EVERY, test[around].argmax(axis=1)]
    assert (test > test[best]).sum() == maxima
    end = np.where(test[best] > test, best, EVERY)
    for _ in range(6):
        end = end[end]
    assert (end == end[end]).all()
    assert (end == optimum).mean() == pytest.approx(reached_from, abs=5e-4)


@pytest.mark.parametrize(
    ("table", "validation", "test"),
    [(CIFAR10, 90.86, 93.91), (CIFAR100, 70.50, 70.89), (IMAGENET, 44.10, 44.23)],
    ids=DATASETS,
)
def test_the_hand_designed_cell_has_its_published_accuracy(table: NASBench201, validation: float, test: float) -> None:
    referee, index = table.referee(), np.array([SPACE.index(HAND_DESIGNED)])
    assert index == 11472
    assert (referee.validation(index)[0], referee.test(index)[0]) == pytest.approx((validation, test), abs=5e-3)


def test_parameters_and_flops_on_cifar10_follow_the_formula() -> None:
    small, large = number_of(2), number_of(3)
    assert (recorded(CIFAR10, "parameters") == 73_306 + 28_000 * small + 243_040 * large).all()
    assert (recorded(CIFAR10, "flops") == 7_783_050 + 3_932_160 * small + 35_389_440 * large).all()


@pytest.mark.parametrize(("table", "classes"), [(CIFAR100, 100), (IMAGENET, 120)], ids=DATASETS[1:])
def test_parameters_differ_between_data_sets_by_the_classifier(table: NASBench201, classes: int) -> None:
    assert (recorded(table, "parameters") - recorded(CIFAR10, "parameters") == 65 * (classes - 10)).all()


def test_flops_differ_by_the_classifier_and_a_quarter_of_the_pixels() -> None:
    without_classifier = recorded(CIFAR10, "flops") - 650
    assert (recorded(CIFAR100, "flops") == without_classifier + 6_500).all()
    assert (4 * (recorded(IMAGENET, "flops") - 7_800) == without_classifier).all()


@each_table
def test_accuracies_are_counts_of_images(table: NASBench201) -> None:
    images = {"cifar10": 25_000, "cifar100": 5_000, "ImageNet16-120": 3_000}[table.dataset]
    counts = table.observations[~np.isnan(table.observations)] * images / 100
    np.testing.assert_allclose(counts, counts.round(), atol=1e-6)
    assert 0 < counts.min() < counts.max() < images


def test_the_splits_are_named_by_what_was_trained_and_evaluated() -> None:
    for table, validation, test in (
        (CIFAR10, "cifar10-valid, x-valid", "cifar10, ori-test"),
        (CIFAR100, "cifar100, x-valid", "cifar100, x-test"),
        (IMAGENET, "ImageNet16-120, x-valid", "ImageNet16-120, x-test"),
    ):
        assert table.manifest.column(table.dataset, "accuracy", "validation", 200).origin.startswith(validation)
        assert table.manifest.column(table.dataset, "accuracy", "test", 200).origin.startswith(test)


@each_table
def test_the_table_states_what_it_is(table: NASBench201) -> None:
    assert table.label == f"nasbench201/{table.dataset}"
    assert (table.epochs, table.resumable, table.judged_on) == ((200,), False, "test")
    assert [(o.name, o.unit, o.maximise) for o in table.objectives] == [("accuracy", "%", True)]
    assert table.checksum == hashlib.sha256((NASBench201.folder / "manifest.toml").read_bytes()).hexdigest()
    assert table.datasets() == list(DATASETS)


def test_an_unknown_data_set_is_named_with_its_near_match() -> None:
    with pytest.raises(UnknownNameError) as refused:
        NASBench201("cifar01")
    assert str(refused.value) == (
        "unknown data set of nasbench201 'cifar01'; did you mean 'cifar10'? known: cifar10, cifar100, ImageNet16-120"
    )


def test_lookup_gives_a_row_for_each_metric_and_split() -> None:
    rows = CIFAR10.lookup(HAND_DESIGNED)
    assert [(row["metric"], row["split"], row["unit"]) for row in rows] == [
        ("accuracy", "validation", "%"),
        ("accuracy", "test", "%"),
        ("training_time", "none", "s"),
        ("latency", "none", "s"),
        ("parameters", "none", "parameters"),
        ("flops", "none", "multiply-accumulates"),
        ("runs", "none", "runs"),
    ]
    assert [set(row) for row in rows] == [{"metric", "split", "epochs", "unit", "value", "runs", "origin"}] * 7


def test_lookup_names_the_runs_that_were_made() -> None:
    validation, test, time, *_, made = CIFAR10.lookup(HAND_DESIGNED)
    assert validation["runs"] == pytest.approx({"777": 90.88, "888": 90.84})
    assert validation["value"] == pytest.approx(90.86)
    assert test["runs"] == {"mean": test["value"]} == {"mean": pytest.approx(93.91)}
    assert time["runs"] == {"all": CIFAR10.costs[11472]}
    assert made["value"] == 2
    three, *_ = CIFAR10.lookup(SPACE.archs[0])
    assert three["runs"] == pytest.approx({"777": 82.092, "888": 81.616, "999": 82.24})


@each_table
def test_lookup_agrees_with_the_oracle_and_the_referee(table: NASBench201) -> None:
    for index in (0, 857, 6111, 9930, 13714):
        rows = {(row["metric"], row["split"]): row["value"] for row in table.lookup(SPACE.archs[index])}
        (mean,), cost = table.oracle("mean")(index, 200, 0)
        assert rows["accuracy", "validation"] == pytest.approx(mean, abs=1e-12)
        assert rows["training_time", "none"] == cost
        assert rows["accuracy", "test"] == table.referee().test(np.array([index]))[0]


@pytest.mark.parametrize("junk", [(9,) * 6, (0,) * 5, [0] * 6, "000000"], ids=repr)
def test_lookup_outside_the_space_is_refused_with_our_error(junk: Any) -> None:
    with pytest.raises(ArchitectureError, match="outside the space 'nasbench201'"):
        CIFAR10.lookup(junk)


ADMITTED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy.core.multiarray", "scalar"): np.float64(0).__reduce__()[0],
    ("numpy", "dtype"): np.dtype,
}
FOREIGN = {
    "cifar10": ("cifar10-valid", "x-valid@199", "cifar10", "ori-test@199"),
    "cifar100": ("cifar100", "x-valid@199", "cifar100", "x-test@199"),
    "ImageNet16-120": ("ImageNet16-120", "x-valid@199", "ImageNet16-120", "x-test@199"),
}


def nats_bench(name: str) -> Any:
    path = SHARED / "data/nats-bench-sample/NATS-tss-v1_0-3ffb9-simple" / f"{name}.pickle.pbz2"
    return pickles.load(bz2.decompress(path.read_bytes()), ADMITTED)


@needs_shared
def test_nats_bench_lists_the_cells_in_our_order() -> None:
    assert nats_bench("meta")["meta_archs"] == [SPACE.format(arch) for arch in SPACE.archs]


@needs_shared
@pytest.mark.parametrize("index", [0, 11, 284])
def test_nats_bench_agrees_on_every_number(index: int) -> None:
    full = nats_bench(f"{index:06d}")["200"]
    results = full["all_results"]
    assert full["arch_str"] == SPACE.format(SPACE.archs[index])
    for table in TABLES:
        searched, validation, tested, test = FOREIGN[table.dataset]
        seeds = sorted(full["dataset_seed"][searched])
        records = [results[searched, seed] for seed in seeds]
        assert [str(seed) for seed in seeds] == table.manifest.runs
        assert [record["eval_acc1es"][validation] for record in records] == pytest.approx(
            table.observations[index], abs=1e-5
        )
        tests = [results[tested, seed]["eval_acc1es"][test] for seed in full["dataset_seed"][tested]]
        assert np.mean(tests) == pytest.approx(table.referee().test(np.array([index]))[0], abs=1e-5)
        for record in records:
            assert sum(record["train_times"].values()) == pytest.approx(table.costs[index])
            assert np.mean(record["latency"]) == pytest.approx(recorded(table, "latency")[index])
            assert record["params"] * 1e6 == pytest.approx(recorded(table, "parameters")[index], abs=0.5)
            assert record["flop"] * 1e6 == pytest.approx(recorded(table, "flops")[index], abs=0.5)


@needs_shared
@pytest.mark.parametrize(
    ("table", "column", "correlation"),
    sampled([(CIFAR10, "cifar10-val", 0.772), (CIFAR100, "cifar100-val", 0.825), (IMAGENET, "imagenet-val", 0.818)], 3),
    ids=DATASETS,
)
def test_12_epoch_validation_ranks_like_200_epoch_test(table: NASBench201, column: str, correlation: float) -> None:
    with (SHARED / "data/nasbench201-12epochs/accuracy_12epochs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["cellstr"] for row in rows] == [SPACE.format(arch) for arch in SPACE.archs]
    found = spearmanr([float(row[column]) for row in rows], table.referee().test(EVERY)).statistic
    assert found == pytest.approx(correlation, abs=5e-4)


@needs_shared
def test_zero_cost_files_have_our_parameters_and_pruned_cells() -> None:
    with gzip.open(SHARED / "data/zero-cost/nb201_zc_proxies.csv.gz", "rt", newline="") as file:
        rows = {SPACE.parse(row["net_str"]): float(row["params"]) for row in csv.DictReader(file)}
    assert rows.keys() == {SPACE.pruned(arch) for arch in SPACE.archs}
    ours = recorded(CIFAR10, "parameters")
    assert [round(1e6 * params) for params in rows.values()] == [ours[SPACE.index(arch)] for arch in rows]


@pytest.mark.parametrize(("classes", "pixels"), [(10, 32), (100, 32), (120, 16)])
def test_the_shipped_sizes_are_those_of_the_formulas(classes: int, pixels: int) -> None:
    table = {10: CIFAR10, 100: CIFAR100, 120: IMAGENET}[classes]
    shape = NetworkShape(classes=classes, pixels=pixels)
    assert recorded(table, "parameters").tolist() == [shape.parameters(arch) for arch in SPACE.archs]
    assert recorded(table, "flops").tolist() == [shape.flops(arch) for arch in SPACE.archs]
