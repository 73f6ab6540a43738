"""Strategies and benchmarks of others: installed ones by name, the user's own by "package.module:Class" or "function:..."."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from daily import sampled
from forking import Command, Forking

import nasbed
from nasbed.errors import StrategyError
from nasbed.studies.series import Series
from nasbed.studies.store import Store
from nasbed.studies.study import Study

SOURCES = {
    "farnas/__init__.py": "",
    "farnas/good.py": """
        from dataclasses import dataclass

        from farnas.tools import first
        from nasbed import Proposal, Script, option


        @dataclass(frozen=True)
        class Walk(Script):
            \"\"\"A random walk. The rest is not shown.

            Second paragraph.
            \"\"\"

            restart: float = option(0.1, "chance of a jump", low=0, high=1)

            def search(self, task, rng):
                arch = first(task.space, rng)
                while True:
                    yield Proposal(arch)
                    jump = rng.random() < self.restart
                    arch = task.space.sample(rng) if jump else task.space.mutate(arch, rng)
        """,
    "farnas/tools.py": """
        def first(space, rng):
            return space.sample(rng)
        """,
    "farnas/broken.py": "import a_library_that_is_not_installed\n",
    "farnas/plain.py": """
        from dataclasses import dataclass
        from pathlib import Path

        from nasbed import Proposal, Script


        @dataclass(frozen=True)
        class Required(Script):
            \"\"\"Fields of its own kind.\"\"\"

            size: int
            cache: Path = Path("cache")

            def search(self, task, rng):
                for _ in range(self.size):
                    yield Proposal(task.space.sample(rng))


        @dataclass(frozen=True)
        class Puzzling(Script):
            \"\"\"A field whose type nobody knows.\"\"\"

            size: "Unheard" = 1

            def search(self, task, rng):
                yield Proposal(task.space.sample(rng))
        """,
    "farnas/bench.py": """
        from nasbed.benchmarks import NASBench201


        class Renamed(NASBench201):
            \"\"\"NAS-Bench-201 under another name.\"\"\"

            def __init__(self, dataset: str = "cifar100") -> None:
                super().__init__(dataset)
                self.name, self.label = "farbench", f"farbench/{dataset}"
        """,
}
ENTRY_POINTS = """
    [nasbed.strategies]
    walk = farnas.good:Walk
    broken = farnas.broken:Broken
    required = farnas.plain:Required
    puzzling = farnas.plain:Puzzling
    random_search = farnas.good:Walk

    [nasbed.benchmarks]
    farbench = farnas.bench:Renamed
    """


def dedent(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder that holds the package ``farnas`` as pip would have installed it there."""
    folder = tmp_path_factory.mktemp("third party")
    info = "farnas-1.0.dist-info"
    files = {
        **SOURCES,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: farnas\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": ENTRY_POINTS,
    }
    for name, content in {**files, f"{info}/RECORD": "".join(f"{name},,\n" for name in files)}.items():
        path = folder / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(content), encoding="utf-8")
    return str(folder / "site")


@pytest.fixture(scope="module")
def listed(installed: str, forking: Forking) -> Callable[[str], dict[str, dict[str, Any]]]:
    """What ``nasbed list KIND --json`` prints with the package installed, by name."""

    @cache
    def entries(kind: str) -> dict[str, dict[str, Any]]:
        done = forking.run(
            "from nasbed.__main__ import main; main()",
            argv=("nasbed", "list", kind, "--json"),
            env={**os.environ, "PYTHONPATH": installed},
        )
        assert done.returncode == 0, done.stderr
        return {entry["name"]: entry for entry in json.loads(done.stdout)}

    return entries


def study(strategy: str, benchmark: str = 'use = "nasbench201"', seeds: int = 2, evaluations: int = 5) -> str:
    return dedent(f"""
        name = "guests"
        seeds = {seeds}
        budget = {{ evaluations = {evaluations} }}

        [[benchmark]]
        {benchmark}

        [[strategy]]
        {strategy}
        """)


# Installed plug-ins


def test_an_installed_strategy_is_listed_with_its_options(listed: Callable[[str], dict[str, dict[str, Any]]]) -> None:
    entry = listed("strategies")["walk"]
    assert entry["summary"] == "A random walk. The rest is not shown."
    assert entry["class"] == "farnas.good:Walk"
    assert entry["options"] == [
        {"name": "restart", "default": 0.1, "accepts": "float, at least 0, at most 1", "help": "chance of a jump"}
    ]


def test_a_broken_plug_in_is_listed_with_its_error_and_hides_no_other(
    listed: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    entries = listed("strategies")
    assert entries["broken"]["class"] is None
    assert "No module named 'a_library_that_is_not_installed'" in entries["broken"]["summary"]
    assert "broken.py, line 1" in entries["broken"]["summary"]
    assert entries["regularized_evolution"]["options"][0]["name"] == "population"
    assert {"walk", "required", "puzzling", "hand_designed", "reinforce"} <= entries.keys()


@pytest.mark.thorough
def test_plug_ins_with_fields_of_another_kind_are_listed(listed: Callable[[str], dict[str, dict[str, Any]]]) -> None:
    entries = listed("strategies")
    assert [option["name"] for option in entries["required"]["options"]] == ["size", "cache"]
    assert "Unheard" in str(entries["puzzling"])


@pytest.mark.thorough
def test_our_own_names_win(listed: Callable[[str], dict[str, dict[str, Any]]]) -> None:
    assert listed("strategies")["random_search"]["class"] == "nasbed.strategies.random_search:RandomSearch"


def test_an_installed_benchmark_is_listed(listed: Callable[[str], dict[str, dict[str, Any]]]) -> None:
    entries = listed("benchmarks")
    assert entries.keys() >= {"nasbench201", "farbench"}
    assert entries["farbench"]["summary"] == "NAS-Bench-201 under another name."
    assert entries["farbench"]["options"][0]["default"] == "cifar100"


def test_a_study_uses_installed_plug_ins_by_name(installed: str, command: Command, tmp_path: Path) -> None:
    text = study('use = "walk"\nrestart = 0.5', 'use = "farbench"\ndataset = "cifar10"')
    (tmp_path / "study.toml").write_text(text)
    done = command(
        "run", "study.toml", "--no-figures", "--engine", "local:2", "--out", "out", "--json", PYTHONPATH=installed
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["summary"]
    assert (row["benchmark"], row["strategy"], row["seeds"], row["evaluations"]) == ("farbench/cifar10", "walk", 2, 5.0)
    (series,) = json.loads((tmp_path / "out/run.json").read_text())["series"]
    assert series["content"]["strategy"]["options"] == {"restart": 0.5}


def test_a_broken_plug_in_in_a_study_is_one_message(installed: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(study('use = "broken"'))
    done = command("run", "study.toml", "--no-figures", PYTHONPATH=installed)
    assert done.returncode == 2
    assert done.stderr.startswith("error: study.toml: strategy ")
    assert done.stderr.count("\n") == 1
    for words in ("'broken'", "failed to import", "'a_library_that_is_not_installed'", "broken.py, line 1"):
        assert words in done.stderr


def test_installed_names_are_among_those_that_are_known(installed: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(study('use = "walks"'))
    done = command("run", "study.toml", "--no-figures", PYTHONPATH=installed)
    assert done.returncode == 2
    assert "unknown strategy 'walks'; did you mean 'walk'?" in done.stderr


# Code beside the study

MINE = """
    from dataclasses import dataclass

    from nasbed import BudgetExhausted, NasbedError, Proposal, Script, option


    @dataclass(frozen=True)
    class Uniform(Script):
        size: int = option(2, "a batch", low=1)

        def search(self, task, rng):
            while True:
                yield [Proposal(task.space.sample(rng)) for _ in range(self.size)]


    def search(query, batch=1):
        while True:
            for _ in range(batch):
                query(query.space.sample(query.rng))


    def early(query):
        query(query.space.sample(query.rng))
        query(query.space.sample(query.rng))


    def by_text(query):
        for index in range(10):
            query(query.space.format(query.space.archs[index]))


    def deaf(query):
        while True:
            try:
                query(query.space.sample(query.rng))
            except BudgetExhausted:
                pass


    def deafer(query):
        while True:
            try:
                query(query.space.sample(query.rng))
            except Exception:
                pass


    def peeking(query):
        query.space.parse("nonsense")
    """


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module ``lab.methods`` in a package of the user's, which can be imported."""
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "helpers.py").write_text("x = 1\n")
    (folder / "methods.py").write_text(dedent(MINE))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    forget()
    return folder


def forget() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "lab"]:
        del sys.modules[name]


def evaluations(results: nasbed.Results) -> list[int]:
    return [int(count) for count in results.finals()["evaluations"]]


def test_the_command_runs_what_lies_in_the_working_directory(package: Path, command: Command, tmp_path: Path) -> None:
    functions = "".join(f'\n[[strategy]]\nuse = "function:lab.methods:{name}"\n' for name in ("search", "early"))
    (tmp_path / "study.toml").write_text(study('use = "lab.methods:Uniform"\nsize = 3', seeds=20) + functions)
    done = command("run", "study.toml", "--no-figures", "--engine", "local:2", "--out", "out", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["strategy"]: row for row in json.loads(done.stdout)["summary"]}
    assert {name: row["evaluations"] for name, row in rows.items()} == {
        "lab.methods:Uniform": 5,
        "function:lab.methods:search": 5,
        "function:lab.methods:early": 2,
    }
    assert {row["seeds"] for row in rows.values()} == {20}
    assert rows["function:lab.methods:search"]["without_incumbent"] == 0


@pytest.mark.parametrize(("name", "counts"), [("search", [5, 5]), ("early", [2, 2]), ("by_text", [5, 5])])
def test_code_that_owns_its_loop_runs_to_its_end_or_the_budgets(
    name: str, counts: list[int], package: Path, tmp_path: Path
) -> None:
    results = nasbed.run_study(Study.parse(study(f'use = "function:lab.methods:{name}"')), tmp_path / "out")
    assert evaluations(results) == counts


def test_a_loop_finds_what_the_same_strategy_finds(package: Path, tmp_path: Path) -> None:
    text = study('use = "function:lab.methods:search"\nbatch = 2') + '[[strategy]]\nuse = "random_search"\n'
    finals = nasbed.run_study(Study.parse(text), tmp_path / "out").finals()
    mine, ours = (group["test_regret"].tolist() for _, group in finals.groupby("strategy"))
    assert mine == ours


def test_the_command_stops_code_that_goes_on_when_the_budget_is_spent(package: Path, command: Command) -> None:
    (package.parent / "study.toml").write_text(study('use = "function:lab.methods:deaf"', seeds=20))
    done = command("run", "study.toml", "--no-figures", "--engine", "local:2")
    assert done.returncode == 2
    for words in ("'function:lab.methods:deaf'", "after 5 evaluations", "stop on BudgetExhausted"):
        assert words in done.stderr


def test_code_that_swallows_every_exception_is_stopped(package: Path, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(5)
    try:
        with pytest.raises(StrategyError) as caught:
            nasbed.run_study(Study.parse(study('use = "function:lab.methods:deafer"')), tmp_path / "out")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    for words in ("'function:lab.methods:deafer'", "seed 0", "after 5 evaluations", "stop on BudgetExhausted"):
        assert words in str(caught.value)


def test_an_error_in_a_loop_names_the_function(package: Path, tmp_path: Path) -> None:
    with pytest.raises(nasbed.NasbedError) as caught:
        nasbed.run_study(Study.parse(study('use = "function:lab.methods:peeking"')), tmp_path / "out")
    for words in ("'function:lab.methods:peeking'", "seed 0", "malformed architecture 'nonsense'"):
        assert words in str(caught.value)


def test_a_loop_with_several_workers_is_refused_before_anything_is_written(package: Path, tmp_path: Path) -> None:
    text = "workers = 2\n" + study('use = "function:lab.methods:search"')
    with pytest.raises(nasbed.NasbedError, match="one architecture at a time; set workers = 1"):
        nasbed.run_study(Study.parse(text), tmp_path / "out")
    assert not (tmp_path / "out").exists()


# Identity


def series(text: str) -> Series:
    forget()
    (found,) = Study.parse(text).series()
    return found


@pytest.mark.parametrize("use", sampled(["lab.methods:Uniform", "function:lab.methods:search"], 3))
@pytest.mark.parametrize("file", ["methods.py", "helpers.py", "__init__.py", "new.py"])
def test_a_change_to_any_file_of_a_plug_ins_package_changes_the_identity(use: str, file: str, package: Path) -> None:
    before = series(study(f'use = "{use}"'))
    assert series(study(f'use = "{use}"')).key == before.key
    with (package / file).open("a") as opened:
        opened.write("\n# changed\n")
    after = series(study(f'use = "{use}"'))
    assert after.key != before.key
    assert after.run_id(0) != before.run_id(0)
    assert {name for name in before.content if before.content[name] != after.content[name]} == {"strategy"}


def test_a_change_to_a_plug_in_leaves_our_own_strategies_alone(package: Path) -> None:
    before = series(study('use = "random_search"')).key
    (package / "methods.py").write_text("")
    assert series(study('use = "random_search"')).key == before


def test_options_change_the_identity_and_defaults_written_out_do_not(package: Path) -> None:
    keys = [
        series(study(f'use = "lab.methods:Uniform"\n{line}')).key
        for line in ("", "size = 2", "size = 3", 'label = "u"')
    ]
    assert keys[0] == keys[1] == keys[3] != keys[2]


def test_runs_of_a_plug_in_are_not_reused_once_its_source_changes(package: Path, tmp_path: Path) -> None:
    out, text = tmp_path / "out", study('use = "lab.methods:Uniform"')
    first: list[int] = []
    nasbed.run_study(Study.parse(text), out)
    nasbed.run_study(Study.parse(text), out, progress=lambda label, done, total: first.append(done))
    assert first == [2]
    source = (package / "methods.py").read_text()
    (package / "methods.py").write_text(source.replace("yield [", "rng.random()\n            yield ["))
    forget()
    (old,) = (out / "answers").iterdir()
    kept = {path.name: path.read_bytes() for path in old.iterdir()}
    second: list[int] = []
    changed = nasbed.run_study(Study.parse(text), out, progress=lambda label, done, total: second.append(done))
    assert second == [0, 2]
    assert evaluations(changed) == [5, 5]
    assert {path.name: path.read_bytes() for path in old.iterdir()} == kept
    assert len(list((out / "answers").iterdir())) == 2
    used = [entry["folder"] for entry in Store(out).read_record()["series"]]
    assert Store(out).others(used) == [old.name]


def test_a_report_says_that_a_plug_in_has_changed(package: Path, command: Command, tmp_path: Path) -> None:
    nasbed.run_study(Study.parse(study('use = "lab.methods:Uniform"\nlabel = "mine"')), tmp_path / "out")
    with (package / "methods.py").open("a") as opened:
        opened.write("\n# changed\n")
    done = command("report", "out", "--no-figures")
    assert done.returncode == 0, done.stderr
    warning = "mine on nasbench201/cifar10 was run by other code or data (strategy changed since)"
    assert warning in done.stdout
    assert warning in (tmp_path / "out/table.md").read_text()
    assert "run the study again to renew it" in (tmp_path / "out/table.tex").read_text()


def test_a_strategy_that_raises_in_a_worker_is_named(package: Path, tmp_path: Path) -> None:
    (package / "methods.py").write_text("def search(query):\n    query(query.space.archs[0])\n    raise KeyError(5)\n")
    with pytest.raises(StrategyError, match=r"seed 0, after 1 evaluations: KeyError: 5 \(.*lab/methods\.py, line 3\)"):
        nasbed.run_study(Study.parse(study('use = "function:lab.methods:search"')), tmp_path / "out")


HELPED = """
from dataclasses import dataclass
from helper import STEP
from nasbed import Proposal, Script

@dataclass(frozen=True)
class Helped(Script):
    def search(self, task, rng):
        yield Proposal(task.space.archs[STEP])
"""


def test_a_module_beside_the_strategy_is_part_of_its_identity(command: Command, tmp_path: Path) -> None:
    (tmp_path / "helped.py").write_text(HELPED)
    (tmp_path / "helper.py").write_text("STEP = 3\n")
    (tmp_path / "study.toml").write_text(study('use = "helped:Helped"'))
    assert command("run", "study.toml", "--no-figures", "--out", "out", "--engine", "local:1").returncode == 0
    before = {path.name for path in (tmp_path / "out/answers").iterdir()}
    (tmp_path / "helper.py").write_text("STEP = 4\n")
    reported = command("report", "out", "--no-figures")
    assert "was run by other code or data (strategy changed since)" in reported.stdout
    assert command("run", "study.toml", "--no-figures", "--out", "out", "--engine", "local:1").returncode == 0
    assert len({path.name for path in (tmp_path / "out/answers").iterdir()} - before) == 1


def test_results_can_be_reported_where_their_code_is_not(command: Command, tmp_path: Path) -> None:
    (tmp_path / "helped.py").write_text(HELPED)
    (tmp_path / "helper.py").write_text("STEP = 3\n")
    (tmp_path / "study.toml").write_text(study('use = "helped:Helped"'))
    assert command("run", "study.toml", "--no-figures", "--out", "out", "--engine", "local:1").returncode == 0
    (tmp_path / "helped.py").unlink()
    shutil.rmtree(tmp_path / "out" / "timings")
    reported = command("report", "out", "--no-figures")
    assert reported.returncode == 0, reported.stderr
    assert "its code is not here" in reported.stdout


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("def search(self, task, rng):\n        return 5", "search() returned 5; expected a generator"),
        (
            "def start(self, task, rng):\n        return None\n    search = None",
            "start() returned None; expected a Searcher",
        ),
    ],
)
def test_what_is_no_search_is_said(body: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"nosearch{abs(hash(message)) % 10**6}"
    (tmp_path / f"{name}.py").write_text(
        f"from dataclasses import dataclass\nfrom nasbed import Script\n\n@dataclass(frozen=True)\nclass No(Script):\n    {body}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(StrategyError) as caught:
        nasbed.search(nasbed.load_strategy(f"{name}:No"), "nasbench201", budget={"evaluations": 2})  # type: ignore[arg-type]
    assert message in str(caught.value)
