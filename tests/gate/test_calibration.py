"""The simulation of gates is that of the product, and what it found keeps the promises of docs/gate.md."""

from __future__ import annotations

from pathlib import Path

import gate_calibration
import numpy as np
import pandas as pd
import pytest

from nasbed.gate.sequential import GatePlan, Looks, look_sizes

FOUND = pd.read_csv(gate_calibration.KEPT)
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
    table = text.split(gate_calibration.BEGIN)[1].split(gate_calibration.END)[0]
    for _, row in FOUND.iterrows():
        assert f"| {' | '.join(gate_calibration.cells(row))} |" in table
    assert Path(gate_calibration.KEPT).stat().st_size < 5000
