"""The command line on a study small enough to run in a moment."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from daily import daily, sampled
from forking import Command

import nasbed
from nasbed.commands import catalogue

STUDY = """
name = "small"
seeds = 7
budget = { evaluations = 20 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[strategy]]
use = "random_search"
[[strategy]]
use = "hand_designed"
"""
FILES = {
    "answers", "timings", "run.json", "session.json", "log.txt", "study.toml",
    "table.md", "table.tex", "table_compact.tex", "table.csv", "finals.csv", "curves.csv",
    *(f"{stem}.{kind}" for stem in ("curves", "curves_validation") for kind in ("pdf", "svg", "png")),
}  # fmt: skip


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the study was run, and what the command printed."""
    folder = tmp_path_factory.mktemp("ran")
    (folder / "study.toml").write_text(STUDY)
    words = [sys.executable, "-m", "nasbed", "run", "study.toml", "--engine", "local:1"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.fixture
def ran(ran_once: tuple[Path, str], tmp_path: Path) -> str:
    """What the command printed; its folder is copied into ``tmp_path``."""
    folder, printed = ran_once
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return printed


def test_help_names_every_command(command: Command) -> None:
    shown = command("--help").stdout
    for name in (
        "run",
        "status",
        "watch",
        "clean",
        "report",
        "compare",
        "power",
        "gate",
        "list",
        "query",
        "landscape",
        "data",
        "check",
    ):
        assert re.search(rf"\b{name}\b", shown)


def test_the_version_is_the_packages(command: Command) -> None:
    assert command("--version").stdout == f"nasbed {nasbed.__version__}\n"


def test_a_run_shows_its_table_and_writes_its_files(ran: str, tmp_path: Path) -> None:
    out = tmp_path / "results" / "small"
    assert {path.name for path in out.iterdir()} == FILES
    assert all(path.stat().st_size for path in out.iterdir())
    for words in ("nasbench201/cifar100", "random_search", "hand_designed", "floor", "7 seeds (0 to 6)", "mean ± sd"):
        assert words in ran
    assert "\x1b" not in ran


def test_a_report_is_the_same_bytes_again(ran: str, command: Command, tmp_path: Path) -> None:
    out = tmp_path / "results" / "small"
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    again = command("report", str(out), "--no-figures").stdout
    assert again.partition("written: ")[0] == ran.partition("written: ")[0]
    assert again.partition("written: ")[2].count(str(out)) == 6
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


@pytest.mark.thorough
def test_a_report_has_a_page_and_figures_of_the_strategies_that_are_named(
    ran: str, command: Command, tmp_path: Path
) -> None:
    done = command("report", "results/small", "--only", "random_search", "--style", "single", "--engine", "here")
    assert done.returncode == 0, done.stderr
    out = tmp_path / "results" / "small" / "only" / "random_search"
    assert re.search(
        r"report\.html, .*checklist\.md, results/small/only/random_search/figures \(\d+ files\)", done.stdout
    )
    assert "hand_designed" not in (out / "table.md").read_text(encoding="utf-8")
    assert (out / "figures" / "ecdf.pdf").exists()
    assert ran


def test_json_is_for_scripts(ran: str, command: Command) -> None:
    assert ran
    shown = json.loads(command("report", "results/small", "--no-figures", "--json").stdout)
    rows = {row["strategy"]: row for row in shown["summary"]}
    assert rows["hand_designed"]["test_mean"] == pytest.approx(70.89, abs=0.005)
    assert rows["random_search"]["evaluations"] == 20
    assert rows["random_search"]["test_regret_p"] is None
    assert 0 < rows["hand_designed"]["test_regret_p"] <= 1


@pytest.mark.thorough
def test_output_of_another_encoding_is_no_error(ran: str, command: Command) -> None:
    assert ran
    done = command("report", "results/small", "--no-figures", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "hand_designed" in done.stdout


def test_seeds_and_folder_can_be_chosen(ran: str, command: Command, tmp_path: Path) -> None:
    assert ran
    words = ["--seeds", "3", "--out", "elsewhere", "--fresh", "--json", "--engine", "local:1", "--no-figures"]
    done = command("run", "study.toml", *words)
    assert json.loads(done.stdout)["folder"] == "elsewhere"
    assert "3 seeds (0 to 2)" in (tmp_path / "elsewhere" / "table.md").read_text()
    assert {path.name for path in (tmp_path / "elsewhere").iterdir()} == {
        name for name in FILES if not name.endswith((".pdf", ".svg", ".png"))
    }


def test_strategies_are_listed_with_their_options(command: Command) -> None:
    listed = {entry["name"]: entry for entry in json.loads(command("list", "strategies", "--json").stdout)}
    assert {
        "random_search",
        "regularized_evolution",
        "local_search",
        "reinforce",
        "random_architecture",
        "hand_designed",
        "successive_halving",
    } <= set(listed)
    assert listed["regularized_evolution"]["options"][0] == {
        "name": "population", "default": 23, "accepts": "int, at least 2", "help": "members that are alive at once"
    }  # fmt: skip
    assert "population = 10" in command("list", "strategies").stdout


def test_the_list_says_which_benchmarks_have_a_supernet(command: Command) -> None:
    entries = json.loads(command("list", "benchmarks", "--json").stdout)
    assert {entry["name"] for entry in entries if entry["summary"].endswith(" It has a supernet.")} == {
        "cells",
        "chain",
        "digits201",
    }


def test_the_list_says_what_each_strategy_needs(command: Command) -> None:
    needs = {entry["name"]: entry["needs"] for entry in json.loads(command("list", "strategies", "--json").stdout)}
    assert {
        name: needs[name] for name in ("tpe", "nsga2", "asha", "alternate", "proxy_ranking", "proxy_predictor")
    } == {
        "tpe": None,
        "nsga2": "2 objectives",
        "asha": "fidelities (highest / lowest at least 3)",
        "alternate": "a joint space of architecture and hyperparameters; a space that lists its architectures",
        "proxy_ranking": "measures: synflow",
        "proxy_predictor": "measures: synflow, jacov, nwot; encodings: one_hot",
    }
    table = command("list", "strategies").stdout
    assert re.search(r"^ name +what it is +options +needs *$", table, re.MULTILINE)
    assert re.search(r"^ nsga2 .* 2 objectives *$", table, re.MULTILINE)


def test_one_strategy_is_listed_by_its_name(command: Command, tmp_path: Path) -> None:
    shown = command("list", "strategies", "nsga2").stdout
    assert re.match(r"nsga2: .+\nclass: nasbed\.strategies\.nsga2:NSGA2\nneeds: 2 objectives\n", shown)
    assert re.search(r"^ population +\d+ +int, at least \d+ +\w", shown, re.MULTILINE)
    (entry,) = json.loads(command("list", "benchmarks", "nasbench201", "--json").stdout)
    assert entry["name"] == "nasbench201"
    (tmp_path / "mine.py").write_text(
        "from dataclasses import dataclass\nfrom nasbed import Script\n\n"
        "@dataclass(frozen=True)\nclass Mine(Script):\n    def search(self, task, rng): yield\n"
    )
    assert command("list", "strategies", "mine:Mine").stdout.endswith("needs: nothing\n\nIt has no options.\n")


def test_a_name_that_is_not_there_is_not_listed(command: Command) -> None:
    done = command("list", "strategies", "tpee")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: unknown strategy 'tpee'; did you mean 'tpe'?")


def test_benchmarks_are_listed_with_their_data_sets(command: Command) -> None:
    entries = json.loads(command("list", "benchmarks", "--json").stdout)
    entry = next(entry for entry in entries if entry["name"] == "nasbench201")
    assert "'ImageNet16-120'" in next(option["accepts"] for option in entry["options"] if option["name"] == "dataset")
    silent = [(one["name"], option["name"]) for one in entries for option in one["options"] if not option["help"]]
    assert silent == []


def test_one_benchmark_is_listed_with_all_that_its_options_may_name(command: Command) -> None:
    (entry,) = json.loads(command("list", "benchmarks", "nasbench201", "--json").stdout)
    offers = entry["offers"]
    assert offers["datasets"] == ["cifar10", "cifar100", "ImageNet16-120"]
    assert offers["objectives"] == [
        {"name": "accuracy", "unit": "%", "direction": "maximise", "searched": True},
        {"name": "flops", "unit": "multiply-accumulates", "direction": "minimise", "searched": False},
        {"name": "latency", "unit": "s", "direction": "minimise", "searched": False},
        {"name": "parameters", "unit": "parameters", "direction": "minimise", "searched": False},
    ]
    assert offers["fidelities"] == {"epochs": [200], "searched": [200], "resumable": False}
    assert offers["measures"] == [{"name": name, "seconds": 0.0, "searched": False} for name in ("parameters", "flops")]
    assert offers["space"] == {
        "name": "nasbench201",
        "size": 15_625,
        "encodings": ["one_hot", "adjacency", "path", "operations"],
    }
    shown = command("list", "benchmarks", "digits201").stdout
    assert "fidelities (epochs): 1 to 11, 12*; a training can be resumed\n" in shown
    assert "\njudged on: test\n" in shown
    assert "surrogate" not in shown
    assert re.search(r"^ accuracy\* +% +maximise *$", shown, re.MULTILINE)
    assert re.search(r"^ loss +nats +minimise *$", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "data", "default"),
    [(name, "images", "digits") for name in ("cells", "chain", "sizes")] + [("sequence", "sequences", "digit_rows")],
)
def test_a_benchmark_that_trains_says_with_what_and_on_what_it_is_judged(
    name: str, data: str, default: str, command: Command
) -> None:
    shown = command("list", "benchmarks", name).stdout
    assert (
        f"\nneeds: {data} to train on (data; '{default}' by default), and the packages torch and scikit-learn ("
        in shown
    )
    assert "\njudged on: test, by networks of its incumbent trained anew; a search sees validation alone\n" in shown
    accepts = {option["name"]: option["accepts"] for option in catalogue.benchmarks(name)[0]["options"]}
    assert accepts.get("precision", "one of 'float32', 'bfloat16'") == "one of 'float32', 'bfloat16'"
    assert (accepts["epochs"], accepts["objectives"]) == ("list of int", "list of str")
    assert accepts["data"] in ("str", "str or ImageData (in Python)", "str or SequenceData (in Python)")


def test_every_benchmark_of_ours_has_its_class_and_options_also_without_tables() -> None:
    entries = {entry["name"]: entry for entry in catalogue.benchmarks()}
    assert [name for name, entry in entries.items() if entry["class"] is None] == []
    options = {option["name"]: option["accepts"] for option in entries["hw_gpt"]["options"]}
    assert options["dataset"] == "a data set of its table"


def test_a_benchmark_whose_table_is_not_here_is_listed_without_what_that_would_offer(command: Command) -> None:
    (entry,) = json.loads(command("list", "benchmarks", "fcnet", "--json").stdout)
    assert (entry["offers"], entry["needs"]) == (None, "nasbed data fetch fcnet")


@pytest.mark.parametrize(
    "architecture", ["11472", "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|"]
)
def test_a_query_shows_every_run_and_split(architecture: str, command: Command) -> None:
    shown = json.loads(command("query", "nasbench201", architecture, "--dataset", "cifar100", "--json").stdout)
    assert shown["index"] == 11472
    rows = {(row["metric"], row["split"]): row for row in shown["benchmarks"]["nasbench201/cifar100"]}
    assert rows["accuracy", "validation"]["runs"] == {"777": 70.58, "888": 70.42}
    assert rows["accuracy", "test"]["value"] == pytest.approx(70.89)
    assert rows["parameters", "none"]["value"] == 565_236


def test_a_query_without_a_data_set_shows_all(command: Command) -> None:
    shown = command("query", "nasbench201", "0").stdout
    for label in ("nasbench201/cifar10", "nasbench201/cifar100", "nasbench201/ImageNet16-120"):
        assert label in shown


def test_info_says_what_each_column_is(command: Command) -> None:
    shown = json.loads(command("data", "info", "nasbench201", "--json").stdout)
    assert shown["verified"]
    origins = {(c["dataset"], c["split"]): c["origin"] for c in shown["columns"] if c["metric"] == "accuracy"}
    assert origins["cifar10", "validation"].startswith("cifar10-valid, x-valid: trained on 25,000 images")
    shown = command("data", "info", "nasbench201").stdout
    assert "trained on 25,000 images" in shown
    for line in ("architectures: 15,625", "resumable: no", "sources:", "datasets: cifar10, cifar100, ImageNet16-120"):
        assert f"\n{line}\n" in shown
    assert not re.search("^(members|study|decisions|files):", shown, re.MULTILINE)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex, which is not part of Python")
def test_the_latex_table_compiles_within_the_page(ran: str, tmp_path: Path) -> None:
    assert ran
    (tmp_path / "page.tex").write_text(
        r"\documentclass[10pt]{article}\usepackage{booktabs,graphicx}\begin{document}"
        r"\input{results/small/table.tex}\end{document}"
    )
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


@pytest.mark.parametrize(
    ("words", "named"),
    sampled(
        [
            (["rnu"], "no such command 'rnu'"),
            (["run"], "missing argument 'study'; nasbed run --help says what there is"),
            (["run", "study.toml", "--seed", "3"], "no such option: --seed"),
            (["run", "study.toml", "--seeds", "many"], "--seeds 'many'; expected a whole number"),
            (["run", "study.toml", "--seeds=2.5"], "--seeds '2.5'; expected a whole number"),
            (["power", "--seeds", "3", "--seeds", "x"], "--seeds 'x'; expected a whole number"),
            (["search-model", "--data", "digits", "--minutes", "two"], "--minutes 'two'; expected a number"),
            (["train", "--device", "gpu"], "--device 'gpu'; expected one of auto, cpu, cuda"),
            (["list", "methods"], "kind 'methods'; expected one of strategies, benchmarks"),
            (["data", "fetchh"], "no such command 'fetchh'"),
            (["query", "nasbench201"], "missing argument 'architecture'"),
            (["list"], "missing argument 'kind'. Choose from: strategies, benchmarks; nasbed list --help says"),
        ],
        3,
    ),
)
def test_a_usage_error_names_the_word_and_exits_with_2(words: list[str], named: str, command: Command) -> None:
    done = command(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {named}")
    assert done.stderr.count("\n") == 1


def test_the_installed_script_is_the_module(command: Command) -> None:
    script = Path(sys.executable).with_name("nasbed")
    assert subprocess.check_output([script, "--version"], text=True) == command("--version").stdout


@pytest.mark.parametrize(
    "words",
    daily([["list", "strategies"], ["list", "strategies", "--json"], ["--help"]], ["--help"]),
)
def test_a_reader_that_has_gone_is_no_error(words: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nasbed", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.communicate(timeout=600)[1] == ""


def test_nothing_in_a_pipe_is_a_control_character_or_noise(ran: str, command: Command) -> None:
    shown = [ran]
    for words in ("--help", "run --help", "list strategies", "query nasbench201 0", "data info nasbench201"):
        done = command(*words.split())
        assert (done.returncode, done.stderr) == (0, "")
        shown.append(done.stdout)
    for text in shown:
        assert all(character.isprintable() or character == "\n" for character in text)


def test_a_query_shows_numbers_as_they_were_published(command: Command) -> None:
    shown = command("query", "nasbench201", "11472", "--dataset", "cifar100").stdout
    assert " 70.5 % " in shown
    assert " 70.89 % " in shown


@pytest.mark.parametrize("label", daily(["_mine", "$\\bad$", "<b> & 100 %"], "$\\bad$"))
def test_a_figure_shows_a_label_as_it_is(label: str, tmp_path: Path, drawn_once: None) -> None:
    study = nasbed.Study.parse(f"{STUDY}label = '{label}'\n")
    nasbed.write_tables(nasbed.run_study(study, tmp_path / "out", seeds=1), tmp_path)
    drawn = ElementTree.parse(tmp_path / "curves.svg").iter()
    assert label in [element.text for element in drawn if element.tag.endswith("text")]


def test_a_path_that_nobody_can_use_is_one_message(command: Command, tmp_path: Path) -> None:
    far = "a" * 300
    (tmp_path / "study.toml").write_text(STUDY)
    for words, said in (
        (("merge", far), f"error: {far}: File name too long; name a path that can be read and written"),
        (("run", str(tmp_path / "study.toml"), "--out", far), f"error: {far}: File name too long; name a path that"),
        (("power", far), "run.json cannot be read: File name too long; name a results folder that you may read"),
    ):
        done = command(*words)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
