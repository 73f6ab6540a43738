"""A user's own file of trainings becomes a table: checked, written whole or not at all, and described."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.convert._decisions import Decided, decided
from nasbed.benchmarks.convert._roles import Declarations, MetricColumn, Roles, roles_of
from nasbed.benchmarks.convert._sheet import CellSheet, read_sheet
from nasbed.benchmarks.convert._trained import TrainingRows, metric_values, mixed_up, seconds_of, trained
from nasbed.benchmarks.spaces.listed import ListedSpace
from nasbed.benchmarks.tables import home, places
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.benchmarks.tables.own import DECISION, cells, space_of
from nasbed.errors import DataError, OptionError, named, shown
from nasbed.progress import Progress, silent
from nasbed.vocabulary import HELD_OUT, VALIDATED

NAME = re.compile(r"[a-z][a-z0-9_.\-]{0,63}")
Columns = list[tuple[Column, np.ndarray]]


@dataclass(frozen=True)
class MadeTable:
    """A table that was made, and ``remarks``: what is missing or was left out, and what follows from it."""

    manifest: Manifest
    remarks: tuple[str, ...]


def make_table(
    name: str,
    file: Path | str,
    declared: Declarations | None = None,
    *,
    dataset: str = "own",
    title: str = "",
    licence: str = "not stated",
    sources: Sequence[str] = (),
    replace: bool = False,
    progress: Progress = silent,
) -> MadeTable:
    """Make the table ``name`` in the data home from a CSV or Parquet file with a row a training, or an epoch of one.

    What each column is says its name, or ``declared``. Raises :class:`~nasbed.errors.DataError` for what is no such file, and
    :class:`~nasbed.errors.OptionError` for a name that is taken, unless it is that of a table of the user's own and ``replace`` is
    set; nothing is written then.
    """
    declared = declared or Declarations()
    _require_name(name, replace)
    if not dataset.strip():
        raise OptionError("--dataset is empty; expected the name of the data that the networks were trained on")
    progress("reading", 0, 0)
    sheet = read_sheet(file)
    roles = roles_of(sheet, declared)
    archs = decided(sheet, roles, declared)
    rows = trained(sheet, roles, declared, archs.codes)
    about: dict[str, object] = {
        "title": title or f"{len(rows.members):,} architectures, a table of your own",
        "licence": licence,
        "sources": [*sources, f"{sheet.path.name}, SHA-256 {hashlib.sha256(sheet.path.read_bytes()).hexdigest()}"],
        "datasets": [dataset],
    }
    manifest, columns = _Making(sheet, roles, archs, rows, dataset).manifest(name, places.home() / name, about)
    if len(rows.members) < 2:
        raise DataError(f"{named(sheet.path)} holds one architecture; expected several, among which a search chooses")
    progress("writing", 0, 0)
    with home.claim(name) as target:
        _require_name(name, replace)
        try:
            _folder.write(manifest, columns)
        except OSError as error:
            raise DataError(f"the table {name!r} was not written: {error.strerror}: {error.filename}") from None
    made = Manifest.load(target)
    return MadeTable(made, (*rows.remarks, *_follows(made, rows, roles, archs)))


def _require_name(name: str, replace: bool) -> None:
    """Raises for a name that a table cannot have, or that another has."""
    from nasbed.benchmarks import REGISTRY
    from nasbed.benchmarks.convert._converters import names
    from nasbed.benchmarks.tables import own

    if not NAME.fullmatch(name):
        raise OptionError(
            f"name = {shown(name)}; expected small letters, digits, _, - and ., beginning with a letter, as my-table"
        )
    if name in {*REGISTRY.builtin(), *REGISTRY.plugins(), *names(), *home.shipped()}:
        raise OptionError(f"name = {shown(name)} is that of another benchmark; choose one that is not taken")
    there = home.imported()
    if name in there and name not in own.names():
        raise OptionError(f"name = {shown(name)} is that of a table that was imported; choose one that is not taken")
    if name in there and not replace:
        raise DataError(f"the table {name!r} is there already; replace it with --replace, or choose another name")


@dataclass(frozen=True)
class _Making:
    """The columns and the manifest of one table."""

    sheet: CellSheet
    roles: Roles
    archs: Decided
    rows: TrainingRows
    dataset: str

    def manifest(self, name: str, folder: Path, about: dict[str, object]) -> tuple[Manifest, Columns]:
        """The manifest and the columns, of architectures in the order of their space."""
        columns, rows = [*self._metrics(), *self._seconds(), *self._constants()], self.rows
        order = self._order()
        columns = [(column, values if order is None else values[order]) for column, values in columns]
        if order is None and len(rows.members) < self.archs.combinations:
            columns += self._listed()
        seconds = any(column.metric == "training_time" for column, _ in columns)
        return Manifest(
            folder=folder,
            name=name,
            space=self.archs.space,
            architectures=len(rows.members),
            epochs=[rows.at[-1]] if rows.curves else rows.at,
            resumable=rows.curves and len(rows.at) > 1,
            runs=rows.runs,
            report=self._report(),
            cost_model=f"seconds of a training, column {self.roles.seconds} of {self.sheet.path.name}"
            if seconds
            else "no seconds were recorded: a training to its last epoch counts 1 simulated second",
            decisions=[
                {"name": one.name, "values": list(one.values), "ordered": one.ordered} for one in self.archs.variables
            ],
            **about,  # type: ignore[arg-type]
        ), columns

    def _order(self) -> np.ndarray | None:
        """The place of each architecture of a known space, where all are there."""
        if self.archs.space != "nasbench201" or len(self.rows.members) < self.archs.combinations:
            return None
        space = cells()
        place = {tuple(arch): at for at, arch in enumerate(self.archs.archs[self.rows.members].tolist())}
        return np.array([place[arch] for arch in space.archs])

    def _report(self) -> str:
        first = self.roles.of("validation")[0]
        if any(metric.name == first.name for metric in self.roles.of("test")):
            return "test"
        made = ~np.isnan(metric_values(self.rows, first)[..., -1])
        return HELD_OUT if made.sum(axis=1).min() > 1 else VALIDATED

    def _metrics(self) -> Iterator[tuple[Column, np.ndarray]]:
        for metric in self.roles.metrics:
            if metric.split == "none":
                continue
            values = metric_values(self.rows, metric)
            if mixed := mixed_up(self.rows, metric):
                self.rows.remarks.append(mixed)
            if self.rows.curves and metric.split != "test":
                yield self._column(metric, self.rows.at[-1], self.rows.at), values
                continue
            last = [(self.rows.at[-1], values[..., -1])]
            for epochs, one in last if self.rows.curves else zip(self.rows.at, np.moveaxis(values, -1, 0), strict=True):
                yield self._column(metric, epochs), one

    def _column(self, metric: MetricColumn, epochs: int, at: Sequence[int] = ()) -> Column:
        stem = re.sub(r"[^\w.+-]", "_", f"{metric.split}_{metric.name}", flags=re.ASCII)
        kept = f", {metric.scale:g} times" if metric.scale != 1 else ""
        origin = f"column {metric.column} of {self.sheet.path.name}{kept}"
        axes = ["architecture", "run", *(["epoch"] if at else [])]
        file = f"{epochs}/{stem}.npy"
        return Column(
            file,
            metric.name,
            metric.split,
            self.dataset,
            metric.unit,
            metric.direction,
            axes,
            origin,
            epochs,
            at=list(at),
        )

    def _seconds(self) -> Iterator[tuple[Column, np.ndarray]]:
        found, rows = seconds_of(self.rows, self.roles), self.rows
        if found is None:
            return
        whole = rows.curves and found.ndim == 2
        schedules = [rows.at[-1]] if rows.curves else rows.at
        for place, epochs in enumerate(schedules):
            along = rows.curves and not whole
            values = found if rows.curves else found[..., place]
            axes = ["architecture", "run", *(["epoch"] if along else [])]
            origin = f"column {self.roles.seconds} of {self.sheet.path.name}"
            yield (
                Column(f"{epochs}/training_time.npy", "training_time", "none", self.dataset, "s", "minimise", axes, origin, epochs,
                       at=rows.at if along else []),
                values,
            )  # fmt: skip

    def _constants(self) -> Iterator[tuple[Column, np.ndarray]]:
        for metric in self.roles.of("none"):
            values = self.rows.of_architecture(metric.column) * metric.scale
            if lacking := int(np.isnan(values).sum()):
                self.rows.remarks.append(
                    f"{lacking:,} architectures have no {metric.name}: they are infeasible where it is an objective"
                )
            stem = re.sub(r"[^\w.+-]", "_", metric.name, flags=re.ASCII)
            origin = f"column {metric.column} of {self.sheet.path.name}"
            yield (
                Column(
                    f"{stem}.npy",
                    metric.name,
                    "none",
                    self.dataset,
                    metric.unit,
                    metric.direction,
                    ["architecture"],
                    origin,
                ),
                values,
            )

    def _listed(self) -> Columns:
        """The decisions of the architectures that are there, since not all combinations are."""
        places = self.archs.archs[self.rows.members].astype(np.int32)
        return [
            (Column(f"decisions/{at}.npy", f"{DECISION}{variable.name}", "none", "any", "place", "none", ["architecture"],
                    f"the place of the value of {variable.name}"), places[:, at])
            for at, variable in enumerate(self.archs.variables)
        ]  # fmt: skip


def _follows(made: Manifest, rows: TrainingRows, roles: Roles, archs: Decided) -> Iterator[str]:
    """What is not there, and what follows from it."""
    main = roles.of("validation")[0].name
    space = space_of(made)
    if len(rows.members) < archs.combinations:
        yield f"{len(rows.members):,} of {archs.combinations:,} combinations are there: a search proposes no other"
        if isinstance(space, ListedSpace) and (apart := space.apart):
            yield f"{apart:,} architectures have no neighbour that differs in one decision: each is joined to the nearest"
    if roles.seconds is None:
        yield "no seconds: a budget in evaluations alone"
    if made.report == HELD_OUT:
        yield f"no test_{main}: a search sees one run of an architecture and is scored on the mean of the others"
    elif made.report == VALIDATED:
        yield f"no test_{main}, and not two runs of each architecture: searches are scored on validation alone"
    counts = np.bincount(np.unique(np.stack([rows.architecture, rows.run]), axis=1)[0])
    if counts.min() < counts.max():
        fewer = int((counts < counts.max()).sum())
        yield f"{fewer:,} architectures have fewer than {counts.max()} runs: noise = 'run:K' is refused where one is missing"
    if counts.max() == 1:
        yield "one run of each architecture: a search sees no noise, and repeating an evaluation tells nothing"
    for place, variable in enumerate(archs.variables):
        values = archs.archs[rows.members][:, place]
        if len(set(values.tolist())) == len(values) and len(archs.variables) > 1:
            yield f"{variable.name} differs between all architectures: if it only numbers them, --ignore {variable.name}"
