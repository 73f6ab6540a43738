"""Results of several folders as one, and what is refused since it cannot stand side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from daily import sampled
from forking import Command

import nasbed
from nasbed.errors import OptionError
from nasbed.results.results import Results

STUDY = """
name = "one"
title = "One"
seeds = 4
budget = { evaluations = 6 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[strategy]]
use = "random_search"
[[strategy]]
use = "regularized_evolution"
label = "evolution"
population = 3
sample = 2
"""
SECOND = STUDY.replace('"one"', '"two"').replace('"One"', '"Two"')
OTHERS = SECOND.replace(
    'use = "regularized_evolution"\nlabel = "evolution"\npopulation = 3\nsample = 2', 'use = "local_search"'
)


def _run(folder: Path, text: str) -> Results:
    return nasbed.run_study(nasbed.Study.parse(text), folder)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("joining")
    _run(folder / "one", STUDY)
    _run(folder / "others", OTHERS)
    _run(folder / "elsewhere", SECOND.replace("cifar100", "cifar10"))
    return folder


@pytest.fixture(scope="module")
def one(folders: Path) -> Results:
    return Results.load(folders / "one")


@pytest.fixture(scope="module")
def others(folders: Path) -> Results:
    return Results.load(folders / "others")


def test_other_strategies_on_the_same_benchmark_stand_beside_ours(one: Results, others: Results) -> None:
    whole = one.merge(others)
    assert whole.strategies == ["random_search", "evolution", "local_search"]
    assert (whole.reference, whole.title) == ("random_search", "One + Two")
    scores = whole.scores()
    assert (scores["evolution"] == one.scores()["evolution"]).all()
    assert (scores["local_search"] == others.scores()["local_search"]).all()
    assert len(whole.summary()) == 3
    assert {name: whole.looks[name] for name in one.strategies} == {name: one.looks[name] for name in one.strategies}
    assert len({look.color for look in whole.looks.values()}) == 3


def test_the_same_strategies_on_another_benchmark_stand_below_ours(folders: Path, one: Results) -> None:
    whole = one.merge(Results.load(folders / "elsewhere"))
    assert list(whole.benchmarks) == ["nasbench201/cifar100", "nasbench201/cifar10"]
    assert whole.scores()["evolution"].shape == (4, 2)
    assert whole.looks == one.looks


def test_joined_results_are_those_of_one_study_of_all(one: Results, others: Results, tmp_path: Path) -> None:
    text = STUDY + '[[strategy]]\nuse = "local_search"\n'
    whole = _run(tmp_path, text)
    numbers = whole.summary().select_dtypes("number").drop(columns="thinking_microseconds", errors="ignore")
    joined = one.merge(others).summary()[numbers.columns]
    kept = [name for name in numbers if "thinking" not in name and "micro" not in name]
    assert len(kept) > 10
    assert joined[kept].equals(numbers[kept])


@pytest.mark.parametrize(
    ("change", "words"),
    sampled(
        [
            (
                ("seeds = 4", "seeds = 3"),
                ("the seeds differ: 4 (0 to 3) in 'One' and 3 (0 to 2) in 'Two'", "--seeds N"),
            ),
            (
                ("evaluations = 6", "evaluations = 7"),
                ("budget on 'nasbench201/cifar100' is 6 evaluations in 'One'", "7"),
            ),
            (("seeds = 4", 'noise = "mean"\nseeds = 4'), ("noise is draw in 'One' and mean in 'Two'",)),
            (("seeds = 4", 'incumbent = "mean"\nseeds = 4'), ("incumbent is best in 'One' and mean in 'Two'",)),
            (
                ("population = 3", "population = 2"),
                ("two strategies are called 'evolution'", '"population":2', "label"),
            ),
            (("cifar100", "cifar10"), ("'local_search' on 'nasbench201/cifar100' is in none of them", "subset")),
        ],
        3,
    ),
)
def test_what_cannot_be_compared_is_refused_with_what_differs(
    one: Results, tmp_path: Path, change: tuple[str, str], words: tuple[str, ...]
) -> None:
    text = (OTHERS if "cifar10" in change else SECOND).replace(*change)
    with pytest.raises(OptionError) as refused:
        one.merge(_run(tmp_path, text))
    for word in words:
        assert word in str(refused.value)


def test_another_benchmark_under_our_label_is_refused(one: Results, tmp_path: Path) -> None:
    text = OTHERS.replace('dataset = "cifar100"', 'dataset = "cifar10"\nlabel = "nasbench201/cifar100"')
    with pytest.raises(
        OptionError, match=r"benchmark that is searched on 'nasbench201/cifar100' is nasbench201/cifar100 in"
    ):
        one.merge(_run(tmp_path, text))


def test_one_benchmark_under_two_labels_is_named(one: Results, others: Results) -> None:
    renamed = others.appearing(labels={"nasbench201/cifar100": "C100"})
    with pytest.raises(OptionError, match=r"; 'nasbench201/cifar100' and 'C100' are one benchmark: give it one label"):
        one.merge(renamed)


def test_clashing_strategies_can_be_told_apart_by_their_folders(one: Results, tmp_path: Path) -> None:
    other = _run(tmp_path, SECOND.replace("population = 3", "population = 2"))
    whole = one.merge(other, names=["results/before", "/somewhere/else/after"], apart=True)
    assert whole.strategies == ["random_search", "evolution (before)", "evolution (after)"]
    assert len({look.color for look in whole.looks.values()}) == 3
    with pytest.raises(OptionError, match="expected 2 names"):
        one.merge(other, names=["before"])


def test_different_runs_of_one_strategy_are_refused(one: Results) -> None:
    label, table = "nasbench201/cifar100", one.benchmarks["nasbench201/cifar100"]
    records = one.evaluations().assign(benchmark=label)
    last = records.groupby(["strategy", "seed"]).cumcount() < 5
    shorter = records[last].assign(last=records[last].groupby(["strategy", "seed"]).cumcount() == 4)
    again = Results.from_frame(shorter, table, {"evaluations": 6}, title="again")
    whole = Results.from_frame(records, table, {"evaluations": 6}, title="whole")
    with pytest.raises(
        OptionError, match=r"'whole' and 'again' hold different runs of 'random_search' on 'nasbench201/cif"
    ):
        whole.merge(again)
    assert whole.merge(Results.from_frame(records, table, {"evaluations": 6})).strategies == whole.strategies


def test_report_makes_one_of_several_folders(command: Command, folders: Path, tmp_path: Path) -> None:
    given = [str(folders / name) for name in ("one", "others")]
    refused = command("report", *given)
    assert refused.returncode == 2
    assert "2 folders, and nothing says where their report belongs; name a folder with --out" in refused.stderr
    own = command("report", *given, "--out", given[0])
    assert own.returncode == 2
    assert "is one of the folders, which keeps its own report" in own.stderr
    made = command("report", *given, "--out", str(tmp_path / "out"), "--no-figures", "--json")
    assert made.returncode == 0, made.stderr
    assert [row["strategy"] for row in json.loads(made.stdout)["summary"]] == [
        "random_search",
        "evolution",
        "local_search",
    ]


def test_a_report_replaces_no_tables_of_other_results(command: Command, folders: Path) -> None:
    one, others = (str(folders / name) for name in ("one", "others"))
    for words in (["report", one], ["compare", one, "--archive", "tpe"]):
        refused = command(*words, "--out", others)
        assert refused.returncode == 2
        assert refused.stderr == (
            f"error: --out {others} holds other results, whose tables these would replace; name another folder\n"
        )
