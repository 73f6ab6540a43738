"""Methods of other libraries: what their adapters share, and that each searches, repeats itself and says what it lacks."""

from __future__ import annotations

import random
import re
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np
import pytest
from fakes import SPACE, failing, run, task
from places import ROOT

import nasbed
from nasbed.benchmarks.spaces.chain import ChainSpace
from nasbed.benchmarks.spaces.chain_layers import Shape
from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.spaces.nats_size import NATSSizeSpace
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.check.toy_spaces import TriangleSpace
from nasbed.errors import OptionError, UnknownNameError, UnmetNeedError
from nasbed.strategies import REGISTRY
from nasbed.strategies.models.outside import OutsideSearch, OutsideStrategy, Parameters, Suggestion, Surroundings
from nasbed.streams import stream
from nasbed.vocabulary import Arch, Stream, Task, ordered

RATES = Variable("rate", (0.001, 0.01, 0.1, 1.0), "hyperparameters")
MIXED = JointGridSpace(
    "mixed",
    [Variable("kind", ("a", "b", "c")), RATES, Variable("schedule", ("cosine",))],
    {"kind": "a", "rate": 0.01, "schedule": "cosine"},
)
CONDITIONAL = ChainSpace(Shape(1, 8, 8))
ADAPTERS: dict[str, dict[str, Any]] = {
    "optuna": {},
    "rustuna": {},
    "pymoo": {"population": 5},
    "nevergrad": {},
    "botorch": {"initial": 12},
    "smac": {"initial": 12},
    "syne_tune": {"searcher": "kde"},
    "authors_dehb": {},
}


def here(name: str) -> None:
    if not REGISTRY.make(name, ADAPTERS[name]).present:  # type: ignore[attr-defined]
        pytest.skip(f"{name} is not installed; pip install '.[peers]' brings it")


# what they share


def test_every_adapter_is_tried() -> None:
    adapters = [one for one in REGISTRY.builtin() if issubclass(REGISTRY.load(one), OutsideStrategy)]
    assert adapters == sorted(ADAPTERS)
    assert all(REGISTRY.load(one).__module__ == f"nasbed.strategies.outside.{one}" for one in adapters)


def test_a_decision_is_a_parameter_with_an_order_or_without_one() -> None:
    parameters = Parameters(MIXED)
    assert [tuple(one) for one in parameters] == [("decision 0", 3, False), ("decision 1", 4, True)]
    assert (parameters.arch([2, np.int64(3)]), parameters.values((2, 3, 0))) == ((2, 3, 0), [2, 3])
    assert parameters.named((1, 2, 0)) == {"decision 0": 1, "decision 1": 2}
    assert (len(parameters), parameters[1].name, parameters.width) == (2, "decision 1", 4)


def test_a_point_stands_for_the_architecture_that_it_is_made_of() -> None:
    parameters = Parameters(MIXED)
    assert [parameters.at(parameters.point(arch).tolist()) for arch in MIXED.archs] == list(MIXED.archs)
    assert (parameters.at([0.2, 0.9, 0.9, 1.0]), parameters.at([0.0, 0.0, 0.0, 0.0])) == ((1, 3, 0), (0, 0, 0))


def test_spaces_say_which_of_their_decisions_have_an_order() -> None:
    assert ordered(SPACE) == (False, False)
    assert ordered(NATSSizeSpace()) == (True,) * 5
    said = dict(zip((one.name for one in CONDITIONAL.variables), ordered(CONDITIONAL), strict=True))
    assert [said[name] for name in ("feature layers", "layer 1: kind", "layer 1: norm", "optimizer", "rate")] == [
        True, False, False, False, True,
    ]  # fmt: skip


def _numbers() -> list[int]:
    """NumPy's global random state."""
    return np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]  # noqa: NPY002  # it is what is under test


def test_global_random_state_is_the_searchs_own_and_is_put_back() -> None:
    seen = []
    for start in (1, 2):
        random.seed(start)
        np.random.seed(start)  # noqa: NPY002  # it is what is under test
        before = random.getstate(), _numbers()
        surroundings, drawn = Surroundings(7), []
        for _ in range(2):
            with surroundings:
                drawn.append((random.random(), float(np.random.random())))  # noqa: NPY002  # as libraries do
                warnings.warn("nobody sees this", stacklevel=1)
            assert (random.getstate(), _numbers()) == before
        seen.append(drawn)
    assert seen[0] == seen[1]
    assert seen[0][0] != seen[0][1]


def test_the_state_and_the_threads_of_pytorch_are_put_back() -> None:
    torch = pytest.importorskip("torch")
    threads, before = torch.get_num_threads(), torch.get_rng_state()
    surroundings = Surroundings(7)
    drawn = []
    for _ in range(2):
        with surroundings:
            assert torch.get_num_threads() == 1
            drawn.append(float(torch.rand(1)))
    assert (torch.get_num_threads(), torch.equal(torch.get_rng_state(), before)) == (threads, True)
    assert drawn[0] != drawn[1]


class Counting(OutsideSearch):
    """Suggests every combination of values in turn."""

    tries = 3

    def __init__(self, of: Task, combinations: Iterator[Arch]) -> None:
        self.combinations, self.told, self.failed, self.inserted = combinations, [], [], []  # type: ignore[var-annotated]
        self.closed = 0

    def suggest(self) -> Suggestion | None:
        arch = next(self.combinations, None)
        return None if arch is None else Suggestion(arch, arch)

    def report(self, handle: Any, told: tuple[float, ...]) -> None:
        self.told.append((handle, told))

    def report_failure(self, handle: Any) -> None:
        self.failed.append(handle)

    def insert(self, arch: Arch) -> Any:
        self.inserted.append(arch)
        return arch

    def close(self) -> None:
        self.closed += 1


@dataclass(frozen=True)
class Library(OutsideStrategy):
    package: ClassVar[str] = "json"
    installed_by: ClassVar[str] = "json"
    distributions: ClassVar[tuple[str, ...]] = ("numpy", "there is none")

    def begin(self, task: Task, seed: int, rng: Stream) -> OutsideSearch:
        from itertools import product

        return Counting(task, product(*map(range, task.space.choices)))


def begun(of: Task, strategy: OutsideStrategy | None = None) -> Any:
    return (strategy or Library()).start(of, stream(0, "fake", "search"))


def test_losses_are_negated_values_and_failures_are_told_as_such() -> None:
    of = task()
    searcher = begun(of)
    log = run(searcher, of, failing(1))
    assert searcher.search.failed == [(0, 1)]
    assert searcher.search.told == [(one.arch, (-one.value,)) for one in log.outcomes if not one.failed]
    searcher.close()
    searcher.close()
    assert searcher.search.closed == 1


def test_what_stands_for_nothing_fails_and_one_is_drawn_after_some_in_a_row() -> None:
    of = replace(task("evaluations", 30), space=TriangleSpace())
    searcher = begun(of)
    log = run(searcher, of)
    search = searcher.search
    assert search.failed
    assert all(arch not in of.space for arch in search.failed)
    assert search.inserted
    assert {one.arch for one in log.outcomes} >= set(search.inserted)
    assert len(search.told) == len(log.outcomes)


def test_results_depend_on_the_versions_of_the_library() -> None:
    (path,) = Library().sources
    assert f"Version: {np.__version__}" in path.read_text()


# each of them


@pytest.mark.parametrize("name", ADAPTERS)
def test_without_its_library_the_remedy_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    strategy = REGISTRY.make(name, ADAPTERS[name])
    package, source = strategy.needs.packages[0]
    monkeypatch.setattr("nasbed.vocabulary.tasks.find_spec", lambda name: None)
    extra = source.removeprefix("nasbed")
    remedy = f"needs the package {package}; pip install '.{extra}' in the checkout of nasbed"
    with pytest.raises(UnmetNeedError, match=re.escape(remedy)):
        strategy.require(task(epochs=(1, 9)))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extra.strip("[]") in project["optional-dependencies"]


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_same_seed_gives_the_same_search(name: str) -> None:
    here(name)
    table = nasbed.load_benchmark("digits201", epochs=[1, 4, 12])
    if name != "authors_dehb":
        table = nasbed.load_benchmark("digits201")
    runs = [
        nasbed.search(
            nasbed.load_strategy(name, **ADAPTERS[name]), table, budget={"evaluations": 15}, seed=seed
        ).outcomes
        for seed in (0, 0, 1)
    ]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert len(runs[0]) == 15


@pytest.mark.parametrize("name", ADAPTERS)
@pytest.mark.parametrize("space", [MIXED, CONDITIONAL], ids=["mixed", "conditional"])
def test_mixed_and_conditional_spaces_are_searched(name: str, space: Any) -> None:
    here(name)
    of = replace(task("evaluations", 6, epochs=(1, 3, 9)), space=space)
    searcher = begun(of, REGISTRY.make(name, ADAPTERS[name]))  # type: ignore[arg-type]
    log = run(searcher, of)
    searcher.close()
    assert len(log.outcomes) == 6
    assert all(one.arch in space for one in log.outcomes)


@pytest.mark.parametrize("name", ["optuna", "rustuna", "pymoo", "syne_tune"])
def test_a_search_improves_on_its_beginning(name: str) -> None:
    here(name)
    table = nasbed.load_benchmark("synthetic", decisions=4, values=5)
    found = nasbed.search(nasbed.load_strategy(name, **ADAPTERS[name]), table, budget={"evaluations": 60}, seed=0)
    values = [one.value for one in found.outcomes]
    assert np.mean(values[-20:]) > np.mean(values[:10])


def test_a_sampler_of_numbers_needs_numbers() -> None:
    here("optuna")
    if not find_spec("cmaes"):
        pytest.skip("cmaes is not installed; pip install '.[optuna]' brings it")
    with pytest.raises(OptionError, match=re.escape("CmaEsSampler does not support categorical parameters")):
        begun(task(), REGISTRY.make("optuna", {"sampler": "CmaEsSampler"}))  # type: ignore[arg-type]
    reals = REGISTRY.make("optuna", {"sampler": "CmaEsSampler", "encoding": "reals"})
    assert len(run(begun(task("evaluations", 20), reals), task("evaluations", 20)).outcomes) == 20  # type: ignore[arg-type]


def test_halving_resumes_what_goes_on() -> None:
    here("syne_tune")
    of = replace(task("evaluations", 25, epochs=(1, 3, 9), resumable=True))
    outcomes = run(begun(of, REGISTRY.make("syne_tune", {"halving": True})), of).outcomes  # type: ignore[arg-type]
    resumed = [one for one in outcomes if one.proposal.resume is not None]
    assert resumed
    assert {one.epochs for one in resumed} <= {3, 9}


def test_an_optimizer_that_nevergrad_lacks_is_refused() -> None:
    here("nevergrad")
    with pytest.raises(UnknownNameError, match="unknown optimizer of nevergrad 'NGOp'; did you mean"):
        begun(task(), REGISTRY.make("nevergrad", {"optimizer": "NGOp"}))  # type: ignore[arg-type]
