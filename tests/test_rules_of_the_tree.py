"""Rules of the source tree itself: layers, leaks, light imports, one file a method."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, SEARCHABLE, ours, table_for

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.errors import DataError
from nasbed.protocol import Budget
from nasbed.rules import Rules
from nasbed.single import execute
from nasbed.strategies import REGISTRY

FOLDERS = {"harness": "nasbed", "benchmarks": "nasbed.benchmarks", "strategies": "nasbed.strategies"}

LAYERS = {
    "nasbed.errors": set(),
    "nasbed.numeric": {"errors"},
    "nasbed.streams": {"numeric"},
    "nasbed.sources": set(),
    "nasbed.options": {"errors", "numeric"},
    "nasbed.protocol": {"errors", "numeric", "options", "streams"},
    "nasbed.loop": {"errors", "numeric", "protocol", "streams"},
    "nasbed.stages": {"errors", "numeric", "protocol", "streams"},
    "nasbed.rules": {"errors", "loop", "numeric", "protocol", "stages"},
    "nasbed.registry": {"errors", "options"},
    "nasbed.engines": {"errors", "workers.*"},
    "nasbed.oracles": {"errors", "protocol", "registry"},
    "nasbed.single": {"analysis.judge", "benchmarks", "benchmarks.tables.several", "errors", "loop", "numeric", "oracles",
                      "protocol", "registry", "rules", "stages", "strategies", "streams"},
    "nasbed.remedies": {"benchmarks", "benchmarks.tables.table", "errors", "protocol", "single", "strategies"},
    "nasbed.searching": {"benchmarks", "errors", "protocol", "remedies", "rules", "single", "stages"},
    "nasbed.objective": {"errors", "protocol", "single"},
    "nasbed.study": {"errors", "numbering", "numeric", "protocol", "remedies", "rules", "single", "sources", "stages"},
    "nasbed.store": {"columns", "errors", "interrupts", "locks", "study"},
    "nasbed.provenance": {"study"},
    "nasbed.catalogue": {"benchmarks", "benchmarks.convert", "benchmarks.tables.*", "errors", "protocol", "registry", "single",
                         "strategies"},
    "nasbed.check.*": {"benchmarks", "benchmarks.spaces.*", "benchmarks.tables.manifest", "engines", "errors", "loop", "numeric",
                       "protocol", "registry", "rules", "single", "streams"},
    "nasbed.runner": {"analysis.multiobjective.*", "analysis.results", "batches", "columns", "engines", "errors", "interrupts",
                      "provenance", "single", "store", "study"},
    "nasbed.tabulation": {"benchmarks.tables.manifest", "benchmarks.training.*", "engines", "errors", "interrupts", "provenance",
                          "store"},
    "nasbed.agreement": {"analysis.landscape.measures", "analysis.precision", "benchmarks.tables.*", "benchmarks.training.*",
                         "engines", "errors", "numeric", "streams", "tabulation"},
    "nasbed.analysis.judge": {"analysis.precision", "errors", "oracles", "protocol", "rules"},
    "nasbed.analysis.parts": {"analysis.judge", "analysis.known", "protocol", "rules"},
    "nasbed.analysis.frames": {"analysis.judge", "analysis.parts", "errors", "numbering", "oracles", "protocol", "rules"},
    "nasbed.analysis.curves": {"analysis.judge", "analysis.statistics.*", "protocol"},
    "nasbed.analysis.results": {"analysis.curves", "analysis.frames", "analysis.judge", "analysis.known", "analysis.listing",
                                "analysis.parts", "analysis.plots", "analysis.reports.*", "analysis.statistics.*",
                                "analysis.tables", "engines", "errors", "protocol", "rules", "store", "study"},
    "nasbed.analysis.statistics.*": {"analysis.precision", "analysis.results", "errors"},
    "nasbed.analysis.multiobjective.*": {"analysis.curves", "analysis.escaping", "analysis.known", "analysis.listing",
                                         "analysis.numbers", "analysis.parts", "analysis.results", "analysis.statistics.*",
                                         "analysis.tables", "errors", "protocol", "rules"},
    "nasbed.analysis.figures.*": {"analysis.judge", "analysis.known", "analysis.listing", "analysis.multiobjective.*",
                                  "analysis.numbers", "analysis.parts", "analysis.precision", "analysis.results",
                                  "analysis.statistics.*", "engines", "errors", "protocol", "store"},
    "nasbed.analysis.plots": {"analysis.figures.*", "analysis.results"},
    "nasbed.analysis.tables": {"analysis.escaping", "analysis.numbers", "analysis.results", "analysis.statistics.*", "errors",
                               "protocol"},
    "nasbed.analysis.compare": {"analysis.escaping", "analysis.numbers", "analysis.parts", "analysis.results",
                                "analysis.statistics.*", "errors"},
    "nasbed.analysis.reports.*": {"analysis.curves", "analysis.escaping", "analysis.figures.*", "analysis.judge",
                                  "analysis.multiobjective.*", "analysis.numbers", "analysis.parts", "analysis.plots",
                                  "analysis.results", "analysis.statistics.*", "analysis.tables", "engines", "errors", "protocol",
                                  "store"},
    "nasbed.analysis.landscape.*": {"analysis.escaping", "analysis.figures.*", "analysis.known", "analysis.listing",
                                    "analysis.numbers", "analysis.plots", "analysis.precision", "analysis.statistics.*",
                                    "benchmarks", "errors", "protocol", "single", "store"},
    "nasbed.gate.*": {"analysis.escaping", "analysis.judge", "analysis.numbers", "analysis.precision", "analysis.statistics.*",
                      "batches", "columns", "engines", "errors", "locks", "numeric", "protocol", "provenance", "rules", "runner",
                      "single", "store", "study"},
    "nasbed.interrupts": set(),
    "nasbed.columns": set(),
    "nasbed.locks": {"errors"},
    "nasbed.workers.*": {"errors"},
    "nasbed.batches": {"columns", "errors", "numbering", "single", "study"},
    "nasbed.analysis.precision": set(),
    "nasbed.analysis.numbers": {"analysis.precision"},
    "nasbed.analysis.escaping": set(),
    "nasbed.numbering": {"errors", "protocol"},
    "nasbed.analysis.known": {"analysis.judge", "errors", "protocol"},
    "nasbed.analysis.listing": {"analysis.known", "errors", "protocol"},
}  # fmt: skip
"""What each module of the core may import of nasbed's own; ``.*`` is a package, whose modules may import one another."""


def layer(name: str) -> str:
    """The entry of a module: its own, or its package's."""
    packages = (f"{package}.*" for package in (name, name.rpartition(".")[0]))
    return next((entry for entry in (name, *packages) if entry in LAYERS), name)


def may(name: str, imports: str) -> bool:
    allowed = LAYERS[layer(name)] | ({layer(name).removeprefix("nasbed.")} if layer(name).endswith(".*") else set())
    return not {imports, f"{imports}.*", f"{imports.rpartition('.')[0]}.*"}.isdisjoint(allowed)


def modules() -> Iterator[tuple[str, Path]]:
    for folder, package in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            yield ".".join([package, *(part for part in parts if part != "__init__")]), path


MODULES = {name for name, _ in modules()}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES
            found |= inside or {node.module or ""}
    return found


@pytest.mark.parametrize(("name", "path"), [(n, p) for n, p in modules() if layer(n) in LAYERS], ids=str)
def test_imports_point_one_way(name: str, path: Path) -> None:
    ours = {module.removeprefix("nasbed.") for module in imported(path) if module.startswith("nasbed.")}
    assert [module for module in sorted(ours) if not may(name, module)] == []


def test_every_module_of_the_core_has_a_layer() -> None:
    free = {"nasbed", "nasbed.__main__", "nasbed.cli", "nasbed.analysis"}
    core = {name for name, _ in modules() if not name.startswith(("nasbed.benchmarks", "nasbed.strategies"))}
    assert {layer(name) for name in core - free} == set(LAYERS)


@pytest.mark.parametrize("path", sorted((ROOT / "strategies").rglob("[!_]*.py")), ids=lambda path: path.stem)
def test_strategies_import_the_protocol_and_what_they_share(path: Path) -> None:
    foreign = {name for name in imported(path) if name.startswith("nasbed")}
    assert {name for name in foreign if not name.startswith("nasbed.strategies.models.")} <= {"nasbed.protocol"}
    assert path.parent.name == "models" or "nasbed.protocol" in foreign


@pytest.fixture(scope="module")
def without_test(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped table but for its test columns."""
    copy = tmp_path_factory.mktemp("blind") / "nasbench201"
    for file in NASBench201.folder.rglob("*.*"):
        if "test" not in file.name:
            target = copy / file.relative_to(NASBench201.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    return copy


@pytest.mark.parametrize("name", SEARCHABLE)
def test_a_strategy_runs_without_any_test_column(
    name: str, without_test: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = Rules(Budget("evaluations", 30))
    whole = execute(ours(name), table_for(name, "cifar100"), rules, 1)
    monkeypatch.setattr(NASBench201, "folder", without_test)
    blind = execute(ours(name), NASBench201("cifar100", **SEARCHABLE[name]), rules, 1)
    assert blind.outcomes == whole.outcomes
    with pytest.raises(DataError, match="test_accuracy"):
        blind.scores()


def test_only_what_needs_more_than_nasbench201_has_is_left_out() -> None:
    assert set(REGISTRY.builtin()) - set(SEARCHABLE) == {
        name for name in REGISTRY.builtin() if ours(name).needs.joint or ours(name).needs.fidelity_ratio > 1
    }


@pytest.mark.parametrize("path", [path for _, path in modules()], ids=str)
def test_the_sign_of_an_objective_has_one_owner(path: Path) -> None:
    """Nothing but :class:`~nasbed.protocol.Objective` makes a -1 of what is minimised."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.IfExp) and path != ROOT / "harness" / "protocol.py":
            tested = {one.attr for one in ast.walk(node.test) if isinstance(one, ast.Attribute)}
            turns = any(isinstance(one, ast.USub) for side in (node.body, node.orelse) for one in ast.walk(side))
            assert not (turns and tested & {"maximise", "direction"}), f"line {node.lineno}"


def test_a_query_holds_no_way_to_a_test_number() -> None:
    query = nasbed.observe(NASBench201(), {"evaluations": 3})
    public = {name for name in dir(query) if not name.startswith("_")}
    assert public == {"ask", "close", "tell", "result", "rng", "space", "task"}


def test_asking_a_query_for_its_scores_ends_the_search() -> None:
    query = nasbed.observe(NASBench201(), {"evaluations": 3})
    query(query.space.archs[0])
    assert query.result().scores()["test"] > 0
    with pytest.raises(nasbed.BudgetExhausted):
        query(query.space.archs[1])


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


HEAVY = "{'numpy', 'scipy', 'pandas', 'pyarrow', 'matplotlib', 'torch', 'seaborn'} & set(sys.modules)"


@pytest.mark.parametrize(
    "code",
    [
        "import nasbed",
        "import nasbed.cli",
        "import nasbed.strategies, nasbed.benchmarks",
        "import nasbed.loop, nasbed.single",
    ],
)
def test_importing_is_light(code: str) -> None:
    assert python(f"import sys; {code}; print({HEAVY})") == "set()"


def test_a_search_loads_numpy_only() -> None:
    code = "import sys, nasbed; nasbed.search('random_search', 'nasbench201', budget={'evaluations': 5})"
    assert python(f"{code}; print({HEAVY})") == "{'numpy'}"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak memory from /proc")
def test_a_search_takes_less_than_80_megabytes() -> None:
    code = (
        "import nasbed; nasbed.search('regularized_evolution', 'nasbench201', budget={'evaluations': 150});"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    assert int(python(code)) / 1024 < 80


def test_no_torch_outside_training_and_conversion() -> None:
    users = {path for _, path in modules() if any(name.split(".")[0] == "torch" for name in imported(path))}
    allowed = [ROOT / "benchmarks/training", ROOT / "benchmarks/convert"]
    assert users
    assert all(any(path.is_relative_to(place) for place in allowed) for path in users)


def test_global_random_state_is_never_touched() -> None:
    tested = ROOT / "harness/check/randomness.py"  # for the check that strategies leave it alone
    for path in {path for _, path in modules()} - {tested}:
        text = path.read_text(encoding="utf-8")
        for call in ("random.seed(", "np.random.seed", "np.random.rand", "np.random.choice", "np.random.normal"):
            assert call not in text.replace("``random.seed(88); random.shuffle``", ""), path


def test_public_names_exist_and_have_docstrings() -> None:
    for name in nasbed.__all__:
        value = getattr(nasbed, name)
        assert name in ("Arch",) or value.__doc__, name
    with pytest.raises(AttributeError):
        nasbed.nothing  # noqa: B018
    assert set(nasbed.__all__) <= set(dir(nasbed))
