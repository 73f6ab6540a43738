"""Benchmarks and strategies by their names."""

from __future__ import annotations

import inspect
from functools import partial
from pathlib import Path
from typing import Any

from nasbed.errors import OptionError, PluginError, shown, unknown
from nasbed.searches.functions import Function
from nasbed.vocabulary import Benchmark, Strategy
from nasbed.vocabulary.registry import load_object


def load_benchmark(name: str, /, **options: Any) -> Benchmark:
    """A benchmark by name ("nasbench201", a plug-in's, or "package.module:Class"), with its options.

    A list of data sets as ``dataset`` gives their normalised mean; ``fallback`` gives a table that trains what it lacks.
    ``constraints`` are bounds by objective, such as ``{"latency": "<= 5 ms"}``, to which a returned architecture must keep.
    ``transfer`` names other data sets of a table; a strategy may then ask for the ranks on these as the measure ``transfer``.

    Raises :class:`~nasbed.errors.UnknownNameError`, :class:`~nasbed.errors.DataError`.

    >>> import nasbed
    >>> nasbed.load_benchmark("nasbench201", dataset="cifar100").epochs
    (200,)
    """
    from nasbed.benchmarks import REGISTRY

    if "constraints" in options and "constraints" not in REGISTRY.options(name):
        from nasbed.benchmarks.tables.constrained import constrained

        given = options.pop("constraints")
        return constrained(load_benchmark(name, **options), given)
    if "transfer" in options and "transfer" not in REGISTRY.options(name):
        from nasbed.benchmarks.tables.transferred import transferred

        given = options.pop("transfer")
        return transferred(load_benchmark(name, **options), given)
    if "fallback" in options and "fallback" not in REGISTRY.options(name):
        from nasbed.benchmarks.training.fallback.untabulated import with_fallback

        given = options.pop("fallback")
        return with_fallback(partial(load_benchmark, name), options, given)
    datasets = options.get("dataset")
    if isinstance(datasets, (list, tuple)) and "dataset" in REGISTRY.options(name):
        from nasbed.benchmarks.tables.averaged import Averaged, require_datasets

        require_datasets(datasets)
        return Averaged([REGISTRY.make(name, {**options, "dataset": dataset}) for dataset in datasets])
    return _of_today(REGISTRY.make(name, options))


_FORMER = {"report": ("judged_on", str), "part": ("is_subspace", bool)}
"""Former names of what a benchmark declares, with its type: they would be passed over in silence."""


def _of_today(benchmark: Benchmark) -> Benchmark:
    """The benchmark; raises :class:`~nasbed.errors.PluginError` for one that declares what had another name once."""
    for former, (name, kind) in _FORMER.items():
        if isinstance(getattr(benchmark, former, None), kind):
            raise PluginError(
                f"{type(benchmark).__qualname__} has an attribute {former!r}, which is called {name!r} now; rename it"
            )
    return benchmark


def benchmark_of(given: object) -> Benchmark:
    """A benchmark that is given by name or made; raises :class:`~nasbed.errors.OptionError` for anything else."""
    if isinstance(given, str):
        return load_benchmark(given)
    if not isinstance(given, Benchmark):
        call = f"; make it: {given.__name__}()" if isinstance(given, type) else ""
        raise OptionError(f"benchmark = {shown(given)}; expected the name of a benchmark, or a Benchmark{call}")
    return _of_today(given)


def options_of(name: str) -> list[str]:
    """The names of the options of a benchmark."""
    from nasbed.benchmarks import REGISTRY

    return REGISTRY.options(name)


def datasets_of(name: str) -> list[str]:
    """The values that a benchmark's option ``dataset`` may have; none where it has no such option."""
    from nasbed.benchmarks import REGISTRY

    return REGISTRY.load(name).datasets()


def load_on_each(name: str, /, dataset: str | None = None, **options: Any) -> list[Benchmark]:
    """A benchmark on one data set, or on each that it has: where ``folder`` is a table, on each of that table's.

    >>> [one.label for one in load_on_each("nasbench201", epochs=[200])]
    ['nasbench201/cifar10', 'nasbench201/cifar100', 'nasbench201/ImageNet16-120']
    """
    datasets = [dataset] if dataset is not None else datasets_of(name)
    if not datasets:
        return [load_benchmark(name, **options)]
    folder = options.get("folder")
    if dataset is None and isinstance(folder, (str, Path)) and (Path(folder) / "manifest.toml").is_file():
        from nasbed.benchmarks.tables.manifest import Manifest

        datasets = Manifest.load(folder).datasets
    return [load_benchmark(name, dataset=one, **options) for one in datasets]


def load_strategy(name: str, /, **options: Any) -> Strategy | Function:
    """A strategy by name ("regularized_evolution", a plug-in's, "package.module:Class", or "function:package.module:f").

    >>> import nasbed
    >>> nasbed.load_strategy("regularized_evolution", population=20)
    RegularizedEvolution(population=20, sample=16)
    """
    if isinstance(name, str) and name.startswith("function:"):
        function = load_object(name.removeprefix("function:"), f"function {shown(name)}")
        if not callable(function):
            raise OptionError(f"{shown(name)} is {shown(function)}; expected a function that takes a query")
        try:
            _, *parameters = inspect.signature(function).parameters.values()
        except ValueError:  # it takes nothing, or does not say what
            raise OptionError(f"{shown(name)} is {shown(function)}; expected a function that takes a query") from None
        known = [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]
        for option in options if len(known) == len(parameters) else ():
            if option not in known:
                raise unknown("option", option, known, name)
        return Function(function, options)
    from nasbed.strategies import REGISTRY

    return REGISTRY.make(name, options)
