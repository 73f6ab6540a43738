"""The official files of NAS-Bench-201 and NATS-Bench become tables, without their packages and without torch.

An architecture has one state for each schedule of training, with the records of its trainings: accuracy and loss by epoch, on
the training images and on up to three evaluation sets, and seconds. A folder is read file by file, a single file as a
stream: no more than a few architectures are in memory at once.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.convert import _folder, _torchfile
from nasbed.benchmarks.convert._layout import Format, Layout
from nasbed.benchmarks.convert._reading import (
    _TAKEN,
    ahead,
    as_official,
    decompress,
    naming,
    stream_of,
    uncollected,
    unpickle,
)
from nasbed.benchmarks.convert._rows import DATASETS, Trial
from nasbed.benchmarks.convert._staging import Staging
from nasbed.benchmarks.convert._trials import trial_of
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError
from nasbed.progress import Progress

_VERSION = re.compile(r"(NATS-[ts]ss|NAS-Bench-201)-v\d_\d(-[0-9a-f]{5,6})?")


def convert(layout: Layout, path: Path, out: Path, progress: Progress, partial: bool = False) -> None:
    """Write the table folder ``out`` from the official folder or single file at ``path``; what was there survives a failure.

    With ``partial`` the architectures that are absent are missing in the table; else all must be there. Raises
    :class:`~nasbed.errors.DataError` for any other files, and :class:`OSError` where the disk is full.
    """
    texts = layout.texts()
    with _folder.replacing(out) as folder:
        with Staging(folder, list(layout.schedules.values()), layout.seeds, len(texts)) as staging:
            _require_space(out, staging)
            reading = _Reading(layout, texts, path, partial, staging, progress)
            with uncollected():
                (reading.folder if path.is_dir() else reading.file)()
            columns = staging.cut(progress)
        datasets = [dataset for dataset in DATASETS if any(column.dataset == dataset for column in columns)]
        columns += _counted(layout, texts, datasets, folder)
        named = _VERSION.search(path.resolve().name)
        version = named[0] if named else "version not named"
        manifest = Manifest(
            folder=out,
            name=layout.name,
            title=f"{layout.title} ({version})",
            space=layout.space,
            architectures=len(texts),
            epochs=sorted(layout.schedules.values()),
            resumable=True,
            runs=[str(layout.seeds[run]) for run in staging.used],
            report="test",
            cost_model=layout.cost_model,
            licence=layout.licence,
            sources=[layout.source, f"official files: {version}"],
            datasets=datasets,
            columns=columns,
        )
        _folder.write_manifest(folder, manifest)


def _counted(layout: Layout, texts: list[str], datasets: list[str], folder: Path) -> Iterator[Column]:
    """Parameters and FLOPs from the structure, because recorded ones are inconsistent on some rows."""

    @cache
    def counts(classes: int, pixels: int) -> np.ndarray:
        return np.array([layout.count(text, classes, pixels) for text in texts], dtype=np.int64)

    for dataset in datasets:
        values_of = counts(*{"cifar100": (100, 32), "ImageNet16-120": (120, 16)}.get(dataset, (10, 32)))
        for metric, unit, values in zip(
            ("parameters", "flops"), ("parameters", "multiply-accumulates"), values_of.T, strict=True
        ):
            origin = f"{dataset}: computed from the architecture"
            column = Column(
                f"{dataset}/{metric}.npy", metric, "none", dataset, unit, "minimise", ["architecture"], origin
            )
            file = _folder.ColumnFile(folder, column, values.dtype, values.shape)
            file.append(values)
            yield file.done()


def _require_space(out: Path, staging: Staging) -> None:
    """Refuse what will not fit before it is read: the rows, and with them columns of a third of their size."""
    free = shutil.disk_usage(out.parent).free
    if free < (needed := 1.5 * staging.size):
        raise DataError(
            f"{out.parent} has {free / 1e9:.1f} GB free; while it runs this import needs up to {needed / 1e9:.1f} GB:"
            " set NASBED_DATA to a folder with more"
        )


@dataclass
class _Reading:
    """One import: checks what the files say of themselves, and hands the trainings on."""

    _layout: Layout
    _texts: list[str]
    _path: Path
    _partial: bool
    _staging: Staging
    _progress: Progress
    _states: int = 0

    def folder(self) -> None:
        """Read the official folder, which has one file for each architecture."""
        layout = self._layout
        files = {}
        for file in sorted(self._path.iterdir()):
            if named := re.fullmatch(layout.format.pattern, file.name):
                files[file] = int(named[1])
        if layout.format.meta:
            self._meta(self._path / layout.format.meta)
        self._require_all(len(set(files.values())))
        for (file, index), content in zip(files.items(), ahead(layout.format.fetch, files), strict=True):
            with naming(file):
                states = layout.format.load(content())
                self._architecture(index, states)

    def file(self) -> None:
        """Read the official file that holds all architectures."""
        with naming(self._path):
            content = self._layout.format.stream(self._path, self._built)
            states = _entry(content, "arch2infos", dict)
            self._list(_entry(content, "meta_archs", list))
            for index, one in states.items():
                self._architecture(index, one)
        self._require_all(len(states))

    def _meta(self, path: Path) -> None:
        if not path.exists():
            raise DataError(
                f"{self._path} has no {path.name}; name the official folder of {self._layout.name}, or its single file"
            )
        with naming(path):
            self._list(_entry(self._layout.format.load(self._layout.format.fetch(path)), "meta_archs", list))

    def _list(self, listed: list[Any]) -> None:
        """The official list of architectures must be that of the space."""
        if listed != self._texts:
            differing = [
                place for place, (one, other) in enumerate(zip(listed, self._texts, strict=False)) if one != other
            ]
            said = f"; number {differing[0]} is {str(listed[differing[0]])[:100]!r}" if differing else ""
            raise DataError(
                f"lists {len(listed):,} architectures{said}; expected the {len(self._texts):,} of {self._layout.title}, in order"
            )

    def _require_all(self, found: int) -> None:
        if found == 0 or (found != len(self._texts) and not self._partial):
            raise DataError(
                f"{self._path} holds {found:,} architectures; {self._layout.title} has {len(self._texts):,}, and all are needed"
            )

    def _built(self, made: dict[Any, Any]) -> bool:
        """A dictionary of a stream: what has been used is taken out, so that it does not fill the memory."""
        if "train_losses" in made and "eval_names" in made:
            trial = trial_of(made, self._layout)
            for part in made.values():
                if isinstance(part, dict):
                    part.clear()
            made.clear()
            made[_TAKEN] = trial
            return True
        elif "all_results" in made and "arch_str" in made:
            taken = self._state(made)
            for record in made["all_results"].values():
                record.clear()
            made.clear()
            made[_TAKEN] = taken
            return True
        return False

    def _architecture(self, index: int, states: Any) -> None:
        """The states of all schedules of one architecture."""
        schedules = self._layout.schedules
        if not isinstance(states, dict) or states.keys() != schedules.keys():
            held = ", ".join(map(repr, states)) if isinstance(states, dict) else type(states).__name__
            raise DataError(f"architecture {index} holds {held[:100]}; expected {', '.join(map(repr, schedules))}")
        for key, epochs in schedules.items():
            state = states[key]
            taken = state[_TAKEN] if isinstance(state, dict) and _TAKEN in state else self._state(state)
            if taken != (index, epochs):
                raise DataError(
                    f"{key!r} of architecture {index} is the record of architecture {taken[0]} after {taken[1]} epochs"
                )

    def _state(self, state: Any) -> tuple[int, int]:
        """Hand on the trainings of one architecture after one schedule; its index and the epochs."""
        index, text = _entry(state, "arch_index", int), _entry(state, "arch_str", str)
        if not 0 <= index < len(self._texts) or text != self._texts[index]:
            there = self._texts[index] if 0 <= index < len(self._texts) else "no architecture"
            raise DataError(f"architecture {index} is {text[:100]!r}; {self._layout.title} has {there!r} there")
        trials: dict[tuple[str, int], Trial] = {}
        with as_official(f"the record of architecture {index}"):
            for (dataset, seed), record in _entry(state, "all_results", dict).items():
                trial = record[_TAKEN] if _TAKEN in record else trial_of(record, self._layout)
                key = (dataset, int(seed))
                if key != (trial.dataset, trial.seed) or key in trials:
                    raise DataError(
                        f"architecture {index}: the record of {dataset}, seed {seed!r} is of {trial.dataset}, seed"
                        f" {trial.seed}, or there are two"
                    )
                trials[key] = trial
            seeds = _entry(state, "dataset_seed", dict)
            listed = {(dataset, int(seed)) for dataset, some in seeds.items() for seed in some}
        schedules = {trial.epochs for trial in trials.values()}
        if listed != trials.keys() or len(schedules) != 1:
            after = " and ".join(map(str, sorted(schedules))) or "no"
            raise DataError(
                f"architecture {index} has records of {_said(trials)} after {after} epochs; its dataset_seed lists {_said(listed)}"
            )
        self._staging.add(index, list(trials.values()))
        self._states += 1
        self._progress("reading", self._states // len(self._layout.schedules), len(self._texts))
        return index, schedules.pop()


def _said(keys: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{dataset} {seed}" for dataset, seed in sorted(keys)) or "nothing"


def _entry(content: Any, name: str, kind: type) -> Any:
    """An entry of a dictionary; :class:`~nasbed.errors.DataError` where there is none of this type."""
    found = content.get(name) if isinstance(content, dict) else None
    if not isinstance(found, kind):
        raise DataError(f"no {name} of type {kind.__name__}: not an official file of NAS-Bench-201 or NATS-Bench")
    return found


NATS = Format(r"(\d{1,6})\.pickle\.pbz2", "meta.pickle.pbz2", decompress, unpickle, stream_of)
TORCH = Format(r"(\d{6})-FULL\.pth", "", Path, _torchfile.load, _torchfile.load)
