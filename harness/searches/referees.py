"""What a benchmark's referee may answer: what it raises names the benchmark, and its answers are numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbed.errors import BenchmarkError
from nasbed.searches.oracles import answering
from nasbed.vocabulary import Benchmark, Exhaustive, Referee, Refereed


def refereed(benchmark: Benchmark) -> Referee | None:
    """The referee of a benchmark, whose answers are arrays of numbers: it raises :class:`~nasbed.errors.BenchmarkError` where
    they are not, or where the benchmark's own raises. ``None`` where there is none, and scores are what the search saw.
    """
    if not isinstance(benchmark, Refereed):
        return None
    with answering(benchmark, "its referee()"):
        referee = benchmark.referee()
    return _Exhaustive(benchmark, referee) if isinstance(referee, Exhaustive) else _Refereed(benchmark, referee)


@dataclass(frozen=True)
class _Refereed:
    benchmark: Benchmark
    referee: Referee

    def validation(self, index: np.ndarray) -> np.ndarray:
        return self._numbers("validation", index)

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        return self._numbers("test", index, seen)

    def distinct(self, index: np.ndarray) -> np.ndarray:
        with answering(self.benchmark, "distinct() of its referee"):
            return self.referee.distinct(index)

    def best(self) -> tuple[float, float]:
        with answering(self.benchmark, "best() of its referee"):
            validation, test = self.referee.best()
            return validation + 0.0, test + 0.0

    def _numbers(self, method: str, index: np.ndarray, *seen: np.ndarray | None) -> np.ndarray:
        with answering(self.benchmark, f"{method}() of its referee"):
            answer = getattr(self.referee, method)(index, *seen)
            found: np.ndarray = np.asarray(answer)
            if found.shape != index.shape or found.dtype.kind not in "fiu":
                raise BenchmarkError(
                    f"the benchmark {self.benchmark.label} failed: {method}() of its referee answered with {found.dtype} of shape"
                    f" {found.shape}; expected a number for each architecture, {index.shape}"
                )
            return found if np.isfinite(found).all() else np.where(np.isfinite(found), found, np.nan)


class _Exhaustive(_Refereed):
    """The same of a referee that knows how an exhaustive search ends."""

    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        with answering(self.benchmark, "winner() of its referee"):
            found: tuple[np.ndarray, np.ndarray, np.ndarray] = self.referee.winner(noise)  # type: ignore[attr-defined]
            return found
