"""The constants of the group-sequential test: the design's table, published ones, and a simulation."""

from __future__ import annotations

import numpy as np
import pytest

from nasbed.errors import OptionError
from nasbed.gate.boundaries import boundaries, crossing, height


@pytest.mark.parametrize(("alpha", "c1", "c2"), [(0.045, 1.926, 1.694), (0.0225, 2.197, 1.708), (0.0075, 2.582, 1.723)])
def test_the_constants_are_those_of_the_design(alpha: float, c1: float, c2: float) -> None:
    found = boundaries(alpha, 0.08)
    assert (found.c1, found.c2) == (pytest.approx(c1, abs=6e-4), pytest.approx(c2, abs=6e-4))


@pytest.mark.parametrize(
    ("shape", "constant"),
    [(0.0, 2.040), (0.25, 2.136), (0.5, 2.413)],
    ids=["O'Brien-Fleming", "Wang-Tsiatis", "Pocock"],
)
def test_published_constants_of_five_looks_spend_a_fortieth_on_each_side(shape: float, constant: float) -> None:
    # Jennison and Turnbull, Group Sequential Methods (2000), tables 2.1, 2.3 and 2.9: two-sided tests at 5 %.
    upper, _ = crossing(constant, 0.0, 0.0, looks=5, shape=shape, futility=False)
    assert upper == pytest.approx(0.025, abs=1e-4)


def test_one_look_is_the_ordinary_test() -> None:
    found = boundaries(0.05, 0.1, looks=1)
    assert (found.c1, found.c2) == (pytest.approx(1.6449, abs=1e-4), pytest.approx(1.2816, abs=1e-4))


def test_a_simulation_of_random_walks_crosses_as_often() -> None:
    found, looks, walks = boundaries(0.045, 0.08), 20, 100_000
    rng = np.random.Generator(np.random.PCG64(1))
    share = np.arange(1, looks + 1) / looks
    noise = rng.normal(size=(walks, looks)).cumsum(axis=1) / np.sqrt(np.arange(1, looks + 1))
    for drift, rejected in ((0.0, 0.045), (found.drift, 0.92)):
        z = noise + drift * np.sqrt(share)
        above = z >= height(found.c1, share)
        below = found.drift * np.sqrt(share) - z >= height(found.c2, share)
        assert (above | below).any(axis=1).all()
        first = np.where(above.any(axis=1), above.argmax(axis=1), looks)
        lost = np.where(below.any(axis=1), below.argmax(axis=1), looks)
        assert (first <= lost).mean() == pytest.approx(rejected, abs=4 * np.sqrt(0.08 / walks))


@pytest.mark.parametrize(("alpha", "beta", "looks"), [(0.0, 0.1, 20), (0.05, 0.5, 20), (0.05, 0.1, 0)])
def test_impossible_probabilities_are_refused(alpha: float, beta: float, looks: int) -> None:
    with pytest.raises(OptionError, match="expected probabilities between 0 and"):
        boundaries(alpha, beta, looks)
