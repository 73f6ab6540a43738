"""What a trained network is worth on a split: the usual scores of classification, from its logits."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

_HIGHEST = 700.0
"""The highest loss whose exponential is a number."""


class Scores(NamedTuple):
    """Scores on one split. ``loss`` is the mean cross-entropy in nats, ``accuracy`` in percent; ``precision``, ``recall`` and
    ``f1`` are means over the classes (macro averages) in 0 .. 1, where a class that is never predicted has a precision of 0.
    ``confusion`` (classes, classes) counts images by their class and by the one that was predicted.
    """

    loss: float
    accuracy: float
    precision: float
    recall: float
    f1: float
    confusion: np.ndarray


def scored(logits: np.ndarray, labels: np.ndarray) -> Scores:
    """The scores of ``logits`` (images, classes) for ``labels`` (images,).

    >>> scored(np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0]]), np.array([0, 1, 1])).confusion.tolist()
    [[1, 0], [1, 1]]
    """
    classes = logits.shape[1]
    numbers = logits.astype(np.float64)
    highest = numbers.max(1, keepdims=True)
    logs = numbers - highest - np.log(np.exp(numbers - highest).sum(1, keepdims=True))
    loss = -logs[np.arange(len(labels)), labels].mean()
    predicted = numbers.argmax(1)
    confusion = np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)
    right = np.diag(confusion).astype(float)
    precision = _share(right, confusion.sum(0))
    recall = _share(right, confusion.sum(1))
    f1 = _share(2 * precision * recall, precision + recall)
    accuracy = 100 * right.sum() / len(labels)
    macro = float(precision.mean()), float(recall.mean()), float(f1.mean())
    return Scores(float(loss), float(accuracy), *macro, confusion)


def perplexity(loss: float) -> float:
    """The exponential of a mean loss in nats: of how many equally likely tokens it is the loss.

    >>> round(perplexity(math.log(20)), 6)
    20.0
    """
    return math.exp(min(loss, _HIGHEST))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
