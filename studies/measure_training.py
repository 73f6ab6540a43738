"""Speed of training, beside a plain loop of PyTorch with the same recipe: one network, and groups in one program.

Usage: python studies/measure_training.py [--rounds N] [--data digits]

Epochs of ours and of the plain loop alternate in one run, and what is printed is the median of their ratios, so that what else a
machine does touches both. On a CPU an epoch's CPU seconds count, on one thread; on a GPU, which is measured too where there is
one, wall seconds after synchronisation. The share of the arithmetic limit is that of the fastest matrix product measured here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import nn
from torch.nn import functional

from nasbed.benchmarks.spaces.chain import ChainConfiguration, ChainSpace
from nasbed.benchmarks.spaces.chain_layers import sizes
from nasbed.benchmarks.training.chain_network import ChainNetworks
from nasbed.benchmarks.training.chain_plain import plain_chain
from nasbed.benchmarks.training.device import trainer_of
from nasbed.benchmarks.training.image_fit import ImageFit
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.sources import load_images
from nasbed.benchmarks.training.networks import image_shape
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

NETWORKS = {
    "3 convolutions of 6 filters": "conv 3x3 6 norm relu; conv 3x3 6 norm relu; conv 3x3 6 norm relu | sgd rate 0.1 batch 64",
    "LeNet-5": "lenet | sgd rate 0.1 batch 64",
    "small, Adam, batches of 32": "conv 3x3 16 norm relu; max pool 2x2; dense 32 | adam rate 0.001 batch 32",
    "hand-designed": "hand-designed | adam rate 0.001 batch 32",
}
GROUP = 8


class PlainLoop:
    """What most would write: modules in a row, a DataLoader that shuffles, autograd, and losses read in every step."""

    def __init__(self, chain: ChainConfiguration, data: ImageData, device: str) -> None:
        self.device = torch.device(device)
        self.network = eval(plain_chain(chain.layers, image_shape(data), len(data.classes)).code, {"nn": nn}).to(
            self.device
        )
        parameters = self.network.parameters()
        if chain.optimizer == "sgd":
            self.optimizer: torch.optim.Optimizer = torch.optim.SGD(
                parameters, chain.rate, 0.9, nesterov=True, weight_decay=chain.decay
            )
        else:
            self.optimizer = torch.optim.Adam(parameters, chain.rate, weight_decay=chain.decay)
        train, validation = (
            torch.utils.data.TensorDataset(
                torch.tensor(data.normalised(split)), torch.tensor(data.splits[split].labels)
            )
            for split in ("train", "validation")
        )
        self.train = torch.utils.data.DataLoader(train, chain.batch, shuffle=True)
        self.validation = torch.utils.data.DataLoader(validation, chain.batch)

    def epoch(self) -> tuple[float, float]:
        """Train for an epoch and validate; returns the two accuracies in percent."""
        self.network.train()
        right = 0
        for images, labels in self.train:
            images, labels = images.to(self.device), labels.to(self.device)
            self.optimizer.zero_grad()
            out = self.network(images)
            loss = functional.cross_entropy(out, labels)
            loss.backward()
            self.optimizer.step()
            right += int((out.argmax(1) == labels).sum().item())
        self.network.eval()
        validated = 0
        with torch.no_grad():
            for images, labels in self.validation:
                out = self.network(images.to(self.device))
                validated += int((out.argmax(1) == labels.to(self.device)).sum().item())
        return 100 * right / len(self.train.dataset), 100 * validated / len(self.validation.dataset)  # type: ignore[arg-type]


def measured(text: str, data: ImageData, rounds: int, device: str, group: int = 1) -> tuple[float, float]:
    """The median ratio of a plain epoch to one of ours for each of ``group`` networks, and the seconds of ours for one."""
    space = ChainSpace(image_shape(data))
    chain = space.chain(space.parse(text))
    recipe = Recipe(rounds + 2, chain.batch, chain.rate, decay=chain.decay, optimizer=chain.optimizer)  # type: ignore[arg-type]
    seeds = range(group)
    plain = PlainLoop(chain, data, device)
    ours = ImageFit(
        ChainNetworks(chain.layers, image_shape(data), len(data.classes), seeds), recipe, seeds, data, device=device
    )
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


def report(data: ImageData, rounds: int, device: str) -> str:
    """The table of a device, in markdown."""
    limit, rows = arithmetic_limit(device), []
    for name, text in NETWORKS.items():
        space = ChainSpace(image_shape(data))
        chain = space.chain(space.parse(text))
        _, flops = sizes(chain.layers, image_shape(data), len(data.classes))
        images = 3 * len(data.splits["train"].labels) + len(data.splits["validation"].labels)
        single, spent = measured(text, data, rounds, device)
        grouped, _ = measured(text, data, rounds, device, GROUP)
        share = flops * images / spent / limit
        rows.append([name, f"{spent * 1000:.0f}", f"{single:.2f}", f"{grouped:.2f}", f"{100 * share:.1f} %"])
    heads = ["", "ms an epoch", "one network", f"group of {GROUP}", "of the arithmetic limit"]
    return f"{trainer_of(device)}, {data.name}\n\n{markdown(printed(heads, rows))}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--data", default="digits")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    data = load_images(asked.data)
    for device in ("cpu", *(["cuda"] if torch.cuda.is_available() else [])):
        print(report(data, asked.rounds, device), end="\n\n")


if __name__ == "__main__":
    main()
