"""In which precision the logits of a training step are computed, and its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from nasbed.benchmarks.training.recipe import Precision


class StepPrecision(Protocol):
    """How logits and gradients are computed; both are float32, and so are the parameters that they belong to."""

    def logits(self, inputs: Sequence[Tensor]) -> Tensor:
        """The logits of the networks for a batch."""

    def gradients(self, loss: Tensor) -> Sequence[Tensor | None]:
        """The gradient of each parameter, ``None`` where it has no part in a loss of those logits."""


def precision_of(asked: Precision, networks: Any, device: torch.device) -> StepPrecision:
    """The precision of a recipe's steps on networks that are on their device."""
    return Float32(networks) if asked == "float32" else Bfloat16(networks, device)


class Float32:
    """All is computed in the type of the parameters."""

    def __init__(self, networks: Any) -> None:
        self._networks = networks
        self._parameters = [one for one in networks.parameters() if one.requires_grad]

    def logits(self, inputs: Sequence[Tensor]) -> Tensor:
        """The logits of the networks for a batch."""
        found: Tensor = self._networks(*inputs)
        return found

    def gradients(self, loss: Tensor) -> Sequence[Tensor | None]:
        """The gradient of each parameter."""
        return torch.autograd.grad(loss, self._parameters, allow_unused=True)


class Bfloat16:
    """Convolutions and products are computed in bfloat16, as PyTorch's autocast has it, and what lies between them is of that kind.

    The weights of convolutions are cast in one call before a step, and their gradients in one after it, instead of each by itself:
    the numbers are the same, and on a GPU a sixth to a quarter of all launches is spared.
    """

    def __init__(self, networks: Any, device: torch.device) -> None:
        self._networks, self._device = networks, device
        named = {name: one for name, one in networks.named_parameters() if one.requires_grad}
        self._weights = {name: one.detach() for name, one in named.items() if one.dim() == 4}
        self._cast = {
            name: torch.empty_like(one, dtype=torch.bfloat16).requires_grad_() for name, one in self._weights.items()
        }
        self._read: list[Tensor] = [self._cast.get(name, one) for name, one in named.items()]
        self._gradients = {id(self._cast[name]): torch.zeros_like(one) for name, one in self._weights.items()}

    def logits(self, inputs: Sequence[Tensor]) -> Tensor:
        """The logits of the networks for a batch."""
        if self._cast:
            with torch.no_grad():
                torch._foreach_copy_(list(self._cast.values()), list(self._weights.values()))
        # What autocast casts itself is read once a step, and must not outlive the recording of a step.
        with torch.autocast(self._device.type, torch.bfloat16, cache_enabled=False):
            found: Tensor = torch.func.functional_call(self._networks, dict(self._cast), tuple(inputs))
        return found.float()

    def gradients(self, loss: Tensor) -> Sequence[Tensor | None]:
        """The gradient of each parameter; those of convolutions are overwritten by the next step."""
        found = torch.autograd.grad(loss, self._read, allow_unused=True)
        whole, cast, given = [], [], []
        for one, gradient in zip(self._read, found, strict=True):
            held = None if gradient is None else self._gradients.get(id(one))
            if gradient is not None and held is not None:
                whole.append(held)
                cast.append(gradient)
            given.append(gradient if held is None else held)
        if cast:
            torch._foreach_copy_(whole, cast)
        return given
