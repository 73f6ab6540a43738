"""Sequences to train on: in fixed, named splits that share no sequence."""

from nasbed.benchmarks.training.sequences.sequences import SequenceData, SequenceSplit
from nasbed.benchmarks.training.splitting import SPLITS

__all__ = ["SPLITS", "SequenceData", "SequenceSplit"]
