"""Speed of training against a plain loop of PyTorch: `make bench`. The figures stand in docs/performance.md."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import textwrap
from types import ModuleType

import pytest
from places import ROOT

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")


@pytest.fixture(scope="module")
def study() -> ModuleType:
    sys.path.insert(0, str(ROOT / "studies"))  # which it imports from
    spec = importlib.util.spec_from_file_location("measure_training", ROOT / "studies" / "measure_training.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "single", "group"),
    [("LeNet-5", 1.3, 2.2), ("small, Adam, batches of 32", 1.6, 3.0), ("hand-designed", 1.3, 1.5)],
)
def test_training_is_faster_than_a_plain_loop(study: ModuleType, name: str, single: float, group: float) -> None:
    _require_faster(study, study.NETWORKS[name], study.load_images("digits"), single, group)


@pytest.mark.parametrize(
    ("name", "single", "group"),
    [("GRU in both directions", 1.5, 4.5), ("LSTM", 1.2, 2.0), ("attention block", 1.2, 2.5)],
)
def test_training_on_sequences_is_faster_too(study: ModuleType, name: str, single: float, group: float) -> None:
    _require_faster(study, study.SEQUENCES[name], study.load_sequences("digit_rows"), single, group)


def _require_faster(study: ModuleType, text: str, data: object, single: float, group: float) -> None:
    """A network alone and in a group, each beside a plain loop of the same recipe, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        alone, _ = study.measured(text, data, 5, "cpu")
        together, _ = study.measured(text, data, 5, "cpu", study.GROUP)
    finally:
        torch.set_num_threads(threads)
    print(f"{text}: {alone:.2f} times as fast as a plain loop alone, {together:.2f} times in a group of {study.GROUP}")
    assert alone > single
    assert together > group


def test_the_first_training_of_a_worker_loads_nothing_on_the_clock() -> None:
    program = """
        import sys
        import nasbed

        benchmark = nasbed.load_benchmark("chain", data="digits", epochs=[1])
        benchmark.trainer().prepare()
        before = len(sys.modules)
        (first,), (second,) = (benchmark.training(benchmark.space.parse("lenet"), seed).make(1) for seed in (0, 1))
        assert len(sys.modules) - before < 20, len(sys.modules) - before
        assert first.seconds[0] < 5 * second.seconds[0], (first.seconds, second.seconds)
        """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)
