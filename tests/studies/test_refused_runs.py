"""Budgets, engines, architectures and tables with which no run can be made are refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from forking import Command
from tiny import DATASETS, TINY, all_of, benchmark, budget, flip, refused, strategy, top

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.errors import ArchitectureError, BudgetError, DataError, EngineError, NasbedError, UnwiseWarning
from nasbed.studies.study import Study


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
        Study.parse(budget("{ epochs = 199 }")).examine()


def test_a_budget_of_one_cheapest_evaluation_is_enough() -> None:
    assert Study.parse(budget("{ seconds = 542.24 }")).examine() == []
    assert Study.parse(budget("{ epochs = 200 }")).examine() == []


def test_a_run_that_not_all_architectures_have_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(top('noise = "run:2"'))
    words = ("run 2 (seed 999)", "was not made for 7,456 architectures", "noise = 'draw'")
    refused(command("run", "study.toml"), *words)
    assert not (tmp_path / "results").exists()
    where = r"^strategy 'random_search' on nasbench201/cifar10: "
    with pytest.raises(
        DataError, match=where + r".*has no run 3 of 200 epochs; it has 0 \.\. 2 \(seeds 777, 888, 999\)"
    ):
        Study.parse(top('noise = "run:3"')).examine()


def test_a_budget_of_less_than_two_populations_warns_and_runs(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "study.toml").write_text(
        budget("{ evaluations = 45 }").replace("random_search", "regularized_evolution")
    )
    words = "regularized_evolution on nasbench201/cifar10: a budget of 45 evaluations buys about 45 evaluations"
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UnwiseWarning, match=words):
        results = nasbed.run_study("study.toml", "in Python")
    assert results.finals()["evaluations"].tolist() == [45, 45]
    done = command("run", "study.toml", "--no-figures", "--engine", "local:1", "--out", "out")
    assert done.returncode == 0
    assert f"warning: {words}" in done.stderr
    assert "fewer than twice its 23 of warm-up" in done.stderr
    assert "regularized_evolution" in done.stdout
    twice = budget("{ evaluations = 46 }").replace("random_search", "regularized_evolution")
    assert Study.parse(twice).examine() == []


def test_what_is_unwise_on_many_benchmarks_is_said_once_for_each_strategy() -> None:
    several = "".join(
        f'[[benchmark]]\nuse = "nasbench201"\ndataset = "{name}"\n'
        for name in ("cifar10", "cifar100", "ImageNet16-120")
    )
    several += '[[strategy]]\nuse = "random_search"\n[[strategy]]\nuse = "regularized_evolution"\n'
    text = f'name = "several"\nseeds = 2\nbudget = {{ seconds = 20_000 }}\n{several}'
    (warning,) = Study.parse(text).examine()
    assert warning.startswith(
        "regularized_evolution on 3 benchmarks (nasbench201/cifar10 ... nasbench201/ImageNet16-120): a budget of 20,000 simulated"
        " seconds buys about 2 to 11 evaluations, fewer than twice its 23 of warm-up"
    )
    two = text.replace('[[benchmark]]\nuse = "nasbench201"\ndataset = "ImageNet16-120"\n', "")
    (warning,) = Study.parse(two).examine()
    assert warning.startswith("regularized_evolution on nasbench201/cifar10 and nasbench201/cifar100: a budget of")


@pytest.mark.parametrize("engine", ["local:0", "local:", "local:-1", "local:two", "threads:2", "dusk:tcp://host", ""])
def test_an_unknown_engine_is_refused(engine: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        nasbed.run_study(Study.parse(TINY), tmp_path / "out", engine=engine)
    all_of(caught.value, f"unknown engine {engine!r}", "'local:N' with N processes, at least 1")
    assert not (tmp_path / "out").exists()


def test_the_command_refuses_an_unknown_engine(command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(TINY)
    refused(command("run", "study.toml", "--engine", "local:0"), "'local:0'", "at least 1")


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


VALIDATION = "cifar10/validation_accuracy.npy"


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
