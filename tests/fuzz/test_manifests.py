"""Manifests of tables, whatever stands in them."""

from __future__ import annotations

import shutil
import tomllib
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import given
from hypothesis import strategies as st
from places import ROOT
from prodding import bent, fuzz, misspelt, prod
from test_study_files import written

import nasbed
from nasbed.benchmarks.tables.manifest import Manifest

SHIPPED = ROOT / "benchmarks" / "data" / "digits201"


@cache
def folder() -> Path:
    """The columns of the smaller table, for manifests to be put beside."""
    made = Path(mkdtemp(prefix="nasbed-fuzz-"))
    for file in SHIPPED.glob("*.npy"):
        (made / file.name).symlink_to(file)
    return made


def teardown_module() -> None:
    if folder.cache_info().currsize:
        shutil.rmtree(folder())


def read(text: str) -> None:
    """All that is done with a manifest, up to the first answer."""
    (folder() / "manifest.toml").write_text(text, encoding="utf-8", errors="replace")
    manifest = Manifest.load(folder())
    for column in manifest.columns:
        manifest.opened(column)
    table = nasbed.load_benchmark("digits201", folder=str(folder()))
    table.oracle()(0, table.epochs[-1], 0)
    table.referee().best()


@cache
def text() -> str:
    return (SHIPPED / "manifest.toml").read_text(encoding="utf-8")


@fuzz(40, 0.03)
@given(st.data())
def test_a_manifest_with_other_content(data: st.DataObject) -> None:
    changed = written(data.draw(bent(tomllib.loads(text()))))
    prod(lambda: read(changed), folder().name, "digits201")


@fuzz(40, 0.03)
@given(st.data())
def test_a_manifest_with_another_text(data: st.DataObject) -> None:
    changed = data.draw(misspelt(text()))
    prod(lambda: read(changed), folder().name, "digits201")
