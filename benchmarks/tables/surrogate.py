"""Models in ONNX that were fitted to recorded trainings, as what answers: the same numbers however many rows are asked at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.errors import BenchmarkError, DataError, OptionError, told
from nasbed.vocabulary.tasks import installing

ROWS = 4
"""Rows are asked for in multiples of four, the last repeated where some are lacking. The kernels of onnxruntime multiply one to
three rows in another order of sums than four or more, so that an answer would depend on what else is asked.
"""
COMPARED = 64 * ROWS
"""Rows of the first batch that are also asked for by fours, to see whether this machine gives the same bits."""
TOGETHER = 1_024 * ROWS
"""Rows of a call."""


@dataclass(frozen=True)
class ModelInput:
    """An input of a model: its name, how many numbers a row of it has, and their type, ``int32`` or ``float32``."""

    name: str
    width: int
    dtype: str


class Batches:
    """Answers of a model to any number of rows, bit for bit those that each row would have alone.

    ``run`` takes the inputs, each (rows, width), and gives (rows, outputs). That rows by fours and in one call have the same
    answers is seen on the first batch; where they have not, all are asked for by fours.
    """

    def __init__(self, run: Callable[[Sequence[np.ndarray]], np.ndarray]) -> None:
        self._run = run
        self.together: bool | None = None

    def answers(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """The outputs of the model, (rows, outputs)."""
        rows = len(inputs[0])
        if not rows:
            raise ValueError("no rows")
        padded = [np.concatenate([one, np.repeat(one[-1:], -rows % ROWS, axis=0)]) for one in inputs]
        whole = len(padded[0])
        if self.together is None and whole > ROWS:
            first = [one[:COMPARED] for one in padded]
            self.together = np.array_equal(self._run(first), self._by(first, ROWS))
        return self._by(padded, TOGETHER if self.together else ROWS)[:rows]

    def _by(self, inputs: Sequence[np.ndarray], rows: int) -> np.ndarray:
        starts = range(0, len(inputs[0]), rows)
        return np.concatenate([self._run([one[start : start + rows] for one in inputs]) for start in starts])


@dataclass(frozen=True)
class Surrogate:
    """The model ``file`` of a table, its inputs and the number of its outputs.

    It is loaded by onnxruntime when it is first asked, once in each process (a session does not survive a fork), and computes in
    one thread.
    """

    manifest: Manifest
    file: str
    inputs: tuple[ModelInput, ...]
    outputs: int

    def answers(self, *inputs: np.ndarray) -> np.ndarray:
        """The outputs for rows of the inputs, (rows, outputs) as float64.

        Raises :class:`~nasbed.errors.OptionError` without onnxruntime, :class:`~nasbed.errors.DataError` for a damaged or another
        model, :class:`~nasbed.errors.BenchmarkError` where the model fails or answers what is no finite number.
        """
        batches = _loaded(self)
        given = [one.astype(expected.dtype) for one, expected in zip(inputs, self.inputs, strict=True)]
        try:
            found = batches.answers(given)
        except Exception as error:
            raise BenchmarkError(f"the surrogate {self.file} of {self.manifest.name} failed: {told(error)}") from None
        if not np.isfinite(found).all():
            raise BenchmarkError(
                f"the surrogate {self.file} of {self.manifest.name} answered what is no finite number; import it again"
            )
        return found.astype(np.float64)


_LOADED: dict[tuple[int, str, str], Batches] = {}
"""The models that were asked, by process, place and checksum."""


def _loaded(surrogate: Surrogate) -> Batches:
    file = surrogate.file
    place = os.getpid(), str(surrogate.manifest.folder / file), surrogate.manifest.files.get(file, "")
    if place not in _LOADED:
        _LOADED[place] = Batches(_opened(surrogate))
    return _LOADED[place]


def _opened(surrogate: Surrogate) -> Callable[[Sequence[np.ndarray]], np.ndarray]:
    name = surrogate.manifest.name
    require_onnxruntime(name)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    content = surrogate.manifest.file(surrogate.file)
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise DataError(
            f"{surrogate.manifest.folder / surrogate.file} is no model that onnxruntime {onnxruntime.__version__} can load"
            f" ({told(error)}); import {name} again, or install another onnxruntime"
        ) from None
    _require_signature(session, surrogate)
    names = [one.name for one in surrogate.inputs]
    output = session.get_outputs()[0].name

    def run(inputs: Sequence[np.ndarray]) -> np.ndarray:
        (found,) = session.run([output], dict(zip(names, inputs, strict=True)))
        return np.asarray(found)

    return run


def require_onnxruntime(name: str) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where onnxruntime, which answers for a surrogate, is not installed."""
    if find_spec("onnxruntime") is None:
        raise OptionError(
            f"{name} is a surrogate, which onnxruntime computes, and that is not installed: {installing('nasbed[surrogate]')}"
        )


def _require_signature(session: Any, surrogate: Surrogate) -> None:
    """Raises :class:`~nasbed.errors.DataError` for a model with other inputs or outputs than are expected."""
    types = {"int32": "tensor(int32)", "float32": "tensor(float)"}
    expected = [(one.name, types[one.dtype], one.width) for one in surrogate.inputs]
    found = [(one.name, one.type, one.shape[-1]) for one in session.get_inputs()]
    outputs = [one.shape[-1] for one in session.get_outputs()]
    if found != expected or outputs != [surrogate.outputs]:
        raise DataError(
            f"{surrogate.manifest.folder / surrogate.file} takes {_said(found)} and gives {outputs} numbers a row; expected"
            f" {_said(expected)} and [{surrogate.outputs}]: it is another model, import {surrogate.manifest.name} again"
        )


def _said(inputs: Sequence[tuple[Any, ...]]) -> str:
    return ", ".join(f"{name} ({kind}, {width})" for name, kind, width in inputs)
