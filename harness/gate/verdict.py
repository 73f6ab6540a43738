"""What the gate found, as plain data: the verdict, what it rests on, and what a reviewer should look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Outcome = Literal["unchanged", "better", "equivalent", "worse", "undecided"]

PASSES = ("unchanged", "better", "equivalent")
EXIT = {"unchanged": 0, "better": 0, "equivalent": 0, "worse": 1, "undecided": 3}
"""The exit code of each verdict; bad input is 2."""


@dataclass(frozen=True)
class GateComparison:
    """The change on one benchmark, or on the mean over all of them.

    Effects are new minus baseline, in the unit of the objective (``nan`` for the mean over benchmarks) and in standard
    deviations of the baseline; above zero is worse. ``low`` and ``high`` are the ends of an interval that holds at all looks
    together with confidence ``level``. ``detectable`` is the smallest difference that a test of these seeds alone would find
    four times in five (two-sided, 5 %). Where the baseline has no spread, nothing is tested: what is in standard deviations is
    ``nan``, and ``sd`` is 0; see :mod:`~nasbed.gate.exact`. ``share`` is that of the planned information, ``correlation`` that
    between new and stored scores of the same seeds.
    """

    label: str
    outcome: str
    effect: float
    effect_sd: float
    low_sd: float
    high_sd: float
    level: float
    margin: float
    margin_sd: float
    detectable_sd: float
    mean: float
    baseline_mean: float
    sd: float
    share: float
    correlation: float
    final_effect: float
    final_half_width: float
    unit: str


@dataclass(frozen=True)
class Crash:
    """A run that raised, or that has no incumbent and so no regret."""

    benchmark: str
    seed: int
    what: str


@dataclass(frozen=True)
class Extreme:
    """A run whose area lies above all of the baseline's by more than a standard deviation."""

    benchmark: str
    seed: int
    score: float
    sds: float


@dataclass(frozen=True)
class ThinkingRatio:
    """How many times as long as random search in the same process a strategy thinks, now and in the baseline."""

    benchmark: str
    now: float
    baseline: float

    @property
    def ratio(self) -> float:
        """How many times as long it thinks as in the baseline: above 1 is slower. ``nan`` where the baseline took no time."""
        return self.now / self.baseline if self.baseline > 0 else float("nan")


@dataclass(frozen=True)
class Verdict:
    """The gate's answer for one strategy.

    ``comparisons`` are those of the benchmarks, and of several the mean over them last; none for an unchanged strategy.
    ``seeds`` were run on each benchmark, of at most ``limit``; ``same`` of ``compared`` trajectories are those of the baseline.
    """

    study: str
    strategy: str
    outcome: Outcome
    reason: str
    metric: str
    seeds: int
    limit: int
    first_seed: int
    baseline_seeds: int
    baseline_made: str
    same: int
    compared: int
    margin: float
    alpha: float
    power: float
    budget: str
    rules: str
    comparisons: tuple[GateComparison, ...] = ()
    crashes: tuple[Crash, ...] = ()
    extremes: tuple[Extreme, ...] = ()
    thinking: tuple[ThinkingRatio, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether the gate lets the change pass: it was found no regression."""
        return self.outcome in PASSES

    @property
    def exit_code(self) -> int:
        """The exit code with which the command ends for this verdict."""
        return EXIT[self.outcome]

    def plain(self) -> dict[str, Any]:
        """The content as JSON has it, ``nan`` as ``None``."""
        content = asdict(self)
        for thinking, entry in zip(self.thinking, content["thinking"], strict=True):
            entry["ratio"] = thinking.ratio
        found: dict[str, Any] = _without_nan({**content, "passes": self.passes, "exit_code": self.exit_code})
        return found


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """The exit code of several verdicts: 1 where one is worse, else 3 where one is undecided, else 0."""
    codes = {verdict.exit_code for verdict in verdicts}
    return next((code for code in (1, 3) if code in codes), 0)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(entry) for entry in value]
    return None if isinstance(value, float) and value != value else value
