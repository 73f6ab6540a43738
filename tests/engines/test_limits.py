"""Limits of time and memory: what goes beyond them is ended, tried again where it may help, and told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from slow_calls import fills, hangs, maps

import nasbed
from nasbed.engines.limits import Limits
from nasbed.engines.opening import open_engine
from nasbed.errors import EngineError, UnknownNameError, WorkerDied
from nasbed.studies.study import Study

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads processes from /proc")


def test_a_call_that_hangs_is_made_once_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with open_engine("local:1?limit_seconds=2") as engine:
        assert list(engine.completed(hangs, [("first", (str(tmp_path), 1))])) == [("first", 2)]
    assert "a call was ended: it took longer than the limit of 2 seconds; it is made once more" in caplog.text


@pytest.mark.thorough
def test_a_call_that_hangs_twice_is_told_by_its_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = []
    with open_engine("local:1?limit_seconds=4") as engine:
        completed = engine.completed(hangs, [("fine", (str(tmp_path), 0)), ("hung", (str(tmp_path), 9))])
        found.append(next(completed))
        with pytest.raises(WorkerDied, match=r"^it took longer than the limit of 4 seconds$") as caught:
            next(completed)
    assert caught.value.call == "hung"
    assert found == [("fine", 1)]
    assert caplog.text.count("made once more") == 1


def test_memory_above_the_limit_ends_the_call() -> None:
    with (
        pytest.raises(WorkerDied, match=r"^it held [0-9,]+ MB of memory; the limit is 150 MB$") as caught,
        open_engine("local:1?limit_memory=150MB") as engine,
    ):
        list(engine.completed(fills, [("large", (300,))]))
    assert caught.value.call == "large"


def test_a_mapped_table_is_not_counted(tmp_path: Path) -> None:
    np.save(tmp_path / "table.npy", np.ones(250_000_000, dtype=np.uint8))
    with open_engine("local:1?limit_memory=150MB") as engine:
        assert list(engine.completed(maps, [("mapped", (str(tmp_path / "table.npy"),))])) == [("mapped", 250_000_000)]


@pytest.mark.parametrize(
    ("options", "limits"),
    [
        ({}, Limits()),
        ({"limit_seconds": "0.5"}, Limits(0.5)),
        ({"limit_memory": "512MiB"}, Limits(None, 512 * 2**20)),
        ({"limit_memory": "2gb"}, Limits(None, 2_000_000_000)),
        ({"limit_memory": "300000000B"}, Limits(None, 300_000_000)),
    ],
)
def test_limits_are_parsed(options: dict[str, str], limits: Limits) -> None:
    assert Limits.parse(options) == limits


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("local:2?limit_seconds=0", "limit_seconds = '0'; expected seconds above 0, as limit_seconds=600"),
        ("local:2?limit_seconds=9?limit_memory=3GB", "one question mark begins the options, and & parts them"),
        ("local:2?limit_seconds=-1", "limit_seconds = '-1'; expected seconds above 0"),
        ("local:2?limit_seconds=nan", "limit_seconds = 'nan'; expected seconds above 0"),
        (
            "local:2?limit_memory=4",
            "limit_memory = '4'; expected a number above 0 with its unit, as limit_memory=4GB or 512MiB",
        ),
        ("local:2?limit_memory=0GB", "limit_memory = '0GB'; expected a number above 0 with its unit"),
        ("local:2?limit_memory=4XB", "limit_memory = '4XB'; expected a number above 0 with its unit"),
        (
            "local:2?limit_seconds",
            "'limit_seconds'; expected each option once, as local:2[?]limit_seconds=600&limit_memory=4GB",
        ),
        ("local:2?", "''; expected each option once"),
        ("local:2?limit_seconds=1&limit_seconds=2", "'limit_seconds=2'; expected each option once"),
    ],
)
def test_wrong_limits_are_refused(engine: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        open_engine(engine)


def test_an_unknown_option_of_an_engine_names_the_near_match() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'limit_seconds'"):
        open_engine("local:2?limitseconds=3")


HANGING = """
import os, time
from dataclasses import dataclass
from nasbed.vocabulary import Proposal, Script


@dataclass(frozen=True)
class Hanging(Script):
    def search(self, task, rng):
        while True:
            arch = task.space.sample(rng)
            if os.environ.get("HANGS"):
                time.sleep(600)
            yield Proposal(arch)
"""
STUDY = """
name = "hanging"
seeds = 20
budget = { evaluations = 3 }
[[benchmark]]
use = "nasbench201"
[[strategy]]
use = "random_search"
[[strategy]]
use = "hanging:Hanging"
"""


@pytest.mark.thorough
def test_a_study_with_a_batch_that_hangs_is_told_and_completed_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "hanging.py").write_text(HANGING)
    monkeypatch.syspath_prepend(tmp_path)
    study = Study.parse(STUDY)
    nasbed.run_study(study, tmp_path / "undisturbed")
    monkeypatch.setenv("HANGS", "1")
    with pytest.raises(WorkerDied) as caught:
        nasbed.run_study(study, tmp_path / "out", engine="local:1?limit_seconds=5")
    for words in (
        "a batch was ended twice (it took longer than the limit of 5 seconds): strategy 'hanging:Hanging' on nasbench201/cifar10,",
        f"20 of 40 runs are stored in {tmp_path / 'out'}; the same command goes on from there",
        "give it more time, as by a larger limit_seconds, or mend the strategy where it hangs",
    ):
        assert words in str(caught.value)
    assert "it is made once more" in caplog.text
    monkeypatch.delenv("HANGS")
    nasbed.run_study(study, tmp_path / "out", engine="local:1?limit_seconds=60")
    stored = [
        {path.name: path.read_bytes() for path in (tmp_path / name / "answers").rglob("*.parquet")}
        for name in ("undisturbed", "out")
    ]
    assert stored[0] == stored[1]
