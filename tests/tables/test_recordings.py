"""What captions say of the noise: that something is drawn only where a table has several answers to draw from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import made
import numpy as np
import pytest

import nasbed
from nasbed.benchmarks.synthetic import Synthetic
from nasbed.benchmarks.tables.averaged import Averaged
from nasbed.searches.rules import Rules
from nasbed.tables import captions
from nasbed.vocabulary import Budget, Recordings

NAN = float("nan")
DRAWN = "each evaluation replays one recorded training drawn at random (common to all methods)"
VALUES = 10 * np.arange(9.0)[:, None] + np.arange(3.0)
FIRST = np.where(np.arange(3) == 0, VALUES, NAN)
"""Run 0 alone was made, as of the 12-epoch trainings on CIFAR-100."""
ALONE = ("architecture",)


def table(folder: Path, *validation: tuple[made.Column, np.ndarray]) -> made.Table:
    """A table with a validation column for each of its schedules."""
    schedules = [column.epochs for column, _ in validation]
    rest = [(made.column("training_time", "none", epochs, ALONE), np.ones(9)) for epochs in schedules]
    test = (made.column("accuracy", "test", max(schedules)), VALUES)
    return made.table(folder, [*validation, *rest, test], epochs=schedules)()


def noise(benchmark: nasbed.Benchmark, protocol: str = "draw") -> str:
    """The first sentence of a caption, up to what it says of repeats."""
    return Rules(Budget("evaluations", 10), noise=protocol).sentences(benchmark)[0].partition("; repeated")[0]


def accuracy(epochs: int, axes: tuple[str, ...] = ("architecture", "run"), trainings: int = 0) -> made.Column:
    return replace(made.column("accuracy", "validation", epochs, axes), trainings=trainings)


def test_several_runs_are_drawn(tmp_path: Path) -> None:
    of = table(tmp_path, (accuracy(200), VALUES))
    assert of.recordings(200) == Recordings(3)
    assert noise(of) == f"Noise: {DRAWN}"
    assert noise(of, "mean") == "Noise: none, an evaluation answers with the mean over recorded trainings"
    assert noise(of, "run:1") == "Noise: none, every evaluation replays recorded training 1"


@pytest.mark.parametrize("protocol", ["draw", "mean", "run:0"])
@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        (accuracy(12), FIRST, "the one recorded training"),
        (accuracy(12, ALONE, trainings=1), VALUES[:, 0], "the one recorded training"),
        (accuracy(12, ALONE, trainings=2), VALUES[:, 0], "the mean of the 2 recorded trainings"),
        (accuracy(12, ALONE), VALUES[:, 0], "the one recorded value"),
    ],
)
def test_of_one_answer_nothing_is_drawn(
    column: made.Column, values: np.ndarray, words: str, protocol: str, tmp_path: Path
) -> None:
    of = table(tmp_path, (column, values))
    assert noise(of, protocol) == f"Noise: none, each evaluation gives {words}"
    assert {of.oracle("draw")(4, 12, word) for word in range(30)} == {((40.0,), 1.0)}


def test_fidelities_that_differ_are_told_apart(tmp_path: Path) -> None:
    of = table(tmp_path, (accuracy(12, ALONE, trainings=2), VALUES[:, 0]), (accuracy(200), VALUES))
    assert noise(of) == (
        f"Noise: after 12 epochs none, each evaluation gives the mean of the 2 recorded trainings; after 200 epochs {DRAWN}"
    )


def test_an_objective_that_is_of_no_training_has_one_value(cifar10: nasbed.Benchmark) -> None:
    latency = nasbed.load_benchmark("nasbench201", objectives=["latency"])
    assert noise(latency) == "Noise: none, each evaluation gives the one recorded value"
    both = nasbed.load_benchmark("nasbench201", objectives=["latency", "accuracy"])
    assert noise(both) == noise(cifar10) == f"Noise: {DRAWN}"


def test_several_data_sets_draw_where_one_does(tmp_path: Path) -> None:
    parts = [
        table(tmp_path / str(place), (accuracy(12, ALONE, trainings=trainings), VALUES[:, 0]))
        for place, trainings in enumerate((1, 2))
    ]
    drawn = table(tmp_path / "drawn", (accuracy(12), VALUES))
    for place, one in enumerate([*parts, drawn]):
        one.label = f"made/{place}"
    assert noise(Averaged(parts)) == "Noise: none, each evaluation gives the one recorded value"
    assert noise(Averaged([parts[0], drawn])) == f"Noise: {DRAWN}"


def test_a_benchmark_that_says_nothing_else_draws_where_it_has_runs() -> None:
    assert (
        noise(Synthetic(decisions=3, values=3, runs=1))
        == "Noise: none, each evaluation gives the one recorded training"
    )
    assert noise(Synthetic(decisions=3, values=3, runs=2)) == f"Noise: {DRAWN}"


def test_captions_name_the_benchmarks_that_differ(tmp_path: Path) -> None:
    study = nasbed.Study.parse("""
        name = "two"
        seeds = 2
        budget = { evaluations = 3 }
        [[benchmark]]
        use = "synthetic"
        decisions = 3
        values = 3
        runs = 1
        [[benchmark]]
        use = "nasbench201"
        [[strategy]]
        use = "random_search"
    """)
    results = nasbed.run_study(study, tmp_path / "out")
    one, other = (part.benchmark for part in results.series)
    told = captions.caption(results)
    assert (
        f"{one}: Noise: none, each evaluation gives the one recorded training; repeated evaluations are charged."
        in told
    )
    assert f"{other}: Noise: {DRAWN}; repeated evaluations are charged." in told
    assert told.count("Incumbent:") == told.count("Budget: 3 evaluations") == 1
