"""Speed of training, beside a plain loop of PyTorch with the same recipe: one network, and groups in one program.

Usage: python studies/measure_training.py [--rounds N] [--only cells] [--data digits] [--sequences digit_rows] [--cells 10]

Epochs of ours and of the plain loop alternate in one run, and what is printed is the median of their ratios, so that what else a
machine does touches both. On a CPU an epoch's CPU seconds count, on one thread; on a GPU, which is measured too where there is
one, wall seconds after synchronisation. The share of the arithmetic limit is that of the fastest matrix product measured here, the
share of the memory limit that of the fastest copy: of the bytes that all operations of an epoch read and write once each. What lies
in a cache is not fetched, so it may be above 100 %. The plain loop computes in float32 and augments nothing; ours augments where
the data say so.

Networks of NAS-Bench-201 are measured on the data, in the table's size (8 channels, 2 cells, one stage) and the published one (16
channels, 5 cells, three stages), and on a GPU on made-up images of 32 x 32 where the data are smaller. With --cells 10 and --data
cifar10 as many cells are trained on a GPU for 12 epochs by the published recipe, and set beside the recorded trainings.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from statistics import median
from typing import Any, get_args

import numpy as np
import recorded_cells
import torch
from torch import nn
from torch.nn import functional
from training_limits import Traffic, arithmetic_limit, clock_of, memory_limit

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.chain import ChainSpace
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.spaces.nasbench201_functions import live
from nasbed.benchmarks.spaces.sequence import SequenceSpace
from nasbed.benchmarks.training.device import trainer_of
from nasbed.benchmarks.training.fitting.steps import EagerSteps
from nasbed.benchmarks.training.images.images import ImageData, ImageSplit
from nasbed.benchmarks.training.images.networks.fit import ImageFit
from nasbed.benchmarks.training.images.networks.networks import CellNetwork, ChainNetwork, image_shape
from nasbed.benchmarks.training.images.sources import load_images
from nasbed.benchmarks.training.recipe import Precision, Recipe
from nasbed.benchmarks.training.sequences.networks.fit import SequenceFit
from nasbed.benchmarks.training.sequences.networks.network import SequenceNetwork, sequence_shape
from nasbed.benchmarks.training.sequences.sequences import SequenceData
from nasbed.benchmarks.training.sequences.sources import load_sequences
from nasbed.errors import DataError
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

Data = ImageData | SequenceData
Network = CellNetwork | ChainNetwork | SequenceNetwork
NETWORKS = {
    "3 convolutions of 6 filters": "conv 3x3 6 norm relu; conv 3x3 6 norm relu; conv 3x3 6 norm relu | sgd rate 0.1 batch 64",
    "LeNet-5": "lenet | sgd rate 0.1 batch 64",
    "small, Adam, batches of 32": "conv 3x3 16 norm relu; max pool 2x2; dense 32 | adam rate 0.001 batch 32",
    "hand-designed": "hand-designed | adam rate 0.001 batch 32",
}
SEQUENCES = {
    "plain recurrent": "width 32; recurrent; pool last | adam rate 0.003 batch 32",
    "GRU in both directions": "width 32; gru both; pool mean | adam rate 0.003 batch 32",
    "LSTM": "width 32; lstm; pool last | adam rate 0.003 batch 32",
    "two dilated convolutions": "width 32; conv 3; conv 3 dilation 2; pool max | adam rate 0.003 batch 32",
    "attention block": "width 32; attention heads 2 ratio 2 both norm residual; pool mean | adam rate 0.003 batch 32",
}
CELLS = {
    "3 x 3 on all edges": "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "each operation": "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
    "1 x 1 and pools": "|nor_conv_1x1~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|skip_connect~0|avg_pool_3x3~1|skip_connect~2|",
}
SIZES = {"table": (8, 2, 1, 64), "published": (16, 5, 3, 256)}
"""Channels, cells, stages and images of a batch."""
KINDS = ("cells", "chains", "sequences")
GROUP = 8


class PlainLoop:
    """What most would write: modules in a row, a DataLoader that shuffles, autograd, and losses read in every step. Sequences
    are padded to the longest of all.
    """

    def __init__(self, network: Network, recipe: Recipe, data: Data, device: str) -> None:
        self.device = torch.device(device)
        plain = network.plain(data)  # type: ignore[arg-type]
        names = {"torch": torch, "nn": nn}
        exec(f"{plain.classes}\nnetwork = {plain.code}", names)
        self.network: Any = names["network"].to(self.device)  # type: ignore[attr-defined]
        parameters = self.network.parameters()
        if recipe.optimizer == "sgd":
            self.optimizer: torch.optim.Optimizer = torch.optim.SGD(
                parameters, recipe.rate, 0.9, nesterov=True, weight_decay=recipe.decay
            )
        else:
            self.optimizer = torch.optim.Adam(parameters, recipe.rate, weight_decay=recipe.decay)
        train, validation = (
            torch.utils.data.TensorDataset(*map(torch.tensor, arrays_of(data, split)))
            for split in ("train", "validation")
        )
        self.train = torch.utils.data.DataLoader(train, recipe.batch, shuffle=True)
        self.validation = torch.utils.data.DataLoader(validation, recipe.batch)

    def epoch(self) -> tuple[float, float]:
        """Train for an epoch and validate; returns the two accuracies in percent."""
        self.network.train()
        right = 0
        for *inputs, labels in self.train:
            labels = labels.to(self.device)
            self.optimizer.zero_grad()
            out = self.network(*(one.to(self.device) for one in inputs))
            loss = functional.cross_entropy(out, labels)
            loss.backward()
            self.optimizer.step()
            right += int((out.argmax(1) == labels).sum().item())
        self.network.eval()
        validated = 0
        with torch.no_grad():
            for *inputs, labels in self.validation:
                out = self.network(*(one.to(self.device) for one in inputs))
                validated += int((out.argmax(1) == labels.to(self.device)).sum().item())
        return 100 * right / len(self.train.dataset), 100 * validated / len(self.validation.dataset)  # type: ignore[arg-type]


def arrays_of(data: Data, split: str) -> tuple[Any, ...]:
    """What a plain network reads of a split, normalised, and the labels."""
    own: Any = data.normalised(split)
    return tuple(own) if isinstance(data, SequenceData) else (own, data.splits[split].labels)


def planned(text: str, data: Data, epochs: int) -> tuple[ChainNetwork | SequenceNetwork, Recipe]:
    """The network and the recipe of a text."""
    said: Any
    network: ChainNetwork | SequenceNetwork
    if isinstance(data, SequenceData):
        of_sequences = SequenceSpace(sequence_shape(data))
        said = of_sequences.sequence(of_sequences.parse(text))
        network = SequenceNetwork(said.stack)
    else:
        of_images = ChainSpace(image_shape(data))
        said = of_images.chain(of_images.parse(text))
        network = ChainNetwork(said.layers)
    return network, Recipe(epochs, said.batch, said.rate, decay=said.decay, optimizer=said.optimizer)


def measured(text: str, data: Data, rounds: int, device: str, group: int = 1) -> tuple[float, float]:
    """The median ratio of a plain epoch to one of ours for each of ``group`` networks, and the seconds of ours for one."""
    network, recipe = planned(text, data, rounds + 2)
    return raced(network, recipe, data, rounds, device, group)


def raced(
    network: Network, recipe: Recipe, data: Data, rounds: int, device: str, group: int = 1
) -> tuple[float, float]:
    """The same of a network and its recipe, which has more epochs than there are rounds. The plain loop is in float32."""
    plain, ours = PlainLoop(network, recipe, data, device), fit_of(network, recipe, data, device, group)
    timed, pairs = clock_of(device), []
    for _ in range(rounds + 1):
        theirs = timed(plain.epoch)
        pairs.append((theirs, timed(lambda: ours.run(ours.epoch + 1)) / group))
    return median(theirs / mine for theirs, mine in pairs[1:]), median(mine for _, mine in pairs[1:])


def fit_of(network: Network, recipe: Recipe, data: Data, device: str, group: int = 1) -> Any:
    """The training of a network, or of several."""
    fit: Any = SequenceFit if isinstance(data, SequenceData) else ImageFit
    return fit(network.build(data, range(group)), recipe, range(group), data, device=device)  # type: ignore[arg-type]


def moved(network: Network, recipe: Recipe, data: Data, device: str) -> int:
    """The bytes that operations read and write in an epoch of ours, validation included."""
    ours = fit_of(network, recipe, data, device)
    ours.steps = EagerSteps()  # what is replayed is seen by nobody
    with Traffic() as traffic:
        ours.run(1)
    return traffic.bytes


def report(networks: Mapping[str, str], data: Data, rounds: int, device: str) -> str:
    """The table of a device, in markdown."""
    limit, rows = arithmetic_limit(device), []
    for name, text in networks.items():
        network, _ = planned(text, data, 1)
        single, spent = measured(text, data, rounds, device)
        grouped = [measured(text, data, rounds, device, group)[0] for group in (3, GROUP)]
        share = products(network, data) / spent / limit
        rows.append(
            [name, f"{spent * 1000:.0f}", f"{single:.2f}", *(f"{one:.2f}" for one in grouped), f"{100 * share:.1f} %"]
        )
    heads = ["", "ms an epoch", "one network", "group of 3", f"group of {GROUP}", "of the arithmetic limit"]
    return f"{trainer_of(device)}, {data.name}\n\n{markdown(printed(heads, rows))}"


def products(network: Network, data: Data) -> int:
    """Multiply-accumulates of an epoch: forward and twice as much backward to train, and forward to validate."""
    _, flops = network.sizes(data)  # type: ignore[arg-type]
    return flops * (3 * len(data.splits["train"].labels) + len(data.splits["validation"].labels))


def report_of_cells(data: ImageData, rounds: int, device: str) -> str:
    """The table of NAS-Bench-201's networks on a device, in markdown: in both precisions on a GPU."""
    copied, rows = memory_limit(device), []
    precisions: tuple[Precision, ...] = get_args(Precision) if device == "cuda" else ("float32",)
    for precision in precisions:
        limit = arithmetic_limit(device, precision)
        for size, (channels, cells, stages, batch) in SIZES.items():
            shape = NetworkShape(channels, cells, stages, len(data.classes), data.height, data.colours, data.width)
            recipe = Recipe(rounds + 2, batch, precision=precision)
            for name, text in CELLS.items():
                network = CellNetwork(live(NASBench201Space().parse(text)), shape)
                ratio, spent = raced(network, recipe, data, rounds, device)
                shares = (
                    moved(network, recipe, data, device) / spent / copied,
                    products(network, data) / spent / limit,
                )
                said = [f"{100 * share:.1f} %" for share in shares]
                rows.append([f"{name}, {size} size, {precision}", f"{spent:.3f}", f"{ratio:.2f}", *said])
    heads = ["", "s an epoch", "times a plain loop", "of the memory limit", "of the arithmetic limit"]
    count = f"{len(data.splits['train'].labels):,} images of {data.height} x {data.width}"
    return f"{trainer_of(device)}, {data.name}, {count}\n\n{markdown(printed(heads, rows))}"


def made_up(count: int = 25_600) -> ImageData:
    """Images of 32 x 32 pixels in three colours that show nothing, a tenth of them for validation, which take as long as others."""
    rng = np.random.default_rng(0)
    splits = {
        name: ImageSplit(rng.integers(0, 256, (size, 3, 32, 32), dtype=np.uint8), np.arange(size) % 10)
        for name, size in (("train", count), ("validation", count // 10), ("test", 10))
    }
    return ImageData("made-up images", tuple("0123456789"), splits, ("crop", "flip"), "made up")


def report_of_recorded(count: int, data: ImageData, name: str, device: str) -> str:
    """Cells trained for 12 epochs beside the recorded trainings, or a line that says what is missing."""
    if name != "cifar10":
        return f"The recorded trainings are of CIFAR-10, not of {name}: say --data cifar10."
    if device != "cuda":
        return (
            f"{count} trainings of 12 epochs on 50,000 images take hours without a GPU, and torch finds none: not done."
        )
    try:
        accuracies = recorded_cells.recorded()
    except DataError as error:
        return f"Nothing to set cells beside: {error}."
    whole, indices = recorded_cells.all_to_train_on(data), recorded_cells.chosen(count)
    parts = [f"{trainer_of(device)}, {len(whole.splits['train'].labels):,} images of CIFAR-10, 12 epochs"]
    for precision in get_args(Precision):
        found = [recorded_cells.trained(index, whole, device, precision) for index in indices]
        table = recorded_cells.beside_recorded(indices, found, accuracies, NASBench201Space().classes)
        parts.append(f"{precision}:\n\n{table}")
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", choices=KINDS, action="append", help="what is measured, by default all")
    parser.add_argument("--data", default="digits", help="images that cells and chains are trained on")
    parser.add_argument("--folder", help="where published data sets lie, by default in the data home")
    parser.add_argument("--sequences", default="digit_rows", help="sequences that the others are trained on")
    parser.add_argument("--cells", type=int, default=0, help="cells that are set beside recorded trainings")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    kinds, there = asked.only or KINDS, torch.cuda.is_available()
    try:
        images = load_images(asked.data, asked.folder)
    except DataError as error:
        print(f"Without {asked.data} nothing is measured on images: {error}")
        images, kinds = None, [kind for kind in kinds if kind == "sequences"]
    for device in ("cpu", *(["cuda"] if there else [])):
        if "cells" in kinds and images is not None:
            print(report_of_cells(images, asked.rounds, device), end="\n\n")
            if device == "cuda" and images.height < 32:
                print(report_of_cells(made_up(), asked.rounds, device), end="\n\n")
        if "chains" in kinds and images is not None:
            print(report(NETWORKS, images, asked.rounds, device), end="\n\n")
        if "sequences" in kinds:
            print(report(SEQUENCES, load_sequences(asked.sequences), asked.rounds, device), end="\n\n")
    if not there:
        print("Nothing is measured on a GPU: torch finds none here.")
    if asked.cells and images is not None:
        print(report_of_recorded(asked.cells, images, asked.data, "cuda" if there else "cpu"))


if __name__ == "__main__":
    main()
