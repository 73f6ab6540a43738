"""Stands in for a CUDA graph where there is no GPU: what a step does to tensors is written down, and done again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten


class RecordedOperations:
    """A recorder of steps that, as a CUDA graph, keeps the operations with the very tensors that they read and write: a number of
    Python's, such as a learning rate that is none of a tensor's, is as it was when they were recorded. Draws are refused, since
    those of the CPU would be left out of a graph.
    """

    def __init__(self) -> None:
        self.asides, self.replays = 0, 0
        self.operations: list[tuple[Any, Any, Any, list[Tensor | None]]] = []

    def aside(self, step: Callable[[], object], times: int) -> None:
        for _ in range(times):
            step()
            self.asides += 1

    def record(self, step: Callable[[], Tensor]) -> Callable[[], Tensor]:
        with _Written(self.operations):
            out = step()

        def replay() -> Tensor:
            self.replays += 1
            with torch.no_grad():
                for operation, given, named, written in self.operations:
                    again = operation(*given, **named)
                    for one, value in zip(written, _new(again), strict=True):
                        if one is not None:
                            one.copy_(value)
            return out

        return replay


class _Written(TorchDispatchMode):
    def __init__(self, operations: list[tuple[Any, Any, Any, list[Tensor | None]]]) -> None:
        super().__init__()
        self._operations = operations

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        assert torch.Tag.nondeterministic_seeded not in func.tags, f"{func} draws within a recorded step"
        out = func(*args, **named)
        returns = func._schema.returns
        views = bool(returns) and all(one.alias_info and not one.alias_info.is_write for one in returns)
        if not views:
            in_place = any(one.alias_info for one in returns)
            self._operations.append((func, args, named, [None if in_place else one for one in _new(out)]))
        return out


def _new(out: Any) -> list[Tensor]:
    """The tensors that an operation returned."""
    return [one for one in tree_flatten(out)[0] if isinstance(one, Tensor)]
