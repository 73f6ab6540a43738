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
    "nasbed.streams": set(),
    "nasbed.sources": set(),
    "nasbed.options": {"errors"},
    "nasbed.protocol": {"errors", "options", "streams"},
    "nasbed.loop": {"errors", "protocol", "streams"},
    "nasbed.stages": {"errors", "protocol", "streams"},
    "nasbed.rules": {"errors", "loop", "protocol", "stages"},
    "nasbed.registry": {"errors"},
    "nasbed.engines": {"errors"},
    "nasbed.single": {"errors", "loop", "protocol", "registry", "rules", "stages", "streams", "analysis.judge", "benchmarks",
                      "benchmarks.tables.several", "strategies"},
    "nasbed.objective": {"errors", "protocol", "single"},
    "nasbed.study": {"errors", "protocol", "rules", "single", "sources", "stages"},
    "nasbed.store": {"errors", "study"},
    "nasbed.provenance": {"study"},
    "nasbed.catalogue": {"errors", "protocol", "registry", "single", "benchmarks", "benchmarks.tables",
                         "benchmarks.tables.manifest", "benchmarks.tables.table", "strategies"},
    "nasbed.check": {"benchmarks", "check", "check.candidate", "check.elsewhere", "check.subject", "protocol", "registry"},
    "nasbed.check.elsewhere": {"errors"},
    "nasbed.check.subject": {"benchmarks", "check.elsewhere", "errors", "protocol", "registry", "rules", "single", "streams"},
    "nasbed.check.answers": {"benchmarks", "check.elsewhere", "check.subject", "errors", "protocol", "registry", "streams"},
    "nasbed.check.spaces": {"check.elsewhere", "check.subject", "errors", "protocol", "registry"},
    "nasbed.check.scores": {"benchmarks.tables.manifest", "check.elsewhere", "check.subject", "errors", "protocol", "registry",
                            "streams"},
    "nasbed.check.grounds": {"benchmarks.spaces.digits", "benchmarks.spaces.enumerated", "benchmarks.spaces.joint",
                             "benchmarks.spaces.nasbench201", "errors", "loop", "protocol", "streams"},
    "nasbed.check.candidate": {"check.elsewhere", "check.grounds", "errors", "loop", "protocol", "registry", "rules", "single"},
    "nasbed.check.searches": {"check.candidate", "check.elsewhere", "check.grounds", "check.scores", "errors", "loop", "protocol",
                              "registry", "streams"},
    "nasbed.runner": {"engines", "errors", "provenance", "single", "store", "study", "analysis.results"},
    "nasbed.tabulation": {"benchmarks.tables.manifest", "benchmarks.training", "benchmarks.training.device",
                          "benchmarks.training.plan",
                        "benchmarks.training.shards", "engines", "errors", "provenance", "store"},
    "nasbed.agreement": {"analysis.landscape.measures", "benchmarks.tables", "benchmarks.tables.manifest",
                         "benchmarks.training", "benchmarks.training.device", "benchmarks.training.digits",
                         "benchmarks.training.plan", "engines", "errors",
                         "streams", "tabulation"},
    "nasbed.analysis.anytime": {"errors"},
    "nasbed.analysis.attainment": {"errors"},
    "nasbed.analysis.comparisons": {"analysis.estimators", "analysis.ranks", "analysis.results", "analysis.stats",
                                    "errors"},
    "nasbed.analysis.compare": {"analysis.estimators", "analysis.parts", "analysis.results", "analysis.stats", "errors"},
    "nasbed.analysis.curves": {"analysis.judge", "analysis.stats", "protocol"},
    "nasbed.analysis.dominance": {"rules"},
    "nasbed.analysis.estimators": {"errors"},
    "nasbed.analysis.figures": {"analysis.figures", "analysis.figures.several", "analysis.figures.style",
                                "analysis.results", "errors", "store"},
    "nasbed.analysis.figures.arrays": {"analysis.results", "analysis.stats"},
    "nasbed.analysis.figures.attainment": {"analysis", "analysis.attainment", "analysis.dominance",
                                           "analysis.figures", "analysis.figures.plane", "analysis.figures.style",
                                           "analysis.results"},
    "nasbed.analysis.figures.critical_difference": {"analysis.figures.arrays", "analysis.figures.layout",
                                                    "analysis.figures.style", "analysis.ranks", "analysis.results",
                                                    "errors"},
    "nasbed.analysis.figures.curves": {"analysis.figures", "analysis.figures.layout", "analysis.figures.lines",
                                       "analysis.figures.style", "analysis.results", "errors"},
    "nasbed.analysis.figures.ecdf": {"analysis.anytime", "analysis.figures.arrays", "analysis.figures.lines",
                                     "analysis.figures.style", "analysis.results", "protocol"},
    "nasbed.analysis.figures.finals": {"analysis.figures", "analysis.figures.layout", "analysis.figures.style",
                                       "analysis.results", "errors"},
    "nasbed.analysis.figures.improvement": {"analysis.comparisons", "analysis.figures.layout",
                                            "analysis.figures.style", "analysis.results", "errors"},
    "nasbed.analysis.figures.layout": {"analysis.figures.style"},
    "nasbed.analysis.figures.lines": {"analysis.figures.layout", "analysis.figures.style", "analysis.results"},
    "nasbed.analysis.figures.pareto": {"analysis", "analysis.dominance", "analysis.figures",
                                       "analysis.figures.plane", "analysis.figures.style", "analysis.parts",
                                       "analysis.results", "errors"},
    "nasbed.analysis.figures.plane": {"analysis", "analysis.results", "errors", "protocol"},
    "nasbed.analysis.figures.profile": {"analysis.figures.arrays", "analysis.figures.ecdf", "analysis.figures.lines",
                                        "analysis.figures.style", "analysis.results"},
    "nasbed.analysis.figures.published": {"analysis.figures.style", "analysis.results", "errors"},
    "nasbed.analysis.figures.ranks": {"analysis.figures.arrays", "analysis.figures.lines", "analysis.figures.style",
                                      "analysis.results", "errors"},
    "nasbed.analysis.figures.several": {"analysis", "analysis.figures", "analysis.figures.layout",
                                        "analysis.results", "errors"},
    "nasbed.analysis.figures.style": {"errors", "protocol"},
    "nasbed.analysis.figures.tradeoff": {"analysis.figures.layout", "analysis.figures.style", "analysis.results",
                                         "analysis.stats", "errors"},
    "nasbed.analysis.figures.trajectory": {"analysis.figures.layout", "analysis.figures.style", "analysis.judge",
                                           "analysis.results", "errors", "protocol"},
    "nasbed.analysis.frames": {"analysis.parts", "errors", "protocol", "rules"},
    "nasbed.analysis.front_floor": {"analysis", "analysis.dominance", "analysis.indicators", "analysis.parts",
                                    "protocol", "rules"},
    "nasbed.analysis.fronts": {"analysis.curves", "analysis.dominance", "analysis.estimators", "analysis.indicators",
                               "analysis.parts", "analysis.results", "analysis.stats", "errors", "protocol"},
    "nasbed.analysis.fronts_table": {"analysis", "analysis.front_floor", "analysis.indicators", "analysis.power",
                                     "analysis.results", "analysis.tables"},
    "nasbed.analysis.html": {"analysis", "analysis.legibility", "analysis.plots", "analysis.results"},
    "nasbed.analysis.indicators": {"analysis.dominance", "errors", "protocol"},
    "nasbed.analysis.interactive": {"analysis", "analysis.judge", "analysis.parts", "analysis.results",
                                    "analysis.stats", "protocol"},
    "nasbed.analysis.judge": {"protocol", "rules"},
    "nasbed.analysis.landscape.figure": {"analysis.landscape.heat", "analysis.landscape.survey",
                                         "analysis.landscape.text", "analysis.plots", "protocol"},
    "nasbed.analysis.landscape.heat": {"analysis.landscape.measures", "analysis.landscape.survey",
                                       "analysis.landscape.text"},
    "nasbed.analysis.landscape.measures": set(),
    "nasbed.analysis.landscape.report": {"analysis.landscape.figure", "analysis.landscape.measures",
                                         "analysis.landscape.survey", "analysis.landscape.text", "analysis.report",
                                         "store"},
    "nasbed.analysis.landscape.survey": {"analysis.landscape.measures", "benchmarks", "errors", "protocol",
                                         "single"},
    "nasbed.analysis.landscape.text": {"analysis.landscape.survey", "protocol"},
    "nasbed.analysis.legibility": set(),
    "nasbed.analysis.parts": {"analysis.judge", "protocol", "rules"},
    "nasbed.analysis.plots": {"analysis.figures", "analysis.figures.curves", "analysis.figures.style",
                              "analysis.results"},
    "nasbed.analysis.power": {"analysis.results", "errors"},
    "nasbed.analysis.ranks": {"analysis.estimators", "analysis.stats", "errors"},
    "nasbed.analysis.report": {"analysis", "analysis.figures", "analysis.power", "analysis.results", "store"},
    "nasbed.analysis.results": {"analysis", "analysis.comparisons", "analysis.frames", "analysis.judge",
                                "analysis.parts", "analysis.stats", "errors", "protocol", "rules", "store", "study"},
    "nasbed.analysis.stats": set(),
    "nasbed.analysis.tables": {"analysis.power", "analysis.results", "errors"},
    "nasbed.gate": set(),
    "nasbed.gate.baseline": {"errors", "gate.metrics", "gate.packing", "gate.runs", "gate.sequential", "store",
                             "study"},
    "nasbed.gate.boundaries": {"errors"},
    "nasbed.gate.commands": {"errors", "gate", "gate.baseline", "gate.comparisons", "gate.gate", "gate.record",
                             "gate.sequential", "gate.verdict", "store", "study"},
    "nasbed.gate.comparisons": {"gate.sequential", "gate.verdict"},
    "nasbed.gate.fingerprint": set(),
    "nasbed.gate.gate": {"errors", "gate.baseline", "gate.comparisons", "gate.metrics", "gate.packing",
                         "gate.record", "gate.remarks", "gate.runs", "gate.sequential", "gate.verdict", "study"},
    "nasbed.gate.metrics": {"analysis.anytime", "analysis.judge", "protocol"},
    "nasbed.gate.packing": {"errors"},
    "nasbed.gate.plugin": {"gate.commands", "gate.gate", "gate.summary", "gate.verdict"},
    "nasbed.gate.record": {"engines", "errors", "gate.baseline", "gate.metrics", "gate.packing", "gate.runs",
                           "gate.sequential", "provenance", "single", "study"},
    "nasbed.gate.remarks": {"gate.baseline", "gate.record", "gate.runs", "gate.sequential", "gate.verdict"},
    "nasbed.gate.runs": {"analysis.judge", "errors", "gate.fingerprint", "gate.metrics", "protocol", "runner",
                         "store", "study"},
    "nasbed.gate.sequential": {"errors", "gate.boundaries"},
    "nasbed.gate.summary": {"gate.verdict"},
    "nasbed.gate.verdict": set(),
}  # fmt: skip
"""What each module of the core may import of nasbed's own."""


def modules() -> Iterator[tuple[str, Path]]:
    for folder, package in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            yield ".".join([package, *(part for part in parts if part != "__init__")]), path


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize(("name", "path"), [(n, p) for n, p in modules() if n in LAYERS], ids=lambda value: str(value))
def test_imports_point_one_way(name: str, path: Path) -> None:
    ours = {module.removeprefix("nasbed.") for module in imported(path) if module.startswith("nasbed.")}
    assert ours <= LAYERS[name]


def test_every_module_of_the_core_has_a_layer() -> None:
    free = {"nasbed", "nasbed.__main__", "nasbed.cli", "nasbed.analysis", "nasbed.analysis.landscape"}
    core = {name for name, _ in modules() if not name.startswith(("nasbed.benchmarks", "nasbed.strategies"))}
    assert core - free == set(LAYERS)


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
    tested = ROOT / "harness/check/searches.py"  # which checks that strategies leave it alone
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
