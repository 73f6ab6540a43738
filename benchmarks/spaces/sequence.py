"""Recurrent, convolutional and attending networks for sequences, together with the hyperparameters of their training."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from nasbed.benchmarks.spaces.conditional import Decision, Value
from nasbed.benchmarks.spaces.conditional_joint import ConditionalJointSpace
from nasbed.benchmarks.spaces.sequence_layers import SequenceLayer, SequenceShape, SequenceStack
from nasbed.benchmarks.spaces.texts import NUMBER, read_words
from nasbed.benchmarks.spaces.training_decisions import (
    HYPERPARAMETERS,
    read_training,
    trained,
    training_decisions,
    training_text,
)
from nasbed.errors import ArchitectureError
from nasbed.vocabulary import Arch

LAYERS = 3
"""The most layers between the input and the classifier."""
KINDS = ("recurrent", "gru", "lstm", "conv", "attention")
DIRECTIONS = ("forward", "both")
WIDTHS = (8, 16, 32, 64, 128)
KERNELS = (3, 5)
DILATIONS = (1, 2, 4)
HEADS = (1, 2, 4)
RATIOS = (1, 2, 4)
POSITIONS = ("none", "sinusoidal", "learned")
DROPOUT = (0.0, 0.1, 0.25)
POOLS = ("last", "mean", "max", "attention")


@dataclass(frozen=True)
class SequenceConfiguration:
    """What an architecture of the space says: the network, and how it is trained."""

    stack: SequenceStack
    optimizer: Literal["sgd", "adam", "rmsprop"] = "adam"
    rate: float = 3e-3
    batch: int = 32
    decay: float = 0.0

    def __str__(self) -> str:
        """The network, then the hyperparameters, as :meth:`SequenceSpace.parse` reads them."""
        return f"{self.stack} | {self.training}"

    @property
    def layers(self) -> tuple[SequenceLayer, ...]:
        """The layers between the input and the classifier."""
        return self.stack.layers

    @property
    def training(self) -> str:
        """The hyperparameters as they are written behind the bar."""
        return training_text(self)


_BLOCK = SequenceLayer("attention", heads=4, ratio=4, positions="sinusoidal", norm=True, residual=True, dropout=0.1)
NAMED: Mapping[str, tuple[SequenceLayer, ...]] = {
    "hand-designed": (SequenceLayer("gru", dropout=0.1), SequenceLayer("gru", residual=True, dropout=0.1)),
    "transformer": (_BLOCK, SequenceLayer(**{**vars(_BLOCK), "positions": "none"})),
}
"""Layers that one would write down without a search: two of GRU; and two blocks of a transformer, with positions at its input. Both
are 64 wide, see both directions, and are pooled by the mean where a sequence is classified.
"""


def named(name: str, shape: SequenceShape) -> SequenceStack:
    """A network written down without a search, for data of a shape."""
    layers = (
        SequenceLayer(**{**vars(layer), "direction": "forward" if shape.causal else "both"}) for layer in NAMED[name]
    )
    return SequenceStack(tuple(layers), 64, "" if shape.causal else "mean")


def _decisions(causal: bool) -> list[Decision]:
    """The decisions of the space in their order; what counts under which value."""
    found = [
        Decision("layers", tuple(range(1, LAYERS + 1)), "architecture", stepwise=True),
        Decision("width", WIDTHS, "architecture"),
    ]
    found += [] if causal else [Decision("pool", POOLS, "architecture")]
    of_kinds: tuple[tuple[str, tuple[Value, ...], str], ...] = (
        ("kernel", KERNELS, "conv"),
        ("dilation", DILATIONS, "conv"),
        ("heads", HEADS, "attention"),
        ("ratio", RATIOS, "attention"),
        ("positions", POSITIONS, "attention"),
    )
    of_all: tuple[tuple[str, tuple[Value, ...]], ...] = (
        *(() if causal else (("direction", DIRECTIONS),)),
        ("norm", (False, True)),
        ("residual", (False, True)),
        ("dropout", DROPOUT),
    )
    for layer in range(1, LAYERS + 1):
        kind = len(found)
        deep_enough = frozenset[Value](range(layer, LAYERS + 1))
        found.append(Decision(f"layer {layer}: kind", KINDS, "architecture", 0, deep_enough))
        found += [
            Decision(f"layer {layer}: {name}", values, "architecture", kind, frozenset({under}))
            for name, values, under in of_kinds
        ]
        found += [Decision(f"layer {layer}: {name}", values, "architecture", 0, deep_enough) for name, values in of_all]
    return found + training_decisions()


class SequenceSpace(ConditionalJointSpace):
    """Networks of one to three layers for sequences of ``shape``, with an optimizer, its learning rate, the batch size and the
    weight decay.

    A layer is recurrent (plain, GRU or LSTM), a convolution with a kernel and a dilation, or attention with heads, a
    feed-forward ratio and positions. Each has layer norm or none, a residual connection or none, and dropout or none. All have
    one width. Where sequences are classified each layer sees one direction or both, and the steps are pooled; where the next
    token is predicted every layer is causal and neither is a decision.

    >>> space = SequenceSpace(SequenceShape(tokens=0, channels=12, classes=9, longest=29))
    >>> text = "width 32; gru both norm; attention heads 2 ratio 2; pool mean | adam rate 0.003 batch 32 decay 0"
    >>> space.format(space.parse(text)) == text, f"{space.size:.1e}"
    (True, '4.3e+12')
    """

    def __init__(
        self,
        shape: SequenceShape,
        name: str = "",
        decisions: Sequence[Decision] | None = None,
        default: Arch | None = None,
    ) -> None:
        self.shape = shape
        own = _decisions(shape.causal) if decisions is None else list(decisions)
        super().__init__(name or f"sequence for {shape.task}", own, default or ())
        if default is None:
            self.default = self.hand_designed()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.shape, self.name, self.variables, self.default)

    def sequence(self, arch: Arch) -> SequenceConfiguration:
        """The network and hyperparameters that an architecture says."""
        values: dict[str, Any] = dict(self.values(arch))
        layers = tuple(_layer(values, f"layer {place}: ") for place in range(1, values["layers"] + 1))
        stack = SequenceStack(layers, values["width"], values.get("pool", ""))
        return SequenceConfiguration(stack, **{name: values[name] for name in HYPERPARAMETERS})

    def encoded(self, sequence: SequenceConfiguration) -> Arch:
        """The architecture that says ``sequence``; raises :class:`~nasbed.errors.ArchitectureError` for what cannot be built, or
        the space does not offer.
        """
        stack = sequence.stack
        if not 1 <= len(stack.layers) <= LAYERS:
            raise ArchitectureError(f"{stack} has {len(stack.layers)} layers; expected 1 to {LAYERS}")
        if problem := stack.obstacle(self.shape):
            raise ArchitectureError(f"{stack} cannot be built: {problem}")
        wanted: dict[str, Value] = {"layers": len(stack.layers), "width": stack.width, "pool": stack.pool}
        for place, layer in enumerate(stack.layers, 1):
            own = {"conv": ("kernel", "dilation"), "attention": ("heads", "ratio", "positions")}.get(layer.kind, ())
            for name in ("kind", *own, "direction", "norm", "residual", "dropout"):
                wanted[f"layer {place}: {name}"] = getattr(layer, name)
        return self.coded(wanted | trained(sequence))

    def obstacle(self, arch: Arch) -> str:
        """Nothing: whatever the decisions are, the network can be built."""
        return ""

    def parameters(self, arch: Arch) -> int:
        """Trainable parameters of the network with its classifier."""
        return self.sequence(arch).stack.parameters(self.shape)

    def flops(self, arch: Arch) -> int:
        """Multiply-accumulates of a forward pass on one sequence of the longest length."""
        return self.sequence(arch).stack.flops(self.shape)

    def drawn_layers(self, arch: Arch) -> tuple[tuple[str, tuple[tuple[str, str, float], ...]], ...]:
        """The network as rows of a drawing, from the input to the classifier, and how it is trained: a name, and one part as
        kind, details and width.
        """
        sequence, shape = self.sequence(self._own(arch)), self.shape
        read = f"of {shape.tokens} tokens" if shape.tokens else f"of {shape.channels} channels"
        classified = "of every step" if shape.causal else f"of {shape.classes} classes"
        kind = "embedding" if shape.tokens else "linear"
        return drawn_stack(sequence.stack, kind, f"{read} ", classified, sequence.training)

    def hand_designed(self) -> Arch:
        """Two layers of GRU, written down without a search."""
        return self.encoded(SequenceConfiguration(named("hand-designed", self.shape)))

    def transformer(self) -> Arch:
        """Two blocks of a transformer, with the positions of Vaswani et al. (2017) at the input and norm before each part."""
        return self.encoded(SequenceConfiguration(named("transformer", self.shape), rate=1e-3))

    def parse(self, text: str) -> Arch:
        """The architecture of its layers and hyperparameters as :meth:`format` writes them, or of an index. In place of the
        network may stand ``hand-designed`` or ``transformer``. What stands after the bar may be left out; hyperparameters that are
        not given are the default's.

        >>> space = SequenceSpace(SequenceShape(tokens=28, channels=0, classes=28, longest=64, task="next token"))
        >>> space.parse("width 24; lstm")
        Traceback (most recent call last):
        nasbed.errors.ArchitectureError: width = 24; expected one of 8, 16, 32, 64, 128
        """
        written = self._written(text)
        if (numbered := self._numbered(written)) is not None:
            return numbered
        body, _, training = written.partition("|")
        stack = named(body.strip(), self.shape) if body.strip() in NAMED else _stack(body, self.shape)
        default = self.sequence(self.default)
        return self.encoded(SequenceConfiguration(stack, **read_training(training, default)))

    def format(self, arch: Arch) -> str:
        """The width, the layers in their order and the pooling, then the hyperparameters."""
        return str(self.sequence(self._own(arch)))

    def _combination(self, arch: Arch) -> str:
        return str(self.sequence(arch))

    def _part(self, name: str, decisions: Sequence[Decision], default: Arch) -> Self:
        return type(self)(self.shape, name, decisions, default)


def _layer(values: Mapping[str, Any], of: str) -> SequenceLayer:
    said = {name.removeprefix(of): value for name, value in values.items() if name.startswith(of)}
    return SequenceLayer(**said)


def drawn_stack(
    stack: SequenceStack, kind: str, read: str, classified: str, training: str
) -> tuple[tuple[str, tuple[tuple[str, str, float], ...]], ...]:
    """The rows of a drawing of a stack: what reads its input, of a ``kind`` and with ``read`` said of it, its layers, its pooling
    where it has one, its classifier, and its ``training``.
    """
    layers = [row for place, layer in enumerate(stack.layers, 1) for row in _rows(layer, str(place), stack.width)]
    return (
        ("", ((kind, f"{read}→ {stack.width}", stack.width),)),
        *layers,
        *([("", ((f"{stack.pool} pooling", "", 0),))] if stack.pool else []),
        ("", (("linear classifier", classified, 0),)),
        ("", (("", training, 0),)),
    )


def _rows(layer: SequenceLayer, name: str, width: int) -> Iterator[tuple[str, tuple[tuple[str, str, float], ...]]]:
    """A layer as rows of a drawing; a block of attention has one for each of its parts."""
    said = " ".join(layer.details)
    yield name, ((layer.kind, said.replace(f" ratio {layer.ratio}", ""), width),)
    if layer.kind == "attention":
        yield "", (("feed-forward", f"×{layer.ratio}", width * layer.ratio),)


_OF_ALL: dict[str, tuple[str, Value | None]] = {
    "both": ("direction", "both"),
    "norm": ("norm", True),
    "residual": ("residual", True),
    "dropout": ("dropout", NUMBER),
}
_OF_KIND: dict[str, dict[str, tuple[str, Value | None]]] = {
    "conv": {"dilation": ("dilation", NUMBER)},
    "attention": {
        "heads": ("heads", NUMBER),
        "ratio": ("ratio", NUMBER),
        **{name: ("positions", name) for name in POSITIONS if name != "none"},
    },
}
_WIDTH = re.compile(r"width ([0-9]+)")
_POOL = re.compile(r"pool ([a-z]+)")
_KIND = re.compile(rf"(?:(conv) ([0-9]+)|({'|'.join(kind for kind in KINDS if kind != 'conv')}))(?: (.*))?")


def _stack(text: str, shape: SequenceShape) -> SequenceStack:
    """The network of a text, without a look at which values the space offers."""
    first, *parts = [" ".join(part.split()) for part in text.split(";")]
    width = _WIDTH.fullmatch(first)
    pool = _POOL.fullmatch(parts[-1]) if parts else None
    if not width:
        raise ArchitectureError(f"the network begins with {first[:60]!r}; expected {_form(shape)}")
    if not pool and not shape.causal:
        last = [first, *parts][-1][:60]
        raise ArchitectureError(f"the network ends with {last!r}, which is no pooling; expected {_form(shape)}")
    parts = parts[:-1] if pool else parts
    layers = tuple(_read(part, place, shape) for place, part in enumerate(parts, 1))
    return SequenceStack(layers, int(width[1][:9]), pool[1] if pool else "")  # type: ignore[arg-type]  # is looked at when encoded


def _form(shape: SequenceShape) -> str:
    """The form of a text, as an example."""
    layers, pool = ("gru norm; attention heads 2 ratio 2", "") if shape.causal else ("gru both", "; pool mean")
    return f"the form of 'width 32; {layers}{pool}'"


def _read(text: str, place: int, shape: SequenceShape) -> SequenceLayer:
    found = _KIND.fullmatch(text)
    if not found:
        raise ArchitectureError(
            f"layer {place} is {text[:60]!r}; expected the form of 'gru both norm', 'lstm residual', 'recurrent dropout 0.1',"
            f" 'conv 3 dilation 2' or 'attention heads 2 ratio 2 sinusoidal' in {_form(shape)}"
        )
    kind: Any = found[1] or found[3]
    where = f"layer {place}"
    said: dict[str, Any] = read_words(found[4] or "", where, {**_OF_KIND.get(kind, {}), **_OF_ALL}, f"{where}: ")
    if kind == "conv":
        said = {"kernel": int(found[2][:9]), "dilation": 1, **said}
    if kind == "attention":
        said = {"heads": 1, "ratio": 1, **said}
        if not isinstance(said["heads"], int):
            raise ArchitectureError(f"{where}: heads = {said['heads']}; expected one of {', '.join(map(str, HEADS))}")
    return SequenceLayer(kind, **said)
