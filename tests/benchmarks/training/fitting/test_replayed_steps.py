"""Steps that are recorded and replayed give the numbers of steps that are made, and the host waits for nothing within an epoch."""

from __future__ import annotations

import gc
import time
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

from recorded_operations import RecordedOperations  # noqa: E402
from refusals import ChannelsLast, NothingRead, WaitedForDevice  # noqa: E402

from nasbed.benchmarks.spaces.cell_network import NetworkShape  # noqa: E402
from nasbed.benchmarks.spaces.chain import ChainSpace  # noqa: E402
from nasbed.benchmarks.training.fitting.checkpoints import read_checkpoint, write_checkpoint  # noqa: E402
from nasbed.benchmarks.training.fitting.fit import OutOfTime  # noqa: E402
from nasbed.benchmarks.training.fitting.measures import LabelMeasure  # noqa: E402
from nasbed.benchmarks.training.fitting.steps import Batch, ReplayedSteps  # noqa: E402
from nasbed.benchmarks.training.images.images import ImageData, ImageSplit  # noqa: E402
from nasbed.benchmarks.training.images.networks import cell_network as network  # noqa: E402
from nasbed.benchmarks.training.images.networks.fit import ImageFit  # noqa: E402
from nasbed.benchmarks.training.images.networks.networks import CellNetwork, ChainNetwork, SizeNetwork, image_shape  # noqa: E402
from nasbed.benchmarks.training.recipe import Precision, Recipe  # noqa: E402

CHAIN = "conv 3x3 6 norm relu; max pool 2x2; conv 3x3 12 tanh dropout 0.25; dense 32 norm elu dropout 0.5"
WIDE = CHAIN.replace(" 6 ", " 16 ")
"""Of so many filters that channels are last."""
SEEDS = [5]


def made_up(count: int) -> ImageData:
    """Images of 8 x 8 pixels in three colours and three classes, ``count`` of them to train on."""
    rng = np.random.default_rng(0)
    splits = {}
    for name, size in (("train", count), ("validation", 20), ("test", 20)):
        labels = np.arange(size) % 3
        images = rng.integers(0, 160, (size, 3, 8, 8)) + 40 * labels[:, None, None, None]
        splits[name] = ImageSplit(images.astype(np.uint8), labels)
    return ImageData("made up", ("a", "b", "c"), splits, ("crop", "flip"), "made up")


@pytest.fixture(scope="module")
def data() -> ImageData:
    """Five batches of eight images and one of three."""
    return made_up(43)


def network_of(name: str, data: ImageData) -> Any:
    if name == "cells":
        shape = NetworkShape(channels=4, cells=1, stages=2, classes=3, pixels=8, colours=3)
        return CellNetwork((3, 4, 2, 1, 4, 3), shape)
    if name == "sizes":
        return SizeNetwork((8, 8, 16, 8, 8))
    space = ChainSpace(image_shape(data))
    return ChainNetwork(space.chain(space.parse(WIDE if name == "wide chain" else CHAIN)).layers)


def fit_of(name: str, data: ImageData, recorder: Any = None, **recipe: Any) -> ImageFit:
    said = {"epochs": 4, "batch": 8, "rate": 0.01, **recipe}
    return ImageFit(network_of(name, data).build(data, SEEDS), Recipe(**said), SEEDS, data, recorder=recorder)


def numbers(fit: ImageFit) -> list[torch.Tensor]:
    """All that a training leaves: weights, statistics, what the optimizer remembers, and curves."""
    curves = [torch.tensor(np.array(one)) for split in fit.curves.values.values() for one in split.values()]
    return [*fit.networks.state_dict().values(), *fit.optimizer.tensors(), *curves]


def same(one: ImageFit, other: ImageFit) -> bool:
    return all(torch.equal(mine, theirs) for mine, theirs in zip(numbers(one), numbers(other), strict=True))


CASES = [
    ("cells", "float32", "sgd"), ("cells", "bfloat16", "sgd"),
    pytest.param("sizes", "bfloat16", "sgd", marks=pytest.mark.thorough),
    ("chain", "float32", "sgd"), ("chain", "float32", "adam"), ("chain", "float32", "rmsprop"), ("chain", "bfloat16", "adam"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "precision", "optimizer"), CASES)
def test_replayed_steps_give_the_same_bits(data: ImageData, name: str, precision: Precision, optimizer: Any) -> None:
    """With augmentation, dropout, a rate that changes from epoch to epoch, and a last batch that is smaller."""
    recorder = RecordedOperations()
    made, replayed = (fit_of(name, data, one, precision=precision, optimizer=optimizer) for one in (None, recorder))
    for fit in (made, replayed):
        fit.run(3)
    assert recorder.replays == 3 * 5 - 3
    assert recorder.asides > 0
    assert same(made, replayed)


@pytest.mark.parametrize(("count", "batch", "replays"), [(40, 8, 17), (40, 13, 6), (12, 16, 1)], ids=str)
def test_last_batches_of_any_size(count: int, batch: int, replays: int) -> None:
    """None is smaller; a single image joins the batch before, which is larger; a batch is more than all images."""
    recorder = RecordedOperations()
    made, replayed = (fit_of("chain", made_up(count), one, batch=batch) for one in (None, recorder))
    for fit in (made, replayed):
        fit.run(4)
    assert recorder.replays == replays
    assert same(made, replayed)


def _stale(part: str) -> Callable[[ReplayedSteps], None]:
    """Breaks replayed steps so that one of the tensors they read is never written again."""

    def broken(steps: ReplayedSteps) -> None:
        held = steps._held
        assert held is not None
        unread = Batch(
            tuple(one.clone() for one in held.inputs) if part == "inputs" else held.inputs,
            tuple(one.clone() for one in held.targets) if part == "targets" else held.targets,
        )
        steps._held = unread
        if part == "rate":
            steps._rate = steps._rate.clone()
        if part == "changing":
            steps._changing[0].add_(1e-3)

    return broken


@pytest.mark.parametrize("part", ["inputs", "targets", "rate", "changing"])
def test_what_is_not_copied_into_the_tensors_of_a_recorded_step_is_found(data: ImageData, part: str) -> None:
    made, replayed = fit_of("chain", data), fit_of("chain", data, RecordedOperations())
    for fit in (made, replayed):
        fit.run(1)
    assert same(made, replayed)
    assert isinstance(replayed.steps, ReplayedSteps)
    _stale(part)(replayed.steps)
    for fit in (made, replayed):
        fit.run(2)
    assert not same(made, replayed)


def test_a_rate_or_draw_of_the_host_is_not_recorded(data: ImageData) -> None:
    """The stand-in for a graph is one: it freezes a number of Python's, and refuses draws."""
    frozen, fit = fit_of("cells", data, RecordedOperations()), fit_of("cells", data)
    steps = frozen.steps
    assert isinstance(steps, ReplayedSteps)

    def with_a_number(batch: Batch, rate: Any) -> torch.Tensor:
        return ImageFit.step(frozen, batch, float(rate))

    frozen.step = with_a_number  # type: ignore[method-assign]
    for one in (frozen, fit):
        one.run(1)
    assert same(frozen, fit)
    for one in (frozen, fit):
        one.run(2)
    assert not same(frozen, fit)
    drawing = fit_of("chain", data, RecordedOperations())
    drawing._epoch_draws = lambda sizes: []  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="draws within a recorded step"):
        drawing.run(1)


@pytest.mark.parametrize(("before", "after"), [(True, True), (True, False), (False, True)])
def test_a_replayed_training_goes_on_from_a_checkpoint(
    data: ImageData, tmp_path: Path, before: bool, after: bool
) -> None:
    """Also one that was begun without recording, and the other way round; and a recorded step outlives the restoring."""
    whole = fit_of("chain", data, optimizer="adam")
    begun = fit_of("chain", data, RecordedOperations() if before else None, optimizer="adam")
    resumed = fit_of("chain", data, RecordedOperations() if after else None, optimizer="adam")
    whole.run(4)
    begun.run(2)
    write_checkpoint(tmp_path / "checkpoint", {}, begun.state())
    resumed.run(1)  # so that there is a recorded step already
    resumed.restore(read_checkpoint(tmp_path / "checkpoint", {}, torch.device("cpu")))
    resumed.run(4)
    assert same(whole, resumed)


class Failing(RecordedOperations):
    """A recorder that fails as CUDA does, after the steps that are made aside."""

    def record(self, step: Callable[[], torch.Tensor]) -> Callable[[], torch.Tensor]:
        step()
        raise RuntimeError("CUDA error: operation not permitted when stream is capturing")


def test_steps_that_cannot_be_recorded_are_made_one_by_one_with_a_warning(data: ImageData) -> None:
    made, failed = fit_of("cells", data), fit_of("cells", data, recorder := Failing())
    made.run(2)
    with pytest.warns(RuntimeWarning, match=r"made one by one, which is slower, since .* when stream is capturing"):
        failed.run(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        failed.run(2)  # it is not tried again
    assert recorder.asides > 0
    assert recorder.replays == 0
    assert same(made, failed)


def test_a_training_is_freed_with_its_recorded_step(data: ImageData) -> None:
    class OnlyTensors(RecordedOperations):
        def aside(self, step: Callable[[], object], times: int) -> None:
            step()

    gc.disable()
    try:
        fit = fit_of("cells", data, OnlyTensors())
        fit.run(1)
        kept = weakref.ref(fit.networks)
        del fit
        assert kept() is None
    finally:
        gc.enable()


# what the host waits for


@pytest.mark.parametrize("recorder", [None, RecordedOperations])
@pytest.mark.parametrize("name", ["cells", "sizes", "chain"])
def test_nothing_is_read_back_within_an_epoch(data: ImageData, name: str, recorder: Any) -> None:
    fit = fit_of(name, data, recorder and recorder())
    with NothingRead():
        fit._train(None)
    assert np.isfinite(fit.curves.values["train"]["loss"][0]).all()


def test_the_limit_is_looked_at_when_a_device_has_caught_up(data: ImageData, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU may have most of an epoch still to do when its last step has been launched."""
    found = LabelMeasure.found

    def late(self: LabelMeasure) -> Any:
        time.sleep(0.5)
        return found(self)

    monkeypatch.setattr(LabelMeasure, "found", late)
    fit = fit_of("cells", data)
    with pytest.raises(OutOfTime):
        fit.run(1, limit=0.45)
    assert fit.curves.values == {}


def test_what_is_read_back_is_found(data: ImageData, monkeypatch: pytest.MonkeyPatch) -> None:
    added = LabelMeasure.add

    def reading(self: LabelMeasure, logits: torch.Tensor, labels: torch.Tensor) -> None:
        assert logits.sum().item() < 1e9
        added(self, logits, labels)

    monkeypatch.setattr(LabelMeasure, "add", reading)
    with NothingRead(), pytest.raises(WaitedForDevice, match="_local_scalar_dense"):
        fit_of("cells", data)._train(None)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device ``meta`` in place of a GPU: its tensors have shapes, places and layouts, and no numbers that could be read."""

    def moved(parameters: list[torch.Tensor], gradients: list[torch.Tensor], *others: Any, **_: Any) -> None:
        for one in [*parameters, *gradients, *(each for other in others for each in other)]:
            assert one.device.type == "meta"
        assert [one.stride() for one in parameters] == [one.stride() for one in gradients]
        torch._foreach_add_(parameters, gradients)

    for kernel in ("_fused_sgd_", "_fused_adam_"):  # which that device lacks
        monkeypatch.setattr(torch, kernel, moved)


@pytest.mark.parametrize(
    ("name", "optimizer"),
    [("cells", "sgd"), ("wide chain", "adam"), pytest.param("sizes", "sgd", marks=pytest.mark.thorough)],
)
def test_steps_on_another_device_touch_nothing_of_the_host(
    data: ImageData, elsewhere: None, name: str, optimizer: Any
) -> None:
    recipe, network = Recipe(4, 8, 0.01, optimizer=optimizer), network_of(name, data)
    fit = ImageFit(network.build(data, SEEDS), recipe, SEEDS, data, device="meta")
    fit.networks.train()
    batches = list(fit.epoch_batches())
    assert all(one.device.type == "meta" for batch in batches for part in batch for one in part)
    fit.steps.begin(0.01)
    with NothingRead("meta") as watched:
        for batch in batches:
            logits = fit.steps(fit.step, batch)
            assert logits.shape == (len(batch.targets[0]), 1, 3)
    assert watched.operations > 100
    for one in fit.parameters:
        assert one.dim() != 4 or one.is_contiguous(memory_format=torch.channels_last), one.shape
    for batch in fit.split_batches("validation"):
        assert batch.inputs[0].device.type == "meta"


@pytest.mark.parametrize("name", ["cells", "sizes", "wide chain"])
def test_maps_are_channels_last_wherever_they_are_not_in_rows(
    data: ImageData, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """On a CPU those of bfloat16 are, as all are on a GPU; and cells in float32, if they are laid out as there."""
    monkeypatch.setattr(network, "_in_rows", lambda features: False)
    for precision in ("float32", "bfloat16"):
        fit = fit_of(name, data, precision=precision)
        with ChannelsLast() as watched:
            fit.run(1)
        assert watched.convolutions > 0
    monkeypatch.undo()
    if name == "cells":
        with ChannelsLast(), pytest.raises(AssertionError, match="convolution"):
            fit_of(name, data).run(1)


def test_draws_of_the_host_within_a_step_are_found(data: ImageData, elsewhere: None) -> None:
    fit = ImageFit(network_of("chain", data).build(data, SEEDS), Recipe(4, 8), SEEDS, data, device="meta")
    fit.networks.train()
    batch = next(iter(fit.epoch_batches()))
    with NothingRead("meta"), pytest.raises(WaitedForDevice, match="cpu"):
        fit.step(Batch(batch.inputs[:1], batch.targets), 0.01)
