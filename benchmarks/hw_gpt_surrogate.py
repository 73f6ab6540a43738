"""HW-GPT-Bench by its surrogate: any network of a scale; import it with ``nasbed data import hw_gpt FOLDER``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Any, ClassVar, NamedTuple

import numpy as np

from nasbed.benchmarks.spaces.hw_gpt import SCALES, HWGPTSpace, space_of
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.hw_gpt import EPOCHS, FREE, MEANINGS, METRICS, free_measures, require_sound
from nasbed.benchmarks.tables.options import objective_names
from nasbed.benchmarks.tables.perceptron import Perceptron, model_file
from nasbed.errors import DataError, OptionError, require_name
from nasbed.vocabulary import VALIDATED, Arch, Benchmark, Objective, Offered, Oracle, Recordings
from nasbed.vocabulary.constraints import total_violation
from nasbed.vocabulary.noise import recorded_run

ANSWERED = ("perplexity", *FREE)
"""What is known of any network: the surrogate predicts the first."""
OBJECTIVES = {name: Objective(name, METRICS[name].unit, maximise=False) for name in ANSWERED}
_KEPT = 20_000
"""Networks whose answers are remembered."""


class HWGPTSurrogate(Benchmark):
    """All networks of a scale of HW-GPT-Bench (Sukthanker et al., NeurIPS 2024, arXiv 2405.10299), 1.9e12, 5.4e23 or 1.5e35: their
    perplexity as predicted by the authors' **surrogate**, a network fitted to the measured ones, and exact parameters and MACs.

    ``dataset`` is the scale, ``s``, ``m`` or ``l``. ``objectives`` are ``perplexity`` (per token), ``parameters`` and ``macs`` (of
    the batch on which devices were measured); measurements on devices are known only for the networks that ``hw_gpt`` searches.
    ``measures = ["parameters"]``, or ``macs``, offers these at no cost. Answers are the same each time; there are no test values
    and no costs, so budgets count evaluations. The best of the space is not known, so scores are absolute.
    """

    name = "hw_gpt_surrogate"
    table: ClassVar[str] = "hw_gpt"
    judged_on = VALIDATED
    surrogate = "the measured perplexities of HW-GPT-Bench"
    untimed = "its networks inherit weights of one supernet, whose training has no published cost"
    cost_model = (
        "not recorded: an evaluation counts 1 on a clock that orders parallel workers and that no budget may count"
    )
    space: HWGPTSpace
    meanings: ClassVar[Mapping[str, str]] = {
        **MEANINGS,
        "objectives": "perplexity, by the surrogate, parameters and macs; the first is what searches are scored on",
    }

    def __init__(
        self,
        dataset: str = "s",
        objectives: Sequence[str] = ("perplexity",),
        measures: Sequence[str] | None = None,
    ) -> None:
        require_name("scale", dataset, tuple(SCALES), self.name)
        names = objective_names(objectives, "perplexity")
        for name in names:
            require_sound(name)
            if name not in ANSWERED:
                raise OptionError(
                    f"objectives: {name} is known of the measured networks alone, and {self.name} searches all of a scale; use"
                    f" hw_gpt, or one of {', '.join(ANSWERED)}"
                )
        self.manifest = home.load(self.table)
        if model_file(dataset) not in self.manifest.files:
            raise DataError(
                f"the table hw_gpt was imported without {model_file(dataset)}, so it has no surrogate of scale {dataset}; import"
                " a folder that has it"
            )
        self.dataset = dataset
        self.label = f"{self.name}/{dataset}"
        self.epochs = (EPOCHS,)
        self.objectives = tuple(OBJECTIVES[name] for name in names)
        self.measures = () if measures is None else free_measures(measures, self.name)
        self.space = space_of(dataset)
        content = self.manifest.file(model_file(dataset))
        self._model = Perceptron.of(content, model_file(dataset), sum(self.space.choices))
        self._known: dict[int, tuple[float, ...]] = {}
        told: dict[str, Callable[[Arch], float]] = {
            "perplexity": lambda arch: float(self._model.answers(self.space.encode(arch)[None])[0]),
            "parameters": lambda arch: float(self.space.model(arch).parameters),
            "macs": lambda arch: float(self.space.model(arch).macs(self.space.scale.tokens)),
        }
        self._told = told

    @classmethod
    def datasets(cls) -> list[str]:
        """The three scales, from the smallest on."""
        return list(SCALES)

    @property
    def checksum(self) -> str:
        """The SHA-256 of the manifest, which holds that of the surrogate."""
        return self.manifest.checksum

    def oracle(self, noise: str = "draw") -> Oracle:
        """Answers, the same under every noise protocol; ``run:K`` is refused but for ``run:0``."""
        if recorded_run(noise):
            raise DataError(
                f"{self.label} has no run {recorded_run(noise)}: a surrogate has one answer, which is run 0"
            )
        return lambda index, epochs, word: (self._answer(index), 1.0)

    def _answer(self, index: int) -> tuple[float, ...]:
        """The objectives of a network, higher is better."""
        if index not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            arch = self.space.at(index)
            self._known[index] = tuple(one.signed(self._told[one.name](arch)) for one in self.objectives)
        return self._known[index]

    def first(self, index: np.ndarray) -> np.ndarray:
        """The first objective of some networks, higher is better, of the shape of ``index``."""
        found = [self._answer(int(one))[0] for one in np.ravel(index)]
        return np.array(found, dtype=np.float64).reshape(np.shape(index))

    def query(self, index: np.ndarray) -> np.ndarray:
        """The first objective of some networks in its own unit, of the shape of ``index``: for analysis, not for a search."""
        return self.objectives[0].natural(self.first(np.asarray(index)))

    def measurements(self) -> dict[str, tuple[Any, float]]:
        """The measures that it offers: each is computed from the architecture when it is asked for, and costs nothing."""
        return {name: (_Computed(self.space, self._told[name]), 0.0) for name in self.measures}

    def trained(self, objective: Objective) -> bool:
        """Whether an objective is predicted by the surrogate, and does not follow from the architecture alone."""
        return objective.name not in FREE

    def range_of(self, objective: Objective) -> tuple[float, float]:
        """The lowest and the highest value of a size in the space, in its own unit: those of its smallest and largest network."""
        return self._told[objective.name](self.space.smallest), self._told[objective.name](self.space.largest)

    def violation_of(self, index: np.ndarray) -> np.ndarray:
        """By how much some networks break the constraints, of the shape of ``index``, 0 where they keep to them."""
        found = [self._broken(self._answer(int(one))) for one in np.ravel(index)]
        return np.array(found, dtype=np.float64).reshape(np.shape(index))

    @cached_property
    def _broken(self) -> Callable[[Sequence[float]], float]:
        """A function that takes the values of all objectives and gives the violation of all constraints."""
        return total_violation(self.constraints, self.objectives)

    def offered(self) -> Offered:
        """What its options may name: three objectives, and the measures that follow from the architecture."""
        return super().offered()._replace(objectives=tuple(OBJECTIVES.values()), measures=dict.fromkeys(FREE, 0.0))

    def recordings(self, epochs: int) -> Recordings:
        """One answer, which comes from no training."""
        return Recordings(1, 0)

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The decisions of a network by name, and their values as texts."""
        return self.space.decisions()

    def referee(self) -> UntestedReferee:
        """The referee, which knows what a search saw; there is no test value, and the best is not known."""
        return UntestedReferee(self)

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """What is known of one network: its perplexity by the surrogate, and its sizes."""
        own = self.space.at(self.space.require(arch))
        origins = {"perplexity": "surrogate of HW-GPT-Bench, not a measurement"}
        rows = []
        for name, told in self._told.items():
            row: dict[str, Any] = {
                "metric": name,
                "split": METRICS[name].split,
                "epochs": EPOCHS if name == "perplexity" else None,
            }
            value = told(own)
            row |= {
                "unit": METRICS[name].unit,
                "value": value,
                "runs": {"surrogate" if name == "perplexity" else "all": value},
            }
            rows.append({**row, "origin": origins.get(name, "computed from the architecture")})
        return rows


@dataclass(frozen=True)
class _Computed:
    """A measure of the architectures of a space by their indices, which is computed anew each time."""

    space: HWGPTSpace
    told: Callable[[Arch], float]

    def __getitem__(self, index: int, /) -> float:
        return self.told(self.space.at(index))


class UntestedReferee(NamedTuple):
    """Noise-free scores of the first objective where nothing was tested and the best of the space is not known."""

    benchmark: HWGPTSurrogate

    def validation(self, index: np.ndarray) -> np.ndarray:
        """Values of some networks, as a search sees them."""
        return self.benchmark.first(np.asarray(index))

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        """No values: none was recorded."""
        return np.full(np.shape(index), np.nan)

    def distinct(self, index: np.ndarray) -> np.ndarray:
        """Every architecture is a network of its own."""
        return np.asarray(index)

    def best(self) -> tuple[float, float]:
        """Unknown: nobody has asked the surrogate for the whole space."""
        return nan, nan
