"""How much each option of a full grid matters: functional analysis of variance of scores over the grid.

The mean score of each setting is split into what each option alone and each pair of options adds, with all levels of an option
weighted alike: Hooker, JCGS 16, 2007; for hyperparameters Hutter, Hoos and Leyton-Brown, ICML 2014, on a model where this has the
grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from nasbed.errors import OptionError
from nasbed.statistics.estimators import shares_in_blocks
from nasbed.statistics.spread import varies

RESAMPLES = 1_000
_SEED = 0x6E617362


class Share(NamedTuple):
    """The share of the variance between settings that the options of ``of`` (one or two places of the grid) explain, beyond what
    fewer of them do; ``noise`` is what chance alone would put there, and ``resampled`` what the share is without chance with
    resampled seeds, (resamples,).
    """

    of: tuple[int, ...]
    share: float
    noise: float
    resampled: np.ndarray

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval over seeds of the share that is not chance, widened to the share that was observed."""
        low, high = np.quantile(self.resampled, [(1 - level) / 2, (1 + level) / 2])
        return min(float(low), self.share), max(float(high), self.share)


def mean_share(several: Sequence[Share]) -> Share:
    """The mean over benchmarks of the share of the same options, with the mean of each resample."""
    share, noise = (float(np.mean([getattr(one, name) for one in several])) for name in ("share", "noise"))
    return Share(several[0].of, share, noise, np.mean([one.resampled for one in several], axis=0))


def shares(scores: np.ndarray, resamples: int = RESAMPLES) -> list[Share]:
    """The share of each option and each pair, of scores (seeds, levels of the first option, levels of the second, ...).

    Seeds are common to all settings, and drawn anew for all alike. Shares add up to 1 with those of three options and more, and
    are ``nan`` where no setting differs. Raises :class:`~nasbed.errors.OptionError`.

    >>> found = shares(np.array([[[0.0, 0.0], [2.0, 2.0]], [[0.0, 0.0], [2.0, 2.0]]]))
    >>> [(one.of, one.share) for one in found]
    [((0,), 1.0), ((1,), 0.0), ((0, 1), 0.0)]
    """
    if scores.ndim < 2 or np.isnan(scores).any() or len(scores) < 2:
        raise OptionError(
            f"scores of the shape {scores.shape}; expected (seeds, levels, ...) of two seeds or more, none missing"
        )
    rng = np.random.Generator(np.random.PCG64(_SEED))
    flat = scores.reshape(len(scores), -1)
    drawn = np.concatenate([weights @ flat for weights in shares_in_blocks(rng, resamples, len(scores))])
    observed, every = _variances(flat.mean(axis=0).reshape(1, *scores.shape[1:]))
    resampled, every_resampled = _variances(drawn.reshape(-1, *scores.shape[1:]))
    settings, error = flat.shape[1], _error(flat)
    total = float(every[0]) if varies(flat.mean(axis=0), scale=np.abs(flat).max()) else 0.0
    rows = []
    for of, (variance,) in observed.items():
        if not total:
            rows.append(Share(of, np.nan, np.nan, np.full(resamples, np.nan)))
            continue
        chance = error * float(np.prod([scores.shape[1 + place] - 1 for place in of])) / settings
        left = _without_chance(resampled[of], chance, every_resampled, error * (settings - 1) / settings)
        rows.append(Share(of, float(variance / total), min(1.0, chance / total), left))
    return rows


def _without_chance(variance: np.ndarray, chance: float, every: np.ndarray, chance_of_every: float) -> np.ndarray:
    """The shares of ``variance`` in ``every`` of resamples, without what chance has put into each.

    It is in there twice: the means of the sample have it, and resampling adds it once more. Where less than that is left of all
    variance, any is all of it.
    """
    left, of = np.maximum(variance - 2 * chance, 0.0), every - 2 * chance_of_every
    found: np.ndarray = np.clip(np.divide(left, of, out=(left > 0).astype(float), where=of > 0), 0.0, 1.0)
    return found


def _variances(means: np.ndarray) -> tuple[dict[tuple[int, ...], np.ndarray], np.ndarray]:
    """The variance that each option and pair adds in each table of means, (tables, levels, ...), and that between settings."""
    places = range(means.ndim - 1)
    centred = means - means.mean(axis=tuple(1 + place for place in places), keepdims=True)
    effects: dict[tuple[int, ...], np.ndarray] = {}
    for of in [(place,) for place in places] + list(combinations(places, 2)):
        others = tuple(1 + place for place in places if place not in of)
        effect = centred.mean(axis=others, keepdims=True)
        effects[of] = effect - sum(effects[(place,)] for place in of) if len(of) > 1 else effect
    every = tuple(range(1, means.ndim))
    return {of: (effect**2).mean(axis=every) for of, effect in effects.items()}, (centred**2).mean(axis=every)


def _error(flat: np.ndarray) -> float:
    """The variance of the mean of a setting over seeds, free of what a seed does to all settings alike, of (seeds, settings)."""
    seeds, settings = flat.shape
    left = flat - flat.mean(axis=0) - flat.mean(axis=1, keepdims=True) + flat.mean()
    return float((left**2).sum() / ((seeds - 1) * max(1, settings - 1)) / seeds)


def best_settings(scores: np.ndarray, resamples: int = RESAMPLES) -> tuple[int, np.ndarray]:
    """The setting with the lowest mean, and of each the share of resamples of seeds in which it is that, of (seeds, settings)."""
    rng = np.random.Generator(np.random.PCG64(_SEED))
    drawn = np.concatenate([weights @ scores for weights in shares_in_blocks(rng, resamples, len(scores))])
    wins = np.bincount(drawn.argmin(axis=1), minlength=scores.shape[1]) / resamples
    return int(scores.mean(axis=0).argmin()), wins
