"""Several data sets searched at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import made
import numpy as np
import pytest
from scipy.stats import chisquare

import nasbed
from nasbed.benchmarks.tables.averaged import Averaged
from nasbed.errors import NasbedError
from nasbed.results.judge import floor
from nasbed.vocabulary import HELD_OUT

DATASETS = ["cifar10", "cifar100", "ImageNet16-120"]
PARTS = [nasbed.load_benchmark("nasbench201", dataset=dataset) for dataset in DATASETS]
ALL = nasbed.load_benchmark("nasbench201", dataset=DATASETS)
EVERY = np.arange(15_625)


def normalised(values: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = (values - values.mean()) / (values.max() - values.mean())
    return scaled


def test_the_value_is_the_mean_of_values_from_mean_to_best() -> None:
    expected = np.mean([normalised(part.referee().validation(EVERY)) for part in PARTS], axis=0)
    answers = [ALL.oracle("mean")(index, 200, 7) for index in range(0, 15_625, 25)]
    np.testing.assert_allclose([values[0] for values, _ in answers], expected[::25], rtol=1e-9)
    costs = [sum(part.oracle("mean")(index, 200, 7)[1] for part in PARTS) for index in range(0, 15_625, 25)]
    assert [cost for _, cost in answers] == costs
    assert ALL.label == "nasbench201/cifar10+cifar100+ImageNet16-120"
    assert ALL.typical() == pytest.approx(sum(part.typical() for part in PARTS))
    assert ALL.cheapest() <= min(costs)


def test_the_referee_scores_the_normalised_mean_of_each_split() -> None:
    referee = ALL.referee()
    np.testing.assert_allclose(
        referee.test(EVERY), np.mean([normalised(part.referee().test(EVERY)) for part in PARTS], axis=0)
    )
    assert referee.best()[0] == referee.validation(EVERY).max() < 1
    assert (referee.distinct(EVERY) == PARTS[0].referee().distinct(EVERY)).all()


def test_each_data_set_replays_a_run_of_its_own() -> None:
    two = nasbed.load_benchmark("nasbench201", dataset=DATASETS[:2])
    index = next(i for i in range(15_625) if all(np.unique(part.observations[i]).size == 3 for part in PARTS[:2]))
    oracle, word = two.oracle(), nasbed.streams.words(0, two.label)
    drawn = [oracle(index, 200, word(index, 200, visit))[0][0] for visit in range(900)]
    values, counts = np.unique(drawn, return_counts=True)
    assert len(values) == 9
    assert chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("noise", ["mean", "run:1"])
def test_the_floor_without_noise_is_the_regret_of_the_best_observed(noise: str) -> None:
    oracle, referee = ALL.oracle(noise), ALL.referee()
    seen = [oracle(index, 200, 0)[0][0] for index in range(15_625)]
    index, value, chance = referee.winner(noise)
    assert (index.tolist(), chance.tolist()) == ([int(np.argmax(seen))], [1.0])
    assert value[0] == pytest.approx(max(seen))


def test_the_floor_under_draw_agrees_with_simulation() -> None:
    two = nasbed.load_benchmark("nasbench201", dataset=DATASETS[1:])
    referee = two.referee()
    index, _, chance = referee.winner("draw")
    assert chance.sum() == pytest.approx(1)
    contenders = np.unique(index)
    oracle = two.oracle()
    regrets = []
    for seed in range(400):
        word = nasbed.streams.words(seed, two.label)
        seen = [oracle(i, 200, word(i, 200, 0))[0][0] for i in contenders.tolist()]
        regrets.append(referee.best()[1] - referee.test(contenders[[int(np.argmax(seen))]])[0])
    exact = floor(referee, referee, "draw")[1]
    assert np.mean(regrets) == pytest.approx(exact, abs=4 * np.std(regrets) / 20)


def test_a_study_searches_several_and_reports_on_each(tmp_path: Path) -> None:
    study = nasbed.Study.parse("""
        name = "several"
        seeds = 3
        budget = { evaluations = 30 }
        [[benchmark]]
        use = "nasbench201"
        dataset = ["cifar10", "cifar100"]
        report = ["cifar10", "cifar100", "ImageNet16-120"]
        [[strategy]]
        use = "random_search"
    """)
    results = nasbed.run_study(study, tmp_path / "out")
    assert list(results.benchmarks) == [f"nasbench201/cifar10+cifar100 → {dataset}" for dataset in DATASETS]
    finals = results.finals().set_index(["benchmark", "seed"])
    alone = nasbed.search(
        "random_search",
        nasbed.load_benchmark("nasbench201", dataset=["cifar10", "cifar100"]),
        budget={"evaluations": 30},
        seed=2,
    )
    assert alone.incumbent is not None
    index = np.array([PARTS[0].space.index(alone.incumbent.arch)])
    for part in PARTS:
        label = f"nasbench201/cifar10+cifar100 → {part.label.split('/')[1]}"
        assert finals.loc[(label, 2), "test"] == part.referee().test(index)[0]
    assert "the sum over data sets of" in nasbed.comparison_table(results)


def unlike(tmp_path: Path, **options: object) -> Averaged:
    columns = [
        (made.column("accuracy", "validation", 10, ("architecture",)), np.arange(9.0)),
        (made.column("training_time", "none", 10, ("architecture",)), np.ones(9)),
    ]
    return Averaged([PARTS[0], made.table(tmp_path / "made", columns, **options)()])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda path: nasbed.load_benchmark("nasbench201", dataset=["cifar10"]), "or the names of two to 8 data sets"),
        (lambda path: nasbed.load_benchmark("nasbench201", dataset=["cifar10"] * 2), "the names of two to 8 data sets, each once"),
        (lambda path: nasbed.load_benchmark("nasbench201", dataset=["cifar10", "cifar"]), "unknown data set of nasbench201"),
        (lambda path: unlike(path), "made/toy and nasbench201/cifar10 differ in space or epochs"),
        (lambda path: unlike(path, report=HELD_OUT), "differ in space or epochs"),
    ],
)  # fmt: skip
def test_data_sets_that_have_no_common_mean_are_refused(
    tmp_path: Path, work: Callable[[Path], object], message: str
) -> None:
    with pytest.raises(NasbedError, match=re.escape(message)):
        work(tmp_path)


def test_held_out_runs_have_no_common_mean(tmp_path: Path) -> None:
    parts = []
    for dataset in ("a", "b"):
        columns = [
            (made.column("accuracy", "validation", 10, dataset=dataset), np.arange(27.0).reshape(9, 3)),
            (made.column("training_time", "none", 10, ("architecture",), dataset=dataset), np.ones(9)),
        ]
        parts.append(made.table(tmp_path / dataset, columns, report=HELD_OUT, datasets=[dataset])(dataset))
    with pytest.raises(
        NasbedError, match="made is judged on held-out runs, of which several data sets have no common one"
    ):
        Averaged(parts)


def test_scores_of_a_minimised_objective_are_in_its_own_unit(tmp_path: Path) -> None:
    study = nasbed.Study.parse("""
        name = "small"
        seeds = 2
        budget = { evaluations = 5 }
        [[benchmark]]
        use = "nasbench201"
        objectives = ["parameters"]
        [[strategy]]
        use = "random_search"
    """)
    finals = nasbed.run_study(study, tmp_path / "out").finals()
    assert (finals["test"] >= 73_306).all()
    assert (finals["test_regret"] == finals["test"] - 73_306).all()
