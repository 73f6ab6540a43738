"""What adapters of other libraries share: decisions as parameters, signs, failed trainings, repeats, and global random state."""

from __future__ import annotations

import importlib
import logging
import random
import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, NamedTuple

import numpy as np

from nasbed.vocabulary import (
    Arch,
    Needs,
    Outcome,
    Proposal,
    Searcher,
    Space,
    Strategy,
    Stream,
    Task,
    architecture_of,
    ordered,
)


class Parameter(NamedTuple):
    """A decision as a library knows it: whole numbers from 0 below ``size``, with an order or without one.

    Values that have an order are equal steps for the library, so that reals on a logarithmic grid are searched on that scale.
    """

    name: str
    size: int
    ordered: bool


class Parameters:
    """The free decisions of a space, in their order: "decision 0" and so on. A decision with one value is left out.

    >>> import nasbed
    >>> Parameters(nasbed.load_benchmark("nasbench201").space)[0]
    Parameter(name='decision 0', size=5, ordered=False)
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self._blank = [0] * len(space.choices)
        self._places = [place for place, count in enumerate(space.choices) if count > 1]
        known = ordered(space)
        self.all = tuple(Parameter(f"decision {place}", space.choices[place], known[place]) for place in self._places)
        self.names = tuple(one.name for one in self.all)

    def __getitem__(self, place: int) -> Parameter:
        return self.all[place]

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def arch(self, values: Iterable[Any]) -> Arch:
        """A value for every decision, of one for every parameter; it may be no architecture of the space."""
        found = self._blank.copy()
        for place, value in zip(self._places, values, strict=True):
            found[place] = int(value)
        return tuple(found)

    def values(self, arch: Arch) -> list[int]:
        """The value of every parameter in an architecture."""
        return [arch[place] for place in self._places]

    def named(self, arch: Arch) -> dict[str, int]:
        """The values of the parameters of an architecture by their names."""
        return dict(zip(self.names, self.values(arch), strict=True))

    @property
    def width(self) -> int:
        """Coordinates of a point of the unit cube that stands for an architecture: one for an order, else one for each value."""
        return sum(1 if one.ordered else one.size for one in self.all)

    def at(self, point: Sequence[float]) -> Arch:
        """What a point of the unit cube stands for: an order is cut into bins of the same width, and of values without one that
        with the largest coordinate is taken, the first of several.
        """
        values, start = [], 0
        for one in self.all:
            if one.ordered:
                values.append(min(int(point[start] * one.size), one.size - 1))
                start += 1
            else:
                values.append(int(np.argmax(point[start : start + one.size])))
                start += one.size
        return self.arch(values)

    def point(self, arch: Arch) -> np.ndarray:
        """The point of the unit cube that stands for an architecture: the middle of a bin, and 1 at the value that is taken."""
        entries: list[float] = []
        for one, value in zip(self.all, self.values(arch), strict=True):
            entries += (
                [(value + 0.5) / one.size] if one.ordered else [float(value == other) for other in range(one.size)]
            )
        return np.array(entries)


def configuration_space(parameters: Parameters, seed: int) -> Any:
    """The parameters as a space of the library ConfigSpace, which several others search."""
    import ConfigSpace

    return ConfigSpace.ConfigurationSpace(
        seed=seed,
        space=[
            ConfigSpace.UniformIntegerHyperparameter(one.name, 0, one.size - 1)
            if one.ordered
            else ConfigSpace.CategoricalHyperparameter(one.name, list(range(one.size)))
            for one in parameters
        ],
    )


class Suggestion(NamedTuple):
    """What a library wants to have evaluated: its own handle, and a value for every decision.

    ``epochs`` is the fidelity (``None``: the highest), ``after`` the handle of the suggestion whose training may go on.
    """

    handle: Any
    arch: Arch
    epochs: int | None = None
    after: Any = None


class OutsideSearch(ABC):
    """One search of another library. It is told losses, which it minimises, or values where it ``maximises``; of the first
    objective alone, unless it takes ``several``.
    """

    maximises: ClassVar[bool] = False
    several: ClassVar[bool] = False
    tries: ClassVar[int] = 10
    """Suggestions in a row outside a space that is no product before an architecture is drawn at random."""

    @abstractmethod
    def suggest(self) -> Suggestion | None:
        """The next suggestion; ``None`` says that there is none before another result, if any is due."""

    @abstractmethod
    def report(self, handle: Any, told: tuple[float, ...]) -> None:
        """Take in a result, a number for each objective that is told of."""

    @abstractmethod
    def report_failure(self, handle: Any) -> None:
        """Take in that a training failed, or that a suggestion stands for no architecture, in the way of the library."""

    def insert(self, arch: Arch) -> Any:
        """A handle of an architecture that the library did not suggest, so that it can learn from it; ``None`` where it cannot."""
        return None

    def close(self) -> None:  # noqa: B027  # most have nothing to let go of
        """Let go of files and processes."""


@dataclass(frozen=True)
class OutsideStrategy(Strategy):
    """A search method of another library, which is imported when a search begins.

    A decision is a parameter of the library: a whole number where its values have an order, else a category. A failed training is
    reported in the way of the library. So is a suggestion that stands for no architecture; it costs nothing, and after some in a
    row the architecture is drawn at random. All random numbers come from the run's stream; some libraries read global random state,
    which is that of the search while they compute and is put back afterwards. They compute with one thread of PyTorch's.
    """

    package: ClassVar[str]
    """The module that is imported."""
    installed_by: ClassVar[str]
    """What ``pip install`` is asked for."""
    distributions: ClassVar[tuple[str, ...]]
    """The distributions on whose versions results depend."""

    @property
    def needs(self) -> Needs:
        """It needs the library's package."""
        return Needs(packages=((self.package, self.installed_by),))

    @property
    def present(self) -> bool:
        """Whether the library can be imported."""
        return find_spec(self.package) is not None

    @property
    def sources(self) -> tuple[Path, ...]:
        """The files that hold the versions of the library and of what it computes with; none where it is not here."""
        found = []
        for name in self.distributions:
            try:
                files = distribution(name).files or []
            except PackageNotFoundError:
                continue
            found += [Path(str(file.locate())) for file in files if file.name in ("METADATA", "PKG-INFO")]
        return tuple(found)

    @abstractmethod
    def begin(self, task: Task, seed: int, rng: Stream) -> OutsideSearch:
        """The library's own search of a task, seeded by a whole number of 32 bits; ``rng`` is for what the adapter draws itself."""

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        with warnings.catch_warnings(action="ignore"):
            importlib.import_module(self.package)
        return OutsideSearcher(self, task, rng)


class Surroundings:
    """What a library finds and leaves behind: global random state of its own, no warnings, no log, one thread of PyTorch's.

    What there was before is put back after each block, and the next block goes on where the last ended.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._python: Any = random.Random(seed).getstate()
        self._numpy: Any = np.random.RandomState(np.random.MT19937(seed)).get_state()
        self._torch: Any = None

    def __enter__(self) -> None:
        self._before = random.getstate(), np.random.get_state()  # noqa: NPY002  # libraries read it
        random.setstate(self._python)
        np.random.set_state(self._numpy)  # noqa: NPY002
        self._torch_before: Any = None
        if (torch := sys.modules.get("torch")) is not None and hasattr(torch, "get_rng_state"):
            self._torch_before = torch.get_rng_state(), torch.get_num_threads()
            if self._torch is None:
                self._torch = torch.Generator().manual_seed(self._seed).get_state()
            torch.set_rng_state(self._torch)
            torch.set_num_threads(1)
        self._disabled = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._warnings.__exit__(kind, error, trace)
        logging.disable(self._disabled)
        self._python, self._numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
        random.setstate(self._before[0])
        np.random.set_state(self._before[1])  # noqa: NPY002
        if self._torch_before is not None:
            torch = sys.modules["torch"]
            self._torch = torch.get_rng_state()
            torch.set_rng_state(self._torch_before[0])
            torch.set_num_threads(self._torch_before[1])


class OutsideSearcher(Searcher):
    """Stands between the loop and the search of a library."""

    def __init__(self, strategy: OutsideStrategy, task: Task, rng: Stream) -> None:
        self._task, self._rng = task, rng
        seed = rng.below(2**32)
        self._surroundings = Surroundings(seed)
        with self._surroundings:
            self.search = strategy.begin(task, seed, rng)
        self._told = len(task.objectives) if self.search.several else 1
        self._out: dict[int, tuple[Proposal, Any]] = {}
        self._trials: dict[Any, int] = {}
        self._closed = False

    def ask(self) -> Proposal | None:
        with self._surroundings:
            for _ in range(self.search.tries):
                found = self.search.suggest()
                if found is None:
                    return None
                arch = architecture_of(self._task.space, found.arch)
                if arch is not None:
                    proposal = Proposal(arch, found.epochs, self._going_on(found.after))
                    break
                self.search.report_failure(found.handle)
            else:
                arch = self._task.space.sample(self._rng)
                found = Suggestion(self.search.insert(arch), arch)
                proposal = Proposal(arch)
        self._out[id(proposal)] = proposal, found.handle
        return proposal

    def _going_on(self, after: Any) -> int | None:
        """The trial whose training goes on, which it can do once."""
        return self._trials.pop(after, None) if self._task.resumable and after is not None else None

    def tell(self, outcome: Outcome) -> None:
        _, handle = self._out.pop(id(outcome.proposal))
        if handle is None:
            return
        if self._task.resumable and len(self._task.epochs) > 1:
            self._trials[handle] = outcome.trial
        values = outcome.values[: self._told]
        with self._surroundings:
            if any(value != value for value in values):
                self.search.report_failure(handle)
            else:
                self.search.report(handle, values if self.search.maximises else tuple(-value for value in values))

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.search.close()
