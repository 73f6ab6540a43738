"""Baselines of the gate, and results folders, whatever stands in their files."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prodding import TEXTS, WRITTEN, bent, fuzz, misspelt, prod

import nasbed
from nasbed.gate.baseline import Baseline, checksums
from nasbed.gate.commands import described
from nasbed.gate.record import make_baseline
from nasbed.studies.store import Store
from nasbed.studies.study import Study

STUDY = """\
name = "fuzzed"
seeds = 3
budget = { evaluations = 20 }

[[benchmark]]
use = "nasbench201"

[[strategy]]
use = "random_search"
"""
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=4,
)


@cache
def folder() -> Path:
    """Results of the study, and a baseline of it."""
    made = Path(mkdtemp(prefix="nasbed-fuzz-"))
    nasbed.run_study(Study.parse(STUDY), made / "results")
    make_baseline(Study.parse(STUDY), seeds=100).write(made / "gate.json")
    return made


def teardown_module() -> None:
    if folder.cache_info().currsize:
        shutil.rmtree(folder())


@cache
def content(name: str) -> str:
    return (folder() / name).read_text(encoding="utf-8")


def judged(path: Path) -> None:
    """All that is read of a baseline before a run is made."""
    baseline = Baseline.load(path)
    baseline.require(Study.parse(STUDY), ["random_search"])
    described(baseline, path)


@fuzz(60, 0.03)
@given(st.data())
def test_a_baseline_with_other_content(data: st.DataObject) -> None:
    path = folder() / "other.json"
    changed = data.draw(bent(json.loads(content("gate.json")), JSON))
    if isinstance(changed, dict) and data.draw(st.integers(0, 4)):
        changed.pop("checksums", None)
        with suppress(AttributeError, KeyError):  # without strategies there are none
            changed["checksums"] = checksums(changed)
    path.write_text(json.dumps(changed), encoding="utf-8")
    prod(lambda: judged(path), "other.json", "baseline")


@fuzz(30, 0.02)
@given(st.data())
def test_a_baseline_with_another_text(data: st.DataObject) -> None:
    path = folder() / "other.json"
    path.write_text(data.draw(misspelt(content("gate.json"))), encoding="utf-8")
    prod(lambda: judged(path), "other.json", "baseline")


@fuzz(50, 0.03)
@given(st.data())
def test_results_with_another_record(data: st.DataObject) -> None:
    record = content("results/run.json")
    other = st.one_of(bent(json.loads(record), JSON).map(json.dumps), misspelt(record), WRITTEN.map(str))
    (folder() / "results" / "run.json").write_text(data.draw(other), encoding="utf-8", errors="replace")
    prod(lambda: nasbed.Results.load(folder() / "results"), "run.json", "run the study again")
    prod(lambda: Store(folder() / "results").claim("fuzzed"), "run.json", "results")


@fuzz(30, 0.01)
@given(st.data())
def test_results_with_another_shard(data: st.DataObject) -> None:
    (folder() / "results" / "run.json").write_text(content("results/run.json"), encoding="utf-8")
    kind = data.draw(st.sampled_from(["answers", "timings"]))
    (path,) = (folder() / "results" / kind).rglob("*.parquet")
    whole = path.read_bytes()
    begin = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:begin] + data.draw(st.binary(max_size=9)) + whole[begin + data.draw(st.integers(0, 9)) :])
    try:
        prod(lambda: nasbed.Results.load(folder() / "results"), "parquet")
    finally:
        path.write_bytes(whole)


@fuzz(20, 0.01)
@given(st.one_of(WRITTEN, st.text()))
def test_a_folder_of_any_name(name: Any) -> None:
    prod(lambda: Store(name).read_record())
    prod(lambda: Baseline.load(name))
