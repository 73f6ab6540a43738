"""What goes through all architectures of a space, and must do without where they are not listed."""

from __future__ import annotations

from collections.abc import Iterable

from nasbed.errors import UnlistedError
from nasbed.results.known import absolute
from nasbed.vocabulary import Benchmark, EnumerableSpace, is_enumerable


def listed(benchmark: Benchmark, what: str) -> EnumerableSpace:
    """The space of a benchmark, for ``what`` goes through all of it; raises :class:`~nasbed.errors.UnlistedError` where it has no
    list of its architectures.
    """
    space = benchmark.space
    if not is_enumerable(space):
        raise UnlistedError(
            f"{what} goes through all architectures, and the space of {benchmark.label}, with {space.size:,}, has no list of them;"
            " use a smaller space, or leave this benchmark out, as with results.subset(benchmarks=...)"
        )
    return space


def require_listed(benchmarks: Iterable[Benchmark], what: str) -> None:
    """Raises :class:`~nasbed.errors.UnlistedError` for the first benchmark whose space has no list of its architectures."""
    for benchmark in benchmarks:
        listed(benchmark, what)


def unlisted(benchmarks: Iterable[Benchmark]) -> list[str]:
    """A sentence for captions on the benchmarks whose spaces have no list, and so no floor; nothing where all have one."""
    labels = [one.label for one in benchmarks if not is_enumerable(one.space) and not absolute(one)]
    return [f"No floor on {', '.join(labels)}: the space is too large to be searched exhaustively."] if labels else []
