"""Samplers of Rustuna, Optuna's algorithms written anew in Rust, by the ask-and-tell interface of a study in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from nasbed.strategies.models.outside import OutsideSearch, OutsideStrategy, Parameters, Suggestion
from nasbed.vocabulary import Arch, Stream, Task, option


@dataclass(frozen=True)
class Rustuna(OutsideStrategy):
    """A sampler of Rustuna chooses the architecture, with its own defaults; tried with version 0.2.0.

    The parameters are as in ``optuna``: an integer where the values of a decision have an order, else a category. By default
    TPESampler has 10 random trials and, with one objective, multivariate densities; NSGAIISampler has a population of 50.
    CmaEsSampler is left out, as it draws categories at random. Every objective is maximised. A failed training is a failed trial,
    and so is a trial outside the space, where that is no product of its decisions.
    """

    sampler: Literal["TPESampler", "NSGAIISampler", "RandomSampler"] = option(
        "TPESampler", "the name of a class in rustuna.samplers"
    )

    package: ClassVar[str] = "rustuna"
    installed_by: ClassVar[str] = "nasbed[rustuna]"
    distributions: ClassVar[tuple[str, ...]] = ("rustuna",)

    @property
    def warm_up(self) -> int:
        """The random trials, or the population, with which the sampler begins by default."""
        return {"TPESampler": 10, "NSGAIISampler": 50, "RandomSampler": 0}[self.sampler]

    def begin(self, task: Task, seed: int, rng: Stream) -> OutsideSearch:
        """A study of Rustuna's in memory."""
        return _Search(self, task, seed)


class _Search(OutsideSearch):
    maximises, several, tries = True, True, 100

    def __init__(self, options: Rustuna, task: Task, seed: int) -> None:
        import rustuna

        self._parameters = Parameters(task.space)
        self._failed: Any = rustuna.trial.TrialState.FAIL
        self._study: Any = rustuna.create_study(
            sampler=getattr(rustuna.samplers, options.sampler)(seed=seed),
            directions=["maximize"] * len(task.objectives),
        )

    def suggest(self) -> Suggestion:
        trial = self._study.ask()
        values = [
            trial.suggest_int(one.name, 0, one.size - 1)
            if one.ordered
            else trial.suggest_categorical(one.name, list(range(one.size)))
            for one in self._parameters
        ]
        return Suggestion(trial.number, self._parameters.arch(values))

    def insert(self, arch: Arch) -> Any:
        self._study.enqueue_trial(self._parameters.named(arch))
        return self.suggest().handle

    def report(self, handle: Any, told: tuple[float, ...]) -> None:
        self._study.tell(handle, list(told))

    def report_failure(self, handle: Any) -> None:
        self._study.tell(handle, state=self._failed)
