"""The commands with arguments that make no sense: exit code 2 and one message, and never a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from daily import sampled
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT
from prodding import fuzz, require_fit

from nasbed.__main__ import main

HERE = Path(__file__).parent
PATHS = [
    "study.toml",
    "folder",
    "binary",
    "empty",
    "closed",
    "",
    ".",
    "..",
    "/dev/null",
    "no/where.toml",
    "a" * 300,
    "\x00",
    "\udcff",
    "tiny.toml",
    "broken.json",
]
COUNTS = ["-1", "0", "1e3", "nan", "", "many", "99999999999", "1" * 5000]
NAMES = [
    "",
    "nasbench201",
    "nasbench21",
    "tpe",
    "\x1b[31m",
    "json:",
    "json:dump",
    "os",
    "a:b:c",
    "function:os:getcwd",
    "1",
    "é",
    "../x",
    "-",
]
COMMANDS: dict[str, list[list[str]]] = {
    "run": [PATHS],
    "gate": [PATHS],
    "report": [PATHS],
    "compare": [PATHS, PATHS],
    "status": [PATHS],
    "watch": [PATHS],
    "clean": [PATHS],
    "tabulate": [PATHS],
    "agreement": [PATHS],
    "landscape": [NAMES],
    "query": [NAMES, [*NAMES, "0"]],
    "list": [["strategies", "benchmarks", "", "none"], NAMES],
    "data info": [[*NAMES, *PATHS]],
    "data verify": [[*NAMES, *PATHS]],
    "data import": [NAMES, PATHS],
    "data fetch": [["", "none", "é"]],
    "data make": [NAMES, PATHS],
    "data remove": [NAMES],
    "check benchmark": [[name for name in NAMES if name != "nasbench201"]],
    "check strategy": [[name for name in NAMES if name != "tpe"]],
}
OPTIONS: dict[str, dict[str, list[str]]] = {
    "run": {"--seeds": COUNTS, "--engine": ["", "local:0", "local:99999999", "cluster"], "--out": PATHS},
    "gate": {
        "--against": PATHS, "--seeds": COUNTS, "--margin": COUNTS, "--alpha": COUNTS, "--metric": NAMES, "--strategy": NAMES,
        "--thinking": COUNTS, "--tail-seeds": COUNTS, "--engine": ["", "local:0"],
    },
    "report": {"--only": NAMES, "--order": NAMES, "--labels": NAMES, "--colors": NAMES, "--engine": ["", "local:0"]},
    "compare": {"--metric": NAMES},
    "watch": {"--port": COUNTS, "--every": COUNTS},
    "clean": {"--study": PATHS},
    "tabulate": {"--sample": COUNTS, "--engine": ["", "local:0"], "--out": PATHS},
    "agreement": {"--sample": COUNTS, "--seeds": COUNTS, "--first-seed": COUNTS, "--engine": ["", "local:0"]},
    "landscape": {"--dataset": NAMES, "--epochs": COUNTS, "--objective": NAMES},
    "query": {"--dataset": NAMES, "--option": [*NAMES, "a=", "=1", "folder=", "dataset=1", "folder=\x00"]},
    "check benchmark": {"--dataset": NAMES},
    "check strategy": {"--option": [*NAMES, "a=", "=1", "a=[[[", "population=\x00"], "--time-limit": COUNTS},
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A working directory with files of every kind."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "folder").mkdir()
    (folder / "folder" / "run.json").write_text("[]")
    (folder / "closed").mkdir(mode=0)
    (folder / "binary").write_bytes(bytes(range(256)))
    (folder / "empty").write_bytes(b"")
    (folder / "broken.json").write_text('{"format": 1, "checksum": "0"}')
    (folder / "study.toml").write_text(
        'name = "a"\nseeds = 2\nbudget = { seconds = 1 }\n[[benchmark]]\nuse = "nasbench201"\n[[strategy]]\nuse = "tpe"\n'
    )
    (folder / "tiny.toml").write_text(
        (ROOT / "studies" / "digits201.toml").read_text().replace("epochs = 12", "epochs = 0")
    )
    before = Path.cwd()
    os.chdir(folder)
    yield
    os.chdir(before)
    (folder / "closed").chmod(0o700)


def called(words: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The exit code of a command, and what it says on standard error."""
    said = io.StringIO()
    with monkeypatch.context() as patched, contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        patched.setattr(sys, "argv", ["nasbed", *words])
        patched.setattr(sys, "path", list(sys.path))
        patched.setattr("signal.signal", lambda *_: None)
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


@fuzz(120, 0.02)
@given(data=st.data())
def test_a_command_that_makes_no_sense(data: st.DataObject, monkeypatch: pytest.MonkeyPatch) -> None:
    command = data.draw(st.sampled_from(sorted(COMMANDS)))
    words = [*command.split(), *(data.draw(st.sampled_from(kinds)) for kinds in COMMANDS[command])]
    for option, values in OPTIONS.get(command, {}).items():
        if not data.draw(st.integers(0, 2)):
            words += [option, data.draw(st.sampled_from(values))]
    if command == "landscape" and not {"--dataset", "--epochs", "--objective"} & set(words):
        return  # it may make sense
    code, said = called(words, monkeypatch)
    assert code in (0, 1, 2), (words, said[-400:])
    assert "Traceback" not in said, (words, said[-400:])
    assert said.startswith("error: ") == (code == 2), (words, said[-400:])
    if code == 2:
        require_fit(said.removeprefix("error: ").rstrip("\n"))


@pytest.mark.parametrize(
    "words",
    sampled([["run", "closed/study.toml"], ["report", "closed"], ["run", "study.toml", "--out", "closed/x"]], 3),
    ids=" ".join,
)
def test_a_folder_without_permission(words: list[str], monkeypatch: Any) -> None:
    code, said = called(words, monkeypatch)
    assert code == 2, said
    assert said.startswith("error: ")
