"""Results written for other tools hold what was found, with all digits, and other tools read them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
from forking import Command
from pyarrow import csv

import nasbed
from nasbed.errors import NasbedError
from nasbed.results.results import Results


def test_tables_hold_every_evaluation_and_every_run(study_folder: Path, exported: Path) -> None:
    results = Results.load(study_folder)
    space = next(iter(results.benchmarks.values())).space
    expected = results.evaluations()
    expected["architecture"] = [space.format(space.at(index)) for index in expected["architecture"]]
    for frame in (
        csv.read_csv(exported / "evaluations.csv").to_pandas(),
        pd.read_parquet(exported / "evaluations.parquet"),
    ):
        assert set(expected.columns) == set(frame.columns)
        pd.testing.assert_frame_equal(frame[list(expected)], expected, check_dtype=False, check_exact=True)
    finals = csv.read_csv(exported / "finals.csv").to_pandas()
    pd.testing.assert_frame_equal(finals, results.finals(), check_dtype=False, check_exact=True)
    assert pd.read_parquet(exported / "finals.parquet")["test_regret"].tolist() == finals["test_regret"].tolist()


def test_a_search_that_is_judged_twice_is_written_once(tmp_path: Path) -> None:
    study = nasbed.Study.parse(
        'name = "twice"\nseeds = 1\nbudget = { evaluations = 3 }\n[[benchmark]]\nuse = "nasbench201"\ndataset = "cifar10"\n'
        'report = ["cifar10", "cifar100"]\n[[strategy]]\nuse = "random_search"\n'
    )
    nasbed.run_study(study, tmp_path / "results")
    nasbed.export_results(tmp_path / "results", tmp_path / "out")
    evaluations, finals = (pd.read_csv(tmp_path / "out" / f"{name}.csv") for name in ("evaluations", "finals"))
    assert evaluations["benchmark"].tolist() == ["nasbench201/cifar10"] * 3
    assert len(finals) == 2


def test_iohprofiler_files_count_evaluations_and_say_the_best(study_folder: Path, exported: Path) -> None:
    about = json.loads((exported / "ioh/random_search/IOHprofiler_f1_nasbench201_cifar100.json").read_text())
    assert about["algorithm"]["name"] == "random_search"
    assert about["maximization"] is True
    runs = Results.load(study_folder).evaluations().query("strategy == 'random_search'").groupby("seed")["value"]
    assert [run["best"]["y"] for run in about["scenarios"][0]["runs"]] == runs.max().tolist()
    assert [run["seed"] for run in about["scenarios"][0]["runs"]] == [0, 1, 2]
    lines = (exported / "ioh/random_search" / about["scenarios"][0]["path"]).read_text().splitlines()
    assert lines[0].split() == [*about["attributes"], *(f"x{place}" for place in range(6))]
    assert [line.split()[0] for line in lines[:6]] == ["evaluations", "1", "2", "3", "4", "5"]
    assert len(lines) == 3 * 6


def test_runs_that_evaluated_nothing_are_in_no_file_of_iohprofiler(tmp_path: Path) -> None:
    study = nasbed.Study.parse(
        'name = "late"\nseeds = 2\nbudget = { seconds = 1000 }\n[[benchmark]]\nuse = "nasbench201"\n'
        '[[strategy]]\nuse = "hand_designed"\n[[strategy]]\nuse = "random_search"\n'
    )
    results = nasbed.run_study(study, tmp_path / "late")
    assert results.finals()["evaluations"].tolist() == [0, 0, 1, 0]
    nasbed.export_results(tmp_path / "late", tmp_path / "out", ["csv", "ioh"])
    (about,) = (tmp_path / "out/ioh").rglob("*.json")
    assert about.parent.name == "random_search"
    (scenario,) = json.loads(about.read_text())["scenarios"]
    assert [(run["seed"], run["evals"]) for run in scenario["runs"]] == [(0, 1)]
    assert len((about.parent / scenario["path"]).read_text().splitlines()) == 2
    options = {"dataset": "cifar10"}
    again = nasbed.import_results(tmp_path / "out/ioh", "nasbench201", {"seconds": 1000}, tmp_path / "in", **options)
    kept = ["seed", "validation_regret", "evaluations", "seconds"]
    pd.testing.assert_frame_equal(again.finals()[kept], results.finals()[kept].iloc[[2]].reset_index(drop=True))


@pytest.mark.filterwarnings("ignore")  # of its own dependencies
def test_iohinspector_reads_the_files(study_folder: Path, exported: Path) -> None:
    pytest.importorskip("iohinspector", reason="iohinspector is not installed; it brings polars and is in no extra")
    from iohinspector import DataManager

    manager = DataManager()
    manager.add_folder(str(exported / "ioh"))
    read = manager.load(monotonic=False, include_meta_data=True).to_pandas()
    expected = Results.load(study_folder).evaluations()
    assert len(read) == len(expected)
    assert sorted(read["raw_y"]) == sorted(expected["value"])
    assert set(read["algorithm_name"]) == {"random_search", "by hand, once"}


def test_the_description_names_files_columns_and_their_sums(exported: Path) -> None:
    about = json.loads((exported / "croissant.json").read_text())
    assert [one["name"] for one in about["distribution"]] == [
        f"{name}.{ending}" for ending in ("csv", "parquet") for name in ("evaluations", "finals")
    ]
    for one in about["distribution"]:
        assert one["sha256"] == hashlib.sha256((exported / one["contentUrl"]).read_bytes()).hexdigest()
    records = {one["name"]: one["field"] for one in about["recordSet"]}
    assert [field["name"] for field in records["evaluations_csv"]] == list(pd.read_csv(exported / "evaluations.csv"))
    assert all(field["description"] for fields in records.values() for field in fields)
    assert "3 seeds (0 to 2)" in about["description"]
    assert about["creator"] == {"@type": "Person", "name": "A. Author"}


@pytest.mark.filterwarnings("ignore")  # of its own dependencies
def test_the_official_validator_accepts_the_description(exported: Path) -> None:
    pytest.importorskip("mlcroissant", reason="mlcroissant is not installed; it is in no extra")
    import mlcroissant

    described = mlcroissant.Dataset(str(exported / "croissant.json"))
    assert not described.metadata.ctx.issues.errors
    first = next(iter(described.records("evaluations_parquet")))
    assert first["evaluations_parquet/epochs"] == 200


def test_several_folders_are_exported_as_one(study_folder: Path, tmp_path: Path) -> None:
    text = (study_folder / "study.toml").read_text().replace("exported", "more").replace("Exported", "More")
    text = text.replace("by hand, once", "by hand")
    other = tmp_path / "more"
    nasbed.run_study(nasbed.Study.parse(text), other)
    files = nasbed.export_results([study_folder, other, study_folder], tmp_path / "out", ["csv", "ioh", "croissant"])
    whole = Results.load(study_folder).merge(Results.load(other))
    frame = csv.read_csv(tmp_path / "out/evaluations.csv").to_pandas()
    assert frame["strategy"].unique().tolist() == whole.strategies == ["random_search", "by hand, once", "by hand"]
    assert len(frame) == len(whole.evaluations())
    finals = csv.read_csv(tmp_path / "out/finals.csv").to_pandas()
    pd.testing.assert_frame_equal(finals, whole.finals(), check_dtype=False, check_exact=True)
    assert {path.parent.name for path in files if path.name.startswith("IOHprofiler_f1_n")} == {
        "random_search",
        "by_hand",
        "by_hand_once",
    }
    about = json.loads(files[-1].read_text())
    assert about["name"] == "Exported + More"
    nasbed.run_study(nasbed.Study.parse(text.replace("evaluations = 5", "evaluations = 4")), tmp_path / "shorter")
    with pytest.raises(NasbedError, match="budget on 'nasbench201/cifar100' is 5 evaluations in"):
        nasbed.export_results([study_folder, tmp_path / "shorter"], tmp_path / "no")
    with pytest.raises(NasbedError, match=r"folder = \[\]; expected a results folder, or several"):
        nasbed.export_results([], tmp_path / "no")
    with pytest.raises(NasbedError, match="is the results folder itself"):
        nasbed.export_results([study_folder, other], other)
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("formats", "about", "words"),
    [
        (["excel"], {}, "unknown format 'excel'; known: csv, parquet, ioh, croissant"),
        ("csv", {}, "formats = 'csv'; expected a list"),
        ([], {}, "formats = []; expected a list"),
        (["csv"], {"licence": "MIT"}, "unknown entry of a description 'licence'; did you mean 'license'?"),
        (["csv"], {"url": " "}, "url = ' '; expected a text"),
    ],
)
def test_what_cannot_be_exported_is_refused(
    study_folder: Path, tmp_path: Path, formats: list[str], about: dict[str, str], words: str
) -> None:
    with pytest.raises(NasbedError) as refused:
        nasbed.export_results(study_folder, tmp_path / "out", formats, about)
    assert words in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_the_command_writes_beside_results_and_never_into_them(
    study_folder: Path, command: Command, tmp_path: Path
) -> None:
    own = command("export", str(study_folder), "--out", str(study_folder))
    assert own.returncode == 2
    assert "is the results folder itself; name another" in own.stderr
    made = command("export", str(study_folder), "--out", str(tmp_path / "out"), "--format", "croissant", "--json")
    assert made.returncode == 0, made.stderr
    assert [Path(file).name for file in json.loads(made.stdout)["files"]] == [
        "evaluations.csv",
        "finals.csv",
        "croissant.json",
    ]
