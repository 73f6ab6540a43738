"""Networks for sequences as a stack of layers of one width: what each layer is, and how large the whole is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["recurrent", "gru", "lstm", "conv", "attention"]
Task = Literal["classification", "next token"]
GATES = {"recurrent": 1, "gru": 3, "lstm": 4}
"""Matrices of each kind of recurrent layer: for the state itself and for what gates it."""


class SequenceShape(NamedTuple):
    """What a network has to know of its data: how many ``tokens`` there are, or the ``channels`` of a series (the other is 0);
    the ``classes`` that it tells apart, which are the tokens where the next one is predicted; and the steps of the
    ``longest`` sequence.
    """

    tokens: int
    channels: int
    classes: int
    longest: int
    task: Task = "classification"

    @property
    def causal(self) -> bool:
        """Whether a step may see nothing of those after it."""
        return self.task == "next token"


@dataclass(frozen=True)
class SequenceLayer:
    """One layer of ``kind``: a plain recurrent layer (tanh), GRU or LSTM; a temporal convolution with a ``kernel``, whose taps are
    ``dilation`` steps apart, and a ReLU; or a block of self-attention with ``heads`` and a feed-forward part, ``ratio`` times as
    wide as the network, with a ReLU in between. An attention layer adds ``positions`` to its input, as every layer does in Al-Rfou
    et al. (AAAI 2019): those of Vaswani et al. (NeurIPS 2017, section 3.5), or learned ones.

    In the direction ``forward`` a step sees itself and those before it. In ``both`` it sees those after it too: a recurrent layer
    has half of its units in each direction, a convolution is centred, attention is to all steps. Layer norm stands before
    the layer, and a residual connection around it, as around both parts of an attention block (Xiong et al., ICML 2020).
    Dropout is of a layer's output, the same at all steps of a sequence (Gal and Ghahramani, NeurIPS 2016).
    """

    kind: Kind
    direction: Literal["forward", "both"] = "forward"
    kernel: int = 0
    dilation: int = 0
    heads: int = 0
    ratio: int = 0
    positions: Literal["none", "sinusoidal", "learned"] = "none"
    norm: bool = False
    residual: bool = False
    dropout: float = 0.0

    @property
    def both(self) -> bool:
        """Whether a step sees those after it."""
        return self.direction == "both"

    @property
    def recurs(self) -> bool:
        """Whether the layer goes through a sequence step by step."""
        return self.kind in GATES

    def __str__(self) -> str:
        """The layer in words.

        >>> str(SequenceLayer("gru", "both", norm=True)), str(SequenceLayer("conv", kernel=3, dilation=2))
        ('gru both norm', 'conv 3 dilation 2')
        """
        return " ".join([self.kind, *self.details])

    @property
    def details(self) -> list[str]:
        """What there is to say of the layer beside its kind, in words."""
        words = [f"{self.kernel} dilation {self.dilation}"] if self.kind == "conv" else []
        words += [f"heads {self.heads} ratio {self.ratio}"] if self.kind == "attention" else []
        words += [self.positions] if self.positions != "none" else []
        words += [name for name in ("both", "norm", "residual") if getattr(self, name)]
        return words + ([f"dropout {self.dropout:g}"] if self.dropout else [])

    def units(self, width: int) -> int:
        """The units of one direction of a recurrent layer."""
        return width // 2 if self.both else width

    def obstacle(self, width: int, shape: SequenceShape) -> str:
        """Why the layer cannot be built, in words; nothing where it can."""
        if self.kind == "attention" and (self.heads < 1 or width % self.heads):
            fitting = [heads for heads in range(1, width + 1) if not width % heads][:4]
            return f"{self.heads} heads do not divide the width of {width}; {', '.join(map(str, fitting))} heads do"
        if self.recurs and self.both and width % 2:
            return f"two directions do not share the width of {width} evenly; expected an even width"
        if self.both and shape.causal:
            return "it sees both directions, and what predicts the next token may see none but those before it"
        return ""

    def parameters(self, width: int, longest: int) -> int:
        """Trainable parameters; a recurrent layer has two biases, as PyTorch's."""
        if self.recurs:
            units = self.units(width)
            found = GATES[self.kind] * units * (width + units + 2) * (1 + self.both)
        elif self.kind == "conv":
            found = width * (width * self.kernel + 1)
        else:
            inner = self.ratio * width
            found = 4 * width * (width + 1) + inner * (width + 1) + width * (inner + 1)
            found += longest * width if self.positions == "learned" else 0
        return found + (2 * width * (2 if self.kind == "attention" else 1) if self.norm else 0)

    def flops(self, width: int, steps: int) -> int:
        """Multiply-accumulates of the matrices for one sequence of a number of steps; attention multiplies all steps with all."""
        if self.recurs:
            units = self.units(width)
            return steps * GATES[self.kind] * units * (width + units) * (1 + self.both)
        if self.kind == "conv":
            return steps * width * width * self.kernel
        return steps * width * width * (4 + 2 * self.ratio) + 2 * steps * steps * width


@dataclass(frozen=True)
class SequenceStack:
    """A network for sequences: an embedding of tokens, or a linear map of a series' channels, to ``width`` features; ``layers`` of
    that width; ``pool``, which makes one vector of all steps; and a linear classifier. Where the next token is predicted nothing is
    pooled (``pool`` is empty), and every step is classified.

    ``last`` takes the last step, and of a last layer with two directions the step at which each ends. ``mean`` and ``max``
    are over the steps of the sequence; ``attention`` weighs them by a softmax of a learned linear score.
    """

    layers: tuple[SequenceLayer, ...]
    width: int
    pool: Literal["last", "mean", "max", "attention", ""] = "mean"

    def __str__(self) -> str:
        """The stack as :meth:`~nasbed.benchmarks.spaces.sequence.SequenceSpace.parse` reads it.

        >>> str(SequenceStack((SequenceLayer("gru", "both"),), 32))
        'width 32; gru both; pool mean'
        """
        return "; ".join([f"width {self.width}", *map(str, self.layers), *([f"pool {self.pool}"] if self.pool else [])])

    @property
    def ends_apart(self) -> bool:
        """Whether the last layer has two directions, which end at different steps."""
        return self.layers[-1].recurs and self.layers[-1].both

    def obstacle(self, shape: SequenceShape) -> str:
        """Why the network cannot be built for data of a shape, in words; nothing where it can.

        >>> SequenceStack((SequenceLayer("attention", heads=3, ratio=1),), 16).obstacle(SequenceShape(0, 2, 5, 20))
        'layer 1 (attention heads 3 ratio 1): 3 heads do not divide the width of 16; 1, 2, 4, 8 heads do'
        """
        for place, layer in enumerate(self.layers, 1):
            if problem := layer.obstacle(self.width, shape):
                return f"layer {place} ({layer}): {problem}"
        if shape.causal and self.pool:
            return f"it pools by {self.pool}, and where the next token is predicted every step is classified"
        return "" if shape.causal or self.pool else "nothing pools the steps of a sequence; say pool mean"

    def limit(self, shape: SequenceShape) -> int | None:
        """The most steps of a sequence that the network can read, ``None`` where there is no limit: learned positions end with the
        longest sequence of the data.
        """
        return shape.longest if any(layer.positions == "learned" for layer in self.layers) else None

    def parameters(self, shape: SequenceShape) -> int:
        """Trainable parameters for data of a shape."""
        read = shape.tokens * self.width if shape.tokens else (shape.channels + 1) * self.width
        layers = sum(layer.parameters(self.width, shape.longest) for layer in self.layers)
        return read + layers + (self.width if self.pool == "attention" else 0) + shape.classes * (self.width + 1)

    def flops(self, shape: SequenceShape) -> int:
        """Multiply-accumulates of the matrices for one sequence of the longest length; an embedding looks its tokens up."""
        steps = shape.longest
        layers = sum(layer.flops(self.width, steps) for layer in self.layers)
        pooled = 2 * steps * self.width if self.pool == "attention" else 0
        classified = (steps if shape.causal else 1) * self.width * shape.classes
        return steps * shape.channels * self.width + layers + pooled + classified

    def sizes(self, shape: SequenceShape) -> tuple[int, int]:
        """Trainable parameters, and multiply-accumulates for one sequence of the longest length.

        >>> SequenceStack((SequenceLayer("gru"),), 8).sizes(SequenceShape(0, 2, 5, 10))
        (501, 4040)
        """
        return self.parameters(shape), self.flops(shape)
