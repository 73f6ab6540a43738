"""Convolutional networks as a chain of layers, together with the hyperparameters of their training."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from nasbed.benchmarks.spaces.chain_layers import Layer, Shape, drawn_rows, obstacle, sizes
from nasbed.benchmarks.spaces.conditional import Decision, Value
from nasbed.benchmarks.spaces.conditional_joint import ConditionalJointSpace
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

FEATURE_LAYERS, DENSE_LAYERS = 5, 2
"""The most layers of each sort: convolutions and poolings first, then dense layers; a linear classifier follows."""
KERNELS = (3, 5, 7)
FILTERS = (6, 12, 16, 32, 64)
UNITS = (32, 64, 84, 120, 128)
WINDOWS = (2, 3)
ACTIVATIONS = ("relu", "tanh", "elu")
PADDINGS = ("same", "valid")
DROPOUT = (0.0, 0.25)
DENSE_DROPOUT = (0.0, 0.5)


@dataclass(frozen=True)
class ChainConfiguration:
    """What an architecture of the space says: the layers before the classifier, and how the network is trained."""

    layers: tuple[Layer, ...]
    optimizer: Literal["sgd", "adam", "rmsprop"] = "adam"
    rate: float = 1e-3
    batch: int = 32
    decay: float = 0.0

    def __str__(self) -> str:
        """The layers, then the hyperparameters, as :meth:`ChainSpace.parse` reads them."""
        return f"{'; '.join(map(str, self.layers))} | {self.training}"

    @property
    def training(self) -> str:
        """The hyperparameters as they are written behind the bar."""
        return training_text(self)


LENET = ChainConfiguration(
    (
        Layer("conv", 5, 6, "tanh"),
        Layer("average", 2),
        Layer("conv", 5, 16, "tanh", padding="valid"),
        Layer("average", 2),
        Layer("dense", 1, 120, "tanh"),
        Layer("dense", 1, 84, "tanh"),
    )
)
"""LeNet-5 (LeCun et al., Proceedings of the IEEE 86, 1998, section II.B) for images of 28 x 28, which the first convolution pads to
the 32 x 32 of the paper. Every filter of the second reads every map, average pooling has no weights, and the classifier is linear.
"""
SMALL_LENET = ChainConfiguration((*LENET.layers[:2], Layer("conv", 5, 16, "tanh"), *LENET.layers[3:]))
"""The same for images so small that the second convolution has to be padded."""
HAND_DESIGNED = ChainConfiguration(
    (
        Layer("conv", 3, 32, "relu", norm=True),
        Layer("conv", 3, 32, "relu", norm=True),
        Layer("max", 2),
        Layer("conv", 3, 64, "relu", norm=True),
        Layer("max", 2),
        Layer("dense", 1, 128, "relu", dropout=0.5),
    )
)
"""What one would write down without a search: convolutions of 3 x 3 with batch norm, pooling, and a dense layer with dropout."""


def _decisions() -> list[Decision]:
    """The decisions of the space in their order; what counts under which value."""
    found = [
        Decision("feature layers", tuple(range(1, FEATURE_LAYERS + 1)), "architecture", stepwise=True),
        Decision("dense layers", tuple(range(DENSE_LAYERS + 1)), "architecture", stepwise=True),
    ]
    layered: tuple[tuple[str, tuple[Value, ...], tuple[str, ...]], ...] = (
        ("kernel", KERNELS, ("conv",)),
        ("filters", FILTERS, ("conv",)),
        ("activation", ACTIVATIONS, ("conv",)),
        ("norm", (False, True), ("conv",)),
        ("dropout", DROPOUT, ("conv",)),
        ("padding", PADDINGS, ("conv",)),
        ("window", WINDOWS, ("max", "average")),
    )
    for layer in range(1, FEATURE_LAYERS + 1):
        kind = len(found)
        deep_enough = frozenset[Value](range(layer, FEATURE_LAYERS + 1))
        kinds = ("conv", "max", "average")
        found.append(Decision(f"layer {layer}: kind", kinds, "architecture", 0, deep_enough))
        found += [
            Decision(f"layer {layer}: {name}", values, "architecture", kind, frozenset(under))
            for name, values, under in layered
        ]
    for layer in range(1, DENSE_LAYERS + 1):
        deep_enough = frozenset(range(layer, DENSE_LAYERS + 1))
        dense: tuple[tuple[str, tuple[Value, ...]], ...] = (
            ("units", UNITS),
            ("activation", ACTIVATIONS),
            ("norm", (False, True)),
            ("dropout", DENSE_DROPOUT),
        )
        found += [Decision(f"dense {layer}: {name}", values, "architecture", 1, deep_enough) for name, values in dense]
    return found + training_decisions()


class ChainSpace(ConditionalJointSpace):
    """Chains of one to five convolutions and poolings and of up to two dense layers for images of ``image``, with an optimizer, its
    learning rate, the batch size and the weight decay.

    A layer has a kind; a convolution a kernel, filters, an activation, batch norm or none, dropout or none, and padding or none;
    a pooling a window; a dense layer units, an activation, batch norm and dropout. A chain whose maps become too small for
    a layer cannot be built, and is outside the space.

    >>> space = ChainSpace(Shape(1, 8, 8))
    >>> text = "conv 3x3 16 norm relu; max pool 2x2; dense 64 tanh dropout 0.5 | adam rate 0.001 batch 32 decay 0"
    >>> space.format(space.parse(text)) == text, f"{space.size:.1e}"
    (True, '7.9e+18')
    """

    def __init__(
        self,
        image: Shape,
        name: str = "",
        decisions: Sequence[Decision] | None = None,
        default: Arch | None = None,
    ) -> None:
        self.image = image
        own = _decisions() if decisions is None else list(decisions)
        self._places = {decision.name: place for place, decision in enumerate(own)}
        super().__init__(name or f"chain for {image.height}x{image.width}", own, default or ())
        if default is None:
            self.default = self.encoded(
                HAND_DESIGNED if not obstacle(HAND_DESIGNED.layers, image) else ChainConfiguration((_FIRST,))
            )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.image, self.name, self.variables, self.default)

    def chain(self, arch: Arch) -> ChainConfiguration:
        """The layers and hyperparameters that an architecture says."""
        values: dict[str, Any] = dict(self.values(arch))
        features = [_feature(values, f"layer {place}: ") for place in range(1, values["feature layers"] + 1)]
        dense = [_dense(values, f"dense {place}: ") for place in range(1, values["dense layers"] + 1)]
        return ChainConfiguration((*features, *dense), **{name: values[name] for name in HYPERPARAMETERS})

    def drawn_layers(self, arch: Arch) -> tuple[tuple[str, tuple[tuple[str, str, float], ...]], ...]:
        """The network as rows of a drawing, and how it is trained as a note."""
        chain = self.chain(self._own(arch))
        return (*drawn_rows(chain.layers, self.image), ("", (("", chain.training, 0),)))

    def encoded(self, chain: ChainConfiguration) -> Arch:
        """The architecture that says ``chain``; raises :class:`~nasbed.errors.ArchitectureError` for what the space does not
        offer, or cannot build.
        """
        features = [layer for layer in chain.layers if layer.kind != "dense"]
        dense = chain.layers[len(features) :]
        if any(layer.kind != "dense" for layer in dense):
            raise ArchitectureError(f"in {chain} a dense layer comes before another; expected dense layers at the end")
        if not 1 <= len(features) <= FEATURE_LAYERS or len(dense) > DENSE_LAYERS:
            raise ArchitectureError(
                f"{chain} has {len(features)} convolutions and poolings and {len(dense)} dense layers; expected 1 to"
                f" {FEATURE_LAYERS} and at most {DENSE_LAYERS}"
            )
        wanted: dict[str, Value] = {"feature layers": len(features), "dense layers": len(dense)}
        for place, layer in enumerate(features, 1):
            wanted |= _said(layer, f"layer {place}: ")
        for place, layer in enumerate(dense, 1):
            wanted |= _said(layer, f"dense {place}: ")
        return self.coded(wanted | trained(chain))

    def obstacle(self, arch: Arch) -> str:
        """Why an architecture of this form cannot be built for the images, in words; nothing where it can."""
        return "" if self._fits(arch) else obstacle(self.chain(arch).layers, self.image)

    def _fits(self, arch: Arch) -> bool:
        """Whether every layer has an input, by the numbers of the decisions alone: spaces are asked that of every candidate."""
        places, variables = self._places, self.variables

        def said(name: str) -> Any:
            place = places[name]
            return variables[place].values[arch[place]]

        side = min(self.image.height, self.image.width)
        for layer in range(1, said("feature layers") + 1):
            of = f"layer {layer}: "
            if said(f"{of}kind") != "conv":
                side = (side - said(f"{of}window")) // 2 + 1
            elif said(f"{of}padding") == "valid":
                side -= said(f"{of}kernel") - 1
            if side < 1:
                return False
        return True

    def parameters(self, arch: Arch, classes: int) -> int:
        """Trainable parameters of the network with its classifier."""
        return sizes(self.chain(arch).layers, self.image, classes)[0]

    def flops(self, arch: Arch, classes: int) -> int:
        """Multiply-accumulates of a forward pass on one image, of convolutions and matrices."""
        return sizes(self.chain(arch).layers, self.image, classes)[1]

    def lenet(self) -> Arch:
        """LeNet-5, or for small images the same with its second convolution padded; raises
        :class:`~nasbed.errors.ArchitectureError` where that cannot be built either.
        """
        return self.encoded(self._lenet)

    @property
    def _lenet(self) -> ChainConfiguration:
        return SMALL_LENET if obstacle(LENET.layers, self.image) else LENET

    def hand_designed(self) -> Arch:
        """The hand-designed network; raises :class:`~nasbed.errors.ArchitectureError` where it cannot be built."""
        return self.encoded(HAND_DESIGNED)

    def parse(self, text: str) -> Arch:
        """The architecture of its layers and hyperparameters as :meth:`format` writes them, or of an index. In place of the layers
        may stand ``lenet`` or ``hand-designed``. What stands after the bar may be left out; hyperparameters that are not given are
        the default's.

        >>> ChainSpace(Shape(1, 8, 8)).parse("conv 3x3 17")
        Traceback (most recent call last):
        nasbed.errors.ArchitectureError: layer 1: filters = 17; expected one of 6, 12, 16, 32, 64
        """
        written = self._written(text)
        if (numbered := self._numbered(written)) is not None:
            return numbered
        body, _, training = written.partition("|")
        named = {"lenet": self._lenet, "hand-designed": HAND_DESIGNED}.get(body.strip())
        layers = (
            tuple(_layer(part.strip(), place) for place, part in enumerate(body.split(";"), 1))
            if named is None
            else named.layers
        )
        default = self.chain(self.default)
        return self.encoded(ChainConfiguration(layers, **read_training(training, default)))

    def format(self, arch: Arch) -> str:
        """The layers in their order, then the hyperparameters."""
        return str(self.chain(self._own(arch)))

    def _combination(self, arch: Arch) -> str:
        return str(self.chain(arch))

    def _part(self, name: str, decisions: Sequence[Decision], default: Arch) -> Self:
        return type(self)(self.image, name, decisions, default)


_FIRST = Layer("conv", KERNELS[0], FILTERS[0])


def _feature(values: Mapping[str, Any], of: str) -> Layer:
    kind = values[f"{of}kind"]
    if kind != "conv":
        return Layer(kind, values[f"{of}window"])
    return Layer(
        "conv",
        values[f"{of}kernel"],
        values[f"{of}filters"],
        values[f"{of}activation"],
        values[f"{of}norm"],
        values[f"{of}dropout"],
        values[f"{of}padding"],
    )


def _dense(values: Mapping[str, Any], of: str) -> Layer:
    named = {name: values[f"{of}{name}"] for name in ("activation", "norm", "dropout")}
    return Layer("dense", width=values[f"{of}units"], **named)


def _said(layer: Layer, of: str) -> dict[str, Value]:
    """What a layer says, by the names of the decisions on it."""
    if not layer.trains:
        return {f"{of}kind": layer.kind, f"{of}window": layer.size}
    both: dict[str, Value] = {"activation": layer.activation, "norm": layer.norm, "dropout": layer.dropout}
    if layer.kind == "dense":
        return {f"{of}{name}": value for name, value in {"units": layer.width, **both}.items()}
    own: dict[str, Value] = {
        "kind": "conv",
        "kernel": layer.size,
        "filters": layer.width,
        "padding": layer.padding,
    }
    return {f"{of}{name}": value for name, value in {**own, **both}.items()}


_LAYER = re.compile(
    r"(?:(conv) (\d+)x(\d+) (\d+)|(max|average) pool (\d+)x(\d+)|(dense) (\d+))((?: [a-z]+(?: [0-9.]+)?)*)"
)


def _layer(text: str, place: int) -> Layer:
    found = _LAYER.fullmatch(" ".join(text.split()))
    if not found:
        raise ArchitectureError(
            f"layer {place} is {text[:60]!r}; expected the form of 'conv 3x3 16 valid norm relu dropout 0.25', 'max pool 2x2',"
            " 'average pool 3x3' or 'dense 64 relu', with ; between layers and | before 'adam rate 0.001 batch 32 decay 0'"
        )
    conv, height, width, filters, pool, tall, wide, _, units, rest = found.groups()
    if (height, tall) != (width, wide):
        raise ArchitectureError(f"layer {place} is {text[:60]!r}; expected a square kernel or window, as 3x3")
    if pool:
        if rest:
            raise ArchitectureError(f"layer {place} is {text[:60]!r}; expected nothing after a pooling's window")
        return Layer("max" if pool == "max" else "average", int(tall))
    options = _options(rest, place, conv is not None)
    return Layer("conv", int(height), int(filters), **options) if conv else Layer("dense", width=int(units), **options)


_DENSE_WORDS: dict[str, tuple[str, Value | None]] = {
    **{name: ("activation", name) for name in ACTIVATIONS},
    "norm": ("norm", True),
    "dropout": ("dropout", NUMBER),
}
_CONV_WORDS = {**_DENSE_WORDS, **{name: ("padding", name) for name in PADDINGS}}


def _options(words: str, place: int, conv: bool) -> dict[str, Any]:
    """What follows the size of a layer: padding, norm, activation and dropout, in any order."""
    return read_words(words, f"layer {place}", _CONV_WORDS if conv else _DENSE_WORDS, f"layer {place}: ")
