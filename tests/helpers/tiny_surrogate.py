"""A surrogate of LCBench in the published layout, of one multiplication of matrices: what it says can be computed by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from nasbed.benchmarks.convert import lcbench as converter
from nasbed.benchmarks.spaces.lcbench import GRIDS, LONGEST, TASKS

WEIGHTS = np.array(
    # seconds, accuracy, cross-entropy, balanced accuracy; on test cross-entropy, balanced accuracy
    [
        [2.0, 0.5, -0.01, 0.005, -0.01, 0.004],  # epoch
        [-0.01, 0.01, 0.001, 0.0001, 0.0, 0.0002],  # batch_size
        [5.0, 20.0, -1.0, 0.5, -1.0, 0.4],  # learning_rate
        [0.0, 5.0, -0.2, 0.04, -0.2, 0.05],  # momentum
        [0.0, -9.0, 1.0, -0.1, 1.0, -0.2],  # weight_decay
        [1.0, 1.0, -0.05, 0.01, -0.05, 0.02],  # num_layers
        [0.01, 0.01, -0.0002, 0.0002, -0.0002, 0.0001],  # max_units
        [0.0, -3.0, 0.1, -0.03, 0.1, -0.02],  # max_dropout
    ],
    dtype=np.float32,
)
BIAS = np.array([10.0, 20.0, 2.0, 0.1, 2.0, 0.15], dtype=np.float32)
BY_TASK = np.array([[0.5, 0.2, 0.01, 0.002, 0.01, 0.003]], dtype=np.float32)


def expected(task: int, continuous: np.ndarray) -> np.ndarray:
    """What the model says of rows, (rows, 6)."""
    return np.asarray(continuous @ WEIGHTS.astype(float) + task * BY_TASK.astype(float) + BIAS.astype(float))


def model(continuous: int = 8, outputs: int = 6) -> bytes:
    """The model as a file of ONNX, of the opset of the published one."""
    weights = {"weights": WEIGHTS[:continuous, :outputs], "by_task": BY_TASK[:, :outputs], "bias": BIAS[:outputs]}
    nodes = [
        helper.make_node("Cast", ["x_cat"], ["task"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["task", "by_task"], ["of_task"]),
        helper.make_node("Gemm", ["x_cont", "weights", "bias"], ["of_values"]),
        helper.make_node("Add", ["of_values", "of_task"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("x_cat", TensorProto.INT32, ["rows", 1]),
            helper.make_tensor_value_info("x_cont", TensorProto.FLOAT, ["rows", continuous]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["rows", outputs])],
        [numpy_helper.from_array(np.ascontiguousarray(values), name) for name, values in weights.items()],
    )
    content: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7
    ).SerializeToString()
    return content


def described() -> dict[str, bytes]:
    """``config_space.json`` and ``encoding.json`` as published, without what nothing reads."""
    entries = [{"name": "OpenML_task_id", "type": "categorical", "choices": list(TASKS)}]
    ends = {variable.name: (variable.values[0], variable.values[-1]) for variable in GRIDS["published"]}
    for name, (low, high) in {**ends, "epoch": (1, LONGEST)}.items():
        kind = "uniform_int" if isinstance(high, int) else "uniform_float"
        entries.append({"name": name, "type": kind, "lower": low, "upper": high})
    numbers = {task: place for place, task in enumerate(TASKS, 1)}
    return {
        "config_space.json": json.dumps({"hyperparameters": entries}).encode(),
        "encoding.json": json.dumps({"OpenML_task_id": numbers}).encode(),
    }


def written(folder: Path, **changed: bytes) -> list[Path]:
    """The three files in a folder; ``changed`` are others by the first word of their names."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {**described(), "model.onnx": model()}
    for name, content in files.items():
        (folder / name).write_bytes(changed.get(name.split(".")[0].split("_")[0], content))
    return [folder / name for name in files]


def imported(home: Path) -> Path:
    """The table of the tiny surrogate in a data home."""
    converter.convert(written(home / "files"), home / "lcbench", lambda what, done, total: None)
    return home
