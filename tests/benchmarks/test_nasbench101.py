"""NAS-Bench-101: files made up in the official layout become the table, which a search sees as it was recorded."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import made_nasbench101 as made
import numpy as np
import pytest
from conforming import broken, here_and_elsewhere
from daily import sampled
from places import TESTS

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.convert import nasbench101 as converter
from nasbed.benchmarks.nasbench101 import NASBench101
from nasbed.benchmarks.spaces.nasbench101 import NASBench101Space
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.check import check_benchmark
from nasbed.errors import DataError, NasbedError, OptionError, UnknownNameError
from nasbed.landscape.survey import load, survey
from nasbed.progress import silent

SPACE = NASBench101Space(4)
EVERY = np.arange(len(SPACE))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data home with the table of all 91 cells of at most four vertices, after all four numbers of epochs."""
    folder = tmp_path_factory.mktemp("nasbench101")
    file = made.write(folder / "nasbench_full.tfrecord", SPACE, converter.EPOCHS)
    converter.convert([file], folder / "home" / "nasbench101", silent, vertices=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(folder / "home"))
        yield folder / "home"


@pytest.fixture
def table(home: Path, monkeypatch: pytest.MonkeyPatch) -> NASBench101:
    monkeypatch.setenv("NASBED_DATA", str(home))
    return NASBench101()


def recorded(epochs: int, half: bool = False) -> np.ndarray:
    """The made-up accuracies in percent, (cells, runs, splits)."""
    values = [[made.accuracies(index, epochs, run, half) for run in range(3)] for index in EVERY.tolist()]
    return 100 * np.array(values)


def test_the_table_states_what_it_is(table: NASBench101) -> None:
    assert (table.label, table.epochs, table.runs, table.resumable) == ("nasbench101/cifar10", (108,), 3, False)
    assert table.judged_on == "test"
    assert table.cost_model == "recorded seconds of training on a TPU, without evaluations"
    manifest = table.manifest
    assert (manifest.epochs, manifest.architectures, manifest.licence) == ([4, 12, 36, 108], 91, "Apache-2.0")
    assert manifest.title == "NAS-Bench-101 (nasbench_full.tfrecord, not a published file)"
    assert manifest.sources[1].endswith("not a published one")
    column = manifest.column("cifar10", "accuracy", "test", 36)
    assert (column.at, column.images, column.axes) == ([18, 36], 9_984, ["architecture", "run", "epoch"])
    assert column.origin == (
        "cifar10: trained for 36 epochs on 40,000 of the training images, evaluated on 9,984 of the 10,000 test images"
    )
    manifest.verify()


def test_what_is_imported_is_what_the_file_holds(table: NASBench101) -> None:
    for epochs in converter.EPOCHS:
        for half in (True, False):
            for split, expected in zip(
                ("train", "validation", "test"), np.moveaxis(recorded(epochs, half), 2, 0), strict=True
            ):
                column = table.manifest.column("cifar10", "accuracy", split, epochs)
                found = table.manifest.read(column, epochs // 2 if half else epochs)
                np.testing.assert_allclose(found, expected, atol=1e-5)
            seconds = [[made.seconds(index, epochs, run, half) for run in range(3)] for index in EVERY.tolist()]
            column = table.manifest.column("cifar10", "training_time", "none", epochs)
            assert (table.manifest.read(column, epochs // 2 if half else epochs) == seconds).all()
    total = table.manifest.read(table.manifest.column("cifar10", "total_time", "none", 108))
    assert total[5, 2] == 2.5 * made.seconds(5, 108, 2, False)
    assert (table.values("parameters") == [made.parameters(index) for index in EVERY.tolist()]).all()


def test_a_search_sees_one_training_with_its_own_cost(table: NASBench101) -> None:
    oracle, values = table.oracle(), recorded(108)[7, :, 1]
    for word in range(3):
        (value,), cost = oracle(7, 108, word)
        assert (value, cost) == (pytest.approx(values[word]), made.seconds(7, 108, word, False))
    referee = table.referee()
    assert referee.validation(EVERY) == pytest.approx(recorded(108)[:, :, 1].mean(axis=1))
    assert referee.test(EVERY) == pytest.approx(recorded(108)[:, :, 2].mean(axis=1))


def test_trainings_of_other_lengths_are_separate(table: NASBench101) -> None:
    several = NASBench101(epochs=[4, 108])
    assert (several.epochs, several.resumable) == ((4, 108), False)
    (low,), cost = several.oracle()(3, 4, 0)
    assert (low, cost) == (pytest.approx(recorded(4)[3, 0, 1]), made.seconds(3, 4, 0, False))
    with pytest.raises(UnknownNameError, match="unknown number of epochs of nasbench101 54"):
        NASBench101(epochs=[54, 108])


def test_half_of_a_training_is_a_fidelity_of_its_schedule(table: NASBench101) -> None:
    halves = NASBench101(schedule=108, epochs=[54, 108])
    assert (halves.resumable, NASBench101(schedule=36).epochs) == (True, (36,))
    (low,), cost = halves.oracle()(3, 54, 1)
    assert (low, cost) == (pytest.approx(recorded(108, True)[3, 1, 1]), made.seconds(3, 108, 1, True))
    with pytest.raises(DataError, match="was not recorded after 27 epochs; 54, 108 are there"):
        NASBench101(schedule=108, epochs=[27]).oracle()(3, 27, 0)


def test_smaller_cells_are_a_part_of_the_space(table: NASBench101) -> None:
    part = NASBench101(vertices=3)
    assert (len(part.space), part.is_subspace, part.label) == (7, True, "nasbench101/cifar10, at most 3 vertices")
    assert part.referee().best() == table.referee().best()
    assert [row["value"] for row in part.lookup(part.space.archs[5])] == [
        row["value"] for row in table.lookup(table.space.archs[5])
    ]
    site = survey(load("nasbench101", vertices=3)).sites[0]
    assert len(site.values["test"]) == 7
    for wrong in (1, 5, "3"):
        with pytest.raises(OptionError, match=r"vertices = .*; expected a whole number in 2 \.\. 4"):
            NASBench101(vertices=wrong)  # type: ignore[arg-type]


def test_strategies_that_draw_decision_by_decision_stay_inside(table: NASBench101) -> None:
    for name in ("reinforce", "tpe", "genetic_algorithm"):
        result = nasbed.search(name, table, budget={"evaluations": 30}, seed=0)
        assert len(result.outcomes) == 30
        assert all(outcome.arch in table.space for outcome in result.outcomes)


def test_large_spaces_are_no_pool(table: NASBench101, monkeypatch: pytest.MonkeyPatch) -> None:
    from nasbed.strategies.models import pool

    listed = pool.CandidatePool(table.space)
    monkeypatch.setattr(pool, "LISTED", 50)
    sampled = pool.CandidatePool(table.space, "adjacency")
    assert (len(listed.archs), len(sampled.archs)) == (91, 0)
    assert (pool.encoded(table.space, table.space.archs[:2], "path") == listed.vectors[:2]).all()


def test_one_cell_is_told_without_the_names_of_the_file(table: NASBench101) -> None:
    rows = table.lookup(table.space.parse("|conv1x1~0|output~0+1|"))
    assert {row["metric"] for row in rows} == {"accuracy", "training_time", "total_time", "parameters"}
    assert len(rows) == 4 * 5 + 1


def test_decisions_have_names(table: NASBench101) -> None:
    decisions = table.decisions()
    assert [len(choices) for choices in decisions.values()] == list(table.space.choices)
    assert list(decisions)[:2] == ["edge 0-1", "edge 0-2"]
    assert decisions["vertex 2"][2] == "maxpool3x3"


@here_and_elsewhere
def test_it_conforms(table: NASBench101, elsewhere: bool) -> None:
    assert broken("nasbench101", elsewhere, epochs=[4, 108]) == []


def test_without_the_table_the_remedy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    with pytest.raises(NasbedError, match=r"get it with nasbed data import nasbench101 PATH"):
        nasbed.load_benchmark("nasbench101")
    with pytest.raises(
        DataError, match=r"nasbench101 is not downloaded: get its official files, then nasbed data import"
    ):
        convert.fetch_table("nasbench101", None, silent)


def test_a_table_of_other_cells_is_refused(table: NASBench101, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = replace(table.manifest, architectures=90)
    monkeypatch.setattr(NASBench101, "own", classmethod(lambda cls: manifest))
    with pytest.raises(DataError, match="has 90 architectures; expected the cells of at most 7 vertices, 423,624"):
        NASBench101()


@pytest.mark.thorough
def test_the_landscape_of_smaller_cells_is_asked_for_by_an_option(table: NASBench101, tmp_path: Path) -> None:
    from nasbed.commands.looking import landscape

    landscape("nasbench101", option=["vertices=3"], out=tmp_path / "landscape")
    assert "7 architectures" in (tmp_path / "landscape" / "landscape.md").read_text()


# files that are refused

CELL = made.written(SPACE, 20)
GOOD = json.loads(made.record(CELL, 20, 108, 0))
Change = Callable[[list[Any]], Any]


def metrics(**changes: Any) -> str:
    """Metrics in which one number is another."""
    evaluations = [[0.0, 1.5, 0.1, 0.1, 0.1], [54.0, 500.0, 0.8, 0.8, 0.8], [108.0, 1000.0, 0.9, 0.9, 0.9]]
    for name, value in changes.items():
        if name != "parameters":
            evaluations[2][("epoch", "seconds", "train", "validation", "test").index(name)] = value
    return base64.b64encode(made.message(evaluations, changes.get("parameters", 5), 1.0)).decode()


def put(place: int, value: Any) -> Change:
    return lambda record: [*record[:place], value, *record[place + 1 :]]


@pytest.mark.parametrize(
    ("change", "message"),
    sampled(
        [
            (lambda _: b"\xff\xfe", "record 2: it is no JSON"),
            (lambda _: b"[" * 100_000, "record 2: it is no JSON"),
            (lambda record: record[:4], "expected the list [hash, epochs, adjacency, operations, metrics]"),
            (put(1, 108.0), "expected the list [hash, epochs, adjacency, operations, metrics]"),
            (put(1, 200), "record 2: it was trained for 200 epochs; expected one of 4, 12, 36, 108"),
            (put(0, "0" * 32), f"record 2: its hash is '{'0' * 32}'; that of its cell is {CELL[0]}"),
            (
                put(2, "0101"),
                "its adjacency is '0101' for 4 operations; expected the rows of an upper-triangular matrix",
            ),
            (
                put(2, "0100001000010001"),
                "expected the rows of an upper-triangular matrix of 0 and 1, of at most 4 vertices",
            ),
            (put(2, "0120001000010000"), "expected the rows of an upper-triangular matrix"),
            (put(2, "0100000000000000"), "a vertex is on no path from input to output"),
            (
                put(3, "input,conv3x3-bn-relu,conv5x5,output"),
                "expected input, then any of conv3x3-bn-relu, conv1x1-bn-relu",
            ),
            (put(3, "a,conv3x3-bn-relu,maxpool3x3,output"), "its operations are 'a,conv3x3-bn-relu,maxpool3x3,output'"),
            (put(4, "A"), "record 2: Invalid base64-encoded string"),
            (put(4, "é"), "record 2: string argument should contain only ASCII characters"),
            (put(3, "input,\ud800,output"), "record 2: "),
            (
                put(4, base64.b64encode(b"\x0a\x7f").decode()),
                "one of the records 1 .. 2: its metrics are no protocol buffer",
            ),
            (put(4, metrics(seconds=-1.0)), "record 2 has current_epoch 108, training_time -1, train_accuracy 0.9"),
            (put(4, metrics(seconds=400.0)), "expected seconds above 0 that grow, accuracies in 0 .. 1"),
            (put(4, metrics(test=1.5)), "test_accuracy 1.5, 5 parameters; expected seconds above 0"),
            (put(4, metrics(validation=float("nan"))), "validation_accuracy nan"),
            (put(4, metrics(parameters=0)), "0 parameters; expected"),
            (lambda record: record, "has 2 cells of 91, and fewer than 3 trainings of 91 after 108 epochs"),
        ],
        3,
    ),
    ids=range(22),
)
def test_other_files_are_refused_and_leave_nothing(change: Change, message: str, tmp_path: Path) -> None:
    changed = change(GOOD)
    second = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
    path = tmp_path / "made.tfrecord"
    path.write_bytes(made.framed([made.record(made.written(SPACE, 3), 3, 108, 0), second], made.fast_crc32c))
    with pytest.raises(DataError, match=re.escape(message)) as refused:
        converter.convert([path], tmp_path / "table", silent, vertices=4)
    assert str(refused.value).startswith(str(path))
    assert list(tmp_path.iterdir()) == [path]


def import_records(records: list[bytes], folder: Path, **options: Any) -> Manifest:
    path = folder / "made.tfrecord"
    path.write_bytes(made.framed(records, made.fast_crc32c))
    converter.convert([path], folder / "table", silent, vertices=4, **options)
    return Manifest.load(folder / "table")


def test_a_fourth_training_and_other_parameters_of_a_cell_are_refused(tmp_path: Path) -> None:
    again = [made.record(CELL, 20, 108, 0)] * 4
    with pytest.raises(DataError, match=rf"record 4: it is training 4 of {CELL[0]} for 108 epochs; expected 3"):
        import_records(again, tmp_path)
    other = json.dumps(put(4, metrics(parameters=7))(GOOD)).encode()
    with pytest.raises(
        DataError, match=r"record 1 has .* parameters; expected .* the same for all trainings of a cell"
    ):
        import_records([again[0], other], tmp_path)


def test_later_records_of_a_hash_write_the_same_cell(tmp_path: Path) -> None:
    index = SPACE.index(SPACE.parse("|conv1x1~0|maxpool3x3~0|output~1+2|"))
    cell = made.written(SPACE, index)
    name, adjacency, operations = cell
    swapped = ",".join(["input", *operations.split(",")[2:0:-1], "output"])
    assert swapped != operations
    records = [made.record(one, index, 108, run) for run, one in enumerate([cell, (name, adjacency, swapped), cell])]
    manifest = import_records(records, tmp_path, partial=True)
    assert np.isfinite(manifest.read(manifest.column("cifar10", "training_time", "none", 108), 108)).sum() == 3
    records[1] = made.record((name, *made.written(SPACE, index + 1)[1:]), index, 108, 1)
    with pytest.raises(DataError, match=f"record 2: the records of {name} are of different cells"):
        import_records(records, tmp_path, partial=True)


def test_a_part_of_a_file_is_a_table_with_gaps(tmp_path: Path) -> None:
    manifest = import_records([made.record(CELL, 20, 108, 0)], tmp_path, partial=True)
    values = manifest.read(manifest.column("cifar10", "accuracy", "validation", 108), 54)
    assert (np.isfinite(values).sum(), np.flatnonzero(np.isfinite(values[:, 0])).tolist()) == (1, [20])


def test_accuracies_that_are_no_counts_are_kept_in_percent(tmp_path: Path) -> None:
    record = json.dumps(put(4, metrics(test=0.12345))(GOOD)).encode()
    manifest = import_records([record], tmp_path, partial=True)
    column = manifest.column("cifar10", "accuracy", "test", 108)
    assert column.images == 0
    assert manifest.read(column, 108)[20, 0] == pytest.approx(12.345)


def test_a_folder_must_hold_one_official_file(tmp_path: Path) -> None:
    def import_folder() -> None:
        converter.convert([tmp_path], tmp_path / "table", silent, vertices=4)

    with pytest.raises(DataError, match=r"has none of the files nasbench_only108\.tfrecord, nasbench_full\.tfrecord"):
        import_folder()
    (tmp_path / "nasbench_only108.tfrecord").write_bytes(b"")
    with pytest.raises(DataError, match="holds no records; expected nasbench_only108"):
        import_folder()
    (tmp_path / "nasbench_full.tfrecord").write_bytes(b"")
    with pytest.raises(
        DataError, match=r"has nasbench_only108\.tfrecord and nasbench_full\.tfrecord of the files .* name the one"
    ):
        import_folder()


# the whole space

FULL = """
import resource, sys, time
from pathlib import Path
from nasbed.benchmarks import convert
from nasbed.progress import silent
convert.import_table("nasbench101", Path(sys.argv[1]), silent)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.process_time())
"""


@pytest.mark.thorough
def test_a_file_of_all_cells_is_imported_in_minutes_and_less_than_a_gigabyte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    file = tmp_path / "nasbench_only108.tfrecord"
    subprocess.run([sys.executable, TESTS / "helpers" / "made_nasbench101.py", file], check=True)
    assert file.stat().st_size > 490e6
    done = subprocess.run([sys.executable, "-c", FULL, file], check=True, capture_output=True, text=True)
    megabytes, seconds = map(float, done.stdout.split())
    assert megabytes < 1_000
    assert seconds < 300
    table = NASBench101()
    assert len(table.space) == 423_624
    rng = np.random.default_rng(0)
    for index in rng.integers(len(table.space), size=50).tolist():
        assert table.observations[index] == pytest.approx(
            [100 * made.accuracies(index, 108, run, False)[1] for run in range(3)]
        )
    assert [str(finding) for finding in check_benchmark("nasbench101") if not finding.holds] == []
