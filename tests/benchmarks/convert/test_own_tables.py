"""A user's own table in one command: what it becomes, and what is refused with the row and the column."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from daily import sampled
from pyarrow import parquet
from typer.testing import CliRunner

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.convert import Declarations
from nasbed.benchmarks.tables import home, own
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.commands import catalogue
from nasbed.commands.cli import app
from nasbed.engines.cluster import tables
from nasbed.errors import BudgetError, NasbedError
from nasbed.landscape.survey import load, survey
from nasbed.searches.loading import load_benchmark
from nasbed.studies.batches import run_batch

HEAD = "depth,block,run,epochs,validation_accuracy,test_accuracy,seconds,parameters,latency_ms"
DEPTHS, BLOCKS, RUNS, EPOCHS = (8, 16, 32), ("conv", "pool"), (0, 1), (1, 3, 9)


def quality(depth: int, block: str, run: int, epochs: int) -> float:
    return 60 + depth / 2 + 3 * BLOCKS.index(block) + run / 8 - 8 / epochs


def rows_of(depths: tuple[int, ...] = DEPTHS) -> list[str]:
    return [
        f"{d},{b},{r},{e},{quality(d, b, r, e)},{quality(d, b, r, e) - 2},{e * d},{100 * d},{d / 10}"
        for d, b, r, e in itertools.product(depths, BLOCKS, RUNS, EPOCHS)
    ]


def text_of(rows: list[str], head: str = HEAD) -> str:
    return "\n".join([head, *rows]) + "\n"


WHOLE = text_of(rows_of())


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., convert.MadeTable]:
    """Makes a table of a text, or of bytes."""

    def made(content: str | bytes, file: str = "runs.csv", name: str = "mine", **more: Any) -> convert.MadeTable:
        path = tmp_path / file
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        options = {key: more.pop(key) for key in list(more) if key in Declarations.__dataclass_fields__}
        return convert.make_table(name, path, Declarations(**options), **more)

    return made


Make = Callable[..., convert.MadeTable]


# What a table becomes


def test_curves_are_a_benchmark_under_its_name(make: Make) -> None:
    made = make(WHOLE, licence="CC0-1.0", sources=["our cluster, 2026"], dataset="flowers", title="Our sweep")
    assert made.remarks == ()
    assert (made.manifest.licence, made.manifest.sources[0], made.manifest.title) == (
        "CC0-1.0",
        "our cluster, 2026",
        "Our sweep",
    )
    assert re.fullmatch(r"runs\.csv, SHA-256 [0-9a-f]{64}", made.manifest.sources[1])
    table = load_benchmark("mine", epochs=[1, 9], objectives=["accuracy", "latency", "parameters"])
    assert (table.label, table.judged_on, table.resumable, table.runs) == ("mine/flowers", "test", True, 2)
    assert [(o.name, o.unit, o.maximise) for o in table.objectives] == [
        ("accuracy", "%", True),
        ("latency", "ms", False),
        ("parameters", "parameters", False),
    ]
    space = table.space
    assert table.decisions() == {"depth": ("8", "16", "32"), "block": ("conv", "pool")}
    arch = space.parse("block=pool,depth=16")
    assert (arch, space.format(arch)) == ((1, 1), "depth=16,block=pool")
    assert [space.format(one) for one in space.neighbours(space.parse("depth=8,block=conv"))] == [
        "depth=16,block=conv",
        "depth=8,block=pool",
    ]
    index = space.index(arch)
    for run, epochs in itertools.product(RUNS, (1, 9)):
        assert table.oracle(f"run:{run}")(index, epochs, 0) == (
            (quality(16, "pool", run, epochs), -1.6, -1600.0),
            16.0 * epochs,
        )
    (test,) = table.referee().test(np.array([index]))
    assert test == pytest.approx(np.mean([quality(16, "pool", run, 9) - 2 for run in RUNS]))
    assert table.referee().best()[0] == pytest.approx(np.mean([quality(32, "pool", run, 9) for run in RUNS]))
    assert load_benchmark("mine").epochs == (9,)


def test_parquet_and_compressed_text_are_the_same_table(make: Make, tmp_path: Path) -> None:
    columns = list(zip(*(row.split(",") for row in rows_of()), strict=True))
    typed = [list(column) if place == 1 else [float(cell) for cell in column] for place, column in enumerate(columns)]
    parquet.write_table(pa.table(dict(zip(HEAD.split(","), typed, strict=True))), tmp_path / "runs.parquet")
    files = {"csv": make(WHOLE), "bom": make("\ufeff" + WHOLE.replace("\n", "\r\n"), name="bom")}
    files["gz"] = make(gzip.compress(WHOLE.encode()), "runs.csv.gz", "gz")
    files["parquet"] = convert.make_table("parquet", tmp_path / "runs.parquet")
    assert len({tuple(column.sha256 for column in made.manifest.columns) for made in files.values()}) == 1


def test_separate_trainings_are_charged_in_full(make: Make) -> None:
    made = make(WHOLE, separate=True)
    table = load_benchmark("mine", epochs=[1, 9])
    assert (made.manifest.epochs, table.resumable) == ([1, 3, 9], False)
    assert table.oracle("run:1")(0, 9, 0) == ((quality(8, "conv", 1, 9),), 72.0)


@pytest.mark.parametrize(
    ("meter", "seconds", "expected"),
    [("each", lambda e: [5, 0, 7, 9][e], [5, 12, 21]), ("total", lambda e: 30, [10, 20, 30])],
)
def test_seconds_of_each_epoch_and_of_all_of_it(
    make: Make, meter: str, seconds: Callable[[int], int], expected: list[int]
) -> None:
    rows = [f"{d},{e},{50 + d + e},{seconds(e - 1) if e == 1 else seconds(e)}" for d in (1, 2) for e in (1, 2, 3)]
    make(text_of(rows, "depth,epochs,validation_accuracy,seconds"), seconds=meter)
    table = load_benchmark("mine", epochs=[1, 2, 3])
    assert [table.oracle()(0, epochs, 0)[1] for epochs in (1, 2, 3)] == expected


def test_without_test_runs_are_held_out_or_validation_is_all(make: Make) -> None:
    rows = [f"{d},{r},{50 + d + r}" for d in (1, 2, 3) for r in (0, 1)]
    made = make(text_of(rows, "depth,seed,val_accuracy"))
    assert load_benchmark("mine").judged_on == "held-out runs"
    assert made.remarks == (
        "the number of epochs is not recorded: a training counts 1 epoch",
        "no seconds: a budget in evaluations alone",
        "no test_accuracy: a search sees one run of an architecture and is scored on the mean of the others",
    )
    fewer = make(text_of(rows[:-1], "depth,seed,val_accuracy"), replace=True)
    table = load_benchmark("mine")
    assert table.judged_on == "validation alone"
    assert np.isnan(table.referee().test(np.arange(3))).all()
    assert table.referee().best()[0] == 53.0
    assert fewer.remarks[2:] == (
        "no test_accuracy, and not two runs of each architecture: searches are scored on validation alone",
        "1 architectures have fewer than 2 runs: noise = 'run:K' is refused where one is missing",
    )
    result = nasbed.search("random_search", table, budget={"evaluations": 9})
    assert result.scores()["validation_regret"] == 0
    with pytest.raises(
        BudgetError, match=r"on mine/own: the file that it was made of has no seconds of trainings; count evaluations"
    ):
        nasbed.search("random_search", table, budget={"seconds": 9})


def test_a_list_of_combinations_has_the_neighbours_that_are_there(make: Make) -> None:
    rows = [row for row in rows_of() if not row.startswith(("16,conv", "8,pool"))]
    made = make(text_of(rows))
    assert made.remarks == ("4 of 6 combinations are there: a search proposes no other",)
    space = load_benchmark("mine").space
    assert [space.format(arch) for arch in space.neighbours(space.parse("depth=8,block=conv"))] == [
        "depth=32,block=conv"
    ]
    with pytest.raises(NasbedError, match="depth=16,block=conv is not among the 4 architectures of 'mine'"):
        space.parse("depth=16,block=conv")


def test_what_is_apart_is_joined_to_the_nearest(make: Make) -> None:
    made = make("depth,block,validation_accuracy\n1,a,50\n2,a,51\n3,b,52\n")
    assert (
        "1 architectures have no neighbour that differs in one decision: each is joined to the nearest" in made.remarks
    )
    space = load_benchmark("mine").space
    assert [space.archs.index(one) for one in space.neighbours(space.archs[2])] == [0, 1]


def test_orders_are_as_declared(make: Make) -> None:
    content = "size,code,width,validation_accuracy\nsmall,1,007,50\nlarge,2,010,51\nmedium,3,007,52\n"
    made = make(content, ordinal=["size=small,medium,large"], categorical=["code"])
    assert made.manifest.decisions == [
        {"name": "size", "values": ["small", "medium", "large"], "ordered": True},
        {"name": "code", "values": ["1", "2", "3"], "ordered": False},
        {"name": "width", "values": ["007", "010"], "ordered": False},
    ]


def cell_rows(count: int) -> list[str]:
    space = own.cells()
    return [f"{space.format(arch)},{50 + index % 40}.5" for index, arch in enumerate(space.archs[:count])]


@pytest.mark.thorough
def test_cells_of_nasbench201_are_their_space(make: Make) -> None:
    make(text_of(cell_rows(15_625), "architecture,validation_accuracy"))
    table = load_benchmark("mine")
    assert (table.space.name, table.oracle()(11_472, 1, 0)[0]) == ("nasbench201", (82.5,))
    assert table.classes == load_benchmark("nasbench201").classes


def test_some_cells_of_nasbench201_are_a_list_of_them(make: Make) -> None:
    made = make(text_of(cell_rows(300), "architecture,validation_accuracy"))
    assert convert.described(made)["space"] == "300 of the 15,625 cells of NAS-Bench-201"
    space, part = own.cells(), load_benchmark("mine").space
    text = space.format(space.archs[7])
    assert part.format(part.parse(text)) == text
    assert len(part) == 300
    with pytest.raises(NasbedError, match="is not among the 300 architectures"):
        part.parse(space.format(space.archs[300]))


def test_seeds_that_differ_between_architectures_are_numbered(make: Make) -> None:
    rows = [f"{d},{1000 * d + r},{50 + d + r},{40 + d}" for d in range(1, 8) for r in range(2)]
    made = make(text_of(rows, "depth,seed,validation_accuracy,test_accuracy"))
    assert made.manifest.runs == ["0", "1"]
    assert "14 values of seed for at most 2 runs of an architecture: runs are numbered within each" in made.remarks


def test_trainings_that_end_before_the_last_epoch_are_left_out_and_counted(make: Make) -> None:
    rows = [row for row in rows_of() if not row.startswith(("8,conv,0,9", "8,pool,0,9", "8,pool,1,9", "32,pool,0,3"))]
    made = make(text_of(rows))
    assert made.remarks[:4] == (
        "3 of 12 trainings end before epoch 9 and are left out",
        "1 of 3 numbers of epochs is not that of every training and is left out: 3; the training that ends in row 30 (run 0)"
        " lacks 3",
        "1 architectures have no training of 9 epochs and are left out",
        "5 of 6 combinations are there: a search proposes no other",
    )
    assert load_benchmark("mine").offered().epochs == (1, 9)


def test_epochs_that_some_trainings_lack_are_named_with_the_rows(make: Make) -> None:
    rows = [f"{d},{e},{50 + d + e}" for d in range(1, 7) for e in range(1, 10) if e == 9 or (d, e) not in LACKING]
    made = make(text_of(rows, "depth,epochs,validation_accuracy"))
    (told,) = (one for one in made.remarks if "numbers of epochs" in one)
    assert told == (
        "8 of 9 numbers of epochs are not those of every training and are left out: 1, 2, 3, 4, 5, 6 and 2 more; the training"
        " that ends in row 2 lacks 1, 2, 3, 4, 5, 6 and 2 more, the training that ends in row 10 lacks 4, the training that ends"
        " in row 18 lacks 4, 1 other lacks some, too"
    )


LACKING = {*((1, e) for e in range(1, 9)), (2, 4), (3, 4), (5, 7)}
"""Depths, and the epochs that their trainings lack."""


def test_fractions_are_kept_in_percent_when_they_are_said_to_be(make: Make) -> None:
    content = "depth,validation_accuracy\n1,0.5\n2,0.75\n"
    with pytest.raises(
        NasbedError, match=r"row 3, column 'validation_accuracy': 0.75 is the highest of all, .*--metric accuracy:max:f"
    ):
        make(content)
    make(content, metrics=["accuracy:max:fraction"])
    table = load_benchmark("mine")
    assert (table.objectives[0].unit, table.oracle()(1, 1, 0)[0]) == ("%", (75.0,))
    make("depth,validation_error\n1,0.5\n2,0.75\n", metrics=["error:min:%"], replace=True)
    assert load_benchmark("mine").oracle()(1, 1, 0)[0] == (-0.75,)
    mixed = make("depth,validation_accuracy\n1,55\n2,0.75\n3,60\n", name="mixed")
    assert any(
        "row 3, column 'validation_accuracy' has 0.75 %, and 1 values are at most 1 %" in one for one in mixed.remarks
    )


def test_a_number_of_the_architecture_may_be_missing(make: Make) -> None:
    made = make("depth,validation_accuracy,fpga_latency_us\n1,50,7\n2,51,\n")
    assert "1 architectures have no fpga_latency: they are infeasible where it is an objective" in made.remarks
    (_, latency), _ = load_benchmark("mine", objectives=["accuracy", "fpga_latency"]).oracle()(1, 1, 0)
    assert np.isnan(latency)


# What is refused


def less(*parts: str) -> str:
    return text_of([",".join(parts)], "depth,run,epochs,validation_accuracy,seconds")


LEAST = "depth,validation_accuracy"


@pytest.mark.parametrize(
    ("content", "options", "message"),
    sampled([
        ("", {}, "runs.csv is empty; expected a CSV file whose first row names the columns"),
        (LEAST + "\n", {}, "runs.csv has no rows; expected one for each training"),
        ("depth;validation_accuracy\n1;93,5\n", {}, "row 1: its columns are separated by ';'; expected commas, and points in de"),
        ("depth\tvalidation_accuracy\n1\t93.5\n", {}, r"its columns are separated by '\t'"),
        (LEAST + "\n1,93,5\n", {}, "row 2 has 3 cells; expected 2, as the first row; a decimal comma makes two cells of one"),
        (LEAST + '\n1,90\n2,"93,5"\n', {}, "row 3, column 'validation_accuracy': '93,5' is no number; it has a decimal comma; e"),
        (LEAST + "\n1,93 %\n", {}, "'93 %' is no number; expected a number without a percent sign"),
        (LEAST + "\n1,high\n", {}, "row 2, column 'validation_accuracy': 'high' is no number; expected a number, as 93.5"),
        (LEAST + "\n1\n", {}, "row 2 has 1 cells; expected 2, as the first row"),
        (LEAST + "\n1,90\n\n2,nan\n", {}, "row 4, column 'validation_accuracy': nan is no finite number; if it is of a training"),
        (LEAST + "\n1,inf\n", {}, "inf is no finite number; if it is of a training that diverged"),
        (LEAST + "\n1,90\n2,\n", {}, "row 3, column 'validation_accuracy': the cell is empty, as 1 are; where a training failed"),
        (LEAST + "\n1,90\n1,91\n", {}, "rows 2 and 3 are of the same architecture: if they are repeated trainings, number them "),
        (LEAST + "\n1,90\n2,101\n", {}, "row 3, column 'validation_accuracy': 101 is outside 0 .. 100 in percent; say --metric "),
        (LEAST + "\n1,0.9\n2,1.01\n", {"metrics": ["accuracy:max:fraction"]}, "row 3, column 'validation_accuracy': 1.01 is out"),
        (LEAST + "\n,90\n", {}, "row 2, column 'depth': the cell is empty; write the decision, as none where it is left out"),
        (LEAST + "\n1,90\n", {}, "runs.csv holds one architecture; expected several"),
        (LEAST.encode() + b"\n1,90\ncaf\xe9,91\n", {}, "row 3, cell 1: the byte 0xe9 is no UTF-8 text; save it as 'CSV UTF-8'"),
        (LEAST.encode("utf-16"), {}, "runs.csv is UTF-16 text; expected UTF-8"),
        (LEAST + "\n1,\x00\n", {}, "runs.csv is no text; expected a CSV or Parquet file"),
        (b"PAR1 and no more", {}, "runs.csv is no whole Parquet file"),
        ("depth,,validation_accuracy\n", {}, "column 2 has no name; name it in the first row"),
        ("depth,depth,validation_accuracy\n", {}, "has 2 columns named 'depth'; name each once"),
        (LEAST + '\n"1,90\n', {}, "row 2: unexpected end of data; expected CSV, with quotes around texts that have commas"),
        ("validation_accuracy,depth\n90,1\n", {}, "begins with 'validation_accuracy', so no column before it says what the arch"),
        ("depth,accuracy\n1,90\n", {}, "column 'accuracy': on which split? Rename it to validation_accuracy, which a search may"),
        ("depth,test_accuracy\n1,90\n", {}, "has no metric on a validation split: a search must not see test values; where test"),
        ("depth,run\n1,0\n", {}, "has no metric on a validation split: expected one such as validation_accuracy"),
        ("depth,validation_psnr\n1,30\n", {}, "column 'validation_psnr': is more of psnr better, and in which unit? Say --metri"),
        (LEAST + ",latency\n1,90,3\n", {}, "column 'latency': in which unit? Say --metric latency:min:ms, or rename it to laten"),
        (LEAST + ",training_time\n1,90,3\n", {}, "column 'training_time': in which unit? If it holds seconds of training, renam"),
        (LEAST + ",colour\n1,90,red\n", {}, "column 'colour': it is neither before the first known column, so no decision, nor "),
        (LEAST + ",val_accuracy\n1,90,90\n", {}, "'val_accuracy' and 'validation_accuracy' are the same metric; leave one out w"),
        ("depth,run,seed,validation_accuracy\n1,0,0,9\n", {}, "column 'seed': 'run' is the run already; leave one of them out: "),
        (LEAST + ",parameters\n1,90,5\n2,91,5\n1,92,6\n", {}, "rows 2 and 4 are of the same architecture"),
        ("depth,run,validation_accuracy,parameters\n1,0,90,5\n1,1,92,6\n2,0,9,9\n", {}, "row 3, column 'parameters': 6, and row"),
        (less("1", "", "1", "90", "5"), {}, "row 2, column 'run': the cell is empty; expected the run or the seed of each train"),
        (less("1", "0", "0", "90", "5"), {}, "row 2, column 'epochs': 0; expected a whole number of epochs from 1 on; epochs co"),
        (less("1", "0", "1.5", "90", "5"), {}, "row 2, column 'epochs': 1.5; expected a whole number of epochs from 1 on"),
        (text_of(["1,-5,90", "2,5,90"], "depth,seconds,validation_accuracy"), {}, "row 2, column 'seconds': '-5'; expected seco"),
        (text_of(["1,5,90", "2,,90"], "depth,seconds,validation_accuracy"), {}, "row 3, column 'seconds': '' is no number; the "),
        (text_of(["1,1,90,5", "1,2,91,4", "2,1,9,1", "2,2,9,2"], "depth,epochs,validation_accuracy,seconds"), {},
         "row 3, column 'seconds': 4 is not above 5 at epoch 1; seconds count from the beginning of the training. Say --seconds e"),
        (text_of(["1,1,90,5", "1,2,91,4", "2,1,9,1", "2,2,9,1"], "depth,epochs,validation_accuracy,total_seconds"), {},
         "row 3, column 'total_seconds': 4, and 5 at epoch 1 of the same training; expected one number for all of it"),
        (text_of(["1,1,90,5", "1,3,91,4", "2,1,9,1", "2,3,9,1"], "depth,epochs,validation_accuracy,epoch_seconds"), {},
         "seconds of each epoch cannot be added up, since not all of 1 .. 3 are there"),
        (text_of(["1,5,90,5", "1,9,91,5", "2,5,9,1", "2,9,9,1"], "depth,epochs,validation_accuracy,epoch_seconds"),
         {"separate": True}, "column 'epoch_seconds': seconds of an epoch do not say what a training takes of which not every"),
        (text_of(["1,90,5", "2,91,5"], "depth,validation_accuracy,epoch_seconds"), {}, "seconds of an epoch do not"),
        (text_of(["1,1,90", "2,1,90", "3,1,90", "1,9,90"], "depth,epochs,validation_accuracy"), {"separate": True},
         "2 architectures lack a training of some of 1, 9 epochs and are left out: fewer than half of the architectures would be "),
        (LEAST + "\n1,90\n", {"decisions": ["dept"]}, "unknown column in --decisions of"),
        (LEAST + "\n1,90\n", {"categorical": ["dept"]}, "unknown decision in --categorical of"),
        (LEAST + "\n1,90\n", {"seconds": "sum"}, "unknown --seconds 'sum'; known: cumulative, each, total"),
        (LEAST + "\n1,90\n", {"metrics": ["accuracy"]}, "--metric 'accuracy'; expected NAME:min:UNIT or NAME:max:UNIT, as laten"),
        (LEAST + "\n1,90\n", {"metrics": ["accuracy:max"]}, "--metric 'accuracy:max': in which unit? As accuracy:max:ms"),
        (LEAST + "\n1,90\n", {"metrics": ["accuracy:max:%", "accuracy:min:%"]}, "--metric names 'accuracy' twice; declare it once"),
        (LEAST + "\n1,90\n", {"metrics": ["latency:min:ms"]}, "unknown metric in --metric of"),
        (LEAST + "\n1,90\n", {"ordinal": ["depth"]}, "--ordinal 'depth'; expected NAME=VALUES, as size=small,medium,large"),
        (LEAST + "\na,90\nb,91\n", {"ordinal": ["depth=a,c"]}, "row 3, column 'depth': 'b' is not in --ordinal depth=a,c"),
        ('block,validation_accuracy\n"a,b",90\n', {}, "row 2, column 'block': 'a,b' has a comma, which separates decisions; wri"),
        ("a=b,validation_accuracy\n1,90\n", {}, "the decision 'a=b' has a comma, an equals sign or digits alone for a name; ren"),
        ("architecture,validation_accuracy\n|conv~0|,90\n", {}, "row 2, column 'architecture': unknown operation 'conv'"),
        (text_of([f"net{n},90" for n in range(1001)], "architecture,validation_accuracy"), {}, "'architecture' has 1,001 texts,"),
        (LEAST + "\n1,90\n", {"name": "nasbench201"}, "name = 'nasbench201' is that of another benchmark; choose one that is no"),
        (LEAST + "\n1,90\n", {"name": "hw_nasbench201"}, "name = 'hw_nasbench201' is that of another benchmark"),
        (LEAST + "\n1,90\n", {"name": "../x"}, "name = '../x'; expected small letters, digits, _, - and ., beginning with a let"),
        (LEAST + "\n1,90\n", {"dataset": " "}, "--dataset is empty; expected the name of the data"),
    ], 4),
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_row_and_the_column(
    make: Make, own_home: Path, content: str | bytes, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(NasbedError, match=re.escape(message)):
        make(content, **options)
    assert not own_home.exists() or [path.name for path in own_home.iterdir()] == []


def test_a_table_is_replaced_only_when_it_is_said_and_whole(make: Make, own_home: Path, tmp_path: Path) -> None:
    before = make(WHOLE).manifest.checksum
    with pytest.raises(
        NasbedError, match="the table 'mine' is there already; replace it with --replace, or choose another name"
    ):
        make(WHOLE)
    with pytest.raises(NasbedError, match="is no number"):
        make(LEAST + "\n1,high\n", replace=True)
    assert Manifest.load(own_home / "mine").checksum == before
    assert make(LEAST + "\n1,90\n2,91\n", replace=True).manifest.checksum != before
    assert [path.name for path in own_home.iterdir()] == ["mine"]
    with pytest.raises(NasbedError, match="cannot be read: No such file or directory; expected a CSV or Parquet file"):
        convert.make_table("other", str(tmp_path / "none.csv"))


# Where it works


def test_it_is_listed_described_searched_and_surveyed(make: Make, tmp_path: Path) -> None:
    make(WHOLE)
    assert own.names() == ["mine"]
    (entry,) = catalogue.benchmarks("mine")
    assert entry["needs"] is None
    assert entry["offers"]["fidelities"] == {"epochs": [1, 3, 9], "searched": [9], "resumable": True}
    assert "mine" in {one["name"] for one in catalogue.benchmarks()}
    assert {one["name"]: one["state"] for one in catalogue.tables()}["mine"] == "made here"
    assert "decision depth" not in {row["metric"] for row in catalogue.lookup("mine", "0")["benchmarks"]["mine/own"]}
    (site,) = survey(load("mine", epochs=[1, 9], objectives=["accuracy", "latency"])).sites
    assert (site.product, len(site.landscape.optima), site.front.values.shape[1]) == (True, 1, 2)
    study = nasbed.Study.parse(STUDY)
    assert (nasbed.run_study(study, tmp_path / "out").finals()["test"] > 60).all()


@pytest.mark.parametrize(
    ("options", "related"),
    sampled([([], "a training can be resumed"), (["--separate"], "each is a training of its own")], 2),
)
def test_the_listing_says_whether_a_training_can_be_resumed(options: list[str], related: str, tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text(WHOLE)
    out("data", "make", "mine", str(tmp_path / "runs.csv"), *options)
    shown = out("list", "benchmarks", "mine")
    assert f"\nfidelities (epochs): 1, 3, 9*; {related}\n" in shown
    assert "\ncosts: seconds (seconds of a training, column seconds of runs.csv)\n" in shown
    assert shown.startswith("mine: 6 architectures, a table of your own.\n")
    assert "\ndecisions:\n  depth: 8, 16, 32, in this order\n  block: conv, pool\n" in out("data", "info", "mine")


def test_a_damaged_table_of_ones_own_is_made_again(make: Make, own_home: Path) -> None:
    make(WHOLE)
    (own_home / "mine" / "parameters.npy").write_bytes(b"")
    (found,) = catalogue.verify(["mine"])
    assert found["problem"].endswith("make it again with nasbed data make")


def out(*words: str) -> str:
    """What a command prints."""
    shown = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    return shown.stdout


def test_the_command_says_what_the_table_holds_and_what_is_next(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text(WHOLE)
    words = ["data", "make", "mine", str(tmp_path / "runs.csv"), "--source", "us"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    for line in (
        "space: every combination of depth (8, 16, 32, a step apart); block (conv, pool)",
        "runs: 2 of each architecture (0, 1)",
        "fidelities: 1, 3, 9 epochs: points of one training, which can be resumed",
        "judged on: test",
        "best: depth=32,block=pool: validation accuracy 78.1736 %, test 76.1736 % (mean over its runs)",
        "  between two runs 1.000",
        "missing: nothing",
        "  nasbed landscape mine",
    ):
        assert f"\n{line}\n" in shown.stdout
    found = json.loads(CliRunner().invoke(app, [*words, "--replace", "--json"]).stdout)
    assert (found["architectures"], found["rank correlations"][2]) == (6, "1 with 9 epochs 1.000")


STUDY = """
name = "own"
seeds = 2
budget = { evaluations = 6 }
[[benchmark]]
use = "mine"
objectives = ["accuracy", "latency"]
[[strategy]]
use = "random_search"
"""


def test_a_table_that_was_made_anew_is_searched_in_the_same_process(make: Make) -> None:
    make(WHOLE)
    (series,) = nasbed.Study.parse(STUDY).series()
    assert series.load_benchmark() is series.load_benchmark()
    anew = make(text_of(rows_of((16, 32))), replace=True)
    (again,) = nasbed.Study.parse(STUDY).series()
    assert again.load_benchmark().checksum == anew.manifest.checksum


def test_a_machine_that_lacks_it_receives_it(make: Make, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker of a cluster names the table that it lacks, and searches the one that it was sent."""
    checksum = make(WHOLE).manifest.checksum
    (series,) = nasbed.Study.parse(STUDY).series()
    (table,) = tables.tables_of(series)
    here = run_batch(series, [0])[0]
    assert table == ("mine", checksum)
    received = own_home.with_name("received")
    monkeypatch.setattr(tables, "received", lambda: received)
    monkeypatch.setattr(home, "_LENT", {})
    elsewhere = received / checksum
    elsewhere.parent.mkdir()
    (own_home / "mine").rename(elsewhere.with_suffix(".kept"))
    with pytest.raises(NasbedError, match="unknown benchmark 'mine'"):
        load_benchmark("mine")
    with pytest.raises(tables.TableLacking, match="the table 'mine' with the checksum"):
        tables.provide((table,))
    elsewhere.with_suffix(".kept").rename(elsewhere)
    tables.provide((table,))
    for name, values in run_batch(series, [0])[0].items():
        np.testing.assert_array_equal(values, here[name])


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["curves", "held-out", "validation", "listed", "apart"])
def test_it_keeps_every_rule_of_benchmarks(make: Make, kind: str) -> None:
    short = [row.rsplit(",", 4)[0] for row in rows_of((8, 16, 32, 64))]
    head = HEAD.rsplit(",", 4)[0]
    ends = [row for row in short if row.split(",")[3] == "9"]
    content = {
        "curves": WHOLE,
        "held-out": text_of(ends, head),
        "validation": text_of(ends[1:], head),
        "listed": text_of([row for row in rows_of((8, 16, 32, 64)) if not row.startswith("16,conv")]),
        "apart": text_of(
            [f"{n * n % 11},{n * 3 % 11},{n * 5 % 7},{50 + n}" for n in range(1, 9)], "a,b,c,validation_accuracy"
        ),
    }[kind]
    make(content)
    findings = nasbed.check_benchmark("mine")
    assert [(one.check, one.problem) for one in findings if one.problem] == []
