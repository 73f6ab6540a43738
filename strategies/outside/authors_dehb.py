"""DEHB by the package of its authors (Awad, Mallik and Hutter, IJCAI 2021, arXiv:2105.09821), by its interface of ask and tell."""

from __future__ import annotations

import logging
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from nasbed.strategies.models.outside import OutsideSearch, OutsideStrategy, Parameters, Suggestion, configuration_space
from nasbed.vocabulary import Needs, Stream, Task, option


@dataclass(frozen=True)
class AuthorsDEHB(OutsideStrategy):
    """The package ``dehb``, for comparison with our own ``dehb``; tried with version 0.1.2.

    A decision is a categorical hyperparameter of ConfigSpace, or an integer where its values have an order. Defaults are the
    package's: rand/1/bin with a mutation factor and a crossover probability of 0.5, ``eta`` of 3, and immediate replacement. Its
    fidelities are a geometric ladder between the lowest and the highest of the task; each is trained as the highest fidelity of the
    task that does not exceed it, and promoted trainings are resumed where the task allows it. A failed training has an infinite
    loss. The package writes no log.
    """

    eta: int = option(3, "a rung has one in eta of the places of the one below", low=2)

    package: ClassVar[str] = "dehb"
    installed_by: ClassVar[str] = "nasbed[dehb]"
    distributions: ClassVar[tuple[str, ...]] = ("dehb", "ConfigSpace")

    @property
    def needs(self) -> Needs:
        """It needs the package, and fidelities that give two rungs at least."""
        return Needs(fidelity_ratio=self.eta, packages=super().needs.packages)

    def begin(self, task: Task, seed: int, rng: Stream) -> OutsideSearch:
        """An optimizer of the package's."""
        return _Search(self, task, seed)


class _Search(OutsideSearch):
    def __init__(self, options: AuthorsDEHB, task: Task, seed: int) -> None:
        from dehb import DEHB

        self._folder = tempfile.TemporaryDirectory()
        self._parameters, self._epochs = Parameters(task.space), task.epochs

        class Quiet(DEHB):  # type: ignore[misc]
            """The package's class without its log, which would change that of the whole process and start a thread."""

            def _setup_logger(self, resume: bool, given: dict[str, Any]) -> None:
                self.output_path = Path(given["output_path"])
                self.logger = logging.getLogger("dehb")

        self._dehb: Any = Quiet(
            cs=configuration_space(self._parameters, seed),
            min_fidelity=task.epochs[0],
            max_fidelity=task.epochs[-1],
            eta=options.eta,
            seed=seed,
            n_workers=1,
            save_freq="end",
            output_path=self._folder.name,
        )
        self._evaluated: dict[int, tuple[float, Any]] = {}

    def suggest(self) -> Suggestion:
        job = self._dehb.ask()
        arch = self._parameters.arch(job["config"][name] for name in self._parameters.names)
        epochs = max(one for one in self._epochs if one <= max(job["fidelity"] + 1e-9, self._epochs[0]))
        handle = _Job(job)
        before = self._evaluated.get(job["config_id"])
        self._evaluated[job["config_id"]] = epochs, handle
        after = before[1] if before is not None and before[0] < epochs else None
        return Suggestion(handle, arch, epochs, after)

    def report(self, handle: Any, told: tuple[float, ...]) -> None:
        self._dehb.tell(handle.job, {"fitness": told[0], "cost": 1.0})

    def report_failure(self, handle: Any) -> None:
        self.report(handle, (math.inf,))

    def close(self) -> None:
        self._folder.cleanup()


@dataclass(eq=False)
class _Job:
    """What the package wants to have trained; a handle that can be looked up."""

    job: dict[str, Any]
