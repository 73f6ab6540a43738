"""What is known of a benchmark beside its answers: a referee, and the best of its space. Without them scores are absolute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import isnan

from nasbed.errors import BestUnknownError
from nasbed.searches.referees import refereed
from nasbed.vocabulary import RETRAINED, VALIDATED, Benchmark, Objective, Referee, Refereed, TrainedBenchmark

FEW = 6
"""Benchmarks up to which captions list the labels of all."""


@lru_cache(maxsize=64)
def absolute(benchmark: Benchmark) -> bool:
    """Whether no best is known, so that there is no regret, and best-seen validation values stand in its place."""
    referee = refereed(benchmark)
    return referee is None or isnan(referee.best()[0])


def score_name(benchmark: Benchmark, metric: str) -> str:
    """What stands for a regret of a benchmark: the regret, or where no best is known the value that is shown in its place.

    >>> import nasbed
    >>> score_name(nasbed.load_benchmark("nasbench201"), "validation_regret")
    'validation regret'
    """
    if not absolute(benchmark):
        return metric.replace("_", " ")
    split = metric.removesuffix("_regret")
    seen = not isinstance(benchmark, Refereed) or benchmark.judged_on == RETRAINED
    return f"best-seen {split}" if split == "validation" and seen else split


def score_unit(benchmark: Benchmark) -> str:
    """The unit of what :func:`score_name` names: that of a difference, or of the value itself.

    >>> import nasbed
    >>> score_unit(nasbed.load_benchmark("nasbench201"))
    '% points'
    """
    objective = benchmark.objectives[0]
    return objective.unit if absolute(benchmark) else objective.difference_unit


def in_simulated_time(benchmarks: Iterable[Benchmark]) -> bool:
    """Whether the clock of searches is simulated: on all of them, unless every benchmark trains."""
    return not all(isinstance(benchmark, TrainedBenchmark) for benchmark in benchmarks)


def turn_in_place(objective: Objective) -> float:
    """What turns what stands in place of a regret where no best is known, an incumbent's value whose sign makes lower better, into
    the value in its natural unit.
    """
    return -objective.sign


def turn_of(benchmark: Benchmark) -> float:
    """What turns a regret, which is counted from 0 where no best is known, into what is shown: 1, or the sign that makes it a value
    in its natural unit.
    """
    return turn_in_place(benchmark.objectives[0]) if absolute(benchmark) else 1.0


def better(benchmark: Benchmark) -> str:
    """Which of the values that are shown are the better ones: lower regrets, or of the objective where no best is known."""
    return "higher" if turn_of(benchmark) < 0 else "lower"


def sign_of_better(benchmarks: Mapping[str, Benchmark]) -> str:
    """Which differences of what is shown are the better ones: of regrets those below 0."""
    higher = [label for label, benchmark in benchmarks.items() if turn_of(benchmark) < 0]
    if not higher:
        return "negative is better"
    return "positive is better" + (
        f" on {', '.join(higher)}, negative elsewhere" if len(higher) < len(benchmarks) else ""
    )


def tested(benchmark: Benchmark) -> bool:
    """Whether there are test values of a benchmark."""
    return isinstance(benchmark, Refereed) and benchmark.judged_on != VALIDATED


def followed_on_test(benchmark: Benchmark) -> bool:
    """Whether test values are known all along a search: not where only what it returned is trained anew."""
    return tested(benchmark) and benchmark.judged_on != RETRAINED


def deciding_regret(benchmark: Benchmark) -> str:
    """The regret that one verdict is of: on test, or where there is no test on validation."""
    return "test_regret" if tested(benchmark) else "validation_regret"


def score_names(benchmarks: Iterable[Benchmark], metric: str) -> str:
    """What stands for a regret of several benchmarks.

    >>> import nasbed
    >>> score_names([nasbed.load_benchmark("nasbench201")] * 2, "test_regret")
    'test regret'
    """
    return " or ".join(dict.fromkeys(score_name(benchmark, metric) for benchmark in benchmarks))


def require_best(benchmarks: Iterable[Benchmark], what: str) -> None:
    """Raises :class:`~nasbed.errors.BestUnknownError` for the first benchmark of which no best is known: ``what`` shows regrets."""
    for benchmark in benchmarks:
        known_referee(benchmark, what)


def known_referee(benchmark: Benchmark, what: str) -> Referee:
    """The referee of a benchmark of which the best is known; raises :class:`~nasbed.errors.BestUnknownError`, since ``what`` shows
    regrets.
    """
    referee = refereed(benchmark)
    if referee is None or absolute(benchmark):
        raise BestUnknownError(
            f"{what} shows regrets, and {benchmark.label} has no known best to count them from; leave this benchmark out, as with"
            " results.subset(benchmarks=...), or give it a referee"
        )
    return referee


def scoring_referee(benchmark: Benchmark, what: str) -> Referee:
    """The referee of a benchmark; raises :class:`~nasbed.errors.BestUnknownError` where there is none: ``what`` shows scores."""
    referee = refereed(benchmark)
    return known_referee(benchmark, what) if referee is None else referee


def unknown_best(benchmarks: Iterable[Benchmark]) -> list[str]:
    """A sentence for captions on the benchmarks without a referee or a known best; nothing where all have them."""
    labels: dict[str, list[str]] = {}
    there = list(benchmarks)
    for benchmark in there:
        if absolute(benchmark):
            labels.setdefault(_absolute(benchmark), []).append(benchmark.label)
    return [
        f"{text[:1].upper()}{text[1:]}" if len(of) == len(there) > FEW else f"{', '.join(of)}: {text}"
        for text, of in labels.items()
    ]


def _absolute(benchmark: Benchmark) -> str:
    """What stands in place of the regrets of a benchmark of which no best is known."""
    name, direction = benchmark.objectives[0].name, f"{better(benchmark)} is better"
    if not isinstance(benchmark, Refereed):
        return (
            "no test split, no best known: scores are absolute. In place of the validation regret stands the best-seen validation"
            f" {name}, with its noise; {direction}."
        )
    if benchmark.judged_on == RETRAINED:
        return (
            f"no best known: scores are absolute. Validation {name} is what the search saw of its incumbent, with its noise;"
            f" {direction}."
        )
    return f"no best known: scores are absolute. In place of the regrets stand validation and test {name}; {direction}."
