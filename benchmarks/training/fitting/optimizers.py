"""Steps of optimizers, whose kernels are called directly: the wrapper around them costs small networks a tenth of a training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from nasbed.benchmarks.training.recipe import Recipe

_BUFFERS = {"sgd": 1, "adam": 2, "rmsprop": 1}
"""How many numbers an optimizer remembers of each: the momentum; the means of gradients and their squares; that of squares."""
_BETAS, _ALPHA, _EPSILON = (0.9, 0.999), 0.99, 1e-8
"""PyTorch's defaults of Adam and RMSprop."""


class TrainingOptimizer(Protocol):
    """The optimizer of a recipe: a parameter without a gradient, as where no path leads on from it, stays as it is.

    ``replayable`` says whether a step reads and writes the same tensors each time, and its rate, where that is a tensor, in them.
    """

    replayable: ClassVar[bool]

    def step(self, gradients: Sequence[Tensor | None], rate: float | Tensor) -> None:
        """Move the parameters by their gradients, at a learning rate, which may be a tensor without dimensions."""

    def tensors(self) -> list[Tensor]:
        """What the optimizer remembers between steps."""

    def state_dict(self) -> dict[str, Any]:
        """What the optimizer goes on from."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""


def optimizer_of(recipe: Recipe, parameters: Sequence[Tensor]) -> TrainingOptimizer:
    """The optimizer of a recipe, by PyTorch's kernels where its version has them for a CPU."""
    major, minor = (int(part) for part in torch.__version__.split(".")[:2])
    return FusedOptimizer(recipe, parameters) if (major, minor) >= (2, 5) else WrappedOptimizer(recipe, parameters)


class FusedOptimizer:
    """The optimizer of a recipe, whose kernels move all parameters in one call; the numbers are those of ``torch.optim``. A rate
    that is a tensor is float32 on a GPU, as its kernels want it, and may be of any kind on a CPU.
    """

    replayable: ClassVar[bool] = True

    def __init__(self, recipe: Recipe, parameters: Sequence[Tensor]) -> None:
        self.recipe = recipe
        self._parameters = [one.detach() for one in parameters]
        self._buffers = [[torch.zeros_like(one) for one in self._parameters] for _ in range(_BUFFERS[recipe.optimizer])]
        self._count = torch.zeros((), device=self._parameters[0].device)
        kinds: dict[str, Callable[..., None]] = {"sgd": self._sgd, "adam": self._adam, "rmsprop": self._rmsprop}
        self._moved = kinds[recipe.optimizer]

    def step(self, gradients: Sequence[Tensor | None], rate: float | Tensor) -> None:
        """Move the parameters by their gradients, at a learning rate, which may be a tensor without dimensions."""
        there = [place for place, gradient in enumerate(gradients) if gradient is not None]
        parameters = [self._parameters[place] for place in there]
        buffers = [[buffer[place] for place in there] for buffer in self._buffers]
        # The kernels take for granted that a gradient lies in memory as its parameter does, and are wrong where it does not.
        alike = [_alike(gradients[place], one) for place, one in zip(there, parameters, strict=True)]
        self._count += 1
        self._moved(rate, parameters, alike, *buffers)

    def tensors(self) -> list[Tensor]:
        """What the optimizer remembers between steps."""
        return [self._count, *(one for buffer in self._buffers for one in buffer)]

    def _sgd(
        self, rate: float | Tensor, parameters: list[Tensor], gradients: list[Tensor], momenta: list[Tensor]
    ) -> None:
        torch._fused_sgd_(
            parameters,
            gradients,
            momenta,
            weight_decay=self.recipe.decay,
            momentum=self.recipe.momentum,
            lr=rate,
            dampening=0.0,
            nesterov=True,
            maximize=False,
            is_first_step=False,
        )

    def _adam(
        self,
        rate: float | Tensor,
        parameters: list[Tensor],
        gradients: list[Tensor],
        means: list[Tensor],
        squares: list[Tensor],
    ) -> None:
        torch._fused_adam_(
            parameters,
            gradients,
            means,
            squares,
            [],
            [self._count] * len(parameters),
            lr=rate,
            beta1=_BETAS[0],
            beta2=_BETAS[1],
            weight_decay=self.recipe.decay,
            eps=_EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def _rmsprop(
        self, rate: float | Tensor, parameters: list[Tensor], gradients: list[Tensor], squares: list[Tensor]
    ) -> None:
        if self.recipe.decay:
            gradients = torch._foreach_add(gradients, parameters, alpha=self.recipe.decay)  # type: ignore[assignment]
        torch._foreach_mul_(squares, _ALPHA)
        torch._foreach_addcmul_(squares, gradients, gradients, value=1 - _ALPHA)
        roots = torch._foreach_sqrt(squares)
        torch._foreach_add_(roots, _EPSILON)
        if isinstance(rate, Tensor):  # as a value it would be read on the host
            torch._foreach_addcdiv_(parameters, torch._foreach_mul(gradients, -rate), roots)
        else:
            torch._foreach_addcdiv_(parameters, gradients, roots, value=-rate)

    def state_dict(self) -> dict[str, Any]:
        """What the optimizer goes on from."""
        return {"count": self._count, "buffers": self._buffers}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        self._count.copy_(state["count"])
        for own, others in zip(self._buffers, state["buffers"], strict=True):
            for one, other in zip(own, others, strict=True):
                one.copy_(other)


class WrappedOptimizer:
    """The optimizer of a recipe as ``torch.optim`` has it."""

    replayable: ClassVar[bool] = False

    def __init__(self, recipe: Recipe, parameters: Sequence[Tensor]) -> None:
        self._parameters = list(parameters)
        common: dict[str, Any] = {"lr": recipe.rate, "weight_decay": recipe.decay, "foreach": True}
        if recipe.optimizer == "sgd":
            self._made: Any = torch.optim.SGD(parameters, momentum=recipe.momentum, nesterov=True, **common)
        else:
            made = torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.RMSprop
            self._made = made(parameters, **common)

    def step(self, gradients: Sequence[Tensor | None], rate: float | Tensor) -> None:
        """Move the parameters by their gradients, at a learning rate, which may be a tensor without dimensions."""
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = None if gradient is None else _alike(gradient, parameter)
        for group in self._made.param_groups:
            group["lr"] = float(rate)
        self._made.step()

    def tensors(self) -> list[Tensor]:
        """What the optimizer remembers between steps."""
        return [one for state in self._made.state.values() for one in state.values() if isinstance(one, Tensor)]

    def state_dict(self) -> dict[str, Any]:
        """What the optimizer goes on from."""
        state: dict[str, Any] = self._made.state_dict()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        self._made.load_state_dict(state)


def _alike(gradient: Any, parameter: Tensor) -> Tensor:
    """A gradient with the strides of its parameter."""
    same: bool = gradient.stride() == parameter.stride()
    return gradient if same else torch.empty_like(parameter).copy_(gradient)
