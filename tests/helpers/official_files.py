"""Files in the exact official layout of NAS-Bench-201 and NATS-Bench, made up, and what a table must hold of them."""

from __future__ import annotations

import bz2
import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from places import SHARED

from nasbed.benchmarks import convert
from nasbed.benchmarks.convert import _pickles, _rows, _torchfile, nasbench201_official, nats_size, nats_topology
from nasbed.benchmarks.spaces.nats_size import NATSSizeSpace
from nasbed.benchmarks.tables.manifest import Column, Manifest

SAMPLE = SHARED / "data" / "nats-bench-sample"
TSS, SSS = "NATS-tss-v1_0-3ffb9-simple", "NATS-sss-v1_0-50262-simple"
SIZE = NATSSizeSpace()
COUNT = 4
FIRST = {module: module.LAYOUT.texts()[:COUNT] for module in (nats_topology, nats_size, nasbench201_official)}
DATASETS = _rows.DATASETS
SETS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("ori-test", "x-valid", "x-test"),
    "ImageNet16-120": ("ori-test", "x-valid", "x-test"),
}
Record = dict[str, Any]
States = dict[Any, Any]


def quiet(what: str, done: int, total: int) -> None:
    assert what in ("reading", "writing")
    assert 0 <= done <= total


def record(dataset: str, seed: int, epochs: int, text: str) -> Record:
    """The state of one training, with numbers of its own."""
    rng = np.random.default_rng([DATASETS.index(dataset), seed, epochs, *text.encode()])
    seconds, passes = float(rng.uniform(5, 20)), float(rng.uniform(0.5, 2))

    def accuracies(name: str) -> list[float]:
        images = _rows.PARTS[dataset, name].images
        return [100.0 * int(count) / images for count in rng.integers(0, images + 1, epochs)]

    made: Record = {
        "name": dataset,
        "train_acc1es": dict(enumerate(accuracies("train"))),
        "train_acc5es": None,
        "train_losses": dict(enumerate(rng.random(epochs).tolist())),
        "train_times": OrderedDict((epoch, seconds) for epoch in range(epochs)),
        "arch_config": {"channel": 16, "num_cells": 5, "arch_str": text, "class_num": 10},
        "params": np.float64(0.129306),
        "flop": 15.64737,
        "seed": f"{seed:04d}",
        "epochs": epochs,
        "latency": [np.float64(seconds / 1000)],
        "eval_names": list(SETS[dataset]),
        "eval_acc1es": {},
        "eval_times": {},
        "eval_losses": {},
        "net_state_dict": None,
    }
    for name in SETS[dataset]:
        whole = epochs < 200 or (name == "x-valid") == (dataset == "cifar10-valid")
        values = accuracies(name)
        for epoch in range(epochs):
            key = f"{name}@{epoch}"
            made["eval_times"][key] = passes
            if (whole and name != "x-test") or epoch == epochs - 1 or epochs < 200:
                made["eval_acc1es"][key] = values[epoch]
                made["eval_losses"][key] = float(rng.random())
    return made


def state(index: int, text: str, epochs: int, seeds: dict[str, list[int]]) -> States:
    results = {(name, seed): record(name, seed, epochs, text) for name in reversed(DATASETS) for seed in seeds[name]}
    return {
        "arch_index": index,
        "arch_str": text,
        "all_results": results,
        "dataset_seed": seeds,
        "clear_net_done": True,
    }


def topology(index: int) -> States:
    """The states of one cell: three seeds of 200 epochs for even indices, two for odd ones."""
    made: States = pickle.loads(pickled_cell(index))
    return made


@cache
def pickled_cell(index: int) -> bytes:
    text = nats_topology.LAYOUT.texts()[index]
    less = {name: [111, 777] if name == "cifar10-valid" else [111] for name in DATASETS}
    full = {name: [777, 888] if index % 2 else [777, 888, 999] for name in DATASETS}
    return pickle.dumps(OrderedDict({"12": state(index, text, 12, less), "200": state(index, text, 200, full)}), 4)


def size(index: int) -> States:
    text = nats_size.LAYOUT.texts()[index]
    seeds = {"01": (1, [777]), "12": (12, [777, 888, 999]), "90": (90, [777])}
    return OrderedDict(
        {key: state(index, text, epochs, dict.fromkeys(DATASETS, some)) for key, (epochs, some) in seeds.items()}
    )


def listed(states: dict[int, States] | None, texts: list[str]) -> Record:
    return {
        "meta_archs": texts,
        "total_archs": len(texts),
        "arch2infos": states,
        "evaluated_indexes": set(states or ()),
    }


def packed(content: object) -> bytes:
    return bz2.compress(pickle.dumps(content, 4))


def unpacked(path: Path) -> Any:
    return _pickles.load(bz2.decompress(path.read_bytes()), _torchfile.ADMITTED)


def nats_folder(folder: Path, states: dict[int, States], texts: list[str]) -> Path:
    folder.mkdir()
    (folder / "meta.pickle.pbz2").write_bytes(packed(listed(None, texts)))
    for index, one in states.items():
        (folder / f"{index:06d}.pickle.pbz2").write_bytes(packed(one))
    return folder


def legacy(content: object, pickled: bytes | None = None) -> bytes:
    """What ``torch.save`` wrote until version 1.5: five pickles, and then the numbers of the tensors."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    head = [0x1950A86A20F9469CFC6C, 1001, system]
    body = pickle.dumps(content, 2) if pickled is None else pickled
    return (
        b"".join(pickle.dumps(part, 2) for part in head)
        + body
        + pickle.dumps(["0"], 2)
        + struct.pack("<q4f", 4, 1, 2, 3, 4)
    )


def zipped(content: object, pickled: bytes | None = None) -> bytes:
    """What it writes since."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(content, 2) if pickled is None else pickled)
        archive.writestr("archive/data/0", struct.pack("<4f", 1, 2, 3, 4))
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def pth(states: dict[int, States]) -> Record:
    """The content of a NAS-Bench-201 file."""
    both = {index: {"full": one["200"], "less": one["12"]} for index, one in states.items()}
    return listed(both, nats_topology.LAYOUT.texts())


def cells() -> dict[int, States]:
    return {index: topology(index) for index in range(COUNT)}


def bring(name: str, path: Path) -> Manifest:
    return convert.import_table(name, path, quiet)


def sums(manifest: Manifest) -> dict[str, str]:
    return {column.file: column.sha256 for column in manifest.columns}


def bad_pickle(tmp_path: Path) -> object:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "ran"),)

    return {"meta_archs": [Evil()], "b": 1}


def expected(manifest: Manifest, column: Column, states: dict[int, States]) -> np.ndarray:
    """What the official records say of a column, in its unit; ``nan`` where nothing was recorded."""
    epochs = column.at or [column.epochs]
    values = np.full((COUNT, len(manifest.runs), len(epochs)), np.nan)
    for index, one in states.items():
        for part in one.values():
            for (dataset, seed), trial in part["all_results"].items():
                if (dataset, trial["epochs"]) == (column.dataset, column.epochs or max(manifest.epochs)):
                    run = manifest.runs.index(str(int(seed)))
                    values[index, run] = [recorded(column, trial, epoch - 1) for epoch in epochs]
    if "run" not in column.axes:
        return np.array(
            [np.mean(runs[~np.isnan(runs)]) if np.isfinite(runs).any() else np.nan for runs in values[..., 0]]
        )
    return values if "epoch" in column.axes else values[..., 0]


def recorded(column: Column, trial: Record, epoch: int) -> float:
    names = {_rows.PARTS[column.dataset, name].split: name for name in ("train", *SETS[column.dataset])}
    match column.metric:
        case "accuracy" | "loss":
            kind = "acc1es" if column.metric == "accuracy" else "losses"
            name = names[column.split]
            found = (
                trial[f"train_{kind}"].get(epoch) if name == "train" else trial[f"eval_{kind}"].get(f"{name}@{epoch}")
            )
            return float("nan") if found is None else float(found)
        case "training_time":
            return float(sum(trial["train_times"].values()))
        case "evaluation_time":
            return float(trial["eval_times"][f"{names[column.split]}@{column.epochs - 1}"])
        case "latency":
            return float(trial["latency"][0])
        case "recorded_parameters":
            return float(trial["params"])
        case "parameters" | "flops":
            return float(round(1e6 * trial["params" if column.metric == "parameters" else "flop"]))
        case "recorded_flops":
            return float(trial["flop"])
    raise AssertionError(column.metric)


def require_all_recorded(manifest: Manifest, states: dict[int, States]) -> None:
    for column in manifest.columns:
        if column.metric in ("parameters", "flops"):  # computed, and the numbers of these records are made up
            continue
        want = expected(manifest, column, states)
        for place, epoch in enumerate(column.at or [None]):
            ours = manifest.read(column, epoch)
            theirs = want if epoch is None else want[..., place]
            exact = column.metric != "loss"
            np.testing.assert_allclose(ours, theirs, rtol=1e-15 if exact else 6e-8, err_msg=column.file)
