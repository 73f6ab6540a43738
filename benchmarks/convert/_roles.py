"""What each column of a user's own file is: a decision, the run, the epochs, seconds, a metric on a split, or a number of the
architecture.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from nasbed.benchmarks.convert._sheet import CellSheet
from nasbed.benchmarks.tables.manifest import Split
from nasbed.errors import DataError, OptionError, named, require_name, shown, unknown

Direction = Literal["maximise", "minimise"]
T = TypeVar("T")

RUNS = ("run", "seed", "trial", "repeat")
EPOCHS = ("epochs", "epoch")
SECONDS = {
    "seconds": "cumulative",
    "training_seconds": "cumulative",
    "train_seconds": "cumulative",
    "total_seconds": "total",
    "epoch_seconds": "each",
}
"""Columns of seconds, and what those of a row are of: since the beginning of the training, of all of it, or of that epoch alone."""
METERS = ("cumulative", "each", "total")
_TIMES = ("time", "training_time", "train_time", "runtime", "cost", "duration", "hours", "minutes", "wall_time")
SPLITS: dict[str, Split] = {
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "training": "train",
    "train": "train",
}
"""How columns name a split, before the metric or after it, and the split."""

_SHARES = [
    "accuracy",
    "acc",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "auc",
    "top1",
    "top5",
    "iou",
    "miou",
    "map",
]
_OF_TRAININGS: dict[str, tuple[Direction, str]] = {
    **dict.fromkeys(_SHARES, ("maximise", "%")),
    **dict.fromkeys(("error", "error_rate"), ("minimise", "%")),
}
"""Direction and unit of metrics whose name says both."""
_NEED_SPLIT = {*_OF_TRAININGS, "loss", "mse", "mae", "rmse", "perplexity", "bleu", "r2"}
_OF_ARCHITECTURES = {
    "parameters": "parameters",
    "params": "parameters",
    "flops": "FLOPs",
    "macs": "multiply-accumulates",
    "madds": "multiply-accumulates",
}
"""Units of numbers that the architecture alone decides; all are minimised."""
_NEED_UNIT = ("latency", "energy", "memory")
_UNITS = {
    "ns": "ns",
    "us": "us",
    "ms": "ms",
    "s": "s",
    "mj": "mJ",
    "j": "J",
    "kb": "kB",
    "mb": "MB",
    "gb": "GB",
    "mw": "mW",
}
"""Units that a name may end with, as latency_ms."""
_FORM = re.compile(r"(?P<name>[^:]+):(?P<direction>min|max|minimise|maximise)(:(?P<unit>.*))?")
FRACTION = "fraction"
"""The unit of shares of 1, which are kept in percent."""


@dataclass(frozen=True)
class Declarations:
    """What a user says of a file beyond its names.

    ``decisions`` are the columns of the architecture; those before the first known column by default. ``categorical`` are decisions
    whose numbers are names, and ``ordinal``, as ``size=small,medium,large``, the values of texts in their order. ``metrics`` are
    written ``name:min:unit`` or ``name:max:unit``. Columns in ``ignore`` are left out. Numbers of epochs are points of one
    training, or ``separate`` trainings. ``seconds`` says what a row's are of: ``cumulative``, ``each`` or ``total``.
    """

    decisions: Sequence[str] = ()
    categorical: Sequence[str] = ()
    ordinal: Sequence[str] = ()
    metrics: Sequence[str] = ()
    ignore: Sequence[str] = ()
    separate: bool = False
    seconds: str | None = None


@dataclass(frozen=True)
class MetricColumn:
    """A column of a metric: its name in the table, the split (``none`` for a number of the architecture), direction and unit; its
    numbers are ``scale`` times those of the file. ``said`` is whether a user has declared the unit.
    """

    column: str
    name: str
    split: Split
    direction: Direction
    unit: str
    scale: float = 1.0
    said: bool = False


@dataclass
class Roles:
    """The columns of a file by what they are."""

    decisions: list[str] = field(default_factory=list)
    run: str | None = None
    epochs: str | None = None
    seconds: str | None = None
    meter: str = "cumulative"
    metrics: list[MetricColumn] = field(default_factory=list)

    def of(self, split: Split) -> list[MetricColumn]:
        """The metrics on a split, in the order of the file."""
        return [metric for metric in self.metrics if metric.split == split]


def roles_of(sheet: CellSheet, declared: Declarations) -> Roles:
    """What each column is. Raises :class:`~nasbed.errors.DataError` for a column of which it is not plain, with what to say or to
    rename; nothing is guessed. :class:`~nasbed.errors.OptionError` and :class:`~nasbed.errors.UnknownNameError` for declarations
    that fit no column.
    """
    metrics = _declared_metrics(declared.metrics)
    for option, given in (("decisions", declared.decisions), ("ignore", declared.ignore)):
        for name in given:
            if name not in sheet.names:
                raise unknown(f"column in --{option}", name, sheet.names, named(sheet.path))
    rest = [name for name in sheet.names if name not in declared.ignore]
    roles = Roles(list(declared.decisions))
    if not roles.decisions:
        first = next((place for place, name in enumerate(rest) if _known(name, metrics)), len(rest))
        roles.decisions = rest[:first]
    if not roles.decisions:
        raise DataError(
            f"{named(sheet.path)} begins with {shown(rest[0]) if rest else 'no column'}, so no column before it says what the"
            " architecture is; put the decisions first, or name them: --decisions depth,width"
        )
    for name in [name for name in rest if name not in roles.decisions]:
        _take(sheet, name, roles, metrics)
    if declared.seconds is not None:
        require_name("--seconds", declared.seconds, METERS)
        roles.meter = declared.seconds
    _require_whole(sheet, roles, metrics)
    return roles


def _known(name: str, metrics: dict[str, tuple[Direction, str]]) -> bool:
    low = name.lower()
    listed = (*RUNS, *EPOCHS, *SECONDS, *_TIMES, *_NEED_SPLIT, *_OF_ARCHITECTURES, *_NEED_UNIT)
    return low in listed or name in metrics or _split_of(low) is not None or _with_unit(low) is not None


def _split_of(name: str) -> tuple[Split, str] | None:
    """The split and the metric of a name as ``validation_accuracy`` or ``accuracy_test``."""
    for word, split in SPLITS.items():
        for cut in (name.removeprefix(f"{word}_"), name.removesuffix(f"_{word}")):
            if cut != name and cut not in ("time", "seconds"):
                return split, cut
    return None


def _with_unit(name: str) -> tuple[str, str] | None:
    """The metric and the unit of a name as ``pi5_latency_ms``."""
    stem, _, unit = name.rpartition("_")
    if unit in _UNITS and any(stem == word or stem.endswith(f"_{word}") for word in _NEED_UNIT):
        return stem, _UNITS[unit]
    return None


def _take(sheet: CellSheet, name: str, roles: Roles, metrics: dict[str, tuple[Direction, str]]) -> None:
    """Put a column where it belongs."""
    low, where = name.lower(), f"{named(sheet.path)}, column {shown(name)}"
    if low in RUNS:
        roles.run = _once(where, roles.run, name, "the run")
    elif low in EPOCHS:
        roles.epochs = _once(where, roles.epochs, name, "the epochs")
    elif low in SECONDS:
        roles.seconds, roles.meter = _once(where, roles.seconds, name, "the seconds"), SECONDS[low]
    elif low in _TIMES and name not in metrics:
        raise DataError(
            f"{where}: in which unit? If it holds seconds of training, rename it to seconds; convert it if it holds hours, or"
            f" leave it out: --ignore {name}"
        )
    elif found := _split_of(low):
        split, stem = found
        said = metrics.get(name) or metrics.get(stem)
        given = said or _OF_TRAININGS.get(stem)
        if given is None:
            raise DataError(
                f"{where}: is more of {stem} better, and in which unit? Say --metric {stem}:min:UNIT or --metric {stem}:max:UNIT"
            )
        roles.metrics.append(replace(_metric(name, stem, split, given), said=said is not None))
    elif low in _NEED_SPLIT:
        raise DataError(
            f"{where}: on which split? Rename it to validation_{low}, which a search may see, or to test_{low}, which it may not"
        )
    else:
        roles.metrics.append(_of_architecture(where, name, metrics))


def _of_architecture(where: str, name: str, metrics: dict[str, tuple[Direction, str]]) -> MetricColumn:
    low = name.lower()
    if name in metrics:
        return _metric(name, low, "none", metrics[name])
    if low in _OF_ARCHITECTURES:
        return MetricColumn(name, low, "none", "minimise", _OF_ARCHITECTURES[low])
    if found := _with_unit(low):
        return MetricColumn(name, found[0], "none", "minimise", found[1])
    if any(low == word or low.endswith(f"_{word}") for word in _NEED_UNIT):
        raise DataError(f"{where}: in which unit? Say --metric {name}:min:ms, or rename it to {name}_ms")
    raise DataError(
        f"{where}: it is neither before the first known column, so no decision, nor known; say what it is: --metric"
        f" {name}:min:UNIT for a number of the architecture, --decisions for a decision, or --ignore {name}"
    )


def _metric(column: str, name: str, split: Split, given: tuple[Direction, str]) -> MetricColumn:
    direction, unit = given
    scaled = unit == FRACTION
    return MetricColumn(column, name, split, direction, "%" if scaled else unit, 100.0 if scaled else 1.0)


def _once(where: str, before: str | None, name: str, what: str) -> str:
    if before is not None:
        raise DataError(f"{where}: {shown(before)} is {what} already; leave one of them out: --ignore {name}")
    return name


def _declared_metrics(given: Sequence[str]) -> dict[str, tuple[Direction, str]]:
    found: dict[str, tuple[Direction, str]] = {}
    for text in given:
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise OptionError(f"--metric {shown(text)}; expected NAME:min:UNIT or NAME:max:UNIT, as latency:min:ms")
        name, unit = match["name"].strip(), (match["unit"] or "").strip()
        direction: Direction = "minimise" if match["direction"].startswith("min") else "maximise"
        if name in found:
            raise OptionError(f"--metric names {shown(name)} twice; declare it once")
        if not unit:
            raise OptionError(
                f"--metric {shown(text)}: in which unit? As {name}:{match['direction']}:ms, or :1 where it has none"
            )
        found[name] = (direction, unit)
    return found


def _require_whole(sheet: CellSheet, roles: Roles, metrics: dict[str, tuple[Direction, str]]) -> None:
    """Something must be seen by searches, each metric once on a split, and each declaration used."""
    where = named(sheet.path)
    if not roles.of("validation"):
        instead = roles.of("test")
        hint = (
            f"a search must not see test values; where {instead[0].column} is all that was recorded, rename it to"
            f" validation_{instead[0].name}, and say so with --source"
            if instead
            else "expected one such as validation_accuracy, which searches may see"
        )
        raise DataError(f"{where} has no metric on a validation split: {hint}")
    seen: dict[tuple[str, str], str] = {}
    for metric in roles.metrics:
        key = (metric.split, metric.name)
        if key in seen:
            raise DataError(
                f"{where}: {shown(metric.column)} and {shown(seen[key])} are the same metric; leave one out with --ignore"
            )
        seen[key] = metric.column
    used = {name for metric in roles.metrics for name in (metric.column, metric.name)}
    for name in metrics:
        if name not in used:
            raise unknown("metric in --metric", name, sorted(used), where)


def texts_in(option: str, given: Sequence[str], read: Callable[[str], T]) -> dict[str, T]:
    """Options of the form ``name=value``, by name; raises :class:`~nasbed.errors.OptionError` for others."""
    found: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise OptionError(f"--{option} {shown(text)}; expected NAME=VALUES, as size=small,medium,large")
        found[name.strip()] = read(value)
    return found
