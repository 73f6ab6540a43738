"""Networks for sequences as a module of PyTorch, for one architecture or for several trainings of it at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from nasbed.benchmarks.spaces.sequence_layers import SequenceLayer, SequenceShape, SequenceStack
from nasbed.benchmarks.training.sequences.networks.parts import Attention, Block, Convolution, Recurrent
from nasbed.benchmarks.training.sequences.networks.side_by_side import SideBySide, drawn_within, normal
from nasbed.benchmarks.training.sequences.networks.steps import Steps


class SequenceNetworks(SideBySide):
    """Networks of the same stack side by side, one for each of ``seeds``, independent of each other; one is as good as many.

    Initial weights are PyTorch's defaults (of learned positions: normal with a deviation of 0.02), drawn by the seed, the layer and
    the name. Each network's dropout draws from a generator of its own, in ``generators``, which whoever trains seeds.
    What stands beyond the length of a sequence changes nothing, whatever it is.
    """

    layout = torch.contiguous_format

    def __init__(self, stack: SequenceStack, shape: SequenceShape, seeds: Sequence[int]) -> None:
        super().__init__(seeds, "ends")
        self.stack, self.shape = stack, shape
        self.generators = [torch.Generator() for _ in seeds]
        width = stack.width
        if shape.tokens:
            self.hold("embedding", (shape.tokens, width), normal())
        else:
            self.hold("input_weight", (width, shape.channels), drawn_within(shape.channels))
            self.hold("input_bias", (width,), drawn_within(shape.channels))
        self.layers = nn.ModuleList(self._block(layer, f"layer {place}") for place, layer in enumerate(stack.layers))
        if stack.pool == "attention":
            self.hold("score", (width,), drawn_within(width))
        self.hold("class_weight", (shape.classes, width), drawn_within(width))
        self.hold("class_bias", (shape.classes,), drawn_within(width))

    def _block(self, layer: SequenceLayer, part: str) -> Block:
        said = (layer, self.stack.width, self.seeds, part, self.generators)
        if layer.kind == "attention":
            return Attention(*said, longest=self.shape.longest)
        return Convolution(*said) if layer.kind == "conv" else Recurrent(*said)

    def alone(self, place: int) -> dict[str, Tensor]:
        """The state of one of the networks, as that of a module with no other."""
        state: dict[str, Tensor] = self.state_dict()
        return state if self.count == 1 else {name: values[place] for name, values in state.items()}

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Logits (sequences, networks, classes), or of the next token (sequences, networks, steps, classes), of tokens
        (sequences, networks, steps) or series (sequences, networks, steps, channels) with lengths (sequences, networks).

        Raises :class:`~nasbed.errors.DataError` for a sequence longer than learned positions.
        """
        steps = Steps(lengths.transpose(0, 1), values.shape[2])
        features = self._read(values.transpose(0, 1).transpose(1, 2), steps)
        for block in self.layers:
            features = block(features, steps)
        if self.shape.causal:
            return self.linear("class_", features).permute(2, 0, 1, 3)
        return self.linear("class_", self._pooled(features, steps)[:, None])[:, 0].transpose(0, 1)

    def _read(self, values: Tensor, steps: Steps) -> Tensor:
        """Features (networks, steps, sequences, width) of tokens or series (networks, steps, sequences, ...); what stands in
        padding, which may be no number, is 0 from here on.
        """
        own = steps.zeroed(values)
        if not self.shape.tokens:
            return self.linear("input_", own)
        if self.count == 1:
            return functional.embedding(own, self.held("embedding")[0])
        first = self.shape.tokens * torch.arange(self.count, device=own.device)
        return functional.embedding(own + first[:, None, None], self.held("embedding").flatten(0, 1))

    def _pooled(self, features: Tensor, steps: Steps) -> Tensor:
        """One vector of each sequence, (networks, sequences, width)."""
        pool = self.stack.pool
        if pool == "last":
            last = steps.last(features)
            half = self.stack.width // 2
            return torch.cat([last[..., :half], features[:, 0, :, half:]], 2) if self.stack.ends_apart else last
        if pool == "mean":
            return steps.zeroed(features).sum(1) / steps.lengths[..., None]
        if pool == "max":
            return steps.zeroed(features, -torch.inf).amax(1)
        score = (features * self.held("score")[:, None, None]).sum(3)
        share = steps.zeroed(score, -torch.inf).softmax(1)
        return (steps.zeroed(features) * share[..., None]).sum(1)
