"""Files of IOHprofiler and storages of Optuna, as those tools write them, and what of them cannot be a record."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nasbed
from nasbed.errors import OptionError
from nasbed.results.results import Results
from nasbed.vocabulary import Benchmark

HEAD = "evaluations raw_y x0 x1 x2 x3 x4 x5\n"


@pytest.fixture(scope="module")
def table() -> Benchmark:
    return nasbed.load_benchmark("nasbench201", dataset="cifar10")


def _written(folder: Path, table: Benchmark, **changed: Any) -> Path:
    """Two runs of two evaluations, written as IOHexperimenter 0.4.2 writes them: numbers of ten decimals, positions of six."""
    oracle, lines = table.oracle("run:0"), ""
    for indices in ((5, 6111), (7, 8)):
        lines += HEAD
        for place, index in enumerate(indices, 1):
            value = table.objectives[0].natural(oracle(index, table.epochs[-1], 0)[0][0])
            lines += f"{place} {value:.10f} {' '.join(f'{choice:.6f}' for choice in table.space.at(index))}\n"
    (folder / "data_f1_nas").mkdir(parents=True)
    (folder / "data_f1_nas/IOHprofiler_f1_DIM6.dat").write_text(changed.pop("lines", str)(lines))
    content = {
        "version": "0.4.2",
        "function_id": 1,
        "function_name": "nas",
        "maximization": True,
        "algorithm": {"name": "RS", "info": ""},
        "attributes": ["evaluations", "raw_y"],
        "scenarios": [
            {"dimension": 6, "path": "data_f1_nas/IOHprofiler_f1_DIM6.dat", "runs": 2 * [{"instance": 1, "evals": 2}]}
        ],
        **changed,
    }
    (folder / "IOHprofiler_f1_nas.json").write_text(json.dumps(content))
    return folder


def _read(file: Path | str, out: Path, evaluations: int = 2, noise: str = "run:0") -> Results:
    return nasbed.import_results(file, "nasbench201", {"evaluations": evaluations}, out, dataset="cifar10", noise=noise)


def test_runs_that_iohexperimenter_logged_are_judged(tmp_path: Path, table: Benchmark) -> None:
    results = _read(_written(tmp_path / "ioh", table), tmp_path / "out")
    assert results.strategies == ["RS"]
    assert results.evaluations()["architecture"].tolist() == [5, 6111, 7, 8]
    assert [series.runs.seeds.tolist() for series in results.series] == [[0, 1]]
    assert any("numbered from 0" in text for text in results.warnings)
    assert any("has no times" in text for text in results.warnings)


def _improvements(**best: int) -> dict[str, Any]:
    """Two runs of nine evaluations, of which the first and the seventh were logged, since they improved."""
    runs = 2 * [{"instance": 1, "evals": 9, "best": {"evals": 7, **best}}]
    return {
        "lines": lambda text: text.replace("\n2 ", "\n7 "),
        "scenarios": [{"dimension": 6, "path": "data_f1_nas/IOHprofiler_f1_DIM6.dat", "runs": runs}],
    }


def test_evaluations_that_were_not_logged_are_counted(tmp_path: Path, table: Benchmark) -> None:
    results = _read(_written(tmp_path / "ioh", table, **_improvements()), tmp_path / "out", evaluations=9)
    held = results.series[0].records
    assert held["evaluation"].tolist() == [1, 7, 9] * 2
    assert held["architecture"].tolist() == [5, 6111, 6111, 7, 8, 8]
    assert results.finals()["evaluations"].tolist() == [9, 9]
    assert any("its file holds 6 of 18 evaluations" in text for text in results.warnings)
    again = nasbed.export_results(tmp_path / "out", tmp_path / "again", ["ioh"])[0]
    assert [line.split()[0] for line in again.read_text().splitlines()] == ["evaluations", "1", "7", "9"] * 2


def test_a_run_of_which_every_evaluation_was_logged_may_stand_beside_others(tmp_path: Path, table: Benchmark) -> None:
    runs = [{"instance": 1, "evals": 2}, {"instance": 1, "evals": 9, "best": {"evals": 7}}]
    changed = {
        "lines": lambda text: "\n7 ".join(text.rsplit("\n2 ", 1)),
        "scenarios": [{"dimension": 6, "path": "data_f1_nas/IOHprofiler_f1_DIM6.dat", "runs": runs}],
    }
    results = _read(_written(tmp_path / "ioh", table, **changed), tmp_path / "out", evaluations=9)
    assert results.series[0].records["evaluation"].tolist() == [1, 2, 1, 7, 9]
    assert results.finals()["evaluations"].tolist() == [2, 9]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (_improvements(evals=5), "its JSON says evals = 9 and best.evals = 5; expected how many it made"),
        (
            {
                **_improvements(),
                "lines": lambda text: text.replace("\n2 ", "\n7 ").replace("x0 x1", "architecture time"),
            },
            "a run has times, and none of its evaluation 9, which was the last",
        ),
        ({"maximization": False}, "maximization = False, and nasbench201/cifar10 is maximised"),
        (
            {"lines": lambda text: text.replace("\n2 ", "\n7 ")},
            "a run lacks evaluations, and its JSON says evals = 2 and best.evals = None; expected how many it made",
        ),
        (
            {"lines": lambda text: text.replace(" x5", " y").replace("raw_y", "best_y")},
            "no column raw_y, but evaluations",
        ),
        ({"lines": lambda text: text.replace(" x5", " y")}, "(5 columns x0, x1, ... of 6 decisions)"),
        ({"lines": lambda text: text.removeprefix(HEAD)}, "line 1: '1 "),
        ({"lines": lambda text: text + "3 1.0\n"}, "expected 8 numbers, as its columns"),
        ({"lines": lambda text: text.replace("\n2 ", "\n2x ")}, "cannot be read: could not convert"),
        ({"lines": lambda text: text + HEAD}, "has 3 runs, and"),
        ({"lines": lambda text: text.replace(" 4.000000", " 9.000000")}, "the frame's architectures for 'RS'"),
        ({"scenarios": [7]}, "algorithm or scenarios are none of IOHprofiler's"),
        ({"scenarios": [{"path": "p", "runs": None}]}, "algorithm or scenarios are none of IOHprofiler's"),
        ({"scenarios": [{"path": "p", "runs": [7]}]}, "algorithm or scenarios are none of IOHprofiler's"),
        ({"scenarios": []}, "names no run; expected scenarios with runs"),
    ],
)
def test_what_iohprofiler_files_lack_is_named(
    tmp_path: Path, table: Benchmark, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(OptionError) as refused:
        _read(_written(tmp_path / "ioh", table, **changed), tmp_path / "out")
    assert words in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_function_of_another_name_needs_one_benchmark(tmp_path: Path, table: Benchmark) -> None:
    with pytest.raises(
        OptionError, match="the file has records of 'nas'; expected those of nasbench201/cifar10, nasbench201/cifar100"
    ):
        nasbed.import_results(_written(tmp_path / "ioh", table), "nasbench201", {"evaluations": 2}, tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(OptionError, match=r"holds no IOHprofiler_\*.json"):
        _read(tmp_path / "empty", tmp_path / "out")


optuna = pytest.importorskip("optuna", reason="optuna is not installed")


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A new study of Optuna in the storage ``tmp_path/o.db``, which does not wait for the disk after every number."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    connect = sqlite3.connect

    def hurried(*given: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*given, **options)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    monkeypatch.setattr("sqlite3.dbapi2.connect", hurried)
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'o.db'}")

    def make(name: str, direction: str = "maximize") -> Any:
        return optuna.create_study(
            study_name=name, storage=storage, direction=direction, sampler=optuna.samplers.RandomSampler(seed=0)
        )

    return make


def test_studies_of_an_optuna_storage_are_runs(tmp_path: Path, table: Benchmark, study: Callable[..., Any]) -> None:
    made = [nasbed.optuna_objective(table, seed=seed, budget={"evaluations": 3}) for seed in (0, 1)]
    for seed, objective in enumerate(made):
        study(f"random-{seed}").optimize(objective, n_trials=4)
    before = (tmp_path / "o.db").read_bytes()
    results = _read(f"sqlite:///{tmp_path / 'o.db'}", tmp_path / "out", 3, "draw")
    assert (tmp_path / "o.db").read_bytes() == before
    assert results.strategies == ["random"]
    assert results.finals()["test_regret"].tolist() == [
        pytest.approx(objective.result().scores()["test_regret"]) for objective in made
    ]
    assert results.warnings == ["2 trials that were pruned before any value are left out"]


def test_trials_without_our_attributes_are_read_by_their_parameters(
    tmp_path: Path, table: Benchmark, study: Callable[..., Any]
) -> None:
    oracle, decisions = table.oracle("run:0"), table.decisions()

    def objective(trial: Any) -> float:
        arch = tuple(names.index(trial.suggest_categorical(name, names)) for name, names in decisions.items())
        value, _ = oracle(table.space.index(arch), table.epochs[-1], 0)
        return float(table.objectives[0].natural(value[0]))

    one = study("mine")
    one.set_user_attr("seed", 0)
    one.optimize(objective, n_trials=2)
    results = _read(tmp_path / "o.db", tmp_path / "out")
    assert results.strategies == ["mine"]
    assert results.finals()["evaluations"].tolist() == [2]
    assert any("times are those of the wall clock" in text for text in results.warnings)


def test_what_an_optuna_study_lacks_is_named(tmp_path: Path, study: Callable[..., Any]) -> None:
    one = study("mine", "minimize")
    one.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    for attribute, value, words in (
        (None, None, "nothing says its seed; name studies as tpe-7"),
        ("seed", 0, "its directions are minimize; expected those of nasbench201/cifar10: maximize (accuracy)"),
        ("benchmark", "mnist", "its attribute benchmark is 'mnist'; expected one of nasbench201/cifar10"),
    ):
        if attribute:
            one.set_user_attr(attribute, value)
        with pytest.raises(OptionError) as refused:
            _read(tmp_path / "o.db", tmp_path / "out")
        assert words in str(refused.value)
    optuna.delete_study(study_name="mine", storage=f"sqlite:///{tmp_path / 'o.db'}")
    with pytest.raises(OptionError, match="holds no study with an ended trial"):
        _read(tmp_path / "o.db", tmp_path / "out")
    study("other-1").optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    with pytest.raises(OptionError, match=r"trial 0: the parameter '1←0' is missing among x|trial 0: the parameter"):
        _read(tmp_path / "o.db", tmp_path / "out")
