"""SMAC3 (Lindauer et al., JMLR 23, 2022, arXiv:2109.09831), by its interface of ask and tell."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from nasbed.strategies.models.outside import OutsideSearch, OutsideStrategy, Parameters, Suggestion, configuration_space
from nasbed.vocabulary import Arch, Stream, Task, option

_TRIALS = 100
"""The trials that SMAC expects by default, where the budget does not count evaluations."""


@dataclass(frozen=True)
class SMAC(OutsideStrategy):
    """SMAC3 with one of its facades; tried with version 2.4.1.

    A decision is a categorical hyperparameter of ConfigSpace, or an integer where its values have an order. Defaults are those of
    the facade: ``hyperparameters`` is HyperparameterOptimizationFacade, a random forest and the logarithm of expected improvement
    with a fifth of the choices at random, and ``black_box`` is BlackBoxFacade, a Gaussian process. The initial Sobol design takes
    ten evaluations a decision (eight with ``black_box``), but no more than a quarter of the budget, unless ``initial`` gives
    another number. The target is declared deterministic, so that no architecture is evaluated twice. Several objectives are
    scalarised by ParEGO. A failed training stays a running trial, which the model leaves out. A search ends when it finds nothing
    new.
    """

    facade: Literal["hyperparameters", "black_box"] = option(
        "hyperparameters", "a random forest (hyperparameters) or a Gaussian process (black_box)"
    )
    initial: int = option(
        0, "architectures of the Sobol design; 0: as many as the facade's default", low=0, high=1_000_000
    )

    package: ClassVar[str] = "smac"
    installed_by: ClassVar[str] = "nasbed[smac]"
    distributions: ClassVar[tuple[str, ...]] = ("smac", "ConfigSpace", "scikit-learn")

    @property
    def warm_up(self) -> int:
        """The size of the initial design, where it does not depend on the space and the budget."""
        return self.initial

    def begin(self, task: Task, seed: int, rng: Stream) -> OutsideSearch:
        """A facade of SMAC's, whose files are in a temporary folder."""
        return _Search(self, task, seed)


class _Search(OutsideSearch):
    several = True

    def __init__(self, options: SMAC, task: Task, seed: int) -> None:
        from smac import BlackBoxFacade, HyperparameterOptimizationFacade, Scenario
        from smac.multi_objective.parego import ParEGO
        from smac.runhistory.dataclasses import TrialInfo, TrialValue

        self._parameters = Parameters(task.space)
        self._trial_info, self._trial_value = TrialInfo, TrialValue
        self._folder = tempfile.TemporaryDirectory()
        counted = task.budget.kind == "evaluations"
        self._objectives = [f"loss {place}" for place in range(len(task.objectives))]
        scenario = Scenario(
            configuration_space(self._parameters, seed),
            deterministic=True,
            n_trials=int(task.budget.amount) if counted else _TRIALS,
            objectives=self._objectives if len(self._objectives) > 1 else self._objectives[0],
            output_directory=self._folder.name,
            seed=seed % 2**31,
        )
        facade = BlackBoxFacade if options.facade == "black_box" else HyperparameterOptimizationFacade
        more: dict[str, Any] = {}
        if options.initial:
            more["initial_design"] = facade.get_initial_design(scenario, n_configs=options.initial, max_ratio=1.0)
        if len(self._objectives) > 1:
            more["multi_objective_algorithm"] = ParEGO(scenario)
        self._smac: Any = facade(scenario, _never, overwrite=True, logging_level=False, **more)
        self._space = scenario.configspace

    def suggest(self) -> Suggestion | None:
        try:
            info = self._smac.ask()
        except StopIteration:
            return None
        return Suggestion(info, self._parameters.arch(info.config[name] for name in self._parameters.names))

    def insert(self, arch: Arch) -> Any:
        from ConfigSpace import Configuration

        return self._trial_info(Configuration(self._space, values=self._parameters.named(arch)), seed=0)

    def report(self, handle: Any, told: tuple[float, ...]) -> None:
        self._smac.tell(handle, self._trial_value(cost=_cost(told)), save=False)

    def report_failure(self, handle: Any) -> None:
        """It stays a running trial, which the model leaves out: from crashed trials alone it would get no number."""

    def close(self) -> None:
        self._folder.cleanup()


def _cost(losses: tuple[float, ...]) -> Any:
    """What SMAC takes as the cost of a trial: a number, or a list of several."""
    return losses[0] if len(losses) == 1 else list(losses)


def _never(config: Any, seed: int = 0) -> float:
    """SMAC wants a target; it is asked and told, and calls none."""
    raise NotImplementedError
