"""Training on a GPU, where there is one: recorded steps, bfloat16, the speed of an epoch, and memory. None was at hand so far."""

from __future__ import annotations

import gc
import time
import warnings
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install '.[train]'")

if not torch.cuda.is_available():
    pytest.skip("needs a GPU, and torch finds none here", allow_module_level=True)

from nasbed.benchmarks import Cells, Chain, Sizes  # noqa: E402
from nasbed.benchmarks.training.fitting.steps import EagerSteps, ReplayedSteps  # noqa: E402
from nasbed.benchmarks.training.images.networks.benchmark import ImageBenchmark  # noqa: E402
from nasbed.benchmarks.training.images.networks.fit import ImageFit  # noqa: E402
from nasbed.benchmarks.training.recipe import Precision  # noqa: E402

CHAIN = "conv 3x3 16 norm relu dropout 0.25; max pool 2x2; dense 32 norm tanh dropout 0.5 | {} rate 0.003 batch 64"


def case_of(name: str, precision: Precision = "float32") -> tuple[ImageBenchmark, Any]:
    """A benchmark on digits, and an architecture of it."""
    if name == "cells":
        return Cells("digits", batch=64, epochs=[1, 8], device="cuda", precision=precision), (3, 4, 2, 1, 2, 3)
    if name == "sizes":
        return Sizes("digits", batch=64, epochs=[1, 8], device="cuda", precision=precision), (0, 1, 2, 1, 1)
    chain = Chain("digits", epochs=[1, 8], device="cuda", precision=precision)
    return chain, chain.space.parse(CHAIN.format(name))


def fit_of(name: str, precision: Precision = "float32", *, eager: bool = False) -> ImageFit:
    benchmark, arch = case_of(name, precision)
    network, recipe = benchmark.plan(arch)
    fit = ImageFit(network.build(benchmark.images, [3]), recipe, [3], benchmark.images, device="cuda")
    if eager:
        fit.steps = EagerSteps()
    return fit


def losses(fit: ImageFit, steps: int) -> np.ndarray:
    """The loss of each of the first steps, in nats."""
    found = []
    for _, (logits, labels) in zip(range(steps), fit.stepped(), strict=False):
        found.append(torch.nn.functional.cross_entropy(logits[:, 0], labels[:, 0]))
    return torch.stack(found).cpu().numpy()


@pytest.fixture(autouse=True)
def no_fallback() -> Any:
    """A step that could not be recorded is an error here; float32 is not rounded to TF32."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield
    torch.backends.cudnn.allow_tf32 = before


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["cells", "sizes", "sgd", "adam", "rmsprop"])
def test_a_graph_gives_what_eager_steps_give(name: str, precision: Precision) -> None:
    """On the first steps, before rounding has grown; the tenth is far behind the warm-ups, which must have left no trace."""
    graphed, eager = fit_of(name, precision), fit_of(name, precision, eager=True)
    found, expected = losses(graphed, 10), losses(eager, 10)
    assert isinstance(graphed.steps, ReplayedSteps)
    assert graphed.steps.replayed
    assert found == pytest.approx(expected, rel=2e-3 if precision == "float32" else 5e-2)
    assert len(set(found.tolist())) == 10


def test_a_gpu_gives_what_a_cpu_gives() -> None:
    for name in ("cells", "sizes", "adam"):
        benchmark, arch = case_of(name)
        network, recipe = benchmark.plan(arch)
        here = ImageFit(network.build(benchmark.images, [3]), recipe, [3], benchmark.images)
        assert losses(fit_of(name), 6) == pytest.approx(losses(here, 6), rel=2e-3)


def test_the_host_waits_for_nothing_within_an_epoch() -> None:
    """PyTorch raises where it would wait; recording itself waits, so an epoch went before."""
    for name in ("cells", "adam"):
        fit = fit_of(name)
        fit.run(1)
        fit.networks.train()
        batches = list(fit.epoch_batches())
        torch.cuda.set_sync_debug_mode("error")
        try:
            for batch in batches:
                fit.steps(fit.step, batch)
        finally:
            torch.cuda.set_sync_debug_mode("default")


def test_bfloat16_learns_what_float32_does() -> None:
    for name in ("cells", "sizes", "adam"):
        one, other = (
            float(fit_of(name, precision).run(8).values["validation"]["accuracy"][-1][0])
            for precision in ("float32", "bfloat16")
        )
        assert one > 80
        assert abs(one - other) < 4


def test_replayed_steps_are_faster() -> None:
    spent = {}
    for eager in (False, True):
        fit = fit_of("cells", "bfloat16", eager=eager)
        fit.run(2)
        torch.cuda.synchronize()
        began = time.perf_counter()
        fit.run(5)
        spent[eager] = time.perf_counter() - began
    assert spent[False] < spent[True] / 2


def test_a_graph_takes_little_more_memory_and_gives_it_back() -> None:
    fit_of("cells").run(2)  # workspaces of streams are kept
    peaks, left = {}, {}
    for eager in (True, False):
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        fit = fit_of("cells", eager=eager)
        fit.run(2)
        peaks[eager] = torch.cuda.max_memory_reserved()
        del fit
        gc.collect()
        left[eager] = torch.cuda.memory_allocated() - before
    assert peaks[False] < 3 * peaks[True]
    assert left[False] < 32 << 20
    assert left[True] < 32 << 20
