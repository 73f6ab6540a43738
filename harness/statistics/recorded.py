"""Statistics over recorded runs, of which an architecture may lack some."""

from __future__ import annotations

import numpy as np


def mean_of_runs(values: np.ndarray) -> np.ndarray:
    """Mean over the runs that were made, (architectures,), of values (architectures, runs) that are ``nan`` where a run is missing;
    ``nan`` where none was made. Values without runs, (architectures,), are their own means.

    >>> mean_of_runs(np.array([[1.0, 3.0], [np.nan, 5.0], [np.nan, np.nan]]))
    array([ 2.,  5., nan])
    """
    if values.ndim == 1:
        return values
    made = ~np.isnan(values)
    count = made.sum(axis=1)
    means: np.ndarray = np.where(made, values, 0.0).sum(axis=1) / np.where(count, count, np.nan)
    return means
