"""The trivial rule: the largest that fits, or sizes spread evenly."""

from __future__ import annotations

import pytest

import nasbed
from nasbed.errors import OptionError, UnmetNeedError
from nasbed.strategies.largest_fitting import LargestFitting
from nasbed.vocabulary import Benchmark

LIMIT = 600_000


def limited(**options: object) -> Benchmark:
    """NAS-Bench-201 with free sizes, its parameters bounded."""
    return nasbed.load_benchmark(
        "nasbench201",
        dataset="cifar10",
        objectives=["accuracy", "parameters"],
        measures={},
        constraints={"parameters": f"<= {LIMIT} parameters"},
        **options,
    )


def sizes(strategy: LargestFitting, table: Benchmark, evaluations: int = 30) -> list[float]:
    """The parameters of what is evaluated, in order."""
    found = nasbed.search(strategy, table, budget={"evaluations": evaluations}, seed=3)
    parameters = table.measurements()["parameters"][0]
    return [parameters[outcome.index] for outcome in found.outcomes]


def test_the_largest_of_all_that_fit_come_first() -> None:
    table = limited()
    everything = sorted((one for one in table.measurements()["parameters"][0] if one <= LIMIT), reverse=True)
    assert sizes(LargestFitting(), table) == everything[:30]
    assert max(table.measurements()["parameters"][0]) > LIMIT


def test_sizes_that_are_spread_halve_the_gaps_of_ranks() -> None:
    table = limited()
    everything = sorted((one for one in table.measurements()["parameters"][0] if one <= LIMIT), reverse=True)
    last = len(everything) - 1
    half = last // 2
    assert sizes(LargestFitting(order="spread"), table, 5) == [
        everything[rank] for rank in (0, last, half, half // 2, (half + last) // 2)
    ]


def test_without_a_bound_on_the_measure_nothing_is_left_out_and_a_pool_depends_on_the_seed() -> None:
    table = nasbed.load_benchmark("nasbench201", dataset="cifar10", measures={})
    assert sizes(LargestFitting("flops"), table, 1)[0] == max(table.measurements()["parameters"][0])
    first, other = (
        nasbed.search(LargestFitting(pool=20), table, budget={"evaluations": 5}, seed=seed) for seed in (0, 1)
    )
    assert [one.arch for one in first.outcomes] != [one.arch for one in other.outcomes]


def test_it_ends_when_everything_was_evaluated() -> None:
    table = nasbed.load_benchmark("nasbench201", dataset="cifar10", measures={})
    found = nasbed.search(LargestFitting(pool=6), table, budget={"evaluations": 20}, seed=0)
    assert len({outcome.arch for outcome in found.outcomes}) <= 6


def test_what_it_needs_and_may_be_told() -> None:
    with pytest.raises(UnmetNeedError, match=r"LargestFitting needs the measure 'parameters'; write measures = "):
        nasbed.search("largest_fitting", nasbed.load_benchmark("nasbench201"), budget={"evaluations": 5})
    with pytest.raises(OptionError, match="order = 'smallest'"):
        LargestFitting(order="smallest")  # type: ignore[arg-type]
