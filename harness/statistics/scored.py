"""What the comparisons of strategies are computed from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np


class Scored(Protocol):
    """Scores of strategies on benchmarks, paired by seed, as :class:`~nasbed.results.results.Results` has them."""

    reference: str
    strategies: list[str]

    @property
    def benchmarks(self) -> Mapping[str, Any]:
        """The benchmarks by label, in the study's order."""

    def scores(self, metric: str = ..., at: int | None = ...) -> dict[str, np.ndarray]:
        """By strategy, a score of each run, (seeds, benchmarks); lower is better, ``nan`` without an incumbent."""
