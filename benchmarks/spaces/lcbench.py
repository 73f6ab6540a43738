"""The space of LCBench: two decisions of a network and five of its training, on a grid, and its data sets."""

from __future__ import annotations

import json
from functools import cache
from math import isclose
from typing import Any

from nasbed.benchmarks.spaces.joint import LongJointGridSpace
from nasbed.benchmarks.spaces.steps import linear, logarithmic, logarithmic_whole
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.errors import DataError, shown

LONGEST = 52
"""Epochs of the longest training."""
TASKS = (
    "3945", "7593", "34539", "126025", "126026", "126029", "146212", "167104", "167149", "167152", "167161", "167168", "167181",
    "167184", "167185", "167190", "167200", "167201", "168329", "168330", "168331", "168335", "168868", "168908", "168910",
    "189354", "189862", "189865", "189866", "189873", "189905", "189906", "189908", "189909",
)  # fmt: skip
"""The data sets, as tasks of OpenML."""
_TASK = "OpenML_task_id"
_SHARED = (
    Variable("batch_size", logarithmic_whole(16, 512, 21), "hyperparameters"),
    Variable("learning_rate", logarithmic(1e-4, 0.1, 31), "hyperparameters"),
)
_DROPOUT = Variable("max_dropout", linear(0, 1, 21), "hyperparameters")
_UNITS = Variable("max_units", logarithmic_whole(64, 1024, 17), "architecture")
_DECAYS = linear(0.001, 0.1, 100)
GRIDS = {
    "fitted": (
        Variable("num_layers", (1, 2, 3, 4), "architecture"),
        _UNITS,
        *_SHARED,
        Variable("momentum", linear(0.1, 0.98, 23), "hyperparameters"),
        Variable("weight_decay", (0.0001, *_DECAYS), "hyperparameters"),
        _DROPOUT,
    ),
    "published": (
        Variable("num_layers", (1, 2, 3, 4, 5), "architecture"),
        _UNITS,
        *_SHARED,
        Variable("momentum", (*linear(0.1, 0.98, 23), 0.99), "hyperparameters"),
        Variable("weight_decay", (0.00001, *_DECAYS), "hyperparameters"),
        _DROPOUT,
    ),
}
"""The variables by grid: ``published`` goes to the ends of the ranges that the authors of the surrogate give, ``fitted`` as far as
the trainings that it was fitted to, but for a hundredth of a range: none of them had five layers, a momentum above 0.983 or a
weight decay below 0.00005, as the normalisation within the model says.
"""
DEFAULT: dict[str, float | str] = {
    "num_layers": 3,
    "max_units": 256,
    "batch_size": 91,
    "learning_rate": 0.00316,
    "momentum": 0.54,
    "weight_decay": 0.05,
    "max_dropout": 0.5,
}
"""The default of the published space, at the nearest points of the grids."""


@cache
def space_of(grid: str) -> LongJointGridSpace:
    """The joint space of a grid, made once."""
    return LongJointGridSpace(f"lcbench, {grid} grid", GRIDS[grid], DEFAULT)


def described(config_space: bytes, encoding: bytes) -> dict[str, int]:
    """The number by which the surrogate knows each data set, of the published ``encoding.json``, once ``config_space.json`` has
    been found to say the ranges of the grid ``published``, the epochs and the data sets. Raises
    :class:`~nasbed.errors.DataError`.
    """
    try:
        said = {one["name"]: one for one in json.loads(config_space)["hyperparameters"]}
        numbers = json.loads(encoding)[_TASK]
        tasks = said[_TASK]["choices"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"config_space.json or encoding.json of lcbench is not as published ({type(error).__name__}: {error}); import the"
            " published files"
        ) from None
    expected = [(variable.name, variable.values) for variable in GRIDS["published"]]
    for name, values in [*expected, ("epoch", (1, LONGEST))]:
        if not _spans(said.get(name), values):
            raise DataError(
                f"config_space.json of lcbench has {name} = {shown(said.get(name))}; expected {type(values[-1]).__name__} from"
                f" {values[0]} to {values[-1]}: it is of another space, import the published files"
            )
    if sorted(tasks) != sorted(TASKS) or not all(type(numbers.get(task)) is int for task in TASKS):
        raise DataError(
            f"config_space.json of lcbench has the data sets {shown(tasks)}, and encoding.json numbers {shown(sorted(numbers))};"
            f" expected the {len(TASKS)} published ones in both: import the published files"
        )
    return {task: numbers[task] for task in TASKS}


def _spans(entry: Any, values: tuple[float | str, ...]) -> bool:
    """Whether a hyperparameter, as ``config_space.json`` has it, goes from the first to the last of some values."""
    if not isinstance(entry, dict):
        return False
    ends = [(entry.get("lower"), values[0]), (entry.get("upper"), values[-1])]
    kind = "uniform_int" if isinstance(values[-1], int) else "uniform_float"
    return entry.get("type") == kind and all(
        isinstance(one, int | float) and isclose(one, float(other), rel_tol=1e-9) for one, other in ends
    )
