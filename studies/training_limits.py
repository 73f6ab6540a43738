"""What a device can do at most, and what a training asks of it: clocks, the speed of memory and of products, and the bytes that
operations read and write.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from nasbed.benchmarks.training.recipe import Precision

_TRIES = 5
_STILL = ("_unsafe_view", "empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided")
"""Operations that return a tensor of their own and neither read nor write numbers."""


def cpu_seconds(call: Callable[[], object]) -> float:
    """CPU seconds of a call."""
    began = time.process_time()
    call()
    return time.process_time() - began


def seconds(call: Callable[[], object]) -> float:
    """Seconds of a call on the clock, until a GPU has done all of it."""
    torch.cuda.synchronize()
    began = time.perf_counter()
    call()
    torch.cuda.synchronize()
    return time.perf_counter() - began


def clock_of(device: str) -> Callable[[Callable[[], object]], float]:
    """What times a call on a device."""
    return seconds if device == "cuda" else cpu_seconds


def arithmetic_limit(device: str, precision: Precision = "float32") -> float:
    """Multiply-accumulates a second of the fastest of a few matrix products; those of float32 on a GPU are rounded to TF32 where
    its convolutions are.
    """
    side = 8192 if device == "cuda" else 1024
    one = torch.randn(side, side, device=device, dtype=getattr(torch, precision))
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32
    try:
        return side**3 / min(clock_of(device)(lambda: one @ one) for _ in range(_TRIES))
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


def memory_limit(device: str) -> float:
    """Bytes a second, read and written, of the fastest of a few copies of an array that no cache holds."""
    one = torch.zeros(1 << (28 if device == "cuda" else 24), device=device)
    other = torch.empty_like(one)
    return 2 * one.nbytes / min(clock_of(device)(lambda: other.copy_(one)) for _ in range(_TRIES))


class Traffic(TorchDispatchMode):
    """Adds up the ``bytes`` of the tensors that each operation reads and writes, once each, as if there were no caches and no
    operation needed more. What only looks at a tensor in another shape moves none.

    >>> with Traffic() as found:
    ...     _ = torch.zeros(10) + torch.zeros(10).view(2, 5).view(10)
    >>> found.bytes  # two written, and two read and one written
    200
    """

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        returns = func._schema.returns
        if func._schema.name.removeprefix("aten::") in _STILL:
            return out
        if not returns or any(one.alias_info is None or one.alias_info.is_write for one in returns):
            held = {id(one): one for one in tree_flatten((args, kwargs, out))[0] if isinstance(one, Tensor)}
            self.bytes += sum(one.numel() * one.element_size() for one in held.values())
        return out
