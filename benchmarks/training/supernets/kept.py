"""Supernets that have been trained, as a search asks for them; in a folder none is trained twice."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.chain import ChainSpace
from nasbed.benchmarks.training.local.trainings import ENDED, NO_NUMBER, MadeTraining, TrainingTable
from nasbed.benchmarks.training.supernets.plan import VERSION, SupernetPlan
from nasbed.errors import BenchmarkError, BudgetError, unknown
from nasbed.streams import stream
from nasbed.vocabulary import Arch, SharedWeights

if TYPE_CHECKING:
    from nasbed.benchmarks.training.supernets.training import SupernetTraining

_PATIENCE = 20.0
"""Seconds of training after which a checkpoint is written."""
_CLEARLY = 1.5
"""How many times a budget the lower of two estimates must be for nothing to be trained."""
_QUERIES = 8
"""Architectures that are scored after the training to know what a query takes."""


def plan_of(weights: SharedWeights) -> SupernetPlan:
    """The plan that shared weights name.

    Raises :class:`~nasbed.errors.OptionError` and :class:`~nasbed.errors.UnknownNameError` for what is no method, and for a setting
    that the method has not.
    """
    settings = dict(weights.settings)
    known = [field.name for field in fields(SupernetPlan)[1:]]
    for name in settings:
        if name not in known:
            raise unknown("setting", name, known, f"a supernet trained by {weights.method}")
    return SupernetPlan(weights.method, **settings)


@dataclass(frozen=True, eq=False)
class SupernetRequest:
    """A supernet that is wanted: ``space`` and ``data`` are those of
    :class:`~nasbed.benchmarks.training.supernets.training.SupernetTraining`. ``scale`` turns seconds of the CPU here into those of
    the clock of a search.
    """

    plan: SupernetPlan
    space: NetworkShape | ChainSpace
    data: Any
    seed: int
    scale: float = 1.0
    device: str = "cpu"

    def trained(self, folder: Path | str | None, seconds: float = math.inf) -> KeptSupernet:
        """Train it, or find it in ``folder``; while another process trains it there, this one waits.

        Raises :class:`~nasbed.errors.BudgetError` where it takes more than so many ``seconds`` of the clock: before anything is
        trained where that is clear from a few steps that are tried, else after the first epoch;
        :class:`~nasbed.errors.DataError` for a damaged file in the folder, and :class:`~nasbed.errors.StoreError` where nothing can
        be written.
        """
        from nasbed.benchmarks.training.supernets.training import SupernetTraining

        training = SupernetTraining(self.plan, self.space, self.data, self.seed, self.device)
        if folder is None:
            return KeptSupernet(self._train(training, seconds), training, self.scale)
        table, identity = TrainingTable(folder), {"version": VERSION, **training.identity()}
        weights = table.path(identity, "weights")

        def make(checkpoint: Path) -> MadeTraining:
            if checkpoint.exists():
                training.load(checkpoint)
            made = self._train(training, seconds, checkpoint)
            training.save(weights)
            return made

        made, is_new = table.made(identity, self.plan.epochs, make)
        if not is_new:
            self._require_affordable(sum(made.seconds), made.made["epochs"], seconds, "as they did before")
        return KeptSupernet(made, training, self.scale, None if is_new else weights)

    def _train(self, training: SupernetTraining, seconds: float, checkpoint: Path | None = None) -> MadeTraining:
        from nasbed.benchmarks.training.device import load_torch, trainer_of

        load_torch()
        clock, certain = self._clock, self.plan.certain_epochs
        self._require_promising(training, seconds)
        begun, saved = clock(), time.perf_counter()

        def ended() -> None:
            nonlocal begun, saved
            training.seconds[-1] = clock() - begun
            if training.epoch == 1:
                self._require_affordable(training.seconds[0] * certain, certain, seconds, "by the first of them")
            if checkpoint is not None and not training.ended and time.perf_counter() - saved > _PATIENCE:
                training.save(checkpoint)
                saved = time.perf_counter()
            begun = clock()

        training.run(after=ended)
        made: dict[str, Any] = {
            "trainer": trainer_of(self.device),
            "epochs": training.epoch,
            "trajectory": np.round(training.trajectory, 5).tolist(),
        }
        if not training.failed:
            made["derived"] = list(training.derived())
            training.seconds.append(clock() - begun)  # candidates are scored in it
            made["query seconds"] = [self._query(training, on_batch) for on_batch in (False, True)]
        losses: list[float | None] = [one if math.isfinite(one) else None for one in training.losses]
        outcome = NO_NUMBER if training.failed else ENDED
        return MadeTraining(self.plan.epochs, outcome, {"train": {"loss": losses}}, list(training.seconds), made=made)

    def _query(self, training: SupernetTraining, on_batch: bool) -> float:
        """The seconds of a query, the mean over some random architectures."""
        rng = stream(self.seed, "supernet", "queries")
        archs = [training.network.sample(rng) for _ in range(_QUERIES + 1)]
        training.inherited(archs.pop(), on_batch)  # warms up
        began = self._clock()
        for arch in archs:
            training.inherited(arch, on_batch)
        return (self._clock() - began) / len(archs)

    @property
    def _clock(self) -> Callable[[], float]:
        """What seconds are read from: those of the CPU, or with a GPU the wall clock."""
        return time.process_time if self.device == "cpu" else time.perf_counter

    def _require_promising(self, training: SupernetTraining, seconds: float) -> None:
        """Refuse before anything is trained what clearly takes more than so many seconds of the clock."""
        from nasbed.benchmarks.training.supernets.estimate import least_seconds

        certain = self.plan.certain_epochs
        if training.epoch:
            mean = sum(training.seconds) / training.epoch
            self._require_affordable(mean * certain, certain, seconds, f"by {training.epoch} of them that are there")
        elif math.isfinite(seconds):
            what = self.plan, self.space, training.data, self.seed, self.device, self._clock
            needed, most = least_seconds(*what), seconds * _CLEARLY / self.scale
            if needed > most and (needed := min(needed, least_seconds(*what))) > most:
                self._require_affordable(needed, certain, seconds, "estimated from a few steps; nothing was trained")

    def _require_affordable(self, needed: float, epochs: int, seconds: float, known: str) -> None:
        """Refuse so many ``epochs`` that need more than so many ``seconds`` of the clock; ``known`` says how that is known."""
        clock, plan = needed * self.scale, self.plan
        if clock <= seconds:
            return
        part = "" if epochs == plan.epochs else f"first {epochs} of "
        raise BudgetError(
            f"a budget of {seconds:,.6g} seconds is below the training of the supernet by {plan.method}, whose {part}{plan.epochs}"
            f" epochs take about {clock:,.3g} s ({known}); give more, or ask for fewer epochs"
        )


class KeptSupernet:
    """A trained supernet; its seconds are those of the clock of a search."""

    def __init__(
        self, made: MadeTraining, training: SupernetTraining, scale: float, weights: Path | None = None
    ) -> None:
        self._made, self._scale = made, scale
        self._training, self._weights = training, weights
        self.seconds = sum(made.seconds) * scale

    @property
    def derived(self) -> Arch:
        """The architecture in which the training ended; raises :class:`~nasbed.errors.BenchmarkError` where it failed."""
        if self._made.outcome != ENDED:
            raise BenchmarkError(
                f"the loss of the supernet became no number in epoch {self._made.made['epochs']}, so that its training ends in no"
                " architecture; use a lower learning rate"
            )
        return tuple(self._made.made["derived"])

    def query_seconds(self, on_batch: bool) -> float:
        """The seconds of a query."""
        found: list[float] = self._made.made.get("query seconds", [0.0, 0.0])
        return found[on_batch] * self._scale

    def inherited(self, arch: Arch, on_batch: bool) -> float:
        """The accuracy of an architecture with the weights of the supernet, in percent; ``nan`` where its training failed."""
        if self._made.outcome != ENDED:
            return math.nan
        if self._weights is not None:
            self._training.load(self._weights)
            self._weights = None
        return self._training.inherited(arch, on_batch)
