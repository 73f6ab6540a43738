"""Sequences to train on: in fixed, named splits that share no sequence."""

from nasbed.benchmarks.training.images.images import SPLITS
from nasbed.benchmarks.training.sequences.sequences import SequenceData, SequenceSplit

__all__ = ["SPLITS", "SequenceData", "SequenceSplit"]
