"""The simulation of gates is that of the product, and what it found keeps the promises of docs/gate.md."""

from __future__ import annotations

from pathlib import Path

import gate_calibration
import gate_disasters
import numpy as np
import pandas as pd
import pytest

from nasbed.gate.sequential import GatePlan, Looks, look_sizes

FOUND = pd.read_csv(gate_calibration.KEPT)
WHOLE = pd.read_csv(gate_disasters.KEPT)
PROMISED = {"alpha": 0.05, "power": 0.9, "unchanged": 0.6, "twice": 0.35}


def test_fifty_simulated_gates_end_as_the_products_do() -> None:
    rng = np.random.Generator(np.random.PCG64(2))
    base = rng.gamma(2.0, size=(3, 3000))
    shared = 0.5 * (base - 2) + 2
    plan, ended = GatePlan(), set()
    for effect in (0.0, 0.1, 0.25, -0.2, -0.4):
        variant = shared + rng.gamma(1.5, size=(3, 3000)) - 1.5 + effect
        picked = rng.integers(3000, size=(10, 1500))
        found = gate_calibration.gates(base, variant, picked, plan, limit=400)
        for gate in range(10):
            looks, outcome, size = Looks(plan, base[:, picked[gate]]), "", 0
            for size in look_sizes(400):
                outcome = looks.look(variant[:, picked[gate, :size]])
                if outcome:
                    break
            assert (found.verdicts[gate], found.seeds[gate]) == (outcome, size)
            ended.add(outcome)
    assert ended >= {"worse", "better", "equivalent"}


def test_a_neutral_change_is_called_worse_in_at_most_alpha_of_the_gates() -> None:
    neutral = FOUND[FOUND["kind"] == "neutral"]
    assert len(neutral) == 3
    assert (neutral["gates"] >= 2000).all()
    assert (neutral["worse"] <= PROMISED["alpha"]).all()


def test_a_regression_of_the_margins_size_is_caught_with_the_stated_power() -> None:
    margin = FOUND[FOUND["kind"] == "the margin"]
    assert len(margin) == 3
    assert (margin["worse"] >= PROMISED["power"]).all()


def test_bugs_are_caught() -> None:
    worse = FOUND.set_index("scenario")["worse"]
    assert worse[["edge 5 never mutated", "one value stale", "drops the youngest"]].min() > 0.99
    assert worse["sample 4, not 3"] == 0


@pytest.mark.parametrize(
    ("kind", "most"), [("neutral", PROMISED["unchanged"]), ("twice the margin", PROMISED["twice"])]
)
def test_the_gate_takes_fewer_seeds_than_the_fixed_paired_test_of_its_power(kind: str, most: float) -> None:
    for _, rows in FOUND.groupby(FOUND["scenario"].str.startswith("one benchmark")):
        fixed = rows.loc[rows["kind"] == "the margin", "fixed"].min()
        assert rows.loc[rows["kind"] == kind, "seeds_mean"].max() / fixed <= most


def test_the_page_has_the_tables() -> None:
    text = gate_calibration.DOC.read_text(encoding="utf-8")
    table = text.split("<!-- calibration: begin -->")[1].split("<!-- calibration: end -->")[0]
    for _, row in FOUND.iterrows():
        assert f"| {' | '.join(gate_calibration.cells(row))} |" in table
    assert Path(gate_calibration.KEPT).stat().st_size < 5000


def test_the_whole_gate_fails_a_neutral_change_in_at_most_alpha_of_the_cases_and_finds_what_it_states() -> None:
    assert [(one.name, one.seeds) for one in gate_disasters.CHANGES] == list(
        zip(WHOLE["change"], WHOLE["tail_seeds"], strict=True)
    )
    assert (WHOLE["gates"] >= 4000).all()
    neutral = WHOLE.iloc[0]
    assert neutral["high"] <= PROMISED["alpha"]
    assert neutral["disasters"] <= neutral["stated"] + 3 * np.sqrt(neutral["stated"] / neutral["gates"])
    rare = WHOLE[WHOLE["change"].str.contains("runs 10|runs 50|seeds 10|seeds 50")]
    errors = np.sqrt(rare["stated"] * (1 - rare["stated"]) / rare["gates"])
    assert (rare["disasters"] >= rare["stated"] - 3 * errors - 1e-4).all()
    assert (
        rare["disasters"] <= rare["stated"] + 0.08
    ).all()  # with those that are worse than all stored ones by chance
    assert (rare["any"] >= rare[["means", "disasters"]].max(axis=1)).all()
    whole = WHOLE.set_index("change")["any"]
    assert whole["1 of 300 runs crashes"] > 0.95
    assert whole[["0.3 sd worse on one benchmark", "0.3 sd worse on all three"]].min() > 0.99


def test_the_page_has_what_was_found_of_the_whole_gate() -> None:
    text = gate_calibration.DOC.read_text(encoding="utf-8")
    table = text.split("<!-- disasters: begin -->")[1].split("<!-- disasters: end -->")[0]
    for _, row in WHOLE.iterrows():
        assert f"| {' | '.join(gate_disasters.cells(row))} |" in table
    assert gate_disasters.note(WHOLE) in table


def test_a_small_part_of_the_whole_gate_is_measured_again() -> None:
    """On made-up scores: few gates, in which nothing, a shift and disasters are told apart."""
    base = np.random.Generator(np.random.PCG64(3)).gamma(2.0, size=(2, 3_000))
    chosen = {one.name: one for one in gate_disasters.CHANGES if one.seeds < 1_000}
    rows = {
        name: gate_disasters.row_of(base, chosen[name], 20, 1_500)
        for name in ("other seeds of the same code", "1 % of seeds 10 sd worse on all three", "1 of 300 runs crashes")
    }
    assert {name: round(float(row["crashes"])) for name, row in rows.items()} == {
        "other seeds of the same code": 0,
        "1 % of seeds 10 sd worse on all three": 0,
        "1 of 300 runs crashes": 1,
    }
    assert rows["other seeds of the same code"]["any"] <= 0.2
    assert rows["1 % of seeds 10 sd worse on all three"]["disasters"] >= 0.6
