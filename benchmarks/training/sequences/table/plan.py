"""What ``nasbed tabulate`` trains on sequences: a file that lists a part of the space ``sequence``, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any

from nasbed.benchmarks.spaces.sequence import SequenceSpace
from nasbed.benchmarks.spaces.sequence_grid import SequenceGridSpace
from nasbed.benchmarks.spaces.sequence_layers import SequenceShape, SequenceStack
from nasbed.benchmarks.spaces.training_decisions import HYPERPARAMETERS, training_text
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.benchmarks.training.plan_files import heading, part_of, require_known
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.sequences.sources import NAMES
from nasbed.errors import StudyError, located, shown
from nasbed.files import read_toml
from nasbed.numeric import real, require_seed, require_whole
from nasbed.streams import stream
from nasbed.vocabulary import Arch

SPACE = "sequence"
NONE = "none"
"""The layer that is not there."""
_KEYS = (
    "name", "title", "space", "data", "seeds", "first_seed", "sample", "together", "layers", "decisions", "default", "recipe",
)  # fmt: skip
_LAYERS = ("layer_1", "layer_2", "layer_3")
_DECISIONS = ("width", *_LAYERS, "direction", "pool", *HYPERPARAMETERS)
_RECIPE = ("epochs", "batch", "rate", "decay", "optimizer")
_ANY = SequenceShape(tokens=0, channels=1, classes=2, longest=1)
"""Data that every network of a classification can be built for."""


@dataclass(frozen=True)
class SequencePlan:
    """All trainings of a table of networks for sequences: of every combination of the values of ``decisions``, or of a random
    ``sample`` of them, with all ``seeds`` (from ``first_seed`` on), which are trained in one program.

    ``decisions`` are layers by their names in ``layers``, which say what they are in the words of the space ``sequence``, or
    ``none``; the width, the direction, the pooling, and hyperparameters. What is none of them is as in the ``recipe``.
    ``default`` is one combination. A file has ``together`` combinations.
    """

    name: str
    title: str
    space: str
    data: str
    seeds: int
    first_seed: int
    sample: int | None
    together: int
    layers: Mapping[str, str]
    decisions: Mapping[str, tuple[float | str, ...]]
    default: Mapping[str, float | str]
    recipe: Recipe

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> SequencePlan:
        """The plan that the content of a file says; raises :class:`~nasbed.errors.StudyError` and others of our own."""
        require_known(content, _KEYS, "what to tabulate")
        name, title = heading(content, (SPACE,), NAMES)
        layers, decisions = _layers(content), part_of(content, "decisions", _DECISIONS)
        default, recipe = part_of(content, "default", tuple(decisions)), part_of(content, "recipe", _RECIPE)
        plan = cls(
            name,
            title,
            SPACE,
            content["data"],
            require_whole("seeds", content.get("seeds", 3), 1, 100),
            require_seed(content.get("first_seed", 0), "first_seed"),
            None,
            require_whole("together", content.get("together", 12), 1, 1000),
            layers,
            {key: _values(key, decisions[key]) for key in _DECISIONS if key in decisions},
            default,
            Recipe(**recipe),
        )
        plan._require_whole()
        return plan.with_sample(content.get("sample"))

    @property
    def networks(self) -> int:
        """How many networks are trained with each seed."""
        return self.grid().size if self.sample is None else self.sample

    @property
    def benchmark(self) -> str:
        """The benchmark that searches such a table."""
        return "vowels"

    @property
    def free(self) -> frozenset[str]:
        """What may differ where trainings are added to those that are there."""
        return frozenset({"title"})

    def with_sample(self, sample: int | None) -> SequencePlan:
        """The same for a random sample of so many combinations."""
        size = self.grid().size
        return self if sample is None else replace(self, sample=require_whole("sample", sample, 1, size))

    def dump(self) -> str:
        """The text of a file that says the same, every default written out."""
        import tomli_w

        named = ("name", "title", "space", "data", "seeds", "first_seed", "together", "layers", "default")
        content: dict[str, Any] = {key: getattr(self, key) for key in named}
        content |= {} if self.sample is None else {"sample": self.sample}
        content["decisions"] = {name: list(values) for name, values in self.decisions.items()}
        content["recipe"] = {key: getattr(self.recipe, key) for key in _RECIPE}
        return tomli_w.dumps(content)

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """The seeds that each network is trained with."""
        return tuple(range(self.first_seed, self.first_seed + self.seeds))

    def grid(self) -> SequenceGridSpace:
        """Every combination of the values of the decisions, in the order of the table."""
        variables = [
            Variable(name, values, "hyperparameters" if name in HYPERPARAMETERS else "architecture")
            for name, values in self.decisions.items()
        ]
        return SequenceGridSpace(self.name, variables, self.default, self._drawn)

    def members(self) -> list[Arch]:
        """The combinations that the table answers for, in their order."""
        archs = self.grid().archs
        if self.sample is None:
            return list(archs)
        order = list(range(len(archs)))
        stream(self.first_seed, "tabulate", "sample").shuffle(order)
        return [archs[place] for place in sorted(order[: self.sample])]

    def training(self, arch: Arch) -> tuple[SequenceStack, Recipe]:
        """The network that a combination says, and how it is trained."""
        return self.trained(
            {name: values[code] for (name, values), code in zip(self.decisions.items(), arch, strict=True)}
        )

    def trained(self, chosen: Mapping[str, float | str]) -> tuple[SequenceStack, Recipe]:
        """The network that the value of each decision says, and how it is trained."""
        said: dict[str, Any] = {name: chosen[name] for name in HYPERPARAMETERS if name in chosen}
        return self._stack(chosen), replace(self.recipe, **said)

    def _drawn(self, chosen: Mapping[str, float | str]) -> tuple[SequenceStack, str]:
        stack, recipe = self.trained(chosen)
        return stack, training_text(recipe)

    def _stack(self, chosen: Mapping[str, float | str]) -> SequenceStack:
        """The network that the values of decisions say, in the words of the space ``sequence``."""
        both = " both" if chosen.get("direction", "forward") == "both" else ""
        layers = [self.layers[str(chosen[name])] + both for name in _LAYERS if chosen.get(name, NONE) != NONE]
        text = "; ".join([f"width {chosen.get('width', 32)}", *layers, f"pool {chosen.get('pool', 'mean')}"])
        return _space().sequence(_space().parse(text)).stack

    def _require_whole(self) -> None:
        """Refuses decisions without a first layer, layers that are not said, and networks that the space does not have."""
        for name, values in self.decisions.items():
            if missing := [value for value in values if name in _LAYERS and value not in (*self.layers, NONE)]:
                raise StudyError(
                    f"{name} = {shown(missing[0])}; expected {NONE} or one of [layers]: {', '.join(self.layers)}"
                )
        if NONE in self.decisions.get("layer_1", (NONE,)):
            raise StudyError("the decisions have networks without a first layer; expected layer_1 with layers alone")
        for name, values in self.decisions.items():
            if name not in self.default:
                raise StudyError(f"[default] says no {name}; add one of its values, {shown(list(values))}")
            if self.default[name] not in values:
                raise StudyError(f"default {name} = {shown(self.default[name])}; expected one of {shown(list(values))}")
        shared = {name: self.decisions[name] for name in ("width", "direction", "pool") if name in self.decisions}
        for layer, *others in product(self.layers, *shared.values()):
            chosen = {"layer_1": layer, **dict(zip(shared, others, strict=True))}
            with located(", ".join(f"{name} = {value}" for name, value in chosen.items())):
                self._stack(chosen)


def sequence_plan(text: str, source: str = "study") -> SequencePlan:
    """The plan that the text of a file says; messages name ``source``."""
    content = read_toml(text, source)
    with located(source):
        return SequencePlan.of(content)


@cache
def _space() -> SequenceSpace:
    return SequenceSpace(_ANY)


def _layers(content: Mapping[str, Any]) -> dict[str, str]:
    """The layers of a file by their names; what they say is read when a network is made of them."""
    found = content.get("layers")
    if not isinstance(found, dict) or not found or not all(isinstance(text, str) for text in found.values()):
        raise StudyError(
            f"layers = {shown(found)}; expected a table [layers] of names and layers, as in gru = 'gru norm'"
        )
    if NONE in found:
        raise StudyError(f"[layers] names a layer {NONE}, which is the one that is not there; choose another name")
    return found


def _values(name: str, values: Any) -> tuple[float | str, ...]:
    """The values of a decision: different texts, or numbers in ascending order."""
    listed = values if isinstance(values, list) else []
    texts = bool(listed) and all(isinstance(one, str) for one in listed) and len({*listed}) == len(listed)
    numbers = bool(listed) and all(real(one) is not None for one in listed) and listed == sorted({*listed})
    if not (texts or numbers):
        raise StudyError(
            f"{name} = {shown(values)}; expected a list of different texts, or of numbers in ascending order"
        )
    return tuple(listed)
