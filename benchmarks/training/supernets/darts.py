"""DARTS: Liu, Simonyan and Yang, Differentiable architecture search, ICLR 2019.

An edge is the sum of all operations, weighted by a softmax (equation 2). The weights are trained on one part of the data and the
architecture's weights on another (equations 3 and 4), by turns: at ``order = 1`` with the weights as they are, the weights first,
as the script of NAS-Bench-201 does; at ``order = 2`` with the weights after one more step (equation 7), the architecture first, the
second derivatives by finite differences (equation 8).

Cures of its collapse: the search ends when the dominant eigenvalue of the Hessian of the validation loss in the architecture's
weights has grown by 1 / ``stop_at_eigenvalue`` within a window, and returns what it had before (Zela et al., Understanding and
robustifying differentiable architecture search, ICLR 2020, section 4.3); a skip of a weight that falls from 1 to 0 stands beside
each edge (Chu et al., DARTS-: Robustly stepping out of performance collapse without indicators, ICLR 2021, equation 5 and
algorithm 1); edges keep fewer and fewer operations, those of the highest weights (Chen et al., Progressive differentiable
architecture search: Bridging the depth gap between search and evaluation, ICCV 2019, section 3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nasbed.benchmarks.training.supernets.data import Batch
from nasbed.benchmarks.training.supernets.method import Score, loss_of
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.benchmarks.training.supernets.relaxed_method import RelaxedMethod
from nasbed.vocabulary import Arch

_REACH = 0.01
"""The length of the finite difference of equation 8, by footnote 2 of the paper."""


class Darts(RelaxedMethod):
    """DARTS of first or second order, with or without its cures. ``eigenvalues`` are those of each epoch, if they are asked for."""

    def __init__(self, plan: SupernetPlan, network: Any, seed: int) -> None:
        super().__init__(plan, network, seed)
        self.eigenvalues: list[float] = []
        self._before: list[Tensor] = []

    def step(self, train: Batch, held: Batch, rate: float) -> Tensor:
        """The weights and the architecture's weights, by turns."""
        searching = self.epoch >= self.plan.warm_up
        if searching and self.plan.order == 2:
            self._second_order(train, held, rate)
        loss = self.trained(self._loss(train, self.architecture.mixing().detach()), rate)
        if searching and self.plan.order == 1:
            with self.network.weights.frozen():
                self.architecture.against(self._loss(held, self.architecture.mixing()))
        return loss

    def _loss(self, batch: Batch, mixing: Tensor, vector: Tensor | None = None) -> Tensor:
        images, labels = batch
        views, auxiliary = self.network.weights.views(vector), self.plan.auxiliary_of(self.epoch)
        return loss_of(self.network.mixture(images, mixing, views, auxiliary), labels)

    def _second_order(self, train: Batch, held: Batch, rate: float) -> None:
        logits, plan, momentum = self.architecture.logits, self.plan, self.optimizer.momentum
        mixing = self.architecture.mixing

        def velocity(weights: Tensor, gradient: Tensor) -> Tensor:
            return plan.momentum * momentum + gradient + plan.decay * weights

        gradient = unrolled_gradient(
            lambda weights, alphas: self._loss(train, mixing(alphas), weights),
            lambda weights, alphas: self._loss(held, mixing(alphas), weights),
            self.network.weights.vector,
            logits,
            rate,
            velocity,
        )
        self.architecture.step([gradient])

    def finish(self, held: Sequence[Batch]) -> None:
        """Watch the dominant eigenvalue on one batch, if that is asked for, and perhaps end the search; drop operations where a
        stage is over.
        """
        plan, architecture = self.plan, self.architecture
        if plan.stop_at_eigenvalue is not None:
            self._before.append(architecture.kept(architecture.logits.detach()).clone())
            with self.network.weights.frozen():
                largest = dominant_eigenvalue(
                    lambda alphas: self._loss(held[0], architecture.mixing(alphas)), architecture.logits
                )
            self.eigenvalues.append(largest)
            self.ended = has_grown(self.eigenvalues, plan.stop_at_eigenvalue, plan.eigenvalue_window)
        if (count := plan.kept_after(self.epoch + 1)) is not None:
            architecture.shrink(count)

    def derived(self, score: Score) -> Arch:
        """The operation of the highest weight on each edge; where the search ended early, of a window before its end."""
        return self.architecture.read_out(self._before[-1 - self.plan.eigenvalue_window] if self.ended else None)

    def state(self) -> dict[str, Any]:
        """The architecture's weights and what of them is dropped, those of the epochs before and their eigenvalues."""
        own = {"eigenvalues": list(self.eigenvalues), "before": list(self._before), "ended": self.ended}
        own["dropped"] = self.architecture.dropped
        return {**super().state(), **own}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        super().restore(state)
        self.eigenvalues, self._before = list(state["eigenvalues"]), list(state["before"])
        self.ended, self.architecture.dropped = bool(state["ended"]), state["dropped"]


Loss = Callable[[Tensor, Tensor], Tensor]
"""A loss of the weights and the architecture's weights."""


def unrolled_gradient(
    train: Loss,
    validation: Loss,
    weights: Tensor,
    alphas: Tensor,
    rate: float,
    velocity: Callable[[Tensor, Tensor], Tensor] = lambda weights, gradient: gradient,
) -> Tensor:
    """The gradient in ``alphas`` of the validation loss after one step of the weights (equation 7), whose second derivatives are a
    central difference (equation 8). ``velocity`` makes of weights and gradient what a step is along; its momentum and decay count
    as constants.
    """
    (gradient,) = torch.autograd.grad(train(weights, alphas.detach()), weights)
    with torch.no_grad():
        ahead = weights - rate * velocity(weights, gradient)
    direct, towards = torch.autograd.grad(validation(ahead.requires_grad_(), alphas), (alphas, ahead))
    reach = _REACH / float(towards.norm().clamp(min=1e-12))
    with torch.no_grad():
        above, below = weights + reach * towards, weights - reach * towards
    (up,) = torch.autograd.grad(train(above, alphas), alphas)
    (down,) = torch.autograd.grad(train(below, alphas), alphas)
    return direct - rate * (up - down) / (2 * reach)


def dominant_eigenvalue(loss: Callable[[Tensor], Tensor], alphas: Tensor) -> float:
    """The largest eigenvalue of the Hessian of a loss in the architecture's weights, computed exactly, row by row."""
    (slope,) = torch.autograd.grad(loss(alphas), alphas, create_graph=True)
    rows = [torch.autograd.grad(one, alphas, retain_graph=True)[0].flatten() for one in slope.flatten()]
    hessian = torch.stack(rows).double().cpu()
    if not bool(torch.isfinite(hessian).all()):
        return float("nan")
    return float(torch.linalg.eigvalsh((hessian + hessian.T) / 2)[-1])


def has_grown(eigenvalues: Sequence[float], ratio: float, window: int) -> bool:
    """Whether the mean eigenvalue of the last ``window`` epochs exceeds that of the window before by more than 1 / ``ratio``.

    >>> has_grown([1, 1, 1, 1], 0.75, 2), has_grown([1, 1, 1, 2], 0.75, 2), has_grown([1, 2, 2], 0.75, 2)
    (False, True, False)
    """
    if len(eigenvalues) < 2 * window:
        return False
    before, now = np.mean(eigenvalues[-2 * window : -window]), np.mean(eigenvalues[-window:])
    return bool(now > 0 and before < ratio * now)
