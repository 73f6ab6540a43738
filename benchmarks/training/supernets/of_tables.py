"""Supernets beside a table that ``nasbed tabulate`` made: of its network, on its images, at its seconds."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from nasbed.benchmarks.tables.table import Table
from nasbed.benchmarks.training.device import device_of, trainer_of
from nasbed.benchmarks.training.images.table import digits
from nasbed.benchmarks.training.images.table.plan import cell_plan
from nasbed.benchmarks.training.local.scales import Scale, measure, path_of, scales_in
from nasbed.benchmarks.training.local.trainings import turn
from nasbed.benchmarks.training.supernets.kept import KeptSupernet, SupernetRequest, plan_of
from nasbed.vocabulary import SharedWeights

_FEW = 8
"""Cells that are timed where no folder keeps what they took."""
_MEASURED: dict[str, Scale] = {}
"""What was measured in this process, by the checksum of the table."""


def supernet_of(
    table: Table, weights: SharedWeights, seed: int, folder: Path | str | None, seconds: float
) -> KeptSupernet:
    """The supernet of a table's network, trained or found in ``folder``, its seconds scaled to those of the table."""
    plan = plan_of(weights)
    device_of("cpu")
    shape = cell_plan(table.manifest).shape
    scale = scale_of(table, folder).ratio
    return SupernetRequest(plan, shape, digits.splits(), seed, scale).trained(folder, seconds)


def scale_of(table: Table, folder: Path | str | None) -> Scale:
    """How many seconds of the table one second here is: measured once for a folder, or once in this process."""
    if folder is None:
        return _measured(table)
    folder = Path(folder)
    path = path_of(folder, table.manifest.checksum)
    with turn(path):
        known = scales_in(folder, table.manifest.checksum).get(trainer_of("cpu"))
        return known or measure(table, folder)


def _measured(table: Table) -> Scale:
    checksum = table.manifest.checksum
    if checksum not in _MEASURED:
        with TemporaryDirectory(prefix="nasbed-") as folder:
            _MEASURED[checksum] = measure(table, Path(folder), _FEW)
    return _MEASURED[checksum]
