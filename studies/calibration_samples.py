"""The scores that the calibration of tests and intervals draws from: of searches that are kept, so that the truth is known."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

ROOT = Path(__file__).resolve().parent.parent
POPULATION = ROOT / "results" / "calibration_population.parquet"
"""Searches of ten strategies, as they were when the calibration was made."""

STRATEGIES = (
    "random_search", "regularized_evolution", "local_search", "simulated_annealing", "genetic_algorithm",
    "reinforce", "tpe", "gp_bo", "lstm_controller", "weak_predictors",
)  # fmt: skip
BENCHMARKS = ("nasbench201/cifar10", "nasbench201/cifar100", "nasbench201/ImageNet16-120")
BUDGETS = (50, 100, 200)

Rng = np.random.Generator
Sample = tuple[np.ndarray, np.ndarray]
"""Scores, (repetitions, seeds), and the means of what they were drawn from."""
Ends = tuple[np.ndarray, np.ndarray]


@cache
def population() -> np.ndarray:
    """Validation regrets, (strategies, benchmarks, budgets, seeds): each sample is drawn from these."""
    kept = pd.read_parquet(POPULATION).set_index(["strategy", "benchmark"])
    columns = [f"validation_regret_{budget}" for budget in BUDGETS]
    return np.array(
        [[kept.loc[(name, benchmark), columns].to_numpy(float).T for benchmark in BENCHMARKS] for name in STRATEGIES]
    )


@cache
def cells() -> np.ndarray:
    """The population by (strategy, benchmark, budget), (cells, seeds)."""
    return population().reshape(-1, population().shape[-1])


def draws(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """Which seeds of the population are drawn."""
    return rng.integers(0, cells().shape[1], shape)


def alike(rng: Rng, size: int, repetitions: int, columns: int) -> np.ndarray:
    """Scores of strategies that do not differ, (repetitions, columns, seeds): all from one cell, another each repetition."""
    cell = rng.integers(0, len(cells()), (repetitions, 1, 1))
    return cells()[cell, draws(rng, (repetitions, columns, size))]


def rivals(rng: Rng, repetitions: int) -> tuple[np.ndarray, np.ndarray]:
    """Two different strategies on the same benchmark and budget, whose seeds are paired, (repetitions, population) each."""
    one = rng.integers(0, len(STRATEGIES), repetitions)
    other = (one + rng.integers(1, len(STRATEGIES), repetitions)) % len(STRATEGIES)
    where = rng.integers(0, len(BENCHMARKS), repetitions), rng.integers(0, len(BUDGETS), repetitions)
    return population()[one, *where], population()[other, *where]


def paired(rng: Rng, size: int, repetitions: int) -> tuple[np.ndarray, np.ndarray]:
    """Paired differences of two different strategies, (repetitions, seeds), and their means in the population."""
    ours, theirs = rivals(rng, repetitions)
    difference = ours - theirs
    return np.take_along_axis(difference, draws(rng, (repetitions, size)), axis=1), difference.mean(axis=1)


def inside(ends: tuple[np.ndarray, np.ndarray] | tuple[float, float], truth: np.ndarray | float) -> np.ndarray:
    """Whether a truth is in an interval, ends included but for rounding."""
    return np.asarray((ends[0] - 1e-9 <= truth) & (truth <= ends[1] + 1e-9))


def mean_regret(rng: Rng, size: int, repetitions: int) -> Sample:
    """Regrets of a strategy."""
    cell = rng.integers(0, len(cells()), (repetitions, 1))
    return cells()[cell, draws(rng, (repetitions, size))], cells()[cell[:, 0]].mean(axis=1)


def skewed_regret(rng: Rng, size: int, repetitions: int) -> Sample:
    """Regrets in the most skewed cell of all."""
    cell = cells()[stats.skew(cells(), axis=1).argmax()]
    return cell[draws(rng, (repetitions, size))], np.full(repetitions, cell.mean())
