"""Chains of layers in training: against a network written plainly, and what a training promises."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_images import tiny_arrays

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

from torch import nn  # noqa: E402

from nasbed.benchmarks.spaces.chain import ChainSpace  # noqa: E402
from nasbed.benchmarks.spaces.chain_layers import Layer, Shape, sizes  # noqa: E402
from nasbed.benchmarks.training.fitting import fit as fitting  # noqa: E402
from nasbed.benchmarks.training.fitting.fit import OutOfTime  # noqa: E402
from nasbed.benchmarks.training.fitting.optimizers import FusedOptimizer, WrappedOptimizer  # noqa: E402
from nasbed.benchmarks.training.images.images import ImageData  # noqa: E402
from nasbed.benchmarks.training.images.networks.chain_network import ChainNetworks  # noqa: E402
from nasbed.benchmarks.training.images.networks.fit import ImageFit  # noqa: E402
from nasbed.benchmarks.training.images.networks.networks import ChainNetwork, image_shape  # noqa: E402
from nasbed.benchmarks.training.images.networks.training import ImageTraining  # noqa: E402
from nasbed.benchmarks.training.images.sources import load_images  # noqa: E402
from nasbed.benchmarks.training.recipe import Recipe  # noqa: E402
from nasbed.benchmarks.training.scores import scored  # noqa: E402
from nasbed.errors import DataError, StoreError, UnknownNameError  # noqa: E402
from nasbed.streams import stream  # noqa: E402

SPACE = ChainSpace(Shape(3, 9, 7))
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "elu": nn.ELU}
DEEP = "conv 3x3 6 norm relu; max pool 2x2; conv 3x3 12 tanh; dense 32 norm elu"


@pytest.fixture(scope="module")
def data() -> ImageData:
    return load_images(tiny_arrays())


def layers_of(text: str) -> tuple[Layer, ...]:
    space = ChainSpace(Shape(1, 6, 6))
    return space.chain(space.parse(text)).layers


def plain(layers: tuple[Layer, ...], image: Shape, classes: int) -> nn.Sequential:
    """The network of a chain, as a textbook would write it."""
    modules: list[nn.Module] = []
    shape: Any = image
    for layer in (*layers, Layer("dense", width=classes, activation="")):
        if layer.kind == "conv":
            padding = layer.size // 2 if layer.padding == "same" else 0
            modules.append(nn.Conv2d(shape.channels, layer.width, layer.size, padding=padding, bias=not layer.norm))
        elif layer.kind == "dense":
            modules += [nn.Flatten(), nn.Linear(shape.numbers, layer.width, bias=not layer.norm)]
        else:
            modules.append((nn.MaxPool2d if layer.kind == "max" else nn.AvgPool2d)(layer.size, 2))
        if layer.norm:
            modules.append((nn.BatchNorm2d if layer.kind == "conv" else nn.BatchNorm1d)(layer.width))
        if layer.trains and layer.activation:
            modules.append(ACTIVATIONS[layer.activation]())
        shape = layer.after(shape)
    return nn.Sequential(*modules)


def take_over(network: nn.Sequential, ours: ChainNetworks, place: int = 0) -> None:
    """Give a plain network the weights of one of ours."""
    theirs = [one for one in network if isinstance(one, (nn.Conv2d, nn.Linear))]
    norms = iter(one for one in network if isinstance(one, (nn.BatchNorm2d, nn.BatchNorm1d)))
    held = dict(ours.named_parameters())
    trained = [number for number, layer in enumerate(ours.layers) if layer.trains]
    with torch.no_grad():
        for module, number in zip(theirs, trained, strict=True):
            weight = held[f"weight{number}"]
            own = (
                weight.chunk(ours.count)[place]
                if isinstance(module, nn.Conv2d)
                else weight.view(ours.count, *module.weight.shape)[place]
            )
            module.weight.copy_(own)
            if module.bias is not None:
                module.bias.copy_(held[f"bias{number}"].reshape(ours.count, -1)[place])
            else:
                norm = next(norms)
                norm.weight.copy_(held[f"scale{number}"].reshape(ours.count, -1)[place])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**63 - 1))
def test_shapes_sizes_and_gradients_are_those_of_a_plain_network(seed: int) -> None:
    arch = SPACE.sample(stream(seed, "chain", "shapes"))
    layers = tuple(replace(layer, dropout=0.0) for layer in SPACE.chain(arch).layers)
    ours = ChainNetworks(layers, SPACE.image, 4, [seed])
    network = plain(layers, SPACE.image, 4)
    assert sum(one.numel() for one in ours.parameters()) == sum(one.numel() for one in network.parameters())
    assert sizes(layers, SPACE.image, 4)[0] == sum(one.numel() for one in network.parameters())
    take_over(network, ours)
    network.double()
    ours.double()
    images = torch.rand(5, 3, 9, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(seed % 1000))
    labels = torch.tensor([0, 1, 2, 3, 0])
    found, expected = ours(images), network(images)
    assert found.shape == (5, 1, 4)
    assert torch.allclose(found[:, 0], expected, atol=1e-10)
    mine = torch.autograd.grad(nn.functional.cross_entropy(found[:, 0], labels), list(ours.parameters()))
    theirs = torch.autograd.grad(nn.functional.cross_entropy(expected, labels), list(network.parameters()))
    assert sum(float(one.abs().sum()) for one in mine) == pytest.approx(
        sum(float(one.abs().sum()) for one in theirs), rel=1e-6
    )


@pytest.mark.parametrize(
    "text", [DEEP, "conv 5x5 6 elu dropout 0.25; average pool 3x3; dense 32 relu dropout 0.5; dense 64 norm tanh"]
)
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_networks_in_a_group_are_trained_as_alone(data: ImageData, text: str, optimizer: Any) -> None:
    layers, recipe = layers_of(text), Recipe(3, 16, 0.003, optimizer=optimizer)
    seeds = [5, 6, 7]
    together = ImageFit(ChainNetworks(layers, image_shape(data), 3, seeds), recipe, seeds, data)
    together.run(2)
    for place, seed in enumerate(seeds):
        alone = ImageFit(ChainNetworks(layers, image_shape(data), 3, [seed]), recipe, [seed], data)
        alone.run(2)
        for split in ("train", "validation"):
            found = np.array(together.curves.values[split]["loss"])[:, place]
            assert found == pytest.approx(np.array(alone.curves.values[split]["loss"])[:, 0], rel=2e-3), split


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_an_epoch_moves_the_weights_as_a_plain_loop_in_double_precision(data: ImageData, optimizer: Any) -> None:
    layers, recipe = layers_of(DEEP), Recipe(4, 16, 0.003, decay=5e-4, optimizer=optimizer)
    fit = ImageFit(ChainNetworks(layers, image_shape(data), 3, [11]), recipe, [11], data)
    network = plain(layers, image_shape(data), 3)
    take_over(network, fit.networks)
    network.double()
    options = {"lr": recipe.rate, "weight_decay": recipe.decay}
    step = {
        "sgd": lambda: torch.optim.SGD(network.parameters(), momentum=0.9, nesterov=True, **options),
        "adam": lambda: torch.optim.Adam(network.parameters(), **options),
        "rmsprop": lambda: torch.optim.RMSprop(network.parameters(), **options),
    }[optimizer]()
    order = stream(11, "training", "epoch 0").numpy.permutation(len(data.splits["train"].labels))
    images = torch.tensor(data.normalised("train")[order]).double()
    labels = torch.tensor(data.splits["train"].labels[order])
    for start in range(0, len(order), 16):
        step.zero_grad()
        nn.functional.cross_entropy(network(images[start : start + 16]), labels[start : start + 16]).backward()
        step.step()
    fit.run(1)
    compared = plain(layers, image_shape(data), 3)
    take_over(compared, fit.networks)
    for (name, mine), theirs in zip(compared.named_parameters(), network.parameters(), strict=True):
        if "bias" not in name or mine.dim() > 1:
            assert torch.allclose(mine.double(), theirs, atol=2e-6), name


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_kernels_move_parameters_as_the_optimizers_of_pytorch(optimizer: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    recipe = Recipe(4, decay=0.01, optimizer=optimizer)
    shapes, rates = [(4, 3, 5, 5), (4,), (7, 6), (3,)], [0.1, 0.1, 0.01]
    begun = [torch.randn(shape, generator=generator) for shape in shapes]
    begun[0] = begun[0].contiguous(memory_format=torch.channels_last)
    ours, theirs = ([one.clone().requires_grad_() for one in begun] for _ in range(2))
    kernels, wrapped = FusedOptimizer(recipe, ours), WrappedOptimizer(recipe, theirs)
    for rate in rates:
        # The first gradient lies in memory otherwise than its parameter, and the last parameter has none.
        gradients = [*(torch.randn(shape, generator=generator) for shape in shapes[:-1]), None]
        kernels.step(gradients, rate)
        wrapped.step(gradients, rate)
        again = FusedOptimizer(recipe, ours)
        again.load_state_dict(kernels.state_dict())
        kernels = again
    for mine, other, before in zip(ours, theirs, begun, strict=True):
        assert torch.allclose(mine, other, atol=1e-6)
        assert torch.equal(mine, before) == (mine is ours[-1])


def test_one_of_a_group_can_be_taken_out_of_it(data: ImageData) -> None:
    text = "conv 3x3 6 norm; conv 5x5 6 elu; dense 32 relu; dense 64 norm tanh"
    layers, seeds = layers_of(text), [5, 6, 7]
    together = ChainNetworks(layers, image_shape(data), 3, seeds)
    ImageFit(together, Recipe(3, 16, 0.01), seeds, data).run(1)
    alone = ChainNetworks(layers, image_shape(data), 3, [0])
    alone.load_state_dict(together.alone(1))
    images = torch.tensor(data.normalised("validation"))
    assert torch.allclose(
        alone.train(False)(images)[:, 0], together.train(False)(images.repeat(1, 3, 1, 1))[:, 1], atol=1e-4
    )


def test_the_same_call_gives_the_same_numbers_and_goes_on_from_a_state(data: ImageData) -> None:
    layers, recipe = layers_of(f"{DEEP} dropout 0.5"), Recipe(6, 16, 0.01, optimizer="adam")

    def made() -> ImageFit:
        return ImageFit(ChainNetworks(layers, image_shape(data), 3, [3]), recipe, [3], data)

    whole, again, begun = made(), made(), made()
    whole.run(6)
    again.run(6)
    begun.run(2)
    state = begun.state()
    resumed = made()
    resumed.restore(state)
    resumed.run(4)
    resumed.run(6)
    for other in (again, resumed):
        assert other.epoch == 6
        assert other.curves.values.keys() == {"train", "validation"}
        for split, metrics in whole.curves.values.items():
            for metric, numbers in metrics.items():
                assert np.array_equal(numbers, other.curves.values[split][metric]), (split, metric)
        assert np.array_equal(whole.logits("test"), other.logits("test"))
    assert len(resumed.curves.seconds) == 6


def test_a_loss_that_is_no_number_ends_a_training_and_not_its_neighbours(data: ImageData) -> None:
    layers = layers_of("conv 3x3 6")
    fit = ImageFit(ChainNetworks(layers, image_shape(data), 3, [0, 1]), Recipe(5, 16, 0.01), [0, 1], data)
    with torch.no_grad():
        fit.networks.weight0[:6] = torch.inf
    fit.run(2)
    assert fit.failed.tolist() == [True, False]
    assert np.isnan(fit.curves.values["validation"]["accuracy"]).tolist() == [[True, False]] * 2
    found = ImageTraining(ChainNetwork(layers), data, Recipe(5, 16, 0.01), 0, together=(0, 1))
    first, second = (found._made(fit, place, "ended", [1.0, 1.0], (), {}, False) for place in (0, 1))
    assert [(one.outcome, one.epochs, len(one.seconds)) for one in (first, second)] == [
        ("no number", 1, 1),
        ("ended", 2, 2),
    ]
    alone = ImageTraining(ChainNetwork(layers), data, Recipe(5, 16, 10.0, decay=1.0), 0)
    (made,) = alone.make(5)
    assert made.outcome == "no number"
    assert made.epochs < 5
    assert made.at("validation", "accuracy", 5) is None
    assert len(made.seconds) == made.epochs


def test_a_training_may_take_no_longer_than_its_limit(data: ImageData) -> None:
    training = ImageTraining(ChainNetwork(layers_of(DEEP)), data, Recipe(5, 16, 0.01), 0, limit=1e-6)
    (made,) = training.make(5)
    assert (made.outcome, made.epochs) == ("out of time", 0)
    assert sum(made.seconds) > 0
    with pytest.raises(OutOfTime):
        ImageFit(ChainNetworks(layers_of(DEEP), image_shape(data), 3, [0]), Recipe(5, 16), [0], data).run(1, limit=0.0)


def test_too_little_memory_is_an_outcome(data: ImageData, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

    training = ImageTraining(ChainNetwork(layers_of(DEEP)), data, Recipe(5, 16), 0)
    monkeypatch.setattr(ImageFit, "_train", no_room)
    assert training.make(5)[0].outcome == "out of memory"
    monkeypatch.setattr(ImageFit, "_train", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        training.make(5)


def test_batches_have_two_images_at_least() -> None:
    assert fitting.batches(17, 8) == [(0, 8), (8, 17)]
    assert fitting.batches(16, 8) == [(0, 8), (8, 16)]
    assert fitting.batches(1, 8) == [(0, 1)]


def test_checkpoints_are_of_their_training_and_whole(data: ImageData, tmp_path: Path) -> None:
    layers, path = layers_of(DEEP), tmp_path / "one.checkpoint"
    training = ImageTraining(ChainNetwork(layers), data, Recipe(4, 16, 0.01), 1)
    (whole,) = training.make(4)
    (begun,) = training.make(2, (), path)
    assert path.exists()
    (resumed,) = training.make(4, ("validation",), path)
    assert (begun.goes_on, resumed.goes_on) == (True, False)
    assert (resumed.curves, len(resumed.seconds)) == (whole.curves, 4)
    training.make(2, (), path)
    others = {
        "network": ImageTraining(ChainNetwork(layers[:1]), data, Recipe(4, 16, 0.01), 1),
        "recipe": ImageTraining(ChainNetwork(layers), data, Recipe(8, 16, 0.01), 1),
        "seed": ImageTraining(ChainNetwork(layers), data, Recipe(4, 16, 0.01), 2),
        "data": ImageTraining(ChainNetwork(layers), load_images(tiny_arrays(seed=1)), Recipe(4, 16, 0.01), 1),
    }
    for name, other in others.items():
        with pytest.raises(
            DataError, match=rf"is the checkpoint of another training: {name}.* there and .*; delete it"
        ):
            other.make(4, (), path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"is no whole checkpoint: .*; delete it to train from the start"):
        training.make(4, (), path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="make room for it, or use another folder"):
        training.make(2, (), tmp_path / "file" / "one.checkpoint")


def test_scores_are_those_of_scikit_learn() -> None:
    from sklearn import metrics

    rng = np.random.default_rng(0)
    for classes in (2, 5):
        labels = rng.integers(0, classes, 60)
        logits = rng.normal(0, 2, (60, classes))
        logits[:, -1] -= 20 * (classes > 2)  # a class that is never predicted
        found, predicted = scored(logits, labels), logits.argmax(1)
        chances = np.exp(logits - logits.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            labels, predicted, average="macro", zero_division=0
        )
        assert found.loss == pytest.approx(metrics.log_loss(labels, chances, labels=range(classes)))
        assert found.accuracy == pytest.approx(100 * metrics.accuracy_score(labels, predicted))
        assert (found.precision, found.recall, found.f1) == pytest.approx((precision, recall, f1))
        assert (found.confusion == metrics.confusion_matrix(labels, predicted, labels=range(classes))).all()


def test_a_recipe_says_which_optimizers_there_are() -> None:
    with pytest.raises(
        UnknownNameError, match=re.escape("unknown optimizer 'adan'; did you mean 'adam'? known: sgd, adam, rmsprop")
    ):
        Recipe(optimizer="adan")  # type: ignore[arg-type]
    assert "optimizer" not in Recipe().described()
    assert json.loads(json.dumps(Recipe(optimizer="adam").described()))["optimizer"] == "adam"
