"""What trained networks are worth in an epoch or on a split: mean loss and accuracy, from the logits of its batches."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional


class Measure(Protocol):
    """Adds up what batches gave: logits and labels."""

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Add the logits of a batch and its labels."""

    def found(self) -> tuple[Tensor, Tensor]:
        """The mean loss and the accuracy in percent of each network; ``nan`` where a loss is no number."""


class LabelMeasure:
    """Loss and accuracy of classification: logits are (examples, networks, classes), labels (examples, networks).

    >>> measure = LabelMeasure()
    >>> measure.add(torch.tensor([[[0.0, 0.0]], [[0.0, 9.0]]]), torch.tensor([[1], [1]]))
    >>> [round(float(one), 4) for one in measure.found()]
    [0.3466, 50.0]
    """

    def __init__(self) -> None:
        self._logits: list[Tensor] = []
        self._labels: list[Tensor] = []

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Add the logits of a batch and its labels."""
        self._logits.append(logits)
        self._labels.append(labels)

    def found(self) -> tuple[Tensor, Tensor]:
        """The mean loss and the accuracy in percent of each network; ``nan`` where a loss is no number."""
        logits, labels = torch.cat(self._logits), torch.cat(self._labels)
        losses = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view(labels.shape)
        return finite(losses.double().mean(0), (logits.argmax(2) == labels).double().mean(0) * 100)


class TokenMeasure:
    """Loss and accuracy of the next token: logits are (sequences, networks, steps, classes), labels (sequences, networks, steps),
    which are ``beyond`` at steps that do not count.

    >>> measure = TokenMeasure(-1)
    >>> measure.add(torch.tensor([[[[0.0, 0.0], [0.0, 9.0]]]]), torch.tensor([[[1, -1]]]))
    >>> [round(float(one), 4) for one in measure.found()]
    [0.6931, 0.0]
    """

    def __init__(self, beyond: int) -> None:
        self._beyond = beyond
        self._sums: list[Tensor] = []

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Add the logits of a batch and its labels."""
        losses = functional.cross_entropy(
            logits.flatten(0, 2), labels.flatten(), ignore_index=self._beyond, reduction="none"
        ).view(labels.shape)
        sums = (losses, logits.argmax(3) == labels, labels != self._beyond)
        self._sums.append(torch.stack([one.double().sum((0, 2)) for one in sums]))

    def found(self) -> tuple[Tensor, Tensor]:
        """The mean loss and the accuracy in percent of each network; ``nan`` where a loss is no number."""
        loss, right, count = torch.stack(self._sums).sum(0)
        return finite(loss / count, right / count * 100)


def finite(loss: Tensor, accuracy: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and accuracy of each network, both ``nan`` where the loss is no finite number."""
    lost = ~torch.isfinite(loss)
    return torch.where(lost, torch.nan, loss), torch.where(lost, torch.nan, accuracy)
