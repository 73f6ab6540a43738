"""Bad input ends in one message that names the value, what was expected and the remedy; nothing is lost or half-written."""

from __future__ import annotations

import importlib
import json
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from types import FrameType
from typing import Any

import numpy as np
import pytest
from forking import Command

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.errors import (
    ArchitectureError,
    BudgetError,
    DataError,
    EngineError,
    Interrupted,
    NasbedError,
    OptionError,
    PluginError,
    StoreError,
    StrategyError,
    StudyError,
    UnknownNameError,
    UnwiseWarning,
)
from nasbed.studies.store import digest, read_shard
from nasbed.studies.study import Study

TINY = """\
name = "tiny"
seeds = 2
budget = { evaluations = 5 }

[[benchmark]]
use = "nasbench201"

[[strategy]]
use = "random_search"
"""

EVOLUTION = 'use = "regularized_evolution"\n'
REINFORCE = 'use = "reinforce"\n'
DATASETS = ("known: cifar10, cifar100, ImageNet16-120",)
SEEDS = ("expected a whole number in 1 .. 1,000,000",)
POSITIVE = ("expected a positive number",)
ONE_BUDGET = ("expected one of evaluations, seconds or epochs", "budget = { evaluations = 200 }")


def strategy(text: str) -> str:
    return TINY.replace('use = "random_search"\n', text)


def benchmark(text: str) -> str:
    return TINY.replace('use = "nasbench201"\n', text)


def budget(text: str) -> str:
    return TINY.replace("{ evaluations = 5 }", text)


def seeds(text: str) -> str:
    return TINY.replace("seeds = 2", text)


def top(text: str) -> str:
    return f"{text}\n{TINY}"


REFUSED: dict[str, tuple[str, type[NasbedError], tuple[str, ...]]] = {
    "strategy": (
        strategy('use = "regularised_evolution"'),
        UnknownNameError,
        ("strategy 'regularised_evolution'", "did you mean 'regularized_evolution'?", "random_search"),
    ),
    "nothing like a strategy": (
        strategy('use = "xyzzy"'),
        UnknownNameError,
        ("'xyzzy'; known: alternate, asha",),
    ),
    "benchmark": (
        benchmark('use = "nasbench21"'),
        UnknownNameError,
        ("benchmark 'nasbench21'", "did you mean 'nasbench201'?"),
    ),
    "data set": (
        benchmark('use = "nasbench201"\ndataset = "cifar01"'),
        UnknownNameError,
        ("data set of nasbench201 'cifar01'", "did you mean 'cifar10'?", *DATASETS),
    ),
    "data set of another type": (benchmark('use = "nasbench201"\ndataset = 10'), UnknownNameError, ("10", *DATASETS)),
    "option": (
        strategy(EVOLUTION + "populaton = 10"),
        UnknownNameError,
        ("option of regularized_evolution 'populaton'", "did you mean 'population'?", "known: population, sample"),
    ),
    "option of a strategy without": (strategy('use = "random_search"\nsize = 1'), UnknownNameError, ("known: none",)),
    "option of a benchmark": (
        benchmark('use = "nasbench201"\ndata_set = "cifar10"'),
        UnknownNameError,
        ("option of nasbench201 'data_set'", "did you mean 'dataset'?"),
    ),
    "option called name": (
        strategy(EVOLUTION + 'name = "RE"'),
        UnknownNameError,
        ("option of regularized_evolution 'name'", "known: population, sample"),
    ),
    "benchmark's option called name": (
        benchmark('use = "nasbench201"\nname = "C10"'),
        UnknownNameError,
        ("option of nasbench201 'name'", "known: dataset"),
    ),
    "key": (top("sedes = 3"), UnknownNameError, ("key of the study 'sedes'", "did you mean 'seeds'?", "budget")),
    "table": (TINY.replace("[[strategy]]", "[[stratgy]]"), UnknownNameError, ("did you mean 'strategy'?",)),
    "no name": (TINY.replace('name = "tiny"', ""), StudyError, ("the key 'name' is missing",)),
    "no seeds": (seeds(""), StudyError, ("the key 'seeds' is missing",)),
    "no budget": (TINY.replace("budget = { evaluations = 5 }", ""), StudyError, ("the key 'budget' is missing",)),
    "no use": (strategy('label = "mine"'), StudyError, ("[[strategy]]", "use = None", "the name of a strategy")),
    "use of another type": (benchmark("use = 201"), StudyError, ("use = 201", "the name of a benchmark")),
    "label of another type": (strategy('use = "random_search"\nlabel = 3'), StudyError, ("label = 3", "a text")),
    "label of two lines": (
        strategy('use = "random_search"\nlabel = "a\\nb"'),
        StudyError,
        ("[[strategy]]", r"label = 'a\nb'", "expected a text"),
    ),
    "label without end": (
        strategy(f'use = "random_search"\nlabel = "{"a" * 5000}"'),
        StudyError,
        ("[[strategy]]", "4,802 more characters", "expected a text of one line, of at most 200 characters"),
    ),
    "title without end": (
        f"title = {{ {'a' * 5000} = 1 }}\n{TINY}",
        StudyError,
        ("title = {'aaa", "more characters", "expected a text of one line"),
    ),
    "label with an escape sequence": (
        benchmark('use = "nasbench201"\nlabel = "\\u001b[31mred"'),
        StudyError,
        ("[[benchmark]]", r"label = '\x1b[31mred'", "expected a text"),
    ),
    "text for a number": (
        strategy(EVOLUTION + 'population = "10"'),
        OptionError,
        ("RegularizedEvolution: population = '10'", "int, at least 2", "default 10"),
    ),
    "bool for a whole number": (strategy(EVOLUTION + "population = true"), OptionError, ("population = True", "int")),
    "whole float for a whole number": (strategy(EVOLUTION + "sample = 3.0"), OptionError, ("sample = 3.0", "int")),
    "bool for a number": (strategy(REINFORCE + "momentum = true"), OptionError, ("momentum = True", "expected float")),
    "text for a real number": (
        strategy(REINFORCE + 'learning_rate = "0.01"'),
        OptionError,
        ("Reinforce: learning_rate = '0.01'", "float, more than 0"),
    ),
    "nan": (strategy(REINFORCE + "learning_rate = nan"), OptionError, ("learning_rate = nan", "more than 0")),
    "infinity": (strategy(REINFORCE + "learning_rate = inf"), OptionError, ("learning_rate = inf", "more than 0")),
    "population 1": (strategy(EVOLUTION + "population = 1"), OptionError, ("population = 1", "at least 2")),
    "momentum 1": (
        strategy(REINFORCE + "momentum = 1"),
        OptionError,
        ("momentum = 1", "at least 0, less than 1", "moving average of rewards"),
    ),
    "learning rate 0": (strategy(REINFORCE + "learning_rate = 0"), OptionError, ("learning_rate = 0", "more than 0")),
    "choice": (
        strategy('use = "local_search"\nimprovement = "steepest"'),
        OptionError,
        ("LocalSearch: improvement = 'steepest'", "one of 'best', 'first'"),
    ),
    "budget of zero": (budget("{ evaluations = 0 }"), BudgetError, ("budget of 0 evaluations", *POSITIVE)),
    "negative budget": (budget("{ seconds = -1.5 }"), BudgetError, ("budget of -1.5 seconds", *POSITIVE)),
    "infinite budget": (budget("{ seconds = inf }"), BudgetError, ("budget of inf seconds", *POSITIVE)),
    "budget of nan": (budget("{ epochs = nan }"), BudgetError, ("budget of nan epochs", *POSITIVE)),
    "budget as text": (budget('{ evaluations = "200" }'), BudgetError, ("budget of '200' evaluations", *POSITIVE)),
    "half an evaluation": (budget("{ evaluations = 1.5 }"), BudgetError, ("1.5 evaluations", "a whole number")),
    "kind of budget": (
        budget("{ evaluation = 5 }"),
        UnknownNameError,
        ("budget 'evaluation'", "did you mean 'evaluations'?", "known: evaluations, seconds, epochs"),
    ),
    "two budgets": (budget("{ evaluations = 5, seconds = 9 }"), BudgetError, ("'seconds': 9", *ONE_BUDGET)),
    "empty budget": (budget("{}"), BudgetError, ONE_BUDGET),
    "bare budget": (budget("200"), BudgetError, ("budget 200", *ONE_BUDGET)),
    "budget of a benchmark": (benchmark('use = "nasbench201"\nbudget = { epochs = 0 }'), BudgetError, POSITIVE),
    "no seed": (seeds("seeds = 0"), StudyError, ("seeds = 0", *SEEDS)),
    "negative seeds": (seeds("seeds = -3"), StudyError, ("seeds = -3", *SEEDS)),
    "seeds as text": (seeds('seeds = "200"'), StudyError, ("seeds = '200'", *SEEDS)),
    "seeds as a list": (seeds("seeds = [1, 2]"), StudyError, ("seeds = [1, 2]", *SEEDS)),
    "bool for seeds": (seeds("seeds = true"), StudyError, ("seeds = True", *SEEDS)),
    "real seeds": (seeds("seeds = 2.0"), StudyError, ("seeds = 2.0", *SEEDS)),
    "negative first seed": (
        top("first_seed = -1"),
        StudyError,
        ("first_seed = -1", "a whole number in 0 .. 2,147,483,647"),
    ),
    "first seed beyond 32 bits": (top("first_seed = 3000000000"), StudyError, ("first_seed = 3000000000",)),
    "noise": (top('noise = "mode"'), OptionError, ("noise = 'mode'", "expected 'draw', 'mean' or 'run:K'")),
    "noise of another type": (top("noise = 1"), OptionError, ("noise = 1", "'draw'")),
    "negative run": (top('noise = "run:-1"'), OptionError, ("noise = 'run:-1'", "K = 0, 1")),
    "repeats": (top('repeats = "fre"'), UnknownNameError, ("'fre'; did you mean 'free'?", "charge, free, refuse")),
    "incumbent": (top('incumbent = "last"'), UnknownNameError, ("incumbent rule 'last'", "known: best, mean")),
    "no worker": (top("workers = 0"), OptionError, ("workers = 0", "a whole number in 1 .. 65,536")),
    "workers as text": (top('workers = "4"'), OptionError, ("workers = '4'", "a whole number")),
    "reference": (
        top('reference = "random_serch"'),
        UnknownNameError,
        ("reference of the study 'random_serch'", "did you mean 'random_search'?"),
    ),
    "labels twice": (
        TINY + '[[strategy]]\nuse = "random_search"\n',
        StudyError,
        ("two entries of [[strategy]] are called 'random_search'", 'label = "..."'),
    ),
    "benchmarks twice": (
        TINY.replace("[[strategy]]", '[[benchmark]]\nuse = "nasbench201"\n\n[[strategy]]'),
        StudyError,
        ("two entries of [[benchmark]] are called 'nasbench201/cifar10'", 'label = "..."'),
    ),
    "grid without values": (
        strategy(EVOLUTION + "[strategy.grid]\nsample = []"),
        OptionError,
        ("grid of 'regularized_evolution'", "{'sample': []}", "a list of values"),
    ),
    "grid of a bare value": (strategy(EVOLUTION + "grid = { sample = 3 }"), OptionError, ("a list of values",)),
    "grid that is a list": (strategy(EVOLUTION + "grid = [2, 3]"), OptionError, ("[2, 3]", "a list of values")),
    "option of a grid": (
        strategy(EVOLUTION + "grid = { samples = [2, 3] }"),
        UnknownNameError,
        ("'samples'", "did you mean 'sample'?"),
    ),
    "value of a grid": (strategy(EVOLUTION + "grid = { sample = [2, 0] }"), OptionError, ("sample = 0", "at least 1")),
    "option beside its grid": (
        strategy(EVOLUTION + "sample = 3\ngrid = { sample = [2, 5] }"),
        OptionError,
        ("grid of 'regularized_evolution'", "sample"),
    ),
    "no strategy": (TINY[: TINY.index("[[strategy]]")], StudyError, ("at least one [[strategy]]",)),
    "no benchmark": (
        TINY.replace('[[benchmark]]\nuse = "nasbench201"\n', ""),
        StudyError,
        ("at least one [[benchmark]]",),
    ),
    "strategy as text": (strategy("").replace("[[strategy]]", "") + "\n", StudyError, ("[[strategy]]", "'use'")),
    "single brackets": (TINY.replace("[[strategy]]", "[strategy]"), StudyError, ("at least one [[strategy]]",)),
    "name with a slash": (TINY.replace('"tiny"', '"a/b"'), StudyError, ("name = 'a/b'", "can name a folder")),
    "name of the parent": (TINY.replace('"tiny"', '".."'), StudyError, ("name = '..'", "can name a folder")),
    "empty name": (TINY.replace('"tiny"', '""'), StudyError, ("name = ''", "can name a folder")),
    "name with a backslash": (TINY.replace('"tiny"', "'a\\b'"), StudyError, ("can name a folder",)),
    "name of two lines": (TINY.replace('"tiny"', '"a\\nb"'), StudyError, (r"name = 'a\nb'", "can name a folder")),
    "blank name": (TINY.replace('"tiny"', '" "'), StudyError, ("name = ' '", "can name a folder")),
    "name as a number": (TINY.replace('"tiny"', "7"), StudyError, ("name = 7", "can name a folder")),
    "name that no file system takes": (TINY.replace("tiny", "t" * 300), StudyError, ("can name a folder",)),
    "plug-in that is not there": (strategy('use = "nowhere_at_all:Mine"'), PluginError, ("nowhere_at_all",)),
    "plug-in without a class": (strategy('use = "json:"'), PluginError, ("'json:'", "package.module:name")),
    "class that is not there": (
        strategy('use = "json:JSONDecodr"'),
        PluginError,
        ("name of json 'JSONDecodr'", "did you mean 'JSONDecoder'?"),
    ),
    "class of another kind": (
        strategy('use = "json:JSONDecoder"'),
        PluginError,
        ("'json:JSONDecoder'", "expected a concrete subclass of nasbed.vocabulary.Strategy"),
    ),
    "abstract class": (strategy('use = "nasbed:Script"'), PluginError, ("'nasbed:Script'", "a concrete subclass")),
    "instance for a class": (strategy('use = "sys:path"'), PluginError, ("'sys:path'", "a concrete subclass")),
    "benchmark for a strategy": (
        strategy('use = "nasbed.benchmarks.nasbench201:NASBench201"'),
        PluginError,
        ("NASBench201", "nasbed.vocabulary.Strategy"),
    ),
    "strategy for a benchmark": (
        benchmark('use = "nasbed.strategies.random_search:RandomSearch"'),
        PluginError,
        ("RandomSearch", "nasbed.vocabulary.Benchmark"),
    ),
    "function that cannot be called": (
        strategy('use = "function:sys:path"'),
        OptionError,
        ("'function:sys:path'", "a function that takes a query"),
    ),
    "function that is not there": (
        strategy('use = "function:json:dum"'),
        PluginError,
        ("'dum'", "did you mean 'dump'?"),
    ),
}

MALFORMED = {
    "no closing quote": ('name = "tiny\nseeds = 2\n', 1),
    "no value": (TINY.replace("seeds = 2", "seeds ="), 2),
    "a line that is no key": (TINY.replace("seeds = 2", "seeds 2"), 2),
    "a key twice": (TINY.replace("seeds = 2", "seeds = 2\nseeds = 3"), 3),
}


def refused(result: CompletedProcess[str], *words: str) -> None:
    """Exit code 2, and one line on standard error that holds all the words."""
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("error: "), result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def all_of(message: object, *words: str) -> None:
    for word in words:
        assert word in str(message)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Writes the module ``mine`` into ``tmp_path``, from where it can be imported, anew each time."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(source: str) -> Path:
        path = tmp_path / "mine.py"
        path.write_text(source)
        sys.modules.pop("mine", None)
        importlib.invalidate_caches()
        return path

    yield write
    sys.modules.pop("mine", None)


# What a study file says


@pytest.mark.parametrize("case", REFUSED)
def test_a_study_is_refused_with_what_was_expected(case: str) -> None:
    text, error, words = REFUSED[case]
    with pytest.raises(error) as caught:
        Study.parse(text, "folder/study.toml")
    assert type(caught.value) is error
    all_of(caught.value, "folder/study.toml: ", *words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_toml_is_refused_with_its_line(case: str) -> None:
    text, line = MALFORMED[case]
    with pytest.raises(StudyError, match=rf"^folder/study\.toml: .*\(at line {line}, column \d+\)$"):
        Study.parse(text, "folder/study.toml")


@pytest.mark.parametrize(
    "case",
    [
        "strategy",
        "data set",
        "option called name",
        "key",
        "no budget",
        "bool for a whole number",
        "momentum 1",
        "two budgets",
        "negative seeds",
        "noise",
        "reference",
        "labels twice",
        "grid without values",
        "no benchmark",
        "name with a slash",
        "name that no file system takes",
        "class that is not there",
    ],
)
def test_the_command_refuses_a_study_and_writes_nothing(case: str, command: Command, tmp_path: Path) -> None:
    text, _, words = REFUSED[case]
    (tmp_path / "study.toml").write_text(text)
    refused(command("run", "study.toml"), "study.toml", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_the_command_names_file_and_line_of_malformed_toml(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(TINY.replace("seeds = 2", "seeds = = 2"))
    refused(command("run", "study.toml"), "study.toml: ", "(at line 2, column 9)")


def test_a_study_that_is_not_there_is_refused(command: Command, tmp_path: Path) -> None:
    refused(command("run", "studies/no.toml"), "cannot read the study studies/no.toml", "No such file")
    with pytest.raises(StudyError, match=r"cannot read the study .*: Is a directory"):
        Study.load(tmp_path)


def test_a_study_that_is_not_utf8_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_bytes(TINY.replace("tiny", "caf\xe9").encode("latin-1"))
    refused(command("run", "study.toml"), "study.toml: not UTF-8 text", "at byte 11")


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_bytes(b"\xef\xbb\xbf" + TINY.encode())
    assert Study.load(tmp_path / "study.toml").name == "tiny"


@pytest.mark.parametrize("count", ["0", "-1"])
def test_the_number_of_seeds_on_the_command_line_is_checked(count: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("run", "study.toml", "--seeds", count), f"seeds = {count}", "a whole number in 1 .. 1,000,000")


# Budgets, noise and workers that cannot work


def test_a_budget_that_buys_nothing_names_the_cheapest_cost(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(budget("{ seconds = 500 }"))
    refused(
        command("run", "study.toml"),
        "500 simulated seconds",
        "nasbench201/cifar10",
        "the cheapest takes 542.231 seconds",
    )
    assert not (tmp_path / "results").exists()


def test_a_budget_of_fewer_epochs_than_a_training_is_refused() -> None:
    where = r"^strategy 'random_search' on nasbench201/cifar10: "
    with pytest.raises(
        BudgetError, match=where + r".*199 epochs allows no evaluation .* the cheapest takes 200 epochs"
    ):
        Study.parse(budget("{ epochs = 199 }")).check()


def test_a_budget_of_one_cheapest_evaluation_is_enough() -> None:
    assert Study.parse(budget("{ seconds = 542.24 }")).check() == []
    assert Study.parse(budget("{ epochs = 200 }")).check() == []


def test_a_run_that_not_all_architectures_have_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(top('noise = "run:2"'))
    words = ("run 2 (seed 999)", "was not made for 7,456 architectures", "noise = 'draw'")
    refused(command("run", "study.toml"), *words)
    assert not (tmp_path / "results").exists()
    where = r"^strategy 'random_search' on nasbench201/cifar10: "
    with pytest.raises(
        DataError, match=where + r".*has no run 3 of 200 epochs; it has 0 \.\. 2 \(seeds 777, 888, 999\)"
    ):
        Study.parse(top('noise = "run:3"')).check()


def test_a_budget_of_less_than_two_populations_warns_and_runs(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "study.toml").write_text(
        budget("{ evaluations = 19 }").replace("random_search", "regularized_evolution")
    )
    words = "regularized_evolution on nasbench201/cifar10: a budget of 19 evaluations buys about 19 evaluations"
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UnwiseWarning, match=words):
        results = nasbed.run_study("study.toml", "in Python")
    assert results.finals()["evaluations"].tolist() == [19, 19]
    done = command("run", "study.toml", "--no-figures", "--engine", "local:1", "--out", "out")
    assert done.returncode == 0
    assert f"warning: {words}" in done.stderr
    assert "fewer than twice its 10 of warm-up" in done.stderr
    assert "regularized_evolution" in done.stdout
    twice = budget("{ evaluations = 20 }").replace("random_search", "regularized_evolution")
    assert Study.parse(twice).check() == []


@pytest.mark.parametrize("engine", ["local:0", "local:", "local:-1", "local:two", "threads:2", "dusk:tcp://host", ""])
def test_an_unknown_engine_is_refused(engine: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        nasbed.run_study(Study.parse(TINY), tmp_path / "out", engine=engine)
    all_of(caught.value, f"unknown engine {engine!r}", "'local:N' with N processes, at least 1")
    assert not (tmp_path / "out").exists()


def test_the_command_refuses_an_unknown_engine(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("run", "study.toml", "--engine", "local:0"), "'local:0'", "at least 1")


# Architectures


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "|nor_conv_3x3~0|+|skip~0|none~1|+|none~0|none~1|none~2|",
            ("'skip' on edge 2<-0", "known: none, skip_connect"),
        ),
        ("|none~0|+|none~0|none~1|+|none~0|none~1|", ("malformed architecture", "character 41", "found the end")),
        ("|none~1|+|none~0|none~1|+|none~0|none~1|none~2|", ("expected '~0|' at character 6", "found '~1|+|none~0|'")),
        ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+", ("'+' after the last edge",)),
        ("", ("expected '|'", "found the end", "the form is |op~0|+|op~0|op~1|+|op~0|op~1|op~2|")),
        ("15625", ("index 15625 is outside 0 .. 15624",)),
        ("eleven", ("'eleven'", "expected '|'", "the form is")),
    ],
)
def test_a_malformed_architecture_is_refused(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ArchitectureError) as caught:
        nasbed.load_benchmark("nasbench201").space.parse(text)
    all_of(caught.value, *words)


def test_a_query_for_what_is_not_there_is_refused(command: Command) -> None:
    refused(command("query", "nasbench201", "|none~0|+|none~0|"), "malformed architecture", "the form is |op~0|")
    refused(command("query", "nasbench201", "15625"), "index 15625 is outside 0 .. 15624")
    refused(command("query", "nasbench", "0"), "benchmark 'nasbench'", "did you mean 'nasbench201'?")
    refused(command("query", "nasbench201", "0", "--dataset", "cifar1000"), "did you mean 'cifar100'?", *DATASETS)
    refused(command("data", "info", "nasbench"), "benchmark 'nasbench'", "did you mean 'nasbench201'?")


def test_a_malformed_architecture_in_a_study_names_the_strategy(tmp_path: Path) -> None:
    text = strategy('use = "hand_designed"\nlabel = "ResNet"\narchitecture = "|conv~0|"\n')
    with pytest.raises(NasbedError) as caught:
        nasbed.run_study(Study.parse(text), tmp_path / "out")
    all_of(caught.value, "'ResNet'", "unknown operation 'conv' on edge 1<-0", "nor_conv_3x3")


# Tables

VALIDATION = "cifar10/validation_accuracy.npy"


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: flip(path, -1), "is damaged: its SHA-256 is not the manifest's"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "is damaged: its SHA-256 is not the manifest's"),
        (Path.unlink, "cannot be read: [Errno 2] No such file"),
    ],
    ids=["a flipped bit", "truncated", "missing"],
)
def test_the_command_refuses_a_damaged_table(
    damage: Callable[[Path], object], words: str, command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(NASBench201.folder, folder)
    damage(folder / VALIDATION)
    (tmp_path / "mine.py").write_text(
        "import pathlib\n\nimport nasbed.benchmarks\n\n\nclass Copy(nasbed.benchmarks.NASBench201):\n"
        f"    folder = pathlib.Path({str(folder)!r})\n"
    )
    (tmp_path / "study.toml").write_text(benchmark('use = "mine:Copy"'))
    refused(command("run", "study.toml"), VALIDATION, words, "name the folder of a whole table, or make it again")
    assert not (tmp_path / "results").exists()


def test_the_command_refuses_to_show_a_damaged_table(command: Command, tmp_path: Path) -> None:
    shutil.copytree(NASBench201.folder, tmp_path / "copy")
    (tmp_path / "mine.py").write_text(
        "import pathlib\n\nimport nasbed.benchmarks\n\n\nclass Copy(nasbed.benchmarks.NASBench201):\n"
        f"    folder = pathlib.Path({str(tmp_path / 'copy')!r})\n"
    )
    flip(tmp_path / "copy" / VALIDATION, -1)
    refused(
        command("data", "info", "mine:Copy"),
        VALIDATION,
        "is damaged",
        "name the folder of a whole table, or make it again",
    )
    refused(command("query", "mine:Copy", "0", "--dataset", "cifar10"), VALIDATION, "is damaged")


# Results folders


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A results folder of the tiny study."""
    nasbed.run_study(Study.parse(TINY), tmp_path / "out")
    return tmp_path / "out"


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_results_folder_of_another_study_is_refused(out: Path, command: Command, tmp_path: Path) -> None:
    before = snapshot(out)
    (tmp_path / "study.toml").write_text(TINY.replace("tiny", "other"))
    refused(command("run", "study.toml", "--out", "out"), "out holds the study 'tiny', not 'other'", "--out")
    assert snapshot(out) == before


def test_a_folder_with_other_files_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").write_text("precious")
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("run", "study.toml", "--out", "thesis"), "thesis holds other files", "another folder with --out")
    assert snapshot(tmp_path / "thesis") == {"chapter.tex": b"precious"}


def test_a_folder_that_cannot_be_made_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("run", "study.toml", "--out", "/dev/null/out"), "/dev/null", "--out")
    refused(command("run", "study.toml", "--out", "/proc/out"), "/proc/out", "--out")


@pytest.mark.parametrize("out", ["notes.txt", "notes.txt/out"])
def test_a_file_for_a_results_folder_is_refused(out: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("precious")
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("run", "study.toml", "--out", out), "notes.txt is a file", "--out")
    assert (tmp_path / "notes.txt").read_text() == "precious"


def test_a_report_without_results_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(command("report", "empty"), "empty holds no results", "run a study with --out empty")
    refused(command("report", "nowhere"), "nowhere holds no results", "run a study with --out nowhere")
    assert list((tmp_path / "empty").iterdir()) == []
    assert not (tmp_path / "nowhere").exists()


def test_a_report_on_a_file_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("report", "study.toml"), "study.toml is a file", "results folder")


@pytest.mark.parametrize("content", ["", '{"study": "tiny", ', "[]", "5", '"tiny"', "\x00"])
def test_a_damaged_record_is_refused(content: str, out: Path) -> None:
    shards = snapshot(out / "answers")
    (out / "run.json").write_text(content)
    with pytest.raises(StoreError, match=r"run\.json is damaged.*run the study again"):
        nasbed.Results.load(out)
    with pytest.raises(StoreError, match=r"run\.json is damaged.*another folder"):
        nasbed.run_study(Study.parse(TINY), out)
    assert snapshot(out / "answers") == shards


@pytest.mark.parametrize("key", ["study_text", "seeds", "series"])
@pytest.mark.parametrize("value", ["missing", 5, []])
def test_a_record_with_a_damaged_key_is_refused(key: str, value: object, out: Path) -> None:
    record = json.loads((out / "run.json").read_text())
    del record[key]
    if value != "missing":
        record[key] = value
    (out / "run.json").write_text(json.dumps(record))
    with pytest.raises(StoreError, match=r"run\.json.*run the study again"):
        nasbed.Results.load(out)


ODD_RECORDS: list[tuple[tuple[Any, ...], Any, str]] = [
    (("study_text",), 5, "study_text = 5; expected a text; run the study again"),
    (("seeds",), [], "seeds = []; expected a table; run the study again"),
    (("seeds", "count"), True, "seeds = True; expected a whole number in 1 .. 1,000,000; run the study again"),
    (("series",), [3], "series = [3]; expected a list of tables; run the study again with --out of another folder"),
    (
        ("sessions",),
        None,
        "sessions = None; expected a list of tables; run the study again with --out of another folder",
    ),
    (("series", 0, "strategy"), None, "strategy of a series = None; expected a text; run the study again"),
    (("series", 0, "key"), 1, "key of a series = 1; expected a text; run the study again"),
    (("series", 0, "content"), "x", "content of a series = 'x'; expected a table; run the study again"),
    (("series", 0, "folder"), None, "folder of a series = None; expected a text; run the study again"),
    (("series", 0, "folder"), "../x", "folder of a series = '../x'; expected the name of one below answers; run the"),
    (("series", 0, "folder"), "a" * 300, "2 more characters"),
]


@pytest.mark.parametrize(("where", "value", "message"), ODD_RECORDS, ids=range(len(ODD_RECORDS)))
def test_a_record_of_another_form_is_refused(where: tuple[Any, ...], value: Any, message: str, out: Path) -> None:
    record = json.loads((out / "run.json").read_text())
    inner = record
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    (out / "run.json").write_text(json.dumps(record))
    with pytest.raises(StoreError) as refused:
        nasbed.Results.load(out)
    assert str(refused.value).startswith(f"{out / 'run.json'} is damaged: ")
    assert message in str(refused.value)


@pytest.mark.parametrize("key", ["strategy", "benchmark", "key", "folder", "content"])
def test_a_record_whose_series_lack_a_key_is_refused(key: str, out: Path) -> None:
    record = json.loads((out / "run.json").read_text())
    del record["series"][0][key]
    (out / "run.json").write_text(json.dumps(record))
    with pytest.raises(
        StoreError, match=rf"run\.json is damaged: the key '{key}' of a series is missing; run the study"
    ):
        nasbed.Results.load(out)


@pytest.mark.parametrize("name", ["\x1b]", "\x1bX", "\x1b]0;title", "a" * 5000, "\n\n", " "])
def test_a_folder_of_any_name_leaves_the_rest_of_the_message(name: str) -> None:
    with pytest.raises(StoreError, match=r"run (a|the) study") as refused:
        nasbed.Results.load(name)
    assert len(str(refused.value)) <= 1_000
    assert "\n" not in str(refused.value)


def test_a_folder_whose_name_is_a_tab_can_be_read_in_the_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        StoreError, match=r"^'\\t' holds no results: run\.json is missing; run a study with --out '\\t'$"
    ):
        nasbed.Results.load("\t")


def test_the_command_refuses_a_damaged_record(out: Path, command: Command) -> None:
    (out / "run.json").write_text("{")
    refused(command("report", "out"), "run.json is damaged", "run the study again")


def shard(folder: Path, kind: str = "answers") -> Path:
    (path,) = (folder / kind).rglob("*.parquet")
    return path


@pytest.mark.parametrize("kind", ["answers", "timings"])
@pytest.mark.parametrize("keep", [0, 3, 100, -1])
def test_a_truncated_shard_is_refused(kind: str, keep: int, out: Path) -> None:
    path = shard(out, kind)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StoreError, match=r"\.parquet is damaged .*delete it and run the study again"):
        nasbed.Results.load(out)


def test_a_missing_shard_is_refused_and_made_anew(out: Path) -> None:
    before, path = snapshot(out / "answers"), shard(out)
    path.unlink()
    with pytest.raises(StoreError, match=r"\.parquet is missing; run the study again"):
        nasbed.Results.load(out)
    nasbed.run_study(Study.parse(TINY), out)
    assert snapshot(out / "answers") == before


def test_no_flipped_bit_of_a_shard_changes_an_answer(out: Path) -> None:
    path = shard(out)
    content, right = path.read_bytes(), digest(read_shard(path))
    refusals = 0
    places = [*range(0, len(content), 4)]
    for place in places:
        flip(path, place)
        try:
            assert digest(read_shard(path)) == right, place
        except StoreError:
            refusals += 1
        path.write_bytes(content)
    assert refusals > len(places) / 2


def test_the_command_refuses_a_damaged_shard_and_makes_it_anew_once_deleted(
    out: Path, command: Command, tmp_path: Path
) -> None:
    before, path = snapshot(out / "answers"), shard(out)
    values = read_shard(path)["accuracy"]
    flip(path, path.read_bytes().index(values.view(np.uint8).reshape(-1, 8).T.tobytes()[-4:]))
    (tmp_path / "study.toml").write_text(TINY)
    words = (path.name, "is damaged", "delete it and run the study again")
    refused(command("report", "out"), *words)
    refused(command("run", "study.toml", "--engine", "local:1", "--out", "out"), *words)
    path.unlink()
    nasbed.run_study(Study.parse(TINY), out)
    assert snapshot(out / "answers") == before


def test_a_report_on_half_a_shard_says_that_runs_are_missing(tmp_path: Path) -> None:
    def stop(label: str, done: int, total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    study = Study.parse(seeds("seeds = 40"))
    with pytest.raises(Interrupted, match="20 of 40 runs are stored"):
        nasbed.run_study(study, tmp_path / "out", progress=stop)
    with pytest.raises(StoreError, match="run the study again"):
        nasbed.Results.load(tmp_path / "out")
    assert len(nasbed.run_study(study, tmp_path / "out").finals()) == 40


def test_a_stop_before_the_record_is_written_leaves_a_folder_to_go_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nasbed.studies.runner.provenance", stop)
    with pytest.raises((Interrupted, KeyboardInterrupt)):
        nasbed.run_study(Study.parse(TINY), tmp_path / "out")
    monkeypatch.undo()
    assert len(nasbed.run_study(Study.parse(TINY), tmp_path / "out").finals()) == 2


# Strategies that fail

SEARCHER = """\
import sys
from dataclasses import dataclass

from nasbed import Proposal, Script, Searcher, Strategy


class Search(Searcher):
    def __init__(self, task):
        self.arch, self.asked, self.told = task.space.archs[0], 0, 0

    def ask(self):
        self.asked += 1
        {ask}
        return Proposal(self.arch)

    def tell(self, outcome):
        self.told += 1
        {tell}


@dataclass(frozen=True)
class Mine(Strategy):
    def start(self, task, rng):
        {start}
        return Search(task)
"""

SCRIPT = """\
from dataclasses import dataclass

from nasbed import Proposal, Script


@dataclass(frozen=True)
class Mine(Script):
    def search(self, task, rng):
        arch = task.space.archs[0]
        yield Proposal(arch)
        {then}
"""

MINE = strategy('use = "mine:Mine"\nlabel = "my method"\n')


def searcher(**places: str) -> str:
    return SEARCHER.format(**{"start": "pass", "ask": "pass", "tell": "pass", **places})


CRASHES = {
    "start": (searcher(start="1 / 0"), 0, "1 / 0"),
    "ask": (searcher(ask="if self.asked == 4: 1 / 0"), 3, "1 / 0"),
    "tell": (searcher(tell="if self.told == 3: 1 / 0"), 3, "1 / 0"),
    "script": (SCRIPT.format(then="1 / 0"), 1, "1 / 0"),
    "first step of a script": (SCRIPT.format(then="pass").replace("arch = ", "1 / 0\n        arch = "), 0, "1 / 0"),
}


@pytest.mark.parametrize("where", CRASHES)
def test_a_strategy_that_raises_is_named_with_its_line(
    where: str, module: Callable[[str], Path], tmp_path: Path
) -> None:
    source, evaluations, culprit = CRASHES[where]
    path = module(source)
    line = next(number for number, text in enumerate(source.splitlines(), 1) if culprit in text)
    with pytest.raises(StrategyError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    assert str(caught.value) == (
        f"strategy 'my method' on nasbench201/cifar10, seed 0, after {evaluations} evaluations:"
        f" ZeroDivisionError: division by zero ({path}, line {line})"
    )


STRAY = "next(iter(()))"
STRAYS = {
    "ask": searcher(ask=f"if self.asked == 4: {STRAY}"),
    "tell": searcher(tell=f"if self.told == 3: {STRAY}"),
    "script": SCRIPT.format(then=f"yield Proposal(arch); yield Proposal(arch); {STRAY}"),
}


@pytest.mark.parametrize("where", STRAYS)
def test_a_stray_end_of_an_iteration_is_named_with_its_line(
    where: str, module: Callable[[str], Path], tmp_path: Path
) -> None:
    """Python makes it an error of the generator that it leaves, which may be one of ours."""
    path = module(STRAYS[where])
    line = next(number for number, text in enumerate(STRAYS[where].splitlines(), 1) if STRAY in text)
    with pytest.raises(StrategyError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    all_of(caught.value, "after 3 evaluations: ", "StopIteration", f"({path}, line {line})")


def test_a_file_in_place_of_a_class_is_told_its_classes(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT.format(then="pass") + "\n\ndef search(query):\n    pass\n")
    both = "'mine:Mine' or 'function:mine:search'"
    (tmp_path / "study.toml").write_text(strategy('use = "mine.py"\n'))
    refused(command("run", "study.toml"), "unknown strategy 'mine.py'; a strategy of your own is named by", both)
    for use in ("mine", str(tmp_path / "mine.py")):
        refused(command("check", "strategy", use), f"unknown strategy '{use}'", both)
    refused(
        command("check", "benchmark", "mine.py"), "a benchmark of your own is named by module and class: 'mine:Mine'"
    )
    refused(command("check", "benchmark", "no.py"), "is named by module and class: 'no:NAME'")
    refused(command("check", "strategy", "mine.py:Mine"), "names a file; expected its module: 'mine:Mine'")


def test_a_negative_index_is_no_option(command: Command) -> None:
    refused(command("query", "nasbench201", "-1"), "error: index -1 is outside 0 .. 15624")
    assert "No such option: --jsn" in command("query", "nasbench201", "0", "--jsn").stderr


@pytest.mark.parametrize("engine", ["local:1", "local:2"])
def test_the_command_names_a_strategy_that_raises(engine: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CRASHES["tell"][0])
    (tmp_path / "study.toml").write_text(MINE)
    refused(
        command("run", "study.toml", "--engine", engine),
        "strategy 'my method' on nasbench201/cifar10, seed 0, after 3 evaluations",
        "ZeroDivisionError: division by zero",
        "mine.py, line 18)",
    )


@pytest.mark.parametrize("end", ["sys.exit()", "sys.exit(0)", "raise SystemExit('done')"])
def test_a_strategy_that_exits_is_an_error(end: str, module: Callable[[str], Path], tmp_path: Path) -> None:
    module(searcher(ask=end))
    with pytest.raises(StrategyError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    all_of(caught.value, "strategy 'my method'", "after 0 evaluations", "SystemExit")


def test_an_error_inside_a_library_names_the_line_of_the_strategy(
    module: Callable[[str], Path], tmp_path: Path
) -> None:
    path = module("import json\n" + SCRIPT.format(then='json.loads("{")'))
    with pytest.raises(StrategyError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    all_of(caught.value, "strategy 'my method'", "JSONDecodeError: Expecting property name", f"{path}, line 12")


def test_an_error_of_ours_that_a_strategy_provokes_names_the_strategy(
    module: Callable[[str], Path], tmp_path: Path
) -> None:
    module(SCRIPT.format(then="task.space.encode((9,) * 6)"))
    with pytest.raises(NasbedError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    all_of(caught.value, "strategy 'my method'", "seed 0", "outside the space 'nasbench201'")


PROPOSALS = {
    "Proposal((9,) * 6)": (
        "proposed (9, 9, 9, 9, 9, 9), which is outside the space 'nasbench201' of 15,625 architectures",
        "expected a tuple like (",
    ),
    "Proposal((0,) * 5)": ("proposed (0, 0, 0, 0, 0)", "outside the space"),
    "Proposal([0] * 6)": ("proposed [0, 0, 0, 0, 0, 0]", "expected a tuple like ("),
    "Proposal('6111')": ("proposed '6111'", "expected a tuple like ("),
    "Proposal(arch, 12)": ("the proposal of |", "asks for 12 epochs; this task offers 200"),
    "Proposal(arch, 200.5)": ("asks for 200.5 epochs; this task offers 200",),
    "Proposal(arch, 'all')": ("asks for 'all' epochs; this task offers 200",),
    "Proposal(arch, measure='synflow')": ("asks for the measure 'synflow'; this task offers none",),
    "Proposal(arch, resume=0)": ("resumes trial 0", "cannot be resumed", "each fidelity is a training of its own"),
    "arch": ("a strategy must propose Proposal(arch), got (",),
    "6111": ("a strategy must propose Proposal(arch), got 6111",),
    "[arch]": ("a strategy must propose Proposal(arch), got (",),
}


@pytest.mark.parametrize("expression", PROPOSALS)
def test_a_proposal_that_the_task_does_not_offer_is_refused(
    expression: str, module: Callable[[str], Path], tmp_path: Path
) -> None:
    module(SCRIPT.format(then=f"yield {expression}"))
    with pytest.raises(StrategyError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    begin = "strategy 'my method' on nasbench201/cifar10, seed 0, after 1 evaluations: "
    assert str(caught.value).startswith(begin)
    all_of(caught.value, *PROPOSALS[expression])


@pytest.mark.parametrize("nothing", ["[]", "None"])
def test_a_script_that_yields_nothing_for_ever_is_stopped(
    nothing: str, module: Callable[[str], Path], tmp_path: Path
) -> None:
    def hung(number: int, frame: FrameType | None) -> None:
        raise TimeoutError("the search does not end")

    module(SCRIPT.format(then=f"while True: yield {nothing}"))
    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(2)
    try:
        with pytest.raises(StrategyError) as caught:
            nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    all_of(caught.value, "strategy 'my method'", "seed 0")
    assert "TimeoutError" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import nothing_of_that_name\n", ("ModuleNotFoundError", "nothing_of_that_name", "mine.py, line 1")),
        ("x = 1\nclass Mine(:\n", ("SyntaxError", "mine.py", "line 2")),
        ("\n\n1 / 0\n", ("ZeroDivisionError", "mine.py, line 3")),
        ("raise SystemExit(0)\n", ("SystemExit", "mine.py, line 1")),
    ],
    ids=["an import", "the syntax", "an exception", "an exit"],
)
def test_a_plug_in_that_fails_to_import_is_refused(
    source: str, words: tuple[str, ...], module: Callable[[str], Path]
) -> None:
    module(source)
    with pytest.raises(PluginError) as caught:
        Study.parse(MINE, "study.toml")
    all_of(caught.value, "study.toml: ", "strategy 'mine:Mine' failed to import", *words)
    assert "importlib" not in str(caught.value)


def test_the_command_refuses_a_plug_in_that_fails_to_import(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import nothing_of_that_name\n")
    (tmp_path / "study.toml").write_text(MINE)
    refused(command("run", "study.toml"), "strategy 'mine:Mine' failed to import", "nothing_of_that_name", "line 1")


OPTIONS = """\
from dataclasses import dataclass

from nasbed import Proposal, Script


@dataclass(frozen=True)
class Mine(Script):
    heat: float

    def search(self, task, rng):
        yield Proposal(task.space.sample(rng))


def function(query, heat=1.0):
    query(query.space.sample(query.rng))
"""


def test_an_option_that_a_plug_in_needs_is_asked_for(module: Callable[[str], Path]) -> None:
    module(OPTIONS)
    with pytest.raises(NasbedError) as caught:
        Study.parse(MINE)
    all_of(caught.value, "strategy 'mine:Mine'", "heat", "missing")


def test_an_unknown_option_of_a_function_is_refused_before_anything_is_written(
    module: Callable[[str], Path], tmp_path: Path
) -> None:
    module(OPTIONS)
    with pytest.raises(UnknownNameError) as caught:
        nasbed.run_study(Study.parse(strategy('use = "function:mine:function"\nheta = 2.0')), tmp_path / "out")
    all_of(caught.value, "'heta'", "did you mean 'heat'?")
    assert not (tmp_path / "out").exists()


def test_an_option_that_cannot_be_stored_is_refused(module: Callable[[str], Path], tmp_path: Path) -> None:
    module(OPTIONS)
    text = strategy('use = "function:mine:function"\nheat = 2020-01-01')
    with pytest.raises(OptionError) as caught:
        nasbed.run_study(Study.parse(text), tmp_path / "out")
    all_of(caught.value, "heat", "2020")
    assert not (tmp_path / "out").exists()


# After a crash

FLAKY = """\
from dataclasses import dataclass
from pathlib import Path

from nasbed import Proposal, Script

BROKEN = Path(__file__).with_name("broken")


@dataclass(frozen=True)
class Mine(Script):
    def search(self, task, rng):
        for step in range(5):
            arch = task.space.sample(rng)
            if rng.random() < 0.02 and BROKEN.exists():
                raise RuntimeError("the disk is on fire")
            yield Proposal(arch)
"""
CRASHING = seeds("seeds = 70") + '[[strategy]]\nuse = "mine:Mine"\nlabel = "my method"\n'


def crash(tmp_path: Path) -> int:
    """Run until the strategy crashes; returns the seed at which it did."""
    (tmp_path / "broken").touch()
    with pytest.raises(StrategyError, match="the disk is on fire") as caught:
        nasbed.run_study(Study.parse(CRASHING), tmp_path / "out")
    (tmp_path / "broken").unlink()
    return int(str(caught.value).split("seed ")[1].split(",")[0])


def counted(text: str, out: Path) -> tuple[int, int]:
    """Runs stored at the start, and runs in all, of a study that then completes."""
    calls: list[tuple[int, int]] = []
    results = nasbed.run_study(Study.parse(text), out, progress=lambda label, done, total: calls.append((done, total)))
    assert len(results.finals()) == calls[-1][0] == calls[-1][1]
    return calls[0]


def test_what_others_finished_is_stored_when_a_strategy_crashes(module: Callable[[str], Path], tmp_path: Path) -> None:
    module(FLAKY)
    seed = crash(tmp_path)
    assert 10 <= seed < 70
    before = snapshot(tmp_path / "out/answers")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("answers/*random*/*")}
    assert len(times) == 2
    assert not json.loads((tmp_path / "out/run.json").read_text())["complete"]
    assert counted(CRASHING, tmp_path / "out") == (70 + seed // 10 * 10, 140)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert before.keys() <= snapshot(tmp_path / "out/answers").keys()
    nasbed.run_study(Study.parse(CRASHING), tmp_path / "unbroken")
    assert snapshot(tmp_path / "out/answers") == snapshot(tmp_path / "unbroken/answers")


def test_a_mended_strategy_runs_anew_and_the_others_do_not(module: Callable[[str], Path], tmp_path: Path) -> None:
    module(FLAKY)
    crash(tmp_path)
    old = snapshot(tmp_path / "out/answers")
    module(FLAKY.replace("BROKEN.exists()", "False"))
    assert counted(CRASHING, tmp_path / "out") == (70, 140)
    new = snapshot(tmp_path / "out/answers")
    assert {name: new[name] for name in old} == old
    assert len([name for name in new if "my_method" in name and name not in old]) == 2
