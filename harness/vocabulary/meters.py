"""What a budget may count. A kind of budget is one class: what an evaluation spends, the axis of figures, and the words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from nasbed.errors import PluginError, require_name, shown
from nasbed.vocabulary.registry import entry_points_of, load_object

GROUP = "nasbed.meters"
"""The entry points by which plug-ins add meters."""


class Spending(NamedTuple):
    """What a search has spent up to a moment: numbers, or arrays of a common shape with an entry for each moment.

    ``epochs`` are those trained, ``clock`` the seconds since the search began, simulated or real, and ``costs`` the sum over
    evaluations of each cost that the benchmark names (:attr:`~nasbed.vocabulary.benchmarks.Benchmark.cost_names`).
    """

    evaluations: Any
    epochs: Any
    clock: Any
    costs: Mapping[str, Any] = {}


class Meter:
    """A kind of budget: what an evaluation spends of it, the axis along which figures follow a search, and its words.

    An evaluation spends ``evaluation`` for itself and ``epoch`` for each epoch of its training: whole numbers that are known before
    it starts, so that it starts only if the budget allows it. It also spends the cost in its answer that has the name ``cost``; an
    evaluation that ends beyond the budget is then neither told nor recorded, and ends the search. ``clock`` says that the budget
    bounds the clock instead: evaluations start inside the budget, and those that would arrive after its end are dropped.

    ``name`` is the key of the budget in a study, ``counted`` what its amount counts, in words. Figures follow a search along its
    readings, or along evaluations where it counts nothing else. The axis is called ``quantity``; its ``units``, smallest first, are
    pairs of a divisor of readings and the name of the unit that they are then in.

    >>> class Joules(Meter):
    ...     name = counted = "joules"
    ...     cost = "joules"
    ...     quantity = "energy"
    ...     units = ((1.0, "joules"), (3.6e6, "kilowatt hours"))
    >>> Joules().words(2500)
    '2,500 joules'
    """

    name: ClassVar[str]
    counted: ClassVar[str]
    evaluation: ClassVar[int] = 0
    epoch: ClassVar[int] = 0
    cost: ClassVar[str] = ""
    clock: ClassVar[bool] = False
    quantity: ClassVar[str] = ""
    units: ClassVar[tuple[tuple[float, str], ...]] = ()

    @property
    def whole(self) -> bool:
        """Whether amounts are whole numbers, known before an evaluation starts."""
        return not self.clock and not self.cost

    @property
    def axis(self) -> Meter:
        """The meter along whose readings figures follow a search under such a budget."""
        return self if self.clock or self.cost or self.epoch else EVALUATIONS

    def words(self, amount: float, *, simulated: bool = True) -> str:
        """An amount in words; ``simulated`` says that the clock is simulated."""
        counted = self.counting(simulated=simulated)
        return f"{amount:,.10g} {counted.removesuffix('s') if amount == 1 else counted}"

    def counting(self, unit: str = "", *, simulated: bool = True) -> str:
        """What an amount counts, in words, or in another ``unit`` of the axis."""
        counted = unit or self.counted
        return f"simulated {counted}" if self.clock and simulated else counted

    def reading(self, spent: Spending) -> Any:
        """What is spent of such a budget: a number, or an array like those of ``spent``."""
        if self.clock:
            return spent.clock
        if self.cost:
            return spent.costs[self.cost]
        found = self.evaluation * spent.evaluations
        return found + self.epoch * spent.epochs if self.epoch else found

    def price(self, epochs: int, seconds: float | None) -> float | None:
        """What an evaluation of so many epochs and seconds spends; ``None`` where it is not known beforehand."""
        if self.cost or (self.clock and seconds is None):
            return None
        return float(self.evaluation + self.epoch * epochs) + (seconds or 0.0) * self.clock

    def unit(self, longest: float) -> tuple[float, str]:
        """What readings up to ``longest`` are divided by, and the unit that they are then in: the largest unit of which ``longest``
        is more than half.
        """
        units = self.units or ((1.0, ""),)
        return next((unit for unit in reversed(units) if longest > unit[0] / 2), units[0])

    def label(self, unit: str, *, simulated: bool = True) -> str:
        """The name of the axis, with its unit; ``simulated`` says that the clock is simulated."""
        quantity = f"simulated {self.quantity}" if self.clock and simulated else self.quantity
        return f"{quantity} ({unit})" if unit else quantity or self.counted


class Evaluations(Meter):
    """Evaluations, whatever each of them costs."""

    name = counted = "evaluations"
    evaluation = 1


class Epochs(Meter):
    """Epochs of training; a resumed training spends the epochs that it adds."""

    name = counted = "epochs"
    epoch = 1


class Seconds(Meter):
    """Seconds on the clock of the search, which workers share: simulated on a table, real where something is trained."""

    name = counted = "seconds"
    clock = True
    quantity = "time"
    units = ((1.0, "seconds"), (3600.0, "hours"))


_OURS: dict[str, Meter] = {meter.name: meter for meter in (Evaluations(), Seconds(), Epochs())}
_FOUND: dict[str, Meter] = {}
"""The meters of plug-ins that have been asked for."""

EVALUATIONS, SECONDS = _OURS["evaluations"], _OURS["seconds"]
"""The axes that every search has."""


def meter_of(name: object) -> Meter:
    """The meter of a name: ours, or a plug-in's.

    Raises :class:`~nasbed.errors.UnknownNameError`, and :class:`~nasbed.errors.PluginError` where what a plug-in has is no meter.
    """
    if isinstance(name, str) and (known := _OURS.get(name) or _FOUND.get(name)):
        return known
    points = entry_points_of(GROUP)
    require_name("budget", name, [*_OURS, *(point for point in points if point not in _OURS)])
    assert isinstance(name, str)
    _FOUND[name] = _made(name, load_object(points[name].value, f"meter {shown(name)} ({points[name].value})"))
    return _FOUND[name]


def _made(name: str, made: Any) -> Meter:
    if not (isinstance(made, type) and issubclass(made, Meter)):
        raise PluginError(f"meter {shown(name)} is {shown(made)}; expected a subclass of nasbed.Meter")
    if getattr(made, "name", None) != name or not isinstance(getattr(made, "counted", None), str):
        raise PluginError(
            f"meter {shown(name)} is {made.__name__}, with name = {shown(getattr(made, 'name', None))} and counted ="
            f" {shown(getattr(made, 'counted', None))}; expected the name of its entry point, and what it counts in words"
        )
    prepaid = bool(made.evaluation or made.epoch)
    if prepaid + bool(made.cost) + made.clock != 1:
        what = ", ".join(f"{key} = {shown(getattr(made, key))}" for key in ("evaluation", "epoch", "cost", "clock"))
        raise PluginError(
            f"meter {shown(name)} is {made.__name__}, with {what}; expected one alone: evaluations and epochs, a cost, or the clock"
        )
    return made()
