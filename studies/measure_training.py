"""Speed of training, beside a plain loop of PyTorch with the same recipe: one network, and groups in one program.

Usage: python studies/measure_training.py [--rounds N] [--data digits] [--sequences digit_rows]

Epochs of ours and of the plain loop alternate in one run, and what is printed is the median of their ratios, so that what else a
machine does touches both. On a CPU an epoch's CPU seconds count, on one thread; on a GPU, which is measured too where there is
one, wall seconds after synchronisation. The share of the arithmetic limit is that of the fastest matrix product measured here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from nasbed.benchmarks.spaces.chain import ChainSpace
from nasbed.benchmarks.spaces.sequence import SequenceSpace
from nasbed.benchmarks.training.device import trainer_of
from nasbed.benchmarks.training.image_fit import ImageFit
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.sources import load_images
from nasbed.benchmarks.training.networks import ChainNetwork, image_shape
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.sequences.networks.fit import SequenceFit
from nasbed.benchmarks.training.sequences.networks.network import SequenceNetwork, sequence_shape
from nasbed.benchmarks.training.sequences.sequences import SequenceData
from nasbed.benchmarks.training.sequences.sources import load_sequences
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

Data = ImageData | SequenceData
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
GROUP = 8


class PlainLoop:
    """What most would write: modules in a row, a DataLoader that shuffles, autograd, and losses read in every step. Sequences
    are padded to the longest of all.
    """

    def __init__(self, network: ChainNetwork | SequenceNetwork, recipe: Recipe, data: Data, device: str) -> None:
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
    seeds = range(group)
    plain = PlainLoop(network, recipe, data, device)
    fit: Any = SequenceFit if isinstance(data, SequenceData) else ImageFit
    ours = fit(network.build(data, seeds), recipe, seeds, data, device=device)  # type: ignore[arg-type]
    timed = seconds if device == "cuda" else cpu_seconds
    pairs = []
    for _ in range(rounds + 1):
        theirs = timed(plain.epoch)
        pairs.append((theirs, timed(lambda: ours.run(ours.epoch + 1)) / group))
    return median(theirs / mine for theirs, mine in pairs[1:]), median(mine for _, mine in pairs[1:])


def cpu_seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def seconds(call: Callable[[], object]) -> float:
    torch.cuda.synchronize()
    began = time.perf_counter()
    call()
    torch.cuda.synchronize()
    return time.perf_counter() - began


def arithmetic_limit(device: str) -> float:
    """Multiply-accumulates a second of the fastest of a few float32 matrix products."""
    one = torch.randn(1024, 1024, device=device)
    timed = seconds if device == "cuda" else cpu_seconds
    return 1024**3 / min(timed(lambda: one @ one) for _ in range(5))


def report(networks: Mapping[str, str], data: Data, rounds: int, device: str) -> str:
    """The table of a device, in markdown."""
    limit, rows = arithmetic_limit(device), []
    for name, text in networks.items():
        network, _ = planned(text, data, 1)
        _, flops = network.sizes(data)  # type: ignore[arg-type]
        passes = 3 * len(data.splits["train"].labels) + len(data.splits["validation"].labels)
        single, spent = measured(text, data, rounds, device)
        grouped = [measured(text, data, rounds, device, group)[0] for group in (3, GROUP)]
        share = flops * passes / spent / limit
        rows.append(
            [name, f"{spent * 1000:.0f}", f"{single:.2f}", *(f"{one:.2f}" for one in grouped), f"{100 * share:.1f} %"]
        )
    heads = ["", "ms an epoch", "one network", "group of 3", f"group of {GROUP}", "of the arithmetic limit"]
    return f"{trainer_of(device)}, {data.name}\n\n{markdown(printed(heads, rows))}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--data", default="digits", help="images that chains are trained on")
    parser.add_argument("--sequences", default="digit_rows", help="sequences that the others are trained on")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    images, sequences = load_images(asked.data), load_sequences(asked.sequences)
    for device in ("cpu", *(["cuda"] if torch.cuda.is_available() else [])):
        print(report(NETWORKS, images, asked.rounds, device), end="\n\n")
        print(report(SEQUENCES, sequences, asked.rounds, device), end="\n\n")


if __name__ == "__main__":
    main()
