"""What the gate found, as plain data: the verdict, what it rests on, and what a reviewer should look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Outcome = Literal["unchanged", "better", "equivalent", "crashes", "worse", "disasters", "slower", "undecided"]

PASSES = ("unchanged", "better", "equivalent")
FAILS: tuple[Outcome, ...] = ("crashes", "worse", "disasters", "slower")
"""The verdicts that fail a change; where several hold, the first of them is the verdict."""
EXIT: dict[str, int] = {**dict.fromkeys(PASSES, 0), **dict.fromkeys(FAILS, 1), "undecided": 3}
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
class Disaster:
    """A run that is further above the baseline's mean, in its standard deviations, than any of the baseline's runs."""

    benchmark: str
    seed: int
    score: float
    sds: float


@dataclass(frozen=True)
class Tail:
    """The test of rare disasters (:mod:`~nasbed.gate.tail`).

    Of ``seeds`` that were run, of ``planned`` ones, ``count`` are worse than all of the baseline's, the worst of which lies
    ``worst_sds`` above its mean; ``critical`` of them fail a change. ``chance`` is the p-value of the count after all planned
    seeds, ``level`` the chance that a change of no effect fails. By share of disastrous seeds, ``powers`` are the chances to find
    them with the planned seeds, and ``needed`` the seeds that find them four times in five.
    """

    seeds: int
    planned: int
    count: int
    critical: int
    chance: float
    level: float
    worst_sds: float
    powers: dict[str, float]
    needed: dict[str, int | None]
    disasters: tuple[Disaster, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether there are more disasters than chance allows."""
        return self.count >= self.critical


@dataclass(frozen=True)
class ThinkingTime:
    """Seconds that a strategy thinks before an evaluation, now and in the baseline, and how many times as long as then fixed work
    takes now (:mod:`~nasbed.gate.thinking`).
    """

    benchmark: str
    now: float
    baseline: float
    machine: float

    @property
    def ratio(self) -> float:
        """How many times as long it thinks as in the baseline, apart from the machine: above 1 is slower. ``nan`` where the
        baseline took no time.
        """
        return self.now / self.baseline / self.machine if self.baseline > 0 else float("nan")


@dataclass(frozen=True)
class JudgedCandidates:
    """What the ledger beside a baseline says of a strategy (:mod:`~nasbed.gate.ledger`): how many ``tries`` to pass there were,
    this one among them, how many of the others did not pass, of how many different ``trajectories`` they are, and how many tries
    there were against baselines ``before`` this one. ``unwritten`` says why this try is not in the file.
    """

    tries: int
    failed: int
    trajectories: int
    before: int
    unwritten: str = ""

    def any_of(self, chance: float) -> float:
        """The chance that at least one of the tries ends in what one ends in with a ``chance``."""
        return 1 - (1 - chance) ** self.tries


@dataclass(frozen=True)
class Verdict:
    """The gate's answer for one strategy.

    ``fails`` are the members of :data:`FAILS` that hold. ``comparisons`` has one comparison for each benchmark and, if there are
    several, that of their mean at the end; none for an unchanged strategy. ``seeds`` were run on each benchmark; the comparisons
    use the first ``tested`` of them, at most ``limit``. ``same`` of ``compared`` trajectories are those of the baseline.
    ``candidate`` is a fingerprint of the trajectories, empty if all are the same; ``thinking_limit`` is the ratio from which on a
    strategy is slower, and ``machine`` says where the baseline was made, if that was elsewhere.
    """

    study: str
    strategy: str
    outcome: Outcome
    reason: str
    metric: str
    seeds: int
    tested: int
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
    fails: tuple[Outcome, ...] = ()
    tail: Tail | None = None
    thinking: tuple[ThinkingTime, ...] = ()
    thinking_limit: float | None = None
    machine: str = ""
    candidate: str = ""
    judged: JudgedCandidates | None = None
    notes: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether the change passes the gate: it was not found to be a regression."""
        return self.outcome in PASSES

    @property
    def exit_code(self) -> int:
        """The exit code with which the command ends for this verdict."""
        return EXIT[self.outcome]

    @property
    def tried_until_it_passed(self) -> bool:
        """Whether this candidate passes the test after others for the same strategy and baseline did not."""
        return bool(self.passes and self.candidate and self.judged and self.judged.failed)

    def plain(self) -> dict[str, Any]:
        """The content as in JSON, with ``None`` for ``nan``."""
        content = asdict(self)
        if self.judged:
            content["judged"]["a_regression_passes"] = self.judged.any_of(1 - self.power)
            content["judged"]["no_change_fails"] = self.judged.any_of(self.alpha)
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
