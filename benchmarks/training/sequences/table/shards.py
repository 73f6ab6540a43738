"""Shards of tables of networks for sequences: some networks, each with all seeds in one program."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.spaces.sequence_layers import SequenceStack
from nasbed.benchmarks.training.device import out_of_memory
from nasbed.benchmarks.training.images.table.shards import ENDED, NO_NUMBER, OUT_OF_MEMORY, TableShard
from nasbed.benchmarks.training.network_training import VERSION
from nasbed.benchmarks.training.recipe import METRICS, SPLITS, Recipe
from nasbed.benchmarks.training.sequences.networks.network import SequenceNetwork
from nasbed.benchmarks.training.sequences.sources import load_sequences

_WATCHED = ("validation", "test")


@dataclass(frozen=True)
class SequenceShard(TableShard):
    """Networks with their recipes, each trained with all ``seeds`` at once on the sequences called ``data``.

    Its arrays are SPLIT_METRIC (networks, seeds, epochs), ``nan`` from the epoch on in which a training failed; ``outcome``
    (networks, seeds); and ``seconds`` of an epoch of a network with one seed (networks,), of CPU time on one thread or on a GPU's
    clock.
    """

    number: int
    trainings: tuple[tuple[SequenceStack, Recipe], ...]
    seeds: tuple[int, ...]
    data: str

    @property
    def count(self) -> int:
        """How many trainings it holds."""
        return len(self.trainings) * len(self.seeds)

    @property
    def described(self) -> str:
        """Which trainings it holds, in words."""
        return f"{len(self.trainings)} networks with {len(self.seeds)} seeds from {self.seeds[0]} on"

    def path(self, folder: Path, ending: str = "npz") -> Path:
        """The file of the shard in a folder."""
        return folder / f"networks-{self.number:05}.{ending}"

    def identity(self) -> dict[str, Any]:
        """What decides its numbers, as plain data."""
        return {
            "version": VERSION,
            "networks": [SequenceNetwork(stack).described() for stack, _ in self.trainings],
            "recipes": [recipe.described() for _, recipe in self.trainings],
            "seeds": list(self.seeds),
            "data": load_sequences(self.data).checksum,
        }

    def sizes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each of its arrays."""
        found: dict[str, tuple[int, ...]] = {"outcome": (len(self.trainings), len(self.seeds))}
        epochs = self.trainings[0][1].epochs
        curves = {f"{split}_{metric}": (*found["outcome"], epochs) for split in SPLITS for metric in METRICS}
        return {**found, **curves, "seconds": (len(self.trainings),)}

    def trained(self, checkpoint: Path, device: str) -> dict[str, np.ndarray]:
        """Its arrays, always anew: a shard takes less than the time after which others leave a checkpoint."""
        arrays = {name: np.full(shape, np.nan) for name, shape in self.sizes().items() if name != "outcome"}
        arrays["outcome"] = np.full(self.sizes()["outcome"], OUT_OF_MEMORY, np.uint8)
        for place, (stack, recipe) in enumerate(self.trainings):
            try:
                curves, seconds = _trained(stack, recipe, self.seeds, self.data, device)
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                continue
            for name, values in curves.items():
                arrays[name][place] = values
            failed = np.isnan(curves["train_loss"]).any(axis=1)
            arrays["outcome"][place] = np.where(failed, NO_NUMBER, ENDED)
            arrays["seconds"][place] = seconds
        return arrays


def _trained(
    stack: SequenceStack, recipe: Recipe, seeds: tuple[int, ...], name: str, device: str
) -> tuple[dict[str, np.ndarray], float]:
    """The curves of a network with all seeds, SPLIT_METRIC (seeds, epochs), and the seconds of an epoch of one of them alone."""
    from nasbed.benchmarks.training.sequences.networks.fit import SequenceFit

    data, network = load_sequences(name), SequenceNetwork(stack)
    fit = SequenceFit(network.build(data, seeds), recipe, seeds, data, _WATCHED, device)
    values = fit.run(recipe.epochs).values
    found = {}
    for split in SPLITS:
        count = int((data.splits[split].labels >= 0).sum())
        for metric, own in (("loss", "loss"), ("correct", "accuracy")):
            curve = np.full((len(seeds), recipe.epochs), np.nan)
            curve[:, : fit.epoch] = np.array(values[split][own]).T
            found[f"{split}_{metric}"] = np.rint(curve * (count / 100)) if metric == "correct" else curve
    clock = time.process_time if device == "cpu" else time.perf_counter
    alone = SequenceFit(network.build(data, seeds[:1]), recipe, seeds[:1], data, _WATCHED, device)
    began = clock()
    alone.run(1)
    return found, clock() - began
