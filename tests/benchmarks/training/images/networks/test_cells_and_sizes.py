"""Cells of NAS-Bench-201 and networks of NATS-Bench's size space, trained on image data."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install '.[train]'")

from torch import nn  # noqa: E402

import nasbed  # noqa: E402
from nasbed.benchmarks import Cells, Sizes  # noqa: E402
from nasbed.benchmarks.spaces.cell_network import NetworkShape  # noqa: E402
from nasbed.benchmarks.spaces.chain_layers import Shape  # noqa: E402
from nasbed.benchmarks.spaces.nats_size import NATSSizeSpace, count, network_sizes  # noqa: E402
from nasbed.benchmarks.training.images.images import ImageData, ImageSplit  # noqa: E402
from nasbed.benchmarks.training.images.networks.benchmark import ImageBenchmark  # noqa: E402
from nasbed.benchmarks.training.images.networks.cell_network import Networks  # noqa: E402
from nasbed.benchmarks.training.images.networks.fit import ImageFit  # noqa: E402
from nasbed.benchmarks.training.images.networks.network_parts import ConvNorm  # noqa: E402
from nasbed.benchmarks.training.images.networks.size_network import SizedNetwork  # noqa: E402
from nasbed.benchmarks.training.images.table import digits  # noqa: E402
from nasbed.benchmarks.training.images.table.trainer import TrainingState  # noqa: E402
from nasbed.benchmarks.training.recipe import Recipe  # noqa: E402
from nasbed.errors import OptionError  # noqa: E402
from nasbed.streams import stream  # noqa: E402
from nasbed.vocabulary import Training  # noqa: E402

CELL = (3, 4, 2, 1, 2, 3)
WIDTHS = (8, 16, 24, 16, 16)


@pytest.fixture(scope="module")
def colourful(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Images of 8 x 12 pixels in three colours, of two classes that differ in brightness."""
    rng = np.random.default_rng(0)
    labels = np.arange(64) % 2
    images = rng.integers(0, 200, (64, 8, 12, 3)) + 50 * labels[:, None, None, None]
    path = tmp_path_factory.mktemp("images") / "colourful.npz"
    np.savez(path, images=images.astype(np.uint8), labels=labels)
    return str(path)


@pytest.fixture(scope="module")
def benchmarks(colourful: str) -> list[ImageBenchmark]:
    cells = Cells(colourful, epochs=[1, 3], channels=4, cells=1, stages=2, batch=16)
    return [cells, Sizes(colourful, epochs=[1, 3], batch=16)]


EACH = pytest.mark.parametrize("which", [0, 1], ids=["cells", "sizes"])


def network_of(benchmark: ImageBenchmark, index: int, seed: int = 0) -> nn.Module:
    return benchmark.plan(benchmark.space.at(index)).network.build(benchmark.images, [seed])


def index_of(benchmark: ImageBenchmark) -> int:
    return benchmark.space.index(CELL if isinstance(benchmark, Cells) else (0, 1, 2, 1, 1))


# networks


@EACH
@settings(max_examples=10, deadline=None)
@example(number=0)
@given(number=st.integers(0, 2**63 - 1))
def test_shapes_parameters_and_flops_are_those_that_torch_counts(
    benchmarks: list[ImageBenchmark], which: int, number: int
) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    benchmark = benchmarks[which]
    index = number % benchmark.space.size
    network = network_of(benchmark, index)
    parameters, flops = benchmark.plan(benchmark.space.at(index)).network.sizes(benchmark.images)
    assert parameters == sum(one.numel() for one in network.parameters())
    with FlopCounterMode(display=False) as counter:
        assert network(torch.zeros(2, 3, 8, 12)).shape == (2, 1, 2)
    counted = counter.get_flop_counts()["Global"]
    convolutions = sum(number for op, number in counted.items() if "convolution" in str(op))
    features = network.norm.weight.numel()
    assert flops == convolutions // 4 + features * 2 + 2


@EACH
def test_logits_are_of_each_image_and_class_and_gradients_reach_all(
    benchmarks: list[ImageBenchmark], which: int
) -> None:
    benchmark = benchmarks[which]
    network = network_of(benchmark, index_of(benchmark))
    logits = network(torch.randn(5, 3, 8, 12))
    assert logits.shape == (5, 1, 2)
    logits.logsumexp(2).sum().backward()
    assert all(one.grad is not None and one.grad.abs().sum() > 0 for one in network.parameters())


class PlainSizes(nn.Module):
    """The network of the size space, as a textbook would write it."""

    def __init__(self, widths: tuple[int, ...], colours: int, classes: int) -> None:
        super().__init__()
        a, b, c, d, e = widths
        self.stem = nn.Sequential(nn.Conv2d(colours, a, 3, padding=1, bias=False), nn.BatchNorm2d(a))
        self.layers = nn.ModuleList(
            [plain_cell(a, a), plain_block(a, b), plain_cell(b, c), plain_block(c, d), plain_cell(d, e)]
        )
        self.last, self.head = nn.BatchNorm2d(e), nn.Linear(e, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.stem(images)
        for place, layer in enumerate(self.layers):
            if place % 2:
                x = layer["second"](layer["first"](x)) + layer["shortcut"](x)
            else:
                one = layer["first"](x)
                two = layer["second"](x) + layer["middle"](one)
                x = layer["skip"](x) + layer["third"](one) + layer["last"](two)
        return self.head(torch.relu(self.last(x)).mean((2, 3)))


def conv(before: int, after: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(nn.ReLU(), nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after))


def plain_cell(a: int, b: int) -> nn.ModuleDict:
    narrow = nn.Sequential(nn.Conv2d(a, b, 1, bias=False), nn.BatchNorm2d(b))
    skip = nn.Identity() if a == b else narrow
    parts = {"first": conv(a, b), "second": conv(a, b), "middle": conv(b, b)}
    return nn.ModuleDict({**parts, "skip": skip, "third": conv(b, b), "last": conv(b, b)})


def plain_block(a: int, b: int) -> nn.ModuleDict:
    shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(a, b, 1, bias=False))
    return nn.ModuleDict({"first": conv(a, b, 2), "second": conv(b, b), "shortcut": shortcut})


@pytest.mark.parametrize("training", [True, False])
def test_a_sized_network_computes_what_a_plain_one_does(training: bool) -> None:
    network, plain = SizedNetwork(WIDTHS, Shape(3, 8, 12), 7, 5), PlainSizes(WIDTHS, 3, 7)
    with torch.no_grad():
        for ours, theirs in zip(in_order(network), plain.parameters(), strict=True):
            theirs.copy_(ours.view_as(theirs))
    images = torch.randn(6, 3, 8, 12, generator=torch.Generator().manual_seed(0))
    ours, theirs = network.train(training)(images)[:, 0], plain.train(training)(images)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    ours.square().sum().backward()
    theirs.square().sum().backward()
    torch.testing.assert_close(network.stem.weight.grad, plain.stem[0].weight.grad, rtol=1e-3, atol=1e-5)


def in_order(network: SizedNetwork) -> list[torch.Tensor]:
    """The weights of convolutions, norms and classifier, in the order of the plain network."""
    found = []
    for part in [network.stem, *network.layers]:
        units = [part] if isinstance(part, ConvNorm) else [getattr(part, name, None) for name in ORDER]
        for unit in units:
            if isinstance(unit, ConvNorm):
                found += [unit.weight, unit.norm.weight, unit.norm.bias]
            elif isinstance(unit, nn.Parameter):
                found.append(unit)
    return [*found, network.norm.weight, network.norm.bias, network.head.weight, network.head.bias]


ORDER = ("first", "second", "middle", "skip", "third", "last", "shortcut")


def test_the_counts_of_nats_bench_are_those_of_its_images() -> None:
    text = NATSSizeSpace().format((0, 1, 2, 3, 4))
    assert count(text, 10, 32) == network_sizes((8, 16, 24, 32, 40), 10, 3, 32, 32)


# trainings


def test_a_cell_learns_what_the_trainer_of_tables_makes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two draw the order of images and their corruption differently; given the same they agree to rounding."""
    parts, recipe = digits.splits(), Recipe(epochs=2)
    shape = NetworkShape(channels=4, cells=1, stages=1, pixels=8, colours=1)
    arrays = {name: ImageSplit(one.images.numpy(), one.labels.numpy()) for name, one in parts.items()}
    data = ImageData("digits", tuple("0123456789"), arrays, (), "corrupted")
    monkeypatch.setattr(ImageData, "normalised", lambda self, name: self.splits[name].images.copy())

    def as_tables_do(fit: ImageFit) -> tuple[torch.Tensor, torch.Tensor]:
        rng = stream(3, "training", f"epoch {fit.epoch}")
        images = digits.corrupted(parts["train"].images, rng)
        order = torch.from_numpy(rng.numpy.permutation(len(images)))
        return images[order], parts["train"].labels[order][:, None]

    monkeypatch.setattr(ImageFit, "_epoch_images", as_tables_do)
    fit = ImageFit(Networks([CELL], shape, 3), recipe, [3], data)
    ours = fit.run(2).values
    theirs = TrainingState([CELL], shape, recipe, 3, parts).run().values
    for split in ("train", "validation"):
        losses = [float(one[0]) for one in ours[split]["loss"]]
        assert losses == pytest.approx(theirs[split]["loss"][0], rel=5e-3)
        right = [float(one[0]) * digits.SIZES[split] / 100 for one in ours[split]["accuracy"]]
        assert right == pytest.approx(theirs[split]["correct"][0], abs=9)


@EACH
def test_the_same_training_gives_the_same_numbers_also_from_a_checkpoint(
    benchmarks: list[ImageBenchmark], which: int, tmp_path: Path
) -> None:
    benchmark, checkpoint = benchmarks[which], tmp_path / "checkpoint"
    training = benchmark.training(benchmark.space.at(index_of(benchmark)), 7)
    (whole,), (again,) = training.make(3, ("test",)), training.make(3, ("test",))
    training.make(1, (), checkpoint)
    assert checkpoint.exists()
    (resumed,) = training.make(3, ("test",), checkpoint)
    assert whole.curves == again.curves == resumed.curves
    assert whole.scores == again.scores == resumed.scores
    assert not resumed.goes_on
    (other,) = benchmark.training(benchmark.space.at(index_of(benchmark)), 8).make(3)
    assert other.curves != whole.curves


def test_a_cell_of_no_path_is_trained_like_any_other(benchmarks: list[ImageBenchmark]) -> None:
    (made,) = benchmarks[0].training((0,) * 6, 0).make(1)
    assert made.outcome == "ended"
    assert made.at("validation", "accuracy", 1) is not None


def test_cells_that_differ_in_dead_edges_alone_are_one_training(benchmarks: list[ImageBenchmark]) -> None:
    one, other = (benchmarks[0].training(arch, 0).identity() for arch in ((3, 0, 1, 1, 0, 0), (0, 0, 0, 1, 0, 0)))
    assert one == other


@EACH
def test_a_search_trains_and_keeps_what_it_trained(
    benchmarks: list[ImageBenchmark], which: int, tmp_path: Path
) -> None:
    benchmark = benchmarks[which]
    result = nasbed.search("random_search", benchmark, budget={"evaluations": 2}, record=str(tmp_path / "record.jsonl"))
    assert len(result.outcomes) == 2
    assert all(0 <= outcome.value <= 100 for outcome in result.outcomes)
    assert len(list((tmp_path / "record.jsonl.trainings").glob("??/*.json"))) == 2
    trained = benchmark.trainer()(Training(benchmark.space.at(0), 1, 3, 0))
    assert len(trained.values) == 1


def test_what_the_options_say_is_in_the_checksum(colourful: str) -> None:
    said = [
        Cells(colourful, channels=4, **options).checksum
        for options in ({}, {"cells": 1}, {"stages": 2}, {"batch": 64}, {"rate": 0.05}, {"decay": 0.0})
    ]
    assert len(set(said)) == len(said)
    assert Sizes(colourful).checksum != Sizes(colourful, batch=64).checksum


def test_images_that_cannot_be_halved_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.npz"
    images = np.random.default_rng(0).integers(0, 256, (60, 6, 8), dtype=np.uint8)
    np.savez(path, images=images, labels=np.arange(60) % 2)
    with pytest.raises(OptionError, match=re.escape("3 stages halve images of 6 x 8 pixels 2 times; use fewer stages")):
        Cells(str(path))
    assert Cells(str(path), stages=2).shape.maps == ((6, 8), (3, 4))
    with pytest.raises(
        OptionError,
        match="holds images of 6 x 8 pixels, which the networks of sizes halve twice; expected sides that are multiples of 4: pad",
    ):
        Sizes(str(path))


@pytest.mark.parametrize(("option", "message"), [
    ({"channels": 0}, "channels = 0"), ({"cells": 1.5}, "cells = 1.5"), ({"stages": "3"}, "stages = '3'"),
    ({"batch": 0}, "batch = 0"), ({"rate": 0}, "rate = 0"), ({"decay": 2}, "decay = 2"), ({"epochs": []}, "epochs"),
])  # fmt: skip
def test_options_out_of_range_are_refused(option: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Cells("digits", **option)  # type: ignore[arg-type]


def test_large_maps_are_pooled_as_small_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from nasbed.benchmarks.training.images.networks import cell_network as network

    shape = NetworkShape(channels=2, cells=1, stages=1, pixels=4, colours=1, breadth=6)
    images = torch.randn(3, 1, 4, 6, generator=torch.Generator().manual_seed(0))
    by_matrix = Networks([(4, 1, 4, 1, 2, 4)], shape, 0)(images)
    monkeypatch.setattr(network, "_LARGEST", 0)
    torch.testing.assert_close(Networks([(4, 1, 4, 1, 2, 4)], shape, 0)(images), by_matrix)


def test_a_cell_computes_the_same_in_either_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """In rows, as on a CPU, and with channels last and one ReLU for all readers of a node, as on a GPU."""
    from nasbed.benchmarks.training.images.networks import cell_network as network

    shape = NetworkShape(channels=3, cells=2, stages=2, pixels=8, colours=2, breadth=4)
    images = torch.randn(5, 2, 8, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for cell in (CELL, (3, 3, 3, 1, 1, 1), (4, 4, 2, 2, 0, 4), (2, 0, 0, 1, 0, 0), (0,) * 6):
        found = []
        for rows in (True, False):
            monkeypatch.setattr(network, "_in_rows", lambda features, rows=rows: rows)
            made = Networks([cell], shape, 7).double().to(memory_format=torch.channels_last)
            logits = made(images.to(memory_format=torch.channels_last))
            gradients = torch.autograd.grad(logits.logsumexp(2).sum(), list(made.parameters()), allow_unused=True)
            found.append([logits, *gradients, *made.buffers()])
        for one, other in zip(*found, strict=True):
            assert (one is None) == (other is None), cell
            assert one is None or torch.allclose(one, other, rtol=1e-5, atol=1e-6), cell  # 1/9 is rounded to float32
