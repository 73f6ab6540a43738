"""Trains one architecture, given or the best of a study, into a network that can be used (:func:`train`)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nasbed import locks
from nasbed.benchmarks.training.device import device_of
from nasbed.benchmarks.training.distillation import BEST
from nasbed.benchmarks.training.network_benchmark import NetworkBenchmark
from nasbed.benchmarks.training.trained.layout import NETWORK, ONNX, RECORD, SEARCH, WEIGHTS
from nasbed.errors import ArchitectureError, Interrupted, OptionError, StoreError, differences, listing, named, shown
from nasbed.files import OTHER_FOLDER, OTHER_OR_SAME, atomic_write
from nasbed.numeric import require_whole
from nasbed.progress import Progress
from nasbed.searches.loading import load_benchmark
from nasbed.studies.provenance import session
from nasbed.studies.sessions import LOG, SESSION, followed
from nasbed.training.fitted import FittedNetwork
from nasbed.training.kinds import benchmark_for, kind_of, trainers_of
from nasbed.training.origins import DEFAULT, GIVEN, Origin, best_of
from nasbed.training.repeats import TRAININGS, plain_of, train_seeds, weights_of
from nasbed.training.scores import best_place
from nasbed.training.trained import TrainedNetwork
from nasbed.vocabulary import Arch

EPOCHS, SEEDS = 20, 3
"""How long, and how often, an architecture is trained that no study found."""
_TAUGHT = ("teacher", "temperature", "teacher_weight")
"""Options of benchmarks whose networks may be distilled."""
_SAID = {
    *("data", "folder", "tokens", "longest", "epochs", "device", "objectives", "limit", "retrainings"),
    *_TAUGHT,
}
"""Options of a benchmark that are said in other words where a trained network is known again, or change none of its numbers."""


def train(
    architecture: Arch | str | None = None,
    *,
    data: Any = None,
    folder: Path | str | None = None,
    benchmark: str | None = None,
    options: Mapping[str, Any] | None = None,
    best: Path | str | None = None,
    epochs: int | None = None,
    seeds: int | None = None,
    limit: float | None = None,
    device: str | None = None,
    teacher: Path | str | None = None,
    temperature: float | None = None,
    teacher_weight: float | None = None,
    out: Path | str | None = None,
    progress: Progress | None = None,
    command: list[str] | None = None,
) -> FittedNetwork:
    """Train an architecture with several seeds, and return the network with an interface like scikit-learn's.

    ``architecture`` is a text as its space writes it, or an architecture; by default that of the space, which was designed by hand.
    ``data`` is a pair (images, labels) or (sequences, labels), such as (texts, labels), the name of a data set (``digits`` by
    default), or the path of a folder or file; ``folder`` holds published data sets. ``benchmark`` trains the network, by default
    ``chain`` on images and ``sequence`` on sequences, with its further ``options``.

    With ``best``, a results folder, the architecture and all of these are those of a study: its best incumbent by validation. If
    the study has several benchmarks, ``benchmark`` is the label of one.

    The scores are those after the last of ``epochs`` (20, or the study's). A training that takes more than ``limit`` seconds has
    failed. With a ``teacher``, the folder of a network that was trained on the same data and exported, the network is distilled:
    ``temperature`` (4) and ``teacher_weight`` (0.9) are those of its loss (docs/train.md). The trainings are kept in ``out``: the
    same call goes on from there, and nothing is trained twice. Raises :class:`~nasbed.errors.EngineError` without torch or the
    device, :class:`~nasbed.errors.ArchitectureError` for what cannot be built, :class:`~nasbed.errors.OptionError` for a benchmark
    that trains nothing, :class:`~nasbed.errors.DataError`, :class:`~nasbed.errors.StoreError`, and
    :class:`~nasbed.errors.BenchmarkError` if every training fails.

    >>> import nasbed
    >>> from sklearn.datasets import load_digits
    >>> digits = load_digits()
    >>> images, labels = digits.images, digits.target
    >>> model = nasbed.train("conv 3x3 6; max pool 2x2", data=(images, labels), epochs=2, seeds=1)
    >>> model.predict(images[:2]).shape, model.predict_proba(images[:2]).shape, model.score(images, labels) > 0.5
    ((2,), (2, 10), True)
    """
    if str(teacher) == BEST:
        raise OptionError(
            "teacher = 'best' is that of a search; expected the folder of a network that nasbed train wrote"
        )
    taught = {"teacher": teacher, "temperature": temperature, "teacher_weight": teacher_weight}
    if best is not None:
        for name, given in {"architecture": architecture, "data": data, "folder": folder, "options": options}.items():
            if given is not None:
                raise OptionError(
                    f"{name} = {shown(given)} stands beside best: the study says it; leave one of them out"
                )
        chosen = best_of(best, benchmark)
        changed = {"epochs": epochs and [epochs], "limit": limit, "device": device, **taught}
        stated: Mapping[str, Any] = chosen.entry.options
        given_options = {**stated, **_given(changed)}
        used, origin = training_benchmark(chosen.entry.use, given_options), chosen.origin
        arch: Arch = used.space.at(chosen.index)
        source: Any = used.data
    else:
        source = default_data(benchmark) if data is None else data
        use = benchmark_for(source) if benchmark is None else benchmark
        stated = options or {}
        said = kind_of(class_of(use)).options(source, folder, stated)
        wanted = {"epochs": [EPOCHS if epochs is None else epochs], "limit": limit, "device": device or "cpu"}
        used = training_benchmark(use, {**wanted, **_given(taught), **said})
        origin = DEFAULT if architecture is None else GIVEN
        arch = _parsed(used, architecture, source, folder)
    count = require_whole("seeds", (SEEDS if best is None else used.retrainings) if seeds is None else seeds, 1, 1_000)
    return fit(used, arch, count, origin, source, out, progress, command, stated)


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those options that are given."""
    return {name: value for name, value in options.items() if value is not None}


def default_data(benchmark: str | None) -> str:
    """The data that a benchmark has where none are said."""
    found: str = signature(class_of(benchmark or "chain")).parameters["data"].default
    return found


def fit(
    benchmark: NetworkBenchmark[Any],
    arch: Arch,
    seeds: int,
    origin: Origin,
    data: Any,
    out: Path | str | None,
    progress: Progress | None,
    command: list[str] | None,
    options: Mapping[str, Any],
    *,
    replacing: bool = False,
) -> FittedNetwork:
    """Train an architecture to the last epoch of a benchmark with these ``options``; ``data`` is what its examples come from.

    With ``replacing`` a network of another architecture in ``out``, all else the same, is replaced.
    """
    device_of(benchmark.device)
    plain_of(benchmark, arch)
    classes = kind_of(benchmark).class_values(data, benchmark.loaded)
    with (
        _folder(out, benchmark, arch, seeds, origin, command, options, replacing) as folder,
        followed(folder, "train", progress, command) as session,
    ):
        place = folder / TRAININGS
        try:
            made = train_seeds(benchmark, arch, seeds, place, session)
        except KeyboardInterrupt:
            kept = (
                ""
                if out is None
                else f"; what was trained is kept in {named(folder)}, and the same command goes on from there"
            )
            raise Interrupted(f"stopped{kept}") from None
        best = best_place(made)
        weights = weights_of(benchmark, arch, best, seeds, place)
        return FittedNetwork(TrainedNetwork(benchmark, arch, made, best, weights, origin), classes)


def training_benchmark(use: str, options: dict[str, Any]) -> NetworkBenchmark[Any]:
    """A benchmark by name that trains networks; raises :class:`~nasbed.errors.OptionError` for any other, before it is made, and
    for a teacher, or what belongs to it, of networks that are not distilled.
    """
    known = signature(class_of(use)).parameters
    for name in _TAUGHT:
        if name in options and name not in known:
            given = options[name]
            value = shown(str(given) if isinstance(given, Path) else given)
            raise OptionError(
                f"{name} = {value}: networks of {use} learn from the labels alone, only those for images from a teacher; leave it"
                " out"
            )
    found = load_benchmark(use, **options)
    assert isinstance(found, NetworkBenchmark)
    return found


def class_of(use: str) -> type[NetworkBenchmark[Any]]:
    """The class of a benchmark by name that trains networks; raises :class:`~nasbed.errors.OptionError` for any other."""
    from nasbed.benchmarks import REGISTRY

    made = REGISTRY.load(use)
    if not issubclass(made, NetworkBenchmark):
        what = "is a table of recorded trainings" if not _trains(made) else "has a trainer of its own"
        raise OptionError(
            f"{use} {what} and trains no network on images or sequences; expected a benchmark that does, as chain"
        )
    return made


def _trains(made: type) -> bool:
    from nasbed.vocabulary import TrainedBenchmark

    return issubclass(made, TrainedBenchmark)


def _parsed(
    benchmark: NetworkBenchmark[Any], architecture: Arch | str | None, data: Any, folder: Path | str | None
) -> Arch:
    """The architecture; the default of the space where none is given. Raises :class:`~nasbed.errors.ArchitectureError`, and where
    a text is of the space of others that train, names those.
    """
    space = benchmark.space
    if architecture is None:
        default = getattr(space, "default", None)
        if not isinstance(default, tuple):
            raise OptionError(
                f"{benchmark.name} has no default architecture; say which, as {shown(space.format(space.at(0)))}"
            )
        return default
    if isinstance(architecture, str):
        try:
            return space.parse(architecture)
        except ArchitectureError:
            others = trainers_of(architecture, benchmark, data, folder)
            if not others:
                raise
            first = class_of(others[0])
            with_data = "" if first.kind is benchmark.kind else f", with --data {first.expected}"
            raise ArchitectureError(
                f"{shown(architecture)} is no architecture of {benchmark.name}, but one of {listing(others)}; say"
                f" {' or '.join(f'--benchmark {name}' for name in others)}{with_data}"
            ) from None
    space.require(architecture)
    return architecture


@contextmanager
def _folder(
    out: Path | str | None,
    benchmark: NetworkBenchmark[Any],
    arch: Arch,
    seeds: int,
    origin: Origin,
    command: list[str] | None,
    options: Mapping[str, Any],
    replacing: bool,
) -> Iterator[Path]:
    """The folder of a trained network, held against other processes, with its record; one that is deleted where none is given."""
    if out is None:
        with TemporaryDirectory(prefix="nasbed-", ignore_cleanup_errors=True) as temporary:
            yield Path(temporary)
        return
    folder = Path(out)
    made = {"architecture": benchmark.space.format(arch), **trained_on(benchmark, options)}
    held = _held(folder)
    another = [name for name in {**held, **made} if held.get(name) != made.get(name)] if held else []
    if another and not (replacing and another == ["architecture"]):
        differing = "; ".join(differences(held, made))
        raise StoreError(f"{named(folder)} holds another network: {differing}; {OTHER_OR_SAME}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot write {named(folder)}: {error.strerror}; make room for it, or {OTHER_FOLDER}"
        ) from None
    content = {
        "made": made,
        "seeds": seeds,
        "origin": origin.record,
        "session": session("here", command or sys.argv, ("torch",)),
    }
    with locks.alone(folder, OTHER_FOLDER):
        for name in (NETWORK, WEIGHTS, ONNX) if another else ():
            (folder / name).unlink(missing_ok=True)
        atomic_write(folder / RECORD, json.dumps({**content, "complete": False}, indent=2, ensure_ascii=False) + "\n")
        yield folder
        atomic_write(folder / RECORD, json.dumps({**content, "complete": True}, indent=2, ensure_ascii=False) + "\n")


def trained_on(benchmark: NetworkBenchmark[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """What the numbers of a network that a benchmark with such ``options`` trains depend on beside its architecture and seeds."""
    taught = benchmark.distillation
    own = {name: value for name, value in options.items() if name not in _SAID}
    return {
        "benchmark": benchmark.name,
        "data": benchmark.loaded.checksum,
        "epochs": benchmark.epochs[-1],
        "device": benchmark.device,
        **({} if taught is None or benchmark.learns_from_best else {"distillation": taught.described()}),
        **({"options": own} if own else {}),
    }


def _held(folder: Path) -> dict[str, Any]:
    """What the network in a folder was made with, if there is one; raises :class:`~nasbed.errors.StoreError` for other files."""
    for path in (folder, *folder.parents):
        if path.exists() and not path.is_dir():
            raise StoreError(f"{named(path)} is a file; {OTHER_FOLDER}")
    if not folder.exists() or {path.name for path in folder.iterdir()} <= {locks.NAME, SEARCH, SESSION, LOG}:
        return {}
    try:
        before = json.loads((folder / RECORD).read_bytes())["made"]
    except FileNotFoundError:
        raise StoreError(f"{named(folder)} holds other files and no {RECORD}; {OTHER_FOLDER}") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise StoreError(f"{named(folder / RECORD)} is damaged; {OTHER_FOLDER}") from None
    return before if isinstance(before, dict) and before else {"architecture": ""}
