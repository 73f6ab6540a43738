"""Manifests that say what they may not: each is refused with the file, the key, its value, what was expected and the remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import made
import numpy as np
import pytest
import tomli_w

from nasbed.benchmarks.compat._records import Records
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.errors import DataError

Content = dict[str, Any]
REMEDY = "; name the folder of a whole table, or make it again"
VALUES = 10 * np.arange(9.0)[:, None] + np.arange(3.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Counts by epoch, test accuracies and costs."""
    counts = np.broadcast_to(VALUES[:, :, None], (9, 3, 2)).astype(np.uint16)
    made.table(
        tmp_path / "made",
        [
            (made.column("accuracy", "validation", 4, ("architecture", "run", "epoch"), at=[2, 4], images=100), counts),
            (made.column("accuracy", "test", 4), VALUES),
            (made.column("training_time", "none", 4), np.ones((9, 3))),
        ],
        epochs=[4],
    )
    return tmp_path / "made"


def written(folder: Path, change: Callable[[Content], object]) -> Path:
    """The manifest with a change."""
    path = folder / "manifest.toml"
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(tomli_w.dumps(content), encoding="utf-8")
    return path


def of(key: str, value: object, column: int | None = None) -> Callable[[Content], object]:
    """Sets a key of the manifest, or of a column, counted from 1."""

    def change(content: Content) -> None:
        (content if column is None else content["columns"][column - 1])[key] = value

    return change


WHOLE = f"expected a whole number, 1 .. {2**63 - 1:,}"
COUNT = "expected a whole number, 0 .. 2,147,483,647"
EPOCHS = "expected whole numbers from 1 on, ascending, each once"
FILES = "expected a table of paths below the folder, each with 64 hexadecimal digits"
FILE = "expected the path of a .npy file in the folder of the manifest"
AXES = 'expected ["architecture"], then "run" and "epoch" where the column has them; or ["member"]'
FORMATS: list[tuple[Any, str]] = [(2, "2"), (True, "True"), (1.0, "1.0"), ("1", "'1'"), ([], "[]")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (of("name", 3), "name = 3; expected a text that is not empty"),
        (of("name", " "), "name = ' '; expected a text that is not empty"),
        (of("title", ["x"]), "title = ['x']; expected a text"),
        (of("architectures", 0), f"architectures = 0; {WHOLE}"),
        (of("architectures", True), f"architectures = True; {WHOLE}"),
        (of("architectures", 9.0), f"architectures = 9.0; {WHOLE}"),
        (of("architectures", 2**63), f"architectures = {2**63}; {WHOLE}"),
        (of("epochs", 4), f"epochs = 4; {EPOCHS}"),
        (of("epochs", ["4"]), f"epochs = ['4']; {EPOCHS}"),
        (of("epochs", [4, 4]), f"epochs = [4, 4]; {EPOCHS}"),
        (of("epochs", [0]), f"epochs = [0]; {EPOCHS}"),
        (of("resumable", 1), "resumable = 1; expected true or false"),
        (of("runs", "777"), "runs = '777'; expected a list of texts, each once"),
        (of("runs", ["1", "1"]), "runs = ['1', '1']; expected a list of texts, each once"),
        (of("runs", [[0], {}, 1]), "runs = [[0], {}, 1]; expected a list of texts, each once"),
        (of("report", "tests"), "report = 'tests'; expected 'test', 'held-out runs', 'validation alone', or ''"),
        (of("report", {}), "report = {}; expected 'test', 'held-out runs', 'validation alone', or ''"),
        (of("datasets", {"toy": 1}), "datasets = {'toy': 1}; expected a list of texts, each once"),
        (of("files", ["model.onnx"]), f"files = ['model.onnx']; {FILES}"),
        (of("files", {"model.onnx": "00"}), f"files = {{'model.onnx': '00'}}; {FILES}"),
        (of("files", {"../x.onnx": "0" * 64}), f"files = {{'../x.onnx': '{'0' * 64}'}}; {FILES}"),
        (of("members", -1), f"members = -1; {COUNT}"),
        (of("columns", "all"), "columns = 'all'; expected tables [[columns]]"),
        (of("columns", [1]), "column 1 = 1; expected a table [[columns]]"),
        (of("licenze", "MIT"), "unknown key 'licenze'; did you mean 'licence'? known: name, title,"),
        (lambda content: content.pop("space"), "the key 'space' is missing; expected a text that is not empty"),
        (lambda content: content["columns"][1].pop("unit"), "column 2: the key 'unit' is missing; expected a text"),
        (of("file", "../x.npy", 1), f"column 1: file = '../x.npy'; {FILE}"),
        (of("file", "/etc/x.npy", 1), f"column 1: file = '/etc/x.npy'; {FILE}"),
        (of("file", "a\0.npy", 1), f"column 1: file = 'a\\x00.npy'; {FILE}"),
        (of("file", "manifest.toml", 1), f"column 1: file = 'manifest.toml'; {FILE}"),
        (of("split", "valid", 1), "column 1: split = 'valid'; expected one of train, validation, test, mixture, none"),
        (of("split", [], 1), "column 1: split = []; expected one of train, validation, test, mixture, none"),
        (of("direction", "max", 1), "column 1: direction = 'max'; expected one of maximise, minimise, none"),
        (of("dataset", "cifar10", 1), "column 1: dataset = 'cifar10'; expected one of any, toy, as the manifest has it"),
        (of("epochs", 5, 2), "column 2: epochs = 5; expected one of 0, 4, as the manifest has it"),
        (of("epochs", [4], 2), f"column 2: epochs = [4]; {COUNT}"),
        (of("axes", ["run", "architecture"], 2), f"column 2: axes = ['run', 'architecture']; {AXES}"),
        (of("axes", ["architecture", "architecture"], 2), f"column 2: axes = ['architecture', 'architecture']; {AXES}"),
        (of("axes", ["architecture", "seed"], 2), f"column 2: axes = ['architecture', 'seed']; {AXES}"),
        (of("axes", [], 2), f"column 2: axes = []; {AXES}"),
        (of("axes", "architecture", 2), f"column 2: axes = 'architecture'; {AXES}"),
        (of("axes", ["architecture", "run"], 1), "column 1: axes = ['architecture', 'run'] and at = [2, 4]; expected the epochs"),
        (of("at", [4], 2), "column 2: axes = ['architecture', 'run'] and at = [4]; expected the epochs of the axis 'epoch' in"),
        (of("at", [], 1), "column 1: axes = ['architecture', 'run', 'epoch'] and at = []; expected the epochs of the axis"),
        (of("at", [4, 2], 1), f"column 1: at = [4, 2]; {EPOCHS}"),
        (of("at", [2, 5], 1), "column 1: at = [2, 5]; expected epochs up to those of the schedule, 4"),
        (of("sha256", "00", 1), "column 1: sha256 = '00'; expected 64 hexadecimal digits"),
        (of("images", "100", 1), f"column 1: images = '100'; {COUNT}"),
        (of("images", -100, 1), f"column 1: images = -100; {COUNT}"),
        (of("trainings", 1.5, 1), f"column 1: trainings = 1.5; {COUNT}"),
        (of("image", 100, 1), "column 1: unknown key 'image'; did you mean 'images'? known: file, metric,"),
        (lambda content: content["columns"].append(content["columns"][0]),
         "column 4 is of the same dataset, metric, split and epochs as column 1: ('toy', 'accuracy', 'validation', 4)"),
    ],
)  # fmt: skip
def test_a_manifest_that_says_what_it_may_not_is_refused(
    change: Callable[[Content], object], message: str, folder: Path
) -> None:
    path = written(folder, change)
    with pytest.raises(DataError) as refused:
        Manifest.load(folder)
    text = str(refused.value)
    assert text.startswith(f"{path} is damaged: {message}")
    assert text.endswith(REMEDY)


@pytest.mark.parametrize(("given", "named"), FORMATS, ids=lambda value: str(value))
def test_a_format_that_is_not_one_is_refused(given: Any, named: str, folder: Path) -> None:
    path = written(folder, of("format", given))
    with pytest.raises(DataError) as refused:
        Manifest.load(folder)
    assert str(refused.value) == f"{path} has format {named}; this nasbed reads 1{REMEDY}"


@pytest.mark.parametrize(
    "content", [b"\xff", b"name = ", b"format = " + b"9" * 5_000, b"format = " + b"[" * 5_000, b"[a]\n[a]", b"a.b = 1\na = 2"]
)  # fmt: skip
def test_a_manifest_that_cannot_be_read_is_damaged(content: bytes, folder: Path) -> None:
    (folder / "manifest.toml").write_bytes(content)
    with pytest.raises(DataError) as refused:
        Manifest.load(folder)
    assert str(refused.value).startswith(f"{folder / 'manifest.toml'} is damaged: ")
    assert str(refused.value).endswith(REMEDY)


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        (
            of("images", 100, 2),
            1,
            "holds float64; expected unsigned whole numbers, since images = 100 says that it counts",
        ),
        (lambda content: content["columns"][0].pop("images"), 0, "holds uint16 in %; expected the number of images"),
        (of("architectures", 8), 0, "has shape (9, 3, 2); expected (8, 3, 2)"),
        (of("runs", ["0"]), 0, "has shape (9, 3, 2); expected (9, 1, 2)"),
        (of("file", "absent.npy", 1), 0, "column absent.npy of made cannot be read: "),
        (of("sha256", "0" * 64, 1), 0, "is damaged: its SHA-256 is not the manifest's"),
    ],
)
def test_columns_that_are_not_what_the_manifest_says_are_refused(
    change: Callable[[Content], object], place: int, message: str, folder: Path
) -> None:
    written(folder, change)
    manifest = Manifest.load(folder)
    for read in (lambda: manifest.opened(manifest.columns[place]), manifest.verify):
        with pytest.raises(DataError) as refused:
            read()
        assert message in str(refused.value)
        assert str(refused.value).endswith(REMEDY)


def test_a_table_without_epochs_cannot_be_searched(folder: Path) -> None:
    def change(content: Content) -> None:
        content |= {"epochs": [], "columns": []}

    table = made.table(folder.parent / "other", [(made.column("accuracy", "test", 4), VALUES)], epochs=[4])
    written(folder, change)
    with pytest.raises(DataError, match=r"the table 'made' in .* has no epochs, so it holds no training to search"):
        table(manifest=Manifest.load(folder))


def test_runs_that_are_no_seeds_do_not_answer_for_the_official_packages(folder: Path) -> None:
    written(folder, of("runs", ["one", "two", "three"]))
    with pytest.raises(
        DataError, match=r"has runs = \['one', 'two', 'three'\]; expected the seeds of its trainings, as whole"
    ):
        _ = Records(Manifest.load(folder), "nats_topology").seeds


def test_what_is_written_is_read_again(folder: Path) -> None:
    manifest = Manifest.load(folder)
    (folder / "manifest.toml").write_text(manifest.dump(), encoding="utf-8")
    assert Manifest.load(folder) == manifest
    manifest.verify()
