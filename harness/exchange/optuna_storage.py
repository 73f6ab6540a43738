"""Studies in a storage of Optuna (SQLite), each of which is a run: its trials are evaluations, in the order in which they ended."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from nasbed.errors import OptionError, named, shown, told
from nasbed.exchange.foreign import Foreign
from nasbed.vocabulary import Benchmark
from nasbed.vocabulary.tasks import installing

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

SQLITE = "sqlite:///"
"""What the address of such a storage begins with."""


class StoredTrials(NamedTuple):
    """What a storage holds of a study; ``metrics`` are the names of its values, where it names them."""

    name: str
    attributes: Mapping[str, Any]
    directions: list[str]
    metrics: list[str] | None
    trials: list[FrozenTrial]


_NUMBERED = re.compile(r"(?P<strategy>.*?)(?:[-_ ,.]*seed)?[-_ ,.=]*(?P<seed>[0-9]{1,9})")


def read(path: Path | str, benchmarks: Mapping[str, Benchmark]) -> Foreign:
    """The trials of all studies as a frame of records; raises :class:`~nasbed.errors.OptionError`.

    The strategy, the seed and the benchmark of a study are its user attributes of these names, else a name such as ``tpe-7`` says
    strategy and seed. The architecture of a trial is its user attribute ``architecture``, else its parameters, named and valued as
    :meth:`~nasbed.vocabulary.Benchmark.decisions`. Its time is the attribute ``time`` (simulated seconds), else the wall clock. A
    pruned trial counts as the training of so many epochs as its last report had steps.
    """
    place = Path(path)
    remarks: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for study in _studies(place):
        strategy, seed = _run_of(study, place)
        label = _label(study, benchmarks, place)
        where = f"{named(place)}, study {shown(study.name)}"
        benchmark = benchmarks[label]
        _require_directions(study, benchmark, where)
        trials = [trial for trial in study.trials if _counts(trial, remarks)]
        simulated = bool(trials) and all("time" in trial.user_attrs for trial in trials)
        if trials and not simulated:
            remarks["times are those of the wall clock, since its trials have no attribute time"] += 0
        begun = min((trial.datetime_start for trial in trials if trial.datetime_start), default=None)
        found = []
        for trial in trials:
            seconds = trial.user_attrs["time"] if simulated else _elapsed(begun, trial)
            found.append((seconds, trial.number, {**_evaluation(trial, benchmark, where), "time": seconds}))
        found.sort(key=lambda one: one[:2])
        rows += [{"strategy": strategy, "benchmark": label, "seed": seed, **row} for _, _, row in found]
    if not rows:
        raise OptionError(
            f"{named(place)} holds no study with an ended trial; expected the storage of studies that have run"
        )
    frame = pd.DataFrame(rows)
    if "epochs" in frame and frame["epochs"].isna().any():
        frame["epochs"] = [
            benchmarks[label].epochs[-1] if epochs != epochs else epochs
            for label, epochs in zip(frame["benchmark"], frame["epochs"], strict=True)
        ]
    return Foreign(frame, [f"{count:,} {text}" if count else text for text, count in remarks.items()], [place])


def _studies(place: Path) -> list[StoredTrials]:
    """The studies of a storage, read of a copy, so that the file stays as it is."""
    try:
        import optuna
    except ModuleNotFoundError:
        raise OptionError(f"reading {named(place)} needs the package optuna ({installing('nasbed[optuna]')})") from None
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "storage.db"
        try:
            with open(place, "rb") as file:
                head = file.read(15)
            for ending in ("", "-wal"):
                if (part := place.with_name(place.name + ending)).is_file():
                    shutil.copyfile(part, f"{copy}{ending}")
        except OSError as error:
            raise OptionError(f"{named(place)} cannot be read: {error.strerror}") from None
        if head != b"SQLite format 3":
            raise OptionError(
                f"{named(place)} is no SQLite file; expected the storage of an Optuna study, {SQLITE}FILE"
            )
        storage = None
        try:
            storage = optuna.storages.RDBStorage(f"{SQLITE}{copy}")
            names = sorted(optuna.study.get_all_study_names(storage))
            studies = [optuna.load_study(study_name=name, storage=storage) for name in names]
            return [
                StoredTrials(
                    one.study_name,
                    one.user_attrs,
                    [direction.name.lower() for direction in one.directions],
                    one.metric_names,
                    one.get_trials(deepcopy=False),
                )
                for one in studies
            ]
        except Exception as error:  # of SQLAlchemy, or of another version of Optuna
            raise OptionError(
                f"{named(place)} is no storage that Optuna {optuna.__version__} reads: {told(error)}"
            ) from None
        finally:
            if storage is not None:
                storage.remove_session()
                storage.engine.dispose()


def _run_of(study: StoredTrials, place: Path) -> tuple[str, Any]:
    """The strategy and the seed of a study."""
    numbered = _NUMBERED.fullmatch(study.name)
    strategy, seed = study.attributes.get("strategy"), study.attributes.get("seed")
    if seed is None and numbered:
        seed = int(numbered["seed"])
    if strategy is None and numbered and numbered["strategy"].strip():
        strategy = numbered["strategy"].strip()
    if seed is None:
        raise OptionError(
            f"{named(place)}, study {shown(study.name)}: nothing says its seed; name studies as tpe-7, or set it:"
            " study.set_user_attr('seed', 7), and 'strategy'"
        )
    return study.name if strategy is None else str(strategy), seed


def _label(study: StoredTrials, benchmarks: Mapping[str, Benchmark], place: Path) -> str:
    """The label of the benchmark that a study searched."""
    label = study.attributes.get("benchmark")
    if label is None and len(benchmarks) == 1:
        return next(iter(benchmarks))
    if label not in benchmarks:
        raise OptionError(
            f"{named(place)}, study {shown(study.name)}: its attribute benchmark is {shown(label)}; expected one of"
            f" {', '.join(benchmarks)}, or name the one of all studies with --dataset"
        )
    return str(label)


def _require_directions(study: StoredTrials, benchmark: Benchmark, where: str) -> None:
    """A study has the objectives of the benchmark, in their order; of more than one that it has itself the first may be taken."""
    objectives = benchmark.objectives
    expected = ["maximize" if one.maximise else "minimize" for one in objectives]
    if len(objectives) > 1 and len(study.directions) != len(objectives):
        raise OptionError(
            f"{where}: a trial has {len(study.directions)} values, and {benchmark.label} the objectives"
            f" {', '.join(one.name for one in objectives)}; import studies of all of them, in this order, or name those that there"
            " are by --option objectives"
        )
    if study.directions[: len(expected)] != expected:
        wanted = ", ".join(f"{direction} ({one.name})" for direction, one in zip(expected, objectives, strict=True))
        raise OptionError(
            f"{where}: its directions are {', '.join(study.directions)}; expected those of {benchmark.label}: {wanted}; import"
            " studies of nasbed.optuna_objective, or of values in the benchmark's own unit and sign"
        )
    names = [one.name for one in objectives]
    if study.metrics is not None and len(names) > 1 and list(study.metrics) != names:
        raise OptionError(
            f"{where}: its metrics are named {', '.join(study.metrics)}, and the objectives of {benchmark.label} are"
            f" {', '.join(names)}, in this order; name the same ones by --option objectives"
        )


def _counts(trial: FrozenTrial, remarks: Counter[str]) -> bool:
    """Whether a trial is an evaluation; of others a reader is told."""
    state = trial.state.name
    if state in ("COMPLETE", "FAIL") or (state == "PRUNED" and trial.intermediate_values):
        return True
    what = "pruned before any value" if state == "PRUNED" else state.lower()
    remarks[f"trials that were {what} are left out"] += 1
    return False


def _elapsed(begun: Any, trial: FrozenTrial) -> float:
    """Seconds of the wall clock from the beginning of the first trial to the end of this one."""
    if begun is None or trial.datetime_complete is None:
        return float("nan")
    return float((trial.datetime_complete - begun).total_seconds())


def _evaluation(trial: FrozenTrial, benchmark: Benchmark, where: str) -> dict[str, Any]:
    """The architecture, the value and the epochs of a trial."""
    row: dict[str, Any] = {"architecture": trial.user_attrs.get("architecture")}
    if row["architecture"] is None:
        row["architecture"] = _architecture(trial, benchmark, where)
    if trial.state.name == "PRUNED":
        step = max(trial.intermediate_values)
        return {**row, "value": trial.intermediate_values[step], "epochs": step}
    if "epochs" in trial.user_attrs:
        row["epochs"] = trial.user_attrs["epochs"]
    further = [one.name for one in benchmark.objectives[1:]]
    values = trial.values if trial.state.name == "COMPLETE" else [float("nan")] * (1 + len(further))
    return {**row, "value": values[0], **dict(zip(further, values[1:], strict=False))}


def _architecture(trial: FrozenTrial, benchmark: Benchmark, where: str) -> tuple[int, ...]:
    """The architecture that the parameters of a trial make, by the names of the decisions and of their choices."""
    chosen = []
    for decision, names in benchmark.decisions().items():
        value = trial.params.get(decision)
        if decision not in trial.params or str(value) not in names:
            held = (
                f"is {shown(value)}"
                if decision in trial.params
                else f"is missing among {', '.join(trial.params) or 'none'}"
            )
            raise OptionError(
                f"{where}, trial {trial.number}: the parameter {shown(decision)} {held}; expected one of {', '.join(names)}, as"
                " nasbed.optuna_objective suggests it, or an attribute 'architecture' with the architecture's text"
            )
        chosen.append(names.index(str(value)))
    return tuple(chosen)
