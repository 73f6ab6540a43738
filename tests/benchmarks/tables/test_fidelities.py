"""Tables with learning curves, costs by run, several metrics, and without a clean test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import made
import numpy as np
import pytest
from fakes import SPACE

from nasbed.benchmarks.tables.manifest import MISSING, Manifest
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import DataError, OptionError, UnknownNameError
from nasbed.results.judge import floor
from nasbed.searches.execution import execute, observe
from nasbed.searches.rules import Rules
from nasbed.searches.search import search
from nasbed.strategies import RandomSearch
from nasbed.streams import one_visit, words
from nasbed.vocabulary import HELD_OUT, Budget

NAN = float("nan")
INDEX, RUN, EPOCH = np.arange(9.0), np.arange(3.0), np.arange(1.0, 5.0)
CURVES = 10 * INDEX[:, None, None] + RUN[:, None] + EPOCH / 10
SECONDS = (1 + INDEX[:, None] + RUN / 10) * 4
VALUES = 10 * INDEX[:, None] + RUN
LOSS = (100 - INDEX)[:, None] + np.array([0.0, 0.5, 0.75])


@pytest.fixture
def curves(tmp_path: Path) -> type[Table]:
    """Four epochs of one schedule, recorded after each; costs by run; validation passes of half a second."""
    by_epoch = ("architecture", "run", "epoch")
    return made.table(
        tmp_path / "made",
        [
            (made.column("accuracy", "validation", 4, by_epoch, at=[1, 2, 3, 4]), CURVES),
            (made.column("accuracy", "test", 4), VALUES),
            (made.column("training_time", "none", 4), SECONDS),
            (made.column("evaluation_time", "validation", 4), np.full((9, 3), 0.5)),
        ],
        epochs=[4],
        resumable=True,
    )


def test_points_of_a_training_are_fidelities_that_go_on(curves: type[Table]) -> None:
    table = curves(schedule=4, epochs=[1, 2, 4])
    assert (table.epochs, table.resumable) == ((1, 2, 4), True)
    oracle = table.oracle()
    for index in range(9):
        for word in range(3):
            for epochs in (1, 2, 4):
                (value,), cost = oracle(index, epochs, word)
                assert value == CURVES[index, word, epochs - 1]
                assert cost == pytest.approx(SECONDS[index, word] * epochs / 4 + 0.5)
    query = observe(table, {"evaluations": 9})
    first = query(SPACE.archs[5], epochs=1)
    second = query(SPACE.archs[5], epochs=4, resume=first.trial)
    run = int(round(first.value * 10 - 501) / 10)
    assert second.value == CURVES[5, run, 3]
    assert second.cost == pytest.approx(SECONDS[5, run] * 3 / 4)


def test_scores_are_those_of_the_end_whatever_is_offered(curves: type[Table]) -> None:
    referee = curves(schedule=4, epochs=[1]).referee()
    np.testing.assert_allclose(referee.validation(np.arange(9)), CURVES[:, :, 3].mean(axis=1))
    np.testing.assert_allclose(referee.test(np.arange(9)), VALUES.mean(axis=1))


def test_accuracy_and_cost_come_from_the_same_run_under_every_noise(curves: type[Table]) -> None:
    table = curves(schedule=4)
    assert table.oracle("run:1")(3, 4, 0) == ((CURVES[3, 1, 3],), SECONDS[3, 1] + 0.5)
    (value,), cost = table.oracle("mean")(3, 4, 0)
    assert (value, cost) == pytest.approx((CURVES[3, :, 3].mean(), SECONDS[3].mean() + 0.5))
    assert table.typical() == pytest.approx(SECONDS.mean() + 0.5)
    assert table.cheapest() == pytest.approx(SECONDS.min() + 0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schedule": 4, "epochs": [5]}, "made: accuracy (validation, 4 epochs) was not recorded after 5 epochs; 1 .. 4 are"),
        ({"schedule": 3}, "unknown schedule of made 3; known: 4"),
        ({"epochs": [2]}, "unknown number of epochs of made 2;"),
    ],
)  # fmt: skip
def test_epochs_that_were_not_recorded_are_refused(
    curves: type[Table], options: dict[str, object], message: str
) -> None:
    with pytest.raises((DataError, UnknownNameError), match=re.escape(message)) as refused:
        curves(**options).oracle()
    assert str(refused.value)


def test_what_was_recorded_at_the_end_only_is_no_fidelity_before(tmp_path: Path) -> None:
    columns = [
        (made.column("accuracy", "validation", 4), VALUES),
        (made.column("training_time", "none", 4, ("architecture",)), 1 + INDEX),
    ]
    table = made.table(tmp_path / "made", columns, epochs=[4], resumable=True)
    with pytest.raises(
        DataError, match=r"accuracy \(validation\) of the training of 4 epochs was recorded at its end only"
    ):
        table(schedule=4, epochs=[2, 4]).oracle()


def test_a_column_by_epoch_must_be_read_at_one(curves: type[Table]) -> None:
    manifest = curves.own()
    column = manifest.column("toy", "accuracy", "validation", 4)
    with pytest.raises(DataError, match=r"accuracy \(validation, 4 epochs\) is recorded by epoch"):
        manifest.read(column)
    with pytest.raises(DataError, match=r"accuracy \(test, 4 epochs\) is recorded at the end only"):
        manifest.read(manifest.column("toy", "accuracy", "test", 4), 4)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_counts_of_any_width_mark_what_is_missing(tmp_path: Path, dtype: type) -> None:
    top = np.iinfo(dtype).max
    counts = np.array([[0, 100, 200]] * 8 + [[50, top, top]], dtype=dtype)
    columns = [
        (made.column("accuracy", "validation", 10, images=200), counts),
        (made.column("training_time", "none", 10, ("architecture",)), 1 + INDEX),
    ]
    table = made.table(tmp_path / "made", columns)()
    np.testing.assert_array_equal(table.observations[[0, 8]], [[0, 50, 100], [25, NAN, NAN]])
    assert dtype is not np.uint16 or top == MISSING


def test_a_large_column_is_mapped_and_verified_on_demand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, curves: type[Table]
) -> None:
    monkeypatch.setattr("nasbed.benchmarks.tables.manifest.WHOLE", 100)
    manifest = curves.own()
    column = manifest.column("toy", "accuracy", "validation", 4)
    values = manifest.read(column, 2)
    assert isinstance(values.base, np.memmap) or isinstance(values, np.memmap)
    path = manifest.folder / column.file
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    manifest.read(column, 2)
    with pytest.raises(
        DataError,
        match="is damaged: its SHA-256 is not the manifest's; name the folder of a whole table, or make it again",
    ):
        manifest.verify()
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(DataError, match=r"accuracy\.npy"):
        manifest.read(column, 2)


def test_a_damaged_import_is_to_be_imported_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    columns = [(made.column("accuracy", "validation", 10), VALUES)]
    folder = made.table(tmp_path / "made", columns).folder
    assert folder is not None
    (folder / columns[0][0].file).write_bytes(b"x")
    with pytest.raises(DataError, match=r"; import it again$"):
        Manifest.load(folder).verify()


def test_a_search_may_see_other_trainings_than_are_scored(tmp_path: Path) -> None:
    """As on CIFAR-10: validated on half of the training images, tested after training on all of them."""
    columns = [
        (made.column("accuracy", "validation", 10, dataset="half"), VALUES),
        (made.column("training_time", "none", 10, dataset="half"), SECONDS),
        (made.column("accuracy", "test", 10, dataset="half"), -VALUES),
        (made.column("accuracy", "test", 10, dataset="whole"), 100 - VALUES),
        (made.column("training_time", "none", 10, dataset="whole"), 2 * SECONDS),
    ]
    table = made.table(tmp_path / "made", columns, datasets=["half", "whole"], trained={"whole": "half"})("whole")
    assert table.oracle("run:2")(4, 10, 0) == ((VALUES[4, 2],), SECONDS[4, 2])
    np.testing.assert_allclose(table.referee().test(np.arange(9)), 100 - VALUES.mean(axis=1))
    splits = [(row["split"], row["value"]) for row in table.lookup(SPACE.archs[1])]
    assert ("validation", VALUES[1].mean()) in splits


# several metrics of a training


@pytest.fixture
def metrics(tmp_path: Path) -> type[Table]:
    columns = [
        (made.column("accuracy", "validation", 10), VALUES),
        (made.column("loss", "validation", 10, direction="minimise", unit="nats"), LOSS),
        (made.column("accuracy", "test", 10), VALUES + 1),
        (made.column("loss", "test", 10, direction="minimise", unit="nats"), LOSS + 1),
        (made.column("training_time", "none", 10, ("architecture",)), 1 + INDEX),
        (made.column("size", "none", 0, ("architecture",), direction="minimise", unit="MB"), 5 + INDEX),
    ]
    return made.table(tmp_path / "made", columns)


def test_metrics_of_one_training_come_from_the_same_run(metrics: type[Table]) -> None:
    oracle = metrics(objectives=["loss", "size", "accuracy"]).oracle()
    for word in range(6):
        assert oracle(4, 10, word) == ((-LOSS[4, word % 3], -9.0, VALUES[4, word % 3]), 5.0)
    mean = metrics(objectives=["loss", "accuracy"]).oracle("mean")
    assert mean(4, 10, 0)[0] == pytest.approx((-LOSS[4].mean(), VALUES[4].mean()))


@pytest.mark.parametrize(
    ("objective", "validation", "test"),
    [("accuracy", VALUES.mean(axis=1), VALUES.mean(axis=1) + 1), ("loss", -LOSS.mean(axis=1), -LOSS.mean(axis=1) - 1),
     ("size", -5 - INDEX, -5 - INDEX)],
)  # fmt: skip
def test_the_first_objective_is_what_searches_are_scored_on(
    metrics: type[Table], objective: str, validation: np.ndarray, test: np.ndarray
) -> None:
    table = metrics(objectives=[objective])
    referee = table.referee()
    np.testing.assert_allclose(referee.validation(np.arange(9)), validation)
    np.testing.assert_allclose(referee.test(np.arange(9)), test)
    index, seen, chance = referee.winner("draw")
    assert chance.sum() == pytest.approx(1)
    assert (index[0], seen[0]) == (validation.argmax(), table.seen("draw")[validation.argmax()].max())


def test_many_queries_at_once_give_what_single_ones_give(metrics: type[Table]) -> None:
    table, index, run = metrics(), np.repeat(np.arange(9), 3), np.tile(np.arange(3), 9)
    oracle = table.oracle()
    assert table.query(index, run).tolist() == [oracle(i, 10, k)[0][0] for i, k in zip(index, run, strict=True)]
    np.testing.assert_allclose(table.query(np.arange(9)), VALUES.mean(axis=1))
    np.testing.assert_array_equal(metrics(objectives=["loss"]).query(np.array([2, 3]), 1), LOSS[[2, 3], 1])
    np.testing.assert_array_equal(metrics(objectives=["size"]).query(np.array([2, 3])), [7.0, 8.0])
    assert table.query(np.array([], dtype=int), 0).size == 0


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda table: table.query(np.array([0, 9])), "made/toy has architectures 0 .. 8; asked for 0 .. 9"),
        (lambda table: table.query(np.array([-1])), "made/toy has architectures 0 .. 8; asked for -1 .. -1"),
        (lambda table: table.query(np.array([0]), 3), "made/toy has runs 0 .. 2; asked for 3 .. 3"),
        (lambda table: table.query(np.array([0]), epochs=4), "unknown number of epochs of made/toy 4; known: 10"),
    ],
)
def test_queries_of_what_was_not_recorded_are_refused(metrics: type[Table], work: Any, message: str) -> None:
    with pytest.raises((DataError, UnknownNameError), match=re.escape(message)):
        work(metrics())


# held-out runs


@pytest.fixture
def held_out(tmp_path: Path) -> Table:
    values = VALUES.copy()
    values[7, 2] = NAN
    columns = [
        (made.column("accuracy", "validation", 10), values),
        (made.column("training_time", "none", 10), SECONDS),
    ]
    return made.table(tmp_path / "made", columns, report=HELD_OUT)()


def test_a_search_sees_one_run_of_an_architecture_and_is_judged_on_the_others(held_out: Table) -> None:
    for seed in range(20):
        result = search(RandomSearch(), held_out, budget={"evaluations": 60}, seed=seed)
        values: dict[tuple[int, ...], set[float]] = {}
        for outcome in result.outcomes:
            values.setdefault(outcome.arch, set()).add(outcome.value)
        assert all(len(seen) == 1 for seen in values.values())
        assert result.incumbent is not None
        index = SPACE.index(result.incumbent.arch)
        assert index == 8
        others = [value for value in VALUES[8].tolist() if value != result.incumbent.value]
        assert result.scores()["test"] == pytest.approx(np.mean(others))
        assert result.scores()["test_regret"] == pytest.approx(VALUES[8].mean() - np.mean(others))


def test_every_run_is_held_out_in_some_searches(held_out: Table) -> None:
    word = one_visit(words(0, held_out.label), [0, 1, 2, 3, 3])
    assert word(3, 10, 5) == word(3, 1, 0) == word(4, 10, 1) != word(2, 10, 5)
    seen = {search(RandomSearch(), held_out, budget={"evaluations": 60}, seed=seed).incumbent for seed in range(30)}
    assert {outcome.value for outcome in seen if outcome} == set(VALUES[8].tolist())


def test_the_referee_leaves_out_what_was_seen(held_out: Table) -> None:
    referee = held_out.referee()
    index = np.array([2, 7, 8])
    np.testing.assert_allclose(referee.test(index, VALUES[index, 1]), [21.0, 70.0, 81.0])
    np.testing.assert_allclose(referee.test(index), [21.0, 70.5, 81.0])
    np.testing.assert_allclose(referee.test(np.array([8]), VALUES[8, [0]]), [81.5])


def test_the_floor_leaves_out_the_run_that_won(held_out: Table) -> None:
    referee = held_out.referee()
    expected = np.mean([81.5, 81.0, 80.5])
    assert floor(referee, referee, "draw") == pytest.approx((0.0, 81.0 - expected))
    assert floor(referee, referee, "run:0") == pytest.approx((0.0, 81.0 - 81.5))


def test_the_mean_over_runs_leaves_none_to_hold_out(held_out: Table) -> None:
    with pytest.raises(
        OptionError, match="noise = 'mean' sees every run of made/toy, which is judged on held-out runs"
    ):
        execute(RandomSearch(), held_out, Rules(Budget("evaluations", 3), noise="mean"), 0)


def test_a_fidelity_is_made_ready_when_it_is_first_asked_for(
    curves: type[Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    made_ready: list[int] = []
    answers = Table._answers

    def recording(self: Table, noise: str, epochs: int) -> Any:
        made_ready.append(epochs)
        return answers(self, noise, epochs)

    monkeypatch.setattr(Table, "_answers", recording)
    oracle = curves(schedule=4, epochs=[1, 2, 3, 4]).oracle()
    assert made_ready == [1]
    for epochs in (3, 3, 1):
        oracle(2, epochs, 0)
    assert made_ready == [1, 3]
