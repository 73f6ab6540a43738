"""Refuses operations on tensors that a training step must not have."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

READING = (
    "_local_scalar_dense", "item", "is_nonzero", "nonzero", "nonzero_static", "masked_select", "equal", "_unique2",
    "unique_dim", "unique_consecutive", "bincount", "repeat_interleave",
)  # fmt: skip
"""Operations whose result, or its shape, the host has to know, for which it waits until the device has come so far."""


class WaitedForDevice(Exception):
    """An operation for which the host waits."""


class NothingRead(TorchDispatchMode):
    """Raises :class:`WaitedForDevice` where the host would read what a device has computed; with a ``device``, where any other
    tensor than those there is read or written.
    """

    def __init__(self, device: str | None = None) -> None:
        super().__init__()
        self._device = device
        self.operations = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func._schema.name.removeprefix("aten::") in READING:
            raise WaitedForDevice(str(func))
        out = func(*args, **(kwargs or {}))
        self.operations += 1
        if self._device is not None:
            for one in tree_flatten((args, kwargs, out))[0]:
                if isinstance(one, Tensor) and one.device.type != self._device:
                    raise WaitedForDevice(f"{func} on {one.device}")
        return out


class ChannelsLast(TorchDispatchMode):
    """Sees to it that the maps which convolutions read and give, and their gradients, lie in memory channels last."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if (backward := func._schema.name == "aten::convolution_backward") or func._schema.name == "aten::convolution":
            self.convolutions += 1
            for one in (args[0], args[1] if backward else out):
                assert one.is_contiguous(memory_format=torch.channels_last), (str(func), one.shape, one.stride())
        return out
