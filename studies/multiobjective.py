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

import numpy as np
from scipy.stats import wilcoxon

import nasbed
from nasbed.results.multiobjective.dominance import select
from nasbed.results.multiobjective.indicators import Bounds, Truth
from nasbed.results.multiobjective.truths import truth
from nasbed.searches.execution import execute
from nasbed.searches.loading import load_strategy
from nasbed.searches.rules import Rules
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown
from nasbed.vocabulary import Benchmark, Budget, Outcome

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
def load(case: Case) -> tuple[Benchmark, Truth]:
    """The benchmark, and what it really offers, scaled by the range of the case."""
    benchmark = nasbed.load_benchmark(case.use, dataset=case.dataset, objectives=list(case.objectives))
    own = truth(benchmark)
    if case.range == "space":
        return benchmark, own
    bounds = Bounds.of(own.values[own.front], benchmark.objectives, source="range of the true front")
    return benchmark, truth(benchmark, bounds)


def missed(outcomes: Sequence[Outcome], budgets: Iterable[int], case: Case) -> list[float]:
    """The hypervolume of the true front less that of what a search returns after each number of evaluations."""
    benchmark, scorer = load(case)
    seen = np.array([outcome.values for outcome in outcomes])
    archs = np.array([benchmark.space.index(outcome.arch) for outcome in outcomes])
    fronts = (archs[select(seen[:budget]).places] for budget in budgets)
    return [scorer.hypervolume_regret(scorer.of(front)) for front in fronts]


def searches(strategy: str, seeds: Iterable[int], *, budgets: Sequence[int], case: Case, workers: int) -> np.ndarray:
    """What each search misses, (seeds, budgets); the shorter budgets are the beginnings of the longest search."""
    rules = Rules(Budget("evaluations", max(budgets)), workers=workers)
    runs = (execute(load_strategy(strategy), load(case)[0], rules, seed) for seed in seeds)
    return np.array([missed(run.outcomes, budgets, case) for run in runs])


def table(found: dict[str, np.ndarray], budgets: Sequence[int]) -> str:
    """Means and standard errors in thousandths; and how often, and how surely, a strategy misses less than the first."""
    yardstick, first = next(iter(found.items()))
    heads = ["strategy", *map(str, budgets), *(f"beats {yardstick} at {budget}" for budget in budgets)]
    lines = []
    for name, values in found.items():
        means, errors = 1e3 * values.mean(axis=0), 1e3 * values.std(axis=0, ddof=1) / len(values) ** 0.5
        cells = [f"{mean:.2f} ± {error:.2f}" for mean, error in zip(means, errors, strict=True)]
        duels = ["" if name == yardstick else versus(*pair) for pair in zip(values.T, first.T, strict=True)]
        lines.append([name, *cells, *duels])
    return markdown(printed(heads, lines))


def versus(values: np.ndarray, others: np.ndarray) -> str:
    """In how many of the seeds it misses less, and the p-value of the paired Wilcoxon test (two-sided)."""
    p = wilcoxon(values, others).pvalue if (values != others).any() else 1.0
    return f"{(values < others).mean():.0%}, p = {p:.1g}"


def section(case: Case, given: argparse.Namespace, pool: Executor) -> str:
    """The table of one benchmark, with its title."""
    benchmark, scorer = load(case)
    title = f"**{benchmark.label}: {', '.join(case.objectives)}**, {given.seeds} seeds; hypervolume missed, x 1000, of"
    chunks = [range(start, min(start + 10, given.seeds)) for start in range(0, given.seeds, 10)]
    search = partial(searches, budgets=given.budgets, case=case, workers=given.workers)
    found = {name: np.concatenate(list(pool.map(search, [name] * len(chunks), chunks))) for name in given.strategies}
    return f"{title} {1e3 * scorer.volume:.1f} ({len(scorer.front)} architectures)\n\n{table(found, given.budgets)}\n"


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
