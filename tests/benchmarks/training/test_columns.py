"""What every table of trainings holds, on numbers by hand: failed trainings, networks without seconds, and losses too large."""

from __future__ import annotations

import numpy as np
import pytest

from nasbed.benchmarks.training.columns import curves, timed
from nasbed.errors import DataError

NAN = float("nan")


def test_a_network_that_did_not_fit_is_as_slow_as_the_slowest() -> None:
    column, seconds = timed("digits", 12, np.array([0.5, NAN, 2.0]), "alone: PyTorch", "smaller batches")
    assert seconds.tolist() == [6.0, 24.0, 24.0]
    assert (column.unit, column.epochs) == ("s", 12)
    assert column.origin == "12 times one epoch, evaluation included, measured alone: PyTorch"


def test_where_nothing_fits_the_remedy_is_named() -> None:
    with pytest.raises(DataError, match=r"^no network fits into memory; use smaller batches$"):
        timed("digits", 12, np.full(3, NAN), "alone", "smaller batches")


def test_a_failed_training_has_classified_nothing_and_has_no_loss() -> None:
    correct, losses = np.array([[[3.0, NAN]]]), np.array([[[1e9, NAN]]])
    (accuracy, counts), (loss, halves) = curves("digits", 2, "test", "by hand", 4, correct, losses)
    assert counts.tolist() == [[[3, 0]]]
    assert (accuracy.images, accuracy.at, loss.images) == (4, [1, 2], 0)
    assert halves[0, 0, 0] == np.finfo(np.float16).max
    assert np.isnan(halves[0, 0, 1])
