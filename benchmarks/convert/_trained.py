"""The trainings in the rows of a user's own file: whose they are, which are whole, and their numbers as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nasbed.benchmarks.convert._roles import Declarations, MetricColumn, Roles
from nasbed.benchmarks.convert._sheet import CellSheet, number_of
from nasbed.errors import DataError, named, shown

_FAILED = "leave its rows out, or give the value that a failed training counts as"
_APART = 4
"""How many times as many seeds as an architecture has runs say that seeds differ between architectures."""

_NAMED = 3
"""How many trainings a remark names as examples."""
_LISTED = 6
"""How many numbers of epochs a remark lists."""


@dataclass
class TrainingRows:
    """The rows in order: the architecture of each (its place in ``members``, the codes that are kept), its run (of ``runs``) and
    its epochs (of ``at``).

    ``curves`` says that the epochs are points of one training. ``place`` are the rows that are kept, and ``remarks`` says what was
    left out, and what follows.
    """

    sheet: CellSheet
    place: np.ndarray
    architecture: np.ndarray
    run: np.ndarray
    epoch: np.ndarray
    members: np.ndarray
    runs: list[str]
    at: list[int]
    curves: bool
    counted: bool
    remarks: list[str] = field(default_factory=list)

    def array(self, values: np.ndarray) -> np.ndarray:
        """Numbers by row of the sheet as (architectures, runs, epochs), ``nan`` where there is no row."""
        found = np.full((len(self.members), len(self.runs), len(self.at)), np.nan)
        found[self.architecture, self.run, self.epoch] = values[self.place]
        return found

    def of_architecture(self, column: str) -> np.ndarray:
        """A number that the architecture alone decides, (architectures,), ``nan`` where no row has it; raises
        :class:`~nasbed.errors.DataError` where rows of one architecture differ.
        """
        values = self.sheet.numbers(column)
        found = np.full(len(self.members), np.nan)
        first: dict[int, int] = {}
        for place, arch in zip(self.place.tolist(), self.architecture.tolist(), strict=True):
            if np.isnan(values[place]):
                continue
            before = first.setdefault(arch, place)
            if values[place] != values[before]:
                self.sheet.refuse(
                    column,
                    place,
                    f"{values[place]:g}, and row {self.sheet.rows[before]} of the same architecture has {values[before]:g};"
                    " expected one number for each architecture, as their mean, or the split in its name if it is of trainings",
                )
            found[arch] = values[place]
        return found


def trained(sheet: CellSheet, roles: Roles, declared: Declarations, codes: np.ndarray) -> TrainingRows:
    """The trainings, of rows whose architectures are ``codes``, (rows,) from 0.

    Raises :class:`~nasbed.errors.DataError` for rows that repeat a training, and for numbers of epochs that are none.
    """
    epochs, counted = _epochs(sheet, roles)
    run, runs, renumbered = _runs(sheet, roles, codes)
    _require_once(sheet, roles, codes, run, epochs)
    several = len(set(epochs.tolist())) > 1
    curves = several and not declared.separate
    remarks = [renumbered] if renumbered else []
    if not counted:
        remarks.append("the number of epochs is not recorded: a training counts 1 epoch")
    kept, at = (
        _whole_curves(sheet, roles, codes, run, epochs, remarks) if curves else _all_schedules(codes, epochs, remarks)
    )
    if not kept.any() or len(set(codes[kept].tolist())) * 2 < len(set(codes.tolist())):
        raise DataError(
            f"{named(sheet.path)}: {'; '.join(remarks)}: fewer than half of the architectures would be left; expected the same"
            " numbers of epochs for all, so leave out those epochs or these architectures"
        )
    kept &= np.isin(epochs, at)
    place = np.flatnonzero(kept)
    members, architecture = np.unique(codes[place], return_inverse=True)
    used, run_at = np.unique(run[place], return_inverse=True)
    return TrainingRows(
        sheet, place, architecture, run_at, np.searchsorted(at, epochs[place]),
        members, [runs[one] for one in used.tolist()], at, curves, counted, remarks,
    )  # fmt: skip


def _epochs(sheet: CellSheet, roles: Roles) -> tuple[np.ndarray, bool]:
    if roles.epochs is None:
        return np.ones(len(sheet.rows), dtype=np.int64), False
    numbers = sheet.numbers(roles.epochs, absent="give the number of epochs in every row, or in none")
    wrong = np.flatnonzero((numbers < 1) | (numbers != np.rint(numbers)) | (numbers >= 2**31))
    if len(wrong):
        place = int(wrong[0])
        hint = "; epochs count from 1" if numbers[place] == 0 else ""
        sheet.refuse(
            roles.epochs,
            place,
            f"{sheet.cells[roles.epochs][place]}; expected a whole number of epochs from 1 on{hint}",
        )
    return numbers.astype(np.int64), True


def _runs(sheet: CellSheet, roles: Roles, codes: np.ndarray) -> tuple[np.ndarray, list[str], str]:
    """The run of each row, the names of all runs, and a remark where runs are numbered here."""
    if roles.run is None:
        return np.zeros(len(codes), dtype=np.int64), ["0"], ""
    texts = sheet.cells[roles.run]
    if "" in texts:
        sheet.refuse(roles.run, texts.index(""), "the cell is empty; expected the run or the seed of each training")
    names = sorted(set(texts), key=lambda text: (number_of(text) is None, number_of(text) or 0.0, text))
    place = {name: at for at, name in enumerate(names)}
    run = np.array([place[text] for text in texts])
    arch_of, run_of = np.divmod(np.unique(codes * len(names) + run), len(names))
    most = int(np.bincount(arch_of).max())
    if len(names) <= _APART * most:
        return run, names, ""
    first = np.searchsorted(arch_of, np.arange(arch_of.max() + 1))
    pairs = zip(arch_of.tolist(), run_of.tolist(), strict=True)
    number = {pair: at - first[pair[0]] for at, pair in enumerate(pairs)}
    numbered = np.array([number[pair] for pair in zip(codes.tolist(), run.tolist(), strict=True)])
    remark = f"{len(names):,} values of {roles.run} for at most {most} runs of an architecture: runs are numbered within each"
    return numbered, [str(at) for at in range(most)], remark


def _require_once(sheet: CellSheet, roles: Roles, codes: np.ndarray, run: np.ndarray, epochs: np.ndarray) -> None:
    """Each training stands once after each number of epochs."""
    keys = (codes * (run.max() + 1) + run) * (epochs.max() + 1) + epochs
    if len(np.unique(keys)) == len(keys):
        return
    seen: dict[tuple[int, int, int], int] = {}
    for place, key in enumerate(zip(codes.tolist(), run.tolist(), epochs.tolist(), strict=True)):
        before = seen.setdefault(key, place)
        if before == place:
            continue
        again = "leave one of them out, or give each its own run"
        if roles.run is None:
            again = "if they are repeated trainings, number them in a column run; else leave one of them out"
        elif roles.epochs is None:
            again += "; the epochs of one training stand in a column epochs"
        raise DataError(
            f"{named(sheet.path)}: rows {sheet.rows[before]} and {sheet.rows[place]} are of the same architecture"
            f"{f', {roles.run} {sheet.cells[roles.run][place]}' if roles.run else ''}"
            f"{f', after {epochs[place]} epochs' if roles.epochs else ''}: {again}"
        )


def _whole_curves(
    sheet: CellSheet, roles: Roles, codes: np.ndarray, run: np.ndarray, epochs: np.ndarray, remarks: list[str]
) -> tuple[np.ndarray, list[int]]:
    """The rows of trainings that reach the last epoch, and the epochs that all of those have."""
    last = int(epochs.max())
    _, training = np.unique(codes * (run.max() + 1) + run, return_inverse=True)
    whole = np.zeros(training.max() + 1, dtype=bool)
    whole[training[epochs == last]] = True
    kept = whole[training]
    if short := int((~whole).sum()):
        remarks.append(f"{short:,} of {len(whole):,} trainings end before epoch {last} and are left out")
    at, counts = np.unique(epochs[kept], return_counts=True)
    common = at[counts == whole.sum()].tolist()
    if left := sorted(set(at.tolist()) - set(common)):
        rows = np.bincount(training)
        ended = [end for end in np.flatnonzero(epochs == last).tolist() if rows[training[end]] < len(at)]
        found = []
        for end in ended[:_NAMED]:
            has = epochs[training == training[end]].tolist()
            found.append(f"{_whose(sheet, roles, end)} lacks {_some(sorted(set(left) - set(has)))}")
        if more := len(ended) - len(found):
            found.append(f"{more:,} other{'s lack' if more > 1 else ' lacks'} some, too")
        are = "is not that of every training and is" if len(left) == 1 else "are not those of every training and are"
        remarks.append(f"{len(left)} of {len(at)} numbers of epochs {are} left out: {_some(left)}; {', '.join(found)}")
    lost = set(codes.tolist()) - set(codes[kept].tolist())
    if lost:
        remarks.append(f"{len(lost):,} architectures have no training of {last} epochs and are left out")
    return kept, common


def _whose(sheet: CellSheet, roles: Roles, end: int) -> str:
    """A training by the row of its last epoch, and by its run where there are several."""
    run = f" ({roles.run} {sheet.cells[roles.run][end]})" if roles.run else ""
    return f"the training that ends in row {sheet.rows[end]}{run}"


def _some(numbers: list[int]) -> str:
    """Numbers one after the other; of many the first."""
    more = f" and {len(numbers) - _LISTED:,} more" if len(numbers) > _LISTED else ""
    return f"{', '.join(map(str, numbers[:_LISTED]))}{more}"


def _all_schedules(codes: np.ndarray, epochs: np.ndarray, remarks: list[str]) -> tuple[np.ndarray, list[int]]:
    """The rows of architectures that were trained for each number of epochs."""
    at = sorted(set(epochs.tolist()))
    of: dict[int, set[int]] = {}
    for arch, number in zip(codes.tolist(), epochs.tolist(), strict=True):
        of.setdefault(arch, set()).add(number)
    lacking = {arch for arch, numbers in of.items() if len(numbers) < len(at)}
    if lacking:
        remarks.append(
            f"{len(lacking):,} architectures lack a training of some of {', '.join(map(str, at))} epochs and are left out"
        )
    return np.array([arch not in lacking for arch in codes.tolist()]), at


def metric_values(rows: TrainingRows, metric: MetricColumn) -> np.ndarray:
    """A metric of trainings as (architectures, runs, epochs), in the unit of the table; those of test at the last epoch alone, so
    that cells before it may be empty. Raises :class:`~nasbed.errors.DataError` for what is no value of its unit.
    """
    sheet, name = rows.sheet, metric.column
    needed = rows.place if metric.split != "test" or not rows.curves else rows.place[rows.epoch == len(rows.at) - 1]
    values = sheet.numbers(name)
    empty = needed[np.isnan(values[needed])]
    if len(empty):
        sheet.refuse(
            name, int(empty[0]), f"the cell is empty, as {len(empty):,} are; where a training failed, {_FAILED}"
        )
    if metric.unit == "%":
        _require_percent(sheet, metric, values, needed)
    return rows.array(values * metric.scale)


def _require_percent(sheet: CellSheet, metric: MetricColumn, values: np.ndarray, needed: np.ndarray) -> None:
    name, held = metric.column, values[needed]
    most = 100.0 / metric.scale
    wrong = needed[(held < 0) | (held > most)]
    if len(wrong):
        unit = "percent" if metric.scale == 1 else "fractions"
        sheet.refuse(name, int(wrong[0]), f"{values[wrong[0]]:g} is outside 0 .. {most:g} in {unit}; {_units(metric)}")
    if not metric.said and held.max() <= 1:
        place = int(needed[held.argmax()])
        sheet.refuse(
            name,
            place,
            f"{values[place]:g} is the highest of all, which would be {values[place]:g} %; {_units(metric)}",
        )


def _units(metric: MetricColumn) -> str:
    side = "max" if metric.direction == "maximise" else "min"
    return f"say --metric {metric.name}:{side}:fraction for fractions of 1, {metric.name}:{side}:% for percent"


def mixed_up(rows: TrainingRows, metric: MetricColumn) -> str:
    """A remark where a few percentages are at most 1 and most are far above it, as fractions among them would be."""
    values = rows.sheet.numbers(metric.column)
    if metric.unit != "%" or metric.scale != 1:
        return ""
    low = rows.place[values[rows.place] <= 1]
    if not len(low) or np.nanmedian(values[rows.place]) < 5:
        return ""
    return (
        f"{rows.sheet.at(metric.column, int(low[0]))} has {values[low[0]]:g} %, and {len(low):,} values are at most 1 %: fractions"
        " among percentages?"
    )


def seconds_of(rows: TrainingRows, roles: Roles) -> np.ndarray | None:
    """Seconds since the beginning of each training, (architectures, runs, epochs), or of all of it, (architectures, runs); ``None``
    where none were recorded. Raises :class:`~nasbed.errors.DataError` for what cannot be.
    """
    if roles.seconds is None:
        return None
    sheet, name = rows.sheet, roles.seconds
    values = sheet.numbers(name, absent="give the seconds of every training, or leave the column out")
    wrong = np.flatnonzero(values <= 0)
    if len(wrong):
        place = int(wrong[0])
        sheet.refuse(
            name,
            place,
            f"{shown(sheet.cells[name][place])}; expected seconds above 0; leave the column out if none were measured",
        )
    found = rows.array(values)
    if not rows.curves:
        if roles.meter == "each" and (roles.epochs is None or rows.at != [1]):
            raise DataError(
                f"{named(sheet.path)}, column {shown(name)}: seconds of an epoch do not say what a training takes of which not"
                " every epoch is there; give the seconds of the whole training, in a column total_seconds"
            )
        return found
    if roles.meter == "each":
        return _summed(rows, name, found)
    steps = np.diff(found, axis=-1)
    bad = steps <= 0 if roles.meter == "cumulative" else steps != 0
    bad &= ~np.isnan(steps)
    if bad.any():
        arch, run, epoch = np.argwhere(bad)[0].tolist()
        at = (rows.architecture == arch) & (rows.run == run) & (rows.epoch == epoch + 1)
        before, after = found[arch, run, epoch], found[arch, run, epoch + 1]
        place = int(rows.place[at][0])
        if roles.meter == "total":
            sheet.refuse(
                name,
                place,
                f"{after:g}, and {before:g} at epoch {rows.at[epoch]} of the same training; expected one number for all of it",
            )
        sheet.refuse(
            name,
            place,
            f"{after:g} is not above {before:g} at epoch {rows.at[epoch]}; seconds count from the beginning of the training. Say"
            " --seconds each if they are of each epoch, --seconds total if of all of it, or --separate if each row is a training of"
            " its own",
        )
    return found[..., -1] if roles.meter == "total" else found


def _summed(rows: TrainingRows, name: str, found: np.ndarray) -> np.ndarray:
    """Seconds of each epoch, added up."""
    if rows.at != list(range(1, rows.at[-1] + 1)):
        raise DataError(
            f"{named(rows.sheet.path)}, column {shown(name)}: seconds of each epoch cannot be added up, since not all of 1 .."
            f" {rows.at[-1]} are there; give those since the beginning of the training"
        )
    return np.cumsum(found, axis=-1)
