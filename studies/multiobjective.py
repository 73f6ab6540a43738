"""Prints how much hypervolume multi-objective strategies miss, as markdown tables.

Usage: python studies/multiobjective.py --dataset cifar10 --objectives accuracy,latency --seeds 100

What a search returns is the front of the values that it saw. It is scored by the values without noise, each objective scaled so
that the worst of the space is 0 and the best is 1: by the hypervolume above 0 that it misses of the true front's. With
``--range front`` the worst of the true front is 0 instead, so that what lies below the front counts nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import cache, partial
from itertools import product
from typing import Literal, NamedTuple

import moocore
import numpy as np
from scipy.stats import wilcoxon

import nasbed
from nasbed.protocol import Benchmark, Budget, Outcome
from nasbed.rules import Rules
from nasbed.single import execute, load_strategy

STRATEGIES = ("random_search", "nsga2", "sms_emoa", "parego")
"""The first is the yardstick."""
OBJECTIVES = ("accuracy,latency", "accuracy,flops", "accuracy,edgegpu_latency,edgegpu_energy")
Range = Literal["space", "front"]


class Case(NamedTuple):
    """A benchmark with several objectives, and the range by which they are scaled."""

    use: str
    dataset: str
    objectives: tuple[str, ...]
    range: Range


@cache
def load(case: Case) -> tuple[Benchmark, np.ndarray]:
    """The benchmark, and the scaled values of every architecture without noise, (architectures, objectives), at least 0."""
    benchmark = nasbed.load_benchmark(case.use, dataset=case.dataset, objectives=list(case.objectives))
    values = noise_free(benchmark)
    kept = values[front(values)] if case.range == "front" else values
    low, high = np.nanmin(kept, axis=0), np.nanmax(kept, axis=0)
    return benchmark, np.maximum((values - low) / (high - low), 0.0)


def noise_free(benchmark: Benchmark) -> np.ndarray:
    """The mean over recorded runs of each objective, (architectures, objectives), higher is better."""
    recorded = benchmark.recorded(benchmark.epochs[-1])
    if recorded is None:
        raise SystemExit(f"{benchmark.label} has no table of all its values; use one that has, as nasbench201")
    values = np.column_stack([np.nanmean(runs, axis=1) for runs in recorded[0]])
    values[:, 0] = benchmark.referee().validation(np.arange(len(values)))
    return values


def front(values: np.ndarray) -> np.ndarray:
    """The places of the rows that no other dominates; none with a nan."""
    valid = np.flatnonzero(~np.isnan(values).any(axis=1))
    return valid[moocore.is_nondominated(values[valid], maximise=True)] if len(valid) else valid


def hypervolume(scaled: np.ndarray) -> float:
    """The volume between 0 and the rows."""
    return float(moocore.hypervolume(scaled, ref=np.zeros(scaled.shape[1]), maximise=True)) if len(scaled) else 0.0


def missed(outcomes: Sequence[Outcome], budgets: Iterable[int], case: Case) -> list[float]:
    """The hypervolume of the true front less that of what a search returns after each number of evaluations."""
    benchmark, scaled = load(case)
    best = hypervolume(scaled[front(scaled)])
    seen = np.array([outcome.values for outcome in outcomes])
    places = np.array([benchmark.space.index(outcome.arch) for outcome in outcomes])
    return [best - hypervolume(scaled[places[front(seen[:budget])]]) for budget in budgets]


def searches(strategy: str, seeds: Iterable[int], *, budgets: Sequence[int], case: Case, workers: int) -> np.ndarray:
    """What each search misses, (seeds, budgets); the shorter budgets are the beginnings of the longest search."""
    rules = Rules(Budget("evaluations", max(budgets)), workers=workers)
    runs = (execute(load_strategy(strategy), load(case)[0], rules, seed) for seed in seeds)
    return np.array([missed(run.outcomes, budgets, case) for run in runs])


def table(found: dict[str, np.ndarray], budgets: Sequence[int]) -> str:
    """Means and standard errors in thousandths; and how often, and how surely, a strategy misses less than the first."""
    yardstick, first = next(iter(found.items()))
    lines = [["strategy", *map(str, budgets), *(f"beats {yardstick} at {budget}" for budget in budgets)]]
    lines.append(["---", *["---:"] * (2 * len(budgets))])
    for name, values in found.items():
        means, errors = 1e3 * values.mean(axis=0), 1e3 * values.std(axis=0, ddof=1) / len(values) ** 0.5
        cells = [f"{mean:.2f} ± {error:.2f}" for mean, error in zip(means, errors, strict=True)]
        duels = ["" if name == yardstick else versus(*pair) for pair in zip(values.T, first.T, strict=True)]
        lines.append([name, *cells, *duels])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def versus(values: np.ndarray, others: np.ndarray) -> str:
    """In how many of the seeds it misses less, and the p-value of the paired Wilcoxon test (two-sided)."""
    p = wilcoxon(values, others).pvalue if (values != others).any() else 1.0
    return f"{(values < others).mean():.0%}, p = {p:.1g}"


def section(case: Case, given: argparse.Namespace, pool: Executor) -> str:
    """The table of one benchmark, with its title."""
    benchmark, scaled = load(case)
    best = scaled[front(scaled)]
    title = f"**{benchmark.label}: {', '.join(case.objectives)}**, {given.seeds} seeds; hypervolume missed, x 1000, of"
    chunks = [range(start, min(start + 10, given.seeds)) for start in range(0, given.seeds, 10)]
    search = partial(searches, budgets=given.budgets, case=case, workers=given.workers)
    found = {name: np.concatenate(list(pool.map(search, [name] * len(chunks), chunks))) for name in given.strategies}
    return f"{title} {1e3 * hypervolume(best):.1f} ({len(best)} architectures)\n\n{table(found, given.budgets)}\n"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--benchmark", default="nasbench201")
    parser.add_argument("--dataset", nargs="+", default=["cifar10", "cifar100"])
    parser.add_argument("--objectives", nargs="+", default=OBJECTIVES, help="names, with commas between")
    parser.add_argument("--strategies", nargs="+", default=STRATEGIES, help="the first is the yardstick")
    parser.add_argument("--budgets", nargs="+", type=int, default=(100, 200, 400), help="evaluations")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1, help="simulated workers of a search")
    parser.add_argument("--range", choices=("space", "front"), default="space", help="what scales an objective")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    with ProcessPoolExecutor(given.jobs) as pool:
        for dataset, names in product(given.dataset, given.objectives):
            print(
                section(Case(given.benchmark, dataset, tuple(names.split(",")), given.range), given, pool), flush=True
            )
