"""Traps of tabular benchmarks that no other test closes, and that docs/pitfalls.md names a test for each."""

from __future__ import annotations

import ast
import bz2
import csv
import random
import re
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import made
import numpy as np
import pytest
from fakes import SPACE
from ours import ours
from places import ROOT, SHARED, TESTS, needs_shared
from searchable import SEARCHABLE, table_for

import nasbed
from nasbed import figures
from nasbed.benchmarks.convert import _folder, _pickles, _torchfile
from nasbed.benchmarks.nasbench201 import NASBench201
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import DataError, StrategyError
from nasbed.results.judge import ScoredRuns, floor, judge
from nasbed.statistics.paired import contrast
from nasbed.strategies import RandomSearch, RegularizedEvolution
from nasbed.studies.study import Study
from nasbed.vocabulary import Proposal, Proposals, Script, Strategy, Stream, Task

DATASETS = ("cifar10", "cifar100", "ImageNet16-120")
TABLES = {dataset: NASBench201(dataset) for dataset in DATASETS}
EVERY = np.arange(15_625)
SEEDS = 400
EVOLUTION, RANDOM = RegularizedEvolution(), RandomSearch()

each_dataset = pytest.mark.parametrize("dataset", DATASETS)


@dataclass(frozen=True)
class Runs:
    """Many seeds of one strategy: their judgement, and the value at which each run's incumbent was seen."""

    runs: ScoredRuns
    seen: np.ndarray


@cache
def runs(strategy: Strategy, dataset: str, evaluations: int, noise: str = "draw", seeds: int = SEEDS) -> Runs:
    table, index = TABLES[dataset], TABLES[dataset].space.index
    found = [
        nasbed.search(strategy, table, budget={"evaluations": evaluations}, noise=noise, seed=seed)
        for seed in range(seeds)
    ]
    outcomes = [outcome for result in found for outcome in result.outcomes]
    records = {
        "seed": np.repeat(np.arange(seeds), evaluations),
        "architecture": np.array([index(outcome.arch) for outcome in outcomes]),
        "epochs": np.array([outcome.epochs for outcome in outcomes]),
        "value": np.array([outcome.value for outcome in outcomes]),
        "time": np.array([outcome.time for outcome in outcomes]),
        "last": np.zeros(len(outcomes), dtype=bool),
    }
    judged = judge(records, np.arange(seeds), table.referee(), "best")
    return Runs(judged, np.array([result.incumbent.value for result in found if result.incumbent]))


# what the numbers are


@pytest.mark.parametrize(("dataset", "images"), list(zip(DATASETS, (10_000, 5_000, 3_000), strict=True)), ids=DATASETS)
def test_test_accuracies_are_counts_over_the_clean_half_and_not_over_the_mixture(dataset: str, images: int) -> None:
    """A mean over the runs of k / images; over a mixture of twice as many images half of the sums would be odd."""
    table = TABLES[dataset]
    made_runs = (~np.isnan(table.observations)).sum(axis=1)
    correct = table.referee().test(EVERY) * images / 100 * made_runs
    np.testing.assert_allclose(correct, correct.round(), atol=1e-3)
    assert np.unique(correct.round() % 2).tolist() == [0, 1]


@pytest.fixture
def splits(tmp_path: Path) -> Callable[..., type[Table]]:
    """A table whose splits hold values far apart: train 90, validation 50, mixture 40, test 30 (and the architecture)."""

    def build(*absent: str) -> type[Table]:
        columns = [
            (made.column("accuracy", split, 10), level + np.arange(9.0)[:, None] + np.arange(3.0) / 10)
            for split, level in (("train", 90), ("mixture", 40), ("test", 30), ("validation", 50))
            if split not in absent
        ]
        time = (made.column("training_time", "none", 10, ("architecture",)), 1 + np.arange(9.0))
        return made.table(tmp_path / "made", [*columns, time])

    return build


def test_each_of_four_splits_is_answered_where_it_belongs(splits: Callable[..., type[Table]]) -> None:
    table = splits()()
    for noise in ("draw", "mean", "run:0"):
        seen = [table.oracle(noise)(index, 10, word)[0][0] for index in range(9) for word in range(3)]
        assert 50 <= min(seen) <= max(seen) < 59
    referee = table.referee()
    np.testing.assert_allclose(referee.validation(np.arange(9)), 50.1 + np.arange(9))
    np.testing.assert_allclose(referee.test(np.arange(9)), 30.1 + np.arange(9))
    shown = {row["split"]: row["value"] for row in table.lookup(SPACE.archs[2]) if row["metric"] == "accuracy"}
    assert shown == pytest.approx({"train": 92.1, "mixture": 42.1, "test": 32.1, "validation": 52.1})


@pytest.mark.parametrize("absent", ["validation", "test"])
def test_an_absent_split_is_refused_beside_three_that_are_there(
    splits: Callable[..., type[Table]], absent: str
) -> None:
    with pytest.raises(DataError, match=rf"made has no accuracy \({absent}, 10 epochs\) for toy; it has accuracy"):
        splits(absent)().referee()


def test_the_mixture_does_not_stand_in_for_validation_along_a_training(tmp_path: Path) -> None:
    """As in NAS-Bench-201 on CIFAR-100: the mixture after every epoch, clean validation at the end only."""
    by_epoch = ("architecture", "run", "epoch")
    columns = [
        (made.column("accuracy", "mixture", 4, by_epoch, at=[1, 2, 3, 4]), np.full((9, 3, 4), 40.0)),
        (made.column("accuracy", "validation", 4), np.full((9, 3), 50.0)),
        (made.column("training_time", "none", 4, ("architecture",)), np.ones(9)),
    ]
    table = made.table(tmp_path / "made", columns, epochs=[4], resumable=True)
    assert table(schedule=4, epochs=[4]).oracle()(0, 4, 0) == ((50.0,), 1.0)
    with pytest.raises(DataError, match=r"recorded at its end only, not after 2 epochs"):
        table(schedule=4, epochs=[2, 4]).oracle()


def test_the_shipped_runs_are_those_of_nats_bench_and_of_nothing_else() -> None:
    """The best mean validation is 46.73333 in NATS-Bench and 46.76667 in the older v1_1 file."""
    best, _ = TABLES["ImageNet16-120"].referee().best()
    assert best == pytest.approx(46.73333, abs=5e-6)
    assert best != pytest.approx(46.76667, abs=5e-3)
    (manifest,) = TABLES["ImageNet16-120"].manifests
    assert "runs of NATS-Bench" in manifest.sources[0]


@needs_shared
@pytest.mark.parametrize("index", [0, 11, 284])
def test_the_12_epoch_table_agrees_with_nats_bench(index: int) -> None:
    folder = SHARED / "data" / "nats-bench-sample" / "NATS-tss-v1_0-3ffb9-simple"
    packed = (folder / f"{index:06d}.pickle.pbz2").read_bytes()
    trainings = _pickles.load(bz2.decompress(packed), _torchfile.ADMITTED)["12"]["all_results"]
    with (SHARED / "data" / "nasbench201-12epochs" / "accuracy_12epochs.csv").open(newline="") as file:
        row = list(csv.DictReader(file))[index]
    for dataset, evaluated, column in (
        ("cifar10-valid", "x-valid", "cifar10-val"),
        ("cifar10", "ori-test", "cifar10-test"),
        ("cifar100", "x-valid", "cifar100-val"),
        ("cifar100", "x-test", "cifar100-test"),
        ("ImageNet16-120", "x-valid", "imagenet-val"),
        ("ImageNet16-120", "x-test", "imagenet-test"),
    ):
        recorded = [one["eval_acc1es"][f"{evaluated}@11"] for (name, _), one in trainings.items() if name == dataset]
        assert float(row[column]) == pytest.approx(np.mean(recorded), abs=1e-4)


# trainings of 12 epochs

SHORT_VALUE, SHORT_COST = 99.0, 100.0


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A made-up table of 12-epoch trainings in the data home, each better than any of 200 epochs."""
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    columns = []
    for dataset in DATASETS:
        for metric, split, value in (
            ("accuracy", "validation", SHORT_VALUE),
            ("accuracy", "test", SHORT_VALUE),
            ("training_time", "none", SHORT_COST),
        ):
            file, unit = f"{dataset}/{split}_{metric}.npy", "s" if split == "none" else "%"
            column = Column(file, metric, split, dataset, unit, "maximise", ["architecture"], "made up", 12)  # type: ignore[arg-type]
            columns.append((column, np.full(15_625, value)))
    manifest = Manifest(
        folder=tmp_path / "home" / "nasbench201_12epochs",
        name="nasbench201_12epochs",
        title="Made up",
        space="nasbench201",
        architectures=15_625,
        epochs=[12],
        resumable=False,
        runs=["one value"],
        report="test",
        cost_model="made up",
        licence="none",
        sources=[],
        datasets=list(DATASETS),
    )
    _folder.write(manifest, columns)


@each_dataset
def test_the_default_is_the_200_epoch_training_even_where_the_12_epoch_table_is_there(
    short: None, dataset: str
) -> None:
    assert home.imported() == ["nasbench201_12epochs"]
    table = nasbed.load_benchmark("nasbench201", dataset=dataset)
    assert table.epochs == (200,)
    highest = max(table.oracle()(index, 200, 0)[0][0] for index in EVERY.tolist())
    assert highest == pytest.approx({"cifar10": 91.7, "cifar100": 73.9, "ImageNet16-120": 47.6}[dataset], abs=0.6)


def test_fidelities_12_and_200_are_separate_trainings_charged_in_full(short: None) -> None:
    table = nasbed.load_benchmark("nasbench201", epochs=[12, 200])
    assert (table.epochs, table.resumable) == ((12, 200), False)
    arch = table.space.archs[6111]
    query = nasbed.observe(table, {"evaluations": 5})
    first, second = query(arch, epochs=12), query(arch, epochs=200)
    assert (first.cost, second.cost) == (SHORT_COST, TABLES["cifar10"].costs[6111])
    assert second.time == first.cost + second.cost
    with pytest.raises(StrategyError, match="cannot be resumed: each fidelity is a training of its own"):
        query(arch, epochs=200, resume=first.trial)


def test_a_12_epoch_value_is_no_incumbent_beside_a_200_epoch_one(short: None) -> None:
    table = nasbed.load_benchmark("nasbench201", epochs=[12, 200])
    query = nasbed.observe(table, {"evaluations": 5})
    query(table.space.archs[3], epochs=12)
    assert query(table.space.archs[11472], epochs=200).value < query(table.space.archs[5], epochs=12).value
    result = query.result()
    assert result.incumbent is not None
    assert (result.incumbent.epochs, result.incumbent.arch) == (200, table.space.archs[11472])
    plain = TABLES["cifar10"].referee()
    assert result.scores()["test"] == plain.test(np.array([11472]))[0]
    assert result.scores()["test_regret"] == plain.best()[1] - plain.test(np.array([11472]))[0]


# answers


def test_naming_the_fidelity_costs_what_the_training_took() -> None:
    query = nasbed.observe(TABLES["cifar100"], {"evaluations": 4})
    arch, cost = query.space.archs[857], TABLES["cifar100"].costs[857]
    assert [query(arch, epochs=epochs).cost for epochs in (None, 200, None, 200)] == [cost] * 4
    assert [outcome.time for outcome in query.result().outcomes] == pytest.approx(list(accumulate([cost] * 4)))


@pytest.fixture
def disturbed() -> Iterator[Callable[[int], None]]:
    """Sets the global generators to another state; they are restored after the test."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002

    def disturb(seed: int) -> None:
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002

    yield disturb
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002


@pytest.mark.parametrize("name", SEARCHABLE)
def test_global_random_state_neither_decides_nor_is_touched(name: str, disturbed: Callable[[int], None]) -> None:
    found = []
    nasbed.search(
        ours(name), table_for(name), budget={"evaluations": 30}, seed=5
    )  # the first import of a library may draw
    for state in (1, 2):
        disturbed(state)
        python, numpy = random.getstate(), np.random.get_state()[1]  # noqa: NPY002
        result = nasbed.search(ours(name), table_for(name), budget={"evaluations": 30}, seed=5)
        found.append(result.outcomes)
        assert random.getstate() == python
        assert (np.random.get_state()[1] == numpy).all()  # noqa: NPY002
    assert found[0] == found[1]


def test_the_same_question_has_the_same_answer_in_any_order_and_company(disturbed: Callable[[int], None]) -> None:
    archs = [TABLES["cifar10"].space.archs[index] for index in range(0, 15_625, 521)]

    def answers(order: list[tuple[int, ...]], state: int, interleaved: bool) -> dict[tuple[int, ...], list[float]]:
        query = nasbed.observe(TABLES["cifar10"], {"evaluations": 200}, seed=9)
        other = nasbed.observe(TABLES["cifar100"], {"evaluations": 200}, seed=3)
        given: dict[tuple[int, ...], list[float]] = {}
        for arch in order * 3:
            disturbed(state)
            if interleaved:
                other(arch)
                random.random()
            given.setdefault(arch, []).append(query(arch).value)
        return given

    plain = answers(archs, 1, interleaved=False)
    assert answers(archs[::-1], 2, interleaved=True) == plain
    assert any(len(set(values)) > 1 for values in plain.values())


# noise and incumbents


def test_the_mean_over_seeds_as_the_oracle_takes_a_third_of_evolutions_regret_away() -> None:
    draw, mean = (
        runs(EVOLUTION, "ImageNet16-120", 150, noise).runs.validation_regret[:, -1] for noise in ("draw", "mean")
    )
    assert contrast(mean, draw).p < 1e-6
    assert 1 - mean.mean() / draw.mean() == pytest.approx(1 / 3, abs=0.1)


def test_the_default_noise_is_a_draw_and_the_mean_is_called_by_its_name() -> None:
    study = """
        name = "noise"
        seeds = 6
        budget = { evaluations = 20 }
        [[benchmark]]
        use = "nasbench201"
        [[strategy]]
        use = "random_search"
    """
    assert Study.parse(study).rules.noise == "draw"
    denoised = " ".join(Study.parse('noise = "mean"\n' + study).rules.sentences())
    assert "Noise: none, an evaluation answers with the mean over recorded trainings" in denoised


@pytest.mark.parametrize(("dataset", "excess"), list(zip(DATASETS, (0.11, 0.34, 0.56), strict=True)), ids=DATASETS)
def test_the_best_seen_validation_over_reports_and_is_not_what_is_scored(dataset: str, excess: float) -> None:
    """By 0.1 to 0.6 points for evolution after 150 queries; the score is the mean over the recorded trainings."""
    found = runs(EVOLUTION, dataset, 150)
    assert (found.seen - found.runs.validation[:, -1]).mean() == pytest.approx(excess, abs=0.06)
    highest, _ = TABLES[dataset].referee().best()
    assert (found.runs.validation[:, -1] <= highest).all()
    assert dataset == "cifar10" or found.seen.max() > highest


# budgets


@pytest.mark.parametrize(("dataset", "evaluations"), list(zip(DATASETS, (11, 5, 2), strict=True)), ids=DATASETS)
def test_20000_seconds_buy_a_handful_of_evaluations_and_a_study_is_warned(dataset: str, evaluations: int) -> None:
    table = TABLES[dataset]
    assert round(20_000 / table.typical()) == evaluations
    regrets = []
    for strategy in (EVOLUTION, RANDOM):
        found = [nasbed.search(strategy, table, budget={"seconds": 20_000}, seed=seed) for seed in range(100)]
        counts = [len(result.outcomes) for result in found]
        assert np.mean(counts) == pytest.approx(evaluations, abs=1)
        regrets.append(np.array([result.scores()["validation_regret"] for result in found]))
    assert contrast(*regrets).p > 0.05
    assert dataset == "cifar10" or (regrets[0] == regrets[1]).all()
    (warning,) = Study.parse(f"""
        name = "short"
        seeds = 6
        budget = {{ seconds = 20_000 }}
        [[benchmark]]
        use = "nasbench201"
        dataset = "{dataset}"
        [[strategy]]
        use = "regularized_evolution"
    """).check()
    assert f"buys about {evaluations} evaluations, fewer than twice its 10 of warm-up" in warning
    assert "it will look like random search" in warning


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(("kind", "amount"), [("evaluations", 17), ("seconds", 31_000), ("epochs", 3_300)])
@pytest.mark.parametrize("name", SEARCHABLE)
def test_no_strategy_gets_anything_beyond_the_budget(name: str, kind: str, amount: int, workers: int) -> None:
    result = nasbed.search(ours(name), table_for(name), budget={kind: amount}, workers=workers)
    assert result.outcomes
    spent = {
        "evaluations": len(result.outcomes),
        "seconds": max(outcome.time for outcome in result.outcomes),
        "epochs": sum(outcome.epochs for outcome in result.outcomes),
    }
    assert spent[kind] <= amount
    assert sum(outcome.cost for outcome in result.outcomes) <= workers * spent["seconds"]


@pytest.mark.parametrize("budget", [{"evaluations": 17}, {"seconds": 31_000}, {"epochs": 3_400}])
def test_filling_the_population_is_paid_from_the_budget(budget: dict[str, int]) -> None:
    small, large = (
        nasbed.search(RegularizedEvolution(population), TABLES["cifar10"], budget=budget) for population in (50, 5_000)
    )
    assert large.outcomes == small.outcomes
    assert 10 <= len(large.outcomes) <= 17
    assert not large.ended


@dataclass(frozen=True)
class Copies(Script):
    """Proposes cells that are all the same network, one of them twice, and one that is not."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        for arch in (*COPIES, COPIES[0], OTHER):
            yield Proposal(arch)


CELLS = TABLES["cifar10"].space
COPIES = [arch for arch in CELLS.archs if CELLS.canonical(arch) == CELLS.canonical((3, 0, 0, 0, 3, 0))][:3]
OTHER = (3, 3, 3, 3, 3, 3)


def test_repeats_and_copies_are_charged_as_evaluations_and_counted_once_as_networks(tmp_path: Path) -> None:
    assert len(set(COPIES)) == 3
    study = Study.parse(f"""
        name = "copies"
        seeds = 2
        budget = {{ evaluations = 10 }}
        [[benchmark]]
        use = "nasbench201"
        [[strategy]]
        use = "{__name__}:Copies"
    """)
    results = nasbed.run_study(study, tmp_path / "out")
    assert results.finals()["evaluations"].tolist() == [5, 5]
    assert results.finals()["distinct"].tolist() == [2, 2]
    costs = TABLES["cifar10"].costs
    paid = sum(costs[CELLS.index(arch)] for arch in (*COPIES, COPIES[0], OTHER))
    assert results.finals()["seconds"].tolist() == pytest.approx([paid, paid])


# thinking


@dataclass(frozen=True)
class Slow(Script):
    """Thinks for two milliseconds before each proposal."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            time.sleep(0.002)
            yield Proposal(task.space.sample(rng))


def test_thinking_is_reported_and_never_on_the_simulated_clock(tmp_path: Path) -> None:
    budget = {"evaluations": 15}
    slow, fast = (nasbed.search(strategy, TABLES["cifar10"], budget=budget, seed=2) for strategy in (Slow(), RANDOM))
    assert [outcome.time for outcome in slow.outcomes] == list(accumulate(outcome.cost for outcome in slow.outcomes))
    assert slow.outcomes == fast.outcomes
    assert min(slow.thinking[1:]) >= 0.002 > np.median(fast.thinking) > 0
    study = Study.parse(f"""
        name = "slow"
        seeds = 2
        budget = {{ evaluations = 15 }}
        [[benchmark]]
        use = "nasbench201"
        [[strategy]]
        use = "{__name__}:Slow"
        [[strategy]]
        use = "random_search"
    """)
    summary = nasbed.run_study(study, tmp_path / "out").summary().set_index("strategy")
    assert summary["thinking_microseconds"].iloc[0] > 1_500
    assert summary["thinking_microseconds"].iloc[1] > 0
    assert summary["simulated_hours"].nunique() == 1


@dataclass(frozen=True)
class Prepared(Script):
    """Thinks for 30 milliseconds before its first proposal, and then no more."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        time.sleep(0.03)
        while True:
            yield Proposal(task.space.sample(rng))


def test_thinking_before_the_first_proposal_is_not_forgotten() -> None:
    assert nasbed.search(Prepared(), TABLES["cifar10"], budget={"evaluations": 5}).thinking[0] >= 0.03
    query = nasbed.observe(TABLES["cifar10"], {"evaluations": 5})
    time.sleep(0.03)
    query(query.space.archs[0])
    assert query.result().thinking[0] >= 0.03


# what test regret says


def of_random_search(values: np.ndarray, regret: np.ndarray, queries: int) -> float:
    """The exact mean regret of what has the highest of ``values`` among so many uniform draws with replacement."""
    order = np.argsort(-values, kind="stable")
    below = (len(values) - np.arange(len(values) + 1.0)) / len(values)
    return float(-np.diff(below**queries) @ regret[order])


def test_test_regret_alone_ranks_searchers_wrongly_on_imagenet() -> None:
    referee = TABLES["ImageNet16-120"].referee()
    validation, test = referee.validation(EVERY), referee.test(EVERY)
    lucky = of_random_search(validation, test.max() - test, 4_000)
    worse = of_random_search(validation, validation.max() - validation, 4_000)
    assert (lucky, worse) == pytest.approx((0.789, 0.173), abs=5e-4)
    random = runs(RANDOM, "ImageNet16-120", 4_000, "mean", seeds=40).runs
    assert random.test_regret[:, -1].mean() == pytest.approx(lucky, abs=0.2)
    assert random.validation_regret[:, -1].mean() == pytest.approx(worse, abs=0.06)
    evolution = runs(RegularizedEvolution(20, 5), "ImageNet16-120", 1_000, "mean", seeds=100).runs
    assert evolution.validation_regret[:, -1].mean() < 0.05 < worse
    assert evolution.test_regret[:, -1].mean() > lucky
    assert floor(referee, referee, "mean") == pytest.approx((0, 1.111), abs=5e-4)


def test_more_evaluations_do_not_lower_the_test_regret_of_evolution_on_imagenet() -> None:
    judged = runs(RegularizedEvolution(20, 5), "ImageNet16-120", 1_000, seeds=150).runs
    at_400, at_1000 = judged.test_regret[:, [399, 999]].mean(axis=0)
    assert (at_400, at_1000) == pytest.approx((0.81, 0.85), abs=0.08)


def test_the_floor_under_draw_on_imagenet_is_what_a_perfect_optimiser_of_single_draws_gets() -> None:
    referee = TABLES["ImageNet16-120"].referee()
    index, _, chance = referee.winner("draw")
    regret = referee.best()[1] - referee.test(index)
    mean = float(chance @ regret)
    assert floor(referee, referee, "draw")[1] == pytest.approx(mean, abs=1e-12)
    assert (mean, np.sqrt(chance @ regret**2 - mean**2)) == pytest.approx((0.919, 0.392), abs=5e-4)


# seeds


def pairs_needed(evaluations: int, dataset: str, noise: str) -> float:
    """Pairs for 80 % power at 5 % (normal approximation) of the paired difference in validation regret."""
    ours, theirs = (
        runs(strategy, dataset, 150, noise).runs.validation_regret[:, evaluations - 1]
        for strategy in (EVOLUTION, RANDOM)
    )
    difference = theirs - ours
    return float(7.849 * difference.var(ddof=1) / difference.mean() ** 2)


@each_dataset
def test_how_many_seeds_tell_evolution_from_random_search(dataset: str) -> None:
    noise_free = [pairs_needed(evaluations, dataset, "mean") for evaluations in (150, 50, 20)]
    assert 6 < noise_free[0] < 16 < 35 < noise_free[1] < 140 < 250 < noise_free[2]
    drawn = [pairs_needed(evaluations, dataset, "draw") for evaluations in (150, 50, 20)]
    assert 9 < drawn[0] < 26 < 60 < drawn[1] < 400 < drawn[2]


@each_dataset
def test_ten_seeds_at_50_queries_prove_little_and_are_not_said_to(dataset: str) -> None:
    ours, theirs = (runs(strategy, dataset, 150).runs.validation_regret[:, 49] for strategy in (EVOLUTION, RANDOM))
    tens = [contrast(ours[first : first + 10], theirs[first : first + 10]).p for first in range(0, SEEDS, 10)]
    assert np.mean(np.array(tens) < 0.05) < 0.4
    assert contrast(ours, theirs).p < 0.01


def test_the_shipped_studies_have_enough_seeds() -> None:
    files = [tomllib.loads(path.read_text()) for path in sorted((ROOT / "studies").glob("*.toml"))]
    seeds = [content["seeds"] for content in files if "strategy" in content]
    assert len(seeds) >= 2
    assert min(seeds) >= 100


# results of other code

PLAIN = 'use = "nasbench201"\n'
SEVERAL = 'use = "nasbench201"\ndataset = ["cifar10", "cifar100"]\n'
MEASURED = 'use = "nasbench201"\nmeasures = {}\n'
TREE = ("benchmarks/nasbench201.py", "tables/table.py", "tables/manifest.py", "spaces/nasbench201.py")


@pytest.mark.parametrize(
    ("entry", "changed"),
    [
        *((PLAIN, file) for file in (*TREE, "strategies/random_search.py", "/loop.py", "/streams.py")),
        *((SEVERAL, file) for file in (*TREE, "tables/several.py")),
        (MEASURED, "tables/measures.py"),
    ],
    ids=lambda value: {PLAIN: "one", SEVERAL: "several", MEASURED: "measures"}.get(value, value),
)
def test_a_change_to_any_module_that_answers_come_through_makes_stored_runs_foreign(
    entry: str, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"""
name = "identity"
seeds = 1
budget = {{ evaluations = 5 }}
[[benchmark]]
{entry}
[[strategy]]
use = "random_search"
"""
    monkeypatch.setattr("nasbed.studies.series._core", nasbed.studies.series._core.__wrapped__)
    (before,) = Study.parse(text).series()
    key, read = before.key, Path.read_bytes

    def edited(path: Path) -> bytes:
        return read(path) + (b"\n" if path.as_posix().endswith(changed) else b"")

    monkeypatch.setattr(Path, "read_bytes", edited)
    (after,) = Study.parse(text).series()
    assert after.key != key


TINY = """
name = "tiny"
seeds = 60
budget = { evaluations = 10 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
objectives = ["accuracy", "latency"]
[[strategy]]
use = "random_search"
"""


def test_a_figure_of_results_of_other_code_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nasbed.run_study(Study.parse(TINY), tmp_path, seeds=3)
    monkeypatch.setattr("nasbed.studies.series._core", lambda: "another core")
    stale = nasbed.Results.load(tmp_path)
    words = "was run by other code or data (core changed since)"
    assert words in nasbed.comparison_table(stale)
    assert words in nasbed.comparison_table(stale, "latex")
    assert words in figures.caption(stale, "curves")


def test_a_figure_carries_seeds_noise_budget_incumbent_and_cost_model(tmp_path: Path) -> None:
    results = nasbed.run_study(Study.parse(TINY), tmp_path, seeds=6)
    for metric in ("validation_regret", "test_regret"):
        drawn = " ".join(
            " ".join(
                text.get_text() for text in figures.render(results, "curves", captioned=True, metric=metric).texts
            ).split()
        )
        for words in (
            "6 seeds (0 to 5), the same for every strategy",
            "Noise: each evaluation replays one recorded training drawn at random",
            "repeated evaluations are charged",
            "Incumbent: highest single observation at the highest fidelity seen",
            "Budget: 10 evaluations, 1 simulated worker",
            "Cost model: recorded training time of 200 epochs",
        ):
            assert words in drawn


# loading


def test_columns_are_read_once_and_not_for_each_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    load = np.load

    def counting(file: Any, *args: Any, **options: Any) -> Any:
        opened.append(Path(file).name)
        return load(file, *args, **options)

    monkeypatch.setattr(np, "load", counting)
    text = TINY.replace('"latency"', '"parameters", "flops"')
    results = nasbed.run_study(Study.parse(text), tmp_path / "out")
    assert len(results.finals()) == 60
    assert opened
    assert len(opened) < 20
    opened.clear()
    nasbed.run_study(Study.parse(text.replace("seeds = 60", "first_seed = 100\nseeds = 60")), tmp_path / "more")
    assert len(opened) < 10


def test_a_table_loads_in_less_than_a_second() -> None:
    start = time.process_time()
    table = NASBench201("ImageNet16-120")
    table.oracle()
    table.referee()
    assert time.process_time() - start < 1


# docs/pitfalls.md

NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def entries() -> dict[int, str]:
    """The numbered entries of the docs with their text."""
    text = (ROOT / "docs" / "pitfalls.md").read_text(encoding="utf-8")
    found = re.split(r"^### (\d+)\. ", text, flags=re.MULTILINE)[1:]
    return {int(number): body for number, body in zip(found[::2], found[1::2], strict=True)}


def sections(text: str, entry: str) -> list[int]:
    """How many entries each second-level section of a document has that has any."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return [count for part in parts if (count := len(re.findall(entry, part, flags=re.MULTILINE)))]


@cache
def defined(file: str) -> frozenset[str]:
    (path,) = TESTS.rglob(file)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_entries_are_numbered_in_order_and_each_names_its_tests() -> None:
    found = entries()
    assert list(found) == list(range(1, len(found) + 1))
    assert all(NAMED.search(body) for body in found.values())


@pytest.mark.parametrize("number", entries())
def test_every_test_that_an_entry_names_is_there(number: int) -> None:
    named = NAMED.findall(entries()[number])
    assert len(named) == len(set(named)) == entries()[number].count("::")
    for file, name in named:
        assert name in defined(file), f"{file}::{name}"


@needs_shared
def test_every_line_of_the_notes_has_its_entry() -> None:
    notes = (SHARED / "pitfalls.md").read_text(encoding="utf-8")
    ours = (ROOT / "docs" / "pitfalls.md").read_text(encoding="utf-8")
    *of_tables, of_ours = sections(ours, r"^### \d+\. ")
    assert of_tables == sections(notes, "^- ")
    assert len(entries()) == sum(of_tables) + of_ours
