"""All weights of a supernet as one vector, and the optimizer that moves it: a step is a few calls, whatever the layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate

import torch
from torch import Tensor

from nasbed.benchmarks.training.supernets.plan import SupernetPlan

Views = Mapping[str, Tensor]
"""The parts of a vector of weights by their names."""


class FlatWeights:
    """Weights by name, held in one vector, of which :meth:`views` gives the parts; the gradient of a loss in the vector is that
    in all parts, with zeros where a part was not used.
    """

    def __init__(self, parts: Mapping[str, Tensor], dtype: torch.dtype = torch.float32) -> None:
        self._shapes = {name: part.shape for name, part in parts.items()}
        self._sizes = [part.numel() for part in parts.values()]
        self.vector = torch.cat([part.reshape(-1) for part in parts.values()]).to(dtype).requires_grad_()

    def views(self, vector: Tensor | None = None) -> dict[str, Tensor]:
        """The parts of the weights, or of another vector of the same length."""
        pieces = (self.vector if vector is None else vector).split(self._sizes)
        return {name: piece.view(shape) for piece, (name, shape) in zip(pieces, self._shapes.items(), strict=True)}

    def move(self, device: torch.device) -> None:
        """Hold the weights on another device."""
        self.vector = self.vector.detach().to(device).requires_grad_()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Within it no loss has a gradient in the weights, which then is not computed."""
        self.vector.requires_grad_(False)
        try:
            yield
        finally:
            self.vector.requires_grad_(True)

    def places(self, name: str) -> slice:
        """Where in the vector a part lies."""
        ends = dict(zip(self._shapes, accumulate(self._sizes), strict=True))
        return slice(ends[name] - self._shapes[name].numel(), ends[name])


class NesterovSGD:
    """SGD with Nesterov momentum and weight decay on one vector, as PyTorch's, after the gradient has been shortened to ``clip``.

    Weights that a step did not use have a gradient of zero: they decay, and go on by their momentum, as in the published runs,
    whose PyTorch kept zeros for gradients.
    """

    def __init__(self, vector: Tensor, plan: SupernetPlan) -> None:
        self.vector, self.plan = vector, plan
        self.momentum = torch.zeros_like(vector, requires_grad=False)

    @torch.no_grad()
    def step(self, gradient: Tensor, rate: float) -> None:
        """Move the weights against a gradient, which is not kept whole."""
        plan = self.plan
        if plan.clip:
            gradient = gradient * (plan.clip / (gradient.norm() + 1e-6)).clamp(max=1.0)
        gradient = gradient.add(self.vector, alpha=plan.decay)
        self.momentum.mul_(plan.momentum).add_(gradient)
        self.vector.add_(gradient.add(self.momentum, alpha=plan.momentum), alpha=-rate)
