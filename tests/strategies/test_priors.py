"""Strategies that are told beforehand what to expect: ranks of other tasks, or another measure, as a prior."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from fakes import SPACE, failing, task, visit
from scipy.stats import norm

import nasbed
from nasbed.errors import NasbedError, OptionError
from nasbed.searches.execution import execute
from nasbed.searches.loop import Log, run_loop
from nasbed.searches.pools import Simulated
from nasbed.searches.rules import Rules
from nasbed.strategies import GPBO, LocalSearch
from nasbed.strategies.gp_bo import _Prior
from nasbed.strategies.models.pool import CandidatePool
from nasbed.streams import stream
from nasbed.vocabulary import Arch, Budget, Outcome, Strategy

TABLE = nasbed.load_benchmark("nasbench201", dataset="ImageNet16-120", transfer=["cifar10", "cifar100"])
RANKS = np.array(TABLE.measurements()["transfer"][0])


def archs(strategy: Strategy, evaluations: int, seed: int = 0) -> list[Arch]:
    return [one.arch for one in execute(strategy, TABLE, Rules(Budget("evaluations", evaluations)), seed).outcomes]


def told(strategy: Strategy, of: int, workers: int = 1, *failures: int) -> list[Outcome]:
    """All that a search of the nine digits is told, where the prior of a place is its distance from 6, and unknown at 0."""
    given = replace(task("evaluations", of, workers), measures=("prior",))
    values = [float("nan"), *(-abs(place - 6.0) for place in range(1, 9))]
    searcher = strategy.start(given, stream(0, "fake", "search"))
    pool = Simulated(failing(*failures), given)  # type: ignore[arg-type]
    return list(run_loop(searcher, given, pool, visit, Log(), measurements={"prior": (values, 1.0)}))


def places(outcomes: list[Outcome]) -> list[int]:
    return [SPACE.index(one.arch) for one in outcomes]


@pytest.mark.parametrize("improvement", ["best", "first"])
def test_each_start_of_local_search_is_the_best_by_the_prior_that_is_left(
    improvement: Literal["best", "first"],
) -> None:
    outcomes = told(LocalSearch(improvement, starts=1, prior="prior", pool=100), 9)
    measured = [one for one in outcomes if one.proposal.measure]
    trained = [one for one in outcomes if not one.proposal.measure]
    assert sorted(places(measured)) == list(range(9))
    assert places(trained)[0] == 6
    assert sorted(places(trained)) == list(range(9))


def test_local_search_on_ranks_of_others_starts_at_the_best_of_what_was_drawn() -> None:
    rng = stream(5, TABLE.label, "search")
    drawn = [TABLE.space.sample(rng) for _ in range(50)]
    best = max(drawn, key=lambda arch: RANKS[TABLE.space.index(arch)])
    assert archs(LocalSearch(starts=1, prior="transfer", pool=50), 1, seed=5) == [best]
    ranked = sorted(drawn, key=lambda arch: -RANKS[TABLE.space.index(arch)])
    assert archs(LocalSearch(starts=3, prior="transfer", pool=50), 3, seed=5) == ranked[:3]


def test_without_a_prior_local_search_starts_at_random() -> None:
    assert archs(LocalSearch(), 60) == archs(LocalSearch(pool=7), 60)
    assert archs(LocalSearch(), 1) == [TABLE.space.sample(stream(0, TABLE.label, "search"))]


def test_the_process_begins_with_the_best_by_the_prior() -> None:
    first = [TABLE.space.index(arch) for arch in archs(GPBO(prior="transfer", initial=4), 4)]
    assert first == np.argsort(-RANKS, kind="stable")[:4].tolist()


@pytest.mark.parametrize("workers", [1, 3])
def test_everything_is_measured_before_anything_is_trained(workers: int) -> None:
    outcomes = told(GPBO(prior="prior", initial=2), 9, workers)
    assert all(one.proposal.measure for one in outcomes[:9])
    assert sorted(places(outcomes[:9])) == list(range(9))
    assert places(outcomes[9:])[0] in (6, 5, 7)
    assert sorted(places(outcomes[9:])) == list(range(9))


def made(values: list[float], trust: float = 0.5) -> _Prior:
    """The prior of the nine digits, all of whose values are told."""
    pool = CandidatePool(SPACE, "one_hot")
    prior = _Prior(GPBO(prior="prior", trust=trust), pool)
    while (proposal := prior.ask()) is not None:
        place = SPACE.index(proposal.arch)
        prior.tell(Outcome(proposal.arch, values[place], 0.0, 0.0, -1, 0, (values[place],), proposal, place))
    return prior


def test_before_any_evidence_the_slope_is_the_trust_and_evidence_moves_it() -> None:
    prior = made([float(place) for place in range(9)])
    scores = norm.ppf((np.arange(9) + 0.5) / 9)
    assert prior.offset([4], np.zeros(1)) == pytest.approx(0.5 * (scores - scores[4]))
    seen = [0, 3, 8]
    centred = scores[seen] - scores[seen].mean()
    good, bad = (prior.offset(seen, sign * centred) for sign in (1.0, -1.0))
    evidence = centred @ centred
    assert good == pytest.approx((evidence + 5) / (evidence + 10) * (scores - scores[seen].mean()))
    assert bad == pytest.approx(max(0, (5 - evidence) / (evidence + 10)) * (scores - scores[seen].mean()))


def test_a_prior_that_is_wrong_throughout_has_no_say_in_the_end() -> None:
    prior = made([float(place) for place in range(9)])
    seen = list(range(9)) * 3
    assert prior.offset(seen, norm.ppf((8.5 - np.array(seen)) / 9)) == pytest.approx(np.zeros(9))


def test_what_has_no_prior_is_expected_last() -> None:
    offset = made([float("nan"), *map(float, range(1, 9))]).offset([4], np.zeros(1))
    assert offset.argmin() == 0
    assert np.isfinite(offset).all()


CLIMB = {"improvement": "best", "starts": 1}


def test_ranks_of_others_help_on_nasbench201() -> None:
    """Over few seeds, by far more than their spread."""
    plain, warm = (
        np.mean([nasbed.search("local_search", TABLE, options=options, budget={"evaluations": 50}, seed=seed)
                 .scores()["validation_regret"] for seed in range(8)])
        for options in (CLIMB, {**CLIMB, "prior": "transfer", "pool": 300})
    )  # fmt: skip
    assert warm < plain / 2


@pytest.mark.parametrize("strategy", ["local_search", "gp_bo"])
def test_a_prior_that_is_not_offered_is_refused(strategy: str) -> None:
    with pytest.raises(NasbedError, match="needs the measure 'prior'"):
        nasbed.search(strategy, TABLE, options={"prior": "prior"}, budget={"evaluations": 5})


def test_options_of_priors_are_checked() -> None:
    with pytest.raises(OptionError, match=r"trust = 2; expected float, at least 0, at most 1"):
        GPBO(trust=2)
    with pytest.raises(OptionError, match=r"pool = 0; expected int, at least 1"):
        LocalSearch(pool=0)
