"""What there is to use, as plain data: strategies, benchmarks, tables, and the records of one architecture."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from nasbed.errors import ArchitectureError, DataError, NasbedError, OptionError, shown
from nasbed.searches.loading import datasets_of, load_on_each
from nasbed.vocabulary import (
    RETRAINED,
    Arch,
    Benchmark,
    Needs,
    Recorded,
    Retrained,
    Strategy,
    describe_option,
)
from nasbed.vocabulary.registry import Registry, where
from nasbed.vocabulary.tasks import installing


def strategies(name: str | None = None) -> list[dict[str, Any]]:
    """Every strategy, or the one of a name: name, summary, options (name, default, accepts, help), and what a task must offer
    for its default options, in words.

    Raises :class:`~nasbed.errors.UnknownNameError` or :class:`~nasbed.errors.PluginError` for a name that cannot be used.
    """
    from nasbed.strategies import REGISTRY

    return [
        {**_entry(REGISTRY, one, _strategy_options), "needs": _needs_of_strategy(REGISTRY, one)}
        for one in _names(REGISTRY, name)
    ]


def benchmarks(name: str | None = None) -> list[dict[str, Any]]:
    """Every benchmark, or the one of a name: name, summary (with a sentence on its supernet, if there is one) and options, the
    command that brings its table where that is not here, and what is needed ``to_train`` where it trains networks. The one of a
    name also says what it ``offers`` (:func:`offers`).

    Raises :class:`~nasbed.errors.UnknownNameError` or :class:`~nasbed.errors.PluginError` for a name that cannot be used.
    """
    from nasbed.benchmarks import REGISTRY

    found = []
    for one in _names(REGISTRY, name):
        entry = {
            **_entry(REGISTRY, one, _benchmark_options),
            "needs": _needs_of_benchmark(REGISTRY, one),
            "to_train": _needs_of_training(REGISTRY, one),
        }
        if entry["class"] and hasattr(REGISTRY.load(one), "supernet"):
            entry["summary"] += " It has a supernet."
        found.append(entry if name is None else {**entry, "offers": _offers(REGISTRY, one)})
    return found


def _offers(registry: Registry[Any], name: str) -> dict[str, Any] | None:
    """What a benchmark offers with its default options; ``None`` where it cannot be made with those, as without its table."""
    try:
        benchmark = registry.make(name, {})
    except NasbedError:
        return None
    return offers(benchmark)


def offers(benchmark: Benchmark) -> dict[str, Any]:
    """Data sets, space, objectives, fidelities, encodings and measures with their seconds a query (``None``: whoever searches
    declares them). What can be named in options stands beside what is ``searched`` as the benchmark was made. ``surrogate`` says
    what a model was fitted to that answers in place of trainings; it is empty where there is none.
    """
    offered = benchmark.offered()
    searched = [objective.name for objective in benchmark.objectives]
    return {
        "benchmark": benchmark.label,
        "datasets": list(benchmark.datasets()),
        "space": {
            "name": benchmark.space.name,
            "size": benchmark.space.size,
            "encodings": list(benchmark.space.encodings),
        },
        "objectives": [
            {
                "name": one.name,
                "unit": one.unit,
                "direction": "maximise" if one.maximise else "minimise",
                "searched": one.name in searched,
            }
            for one in offered.objectives
        ],
        "fidelities": {
            "epochs": list(offered.epochs),
            "searched": list(benchmark.epochs),
            "resumable": offered.resumable,
        },
        "measures": [
            {"name": name, "seconds": seconds, "searched": name in benchmark.measures}
            for name, seconds in offered.measures.items()
        ],
        "costs": list(benchmark.cost_names),
        "cost_model": benchmark.cost_model,
        "judged_on": RETRAINED if isinstance(benchmark, Retrained) else benchmark.judged_on,
        "surrogate": benchmark.surrogate,
    }


def _names(registry: Registry[Any], name: str | None) -> list[str]:
    if name is None:
        return registry.names()
    registry.load(name)
    return [name]


def _needs_of_strategy(registry: Registry[Any], name: str) -> str | None:
    try:
        return "; ".join(in_words(registry.load(name)().needs)) or None
    except Exception:  # its entry says what is broken
        return None


def in_words(needs: Needs) -> list[str]:
    """What a task must offer, in a few words each.

    >>> in_words(Needs(objectives=2, fidelity_ratio=3, measures=("flops", "synflow")))
    ['2 objectives', 'fidelities (highest / lowest at least 3)', 'measures: flops, synflow']
    """
    return [
        *([f"{needs.objectives} objectives"] if needs.objectives > 1 else []),
        *([f"fidelities (highest / lowest at least {needs.fidelity_ratio:g})"] if needs.fidelity_ratio > 1 else []),
        *([f"measures: {', '.join(needs.measures)}"] if needs.measures else []),
        *([f"encodings: {', '.join(needs.encodings)}"] if needs.encodings else []),
        *(["a joint space of architecture and hyperparameters"] if needs.joint else []),
        *([f"a space that has {needs.architecture}"] if needs.architecture else []),
        *(["a space that lists its architectures"] if needs.enumerable else []),
        *(["a supernet"] if needs.shares_weights else []),
        *(f"the package {name} ({installing(source)})" for name, source in needs.packages),
    ]


def _needs_of_benchmark(registry: Registry[Any], name: str) -> str | None:
    from nasbed.benchmarks import convert
    from nasbed.benchmarks.tables import home

    try:
        table = getattr(registry.load(name), "table", "")
    except Exception:  # its entry says what is broken
        return None
    if not table or table in {*home.shipped(), *home.imported()}:
        return None
    fetched = table in convert.names() and convert.converter(table).downloads
    return f"nasbed data fetch {table}" if fetched else f"nasbed data import {table} PATH"


def _needs_of_training(registry: Registry[Any], name: str) -> str | None:
    """The data and packages that networks of a benchmark are trained with, in words; ``None`` where it trains none."""
    from nasbed.benchmarks.training.network_benchmark import NetworkBenchmark
    from nasbed.training.kinds import kind_of

    try:
        cls = registry.load(name)
    except Exception:  # its entry says what is broken
        return None
    if not issubclass(cls, NetworkBenchmark):
        return None
    default = inspect.signature(cls).parameters["data"].default
    return (
        f"{kind_of(cls).many} to train on (data; {default!r} by default), and the packages torch and scikit-learn"
        f" ({installing('nasbed[train]')})"
    )


def _entry(registry: Registry[Any], name: str, options: Any) -> dict[str, Any]:
    try:
        cls = registry.load(name)
        summary = (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ").replace("``", "")
        defined = f"{cls.__module__}:{cls.__qualname__}"
        return {"name": name, "summary": summary, "options": options(cls), "class": defined}
    except Exception as error:  # one broken plug-in must not hide the others
        problem = str(error) if isinstance(error, NasbedError) else where(error)
        return {"name": name, "summary": problem, "options": [], "class": None}


def _strategy_options(cls: type[Strategy]) -> list[dict[str, Any]]:
    return [
        {
            "name": spec.name,
            "default": None if spec.default is MISSING else spec.default,
            "accepts": describe_option(cls, spec.name),
            "help": spec.metadata.get("help", ""),
        }
        for spec in fields(cls)
    ]


def _benchmark_options(cls: type[Benchmark]) -> list[dict[str, Any]]:
    meanings = {name: text for owner in reversed(cls.__mro__) for name, text in vars(owner).get("meanings", {}).items()}
    return [
        {
            "name": name,
            "default": None if parameter.default is parameter.empty else parameter.default,
            "accepts": _named_datasets(cls) if name == "dataset" else _accepted(_spelled(parameter.annotation, cls)),
            "help": meanings.get(name, ""),
        }
        for name, parameter in inspect.signature(cls).parameters.items()
    ]


def _named_datasets(cls: type[Benchmark]) -> str:
    """The data sets of a benchmark in words, also where only a table that is not here names them."""
    try:
        return "one of " + ", ".join(map(repr, cls.datasets()))
    except DataError:
        return "a data set of its table"


def _spelled(annotation: object, cls: type) -> str:
    """The annotation of an option as text, in which the names of choices and classes of ours are written out."""

    def written(match: re.Match[str]) -> str:
        known = vars(sys.modules[cls.__module__]).get(match[0])
        if get_origin(known) is Literal:
            return f"Literal{list(get_args(known))}"
        return f"{match[0]} (in Python)" if getattr(known, "__module__", "").startswith("nasbed.") else match[0]

    return re.sub(r"\b[A-Z]\w+\b(?!\[)", written, str(annotation))


def _accepted(annotation: str) -> str:
    """The type of an option in words.

    >>> _accepted("Mapping[str, float] | Sequence[str] | None"), _accepted("Literal['joint', 'architecture']")
    ('table of float or list of str', "one of 'joint', 'architecture'")
    """
    words = annotation.removesuffix(" | None").replace(" | ", " or ")
    for pattern, instead in (
        (r"(?:\w+\.)*Sequence\[(\w+)\]", r"list of \1"),
        (r"Mapping\[str, (\w+)\]", r"table of \1"),
        (r"Literal\[([^]]*)\]", r"one of \1"),
        (r"str or Path|Path or str", "path"),
    ):
        words = re.sub(pattern, instead, words)
    return words


def lookup(
    name: str,
    architecture: str,
    dataset: str | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    needed: bool = True,
) -> dict[str, Any]:
    """Everything recorded of one architecture, on one data set or on all that have it, with further ``options`` of the benchmark;
    raises :class:`~nasbed.errors.DataError` where nothing can be looked up and it is ``needed``,
    :class:`~nasbed.errors.OptionError` where the data set must be named.
    """
    found, arch = _asked(name, architecture, dataset, options or {})
    if needed and not any(isinstance(one, Recorded) for one in found):
        raise DataError(f"{name} has no records to look up: it has no method lookup, only answers to a search")
    return {
        "architecture": found[0].space.format(arch),
        "index": found[0].space.index(arch),
        "benchmarks": {
            benchmark.label: benchmark.lookup(arch) for benchmark in found if isinstance(benchmark, Recorded)
        },
    }


def _asked(
    name: str, architecture: str, dataset: str | None, options: Mapping[str, Any]
) -> tuple[list[Benchmark], Arch]:
    """An architecture, and the benchmark on the data set, or on every one whose space has it; raises
    :class:`~nasbed.errors.OptionError` where data sets have spaces of their own and the text is of several of them or of none.
    """
    found = load_on_each(name, **{"dataset": dataset, **options})
    if len({one.space.name for one in found}) == 1:
        return found, found[0].space.parse(architecture)
    parsed = []
    for one in found:
        with suppress(ArchitectureError):
            parsed.append((one, one.space.parse(architecture)))
    if not parsed or any(parsed[0][1] not in one.space for one, _ in parsed):
        having = f"is of {len(parsed)}" if parsed else "is of none"
        raise OptionError(
            f"each data set of {name} has a space of its own, and {shown(architecture)} {having} of them; name one:"
            f" --dataset {', '.join(datasets_of(name))}"
        )
    return [one for one, _ in parsed], parsed[0][1]


def draw(
    name: str, architecture: str, path: Path, dataset: str | None = None, options: Mapping[str, Any] | None = None
) -> None:
    """Draw an architecture into a file, whose name says of which kind; raises :class:`~nasbed.errors.ArchitectureError` where its
    space has nothing to draw, :class:`~nasbed.errors.UnknownNameError` for another kind.
    """
    from nasbed.figures.architecture_drawing import drawn
    from nasbed.figures.formats import rendered
    from nasbed.files import atomic_write

    found, arch = _asked(name, architecture, dataset, options or {})
    atomic_write(path, rendered(drawn(found[0].space, arch), path.suffix.removeprefix(".")))


def info(name: str) -> dict[str, Any]:
    """What a table holds, by name or by folder; every column is read and verified. Raises :class:`~nasbed.errors.DataError`."""
    from nasbed.benchmarks import REGISTRY, convert
    from nasbed.benchmarks.tables import home
    from nasbed.benchmarks.tables.manifest import Manifest
    from nasbed.benchmarks.tables.table import Table

    if name in {*home.shipped(), *home.imported(), *convert.names()}:
        manifest = home.load(name)
    elif os.path.isfile(os.path.join(name, "manifest.toml")):  # which is False of a text that can be no path
        manifest = Manifest.load(Path(name))
    else:
        cls = REGISTRY.load(name)
        if not issubclass(cls, Table):
            raise DataError(f"{name} is not a table: it has no columns to show")
        manifest = cls.own()
    manifest.verify()
    content = asdict(manifest)
    content["folder"] = str(content["folder"])
    size = sum((manifest.folder / path).stat().st_size for path in manifest.paths)
    return {**content, "bytes": size, "checksum": manifest.checksum, "verified": True}


def tables() -> list[dict[str, Any]]:
    """Every table: name, title, where it is (shipped, imported, made here or not here) and its licence."""
    from nasbed.benchmarks import convert
    from nasbed.benchmarks.tables import home, own

    shipped, imported, made = home.shipped(), home.imported(), own.names()
    rows = []
    for name in sorted({*shipped, *imported, *convert.names()}):
        state = "shipped" if name in shipped else "imported" if name in imported else "not here"
        state = "made here" if name in made else state
        about = home.load(name) if state != "not here" else convert.converter(name)
        rows.append({"name": name, "title": about.title, "state": state, "licence": about.licence})
    return rows


def verify(names: list[str]) -> list[dict[str, Any]]:
    """Read every column of some tables (all that are here, by default) and compare checksums; problems as text."""
    from nasbed.benchmarks.tables import home

    rows = []
    for name in names or [*home.shipped(), *home.imported()]:
        try:
            found = info(name)
            rows.append({"name": name, "columns": len(found["columns"]), "files": len(found["files"]), "problem": None})
        except NasbedError as error:
            rows.append({"name": name, "columns": 0, "files": 0, "problem": str(error)})
    return rows
