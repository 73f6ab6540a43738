"""What a table answers to a search, and how its referee scores."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chisquare
from shipped import CIFAR10, CIFAR100, DATASETS, EVERY, HAND_DESIGNED, IMAGENET, SPACE, each_table, save
from tiny_tables import tiny

from nasbed.benchmarks.nasbench201 import NASBench201
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import DataError, OptionError
from nasbed.results.judge import floor
from nasbed.streams import words
from nasbed.vocabulary import Referee


@each_table
def test_a_draw_is_a_recorded_run_at_its_cost(table: NASBench201) -> None:
    oracle, word = table.oracle("draw"), words(0, table.label)
    for visit in range(4):
        answers = [oracle(index, 200, word(index, 200, visit)) for index in range(15_625)]
        values = np.array([values for values, _ in answers])
        assert values.shape == (15_625, 1)
        assert (values == table.observations).any(axis=1).all()
        assert [cost for _, cost in answers] == table.costs.tolist()


def distinct_runs(table: Table, runs: int) -> list[int]:
    made = [observed[~np.isnan(observed)] for observed in table.observations]
    return [index for index, values in enumerate(made) if len(values) == len(set(values)) == runs]


@each_table
@pytest.mark.parametrize("runs", [2, 3])
def test_each_recorded_run_is_drawn_alike(table: NASBench201, runs: int) -> None:
    oracle, generators = table.oracle("draw"), [words(seed, table.label) for seed in range(10)]
    places: Counter[int] = Counter()
    for index in distinct_runs(table, runs)[:500]:
        order = table.observations[index].tolist()
        for word in generators:
            for visit in range(3):
                (value,), _ = oracle(index, 200, word(index, 200, visit))
                places[order.index(value)] += 1
    assert places.keys() == set(range(runs))
    assert chisquare([places[run] for run in range(runs)]).pvalue > 1e-4


@each_table
@pytest.mark.parametrize("noise", ["mean", "run:0", "run:1"])
def test_fixed_noise_gives_one_answer_whatever_the_word(table: NASBench201, noise: str) -> None:
    observed = table.observations
    answers = {"mean": np.nanmean(observed, axis=1), "run:0": observed[:, 0], "run:1": observed[:, 1]}[noise]
    oracle = table.oracle(noise)
    for word in (0, 1, 2**64 - 1):
        given = [oracle(index, 200, word) for index in range(15_625)]
        assert [values for values, _ in given] == [(answer,) for answer in answers.tolist()]
        assert [cost for _, cost in given] == table.costs.tolist()


@each_table
def test_run_2_is_refused_with_the_number_of_cells_that_lack_it(table: NASBench201) -> None:
    with pytest.raises(DataError) as refused:
        table.oracle("run:2")
    assert str(refused.value) == (
        f"{table.label}: run 2 (seed 999) was not made for 7,456 architectures;"
        " use a run that all have, or noise = 'draw'"
    )


@pytest.mark.parametrize("run", [3, 7, 10**6])
def test_a_run_that_no_cell_has_is_refused(run: int) -> None:
    with pytest.raises(DataError) as refused:
        CIFAR10.oracle(f"run:{run}")
    assert (
        str(refused.value) == f"nasbench201/cifar10 has no run {run} of 200 epochs; it has 0 .. 2 (seeds 777, 888, 999)"
    )


@pytest.mark.parametrize("noise", ["", "drawn", "run", "run:-1", "run:x", "seed:777"])
def test_unknown_noise_is_refused(noise: str) -> None:
    with pytest.raises(OptionError) as refused:
        CIFAR10.oracle(noise)
    assert str(refused.value) == f"noise = {noise!r}; expected 'draw', 'mean' or 'run:K' with K = 0, 1, ..."
    with pytest.raises(OptionError):
        CIFAR10.referee().winner(noise)


def test_the_same_query_with_the_same_word_has_the_same_answer_whatever_else_was_asked() -> None:
    fresh, used = NASBench201("cifar100").oracle("draw"), NASBench201("cifar100").oracle("draw")
    word = words(3, "nasbench201/cifar100")
    for index in range(500):
        used(index, 200, word(index, 200, 5))
    queries = [(index, word(index, 200, visit)) for index in range(0, 15_625, 99) for visit in range(2)]
    answers = [fresh(index, 200, w) for index, w in queries]
    assert [used(index, 200, w) for index, w in reversed(queries)] == answers[::-1]


def test_a_copy_answers_like_the_original(copied: type[NASBench201]) -> None:
    assert copied("cifar10").oracle("draw")(6111, 200, 4) == CIFAR10.oracle("draw")(6111, 200, 4)


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("noise", ["draw", "mean", "run:0"])
def test_the_search_side_never_opens_a_test_column(copied: type[NASBench201], dataset: str, noise: str) -> None:
    for path in copied.folder.rglob("test_*.npy"):
        path.unlink()
    table = copied(dataset)
    assert table.oracle(noise)(857, 200, 1)[1] > 0
    assert (table.cheapest(), table.typical()) > (0, 0)
    with pytest.raises(DataError, match=f"{dataset}/test_accuracy.npy"):
        table.referee()
    with pytest.raises(DataError, match=f"{dataset}/test_accuracy.npy"):
        table.lookup(HAND_DESIGNED)


def test_the_search_side_reads_two_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    read = Manifest.read

    def recording(self: Manifest, column: Column) -> np.ndarray:
        opened.append(column.file)
        return read(self, column)

    monkeypatch.setattr(Manifest, "read", recording)
    table = NASBench201("cifar100")
    table.oracle("draw")
    table.oracle("mean")
    assert sorted(opened) == ["cifar100/training_time.npy", "cifar100/validation_accuracy.npy"]


@pytest.mark.parametrize(
    ("metric", "split", "epochs", "named"),
    [
        ("accuracy", "train", 200, "accuracy (train, 200 epochs)"),
        ("accuracy", "none", 0, "accuracy"),
        ("accuracy", "validation", 12, "accuracy (validation, 12 epochs)"),
        ("loss", "validation", 200, "loss (validation, 200 epochs)"),
        ("latency", "test", 0, "latency (test)"),
    ],
)
def test_a_split_that_is_absent_is_never_replaced_by_one_that_is_there(
    metric: str, split: str, epochs: int, named: str
) -> None:
    with pytest.raises(DataError) as refused:
        CIFAR10.manifest.column("cifar10", metric, split, epochs)
    assert str(refused.value) == (
        f"nasbench201 has no {named} for cifar10; it has accuracy (validation, 200 epochs), accuracy (test, 200 epochs),"
        " training_time (200 epochs), latency, parameters, flops, runs"
    )


def test_validation_is_not_answered_from_the_test_column_where_it_is_absent(copied: type[NASBench201]) -> None:
    manifest = Manifest.load(copied.folder)
    kept = [column for column in manifest.columns if (column.dataset, column.split) != ("cifar10", "validation")]
    save(replace(manifest, columns=kept))
    with pytest.raises(
        DataError, match=r"no accuracy \(validation, 200 epochs\) for cifar10; it has accuracy \(test, 200"
    ):
        copied("cifar10")
    assert copied("cifar100").oracle("draw")(0, 200, 0) == CIFAR100.oracle("draw")(0, 200, 0)


NAN = np.nan
WHERE_MISSING = [[1.0, 2.0, NAN], [3.0, NAN, 4.0], [NAN, 5.0, 6.0], [NAN, NAN, 7.0], [NAN, 8.0, NAN], [9.0, NAN, NAN]]


def test_a_draw_is_a_recorded_run_wherever_one_is_missing(tmp_path: Path) -> None:
    table = tiny(tmp_path / "tiny", np.array(WHERE_MISSING))
    oracle, word = table.oracle("draw"), words(0, table.label)
    for index, runs in enumerate(WHERE_MISSING):
        drawn = Counter(oracle(index, 1, word(index, 1, visit))[0][0] for visit in range(600))
        made = [run for run in runs if run == run]
        assert sorted(drawn) == made
        assert chisquare(list(drawn.values())).pvalue > 1e-4 or len(made) == 1


@pytest.mark.parametrize("noise", ["draw", "mean"])
def test_a_cell_without_any_run_is_refused_not_answered(noise: str, tmp_path: Path) -> None:
    table = tiny(tmp_path / "tiny", np.array([[1.0, 2.0], [NAN, NAN], [3.0, NAN]]))
    with pytest.raises(DataError):
        table.oracle(noise)


def floor_of(referee: Referee, noise: str) -> tuple[float, float]:
    return floor(referee, referee, noise)


def enumerated_floor(observed: np.ndarray, test: np.ndarray) -> tuple[float, float]:
    made = [[value for value in row if value == value] for row in observed.tolist()]
    validation = np.array([np.mean(row) for row in made])
    winners = [int(np.argmax(draw)) for draw in itertools.product(*made)]
    return validation.max() - validation[winners].mean(), test.max() - test[winners].mean()


@pytest.mark.parametrize(
    "observed",
    [
        WHERE_MISSING,
        [[50.0, 80.0, 20.0], [60.0, 70.0, NAN], [10.0, 90.0, 55.0], [65.0, 30.0, NAN]],
        [[50.0, 80.0, 50.0], [60.0, 70.0, NAN], [10.0, 10.0, 95.0], [65.0, 65.0, NAN]],
        [[50.0, 51.0, NAN], [99.0, 98.0, 97.0], [1.0, 2.0, 3.0]],
        [[5.0, NAN, NAN]],
    ],
)
def test_the_floor_under_draw_is_exact(observed: list[list[float]], tmp_path: Path) -> None:
    values = np.array(observed)
    test = np.array([70.0, 40.0, 90.0, 20.0, 10.0, 60.0])[: len(values)]
    floor = floor_of(tiny(tmp_path / "tiny", values, test).referee(), "draw")
    assert floor == pytest.approx(enumerated_floor(values, test), abs=1e-12)


def test_what_is_minimised_has_its_sign_turned(tmp_path: Path) -> None:
    table = tiny(tmp_path / "tiny", np.array([[3.0, 1.0], [2.0, 2.5]]), np.array([7.0, 5.0]), "minimise")
    assert table.observations.tolist() == [[-3.0, -1.0], [-2.0, -2.5]]
    assert table.objectives[0].maximise is False
    assert table.referee().best() == (-2.0, -5.0)
    assert table.costs.tolist() == [1.0, 1.0]


@each_table
def test_the_referee_scores_by_means_over_runs(table: NASBench201) -> None:
    referee = table.referee()
    assert (referee.validation(EVERY) == np.nanmean(table.observations, axis=1)).all()
    assert np.isfinite(referee.test(EVERY)).all()
    shaped = np.array([[6111, 0, 6111], [857, 9930, 3]])
    assert referee.validation(shaped).shape == referee.test(shaped).shape == referee.distinct(shaped).shape == (2, 3)
    assert referee.test(shaped)[1, 0] == referee.test(EVERY)[857]


def test_the_referee_tells_isomorphic_cells() -> None:
    distinct = CIFAR10.referee().distinct(EVERY)
    assert len(np.unique(distinct)) == 6_466
    assert [SPACE.index(SPACE.canonical(SPACE.archs[index])) for index in range(0, 15_625, 25)] == distinct[
        ::25
    ].tolist()


@each_table
def test_the_floor_under_fixed_noise_is_the_regret_of_the_best_answer(table: NASBench201) -> None:
    referee = table.referee()
    validation, test = referee.validation(EVERY), referee.test(EVERY)
    for noise, answers in (
        ("mean", validation),
        ("run:0", table.observations[:, 0]),
        ("run:1", table.observations[:, 1]),
    ):
        winner = int(np.argmax(answers))
        assert floor_of(referee, noise) == (validation.max() - validation[winner], test.max() - test[winner])


def test_the_best_mean_validation_on_imagenet_has_a_test_regret_of_1_11() -> None:
    assert floor_of(IMAGENET.referee(), "mean") == pytest.approx((0, 1.111), abs=5e-4)


def test_a_floor_under_a_run_that_is_not_everywhere_is_refused() -> None:
    with pytest.raises(DataError, match="not made for 7,456 architectures"):
        CIFAR10.referee().winner("run:2")


@each_table
def test_the_floor_under_draw_agrees_with_simulation(table: NASBench201) -> None:
    observed = table.observations
    sure = np.nanmin(observed, axis=1).max()
    contenders = np.flatnonzero(np.nanmax(observed, axis=1) >= sure)  # nobody else can win
    made = (~np.isnan(observed[contenders])).sum(axis=1)
    runs = np.random.default_rng(0).integers(made, size=(20_000, len(contenders)))
    winners = contenders[observed[contenders, runs].argmax(axis=1)]
    referee = table.referee()
    best = referee.best()
    for expected, scores, optimum in zip(
        floor_of(referee, "draw"), (referee.validation(winners), referee.test(winners)), best, strict=True
    ):
        regret = optimum - scores
        assert regret.std() > 0.01
        assert expected == pytest.approx(regret.mean(), abs=4 * regret.std() / np.sqrt(20_000))
