"""What a strategy may know of the task that it searches, and what it may need of it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from nasbed.errors import ArchitectureError
from nasbed.vocabulary.budgets import Budget
from nasbed.vocabulary.constraints import Constraint
from nasbed.vocabulary.objectives import Objective
from nasbed.vocabulary.spaces import JointSpace, Space, is_enumerable

TRANSFER = "transfer"
"""The measure that ranks architectures by their records on other data sets, if a benchmark is told which."""


@dataclass(frozen=True)
class Task:
    """All that a strategy may know of the benchmark that it searches.

    ``epochs`` are the fidelities, lowest first; ``objectives`` what outcomes' ``values`` are, in order; ``measures`` the
    names that :class:`Proposal` may ask for instead of a training; ``workers`` how many evaluations run at once;
    ``resumable`` whether a training can be continued to more epochs; ``cost_names`` what outcomes' ``costs`` are, seconds first;
    ``shares_weights`` whether a proposal may ask for :class:`SharedWeights`; ``constraints`` the bounds that an incumbent must
    keep to, of which outcomes' ``violation`` is told.
    """

    space: Space
    epochs: tuple[int, ...]
    objectives: tuple[Objective, ...]
    measures: tuple[str, ...]
    budget: Budget
    workers: int = 1
    resumable: bool = False
    cost_names: tuple[str, ...] = ("seconds",)
    shares_weights: bool = False
    constraints: tuple[Constraint, ...] = ()

    def rungs(self, eta: int) -> tuple[int, ...]:
        """The fidelities of successive halving, lowest first: the last is the highest that is offered, each one before it the
        highest that is at most 1 / ``eta`` of the next.
        """
        rungs = [self.epochs[-1]]
        while lower := [number for number in self.epochs if number * eta <= rungs[0]]:
            rungs.insert(0, lower[-1])
        return tuple(rungs)


def installing(source: str) -> str:
    """How pip installs a package, or an extra of nasbed's own, which is in no package index.

    >>> installing("optuna>=3.5"), installing("nasbed[optuna]")
    ("pip install 'optuna>=3.5'", "pip install '.[optuna]' in the checkout of nasbed")
    """
    if source.startswith("nasbed["):
        return f"pip install '.{source.removeprefix('nasbed')}' in the checkout of nasbed"
    return f"pip install '{source}'"


def _offering(measure: str) -> str:
    """How a benchmark is made to offer a measure."""
    if measure == TRANSFER:
        return f'name the other data sets whose ranks it is in the benchmark, as {TRANSFER} = ["cifar100"]'
    return f"declare what it costs in the benchmark, as measures = {{ {measure} = 2.0 }}"


@dataclass(frozen=True)
class Needs:
    """What a task must offer before a strategy can search it; by default, only what every task has.

    ``objectives``: at least so many. ``fidelity_ratio``: the highest fidelity is at least so many times the lowest. ``measures`` of
    the task and ``encodings`` of its space: each by its name. ``joint``: a space of architecture and hyperparameters.
    ``architecture``: a text that the space can read. ``enumerable``: a space that lists its architectures. ``shares_weights``:
    supernets. ``packages``: modules that must be importable, each with what to give ``pip install`` for it.

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
    shares_weights: bool = False
    packages: tuple[tuple[str, str], ...] = ()

    def missing(self, task: Task) -> list[str]:
        """What a task lacks, what it has instead, and the remedy; empty if it lacks nothing."""
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
            f"the measure {name!r}; the task offers {offered}; {_offering(name)}"
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
        if self.shares_weights and not task.shares_weights:
            lacks.append(
                "a supernet, one network of which every architecture is a part; this benchmark has none; use digits201, say"
            )
        if self.architecture:
            try:
                task.space.parse(self.architecture)
            except ArchitectureError as error:
                lacks.append(f"a space in which {self.architecture!r} is an architecture; {error}")
        lacks += [
            f"the package {name}; {installing(source)}" for name, source in self.packages if find_spec(name) is None
        ]
        return lacks
