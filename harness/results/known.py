"""What is known of a benchmark beside its answers: a referee, and the best of its space. Without them scores are absolute."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import isnan

from nasbed.errors import OptionError
from nasbed.searches.referees import refereed
from nasbed.vocabulary import Benchmark, Referee


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
    return f"best-seen {split}" if split == "validation" and refereed(benchmark) is None else split


def turn_of(benchmark: Benchmark) -> float:
    """What turns a regret, which is counted from 0 where no best is known, into what is shown: 1, or the sign that makes it a value
    in its natural unit.
    """
    return -benchmark.objectives[0].sign if absolute(benchmark) else 1.0


def better(benchmark: Benchmark) -> str:
    """Which of the values that are shown are the better ones: lower regrets, or of the objective where no best is known."""
    return "higher" if turn_of(benchmark) < 0 else "lower"


def require_best(benchmarks: Iterable[Benchmark], what: str) -> None:
    """Raises :class:`~nasbed.errors.OptionError` for the first benchmark of which no best is known: ``what`` shows regrets."""
    for benchmark in benchmarks:
        known_referee(benchmark, what)


def known_referee(benchmark: Benchmark, what: str) -> Referee:
    """The referee of a benchmark of which the best is known; raises :class:`~nasbed.errors.OptionError`, since ``what`` shows
    regrets.
    """
    referee = refereed(benchmark)
    if referee is None or absolute(benchmark):
        raise OptionError(
            f"{what} shows regrets, and {benchmark.label} has no known best to count them from; leave this benchmark out, as with"
            " results.subset(benchmarks=...), or give it a referee"
        )
    return referee


def scoring_referee(benchmark: Benchmark, what: str) -> Referee:
    """The referee of a benchmark; raises :class:`~nasbed.errors.OptionError` where there is none, since ``what`` shows scores."""
    referee = refereed(benchmark)
    return known_referee(benchmark, what) if referee is None else referee


def unknown_best(benchmarks: Iterable[Benchmark]) -> list[str]:
    """A sentence for captions on the benchmarks without a referee or a known best; nothing where all have them."""
    labels = [benchmark.label for benchmark in benchmarks if absolute(benchmark)]
    if not labels:
        return []
    return [
        f"{', '.join(labels)}: no test split, no best known: scores are absolute. In place of the validation regret stands the"
        " best-seen validation value, with its noise; differences are of these, and negative is still better."
    ]
