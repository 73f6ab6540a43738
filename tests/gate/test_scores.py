"""What is measured of a run, how it is packed, and fingerprints of trajectories."""

from __future__ import annotations

import numpy as np
import pytest

from nasbed.errors import BaselineError
from nasbed.gate.fingerprint import fingerprints
from nasbed.gate.metrics import COLUMNS, run_scores, start_of
from nasbed.gate.packing import pack, pack_whole, rounded, step_of, unpack, unpack_whole
from nasbed.results.judge import ScoredRuns
from nasbed.vocabulary import Budget

NAN = float("nan")


def judged(curve: list[list[float]], time: list[list[float]], count: list[int]) -> ScoredRuns:
    regrets = np.array(curve)
    runs = len(curve)
    return ScoredRuns(
        np.arange(runs), np.array(time), np.array(time), regrets, regrets + 1, *(np.zeros_like(regrets) for _ in range(3)),
        np.zeros(runs, bool), np.array(count), np.array(count), np.zeros(runs, int),
    )  # fmt: skip


def test_the_area_is_the_mean_from_the_start_on() -> None:
    found = run_scores(judged([[8.0, 6.0, 4.0, 2.0]], [[1.0, 2.0, 3.0, 4.0]], [4]), Budget("evaluations", 4), 2)
    assert tuple(found) == COLUMNS
    assert {name: values.tolist() for name, values in found.items()} == {
        "area_validation_regret": [3.0],
        "final_validation_regret": [2.0],
        "area_test_regret": [4.0],
        "final_test_regret": [3.0],
    }


def test_a_run_that_ended_early_is_carried_to_the_budget_whatever_it_is_beside() -> None:
    alone = run_scores(judged([[8.0, 2.0]], [[1.0, 2.0]], [2]), Budget("evaluations", 4), 1)
    assert alone["area_validation_regret"].tolist() == [2.0]
    beside = judged([[8.0, 2.0, 2.0, 2.0], [5.0] * 4], [[1.0, 2.0, np.inf, np.inf], [1.0, 2.0, 3.0, 4.0]], [2, 4])
    assert run_scores(beside, Budget("evaluations", 4), 1)["area_validation_regret"].tolist() == [2.0, 5.0]


def test_before_the_first_incumbent_its_regret_counts_and_a_run_without_one_has_no_score() -> None:
    found = run_scores(
        judged([[NAN, NAN, 4.0, 2.0], [NAN] * 4], [[1.0, 2.0, 3.0, 4.0]] * 2, [4, 4]), Budget("evaluations", 4), 1
    )
    assert found["area_validation_regret"][0] == pytest.approx(10 / 3)
    assert np.isnan(found["area_validation_regret"][1])
    assert np.isnan(found["final_test_regret"][1])


def test_under_a_budget_of_seconds_the_area_is_over_the_clock() -> None:
    # From 10 to 100 s: regret 8 until 40, then 5 until 60, then 2.
    found = run_scores(judged([[8.0, 5.0, 2.0]], [[4.0, 40.0, 60.0]], [3]), Budget("seconds", 100.0), 0.1)
    assert found["area_validation_regret"][0] == pytest.approx((8 * 30 + 5 * 20 + 2 * 40) / 90)


def test_under_a_budget_of_seconds_the_first_incumbent_counts_from_the_start() -> None:
    found = run_scores(
        judged([[8.0, 8.0], [6.0, 4.0]], [[50.0, np.inf], [20.0, 55.0]], [1, 2]), Budget("seconds", 100.0), 0.1
    )
    assert found["area_validation_regret"].tolist() == pytest.approx([8.0, (6 * 45 + 4 * 45) / 90])


def test_under_a_budget_of_epochs_the_area_is_over_the_epochs_spent() -> None:
    # From 5 to 50 epochs: one run evaluates every 10, the other makes its only evaluation of 20.
    curve = [[8.0, 6.0, 5.0, 2.0, 2.0], [9.0] * 5]
    spent = [[10.0, 20.0, 30.0, 40.0, 50.0], [20.0, *[np.inf] * 4]]
    found = run_scores(judged(curve, spent, [5, 1]), Budget("epochs", 50), 0.1)
    assert found["area_validation_regret"].tolist() == pytest.approx([(8 * 15 + 6 * 10 + 5 * 10 + 2 * 10) / 45, 9.0])


def test_the_area_begins_after_the_warm_up_and_before_half_of_the_budget() -> None:
    assert start_of(Budget("evaluations", 100), 0) == 10
    assert start_of(Budget("evaluations", 100), 30) == 30
    assert start_of(Budget("evaluations", 100), 90) == 50
    assert start_of(Budget("evaluations", 1), 90) == 0


def test_packing_keeps_scores_to_a_hundredth_of_their_spread() -> None:
    scores = np.random.Generator(np.random.PCG64(1)).gamma(2.0, 0.3, size=3000) - 0.5
    step = step_of(scores)
    back = unpack(pack(scores, step), 3000, "scores")
    assert np.abs(back - scores).max() <= step / 2 + 1e-12
    assert step <= scores.std() / 100
    assert (back == rounded(scores, step)).all()
    assert len(pack(scores, step)["data"]) < 3 * 3000


def test_packing_takes_constants_and_whole_numbers() -> None:
    assert unpack(pack(np.full(5, 1.25), step_of(np.full(5, 1.25))), 5, "scores").tolist() == [1.25] * 5
    whole = np.array([0, 1, 2**32 - 1], dtype=np.uint32)
    assert unpack_whole(pack_whole(whole), 3, "marks").tolist() == whole.tolist()


def test_a_column_with_missing_seeds_or_damage_is_refused() -> None:
    packed = pack_whole(np.arange(10))
    with pytest.raises(BaselineError, match="the column of scores holds 10 seeds; expected 12"):
        unpack_whole(packed, 12, "scores")
    with pytest.raises(BaselineError, match="the column of scores is damaged"):
        unpack_whole({"data": packed["data"][:-8] + "AAAAAAA="}, 10, "scores")


def records() -> dict[str, np.ndarray]:
    return {
        "seed": np.array([1, 1, 1, 3, 3, 3]),
        "architecture": np.array([5, 6, 7, 5, 6, 7]),
        "epochs": np.array([200] * 6),
        "value": np.array([90.0, 91.0, 92.0, 90.0, 91.0, 92.0]),
    }


def test_equal_trajectories_have_equal_fingerprints_and_a_run_without_records_has_one_too() -> None:
    one, two, three = fingerprints(records(), np.array([1, 2, 3])).tolist()
    assert one == three != two


@pytest.mark.parametrize(("name", "value"), [("architecture", 8), ("epochs", 12), ("value", np.nextafter(92.0, 93.0))])
def test_the_least_change_of_a_trajectory_changes_its_fingerprint(name: str, value: float) -> None:
    changed = records()
    changed[name][5] = value
    one, three = fingerprints(changed, np.array([1, 3]))
    assert one != three


def test_the_order_of_arrival_is_part_of_a_trajectory() -> None:
    changed = {name: values[[0, 1, 2, 4, 3, 5]] for name, values in records().items()}
    one, three = fingerprints(changed, np.array([1, 3]))
    assert one != three


def test_a_fingerprint_is_the_same_on_every_machine() -> None:
    assert fingerprints(records(), np.array([1])).tolist() == [4_043_617_280]
