"""Records made elsewhere that lack some evaluations of their runs, as loggers leave them that write improvements: their numbers say
which there are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nasbed.searches.columns import EVALUATION, LAST, SEED, VALUE, Columns


def every_evaluation(records: Mapping[str, np.ndarray], *, valued: tuple[str, ...] = (VALUE.name,)) -> Columns:
    """Records, sorted by seed and number, with one for each evaluation of a run: those that they lack have no value, so that they
    are no incumbents and still count, and are otherwise as the next that there is, which arrived no earlier. Nothing changes where
    records have no numbers. ``valued`` are the columns of values.

    >>> records = {"seed": np.zeros(2, int), "evaluation": np.array([1, 3]), "value": np.array([5.0, 7.0])}
    >>> every_evaluation({**records, "last": np.array([False, True])})["value"].tolist()
    [5.0, nan, 7.0]
    """
    if EVALUATION.name not in records:
        return dict(records)
    numbers, seeds = records[EVALUATION.name], records[SEED.name]
    lacking = np.where(np.diff(seeds, prepend=-1) == 0, np.diff(numbers, prepend=0), numbers)
    place = np.repeat(np.arange(len(numbers)), lacking)
    there = np.diff(place, append=len(numbers)) != 0
    found = {name: values[place] for name, values in records.items() if name != EVALUATION.name}
    found |= {name: np.where(there, found[name], np.nan) for name in valued}
    return found | {LAST.name: found[LAST.name] & there}
