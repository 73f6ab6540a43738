"""Training steps in bfloat16: what stays float32, what is close to it, and that trainings of either are never mixed up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install '.[train]'")

from torch.nn import functional  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

import nasbed  # noqa: E402
from nasbed.benchmarks import Cells, Chain, Sizes  # noqa: E402
from nasbed.benchmarks.training.images.networks.benchmark import ImageBenchmark  # noqa: E402
from nasbed.benchmarks.training.images.networks.fit import ImageFit  # noqa: E402
from nasbed.benchmarks.training.local.trainings import TrainingTable  # noqa: E402
from nasbed.benchmarks.training.recipe import Precision, Recipe  # noqa: E402
from nasbed.errors import DataError, UnknownNameError  # noqa: E402

CELL = (3, 4, 2, 1, 2, 3)
CHAIN = "conv 3x3 16 norm relu dropout 0.25; max pool 2x2; dense 32 norm tanh dropout 0.5 | adam rate 0.003 batch 64"


def benchmark_of(name: str, precision: Precision = "float32") -> tuple[ImageBenchmark, Any]:
    """A benchmark on digits, and an architecture of it."""
    if name == "cells":
        return Cells("digits", channels=4, cells=1, stages=2, batch=64, epochs=[1, 4], precision=precision), CELL
    if name == "sizes":
        return Sizes("digits", batch=64, epochs=[1, 4], precision=precision), (0, 1, 2, 1, 1)
    chain = Chain("digits", epochs=[1, 4], precision=precision)
    return chain, chain.space.parse(CHAIN)


def fit_of(name: str, precision: Precision) -> ImageFit:
    benchmark, arch = benchmark_of(name, precision)
    network, recipe = benchmark.plan(arch)
    return ImageFit(network.build(benchmark.images, [3]), recipe, [3], benchmark.images)


class Kinds(TorchDispatchMode):
    """Which kinds of numbers convolutions, products and batch norm have read; and all that any operation has."""

    def __init__(self) -> None:
        super().__init__()
        self.read: dict[str, list[list[torch.dtype]]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        tensors = [one for one in args if isinstance(one, torch.Tensor)]
        self.read.setdefault(func._schema.name.removeprefix("aten::"), []).append([one.dtype for one in tensors])
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", ["cells", "sizes", "chain"])
def test_convolutions_and_products_are_bfloat16_and_batch_norm_weights_and_optimizer_float32(name: str) -> None:
    fit = fit_of(name, "bfloat16")
    steps = fit.stepped()
    with Kinds() as kinds:
        for _ in range(2):
            logits, _ = next(steps)
    wanted = {"convolution": torch.bfloat16, "mm": torch.bfloat16, "bmm": torch.bfloat16, "addmm": torch.bfloat16}
    assert kinds.read["convolution"]
    for operation, kind in wanted.items():
        assert all(set(one) == {kind} for one in kinds.read.get(operation, [])), operation
    norms = [one for operation, found in kinds.read.items() if operation == "native_batch_norm" for one in found]
    assert norms
    assert all(set(one[1:]) == {torch.float32} for one in norms)  # weight, bias, running mean and variance
    assert logits.dtype == torch.float32
    assert {one.dtype for one in fit.changing() if one.is_floating_point()} == {torch.float32}


class Autocast:
    """The precision as PyTorch alone has it, weight by weight."""

    def __init__(self, fit: ImageFit) -> None:
        self.networks, self.parameters = fit.networks, fit.parameters

    def logits(self, inputs: Any) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            out: torch.Tensor = self.networks(*inputs)
        return out.float()

    def gradients(self, loss: torch.Tensor) -> Any:
        return torch.autograd.grad(loss, self.parameters, allow_unused=True)


@pytest.mark.parametrize("name", ["cells", "chain", pytest.param("sizes", marks=pytest.mark.thorough)])
def test_weights_that_are_cast_in_one_call_give_the_bits_of_autocast(name: str) -> None:
    """And no weight of a convolution is cast by itself."""
    ours, theirs = fit_of(name, "bfloat16"), fit_of(name, "bfloat16")
    theirs.precision = Autocast(theirs)
    for _ in zip(range(4), ours.stepped(), theirs.stepped(), strict=False):
        pass
    for one, other in zip(ours.changing(), theirs.changing(), strict=True):
        assert torch.equal(one, other)
    with Kinds() as kinds:
        next(fit_of(name, "bfloat16").stepped())
    assert len(kinds.read["_foreach_copy_"]) == 2
    shared = fit_of(name, "bfloat16")
    shared.precision = Autocast(shared)
    with Kinds() as apart:
        next(shared.stepped())
    spared = len(apart.read["_to_copy"]) - len(kinds.read["_to_copy"])
    assert spared > 1.5 * len(kinds.read["convolution"])


def test_statistics_of_batch_norm_are_those_of_float32() -> None:
    """Running means and variances of a batch of bfloat16 maps, summed in float32: hundreds of times closer than bfloat16 is."""
    fit = fit_of("chain", "bfloat16")
    fit.networks.train()
    (batch, *_) = fit.epoch_batches()
    weight = fit.networks.weight0.detach()
    maps = functional.conv2d(batch.inputs[0].bfloat16(), weight.bfloat16(), None, 1, 1).float()
    fit.step(batch, 0.003)
    mean, variance = 0.1 * maps.mean((0, 2, 3)), 0.9 + 0.1 * maps.var((0, 2, 3))
    assert torch.allclose(fit.networks.mean0, mean, rtol=1e-5, atol=1e-7)
    assert torch.allclose(fit.networks.variance0, variance, rtol=1e-5)
    assert not torch.allclose(fit.networks.variance0, fit.networks.variance0.bfloat16().float(), rtol=1e-5)


@pytest.mark.parametrize("name", ["cells", "chain", pytest.param("sizes", marks=pytest.mark.thorough)])
def test_first_steps_on_digits_are_close_to_those_of_float32(name: str) -> None:
    found: dict[str, list[tuple[float, float]]] = {}
    for precision in ("float32", "bfloat16"):
        for _, (logits, labels) in zip(range(6), fit_of(name, precision).stepped(), strict=False):
            loss = functional.cross_entropy(logits[:, 0], labels[:, 0])
            right = (logits[:, 0].argmax(1) == labels[:, 0]).double().mean()
            found.setdefault(precision, []).append((float(loss), float(right)))
    one, other = (np.array(found[precision]) for precision in ("float32", "bfloat16"))
    assert (one[:, 0] != other[:, 0]).any()
    assert np.abs(one[:, 0] - other[:, 0]).max() < 0.05
    assert np.abs(one[:, 1] - other[:, 1]).max() <= 6 / 64


def test_an_epoch_in_bfloat16_learns_what_one_in_float32_does() -> None:
    curves = [fit_of("chain", precision).run(3).values["validation"] for precision in ("float32", "bfloat16")]
    one, other = (float(curve["accuracy"][-1][0]) for curve in curves)
    assert one > 80
    assert abs(one - other) < 4


def test_the_card_of_a_network_says_bfloat16() -> None:
    from nasbed.training.card import recipe_words

    said = [recipe_words(Recipe(precision=precision)) for precision in ("float32", "bfloat16")]
    assert "bfloat16" not in said[0]
    assert (
        said[1] == f"{said[0]} Convolutions and products of its steps were computed in bfloat16, all else in float32."
    )


def test_evaluation_is_in_float32() -> None:
    """What is scored is the network as it is exported."""
    fit = fit_of("chain", "bfloat16")
    with Kinds() as kinds:
        fit.logits("validation")
    assert all(torch.bfloat16 not in one for found in kinds.read.values() for one in found)


# keys


@pytest.mark.parametrize("name", ["cells", "sizes", "chain"])
def test_precision_is_in_the_key_of_a_training(name: str, tmp_path: Path) -> None:
    """Float32 is not said, so that trainings of before are found."""
    table, identities, checksums = TrainingTable(tmp_path), [], set()
    for precision in ("float32", "bfloat16"):
        benchmark, arch = benchmark_of(name, precision)
        identities.append(benchmark.training(arch, 3).identity())
        checksums.add(benchmark.checksum)
    assert "precision" not in identities[0]["recipe"]
    assert identities[1]["recipe"] == {**identities[0]["recipe"], "precision": "bfloat16"}
    assert table.path(identities[0]) != table.path(identities[1])
    assert len(checksums) == 2


def test_trainings_of_either_are_not_mixed_up_in_a_folder_and_a_checkpoint(tmp_path: Path) -> None:
    (one, arch), (other, _) = benchmark_of("cells"), benchmark_of("cells", "bfloat16")
    table, made = TrainingTable(tmp_path), []
    for benchmark in (one, other):
        training = benchmark.training(arch, 3)
        (found,), fresh = table.made_together(
            [training.identity()], 1, lambda path, own=training: own.make(1, (), path)
        )
        assert fresh
        made.append(found.curves)
    assert made[0] != made[1]
    checkpoint = next(tmp_path.glob("??/*.checkpoint"))
    theirs = other if table.path(one.training(arch, 3).identity(), "checkpoint") == checkpoint else one
    with pytest.raises(DataError, match=r"checkpoint of another training: recipe precision"):
        theirs.training(arch, 3).make(2, (), checkpoint)


def test_a_search_says_its_precision_by_an_option(tmp_path: Path) -> None:
    options = {"data": "digits", "channels": 4, "cells": 1, "stages": 1, "batch": 256, "epochs": [1]}
    benchmark = nasbed.load_benchmark("cells", precision="bfloat16", **options)
    result = nasbed.search("random_search", benchmark, budget={"evaluations": 1}, record=str(tmp_path / "record.jsonl"))
    assert 0 <= result.outcomes[0].value <= 100
    (kept,) = [identity for identity, _ in TrainingTable(tmp_path / "record.jsonl.trainings")]
    assert kept["recipe"]["precision"] == "bfloat16"


@pytest.mark.parametrize("precision", ["half", "BFLOAT16", "", 16, None])
def test_any_other_precision_is_refused(precision: Any) -> None:
    with pytest.raises(UnknownNameError, match=re.escape("known: float32, bfloat16")):
        Recipe(precision=precision)
    for benchmark in (Cells, Sizes, Chain):
        owner = f"unknown precision of {benchmark.name} {precision!r}; known: float32, bfloat16"
        with pytest.raises(UnknownNameError, match=re.escape(owner)):
            benchmark("digits", precision=precision)
