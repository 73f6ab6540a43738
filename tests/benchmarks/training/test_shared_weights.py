"""Supernets beside digits201: trained once, kept, charged at the table's seconds, and judged by the table."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

import nasbed
from nasbed.benchmarks import Digits201
from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.errors import BudgetError, DataError, NasbedError, OptionError, StrategyError, UnknownNameError
from nasbed.streams import stream
from nasbed.tables.captions import caption
from nasbed.vocabulary import SharedWeights

pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

from nasbed.benchmarks.training.images.table import digits
from nasbed.benchmarks.training.local.scales import Scale
from nasbed.benchmarks.training.supernets import estimate, kept, of_tables, training

SHORT = SharedWeights.by("uniform", epochs=2, candidates=5)
FEW = ("skip_connect", "nor_conv_1x1")
TABLE = Digits201()
CELL = TABLE.space.parse("|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_1x1~2|")


@pytest.fixture(autouse=True)
def scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second here is two of the table, without measuring."""
    monkeypatch.setattr(of_tables, "measure", lambda *_: Scale(2.0, 1.9, 2.1, 24))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of trainings with one supernet."""
    found = tmp_path_factory.mktemp("supernets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of_tables, "measure", lambda *_: Scale(2.0, 1.9, 2.1, 24))
        TABLE.supernet(SHORT, 3, found, 1e9)
    return found


def supernet(folder: Path | None, weights: SharedWeights = SHORT, seed: int = 3, seconds: float = 1e9) -> Any:
    return TABLE.supernet(weights, seed, folder, seconds)


def test_what_has_been_trained_is_found_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = supernet(None)
    monkeypatch.setattr(training.SupernetTraining, "run", None)
    again = supernet(folder)
    assert again.derived == alone.derived
    assert again.inherited(CELL, False) == alone.inherited(CELL, False)
    assert 0 <= again.inherited(CELL, False) <= 100
    (path,) = folder.rglob("??/*.json")
    written = json.loads(path.read_text())["training"]
    assert again.seconds == pytest.approx(2 * sum(written["seconds"]))
    assert again.query_seconds(False) == pytest.approx(2 * written["made"]["query seconds"][0])
    assert len(written["made"]["trajectory"]) == written["made"]["epochs"] == 2
    assert (len(list(folder.rglob("*.weights"))), len(list(folder.rglob("*.checkpoint")))) == (1, 0)


def test_a_stopped_training_goes_on_to_the_same_weights(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_PATIENCE", 0.0)
    begin = training.SupernetTraining._train

    def stopped(self: Any, deadline: float | None) -> None:
        if self.epoch == 1:
            raise KeyboardInterrupt
        begin(self, deadline)

    with monkeypatch.context() as patch:
        patch.setattr(training.SupernetTraining, "_train", stopped)
        with pytest.raises(KeyboardInterrupt):
            supernet(tmp_path)
    assert len(list(tmp_path.rglob("*.checkpoint"))) == 1
    assert supernet(tmp_path).inherited(CELL, False) == supernet(folder).inherited(CELL, False)
    assert list(tmp_path.rglob("*.checkpoint")) == []


def below(epochs: str, known: str) -> str:
    return rf"below the training of the supernet by \w+, whose {epochs} epochs take about [\d.,e-]+ s \({known}\); give more, or"


@pytest.mark.parametrize(
    ("method", "settings", "epochs"),
    [
        ("uniform", {}, "2"),
        pytest.param("enas", {"controller_steps": 2}, "2", marks=pytest.mark.thorough),
        pytest.param("pc_darts", {"warm_up": 1}, "2", marks=pytest.mark.thorough),
        (
            "darts",
            {"epochs": 20, "operations": FEW, "stop_at_eigenvalue": 0.75, "eigenvalue_window": 4},
            "first 8 of 20",
        ),
    ],
)
def test_a_budget_below_the_training_is_refused_before_it(
    method: str, settings: dict[str, Any], epochs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training.SupernetTraining, "run", None)
    weights = SharedWeights.by(method, **{"epochs": 2, **settings})
    with pytest.raises(BudgetError, match=below(epochs, "estimated from a few steps; nothing was trained")):
        supernet(tmp_path, weights, seconds=1e-6)
    assert [*tmp_path.rglob("*.json"), *tmp_path.rglob("*.weights"), *tmp_path.rglob("*.checkpoint")] == []


def test_what_no_estimate_shows_is_refused_after_an_epoch(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "least_seconds", lambda *_: 0.0)
    for where, known in ((folder, "as they did before"), (tmp_path, "by the first of them")):
        with pytest.raises(BudgetError, match=below("2", known)):
            supernet(where, seconds=1e-6)
    assert list(tmp_path.rglob("*.json")) == []


def test_one_high_estimate_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program may have held the machine while the steps were timed."""
    told = iter([1e9, 0.0])
    monkeypatch.setattr(estimate, "least_seconds", lambda *_: next(told))
    assert supernet(None, seconds=1e6).seconds < 1e6
    assert list(told) == []


def test_what_is_there_says_what_the_rest_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_PATIENCE", 0.0)
    begin = training.SupernetTraining._train

    def stopped(self: Any, deadline: float | None) -> None:
        if self.epoch == 1:
            raise KeyboardInterrupt
        begin(self, deadline)

    monkeypatch.setattr(training.SupernetTraining, "_train", stopped)
    with pytest.raises(KeyboardInterrupt):
        supernet(tmp_path)
    with pytest.raises(BudgetError, match=below("2", "by 1 of them that are there")):
        supernet(tmp_path, seconds=1e-6)


@pytest.mark.thorough
@pytest.mark.parametrize("benchmark", [TABLE, nasbed.load_benchmark("chain", data="digits", epochs=[1])])
def test_an_estimate_changes_no_number(benchmark: Any) -> None:
    made = [benchmark.supernet(SHORT, 3, None, seconds) for seconds in (1e9, float("inf"))]
    archs = [benchmark.space.sample(stream(0, "cells", "drawn")) for _ in range(3)]
    assert made[0].derived == made[1].derived
    assert [made[0].inherited(arch, False) for arch in archs] == [made[1].inherited(arch, False) for arch in archs]


def test_an_estimate_is_of_what_the_training_takes() -> None:
    plan, shape = SupernetPlan("darts", epochs=3), NetworkShape(8, 1, 1, 10, 8, 1)
    found = estimate.least_seconds(plan, shape, digits.splits(), 0, "cpu", time.process_time)
    began = time.process_time()
    training.SupernetTraining(plan, shape, digits.splits(), 0).run()
    assert 0.3 < found / (time.process_time() - began) < 3


def test_cells_are_timed_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    timed: list[int] = []

    def measured(table: Digits201, folder: Path, sample: int) -> Scale:
        timed.append(sample)
        return Scale(2.0, 1.9, 2.1, sample)

    monkeypatch.setattr(of_tables, "measure", measured)
    monkeypatch.setattr(of_tables, "_MEASURED", {})
    assert [of_tables.scale_of(Digits201(), None).ratio for _ in range(2)] == [2.0, 2.0]
    assert timed == [8]


def test_a_damaged_file_is_named(folder: Path, tmp_path: Path) -> None:
    supernet(tmp_path)
    (weights,) = tmp_path.rglob("*.weights")
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(DataError, match=str(weights)):
        supernet(tmp_path).inherited(CELL, False)


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        (SharedWeights.by("dart"), UnknownNameError, "did you mean 'darts'"),
        (SharedWeights.by("darts", ordr=2), UnknownNameError, "setting.*'ordr'.*did you mean 'order'"),
        (SharedWeights.by("gdas", order=2), OptionError, "order = 2 is no option of gdas, but of darts"),
        (SharedWeights.by("darts", epochs=0), OptionError, "epochs = 0; expected a whole number"),
    ],
)
def test_what_is_no_supernet_is_refused(weights: SharedWeights, error: type[NasbedError], message: str) -> None:
    with pytest.raises(error, match=message):
        supernet(None, weights)


def test_a_training_that_fails_is_no_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = training.SupernetTraining._train

    def lost(self: Any, deadline: float | None) -> None:
        self.network.weights.vector.data.fill_(float("nan"))
        begin(self, deadline)

    monkeypatch.setattr(training.SupernetTraining, "_train", lost)
    failed = supernet(None)
    assert failed.inherited(CELL, False) != failed.inherited(CELL, False)
    with pytest.raises(
        NasbedError, match=r"the loss of the supernet became no number in epoch 1, .*lower learning rate"
    ):
        _ = failed.derived


@pytest.mark.thorough
def test_cells_share_weights_on_any_images(tmp_path: Path) -> None:
    cells = nasbed.load_benchmark("cells", data="digits", channels=4, cells=1, stages=1, epochs=[1], batch=64)
    result = nasbed.search("gdas", cells, options={"epochs": 1}, budget={"evaluations": 1})
    assert [outcome.epochs for outcome in result.outcomes] == [1]
    assert cells.supernet(SHORT, 1, tmp_path, 1e9).seconds == cells.supernet(SHORT, 1, tmp_path, 1e9).seconds


@pytest.mark.thorough
def test_chains_share_weights_too() -> None:
    chain = nasbed.load_benchmark("chain", data="digits", epochs=[1])
    result = nasbed.search("rsps", chain, options={"epochs": 1, "candidates": 3}, budget={"evaluations": 1})
    assert len(result.outcomes) == 1
    assert result.measured == (3,)


@pytest.mark.parametrize("use", ["darts", "gdas", "pc_darts", "dr_nas", "setn", "enas"])
def test_methods_for_cells_are_refused_on_chains_before_training(use: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.SupernetTraining, "run", None)
    chain = nasbed.load_benchmark("chain", data="digits", epochs=[1])
    for budget in ({"evaluations": 1}, {"seconds": 1}):
        with pytest.raises(
            StrategyError, match=f"method = '{use}': a supernet of chains is trained by 'uniform' alone"
        ):
            nasbed.search(use, chain, budget=budget)


STUDY = """
name = "shared"
seeds = 2
budget = { seconds = 60 }

[[benchmark]]
use = "digits201"

[[strategy]]
use = "rsps"
epochs = 1
candidates = 5

[[strategy]]
use = "spos"
epochs = 1
population = 4
best = 2
generations = 2

[[strategy]]
use = "darts"
epochs = 1
"""


def test_a_study_trains_each_supernet_once_and_goes_on_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = nasbed.Study.parse(STUDY)
    results = nasbed.run_study(study, tmp_path / "out")
    finals = results.finals()
    assert finals["evaluations"].tolist() == [1] * 6
    assert len(list((tmp_path / "out" / "trainings").rglob("??/*.json"))) == 4  # of two seeds, uniform and darts
    assert (
        "rsps, spos, darts: a supernet is trained once in each search and charged on its clock; its seconds are CPU"
        in caption(results)
    )
    answers = {path: path.read_bytes() for path in (tmp_path / "out" / "answers").rglob("*.parquet")}
    monkeypatch.setattr(training.SupernetTraining, "run", None)
    for path in answers:
        path.unlink()
    nasbed.run_study(study, tmp_path / "out")
    assert {path: path.read_bytes() for path in answers} == answers


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({"seconds": 5}, "a budget of 5 seconds is below the training of the supernet by uniform, whose 1000 epochs take about"),
        ({"epochs": 999}, "a budget of 999 epochs is below the training of the supernet by uniform, of 1000 epochs; give more"),
    ],
)  # fmt: skip
def test_a_search_that_cannot_pay_for_its_supernet_says_so_before_it(
    budget: dict[str, float], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training.SupernetTraining, "run", None)
    with pytest.raises(StrategyError, match=message):
        nasbed.search("rsps", TABLE, options={"epochs": 1000}, budget=budget)
