"""Evaluations that take real time: a pool over any executor, which reads the clock."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from heapq import heappop, heappush
from math import inf, nan
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter, sleep
from typing import NamedTuple

from nasbed.errors import BenchmarkError, StoreError, WorkerDied
from nasbed.searches.lineage import Lineage
from nasbed.searches.pools import Event, named
from nasbed.searches.records import RecordedAnswer, SearchRecord
from nasbed.vocabulary import Arch, Outcome, Proposal, Task, Trainer, Training
from nasbed.vocabulary.training import trained

_Timed = tuple[tuple[float, ...], tuple[float, ...]]
"""Values and costs, seconds first."""


class _Begun(NamedTuple):
    """An evaluation that was started."""

    number: int
    architecture: int
    proposal: Proposal
    training: Training
    clock: float
    """The seconds of the clock at its start."""


class Live:
    """Submits evaluations to an executor and reads the clock; each costs the seconds that it took in its worker.

    What is under way when a budget of seconds is over is given up. With a ``record`` its answers are given again in their order
    before anything is trained, and the clock goes on from the last of them; what was under way then is trained anew. Without an
    executor there is one of as many threads as the task has workers; one that is given stays open. A training whose supervised
    worker dies has failed, and is charged the time since it was submitted.

    ``folder`` is where the trainer may keep checkpoints; by default beside the record, or one that is deleted at the end.
    """

    def __init__(
        self,
        trainer: Trainer,
        task: Task,
        executor: Executor | None = None,
        record: SearchRecord | None = None,
        folder: Path | str | None = None,
    ) -> None:
        self.pending: dict[int, _Begun | Event] = {}
        self._trainer, self._task, self._record = trainer, task, record
        self._own = ThreadPoolExecutor(task.workers, "nasbed") if executor is None else None
        self._executor = executor or self._own
        self._seconds = task.budget.amount if task.budget.meter.clock else inf
        self._answers = deque(record.answers if record else ())
        self._unsubmitted: dict[int, _Begun] = {}
        self._futures: dict[Future[_Timed], _Begun] = {}
        self._known: list[Event] = []
        self._began = monotonic()
        self._reached: dict[int, int] = {}
        self._lineage = Lineage() if getattr(trainer, "wants_incumbents", False) else None
        self._is_prepared = False
        self._held = ExitStack()
        if folder is None and record is not None:
            folder = record.path.with_name(f"{record.path.name}.trainings")
        self._folder = str(
            folder or self._held.enter_context(TemporaryDirectory(prefix="nasbed-", ignore_cleanup_errors=True))
        )

    def start(
        self, now: float, number: int, trial: int, arch: Arch, index: int, epochs: int, word: int, proposal: Proposal
    ) -> None:
        """Submit an evaluation; while recorded answers are left, only remember it."""
        reached = 0 if proposal.resume is None else self._reached[proposal.resume]
        training = Training(arch, epochs, word, trial, proposal.resume, reached, self._folder)
        if self._lineage is not None:
            training = self._lineage.begun(training)
        begun = _Begun(number, index, proposal, training, now)
        self._reached[trial] = epochs
        self.pending[number] = self._unsubmitted[trial] = begun
        if not self._answers:
            self._submit()

    def _submit(self) -> None:
        assert self._executor is not None
        self._prepare(self._executor)
        for begun in self._unsubmitted.values():
            try:
                future = self._executor.submit(_timed, self._trainer, begun.training, self._task.cost_names[1:])
            except RuntimeError as error:  # it is broken, or has been shut down
                raise self._failed(begun, error) from error
            self._futures[future] = begun
        self._unsubmitted.clear()

    def _prepare(self, executor: Executor) -> None:
        """Let the workers load what they need before the first training, off the clock."""
        began, prepare = monotonic(), None if self._is_prepared else getattr(self._trainer, "prepare", None)
        self._is_prepared = True
        if prepare is not None:
            wait([executor.submit(prepare) for _ in range(self._task.workers)])
            self._began += monotonic() - began

    def push(self, event: Event) -> None:
        """Add what ends at a time that is known: a measure."""
        self.pending[event[1]] = event
        heappush(self._known, event)

    def next(self) -> Event:
        """Wait for the evaluation that ends next. At the end of the budget its time is infinite."""
        event = self._again() if self._answers else self._arrived()
        begun = self.pending.pop(event[1], None)
        if self._lineage is not None and isinstance(begun, _Begun):
            self._lineage.ended(begun.training, event[2].value)
        return event

    def _again(self) -> Event:
        """The next recorded answer, or a measure that ended before it."""
        answer = self._answers[0]
        if self._known and self._known[0][0] <= answer.time:
            return heappop(self._known)
        begun = self._unsubmitted.get(answer.trial)
        if begun is None or (begun.architecture, begun.training.epochs) != (answer.architecture, answer.epochs):
            assert self._record is not None
            raise StoreError(
                f"the record {self._record.path} says that trial {answer.trial} evaluated architecture {answer.architecture} after"
                f" {answer.epochs} epochs, but this search did not propose that: the code has changed, or draws what no seed"
                " decides; delete the file to search anew"
            )
        self._answers.popleft()
        del self._unsubmitted[answer.trial]
        if not self._answers:
            self._began = monotonic() - answer.time
            self._submit()
        return _event(answer.time, answer.costs, answer.values, begun)

    def _arrived(self) -> Event:
        """The evaluation that ends next on the clock."""
        while True:
            known = self._known[0][0] if self._known else inf
            until = min(known, self._seconds) - (monotonic() - self._began)
            done, _ = wait(self._futures, None if until == inf else max(0.0, until), FIRST_COMPLETED)
            now = monotonic() - self._began
            if known <= now:
                return heappop(self._known)
            if done:
                future = min(done, key=lambda one: self._futures[one].number)
                begun = self._futures.pop(future)
                values, costs = self._result(future, begun)
                if self._record and now <= self._seconds:
                    trial, epochs = begun.training.trial, begun.training.epochs
                    self._record.append(RecordedAnswer(trial, begun.architecture, epochs, now, costs, values))
                return _event(now, costs, values, begun)
            if self._futures:
                if now >= self._seconds:
                    return _event(inf, (inf,), (nan,), next(iter(self._futures.values())))
            elif known > self._seconds:
                return heappop(self._known)  # measures alone are under way, and none ends within the budget
            else:
                sleep(max(0.0, until))

    def _result(self, future: Future[_Timed], begun: _Begun) -> _Timed:
        """What an evaluation gave; raises :class:`~nasbed.errors.BenchmarkError` where it raised, or gave no such numbers."""
        try:
            values, costs = future.result()
        except WorkerDied:
            spent = (monotonic() - self._began - begun.clock, *(0.0 for _ in self._task.cost_names[1:]))
            return (nan,) * len(self._task.objectives), spent
        except BenchmarkError as error:
            raise BenchmarkError(f"{self._asked(begun)}, {error}") from None
        except (Exception, SystemExit) as error:
            raise self._failed(begun, error) from error
        if len(values) != len(self._task.objectives):
            names = ", ".join(objective.name for objective in self._task.objectives)
            raise BenchmarkError(
                f"{self._asked(begun)}, its trainer answered with {len(values)} numbers; expected one for each objective ({names})"
            )
        return values, costs

    def _failed(self, begun: _Begun, error: BaseException) -> BenchmarkError:
        kept = f"; what was answered is in {self._record.path}" if self._record else ""
        return BenchmarkError(f"{self._asked(begun)}, its trainer raised {type(error).__name__}: {error}{kept}")

    def _asked(self, begun: _Begun) -> str:
        return f"asked for {named(begun.training.arch, self._task)} after {begun.training.epochs} epochs"

    def close(self) -> None:
        """Give up what has not begun, and close the record."""
        for future in self._futures:
            future.cancel()
        if self._own is not None:
            self._own.shutdown(cancel_futures=True)
        if self._record is not None:
            self._record.close()
        self._held.close()


def _timed(trainer: Trainer, training: Training, further: tuple[str, ...]) -> _Timed:
    """Train, in the worker: the values, and the seconds that it took with the ``further`` costs that the trainer measured."""
    began = perf_counter()
    answer = trainer(training)
    return trained(answer, further, perf_counter() - began)


def _event(time: float, costs: tuple[float, ...], values: tuple[float, ...], begun: _Begun) -> Event:
    """How an evaluation ended, as the loop is told."""
    training = begun.training
    outcome = Outcome(
        training.arch,
        values[0],
        costs[0],
        time,
        training.trial,
        training.epochs,
        values,
        begun.proposal,
        begun.architecture,
        costs[1:],
    )
    return time, begun.number, outcome
