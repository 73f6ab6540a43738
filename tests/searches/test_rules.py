"""Budgets and rules: what is refused, with which words, and how captions state them."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nan
from typing import Any, get_args

import pytest

from nasbed.errors import BudgetError, NasbedError, OptionError, UnknownNameError, shown
from nasbed.searches.loop import Repeats
from nasbed.searches.rules import Incumbent, Rules
from nasbed.vocabulary import Budget
from nasbed.vocabulary.noise import recorded_run

BUDGET = Budget("evaluations", 200)


# budgets


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"evaluations": 200}, "200 evaluations"),
        ({"evaluations": 1000.0}, "1,000 evaluations"),
        ({"seconds": 12_000}, "12,000 simulated seconds"),
        ({"seconds": 0.5}, "0.5 simulated seconds"),
        ({"seconds": 12_000.25}, "12,000.25 simulated seconds"),
        ({"epochs": 1_000_000}, "1,000,000 epochs"),
    ],
)
def test_a_budget_is_parsed_and_shown(given: dict[str, float], text: str) -> None:
    budget = Budget.parse(given)
    ((kind, amount),) = given.items()
    assert budget == Budget(kind, amount)
    assert str(budget) == text


def test_a_budget_parses_to_itself() -> None:
    assert Budget.parse(BUDGET) is BUDGET


@pytest.mark.parametrize("kind", ["evaluations", "seconds", "epochs"])
@pytest.mark.parametrize(
    "amount", [0, 0.0, -1, -0.5, nan, inf, -inf, True, False, "200", None, [200], 1j, Fraction(3, 2)]
)
def test_a_budget_that_is_no_positive_number_is_refused(kind: str, amount: Any) -> None:
    with pytest.raises(BudgetError) as refused:
        Budget.parse({kind: amount})
    assert str(refused.value) == f"budget of {amount!r} {kind}: expected a positive number"


@pytest.mark.parametrize("kind", ["evaluations", "epochs"])
@pytest.mark.parametrize("amount", [0.5, 99.5, 1.0000001])
def test_a_fraction_of_an_evaluation_or_epoch_is_refused(kind: str, amount: float) -> None:
    with pytest.raises(BudgetError) as refused:
        Budget(kind, amount)
    assert str(refused.value) == f"budget of {amount!r} {kind}: expected a whole number"


def test_a_budget_too_large_for_a_float_is_refused_with_our_error() -> None:
    with pytest.raises(BudgetError):
        Budget("evaluations", 10**400)


@pytest.mark.parametrize(
    "given", [{}, {"evaluations": 1, "seconds": 2}, 200, "200", None, [("evaluations", 1)]], ids=repr
)
def test_a_budget_has_exactly_one_key(given: Any) -> None:
    with pytest.raises(BudgetError) as refused:
        Budget.parse(given)
    assert str(refused.value) == (
        f"budget {given!r}: expected one of evaluations, seconds or epochs, as budget = {{ evaluations = 200 }} in a study,"
        ' budget={"evaluations": 200} in Python'
    )


@pytest.mark.parametrize(
    ("kind", "guess"),
    [
        ("evaluation", "; did you mean 'evaluations'?"),
        ("second", "; did you mean 'seconds'?"),
        ("epoch", "; did you mean 'epochs'?"),
        ("dollars", ";"),
    ],
)
def test_an_unknown_budget_is_named_with_its_near_match(kind: str, guess: str) -> None:
    with pytest.raises(UnknownNameError) as refused:
        Budget.parse({kind: 10})
    assert str(refused.value) == f"unknown budget {kind!r}{guess} known: evaluations, seconds, epochs"


# noise


@pytest.mark.parametrize(("noise", "run"), [("draw", None), ("mean", None), ("run:0", 0), ("run:12", 12)])
def test_noise_protocols_are_read(noise: str, run: int | None) -> None:
    assert recorded_run(noise) == run
    assert Rules(BUDGET, noise=noise).noise == noise


BAD_NOISE = ["", "Draw", "draw ", "run", "run:", "run:-1", "run:1.0", "run: 1", "run:1\n", "random", 1, None, ["draw"]]


@pytest.mark.parametrize("noise", BAD_NOISE, ids=repr)
def test_other_noise_is_refused(noise: Any) -> None:
    with pytest.raises(OptionError) as refused:
        Rules(BUDGET, noise=noise)
    assert str(refused.value) == f"noise = {noise!r}; expected 'draw', 'mean' or 'run:K' with K = 0, 1, ..."


# the other rules


def test_defaults() -> None:
    rules = Rules(BUDGET)
    assert (rules.noise, rules.repeats, rules.incumbent, rules.workers) == ("draw", "charge", "best", 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"repeats": "charged"},
            "unknown rule for repeats 'charged'; did you mean 'charge'? known: charge, free, refuse",
        ),
        ({"repeats": "xyz"}, "unknown rule for repeats 'xyz'; known: charge, free, refuse"),
        ({"incumbent": "means"}, "unknown incumbent rule 'means'; did you mean 'mean'? known: best, mean"),
        ({"incumbent": None}, "unknown incumbent rule None; known: best, mean"),
    ],
)
def test_an_unknown_rule_is_named_with_its_near_match(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownNameError) as refused:
        Rules(BUDGET, **options)
    assert str(refused.value) == message


@pytest.mark.parametrize("workers", [0, -1, 2**16 + 1, 10**400, 1.0, 1.5, nan, True, False, "2", None], ids=repr)
def test_workers_are_a_whole_number_from_one(workers: Any) -> None:
    with pytest.raises(OptionError) as refused:
        Rules(BUDGET, workers=workers)
    assert str(refused.value) == f"workers = {shown(workers)}; expected a whole number in 1 .. 65,536"


def test_every_refusal_is_one_of_ours() -> None:
    assert issubclass(BudgetError, NasbedError)
    assert issubclass(OptionError, NasbedError)
    assert issubclass(UnknownNameError, NasbedError)


# sentences


@pytest.mark.parametrize(
    ("rules", "sentences"),
    [
        (
            Rules(BUDGET),
            [
                "Noise: each evaluation replays one recorded training drawn at random (common to all methods);"
                " repeated evaluations are charged.",
                "Incumbent: highest single observation at the highest fidelity seen.",
                "Budget: 200 evaluations, 1 simulated worker.",
            ],
        ),
        (
            Rules(Budget("seconds", 12_000), "run:1", "free", "mean", 4),
            [
                "Noise: none, every evaluation replays recorded training 1;"
                " repeated evaluations are free and give the recorded answer.",
                "Incumbent: highest mean over repeated observations at the highest fidelity seen.",
                "Budget: 12,000 simulated seconds, 4 simulated workers.",
            ],
        ),
        (
            Rules(Budget("epochs", 5_000), "mean", "refuse"),
            [
                "Noise: none, an evaluation answers with the mean over recorded trainings; repeated evaluations are refused.",
                "Incumbent: highest single observation at the highest fidelity seen.",
                "Budget: 5,000 epochs, 1 simulated worker.",
            ],
        ),
    ],
)
def test_sentences_state_every_rule(rules: Rules, sentences: list[str]) -> None:
    assert rules.sentences() == sentences


def test_different_rules_have_different_sentences() -> None:
    every = [
        Rules(budget, noise, repeats, incumbent, workers)
        for budget in (BUDGET, Budget("seconds", 200))
        for noise in ("draw", "mean", "run:0", "run:1")
        for repeats in get_args(Repeats)
        for incumbent in get_args(Incumbent)
        for workers in (1, 2)
    ]
    assert len({tuple(rules.sentences()) for rules in every}) == len(every)
