"""The shipped table of real trainings is what its trainer gives, to the last epoch: minutes on one core.

tests/benchmarks/test_digits201.py trains the first epochs, in which a wrong recipe, split or network shows as well.
"""

from __future__ import annotations

import numpy as np
import pytest

from nasbed.benchmarks import Digits201
from nasbed.landscape.measures import rank_correlation

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def table() -> Digits201:
    return Digits201(epochs=range(1, 13), objectives=["accuracy", "loss", "flops"])


@pytest.mark.parametrize("seed", [0, 2])
def test_the_trainer_gives_the_numbers_of_the_table(table: Digits201, seed: int) -> None:
    pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")
    pytest.importorskip("sklearn", reason="needs scikit-learn: pip install '.[train]'")
    from nasbed.benchmarks.training.images.table import digits
    from nasbed.benchmarks.training.images.table.plan import TrainingPlan
    from nasbed.benchmarks.training.images.table.trainer import TrainingState

    plan = TrainingPlan.parse(table.manifest.study)
    cells, _ = plan.rows()
    rows = [40, 1_700, 3_100, 4_900]
    values = TrainingState([cells[row] for row in rows], plan.shape, plan.recipe, seed, digits.splits()).run().values
    for split, images in digits.SIZES.items():
        losses = table.manifest.opened(table.manifest.column("digits", "loss", split, 12))[rows, seed]
        counts = table.manifest.opened(table.manifest.column("digits", "accuracy", split, 12))[rows, seed].astype(int)
        assert values[split]["loss"][:, 0] == pytest.approx(losses[:, 0].astype(float), rel=0.02), split
        assert np.abs(values[split]["correct"][:, 0] - counts[:, 0]).max() <= 0.02 * images
        # Rounding grows along a training; at its end the numbers agree as two seeds of a network do, or better.
        assert np.abs(values[split]["correct"][:, -1] - counts[:, -1]).max() <= 0.08 * images
        assert rank_correlation(values[split]["loss"][:, -1], losses[:, -1].astype(float)) > 0.7
