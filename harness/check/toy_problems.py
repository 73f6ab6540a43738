"""Made-up tasks on which the strategies under test search: spaces of every kind, and what any of them may need."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.base import CodedSpace
from nasbed.benchmarks.spaces.digits import DigitSpace, LongDigitSpace
from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.check.elsewhere import Broken, short
from nasbed.check.limits import Overdue
from nasbed.check.toy_spaces import CellSpace, TriangleSpace
from nasbed.errors import BenchmarkError, StrategyError
from nasbed.searches.functions import Function
from nasbed.searches.loop import Log, Measurements, Repeats, Values, run_loop
from nasbed.searches.pools import Simulated
from nasbed.searches.queries import Query
from nasbed.searches.result import SearchResult
from nasbed.searches.supernets import SupernetMeasurements
from nasbed.streams import Stream, key, stream, words
from nasbed.vocabulary import (
    Arch,
    Budget,
    Needs,
    Objective,
    Oracle,
    Outcome,
    Proposal,
    Searcher,
    SharedWeights,
    Strategy,
    Task,
    TrainedSupernet,
    is_enumerable,
)

if TYPE_CHECKING:
    pass


SAID = "do as the message says"


@dataclass(frozen=True)
class ToyProblem:
    """A task, its answers and its measures; everything is a function of its name."""

    name: str
    task: Task
    oracle: Oracle
    measurements: Measurements

    def third(self) -> Container[int]:
        """About a third of the architectures, by number."""
        space, rng = self.task.space, stream(0, self.name, "check failures")
        if is_enumerable(space):
            return {index for index in range(len(space)) if rng.random() < 1 / 3}
        return _Third(self.name)

    def supernet(self, weights: SharedWeights) -> TrainedSupernet:
        """A supernet that ends in a random architecture; architectures inherit numbers that have nothing to do with their worth."""
        rng = stream(0, self.name, f"supernet {weights.method}")
        return _ToySupernet(self.task.space.sample(rng), key(self.name, weights.method))

    def searcher(self, strategy: Strategy, seed: int, task: Task | None = None) -> Searcher:
        """A search that begins. Raises :class:`~nasbed.check.elsewhere.Broken` where ``start`` gives something else."""
        found: object = strategy.start(task or self.task, stream(seed, self.name, "search"))
        if not isinstance(found, Searcher):
            shown, mend = _searcher_instead(found)
            raise Broken(f"start() returns {shown}", "a Searcher", mend)
        return found

    def play(
        self,
        strategy: Strategy | Function,
        seed: int = 0,
        budget: Budget | None = None,
        workers: int = 1,
        repeats: Repeats = "charge",
        failing: Container[int] = (),
        kept: int = 0,
        wrap: type[Searcher] | None = None,
    ) -> Log:
        """Run a search to its end. ``failing`` architectures have values of the first ``kept`` objectives alone; ``wrap`` may
        stand between loop and searcher.
        """
        task = replace(self.task, budget=budget or self.task.budget, workers=workers)
        nothing = (math.nan,) * (len(task.objectives) - kept)

        def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
            values, cost = self.oracle(index, epochs, word)
            return ((*values[:kept], *nothing) if index in failing else values), cost

        playing = _Playing(self, task, seed, evaluate, repeats)
        log = playing.log
        try:
            if isinstance(strategy, Function):
                strategy.search(Query(playing))
            else:
                started = self.searcher(strategy, seed, task)
                with closing(started if wrap is None else wrap(started)) as searcher:  # type: ignore[call-arg]
                    for _ in playing.begin(searcher):
                        pass
        except Overdue as overdue:
            size = task.space.size
            overdue.achieved = f"after {len(log.thinking)} proposals in a space of {size:,} architectures"
            raise
        except StrategyError as error:
            raise Refused(str(error), _proposal_instead(playing.last, task)) from error
        return log


@dataclass(frozen=True)
class _ToySupernet:
    """Trained in 5 seconds; what is inherited is a hash."""

    derived: Arch
    salt: int
    seconds: float = 5.0

    def query_seconds(self, on_batch: bool) -> float:
        return 0.1 if on_batch else 0.5

    def inherited(self, arch: Arch, on_batch: bool) -> float:
        return key(str(self.salt), str(arch), on_batch) % 1000 / 10


@dataclass(frozen=True)
class _Third(Container[int]):
    """A third of all numbers, by a hash."""

    name: str

    def __contains__(self, index: object) -> bool:
        return key(self.name, "check failures", index) % 3 == 0


class _Playing:
    """One search of a toy problem, and what it proposed last."""

    def __init__(self, problem: ToyProblem, task: Task, seed: int, evaluate: Oracle, repeats: Repeats) -> None:
        self.task, self.rng, self.log = task, stream(seed, problem.name, "search"), Log()
        self.last: object = None
        self._problem, self._seed, self._evaluate, self._repeats = problem, seed, evaluate, repeats

    def begin(self, searcher: Searcher) -> Iterator[Outcome]:
        """The outcomes of a search of the toy problem, one by one, as its loop makes them."""
        word, measurements = words(self._seed, self._problem.name), self._problem.measurements
        if self.task.shares_weights:
            measurements = SupernetMeasurements(measurements, self.task.space, self._problem.supernet)
        watched = _Watched(searcher, self)
        return run_loop(
            watched, self.task, Simulated(self._evaluate, self.task), word, self.log, self._repeats, measurements
        )

    def blamed(self, error: BenchmarkError) -> BenchmarkError:
        """The error as it is: a toy problem has no name that anybody knows."""
        return error

    def close(self) -> None:
        """Nothing is under way."""

    def result(self) -> SearchResult:
        """Raises :class:`Refused`: a search on a made-up task has no scores."""
        raise Refused("query.result() is asked for", "return from the function, and leave the scores to who called it")


class Refused(Exception):
    """What the loop refuses, and how to mend it."""

    def __init__(self, found: str, mend: str) -> None:
        super().__init__(found)
        self.mend = mend


class _Watched(Searcher):
    """Stands between loop and searcher, and keeps the last proposal."""

    def __init__(self, searcher: Searcher, playing: _Playing) -> None:
        self._searcher, self._playing = searcher, playing

    def ask(self) -> Proposal | None:
        self._playing.last = proposal = self._searcher.ask()
        return proposal

    def tell(self, outcome: Outcome) -> None:
        self._searcher.tell(outcome)

    def close(self) -> None:
        self._searcher.close()


def _searcher_instead(found: object) -> tuple[str, str]:
    """What ``start`` gave, and what to do about it."""
    if found is None:
        return "None", "return the searcher at the end of start()"
    if isinstance(found, Generator):
        return "a generator", "derive from nasbed.Script, and call the method search instead of start"
    if isinstance(found, type):
        return f"the class {found.__name__}", f"return an object of it, {found.__name__}(...)"
    name = type(found).__name__
    derive = f"derive it from nasbed.Searcher, as class {name}(nasbed.Searcher)"
    if callable(getattr(found, "ask", None)) and callable(getattr(found, "tell", None)):
        return f"an object of {name}, which has ask and tell but is no nasbed.Searcher", derive
    return f"{short(found)}, of {name}", f"{derive}, and give it ask(self) and tell(self, outcome)"


def _proposal_instead(proposal: object, task: Task) -> str:
    if proposal is None:
        return SAID
    if not isinstance(proposal, Proposal):
        return "propose nasbed.Proposal(arch), by return from ask() or by yield from run_loop()"
    try:
        task.space.index(proposal.arch)
    except (KeyError, TypeError):
        return "propose what the task offers: where a tuple is not in task.space, draw another"
    if proposal.measure is not None:
        return "ask for the measures that needs declares, as Proposal(arch, measure=name)"
    if proposal.resume is not None:
        return "resume only where task.resumable, the same architecture to more epochs: Proposal(arch, more, resume=outcome.trial)"
    if proposal.epochs not in (None, *task.epochs):
        return (
            "take epochs from task.epochs, and declare in needs how far apart they must be, as Needs(fidelity_ratio=3)"
        )
    return SAID


@cache
def problems(needs: Needs) -> tuple[ToyProblem, ...]:
    """The tasks that offer what is needed, one for each kind of space; all of what is needed, and no more than others have."""
    ratio = math.ceil(needs.fidelity_ratio)
    ladder = (1,) if ratio <= 1 else (1, ratio, ratio**2, ratio**3)
    apart = (200,) if ratio <= 1 else (12, max(200, 12 * ratio))
    grid = [
        Variable("units", (16.0, 32.0, 64.0), "architecture"),
        Variable("activation", ("relu", "tanh"), "architecture"),
        Variable("rate", (0.001, 0.01, 0.1, 1.0), "hyperparameters"),
        Variable("schedule", ("cosine",), "hyperparameters"),
    ]
    default: dict[str, float | str] = {"units": 32.0, "activation": "relu", "rate": 0.01, "schedule": "cosine"}
    made = [
        _problem("nine", DigitSpace("nine", (3, 3)), ladder, True, needs),
        _problem("unequal", DigitSpace("unequal", (2, 7, 3, 4)), apart, False, needs),
        _problem("triangle", TriangleSpace(), ladder, True, needs),
        _problem("joint", JointGridSpace("joint", grid, default), ladder, True, needs),
        _problem("cells", CellSpace(), ladder, True, needs),
        _problem("unlisted", LongDigitSpace("unlisted", (6,) * 20), ladder, True, needs),
    ]
    found = tuple(problem for problem in made if not needs.missing(problem.task))
    every_cell = _problem("all cells", NASBench201Space(), ladder, True, needs)  # large, so only where no other will do
    return found or ((every_cell,) if not needs.missing(every_cell.task) else ())


def bare() -> Task:
    """A task that offers the least: nine architectures, one fidelity, one objective, no measure."""
    return _problem("bare", DigitSpace("bare", (3, 3)), (1,), False, Needs()).task


def _problem(name: str, space: CodedSpace, epochs: tuple[int, ...], resumable: bool, needs: Needs) -> ToyProblem:
    rng = stream(0, name, "ground")
    names = ["accuracy", *(f"objective {number}" for number in range(2, needs.objectives + 1))]
    objectives = tuple(Objective(one, "%") for one in names)
    worth = [_additive(space, rng) for _ in objectives]
    seconds = _additive(space, rng)
    top = epochs[-1]

    def oracle(index: int, trained: int, word: int) -> tuple[tuple[float, ...], float]:
        lag = 20.0 * (1.0 - trained / top)
        values = tuple(90.0 * column[index] - lag + (word >> shift) % 7 / 7 for shift, column in enumerate(worth))
        return values, trained * (1.0 + 9.0 * seconds[index])

    measured: dict[str, tuple[Values, float]] = {}
    for one in needs.measures:
        noisy = [value + rng.random() for value in worth[0]] if isinstance(worth[0], list) else _additive(space, rng)
        measured[one] = (noisy, 0.5)
    task = Task(
        space,
        epochs,
        objectives,
        tuple(measured),
        Budget("evaluations", 30),
        resumable=resumable and len(epochs) > 1,
        shares_weights=needs.shares_weights,
    )
    return ToyProblem(name, task, oracle, measured)


def _additive(space: CodedSpace, rng: Stream) -> list[float] | _Computed:
    """For each architecture the mean over its decisions of a number of its own between 0 and 1."""
    worth = [[rng.random() for _ in range(count)] for count in space.choices]

    def of(arch: Arch) -> float:
        return sum(values[one] for values, one in zip(worth, arch, strict=True)) / len(space.choices)

    return list(map(of, space.archs)) if is_enumerable(space) else _Computed(space, of)


@dataclass(frozen=True)
class _Computed:
    """Values of the architectures of a space by their numbers, computed when they are asked for."""

    space: CodedSpace
    of: Callable[[Arch], float]

    def __getitem__(self, index: int) -> float:
        return self.of(self.space.at(index))
