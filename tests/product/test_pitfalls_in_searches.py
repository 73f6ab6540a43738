"""Traps in answers, budgets, noise, seeds and what test regret says, that no other test closes."""

from __future__ import annotations

import random
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from daily import daily, sampled
from ours import ours
from pitfalls_shared import DATASETS, EVERY, EVOLUTION, RANDOM, SEEDS, TABLES, one_dataset, runs
from places import ROOT
from searchable import SEARCHABLE, table_for

import nasbed
from nasbed.results.judge import floor
from nasbed.statistics.paired import contrast
from nasbed.strategies import RegularizedEvolution
from nasbed.studies.study import Study
from nasbed.vocabulary import Proposal, Proposals, Script, Stream, Task


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


@pytest.mark.parametrize("name", sampled(SEARCHABLE, 2))
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


@one_dataset
def test_the_best_seen_validation_over_reports_and_is_not_what_is_scored(dataset: str) -> None:
    excess = dict(zip(DATASETS, (0.11, 0.34, 0.56), strict=True))[dataset]
    """By 0.1 to 0.6 points for evolution after 150 queries; the score is the mean over the recorded trainings."""
    found = runs(EVOLUTION, dataset, 150)
    assert (found.seen - found.runs.validation[:, -1]).mean() == pytest.approx(excess, abs=0.06)
    highest, _ = TABLES[dataset].referee().best()
    assert (found.runs.validation[:, -1] <= highest).all()
    assert dataset == "cifar10" or found.seen.max() > highest


@pytest.mark.parametrize(("dataset", "evaluations"), sampled(zip(DATASETS, (11, 5, 2), strict=True), 3), ids=DATASETS)
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
    """).examine()
    assert f"buys about {evaluations} evaluations, fewer than twice its 23 of warm-up" in warning
    assert "it will look like random search" in warning


@pytest.mark.parametrize("workers", daily([1, 4], 4))
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
    random = runs(RANDOM, "ImageNet16-120", 4_000, "mean", seeds=20).runs
    assert random.test_regret[:, -1].mean() == pytest.approx(lucky, abs=0.2)
    assert random.validation_regret[:, -1].mean() == pytest.approx(worse, abs=0.06)
    evolution = runs(RegularizedEvolution(20, 5), "ImageNet16-120", 1_000, "mean", seeds=50).runs
    assert evolution.validation_regret[:, -1].mean() < 0.05 < worse
    assert evolution.test_regret[:, -1].mean() > lucky
    assert floor(referee, referee, "mean") == pytest.approx((0, 1.111), abs=5e-4)


def test_more_evaluations_do_not_lower_the_test_regret_of_evolution_on_imagenet() -> None:
    judged = runs(RegularizedEvolution(20, 5), "ImageNet16-120", 1_000, seeds=75).runs
    at_400, at_1000 = judged.test_regret[:, [399, 999]].mean(axis=0)
    assert (at_400, at_1000) == pytest.approx((0.81, 0.85), abs=0.08)


def test_the_floor_under_draw_on_imagenet_is_what_a_perfect_optimiser_of_single_draws_gets() -> None:
    referee = TABLES["ImageNet16-120"].referee()
    index, _, chance = referee.winner("draw")
    regret = referee.best()[1] - referee.test(index)
    mean = float(chance @ regret)
    assert floor(referee, referee, "draw")[1] == pytest.approx(mean, abs=1e-12)
    assert (mean, np.sqrt(chance @ regret**2 - mean**2)) == pytest.approx((0.919, 0.392), abs=5e-4)


def pairs_needed(evaluations: int, dataset: str, noise: str) -> float:
    """Pairs for 80 % power at 5 % (normal approximation) of the paired difference in validation regret."""
    ours, theirs = (
        runs(strategy, dataset, 150, noise).runs.validation_regret[:, evaluations - 1]
        for strategy in (EVOLUTION, RANDOM)
    )
    difference = theirs - ours
    return float(7.849 * difference.var(ddof=1) / difference.mean() ** 2)


@one_dataset
def test_how_many_seeds_tell_evolution_from_random_search(dataset: str) -> None:
    noise_free = [pairs_needed(evaluations, dataset, "mean") for evaluations in (150, 50, 20)]
    assert 6 < noise_free[0] < 16 < 35 < noise_free[1] < 140 < 250 < noise_free[2]
    drawn = [pairs_needed(evaluations, dataset, "draw") for evaluations in (150, 50, 20)]
    assert 9 < drawn[0] < 26 < 60 < drawn[1] < 400 < drawn[2]


@one_dataset
def test_ten_seeds_at_50_queries_prove_little_and_are_not_said_to(dataset: str) -> None:
    ours, theirs = (runs(strategy, dataset, 150).runs.validation_regret[:, 49] for strategy in (EVOLUTION, RANDOM))
    tens = [contrast(ours[first : first + 10], theirs[first : first + 10]).p for first in range(0, SEEDS, 10)]
    assert np.mean(np.array(tens) < 0.05) < 0.4
    assert contrast(ours, theirs).p < 0.01


def test_the_shipped_studies_have_enough_seeds() -> None:
    """But for those whose answers or supernets are trainings, which take real time."""
    files = [tomllib.loads(path.read_text()) for path in sorted((ROOT / "studies").glob("*.toml"))]
    studies = [content for content in files if "strategy" in content]
    seeds = [
        content["seeds"]
        for content in studies
        if not any(one["use"] == "chain" or "fallback" in one for one in content["benchmark"])
        and not any(one["use"] in ("darts", "rsps") for one in content["strategy"])
    ]
    assert len(seeds) >= 2
    assert min(seeds) >= 100
