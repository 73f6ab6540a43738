"""Covariances kept as two factors against all pairs of rows, for lists that are full, with holes, and of single rows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nasbed.strategies.models.covariances import Covariances


def one_hot(codes: np.ndarray) -> np.ndarray:
    return np.concatenate([np.eye(4)[column] for column in codes.T], axis=1).astype(np.float32)


FULL = np.array(list(itertools.product(range(4), repeat=4)))
RNG = np.random.default_rng(0)
LISTS = {
    "full": one_hot(FULL),
    "shuffled": one_hot(RNG.permutation(FULL)),
    "holes": one_hot(FULL[FULL.sum(axis=1) % 3 > 0]),
    "few": one_hot(RNG.permutation(FULL)[:30]),
    "no one-hot": RNG.random((40, 5)).astype(np.float32),
}


def brute(features: np.ndarray, relevances: np.ndarray, places: list[int]) -> np.ndarray:
    """The covariances of each training with each architecture, one pair after another."""
    squares = (features[places][:, None].astype(float) - features[None]) ** 2
    return np.asarray(np.exp(-squares @ relevances))


@pytest.mark.parametrize("name", LISTS)
def test_sums_over_trainings_are_those_of_all_pairs_of_rows(name: str) -> None:
    features, rng = LISTS[name], np.random.default_rng(1)
    covariances, places = Covariances(features), list[int]()
    for relevances in rng.uniform(0.05, 0.5, (2, features.shape[1])):
        covariances.scale(relevances, places)
        for more in (list(rng.integers(0, len(features), 7)), [3], [3], list(rng.integers(0, len(features), 70))):
            covariances.extend(more)
            places += more
            kernel, size = brute(features, relevances, places), len(places)
            weights, triangle = rng.normal(size=size), np.tril(rng.normal(size=(size, size)))
            assert covariances.at(5) == pytest.approx(kernel[:, 5])
            assert covariances.at([7, 2, 2]) == pytest.approx(kernel[:, [7, 2, 2]])
            assert covariances.combined(weights) == pytest.approx(weights @ kernel)
            assert covariances.combined(weights.astype(np.float32)) == pytest.approx(weights @ kernel, abs=1e-4)
            assert covariances.squares(triangle) == pytest.approx(((triangle @ kernel) ** 2).sum(axis=0), rel=1e-4)
        del places[20:]


def test_trainings_of_the_same_parts_take_no_more_rows() -> None:
    covariances = Covariances(LISTS["full"])
    covariances.scale(np.full(16, 0.1), [0, 1, 16, 17, 0])  # two first parts, and two others
    assert (covariances._first.count, covariances._second.count) == (2, 2)
    assert covariances.at(0).shape == (5,)
