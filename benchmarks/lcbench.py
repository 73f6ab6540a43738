"""LCBench: joint architecture and hyperparameters of networks for tabular data, by the surrogate that was published for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import inf, nan
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from nasbed.benchmarks.spaces.halves import searched_half
from nasbed.benchmarks.spaces.joint import LongJointGridSpace
from nasbed.benchmarks.spaces.lcbench import GRIDS, LONGEST, TASKS, described, space_of
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.options import fidelities, objective_names
from nasbed.benchmarks.tables.surrogate import ModelInput, Surrogate
from nasbed.errors import DataError, OptionError, require_name, shown
from nasbed.streams import stream
from nasbed.vocabulary import Arch, Benchmark, Objective, Offered, Oracle, Recordings
from nasbed.vocabulary.noise import recorded_run

INPUTS = (ModelInput("x_cat", 1, "int32"), ModelInput("x_cont", 8, "float32"))
CONTINUOUS = (
    "epoch",
    "batch_size",
    "learning_rate",
    "momentum",
    "weight_decay",
    "num_layers",
    "max_units",
    "max_dropout",
)
"""The entries of the second input, in order."""
CONFIG, ENCODING, MODEL = "config_space.json", "encoding.json", "model.onnx"
"""The published files."""


class Told(NamedTuple):
    """An output of the model: its place, and what it is multiplied by to be in our unit."""

    place: int
    factor: float = 1.0


SECONDS = Told(0)
SEEN = {"balanced_accuracy": Told(3, 100.0), "accuracy": Told(1), "cross_entropy": Told(2)}
"""What a search may see, on the validation split."""
JUDGED = "balanced_accuracy"
TEST = Told(5, 100.0)
"""Balanced accuracy on the test split. The output 4, the cross-entropy on test, is of another scale than that on validation: it is
never below ln(e + K - 1) - 1 of K classes, the least that a softmax of probabilities can give. Nothing here reads it.
"""
OUTPUTS = 6
OBJECTIVES = {
    "balanced_accuracy": Objective("balanced_accuracy", "%"),
    "accuracy": Objective("accuracy", "%"),
    "cross_entropy": Objective("cross_entropy", "nats", maximise=False),
}
_KEPT = 20_000
"""Configurations whose answers are remembered."""
_DRAWN = 512
"""Configurations by which costs are judged beforehand."""
_STARTS = 3
"""Configurations from which the cheapest is looked for at once."""
_MARGIN = 0.8
"""Factor of the cheapest evaluation that was found, since not every one was asked for."""
_TIE = 1e-6
"""A training that has one epoch less is cheaper by at least this part of its seconds."""

Answer = tuple[tuple[float, ...], float]


class LCBench(Benchmark):
    """2.2e9 configurations of funnel-shaped networks for tabular data, answered by a surrogate: a network that was fitted to the
    learning curves of 2,000 trainings on each of 35 data sets (Zimmer et al., TPAMI 2021, arXiv 2006.13799) and published with
    YAHPO Gym (Pfisterer et al., AutoML 2022, arXiv 2109.03670). No number comes from a training.

    ``dataset`` is a task of OpenML, one of 34. ``epochs`` are the fidelities among 1 .. 52, points of one training, which can be
    resumed (52 alone by default); scores are always those after 52. ``objectives`` are ``balanced_accuracy``, first, and
    ``accuracy`` (both in percent) and ``cross_entropy`` (nats), on the validation split; the surrogate knows the test split of the
    first alone. Answers are the same each time. Costs are the seconds of the training as the surrogate predicts them; where it
    predicts more for a shorter training than for a longer one, the shorter costs as much as the longer, less a millionth for each
    epoch that it lacks to 52.

    ``grid`` is ``fitted``, the part of the published ranges in which there were trainings, or ``published``, the whole ranges:
    there the surrogate extrapolates, and its values are too good (docs/lcbench.md). ``search`` is ``joint``, or the half that is
    searched while the other stays as in ``frozen`` (``num_layers=3,max_units=256,...``, or an index; by default that of the
    published space).

    The space is not listed and its best is not known, so scores are absolute.
    """

    name = "lcbench"
    known = TASKS
    judged_on = "test"
    surrogate = "the learning curves of LCBench"
    space: LongJointGridSpace
    meanings: ClassVar[Mapping[str, str]] = {
        "dataset": "data set, by the number of its task in OpenML",
        "epochs": "fidelities that a search may ask for, in 1 .. 52: points of one training",
        "objectives": "balanced_accuracy first, then accuracy and cross_entropy where they are wanted",
        "grid": "where the surrogate was fitted, or all of the published ranges, where it extrapolates",
    }

    def __init__(
        self,
        dataset: str = "3945",
        epochs: Sequence[int] = (LONGEST,),
        objectives: Sequence[str] = (JUDGED,),
        grid: Literal["fitted", "published"] = "fitted",
        search: Literal["joint", "architecture", "hyperparameters"] = "joint",
        frozen: str = "",
    ) -> None:
        require_name("data set", dataset, TASKS, self.name)
        require_name("grid", grid, tuple(GRIDS), self.name)
        self.manifest = home.load(self.name)
        self.dataset = dataset
        self.label = f"{self.name}/{dataset}"
        self.epochs = fidelities(epochs, "[4, 13, 52]")
        if self.epochs[-1] > LONGEST:
            raise OptionError(f"epochs = {shown(epochs)}; expected a list of epochs in 1 .. {LONGEST}")
        self.resumable = len(self.epochs) > 1
        names = objective_names(objectives, JUDGED)
        for name in names:
            require_name("objective", name, tuple(OBJECTIVES), self.name)
        if names[0] != JUDGED:
            raise OptionError(
                f"objectives = {shown(list(names))}: the first is judged on test, of which the surrogate knows {JUDGED}"
                " alone; put it first"
            )
        self.objectives = tuple(OBJECTIVES[name] for name in names)
        self._whole = space_of(grid)
        self._half, self._at = searched_half(self._whole, search, frozen, self.name)
        self.space = self._whole if self._half is None else self._whole.subspace(self._half, self._at)
        if grid != "fitted":
            self.label += f", {grid} grid"
        if self._half is not None:
            self.label += f", {search} alone"
            self.is_subspace = True
        self.cost_model = (
            "seconds of the original training as the surrogate says them, a shorter one at most those of a longer one"
        )
        self._code = described(self.manifest.file(CONFIG), self.manifest.file(ENCODING))[dataset]
        self._model = Surrogate(self.manifest, MODEL, INPUTS, OUTPUTS)
        self._known: dict[int, dict[int, Answer]] = {}
        self._expected: list[int] = []

    @classmethod
    def datasets(cls) -> list[str]:
        """The tasks of OpenML, by their numbers as texts."""
        return list(cls.known)

    @property
    def checksum(self) -> str:
        """The SHA-256 of the manifest, which holds those of the model and of what describes it."""
        return self.manifest.checksum

    def outputs(self, index: np.ndarray, epochs: Sequence[int]) -> np.ndarray:
        """The predictions of the model for many configurations after some epochs, in one call, (configurations, epochs, outputs):
        seconds, accuracy, cross-entropy and balanced accuracy on validation, cross-entropy and balanced accuracy on test.
        """
        values = np.array([self._values(one) for one in index.tolist()])
        named = {"epoch": np.tile(np.asarray(epochs, dtype=float), len(values))}
        names = [variable.name for variable in self._whole.variables]
        named |= {name: np.repeat(values[:, place], len(epochs)) for place, name in enumerate(names)}
        continuous = np.stack([named[name] for name in CONTINUOUS], axis=1)
        found = self._model.answers(np.full((len(continuous), 1), self._code), continuous)
        return found.reshape(len(values), len(epochs), OUTPUTS)

    def _values(self, index: int) -> list[float]:
        arch = self.space.at(index)
        whole = arch if self._half is None else self._whole.complete(arch, self._half, self._at)
        return [float(variable.values[code]) for variable, code in zip(self._whole.variables, whole, strict=True)]

    def query(self, index: np.ndarray, *, epochs: int | None = None) -> np.ndarray:
        """The first objective of many configurations at once, in its own unit and of the shape of ``index``, after so many
        epochs (the highest that are offered, by default). There is no cost here: it is for analysis, not for a search.
        """
        epochs = self.epochs[-1] if epochs is None else epochs
        if epochs not in range(1, LONGEST + 1):
            raise OptionError(f"epochs = {shown(epochs)}; expected a whole number in 1 .. {LONGEST}")
        return self._scored(np.asarray(index), SEEN[self.objectives[0].name], epochs)

    def _scored(self, index: np.ndarray, told: Told, epochs: int = LONGEST) -> np.ndarray:
        if not index.size:
            return np.zeros(index.shape)
        unique, place = np.unique(index, return_inverse=True)
        found = told.factor * self.outputs(unique, [epochs])[:, 0, told.place]
        return np.take(found, place.reshape(index.shape))

    def oracle(self, noise: str = "draw") -> Oracle:
        """Answers, the same under every noise protocol; ``run:K`` is refused but for ``run:0``."""
        if recorded_run(noise):
            raise DataError(
                f"{self.label} has no run {recorded_run(noise)}: a surrogate has one answer, which is run 0"
            )
        known = self._known
        self._expected = []

        def evaluate(index: int, epochs: int, word: int) -> Answer:
            if (found := known.get(index)) is None:
                self._remember(index)
                found = known[index]
            return found[epochs]

        return evaluate

    def expect(self, index: Sequence[int]) -> None:
        """Note the configurations of a list; once the first unknown one is asked for, the model is asked for all in one call."""
        self._expected = list(index[:_KEPT])

    def _remember(self, index: int) -> None:
        """Keep the answers to a configuration, and to those that are expected, at each fidelity. Whole curves are asked for where a
        shorter training is offered.
        """
        new = [one for one in dict.fromkeys([index, *self._expected]) if one not in self._known][:_KEPT]
        self._expected = []
        asked = range(self.epochs[0], LONGEST + 1)
        curves = self.outputs(np.array(new), asked)
        if len(self._known) + len(new) > _KEPT:
            self._known.clear()
        for one, curve in zip(new, curves, strict=True):
            seconds = cumulative(curve[:, SECONDS.place])
            self._known[one] = {
                epochs: (self._signed(curve[epochs - asked[0]]), float(seconds[epochs - asked[0]]))
                for epochs in self.epochs
            }

    def _signed(self, outputs: np.ndarray) -> tuple[float, ...]:
        """The objectives of one row of outputs, higher is better."""
        told = ((objective, SEEN[objective.name]) for objective in self.objectives)
        return tuple(objective.signed(one.factor * float(outputs[one.place])) for objective, one in told)

    def cheapest(self) -> float:
        """Seconds below which no evaluation is expected: four fifths of the least that was found by changing one decision at a
        time, from the cheapest of some configurations. The surrogate has not been asked for the whole space.
        """
        return self._cheapest

    @cached_property
    def _cheapest(self) -> float:
        space, best, around = self.space, inf, self._drawn
        changes = [(place, code) for place, count in enumerate(space.choices) for code in range(count)]
        while (found := self._rough(around)).min() < best:
            best = float(found.min())
            starts = [space.at(around[place]) for place in found.argsort(kind="stable")[:_STARTS].tolist()]
            near = (space.index((*arch[:at], code, *arch[at + 1 :])) for arch in starts for at, code in changes)
            around = list(dict.fromkeys(near))
        return _MARGIN * best

    def _rough(self, index: list[int]) -> np.ndarray:
        """Seconds of evaluations at the lowest fidelity, about, (configurations,): by some points of their curves."""
        points = sorted({min(self.epochs[0] + step, LONGEST) for step in (0, 1, 2, 4, 8, 16, 32, LONGEST)})
        least: np.ndarray = self.outputs(np.array(index), points)[:, :, SECONDS.place].min(axis=1)
        return least

    def typical(self) -> float:
        """Mean seconds of an evaluation at the highest fidelity, over configurations that are drawn at random."""
        return self._typical

    @cached_property
    def _typical(self) -> float:
        curves = self.outputs(np.array(self._drawn), range(self.epochs[-1], LONGEST + 1))
        return float(np.mean([cumulative(curve)[0] for curve in curves[:, :, SECONDS.place]]))

    @cached_property
    def _drawn(self) -> list[int]:
        rng = stream(0, self.label, "costs")
        return [self.space.index(self.space.sample(rng)) for _ in range(_DRAWN)]

    def offered(self) -> Offered:
        """What its options may name: any epochs up to 52, points of one training, and three objectives."""
        return Offered(tuple(OBJECTIVES.values()), tuple(range(1, LONGEST + 1)), {}, resumable=True)

    def recordings(self, epochs: int) -> Recordings:
        """One answer, which comes from no training."""
        return Recordings(1, 0)

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The variables that the search decides by name, and their values as texts, in the order of their numbers."""
        return {variable.name: variable.texts for variable in self.space.variables}

    def referee(self) -> SurrogateReferee:
        """Scores after 52 epochs, for after the search: validation and test, as the surrogate predicts them."""
        return SurrogateReferee(self)

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """What the surrogate predicts for a configuration: validation at each fidelity, all scores and seconds after 52 epochs."""
        index = np.array([self.space.require(arch)])
        points = sorted({*self.epochs, LONGEST})
        (curve,) = self.outputs(index, points)
        rows = [
            _row(name, "validation", epochs, OBJECTIVES[name].unit, told.factor * float(curve[place, told.place]))
            for name, told in SEEN.items()
            for place, epochs in enumerate(points)
        ]
        test, seconds = TEST.factor * float(curve[-1, TEST.place]), float(curve[-1, SECONDS.place])
        return [
            *rows,
            _row(JUDGED, "test", LONGEST, "%", test),
            _row("training_time", "none", LONGEST, "s", seconds),
        ]

    def judged(self, index: np.ndarray, split: Literal["validation", "test"]) -> np.ndarray:
        """The first objective after 52 epochs on a split, higher is better, of the shape of ``index``."""
        return self._scored(index, TEST if split == "test" else SEEN[JUDGED])


class SurrogateReferee:
    """What the surrogate predicts for validation and test after the longest training. The best of the space is not known."""

    def __init__(self, benchmark: LCBench) -> None:
        self._benchmark = benchmark

    def validation(self, index: np.ndarray) -> np.ndarray:
        """Validation values of some configurations, as a search sees them."""
        return self._benchmark.judged(np.asarray(index), "validation")

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        """Test values of some configurations, whatever was seen."""
        return self._benchmark.judged(np.asarray(index), "test")

    def distinct(self, index: np.ndarray) -> np.ndarray:
        """Every configuration is a training of its own."""
        return np.asarray(index)

    def best(self) -> tuple[float, float]:
        """Unknown: nobody has asked the surrogate for the whole space."""
        return nan, nan


def cumulative(seconds: np.ndarray) -> np.ndarray:
    """Seconds after each epoch up to the last, (epochs,), that grow: each is no more than any later one, less a millionth for each
    epoch that is lacking to the end. The last stays as it is.

    >>> cumulative(np.array([2.0, 6.0, 4.0, 8.0])).round(5).tolist()
    [1.99999, 3.99999, 4.0, 8.0]
    """
    if not (np.isfinite(seconds).all() and (seconds > 0).all()):
        raise DataError("the surrogate says seconds that are not above 0; import it again")
    least = np.minimum.accumulate(seconds[::-1])[::-1]
    grown: np.ndarray = least * (1 - _TIE * np.arange(len(seconds) - 1, -1, -1))
    return grown


def _row(metric: str, split: str, epochs: int, unit: str, value: float) -> dict[str, Any]:
    row = {"metric": metric, "split": split, "epochs": epochs, "unit": unit, "value": value}
    return {**row, "runs": {"surrogate": value}, "origin": "surrogate of LCBench, not a training"}
