"""Training for real: the network against one written plainly, and what a training promises."""

from __future__ import annotations

import copy
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from daily import daily, sampled

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install '.[train]'")

from torch import nn  # noqa: E402

from nasbed.benchmarks.spaces.cell_network import NetworkShape  # noqa: E402
from nasbed.benchmarks.spaces.nasbench201 import EDGES, NASBench201Space  # noqa: E402
from nasbed.benchmarks.training.images.networks.cell_network import Networks  # noqa: E402
from nasbed.benchmarks.training.images.table import digits  # noqa: E402
from nasbed.benchmarks.training.images.table.trainer import TrainingState  # noqa: E402
from nasbed.benchmarks.training.recipe import Recipe  # noqa: E402
from nasbed.errors import DataError, OptionError  # noqa: E402
from nasbed.vocabulary import Arch  # noqa: E402

SPACE = NASBench201Space()
SMALL = NetworkShape(channels=4, cells=1, stages=1, classes=10, pixels=8, colours=1)
DEEP = NetworkShape(channels=4, cells=2, stages=3, classes=7, pixels=16, colours=3)
ARCHS: list[Arch] = [
    (3, 3, 3, 3, 3, 3), (1, 2, 4, 0, 3, 1), (4, 4, 4, 4, 4, 4), (0, 0, 0, 1, 0, 0), (2, 0, 3, 0, 1, 2)
]  # fmt: skip


class Plain(nn.Module):
    """The network of one cell, as a textbook would write it."""

    def __init__(self, arch: Arch, shape: NetworkShape) -> None:
        super().__init__()
        self.arch = arch
        self.stem = nn.Sequential(
            nn.Conv2d(shape.colours, shape.channels, 3, padding=1, bias=False), nn.BatchNorm2d(shape.channels)
        )
        self.blocks = nn.ModuleList()
        for stage, width in enumerate(shape.widths):
            if stage:
                before = shape.widths[stage - 1]
                self.blocks.append(nn.ModuleList([
                    relu_conv_norm(before, width, 3, 2), relu_conv_norm(width, width, 3, 1),
                    nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(before, width, 1, bias=False)),
                ]))  # fmt: skip
            for _ in range(shape.cells):
                self.blocks.append(nn.ModuleDict({str(e): operation(o, width) for e, o in enumerate(arch)}))
        self.last = nn.BatchNorm2d(shape.widths[-1])
        self.head = nn.Linear(shape.widths[-1], shape.classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.stem(images)
        for block in self.blocks:
            if isinstance(block, nn.ModuleList):
                first, second, shortcut = block
                x = second(first(x)) + shortcut(x)
                continue
            nodes = [x]
            for target in (1, 2, 3):
                nodes.append(sum(block[str(e)](nodes[source]) for e, (source, to) in enumerate(EDGES) if to == target))
            x = nodes[3]
        return self.head(torch.relu(self.last(x)).mean((2, 3)))


class Zero(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(x)


def relu_conv_norm(before: int, after: int, kernel: int, stride: int) -> nn.Module:
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(after))


def operation(code: int, width: int) -> nn.Module:
    pool = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    return [Zero(), nn.Identity(), relu_conv_norm(width, width, 1, 1), relu_conv_norm(width, width, 3, 1), pool][code]


def plain_of(networks: Networks, place: int, arch: Arch, shape: NetworkShape) -> Plain:
    """The plain network with the weights of one of those in a batch."""
    plain = Plain(arch, shape)
    state = {}

    def conv_norm(prefix: str, module: nn.Module, at: int, conv: int, norm: int) -> None:
        count = module.norm.weight.numel() // module.fan_out
        state[f"{prefix}.{conv}.weight"] = module.weight.view(count, module.fan_out, *module.weight.shape[1:])[at]
        for ours, theirs in (
            ("weight", "weight"),
            ("bias", "bias"),
            ("mean", "running_mean"),
            ("variance", "running_var"),
        ):
            state[f"{prefix}.{norm}.{theirs}"] = getattr(module.norm, ours).view(count, -1)[at]

    conv_norm("stem", networks.stem, place, 0, 1)
    number = 0
    for stage in networks.stages:
        for block in stage:
            if hasattr(block, "shortcut"):
                conv_norm(f"blocks.{number}.0", block.first, place, 1, 2)
                conv_norm(f"blocks.{number}.1", block.second, place, 1, 2)
                width = block.fan_out
                state[f"blocks.{number}.2.1.weight"] = block.shortcut.view(-1, width, *block.shortcut.shape[1:])[place]
            else:
                for uses in block.uses:
                    for use in uses:
                        who = block.get_buffer(use.who).tolist()
                        if use.operation in (2, 3) and place in who:
                            module = block.convolutions[f"{use.edge}-{use.operation}"]
                            conv_norm(f"blocks.{number}.{use.edge}", module, who.index(place), 1, 2)
            number += 1
    for ours, theirs in (("weight", "weight"), ("bias", "bias"), ("mean", "running_mean"), ("variance", "running_var")):
        state[f"last.{theirs}"] = getattr(networks.norm, ours).view(networks.count, -1)[place]
    state["head.weight"], state["head.bias"] = networks.head.weight[place], networks.head.bias[place]
    missing, unexpected = plain.load_state_dict(state, strict=False)
    assert not unexpected
    assert all(name.endswith("num_batches_tracked") for name in missing)
    return plain


@pytest.mark.parametrize("shape", [SMALL, DEEP], ids=["one stage", "three stages"])
@pytest.mark.parametrize("training", daily([True, False], True))
def test_networks_side_by_side_compute_what_each_does_alone(shape: NetworkShape, training: bool) -> None:
    networks = Networks(ARCHS, shape, 3)
    images = torch.randn(6, shape.colours, shape.pixels, shape.pixels, generator=torch.Generator().manual_seed(0))
    for place, arch in enumerate(ARCHS):
        plain = plain_of(networks, place, arch, shape).train(training)
        ours, theirs = copy.deepcopy(networks).train(training)(images)[:, place], plain(images)
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
        wanted = torch.randn(theirs.shape, generator=torch.Generator().manual_seed(place))
        networks.zero_grad()
        (networks.train(training)(images)[:, place] * wanted).sum().backward()
        (plain(images) * wanted).sum().backward()
        width = networks.stem.fan_out
        ours = networks.stem.weight.grad.view(-1, width, *networks.stem.weight.shape[1:])[place]
        torch.testing.assert_close(ours, plain.stem[0].weight.grad, rtol=1e-3, atol=1e-5)
        networks = Networks(ARCHS, shape, 3)


@pytest.mark.parametrize(
    "shape", sampled([NetworkShape(), SMALL, DEEP], 4), ids=["NAS-Bench-201", "one stage", "three stages"]
)
@pytest.mark.parametrize("arch", ARCHS, ids=str)
def test_parameters_and_flops_are_those_of_the_formula(shape: NetworkShape, arch: Arch) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    plain = Plain(arch, shape)
    assert sum(parameter.numel() for parameter in plain.parameters()) == shape.parameters(arch)
    assert sum(parameter.numel() for parameter in Networks([arch], shape, 0).parameters()) == shape.parameters(arch)
    with FlopCounterMode(display=False) as counter:
        plain(torch.zeros(1, shape.colours, shape.pixels, shape.pixels))
    assert counter.get_total_flops() / 2 + shape.classes == shape.flops(arch)


def test_initial_weights_are_those_of_the_seed_and_the_place_in_the_network() -> None:
    many, one = Networks(ARCHS, SMALL, 5), Networks(ARCHS[4:], SMALL, 5)
    pairs = zip(*(plain_of(*which, ARCHS[4], SMALL).parameters() for which in ((many, 4), (one, 0))), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs)
    assert not torch.equal(Networks(ARCHS, SMALL, 6).stem.weight, many.stem.weight)
    bound = 1 / 9**0.5
    weight = many.stem.weight.detach()
    assert weight.abs().max() <= bound
    assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.3)


# the data


def test_the_splits_are_fixed_and_hold_every_digit_once() -> None:
    from sklearn.datasets import load_digits

    parts = digits.splits()
    assert {name: len(split.labels) for name, split in parts.items()} == digits.SIZES
    labels = np.concatenate([split.labels.numpy() for split in parts.values()])
    assert (np.bincount(labels) == np.bincount(load_digits().target)).all()
    assert hashlib.sha256(labels.astype(np.int8).tobytes()).hexdigest()[:16] == LABELS
    clean = {image.tobytes() for image in (load_digits().images / 16).astype(np.float32)}
    assert all(image.numpy().tobytes() in clean for image in parts["train"].images)
    assert not any(image.numpy().tobytes() in clean for image in parts["test"].images)


LABELS = "dc2d3e981bf544a7"


# training

RECIPE = Recipe(epochs=3)


@pytest.fixture(scope="module")
def trained() -> TrainingState:
    training = TrainingState(ARCHS, SMALL, RECIPE, 0, digits.splits())
    training.run()
    return training


def same(one: TrainingState, other: TrainingState) -> bool:
    return all(
        np.array_equal(values, other.curves.values[split][metric], equal_nan=True)
        for split, metrics in one.curves.values.items()
        for metric, values in metrics.items()
    )


@pytest.mark.thorough
def test_networks_learn(trained: TrainingState) -> None:
    correct = trained.curves.values["validation"]["correct"]
    assert correct[4, -1] > 0.15 * 450 > correct[:, 0].min()
    loss = trained.curves.values["train"]["loss"]
    assert (loss[:3, -1] < loss[:3, 0]).all()
    assert (trained.curves.seconds > 0).all()


def test_the_same_training_gives_the_same_numbers(trained: TrainingState) -> None:
    again = TrainingState(ARCHS, SMALL, RECIPE, 0, digits.splits())
    again.run()
    assert same(again, trained)
    other = TrainingState(ARCHS, SMALL, RECIPE, 1, digits.splits())
    other.run(1)
    assert not np.array_equal(other.curves.values["train"]["loss"][:, 0], trained.curves.values["train"]["loss"][:, 0])


@pytest.mark.parametrize("epoch", daily([1, 2], 1))
def test_a_training_goes_on_from_any_epoch_as_if_never_stopped(
    trained: TrainingState, tmp_path: Path, epoch: int
) -> None:
    first = TrainingState(ARCHS, SMALL, RECIPE, 0, digits.splits())
    first.run(epoch)
    first.save(tmp_path / "checkpoint")
    second = TrainingState(ARCHS, SMALL, RECIPE, 0, digits.splits())
    second.restore(tmp_path / "checkpoint")
    assert second.epoch == epoch
    second.run()
    assert same(second, trained)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]


@pytest.mark.thorough
def test_networks_trained_together_differ_from_those_alone_by_rounding(trained: TrainingState) -> None:
    for place in (0, 1, 4):
        alone = TrainingState(ARCHS[place : place + 1], SMALL, RECIPE, 0, digits.splits())
        alone.run(1)
        for split in digits.SIZES:
            ours = trained.curves.values[split]["loss"][place, 0]
            assert alone.curves.values[split]["loss"][0, 0] == pytest.approx(ours, rel=2e-3), (place, split)


def test_a_loss_that_is_no_number_is_an_outcome_of_that_network_alone(trained: TrainingState) -> None:
    broken = TrainingState(ARCHS, SMALL, RECIPE, 0, digits.splits())
    with torch.no_grad():
        broken.networks.head.weight[1] = torch.nan
    values = broken.run().values
    others = [place for place in range(len(ARCHS)) if place != 1]
    for split, metrics in values.items():
        for metric, found in metrics.items():
            assert np.isnan(found[1]).all()
            assert np.array_equal(found[others], trained.curves.values[split][metric][others])


@pytest.mark.parametrize(
    ("archs", "recipe", "seed", "message"),
    [
        (ARCHS[:2], RECIPE, 0, "is the checkpoint of another training: archs is [["),
        (ARCHS, Recipe(epochs=4), 0, "is the checkpoint of another training: recipe epochs is 3 there and 4 here"),
        (ARCHS, RECIPE, 1, "is the checkpoint of another training: seed is 0 there and 1 here"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(
    trained: TrainingState, tmp_path: Path, archs: list[Arch], recipe: Recipe, seed: int, message: str
) -> None:
    trained.save(tmp_path / "checkpoint")
    with pytest.raises(DataError, match=re.escape(message)):
        TrainingState(archs, SMALL, recipe, seed, digits.splits()).restore(tmp_path / "checkpoint")


def test_a_damaged_checkpoint_is_refused(trained: TrainingState, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    trained.save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"is no whole checkpoint: .*; delete it to train from the start"):
        TrainingState(ARCHS, SMALL, RECIPE, 0, digits.splits()).restore(path)


def test_images_that_cannot_be_halved_so_often_are_refused() -> None:
    with pytest.raises(
        OptionError, match="5 stages halve images of 8 x 8 pixels 4 times; use fewer stages or larger images"
    ):
        TrainingState(ARCHS, NetworkShape(4, 1, 5, 10, 8, 1), RECIPE, 0, digits.splits())


def test_the_learning_rate_falls_by_a_cosine_set_once_an_epoch() -> None:
    rates = [Recipe(epochs=4).rate_of(epoch) for epoch in range(4)]
    assert rates == pytest.approx([0.1, 0.08535534, 0.05, 0.01464466])
