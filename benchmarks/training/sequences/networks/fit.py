"""The training of networks on sequences: how they come to the networks, and what is made of their logits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nasbed.benchmarks.training.fitting.fit import Fit, batches
from nasbed.benchmarks.training.fitting.measures import LabelMeasure, Measure, TokenMeasure
from nasbed.benchmarks.training.fitting.steps import Batch
from nasbed.benchmarks.training.fitting.threads import one_thread
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.sequences.sequences import BEYOND, SequenceData
from nasbed.streams import stream

_TOGETHER = 256
"""Sequences that are evaluated together."""


class SequenceFit(Fit[SequenceData]):
    """The training of networks on sequences. They are modules that give logits (sequences, networks, classes), or of the next token
    (sequences, networks, steps, classes), for values (sequences, networks, steps) or (sequences, networks, steps, channels) and
    lengths (sequences, networks).

    Each batch is cut to the longest of its sequences; steps beyond the length of a sequence are in no loss and no accuracy.
    """

    def __init__(
        self,
        networks: Any,
        recipe: Recipe,
        seeds: Sequence[int],
        data: SequenceData,
        watched: Sequence[str] = ("validation",),
        device: str = "cpu",
    ) -> None:
        super().__init__(networks, recipe, seeds, data, watched, device)
        self._by_token = data.task == "next token"
        self._held: dict[str, tuple[Tensor, Tensor, Tensor]] = {}

    def epoch_batches(self) -> Iterator[Batch]:
        """The batches of this epoch, each network's sequences in an order of its own; targets are labels (sequences, networks), or
        of the next token (sequences, networks, steps).
        """
        count = len(self.data.splits["train"].labels)
        drawn = [stream(seed, "training", f"epoch {self.epoch}").numpy.permutation(count) for seed in self.seeds]
        order = np.stack(drawn, 1)
        for start, end in batches(count, self.recipe.batch):
            yield self._batch("train", order[start:end])

    def split_batches(self, split: str) -> Iterator[Batch]:
        """The sequences of a split in the order of the data."""
        order = np.arange(len(self.data.splits[split].labels))
        for start in range(0, len(order), _TOGETHER):
            yield self._batch(split, np.tile(order[start : start + _TOGETHER, None], len(self.seeds)))

    def loss(self, logits: Tensor, *targets: Tensor) -> Tensor:
        """The mean over the sequences of a batch, or over their tokens, summed over the networks."""
        (labels,) = targets
        if not self._by_token:
            return functional.cross_entropy(logits.flatten(0, 1), labels.flatten()) * labels.shape[1]
        within = labels != BEYOND
        share = within / within.sum((0, 2), keepdim=True)  # of the tokens of its network
        losses = functional.cross_entropy(logits.flatten(0, 2), labels.flatten(), ignore_index=BEYOND, reduction="none")
        return losses @ share.flatten()

    def measure(self) -> Measure:
        """What adds up the sequences or tokens of an epoch or of a split."""
        return TokenMeasure(BEYOND) if self._by_token else LabelMeasure()

    def logits(self, split: str) -> np.ndarray:
        """Logits (networks, predictions, classes) of a split, in evaluation mode; there is a prediction for each sequence, or for
        each of its tokens.
        """
        with one_thread():
            parts = [self._predictions(logits, labels) for logits, labels in self.predicted(split)]
            found: np.ndarray = torch.cat(parts, 1).cpu().numpy()
        return found

    def _predictions(self, logits: Tensor, labels: Tensor) -> Tensor:
        return logits.transpose(0, 1)[:, labels[:, 0] != BEYOND] if self._by_token else logits.transpose(0, 1)

    def _batch(self, split: str, order: np.ndarray) -> Batch:
        """The sequences of each network, of which ``order`` has the places (sequences, networks)."""
        longest = int(self.data.splits[split].lengths[order].max())
        values, lengths, labels = self._split(split)
        which = torch.from_numpy(order).to(self.device)
        own = labels[:, :longest] if self._by_token else labels
        return Batch((values[:, :longest][which], lengths[which]), (own[which],))

    def _split(self, name: str) -> tuple[Tensor, Tensor, Tensor]:
        """Values, lengths and labels of a split, normalised, on the device."""
        if name not in self._held:
            values, lengths, labels = (torch.tensor(one, device=self.device) for one in self.data.normalised(name))
            self._held[name] = values, lengths, labels
        return self._held[name]
