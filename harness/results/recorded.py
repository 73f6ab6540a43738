"""Whether the values of a frame are what a benchmark has recorded of their architectures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

import numpy as np

from nasbed.errors import OptionError
from nasbed.searches.columns import ARCHITECTURE, EPOCHS, VALUE
from nasbed.searches.oracles import answering
from nasbed.searches.referees import refereed
from nasbed.statistics.recorded import mean_of_runs
from nasbed.vocabulary import Benchmark, Objective, is_enumerable
from nasbed.vocabulary.noise import recorded_run

_ROUNDING = 0.01
"""How far beyond the recorded range a value may lie, as a share of that range."""
_ROUNDED = 1e-3
"""How far from a recorded value one may lie, as a share of the recorded range: values are often rounded."""


def require_recorded(
    columns: Mapping[str, np.ndarray], places: Sequence[int], benchmark: Benchmark, noise: str
) -> None:
    """Values of every objective that there is must be those that the benchmark has recorded of their architectures, in natural
    numbers; where it lists none, those of the first lie on the side of 0 on which its noise-free values lie.
    """
    for place, objective in enumerate(benchmark.objectives):
        name = objective.name if place else VALUE.name
        if name in columns:
            of = {
                EPOCHS.name: columns[EPOCHS.name],
                ARCHITECTURE.name: columns[ARCHITECTURE.name],
                VALUE.name: columns[name],
            }
            _require_objective(of, places, _Of(benchmark, place, name), noise)


class _Of(NamedTuple):
    """An objective of a benchmark, by its place, and the name of its column."""

    benchmark: Benchmark
    place: int
    column: str

    @property
    def objective(self) -> Objective:
        return self.benchmark.objectives[self.place]


def _require_objective(columns: Mapping[str, np.ndarray], places: Sequence[int], of: _Of, noise: str) -> None:
    """The same of one objective."""
    values, unit = columns[VALUE.name], of.objective.unit
    for epochs in np.unique(columns[EPOCHS.name]).tolist():
        here = np.flatnonzero((columns[EPOCHS.name] == epochs) & np.isfinite(values))
        found, own, complete = _recorded(of, epochs, columns[ARCHITECTURE.name][here])
        if not len(here) or not np.isfinite(found).any():
            continue
        low, high = float(np.nanmin(found)), float(np.nanmax(found))
        room = _ROUNDING * (high - low) or 1e-6 * abs(high)
        outside = (values[here] < low - room) | (values[here] > high + room)
        remedy = ""
        if _nearer(-1, values[here], own):
            remedy = "its sign is turned: give natural numbers, -outcome.value of a minimised objective, or those of result.frame()"
        elif unit == "%" and (values[here] <= 1).all() and _nearer(100, values[here], own):
            remedy = "these are fractions: give natural numbers, multiplied by 100"
        elif complete and outside.any():
            remedy = f"give natural numbers, in {unit}, as those of result.frame()"
        if remedy:
            place = int(here[outside.argmax()])
            _impossible(places[place], float(values[place]), epochs, (low, high), of, remedy)
        if complete:
            answers = _under(own, noise)
            if not answers.shape[1]:
                raise OptionError(
                    f"noise = {noise!r}: {of.benchmark.label} has no such run of {epochs} epochs; it has 0 .. {own.shape[1] - 1}"
                )
            _require_answered(columns, here, places, epochs, answers, (high - low, room), of, noise)


def _under(own: np.ndarray, noise: str) -> np.ndarray:
    """What a noise protocol can answer of architectures, (architectures, answers), from what was recorded of them."""
    run = recorded_run(noise)
    if own.shape[1] == 1 or (run is None and noise != "mean"):
        return own
    if run is not None:
        return own[:, run : run + 1]
    return _means(own)[:, None]


def _means(recorded: np.ndarray) -> np.ndarray:
    """The mean over the runs of each architecture that were made and did not fail."""
    return mean_of_runs(np.where(np.isfinite(recorded), recorded, np.nan))


def _require_answered(
    columns: Mapping[str, np.ndarray],
    here: np.ndarray,
    places: Sequence[int],
    epochs: int,
    answers: np.ndarray,
    scale: tuple[float, float],
    of: _Of,
    noise: str,
) -> None:
    """Each value of the rows ``here`` is one of the ``answers`` for its architecture, but for an error of rounding."""
    values, (extent, least) = columns[VALUE.name][here], scale
    away = np.abs(values[:, None] - answers)
    away[np.isnan(away)] = np.inf
    off = away.min(axis=1, initial=np.inf) > (_ROUNDED * extent or least)
    if not off.any():
        return
    place = int(off.argmax())
    nearest = float(answers[place, away[place].argmin()]) if np.isfinite(away[place]).any() else float("nan")
    objective, space = of.objective, of.benchmark.space
    architecture = space.format(space.at(int(columns[ARCHITECTURE.name][here[place]])))
    held = f"nearest {nearest:.6g}" if nearest == nearest else "none: it failed, which is nan"
    raise OptionError(
        f"row {places[here[place]]} of the frame, column {of.column!r}: {values[place]:.6g}; expected what {of.benchmark.label}"
        " recorded of"
        f" {architecture} after {epochs} epochs under noise = {noise!r} ({objective.name}, {objective.unit}; {held}); give the"
        " values that the search saw, and the noise, dataset and epochs of the search"
    )


def _nearer(factor: float, values: np.ndarray, recorded: np.ndarray) -> bool:
    """Whether values are nearer to the mean of what was recorded of the same architectures when they are multiplied."""
    mean = np.nan_to_num(_means(recorded))
    return float(np.abs(factor * values - mean).sum()) < float(np.abs(values - mean).sum())


def _recorded(of: _Of, epochs: int, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """What was recorded of an objective at a fidelity, in natural numbers, (architectures, runs): of all architectures, and
    of those that are ``asked`` for; and whether that is all that a search can have seen. Where a space has no list, all are those
    that are asked for.
    """
    benchmark, objective, space = of.benchmark, of.objective, of.benchmark.space
    with answering(benchmark, "recorded()"):
        found = benchmark.recorded(epochs)
        if found is not None:
            every = objective.natural(np.asarray(found[0][of.place], dtype=float))
            return every, every[asked], True
    if of.place or (referee := refereed(benchmark)) is None:
        return np.full((1, 1), np.nan), np.full((len(asked), 1), np.nan), False
    index = np.arange(len(space)) if is_enumerable(space) else asked
    every = objective.natural(referee.validation(index))[:, None]
    return every, every[asked] if is_enumerable(space) else every, False


def _impossible(row: int, value: float, epochs: int, ends: tuple[float, float], of: _Of, remedy: str) -> NoReturn:
    (low, high), objective = ends, of.objective
    raise OptionError(
        f"row {row} of the frame, column {of.column!r}: {value:g}; expected {objective.name} ({objective.unit},"
        f" {'higher' if objective.maximise else 'lower'} is better) from {low:.6g} to {high:.6g}, the range that"
        f" {of.benchmark.label} recorded after {epochs} epochs; {remedy}"
    )
