"""The calls of NAS-Bench-101's package over the table: what its documentation and public scripts ask for."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import made_nasbench101 as made
import numpy as np
import pytest

from nasbed.benchmarks.compat import CompatWarning, _refusals, api_101
from nasbed.benchmarks.compat.api_101 import ModelSpec, NASBench, OutOfDomainError
from nasbed.benchmarks.convert import nasbench101 as converter
from nasbed.benchmarks.spaces.nasbench101 import NASBench101Space
from nasbed.errors import NasbedError
from nasbed.progress import silent

INPUT, OUTPUT, CONV1X1, CONV3X3, MAXPOOL = "input", "output", "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3"
SPACE = NASBench101Space(4)
CELL = SPACE.index(SPACE.parse("|conv1x1~0|maxpool3x3~0|output~1+2|"))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    file = made.write(home / "nasbench_full.tfrecord", SPACE, converter.EPOCHS)
    converter.convert([file], home / "nasbench101", silent, vertices=4)
    file.unlink()
    return home


@pytest.fixture
def nasbench(tables: Path, monkeypatch: pytest.MonkeyPatch) -> NASBench:
    monkeypatch.setenv("NASBED_DATA", str(tables))
    return NASBench("/data/nasbench_full.tfrecord", seed=7)


def spec() -> ModelSpec:
    """The cell in another order of its vertices, with one that leads nowhere."""
    matrix = [[0, 1, 1, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]
    return ModelSpec(matrix=matrix, ops=[INPUT, MAXPOOL, CONV3X3, CONV1X1, OUTPUT])


# cells


def test_a_cell_is_pruned_and_keeps_what_was_given() -> None:
    given = np.array([[0, 1, 1, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]])
    cell = ModelSpec(given, [INPUT, MAXPOOL, CONV3X3, CONV1X1, OUTPUT])
    given[0, 4] = 1
    assert cell.valid_spec
    assert cell.ops == [INPUT, MAXPOOL, CONV1X1, OUTPUT]
    assert cell.matrix.tolist() == [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert (cell.original_matrix[0, 4], cell.original_ops[2], cell.data_format) == (0, CONV3X3, "channels_last")
    assert cell.hash_spec([CONV3X3, CONV1X1, MAXPOOL]) == made.written(SPACE, CELL)[0]


def test_a_cell_without_a_path_is_invalid(nasbench: NASBench) -> None:
    cell = ModelSpec([[0, 1, 0], [0, 0, 0], [0, 0, 0]], [INPUT, CONV1X1, OUTPUT])
    assert (cell.valid_spec, cell.matrix, cell.ops) == (False, None, None)
    assert not nasbench.is_valid(cell)
    with pytest.raises(ValueError, match="expected a valid_spec"):
        cell.hash_spec([CONV3X3])


@pytest.mark.parametrize(
    ("matrix", "ops", "message"),
    [
        ([[0, 1]], [INPUT, OUTPUT], r"matrix has the shape \(1, 2\); expected a square"),
        ([[0]], [INPUT], r"matrix has the shape \(1, 1\)"),
        ([[0, 1], [0, 0]], [INPUT], "ops has 1 entries for a matrix of 2 vertices"),
        ([[0, 1], [1, 0]], [INPUT, OUTPUT], "an edge on or below its diagonal; expected an upper-triangular matrix"),
        ([[0, 2], [0, 0]], [INPUT, OUTPUT], "other entries than 0 and 1"),
        ([["0", "1"], ["0", "0"]], [INPUT, OUTPUT], "other entries than 0 and 1"),
    ],
)
def test_other_matrices_are_refused_as_in_the_package(matrix: Any, ops: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        ModelSpec(matrix, ops)
    assert isinstance(refused.value, NasbedError)


# queries


def test_a_query_gives_one_training_and_charges_it(nasbench: NASBench) -> None:
    data = nasbench.query(spec())
    assert list(data) == [
        "module_adjacency", "module_operations", "trainable_parameters",
        "training_time", "train_accuracy", "validation_accuracy", "test_accuracy",
    ]  # fmt: skip
    run = random.Random(7).randint(0, 2)
    train, validation, test = made.accuracies(CELL, 108, run, False)
    assert (data["train_accuracy"], data["validation_accuracy"], data["test_accuracy"]) == (train, validation, test)
    assert data["training_time"] == made.seconds(CELL, 108, run, False)
    assert data["trainable_parameters"] == made.parameters(CELL)
    assert nasbench.get_budget_counters() == (data["training_time"], 108)


def test_the_draws_are_those_of_the_package(nasbench: NASBench) -> None:
    """It seeds Python's stream and draws ``randint(0, 2)`` for each query."""
    expected = random.Random(7)
    for _ in range(20):
        run = expected.randint(0, 2)
        assert nasbench.query(spec(), epochs=12)["training_time"] == made.seconds(CELL, 12, run, False)


def test_half_a_training_costs_half(nasbench: NASBench) -> None:
    data = nasbench.query(spec(), epochs=36, stop_halfway=True)
    runs = [made.seconds(CELL, 36, run, True) for run in range(3)]
    assert data["test_accuracy"] == made.accuracies(CELL, 36, runs.index(data["training_time"]), True)[2]
    assert nasbench.get_budget_counters() == (data["training_time"], 18)
    nasbench.query(spec(), 4)
    assert nasbench.total_epochs_spent == 22
    nasbench.reset_budget_counters()
    assert nasbench.get_budget_counters() == (0.0, 0)


def test_the_cell_is_given_as_the_file_writes_it(nasbench: NASBench) -> None:
    name, adjacency, operations = made.written(SPACE, CELL)
    fixed, computed = nasbench.get_metrics_from_spec(spec())
    assert "".join(map(str, fixed["module_adjacency"].ravel())) == adjacency
    assert fixed["module_adjacency"].dtype == np.int8
    assert ",".join(fixed["module_operations"]) == operations
    assert {epochs: len(trainings) for epochs, trainings in computed.items()} == {4: 3, 12: 3, 36: 3, 108: 3}
    assert computed[108][2]["halfway_validation_accuracy"] == made.accuracies(CELL, 108, 2, True)[1]
    assert computed[4][0]["final_training_time"] == made.seconds(CELL, 4, 0, False)
    assert nasbench.get_budget_counters() == (0.0, 0)
    again = nasbench.get_metrics_from_hash(name)
    assert again[1] == computed
    assert (again[0]["module_adjacency"] == fixed["module_adjacency"]).all()


def test_all_cells_are_gone_through_in_the_order_of_the_file(nasbench: NASBench) -> None:
    order = list(range(len(SPACE)))
    random.Random(0).shuffle(order)
    assert list(nasbench.hash_iterator()) == [made.written(SPACE, index)[0] for index in order]


@pytest.mark.parametrize(
    ("matrix", "ops", "message"),
    [
        (np.eye(8, k=1, dtype=int), None, "8 vertices; expected at most 7"),
        (np.triu(np.ones((5, 5), dtype=int), 1), None, "10 edges; expected at most 9"),
        ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], [INPUT, "conv5x5-bn-relu", OUTPUT], "'conv5x5-bn-relu' is unknown"),
        ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], [CONV1X1, CONV1X1, OUTPUT], "expected input and output"),
        ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], None, "no path leads from the input to the output"),
    ],
)  # fmt: skip
def test_what_is_outside_of_the_space_is_out_of_domain(
    matrix: Any, ops: list[str] | None, message: str, nasbench: NASBench
) -> None:
    cell = ModelSpec(matrix, ops or [INPUT, *[CONV3X3] * (len(matrix) - 2), OUTPUT])
    assert nasbench.is_valid(cell) is False
    for call in (nasbench.query, nasbench.get_metrics_from_spec, nasbench._check_spec):
        with pytest.raises(OutOfDomainError, match=message):
            call(cell)
    assert nasbench.get_budget_counters() == (0.0, 0)


def test_pruning_comes_before_the_limits(nasbench: NASBench) -> None:
    """Eight vertices, of which six lead nowhere."""
    matrix = np.zeros((8, 8), dtype=int)
    matrix[0] = 1
    matrix[0, 0] = 0
    assert nasbench.is_valid(ModelSpec(matrix, [INPUT, *["any"] * 6, OUTPUT]))


def test_epochs_that_were_not_trained_are_out_of_domain(nasbench: NASBench) -> None:
    with pytest.raises(OutOfDomainError, match="epochs = 54; expected one of 4, 12, 36, 108"):
        nasbench.query(spec(), epochs=54)


# what public scripts use beside the documented calls


def test_dictionaries_and_settings_that_scripts_read(nasbench: NASBench) -> None:
    name = nasbench._hash_spec(spec())
    assert nasbench.config == {
        "module_vertices": 7, "max_edges": 9, "num_repeats": 3, "available_ops": [CONV3X3, CONV1X1, MAXPOOL],
    }  # fmt: skip
    assert nasbench.valid_epochs == {4, 12, 36, 108}
    assert name in nasbench.fixed_statistics
    assert len(nasbench.computed_statistics) == len(nasbench.fixed_statistics) == 91
    assert nasbench.fixed_statistics[name]["trainable_parameters"] == made.parameters(CELL)
    best = max(
        nasbench.hash_iterator(),
        key=lambda one: np.mean([run["final_test_accuracy"] for run in nasbench.computed_statistics[one][108]]),
    )
    assert best in nasbench.computed_statistics
    nasbench.training_time_spent += 5.0
    assert nasbench.get_budget_counters() == (5.0, 0)
    for wrong in ("0" * 32, name[:-1], name + "0", "no hash"):
        with pytest.raises(KeyError, match="is no hash of a cell"):
            nasbench.computed_statistics[wrong]
        assert wrong not in nasbench.fixed_statistics


def test_random_search_of_the_public_notebook(nasbench: NASBench) -> None:
    """Random matrices until one is valid, queried until the time is over, the best by validation kept."""
    draws = np.random.default_rng(0)
    nasbench.reset_budget_counters()
    best = (0.0, 0.0)
    while True:
        matrix = np.triu(draws.integers(0, 2, (4, 4)), 1)
        cell = ModelSpec(matrix, [INPUT, *draws.choice([CONV3X3, CONV1X1, MAXPOOL], 2).tolist(), OUTPUT])
        if not nasbench.is_valid(cell):
            continue
        data = nasbench.query(cell)
        best = max(best, (data["validation_accuracy"], data["test_accuracy"]))
        seconds, epochs = nasbench.get_budget_counters()
        if seconds > 20_000:
            break
    assert epochs % 108 == 0
    assert 0.7 < best[0] < 1


# files and tables


def test_a_file_of_108_epochs_opens_the_table_of_all(nasbench: NASBench, tables: Path) -> None:
    part = NASBench("nasbench_only108.tfrecord", seed=0)
    assert part.valid_epochs == {108}
    assert list(part.get_metrics_from_spec(spec())[1]) == [108]
    for given in (None, "nasbench101", tables / "nasbench101"):
        assert NASBench(given).valid_epochs == {4, 12, 36, 108}


def test_other_files_say_what_to_import(nasbench: NASBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        NasbedError, match=r"other\.tfrecord has not been imported: nasbed data import nasbench101 other"
    ):
        NASBench("other.tfrecord")
    with pytest.raises(NasbedError, match=r"dataset_file of type dict"):
        NASBench({})
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    with pytest.raises(NasbedError, match=r"nasbed data import nasbench101 /a/nasbench_full\.tfrecord, once"):
        NASBench("/a/nasbench_full.tfrecord")


def test_draws_without_a_seed_are_warned_of_once(nasbench: NASBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_refusals, "_said", set())
    with pytest.warns(CompatWarning, match=r"need NASBench\(file, seed=...\) \(docs/compat.md, 'draws'\)"):
        NASBench(None).query(spec())
    assert NASBench(None).query(spec())["training_time"] == NASBench(None, seed=0).query(spec())["training_time"]


def test_what_is_left_out_says_why(nasbench: NASBench) -> None:
    with pytest.raises(AttributeError, match=r"NASBench\.evaluate is not offered: it trains a network with TensorFlow"):
        nasbench.evaluate(spec(), "folder")
    with pytest.raises(AttributeError, match=r"ModelSpec\.visualize is not offered"):
        spec().visualize()
    assert set(api_101.__all__) == {"ModelSpec", "NASBench", "OutOfDomainError"}


def test_the_cell_of_the_documentation_is_found_in_the_files_writing_of_it() -> None:
    """The Inception-like cell of the package's README, and what its query gives as the recorded matrix and operations."""
    asked = np.zeros((7, 7), dtype=int)
    asked[0, [1, 2, 3, 5]] = asked[[1, 2, 4, 5], 6] = asked[3, 4] = 1
    given = np.zeros((7, 7), dtype=int)
    given[0, [1, 2, 3, 4]] = given[[1, 2, 3, 5], 6] = given[4, 5] = 1
    known = [CONV3X3, CONV1X1, MAXPOOL]
    one = ModelSpec(asked, [INPUT, CONV1X1, CONV3X3, CONV3X3, CONV3X3, MAXPOOL, OUTPUT])
    other = ModelSpec(given, [INPUT, CONV3X3, CONV1X1, MAXPOOL, CONV3X3, CONV3X3, OUTPUT])
    assert one.hash_spec(known) == other.hash_spec(known)
    assert one.hash_spec(known) != ModelSpec(given, one.ops).hash_spec(known)
