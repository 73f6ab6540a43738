"""Records of several objectives, and of seeds with gaps or that differ between strategies, made elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyarrow import csv

import nasbed
from nasbed.errors import OptionError
from nasbed.exchange import optuna_storage
from nasbed.monitoring.status import read_status
from nasbed.results.multiobjective import fronts
from nasbed.results.results import Results

STUDY = """
name = "two"
seeds = 3
budget = { evaluations = 5 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
objectives = ["accuracy", "latency"]
[[strategy]]
use = "random_search"
[[strategy]]
use = "nsga2"
population = 2
"""
OPTIONS = {"objectives": ["accuracy", "latency"]}


def _import(file: Path | str, out: Path, **changed: Any) -> Results:
    told: dict[str, Any] = {"dataset": "cifar100", "options": OPTIONS, **changed}
    return nasbed.import_results(file, "nasbench201", {"evaluations": 5}, out, **told)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("objectives")
    nasbed.run_study(nasbed.Study.parse(STUDY), folder / "results")
    nasbed.export_results(folder / "results", folder)
    return folder


@pytest.fixture(scope="module")
def frame(ours: Path) -> pd.DataFrame:
    return csv.read_csv(ours / "evaluations.csv").to_pandas()


def test_fronts_of_records_from_elsewhere_are_those_of_the_search(
    ours: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    declared = {"value": "accuracy (%, max)", "latency": "latency (s)"}
    frame.rename(columns=declared).to_csv(tmp_path / "mine.csv", index=False)
    expected = Results.load(ours / "results")
    theirs = _import(tmp_path / "mine.csv", tmp_path / "out")
    pd.testing.assert_frame_equal(fronts.frame(theirs), fronts.frame(expected))
    assert theirs.bounds == expected.bounds != {}
    assert theirs.warnings == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda of: of.rename(columns={"latency": "latency (ms, min)"}),
            "column 'latency (ms, min)': latency of nasbench201/cifar100 is recorded in s and minimised; give it in that unit",
        ),
        (lambda of: of.rename(columns={"value": "value (%, min)"}), "is recorded in % and maximised; give it"),
        (lambda of: of.drop(columns="latency"), "has no values of latency, an objective of nasbench201/cifar100"),
        (lambda of: of.assign(latency=of["latency"] * 1000), "row 0 of the frame, column 'latency': "),
        (lambda of: of.assign(latency=-of["latency"]), "its sign is turned"),
        (
            lambda of: of.assign(latency="fast"),
            "row 0 of the frame, column 'latency': 'fast'; expected a number, latency, in s",
        ),
        (
            lambda of: of.assign(latency=of["latency"][::-1].to_numpy()),
            "expected what nasbench201/cifar100 recorded of",
        ),
    ],
)
def test_values_of_a_further_objective_are_held_to_the_table(
    frame: pd.DataFrame, tmp_path: Path, change: Any, words: str
) -> None:
    change(frame).to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(OptionError) as refused:
        _import(tmp_path / "mine.csv", tmp_path / "out")
    assert words in str(refused.value)
    assert not (tmp_path / "out").exists()


def _optimised(storage: str | None, name: str) -> tuple[Any, Any]:
    """A study of Optuna with two objectives and five trials, and its objective."""
    optuna = pytest.importorskip("optuna", reason="optuna is not installed")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    objective = nasbed.optuna_objective("nasbench201", dataset="cifar100", budget={"evaluations": 5}, **OPTIONS)
    sampler = optuna.samplers.RandomSampler(seed=0)
    made = optuna.create_study(study_name=name, storage=storage, directions=objective.directions, sampler=sampler)
    made.optimize(objective, n_trials=5)
    return made, objective


def _require_front(results: Results, objective: Any) -> None:
    (series,) = results.series
    ((values, _, _),) = fronts.runs(series)
    np.testing.assert_allclose(values, [outcome.values for outcome in objective.result().outcomes])


def test_a_study_of_optuna_with_several_objectives_has_a_front(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made, objective = _optimised(None, "random-0")
    stored = optuna_storage.StoredTrials("random-0", {}, objective.directions, None, made.trials)
    monkeypatch.setattr(optuna_storage, "_studies", lambda place: [stored])
    (tmp_path / "o.db").write_bytes(b"")
    _require_front(_import(tmp_path / "o.db", tmp_path / "out"), objective)
    assert _import(tmp_path / "o.db", tmp_path / "first", options={}).finals()["evaluations"].tolist() == [5]
    named = stored._replace(metrics=["accuracy", "energy"])
    for held, told, words in (
        (
            stored,
            ["latency", "accuracy"],
            "its directions are maximize, minimize; expected those of nasbench201/cifar100: minimize",
        ),
        (
            stored,
            ["accuracy", "latency", "flops"],
            "a trial has 2 values, and nasbench201/cifar100 the objectives accuracy, latency",
        ),
        (named, ["accuracy", "latency"], "its metrics are named accuracy, energy, and the objectives of"),
    ):
        monkeypatch.setattr(optuna_storage, "_studies", lambda place, held=held: [held])
        with pytest.raises(OptionError) as refused:
            _import(tmp_path / "o.db", tmp_path / "no", options={"objectives": told})
        assert words in str(refused.value)


@pytest.mark.thorough
def test_a_storage_of_optuna_keeps_several_objectives(tmp_path: Path) -> None:
    file = f"sqlite:///{tmp_path / 'o.db'}"
    _, objective = _optimised(file, "random-0")
    _require_front(_import(file, tmp_path / "out"), objective)


def test_seeds_with_gaps_stay_what_they_are(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.assign(seed=frame["seed"] * 70).to_csv(tmp_path / "mine.csv", index=False)
    written = _import(tmp_path / "mine.csv", tmp_path / "out")
    read = Results.load(tmp_path / "out")
    assert read.series[0].runs.seeds.tolist() == written.series[0].runs.seeds.tolist() == [0, 70, 140]
    pd.testing.assert_frame_equal(read.finals(), written.finals())
    assert "3 seeds (0 to 140, with gaps), the same for every strategy" in nasbed.caption(read)
    status = read_status(tmp_path / "out")
    assert (status.state, status.done, status.total) == ("complete", 6, 6)
    assert json.loads((tmp_path / "out/run.json").read_text())["seeds"] == {
        "first": 0,
        "count": 3,
        "numbers": [0, 70, 140],
    }
    again = nasbed.export_results(tmp_path / "out", tmp_path / "again")
    assert csv.read_csv(again[0]).to_pandas()["seed"].unique().tolist() == [0, 70, 140]


def test_runs_are_paired_by_the_seeds_that_all_have_and_what_is_left_out_is_said(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    other = frame["strategy"] == "nsga2"
    shifted = frame.assign(seed=frame["seed"] + other)
    shifted.to_csv(tmp_path / "mine.csv", index=False)
    results = _import(tmp_path / "mine.csv", tmp_path / "out")
    assert [series.runs.seeds.tolist() for series in results.series] == [[1, 2], [1, 2]]
    said = (
        "runs are paired by seed: kept are those of the 2 seeds that every strategy has on every benchmark; left out are the runs"
        " of other seeds: 1 of random_search on nasbench201/cifar100, 1 of nsga2 on nasbench201/cifar100"
    )
    assert results.warnings == [said]
    frame.assign(seed=frame["seed"] + 3 * other).to_csv(tmp_path / "apart.csv", index=False)
    with pytest.raises(OptionError) as refused:
        _import(tmp_path / "apart.csv", tmp_path / "no")
    assert (
        "no seed is common to all strategies and benchmarks ('random_search' on 'nasbench201/cifar100': [0, 1, 2]; "
        in str(refused.value)
    )
    assert "number those of every strategy alike" in str(refused.value)
    wrong = shifted.assign(value=shifted["value"].where(shifted.index != len(shifted) - 1, 1.0))
    wrong.to_csv(tmp_path / "wrong.csv", index=False)
    kept = int(shifted[shifted["seed"] <= 2].index[-1])
    assert kept < len(shifted) - 1, "the wrong row is of a seed that is left out"
    assert _import(tmp_path / "wrong.csv", tmp_path / "unjudged").warnings == [said]
