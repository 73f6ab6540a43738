"""Made-up trainings as the official files have them, and the tables that the converter makes of such files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks import compat
from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.tables.manifest import Column, Manifest

DATASETS = ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")
SPLITS = {
    "cifar10-valid": {"train": "train", "x-valid": "validation", "ori-test": "test"},
    "cifar10": {"train": "train", "ori-test": "test"},
    "cifar100": {"train": "train", "x-valid": "validation", "x-test": "test", "ori-test": "mixture"},
    "ImageNet16-120": {"train": "train", "x-valid": "validation", "x-test": "test", "ori-test": "mixture"},
}
IMAGES = {
    "cifar10-valid": {"train": 25_000, "x-valid": 25_000, "ori-test": 10_000},
    "cifar10": {"train": 50_000, "ori-test": 10_000},
    "cifar100": {"train": 50_000, "x-valid": 5_000, "x-test": 5_000, "ori-test": 10_000},
    "ImageNet16-120": {"train": 151_700, "x-valid": 3_000, "x-test": 3_000, "ori-test": 6_000},
}
CLASSES = {"cifar10-valid": 10, "cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}

State = dict[str, Any]
States = dict[int, dict[str, State]]
"""Architecture -> schedule -> ``ArchResults`` state, as in the official files."""


def training(dataset: str, seed: int, epochs: int, at: list[int], config: State, costs: tuple[float, float]) -> State:
    rng = np.random.default_rng([CLASSES[dataset], seed, epochs, *map(ord, config["arch_str"])])
    seconds = float(rng.uniform(5, 50))
    evaluated = [name for name in SPLITS[dataset] if name != "train"]
    if epochs == 200:
        evaluated.sort(key=lambda name: len(recorded(dataset, name, epochs, at)), reverse=True)
    accuracies, losses, times = {}, {}, {}
    for name in evaluated:
        images, once = IMAGES[dataset][name], float(rng.uniform(0.2, 2))
        for i in recorded(dataset, name, epochs, at):
            accuracies[f"{name}@{i}"] = 100 * int(rng.integers(1, images)) / images
            losses[f"{name}@{i}"] = float(np.float32(rng.uniform(0.1, 5)))
        times |= {f"{name}@{i}": once for i in range(epochs)}
    images = IMAGES[dataset]["train"]
    return {
        "name": dataset,
        "train_acc1es": {i: 100 * int(rng.integers(1, images)) / images for i in at},
        "train_acc5es": None,
        "train_losses": {i: float(np.float32(rng.uniform(0.1, 5))) for i in at},
        "train_times": dict.fromkeys(range(epochs), seconds),
        "arch_config": config,
        "params": costs[1],
        "flop": costs[0],
        "seed": f"{seed:04d}",
        "epochs": epochs,
        "latency": [0.01 + costs[0] / 1e5],
        "eval_names": evaluated,
        "eval_acc1es": accuracies,
        "eval_times": times,
        "eval_losses": losses,
        "net_state_dict": None,
    }


def recorded(dataset: str, name: str, epochs: int, at: list[int]) -> list[int]:
    """As in the official files: after 200 epochs one set of each data set was evaluated along the training."""
    along = "x-valid" if dataset == "cifar10-valid" else "ori-test"
    return at if epochs != 200 or name in ("train", along) else at[-1:]


def trained(index: int, arch: str, seeds: Callable[[int, str], list[int]], at: dict[int, list[int]], size: bool) -> Any:
    schedules = {}
    for epochs, recorded_at in at.items():
        results = {}
        for dataset in DATASETS:
            config: State = {"channel": 16, "num_cells": 5, "arch_str": arch, "class_num": CLASSES[dataset]}
            if size:
                cell = compat._trainings.CELL
                config = {"name": "infer.shape.tiny", "channels": arch, "arch_str": arch, "genotype": cell}
                config["class_num"] = CLASSES[dataset]
            pixels = 16 if dataset == "ImageNet16-120" else 32
            flops, parameters = compat._counts.counts("nats_size" if size else "nasbench201", CLASSES[dataset], pixels)
            costs = float(flops[index]), float(parameters[index])
            for seed in seeds(epochs, dataset):
                results[dataset, seed] = training(dataset, seed, epochs, recorded_at, config, costs)
        schedules[f"{epochs:02d}"] = {
            "arch_index": index,
            "arch_str": arch,
            "all_results": results,
            "dataset_seed": {dataset: seeds(epochs, dataset) for dataset in DATASETS},
            "clear_net_done": True,
        }
    return schedules


TOPOLOGIES = (0, 11, 9930)
SIZES = (0, 284, 32767)


def topologies() -> States:
    at = {12: list(range(12)), 200: [0, 5, 199]}

    def seeds(index: int) -> Callable[[int, str], list[int]]:
        full = [777, 888] if index == 11 else [777, 888, 999]
        return lambda epochs, dataset: full if epochs == 200 else [111, 777] if dataset == "cifar10-valid" else [111]

    names = compat._names.topologies()
    return {index: trained(index, names[index], seeds(index), at, size=False) for index in TOPOLOGIES}


def sizes() -> States:
    at = {1: [0], 12: list(range(12)), 90: [0, 44, 89]}
    names = compat._names.sizes()
    return {
        index: trained(index, names[index], lambda epochs, _: [777, 888, 999] if epochs == 12 else [777], at, size=True)
        for index in SIZES
    }


def write_table(home: Path, name: str, states: States, version: str) -> Manifest:
    size = name == "nats_size"
    count = 32_768 if size else 15_625
    schedules = sorted({int(hp) for by_hp in states.values() for hp in by_hp})
    trainings = {
        (index, int(hp), dataset, seed): result
        for index, by_hp in states.items()
        for hp, state in by_hp.items()
        for (dataset, seed), result in state["all_results"].items()
    }
    seeds = sorted({seed for *_, seed in trainings})
    columns: list[tuple[Column, np.ndarray]] = []

    def add(
        dataset: str, epochs: int, metric: str, split: str, axes: list[str], array: np.ndarray, **more: Any
    ) -> None:
        stem = metric if split == "none" else f"{split}_{metric}"
        file = f"{dataset}/{epochs}/{stem}.npy"
        columns.append((Column(file, metric, split, dataset, "", "none", axes, "made up", epochs, **more), array))  # type: ignore[arg-type]

    for dataset in DATASETS:
        for epochs in schedules:
            made = {(i, seeds.index(s)): r for (i, e, d, s), r in trainings.items() if (e, d) == (epochs, dataset)}
            if not made:
                continue
            for set_name, split in SPLITS[dataset].items():
                values = {cell: tracks(result, set_name) for cell, result in made.items()}
                at = sorted({i for accuracies, _ in values.values() for i in accuracies})
                axes = ["architecture", "run", "epoch"] if len(at) > 1 else ["architecture", "run"]
                shape = (count, len(seeds), len(at))
                images = IMAGES[dataset][set_name]
                accuracy = np.full(shape, 2**32 - 1, dtype=np.uint32)
                loss = np.full(shape, np.nan, dtype=np.float32)
                for (index, run), (accuracies, losses) in values.items():
                    for i in accuracies:
                        accuracy[index, run, at.index(i)] = round(accuracies[i] * images / 100)
                        loss[index, run, at.index(i)] = losses[i]
                more: dict[str, Any] = {"at": [i + 1 for i in at]} if len(at) > 1 else {}
                last = accuracy if more else accuracy[..., 0]
                add(dataset, epochs, "accuracy", split, axes, last, images=images, **more)
                add(dataset, epochs, "loss", split, axes, loss if more else loss[..., 0], **more)
                if set_name != "train":
                    once = {cell: result["eval_times"][f"{set_name}@0"] for cell, result in made.items()}
                    add(dataset, epochs, "evaluation_time", split, ["architecture", "run"], by_run(once, count, seeds))
            times = {cell: sum(result["train_times"].values()) for cell, result in made.items()}
            add(dataset, epochs, "training_time", "none", ["architecture", "run"], by_run(times, count, seeds))
            latencies = {cell: result["latency"][0] for cell, result in made.items()}
            add(dataset, epochs, "latency", "none", ["architecture", "run"], by_run(latencies, count, seeds))
            for metric, key in (("recorded_flops", "flop"), ("recorded_parameters", "params")):
                numbers = np.full(count, np.nan)
                for index in states:
                    recorded_numbers = {result[key] for (i, _), result in made.items() if i == index}
                    numbers[index] = recorded_numbers.pop() if len(recorded_numbers) == 1 else np.nan
                add(dataset, epochs, metric, "none", ["architecture"], numbers)
    manifest = Manifest(
        folder=home / name,
        name=name,
        title=f"made up ({version})",
        space="nats_size" if size else "nasbench201",
        architectures=count,
        epochs=schedules,
        resumable=False,
        runs=[str(seed) for seed in seeds],
        report="test",
        cost_model="made up",
        licence="none",
        sources=["made up"],
        datasets=list(DATASETS),
    )
    _folder.write(manifest, columns)
    return manifest


def tracks(result: State, name: str) -> tuple[dict[int, float], dict[int, float]]:
    """Accuracy and loss by epoch, from 0."""
    if name == "train":
        return result["train_acc1es"], result["train_losses"]

    def along(values: dict[str, float]) -> dict[int, float]:
        return {int(key.split("@")[1]): value for key, value in values.items() if key.split("@")[0] == name}

    return along(result["eval_acc1es"]), along(result["eval_losses"])


def by_run(values: dict[tuple[int, int], float], count: int, seeds: list[int]) -> np.ndarray:
    array = np.full((count, len(seeds)), np.nan)
    for cell, value in values.items():
        array[cell] = value
    return array
