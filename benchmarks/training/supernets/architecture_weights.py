"""The architecture's weights of a relaxed cell, one for each operation on each edge, with the optimizer that moves them.

Relaxation, initial weights and read-out are as in NAS-Bench-201 (Dong and Yang, ICLR 2020; AutoDL-Projects): one table for all
cells, 0.001 N(0, 1) at the start, Adam, and in the end the operation of the highest weight on each edge, ``none`` among them unless
the plan says otherwise. The paper on DARTS leaves ``none`` out and keeps two edges a node, which this cell has not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nasbed.benchmarks.spaces.nasbench201 import OPERATIONS
from nasbed.benchmarks.training.supernets.cell_supernet import CellSupernet
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.streams import stream
from nasbed.vocabulary import Arch


class ArchitectureWeights:
    """``logits`` (edges, operations) and ``further`` (numbers,), which Adam moves together. ``dropped`` (edges, operations) says
    which operations count no more, if there are any.
    """

    def __init__(self, plan: SupernetPlan, network: CellSupernet, seed: int, further: int = 0) -> None:
        self.plan, self.codes = plan, network.codes
        like = network.weights.vector
        rng = stream(seed, "supernet", "architecture").numpy

        def drawn(*shape: int) -> Tensor:
            return torch.from_numpy(0.001 * rng.standard_normal(shape)).to(like.device, like.dtype).requires_grad_()

        self.logits = drawn(len(network.choices), len(self.codes))
        self.further = drawn(further)
        self.dropped: Tensor | None = None
        self.all = [self.logits, self.further] if further else [self.logits]
        self.optimizer = torch.optim.Adam(
            self.all, lr=plan.arch_rate, betas=plan.arch_betas, weight_decay=plan.arch_decay, foreach=False
        )

    def step(self, gradients: Sequence[Tensor]) -> None:
        """A step of Adam against the gradients of ``all``."""
        for one, gradient in zip(self.all, gradients, strict=True):
            one.grad = gradient
        self.optimizer.step()

    def against(self, loss: Tensor) -> None:
        """A step of Adam against the gradient of a loss."""
        self.step(torch.autograd.grad(loss, self.all))

    def mixing(self, logits: Tensor | None = None) -> Tensor:
        """The softmax of each edge (edges, operations), of the weights as they are or of others; 0 for what is dropped."""
        return torch.softmax(self.kept(self.logits if logits is None else logits), 1)

    def kept(self, logits: Tensor) -> Tensor:
        """Weights in which what is dropped is minus infinity."""
        return logits if self.dropped is None else logits.masked_fill(self.dropped, -torch.inf)

    def shrink(self, count: int) -> None:
        """Drop all but so many operations of the highest weights on each edge."""
        best = self.kept(self.logits.detach()).argsort(dim=1, descending=True, stable=True)[:, :count]
        self.dropped = torch.ones_like(self.logits, dtype=torch.bool).scatter(1, best, False)

    def spread(self, values: Tensor) -> np.ndarray:
        """Values (edges, operations of the supernet) over all operations of the space, zero where there is none."""
        whole = np.zeros((len(values), len(OPERATIONS)))
        whole[:, list(self.codes)] = values.detach().double().cpu().numpy()
        return whole

    def read_out(self, logits: Tensor | None = None) -> Arch:
        """The operation of the highest weight on each edge, the first of several."""
        table = self.spread(self.mixing() if logits is None else logits.softmax(1))
        if not self.plan.read_none:
            table[:, OPERATIONS.index("none")] = -1.0
        return tuple(int(code) for code in table.argmax(1))

    def state(self) -> dict[str, Any]:
        """The weights and the state of Adam."""
        return {"weights": [one.detach().clone() for one in self.all], "adam": deepcopy(self.optimizer.state_dict())}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        with torch.no_grad():
            for one, held in zip(self.all, state["weights"], strict=True):
                one.copy_(held)
        self.optimizer.load_state_dict(deepcopy(state["adam"]))
