"""Tests run on a machine of their own (tests/helpers/machine.py): nothing of the real one is read or written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
import platformdirs
import pytest
from forking import Command
from machine import FOLDERS, KEPT, OWN, SET, WORK
from places import ROOT

from nasbed.benchmarks.tables import home


def test_every_folder_is_our_own() -> None:
    assert {name: os.environ[name] for name in FOLDERS} == {name: str(OWN / folder) for name, folder in FOLDERS.items()}
    folders = [
        Path.home(),
        Path(tempfile.gettempdir()),
        Path(mpl.get_configdir()),
        Path(mpl.get_cachedir()),
        Path.cwd(),
    ]
    folders += [platformdirs.user_data_path("nasbed"), platformdirs.user_cache_path("nasbed"), home.home()]
    assert [folder for folder in folders if not folder.is_relative_to(OWN)] == []
    assert Path.cwd().parent == OWN / WORK


def test_no_table_is_there_but_those_that_ship() -> None:
    assert home.imported() == []


def test_settings_are_those_of_matplotlib() -> None:
    assert Path(mpl.matplotlib_fname()).is_relative_to(Path(mpl.__file__).parent)
    assert mpl.rcParams["font.size"] == mpl.rcParamsDefault["font.size"]


def test_what_would_change_output_is_not_seen() -> None:
    assert {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "MPLBACKEND", "TZ", "LC_ALL", "LC_NUMERIC"} & set(
        os.environ
    ) == set()
    assert {name: os.environ[name] for name in SET} == SET


def test_what_tests_are_told_is_seen() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("*.py"))]
    told = {name for text in texts for name in re.findall(r"environ\.get\(\"(NASBED_\w+)\"", text)}
    assert told >= {"NASBED_FUZZ", "NASBED_WHEELS"}
    assert told <= {*KEPT}


def test_commands_see_the_same(process: Command) -> None:
    done = process("data", "where")
    assert (done.stdout, done.stderr) == (f"{OWN / FOLDERS['NASBED_DATA']}\n", "")


RUBBISH = "neither a table nor a setting ["
TOUCHING = (
    "tests/product/test_machine.py",
    "tests/benchmarks/tables/test_data.py::test_a_benchmark_whose_table_is_not_here_says_how_to_get_it",
)
"""Tests that look for tables, read settings and start commands."""


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.thorough
def test_a_used_machine_is_neither_read_nor_written(tmp_path: Path) -> None:
    used, temporary, work = tmp_path / "used", tmp_path / "temporary", tmp_path / "work"
    names = {name: used / name.lower() for name in FOLDERS if name != "TMPDIR"}
    tables = [names["NASBED_DATA"], names["XDG_DATA_HOME"] / "nasbed", names["HOME"] / ".local" / "share" / "nasbed"]
    settings = [
        names["MPLCONFIGDIR"],
        names["XDG_CONFIG_HOME"] / "matplotlib",
        names["HOME"] / ".config" / "matplotlib",
    ]
    files = [folder / "nasbench_macro" / "manifest.toml" for folder in tables]
    files += [folder / "matplotlibrc" for folder in (*settings, work)]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text(RUBBISH)
    temporary.mkdir()
    before = tree(used), tree(work)
    environment = {name: str(folder) for name, folder in names.items()} | {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(temporary),
        "COLUMNS": "20",
        "FORCE_COLOR": "1",
        "LC_ALL": "C",
        "MPLBACKEND": "of nobody",
        "TERM": "xterm-256color",
        "TZ": "Asia/Kathmandu",
    }
    words = ["-q", "-p", "no:cacheprovider", "-k", "not used_machine"]
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *words, f"--rootdir={ROOT}", *(str(ROOT / name) for name in TOUCHING)],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tree(used), tree(work)) == before
    assert [path.name.partition("-of-")[0] for path in temporary.iterdir()] == ["pytest"]  # of tmp_path alone
