"""Samplers of Optuna (Akiba et al., KDD 2019, arXiv:1907.10902), by the ask-and-tell interface of a study in memory."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from nasbed.strategies.models.outside import OutsideSearch, OutsideStrategy, Parameters, Suggestion
from nasbed.vocabulary import Arch, Needs, OptionError, Stream, Task, option, shown, unknown

if TYPE_CHECKING:
    import optuna

_BY_EVOLUTION = "CmaEsSampler"
"""The sampler that knows numbers alone, by its documentation."""

_MOST = 1_000_000
"""The highest number that an argument of a sampler may be: it is a population, a number of trials, or a weight."""

_FINEST = 50
"""The most divisions of an objective by reference points, of which there are as many as ways to share them out."""


@dataclass(frozen=True)
class Optuna(OutsideStrategy):
    """A sampler of Optuna chooses the architecture; tried with version 5.0.0.

    The parameters are "decision 0" and so on: an integer where the values of a decision have an order, else a category of 0, 1, ...
    With the encoding ``reals`` each value of a decision has a number in the unit interval, and the value with the largest is taken
    (a decision whose values have an order has one number), so that CmaEsSampler can search it. Every objective is maximised. A
    failed training is a failed trial, which samplers ignore. So is a trial outside the space, where that is no product of its
    decisions; it costs nothing, and after a hundred of them in a row the architecture is drawn at random. A sampler that stops its
    study, as BruteForceSampler does when it has tried everything, ends the search. A sampler with a constant liar uses it for
    several workers only; Optuna uses it always since version 5. Arguments that are not given are the sampler's own defaults, which
    differ between versions: from version 5 on TPESampler is multivariate where there is one objective, which it was not before.
    Results are those of one version of Optuna.
    """

    sampler: str = option("TPESampler", "the name of a class in optuna.samplers")
    options: dict | None = option(None, "a table of arguments for the sampler, beside its seed")  # type: ignore[type-arg]  # noqa: RUF009
    encoding: Literal["decisions", "reals"] = option(
        "decisions", "a parameter for each decision, or a number for each value of those without an order"
    )

    package: ClassVar[str] = "optuna"
    installed_by: ClassVar[str] = "nasbed[optuna]"
    distributions: ClassVar[tuple[str, ...]] = ("optuna",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.present:
            _made(self.sampler, self.arguments, 0)

    @property
    def arguments(self) -> dict[str, Any]:
        """What the sampler is made with, beside its seed."""
        return dict(self.options or {})

    @property
    def needs(self) -> Needs:
        """It needs the package Optuna, and some samplers another one."""
        further = {_BY_EVOLUTION: (("cmaes", "nasbed[optuna]"),), "GPSampler": (("torch", "nasbed[train]"),)}
        return Needs(packages=(*super().needs.packages, *further.get(self.sampler, ())))

    @property
    def warm_up(self) -> int:
        """The trials at random, or the population, that the sampler begins with; 0 where Optuna is not here."""
        if not self.present:
            return 0
        defaults = {name: one.default for name, one in _arguments_of(_sampler(self.sampler)).items()}
        given = {**defaults, **self.arguments}
        return int(given.get("n_startup_trials", given.get("population_size")) or 0)

    def begin(self, task: Task, seed: int, rng: Stream) -> OutsideSearch:
        """A study of Optuna's in memory."""
        return _Search(self, task, seed)


def _sampler(name: str) -> type[optuna.samplers.BaseSampler]:
    import optuna

    named = {one: getattr(optuna.samplers, one) for one in optuna.samplers.__all__}
    known = {
        one: cls
        for one, cls in named.items()
        if inspect.isclass(cls) and issubclass(cls, optuna.samplers.BaseSampler) and not inspect.isabstract(cls)
    }
    if name not in known:
        raise unknown("sampler", name, known, "optuna")
    return known[name]


def _arguments_of(cls: type[optuna.samplers.BaseSampler]) -> dict[str, inspect.Parameter]:
    return {name: one for name, one in inspect.signature(cls).parameters.items() if name != "seed"}


def _made(name: str, arguments: Mapping[str, Any], seed: int) -> optuna.samplers.BaseSampler:
    """A sampler, its arguments checked."""
    cls = _sampler(name)
    parameters = _arguments_of(cls)
    for argument, value in arguments.items():
        if not isinstance(argument, str):
            raise OptionError(
                f"{name}: options = {shown(dict(arguments))}; expected names of arguments, as text: {shown(argument)}"
            )
        if argument not in parameters:
            error = unknown("option", argument, parameters, name)
            raise type(error)(f"{error}; those of the sampler go into options = {{ ... }}")
        if expected := _expected(argument, value, parameters[argument]):
            raise OptionError(f"{name}: options = {{ {argument} = {shown(value)} }}; expected {expected}")
    missing = [one for one, spec in parameters.items() if spec.default is spec.empty and one not in arguments]
    if missing:
        raise OptionError(f"{name} needs {' and '.join(missing)}; give it as options = {{ {missing[0]} = ... }}")
    seeded = {"seed": seed} if "seed" in inspect.signature(cls).parameters else {}
    try:
        with _quiet():
            return cls(**arguments, **seeded)
    except Exception as error:
        known = ", ".join(parameters) or "none"
        raise OptionError(
            f"{name} cannot be made with {shown(dict(arguments))}: {error} (options = {{ ... }} may hold {known})"
        ) from error


def _expected(argument: str, value: object, spec: inspect.Parameter) -> str:
    """What a value should be, where it is not of the annotated type or range; Optuna itself would find out in the search."""
    hint, _, nothing = str(spec.annotation).partition(" | None")
    if value is None and (nothing or spec.default is None):
        return ""
    if hint == "bool":
        return "" if isinstance(value, bool) else "true or false"
    if hint == "int":
        least = 0 if argument == "n_startup_trials" else min(1, spec.default if isinstance(spec.default, int) else 1)
        most = _FINEST if argument == "dividing_parameter" else _MOST
        whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if whole and least <= value <= most else f"a whole number from {least} to {most:,}"  # type: ignore[operator]
    if hint == "float":
        most = 1 if argument.endswith("_prob") else _MOST
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return "" if number and 0 <= value <= most else f"a number from 0 to {most:,}"  # type: ignore[operator]
    if hint == "str":
        return "" if isinstance(value, str) else "a text"
    if hint.startswith(("dict[", "Mapping[")):
        names = isinstance(value, Mapping) and value and all(isinstance(name, str) for name in value)
        return "" if names else 'a table by the names of decisions, as { "decision 0" = ... }'
    if hint.startswith("Callable"):
        return "" if callable(value) else "a function, which a study file cannot hold; leave it out"
    made = any(cls.__name__ == hint.rpartition(".")[2] for cls in type(value).__mro__)
    return "" if made else f"a {hint.rpartition('.')[2]}, which a study file cannot hold; leave it out"


def _require_fits(options: Optuna, parameters: Parameters, task: Task) -> None:
    """Raises :class:`OptionError` for what does not fit the task: Optuna would make something else of it."""
    name, arguments = options.sampler, options.arguments
    if name == _BY_EVOLUTION and options.encoding == "decisions" and not all(one.ordered for one in parameters):
        raise OptionError(
            f'{name} does not support categorical parameters, and would be a random search; give it encoding = "reals", or use'
            " TPESampler"
        )
    choices = {one.name: one.size for one in parameters}
    for argument in ("search_space", "fixed_params"):
        for decision, given in arguments.get(argument, {}).items():
            if decision not in choices:
                error = unknown("decision", decision, choices, f"{name}: options = {{ {argument} = ... }}")
                raise OptionError(str(error))
            values = [given] if argument == "fixed_params" else given
            if (
                not isinstance(values, (list, tuple))
                or not values
                or not all(_is_choice(v, choices[decision]) for v in values)
            ):
                several = "whole numbers, at least one" if argument == "search_space" else "a whole number"
                raise OptionError(
                    f"{name}: options = {{ {argument} = ... }}: {decision} = {shown(given)}; expected {several} from 0 to"
                    f" {choices[decision] - 1}"
                )
    if "search_space" in arguments and (missing := [one for one in choices if one not in arguments["search_space"]]):
        raise OptionError(
            f"{name}: options = {{ search_space = ... }} lacks {', '.join(missing)}; a grid is over all decisions"
        )
    points = arguments.get("reference_points")
    if points is not None and (points.ndim, points.shape[-1:]) != (2, (len(task.objectives),)):
        raise OptionError(
            f"{name}: options = {{ reference_points = ... }} has the shape {points.shape}; expected a row for each point and"
            f" {len(task.objectives)} columns, one for each objective"
        )


def _is_choice(value: object, count: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's log and its warnings that something is experimental."""
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)


class _Search(OutsideSearch):
    maximises, several, tries = True, True, 100

    def __init__(self, options: Optuna, task: Task, seed: int) -> None:
        import optuna

        self._parameters = Parameters(task.space)
        reals, integer, categorical = (
            optuna.distributions.FloatDistribution,
            optuna.distributions.IntDistribution,
            optuna.distributions.CategoricalDistribution,
        )
        self._distributions: dict[str, optuna.distributions.BaseDistribution]
        self._reals = options.encoding == "reals"
        if self._reals:
            self._distributions = {f"coordinate {place}": reals(0, 1) for place in range(self._parameters.width)}
        else:
            self._distributions = {
                one.name: integer(0, one.size - 1) if one.ordered else categorical(tuple(range(one.size)))
                for one in self._parameters
            }
        arguments = options.arguments
        _require_fits(options, self._parameters, task)
        if "constant_liar" in _arguments_of(_sampler(options.sampler)):
            arguments.setdefault("constant_liar", task.workers > 1)
        sampler = _made(options.sampler, arguments, seed)
        with _quiet():
            self.study = optuna.create_study(sampler=sampler, directions=["maximize"] * len(task.objectives))
        self.study.stop = self._stop  # type: ignore[method-assign]  # Optuna's own is for optimize() alone
        self._failed = optuna.trial.TrialState.FAIL
        self._over = False

    def _stop(self) -> None:
        self._over = True

    def suggest(self) -> Suggestion | None:
        with _quiet():
            if self._over:
                return None
            return self._suggestion()

    def _suggestion(self) -> Suggestion:
        trial = self.study.ask(self._distributions)
        values = [trial.params[name] for name in self._distributions]
        return Suggestion(trial, self._parameters.at(values) if self._reals else self._parameters.arch(values))

    def insert(self, arch: Arch) -> Any:
        values = self._parameters.point(arch).tolist() if self._reals else self._parameters.values(arch)
        with _quiet():
            self.study.enqueue_trial(dict(zip(self._distributions, values, strict=True)))
            return self._suggestion().handle

    def report(self, handle: Any, told: tuple[float, ...]) -> None:
        with _quiet():
            self.study.tell(handle, told)

    def report_failure(self, handle: Any) -> None:
        with _quiet():
            self.study.tell(handle, state=self._failed)
