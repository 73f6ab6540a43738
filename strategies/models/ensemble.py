"""An ensemble of small feed-forward networks, all trained at once: each layer of all members is one batched matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

Loss = Literal["absolute", "squared", "ranking"]


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
        self._weights: list[np.ndarray] = []
        """The weights by layer: (features, members x outputs) of the first, (members, inputs, outputs) of the others."""
        self._biases: list[np.ndarray] = []

    def fit(self, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Ensemble:
        """Train afresh on the rows of ``x`` (samples, features) and their finite values ``y``; the ensemble itself."""
        # The deviation of equal values may miss 0 by rounding, their range does not.
        self._centre, self._scale = float(np.mean(y)), float(np.std(y)) if np.ptp(y) > 0 else 1.0
        target = ((y - self._centre) / self._scale).astype(np.float32)
        whole = self._draw(x.shape[1], rng)
        # A feature that is 0 in all samples has no gradient: its weights stay as they were drawn.
        used = np.flatnonzero(np.any(x, axis=0))
        x = np.ascontiguousarray(x[:, used], dtype=np.float32)
        flat, self._weights, self._biases = self._lay_out(len(used))
        gradient, into_weights, into_biases = self._lay_out(len(used))
        for here, drawn in zip(self._weights, [whole[0][used], *whole[1:]], strict=True):
            here[...] = drawn
        first, second, room, step = np.zeros_like(flat), np.zeros_like(flat), np.empty_like(flat), 0
        slow, slower = self._betas
        for _ in range(self._epochs):
            order = rng.permutation(len(x))
            for start in range(0, len(x), self._batch):
                some = order[start : start + self._batch]
                self._differentiate(x[some], target[some], into_weights, into_biases)
                step += 1
                first *= slow
                first += np.multiply(gradient, 1 - slow, out=room)
                second *= slower
                np.multiply(gradient, gradient, out=room)
                room *= 1 - slower
                second += room
                np.sqrt(second, out=room)
                room += 1e-7
                np.divide(first, room, out=room)
                room *= self._rate * np.sqrt(1 - slower**step) / (1 - slow**step)
                flat -= room
        if self._loss == "ranking":
            self._calibrate(x)
        whole[0][used] = self._weights[0]
        self._weights[0] = whole[0]
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
        hidden = self._enter(x)
        for weights, biases in zip(self._weights[1:], self._biases[1:], strict=True):
            np.maximum(hidden, 0, out=hidden)
            hidden = np.matmul(hidden, weights)
            hidden += biases
        scores: np.ndarray = hidden[:, :, 0]
        return scores

    def _calibrate(self, x: np.ndarray) -> None:
        """Give each member's scores of the training samples the mean 0 and, where they differ, the deviation 1."""
        scores = self._scores(x)
        deviation = np.where(np.ptp(scores, axis=1) > 0, scores.std(axis=1), np.float32(1))
        last = self._weights[-1]  # of a network without hidden layers it is flat
        last /= deviation[:, None, None] if last.ndim == 3 else deviation
        self._biases[-1][...] = (self._biases[-1] - scores.mean(axis=1)[:, None, None]) / deviation[:, None, None]

    def _shapes(self, features: int) -> list[tuple[int, int]]:
        return list(zip((features, *self._widths), (*self._widths, 1), strict=True))

    def _draw(self, features: int, rng: np.random.Generator) -> list[np.ndarray]:
        """Initial weights of each layer."""
        drawn = []
        for layer, (inputs, outputs) in enumerate(self._shapes(features)):
            limit = np.sqrt(6 / (inputs + outputs))
            shape = (self._members, inputs, outputs) if layer else (inputs, self._members * outputs)
            drawn.append(rng.uniform(-limit, limit, shape).astype(np.float32))
        return drawn

    def _lay_out(self, features: int) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
        """One array, and the weights and the biases (members, 1, outputs) of each layer as views into it."""
        shapes, members = self._shapes(features), self._members
        flat = np.zeros(members * sum((inputs + 1) * outputs for inputs, outputs in shapes), dtype=np.float32)
        weights, biases, at = [], [], 0
        for layer, (inputs, outputs) in enumerate(shapes):
            shape = (members, inputs, outputs) if layer else (inputs, members * outputs)
            weights.append(flat[at : at + members * inputs * outputs].reshape(shape))
            at += members * inputs * outputs
            biases.append(flat[at : at + members * outputs].reshape(members, 1, outputs))
            at += members * outputs
        return flat, weights, biases

    def _enter(self, x: np.ndarray) -> np.ndarray:
        """The first layer before its activation, (members, rows, outputs): one product, since all see the same."""
        together = (x @ self._weights[0]).reshape(len(x), self._members, -1)
        entered: np.ndarray = together.transpose(1, 0, 2) + self._biases[0]
        return entered

    def _differentiate(
        self,
        x: np.ndarray,
        target: np.ndarray,
        into_weights: list[np.ndarray],
        into_biases: list[np.ndarray],
    ) -> None:
        """The gradient of each member's mean loss on a batch, by backpropagation."""
        hidden = self._enter(x)
        inputs = []
        for weights, biases in zip(self._weights[1:], self._biases[1:], strict=True):
            np.maximum(hidden, 0, out=hidden)
            inputs.append(hidden)
            hidden = np.matmul(hidden, weights)
            hidden += biases
        slope = self._slope(hidden[:, :, 0], target)
        back = slope[:, :, None] / np.float32(len(x))
        ones = np.ones((1, len(x)), dtype=np.float32)  # a product with it is the sum over a batch, sooner than np.sum
        for layer in range(len(inputs), 0, -1):
            entered = inputs[layer - 1]
            np.matmul(entered.transpose(0, 2, 1), back, out=into_weights[layer])
            np.matmul(ones, back, out=into_biases[layer])
            back = np.matmul(back, self._weights[layer].transpose(0, 2, 1))
            back *= entered > 0
        np.matmul(ones, back, out=into_biases[0])
        np.matmul(x.T, back.transpose(1, 0, 2).reshape(len(x), -1), out=into_weights[0])

    def _slope(self, scores: np.ndarray, target: np.ndarray) -> np.ndarray:
        """By how much the loss of each sample grows with its score, (members, samples)."""
        if self._loss == "ranking":
            better = np.sign(target[:, None] - target)
            margins = better * (scores[:, :, None] - scores[:, None, :])
            against: np.ndarray = -(better / (1 + np.exp(np.minimum(margins, 50)))).sum(axis=2)
            return against / np.float32(max(len(target) - 1, 1))
        error: np.ndarray = scores - target
        return np.asarray(np.sign(error)) if self._loss == "absolute" else error
