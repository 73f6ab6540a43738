"""Sequences to train on: in fixed, named splits that share no sequence."""

from nasbed.benchmarks.training.data.splitting import SPLITS
from nasbed.benchmarks.training.sequences.sequences import SequenceData, SequenceSplit
from nasbed.benchmarks.training.sequences.sources import NAMES, is_sequences, load_sequences

__all__ = ["NAMES", "SPLITS", "SequenceData", "SequenceSplit", "is_sequences", "load_sequences"]
