"""The one loop: accounting over a pool. It owns the budget, the charges, the visits, the repeats and the workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite, nan
from time import perf_counter
from typing import Any, Literal, NoReturn, Protocol

from nasbed.errors import ArchitectureError, BenchmarkError, StrategyError, shown
from nasbed.numeric import whole
from nasbed.searches.pools import Pool, named
from nasbed.searches.supernets import SupernetMeasurements
from nasbed.streams import Word
from nasbed.vocabulary import (
    DERIVED,
    PATIENCE,
    Arch,
    Outcome,
    Proposal,
    Searcher,
    SharedWeights,
    Space,
    Task,
    is_conditional,
    is_enumerable,
)

Repeats = Literal["charge", "free", "refuse"]


@dataclass(slots=True)
class Log:
    """What one search leaves: outcomes in the order of arrival, the seconds of thinking before each trial, by trial how many
    measures had been asked for (where any had), the epochs that each trial added (where trainings can be resumed), and whether the
    search ended before its budget did: the strategy ended it, or nothing was left to learn.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    thinking: list[float] = field(default_factory=list)
    measured: dict[int, int] = field(default_factory=dict)
    added: list[int] = field(default_factory=list)
    ended: bool = False
    began: float | None = None


LARGEST = 1_000_000
"""Architectures of a space beyond which its size no longer says how long a strategy may ask for measures alone."""


class Values(Protocol):
    """The value of a measure by the number of an architecture: a list, or what computes it."""

    def __getitem__(self, index: int, /) -> float: ...


Measurements = Mapping[Any, tuple[Values, float]]
"""For each measure its value for every architecture, and the simulated seconds of a query; supernets are among the names."""


def run_loop(
    searcher: Searcher,
    task: Task,
    pool: Pool,
    word: Word,
    log: Log,
    repeats: Repeats = "charge",
    measurements: Measurements | None = None,
) -> Iterator[Outcome]:
    """Run a search, yielding each outcome after the searcher has been told of it.

    What equals an architecture or a fidelity of the task, as a tuple of NumPy's integers, is that one, and the outcome holds it as
    the task does.

    Work starts only while the search is inside its budget; what would arrive after it is neither told nor recorded.
    An evaluation is charged its cost, a resumed one the increment over what its trial has cost so far. Repeats of an
    architecture at the same epochs are a new visit and charged, or ``free`` (the recorded answer again, at no cost and
    not recorded twice), or ``refuse`` (told as ``nan`` at no cost, not recorded); a training that is resumed to epochs at
    which its architecture is known is a repeat, too. Where repeats are not charged, a search is over once every architecture is
    known at the highest fidelity, since no incumbent can change any more, and after :data:`PATIENCE` repeats in a row; what is
    under way then is awaited.

    A measure takes its seconds of a worker's time, and is neither an evaluation nor epochs of training: its outcome (0
    epochs, trial -1) is told and yielded, and only counted in the log. A strategy that asks for measures alone, ten times
    as many as there are architectures, has ended its search; and so has one whose budget counts a cost, of which as many
    evaluations in a row spend nothing.

    The ``pool`` evaluates and says what ends next. Its answers are taken as they are: :func:`~nasbed.searches.oracles.examined`
    vouches for them.

    Raises :class:`~nasbed.errors.StrategyError` for a proposal that the task does not offer, and
    :class:`~nasbed.errors.BenchmarkError` where the benchmark does.
    """
    ask, tell = searcher.ask, searcher.tell
    think, record = log.thinking.append, log.outcomes.append
    space, top = task.space, task.epochs[-1]
    index_of, archs = space.index, space.archs if is_enumerable(space) else _Unlisted(space)
    fidelities = {number: number for number in task.epochs}
    budget, meter = task.budget, task.budget.meter
    seconds, left = (budget.amount, inf) if meter.clock else (inf, budget.amount)
    price = an_evaluation = meter.evaluation
    an_epoch = meter.epoch
    paid_after, free = task.cost_names.index(meter.cost) if meter.cost else -1, (0.0,) * (len(task.cost_names) - 1)

    start, push, arrive, pending = pool.start, pool.push, pool.next, pool.pending
    measures, unproductive, gratis, thought = 0, 0, 0, 0.0
    patience = max(PATIENCE, 10 * min(space.size, LARGEST))
    visits: dict[object, int] = {}
    seen: dict[tuple[Arch, int], Outcome] = {}
    begun: dict[int, tuple[int, int, int]] = {}
    now, trial, idle, stalled, several = 0.0, 0, task.workers, 0, len(fidelities) > 1
    unknown, over, resumable = space.size, False, task.resumable
    begin = perf_counter() if log.began is None else log.began
    while True:
        while idle and left > 0 and now < seconds:
            proposal = ask()
            if proposal is None:
                break
            try:
                arch, epochs, resume, measure = proposal
                index = index_of(arch)
                epochs = top if epochs is None else fidelities[epochs]
            except (KeyError, TypeError, ValueError):
                thought += perf_counter() - begin
                index, epochs, resume, measure = _derived(proposal, task, measurements)
                begin = perf_counter()
            arch = archs[index]
            if measure is not None:
                if (
                    measurements is None
                    or not isinstance(measure, (str, SharedWeights))
                    or measure not in measurements
                    or resume is not None
                    or proposal[1] is not None
                ):
                    _refuse(proposal, task)
                unproductive += 1
                if unproductive > patience:
                    over, left = True, 0
                    break
                thought += perf_counter() - begin
                recorded, cost = _measurement(measurements, measure, now)
                value = recorded[index]
                measured = (value if isfinite(value) else nan,)
                outcome = Outcome(arch, measured[0], cost, now + cost, -1, 0, measured, proposal, index, free)
                push((now + cost, trial + measures, outcome))
                measures += 1
                idle -= 1
                begin = perf_counter()
                continue

            if repeats != "charge":
                if resume is not None:
                    _resumed(proposal, resume, task, begun, index, epochs)
                known = seen.get((arch, epochs))
                if known is not None:
                    stalled += 1
                    if stalled > PATIENCE:
                        over, left = True, 0
                        break
                    again = known.values if repeats == "free" else (nan,) * len(known.values)
                    told = known.trial, epochs, again, proposal, index, free, known.violation
                    outcome = Outcome(arch, again[0], 0.0, now, *told)
                    tell(outcome)
                    yield outcome
                    continue
                stalled = 0

            if resume is None:
                place = (index, epochs) if several else index
                visit = visits.get(place, 0)
                visits[place] = visit + 1
                bits = word(index, epochs, visit)
                spent = epochs
            else:
                bits, from_epochs = _resumed(proposal, resume, task, begun, index, epochs)
                spent = epochs - from_epochs
            if an_epoch:
                price = an_evaluation + an_epoch * spent
            if price > left:
                left = 0
                break
            left -= price
            if resumable:
                begun[trial] = (bits, index, epochs)
                log.added.append(spent)
            think(perf_counter() - begin)
            if measures:
                log.thinking[-1] += thought
                log.measured[trial] = measures
                unproductive, thought = 0, 0.0
            try:
                start(now, trial + measures, trial, arch, index, epochs, bits, proposal)
            except BenchmarkError:
                raise
            except (Exception, SystemExit) as error:
                raise BenchmarkError(
                    f"asked for {named(arch, task)} after {epochs} epochs, its oracle raised"
                ) from error
            trial += 1
            idle -= 1
            if idle:
                begin = perf_counter()

        if not pending:
            log.ended = over or (left > 0 and now < seconds)
            return
        now, _, outcome = arrive()
        if now > seconds:
            return
        idle += 1
        begin = perf_counter()
        if outcome.trial < 0:
            tell(outcome)
            yield outcome
            continue
        if paid_after >= 0:
            paid = outcome.costs[paid_after]
            left -= paid
            if left < 0:
                return
            gratis = 0 if paid > 0 else gratis + 1
            if gratis > patience:
                over, left = True, 0
        record(outcome)
        tell(outcome)
        if repeats != "charge":
            pair = outcome.arch, outcome.epochs
            unknown -= outcome.epochs == top and pair not in seen
            seen[pair] = outcome
            if not unknown and left > 0:
                over, left = left >= an_evaluation + an_epoch * task.epochs[0] and now < seconds, 0
        yield outcome


def _measurement(measurements: Measurements, measure: str | SharedWeights, now: float) -> tuple[Values, float]:
    """The values of a measure, and the seconds until a query that begins ``now`` is answered."""
    if isinstance(measurements, SupernetMeasurements):
        return measurements.asked(measure, now)
    return measurements[measure]


class _Unlisted:
    """The architectures of a space by their numbers, where there is no list of them."""

    def __init__(self, space: Space) -> None:
        self._at = space.at

    def __getitem__(self, index: int) -> Arch:
        return self._at(index)


def _derived(proposal: Proposal, task: Task, measurements: Measurements | None) -> tuple[int, int, None, SharedWeights]:
    """What stands for a proposal of the architecture in which the training of a supernet ends; no other is none of the space."""
    weights = proposal.measure if isinstance(proposal, Proposal) else None
    if not (
        isinstance(weights, SharedWeights)
        and isinstance(measurements, SupernetMeasurements)
        and (proposal.arch, *proposal[1:3]) == (DERIVED, None, None)
    ):
        _refuse(proposal, task)
    return task.space.index(measurements.derived(weights)), task.epochs[-1], None, weights


def _resumed(
    proposal: Proposal,
    resume: object,
    task: Task,
    begun: dict[int, tuple[int, int, int]],
    index: int,
    epochs: int,
) -> tuple[int, int]:
    """The word and the epochs so far of the trial that a proposal goes on with."""
    if (trial := whole(resume)) is None:
        raise StrategyError(
            f"{_shown(proposal, task)} has resume = {shown(resume)}; expected the number of a trial, as outcome.trial, or None"
        )
    if not task.resumable:
        raise StrategyError(
            f"{_shown(proposal, task)} resumes trial {shown(trial)}, but trainings of this benchmark cannot be"
            " resumed: each fidelity is a training of its own"
        )
    if trial not in begun:
        raise StrategyError(f"{_shown(proposal, task)} resumes trial {shown(trial)}, which was never started")
    bits, begun_index, begun_epochs = begun[trial]
    if begun_index != index:
        was = task.space.format(task.space.at(begun_index))
        raise StrategyError(f"{_shown(proposal, task)} resumes trial {shown(trial)}, which trains {was}")
    if epochs <= begun_epochs:
        raise StrategyError(
            f"{_shown(proposal, task)} resumes trial {shown(trial)} to {epochs} epochs, but it has {begun_epochs} already"
        )
    return bits, begun_epochs


def _shown(proposal: object, task: Task) -> str:
    try:
        return f"the proposal of {task.space.format(proposal.arch)}"  # type: ignore[attr-defined]
    except Exception:
        return f"the proposal {shown(proposal)}"


def _refuse(proposal: object, task: Task) -> NoReturn:
    """Say what is wrong with a proposal that the task does not offer."""
    if not isinstance(proposal, Proposal):
        batch = "; a batch is a list" if isinstance(proposal, tuple) and Proposal in map(type, proposal) else ""
        raise StrategyError(f"a strategy must propose Proposal(arch), got {shown(proposal)}{batch}")
    arch, epochs, _, measure = proposal
    try:
        task.space.index(arch)
    except (KeyError, TypeError, ValueError):
        if is_conditional(task.space):
            try:
                task.space.require(arch)
            except ArchitectureError as error:
                raise StrategyError(f"proposed what is outside the space {task.space.name!r}: {error}") from None
        sample = task.space.at(0)
        raise StrategyError(
            f"proposed {shown(arch)}, which is outside the space {task.space.name!r} of {task.space.size:,} architectures;"
            f" expected a tuple like {sample!r}"
        ) from None
    offered = ", ".join(map(str, task.epochs))
    try:
        known = epochs is None or epochs in set(task.epochs)
    except TypeError:
        known = False
    if not known:
        raise StrategyError(f"{_shown(proposal, task)} asks for {shown(epochs)} epochs; this task offers {offered}")
    if isinstance(measure, str) and measure in task.measures:
        raise StrategyError(
            f"{_shown(proposal, task)} asks for the measure {measure!r}, which takes no epochs and no resume"
        )
    if isinstance(measure, SharedWeights):
        raise StrategyError(
            f"{_shown(proposal, task)} asks for {measure!r}; "
            + (
                "expected no epochs, no resume, and settings such as (('epochs', 50),)"
                if task.shares_weights
                else "this task has no supernet; declare Needs(shares_weights=True), so that it is refused beforehand"
            )
        )
    offered = ", ".join(task.measures) or "none"
    raise StrategyError(f"{_shown(proposal, task)} asks for the measure {shown(measure)}; this task offers {offered}")
