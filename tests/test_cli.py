"""The command line: what it prints for people and for scripts, and the files that it writes."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

import nasbed
from nasbed import catalogue
from nasbed.benchmarks import NASBench201
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.store import read_shard

STUDY = """\
name = "tiny"
title = "A tiny study"
seeds = 3
budget = { evaluations = 5 }
reference = "random_search"

[[benchmark]]
use = "nasbench201"
dataset = "cifar100"

[[strategy]]
use = "hand_designed"
label = "ResNet_50 % of $x$"

[[strategy]]
use = "random_search"
"""
RESNET = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|"
FILES = [
    "table.md", "table.tex", "table.csv", "finals.csv", "curves.csv",
    "curves.pdf", "curves.svg", "curves.png", "curves_validation.pdf", "curves_validation.svg", "curves_validation.png",
]  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """The study above, run by the command with two seeds on two processes, JSON asked for."""

    folder: Path
    done: subprocess.CompletedProcess[str]

    @property
    def out(self) -> Path:
        return self.folder / "out"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("cli")
    (folder / "study.toml").write_text(STUDY)
    words = ["run", "study.toml", "--seeds", "2", "--engine", "local:2", "--out", "out", "--json"]
    done = subprocess.run([sys.executable, "-m", "nasbed", *words], cwd=folder, capture_output=True, text=True)
    return Ran(folder, done)


def plain(text: str) -> bool:
    """Whether a text has no control characters but ends of lines."""
    return all(character.isprintable() or character == "\n" for character in text)


def printed(done: subprocess.CompletedProcess[str]) -> str:
    """What a command printed; it succeeded, in silence on standard error and without control characters."""
    assert (done.returncode, done.stderr) == (0, "")
    assert plain(done.stdout)
    return done.stdout


# Help and usage


def test_help_names_every_command(command: Command) -> None:
    shown = printed(command("--help"))
    for words in ("Usage: nasbed", "run", "report", "list", "query", "data", "--version", "neural architecture search"):
        assert words in shown


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["run"], ["--seeds", "--engine", "--out", "--fresh", "--json", "results/NAME"]),
        (["report"], ["FOLDER", "--json"]),
        (["list"], ["strategies", "benchmarks", "--json"]),
        (["query"], ["--dataset", "--json"]),
        (["data", "info"], ["--json"]),
    ],
    ids=lambda given: " ".join(given) if given[0][0] != "-" else "",
)
def test_help_of_a_command_names_its_options(words: list[str], options: list[str], command: Command) -> None:
    shown = printed(command(*words, "--help"))
    for option in options:
        assert option.lower() in shown.lower()


def test_no_command_shows_the_help(command: Command) -> None:
    for words in ([], ["data"]):
        done = command(*words)
        assert "Usage: nasbed" in done.stdout + done.stderr


def test_the_version_is_that_of_the_distribution(command: Command) -> None:
    assert printed(command("--version")) == f"nasbed {version('nasbed')}\n"
    assert nasbed.__version__ == version("nasbed")


def test_the_installed_script_is_the_module(command: Command) -> None:
    script = Path(sys.executable).with_name("nasbed")
    done = subprocess.run([script, "--version"], capture_output=True, text=True)
    assert printed(done) == printed(command("--version"))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["rnu"], "rnu"),
        (["run"], "STUDY"),
        (["run", "study.toml", "--seed", "3"], "--seed"),
        (["run", "study.toml", "--seeds", "many"], "many"),
        (["list", "methods"], "methods"),
        (["query", "nasbench201"], "ARCHITECTURE"),
    ],
)
def test_a_usage_error_names_the_word_and_exits_with_2(words: list[str], named: str, command: Command) -> None:
    done = command(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert "Usage: nasbed" in done.stderr
    assert "Traceback" not in done.stderr
    assert plain(done.stderr)


# Lists


def test_strategies_are_listed_for_scripts(command: Command) -> None:
    entries = json.loads(printed(command("list", "strategies", "--json")))
    assert entries == json.loads(json.dumps(catalogue.strategies()))
    named = {entry["name"]: entry for entry in entries}
    assert {"hand_designed", "local_search", "random_search", "regularized_evolution", "reinforce"} <= named.keys()
    assert named["regularized_evolution"]["options"][0] == {
        "name": "population",
        "default": 10,
        "accepts": "int, at least 2",
        "help": "members that are alive at once",
    }
    for entry in entries:
        assert entry["summary"].endswith(".")
        assert all(option["help"] and option["accepts"] for option in entry["options"])


def test_strategies_are_listed_for_people(command: Command) -> None:
    words = printed(command("list", "strategies")).split()
    for entry in catalogue.strategies():
        assert entry["name"] in words
        for option in entry["options"]:
            assert option["name"] in words


def test_benchmarks_are_listed(command: Command) -> None:
    entries = json.loads(printed(command("list", "benchmarks", "--json")))
    assert entries == json.loads(json.dumps(catalogue.benchmarks()))
    (ours,) = (entry for entry in entries if entry["name"] == "nasbench201")
    (dataset,) = (option for option in ours["options"] if option["name"] == "dataset")
    assert dataset["accepts"] == "one of 'cifar10', 'cifar100', 'ImageNet16-120'"
    shown = printed(command("list", "benchmarks"))
    for words in ("nasbench201", "dataset", "ImageNet16-120"):
        assert words in shown


# Queries


def test_an_architecture_is_found_by_text_and_by_index(command: Command) -> None:
    by_text = printed(command("query", "nasbench201", RESNET, "--dataset", "cifar100", "--json"))
    assert by_text == printed(command("query", "nasbench201", "11472", "--dataset", "cifar100", "--json"))
    found = json.loads(by_text)
    assert (found["architecture"], found["index"]) == (RESNET, 11472)
    (rows,) = found["benchmarks"].values()
    accuracy = {row["split"]: row for row in rows if row["metric"] == "accuracy"}
    assert round(accuracy["validation"]["value"], 2) == 70.58
    assert round(accuracy["test"]["value"], 2) == 70.42
    assert accuracy["validation"]["unit"] == accuracy["test"]["unit"] == "%"
    runs = accuracy["validation"]["runs"]
    assert sum(runs.values()) / len(runs) == pytest.approx(accuracy["validation"]["value"])


def test_a_query_without_a_data_set_answers_for_all(command: Command) -> None:
    found = json.loads(printed(command("query", "nasbench201", "11472", "--json")))
    assert list(found["benchmarks"]) == [f"nasbench201/{dataset}" for dataset in NASBench201.datasets()]


def test_a_query_for_people_shows_every_split_with_its_unit(command: Command) -> None:
    shown = printed(command("query", "nasbench201", RESNET))
    for words in (
        f"{RESNET}  (index 11472)",
        "nasbench201/ImageNet16-120",
        "70.58 %",
        "70.42 %",
        "validation",
        "777: ",
    ):
        assert words in shown


# Tables


def test_information_on_a_table_is_verified(command: Command) -> None:
    found = json.loads(printed(command("data", "info", "nasbench201", "--json")))
    manifest = Manifest.load(NASBench201.folder)
    assert found["verified"] is True
    assert found["checksum"] == hashlib.sha256((NASBench201.folder / "manifest.toml").read_bytes()).hexdigest()
    assert (found["name"], found["architectures"]) == ("nasbench201", 15_625)
    assert found["datasets"] == ["cifar10", "cifar100", "ImageNet16-120"]
    assert [column["file"] for column in found["columns"]] == [column.file for column in manifest.columns]
    assert found["bytes"] == sum((NASBench201.folder / column.file).stat().st_size for column in manifest.columns)


def test_information_on_a_table_for_people_names_source_and_licence(command: Command) -> None:
    shown = printed(command("data", "info", "nasbench201"))
    for words in ("arXiv 2001.00326", "licence: ", "MIT", "verified: True", "trained on 25,000 images", "validation"):
        assert words in shown


# Runs and reports


def test_a_run_prints_its_summary_for_scripts(ran: Ran) -> None:
    content = json.loads(printed(ran.done))
    assert (content["folder"], content["warnings"]) == ("out", [])
    assert content["files"] == [f"out/{name}" for name in FILES]
    rows = {row["strategy"]: row for row in content["summary"]}
    assert list(rows) == ["ResNet_50 % of $x$", "random_search"]
    assert {(row["benchmark"], row["seeds"]) for row in rows.values()} == {("nasbench201/cifar100", 2)}
    assert (rows["ResNet_50 % of $x$"]["evaluations"], rows["random_search"]["evaluations"]) == (1.0, 5.0)
    assert round(rows["ResNet_50 % of $x$"]["test_mean"], 2) == 70.42
    assert rows["random_search"]["test_regret_p"] is None


def test_a_run_writes_its_tables_figures_records_and_the_study(ran: Ran) -> None:
    for name in [*FILES, "study.toml", "run.json"]:
        assert (ran.out / name).stat().st_size > 0
    assert {path.name for path in ran.out.iterdir()} == {*FILES, "study.toml", "run.json", "answers", "timings"}
    assert (ran.out / "study.toml").read_text() == STUDY
    for path in ran.out.rglob("*.parquet"):
        assert set(read_shard(path)["seed"].tolist()) == {0, 1}
    record = json.loads((ran.out / "run.json").read_text())
    assert (record["complete"], record["seeds"]["count"]) == (True, 2)
    assert record["sessions"][0]["engine"] == "local:2"
    assert record["sessions"][0]["command"][1:] == ran.done.args[3:]


def test_figures_and_tables_can_be_read(ran: Ran) -> None:
    for stem in ("curves", "curves_validation"):
        assert (ran.out / f"{stem}.pdf").read_bytes().startswith(b"%PDF-")
        assert (ran.out / f"{stem}.png").read_bytes().startswith(b"\x89PNG\r\n")
        assert ElementTree.parse(ran.out / f"{stem}.svg").getroot().tag.endswith("svg")
    for name in ("table.csv", "finals.csv", "curves.csv"):
        with (ran.out / name).open(newline="") as opened:
            rows = list(csv.DictReader(opened))
        assert {row["strategy"] for row in rows} == {"ResNet_50 % of $x$", "random_search"}
    assert len((ran.out / "finals.csv").read_text().splitlines()) == 1 + 2 * 2
    assert "ResNet_50 % of $x$" in (ran.out / "curves.svg").read_text()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_the_latex_table_compiles(ran: Ran, tmp_path: Path) -> None:
    (tmp_path / "paper.tex").write_text(
        "\\documentclass[twocolumn]{article}\n\\usepackage{booktabs}\n\\begin{document}\nText.\n"
        + (ran.out / "table.tex").read_text()
        + "\\end{document}\n"
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF-")
    for complaint in ("Missing character", "Overfull \\hbox", "undefined"):
        assert complaint not in done.stdout, done.stdout


def test_a_report_for_people_shows_the_table_and_how_to_read_it(ran: Ran, command: Command) -> None:
    shown = printed(command("report", str(ran.out)))
    for words in (
        "nasbench201/cifar100 (accuracy, %)",
        "ResNet_50 % of $x$",
        "random_search",
        "floor",
        "2 seeds (0 to 1)",
        "Budget: 5 evaluations",
        "Wilcoxon",
        "Cost model: ",
        "written: ",
        "curves_validation.png",
    ):
        assert words in shown


def test_a_report_is_the_same_bytes_each_time(ran: Ran, command: Command) -> None:
    def files() -> dict[str, bytes]:
        return {name: (ran.out / name).read_bytes() for name in FILES}

    before = files()
    first = json.loads(printed(command("report", str(ran.out), "--json")))
    again = json.loads(printed(ran.done))
    assert files() == before
    assert first["summary"] == again["summary"]


def test_the_command_keeps_what_is_stored_and_runs_it_again_when_asked(ran: Ran, tmp_path: Path) -> None:
    shutil.copytree(ran.out, tmp_path / "results/tiny")
    (tmp_path / "study.toml").write_text(STUDY)

    def run(*options: str) -> list[dict[str, Any]]:
        words = ["run", "study.toml", "--engine", "local:1", "--json", *options]
        done = subprocess.run([sys.executable, "-m", "nasbed", *words], cwd=tmp_path, capture_output=True, text=True)
        content = json.loads(printed(done))
        assert content["folder"] == "results/tiny"
        assert {row["seeds"] for row in content["summary"]} == {3}
        sessions: list[dict[str, Any]] = json.loads((tmp_path / "results/tiny/run.json").read_text())["sessions"]
        return sessions

    assert [session["runs"] for session in run()] == [4, 2]
    assert [session["runs"] for session in run("--fresh")] == [4, 2, 6]


# Pipes


@pytest.mark.parametrize("words", [["list", "strategies"], ["list", "strategies", "--json"], ["--help"]])
def test_a_reader_that_has_gone_is_no_error(words: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nasbed", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert complaint == ""


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_output_of_another_encoding_is_no_error(encoding: str, ran: Ran) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}

    def run(*words: str) -> str:
        done = subprocess.run([sys.executable, "-m", "nasbed", *words], capture_output=True, env=environment)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout.decode(encoding)

    assert "random_search" in run("report", str(ran.out))
    assert "random_search" in run("list", "strategies")
    assert json.loads(run("list", "strategies", "--json")) == json.loads(json.dumps(catalogue.strategies()))


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_a_terminal_of_any_width_loses_no_name(width: str, command: Callable[..., Any]) -> None:
    shown = command("list", "strategies", COLUMNS=width).stdout
    for entry in catalogue.strategies():
        assert entry["name"] in shown.split()
