"""Series made harder by noise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nasbed.benchmarks.training.data.splitting import SPLITS, read_only
from nasbed.benchmarks.training.sequences.sequences import SequenceData, SequenceSplit, within
from nasbed.streams import stream


def noisy(data: SequenceData, deviation: float, copies: Mapping[str, int]) -> SequenceData:
    """Normalised series with Gaussian noise on every value, drawn once and for all by the name of the data; a split has so many
    ``copies`` of each series, each with noise of its own.
    """
    splits = {}
    for name in SPLITS:
        values, lengths, labels = (np.repeat(one, copies[name], axis=0) for one in data.normalised(name))
        rng = stream(0, data.name, f"noise of {name}").numpy
        values = values + rng.normal(0.0, deviation, values.shape).astype(np.float32)
        values[~within(lengths, data.longest)] = 0
        splits[name] = SequenceSplit(read_only(values), read_only(lengths), read_only(labels))
    said = ", ".join(f"{copies[name]} of each in {name}" for name in SPLITS)
    origin = f"{data.origin[:-1]}; normalised, with noise of deviation {deviation:g} on every value, series {said}."
    return SequenceData(data.name, data.classes, splits, data.task, (), origin)
