"""Samplers of Optuna (Akiba et al., KDD 2019, arXiv:1907.10902), by the ask-and-tell interface of a study in memory."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbed.protocol import Needs, OptionError, Outcome, Proposal, Searcher, Strategy, Stream, Task, option, unknown

if TYPE_CHECKING:
    import optuna

_TRIES = 100
"""Trials in a row outside a space that is no product before one inside it is drawn at random."""


@dataclass(frozen=True)
class Optuna(Strategy):
    """A sampler of Optuna chooses the architecture: a categorical parameter without an order for each decision.

    The parameters are "decision 0" and so on, with the choices 0, 1, ... Every objective is maximised. A failed training
    is a failed trial, which samplers ignore, and so is a trial outside a space that is no product; it costs nothing, and
    after a hundred of them in a row the architecture is drawn at random. A sampler that stops its study, as
    BruteForceSampler does when it has tried everything, ends the search. Where the sampler has a constant liar, it lies for
    several workers only. Results are those of one version of Optuna.
    """

    sampler: str = option("TPESampler", "the name of a class in optuna.samplers")
    options: dict | None = option(None, "a table of arguments for the sampler, beside its seed")  # type: ignore[type-arg]  # noqa: RUF009

    def __post_init__(self) -> None:
        super().__post_init__()
        if find_spec("optuna") is not None:
            _made(self.sampler, self.arguments, 0)

    @property
    def arguments(self) -> dict[str, Any]:
        """What the sampler is made with, beside its seed."""
        return dict(self.options or {})

    @property
    def warm_up(self) -> int:
        """The trials at random, or the population, that the sampler begins with; 0 where Optuna is not here."""
        if find_spec("optuna") is None:
            return 0
        defaults = {name: one.default for name, one in _parameters(_sampler(self.sampler)).items()}
        given = {**defaults, **self.arguments}
        return int(given.get("n_startup_trials", given.get("population_size", 0)))

    @property
    def needs(self) -> Needs:
        """Optuna."""
        return Needs(packages=(("optuna", "nasbed[optuna]"),))

    @property
    def sources(self) -> tuple[Path, ...]:
        """The file that holds Optuna's version."""
        found = find_spec("optuna")
        return () if found is None or found.origin is None else (Path(found.origin).parent / "version.py",)

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search."""
        return _Search(self, task, rng)


def _sampler(name: str) -> type[optuna.samplers.BaseSampler]:
    import optuna

    named = {one: getattr(optuna.samplers, one) for one in optuna.samplers.__all__}
    known = {
        one: cls
        for one, cls in named.items()
        if inspect.isclass(cls) and issubclass(cls, optuna.samplers.BaseSampler) and not inspect.isabstract(cls)
    }
    if known.pop("CmaEsSampler", None) and name == "CmaEsSampler":  # by its documentation
        raise OptionError(
            "CmaEsSampler does not support categorical parameters, and would be a random search; use TPESampler"
        )
    if name not in known:
        raise unknown("sampler", name, known, "optuna")
    return known[name]


def _parameters(cls: type[optuna.samplers.BaseSampler]) -> dict[str, inspect.Parameter]:
    return {name: one for name, one in inspect.signature(cls).parameters.items() if name != "seed"}


def _made(name: str, arguments: Mapping[str, Any], seed: int) -> optuna.samplers.BaseSampler:
    """A sampler, its arguments checked."""
    cls = _sampler(name)
    parameters = _parameters(cls)
    for argument, value in arguments.items():
        if argument not in parameters:
            error = unknown("option", argument, parameters, name)
            raise type(error)(f"{error}; those of the sampler go into options = {{ ... }}")
        if expected := _expected(argument, value, parameters[argument]):
            raise OptionError(f"{name}: options = {{ {argument} = {value!r} }}; expected {expected}")
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
            f"{name} cannot be made with {dict(arguments)!r}: {error} (options = {{ ... }} may hold {known})"
        ) from error


def _expected(argument: str, value: object, spec: inspect.Parameter) -> str:
    """What a value should be, where it is not of the annotated type; Optuna itself would find out in the search."""
    if value is None and spec.default is None:
        return ""
    hint = str(spec.annotation).removesuffix(" | None")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint == "bool":
        return "" if isinstance(value, bool) else "true or false"
    if hint == "int":
        least = 0 if argument == "n_startup_trials" else min(1, spec.default if isinstance(spec.default, int) else 1)
        return "" if number and isinstance(value, int) and value >= least else f"a whole number, at least {least}"
    if hint == "float":
        return "" if number else "a number"
    if hint.startswith("Callable"):
        return "" if callable(value) else "a function, which a study file cannot hold; leave it out"
    return ""


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


class _Search(Searcher):
    def __init__(self, options: Optuna, task: Task, rng: Stream) -> None:
        import optuna

        self._space, self._rng = task.space, rng
        self._choices: dict[str, optuna.distributions.BaseDistribution] = {
            f"decision {place}": optuna.distributions.CategoricalDistribution(tuple(range(count)))
            for place, count in enumerate(task.space.choices)
        }
        arguments = options.arguments
        if "constant_liar" in _parameters(_sampler(options.sampler)):
            arguments.setdefault("constant_liar", task.workers > 1)
        sampler = _made(options.sampler, arguments, rng.below(2**32))
        with _quiet():
            self._study = optuna.create_study(sampler=sampler, directions=["maximize"] * len(task.objectives))
        self._study.stop = self._stop  # type: ignore[method-assign]  # Optuna's own is for optimize() alone
        self._failed = optuna.trial.TrialState.FAIL
        self._out: dict[int, tuple[Proposal, optuna.Trial]] = {}
        self._over = False

    def _stop(self) -> None:
        self._over = True

    def ask(self) -> Proposal | None:
        with _quiet():
            for _ in range(_TRIES):
                if self._over:
                    return None
                trial = self._study.ask(self._choices)
                arch = tuple(trial.params[name] for name in self._choices)
                if arch in self._space:
                    break
                self._study.tell(trial, state=self._failed)
            else:
                arch = self._space.sample(self._rng)
                self._study.enqueue_trial(dict(zip(self._choices, arch, strict=True)))
                trial = self._study.ask(self._choices)
        proposal = Proposal(arch)
        self._out[id(proposal)] = proposal, trial
        return proposal

    def tell(self, outcome: Outcome) -> None:
        _, trial = self._out.pop(id(outcome.proposal))
        failed = any(value != value for value in outcome.values)
        with _quiet():
            if failed:
                self._study.tell(trial, state=self._failed)
            else:
                self._study.tell(trial, outcome.values)
