"""The shipped table: published facts, what the oracle may see, damage, and agreement with other people's files."""

from __future__ import annotations

import bz2
import csv
import gzip
import hashlib
import io
import itertools
import shutil
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from places import SHARED, needs_shared
from scipy.stats import chisquare, spearmanr

from nasbed.benchmarks.convert import _folder as folder
from nasbed.benchmarks.convert import _pickles as pickles
from nasbed.benchmarks.nasbench201 import NASBench201
from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.tables.manifest import MISSING, Column, Manifest
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import ArchitectureError, DataError, OptionError, UnknownNameError
from nasbed.results.judge import floor
from nasbed.streams import words
from nasbed.vocabulary import Referee

DATASETS = ("cifar10", "cifar100", "ImageNet16-120")
CIFAR10, CIFAR100, IMAGENET = TABLES = tuple(NASBench201(dataset) for dataset in DATASETS)
SPACE = CIFAR10.space
EVERY = np.arange(15_625)
HAND_DESIGNED = (3, 0, 3, 1, 0, 1)

each_table = pytest.mark.parametrize("table", TABLES, ids=DATASETS)


def number_of(operation: int) -> np.ndarray:
    return np.array([arch.count(operation) for arch in SPACE.archs])


def recorded(table: Table, metric: str) -> np.ndarray:
    return table.manifest.read(table.manifest.column(table.dataset, metric))


# published facts


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
    [(CIFAR10, 17, 0.192, 6111), (CIFAR100, 24, 0.751, 9930), (IMAGENET, 36, 0.193, 857)],
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
    assert (table.epochs, table.resumable, table.report) == ((200,), False, "test")
    assert [(o.name, o.unit, o.maximise) for o in table.objectives] == [("accuracy", "%", True)]
    assert table.checksum == hashlib.sha256((NASBench201.folder / "manifest.toml").read_bytes()).hexdigest()
    assert table.datasets() == list(DATASETS)


def test_an_unknown_data_set_is_named_with_its_near_match() -> None:
    with pytest.raises(UnknownNameError) as refused:
        NASBench201("cifar01")
    assert str(refused.value) == (
        "unknown data set of nasbench201 'cifar01'; did you mean 'cifar10'? known: cifar10, cifar100, ImageNet16-120"
    )


# the oracle


@each_table
def test_a_draw_is_a_recorded_run_at_its_cost(table: NASBench201) -> None:
    oracle, word = table.oracle("draw"), words(0, table.label)
    for visit in range(4):
        answers = [oracle(index, 200, word(index, 200, visit)) for index in range(15_625)]
        values = np.array([values for values, _ in answers])
        assert values.shape == (15_625, 1)
        assert (values == table.observations).any(axis=1).all()
        assert [cost for _, cost in answers] == table.costs.tolist()


def distinct_runs(table: Table, runs: int) -> list[int]:
    made = [observed[~np.isnan(observed)] for observed in table.observations]
    return [index for index, values in enumerate(made) if len(values) == len(set(values)) == runs]


@each_table
@pytest.mark.parametrize("runs", [2, 3])
def test_each_recorded_run_is_drawn_alike(table: NASBench201, runs: int) -> None:
    oracle, generators = table.oracle("draw"), [words(seed, table.label) for seed in range(10)]
    places: Counter[int] = Counter()
    for index in distinct_runs(table, runs)[:500]:
        order = table.observations[index].tolist()
        for word in generators:
            for visit in range(3):
                (value,), _ = oracle(index, 200, word(index, 200, visit))
                places[order.index(value)] += 1
    assert places.keys() == set(range(runs))
    assert chisquare([places[run] for run in range(runs)]).pvalue > 1e-4


@each_table
@pytest.mark.parametrize("noise", ["mean", "run:0", "run:1"])
def test_fixed_noise_gives_one_answer_whatever_the_word(table: NASBench201, noise: str) -> None:
    observed = table.observations
    answers = {"mean": np.nanmean(observed, axis=1), "run:0": observed[:, 0], "run:1": observed[:, 1]}[noise]
    oracle = table.oracle(noise)
    for word in (0, 1, 2**64 - 1):
        given = [oracle(index, 200, word) for index in range(15_625)]
        assert [values for values, _ in given] == [(answer,) for answer in answers.tolist()]
        assert [cost for _, cost in given] == table.costs.tolist()


@each_table
def test_run_2_is_refused_with_the_number_of_cells_that_lack_it(table: NASBench201) -> None:
    with pytest.raises(DataError) as refused:
        table.oracle("run:2")
    assert str(refused.value) == (
        f"{table.label}: run 2 (seed 999) was not made for 7,456 architectures;"
        " use a run that all have, or noise = 'draw'"
    )


@pytest.mark.parametrize("run", [3, 7, 10**6])
def test_a_run_that_no_cell_has_is_refused(run: int) -> None:
    with pytest.raises(DataError) as refused:
        CIFAR10.oracle(f"run:{run}")
    assert (
        str(refused.value) == f"nasbench201/cifar10 has no run {run} of 200 epochs; it has 0 .. 2 (seeds 777, 888, 999)"
    )


@pytest.mark.parametrize("noise", ["", "drawn", "run", "run:-1", "run:x", "seed:777"])
def test_unknown_noise_is_refused(noise: str) -> None:
    with pytest.raises(OptionError) as refused:
        CIFAR10.oracle(noise)
    assert str(refused.value) == f"noise = {noise!r}; expected 'draw', 'mean' or 'run:K' with K = 0, 1, ..."
    with pytest.raises(OptionError):
        CIFAR10.referee().winner(noise)


def test_the_same_query_with_the_same_word_has_the_same_answer_whatever_else_was_asked() -> None:
    fresh, used = NASBench201("cifar100").oracle("draw"), NASBench201("cifar100").oracle("draw")
    word = words(3, "nasbench201/cifar100")
    for index in range(500):
        used(index, 200, word(index, 200, 5))
    queries = [(index, word(index, 200, visit)) for index in range(0, 15_625, 99) for visit in range(2)]
    answers = [fresh(index, 200, w) for index, w in queries]
    assert [used(index, 200, w) for index, w in reversed(queries)] == answers[::-1]


# what the oracle may see


@pytest.fixture
def copied(tmp_path: Path) -> type[NASBench201]:
    """The benchmark on a copy of its folder, to damage."""
    where = tmp_path / "nasbench201"
    shutil.copytree(NASBench201.folder, where)

    class Copied(NASBench201):
        folder = where

    return Copied


def test_a_copy_answers_like_the_original(copied: type[NASBench201]) -> None:
    assert copied("cifar10").oracle("draw")(6111, 200, 4) == CIFAR10.oracle("draw")(6111, 200, 4)


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("noise", ["draw", "mean", "run:0"])
def test_the_search_side_never_opens_a_test_column(copied: type[NASBench201], dataset: str, noise: str) -> None:
    for path in copied.folder.rglob("test_*.npy"):
        path.unlink()
    table = copied(dataset)
    assert table.oracle(noise)(857, 200, 1)[1] > 0
    assert (table.cheapest(), table.typical()) > (0, 0)
    with pytest.raises(DataError, match=f"{dataset}/test_accuracy.npy"):
        table.referee()
    with pytest.raises(DataError, match=f"{dataset}/test_accuracy.npy"):
        table.lookup(HAND_DESIGNED)


def test_the_search_side_reads_two_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    read = Manifest.read

    def recording(self: Manifest, column: Column) -> np.ndarray:
        opened.append(column.file)
        return read(self, column)

    monkeypatch.setattr(Manifest, "read", recording)
    table = NASBench201("cifar100")
    table.oracle("draw")
    table.oracle("mean")
    assert sorted(opened) == ["cifar100/training_time.npy", "cifar100/validation_accuracy.npy"]


@pytest.mark.parametrize(
    ("metric", "split", "epochs", "named"),
    [
        ("accuracy", "train", 200, "accuracy (train, 200 epochs)"),
        ("accuracy", "none", 0, "accuracy"),
        ("accuracy", "validation", 12, "accuracy (validation, 12 epochs)"),
        ("loss", "validation", 200, "loss (validation, 200 epochs)"),
        ("latency", "test", 0, "latency (test)"),
    ],
)
def test_a_split_that_is_absent_is_never_replaced_by_one_that_is_there(
    metric: str, split: str, epochs: int, named: str
) -> None:
    with pytest.raises(DataError) as refused:
        CIFAR10.manifest.column("cifar10", metric, split, epochs)
    assert str(refused.value) == (
        f"nasbench201 has no {named} for cifar10; it has accuracy (validation, 200 epochs), accuracy (test, 200 epochs),"
        " training_time (200 epochs), latency, parameters, flops, runs"
    )


def test_validation_is_not_answered_from_the_test_column_where_it_is_absent(copied: type[NASBench201]) -> None:
    manifest = Manifest.load(copied.folder)
    kept = [column for column in manifest.columns if (column.dataset, column.split) != ("cifar10", "validation")]
    save(replace(manifest, columns=kept))
    with pytest.raises(
        DataError, match=r"no accuracy \(validation, 200 epochs\) for cifar10; it has accuracy \(test, 200"
    ):
        copied("cifar10")
    assert copied("cifar100").oracle("draw")(0, 200, 0) == CIFAR100.oracle("draw")(0, 200, 0)


# damage


def save(manifest: Manifest) -> None:
    (manifest.folder / "manifest.toml").write_text(manifest.dump(), encoding="utf-8")


def rewrite(table: type[Table], file: str, values: np.ndarray) -> None:
    """Replace a column and its checksum, so that only what it holds is wrong."""
    buffer = io.BytesIO()
    np.save(buffer, values)
    (table.folder / file).write_bytes(buffer.getvalue())
    manifest, sha256 = Manifest.load(table.folder), hashlib.sha256(buffer.getvalue()).hexdigest()
    columns = [replace(column, sha256=sha256) if column.file == file else column for column in manifest.columns]
    save(replace(manifest, columns=columns))


VALIDATION, TEST, TIME = "cifar10/validation_accuracy.npy", "cifar10/test_accuracy.npy", "cifar10/training_time.npy"


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "flipped bit": flip,
    "flipped magic": lambda path: path.write_bytes(b"\x00" + path.read_bytes()[1:]),
    "broken header": lambda path: path.write_bytes(path.read_bytes().replace(b"{", b"(", 1)),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "header only": lambda path: path.write_bytes(path.read_bytes()[:128]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\x00"),
    "empty": lambda path: path.write_bytes(b""),
    "missing": lambda path: path.unlink(),
    "a folder": lambda path: path.rename(path.with_suffix(".old")).with_suffix(".npy").mkdir(),
    "a pickle": lambda path: path.write_bytes(b"\x80\x04N."),
    "another column": lambda path: path.write_bytes((path.parent / "latency.npy").read_bytes()),
}


@pytest.mark.parametrize("file", [VALIDATION, TEST, TIME])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_column_is_refused_by_name(copied: type[NASBench201], damage: str, file: str) -> None:
    DAMAGE[damage](copied.folder / file)
    table = copied("cifar10")
    with pytest.raises(DataError, match=file) as refused:
        table.referee() if file == TEST else table.oracle("draw")
    assert "name the folder of a whole table, or make it again" in str(refused.value)


def test_any_flipped_bit_of_a_column_is_refused_with_our_error(tmp_path: Path) -> None:
    manifest = tiny(tmp_path / "tiny", np.ones((2, 2))).manifest
    (column, *_) = manifest.columns
    path = manifest.folder / column.file
    good = path.read_bytes()
    refused = 0
    for bit in range(8 * len(good)):
        content = bytearray(good)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(content))
        with pytest.raises(DataError, match=column.file):
            manifest.read(column)
        refused += 1
    assert refused == 8 * len(good)


@pytest.mark.parametrize(
    ("file", "shape"),
    [
        (VALIDATION, (15_624, 3)),
        (VALIDATION, (15_625,)),
        (VALIDATION, (3, 15_625)),
        (VALIDATION, (15_625, 2)),
        (VALIDATION, (15_625, 4)),
        (VALIDATION, (15_625, 3, 1)),
        (TIME, (15_625, 1)),
        (TIME, (0,)),
        (TIME, ()),
    ],
)
def test_a_column_of_another_shape_is_refused_by_name(
    copied: type[NASBench201], file: str, shape: tuple[int, ...]
) -> None:
    rewrite(copied, file, np.ones(shape, dtype=np.uint16))
    with pytest.raises(DataError, match=rf"{file} .*shape"):
        copied("cifar10").oracle("draw")


@pytest.mark.parametrize("cost", [0.0, -1.0, np.nan, np.inf])
def test_a_cost_that_is_not_positive_is_refused(copied: type[NASBench201], cost: float) -> None:
    costs = np.array(CIFAR10.costs)
    costs[123] = cost
    rewrite(copied, TIME, costs)
    table = copied("cifar10")
    for ask in (table.oracle, table.typical, table.cheapest):
        with pytest.raises(DataError, match="nasbench201/cifar10: costs must be finite and positive"):
            ask()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("[[columns]]", "[[columns", 1),
        lambda text: text.replace('licence = "', 'license = "', 1),
        lambda text: text.replace('report = "test"\n', "", 1),
        lambda text: text.replace('unit = "%"\n', "", 1),
        lambda text: text.replace('unit = "%"\n', 'unit = "%"\nextra = 1\n', 1),
        lambda text: text[: text.index("[[columns]]")],
        lambda text: text[: text.index("[[columns]]")].replace("format = 1", "format = 1\ncolumns = 3"),
        lambda text: text + "\x00",
    ],
    ids=["syntax", "unknown key", "missing key", "column lacks key", "column key", "no columns", "columns 3", "null"],
)
def test_a_malformed_manifest_is_refused_by_name(copied: type[NASBench201], change: Callable[[str], str]) -> None:
    path = copied.folder / "manifest.toml"
    text = path.read_text(encoding="utf-8")
    assert change(text) != text
    path.write_text(change(text), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        copied("cifar10")
    assert str(refused.value).startswith(f"{path} is damaged: ")
    assert str(refused.value).endswith("; name the folder of a whole table, or make it again")


def test_a_manifest_that_is_not_text_is_refused_by_name(copied: type[NASBench201]) -> None:
    path = copied.folder / "manifest.toml"
    path.write_bytes(b"\xff" + path.read_bytes())
    with pytest.raises(DataError) as refused:
        copied.datasets()
    assert str(refused.value).startswith(f"{path} is damaged: ")


@pytest.mark.parametrize(("line", "found"), [("format = 2", "2"), ('format = "1"', "'1'"), ("", "None")])
def test_another_format_is_refused_by_name(copied: type[NASBench201], line: str, found: str) -> None:
    path = copied.folder / "manifest.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("format = 1", line, 1), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        copied("cifar10")
    assert str(refused.value) == (
        f"{path} has format {found}; this nasbed reads 1; name the folder of a whole table, or make it again"
    )


def test_a_folder_without_a_manifest_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        Manifest.load(tmp_path / "absent")
    assert str(refused.value) == (
        f"no table in {tmp_path / 'absent'}: manifest.toml is missing; name the folder of a whole table, or make it again"
    )


def test_a_file_where_the_folder_should_be_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=str(tmp_path / "file")):
        Manifest.load(tmp_path / "file")


def test_a_folder_where_the_manifest_should_be_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").mkdir()
    with pytest.raises(DataError, match=str(tmp_path)):
        Manifest.load(tmp_path)


# a table small enough to enumerate


def tiny(where: Path, validation: np.ndarray, test: np.ndarray | None = None, direction: Any = "maximise") -> Table:
    """A table of a few architectures, its validation in percent of 1,000 images (``nan``: not made)."""
    count, runs = validation.shape
    stored = np.where(np.isnan(validation), MISSING, np.nan_to_num(validation) * 10).astype(np.uint16)

    def column(file: str, metric: str, split: Any, axes: list[str], images: int = 0) -> Column:
        return Column(file, metric, split, "toy", "%", direction, axes, "made up", 1, images=images)

    manifest = Manifest(
        folder=where,
        name="tiny",
        title="Tiny",
        space="none",
        architectures=count,
        epochs=[1],
        resumable=False,
        runs=[f"s{run}" for run in range(runs)],
        report="test",
        cost_model="one second each",
        licence="none",
        sources=[],
        datasets=["toy"],
    )
    columns = [
        (column("validation.npy", "accuracy", "validation", ["architecture", "run"], 1000), stored),
        (column("test.npy", "accuracy", "test", ["architecture"]), np.arange(count) ** 2.0 if test is None else test),
        (column("time.npy", "training_time", "none", ["architecture"]), np.ones(count)),
    ]
    folder.write(manifest, columns)

    class Tiny(Table):
        folder = where

        def representatives(self) -> np.ndarray:
            return np.arange(count)

    return Tiny("toy")


NAN = np.nan
WHERE_MISSING = [[1.0, 2.0, NAN], [3.0, NAN, 4.0], [NAN, 5.0, 6.0], [NAN, NAN, 7.0], [NAN, 8.0, NAN], [9.0, NAN, NAN]]


def test_a_draw_is_a_recorded_run_wherever_one_is_missing(tmp_path: Path) -> None:
    table = tiny(tmp_path / "tiny", np.array(WHERE_MISSING))
    oracle, word = table.oracle("draw"), words(0, table.label)
    for index, runs in enumerate(WHERE_MISSING):
        drawn = Counter(oracle(index, 1, word(index, 1, visit))[0][0] for visit in range(600))
        made = [run for run in runs if run == run]
        assert sorted(drawn) == made
        assert chisquare(list(drawn.values())).pvalue > 1e-4 or len(made) == 1


@pytest.mark.parametrize("noise", ["draw", "mean"])
def test_a_cell_without_any_run_is_refused_not_answered(noise: str, tmp_path: Path) -> None:
    table = tiny(tmp_path / "tiny", np.array([[1.0, 2.0], [NAN, NAN], [3.0, NAN]]))
    with pytest.raises(DataError):
        table.oracle(noise)


def floor_of(referee: Referee, noise: str) -> tuple[float, float]:
    return floor(referee, referee, noise)


def enumerated_floor(observed: np.ndarray, test: np.ndarray) -> tuple[float, float]:
    made = [[value for value in row if value == value] for row in observed.tolist()]
    validation = np.array([np.mean(row) for row in made])
    winners = [int(np.argmax(draw)) for draw in itertools.product(*made)]
    return validation.max() - validation[winners].mean(), test.max() - test[winners].mean()


@pytest.mark.parametrize(
    "observed",
    [
        WHERE_MISSING,
        [[50.0, 80.0, 20.0], [60.0, 70.0, NAN], [10.0, 90.0, 55.0], [65.0, 30.0, NAN]],
        [[50.0, 80.0, 50.0], [60.0, 70.0, NAN], [10.0, 10.0, 95.0], [65.0, 65.0, NAN]],
        [[50.0, 51.0, NAN], [99.0, 98.0, 97.0], [1.0, 2.0, 3.0]],
        [[5.0, NAN, NAN]],
    ],
)
def test_the_floor_under_draw_is_exact(observed: list[list[float]], tmp_path: Path) -> None:
    values = np.array(observed)
    test = np.array([70.0, 40.0, 90.0, 20.0, 10.0, 60.0])[: len(values)]
    floor = floor_of(tiny(tmp_path / "tiny", values, test).referee(), "draw")
    assert floor == pytest.approx(enumerated_floor(values, test), abs=1e-12)


def test_what_is_minimised_has_its_sign_turned(tmp_path: Path) -> None:
    table = tiny(tmp_path / "tiny", np.array([[3.0, 1.0], [2.0, 2.5]]), np.array([7.0, 5.0]), "minimise")
    assert table.observations.tolist() == [[-3.0, -1.0], [-2.0, -2.5]]
    assert table.objectives[0].maximise is False
    assert table.referee().best() == (-2.0, -5.0)
    assert table.costs.tolist() == [1.0, 1.0]


# the referee


@each_table
def test_the_referee_scores_by_means_over_runs(table: NASBench201) -> None:
    referee = table.referee()
    assert (referee.validation(EVERY) == np.nanmean(table.observations, axis=1)).all()
    assert np.isfinite(referee.test(EVERY)).all()
    shaped = np.array([[6111, 0, 6111], [857, 9930, 3]])
    assert referee.validation(shaped).shape == referee.test(shaped).shape == referee.distinct(shaped).shape == (2, 3)
    assert referee.test(shaped)[1, 0] == referee.test(EVERY)[857]


def test_the_referee_tells_isomorphic_cells() -> None:
    distinct = CIFAR10.referee().distinct(EVERY)
    assert len(np.unique(distinct)) == 6_466
    assert [SPACE.index(SPACE.canonical(SPACE.archs[index])) for index in range(0, 15_625, 25)] == distinct[
        ::25
    ].tolist()


@each_table
def test_the_floor_under_fixed_noise_is_the_regret_of_the_best_answer(table: NASBench201) -> None:
    referee = table.referee()
    validation, test = referee.validation(EVERY), referee.test(EVERY)
    for noise, answers in (
        ("mean", validation),
        ("run:0", table.observations[:, 0]),
        ("run:1", table.observations[:, 1]),
    ):
        winner = int(np.argmax(answers))
        assert floor_of(referee, noise) == (validation.max() - validation[winner], test.max() - test[winner])


def test_the_best_mean_validation_on_imagenet_has_a_test_regret_of_1_11() -> None:
    assert floor_of(IMAGENET.referee(), "mean") == pytest.approx((0, 1.111), abs=5e-4)


def test_a_floor_under_a_run_that_is_not_everywhere_is_refused() -> None:
    with pytest.raises(DataError, match="not made for 7,456 architectures"):
        CIFAR10.referee().winner("run:2")


@each_table
def test_the_floor_under_draw_agrees_with_simulation(table: NASBench201) -> None:
    observed = table.observations
    sure = np.nanmin(observed, axis=1).max()
    contenders = np.flatnonzero(np.nanmax(observed, axis=1) >= sure)  # nobody else can win
    made = (~np.isnan(observed[contenders])).sum(axis=1)
    runs = np.random.default_rng(0).integers(made, size=(20_000, len(contenders)))
    winners = contenders[observed[contenders, runs].argmax(axis=1)]
    referee = table.referee()
    best = referee.best()
    for expected, scores, optimum in zip(
        floor_of(referee, "draw"), (referee.validation(winners), referee.test(winners)), best, strict=True
    ):
        regret = optimum - scores
        assert regret.std() > 0.01
        assert expected == pytest.approx(regret.mean(), abs=4 * regret.std() / np.sqrt(20_000))


# lookup


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


# other people's files

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
    [(CIFAR10, "cifar10-val", 0.772), (CIFAR100, "cifar100-val", 0.825), (IMAGENET, "imagenet-val", 0.818)],
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
