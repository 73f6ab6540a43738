"""A benchmark of a user's, whose table lies in the data home."""

from __future__ import annotations

from typing import Any

import numpy as np
from fakes import SPACE

from nasbed.benchmarks.tables.table import Table


class Homely(Table):
    """A table of nine architectures, called "made"."""

    table = "made"
    space = SPACE  # type: ignore[assignment]

    def __init__(self, dataset: str = "toy", **options: Any) -> None:
        super().__init__(dataset, **options)

    def representatives(self) -> np.ndarray:
        """Each architecture is a network of its own."""
        return np.arange(len(self.space))
