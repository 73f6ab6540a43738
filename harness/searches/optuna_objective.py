"""A benchmark as the objective of an Optuna study."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from nasbed.errors import BudgetExhausted, OptionError, shown, told
from nasbed.searches.execution import observe
from nasbed.searches.loading import benchmark_of, load_benchmark
from nasbed.searches.result import SearchResult
from nasbed.vocabulary import Benchmark, Budget, natural

if TYPE_CHECKING:
    import optuna

_UNBOUNDED = Budget("evaluations", 10**9)


def optuna_objective(
    benchmark: Benchmark | str,
    /,
    *,
    seed: int = 0,
    budget: Budget | Mapping[str, Any] | None = None,
    noise: str = "draw",
    repeats: Any = "charge",
    **options: Any,
) -> OptunaObjective:
    """A benchmark as the objective of an Optuna study.

    ``options`` are those of a benchmark that is given by name. (Pass the object if one of its options has the name of an argument
    here, such as the ``noise`` of synthetic.) ``seed`` decides which recorded runs are replayed; the sampler has its own seed.
    Without a ``budget`` the study ends when Optuna ends it. ``noise`` and ``repeats`` are as in
    :func:`~nasbed.searches.execution.observe`.

    >>> import nasbed, optuna
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> objective = nasbed.optuna_objective("nasbench201", dataset="cifar100", seed=0)
    >>> study = optuna.create_study(directions=objective.directions, sampler=optuna.samplers.TPESampler(seed=0))
    >>> study.optimize(objective, n_trials=50)
    >>> len(objective.result().outcomes), objective.result().scores()["validation_regret"] < 5
    (50, True)
    """
    if not isinstance(benchmark, str) and options:
        raise OptionError(
            f"{', '.join(options)}: options are for a benchmark that is given by name; this one is made already"
        )
    made = load_benchmark(benchmark, **options) if isinstance(benchmark, str) else benchmark_of(benchmark)
    return OptunaObjective(made, _UNBOUNDED if budget is None else Budget.parse(budget), seed, noise, repeats)


class OptunaObjective:
    """Evaluates the architecture that a trial suggests; made by :func:`optuna_objective`.

    It suggests one categorical parameter for each decision, with the names of :meth:`~nasbed.vocabulary.Benchmark.decisions`, and
    returns the value in its natural unit and direction (a tuple for several objectives; ``nan``, which Optuna counts as
    a failure, for a failed training). If the space is not a product, an architecture outside it is pruned, at no cost. When the
    budget does not allow another evaluation, the study is stopped and the trial pruned (outside of ``study.optimize``,
    :class:`~nasbed.errors.BudgetExhausted` is raised). The trial's attributes hold its "architecture", "cost" and "time" in
    simulated seconds, "epochs", and "evaluation", its number among the evaluations. Threads (``n_jobs``) take turns, and the
    simulated clock counts as if one worker did everything.
    """

    def __init__(self, benchmark: Benchmark, budget: Budget, seed: int, noise: str, repeats: Any) -> None:
        self.benchmark = benchmark
        self._query = observe(benchmark, budget, seed, noise=noise, repeats=repeats)
        self._decisions = benchmark.decisions()
        self._lock = Lock()

    @property
    def directions(self) -> list[str]:
        """The directions that ``optuna.create_study(directions=...)`` needs."""
        return ["maximize" if objective.maximise else "minimize" for objective in self.benchmark.objectives]

    def __call__(self, trial: optuna.Trial) -> float | tuple[float, ...]:
        """Evaluate the architecture that a trial suggests.

        Raises :class:`~nasbed.errors.OptionError` for a study of other directions.
        """
        import optuna

        study = None if isinstance(trial, optuna.trial.FixedTrial) else trial.study
        if (
            study is not None
            and (told := [direction.name.lower() for direction in study.directions]) != self.directions
        ):
            raise OptionError(
                f"the study's directions are {told}; expected {self.directions}, as by"
                " optuna.create_study(directions=objective.directions)"
            )
        arch = tuple(_chosen(trial, decision, names) for decision, names in self._decisions.items())
        if arch not in self.benchmark.space:
            raise optuna.TrialPruned(f"{arch} is outside the space {self.benchmark.space.name!r}")
        try:
            with self._lock:
                outcome = self._query(arch)
        except BudgetExhausted as error:
            if study is None:
                raise
            try:
                study.stop()
            except RuntimeError:  # it is not optimizing
                raise error from None
            raise optuna.TrialPruned(str(error)) from None
        trial.set_user_attr("architecture", self.benchmark.space.format(arch))
        trial.set_user_attr("cost", outcome.cost)
        trial.set_user_attr("time", outcome.time)
        trial.set_user_attr("epochs", outcome.epochs)
        trial.set_user_attr("evaluation", outcome.trial)
        values = natural(self.benchmark.objectives, outcome.values)
        return values if len(values) > 1 else values[0]

    def result(self) -> SearchResult:
        """The search with its scores. Asking for the result ends the search, as it does for a query."""
        return self._query.result()


def _chosen(trial: optuna.Trial, decision: str, names: tuple[str, ...]) -> int:
    """The number of the choice that a trial makes; a fixed trial may hold anything."""
    try:
        return names.index(trial.suggest_categorical(decision, names))
    except (ArithmeticError, TypeError, ValueError) as error:
        held = getattr(trial, "_params", None)  # of a fixed trial, whose public ``params`` are those it has suggested
        if held is None:
            what = told(error)
        else:
            what = f"it holds {shown(held[decision])}" if decision in held else "it holds nothing of this name"
        raise OptionError(
            f"the trial makes no choice for {decision}: {what}; expected one of {', '.join(names)}"
        ) from error
