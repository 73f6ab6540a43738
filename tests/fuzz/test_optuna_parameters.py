"""What Optuna is told to suggest, and the options of its samplers."""

from __future__ import annotations

from functools import cache
from typing import Any

import optuna
from hypothesis import given
from hypothesis import strategies as st
from prodding import GIVEN, TEXTS, fuzz, prod

import nasbed
from nasbed.searches.optuna_objective import OptunaObjective

SAMPLERS = (
    "TPESampler",
    "RandomSampler",
    "NSGAIISampler",
    "CmaEsSampler",
    "GPSampler",
    "QMCSampler",
    "GridSampler",
    "BruteForceSampler",
)
ARGUMENTS = (
    "seed",
    "n_startup_trials",
    "n_ei_candidates",
    "multivariate",
    "population_size",
    "mutation_prob",
    "gamma",
    "prior_weight",
    "weights",
)


@cache
def objective() -> OptunaObjective:
    return nasbed.optuna_objective("nasbench201")


@fuzz(60, 0.02)
@given(st.data())
def test_parameters_of_a_trial(data: st.DataObject) -> None:
    decisions = objective().benchmark.decisions()
    good = {name: data.draw(st.sampled_from(values)) for name, values in decisions.items()}
    name = data.draw(st.sampled_from(sorted(good)))
    match data.draw(st.integers(0, 3)):
        case 0:
            del good[name]
        case 1:
            good[name] = data.draw(GIVEN)
        case 2:
            good[data.draw(TEXTS)] = good.pop(name)
    trial = optuna.trial.FixedTrial(good)
    prod(lambda: objective()(trial), *decisions)


@fuzz(60, 0.02)
@given(
    st.one_of(st.sampled_from(SAMPLERS), TEXTS, GIVEN),
    st.one_of(GIVEN, st.dictionaries(st.one_of(st.sampled_from(ARGUMENTS), TEXTS), GIVEN, max_size=2)),
)
def test_options_of_samplers(sampler: Any, options: Any) -> None:
    prod(
        lambda: nasbed.load_strategy("optuna", sampler=sampler, options=options),
        "Optuna",
        "optuna",
        "ampler",
        "options",
    )
