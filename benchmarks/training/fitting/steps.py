"""The steps of a training: made one by one, or recorded once and replayed, which on a GPU is one launch instead of a thousand."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

_BEFORE = 3
"""Steps that are made one by one before one is recorded: a training of few steps is not worth it."""
_WARM_UPS = 3
"""Steps that are made aside before one is recorded, for kernels to be chosen and their workspaces to be there."""


class Batch(NamedTuple):
    """What networks are called with, and what their logits are held against: the labels, and what else a loss reads."""

    inputs: tuple[Tensor, ...]
    targets: tuple[Tensor, ...]


Step = Callable[[Batch, float | Tensor], Tensor]
"""Makes a step on a batch at a learning rate, and returns logits."""


class Recorder(Protocol):
    """Records what a step does to tensors, so that it is done again without the program that said it."""

    def aside(self, step: Callable[[], object], times: int) -> None:
        """Make a step a few times where nothing that is recorded later can depend on it."""

    def record(self, step: Callable[[], Tensor]) -> Callable[[], Tensor]:
        """A call that does again to the same tensors what ``step`` does, and returns the tensor that it returned."""


class CudaGraphs:
    """Records steps as CUDA graphs. There was no GPU to try it on."""

    def aside(self, step: Callable[[], object], times: int) -> None:
        """Make a step a few times on a stream of its own, as PyTorch wants it before a graph is captured."""
        torch.cuda.empty_cache()  # that stream takes no memory that is kept for another
        side = _side_stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(times):
                step()
        torch.cuda.current_stream().wait_stream(side)

    def record(self, step: Callable[[], Tensor]) -> Callable[[], Tensor]:
        """The graph of a step as a call; the kernels of the step are captured and not run."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=_side_stream()):
            out = step()

        def replay() -> Tensor:
            graph.replay()
            return out

        return replay


@cache
def _side_stream() -> torch.cuda.Stream:
    """One for all trainings of a process: workspaces of a stream are kept, and would add up."""
    return torch.cuda.Stream()


class TrainingSteps(Protocol):
    """How the steps of an epoch are made."""

    def begin(self, rate: float) -> None:
        """Begin an epoch with its learning rate."""

    def __call__(self, step: Step, batch: Batch) -> Tensor:
        """Make a step on a batch; returns its logits, which no later step changes."""


class EagerSteps:
    """Each step is made by calling it."""

    def __init__(self) -> None:
        self._rate = 0.0

    def begin(self, rate: float) -> None:
        """Begin an epoch with its learning rate."""
        self._rate = rate

    def __call__(self, step: Step, batch: Batch) -> Tensor:
        """Make a step on a batch; returns its logits."""
        return step(batch, self._rate)


class ReplayedSteps:
    """Steps on whole batches are recorded once and replayed: a step reads its batch and its learning rate from tensors of its own.
    The first few, and the last of an epoch where it is smaller, are made by calling them, with the same numbers.

    ``changing`` are all tensors that a step changes; they are put back after the steps that recording needs. Where a step cannot be
    recorded a warning says so, and all are made by calling them. What is remembered of a batch is its shape alone, and of the
    step, which is given at each call, nothing, so that a training is freed where its owner forgets it.
    """

    def __init__(self, recorder: Recorder, changing: Sequence[Tensor]) -> None:
        self._recorder: Recorder | None = recorder
        self._changing = list(changing)
        device = self._changing[0].device
        # Kernels of a GPU read the rate as float32; on a CPU they read any, and float64 gives the numbers of a plain one.
        self._rate = torch.zeros((), device=device, dtype=torch.float64 if device.type == "cpu" else torch.float32)
        self._held: Batch | None = None
        self._replay: Callable[[], Tensor] | None = None
        self._like: list[torch.Size] = []
        self._made = 0

    @property
    def replayed(self) -> bool:
        """Whether steps are replayed by now."""
        return self._replay is not None

    def begin(self, rate: float) -> None:
        """Begin an epoch with its learning rate."""
        self._rate.fill_(rate)

    def __call__(self, step: Step, batch: Batch) -> Tensor:
        """Make a step on a batch; returns its logits."""
        if self._made == 0:
            self._like = _shapes(batch)
        self._made += 1
        if self._recorder is None or _shapes(batch) != self._like or self._made <= _BEFORE:
            return step(batch, self._rate)
        if self._replay is None:
            self._record(step, batch)
        if self._replay is None or self._held is None:
            return step(batch, self._rate)
        for held, given in zip(_tensors(self._held), _tensors(batch), strict=True):
            held.copy_(given)
        return self._replay().clone()

    @torch.no_grad()
    def _put_back(self, kept: Sequence[Tensor]) -> None:
        for one, before in zip(self._changing, kept, strict=True):
            one.copy_(before)

    def _record(self, step: Step, batch: Batch) -> None:
        assert self._recorder is not None
        held = Batch(*(tuple(one.clone() for one in part) for part in batch))
        kept = [one.clone() for one in self._changing]
        try:
            self._recorder.aside(lambda: step(held, self._rate), _WARM_UPS)
            self._replay, self._held = self._recorder.record(lambda: step(held, self._rate)), held
        except RuntimeError as error:
            self._recorder = None
            warnings.warn(
                f"steps of training are made one by one, which is slower, since they could not be recorded: {error}",
                RuntimeWarning,
                stacklevel=2,
            )
        finally:
            self._put_back(kept)


def _tensors(batch: Batch) -> tuple[Tensor, ...]:
    return (*batch.inputs, *batch.targets)


def _shapes(batch: Batch) -> list[torch.Size]:
    return [one.shape for one in _tensors(batch)]
