"""A table whose lacking trainings are made: looked up where they are recorded, trained by the table's recipe where they are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan
from typing import Any

import numpy as np

from nasbed.benchmarks.tables.table import Table
from nasbed.benchmarks.training.fallback.agreed import require_agreement
from nasbed.benchmarks.training.fallback.options import FORM, FallbackOptions
from nasbed.benchmarks.training.fallback.trained_here import TrainedHere
from nasbed.benchmarks.training.images.table import digits
from nasbed.benchmarks.training.images.table.plan import cell_plan
from nasbed.benchmarks.training.local.local_trainings import VERSION, LocalTrainings, trained_cell
from nasbed.benchmarks.training.local.scales import LocalSeconds
from nasbed.benchmarks.training.local.trainings import MadeTraining
from nasbed.errors import DataError, OptionError, shown
from nasbed.streams import key
from nasbed.vocabulary import Arch, Benchmark, Oracle, Recordings, Referee
from nasbed.vocabulary.noise import recorded_run

Answered = tuple[tuple[float, ...], float]
"""The values of the objectives, and the seconds."""


class Fallback(TrainedHere):
    """A table of ``nasbed tabulate`` that answers what it has recorded, and has the rest trained by its own recipe.

    ``given`` says what is trained: ``epochs`` are fidelities beyond those recorded, of each of which an architecture has ``seeds``
    trainings; ``further`` are trainings of each architecture that are drawn like the recorded ones, which ``agreed`` must allow,
    the path of what ``nasbed agreement --json`` printed. In ``folder`` lies what was trained, so that nothing is trained twice.
    The clock of a search stays simulated: it is charged the seconds of a training, times the scale that the folder holds.

    The learning rate of a recorded training has fallen to 0 at its last epoch, so one of more epochs is a training of its own:
    with ``epochs`` nothing can be resumed. Scores are those of the table. Raises :class:`~nasbed.errors.OptionError` for what
    the table records itself, :class:`~nasbed.errors.DataError` for a table that does not say how it was trained.
    """

    _trainings: LocalTrainings

    def __init__(self, table: Benchmark, given: object) -> None:
        options = FallbackOptions.parse(given)
        if not isinstance(table, Table) or not table.manifest.study:
            raise OptionError(_refusal(table, options))
        self.table, self.tables = table, (table,)
        plan = cell_plan(table.manifest)
        self._trainings, self._last = LocalTrainings(plan, options.folder), plan.recipe.epochs
        self._beyond = _beyond(options, self._last, table.label)
        self._seeds, self._further = options.seeds, options.further
        if not self._beyond and not self._further:
            raise OptionError(f"fallback = {shown(given)} trains nothing; say epochs or further, as in {FORM}")
        if "seeds" in options.said and not self._beyond:
            raise OptionError(
                f"fallback.seeds = {self._seeds} are trainings of fallback.epochs, of which there are none; say epochs, or write"
                " further for more trainings of what is recorded"
            )
        if "retrainings" in options.said:
            raise OptionError(
                f"fallback.retrainings = {options.retrainings}: incumbents are judged by what {table.label} has recorded, and none"
                " is trained anew; leave it out"
            )
        if self._further:
            require_agreement(options.said.get("agreed"), self._further, table)
        self._seconds = LocalSeconds(table, options.folder)
        self._cells: dict[int, Arch] = {}
        self.name, self.label, self.space = table.name, f"{table.label} with fallback", table.space
        self.objectives, self.measures, self.judged_on = table.objectives, table.measures, table.judged_on
        self.epochs = (*table.epochs, *self._beyond)
        self.resumable = table.resumable and not self._beyond
        self.is_subspace = table.is_subspace
        self.runs = max(map(self._count, self.epochs))
        self.cost_model = "; ".join([table.cost_model, *self._sentences()])

    @property
    def checksum(self) -> str:
        """That of the table, and what identifies the trainings and what they cost."""
        said = key(VERSION, self._beyond, self._seeds, self._further, self._seconds.described())
        return f"{self.table.checksum},{said:016x}"

    def oracle(self, noise: str = "draw") -> Oracle:
        """Answers under a noise protocol, trained at once where they are not there.

        Raises :class:`~nasbed.errors.EngineError` without torch, :class:`~nasbed.errors.DataError` for a run that a fidelity lacks.
        """
        from nasbed.benchmarks.training.device import device_of

        device_of("cpu")
        drawn = self.table.oracle("draw")

        def answer(index: int, epochs: int, place: int) -> Answered:
            recorded = 0 if epochs in self._beyond else self.table.runs
            if place < recorded:
                values, cost = drawn(index, epochs, place)
                return values, float(cost)
            return self._trained(index, epochs, place - recorded, drawn)

        return replayed(self, noise, answer)

    def _trained(self, index: int, epochs: int, number: int, drawn: Oracle) -> Answered:
        """The answer of own training ``number`` of an architecture; of what does not depend on training that of the table."""
        if index not in self._cells:
            self._cells[index] = trained_cell(self.table, index)
        first = (
            self._trainings.plan.first_seed if epochs in self._beyond else max(map(int, self.table.manifest.runs)) + 1
        )
        schedule = epochs if epochs in self._beyond else self._last
        made = self._trainings.made(self._cells[index], schedule, first + number)
        values = list(drawn(index, self.table.epochs[-1], 0)[0])
        for place, objective in enumerate(self.objectives):
            if self.table.trained(objective):
                values[place] = objective.signed(_measured(made, objective.name, epochs))
        return tuple(values), self._seconds.charged(made, epochs)

    def _count(self, epochs: int) -> int:
        """How many trainings of an architecture there are at a fidelity, recorded or to be made."""
        return self._seeds if epochs in self._beyond else self.table.runs + self._further

    def _sentences(self) -> list[str]:
        words, last = [], self._last
        if self._beyond:
            epochs, several = " and ".join(map(str, self._beyond)), f"{self._seeds} seed{'s' * (self._seeds > 1)}"
            words.append(
                f"trainings of {epochs} epochs are made here by the recipe of the table ({several}), each with a schedule of its"
                f" own: none goes on from another or from the recorded {last} epochs, and each is paid whole; scores are those of"
                f" the recorded {last} epochs"
            )
        if self._further:
            one, are = (str(self._further), "are") if self._further > 1 else ("one", "is")
            words.append(
                f"beside the recorded trainings {one} of each architecture {are} drawn that {are} made here, since nasbed"
                " agreement found the two to agree"
            )
        return [*words, self._seconds.sentence()]

    @property
    def classes(self) -> Sequence[int]:
        """For each index the smallest index of an isomorphic architecture."""
        return self.table.classes

    def measurements(self) -> dict[str, tuple[list[float], float]]:
        """For each measure its value for every architecture, higher is better, and the seconds of a query."""
        return self.table.measurements()

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The name of each decision of the space, and of each of its choices."""
        return self.table.decisions()

    def recordings(self, epochs: int) -> Recordings:
        """How many trainings an evaluation may replay, recorded or made here."""
        return Recordings(self._count(epochs))

    def recorded(self, epochs: int) -> tuple[list[np.ndarray], np.ndarray] | None:
        """What the table has recorded at a fidelity, where nothing is added to it."""
        return None if epochs in self._beyond or self._further else self.table.recorded(epochs)

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """Everything that the table has recorded of one architecture."""
        return self.table.lookup(arch)

    def referee(self) -> RecordedReferee:
        """Scores of the table, for after the search."""
        return RecordedReferee(self.table.referee())


class RecordedReferee:
    """The scores of a table without the end of an exhaustive search, which would have to train everything."""

    def __init__(self, referee: Referee) -> None:
        self.validation, self.test = referee.validation, referee.test
        self.distinct, self.best = referee.distinct, referee.best


def replayed(benchmark: Benchmark, noise: str, answer: Callable[[int, int, int], Answered]) -> Oracle:
    """The oracle of a benchmark under a noise protocol; ``answer`` is that of one of the trainings of an architecture.

    Raises :class:`~nasbed.errors.DataError` for a run that a fidelity lacks.
    """
    run, counts = recorded_run(noise), {epochs: benchmark.recordings(epochs).most for epochs in benchmark.epochs}
    for epochs, count in counts.items():
        if run is not None and run >= count:
            raise DataError(
                f"{benchmark.label} has no run {run} of {epochs} epochs; it has 0 .. {count - 1}: say more with fallback.seeds, or"
                " use noise = 'draw'"
            )

    def evaluate(index: int, epochs: int, word: int) -> Answered:
        if run is not None:
            return answer(index, epochs, run)
        if noise == "draw":
            return answer(index, epochs, word % counts[epochs])
        values, costs = zip(*(answer(index, epochs, place) for place in range(counts[epochs])), strict=True)
        return tuple(np.mean(values, axis=0).tolist()), float(np.mean(costs))

    return evaluate


def _refusal(table: Benchmark, options: FallbackOptions) -> str:
    """Why nothing that a benchmark lacks can be trained like what it has recorded, and what can."""
    said = shown({name: options.said[name] for name in options.said if name != "folder"})
    if isinstance(table, Table) and table.trained_by:
        return (
            f"fallback = {said}: the images of {table.label}, in the splits that it was trained on, are not here, so nothing can be"
            ' added to what it has recorded; its recipe trains on other images, as dataset = "mine" with fallback = { folder ='
            ' "results/trainings", data = { mine = "my.npz" } }'
        )
    return (
        f"fallback = {said}: {table.label} does not say how it was trained; leave it out, or use a table of nasbed tabulate, as"
        " digits201"
    )


def _beyond(options: FallbackOptions, last: int, label: str) -> tuple[int, ...]:
    """The fidelities that are trained; raises :class:`~nasbed.errors.OptionError` for those that the table records."""
    if options.epochs and options.epochs[0] <= last:
        raise OptionError(
            f"fallback.epochs = {shown(options.said['epochs'])}: {label} has recorded 1 .. {last}; expected more, and say recorded"
            " ones by epochs"
        )
    options.require_longest(last + 1)
    return options.epochs


def _measured(made: MadeTraining, metric: str, epochs: int) -> float:
    """A validation metric after so many epochs, as tables hold it: a training that failed classifies no image correctly."""
    if metric == "accuracy":
        correct = made.at("validation", "correct", epochs)
        return 100.0 * (correct or 0.0) / digits.SIZES["validation"]
    loss = made.at("validation", metric, epochs)
    return loss if loss is not None and isfinite(loss) else nan
