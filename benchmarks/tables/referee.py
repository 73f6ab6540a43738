"""Noise-free scores of what a table holds, for after a search."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


class TableReferee:
    """Noise-free scores of the first objective at the end of the longest schedule.

    Validation is the mean over its runs. Test is the mean that the table reports, ``nan`` where it has none; where a
    table has no clean test, it is the mean over the runs other than the one that the search saw.
    """

    def __init__(
        self,
        validation: np.ndarray,
        test: np.ndarray,
        rows: np.ndarray | slice,
        *,
        runs: np.ndarray | None,
        classes: Sequence[int],
        seen: Callable[[str], np.ndarray],
        broken: np.ndarray | None = None,
    ) -> None:
        """``validation`` and ``test`` are of everything that the table holds, and ``rows`` of it are in the space; ``runs`` are the
        runs of each architecture of the space where it is judged on held-out ones. ``seen`` gives what exhaustive search may
        observe under a noise protocol, (architectures, runs). ``broken`` says by how much all that the table holds breaks its
        constraints: the best is that of what keeps to them, and exhaustive search finds nothing else.
        """
        kept = np.ones(len(validation), dtype=bool) if broken is None else broken == 0
        self._best = _highest(validation[kept]), _highest(test[kept])
        self._kept = kept[rows]
        self._validation, self._test, self._runs = validation[rows], test[rows], runs
        self._classes, self._seen = classes, seen

    def validation(self, index: np.ndarray) -> np.ndarray:
        """Mean validation value over the recorded runs."""
        return np.take(self._validation, index)

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        """Mean test value over the recorded runs; on held-out runs over those that did not give the value ``seen``."""
        test = np.take(self._test, index)
        if self._runs is None or seen is None:
            return test
        runs = np.take(self._runs, index)
        held_out: np.ndarray = np.where(runs > 1, (runs * test - seen) / np.maximum(runs - 1, 1), np.nan)
        return held_out

    def distinct(self, index: np.ndarray) -> np.ndarray:
        """The smallest index of an isomorphic architecture."""
        return np.take(np.array(self._classes), index)

    def best(self) -> tuple[float, float]:
        """The highest mean validation and the highest mean test value of everything that the table holds, ``nan`` without any."""
        return self._best

    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What exhaustive search may return, as arrays: the architecture, the value that it saw, and the probability.

        Every architecture is observed once under ``noise`` at the highest fidelity that the search is offered, and the
        highest observation wins; under ``draw`` exact but for the order of equal observations.
        """
        return exhaustive(np.where(self._kept[:, None], self._seen(noise), np.nan))


def _highest(values: np.ndarray) -> float:
    return float("nan") if np.isnan(values).all() else float(np.nanmax(values))


def exhaustive(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the highest of one draw for each architecture may be, from the equally likely ``values`` of each, (architectures,
    draws) and ``nan`` where there is none: the architecture, its value, and the probability.
    """
    rows, runs = np.nonzero(~np.isnan(values))
    share = 1.0 / np.maximum((~np.isnan(values)).sum(axis=1), 1)
    alive = np.ones(len(values))
    nobody_higher = 1.0
    found: list[tuple[int, float, float]] = []
    for place in np.argsort(-values[rows, runs], kind="stable").tolist():
        row = rows[place]
        found.append((row, values[row, runs[place]], nobody_higher / alive[row] * share[row]))
        nobody_higher *= (left := max(alive[row] - share[row], 0.0)) / alive[row]
        alive[row] = left
        if left < 1e-12:
            break
    index, seen, chance = zip(*found, strict=True)
    return np.array(index), np.array(seen), np.array(chance)
