"""What a program is told and may answer, whatever else it may do, and that nothing of it is left afterwards."""

from __future__ import annotations

import gc
import json
import os
import pickle
import random
import re
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import made
import pytest
from fakes import SPACE, Listed, failing, run, task
from places import ROOT

import nasbed
from nasbed.benchmarks import Synthetic
from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.check.toy_spaces import TriangleSpace
from nasbed.errors import OptionError, StrategyError
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.searches.stages import parse
from nasbed.strategies.program import EXAMPLE, Program
from nasbed.streams import stream
from nasbed.studies.series import Series
from nasbed.studies.sources import fingerprint
from nasbed.studies.study import Study
from nasbed.vocabulary import Benchmark, Budget, Needs, Outcome, Proposal, Searcher, Strategy, Stream, Task

ADAPTERS = (ROOT / "docs" / "adapters.md").read_text(encoding="utf-8")

needs_processes = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks for processes in /proc")


def example(language: str) -> str:
    codes: list[str] = re.findall(rf"```{language}\n(.*?)```", ADAPTERS, re.DOTALL)
    return next(code for code in codes if "ask" in code and "optuna" not in code)


def rules(evaluations: int = 20, **more: Any) -> Rules:
    return Rules(Budget("evaluations", evaluations), **more)


ANSWERING = """
import json, sys
answers, said = json.loads(sys.argv[1]), open(sys.argv[2], "w")
for line in sys.stdin:
    print(line, end="", file=said, flush=True)
    if "ask" in json.loads(line):
        for answer in answers.pop(0) if answers else [{"stop": True}]:
            print(json.dumps(answer), flush=True)
"""


def answering(folder: Path, *answers: Any) -> Program:
    """Gives these answers, each a list of lines, and then stops; keeps what it is told in ``said``."""
    lines = [answer if isinstance(answer, list) else [answer] for answer in answers]
    return Program(["python", "-S", "-c", ANSWERING, json.dumps(lines), str(folder / "said")])  # type: ignore[arg-type]


def said(folder: Path) -> list[Any]:
    return [json.loads(line) for line in (folder / "said").read_text().splitlines()]


def test_the_conversation_is_that_of_the_docs(tmp_path: Path) -> None:
    program = answering(tmp_path, {"arch": [0, 1], "id": ["my", 1]}, {"arch": "00"}, {"arch": [2, 2], "measure": None})
    of = task(epochs=(1, 2))
    searcher = program.start(of, stream(0, "fake", "search"))
    assert len(run(searcher, of, failing(0)).outcomes) == 3
    searcher.close()
    rng = stream(0, "fake", "search")
    expected = {
        "protocol": 1, "space": "digits", "choices": [3, 3], "architectures": 9, "archs": None, "epochs": [1, 2],
        "objectives": [{"name": "accuracy", "unit": "%"}], "measures": [], "budget": {"kind": "evaluations", "amount": 100},
        "workers": 1, "resumable": False, "seed": [rng.below(2**32), rng.below(2**32)],
    }  # fmt: skip
    common = {"epochs": 2, "resume": None, "measure": None}
    ask = {"ask": True}
    assert said(tmp_path) == [
        {"task": expected}, ask,
        {"tell": {"arch": [0, 1], "value": 10.02, "values": [10.02], "cost": 4.0, "time": 4.0, "trial": 0, **common,
                  "id": ["my", 1]}}, ask,
        {"tell": {"arch": [0, 0], "value": None, "values": [None], "cost": 2.0, "time": 6.0, "trial": 1, **common,
                  "text": "00"}}, ask,
        {"tell": {"arch": [2, 2], "value": 80.02, "values": [80.02], "cost": 18.0, "time": 24.0, "trial": 2, **common}}, ask,
        {"end": True},
    ]  # fmt: skip


def test_several_workers_are_asked_for_and_outcomes_arrive_as_they_finish(tmp_path: Path) -> None:
    program = answering(
        tmp_path, *[{"arch": [d, d], "id": d} for d in (2, 1, 0)], None, "wait", {"arch": [0, 1], "id": 3}
    )
    of = task(workers=4)
    searcher = program.start(of, stream(0, "fake", "search"))
    log = run(searcher, of)
    searcher.close()
    assert log.ended
    conversation = [line["tell"]["id"] if "tell" in line else "ask" for line in said(tmp_path)[1:-1]]
    # (2, 2), (1, 1) and (0, 0) take 9, 5 and 1 seconds; (0, 1) begins at 5 and takes 2.
    assert conversation == ["ask"] * 4 + [0, "ask", 1, "ask", "ask", 3, 2]


def test_fidelities_and_trainings_to_go_on_with(tmp_path: Path) -> None:
    arch = [0, 1, 2, 3, 4, 0]
    program = answering(tmp_path, {"arch": arch, "epochs": 3}, {"arch": arch, "epochs": 9, "resume": 0})
    first, second = execute(program, Synthetic(), rules(), 0).outcomes
    assert (first.epochs, second.epochs, second.proposal.resume) == (3, 9, 0)
    told = [line["tell"] for line in said(tmp_path) if "tell" in line]
    assert [(one["epochs"], one["resume"], one["cost"]) for one in told] == [(3, None, first.cost), (9, 0, second.cost)]


def test_a_measure_may_be_asked_for(tmp_path: Path) -> None:
    benchmark = nasbed.load_benchmark("nasbench201", measures={"parameters": 0})
    program = answering(tmp_path, {"arch": [0] * 6, "measure": "parameters"}, {"arch": [0] * 6})
    execute(program, benchmark, rules(), 0)
    measured, trained = (line["tell"] for line in said(tmp_path) if "tell" in line)
    assert (measured["measure"], measured["trial"], measured["epochs"], measured["cost"]) == ("parameters", -1, 0, 0.0)
    assert (trained["measure"], trained["trial"], trained["epochs"]) == (None, 0, 200)


def test_a_space_that_is_no_product_is_listed(tmp_path: Path) -> None:
    benchmark = made.of_space(TriangleSpace(), tmp_path / "table")
    execute(answering(tmp_path), benchmark, rules(), 0)
    of = said(tmp_path)[0]["task"]
    assert tuple(map(tuple, of["archs"])) == benchmark.space.archs
    assert len(execute(Program(), benchmark, rules(), 0).outcomes) == 20


def test_logs_are_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str], cifar10: Benchmark) -> None:
    execute(answering(tmp_path, [{"log": "one"}, {"log": {"two": 2}}, {"arch": [0] * 6}]), cifar10, rules(), 0)
    out, err = capfd.readouterr()
    assert out == ""
    assert [re.sub(r"the program python .*: (?!2)", "", line) for line in err.splitlines()] == ["one", "{'two': 2}"]


def test_the_example_is_a_random_search_and_the_docs_show_it(cifar10: Benchmark) -> None:
    assert example("python").strip() == EXAMPLE.strip()
    outcomes = execute(Program(), cifar10, rules(), 3).outcomes
    draws = random.Random(stream(3, cifar10.label, "search").below(2**32))
    assert [outcome.arch for outcome in outcomes] == [tuple(draws.randrange(5) for _ in range(6)) for _ in range(20)]
    assert len(execute(Program(), cifar10, rules(workers=4), 3).outcomes) == 20


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_evolution_in_javascript(tmp_path: Path, cifar10: Benchmark) -> None:
    (tmp_path / "search.js").write_text(example("js"))
    program = Program(f"node '{tmp_path}/search.js'")  # type: ignore[arg-type]
    outcomes = execute(program, cifar10, rules(120), 0).outcomes
    assert outcomes == execute(program, cifar10, rules(120), 0).outcomes
    assert outcomes[0].arch != execute(program, cifar10, rules(1), 1).outcomes[0].arch
    for place in range(10, 120):
        alive = outcomes[place - 10 : place]
        assert any(sum(a != b for a, b in zip(one.arch, outcomes[place].arch, strict=True)) == 1 for one in alive)
    assert sum(one.value for one in outcomes[90:]) / 30 > sum(one.value for one in outcomes[:30]) / 30


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_the_search_in_shell(tmp_path: Path, cifar10: Benchmark) -> None:
    (tmp_path / "search.sh").write_text(example("sh"))
    outcomes = execute(Program(f"sh '{tmp_path}/search.sh'"), cifar10, rules(60), 0).outcomes  # type: ignore[arg-type]
    state = stream(0, cifar10.label, "search").below(2**32)
    for outcome in outcomes:
        arch = []
        for _ in range(6):
            state = (state * 1103515245 + 12345) % 2**31
            arch.append(state // 65536 % 5)
        assert outcome.arch == tuple(arch)
    assert len({outcome.arch for outcome in outcomes}) > 50


SH = pytest.mark.skipif(os.name == "nt", reason="needs a shell")


@SH
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 3", "ended with exit code 3 before it answered"),
        ("exit 0", "ended with exit code 0 before it answered; a program ends its search by {\"stop\": true}"),
        ("kill -9 $$", "ended with signal SIGKILL before it answered"),
        ("for n in 1 2 3 4 5 6; do echo line $n >&2; done; exit 1",
         "ended with exit code 1 before it answered\n  line 2\n  line 3\n  line 4\n  line 5\n  line 6"),
        ("echo hello", "wrote 'hello'; expected a line of JSON: {\"arch\": [...]}, null, {\"stop\": true} or {\"log\": \"text\"}"),
        ("printf '\\377\\n'", "wrote '\ufffd'; expected a line of JSON"),
        ("printf '%3000s\\n' x", "...'; expected a line of JSON"),
        ("echo 7", "answered 7: expected {\"arch\": [...]}"),
        ("echo '{}'", "answered {}: arch: expected a list of 6 whole numbers, or a text"),
        ("echo '{\"arch\": [0, 0, 0, 0, 0, true]}'", "arch: expected a list of 6 whole numbers"),
        ("echo '{\"arch\": [0, 0, 0, 0, 0, 1.0]}'", "arch: expected a list of 6 whole numbers"),
        ("echo '{\"arch\": [0, 0]}'", "proposed (0, 0), which is outside the space 'nasbench201'"),
        ("echo '{\"arch\": \"|x~0|\"}'", "answered {\"arch\": \"|x~0|\"}: "),
        ("echo '{\"arhc\": [0]}'", "unknown key 'arhc'; did you mean 'arch'?"),
        ("echo '{\"stop\": 1, \"arch\": []}'", "unknown key 'stop'"),
        ("echo '{\"arch\": [0, 0, 0, 0, 0, 0], \"epochs\": 200.0}'", "epochs: expected a whole number, or null"),
        ("echo '{\"arch\": [0, 0, 0, 0, 0, 0], \"epochs\": 3}'", "asks for 3 epochs; this task offers 200"),
        ("echo '{\"arch\": [0, 0, 0, 0, 0, 0], \"measure\": 3}'", "measure: expected a text, or null"),
    ],
)  # fmt: skip
def test_what_a_program_does_wrong_is_said(script: str, message: str, cifar10: Benchmark) -> None:
    with pytest.raises(StrategyError, match=re.escape(message)) as caught:
        execute(Program(("sh", "-c", script)), cifar10, rules(), 0)
    assert "on nasbench201/cifar10, seed 0, after 0 evaluations: " in str(caught.value)


def test_a_program_that_dies_midway_is_a_failure_after_so_many_evaluations(tmp_path: Path, cifar10: Benchmark) -> None:
    code = ANSWERING + "        if not answers: sys.exit('enough')"
    lines = json.dumps([[{"arch": [0] * 6}]] * 3)
    program = Program(("python", "-S", "-c", code, lines, str(tmp_path / "said")))
    with pytest.raises(StrategyError, match=r"after 3 evaluations: (?s:.*)exit code 1 (?s:.*)\n  enough"):
        execute(program, cifar10, rules(), 0)


@SH
@pytest.mark.parametrize(
    "script", ["exec sleep 600", "sleep 600 & exit 0", "trap '' TERM INT; while :; do sleep 600; done"]
)
def test_a_program_that_hangs_is_ended(script: str, cifar10: Benchmark) -> None:
    begin = time.monotonic()
    with pytest.raises(StrategyError, match=r"gave no answer within 0\.1 seconds; does it flush what it writes\?"):
        execute(Program(("sh", "-c", script), timeout=0.1), cifar10, rules(), 0)
    assert time.monotonic() - begin < 300  # on a machine however busy: it is not waited for


@SH
def test_a_program_that_never_reads_cannot_block_the_search(cifar10: Benchmark) -> None:
    script = "while :; do echo '{\"arch\": [0, 0, 0, 0, 0, 0]}'; done"
    try:
        assert len(execute(Program(("sh", "-c", script), timeout=0.2), cifar10, rules(1000), 0).outcomes) == 1000
    except StrategyError as error:
        assert "gave no answer within 0.2 seconds" in str(error)  # noqa: PT017  # where the pipe holds less


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"command": ["nod", "search.js"]},
            "command = 'nod search.js': there is no program 'nod'; expected one on the PATH",
        ),
        ({"command": "./search"}, "command = './search': there is no program './search'"),
        ({"command": "node 'x"}, 'command = "node \'x": No closing quotation'),
        ({"command": 3}, "Program: command = 3; expected list of str"),
        ({"command": ["python", 3]}, "Program: command = ['python', 3]; expected list of str"),
        ({"files": ["lib.js"]}, "files: there is no file 'lib.js' in the working directory or beside the study"),
        (
            {"command": ["python", "serch.py"]},
            "command = 'python serch.py': there is no file 'serch.py' in the working directory or beside the study",
        ),
        ({"timeout": 0}, "Program: timeout = 0; expected float, at most 86400, more than 0"),
    ],
)
def test_what_cannot_be_started_is_refused_early(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        Program(**options)


@SH
def test_what_the_system_refuses_to_start_is_said(tmp_path: Path, cifar10: Benchmark) -> None:
    (tmp_path / "search").write_text("#!/nowhere/at/all\n")
    (tmp_path / "search").chmod(0o755)
    with pytest.raises(StrategyError, match=r"search cannot be started: No such file"):
        execute(Program((str(tmp_path / "search"),)), cifar10, rules(), 0)


LEAVING = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "w").write(f"{os.getpid()} {child.pid}")
"""


def gone(folder: Path) -> bool:
    """Whether neither the program nor what it had started runs."""

    def runs(pid: str) -> bool:
        status = Path(f"/proc/{pid}/status")
        return status.exists() and not re.search(r"State:\t[ZX]", status.read_text())

    pids = (folder / "pids").read_text().split()
    deadline = time.monotonic() + 60
    while any(map(runs, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(pids) == 2 and not any(map(runs, pids))


@needs_processes
@pytest.mark.parametrize("answer", ["[0, 0, 0, 0, 0, 0]", "[9]", "no JSON"])
def test_nothing_is_left_of_a_program(answer: str, tmp_path: Path, cifar10: Benchmark) -> None:
    code = (
        LEAVING
        + f"""
for line in sys.stdin:
    if "ask" in line: print('{{"arch": {answer}}}', flush=True)
"""
    )
    program = Program(("python", "-S", "-c", code, str(tmp_path / "pids")))
    try:
        assert len(execute(program, cifar10, rules(5), 0).outcomes) == 5
        assert answer.startswith("[0")
    except StrategyError:
        assert not answer.startswith("[0")
    assert gone(tmp_path)


@needs_processes
def test_nothing_is_left_where_nobody_closes(tmp_path: Path) -> None:
    code = LEAVING + "for line in sys.stdin: print('null', flush=True)"
    searcher = Program(("python", "-S", "-c", code, str(tmp_path / "pids"))).start(task(), stream(0, "x", "search"))
    assert searcher.ask() is None
    del searcher
    gc.collect()
    assert gone(tmp_path)


def test_closing_twice_changes_nothing() -> None:
    searcher = Program().start(task(), stream(0, "x", "search"))
    searcher.close()
    searcher.close()


class Closing(Listed):
    """Counts how often it is closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


BEGUN: list[Closing] = []


@dataclass(frozen=True)
class Given(Strategy):
    """Proposes what a list says, the last when there is no more."""

    archs: tuple[tuple[int, ...], ...] = ()

    def start(self, task: Task, rng: Stream) -> Searcher:
        BEGUN.append(Closing([Proposal(arch) for arch in self.archs or task.space.archs[:100]]))
        return BEGUN[-1]


def test_a_searcher_is_closed_when_its_search_is_over_or_has_failed(cifar10: Benchmark) -> None:
    BEGUN.clear()
    execute(Given(), cifar10, rules(), 0)
    with pytest.raises(StrategyError):
        execute(Given(((9, 9),)), cifar10, rules(), 0)
    assert [searcher.closed for searcher in BEGUN] == [1, 1]


def test_each_searcher_of_a_search_in_stages_is_closed(tmp_path: Path) -> None:
    BEGUN.clear()
    halves = [Variable("units", (8, 16), "architecture"), Variable("rate", (0.1, 0.2, 0.3), "hyperparameters")]
    joint = JointGridSpace("joint", halves, {"units": 8, "rate": 0.1})
    stages = parse([{"until": 0.5, "search": "architecture"}, {"search": "hyperparameters"}])
    execute(Given(), made.of_space(joint, tmp_path), replace(rules(10), stages=stages), 0)
    assert [searcher.closed for searcher in BEGUN] == [1, 1]


STUDY = """
name = "x"
seeds = 1
budget = { evaluations = 5 }
[[benchmark]]
use = "nasbench201"
[[strategy]]
use = "program"
command = ["python", "search.py", "7"]
files = ["lib.txt"]
"""


def written(folder: Path) -> None:
    (folder / "search.py").write_text(EXAMPLE)
    (folder / "lib.txt").write_text("1")


def key(study: str = STUDY) -> str:
    (series,) = Study.parse(study).series()
    assert isinstance(series, Series)
    return series.key


def test_a_changed_file_is_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)  # as the command line runs a study of another folder
    keys = [key()]
    for file, text in (("unrelated.py", ""), ("lib.txt", "2"), ("search.py", EXAMPLE + "#")):
        (tmp_path / file).write_text(text)
        keys.append(key())
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    strategy = nasbed.load_strategy("program", command=["python", "search.py"])
    assert len(nasbed.search(strategy, "nasbench201", budget={"evaluations": 3}).outcomes) == 3  # type: ignore[arg-type]


def test_files_are_those_of_the_working_directory_before_those_beside_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "beside"):
        (tmp_path / name).mkdir()
        written(tmp_path / name)
    monkeypatch.syspath_prepend(tmp_path / "beside")
    program = Program(("python", "search.py", "7"), ("lib.txt",))
    beside = fingerprint(program.sources)
    assert program.sources == (tmp_path / "beside" / "search.py", tmp_path / "beside" / "lib.txt")
    monkeypatch.chdir(tmp_path / "here")
    assert program.sources == (Path("search.py"), Path("lib.txt"))
    assert fingerprint(program.sources) == beside
    (tmp_path / "here" / "lib.txt").write_text("2")
    assert fingerprint(program.sources) != beside


def test_a_program_of_a_path_is_a_source_and_one_on_the_path_is_not(tmp_path: Path) -> None:
    (tmp_path / "search").write_text("#!/bin/sh\n")
    (tmp_path / "search").chmod(0o755)
    assert Program((str(tmp_path / "search"), "x")).sources == (tmp_path / "search",)
    assert Program(("python", "x")).sources == ()
    assert Program().needs == Needs()


def test_a_program_pickles_as_text_and_list_alike() -> None:
    program = Program("python -c 'print(1)'")  # type: ignore[arg-type]
    assert program == Program(["python", "-c", "print(1)"])  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(program)) == program


def test_an_outcome_reaches_a_program_that_named_it_though_proposals_are_equal(tmp_path: Path) -> None:
    program = answering(tmp_path, {"arch": [0, 0], "id": "a"}, {"arch": [0, 0], "id": "b"})
    searcher = program.start(task(workers=2), stream(0, "fake", "search"))
    first, second = searcher.ask(), searcher.ask()
    assert first == second
    for trial, proposal in ((1, second), (0, first)):
        assert proposal is not None
        searcher.tell(Outcome(SPACE.archs[0], 1.0, 1.0, 1.0, trial, 1, (1.0,), proposal))
    searcher.close()
    assert [(line["tell"]["id"], line["tell"]["trial"]) for line in said(tmp_path) if "tell" in line] == [
        ("b", 1),
        ("a", 0),
    ]
