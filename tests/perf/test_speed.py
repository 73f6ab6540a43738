"""Speed: `make bench`. The figures stand in docs/performance.md.

What is judged is the median ratio of CPU times of adjacent calls, so that neither the machine nor what else it does matters.
Times are printed, and compared with those of an earlier run, for who reads them.
"""

from __future__ import annotations

import bz2
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import official_files as official
import pytest
from bare import Bare
from places import ROOT
from pytest_benchmark.fixture import BenchmarkFixture
from test_live import Trained
from threadpoolctl import threadpool_limits

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.benchmarks.convert import nats_topology
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies import REGISTRY, LocalSearch, RandomSearch, RegularizedEvolution, Reinforce
from nasbed.vocabulary import Arch, Budget, Strategy

EVALUATIONS = 150
PAIRS = 121
RULES = Rules(Budget("evaluations", EVALUATIONS))
STUDY = ROOT / "studies" / "quickstart.toml"


@pytest.fixture(scope="module")
def bare(table: NASBench201) -> Bare:
    values = [row[~np.isnan(row)].tolist() for row in table.observations]
    return Bare(table.space.archs, values, table.costs.tolist())


def paired(ours: Callable[[int], object], theirs: Callable[[int], object], pairs: int = PAIRS) -> float:
    """The median ratio of CPU times of adjacent calls, each with the number of its pair."""
    ratios = []
    for seed in range(pairs):
        start = time.process_time_ns()
        ours(seed)
        middle = time.process_time_ns()
        theirs(seed)
        ratios.append((middle - start) / (time.process_time_ns() - middle))
    return statistics.median(ratios)


@pytest.mark.parametrize(
    ("strategy", "limit"),
    [(RegularizedEvolution(10, 3), 2.0), (RegularizedEvolution(50, 10), 1.5), (RandomSearch(), 1.6)],
    ids=["regularized_evolution 10/3", "regularized_evolution 50/10", "random_search"],
)
def test_search_against_a_bare_loop(
    benchmark: BenchmarkFixture, table: NASBench201, bare: Bare, strategy: Strategy, limit: float
) -> None:
    def ours(seed: int) -> object:
        return execute(strategy, table, RULES, seed)

    def theirs(seed: int) -> object:
        if isinstance(strategy, RegularizedEvolution):
            return bare.regularized_evolution(seed, EVALUATIONS, strategy.population, strategy.sample)
        return bare.random_search(seed, EVALUATIONS)

    paired(ours, theirs)
    ratio = paired(ours, theirs)
    benchmark.extra_info["ratio"] = round(ratio, 3)
    benchmark.pedantic(ours, args=(0,), rounds=30, warmup_rounds=3)
    print(f"\n  {ratio:.2f} of a bare loop (limit {limit})")
    assert ratio <= limit


@pytest.mark.parametrize("strategy", [LocalSearch(), Reinforce()], ids=["local_search", "reinforce"])
def test_other_searches(benchmark: BenchmarkFixture, table: NASBench201, strategy: Strategy) -> None:
    benchmark.pedantic(execute, args=(strategy, table, RULES, 0), rounds=20, warmup_rounds=2)


EVOLUTIONARY = ("regularized_evolution", "genetic_algorithm", "local_search", "simulated_annealing")
MODEL_BASED = {"tpe": 0.25, "gp_bo": 1.0, "sum_kernel_gp": 3.0, "rf_bo": 10.0, "weak_predictors": 6.0, "bananas": 15.0}
"""Strategies, and the most that 150 queries may take, in units of what Optuna's default sampler takes."""
PUBLISHED = {"tpe": {"gamma": 0.15, "candidates": 100, "initial": 30, "prior": 1.0, "density": "independent"}}
"""Options with which strategies are timed, where the defaults are others."""


@pytest.mark.parametrize("name", EVOLUTIONARY)
def test_evaluations_a_second(benchmark: BenchmarkFixture, table: NASBench201, name: str) -> None:
    strategy = REGISTRY.make(name, {})
    spent = statistics.median(cpu(lambda: execute(strategy, table, RULES, seed)) for seed in range(PAIRS))  # noqa: B023
    benchmark.extra_info["evaluations a second"] = round(EVALUATIONS / spent)
    benchmark.pedantic(execute, args=(strategy, table, RULES, 0), rounds=20, warmup_rounds=2)
    print(f"\n  {name}: {EVALUATIONS / spent:,.0f} evaluations a second")


@pytest.mark.parametrize("name", MODEL_BASED)
def test_queries_beside_optuna(benchmark: BenchmarkFixture, table: NASBench201, name: str) -> None:
    """150 queries over all 15,625 architectures, beside the same through Optuna's TPESampler."""
    pytest.importorskip("optuna")
    ours, theirs = REGISTRY.make(name, PUBLISHED.get(name, {})), REGISTRY.make("optuna", {})
    with threadpool_limits(1):
        execute(ours, table, RULES, 0)
        execute(theirs, table, RULES, 0)
        pairs = [
            (cpu(lambda: execute(ours, table, RULES, seed)), cpu(lambda: execute(theirs, table, RULES, seed)))  # noqa: B023
            for seed in range(3)
        ]
        benchmark.pedantic(execute, args=(ours, table, RULES, 0), rounds=1)
    ratio = statistics.median(one / other for one, other in pairs)
    seconds = statistics.median(one for one, _ in pairs)
    benchmark.extra_info |= {"CPU seconds": round(seconds, 3), "of Optuna's TPESampler": round(ratio, 3)}
    print(f"\n  {name}: {seconds:.2f} s of CPU, {ratio:.2f} of Optuna's TPESampler")
    assert ratio <= MODEL_BASED[name]


RUSTUNA = {
    "tpe, published": ("tpe", PUBLISHED["tpe"], "TPESampler", 1.1),
    "tpe": ("tpe", {}, "TPESampler", 1.3),
    "random_search": ("random_search", {}, "RandomSampler", 0.5),
}
"""Strategies and their options, Rustuna's sampler of the same method, and the most that 200 evaluations may take of its time."""


@pytest.mark.parametrize("row", RUSTUNA)
def test_searches_beside_rustuna(benchmark: BenchmarkFixture, table: NASBench201, row: str) -> None:
    """200 evaluations beside the compiled samplers of Rustuna on the same decisions and the same values, which keep no records."""
    rustuna = pytest.importorskip("rustuna", reason="needs the package rustuna, an optional peer")
    name, options, sampler, limit = RUSTUNA[row]
    strategy, rules = REGISTRY.make(name, options), Rules(Budget("evaluations", 200))
    values, index, choices = table.observations[:, 0].tolist(), table.space.index, list(range(5))

    def theirs(seed: int) -> None:
        study = rustuna.create_study(direction="maximize", sampler=getattr(rustuna.samplers, sampler)(seed=seed))
        study.optimize(
            lambda trial: values[index(tuple(trial.suggest_categorical(str(edge), choices) for edge in range(6)))],
            n_trials=200,
        )

    def ours(seed: int) -> object:
        return execute(strategy, table, rules, seed)

    paired(ours, theirs, 5)
    ratio = paired(ours, theirs, 31)
    benchmark.extra_info["of Rustuna's"] = round(ratio, 2)
    benchmark.pedantic(ours, args=(0,), rounds=20, warmup_rounds=2)
    print(f"\n  {row}: {ratio:.2f} of Rustuna's {sampler} (limit {limit})")
    assert ratio <= limit


def cpu_of(*codes: str, rounds: int = 9) -> np.ndarray:
    """CPU seconds of fresh Pythons that run each of ``codes``, in turns: a row a round."""
    spent = np.empty((rounds, len(codes)))
    for place in np.ndindex(*spent.shape):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", codes[place[1]]], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent[place] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent


def test_loading_against_importing_numpy(benchmark: BenchmarkFixture) -> None:
    load = "from nasbed.benchmarks.nasbench201 import NASBench201"
    benchmark.pedantic(lambda: NASBench201("cifar100").oracle(), rounds=20, warmup_rounds=1)
    numpy, loaded, imported = cpu_of("import numpy", f"{load}; NASBench201().oracle()", load).T
    print(f"\n  import numpy {1e3 * np.median(numpy):.0f} ms, nasbed's modules beside it", end=" ")
    print(f"{1e3 * np.median(imported - numpy):.0f} ms, space and table {1e3 * np.median(loaded - imported):.0f} ms")
    assert np.median((loaded - imported) / numpy) < 1


def test_help_against_an_empty_typer_app(benchmark: BenchmarkFixture) -> None:
    empty = "import typer; app = typer.Typer(); app.command()(lambda: None); app(['--help'], standalone_mode=False)"
    ours, theirs = cpu_of(
        "import sys; sys.argv = ['nasbed', '--help']; from nasbed.__main__ import main; main()", empty
    ).T
    spent = 1e3 * np.median(ours)
    print(f"\n  nasbed --help {spent:.0f} ms of CPU, an empty typer app {1e3 * np.median(theirs):.0f} ms")
    benchmark.extra_info["cpu_ms"] = round(spent)
    benchmark.pedantic(
        lambda: subprocess.run([sys.executable, "-m", "nasbed", "--help"], stdout=subprocess.DEVNULL), rounds=3
    )
    assert np.median(ours / theirs) < 1.5


def test_the_quick_start(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    def quick_start() -> None:
        words = ["run", str(STUDY), "--engine", "local:2", "--fresh", "--out", str(tmp_path / "out")]
        subprocess.run([sys.executable, "-m", "nasbed", *words], check=True, capture_output=True)

    benchmark.pedantic(quick_start, rounds=1)
    results = nasbed.Results.load(tmp_path / "out")
    assert len(results.finals()) == 3600


QUERY = 6.0
"""The most that an answer of the oracle may take, in units of two list look-ups and a tuple."""


def test_a_scalar_query_against_a_list_look_up(benchmark: BenchmarkFixture, table: NASBench201) -> None:
    """An answer of the oracle beside two list look-ups and a tuple, and the vectorised query beside plain indexing."""
    oracle, values, costs = table.oracle(), table.observations[:, 0].tolist(), table.costs.tolist()
    places = np.random.default_rng(0).integers(len(values), size=200_000).tolist()

    def answers() -> None:
        for place in places:
            oracle(place, 200, place)

    def look_ups() -> None:
        for place in places:
            (values[place],), costs[place]

    ratio = paired(lambda _: answers(), lambda _: look_ups(), 21)
    extra = statistics.median(cpu(answers) - cpu(look_ups) for _ in range(11)) / len(places)
    benchmark.extra_info |= {"of a look-up": round(ratio, 1), "nanoseconds over a look-up": round(1e9 * extra)}
    benchmark.pedantic(answers, rounds=5, warmup_rounds=1)
    print(f"\n  a scalar query takes {ratio:.1f} times a list look-up, {1e9 * extra:.0f} ns more")
    assert ratio < QUERY


def test_a_million_queries_at_once(benchmark: BenchmarkFixture, table: NASBench201) -> None:
    random = np.random.default_rng(0)
    index, run = random.integers(len(table.space), size=10**6), random.integers(2, size=10**6)
    plain = table.observations
    ratio = statistics.median(cpu(lambda: table.query(index, run)) / cpu(lambda: plain[index, run]) for _ in range(21))
    found = benchmark.pedantic(table.query, args=(index, run), rounds=20, warmup_rounds=2)
    print(f"\n  10^6 queries at once take {ratio:.2f} of plain indexing")
    np.testing.assert_array_equal(found, plain[index, run])
    assert ratio < 2


def test_importing_a_nats_folder_against_bz2(
    benchmark: BenchmarkFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty cells in the official layout: the import beside the decompression of its files alone."""
    cells = 30
    texts = nats_topology.LAYOUT.texts()[:cells]
    monkeypatch.setattr(nats_topology, "LAYOUT", replace(nats_topology.LAYOUT, texts=lambda: list(texts)))
    folder = official.nats_folder(tmp_path / official.TSS, {i: official.topology(i) for i in range(cells)}, texts)
    files = sorted(folder.iterdir())

    def ours() -> None:
        nats_topology.convert([folder], tmp_path / "table", lambda what, done, total: None)

    def theirs() -> None:
        for file in files:
            bz2.decompress(file.read_bytes())

    ratio = paired(lambda _: theirs(), lambda _: ours(), 9)
    benchmark.extra_info["of the speed of bz2"] = round(ratio, 2)
    benchmark.pedantic(ours, rounds=3)
    print(f"\n  an import runs at {ratio:.2f} of the speed of bz2 alone, on one core")
    assert ratio >= 0.35


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of a call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def test_training_together_against_alone(benchmark: BenchmarkFixture) -> None:
    pytest.importorskip("torch")
    from nasbed.benchmarks.training.images.table import digits
    from nasbed.benchmarks.training.images.table.plan import TrainingPlan
    from nasbed.benchmarks.training.images.table.trainer import TrainingState

    plan = TrainingPlan.load(STUDY.parent / "digits201.toml")
    groups = plan.groups()

    def epoch(archs: Sequence[Arch]) -> None:
        TrainingState(archs, plan.shape, plan.recipe, 0, digits.splits()).run(1)

    epoch(groups[0])
    ratios, together, alone = [], 0.0, 0.0
    chosen = groups[20:210:80]
    for archs in chosen:
        many = cpu(lambda archs=archs: epoch(archs)) / len(archs)  # type: ignore[misc]
        one = statistics.mean(cpu(lambda arch=arch: epoch([arch])) for arch in archs[::6])  # type: ignore[misc]
        ratios.append(one / many)
        together, alone = together + many, alone + one
    benchmark.pedantic(lambda: epoch(chosen[0]), rounds=1)
    an_hour = 3600 * len(chosen) / plan.recipe.epochs
    benchmark.extra_info |= {
        "together / alone": round(statistics.median(ratios), 2),
        "trainings an hour and core, together": round(an_hour / together),
        "trainings an hour and core, alone": round(an_hour / alone),
    }
    assert statistics.median(ratios) >= 2.0


def test_eight_workers_beside_one(benchmark: BenchmarkFixture) -> None:
    """32 trainings that sleep for .1 s. Both times are of the clock, since sleeping takes no CPU."""
    trained = Trained(lambda training: (time.sleep(0.1) or 1.0,))

    def seconds(workers: int) -> float:
        began = time.monotonic()
        nasbed.search("regularized_evolution", trained, budget={"evaluations": 32}, workers=workers)
        return time.monotonic() - began

    one, eight = seconds(1), min(seconds(8) for _ in range(3))
    benchmark.extra_info["times as fast"] = round(one / eight, 2)
    benchmark.pedantic(seconds, args=(8,), rounds=1)
    print(f"\n  {one:.2f} s with one worker, {eight:.2f} s with eight: {one / eight:.1f} times as fast")
    assert one / eight >= 6
