"""Runs searches of which the league keeps no record, and keeps what the calibration of intervals draws from.

Usage: python studies/calibration_searches.py [--seeds 300 --engine local:2] runs three small studies on NAS-Bench-201, of 200
evaluations a search: five strategies on three data sets, for the areas under their curves; three strategies with the objectives
accuracy and latency, for hypervolume regret and IGD+; and a full grid of two options of regularized evolution, for the importance
of options. It writes results/calibration_searches.csv, a line a seed and a column a search: KIND|BENCHMARK|STRATEGY.
studies/statistics_calibration.py reads it. About three minutes on one core.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tomli_w

import nasbed
from nasbed.files import atomic_write
from nasbed.results.multiobjective import fronts
from nasbed.statistics.anytime import area_under_curve

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "results" / "calibration_searches.csv"
DATASETS = ("cifar10", "cifar100", "ImageNet16-120")
SINGLE: dict[str, dict[str, Any]] = {
    "random_search": {},
    "regularized_evolution": {"population": 10, "sample": 3},
    "local_search": {"improvement": "best", "starts": 1},
    "simulated_annealing": {"temperature": 2.0, "cooling": 0.97},
    "reinforce": {"learning_rate": 0.01, "momentum": 0.9},
}
"""Strategies with the options under which the kept searches were made."""
SEVERAL = ("random_search", "nsga2", "sms_emoa")
GRID = {"population": [5, 10, 30], "sample": [2, 3, 5]}
INDICATORS = ("hypervolume_regret", "igd_plus")
DIGITS = 6


def study_of(
    name: str, seeds: int, strategies: list[dict[str, Any]], datasets: tuple[str, ...], **benchmark: object
) -> nasbed.Study:
    """A study on data sets of NAS-Bench-201."""
    content = {
        "name": name,
        "seeds": seeds,
        "budget": {"evaluations": 200},
        "benchmark": [{"use": "nasbench201", "dataset": dataset, **benchmark} for dataset in datasets],
        "strategy": strategies,
    }
    return nasbed.Study.parse(tomli_w.dumps(content))


@contextmanager
def run(study: nasbed.Study, engine: str) -> Iterator[nasbed.Results]:
    """Run a study in a folder that is not kept."""
    with tempfile.TemporaryDirectory() as folder:
        yield nasbed.run_study(study, folder, engine=engine)


def courses(seeds: int, engine: str) -> dict[str, np.ndarray]:
    """Areas under the curve of the validation regret."""
    strategies = [{"use": name, **options} for name, options in SINGLE.items()]
    with run(study_of("courses", seeds, strategies, DATASETS), engine) as found:
        return {
            f"area|{series.benchmark}|{series.strategy}": area_under_curve(series.runs.validation_regret)
            for series in found.series
        }


def several(seeds: int, engine: str) -> dict[str, np.ndarray]:
    """Indicators of fronts of accuracy and latency."""
    strategies = [{"use": name} for name in SEVERAL]
    study = study_of("fronts", seeds, strategies, DATASETS[:2], objectives=["accuracy", "latency"])
    with run(study, engine) as found:
        scores = fronts.frame(found)
    return {
        f"{name}|{benchmark}|{strategy}": mine[name].to_numpy()
        for (benchmark, strategy), mine in scores.groupby(["benchmark", "strategy"], sort=False)
        for name in INDICATORS
    }


def grid(seeds: int, engine: str) -> dict[str, np.ndarray]:
    """Final validation regrets of each setting of regularized evolution."""
    study = study_of("grid", seeds, [{"use": "regularized_evolution", "grid": GRID}], DATASETS[:2])
    with run(study, engine) as found:
        return {
            f"grid|{series.benchmark}|{series.strategy}": series.runs.validation_regret[:, -1]
            for series in found.series
        }


@cache
def kept() -> pd.DataFrame:
    """What is kept, a line a seed."""
    return pd.read_csv(KEPT)


def searches_of(kind: str) -> list[tuple[str, str]]:
    """The benchmark and the strategy of each search of a kind."""
    names = (name.split("|") for name in kept().columns)
    return [(benchmark, strategy) for one, benchmark, strategy in names if one == kind]


@cache
def scores_of(kind: str) -> np.ndarray:
    """The scores of a kind, (searches, seeds)."""
    return kept()[["|".join((kind, *names)) for names in searches_of(kind)]].to_numpy(float).T


@cache
def grids() -> np.ndarray:
    """The regrets of the grid, (benchmarks, seeds, levels of the first option, levels of the second)."""
    levels = [len(values) for values in GRID.values()]
    flat = scores_of("grid")
    return np.moveaxis(flat.reshape(-1, *levels, flat.shape[1]), -1, 1)


def main() -> None:
    """Run, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--engine", default="here")
    given = parser.parse_args()
    columns = {}
    for made in (courses, several, grid):
        columns |= made(given.seeds, given.engine)
    table = pd.DataFrame(columns).map(lambda value: f"{value:.{DIGITS}g}")
    atomic_write(KEPT, table.to_csv(index=False, lineterminator="\n").encode())


if __name__ == "__main__":
    main()
