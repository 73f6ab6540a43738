"""Which steps of a batch of sequences there are, and what must not see the others."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from nasbed.errors import DataError


class Steps:
    """The steps of sequences with ``lengths`` (networks, sequences) that are padded to ``longest`` steps.

    On a CPU it is looked at whether there is any padding, and nothing is done for it where there is none; on a GPU that would
    wait for the device at every batch.
    """

    def __init__(self, lengths: Tensor, longest: int) -> None:
        self.lengths, self.longest = lengths, longest
        self.padded = lengths.device.type != "cpu" or bool((lengths < longest).any())

    @cached_property
    def valid(self) -> Tensor:
        """Which steps there are, truth values (networks, steps, sequences)."""
        place = torch.arange(self.longest, device=self.lengths.device)
        return place[:, None] < self.lengths[:, None]

    def zeroed(self, features: Tensor, value: float = 0.0) -> Tensor:
        """Features (networks, steps, sequences, ...) with a value in place of those that are padding."""
        if not self.padded:
            return features
        absent = ~self.valid
        return features.masked_fill(absent.view(*absent.shape, *(1,) * (features.dim() - 3)), value)

    def reversed(self, features: Tensor) -> Tensor:
        """Features with the steps of each sequence in the opposite order, and padding as it is."""
        if not self.padded:
            return features.flip(1)
        return _Permuted.apply(features, self._backwards)

    @cached_property
    def _backwards(self) -> Tensor:
        """For each row of flat features which row takes its place, so that sequences run backwards; it is its own inverse."""
        place = torch.arange(self.longest, device=self.lengths.device)[:, None]
        other = torch.where(self.valid, self.lengths[:, None] - 1 - place, place)
        return self._rows(other)

    def _rows(self, place: Tensor) -> Tensor:
        """The rows of flat features at steps ``place`` (networks, any, sequences)."""
        count, sequences = self.lengths.shape
        network = torch.arange(count, device=place.device)[:, None, None]
        sequence = torch.arange(sequences, device=place.device)
        return ((network * self.longest + place) * sequences + sequence).flatten()

    def last(self, features: Tensor) -> Tensor:
        """Features of the last step of each sequence, (networks, sequences, width)."""
        if not self.padded:
            return features[:, -1]
        rows = self._rows(self.lengths[:, None] - 1)
        return features.flatten(0, 2).index_select(0, rows).view(*self.lengths.shape, -1)

    def attended(self, causal: bool) -> tuple[Tensor | None, float, bool]:
        """Which steps each step attends to, as arguments of ``scaled_dot_product_attention``: a mask (networks * sequences, 1, 1,
        steps) or none, no dropout, and whether it is causal.
        """
        if not self.padded or causal:
            return None, 0.0, causal
        return self.valid.transpose(1, 2).reshape(-1, 1, 1, self.longest), 0.0, False

    def require_within(self, limit: int) -> None:
        """Raises :class:`~nasbed.errors.DataError` where a sequence has more than ``limit`` steps."""
        longest = int(self.lengths.max())
        if longest > limit:
            raise DataError(
                f"a sequence has {longest} steps, and the network has learned positions of {limit}; cut it, or take an architecture"
                " with sinusoidal positions or none"
            )


class _Permuted(torch.autograd.Function):
    """Rows of features in an order that is its own inverse, so that gradients are put in place as fast."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        return features.flatten(0, -2).index_select(0, rows).view(features.shape)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        return gradient.flatten(0, -2).index_select(0, rows).view(gradient.shape), None
