"""What a benchmark answers: to a search through its oracle, to analysis through its referee."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from nasbed.notebooks import ShownInNotebook
from nasbed.vocabulary.budgets import Budget
from nasbed.vocabulary.constraints import Constraint
from nasbed.vocabulary.objectives import Objective
from nasbed.vocabulary.proposals import Arch
from nasbed.vocabulary.spaces import Space
from nasbed.vocabulary.supernets import SharesWeights
from nasbed.vocabulary.tasks import Task

if TYPE_CHECKING:
    import numpy as np


HELD_OUT = "held-out runs"
"""What a benchmark without a clean test is judged on: a search sees one recorded run, and the others judge it."""


RETRAINED = "retraining"
"""What a benchmark is judged on if its incumbents are trained anew after a search, and scored on their test split."""


VALIDATED = "validation alone"
"""What a benchmark without recorded test values is judged on: its referee knows validation, and every test value is ``nan``."""


UNJUDGED = "validation"
"""What a benchmark without a referee is judged on: what the search saw."""


class Oracle(Protocol):
    """What a search may see of a benchmark."""

    def __call__(self, index: int, epochs: int, word: int, /) -> tuple[tuple[float, ...], Any]:
        """The values of architecture ``index`` after ``epochs``, and the cumulative cost in simulated seconds; if the benchmark
        names further costs, a tuple of all costs, seconds first.

        ``word`` is 64 random bits that decide which recorded run is replayed.
        """


def seconds_in(cost: Any) -> Any:
    """The seconds in the cost of an evaluation, as an oracle gives it: the number itself, or the first of several named costs.

    >>> seconds_in(12.5), seconds_in((12.5, 810.0))
    (12.5, 12.5)
    """
    return cost[0] if isinstance(cost, tuple) else cost


class Referee(Protocol):
    """What analysis may see of a benchmark, after the search. Arrays of architecture indices go in, floats come out.

    Validation is the noise-free mean over recorded runs. Validation and test are in the unit of the objective, and higher is
    better: a minimised objective has its sign turned (:meth:`Objective.signed`).
    """

    def validation(self, index: np.ndarray) -> np.ndarray: ...

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        """Test values; where a benchmark is judged on held-out runs, those of the runs that did not give the value ``seen``."""

    def distinct(self, index: np.ndarray) -> np.ndarray:
        """For each architecture, the smallest index among those that are the same network (isomorphic cells)."""

    def best(self) -> tuple[float, float]:
        """The highest validation and the highest test value of the space, or of the larger space of which it is a part."""


@runtime_checkable
class Exhaustive(Protocol):
    """A referee that also knows how a search that evaluates everything ends. The floor of the regret comes from it."""

    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What exhaustive search under ``noise`` may return: architectures, the values that it saw, and probabilities."""


@runtime_checkable
class Refereed(Protocol):
    """A benchmark that is judged by more than what the search saw."""

    def referee(self) -> Referee:
        """The referee, which judges architectures after a search."""


@runtime_checkable
class Retrained(Protocol):
    """A benchmark whose incumbents are trained anew after the searches, with seeds that no search used, and judged on test."""

    retrainings: int

    def retrain(self, index: int, number: int, folder: str) -> None:
        """Make the retraining of an architecture with this ``number``, from 0 up, and keep its result in ``folder``."""

    def judged_in(self, folder: str) -> Benchmark:
        """The same benchmark with a referee, which knows the retrainings in ``folder``."""


@runtime_checkable
class RetrainedTogether(Protocol):
    """A benchmark that makes several retrainings in one program where that is faster."""

    def programs(self, index: int) -> Sequence[Sequence[int]]:
        """The numbers of the retrainings of an architecture, by program: a call of ``retrain`` for one number makes all of its
        program.
        """


@runtime_checkable
class JudgedAnew(Protocol):
    """A benchmark whose referee knows the results of retrainings: what :meth:`Retrained.judged_in` returns."""

    retrainings: int

    def retraining_seconds(self) -> float:
        """The seconds that all retrainings took together, which are in no budget."""

    def retraining_rows(self, index: int) -> list[dict[str, Any]]:
        """What is known of the retrainings of an architecture, a row for each of them and each split."""


@runtime_checkable
class Priced(Protocol):
    """A benchmark whose costs are known beforehand: budgets in seconds are checked by them."""

    def cheapest(self) -> float:
        """Cost of the cheapest evaluation, in simulated seconds."""

    def typical(self) -> float:
        """Mean cost of an evaluation at the highest fidelity, in simulated seconds."""


@runtime_checkable
class AsksTogether(Protocol):
    """A benchmark that finds several answers faster together than one by one, and the same to the last bit."""

    def expect(self, index: Sequence[int]) -> None:
        """Note the architectures that a search has proposed as one list; not all need be asked for. The oracle may find the answers
        to all of them when it is asked for the first.
        """


@runtime_checkable
class Recorded(Protocol):
    """A benchmark that has records to look up."""

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """Everything recorded of one architecture, one row for each metric and split."""


class Recordings(NamedTuple):
    """What a benchmark holds of an evaluation: at most ``most`` answers for an architecture, each the mean of ``trainings``
    trainings (0: how many is not known, or the answer comes from no training).
    """

    most: int
    trainings: int = 1

    @property
    def one(self) -> str:
        """What an evaluation gives if there is one answer, in words.

        >>> Recordings(1).one, Recordings(1, 2).one, Recordings(1, 0).one
        ('the one recorded training', 'the mean of the 2 recorded trainings', 'the one recorded value')
        """
        if self.trainings > 1:
            return f"the mean of the {self.trainings} recorded trainings"
        return "the one recorded training" if self.trainings else "the one recorded value"


class Offered(NamedTuple):
    """What the options of a benchmark may name: its objectives, its fidelities, and its measures with the seconds of a query
    (``None`` where none are known, so that the user declares them); and whether those fidelities are points of one training, which
    can be resumed.
    """

    objectives: tuple[Objective, ...]
    epochs: tuple[int, ...]
    measures: dict[str, float | None]
    resumable: bool = False


class Benchmark(ShownInNotebook, ABC):
    """A source of answers: a table of recorded trainings, or training for real.

    Every benchmark supplies ``name``, ``label``, ``space``, ``epochs``, ``objectives``, a checksum and an oracle. Optional
    abilities are protocols of their own: :class:`Refereed`, :class:`Priced`, :class:`Recorded` and, for the space,
    :class:`EnumerableSpace`; analysis does without what is absent, and its captions say so.

    ``meanings`` says what options mean, by name; ``nasbed list benchmarks`` shows those of a class and of its bases.

    ``judged_on`` is ``"test"``; ``"held-out runs"``, where one search always sees the same recorded run of an architecture;
    ``"validation alone"``, where no test value was recorded; ``"retraining"``, where the incumbent is trained anew afterwards; or
    ``"validation"``, where there is no referee. ``is_subspace`` says that the space is part of a larger one; regrets are then
    counted against the best of the larger one. ``runs`` is how many trainings an evaluation may replay. ``surrogate`` says what a
    model that answers in place of trainings was fitted to; it is empty where there is no such model. ``cost_names`` names the costs
    of an evaluation, seconds first; a budget may count each of them, such as ``"joules"``. Where no times of trainings were
    recorded, ``untimed`` says why a budget may count evaluations alone; seconds then have no meaning and are not shown. Under
    ``constraints`` only a feasible architecture is an incumbent, and regrets are against the best feasible one.
    """

    notebook_page = "of_benchmark"

    name: str
    label: str
    space: Space
    epochs: tuple[int, ...]
    objectives: tuple[Objective, ...]
    measures: tuple[str, ...] = ()
    resumable: bool = False
    is_subspace: bool = False
    runs: int = 1
    surrogate: str = ""
    cost_names: tuple[str, ...] = ("seconds",)
    cost_model: str = "as each evaluation says"
    untimed: str = ""
    constraints: tuple[Constraint, ...] = ()
    judged_on: str = UNJUDGED
    meanings: ClassVar[Mapping[str, str]] = {
        "dataset": "data set",
        "epochs": "fidelities that a search may ask for",
        "objectives": "what is searched for; single incumbents are scored on the first",
        "measures": "what a strategy may ask for beside trainings; a query costs the seconds given, or those published",
        "search": "the whole space, or the half of it that is searched",
        "frozen": "the configuration, as text, from which the half that is not searched has its values",
    }

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.label}>"

    def violations(self) -> np.ndarray | None:
        """By how much each architecture breaks the ``constraints``, (architectures,), 0 where it is feasible; ``None`` without
        constraints.
        """
        return None

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
        """For each architecture, the smallest index among those that are the same network; by default its own."""
        return range(self.space.size)

    def measurements(self) -> dict[str, tuple[list[float], float]]:
        """For each of ``measures``, its value for every architecture (higher is better) and the seconds of a query."""
        return {}

    def offered(self) -> Offered:
        """What its options may name, with the tables that are here; by default, what it has."""
        seconds: dict[str, float | None] = {name: cost for name, (_, cost) in self.measurements().items()}
        return Offered(self.objectives, self.epochs, seconds, self.resumable)

    def recordings(self, epochs: int) -> Recordings:
        """What is held of an evaluation at a fidelity, for captions; by default, one training for each run."""
        return Recordings(self.runs)

    def recorded(self, epochs: int) -> tuple[list[np.ndarray], np.ndarray] | None:
        """All that a search may see at a fidelity, for analysis; ``None`` where only the oracle knows it.

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
        told = self.space, self.epochs, self.objectives, self.measures
        shares = isinstance(self, SharesWeights)
        return Task(*told, budget, workers, self.resumable, self.cost_names, shares, self.constraints)
