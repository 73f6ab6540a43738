"""The made-up benchmark: its optimum, curves, costs, runs and floor are what it says, exactly."""

from __future__ import annotations

import hashlib
import itertools
import re
import subprocess
import sys
import timeit
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest
from conforming import broken, here_and_elsewhere
from daily import daily

import nasbed
from nasbed.benchmarks.spaces.trap_functions import RANGE, SLOWEST
from nasbed.benchmarks.synthetic import BEST_TEST, BEST_VALIDATION, LEAST_LAG, Synthetic
from nasbed.errors import ArchitectureError, DataError, OptionError
from nasbed.results.judge import floor
from nasbed.vocabulary import Proposal, Proposals, Script, Stream, Task

DEFAULT = Synthetic()
EVERY = np.arange(len(DEFAULT.space))
VARIANTS = [
    {},
    {"seed": 3},
    {"decisions": 3, "values": 4},
    {"decisions": 2, "values": 3, "epochs": [7]},
    {"decisions": 5, "values": 8, "epochs": [1, 2, 5], "noise": 2.0, "runs": 2},
    {"decisions": 7, "correlation": 0.3, "noise": 0.0, "runs": 1, "values": 3},
]
each_variant = pytest.mark.parametrize("options", VARIANTS, ids=str)


def test_the_default_is_what_the_documentation_says() -> None:
    assert (len(DEFAULT.space), DEFAULT.epochs, DEFAULT.runs) == (15_625, (1, 3, 9, 27, 81), 5)
    assert (DEFAULT.name, DEFAULT.label, DEFAULT.judged_on, DEFAULT.resumable) == (
        "synthetic",
        "synthetic/0",
        "test",
        True,
    )
    assert [(o.name, o.unit, o.maximise) for o in DEFAULT.objectives] == [("accuracy", "%", True)]
    assert DEFAULT.cost_model == "made up: 1 to 4 seconds an epoch, by architecture"


# the optimum


@each_variant
def test_the_optimum_is_unique_and_the_best_on_validation_and_on_test(options: dict[str, Any]) -> None:
    benchmark = Synthetic(**options)
    index = benchmark.space.index(benchmark.optimum)
    for values, best in ((benchmark.validation, BEST_VALIDATION), (benchmark.test, BEST_TEST)):
        assert values[index] == values.max() == best
        assert (values == best).sum() == 1
    assert benchmark.referee().best() == (BEST_VALIDATION, BEST_TEST)


@each_variant
def test_the_worst_architecture_is_30_points_below(options: dict[str, Any]) -> None:
    assert Synthetic(**options).validation.min() == pytest.approx(BEST_VALIDATION - RANGE, abs=1e-9)


@each_variant
def test_what_pairs_of_decisions_cost_adds_up(options: dict[str, Any]) -> None:
    benchmark = Synthetic(**options)
    archs, best = np.array(benchmark.space.archs), benchmark.optimum
    for values, top in ((benchmark.validation, BEST_VALIDATION), (benchmark.test, BEST_TEST)):
        cost = np.zeros(len(archs))
        for first in range(0, len(best), 2):
            alone = np.tile(best, (len(archs), 1))
            alone[:, first : first + 2] = archs[:, first : first + 2]
            cost += top - values[[benchmark.space.index(tuple(arch)) for arch in alone.tolist()]]
        np.testing.assert_allclose(values, top - cost, atol=1e-9)


def test_half_a_pair_may_be_worse_than_none_so_there_are_local_optima() -> None:
    around = np.array(
        [[DEFAULT.space.index(other) for other in DEFAULT.space.neighbours(a)] for a in DEFAULT.space.archs]
    )
    assert (DEFAULT.validation > DEFAULT.validation[around].max(axis=1)).sum() == 8


def test_test_ranks_much_as_validation_does_but_not_the_same() -> None:
    assert 0.95 < np.corrcoef(DEFAULT.validation, DEFAULT.test)[0, 1] < 0.999


# fidelities


@each_variant
def test_every_architecture_learns_in_equal_steps(options: dict[str, Any]) -> None:
    benchmark = Synthetic(**options)
    curves = np.array([benchmark.curve(epochs) for epochs in benchmark.epochs])
    assert (curves[-1] == benchmark.validation).all()
    steps = np.diff(curves, axis=0)
    if len(steps):
        np.testing.assert_allclose(steps.sum(axis=0), benchmark.lag, atol=1e-9)
        np.testing.assert_allclose(steps, np.broadcast_to(steps[0], steps.shape), atol=1e-9)
    assert benchmark.lag.min() == pytest.approx(LEAST_LAG)


@pytest.mark.parametrize("correlation", [0.1, 0.5, 0.8, 1, 1.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_fidelities_are_correlated_as_declared(correlation: float, seed: int) -> None:
    benchmark = Synthetic(correlation=correlation, seed=seed)
    ratio = 1 / correlation**2 - 1
    for step, epochs in enumerate(benchmark.epochs):
        left = 1 - step / 4
        found = np.corrcoef(benchmark.validation, benchmark.curve(epochs))[0, 1]
        assert found == pytest.approx(1 / np.sqrt(1 + left**2 * ratio), abs=1e-9)


def test_curves_cross_the_more_the_lower_the_correlation() -> None:
    chosen = np.random.default_rng(0).choice(EVERY, (2, 20_000))
    crossing = []
    for correlation in (1.0, 0.9, 0.5, 0.1):
        benchmark = Synthetic(correlation=correlation)
        before, after = (v[chosen[0]] - v[chosen[1]] for v in (benchmark.curve(1), benchmark.validation))
        crossing.append(((before > 0) != (after > 0)).mean())
    assert crossing[0] == 0
    assert crossing == sorted(crossing)
    assert 0.4 < crossing[-1] < 0.5


def test_costs_are_linear_in_epochs_and_differ_between_architectures() -> None:
    oracle = DEFAULT.oracle()
    seconds = DEFAULT.seconds
    for index in range(0, len(EVERY), 997):
        assert [oracle(index, epochs, 5)[1] for epochs in DEFAULT.epochs] == [
            e * seconds[index] for e in DEFAULT.epochs
        ]
    assert (seconds.min(), seconds.max()) == (1.0, pytest.approx(SLOWEST))
    assert len(np.unique(seconds.round(6))) > 15_000
    assert DEFAULT.cheapest() == 1.0
    assert DEFAULT.typical() == 81 * seconds.mean()


class Climb(Script):
    """Trains the optimum step by step."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        """One training, resumed at every fidelity."""
        trial = None
        for epochs in task.epochs:
            trial = (yield Proposal(DEFAULT.optimum, epochs, trial)).trial


def test_a_training_that_goes_on_is_charged_what_it_adds_and_stays_the_same_run() -> None:
    result = nasbed.search(Climb(), DEFAULT, budget={"epochs": 81}, seed=4)
    index = DEFAULT.space.index(DEFAULT.optimum)
    seconds = DEFAULT.seconds[index]
    assert [o.epochs for o in result.outcomes] == [1, 3, 9, 27, 81]
    assert [o.cost for o in result.outcomes] == pytest.approx([n * seconds for n in (1, 2, 6, 18, 54)])
    assert result.outcomes[-1].time == pytest.approx(81 * seconds)
    noise = [o.value - DEFAULT.curve(o.epochs)[index] for o in result.outcomes]
    assert noise == pytest.approx([noise[0]] * 5)
    assert result.scores() == {"validation_regret": 0.0, "test_regret": 0.0, "test": BEST_TEST}


# runs


@each_variant
def test_runs_lie_about_the_noise_free_value_with_the_declared_spread(options: dict[str, Any]) -> None:
    benchmark = Synthetic(**options)
    oracle, mean = benchmark.oracle(), benchmark.oracle("mean")
    noise = options.get("noise", 0.5) if benchmark.runs > 1 else 0.0
    each = [benchmark.oracle(f"run:{run}") for run in range(benchmark.runs)]
    for index in range(0, len(benchmark.space), max(1, len(benchmark.space) // 50)):
        for epochs in benchmark.epochs:
            seen = [oracle(index, epochs, word)[0][0] for word in range(benchmark.runs)]
            assert np.mean(seen) == pytest.approx(benchmark.curve(epochs)[index], abs=1e-9)
            assert np.std(seen) == pytest.approx(noise, abs=1e-9)
            assert mean(index, epochs, 3)[0][0] == benchmark.curve(epochs)[index]
            assert [one(index, epochs, 9)[0][0] for one in each] == seen


def test_run_k_is_lucky_for_some_and_unlucky_for_others() -> None:
    offsets = (DEFAULT.seen("run:0")[:, 0] - DEFAULT.validation).round(9)
    values, counts = np.unique(offsets, return_counts=True)
    assert len(values) == 5
    assert counts.min() > 0.9 * len(EVERY) / 5


def test_a_run_that_there_is_not_is_refused() -> None:
    with pytest.raises(DataError, match=r"^synthetic/0 has no run 5; it has 0 \.\. 4$"):
        DEFAULT.oracle("run:5")


def test_an_unknown_noise_is_refused() -> None:
    with pytest.raises(OptionError, match=r"expected 'draw', 'mean' or 'run:K'"):
        DEFAULT.oracle("none")


# scores


def test_the_floor_is_that_of_every_outcome_enumerated() -> None:
    benchmark = Synthetic(decisions=2, values=3, epochs=[1, 4], noise=15.0, runs=2)
    referee, seen = benchmark.referee(), benchmark.seen("draw")
    validation, test = referee.validation(np.arange(9)), referee.test(np.arange(9))
    regrets = []
    for drawn in itertools.product((0, 1), repeat=9):
        found = int(seen[range(9), drawn].argmax())
        regrets.append((BEST_VALIDATION - validation[found], BEST_TEST - test[found]))
    expected = np.mean(regrets, axis=0)
    assert expected[0] > 0.1
    assert floor(referee, referee, "draw") == pytest.approx(tuple(expected))


def test_without_noise_exhaustive_search_finds_the_optimum() -> None:
    referee = DEFAULT.referee()
    assert floor(referee, referee, "mean") == (0.0, 0.0)
    assert referee.winner("mean")[0][0] == DEFAULT.space.index(DEFAULT.optimum)


def test_scores_are_the_distance_to_the_optimum() -> None:
    result = nasbed.search("regularized_evolution", "synthetic", budget={"seconds": 3_000}, seed=2)
    assert result.incumbent is not None
    index = DEFAULT.space.index(result.incumbent.arch)
    assert result.scores() == {
        "validation_regret": BEST_VALIDATION - DEFAULT.validation[index],
        "test_regret": BEST_TEST - DEFAULT.test[index],
        "test": DEFAULT.test[index],
    }


def test_better_searches_come_nearer_to_the_optimum() -> None:
    regrets = [
        np.mean([nasbed.search(name, DEFAULT, budget={"evaluations": 200}, seed=seed).scores()["test_regret"]
                 for seed in range(20)])
        for name in ("regularized_evolution", "random_search")
    ]  # fmt: skip
    assert regrets[0] < regrets[1] - 2


def test_a_lookup_shows_every_fidelity_the_test_and_the_cost() -> None:
    rows = DEFAULT.lookup(DEFAULT.optimum)
    assert [(row["metric"], row["split"], row["epochs"]) for row in rows] == [
        *[("accuracy", "validation", epochs) for epochs in DEFAULT.epochs],
        ("accuracy", "test", 81),
        ("training_time", "none", 81),
    ]
    assert (rows[4]["value"], rows[5]["value"]) == (BEST_VALIDATION, BEST_TEST)
    index = DEFAULT.space.index(DEFAULT.optimum)
    assert list(rows[4]["runs"].values()) == [DEFAULT.oracle()(index, 81, word)[0][0] for word in range(5)]
    with pytest.raises(ArchitectureError, match="outside the space 'synthetic'"):
        DEFAULT.lookup((0,))


# options


def test_the_numbers_are_pinned() -> None:
    parts = (DEFAULT.validation, DEFAULT.test, DEFAULT.lag, DEFAULT.seconds, DEFAULT.seen("draw"))
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()
    assert digest == "e791d05e19b1c41aefaf63a50ebf1c842a022292a711ae3ad353e279e1df199d"
    assert DEFAULT.space.format(DEFAULT.optimum) == "011323"


def test_options_are_the_data() -> None:
    assert Synthetic().checksum == DEFAULT.checksum == Synthetic(epochs=[81, 27, 9, 3, 1]).checksum
    others = [{"seed": 1}, {"noise": 0.4}, {"correlation": 0.7}, {"runs": 4}, {"epochs": [1, 81]}, {"values": 4}]
    assert len({Synthetic(**other).checksum for other in others} | {DEFAULT.checksum}) == 7
    assert Synthetic(seed=1).optimum != DEFAULT.optimum


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decisions": 1}, "decisions = 1; expected a whole number in 2 .. 100"),
        ({"decisions": 2.0}, "decisions = 2.0; expected a whole number in 2 .. 100"),
        ({"values": 2}, "values = 2; expected a whole number in 3 .. 10"),
        ({"values": 11}, "values = 11; expected a whole number in 3 .. 10"),
        ({"values": True}, "values = True; expected a whole number in 3 .. 10"),
        ({"runs": 0}, "runs = 0; expected a whole number in 1 .. 1,000"),
        ({"seed": -1}, "seed = -1; expected a whole number in 0 .. 2,147,483,647"),
        ({"seed": "a"}, "seed = 'a'; expected a whole number in 0 .. 2,147,483,647"),
        ({"noise": -0.1}, "noise = -0.1; expected a number from 0 to 100"),
        ({"noise": float("nan")}, "noise = nan; expected a number from 0 to 100"),
        ({"noise": None}, "noise = None; expected a number"),
        ({"correlation": 0}, "correlation = 0; expected a number from 0.1 to 1"),
        ({"correlation": 1.5}, "correlation = 1.5; expected a number from 0.1 to 1"),
        ({"epochs": []}, "epochs = []; expected a list of whole numbers above 0, such as [1, 3, 9]"),
        ({"epochs": [0, 1]}, "epochs = [0, 1]; expected a list of whole numbers above 0, such as [1, 3, 9]"),
        ({"epochs": [3, 1, 3]}, "epochs = [3, 1, 3]; expected each number once: [1, 3]"),
        ({"epochs": [1.5]}, "epochs = [1.5]; expected a list of whole numbers above 0, such as [1, 3, 9]"),
        ({"epochs": "12"}, "epochs = '12'; expected a list of whole numbers above 0, such as [1, 3, 9]"),
        ({"epochs": 12}, "epochs = 12; expected a list of whole numbers above 0, such as [1, 3, 9]"),
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        nasbed.load_benchmark("synthetic", **options)


@pytest.mark.parametrize("options", daily(VARIANTS, {}, *VARIANTS[2:4], VARIANTS[5]), ids=str)
@here_and_elsewhere
def test_it_conforms(options: dict[str, Any], elsewhere: bool) -> None:
    assert broken("synthetic", elsewhere, **options) == []


def test_a_study_runs_on_it(tmp_path: Path) -> None:
    study = """
        name = "made-up"
        seeds = 3
        budget = { epochs = 810 }
        [[benchmark]]
        use = "synthetic"
        decisions = 4
        epochs = [1, 9, 81]
        [[strategy]]
        use = "random_search"
    """
    frame = nasbed.run_study(nasbed.Study.parse(study), tmp_path / "out").evaluations()
    assert len(frame) == 30
    assert set(frame["epochs"]) == {81}


def test_it_loads_and_answers_fast() -> None:
    def load() -> float:
        begin = process_time()
        Synthetic().oracle()
        return process_time() - begin

    assert min(load() for _ in range(5)) < 0.05
    oracle = DEFAULT.oracle()
    assert min(timeit.repeat(lambda: oracle(777, 9, 2**63 + 5), timer=process_time, number=20_000)) / 20_000 < 5e-6


def test_a_search_on_it_loads_numpy_only() -> None:
    heavy = "{'numpy', 'scipy', 'pandas', 'pyarrow', 'matplotlib', 'torch', 'seaborn'} & set(sys.modules)"
    code = (
        f"import sys, nasbed; nasbed.search('random_search', 'synthetic', budget={{'evaluations': 5}}); print({heavy})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "{'numpy'}"
