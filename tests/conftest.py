"""What several tests share."""

from __future__ import annotations

from machine import FOLDERS, OWN, WORK  # before all that may read the machine's own settings

# isort: split

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from forking import QUICK, TRAINS, Command, Forking
from hypothesis import settings
from quick_pictures import only_svg
from tiny_study import STUDY

import nasbed
from nasbed.check import elsewhere
from nasbed.figures.style import STYLE
from nasbed.vocabulary import Benchmark

# A run in the background of a shell ignores Ctrl-C, and so would the commands that tests start and stop.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("daily", deadline=None, max_examples=25)  # a machine may be busy
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.load_profile("thorough" if os.environ.get("NASBED_FUZZ") else "daily")


gc.disable()  # until all modules and tests are there, which stay to the end


def pytest_collection_finish() -> None:
    """The garbage collector need not look through millions of objects again and again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Nor through tables and spaces that the tests of a folder have loaded, of which most stay to the end too."""
    if nextitem is not None and nextitem.path.parent != item.path.parent:
        gc.collect(1)
        gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _own_working_directory() -> Iterator[None]:
    """Tests begin in an empty folder and leave it, and the data home, as it was."""
    before, work = Path.cwd(), OWN / WORK / os.environ.get("PYTEST_XDIST_WORKER", "alone")
    work.mkdir(parents=True)
    os.chdir(work)
    yield
    os.chdir(before)
    left = [*work.iterdir(), *(OWN / FOLDERS["NASBED_DATA"]).iterdir()]
    assert not left, f"a test wrote {left}; expected that tests write into folders of their own (tmp_path)"


@pytest.fixture(scope="session")
def cifar10() -> Benchmark:
    return nasbed.load_benchmark("nasbench201", dataset="cifar10")


@pytest.fixture(scope="session")
def cifar100() -> Benchmark:
    return nasbed.load_benchmark("nasbench201", dataset="cifar100")


@pytest.fixture(scope="session")
def imagenet() -> Benchmark:
    return nasbed.load_benchmark("nasbench201", dataset="ImageNet16-120")


@pytest.fixture(scope="session")
def tiny_results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    """Results of a small study, at which tests of results, tables, figures and reports look."""
    return nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path_factory.mktemp("tiny") / "out")


@pytest.fixture
def process(tmp_path: Path) -> Command:
    """Runs the real command in a process of its own that has just started, in ``tmp_path``."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "nasbed", *words],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=600,  # a machine may be busy
        )

    return run


@pytest.fixture(scope="session")
def forking() -> Iterator[Forking]:
    """Forks in which commands are run."""
    server = Forking()
    yield server
    server.close()


@pytest.fixture
def command(process: Command, forking: Forking, tmp_path: Path) -> Command:
    """Runs the command in ``tmp_path``, in a fork where that makes no difference: imports take longer than most commands."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **environment}
        if not hasattr(os, "fork") or not forking.serves(env):
            return process(*words, **environment)
        return forking.run(
            "from nasbed.__main__ import main; main()",
            argv=("nasbed", *words),
            env=env,
            cwd=tmp_path,
            imports=("torch", "torch._dynamo") if words and words[0] in TRAINS else (),
        )

    return run


@pytest.fixture(scope="session", autouse=True)
def _quick_pdf() -> Iterator[object]:
    """PDF files are drawn with fonts of a type that takes no time to embed."""
    before = STYLE["pdf.fonttype"]
    STYLE["pdf.fonttype"] = QUICK
    yield before
    STYLE["pdf.fonttype"] = before


@pytest.fixture
def true_pdf(_quick_pdf: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """PDF files are drawn as they are, for tests that look at their fonts or compare them with those of another process."""
    monkeypatch.setitem(STYLE, "pdf.fonttype", _quick_pdf)


@pytest.fixture
def drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn in one kind of file in place of three, where a test does not look at the others, which are empty."""

    only_svg(monkeypatch)


@pytest.fixture(scope="session", autouse=True)
def _another_process() -> Iterator[None]:
    """The other processes of conformance checks are forks too, of one in which texts hash otherwise."""
    if not hasattr(os, "fork") or os.environ.get("PYTHONHASHSEED") == "1":
        yield
        return
    server, real = Forking("1", checks=True), elsewhere.ask

    def ask(given: str, env: dict[str, str], errors: Path) -> subprocess.CompletedProcess[Any]:
        if not server.serves(env):
            return real(given, env, errors)
        done = server.run(elsewhere.START, input=given, env=env)
        errors.write_text(done.stderr, encoding="utf-8")
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elsewhere, "ask", ask)
        yield
    server.close()
