"""Options that contradict each other are refused, with the way out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from nasbed.errors import OptionError, UnknownNameError
from nasbed.strategies import REGISTRY

COPIES = {"crossover_probability": 0.0, "mutation_probability": 0.0}
EVERY_CHILD = "crossover_probability = 0.0 and mutation_probability = 0.0; expected one above 0, since every child"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("genetic_algorithm", COPIES, EVERY_CHILD),
        ("nsga2", COPIES, EVERY_CHILD),
        ("sms_emoa", COPIES, EVERY_CHILD),
        ("genetic_algorithm", {"elite": 9, "population": 9}, "elite = 9 and population = 9; expected a smaller elite"),
        ("bananas", {"mutations": 4, "batch": 5}, "mutations = 4 and batch = 5; expected at least a batch"),
        ("npenas", {"offspring": 4, "batch": 5}, "offspring = 4 and batch = 5; expected at least a batch"),
        ("npenas", {"members": 1}, "members = 1; expected at least 2"),
        ("weak_predictors", {"top": 4, "batch": 5}, "top = 4 and batch = 5; expected at least a batch"),
        ("proxy_evolution", {"pool": 9}, "pool = 9 and population = 10; expected a pool at least as large"),
        ("proxy_predictor", {"pool": 9, "initial": 10}, "pool = 9 and initial = 10; expected a pool at least as large"),
        ("proxy_predictor", {"pool": 9, "initial": 2, "batch": 10}, "pool = 9 and batch = 10; expected a pool"),
        ("proxy_ranking", {"trained": 9, "pool": 8}, "trained = 9 and pool = 8; expected no more than are drawn"),
        ("tpe", {"gamma": 0.9, "initial": 3}, "gamma = 0.9 and initial = 3; expected a share that leaves some"),
        ("tpe", {"gamma": 1e-9}, "expected"),
        ("spos", {"best": 9, "population": 8}, "best = 9 and population = 8; expected no more than are scored"),
        (
            "darts",
            {"progressive": True, "epochs": 2},
            "progressive = True makes 3 stages of epochs = 2; expected one in each",
        ),
    ],
)
def test_contradicting_options_are_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        REGISTRY.make(name, options)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("genetic_algorithm", {"elite": 8, "population": 9}),
        ("genetic_algorithm", {"crossover_probability": 0.0}),
        ("nsga2", {"mutation_probability": 0.0}),
        ("bananas", {"mutations": 5, "batch": 5}),
        ("bananas", {"mutations": 4, "batch": 5, "candidates": "all"}),
        ("npenas", {"offspring": 5, "batch": 5}),
        ("npenas", {"members": 1, "acquisition": "mean"}),
        ("proxy_evolution", {"pool": 0}),
        ("proxy_ranking", {"trained": 8, "pool": 8}),
        ("spos", {"best": 8, "population": 8}),
        ("darts", {"progressive": True, "epochs": 3}),
        ("tpe", {"gamma": 0.9, "initial": 30}),
    ],
)
def test_what_lies_at_the_border_is_accepted(name: str, options: dict[str, Any]) -> None:
    assert REGISTRY.make(name, options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_startup_trials": -1}, "n_startup_trials = -1 }; expected a whole number from 0 to 1,000,000"),
        ({"n_ei_candidates": 0}, "n_ei_candidates = 0 }; expected a whole number from 1 to 1,000,000"),
        ({"n_ei_candidates": True}, "n_ei_candidates = True }; expected a whole number from 1 to 1,000,000"),
        ({"prior_weight": "much"}, "prior_weight = 'much' }; expected a number"),
        ({"multivariate": 1}, "multivariate = 1 }; expected true or false"),
        ({"group": "yes"}, "group = 'yes' }; expected true or false"),
        ({"gamma": 3}, "gamma = 3 }; expected a function, which a study file cannot hold; leave it out"),
    ],
)
def test_options_of_a_sampler_are_checked_before_the_search(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        REGISTRY.make("optuna", {"sampler": "TPESampler", "options": arguments})


def test_an_unknown_option_of_a_sampler_says_where_they_go() -> None:
    with pytest.raises(UnknownNameError, match=r"'n_startup'; did you mean 'n_startup_trials'.*go into options = \{"):
        REGISTRY.make("optuna", {"sampler": "TPESampler", "options": {"n_startup": 3}})
