"""An ensemble of small feed-forward networks, all trained at once: each layer of all members is one batched matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Literal

import numpy as np

Loss = Literal["absolute", "squared", "ranking"]

_BLOCK = 1024
"""Rows that are predicted at once, so that their activations stay in the cache."""


class Ensemble:
    """Members of one shape that differ in their initial weights; what they disagree about is uncertain.

    ReLU layers of ``widths`` and a linear output; Adam (Kingma and Ba, ICLR 2015) on ``epochs`` passes over shuffled
    batches; weights drawn as by Glorot and Bengio (AISTATS 2010), biases 0. Targets are standardised inside.

    The loss ``ranking`` is the logistic loss of pairs (RankNet: Burges et al., ICML 2005), over all pairs of a batch whose targets
    differ. It leaves scale and place of the scores open, so each member's are set so that their mean and deviation over the
    training samples are those of the targets.
    """

    def __init__(
        self,
        members: int = 5,
        widths: Sequence[int] = (20,) * 10,
        epochs: int = 150,
        rate: float = 0.01,
        batch: int = 32,
        loss: Loss = "absolute",
        betas: tuple[float, float] = (0.9, 0.99),
    ) -> None:
        self._members, self._widths = members, tuple(widths)
        self._epochs, self._rate, self._batch, self._loss, self._betas = epochs, rate, batch, loss, betas
        self._centre, self._scale = 0.0, 1.0
        self._layers: list[np.ndarray] = []
        """The weights of each layer, (members, outputs, inputs + 1): the last of an output is its bias."""

    def fit(self, x: np.ndarray, y: np.ndarray, rng: np.random.Generator, epochs: int | None = None) -> Ensemble:
        """Train afresh on the rows of ``x`` (samples, features) and their finite values ``y``; the ensemble itself. With
        ``epochs`` it goes on from what it learnt at the last fit for so many of them, if there was one.
        """
        # The deviation of equal values may miss 0 by rounding, their range does not.
        self._centre, self._scale = float(np.mean(y)), float(np.std(y)) if np.ptp(y) > 0 else 1.0
        target = ((y - self._centre) / self._scale).astype(np.float32)
        if epochs is None or not self._layers:
            epochs = self._epochs
            self._begin(x.shape[1], rng)
        # A feature that is 0 in all samples has no gradient: its weights stay as they are. The bias has a feature that is 1.
        used = np.append(np.flatnonzero(np.any(x, axis=0)), x.shape[1])
        rows = np.ones((len(x), len(used)), dtype=np.float32)
        rows[:, :-1] = x[:, used[:-1]]
        flat, layers = self._lay_out(len(used) - 1)
        gradient, slopes = self._lay_out(len(used) - 1)
        whole = self._layers[0]
        for layer, weights in zip(layers, [whole[:, :, used], *self._layers[1:]], strict=True):
            layer[...] = weights
        adam, passes = _Adam(flat, self._rate, self._betas), dict[int, _Pass]()
        for _ in range(epochs):
            order = rng.permutation(len(x))
            for start in range(0, len(x), self._batch):
                some = order[start : start + self._batch]
                if len(some) not in passes:
                    passes[len(some)] = _Pass(layers, slopes, len(some))
                self._differentiate(rows[some], target[some], passes[len(some)])
                adam.step(gradient)
        whole[:, :, used] = layers[0]
        self._layers = [whole, *layers[1:]]
        if self._loss == "ranking":
            self._calibrate(x)
        return self

    def samples(self, x: np.ndarray) -> np.ndarray:
        """What each member predicts, (members, rows of ``x``)."""
        return self._scores(np.asarray(x, dtype=np.float32)).astype(float) * self._scale + self._centre

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation over the members, for each row of ``x``."""
        predicted = self.samples(x)
        return predicted.mean(axis=0), predicted.std(axis=0)

    def _scores(self, x: np.ndarray) -> np.ndarray:
        """The output of each member, (members, rows of ``x``), on the scale of the standardised targets."""
        first, *later = self._layers
        scores = np.empty((self._members, len(x)), dtype=np.float32)
        for begin in range(0, len(x), _BLOCK):
            hidden = np.matmul(first[:, :, :-1], x[begin : begin + _BLOCK].T)
            hidden += first[:, :, -1:]
            for layer in later:
                np.maximum(hidden, 0, out=hidden)
                hidden = np.matmul(layer[:, :, :-1], hidden)
                hidden += layer[:, :, -1:]
            scores[:, begin : begin + _BLOCK] = hidden[:, 0]
        return scores

    def _calibrate(self, x: np.ndarray) -> None:
        """Give each member's scores of the training samples the mean 0 and, where they differ, the deviation 1."""
        scores = self._scores(np.asarray(x, dtype=np.float32))
        deviation = np.where(np.ptp(scores, axis=1) > 0, scores.std(axis=1), np.float32(1))
        last = self._layers[-1]
        last[:, 0, -1] -= scores.mean(axis=1)
        last /= deviation[:, None, None]

    def _shapes(self, features: int) -> list[tuple[int, int]]:
        return list(zip((features, *self._widths), (*self._widths, 1), strict=True))

    def _draw(self, features: int, rng: np.random.Generator) -> list[np.ndarray]:
        """Initial weights: (features, members x outputs) of the first layer, (members, inputs, outputs) of the others."""
        drawn = []
        for layer, (inputs, outputs) in enumerate(self._shapes(features)):
            limit = np.sqrt(6 / (inputs + outputs))
            shape = (self._members, inputs, outputs) if layer else (inputs, self._members * outputs)
            drawn.append(rng.uniform(-limit, limit, shape).astype(np.float32))
        return drawn

    def _begin(self, features: int, rng: np.random.Generator) -> None:
        """Weights as they are drawn, and biases of 0."""
        _, self._layers = self._lay_out(features)
        first, *later = self._draw(features, rng)
        for layer, drawn in zip(
            self._layers, [first.reshape(features, self._members, -1).transpose(1, 0, 2), *later], strict=True
        ):
            layer[:, :, :-1] = drawn.transpose(0, 2, 1)

    def _lay_out(self, features: int) -> tuple[np.ndarray, list[np.ndarray]]:
        """One array, and the weights of each layer (members, outputs, inputs + 1) as views into it."""
        shapes = [(self._members, outputs, inputs + 1) for inputs, outputs in self._shapes(features)]
        flat = np.zeros(sum(map(prod, shapes)), dtype=np.float32)
        ends = np.cumsum([prod(shape) for shape in shapes])
        return flat, [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True)]

    def _differentiate(self, rows: np.ndarray, target: np.ndarray, through: _Pass) -> None:
        """Put the gradient of each member's mean loss on a batch into the slopes, by backpropagation."""
        scores = through.forward(rows)
        through.backward(self._slope(scores, target)[:, None] / np.float32(len(rows)))

    def _slope(self, scores: np.ndarray, target: np.ndarray) -> np.ndarray:
        """By how much the loss of each sample grows with its score, (members, samples)."""
        if self._loss == "ranking":
            better = np.sign(target[:, None] - target)
            margins = better * (scores[:, :, None] - scores[:, None, :])
            against: np.ndarray = -(better / (1 + np.exp(np.minimum(margins, 50)))).sum(axis=2)
            return against / np.float32(max(len(target) - 1, 1))
        error: np.ndarray = scores - target
        return np.asarray(np.sign(error)) if self._loss == "absolute" else error


class _Pass:
    """Batches of so many ``rows`` through layers of weights, and their gradients back into ``slopes``. What passes through a hidden
    layer is (members, units + 1, rows): below the activations is 1, which the biases are multiplied by.
    """

    def __init__(self, layers: Sequence[np.ndarray], slopes: Sequence[np.ndarray], rows: int) -> None:
        shapes = [(len(weights), weights.shape[1] + 1, rows) for weights in layers[:-1]]
        ends = [sum(map(prod, shapes[: place + 1])) for place in range(len(shapes))]
        self._activations = np.ones(sum(map(prod, shapes)), dtype=np.float32)
        self._positive, self._zeros = np.empty_like(self._activations), np.zeros_like(self._activations)
        """Where activations are positive: 1, and 0 elsewhere."""
        hidden, positive, zeros = (
            [whole[end - prod(shape) : end].reshape(shape) for end, shape in zip(ends, shapes, strict=True)]
            for whole in (self._activations, self._positive, self._zeros)
        )
        back = [np.empty(shape, dtype=np.float32) for shape in shapes]
        self._last, self._first = layers[-1], slopes[0]
        self._onwards = list(zip(layers[:-1], map(_units, hidden), hidden, zeros, strict=True))
        entered, left = map(_turned, hidden), map(_turned, layers[1:])
        self._backwards = list(zip(entered, slopes[1:], left, back, positive, map(_units, back), strict=True))[::-1]

    def forward(self, rows: np.ndarray) -> np.ndarray:
        """The score of each row by each member, (members, rows)."""
        self._rows, before = rows, rows.T
        for weights, into, hidden, zero in self._onwards:
            np.matmul(weights, before, out=into)
            before = np.maximum(hidden, zero, out=hidden)  # an array of zeros is compared twice as fast as a number
        scores: np.ndarray = np.matmul(self._last, before)[:, 0]
        return scores

    def backward(self, back: np.ndarray) -> None:
        """Fill the slopes by the gradient of the scores, (members, 1, rows)."""
        np.greater(self._activations, self._zeros, out=self._positive, casting="unsafe")
        for entered, slope, left, into, positive, units in self._backwards:
            np.matmul(back, entered, out=slope)
            np.matmul(left, back, out=into)
            into *= positive
            back = units
        np.matmul(back, self._rows, out=self._first)


def _units(passing: np.ndarray) -> np.ndarray:
    """What passes through a layer without the row of the biases."""
    return passing[:, :-1]


def _turned(matrices: np.ndarray) -> np.ndarray:
    """Each of some matrices transposed."""
    return matrices.transpose(0, 2, 1)


class _Adam:
    """Adam's steps (Kingma and Ba, ICLR 2015, algorithm 1) on one array. Its averages are kept as plain decaying sums; what they
    lack is in the length of a step.
    """

    def __init__(self, weights: np.ndarray, rate: float, betas: tuple[float, float]) -> None:
        self._weights, self._rate, self._betas = weights, rate, betas
        self._first, self._second = np.zeros_like(weights), np.zeros_like(weights)
        self._count = 0

    def step(self, gradient: np.ndarray) -> None:
        """One step against the gradient, whose array is overwritten."""
        slow, slower = self._betas
        self._count += 1
        self._first *= slow
        self._first += gradient
        gradient *= gradient
        self._second *= slower
        self._second += gradient
        np.sqrt(self._second, out=gradient)
        gradient += 1e-7 / np.sqrt(1 - slower)
        np.divide(self._first, gradient, out=gradient)
        whole = (1 - slow) / (1 - slow**self._count) * np.sqrt((1 - slower**self._count) / (1 - slower))
        gradient *= self._rate * whole
        self._weights -= gradient
