"""The vocabulary: what strategies, benchmarks and the loop say to each other.

A strategy proposes, the loop has the proposal evaluated, and the strategy is told the outcome. Higher is
better in every value that passes here: what is minimised passes with its sign turned, by :meth:`Objective.signed`, and what
a user reads is turned back, by :meth:`Objective.natural`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeGuard, TypeVar, get_args, runtime_checkable

from nasbed.errors import ArchitectureError, BudgetError, UnmetNeedError, require_name
from nasbed.errors import NasbedError as NasbedError
from nasbed.errors import OptionError as OptionError
from nasbed.errors import StrategyError as StrategyError
from nasbed.errors import shown as shown
from nasbed.errors import unknown as unknown
from nasbed.numeric import real
from nasbed.options import check_options
from nasbed.options import describe_option as describe_option
from nasbed.options import option as option
from nasbed.streams import Stream as Stream

if TYPE_CHECKING:
    import numpy as np

PATIENCE = 1_000
"""Asks in a row that lead nowhere before a search is taken to be over, or stuck."""

HELD_OUT = "held-out runs"
"""The report rule of a benchmark without a clean test: a search sees one recorded run, and is judged on the others."""

UNJUDGED = "validation"
"""The report rule of a benchmark without a referee: a search is judged on what it saw."""

Arch = tuple[int, ...]
"""An architecture: one small integer for each decision, in the order of its space."""


class Proposal(NamedTuple):
    """What a strategy asks for.

    ``arch`` is a tuple: a list or an array is refused. ``epochs`` is the fidelity (``None``: the task's highest). ``resume`` is
    the trial whose training goes on, where the task is resumable. ``measure`` names a cheap measure instead of training
    (``None``: train).
    """

    arch: Arch
    epochs: int | None = None
    resume: int | None = None
    measure: str | None = None


class Outcome(NamedTuple):
    """The answer to a proposal. There is no field for a test number.

    ``value`` is the first of ``values``: one for each objective of the task, higher is better, so a loss of 0.58 is -0.58 here
    (:func:`natural` turns it back). The value ``nan`` says that the training failed, and was charged; a benchmark that answers
    with an infinite value is told as ``nan``, too. ``cost`` is what this evaluation took, in simulated seconds, and ``time``
    the simulated clock when it arrived. ``trial`` numbers evaluations in the order in which they started. The outcome
    of a measure has the trial -1 and 0 epochs, and its value alone.
    """

    arch: Arch
    value: float
    cost: float
    time: float
    trial: int
    epochs: int
    values: tuple[float, ...]
    proposal: Proposal

    @property
    def failed(self) -> bool:
        """Whether the first objective has no value; an infinite one does not get here (:func:`~nasbed.oracles.examined`)."""
        return self.value != self.value

    @property
    def worth(self) -> float:
        """The value, to rank by: a failed training is worse than any other."""
        return -math.inf if self.failed else self.value


BudgetKind = Literal["evaluations", "seconds", "epochs"]


@dataclass(frozen=True)
class Budget:
    """How much a search may spend: evaluations, simulated seconds, or epochs of training.

    >>> Budget.parse({"evaluations": 200})
    Budget(kind='evaluations', amount=200)
    >>> print(Budget("seconds", 12000.0))
    12,000 simulated seconds
    """

    kind: BudgetKind
    amount: float

    def __post_init__(self) -> None:
        require_name("budget", self.kind, get_args(BudgetKind))
        amount = real(self.amount)
        if amount is None or amount <= 0:
            raise BudgetError(f"budget of {shown(self.amount)} {self.kind}: expected a positive number")
        if self.kind != "seconds" and amount != int(amount):
            raise BudgetError(f"budget of {shown(self.amount)} {self.kind}: expected a whole number")
        object.__setattr__(self, "amount", amount if self.kind == "seconds" else int(amount))

    @classmethod
    def parse(cls, given: Budget | Mapping[str, Any]) -> Budget:
        """A budget from a mapping of one key, as a study file writes it.

        Raises :class:`~nasbed.errors.BudgetError` where there is not exactly one key.
        """
        if isinstance(given, Budget):
            return given
        if not isinstance(given, Mapping) or len(given) != 1:
            raise BudgetError(
                f"budget {shown(given)}: expected one of evaluations, seconds or epochs, as in budget = {{ evaluations = 200 }}"
            )
        ((kind, amount),) = given.items()
        return cls(kind, amount)  # type: ignore[arg-type]  # checked on construction

    def __str__(self) -> str:
        words = "simulated seconds" if self.kind == "seconds" else self.kind
        return f"{self.amount:,.10g} {words.removesuffix('s') if self.amount == 1 else words}"


Turnable = TypeVar("Turnable", float, "np.ndarray")


@dataclass(frozen=True)
class Objective:
    """What is optimised: its name, its unit, and whether the natural numbers are maximised.

    It owns the sign: nobody else turns a number. Inside higher is better; what a user gives or reads is in natural numbers. A
    regret and an optimism are differences of signed numbers: they are the same in both, and a regret is no less than 0
    where the best of the space is known.

    >>> loss = Objective("loss", "nats", maximise=False)
    >>> loss.signed(0.58), loss.natural(-0.58)
    (-0.58, 0.58)
    """

    name: str
    unit: str
    maximise: bool = True

    @property
    def sign(self) -> float:
        """1 where the natural numbers are maximised, -1 where they are minimised."""
        return 1.0 if self.maximise else -1.0

    def signed(self, values: Turnable) -> Turnable:
        """Natural numbers as a search sees them: higher is better."""
        return values if self.maximise else -1.0 * values

    def natural(self, values: Turnable) -> Turnable:
        """What a search sees, in natural numbers: the inverse of :meth:`signed`."""
        return self.signed(values)


def natural(objectives: Sequence[Objective], values: Sequence[float]) -> tuple[float, ...]:
    """The ``values`` of an :class:`Outcome` in the natural numbers of its objectives.

    >>> natural((Objective("accuracy", "%"), Objective("latency", "ms", maximise=False)), (91.5, -3.2))
    (91.5, 3.2)
    """
    return tuple(objective.natural(value) for objective, value in zip(objectives, values, strict=True))


class Space(Protocol):
    """The architectures that may be proposed.

    ``index`` numbers them and raises ``KeyError`` for anything outside; :meth:`at` is its inverse. Numbers are Python integers
    from 0 up, below ``size``, and 0 is that of an architecture. A space may be too large to be listed: what can be is an
    :class:`EnumerableSpace`. ``choices`` holds the number of values of each decision.
    """

    name: str
    choices: tuple[int, ...]
    index: Callable[[Arch], int]

    @property
    def size(self) -> int:
        """One more than the highest number of an architecture: of a space that is a list, how many there are."""

    @property
    def encodings(self) -> tuple[str, ...]:
        """The names that :meth:`encode` knows."""

    def __contains__(self, arch: object) -> bool: ...

    def at(self, index: int) -> Arch:
        """The architecture of a number; raises :class:`~nasbed.errors.ArchitectureError` where there is none."""

    def sample(self, rng: Stream) -> Arch:
        """An architecture, uniformly."""

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """An architecture that differs from ``arch`` in one decision."""

    def neighbours(self, arch: Arch) -> list[Arch]:
        """All architectures that differ from ``arch`` in one decision, in a fixed order."""

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """A child that takes each decision from either parent with equal probability."""

    def encode(self, arch: Arch, encoding: str = "one_hot") -> np.ndarray:
        """A float vector of ``arch`` in one of ``encodings``."""

    def require(self, arch: Arch) -> int:
        """The index of ``arch``; raises :class:`~nasbed.errors.ArchitectureError` outside the space."""

    def parse(self, text: str) -> Arch:
        """The architecture that ``text`` writes; raises :class:`~nasbed.errors.ArchitectureError`."""

    def format(self, arch: Arch) -> str:
        """The text of an architecture; the inverse of :meth:`parse`."""


class EnumerableSpace(Space, Protocol):
    """A space that lists its architectures: ``archs`` holds them in the order of their numbers, every one below its length.

    What goes through all of a space asks for this, by :func:`is_enumerable`: exhaustive search, landscapes, true fronts, models
    that score every candidate.
    """

    archs: tuple[Arch, ...]

    def __len__(self) -> int: ...

    def encode_all(self, encoding: str = "one_hot") -> np.ndarray:
        """The vectors of all architectures, (architectures, entries) of float32 in the order of ``archs``; made once for all
        searches, so it cannot be written to.
        """


def is_enumerable(space: Space) -> TypeGuard[EnumerableSpace]:
    """Whether a space lists its architectures. It asks the class, which takes no time: ``isinstance`` of a protocol looks for
    every member in the object, and would make a list that is made on demand.
    """
    return hasattr(type(space), "__len__") and hasattr(type(space), "encode_all")


Half = Literal["architecture", "hyperparameters"]
"""A part of a joint space."""


@runtime_checkable
class JointSpace(Protocol):
    """A space of which some decisions are of the architecture and the others hyperparameters of its training.

    ``default`` is the configuration whose values a frozen half takes where nothing else is said.
    """

    default: Arch

    def part(self, searched: Half, at: Arch) -> Space:
        """The space of its own in which the decisions of ``searched`` are free, and the others have one value: that of
        ``at``, numbered 0.
        """

    def complete(self, arch: Arch, searched: Half, at: Arch) -> Arch:
        """The architecture of this space that ``arch`` stands for in the part of ``searched`` and ``at``."""


@dataclass(frozen=True)
class Task:
    """All that a strategy may know of what it searches.

    ``epochs`` are the fidelities, lowest first; ``objectives`` what outcomes' ``values`` are, in order; ``measures`` the
    names that :class:`Proposal` may ask for instead of a training; ``workers`` how many evaluations run at once;
    ``resumable`` whether a training can be continued to more epochs.
    """

    space: Space
    epochs: tuple[int, ...]
    objectives: tuple[Objective, ...]
    measures: tuple[str, ...]
    budget: Budget
    workers: int = 1
    resumable: bool = False

    def rungs(self, eta: int) -> tuple[int, ...]:
        """The fidelities of successive halving, lowest first: the last is the highest that is offered, each one before it the
        highest that is at most 1 / ``eta`` of the next.
        """
        rungs = [self.epochs[-1]]
        while lower := [number for number in self.epochs if number * eta <= rungs[0]]:
            rungs.insert(0, lower[-1])
        return tuple(rungs)


@dataclass(frozen=True)
class Needs:
    """What a task must offer before a strategy can search it; by default nothing that any task could lack.

    ``objectives``: at least so many. ``fidelity_ratio``: the highest fidelity is at least so many times the lowest.
    ``measures`` and ``encodings``: each by its name, of the task and of its space. ``joint``: a space of architecture and
    hyperparameters. ``architecture``: a text that the space can read. ``enumerable``: a space that lists its architectures.
    ``packages``: modules that must be importable, each with what ``pip install`` brings it.

    >>> import nasbed
    >>> task = nasbed.load_benchmark("nasbench201").task(nasbed.Budget("evaluations", 100))
    >>> Needs(objectives=2).missing(task)
    ['at least 2 objectives; the task has accuracy; name more in the benchmark, as objectives = ["accuracy", "latency"]']
    """

    objectives: int = 1
    fidelity_ratio: float = 1
    measures: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ()
    joint: bool = False
    architecture: str = ""
    enumerable: bool = False
    packages: tuple[tuple[str, str], ...] = ()

    def missing(self, task: Task) -> list[str]:
        """What a task lacks, what it has instead, and the remedy; nothing where it has everything."""
        lacks = []
        if len(task.objectives) < self.objectives:
            names = ", ".join(objective.name for objective in task.objectives)
            lacks.append(
                f"at least {self.objectives} objectives; the task has {names}; name more in the benchmark, as"
                ' objectives = ["accuracy", "latency"]'
            )
        if task.epochs[-1] < self.fidelity_ratio * task.epochs[0]:
            lacks.append(
                f"fidelities of which the highest is at least {self.fidelity_ratio:g} times the lowest; the task offers"
                f" {', '.join(map(str, task.epochs))} epochs; use a benchmark with more, as digits201 with epochs = [1, 4, 12]"
            )
        offered = ", ".join(task.measures) or "none"
        lacks += [
            f"the measure {name!r}; the task offers {offered}; declare what it costs in the benchmark, as"
            f" measures = {{ {name} = 2.0 }}"
            for name in self.measures
            if name not in task.measures
        ]
        lacks += [
            f"the encoding {name!r}; the space {task.space.name!r} has {', '.join(task.space.encodings)}"
            for name in self.encodings
            if name not in task.space.encodings
        ]
        if self.joint and not isinstance(task.space, JointSpace):
            lacks.append(
                f"a joint space of architecture and hyperparameters; {task.space.name!r} has architectures alone; use"
                " fcnet, say"
            )
        if self.enumerable and not is_enumerable(task.space):
            lacks.append(
                f"a space that lists its architectures; {task.space.name!r}, with {task.space.size:,}, has no list; use a smaller"
                " one, as nasbench201"
            )
        if self.architecture:
            try:
                task.space.parse(self.architecture)
            except ArchitectureError as error:
                lacks.append(f"a space in which {self.architecture!r} is an architecture; {error}")
        lacks += [
            f"the package {name}; pip install '{source}'" for name, source in self.packages if find_spec(name) is None
        ]
        return lacks


class Oracle(Protocol):
    """What a search may see of a benchmark."""

    def __call__(self, index: int, epochs: int, word: int, /) -> tuple[tuple[float, ...], float]:
        """The values of architecture ``index`` after ``epochs``, and the cumulative cost in simulated seconds.

        ``word`` is 64 random bits that decide which recorded run is replayed.
        """


class Searcher(ABC):
    """One search in progress. Workers run in parallel, so outcomes may arrive out of order."""

    __slots__ = ()

    @abstractmethod
    def ask(self) -> Proposal | None:
        """The next proposal, or ``None``: nothing until another outcome is told.

        With nothing pending, ``None`` ends the search and the incumbent is carried to the budget.
        """

    @abstractmethod
    def tell(self, outcome: Outcome) -> None:
        """Take in an outcome. A failed training has the value ``nan``."""

    def close(self) -> None:  # noqa: B027  # most have nothing to let go of
        """Let go of what would outlive the search, as a process; called when it is over or has failed, perhaps twice."""


@dataclass(frozen=True)
class Strategy(ABC):
    """A search method and its options: a frozen dataclass whose fields are made by :func:`option`.

    Options are checked on construction (:class:`~nasbed.errors.OptionError`).
    """

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def warm_up(self) -> int:
        """Evaluations before the method uses what it has learnt: the size of an initial population, say."""
        return 0

    @property
    def needs(self) -> Needs:
        """What a task must offer; checked before the first evaluation."""
        return Needs()

    @property
    def sources(self) -> tuple[Path, ...]:
        """Files beside its own module that its proposals depend on: results from before one of them changed are not reused."""
        return ()

    def require(self, task: Task) -> None:
        """Raises :class:`~nasbed.errors.UnmetNeedError` where a task lacks something that the strategy needs."""
        if missing := self.needs.missing(task):
            raise UnmetNeedError(f"{type(self).__name__} needs {'; and '.join(missing)}")

    @abstractmethod
    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search."""


Proposals = Generator["Proposal | list[Proposal]", Any, None]


class Script(Strategy):
    """A strategy written as a generator, the way a paper writes its pseudo-code.

    Each ``yield Proposal(...)`` evaluates to its :class:`Outcome`; a yielded list is a batch, answered by the list
    of its outcomes in the same order once all have arrived (idle workers cost time).
    """

    @abstractmethod
    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it ends when the generator returns."""

    def start(self, task: Task, rng: Stream) -> Searcher:
        """The generator, driven by ask and tell."""
        script = self.search(task, rng)
        if not isinstance(script, Generator):
            raise StrategyError(f"search() returned {shown(script)}; expected a generator: yield Proposal(arch)")
        return ScriptSearcher(script)


class ScriptSearcher(Searcher):
    """Drives a generator of proposals by ask and tell."""

    __slots__ = ("_answers", "_outstanding", "_places", "_queue", "_script", "_single")

    def __init__(self, script: Proposals) -> None:
        self._script = script
        self._queue: deque[Proposal] = deque()
        self._places: dict[int, deque[int]] = {}
        self._answers: list[Outcome | None] = []
        self._outstanding = 0
        self._single = True
        self._advance(None)

    def _advance(self, answer: Outcome | list[Outcome | None] | None) -> None:
        try:
            wanted = self._script.send(answer)
            nothing = 0
            while wanted is None or (type(wanted) is list and not wanted):
                nothing += 1
                if nothing > PATIENCE:
                    raise StrategyError(f"yielded nothing {PATIENCE:,} times in a row; return to end the search")
                wanted = self._script.send([])
        except StopIteration:
            return
        self._single = not isinstance(wanted, list)
        batch: list[Proposal] = wanted if isinstance(wanted, list) else [wanted]
        self._queue.extend(batch)
        self._answers = [None] * len(batch)
        self._outstanding = len(batch)
        self._places = {}
        for place, proposal in enumerate(batch):
            self._places.setdefault(id(proposal), deque()).append(place)

    def ask(self) -> Proposal | None:
        return self._queue.popleft() if self._queue else None

    def tell(self, outcome: Outcome) -> None:
        self._answers[self._places[id(outcome.proposal)].popleft()] = outcome
        self._outstanding -= 1
        if not self._outstanding:
            self._advance(self._answers[0] if self._single else self._answers)


class Referee(Protocol):
    """What analysis may see of a benchmark, after the search. Arrays of architecture indices in, floats out.

    Validation is the noise-free mean over recorded runs; both are in the unit of the objective, and higher is better: what is
    minimised has its sign turned (:meth:`Objective.signed`).
    """

    def validation(self, index: np.ndarray) -> np.ndarray: ...

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        """Test values; where a benchmark is judged on held-out runs, of those that did not give the value ``seen``."""

    def distinct(self, index: np.ndarray) -> np.ndarray:
        """For each architecture the smallest index of those that are the same network (isomorphic cells)."""

    def best(self) -> tuple[float, float]:
        """The highest validation and the highest test value of the space, or of the whole of which it is a part."""


@runtime_checkable
class Exhaustive(Protocol):
    """What a referee may also know: the end of a search that evaluates everything. The floor of the regret comes from it."""

    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What exhaustive search under ``noise`` may return: architectures, the values that it saw, and probabilities."""


@runtime_checkable
class Refereed(Protocol):
    """A benchmark that is judged by more than what the search saw."""

    def referee(self) -> Referee:
        """Scores, for after the search."""


@runtime_checkable
class Priced(Protocol):
    """A benchmark of which costs are known beforehand: budgets in seconds are checked by them."""

    def cheapest(self) -> float:
        """Cost of the cheapest evaluation, in simulated seconds."""

    def typical(self) -> float:
        """Mean cost of an evaluation at the highest fidelity, in simulated seconds."""


@runtime_checkable
class Recorded(Protocol):
    """A benchmark that has records to look up."""

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """Everything recorded of one architecture, one row a metric and split."""


class Recordings(NamedTuple):
    """What a benchmark holds of an evaluation: at most ``most`` answers of an architecture, each the mean of ``trainings``
    trainings (0: it is not said, or the number is of no training).
    """

    most: int
    trainings: int = 1

    @property
    def one(self) -> str:
        """What an evaluation gives where there is one answer, in words.

        >>> Recordings(1).one, Recordings(1, 2).one, Recordings(1, 0).one
        ('the one recorded training', 'the mean of the 2 recorded trainings', 'the one recorded value')
        """
        if self.trainings > 1:
            return f"the mean of the {self.trainings} recorded trainings"
        return "the one recorded training" if self.trainings else "the one recorded value"


class Benchmark(ABC):
    """A source of answers: a table of recorded trainings, or training for real.

    What every one supplies: ``name``, ``label``, ``space``, ``epochs``, ``objectives``, a checksum and an oracle. What else there
    may be are protocols of their own: :class:`Refereed`, :class:`Priced`, :class:`Recorded` and, for the space,
    :class:`EnumerableSpace`; analysis does without what is absent, and its captions say so.

    ``report`` is ``"test"``; ``"held-out runs"``, where one search always sees the same run of an architecture; or
    ``"validation"``, where there is no referee. ``part`` says that the space is a part of a larger one, against whose best regrets
    are counted. ``runs`` is how many trainings an evaluation may replay.
    """

    name: str
    label: str
    space: Space
    epochs: tuple[int, ...]
    objectives: tuple[Objective, ...]
    measures: tuple[str, ...] = ()
    resumable: bool = False
    part: bool = False
    runs: int = 1
    cost_model: str = "as each evaluation says"
    report: str = UNJUDGED

    @classmethod
    def datasets(cls) -> list[str]:
        """The values of the option ``dataset``, where there is one."""
        return []

    @property
    @abstractmethod
    def checksum(self) -> str:
        """Identifies the data: a stored run on other data is never reused."""

    @abstractmethod
    def oracle(self, noise: str = "draw") -> Oracle:
        """Answers under a noise protocol: ``draw``, ``mean`` or ``run:K``."""

    @property
    def classes(self) -> Sequence[int]:
        """For each architecture the smallest index of those that are the same network; each its own by default."""
        return range(self.space.size)

    def measurements(self) -> dict[str, tuple[list[float], float]]:
        """For each of ``measures`` its value for every architecture, higher is better, and the seconds of a query."""
        return {}

    def recordings(self, epochs: int) -> Recordings:
        """What is held of an evaluation at a fidelity, for captions: one training a run by default."""
        return Recordings(self.runs)

    def recorded(self, epochs: int) -> tuple[list[np.ndarray], np.ndarray] | None:
        """All that a search may see at a fidelity, for analysis; ``None`` where the oracle alone knows.

        The values of each objective, (architectures, runs), or (architectures, 1) where they do not depend on a run, higher
        is better and ``nan`` where a run was not made; and the seconds of an evaluation, likewise.
        """
        return None

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The name of each decision of the space, and of each of its choices, for tables and figures."""
        choices = enumerate(self.space.choices, 1)
        return {f"decision {place}": tuple(map(str, range(count))) for place, count in choices}

    def task(self, budget: Budget, workers: int = 1) -> Task:
        """What a strategy is told of this benchmark."""
        return Task(self.space, self.epochs, self.objectives, self.measures, budget, workers, self.resumable)
