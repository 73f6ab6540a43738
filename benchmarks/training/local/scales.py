"""How seconds of this machine compare with those that a table recorded; measured once, and kept beside local trainings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.tables.table import Table
from nasbed.benchmarks.training.images.table.plan import cell_plan
from nasbed.benchmarks.training.local.local_trainings import trained_cell
from nasbed.benchmarks.training.local.trainings import MadeTraining
from nasbed.errors import DataError, OptionError
from nasbed.files import atomic_write
from nasbed.numeric import real, require_whole
from nasbed.progress import Progress, silent
from nasbed.streams import stream
from nasbed.vocabulary import Budget

_FORM = 1


@dataclass(frozen=True)
class Scale:
    """Seconds of a table for one second here: the median ``ratio`` over a ``sample`` of cells, with its quartiles."""

    ratio: float
    lower: float
    upper: float
    sample: int

    def __str__(self) -> str:
        return (
            f"{self.ratio:.3g} seconds of the table for one of the CPU here (median of {self.sample} cells; quartiles"
            f" {self.lower:.3g} and {self.upper:.3g})"
        )


def path_of(folder: Path, checksum: str) -> Path:
    """The file in a folder of local trainings that holds the scales to the table with a checksum."""
    return folder / f"scale-{checksum[:16]}.json"


def scales_in(folder: Path, checksum: str) -> dict[str, Scale]:
    """The scales to a table, by what trained (version of PyTorch, and CPU); none where nothing has been measured.

    Raises :class:`~nasbed.errors.DataError` for a damaged file.
    """
    path = path_of(folder, checksum)
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        content = None
    try:
        if not isinstance(content, dict) or content["form"] != _FORM:
            raise ValueError
        return {trainer: _scale(given) for trainer, given in content["scales"].items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise DataError(f"{path} is damaged; delete it, then measure again: nasbed scale {folder}") from None


def _scale(given: Mapping[str, Any]) -> Scale:
    found = Scale(**given)
    for number in (found.ratio, found.lower, found.upper):
        if not (value := real(number)) or value < 0:
            raise ValueError(number)
    return found


class LocalSeconds:
    """What trainings in a folder are charged in seconds of a table: those of their CPU, times the scale of what made them.

    Without any scale they are charged as they are, and where the clock decides that is refused.
    """

    def __init__(self, table: Table, folder: Path) -> None:
        self._table, self._folder = table, folder
        self._scales = scales_in(folder, table.manifest.checksum)
        timed = (
            f"measure it: nasbed scale {folder}" if table.manifest.study else "use a budget of epochs or evaluations"
        )
        self._remedy = timed

    def require(self, budget: Budget, workers: int) -> None:
        """Raises :class:`~nasbed.errors.OptionError` where the clock decides and nothing says what seconds here are."""
        counted = budget.meter.clock or budget.meter.cost == "seconds"
        if (counted or workers > 1) and not self._scales:
            raise OptionError(
                f"{f'a budget of {budget}' if counted else f'workers = {workers}'} counts seconds of the table {self._table.name},"
                f" and {self._folder} holds no scale between them and those of this machine; {self._remedy}"
            )

    def charged(self, made: MadeTraining, epochs: int) -> float:
        """The seconds of a training up to an epoch.

        Raises :class:`~nasbed.errors.DataError` where others have a scale and what made this one has none.
        """
        return sum(made.seconds[:epochs]) * self.ratio(str(made.made.get("trainer")))

    def ratio(self, trainer: str) -> float:
        """Seconds of the table for one of what trains; 1 where there is no scale at all.

        Raises :class:`~nasbed.errors.DataError` where others have a scale and this one has none.
        """
        if self._scales and trainer not in self._scales:
            raise DataError(
                f"{self._folder} holds no scale between the seconds of {self._table.name} and those of {trainer};"
                f" measure it on that machine: nasbed scale {self._folder}"
            )
        return self._scales[trainer].ratio if self._scales else 1.0

    def sentence(self) -> str:
        """What captions say of it."""
        return f"trainings made here cost seconds of the CPU, {self.words()}"

    def words(self) -> str:
        """By what seconds of the CPU are multiplied."""
        scaled = " and ".join(f"{scale.ratio:.3g} ({scale.sample} cells timed)" for scale in self._scales.values())
        return f"times {scaled} for those of the table" if scaled else "not scaled to those of the table"

    def described(self) -> str:
        """The scales, as text that changes when one of them does."""
        return json.dumps({trainer: asdict(scale) for trainer, scale in sorted(self._scales.items())})


def measure(table: Table, folder: Path, sample: int = 24, progress: Progress | None = None) -> Scale:
    """Time an epoch of a random sample of the table's cells here, each alone, and keep the scale in a folder of local trainings.

    Raises :class:`~nasbed.errors.OptionError` for a sample of no cells, :class:`~nasbed.errors.StoreError` where nothing
    can be written.
    """
    from nasbed.benchmarks.training.device import device_of, trainer_of
    from nasbed.benchmarks.training.images.table.shards import Shard, seconds_alone

    device_of("cpu")
    count = require_whole("sample", sample, 3, 1_000)
    plan, progress = cell_plan(table.manifest), progress or silent
    rng = stream(0, "scale", "sample")
    ratios = []
    for done, index in enumerate([rng.below(table.space.size) for _ in range(count + 1)]):
        cell = trained_cell(table, index)
        shard = Shard(0, (cell,), plan.first_seed, plan.shape, plan.recipe, timed=True)
        ratios.append(float(table.costs[index]) / table.epochs[-1] / seconds_alone(shard, cell, "cpu"))
        progress("timing", done, count)
    lower, ratio, upper = np.quantile(ratios[1:], (0.25, 0.5, 0.75)).tolist()  # the first warms up
    found = Scale(ratio, lower, upper, count)
    known = {**scales_in(folder, table.manifest.checksum), trainer_of("cpu"): found}
    content = {"form": _FORM, "table": table.name, "scales": {name: asdict(one) for name, one in known.items()}}
    atomic_write(path_of(folder, table.manifest.checksum), json.dumps(content, indent=1), "use another folder")
    return found
