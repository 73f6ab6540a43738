"""Records as columns: values by name, one for each record."""

from __future__ import annotations

import numpy as np

Columns = dict[str, np.ndarray]


def merge(parts: list[Columns]) -> Columns:
    """Records of several batches as one, sorted by seed (stable, so the order within a run stays)."""
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(joined["seed"], kind="stable")
    return {name: values[order] for name, values in joined.items()}
