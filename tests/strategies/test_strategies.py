"""Each strategy does what its paper says, and keeps the rules that all must keep."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from fakes import SPACE, failing, run, task
from scipy import stats

import nasbed
from nasbed.benchmarks import Synthetic
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies import (
    ASHA,
    REGISTRY,
    GeneticAlgorithm,
    HandDesigned,
    Hyperband,
    LocalSearch,
    RandomArchitecture,
    RandomSearch,
    RegularizedEvolution,
    Reinforce,
    SimulatedAnnealing,
    SuccessiveHalving,
)
from nasbed.streams import stream
from nasbed.vocabulary import Benchmark, Budget, Outcome, Proposal, Script, ScriptSearcher, Strategy


def rules(evaluations: int = 60, **more: object) -> Rules:
    return Rules(Budget("evaluations", evaluations), **more)  # type: ignore[arg-type]


def archs(strategy: Strategy, benchmark: Benchmark, seed: int = 0, evaluations: int = 60) -> list[tuple[int, ...]]:
    return [outcome.arch for outcome in execute(strategy, benchmark, rules(evaluations), seed).outcomes]


def test_variants_share_their_initial_samples(cifar10: Benchmark) -> None:
    narrow, wide = archs(RegularizedEvolution(10, 3), cifar10), archs(RegularizedEvolution(10, 8), cifar10)
    assert narrow[:10] == wide[:10]
    assert narrow[:10] == archs(RandomSearch(), cifar10)[:10]
    assert narrow != wide


def test_random_search_is_uniform_with_replacement() -> None:
    drawn = Counter(
        o.arch
        for o in run(RandomSearch().start(task(), stream(1, "fake", "search")), task("evaluations", 9000)).outcomes
    )
    assert len(drawn) == 9
    assert stats.chisquare(list(drawn.values())).pvalue > 1e-3


def test_random_architecture_evaluates_one(cifar10: Benchmark) -> None:
    assert len(archs(RandomArchitecture(), cifar10)) == 1


def test_random_architecture_has_the_mean_of_the_space(cifar100: Benchmark) -> None:
    referee, index = cifar100.referee(), cifar100.space.index
    drawn = np.array([index(archs(RandomArchitecture(), cifar100, seed)[0]) for seed in range(3000)])
    everything = referee.test(np.arange(15625))
    assert abs(referee.test(drawn).mean() - everything.mean()) < 4 * everything.std() / math.sqrt(3000)


def test_hand_designed_is_the_residual_cell(cifar10: Benchmark, cifar100: Benchmark, imagenet: Benchmark) -> None:
    for benchmark, validation, test in ((cifar10, 90.86, 93.91), (cifar100, 70.50, 70.89), (imagenet, 44.10, 44.23)):
        (arch,) = archs(HandDesigned(), benchmark)
        index = np.array([benchmark.space.index(arch)])
        assert index[0] == 11472
        assert benchmark.referee().validation(index)[0] == pytest.approx(validation, abs=0.005)
        assert benchmark.referee().test(index)[0] == pytest.approx(test, abs=0.005)


def test_hand_designed_refuses_text_of_another_space() -> None:
    with pytest.raises(nasbed.NasbedError, match="expected two digits"):
        run(HandDesigned().start(task(), stream(0, "fake", "search")), task())


def feed(strategy: Strategy, values: list[float], seed: int = 0) -> list[Proposal]:
    """What a strategy proposes when the n-th outcome has the n-th value."""
    searcher = strategy.start(task(), stream(seed, "fake", "search"))
    proposals = []
    for trial, value in enumerate(values):
        proposal = searcher.ask()
        assert proposal is not None
        proposals.append(proposal)
        searcher.tell(Outcome(proposal.arch, value, 1.0, trial + 1.0, trial, 1, (value,), proposal))
    return proposals


def test_evolution_mutates_the_best_of_its_sample_and_drops_the_oldest() -> None:
    # With 60 candidates out of 3 members, the best member alive is the parent but for a chance of 3e-11.
    values = [5.0, 1.0, 2.0, 3.0, 1.5, 1.2, 0.5]
    proposals = feed(RegularizedEvolution(population=3, sample=60), values)
    alive: list[int] = []
    for trial, proposal in enumerate(proposals):
        if trial >= 3:
            parent = max(alive, key=lambda member: values[member])
            assert proposal.arch in SPACE.neighbours(proposals[parent].arch)
        alive = [*alive, trial][-3:]


def test_failed_trainings_never_become_parents() -> None:
    values = [math.nan, 1.0, 2.0, math.nan, math.nan, math.nan, math.nan]
    proposals = feed(RegularizedEvolution(population=3, sample=60), values)
    for child in proposals[3:]:
        assert child.arch in SPACE.neighbours(proposals[2].arch)


def test_local_search_climbs_by_best_improvement_and_restarts() -> None:
    log = run(LocalSearch("best", starts=1).start(task(), stream(0, "fake", "search")), task("evaluations", 40))
    seen = [SPACE.index(outcome.arch) for outcome in log.outcomes]
    values = {place: 10 * place for place in range(9)}
    current, asked, position = seen[0], {seen[0]}, 1
    while True:
        around = {SPACE.index(arch) for arch in SPACE.neighbours(SPACE.archs[current])}
        fresh = around - asked
        assert set(seen[position : position + len(fresh)]) == fresh
        asked |= fresh
        position += len(fresh)
        best = max(around, key=values.__getitem__)
        if values[best] <= values[current]:
            break
        current = best
    assert current == 8
    assert asked == set(seen[:position])


def test_local_search_by_first_improvement_moves_at_once(cifar10: Benchmark) -> None:
    outcomes = execute(LocalSearch("first", starts=1), cifar10, rules(40), 0).outcomes
    best = outcomes[0]
    for outcome in outcomes[1:8]:
        assert outcome.arch in cifar10.space.neighbours(best.arch)
        best = outcome if outcome.value > best.value else best


def test_a_climb_begins_at_the_best_of_its_starts(cifar10: Benchmark) -> None:
    space, rng = cifar10.space, stream(3, cifar10.label, "search")
    outcomes = execute(LocalSearch("first", starts=7), cifar10, rules(60), 3).outcomes
    assert [one.arch for one in outcomes[:7]] == [space.sample(rng) for _ in range(7)]
    best = max(outcomes[:7], key=lambda one: one.value)
    assert outcomes[7].arch in space.neighbours(best.arch)


@pytest.mark.parametrize("improvement", ["best", "first"])
def test_local_search_does_not_ask_twice_within_a_climb(improvement: str, cifar10: Benchmark) -> None:
    visited = archs(REGISTRY.make("local_search", {"improvement": improvement, "starts": 1}), cifar10, 0, 45)
    assert len(set(visited)) == len(visited)


def generations(options: GeneticAlgorithm, benchmark: Benchmark, count: int = 6) -> list[list[Outcome]]:
    """The generations of a search without an elite."""
    size = options.population
    outcomes = execute(options, benchmark, rules(size * count), 1).outcomes
    return [list(outcomes[start : start + size]) for start in range(0, len(outcomes), size)]


@pytest.mark.parametrize("selection", ["tournament", "rank", "roulette"])
def test_every_selection_favours_the_better_half(selection: str, cifar10: Benchmark) -> None:
    options = GeneticAlgorithm(
        40,
        0,
        selection,
        crossover_probability=0.0,
        mutation_probability=1e-12,  # type: ignore[arg-type]
    )
    better = worse = 0
    for parents, children in pairwise(generations(options, cifar10)):
        ranked = [outcome.arch for outcome in sorted(parents, key=lambda outcome: -outcome.value)]
        assert {child.arch for child in children} <= set(ranked)
        better += sum(child.arch in ranked[:20] for child in children)
        worse += sum(child.arch not in ranked[:20] for child in children)
    assert better > 1.2 * worse


def test_the_elite_stays_without_another_training(cifar10: Benchmark) -> None:
    outcomes = execute(GeneticAlgorithm(6, 5, mutation_probability=1.0), cifar10, rules(40), 2).outcomes
    assert len(outcomes) == 40
    alive = list(outcomes[:6])
    for outcome in outcomes[6:]:
        parents = {one.arch for one in alive}
        bred = [(a, b) for a in parents for b in parents]
        decisions = [{a[place] for pair in bred for a in pair} for place in range(6)]
        strange = sum(value not in known for value, known in zip(outcome.arch, decisions, strict=True))
        assert strange <= 1
        alive = [*sorted(alive, key=lambda one: -one.value)[:5], outcome]


@pytest.mark.parametrize(
    ("crossover", "cuts", "switches"), [("one_point", 3, 1), ("multi_point", 2, 2), ("multi_point", 9, 5)]
)
def test_crossover_cuts_at_so_many_places(crossover: str, cuts: int, switches: int, cifar10: Benchmark) -> None:
    options = GeneticAlgorithm(crossover=crossover, cuts=cuts)  # type: ignore[arg-type]
    of = cifar10.task(Budget("evaluations", 9))
    first, second = (0,) * 6, (4,) * 6
    found = {options._crossed(first, second, of, stream(seed, "fake", "search")) for seed in range(60)}
    assert {sum(a != b for a, b in pairwise(child)) for child in found} == {switches}
    assert {child[0] for child in found} == {0}
    assert len(found) == math.comb(5, switches)


def test_annealing_moves_to_what_is_better_and_to_worse_as_it_is_hot(cifar10: Benchmark) -> None:
    outcomes = execute(SimulatedAnnealing(temperature=1e-9, cooling=1.0), cifar10, rules(200), 3).outcomes
    here = outcomes[0]
    for outcome in outcomes[1:]:
        assert outcome.arch in cifar10.space.neighbours(here.arch)
        here = outcome if outcome.value >= here.value else here
    moved = 0
    outcomes = execute(SimulatedAnnealing(temperature=1e9, cooling=1.0), cifar10, rules(200), 3).outcomes
    for before, after in pairwise(outcomes):
        moved += after.arch in cifar10.space.neighbours(before.arch)
    assert moved == 199


def test_annealing_cools_to_nothing_without_an_error() -> None:
    of = task("evaluations", 3000)
    searcher = SimulatedAnnealing(cooling=0.5).start(of, stream(0, "fake", "search"))
    assert len(run(searcher, of, failing(0, 3)).outcomes) == 3000


def test_successive_halving_promotes_the_best_of_each_rung_and_resumes_them() -> None:
    synthetic = Synthetic(noise=0)
    outcomes = execute(SuccessiveHalving(), synthetic, Rules(Budget("epochs", 2000)), 0).outcomes
    sizes = {1: 81, 3: 27, 9: 9, 27: 3, 81: 1}
    start = 0
    for (epochs, size), (following, kept) in pairwise([*sizes.items(), (None, 0)]):
        rung, above = outcomes[start : start + size], outcomes[start + size : start + size + kept]
        assert [outcome.epochs for outcome in rung] == [epochs] * size
        if following is not None:
            best = sorted(rung, key=lambda outcome: outcome.value, reverse=True)[:kept]
            assert [outcome.arch for outcome in above] == [outcome.arch for outcome in best]
            assert [outcome.proposal.resume for outcome in above] == [outcome.trial for outcome in best]
        start += size
    assert outcomes[start].epochs == 1


@pytest.mark.parametrize(
    ("epochs", "eta", "rungs"),
    [((1, 4, 12), 3, [1, 4, 12]), (range(1, 13), 3, [1, 4, 12]), (range(1, 13), 2, [1, 3, 6, 12]), ((12, 200), 3, [12, 200]),
     ((200,), 3, [200]), ((8, 12), 2, [12])],
)  # fmt: skip
def test_rungs_are_the_fidelities_offered_at_least_eta_apart(epochs: Sequence[int], eta: int, rungs: list[int]) -> None:
    searcher = SuccessiveHalving(eta).start(task(epochs=epochs), stream(0, "fake", "search"))
    first = [searcher.ask() for _ in range(eta ** (len(rungs) - 1))]
    assert [proposal and proposal.epochs for proposal in first] == [rungs[0]] * len(first)
    assert searcher.ask() is None
    log = run(SuccessiveHalving(eta).start(task(epochs=epochs), stream(0, "fake", "search")), task(epochs=epochs))
    assert sorted({outcome.epochs for outcome in log.outcomes}) == rungs


def test_successive_halving_starts_anew_where_nothing_can_be_resumed_and_drops_failures() -> None:
    of = task("evaluations", 13, epochs=(1, 3, 9))
    log = run(SuccessiveHalving().start(of, stream(0, "fake", "search")), of, failing(0, 3, 5, 8))
    assert all(outcome.proposal.resume is None for outcome in log.outcomes)
    assert [outcome.epochs for outcome in log.outcomes] == [1] * 9 + [3] * 3 + [9]
    rung, above = log.outcomes[:9], log.outcomes[9:12]
    best = sorted((outcome for outcome in rung if not outcome.failed), key=lambda outcome: -outcome.value)[:3]
    assert [outcome.arch for outcome in above] == [outcome.arch for outcome in best]


def test_hyperband_begins_a_bracket_at_every_rung() -> None:
    outcomes = execute(Hyperband(), Synthetic(), Rules(Budget("epochs", 4000)), 0).outcomes
    # Li et al. 2018, table 1: R = 81 and eta = 3.
    brackets = [
        [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
        [(34, 3), (11, 9), (3, 27), (1, 81)],
        [(15, 9), (5, 27), (1, 81)],
        [(8, 27), (2, 81)],
        [(5, 81)],
    ]
    expected = [epochs for bracket in brackets for size, epochs in bracket for _ in range(size)]
    assert [outcome.epochs for outcome in outcomes[: len(expected)]] == expected
    assert [outcome.epochs for outcome in outcomes[len(expected) :][:81]] == [1] * min(
        81, len(outcomes) - len(expected)
    )


def test_asha_promotes_the_best_third_of_what_has_arrived() -> None:
    outcomes = execute(ASHA(), Synthetic(noise=0), Rules(Budget("epochs", 900), workers=4), 1).outcomes
    arrived: dict[int, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda one: one.time):
        arrived.setdefault(outcome.epochs, []).append(outcome)
    assert set(arrived) == {1, 3, 9, 27, 81}
    for lower, upper in pairwise(sorted(arrived)):
        trials = {outcome.trial: outcome for outcome in arrived[lower]}
        for outcome in arrived[upper]:
            began = outcome.time - outcome.cost
            parent = trials[outcome.proposal.resume]
            there = [one for one in arrived[lower] if one.time <= began + 1e-6]
            assert sum(one.value > parent.value for one in there) < len(there) // 3 + 1
        resumed = [outcome.proposal.resume for outcome in arrived[upper]]
        assert len(set(resumed)) == len(resumed)


def test_asha_never_waits_for_a_rung() -> None:
    searcher = ASHA().start(task(epochs=(1, 3, 9), workers=50), stream(0, "fake", "search"))
    proposals = [searcher.ask() for _ in range(50)]
    assert all(proposal is not None and proposal.epochs == 1 for proposal in proposals)


def test_reinforce_follows_the_published_equations() -> None:
    options = Reinforce(learning_rate=0.5, momentum=0.9)
    rewards = [50.0, 60.0, 40.0, 90.0]
    searcher = options.start(task(), stream(7, "fake", "search"))
    logits = 0.001 * stream(7, "fake", "search").numpy.standard_normal((2, 3))
    numerator = denominator = 0.0
    first, second = np.zeros((2, 3)), np.zeros((2, 3))
    for step, reward in enumerate(rewards, 1):
        proposal = searcher.ask()
        assert proposal is not None
        searcher.tell(Outcome(proposal.arch, reward, 1.0, 1.0, step, 1, (reward,), proposal))
        numerator, denominator = 0.9 * numerator + 0.1 * reward, 0.9 * denominator + 0.1
        advantage = reward - numerator / denominator
        policy = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        # The gradient of -advantage * sum of log-probabilities.
        gradient = advantage * (policy - np.eye(3)[list(proposal.arch)])
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        logits = logits - 0.5 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    np.testing.assert_allclose(searcher._logits, logits, rtol=1e-9)  # type: ignore[attr-defined]


def test_reinforce_learns_to_prefer_the_better_choice() -> None:
    late = run(
        Reinforce(learning_rate=0.1).start(task(), stream(0, "fake", "search")), task("evaluations", 400)
    ).outcomes[-50:]
    assert np.mean([outcome.arch[0] for outcome in late]) > 1.8


@pytest.mark.parametrize("name", ["regularized_evolution", "local_search"])
def test_methods_beat_random_search_where_they_should(name: str, cifar100: Benchmark) -> None:
    def regrets(strategy: str) -> list[float]:
        results = (nasbed.search(strategy, cifar100, budget={"evaluations": 200}, seed=seed) for seed in range(60))
        return [result.scores()["validation_regret"] for result in results]

    assert stats.wilcoxon(regrets(name), regrets("random_search"), alternative="less").pvalue < 0.01


class Batches(Script):
    """Yields batches of 3, 0 and 2 of the same proposal, and keeps the answers."""

    def search(self, task: object, rng: object):  # type: ignore[no-untyped-def]
        answers.append((yield [Proposal((2, 2)), Proposal((0, 0)), Proposal((1, 1))]))
        answers.append((yield []))
        same = Proposal((0, 1))
        answers.append((yield [same, same]))
        answers.append((yield Proposal((0, 2))))


answers: list[list[Outcome] | Outcome] = []


def test_a_batch_is_a_barrier_answered_in_its_own_order() -> None:
    answers.clear()
    log = run(Batches().start(task(workers=2), stream(0, "fake", "search")), task(workers=2))
    first, empty, twice, last = answers
    assert [o.arch for o in first] == [(2, 2), (0, 0), (1, 1)]  # type: ignore[union-attr]
    assert empty == []
    assert [o.trial for o in twice] == [3, 4]  # type: ignore[union-attr]
    assert isinstance(last, Outcome)
    # Workers: (2, 2) takes 9 s alone, (0, 0) and (1, 1) take 1 + 5 s, and the third proposal waits for both.
    assert [outcome.time for outcome in log.outcomes] == [1.0, 6.0, 9.0, 11.0, 11.0, 14.0]


def test_a_script_that_returns_at_once_ends_the_search() -> None:
    def nothing():  # type: ignore[no-untyped-def]
        return
        yield

    assert run(ScriptSearcher(nothing()), task()).outcomes == []
