"""ENAS: Pham et al., Efficient neural architecture search via parameter sharing, ICML 2018.

By turns (section 2.2) the weights are trained for an epoch on paths that a controller draws, one a batch, and then the controller
by REINFORCE (Williams 1992), whose reward is the accuracy of a path on one validation batch. The controller is that of the script
of NAS-Bench-201: two LSTM layers of 32 units, logits divided by 5 and bent by 2.5 tanh, initial weights within 0.1, Adam without
first moment. The reward has the weighted entropy of the policy added, and a moving average as its baseline. In the end the
controller draws so many candidates, each scored on one batch, and the best is taken. The learning rate of the weights falls once,
by a cosine, where the paper begins anew several times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nasbed.benchmarks.training.supernets.data import Batch
from nasbed.benchmarks.training.supernets.flat_weights import FlatWeights
from nasbed.benchmarks.training.supernets.method import Score, SupernetMethod, best_of, loss_of
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.streams import stream
from nasbed.vocabulary import Arch

_UNITS, _LAYERS = 32, 2
_BEND, _TEMPERATURE = 2.5, 5.0
_WITHIN = 0.1
_CLIP = 5.0
"""The largest norm of the controller's gradient."""
_SAMPLES = 1000
"""Architectures that say how probable an operation is."""


class Enas(SupernetMethod):
    """ENAS, which ends in the best of so many architectures that its controller draws."""

    def __init__(self, plan: SupernetPlan, network: Any, seed: int) -> None:
        super().__init__(plan, network, seed)
        device = network.weights.vector.device
        self.controller = Controller(len(network.choices), network.codes, seed, device)
        self._adam = torch.optim.Adam(
            [self.controller.weights.vector], lr=plan.controller_rate, betas=(0.0, 0.999), eps=1e-3, foreach=False
        )
        self._baseline: float | None = None

    def step(self, train: Batch, held: Batch, rate: float) -> Tensor:
        """The weights are trained on a path that the controller draws."""
        images, labels = train
        with torch.no_grad():
            (arch,), _, _ = self.controller.drawn(1, self.rng.numpy)
        return self.trained(loss_of(self.network.path(images, arch, self.network.weights.views()), labels), rate)

    def finish(self, held: Sequence[Batch]) -> None:
        """Train the controller with the weights as they are, on batches in turn."""
        plan, at = self.plan, 0
        for _ in range(plan.controller_steps):
            archs, logs, entropies = self.controller.drawn(plan.aggregate, self.rng.numpy)
            gains = []
            for arch, entropy in zip(archs, entropies.tolist(), strict=True):
                images, labels = held[at % len(held)]
                at += 1
                with torch.no_grad():
                    logits = self.network.path(images, arch, self.network.weights.views())
                right = float((logits.argmax(1) == labels).double().mean())
                gains.append(self._gain(right, plan.entropy * entropy))
            loss = -(logs * torch.tensor(gains, dtype=logs.dtype, device=logs.device)).mean()
            vector = self.controller.weights.vector
            (gradient,) = torch.autograd.grad(loss, vector)
            vector.grad = gradient * (_CLIP / (gradient.norm() + 1e-6)).clamp(max=1.0)
            self._adam.step()

    def _gain(self, right: float, bonus: float) -> float:
        """How much a reward exceeds the moving average, which has it in already."""
        reward, decay = right + bonus, self.plan.baseline
        self._baseline = right if self._baseline is None else decay * self._baseline + (1 - decay) * reward
        return reward - self._baseline

    def probabilities(self) -> np.ndarray:
        """How often the controller draws each operation, estimated from a thousand architectures."""
        rng = stream(self.seed, "supernet", f"probabilities, epoch {self.epoch}").numpy
        with torch.no_grad():
            archs, _, _ = self.controller.drawn(_SAMPLES, rng)
        table, drawn = np.zeros_like(self.network.uniform()), np.array(archs)
        for edge in range(len(table)):
            codes, counts = np.unique(drawn[:, edge], return_counts=True)
            table[edge, codes] = counts / _SAMPLES
        return table

    def derived(self, score: Score) -> Arch:
        """The best of the candidates, which the controller draws."""
        with torch.no_grad():
            archs, _, _ = self.controller.drawn(self.plan.candidates, stream(self.seed, "supernet", "candidates").numpy)
        return best_of(archs, score)

    @property
    def edges(self) -> Tensor | None:
        """The paths of this method have no weights."""
        return None

    def state(self) -> dict[str, Any]:
        """The controller, its optimizer and the baseline."""
        weights = self.controller.weights.vector.detach().clone()
        return {"controller": weights, "adam": deepcopy(self._adam.state_dict()), "baseline": self._baseline}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        with torch.no_grad():
            self.controller.weights.vector.copy_(state["controller"])
        self._adam.load_state_dict(deepcopy(state["adam"]))
        self._baseline = state["baseline"]


class Controller:
    """An LSTM that draws the operations ``codes`` of the edges one after the other, several architectures at a time."""

    def __init__(self, edges: int, codes: Sequence[int], seed: int, device: torch.device) -> None:
        self._edges, self._codes = edges, tuple(codes)
        rng = stream(seed, "supernet", "controller").numpy
        shapes: dict[str, tuple[int, ...]] = {"start": (_UNITS,), "embedding": (len(codes), _UNITS)}
        for layer in range(_LAYERS):
            shapes |= {f"gates {layer}": (4 * _UNITS, 2 * _UNITS), f"gates {layer} shift": (4 * _UNITS,)}
        shapes |= {"head": (len(codes), _UNITS), "head shift": (len(codes),)}
        drawn = {name: torch.from_numpy(rng.uniform(-_WITHIN, _WITHIN, shape)) for name, shape in shapes.items()}
        self.weights = FlatWeights({name: one.to(device) for name, one in drawn.items()})

    def drawn(self, count: int, rng: np.random.Generator) -> tuple[list[Arch], Tensor, Tensor]:
        """So many architectures, with the logarithm of their probabilities and the entropy of the policies they were drawn from
        (count,).
        """
        held = self.weights.views()
        states = [(torch.zeros_like(held["start"]).expand(count, -1),) * 2 for _ in range(_LAYERS)]
        read, places, logs, entropies = held["start"].expand(count, -1), [], [], []
        for _ in range(self._edges):
            for layer, (state, memory) in enumerate(states):
                inputs = torch.cat([read, state], 1) @ held[f"gates {layer}"].T + held[f"gates {layer} shift"]
                into, forget, new, out = inputs.chunk(4, 1)
                memory = torch.sigmoid(forget) * memory + torch.sigmoid(into) * torch.tanh(new)
                read = torch.sigmoid(out) * torch.tanh(memory)
                states[layer] = read, memory
            logits = _BEND * torch.tanh((read @ held["head"].T + held["head shift"]) / _TEMPERATURE)
            policy = torch.log_softmax(logits, 1)
            bounds = policy.detach().exp().double().cumsum(1).cpu().numpy()[:, :-1]
            chosen = torch.from_numpy((rng.random(count)[:, None] >= bounds).sum(1)).to(policy.device)
            logs.append(policy.gather(1, chosen[:, None])[:, 0])
            entropies.append(-(policy.exp() * policy).sum(1))
            places.append(chosen.tolist())
            read = held["embedding"][chosen]
        archs = [tuple(self._codes[place] for place in one) for one in zip(*places, strict=True)]
        return archs, torch.stack(logs).sum(0), torch.stack(entropies).sum(0).detach()
