"""The spaces of HW-GPT-Bench (Sukthanker et al., NeurIPS 2024, arXiv 2405.10299): language models like GPT-2 at three scales."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from nasbed.benchmarks.spaces.conditional import ConditionalGridSpace, Decision, Value
from nasbed.errors import ArchitectureError, require_name, shown
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    from nasbed.streams import Stream

RATIOS = (2, 3, 4)
"""The width of a layer's perceptron, as a multiple of the embedding."""
HEAD = 64
"""The width of a head, whatever the embedding: heads need not divide it."""
VOCABULARY = 50_254
BIASES = (True, False)
"""In the order of the published encoding."""


class GPTScale(NamedTuple):
    """One of the three spaces: its name, what each decision may be, and the tokens of the batch on which devices were measured."""

    name: str
    embeddings: tuple[int, ...]
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    tokens: int


SCALES = {
    "s": GPTScale("s", (192, 384, 768), (10, 11, 12), (4, 8, 12), 8192),
    "m": GPTScale("m", (256, 512, 1024), (22, 23, 24), (8, 12, 16), 4096),
    "l": GPTScale("l", (320, 640, 1280), (34, 35, 36), (8, 16, 20), 1024),
}


class LanguageModel(NamedTuple):
    """What an architecture says: the width of the embedding, the ratio and the heads of each layer, and biases or none."""

    embedding: int
    ratios: tuple[int, ...]
    heads: tuple[int, ...]
    bias: bool

    @property
    def parameters(self) -> int:
        """All weights: embedding and output (not shared), layers with heads of width 64, norms, and biases."""
        e, n, r, h = self.embedding, len(self.ratios), sum(self.ratios), sum(self.heads)
        weights = e * (2 * VOCABULARY + 2 + 4 * n + 3 * e * r + 4 * HEAD * h)
        return weights + (2 * e * n + 2 * e * r + 3 * HEAD * h if self.bias else 0)

    def macs(self, tokens: int) -> int:
        """Multiply-accumulates of a forward pass of so many tokens, without those between the tokens of attention."""
        e, r, h = self.embedding, sum(self.ratios), sum(self.heads)
        return tokens * e * (VOCABULARY + 3 * e * r + 4 * HEAD * h)

    def text(self, scale: str) -> str:
        """The published text, as ``gpt-s-10-192-2-3-...-4-8-...-False``: layers, embedding, ratios, heads, bias."""
        return "-".join(
            map(str, ["gpt", scale, len(self.ratios), self.embedding, *self.ratios, *self.heads, self.bias])
        )


def _decisions(scale: GPTScale) -> list[Decision]:
    """The decisions in the order of the published encoding, of which the one-hot vector so is that of the surrogate."""
    found = [
        Decision("embedding", scale.embeddings, "architecture"),
        Decision("layers", scale.layers, "architecture", stepwise=True),
    ]
    choices: tuple[tuple[str, tuple[Value, ...]], ...] = (("ratio", RATIOS), ("heads", scale.heads))
    for name, values in choices:
        for layer in range(1, scale.layers[-1] + 1):
            deep_enough = frozenset[Value](count for count in scale.layers if count >= layer)
            found.append(Decision(f"layer {layer}: {name}", values, "architecture", 1, deep_enough))
    return [*found, Decision("bias", BIASES, "architecture")]


class HWGPTSpace(ConditionalGridSpace):
    """The networks of one scale: an embedding, a number of layers, for each layer a ratio and a number of heads, biases or none.
    What is said of a layer that a network lacks is no part of it.

    Samples are uniform, so that nine times as many have a layer more; of the measured networks as many have each number of layers.

    >>> space = space_of("s")
    >>> arch = space.parse("gpt-s-10-192-2-2-2-2-2-2-2-2-2-3-4-4-4-4-4-4-4-4-4-12-True")
    >>> space.model(arch).parameters, space.model(arch).macs(space.scale.tokens), space.size
    (24008448, 117395423232, 1903784282946)
    """

    def __init__(self, scale: GPTScale) -> None:
        super().__init__(f"hw_gpt, scale {scale.name}", _decisions(scale))
        self.scale = scale
        most = scale.layers[-1]
        more = len(RATIOS) * len(scale.heads)
        self._shallower = list(accumulate(more ** (count - scale.layers[0]) for count in scale.layers))
        """For each number of layers how many networks have so many or fewer, of those with one embedding, bias and first layers."""
        self._ratios, self._heads = range(2, 2 + most), range(2 + most, 2 + 2 * most)

    def __reduce__(self) -> tuple[type[HWGPTSpace], tuple[GPTScale]]:
        return type(self), (self.scale,)

    def sample(self, rng: Stream) -> Arch:
        """An architecture of the space, drawn uniformly: the number of layers by how many networks have it."""
        depth = bisect_right(self._shallower, rng.below(self._shallower[-1]))
        return self._cleared([depth if place == 1 else rng.below(count) for place, count in enumerate(self.choices)])

    @property
    def smallest(self) -> Arch:
        """The network with the least of everything, so with the fewest parameters and MACs."""
        return self._cleared([0] * (len(self.choices) - 1) + [BIASES.index(False)])

    @property
    def largest(self) -> Arch:
        """The network with the most of everything, so with the most parameters and MACs."""
        return self._cleared([*(count - 1 for count in self.choices[:-1]), BIASES.index(True)])

    def obstacle(self, arch: Arch) -> str:
        """Nothing: every combination can be built, since heads have a width of their own."""
        return ""

    def model(self, arch: Arch) -> LanguageModel:
        """The network of an architecture."""
        scale = self.scale
        layers = scale.layers[arch[1]]
        return LanguageModel(
            scale.embeddings[arch[0]],
            tuple(RATIOS[arch[place]] for place in self._ratios[:layers]),
            tuple(scale.heads[arch[place]] for place in self._heads[:layers]),
            BIASES[arch[-1]],
        )

    def drawn_layers(self, arch: Arch) -> tuple[tuple[str, tuple[tuple[str, str, float], ...]], ...]:
        """The network as rows of a drawing, from the embedding to the output: a name, and parts as kind, details and width."""
        model = self.model(self._own(arch))
        layers = tuple(
            (
                str(place),
                (("attention", f"{heads} heads", HEAD * heads), ("perceptron", f"×{ratio}", ratio * model.embedding)),
            )
            for place, (ratio, heads) in enumerate(zip(model.ratios, model.heads, strict=True), 1)
        )
        return (
            ("", (("embedding", str(model.embedding), model.embedding),)),
            *layers,
            ("", (("output", f"{VOCABULARY:,} tokens", 0),)),
            ("", (("", "biases in every layer" if model.bias else "no biases", 0),)),
        )

    def encoded(self, model: LanguageModel) -> Arch:
        """The architecture of a network; raises :class:`~nasbed.errors.ArchitectureError` for what the scale does not offer."""
        layers = len(model.ratios)
        named: list[tuple[str, Value, tuple[Value, ...]]] = [
            ("embedding", model.embedding, self.scale.embeddings),
            ("layers", layers, self.scale.layers),
            *((f"layer {place}: ratio", one, RATIOS) for place, one in enumerate(model.ratios, 1)),
            *((f"layer {place}: heads", one, self.scale.heads) for place, one in enumerate(model.heads, 1)),
        ]
        codes = [self._code(name, value, known) for name, value, known in named]
        embedding, depth, *rest = codes
        absent = [0] * (self.scale.layers[-1] - layers)
        return (embedding, depth, *rest[:layers], *absent, *rest[layers:], *absent, BIASES.index(model.bias))

    def _code(self, name: str, value: Value, known: tuple[Value, ...]) -> int:
        if value in known:
            return known.index(value)
        also = f"; a head is {HEAD} wide at every embedding" if name.endswith("heads") else ""
        elsewhere = [
            scale.name for scale in SCALES.values() if name in _offers(scale) and value in _offers(scale)[name]
        ]
        of = f"; {value} is of scale {' and '.join(elsewhere)}" if elsewhere else ""
        raise ArchitectureError(
            f"{name} = {value}; expected one of {', '.join(map(str, known))} at scale {self.scale.name}{also}{of}"
        )

    def parse(self, text: str) -> Arch:
        """The architecture of its published text, or of an index. A text may also have a ratio and heads for as many layers as the
        deepest network, as records do: those beyond its own layers make no other architecture.

        >>> space_of("s").parse("gpt-m-10-192-2-2-2-2-2-2-2-2-2-3-4-4-4-4-4-4-4-4-4-12-True")
        Traceback (most recent call last):
        nasbed.errors.ArchitectureError: 'gpt-m-10-192-2-2-2-2-2-2-2-2-2-3-4-4-4-4-4-4-4-4-4-12-True' is of scale m; expected s
        """
        written = self._written(text)
        if (numbered := self._numbered(written)) is not None:
            return numbered
        found = _TEXT.fullmatch(written)
        if not found:
            raise ArchitectureError(
                f"malformed architecture {shown(written[:80])}: expected gpt-{self.scale.name}-LAYERS-EMBEDDING, a ratio for each"
                " layer, heads for each layer, and True or False for biases, with - between, or an index"
            )
        scale, *numbers, bias = found[1], *map(int, found[2].split("-")), found[3]
        if scale != self.scale.name:
            raise ArchitectureError(f"{shown(written)} is of scale {scale}; expected {self.scale.name}")
        layers, embedding, *rest = numbers
        said = len(rest) // 2
        if len(rest) % 2 or not (said == layers or layers < said == self.scale.layers[-1]):
            raise ArchitectureError(
                f"{shown(written[:80])} has {layers} layers and {len(rest)} numbers for them; expected {2 * layers}: a ratio"
                " for each layer, then heads for each"
            )
        ratios, heads = tuple(rest[:said][:layers]), tuple(rest[said:][:layers])
        return self.encoded(LanguageModel(embedding, ratios, heads, bias == "True"))

    def format(self, arch: Arch) -> str:
        """The published text of an architecture."""
        return self._combination(self._own(arch))

    def _combination(self, arch: Arch) -> str:
        return self.model(arch).text(self.scale.name)


_TEXT = re.compile(r"gpt-([a-z]{1,3})-([0-9]{1,5}(?:-[0-9]{1,5}){2,200})-(True|False)", re.ASCII)


def _offers(scale: GPTScale) -> Mapping[str, tuple[Value, ...]]:
    """What each decision of a scale may be, of those that differ between scales."""
    heads: dict[str, tuple[Value, ...]] = {
        f"layer {place}: heads": scale.heads for place in range(1, scale.layers[-1] + 1)
    }
    return {"embedding": scale.embeddings, "layers": scale.layers, **heads}


@cache
def space_of(scale: str) -> HWGPTSpace:
    """The space of a scale, ``s``, ``m`` or ``l``; raises :class:`~nasbed.errors.UnknownNameError`."""
    require_name("scale", scale, tuple(SCALES), "hw_gpt")
    return HWGPTSpace(SCALES[scale])
