"""Every snippet of README and docs is run as a user would type it, or stands in ``NOT_RUN`` with the reason.

Commands and blocks of Python, TOML and console output are run in the order of their document, in a folder that holds what a reader
has by then: the studies (with few seeds and their first benchmark alone), results of those that the documents look at, and
plug-ins under the names used there.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from daily import daily
from forking import PYTEST, Forking
from places import ROOT

import nasbed
from nasbed.__main__ import main

SEEDS = 3
"""Seeds of the studies in the reader's folder."""
NAMED = ("random_search", "regularized_evolution", "local_search")
"""Strategies of the studies in the reader's folder, where a study has several of them."""
HEADER = """\
name = "fragment"
seeds = 2
budget = { evaluations = 24 }
"""
BENCHMARK = '[[benchmark]]\nuse = "nasbench201"\n'
STRATEGY = '[[strategy]]\nuse = "random_search"\n'

NOT_RUN = {
    # commands
    'nasbed run study.toml --slice "$SLURM_ARRAY_TASK_ID/100" --engine local:4 --out /shared/results/study': (
        "a job of a queue system; tests/studies/test_slices.py runs slices at once"
    ),
    "nasbed data make mine runs.csv": ("a reader's own file; docs/own-table.md makes tables of files"),
    "nasbed compare results/mine --archive tpe,random_search": (
        "results/mine stands for a reader's own; tests/results/test_archive.py compares results with the archive"
    ),
    "nasbed archive add results/mine": (
        "results/mine stands for a reader's own; tests/results/test_archive.py adds results to an archive"
    ),
    "make demo": "installs the package, which the tests run from",
    "make test": "runs these tests",
    "nasbed equivalence results/quickstart --rope 0.1": (
        "the quick start has too few seeds here; tests/summary/test_robust_and_anytime.py asks it of results"
    ),
    "nasbed power results/quickstart --difference 0.2 --json": (
        "the quick start has fewer seeds here than a plan asks for; tests/statistics/test_planning.py plans with results"
    ),
    "nasbed power results/quickstart --seeds 30 --seeds 100": (
        "the quick start has fewer seeds here than a plan asks for; tests/statistics/test_planning.py plans with results"
    ),
    "nasbed report results/quickstart": "draws for long; so in tests/reports/test_reports.py",
    "make thorough": "runs further tests",
    "make bench": "measures for minutes",
    "make data-check": "downloads",
    "make site": "builds the pages; so in tests/product/test_site.py",
    "make release-check": "installs the package twice, each time into an environment of its own",
    'git tag --annotate v0.1.0 --message "nasbed 0.1.0"': "a release",
    ".venv/bin/python -m twine upload dist/*": "uploads",
    "git push origin v0.1.0": "a release",
    "nasbed run STUDY.toml [--seeds N --engine local:N --out DIR --fresh --no-figures]": "shows the options",
    "nasbed tabulate studies/digits201.toml": "trains for hours",
    "nasbed tabulate wider.toml --engine local:2": "trains for many minutes; tests/tabulation runs it on small plans",
    "nasbed data info results/wider/table": "a table that was trained for many minutes; so in tests/tabulation",
    "nasbed agreement results/wider/table": "trains for many minutes; so in tests/tabulation",
    "nasbed run studies/fallback.toml": "trains for minutes; tests/benchmarks/training/fallback/test_fallback.py trains less",
    "nasbed scale results/fallback-trainings": "times cells for a minute; so in test_fallback.py",
    "nasbed agreement --json > agreement.json": "trains for many minutes; so in tests/tabulation",
    "nasbed data import nasbench101 nasbench_only108.tfrecord": "half a gigabyte of an official file",
    "nasbed data import nasbench101 nasbench_full.tfrecord": "gigabytes of an official file",
    "nasbed landscape nasbench101 --option vertices=5": "needs a table that is imported; so in test_nasbench101.py",
    "nasbed data import nats_topology NATS-tss-v1_0-3ffb9-simple": "gigabytes of official files",
    "nasbed data import nats_size NATS-sss-v1_0-50262-simple": "gigabytes of official files",
    "nasbed data import nasbench201_official NAS-Bench-201-v1_1-096897.pth": "gigabytes of official files",
    "nasbed data import transnas_micro micro.csv": "a file of the reader's; so in tests/benchmarks/test_transnas.py",
    "nasbed data import transnas_macro macro.csv": "another; so in test_transnas.py",
    "nasbed run studies/transnas_transfer.toml --no-figures": "needs the tables of these files",
    "python studies/transnas_transfer.py": "needs what that has found",
    "nasbed data fetch nasbench201_12epochs": "downloads",
    "nasbed data fetch nasbench201_12epochs --from DIR": "takes what was downloaded",
    "nasbed data import hw_nasbench201 PATH": "takes what was downloaded",
    "nasbed data import channel_bench_mobilenet Results_MobileNet.json": "a file of the reader's; so in test_import_only.py",
    "nasbed data import channel_bench_resnet Results_ResNet.json": "likewise",
    "nasbed data import hw_nasbench360 dataset.parquet": "likewise",
    "nasbed data import hw_gpt FOLDER": "files of the reader's; so in tests/benchmarks/test_hw_gpt.py",
    "nasbed list benchmarks hw_gpt": "needs the table of these files",
    "nasbed run studies/language_models.toml --no-figures": "needs it, too, and minutes",
    "nasbed run studies/language_models_limited.toml --no-figures": "likewise",
    "nasbed run studies/language_models_surrogate.toml --no-figures": "likewise",
    "python studies/language_models.py": "needs what these have found",
    "nasbed query hw_gpt_surrogate 0 --dataset m --drawing network.pdf": "needs it; so in tests/figures/test_stack_drawing.py",
    "nasbed data import nasbench_nlp logs.zip": "a file of the reader's; so in tests/benchmarks/test_nasbench_nlp.py",
    'nasbed query nasbench_nlp "|linear~x+h0|tanh~1>h0|"': "needs the table of this file",
    "nasbed query nasbench_nlp 1 --drawing lstm.pdf": "likewise; so in tests/figures/test_cell_drawing.py",
    "nasbed run studies/nasbench_nlp.toml --no-figures": "needs it, too",
    "python studies/nasbench_nlp.py": "needs what that has found",
    "nasbed data info NAME": "shows where a name stands",
    "nasbed landscape nasbench201 --epochs 12 --epochs 200": "needs a table that is downloaded",
    "nasbed import-results exdata/RS --benchmark nasbench201 --dataset cifar10 --budget evaluations=200 --out results/coco": (
        "files of the reader's; so in tests/exchange"
    ),
    "nasbed import-results sqlite:///studies.db --benchmark nasbench201 --dataset cifar10 --budget evaluations=200"
    " --out results/optuna": ("a storage of the reader's; so in tests/exchange"),
    "nasbed gate studies/gate.toml --update results/baselines/gate.json": "15,000 searches; so in tests/gate",
    "nasbed check benchmark nasbench201": "three data sets; so in tests/check",
    "nasbed landscape nasbench201": "three data sets; docs/landscape.md has it of one",
    "nasbed train --data mine.npz": "the reader's own images; so in tests/training",
    'nasbed train "conv 3x3 16 relu; max pool 2x2 | adam rate 0.001 batch 32 decay 0" --data digits --epochs 20 --seeds 3 --out'
    " results/my-model": "trains for a minute; so in tests/training",
    "python3.11 -m venv hebo": "makes an environment of another library's",
    'hebo/bin/pip install "numpy<1.25" "pandas<2.2" "scipy<1.12" "scikit-learn<1.5" "matplotlib<3.9" disjoint-set'
    " cma autograd alive-progress dill Deprecated torch==2.13.0": "likewise",
    "hebo/bin/pip install --no-deps HEBO==0.3.6 pymoo==0.6.0 gpytorch==1.11 linear_operator==0.5.2"
    " jaxtyping==0.2.19 typeguard GPy paramz catboost": "likewise",
    "export HEBO_PYTHON=$PWD/hebo/bin/python": "likewise",
    'nasbed train "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|nor_conv_1x1~1|avg_pool_3x3~2|"'
    " --benchmark cells --option batch=64": "trains for minutes; so in tests/training",
    "nasbed train --best results/NAME": "needs a study that trains; so in tests/training",
    "nasbed search-model --data FOLDER --minutes 20": "searches for minutes; so in tests/training",
    "nasbed search-model --data reviews.tsv --minutes 20": "likewise",
    "pip install '.[surrogate]'": "installs the package, which the tests run from",
    "nasbed data import lcbench FOLDER": "takes the published files; so in tests/benchmarks/test_lcbench.py",
    "nasbed query lcbench num_layers=3,max_units=256,batch_size=91,learning_rate=0.00316,momentum=0.54,weight_decay=0.05,"
    "max_dropout=0.5 --dataset 3945": "needs the published files; so in tests/benchmarks/test_lcbench.py",
    "nasbed run studies/lcbench.toml --seeds 10": "needs the published files, and minutes",
    "pip install '.[dask]'": "installs the package, which the tests run from",
    "dask scheduler --host 10.0.0.5 --port 8786": "a machine of the reader's",
    "dask worker tcp://10.0.0.5:8786 --nthreads 16 --memory-limit 0": "another of them",
    "nasbed run studies/quickstart.toml --engine dask:tcp://10.0.0.5:8786": "so in tests/engines/cluster, with real processes",
    'nasbed run studies/quickstart.toml --engine "dask:local?workers=2"': "starts a cluster; so in tests/engines/cluster",
    'nasbed run studies/quickstart.toml --engine "dask:slurm?jobs=50&cores=4&memory=8GB&walltime=02:00:00&queue=short"': (
        "needs SLURM"
    ),
    'PATH="$PWD/studies/local_slurm:$PATH" nasbed run studies/quickstart.toml --engine "dask:slurm?jobs=2&host=127.0.0.1"': (
        "submits jobs; so in tests/engines/cluster/test_started_clusters.py"
    ),
    'nasbed run study.toml --engine "dask:slurm?jobs=8&resources=GPU=1&job_extra_directives=--gres=gpu:1"': "needs SLURM and GPUs",
    # blocks, by their first line
    "# a study on training": "trains for an hour; so in test_trained_studies.py",
    "from network import predict": "runs in the folder of a network; so in tests/training",
    "# a benchmark that has trained what its table lacks": "trains for minutes; so in test_fallback.py",
    "# a benchmark with five trainings of each architecture, three recorded and two made here": "likewise",
    "# a benchmark with the cells and the recipe of digits201 on images of your own": "likewise; less in test_untabulated.py",
    "# a benchmark with the images of digits201 in a wider network": "likewise; less in test_untabulated.py",
    "import json, random, sys": "a program that nasbed starts: tests/strategies/test_program.py runs it",
    'const lines = require("readline").createInterface({ input: process.stdin });': "so is this",
    "state=1": "and this",
    "name: gate": "a workflow of GitHub's",
    '[project.entry-points."nasbed.strategies"]': "a part of the pyproject.toml of another package",
}
"""What is not run here, and why."""


@dataclass(frozen=True)
class Snippet:
    """A command, or a block of another language."""

    document: str
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        """What ``NOT_RUN`` calls it."""
        return self.text.strip().splitlines()[0]

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.document}, line {self.line}"


DOCUMENTS = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]


def snippets(document: str) -> Iterator[Snippet]:
    """The snippets of a document in their order; of shell blocks each command."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, found.start()) + 2
        if found[1] != "sh" or found[2].startswith("state=1"):
            yield Snippet(document, line, found[1], found[2])
            continue
        for place, command in enumerate(found[2].splitlines()):
            if typed := re.sub(r"(^|\s+)#.*", "", command).strip():
                yield Snippet(document, line + place, "sh", typed)


EVERY = [snippet for document in DOCUMENTS for snippet in snippets(document)]


def run_of(document: str) -> list[Snippet]:
    """What is run of a document: commands that stand in one before it are run there."""
    before = {one.text for one in EVERY if DOCUMENTS.index(one.document) < DOCUMENTS.index(document)}
    mine = [one for one in EVERY if one.document == document and one.name not in NOT_RUN]
    return [one for one in mine if one.language != "sh" or one.text not in before]


# What a reader has


MODULE = """\
from dataclasses import dataclass

from nasbed import Proposal, Script, option
from nasbed.benchmarks import Synthetic
from nasbed.errors import unknown


class MyBenchmark(Synthetic):
    def __init__(self, dataset: str = "cifar10") -> None:
        if dataset not in self.datasets():
            raise unknown("data set", dataset, self.datasets(), "MyBenchmark")
        super().__init__(decisions=2, values=3)
        self.label = f"mine/{dataset}"

    @classmethod
    def datasets(cls) -> list[str]:
        return ["cifar10"]


@dataclass(frozen=True)
class MyStrategy(Script):
    population: int = option(10, "architectures that are drawn at once", low=1)

    def search(self, task, rng):
        while True:
            yield [Proposal(task.space.sample(rng)) for _ in range(self.population)]


def search(query):
    while True:
        query(query.space.sample(query.rng))
"""


def block(document: str, word: str) -> str:
    """The one block of a document that has a word."""
    (found,) = (one.text for one in EVERY if one.document == document and word in one.text and one.language != "sh")
    return found


def smaller(study: str) -> str:
    """A study with few seeds, strategies that documents name, and its first benchmark alone."""
    content = tomllib.loads(study)
    named = [one for one in content["strategy"] if one["use"] in NAMED and "label" not in one]
    few = named if len(named) > 1 else content["strategy"]
    return tomli_w.dumps({**content, "seeds": SEEDS, "benchmark": content["benchmark"][:1], "strategy": few})


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a reader before the first document."""
    folder = tmp_path_factory.mktemp("reader")
    for name in ("studies", "results"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "quickstart"))
    for path in (folder / "studies").glob("*.toml"):
        if path.name not in ("gate.toml", "digits201.toml", "vowels.toml"):  # a baseline's, and plans of tables
            path.write_text(smaller(path.read_text(encoding="utf-8")), encoding="utf-8")
    results = folder / "results"
    nasbed.run_study(folder / "studies" / "quickstart.toml", results / "quickstart")
    nasbed.run_study(folder / "studies" / "several_objectives.toml", results / "several-objectives")
    for name in ("before", "after"):
        shutil.copytree(results / "quickstart", results / name)
    (folder / "my_package").mkdir()
    for path in ("mymodule.py", "my_module.py", "my_package/my_module.py"):
        (folder / path).write_text(MODULE)
    (folder / "my_package" / "__init__.py").touch()
    (folder / "search.js").write_text(block("docs/adapters.md", 'require("readline")'))
    (folder / "lib.js").touch()
    (folder / "my-study.toml").write_text(smaller(block("docs/studies.md", 'name = "my-study"')))
    return folder


@pytest.fixture
def reader(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn_once: None) -> Iterator[Path]:
    """A copy of the folder, in which the reader works."""
    folder = tmp_path / "reader"
    shutil.copytree(shelf, folder)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] in ("mymodule", "my_module", "my_package")]:
        del sys.modules[name]


# How each language is run


def run_command(text: str, names: dict[str, Any]) -> str:
    """Run a command of nasbed, in this process, which has imported what it needs; returns what it prints."""
    assert text.startswith("nasbed "), f"{text!r}: expected a command of nasbed, or an entry in NOT_RUN"
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        typed = shlex.split(text)
        here = ["--engine", "here"] if typed[1] in ("run", "report") and "--engine" not in typed else []
        patch.setattr(sys, "argv", [*typed, *here])
        patch.setattr(sys, "path", sys.path[:])
        handled = ("SIGINT", "SIGTERM", "SIGHUP")
        before, code = {name: signal.getsignal(getattr(signal, name)) for name in handled}, None
        try:
            main()
        except SystemExit as end:
            code = end.code  # type: ignore[assignment]
        finally:
            for name, handler in before.items():
                signal.signal(getattr(signal, name), handler)
    assert not code, f"exit code {code}\n{out.getvalue()}\n{err.getvalue()}"
    return out.getvalue()


def run_console(text: str, names: dict[str, Any]) -> None:
    """Run the commands after ``$``, and compare the beginning of what they print with what is shown."""
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n?)*)", text, re.MULTILINE):
        assert run_command(command, names).strip().startswith(shown.strip())


def run_python(forking: Forking, text: str, names: dict[str, Any]) -> None:
    """Run a block after those before it; tests are run by pytest, in a process of their own."""
    if "def test_" not in text:
        exec(compile(text, "the document", "exec"), names)
        return
    Path("test_snippet.py").write_text(text)
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    words = ("pytest", "-q", "--rootdir=.", "-p", "nasbed.gate.plugin", "-p", "no:cacheprovider", "test_snippet.py")
    done = forking.run(PYTEST, argv=words, env=environment)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def run_toml(text: str, names: dict[str, Any]) -> None:
    """Run a study, made smaller; what it lacks of one is added. A plan is read."""
    content = tomllib.loads(text)
    if "recipe" in content:
        pytest.importorskip("torch")
        from nasbed.benchmarks.training.plans import parse_plan

        assert parse_plan(text).name == content["name"]
        return
    whole = text if "name" in content else HEADER + text
    whole += "" if "benchmark" in content else BENCHMARK
    whole += "" if "strategy" in content else STRATEGY
    study = nasbed.Study.parse(smaller(whole))
    assert study.examine() == []
    assert len(nasbed.run_study(study, Path("results") / "of_toml").summary()) >= 1


def run_text(text: str, names: dict[str, Any]) -> None:
    """Output: nothing to run."""
    assert not re.search(r"^(\$|nasbed|python|make|pip) ", text, re.MULTILINE), "commands in a block of text"


RUNNERS: dict[str, Callable[[str, dict[str, Any]], object]] = {
    "sh": run_command,
    "console": run_console,
    "toml": run_toml,
    "text": run_text,
}


_ELSEWHERE = (
    "adapters cluster conformance digits201 exchange figures gate landscape own-table reports several-objectives studies"
    " supernets train training transfer"
)
THOROUGH = {f"docs/{page}.md" for page in _ELSEWHERE.split()}
"""Pages whose commands other tests run with the same words."""
RUN = [document for document in DOCUMENTS if run_of(document)]


@pytest.mark.parametrize("document", daily(RUN, *(document for document in RUN if document not in THOROUGH)))
def test_every_snippet_runs(document: str, reader: Path, forking: Forking) -> None:
    if needed := {"docs/adapters.md": "optuna", "docs/train.md": "torch", "docs/training.md": "torch"}.get(document):
        pytest.importorskip(needed)
    names: dict[str, Any] = {"__name__": "__main__"}
    runners = {**RUNNERS, "python": partial(run_python, forking)}
    for snippet in run_of(document):
        assert snippet.language in runners, (
            f"{snippet.place}: a block of {snippet.language or 'no language'!r} is neither run nor listed in NOT_RUN"
        )
        try:
            runners[snippet.language](snippet.text, names)
        except Exception as error:
            raise AssertionError(f"{snippet.place}: {snippet.text}\n{type(error).__name__}: {error}") from error


def test_what_is_not_run_is_there() -> None:
    assert set(NOT_RUN) - {snippet.name for snippet in EVERY} == set()
    assert all(NOT_RUN.values())


def test_no_document_hides_a_snippet() -> None:
    """Each fence of each document is the begin or the end of a snippet that is found."""
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        fences = re.findall(r"^\s*(?:```|~~~).*$", text, re.MULTILINE)
        blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        assert len(fences) == 2 * len(blocks), document
