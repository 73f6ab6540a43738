"""Rules of the tree itself: leaks, light imports, signs, where tests lie. What may import what is in test_storeys.py."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from ours import INSTALLED, ours
from places import ROOT, TESTS
from searchable import SEARCHABLE, table_for
from tree import TREE, nodes

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.errors import DataError
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.vocabulary import Budget


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
    assert set(INSTALLED) - set(SEARCHABLE) == {
        name
        for name in INSTALLED
        if ours(name).needs.joint or ours(name).needs.shares_weights or ours(name).needs.fidelity_ratio > 1
    }


def test_the_sign_of_an_objective_has_one_owner() -> None:
    """Nothing but :class:`~nasbed.vocabulary.Objective` makes a -1 of what is minimised."""
    for path in set(TREE.MODULES.values()) - {ROOT / "harness" / "vocabulary" / "objectives.py"}:
        for node in nodes(path):
            if isinstance(node, ast.IfExp):
                tested = {one.attr for one in ast.walk(node.test) if isinstance(one, ast.Attribute)}
                turns = any(isinstance(one, ast.USub) for side in (node.body, node.orelse) for one in ast.walk(side))
                assert not (turns and tested & {"maximise", "direction"}), f"{path}, line {node.lineno}"


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
        "import nasbed.commands.cli",
        "import nasbed.strategies, nasbed.benchmarks",
        "import nasbed.searches.loop, nasbed.searches.execution",
    ],
)
def test_importing_is_light(code: str) -> None:
    assert python(f"import sys; {code}; print({HEAVY})") == "set()"


def test_a_search_loads_numpy_only() -> None:
    code = "import sys, nasbed; nasbed.search('random_search', 'nasbench201', budget={'evaluations': 5})"
    assert python(f"{code}; print({HEAVY})") == "{'numpy'}"


def test_the_status_of_a_folder_loads_neither_statistics_nor_figures_nor_trainers() -> None:
    loaded = python(f"import sys, nasbed.monitoring.words; print(*sorted({HEAVY}))")
    assert set(loaded.split()) <= {"numpy", "pyarrow"}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak memory from /proc")
def test_a_search_takes_less_than_80_megabytes() -> None:
    code = (
        "import nasbed; nasbed.search('regularized_evolution', 'nasbench201', budget={'evaluations': 150});"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    assert int(python(code)) / 1024 < 80


def test_no_torch_outside_training_conversion_and_other_libraries() -> None:
    users = {
        path for path in TREE.MODULES.values() if any(name.split(".")[0] == "torch" for name in TREE.imported(path))
    }
    allowed = [ROOT / "benchmarks/training", ROOT / "benchmarks/convert", ROOT / "strategies/outside"]
    assert users
    assert all(any(path.is_relative_to(place) for place in allowed) for path in users)


def test_global_random_state_is_never_touched() -> None:
    tested = ROOT / "harness/check/randomness.py"  # for the check that strategies leave it alone
    for path in set(TREE.MODULES.values()) - {tested}:
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


APART = {"fuzz", "helpers", "perf", "product", "thorough"}
"""Folders of tests that are of no package."""
LONGEST = 600
"""Lines of a file of tests, above which it is cut."""


def test_tests_lie_in_the_folder_of_their_package() -> None:
    for folder in {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}:
        packages = (ROOT / "harness" / folder, ROOT / folder)
        assert folder.parts[:1] in {(name,) for name in APART} or any(
            (package / "__init__.py").exists() for package in packages
        ), f"tests/{folder} is no package"


def test_tests_are_loose_where_their_module_is() -> None:
    loose = {path.name.removeprefix("test_") for path in TESTS.glob("test_*.py")}
    assert loose <= {path.name for path in (ROOT / "harness").glob("*.py")}


def test_files_of_tests_are_short_and_have_names_of_their_own() -> None:
    paths = [path for path in TESTS.rglob("*.py") if path.name != "conftest.py"]
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}
    assert len(lines) == len(paths)


def test_what_tests_share_lies_beside_them_or_among_the_helpers() -> None:
    files = {path.stem: path for path in TESTS.rglob("*.py")}
    far = [
        f"{path}: {name}"
        for path in TESTS.rglob("*.py")
        for name in TREE.imported(path) & files.keys()
        if name == "conftest" or files[name].parent not in (path.parent, TESTS / "helpers")
    ]
    assert far == [f"{TESTS / 'perf' / 'test_speed.py'}: test_live"]
