"""What is installed: names, sizes, and that a wheel works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from places import ROOT

import nasbed


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    source = out / "source"
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


def test_a_wheel_holds_one_import_root_the_data_and_the_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"nasbed"}
    for wanted in (
        "nasbed/py.typed",
        "nasbed/benchmarks/data/nasbench201/manifest.toml",
        "nasbed/strategies/reinforce.py",
        "nasbed/archived/archive.json",
    ):
        assert wanted in names
    assert any(name.endswith("NOTICE") for name in names)
    assert any(name.endswith("LICENSE") for name in names)


@pytest.mark.parametrize(
    "folder", ["benchmarks/data/nasbench201", "benchmarks/data/digits201", "benchmarks/data/vowels", "archived"]
)
def test_shipped_data_take_less_than_two_megabytes_of_the_wheel_each(folder: str, wheel: Path) -> None:
    sizes = [
        entry.compress_size
        for entry in zipfile.ZipFile(wheel).infolist()
        if entry.filename.startswith(f"nasbed/{folder}/")
    ]
    assert 0 < sum(sizes) < 2 * 1024**2


def test_a_wheel_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "import nasbed; print(nasbed.__file__);"
        "print(len(nasbed.search('local_search', 'nasbench201', budget={'evaluations': 7}).outcomes))"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    where, count = done.stdout.split()
    assert Path(where).is_relative_to(tmp_path)
    assert count == "7"


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == nasbed.__version__
    assert f"version: {nasbed.__version__}" in (ROOT / "CITATION.cff").read_text()
    assert f"## {nasbed.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_every_package_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {
        "harness": "nasbed",
        "benchmarks": "nasbed.benchmarks",
        "strategies": "nasbed.strategies",
        "results/archive": "nasbed.archived",
    }
    found = {
        ".".join([package, *path.parent.relative_to(ROOT / folder).parts])
        for folder, package in folders.items()
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert found == set(declared)
