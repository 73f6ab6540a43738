"""Records made elsewhere become a results folder that every command reads and none adds to, or are refused with the remedy."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from daily import sampled
from forking import Command
from pyarrow import csv

import nasbed
from nasbed.commands import exchange
from nasbed.errors import NasbedError, StoreError
from nasbed.monitoring.clean import clean
from nasbed.monitoring.following import make_report
from nasbed.monitoring.status import read_status
from nasbed.reports import checklist, html
from nasbed.reports.compare import compare, notes
from nasbed.reports.session import of_folders
from nasbed.results.results import Results

BUDGET = {"evaluations": 5}


def _import(file: Path | str, out: Path, **changed: Any) -> Results:
    told: dict[str, Any] = {"benchmark": "nasbench201", "budget": BUDGET, **changed}
    return nasbed.import_results(file, told.pop("benchmark"), told.pop("budget"), out, **told)


def test_labels_and_architectures_of_digits_come_back_from_a_csv_file(tmp_path: Path) -> None:
    study = nasbed.Study.parse(
        'name = "digits"\nseeds = 2\nbudget = { evaluations = 5 }\n[[benchmark]]\nuse = "synthetic"\nvalues = 3\nlabel = "1"\n'
        + "".join(f'[[strategy]]\nuse = "random_search"\nlabel = "{label}"\n' for label in ("007", "NA", "1e3"))
    )
    ours = nasbed.run_study(study, tmp_path / "ours")
    nasbed.export_results(tmp_path / "ours", tmp_path / "out")
    options = {"values": 3}
    label = nasbed.load_benchmark("synthetic", **options).label
    file = tmp_path / "out/evaluations.csv"
    theirs = _import(file, tmp_path / "in", benchmark="synthetic", options=options, labels={"1": label})
    pd.testing.assert_frame_equal(theirs.finals(), ours.finals())
    assert theirs.evaluations()["architecture"].tolist() == ours.evaluations()["architecture"].tolist()


def test_indices_of_architectures_may_have_a_point(exported: Path, imported: Path, tmp_path: Path) -> None:
    indices = Results.load(imported).evaluations()["architecture"]
    table = pd.read_csv(exported / "evaluations.csv")
    for place, given in enumerate((indices, indices.astype(float))):
        table.assign(architecture=given).to_csv(tmp_path / "indices.csv", index=False)
        found = _import(tmp_path / "indices.csv", tmp_path / str(place))
        assert found.evaluations()["architecture"].tolist() == indices.tolist()


@pytest.fixture(scope="module")
def imported(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imported") / "theirs"
    _import(exported / "evaluations.csv", folder)
    return folder


@pytest.fixture(scope="module")
def frame(exported: Path) -> pd.DataFrame:
    return csv.read_csv(exported / "evaluations.csv").to_pandas()


def test_exported_records_come_back_as_they_were(
    study_folder: Path, exported: Path, imported: Path, tmp_path: Path
) -> None:
    ours = Results.load(study_folder)
    _import(exported / "ioh", tmp_path / "ioh", dataset="cifar100")
    for folder in (imported, tmp_path / "ioh"):
        theirs = Results.load(folder)
        found = compare(ours, theirs).table
        assert found["identical"].all()
        assert found["seeds"].tolist() == [3, 3]
        kept = ["benchmark", "strategy", "seed", "validation_regret", "test_regret", "evaluations", "seconds"]
        sort = ["strategy", "seed"]
        pd.testing.assert_frame_equal(
            theirs.finals()[kept].sort_values(sort, ignore_index=True),
            ours.finals()[kept].sort_values(sort, ignore_index=True),
            check_dtype=False,
        )
        assert theirs.warnings == []


def test_the_record_and_every_report_say_where_it_came_from(study_folder: Path, exported: Path, imported: Path) -> None:
    digest = hashlib.sha256((exported / "evaluations.csv").read_bytes()).hexdigest()
    record = json.loads((imported / "run.json").read_text())
    assert record["imported"] == {"file": "evaluations.csv", "format": "CSV", "sha256": digest, "remarks": []}
    said = f"evaluations.csv (CSV, SHA-256 {digest[:12]})"
    results = Results.load(imported)
    assert f"made elsewhere and imported from {said}; nasbed has judged these" in nasbed.caption(results)
    page = html.page(results, results.curves(), record)
    assert page.count(said) >= 2
    assert any(said in note for note in notes(compare(Results.load(study_folder), results)))
    assert results.finals()["strategy"].unique().tolist() == ["random_search", "by hand, once"]
    assert results.summary()["thinking_microseconds"].isna().all()


def test_commands_that_look_at_a_folder_read_it(imported: Path, tmp_path: Path) -> None:
    status = read_status(imported)
    assert (status.state, status.done, status.total) == ("complete", 6, 6)
    assert "imported from evaluations.csv" in status.name
    assert clean(imported) == []
    watched = make_report(str(imported))
    assert watched.note == ""
    assert "imported from evaluations.csv" in watched.page
    again = nasbed.export_results(imported, tmp_path / "out", ["croissant"])
    assert "imported from evaluations.csv" in again[-1].read_text()


def test_nothing_of_ours_is_added_to_it(study_folder: Path, imported: Path, tmp_path: Path) -> None:
    before = (imported / "run.json").read_bytes()
    study = nasbed.Study.load(study_folder / "study.toml")
    for told, remedy in (
        (lambda: nasbed.run_study(study, imported), "choose another folder with --out"),
        (lambda: nasbed.run_slice(study, "1/2", imported), "choose another folder with --out"),
        (lambda: nasbed.merge_folders([imported]), "leave it out"),
        (lambda: clean(imported, study=study_folder / "study.toml"), "leave --study out"),
        (lambda: _import(study_folder, imported, format="csv"), "is there and not empty"),
    ):
        with pytest.raises(StoreError) as refused:
            told()
        assert remedy in str(refused.value)
    assert (imported / "run.json").read_bytes() == before


def test_it_stands_beside_ours_in_one_report(study_folder: Path, imported: Path) -> None:
    ours, theirs = Results.load(study_folder), Results.load(imported)
    with pytest.raises(
        NasbedError, match=r"two strategies are called 'random_search': random_search \{\} in 'Exported', made"
    ):
        ours.merge(theirs)
    whole = ours.merge(theirs, names=["ours", "theirs"], apart=True)
    assert whole.strategies[:2] == ["random_search (ours)", "by hand, once (ours)"]
    assert len({look.color for look in whole.looks.values()}) == 4
    assert "random_search (theirs), by hand, once (theirs): made elsewhere" in nasbed.caption(whole)
    records = {
        name: json.loads((path / "run.json").read_text())
        for name, path in (("ours", study_folder), ("theirs", imported))
    }
    practices = checklist.markdown(whole, of_folders(records))
    assert "Publish the code of random_search (theirs), by hand, once (theirs), whose records came from" in practices
    assert "Options as run: random_search (ours)" in practices
    assert "nasbed run study.toml" not in practices


def test_times_that_a_file_lacks_are_those_of_the_table_and_said(frame: pd.DataFrame, tmp_path: Path) -> None:
    mine = frame[frame["strategy"] == "random_search"].drop(columns=["time", "cost", "strategy", "benchmark"])
    mine.to_csv(tmp_path / "mine.csv", index=False)
    results = _import(tmp_path / "mine.csv", tmp_path / "out", dataset="cifar100", strategy="mine")
    assert results.strategies == ["mine"]
    assert any("its file has no times: the clock is the sum of the mean seconds" in text for text in results.warnings)
    exact = frame[frame["strategy"] == "random_search"].groupby("seed")["time"].max()
    assert results.finals()["seconds"].to_numpy() == pytest.approx(exact.to_numpy(), rel=0.05)
    assert Results.load(tmp_path / "out").warnings == results.warnings


def test_a_benchmark_keeps_the_label_that_its_file_has(frame: pd.DataFrame, exported: Path, tmp_path: Path) -> None:
    frame.assign(benchmark="C100").to_csv(tmp_path / "mine.csv", index=False)
    theirs = _import(tmp_path / "mine.csv", tmp_path / "out", labels={"C100": "nasbench201/cifar100"})
    assert list(Results.load(tmp_path / "out").benchmarks) == list(theirs.benchmarks) == ["C100"]
    again = nasbed.export_results(tmp_path / "out", tmp_path / "again")[0]
    assert csv.read_csv(again).to_pandas()["benchmark"].unique().tolist() == ["C100"]


@pytest.mark.parametrize(
    ("change", "told", "words"),
    sampled(
        [
            (lambda of: of.assign(value=of["value"] / 100), {}, "these are fractions"),
            (lambda of: of.drop(columns="architecture"), {}, "the frame has no column 'architecture'"),
            (
                lambda of: of.drop(columns="benchmark"),
                {},
                "nothing says which of nasbench201/cifar10, nasbench201/cifar100",
            ),
            (
                lambda of: of,
                {"dataset": "cifar10"},
                "the file has records of 'nasbench201/cifar100'; expected those of nasbench201/cifar10, which --benchmark and",
            ),
            (
                lambda of: of.assign(benchmark="C 100"),
                {"dataset": "cifar100"},
                "if it is one of them under another label, say so by --label 'C 100=nasbench201/cifar100' (in Python by labels)",
            ),
            (lambda of: of, {"labels": {"C100": "cifar100"}}, "unknown benchmark of a label 'cifar100'"),
            (lambda of: of, {"labels": {"": "nasbench201/cifar100"}}, "label = ''; expected a text of one line"),
            (lambda of: of.assign(benchmark=""), {}, "row 0 of the frame, column 'benchmark': ''"),
            (
                lambda of: of,
                {"noise": "run:3"},
                "noise = 'run:3': nasbench201/cifar100 has no such run of 200 epochs; it has 0 .. 2",
            ),
            (
                lambda of: of,
                {"strategy": "mine"},
                "strategy = 'mine': the file names several, random_search, by hand, once",
            ),
            (lambda of: of, {"strategy": "a\nb"}, "strategy = 'a\\nb'; expected a text of one line"),
            (lambda of: of, {"title": ""}, "title = ''; expected a text of one line"),
            (
                lambda of: of,
                {"options": {"objectives": ["accuracy", "flops"]}},
                "has no values of flops, an objective of nasbench201/cifar100, and a front needs every",
            ),
            (lambda of: of, {"options": {"colour": 1}}, "unknown option of nasbench201 'colour'"),
            (lambda of: of, {"reference": "tpe"}, "unknown reference 'tpe'"),
            (lambda of: of, {"budget": {"evaluations": 4}}, "a run has 5 evaluations, more than its budget"),
            (lambda of: of, {"format": "xml"}, "unknown format 'xml'"),
            (lambda of: of, {"benchmark": []}, "benchmark = []; expected the name of the benchmark"),
        ],
        4,
    ),
)
def test_what_cannot_be_judged_is_refused_and_nothing_written(
    frame: pd.DataFrame, tmp_path: Path, change: Any, told: dict[str, Any], words: str
) -> None:
    change(frame).to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(NasbedError) as refused:
        _import(tmp_path / "mine.csv", tmp_path / "out", **told)
    assert words in str(refused.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.csv"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.csv", None, "does not exist; expected a file of records"),
        ("mine.txt", b"", "its name says no format; name one with --format: csv, ioh, coco, optuna"),
        ("mine.csv", b"", "is no CSV file that can be read"),
        ("mine.csv", b"\xff\xfe\x00", "is no CSV file that can be read"),
        ("mine.csv", b"strategy;seed;value\na;0;1\n", "mine.csv: its columns are separated by ';'; expected commas"),
        ("mine.json", b"{}", "expected IOHprofiler's JSON with algorithm, function_name"),
        ("mine.db", b"not a database", "is no SQLite file; expected the storage of an Optuna study"),
        (
            "mine.info",
            b"suite = 'bbob', funcId = 3, DIM = 2, algId = 'RS'\n",
            "mine.info names no run; expected a line of a .dat file and its runs",
        ),
        ("mine.info", b"nothing", "is no .info file of COCO"),
    ],
)
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(NasbedError) as refused:
        _import(tmp_path / name, tmp_path / "out", dataset="cifar100")
    assert words in str(refused.value)
    with pytest.raises(NasbedError, match="of Optuna's storages those of SQLite are read"):
        _import("mysql://host/name", tmp_path / "out")


def test_the_command_says_what_it_made(command: Command, exported: Path, tmp_path: Path) -> None:
    words = [
        "import-results",
        str(exported / "evaluations.csv"),
        "--benchmark",
        "nasbench201",
        "--out",
        str(tmp_path / "x"),
    ]
    refused = command(*words, "--budget", "200")
    assert refused.returncode == 2
    assert "--budget '200'; expected KIND=AMOUNT, as evaluations=200" in refused.stderr
    with pytest.raises(NasbedError, match="--label 'C100'; expected LABEL=BENCHMARK, as C100=nasbench201/cifar100"):
        exchange.import_results("x.csv", ["nasbench201"], "evaluations=5", tmp_path / "y", label=["C100"])
    made = command(*words, "--budget", "evaluations=5", "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["runs"] == 6
