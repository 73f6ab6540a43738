"""A table that has trained what it lacks."""

from __future__ import annotations

import errno
import json
import re
import threading
import time
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install '.[train]'")

import nasbed  # noqa: E402
from nasbed import files  # noqa: E402
from nasbed.benchmarks.digits201 import Digits201  # noqa: E402
from nasbed.benchmarks.tables import home  # noqa: E402
from nasbed.benchmarks.training import device  # noqa: E402
from nasbed.benchmarks.training.fallback.fallback import Fallback  # noqa: E402
from nasbed.benchmarks.training.images.table import digits  # noqa: E402
from nasbed.benchmarks.training.images.table.plan import TrainingPlan  # noqa: E402
from nasbed.benchmarks.training.images.table.trainer import TrainingState  # noqa: E402
from nasbed.benchmarks.training.local import local_trainings, scales  # noqa: E402
from nasbed.benchmarks.training.local.local_trainings import LocalTrainings, trained_cell  # noqa: E402
from nasbed.benchmarks.training.local.scales import Scale, measure, path_of, scales_in  # noqa: E402
from nasbed.benchmarks.training.local.trainings import ENDED, MadeTraining, TrainingTable  # noqa: E402
from nasbed.benchmarks.training.supernets import of_tables  # noqa: E402
from nasbed.errors import DataError, EngineError, NasbedError, OptionError, StoreError, UnknownNameError  # noqa: E402
from nasbed.searches.referees import refereed  # noqa: E402
from nasbed.vocabulary import Budget, Exhaustive, Priced, SharedWeights  # noqa: E402

HERE = "PyTorch 0, a test"
SKIP = (0, 1, 0, 0, 0, 1)
"""The cheapest cell that learns, as the table trained it."""


@pytest.fixture(scope="module")
def table() -> Digits201:
    return Digits201(epochs=[4, 12])


def made(folder: Path, **fallback: Any) -> Fallback:
    benchmark = nasbed.load_benchmark("digits201", epochs=[4, 12], fallback={"folder": str(folder), **fallback})
    assert isinstance(benchmark, Fallback)
    return benchmark


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What is trained, made up at once: correct images are epochs times 10 plus the seed."""
    calls = []

    def train(self: LocalTrainings, cell: Any, epochs: int, seed: int, checkpoint: Path) -> MadeTraining:
        calls.append((cell, epochs, seed))
        time.sleep(0.05)
        correct = [10.0 * epoch + seed for epoch in range(1, epochs + 1)]
        curves = {"validation": {"correct": correct, "loss": [1 / one for one in correct]}}
        return MadeTraining(epochs, ENDED, curves, [2.0] * epochs, made={"trainer": HERE})

    monkeypatch.setattr(LocalTrainings, "_train", train)
    return calls


def with_scale(folder: Path, table: Digits201, ratio: float = 0.5, trainer: str = HERE) -> None:
    folder.mkdir(exist_ok=True)
    content = {"form": 1, "scales": {trainer: {"ratio": ratio, "lower": ratio, "upper": ratio, "sample": 24}}}
    path_of(folder, table.manifest.checksum).write_text(json.dumps(content))


def with_agreement(path: Path, of: Digits201, **changes: Any) -> str:
    path.write_text(json.dumps({"table": "digits201", "checksum": of.manifest.checksum, "agrees": True, **changes}))
    return str(path)


# answers


def test_what_is_recorded_is_looked_up(table: Digits201, tmp_path: Path, trained: list[Any]) -> None:
    ours, theirs = made(tmp_path, epochs=[24]).oracle(), table.oracle()
    for index in (0, 7_000, 15_624):
        for epochs in (4, 12):
            for word in (0, 1, 2**63 + 5):
                assert ours(index, epochs, word) == theirs(index, epochs, word)
    assert trained == []


def test_what_is_lacking_is_trained_once(table: Digits201, tmp_path: Path, trained: list[Any]) -> None:
    benchmark = made(tmp_path, epochs=[24, 48], seeds=2)
    index = table.space.index((3, 0, 1, 1, 0, 0))
    assert benchmark.oracle()(index, 24, 7) == ((100 * 241 / 450,), 48.0)
    assert benchmark.oracle()(index, 24, 6) == ((100 * 240 / 450,), 48.0)
    assert benchmark.oracle()(index, 48, 6) == ((100 * 480 / 450,), 96.0)
    assert trained == [(SKIP, 24, 1), (SKIP, 24, 0), (SKIP, 48, 0)]  # that stands for the function
    again = made(tmp_path, epochs=[24], seeds=3).oracle()
    assert again(table.space.index(SKIP), 24, 4) == ((100 * 241 / 450,), 48.0)
    assert len(trained) == 3


def test_noise_protocols_go_on_to_what_is_trained(table: Digits201, tmp_path: Path, trained: list[Any]) -> None:
    benchmark = made(tmp_path, epochs=[24], seeds=2)
    assert benchmark.oracle("run:1")(5, 24, 0) == ((100 * 241 / 450,), 48.0)
    assert benchmark.oracle("run:1")(5, 12, 0) == table.oracle("run:1")(5, 12, 0)
    assert benchmark.oracle("mean")(5, 24, 0)[0] == pytest.approx((100 * 240.5 / 450,))
    assert benchmark.oracle("mean")(5, 12, 0)[0] == pytest.approx(table.oracle("mean")(5, 12, 0)[0])
    with pytest.raises(DataError, match=r"has no run 2 of 24 epochs; it has 0 .. 1: say more with fallback.seeds"):
        benchmark.oracle("run:2")


def test_other_objectives_are_those_of_the_table(tmp_path: Path, trained: list[Any]) -> None:
    names = ["flops", "loss", "accuracy", "parameters"]
    with_fallback = nasbed.load_benchmark(
        "digits201", objectives=names, fallback={"folder": str(tmp_path), "epochs": [24]}
    )
    values, _ = with_fallback.oracle()(100, 24, 0)
    recorded, _ = Digits201(objectives=names).oracle()(100, 12, 0)
    assert (values[0], values[3]) == (recorded[0], recorded[3])
    assert values[1:3] == (-1 / 240, 100 * 240 / 450)


def test_a_training_is_that_of_the_tabulating_trainer_also_from_a_checkpoint(
    table: Digits201, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = TrainingPlan.parse(table.manifest.study)
    kept = LocalTrainings(plan, tmp_path / "whole").made(SKIP, 2, 5)
    alone = TrainingState([SKIP], plan.shape, replace(plan.recipe, epochs=2), 5, digits.splits()).run().values
    for split in ("train", "validation", "test"):
        assert kept.curves[split]["correct"] == alone[split]["correct"][0].tolist()
        assert kept.curves[split]["loss"] == alone[split]["loss"][0].tolist()
    assert (kept.outcome, kept.epochs, len(kept.seconds)) == (ENDED, 2, 2)
    assert kept.made["trainer"] == device.trainer_of("cpu")
    ((identity, found),) = list(TrainingTable(tmp_path / "whole"))
    assert found == kept
    assert (identity["cell"], identity["recipe"]["epochs"], identity["seed"]) == (list(SKIP), 2, 5)
    save, killed = TrainingState.save, LocalTrainings(plan, tmp_path / "killed")

    def save_and_die(self: TrainingState, path: Path) -> None:
        save(self, path)
        raise KeyboardInterrupt

    monkeypatch.setattr(local_trainings, "_PATIENCE", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(TrainingState, "save", save_and_die)
        with pytest.raises(KeyboardInterrupt):
            killed.made(SKIP, 2, 5)
    assert list(killed.folder.rglob("*.checkpoint"))
    again = killed.made(SKIP, 2, 5)
    assert again.curves == kept.curves
    assert all(one > 0 for one in again.seconds)
    assert not list(killed.folder.rglob("*.checkpoint"))


def test_the_cell_of_a_function_is_that_which_the_table_trained(table: Digits201) -> None:
    cells, rows = TrainingPlan.parse(table.manifest.study).rows()
    for index in range(0, 15_625, 97):
        assert trained_cell(table, index) == cells[rows[index]]


def test_who_asks_for_what_is_being_trained_waits(tmp_path: Path, trained: list[Any]) -> None:
    oracle, found = made(tmp_path, epochs=[24]).oracle(), []
    threads = [threading.Thread(target=lambda: found.append(oracle(3, 24, 0))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 4
    assert len(trained) == 1


# what a study says of it


def test_separate_schedules_are_not_resumed_and_paid_whole(table: Digits201, tmp_path: Path) -> None:
    benchmark = made(tmp_path, epochs=[48, 24], seeds=2)
    assert table.resumable
    assert (benchmark.epochs, benchmark.resumable) == ((4, 12, 24, 48), False)
    assert not benchmark.task(Budget.parse({"evaluations": 5})).resumable
    assert "trainings of 24 and 48 epochs are made here by the recipe of the table (2 seeds)" in benchmark.cost_model
    assert "none goes on from another or from the recorded 12 epochs, and each is paid whole" in benchmark.cost_model
    assert "scores are those of the recorded 12 epochs" in benchmark.cost_model
    assert [benchmark.recordings(epochs).most for epochs in benchmark.epochs] == [3, 3, 2, 2]
    assert benchmark.recorded(48) is None
    assert benchmark.recorded(12) is not None
    assert not isinstance(benchmark, Priced)  # nobody knows what an evaluation costs before it was made


def test_scores_are_those_of_the_table_without_a_floor(table: Digits201, tmp_path: Path) -> None:
    ours, theirs = refereed(made(tmp_path, epochs=[24])), table.referee()
    assert ours is not None
    assert ours.best() == theirs.best()
    index = table.representatives()[:50]
    assert (ours.test(index) == theirs.test(index)).all()
    assert isinstance(theirs, Exhaustive)
    assert not isinstance(ours, Exhaustive)


def test_a_search_is_the_same_again_and_trains_nothing_again(tmp_path: Path, trained: list[Any]) -> None:
    def search() -> nasbed.SearchResult:
        return nasbed.search("successive_halving", made(tmp_path, epochs=[24], seeds=2), budget={"epochs": 200}, seed=3)

    one, count = search(), len(trained)
    assert 0 < count == len([outcome for outcome in one.outcomes if outcome.epochs == 24])
    assert search().outcomes == one.outcomes
    assert len(trained) == count


# trainings of the recorded schedule


def test_further_trainings_are_drawn_with_an_agreement(table: Digits201, tmp_path: Path, trained: list[Any]) -> None:
    agreed = with_agreement(tmp_path / "agreement.json", table)
    benchmark = made(tmp_path, further=2, agreed=agreed)
    oracle, recorded = benchmark.oracle(), table.oracle()
    assert benchmark.resumable
    assert benchmark.recordings(4).most == 5
    assert oracle(8, 12, 5) == recorded(8, 12, 0)
    assert oracle(8, 4, 7) == recorded(8, 4, 2)
    assert oracle(8, 12, 4) == ((100 * 124 / 450,), 24.0)
    assert oracle(8, 4, 9) == ((100 * 44 / 450,), 8.0)
    assert [(epochs, seed) for _, epochs, seed in trained] == [(12, 4)]
    assert "beside the recorded trainings 2 of each architecture are drawn that are made here" in benchmark.cost_model


def test_draws_are_not_mixed_without_an_agreement(table: Digits201, tmp_path: Path) -> None:
    path = tmp_path / "agreement.json"
    how = "make it: nasbed agreement --json > agreement.json"
    message = "fallback.further = 2 draws trainings made here and recorded ones as one noise, which nothing shows them to be; say"
    with pytest.raises(OptionError, match=re.escape(message)):
        made(tmp_path, further=2)
    with pytest.raises(
        OptionError, match=r"fallback\.agreed = 3; expected the path of what nasbed agreement --json printed"
    ):
        made(tmp_path, further=2, agreed=3)
    with pytest.raises(
        DataError, match=f"cannot read fallback.agreed, .*agreement.json: No such file or directory; {how}"
    ):
        made(tmp_path, further=2, agreed=str(path))
    for content in ("{", "[]", '{"agrees": 1, "checksum": "a"}', '{"agrees": true}'):
        path.write_text(content)
        with pytest.raises(DataError, match=r"agreement\.json is not what nasbed agreement --json printed; make it"):
            made(tmp_path, further=2, agreed=str(path))
    with pytest.raises(DataError, match="is of another table \\('wider'\\) than digits201 in "):
        made(tmp_path, further=2, agreed=with_agreement(path, table, table="wider", checksum="0"))
    with pytest.raises(
        DataError, match="says that trainings made here disagree with those of digits201, so they are not drawn"
    ):
        made(tmp_path, further=2, agreed=with_agreement(path, table, agrees=False))


# seconds


def test_seconds_are_scaled_and_refused_without_a_scale(table: Digits201, tmp_path: Path, trained: list[Any]) -> None:
    seconds = Budget.parse({"seconds": 100})
    without = made(tmp_path, epochs=[24])
    message = (
        "a budget of 100 simulated seconds counts seconds of the table digits201, and {0} holds no scale between them and those of"
        " this machine; measure it: nasbed scale {0}"
    )
    with pytest.raises(OptionError, match=re.escape(message.format(tmp_path))):
        without.task(seconds)
    with pytest.raises(OptionError, match="workers = 4 counts seconds of the table"):
        without.task(Budget.parse({"epochs": 100}), workers=4)
    with pytest.raises(OptionError, match="measure it: nasbed scale"):
        nasbed.search("random_search", without, budget={"seconds": 100})
    with_scale(tmp_path, table)
    scaled = made(tmp_path, epochs=[24])
    assert scaled.task(seconds, workers=4).workers == 4
    assert scaled.oracle()(3, 24, 0)[1] == 24 * 2.0 * 0.5
    assert "cost seconds of the CPU, times 0.5 (24 cells timed) for those of the table" in scaled.cost_model
    assert scaled.checksum != without.checksum
    assert nasbed.search("random_search", scaled, budget={"seconds": 100}).outcomes[-1].time <= 100


def test_seconds_of_another_machine_have_no_scale_here(table: Digits201, tmp_path: Path, trained: list[Any]) -> None:
    with_scale(tmp_path, table, trainer="PyTorch 0, another")
    message = (
        f"{tmp_path} holds no scale between the seconds of digits201 and those of {HERE}; measure it on that machine"
    )
    with pytest.raises(DataError, match=re.escape(message)):
        made(tmp_path, epochs=[24]).oracle()(3, 24, 0)


def test_a_scale_is_measured_and_kept(table: Digits201, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nasbed.benchmarks.training.images.table import shards

    told = []
    monkeypatch.setattr(shards, "seconds_alone", lambda shard, cell, on: 0.25)
    found = measure(table, tmp_path, 5, lambda *progress: told.append(progress))
    assert scales_in(tmp_path, table.manifest.checksum) == {device.trainer_of("cpu"): found}
    assert 0 < found.lower <= found.ratio <= found.upper
    assert told[-1] == ("timing", 5, 5)
    assert measure(table, tmp_path, 5) == found
    with pytest.raises(OptionError, match="sample = 2; expected a whole number in 3"):
        measure(table, tmp_path, 2)


def test_the_command_measures_a_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from nasbed.commands.cli import app

    monkeypatch.setattr(scales, "measure", lambda table, folder, sample, progress: Scale(0.5, 0.4, 0.6, sample))
    told = CliRunner().invoke(app, ["scale", str(tmp_path), "--sample", "5"]).stdout
    assert told.startswith(
        "0.5 seconds of the table for one of the CPU here (median of 5 cells; quartiles 0.4 and 0.6), in "
    )
    told = CliRunner().invoke(app, ["scale", str(tmp_path), "--json"]).stdout
    assert json.loads(told) == {"ratio": 0.5, "lower": 0.4, "upper": 0.6, "sample": 24}


@pytest.mark.parametrize("content", ["{", "[]", '{"form": 2}', '{"form": 1, "scales": {"a": {"ratio": 1}}}',
    '{"form": 1, "scales": {"a": {"ratio": -1, "lower": 1, "upper": 1, "sample": 3}}}'])  # fmt: skip
def test_a_damaged_scale_is_refused(table: Digits201, tmp_path: Path, content: str) -> None:
    path_of(tmp_path, table.manifest.checksum).write_text(content)
    with pytest.raises(DataError, match=r"scale-.*json is damaged; delete it, then measure again: nasbed scale "):
        made(tmp_path, epochs=[24])


# refusals


@pytest.mark.parametrize(("given", "error", "message"), [
    (3, OptionError, 'fallback = 3; expected a table, as fallback = { folder = "results/trainings", epochs = [24], seeds = 2 }'),
    ({"folder": "f", "epoch": [24]}, UnknownNameError, "unknown key of fallback 'epoch'; did you mean 'epochs'?"),
    ({"epochs": [24]}, OptionError, "fallback.folder = None; expected the path of a folder that keeps what is trained"),
    ({"folder": "f"}, OptionError, "trains nothing; say epochs or further, as in fallback"),
    ({"folder": "f", "epochs": [8, 24]}, OptionError, "fallback.epochs = [8, 24]: digits201/digits has recorded 1 .. 12; expected"),
    ({"folder": "f", "epochs": [24, 20_000]}, OptionError, "fallback.epochs = [24, 20000]; expected whole numbers from 13"),
    ({"folder": "f", "epochs": "24"}, OptionError, "epochs = '24'"),
    ({"folder": "f", "epochs": [24], "seeds": 0}, OptionError, "fallback.seeds = 0; expected a whole number in 1 .. 1,000"),
    ({"folder": "f", "further": -1}, OptionError, "fallback.further = -1; expected a whole number in 0 .. 1,000"),
    ({"folder": "f", "further": 1, "seeds": 2}, OptionError, "fallback.seeds = 2 are trainings of fallback.epochs, of which there"),
])  # fmt: skip
def test_what_cannot_be_is_refused(given: Any, error: type[NasbedError], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        nasbed.load_benchmark("digits201", fallback=given)


def test_a_table_that_does_not_say_how_it_was_trained_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        OptionError,
        match="synthetic/0 does not say how it was trained; leave it out, or use a table of nasbed tabulate",
    ):
        nasbed.load_benchmark("synthetic", fallback={"folder": str(tmp_path), "epochs": [24]})
    with pytest.raises(
        OptionError, match="so nothing can be added to what it has recorded; its recipe trains on other"
    ):
        nasbed.load_benchmark("nasbench201", fallback={"folder": str(tmp_path), "epochs": [24]})


def no_room(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_damaged_training_and_a_full_disk_are_told(
    tmp_path: Path, trained: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle = made(tmp_path, epochs=[24], seeds=2).oracle()
    oracle(3, 24, 0)
    (path,) = tmp_path.glob("??/*.json")
    path.write_text(path.read_text()[:50])
    with pytest.raises(DataError, match="is damaged; delete the file, and it is trained again"):
        oracle(3, 24, 0)
    path.unlink()
    assert oracle(3, 24, 0)
    with monkeypatch.context() as patch:
        patch.setattr(files.os, "replace", no_room)
        with pytest.raises(StoreError, match="No space left on device; make room for it, or use another folder"):
            oracle(3, 24, 1 << 60 | 1)
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match=r"file' is a file; expected a folder that keeps what is trained"):
        made(tmp_path / "file", epochs=[24])


def test_without_torch_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    benchmark = made(tmp_path, epochs=[24])
    monkeypatch.setattr(device, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match="training needs torch and scikit-learn"):
        benchmark.oracle()
    assert benchmark.referee().best()[0] > 80


def test_the_shipped_table_is_the_one_that_agreement_takes(table: Digits201) -> None:
    assert table.manifest.folder == home.folder_of("digits201")


@pytest.mark.thorough
def test_supernets_are_shared_at_the_scale_of_other_trainings(
    table: Digits201, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_tables, "measure", lambda *_: Scale(2.0, 1.9, 2.1, 24))
    weights = SharedWeights.by("uniform", epochs=1, candidates=2)
    plain, beyond = table.supernet(weights, 0, tmp_path, inf), made(tmp_path, epochs=[20])
    kept = beyond.supernet(weights, 0, tmp_path, inf)
    assert kept.derived == plain.derived
    assert beyond.supernet_costs == "its seconds are those of the CPU here, not scaled to those of the table"
    with_scale(tmp_path, table, 0.5, device.trainer_of("cpu"))
    scaled = made(tmp_path, epochs=[20])
    assert scaled.supernet(weights, 0, tmp_path, inf).seconds == pytest.approx(0.5 * kept.seconds)
    assert scaled.supernet_costs.endswith("here, times 0.5 (24 cells timed) for those of the table")
    assert scaled.task(Budget("seconds", 60)).shares_weights
    result = nasbed.search("rsps", scaled, options={"epochs": 1, "candidates": 3}, budget={"evaluations": 1}, seed=0)
    assert [outcome.epochs for outcome in result.outcomes] == [20]
    with_scale(tmp_path, table)
    with pytest.raises(DataError, match="holds no scale between the seconds of digits201 and those of PyTorch"):
        made(tmp_path, epochs=[20]).supernet(weights, 0, tmp_path, inf)
