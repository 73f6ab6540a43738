"""Searchers and asynchronous successive halving of Syne Tune (Salinas et al., AutoML 2022), by suggestions and results."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from nasbed.strategies.models.outside import OutsideSearch, OutsideStrategy, Parameters, Suggestion
from nasbed.vocabulary import Needs, Stream, Task, option

_WHEN = datetime(2000, 1, 1, tzinfo=UTC)
"""When a trial began, as far as Syne Tune is told: no search may depend on the clock."""


@dataclass(frozen=True)
class SyneTune(OutsideStrategy):
    """A searcher of Syne Tune's, on the highest fidelity alone or under asynchronous successive halving; tried with version 0.16.0.

    A decision is a ``choice``, or a ``randint`` where its values have an order. Searchers have their own defaults: conformal
    quantile regression (``cqr``, which also needs the package huggingface_hub), kernel densities (``kde``), density ratios
    (``bore``), ``regularized_evolution`` with a population of 100, ``random_search``. With ``halving`` the scheduler is
    ``AsynchronousSuccessiveHalving`` with the lowest and highest fidelity of the task, a reduction factor of 3 and one bracket; a
    trial that it lets go on is trained to the next rung before a new one begins, resumed where the task allows it, else from the
    start. A failed training is an error of its trial. It minimises the negated value of one objective.
    """

    searcher: Literal["cqr", "kde", "bore", "regularized_evolution", "random_search"] = option(
        "kde", "the name of the searcher in Syne Tune"
    )
    halving: bool = option(False, "whether trials are stopped early, by asynchronous successive halving")

    package: ClassVar[str] = "syne_tune"
    installed_by: ClassVar[str] = "nasbed[syne-tune]"
    distributions: ClassVar[tuple[str, ...]] = ("syne-tune", "xgboost", "scikit-learn")

    @property
    def needs(self) -> Needs:
        """It needs the package, and with halving two rungs at least."""
        return Needs(fidelity_ratio=_FACTOR if self.halving else 1, packages=super().needs.packages)

    def begin(self, task: Task, seed: int, rng: Stream) -> OutsideSearch:
        """A scheduler of Syne Tune's."""
        return _Search(self, task, seed)


_FACTOR = 3
"""The reduction factor of asynchronous successive halving, Syne Tune's default."""


@dataclass(eq=False)
class _Run:
    """A trial of Syne Tune's, and the rung to which it is trained."""

    trial: Any
    rung: int


class _Search(OutsideSearch):
    def __init__(self, options: SyneTune, task: Task, seed: int) -> None:
        from syne_tune.backend.trial_status import Trial
        from syne_tune.config_space import choice, randint
        from syne_tune.optimizer.schedulers.asha import AsynchronousSuccessiveHalving
        from syne_tune.optimizer.schedulers.single_objective_scheduler import SingleObjectiveScheduler

        self._parameters, self._trial = Parameters(task.space), Trial
        space = {
            one.name: randint(0, one.size - 1) if one.ordered else choice(list(range(one.size)))
            for one in self._parameters
        }
        shared = {"metric": "loss", "do_minimize": True, "searcher": options.searcher, "random_seed": seed}
        self._rungs: tuple[int, ...] = ()
        self._scheduler: Any
        if options.halving:
            self._rungs = task.rungs(_FACTOR)
            self._scheduler = AsynchronousSuccessiveHalving(
                space,
                time_attr="epochs",
                max_t=self._rungs[-1],
                grace_period=self._rungs[0],
                reduction_factor=_FACTOR,
                **shared,
            )
        else:
            self._scheduler = SingleObjectiveScheduler(space, **shared)
        self._begun = 0
        self._goes_on: deque[_Run] = deque()

    def suggest(self) -> Suggestion | None:
        if self._goes_on:
            before = self._goes_on.popleft()
            return self._suggestion(_Run(before.trial, before.rung + 1), before)
        found = self._scheduler.suggest()
        if found is None:
            return None
        run = _Run(self._trial(self._begun, found.config, _WHEN), 0)
        self._begun += 1
        self._scheduler.on_trial_add(run.trial)
        return self._suggestion(run, None)

    def _suggestion(self, run: _Run, before: _Run | None) -> Suggestion:
        arch = self._parameters.arch(run.trial.config[name] for name in self._parameters.names)
        return Suggestion(run, arch, self._rungs[run.rung] if self._rungs else None, before)

    def report(self, handle: Any, told: tuple[float, ...]) -> None:
        if not self._rungs:
            self._scheduler.on_trial_complete(handle.trial, {"loss": told[0]})
            return
        result = {"loss": told[0], "epochs": self._rungs[handle.rung]}
        if handle.rung + 1 == len(self._rungs):
            self._scheduler.on_trial_complete(handle.trial, result)
        elif self._scheduler.on_trial_result(handle.trial, result) == "CONTINUE":
            self._goes_on.append(handle)

    def report_failure(self, handle: Any) -> None:
        self._scheduler.on_trial_error(handle.trial)
