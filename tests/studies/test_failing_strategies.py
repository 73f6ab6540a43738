"""A strategy that fails is named with its line, and what others have finished is stored."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from daily import sampled
from forking import Command
from tiny import all_of, refused, seeds, snapshot, strategy

import nasbed
from nasbed.errors import NasbedError, OptionError, PluginError, StrategyError, UnknownNameError
from nasbed.studies.study import Study

SEARCHER = """\
import sys
from dataclasses import dataclass

from nasbed import Proposal, Script, Searcher, Strategy


class Search(Searcher):
    def __init__(self, task):
        self.arch, self.asked, self.told = task.space.archs[0], 0, 0

    def ask(self):
        self.asked += 1
        {ask}
        return Proposal(self.arch)

    def tell(self, outcome):
        self.told += 1
        {tell}


@dataclass(frozen=True)
class Mine(Strategy):
    def start(self, task, rng):
        {start}
        return Search(task)
"""

SCRIPT = """\
from dataclasses import dataclass

from nasbed import Proposal, Script


@dataclass(frozen=True)
class Mine(Script):
    def search(self, task, rng):
        arch = task.space.archs[0]
        yield Proposal(arch)
        {then}
"""

MINE = strategy('use = "mine:Mine"\nlabel = "my method"\n')


def searcher(**places: str) -> str:
    return SEARCHER.format(**{"start": "pass", "ask": "pass", "tell": "pass", **places})


CRASHES = {
    "start": (searcher(start="1 / 0"), 0, "1 / 0"),
    "ask": (searcher(ask="if self.asked == 4: 1 / 0"), 3, "1 / 0"),
    "tell": (searcher(tell="if self.told == 3: 1 / 0"), 3, "1 / 0"),
    "script": (SCRIPT.format(then="1 / 0"), 1, "1 / 0"),
    "first step of a script": (SCRIPT.format(then="pass").replace("arch = ", "1 / 0\n        arch = "), 0, "1 / 0"),
}


@pytest.mark.parametrize("where", CRASHES)
def test_a_strategy_that_raises_is_named_with_its_line(
    where: str, module: Callable[[str], Path], tmp_path: Path
) -> None:
    source, evaluations, culprit = CRASHES[where]
    path = module(source)
    line = next(number for number, text in enumerate(source.splitlines(), 1) if culprit in text)
    with pytest.raises(StrategyError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    assert str(caught.value) == (
        f"strategy 'my method' on nasbench201/cifar10, seed 0, after {evaluations} evaluations:"
        f" ZeroDivisionError: division by zero ({path}, line {line})"
    )


STRAY = "next(iter(()))"
STRAYS = {
    "ask": searcher(ask=f"if self.asked == 4: {STRAY}"),
    "tell": searcher(tell=f"if self.told == 3: {STRAY}"),
    "script": SCRIPT.format(then=f"yield Proposal(arch); yield Proposal(arch); {STRAY}"),
}


@pytest.mark.parametrize("where", STRAYS)
def test_a_stray_end_of_an_iteration_is_named_with_its_line(
    where: str, module: Callable[[str], Path], tmp_path: Path
) -> None:
    """Python makes it an error of the generator that it leaves, which may be one of ours."""
    path = module(STRAYS[where])
    line = next(number for number, text in enumerate(STRAYS[where].splitlines(), 1) if STRAY in text)
    with pytest.raises(StrategyError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    all_of(caught.value, "after 3 evaluations: ", "StopIteration", f"({path}, line {line})")


def test_a_file_in_place_of_a_class_is_told_its_classes(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT.format(then="pass") + "\n\ndef search(query):\n    pass\n")
    both = "'mine:Mine' or 'function:mine:search'"
    (tmp_path / "study.toml").write_text(strategy('use = "mine.py"\n'))
    refused(command("run", "study.toml"), "unknown strategy 'mine.py'; a strategy of your own is named by", both)
    for use in ("mine", str(tmp_path / "mine.py")):
        refused(command("check", "strategy", use), f"unknown strategy '{use}'", both)
    refused(
        command("check", "benchmark", "mine.py"), "a benchmark of your own is named by module and class: 'mine:Mine'"
    )
    refused(command("check", "benchmark", "no.py"), "is named by module and class: 'no:NAME'")
    refused(command("check", "strategy", "mine.py:Mine"), "names a file; expected its module: 'mine:Mine'")


def test_a_negative_index_is_no_option(command: Command) -> None:
    refused(command("query", "nasbench201", "-1"), "error: index -1 is outside 0 .. 15624")
    assert "no such option: --jsn" in command("query", "nasbench201", "0", "--jsn").stderr


@pytest.mark.parametrize("engine", sampled(["local:1", "local:2"], 2))
def test_the_command_names_a_strategy_that_raises(engine: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CRASHES["tell"][0])
    (tmp_path / "study.toml").write_text(MINE)
    refused(
        command("run", "study.toml", "--engine", engine),
        "strategy 'my method' on nasbench201/cifar10, seed 0, after 3 evaluations",
        "ZeroDivisionError: division by zero",
        "mine.py, line 18)",
    )


@pytest.mark.parametrize("end", ["sys.exit()", "sys.exit(0)", "raise SystemExit('done')"])
def test_a_strategy_that_exits_is_an_error(end: str, module: Callable[[str], Path], tmp_path: Path) -> None:
    module(searcher(ask=end))
    with pytest.raises(StrategyError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    all_of(caught.value, "strategy 'my method'", "after 0 evaluations", "SystemExit")


def test_an_error_inside_a_library_names_the_line_of_the_strategy(
    module: Callable[[str], Path], tmp_path: Path
) -> None:
    path = module("import json\n" + SCRIPT.format(then='json.loads("{")'))
    with pytest.raises(StrategyError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    all_of(caught.value, "strategy 'my method'", "JSONDecodeError: Expecting property name", f"{path}, line 12")


def test_an_error_of_ours_that_a_strategy_provokes_names_the_strategy(
    module: Callable[[str], Path], tmp_path: Path
) -> None:
    module(SCRIPT.format(then="task.space.encode((9,) * 6)"))
    with pytest.raises(NasbedError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    all_of(caught.value, "strategy 'my method'", "seed 0", "outside the space 'nasbench201'")


PROPOSALS = {
    "Proposal((9,) * 6)": (
        "proposed (9, 9, 9, 9, 9, 9), which is outside the space 'nasbench201' of 15,625 architectures",
        "expected a tuple like (",
    ),
    "Proposal((0,) * 5)": ("proposed (0, 0, 0, 0, 0)", "outside the space"),
    "Proposal([0] * 6)": ("proposed [0, 0, 0, 0, 0, 0]", "expected a tuple like ("),
    "Proposal('6111')": ("proposed '6111'", "expected a tuple like ("),
    "Proposal(arch, 12)": ("the proposal of |", "asks for 12 epochs; this task offers 200"),
    "Proposal(arch, 200.5)": ("asks for 200.5 epochs; this task offers 200",),
    "Proposal(arch, 'all')": ("asks for 'all' epochs; this task offers 200",),
    "Proposal(arch, measure='synflow')": ("asks for the measure 'synflow'; this task offers none",),
    "Proposal(arch, resume=0)": ("resumes trial 0", "cannot be resumed", "each fidelity is a training of its own"),
    "arch": ("a strategy must propose Proposal(arch), got (",),
    "6111": ("a strategy must propose Proposal(arch), got 6111",),
    "[arch]": ("a strategy must propose Proposal(arch), got (",),
}


@pytest.mark.parametrize("expression", sampled(PROPOSALS, 4))
def test_a_proposal_that_the_task_does_not_offer_is_refused(
    expression: str, module: Callable[[str], Path], tmp_path: Path
) -> None:
    module(SCRIPT.format(then=f"yield {expression}"))
    with pytest.raises(StrategyError) as caught:
        nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    begin = "strategy 'my method' on nasbench201/cifar10, seed 0, after 1 evaluations: "
    assert str(caught.value).startswith(begin)
    all_of(caught.value, *PROPOSALS[expression])


@pytest.mark.parametrize("nothing", ["[]", "None"])
def test_a_script_that_yields_nothing_for_ever_is_stopped(
    nothing: str, module: Callable[[str], Path], tmp_path: Path
) -> None:
    def hung(number: int, frame: FrameType | None) -> None:
        raise TimeoutError("the search does not end")

    module(SCRIPT.format(then=f"while True: yield {nothing}"))
    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(2)
    try:
        with pytest.raises(StrategyError) as caught:
            nasbed.run_study(Study.parse(MINE), tmp_path / "out")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    all_of(caught.value, "strategy 'my method'", "seed 0")
    assert "TimeoutError" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import nothing_of_that_name\n", ("ModuleNotFoundError", "nothing_of_that_name", "mine.py, line 1")),
        ("x = 1\nclass Mine(:\n", ("SyntaxError", "mine.py", "line 2")),
        ("\n\n1 / 0\n", ("ZeroDivisionError", "mine.py, line 3")),
        ("raise SystemExit(0)\n", ("SystemExit", "mine.py, line 1")),
    ],
    ids=["an import", "the syntax", "an exception", "an exit"],
)
def test_a_plug_in_that_fails_to_import_is_refused(
    source: str, words: tuple[str, ...], module: Callable[[str], Path]
) -> None:
    module(source)
    with pytest.raises(PluginError) as caught:
        Study.parse(MINE, "study.toml")
    all_of(caught.value, "study.toml: ", "strategy 'mine:Mine' failed to import", *words)
    assert "importlib" not in str(caught.value)


def test_the_command_refuses_a_plug_in_that_fails_to_import(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import nothing_of_that_name\n")
    (tmp_path / "study.toml").write_text(MINE)
    refused(command("run", "study.toml"), "strategy 'mine:Mine' failed to import", "nothing_of_that_name", "line 1")


OPTIONS = """\
from dataclasses import dataclass

from nasbed import Proposal, Script


@dataclass(frozen=True)
class Mine(Script):
    heat: float

    def search(self, task, rng):
        yield Proposal(task.space.sample(rng))


def function(query, heat=1.0):
    query(query.space.sample(query.rng))
"""


def test_an_option_that_a_plug_in_needs_is_asked_for(module: Callable[[str], Path]) -> None:
    module(OPTIONS)
    with pytest.raises(NasbedError) as caught:
        Study.parse(MINE)
    all_of(caught.value, "strategy 'mine:Mine'", "heat", "missing")


def test_an_unknown_option_of_a_function_is_refused_before_anything_is_written(
    module: Callable[[str], Path], tmp_path: Path
) -> None:
    module(OPTIONS)
    with pytest.raises(UnknownNameError) as caught:
        nasbed.run_study(Study.parse(strategy('use = "function:mine:function"\nheta = 2.0')), tmp_path / "out")
    all_of(caught.value, "'heta'", "did you mean 'heat'?")
    assert not (tmp_path / "out").exists()


def test_an_option_that_cannot_be_stored_is_refused(module: Callable[[str], Path], tmp_path: Path) -> None:
    module(OPTIONS)
    text = strategy('use = "function:mine:function"\nheat = 2020-01-01')
    with pytest.raises(OptionError) as caught:
        nasbed.run_study(Study.parse(text), tmp_path / "out")
    all_of(caught.value, "heat", "2020")
    assert not (tmp_path / "out").exists()


FLAKY = """\
from dataclasses import dataclass
from pathlib import Path

from nasbed import Proposal, Script

BROKEN = Path(__file__).with_name("broken")


@dataclass(frozen=True)
class Mine(Script):
    def search(self, task, rng):
        for step in range(5):
            arch = task.space.sample(rng)
            if rng.random() < 0.02 and BROKEN.exists():
                raise RuntimeError("the disk is on fire")
            yield Proposal(arch)
"""
CRASHING = seeds("seeds = 70") + '[[strategy]]\nuse = "mine:Mine"\nlabel = "my method"\n'


def crash(tmp_path: Path) -> int:
    """Run until the strategy crashes; returns the seed at which it did."""
    (tmp_path / "broken").touch()
    with pytest.raises(StrategyError, match="the disk is on fire") as caught:
        nasbed.run_study(Study.parse(CRASHING), tmp_path / "out")
    (tmp_path / "broken").unlink()
    return int(str(caught.value).split("seed ")[1].split(",")[0])


def counted(text: str, out: Path) -> tuple[int, int]:
    """Runs stored at the start, and runs in all, of a study that then completes."""
    calls: list[tuple[int, int]] = []
    results = nasbed.run_study(Study.parse(text), out, progress=lambda label, done, total: calls.append((done, total)))
    assert len(results.finals()) == calls[-1][0] == calls[-1][1]
    return calls[0]


def test_what_others_finished_is_stored_when_a_strategy_crashes(module: Callable[[str], Path], tmp_path: Path) -> None:
    module(FLAKY)
    seed = crash(tmp_path)
    assert 10 <= seed < 70
    before = snapshot(tmp_path / "out/answers")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("answers/*random*/*")}
    assert len(times) == 2
    assert not json.loads((tmp_path / "out/run.json").read_text())["complete"]
    assert counted(CRASHING, tmp_path / "out") == (70 + seed // 10 * 10, 140)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert before.keys() <= snapshot(tmp_path / "out/answers").keys()
    nasbed.run_study(Study.parse(CRASHING), tmp_path / "unbroken")
    assert snapshot(tmp_path / "out/answers") == snapshot(tmp_path / "unbroken/answers")


def test_a_mended_strategy_runs_anew_and_the_others_do_not(module: Callable[[str], Path], tmp_path: Path) -> None:
    module(FLAKY)
    crash(tmp_path)
    old = snapshot(tmp_path / "out/answers")
    module(FLAKY.replace("BROKEN.exists()", "False"))
    assert counted(CRASHING, tmp_path / "out") == (70, 140)
    new = snapshot(tmp_path / "out/answers")
    assert {name: new[name] for name in old} == old
    assert len(new.keys() - old.keys()) == 2
