"""The loop owns budget, clock, charges, repeats and workers."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from typing import Any

import pytest
from fakes import SPACE, Listed, failing, oracle, run, task, visit

import nasbed
from nasbed.benchmarks.synthetic import Synthetic
from nasbed.errors import StrategyError
from nasbed.searches.loop import Log, run_loop
from nasbed.searches.pools import Simulated
from nasbed.vocabulary import PATIENCE, Meter, Outcome, Proposal, Searcher, meters

ARCHS = SPACE.archs


def times(outcomes: list[Outcome]) -> list[float]:
    return [outcome.time for outcome in outcomes]


def test_the_clock_adds_up_costs_from_the_first_evaluation_on() -> None:
    log = run(Listed([ARCHS[0], ARCHS[2], ARCHS[1]]), task(epochs=(4,)))
    assert times(log.outcomes) == [4.0, 16.0, 24.0]
    assert [outcome.cost for outcome in log.outcomes] == [4.0, 12.0, 8.0]


def test_outcomes_are_told_and_recorded_in_the_order_of_arrival() -> None:
    searcher = Listed([ARCHS[4], ARCHS[0], ARCHS[1], ARCHS[2]])
    log = run(searcher, task(workers=3))
    assert [(o.arch, o.time, o.trial) for o in log.outcomes] == [
        (ARCHS[0], 1.0, 1),
        (ARCHS[1], 2.0, 2),
        (ARCHS[2], 4.0, 3),
        (ARCHS[4], 5.0, 0),
    ]
    assert searcher.told == log.outcomes


def test_equal_arrivals_come_in_the_order_of_their_trials() -> None:
    log = run(Listed([ARCHS[3]] * 4), task(workers=4))
    assert [outcome.trial for outcome in log.outcomes] == [0, 1, 2, 3]
    assert set(times(log.outcomes)) == {4.0}


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_a_budget_of_evaluations_is_spent_exactly(workers: int) -> None:
    searcher = Listed([ARCHS[0]] * 30)
    log = run(searcher, task("evaluations", 10, workers))
    assert len(log.outcomes) == 10
    assert len(searcher.proposals) == 20


@pytest.mark.parametrize(("amount", "count"), [(2.9, 1), (3, 2), (5.999, 2), (6, 3), (7, 3)])
def test_what_would_arrive_after_the_budget_is_neither_told_nor_recorded(amount: float, count: int) -> None:
    searcher = Listed([ARCHS[0], ARCHS[1], ARCHS[2], ARCHS[3]])
    log = run(searcher, task("seconds", amount))
    assert len(log.outcomes) == len(searcher.told) == count
    assert max(times(log.outcomes)) <= amount


def test_no_work_starts_once_the_clock_has_reached_the_budget() -> None:
    searcher = Listed([ARCHS[0], ARCHS[0], ARCHS[0]])
    run(searcher, task("seconds", 2))
    assert len(searcher.proposals) == 1


def test_parallel_workers_share_one_clock() -> None:
    log = run(Listed([ARCHS[1]] * 10), task("seconds", 7, workers=3))
    assert times(log.outcomes) == [2.0] * 3 + [4.0] * 3 + [6.0] * 3


def test_a_budget_of_epochs_is_never_exceeded() -> None:
    log = run(
        Listed([Proposal(ARCHS[0], 3), Proposal(ARCHS[1], 4), Proposal(ARCHS[2], 4)]), task("epochs", 10, epochs=(3, 4))
    )
    assert [outcome.epochs for outcome in log.outcomes] == [3, 4]


def test_pending_work_finishes_when_the_epochs_run_out() -> None:
    log = run(Listed([ARCHS[5], ARCHS[0], ARCHS[0]]), task("epochs", 2, workers=2, epochs=(1,)))
    assert [outcome.arch for outcome in log.outcomes] == [ARCHS[0], ARCHS[5]]


def test_epochs_default_to_the_highest_fidelity() -> None:
    (outcome,) = run(Listed([ARCHS[2]]), task(epochs=(12, 200))).outcomes
    assert outcome.epochs == 200
    assert outcome.value == pytest.approx(22.0)


def test_separate_trainings_are_charged_in_full() -> None:
    log = run(Listed([Proposal(ARCHS[0], 12), Proposal(ARCHS[0], 200)]), task(epochs=(12, 200)))
    assert [outcome.cost for outcome in log.outcomes] == [12.0, 200.0]


def test_a_resumed_trial_is_charged_the_increment_and_replays_the_same_run() -> None:
    proposals = [
        Proposal(ARCHS[1], 3),
        Proposal(ARCHS[1], 3),
        Proposal(ARCHS[1], 9, resume=1),
        Proposal(ARCHS[1], 27, resume=2),
    ]
    log = run(Listed(proposals), task(epochs=(3, 9, 27), resumable=True))
    assert [outcome.cost for outcome in log.outcomes] == [6.0, 6.0, 12.0, 36.0]
    assert [round(outcome.value % 1 * 1000) % 10 for outcome in log.outcomes] == [0, 1, 1, 1]


def test_resuming_counts_the_increment_of_epochs() -> None:
    proposals = [Proposal(ARCHS[0], 3), Proposal(ARCHS[0], 9, resume=0), Proposal(ARCHS[0], 9)]
    log = run(Listed(proposals), task("epochs", 9, epochs=(3, 9), resumable=True))
    assert [outcome.epochs for outcome in log.outcomes] == [3, 9]


def test_repeats_are_new_visits_and_charged() -> None:
    log = run(Listed([ARCHS[0], ARCHS[0], ARCHS[1], ARCHS[0]]), task())
    assert [outcome.value for outcome in log.outcomes] == pytest.approx([0.01, 0.011, 10.01, 0.012])
    assert log.outcomes[-1].time == 5.0


def test_visits_are_counted_for_each_fidelity_of_its_own() -> None:
    log = run(Listed([Proposal(ARCHS[0], 1), Proposal(ARCHS[0], 2)]), task(epochs=(1, 2)))
    assert [outcome.value for outcome in log.outcomes] == pytest.approx([0.01, 0.02])


def test_free_repeats_give_the_recorded_answer_at_no_cost() -> None:
    searcher = Listed([ARCHS[0], ARCHS[0], ARCHS[1]])
    log = run(searcher, task("evaluations", 2), repeats="free")
    assert [outcome.arch for outcome in log.outcomes] == [ARCHS[0], ARCHS[1]]
    assert [(o.value, o.cost) for o in searcher.told] == [(0.01, 1.0), (0.01, 0.0), (10.01, 2.0)]


def test_refused_repeats_are_told_as_nothing() -> None:
    searcher = Listed([ARCHS[0], ARCHS[0], ARCHS[1]])
    log = run(searcher, task("evaluations", 2), repeats="refuse")
    assert len(log.outcomes) == 2
    assert searcher.told[1].failed
    assert searcher.told[1].cost == 0.0


@pytest.mark.parametrize("repeats", ["free", "refuse"])
def test_asks_without_progress_are_capped(repeats: str) -> None:
    searcher = Listed([ARCHS[0]] * (3 * PATIENCE))
    log = run(searcher, task(), repeats=repeats)  # type: ignore[arg-type]
    assert len(log.outcomes) == 1
    assert len(searcher.told) == PATIENCE + 1


@pytest.mark.parametrize("repeats", ["free", "refuse"])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_search_that_knows_everything_is_over(repeats: Any, workers: int) -> None:
    searcher = Listed([*ARCHS] * 5)
    log = run(searcher, task("evaluations", 100, workers), repeats=repeats)
    assert {outcome.arch for outcome in log.outcomes} == set(ARCHS)
    assert len(log.outcomes) < len(ARCHS) + workers  # repeats of what is under way are no repeats of what is known
    assert searcher.proposals
    assert log.ended


def test_it_is_over_where_all_are_known_at_the_highest_fidelity() -> None:
    low, high = [Proposal(arch, 1) for arch in ARCHS], [Proposal(arch, 2) for arch in ARCHS]
    searcher = Listed([*low[:3], *high, *low])
    log = run(searcher, task(epochs=(1, 2)), repeats="free")
    assert len(log.outcomes) == 3 + len(ARCHS)
    assert log.ended
    only_low = run(Listed(low), task(epochs=(1, 2)), repeats="free")
    assert len(only_low.outcomes) == len(ARCHS)


@pytest.mark.parametrize(("kind", "amount"), [("evaluations", 9), ("epochs", 9), ("seconds", 45)])
def test_knowing_everything_at_the_budgets_end_is_no_early_end(kind: str, amount: float) -> None:
    log = run(Listed([*ARCHS, *ARCHS]), task(kind, amount), repeats="free")
    assert len(log.outcomes) == len(ARCHS)
    assert not log.ended


def test_repeats_that_are_charged_go_on() -> None:
    assert len(run(Listed([*ARCHS, *ARCHS]), task()).outcomes) == 2 * len(ARCHS)


@pytest.mark.parametrize("repeats", ["free", "refuse"])
def test_resuming_to_what_is_known_is_a_repeat(repeats: Any) -> None:
    proposals = [Proposal(ARCHS[0], 1), Proposal(ARCHS[0], 3, resume=0), Proposal(ARCHS[0], 3, resume=0)]
    searcher = Listed(proposals)
    log = run(searcher, task(epochs=(1, 3), resumable=True), repeats=repeats)
    assert [(o.epochs, o.cost) for o in log.outcomes] == [(1, 1.0), (3, 2.0)]
    assert [o.cost for o in searcher.told] == [1.0, 2.0, 0.0]
    assert searcher.told[2].trial == 1
    with pytest.raises(StrategyError, match="trial 7, which was never started"):
        run(
            Listed([Proposal(ARCHS[0], 3), Proposal(ARCHS[0], 3, resume=7)]),
            task(epochs=(3,), resumable=True),
            repeats=repeats,
        )


def test_what_is_under_way_is_awaited_when_repeats_end_a_search() -> None:
    searcher = Listed([ARCHS[0], None, ARCHS[8], *[ARCHS[0]] * (2 * PATIENCE)])
    log = run(searcher, task(workers=2), repeats="free")
    assert [outcome.arch for outcome in log.outcomes] == [ARCHS[0], ARCHS[8]]
    assert log.ended


@pytest.mark.parametrize("strategy", ["tpe", "gp_bo"])
def test_a_model_is_not_fitted_to_what_is_known(strategy: str) -> None:
    small = Synthetic(decisions=2, values=3)
    result = nasbed.search(strategy, small, budget={"evaluations": 200}, repeats="free")
    assert len(result.outcomes) == len(small.space)
    assert result.ended
    assert result.frame()["last"].tolist() == [False] * 8 + [True]


def test_a_query_says_that_nothing_is_left_to_learn() -> None:
    query = nasbed.observe(Synthetic(decisions=2, values=3), {"evaluations": 200}, repeats="free")
    for arch in query.space.archs:
        query(arch)
    with pytest.raises(nasbed.BudgetExhausted, match="over before its budget of 200 evaluations: repeats cost nothing"):
        query(query.space.archs[0])
    assert query.result().ended


def test_a_failed_training_is_charged_and_told_as_nan() -> None:
    searcher = Listed([ARCHS[3], ARCHS[0]])
    log = run(searcher, task(), failing(3))
    assert math.isnan(searcher.told[0].value)
    assert searcher.told[0].failed
    assert times(log.outcomes) == [4.0, 5.0]


def test_none_waits_for_the_next_outcome_and_ends_a_search_with_nothing_pending() -> None:
    searcher = Listed([ARCHS[0], None, ARCHS[1], None, None, ARCHS[2]])
    log = run(searcher, task(workers=4))
    assert times(log.outcomes) == [1.0, 3.0]
    assert searcher.proposals == [ARCHS[2]]


@pytest.mark.parametrize(
    ("proposals", "kind", "amount", "ended"),
    [(3, "evaluations", 5, True), (5, "evaluations", 5, False), (9, "seconds", 3.5, False), (3, "seconds", 3.5, True),
     (3, "epochs", 9, True), (9, "epochs", 5, False)],
)  # fmt: skip
def test_the_log_says_whether_the_strategy_ended_the_search(
    proposals: int, kind: str, amount: float, ended: bool
) -> None:
    assert run(Listed([ARCHS[0]] * proposals), task(kind, amount)).ended is ended


def test_thinking_is_recorded_for_each_trial() -> None:
    log = run(Listed(ARCHS), task())
    assert len(log.thinking) == len(ARCHS)
    assert all(seconds >= 0 for seconds in log.thinking)


def test_a_measure_and_an_evaluation_that_end_together_come_in_the_order_in_which_they_began() -> None:
    of = replace(task(workers=2), measures=("cheap",))
    for asked in (
        [Proposal(ARCHS[8], measure="cheap"), Proposal(ARCHS[2])],
        [Proposal(ARCHS[2]), Proposal(ARCHS[8], measure="cheap")],
    ):
        searcher = Listed(asked)
        for _ in run_loop(searcher, of, Simulated(oracle, of), visit, Log(), "charge", {"cheap": ([0.0] * 9, 3.0)}):
            pass
        assert [(one.arch, one.time) for one in searcher.told] == [(one.arch, 3.0) for one in asked]


def test_a_search_whose_evaluations_spend_nothing_of_its_budget_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    class Joules(Meter):
        name = counted = cost = "joules"

    monkeypatch.setitem(meters._FOUND, "joules", Joules())
    of = replace(task("joules", 10), cost_names=("seconds", "joules"))
    spent = itertools.chain([0.0] * PATIENCE, [4.0], itertools.repeat(0.0))
    evaluate = lambda index, epochs, word: ((1.0,), (1.0, next(spent)))  # noqa: E731
    log = Log()
    for _ in run_loop(Listed([ARCHS[0]] * 5 * PATIENCE), of, Simulated(evaluate, of), visit, log):
        pass
    assert log.ended
    assert len(log.outcomes) == PATIENCE + 1 + PATIENCE + 1


@pytest.mark.parametrize(
    ("proposal", "message"),
    [
        (
            Proposal((7, 0)),
            "proposed (7, 0), which is outside the space 'digits' of 9 architectures; expected a tuple like (0, 0)",
        ),
        (Proposal([0, 0]), "proposed [0, 0], which is outside the space"),  # type: ignore[arg-type]
        (Proposal((0, 0), 5), "the proposal of 00 asks for 5 epochs; this task offers 1, 2"),
        (
            Proposal((0, 0), measure="latency"),
            "the proposal of 00 asks for the measure 'latency'; this task offers none",
        ),
        (Proposal((0, 0), 2, resume=0), "resumes trial 0, but trainings of this benchmark cannot be resumed"),
    ],
)
def test_what_the_task_does_not_offer_is_refused(proposal: Proposal, message: str) -> None:
    with pytest.raises(StrategyError, match=re.escape(message)):
        run(Listed([proposal]), task(epochs=(1, 2)))


@pytest.mark.parametrize("junk", [(0, 0), "00", 7, [Proposal((0, 0))]])
def test_only_proposals_are_proposals(junk: object) -> None:
    class Junk(Searcher):
        def ask(self) -> Proposal:
            return junk  # type: ignore[return-value]

        def tell(self, outcome: Outcome) -> None:
            raise AssertionError(outcome)

    with pytest.raises(StrategyError, match=re.escape(f"must propose Proposal(arch), got {junk!r}")):
        run(Junk(), task())


@pytest.mark.parametrize(
    ("proposal", "message"),
    [
        (Proposal((0, 0), 9, resume=5), "trial 5, which was never started"),
        (Proposal((0, 1), 9, resume=0), "trial 0, which trains 00"),
        (Proposal((0, 0), 3, resume=0), "trial 0 to 3 epochs, but it has 3 already"),
    ],
)
def test_a_wrong_resume_is_refused(proposal: Proposal, message: str) -> None:
    with pytest.raises(StrategyError, match=re.escape(message)):
        run(Listed([Proposal((0, 0), 3), proposal]), task(epochs=(3, 9), resumable=True))


def test_an_outcome_has_no_field_for_a_test_number() -> None:
    assert Outcome._fields == (
        "arch",
        "value",
        "cost",
        "time",
        "trial",
        "epochs",
        "values",
        "proposal",
        "index",
        "further_costs",
        "violation",
    )
