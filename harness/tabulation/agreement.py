"""Whether a table and the trainer that made it agree: a random sample is trained again with seeds that the table lacks."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nasbed.engines.engine import Engine
from nasbed.errors import DataError, Interrupted, OptionError, shown
from nasbed.numeric import require_seed, whole
from nasbed.progress import Progress
from nasbed.streams import stream
from nasbed.tabulation.tabulate import engine_on, train_shards

if TYPE_CHECKING:
    from nasbed.benchmarks.tables.manifest import Manifest
    from nasbed.benchmarks.training.plans import TablePlan

_LEVEL, _NOISE, _RANKS = 0.01, 1.5, 0.05
"""What is tolerated: a bias that a t-test between seeds does not find at this level, a deviation 1.5 times the expected one, and
a rank correlation 0.05 below that of the table's own runs."""
_FEW = 48
"""Functions below which a table that is right is often disagreed with."""


@dataclass(frozen=True)
class Agreement:
    """Final test accuracies of ``sample`` functions trained anew with ``seeds``, compared with the table's, in percent points.

    ``bias`` is the mean of new minus table. Networks of a seed share initial weights and the order of images, so the seeds, not
    the networks, are the block: ``tolerated`` is the largest bias that Student's t-test of the seeds' means (two samples, equal
    variance) accepts at the level 0.01. With the seeds' means subtracted, ``noise`` is the standard deviation between the
    table's seeds, pooled over the sample; ``deviation`` is the root mean square of new mean minus table mean, and ``expected``
    is the deviation that the noise alone gives. ``correlation`` is the mean Spearman correlation of each new seed with the
    table's mean, ``own`` that of each run of the table with the mean of the others.
    """

    sample: int
    seeds: tuple[int, ...]
    bias: float
    tolerated: float
    noise: float
    deviation: float
    expected: float
    correlation: float
    own: float

    @property
    def agrees(self) -> bool:
        """Whether bias, deviation and ranks lie within the noise between seeds."""
        return (
            abs(self.bias) <= self.tolerated
            and self.deviation <= _NOISE * self.expected
            and self.correlation >= self.own - _RANKS
        )

    def __str__(self) -> str:
        seeds = ", ".join(map(str, self.seeds))
        return "\n".join(
            [
                f"{self.sample} functions trained again with seeds {seeds}: the table"
                f" {'agrees within' if self.agrees else 'DISAGREES beyond'} the noise between seeds",
                f"bias {round(self.bias, 2) + 0.0:+.2f} points (tolerated: {self.tolerated:.2f},"
                f" t-test between seeds at {_LEVEL:g})",
                f"typical deviation {self.deviation:.2f} points, the seeds' means taken out"
                f" (noise alone: {self.expected:.2f}; tolerated: {_NOISE:g} times that)",
                f"Spearman {self.correlation:.3f} with the table (a run of the table with the others: {self.own:.3f};"
                f" tolerated: {_RANKS:g} less)",
                *([f"fewer than {_FEW} functions: chance alone may disagree; take more"] if self.sample < _FEW else []),
            ]
        )


def agree(
    folder: Path | str | None = None,
    *,
    sample: int = 48,
    seeds: int = 3,
    first_seed: int = 1000,
    engine: str = "here",
    device: str = "auto",
    progress: Progress | None = None,
) -> Agreement:
    """Train a random sample of the functions in a table again with seeds that it lacks, and compare test accuracies.

    ``folder`` is a table that :func:`nasbed.tabulate` wrote, the shipped ``digits201`` by default. Raises
    :class:`~nasbed.errors.DataError` for a table that does not say how it was trained, or has one run only, and
    :class:`~nasbed.errors.OptionError` for a sample below three or larger than the table, fewer than two seeds, and seeds of the
    table.
    """
    from nasbed.benchmarks.training.device import device_of
    from nasbed.benchmarks.training.plans import parse_plan

    device = device_of(device)
    manifest = trained_table(folder)
    if not manifest.study:
        raise DataError(f"{manifest.name} does not say how it was trained; expected a table of nasbed tabulate")
    plan = parse_plan(manifest.study, str(manifest.folder))
    if len(manifest.runs) < 2:
        raise DataError(f"{manifest.name} has one run, so its noise is not known; tabulate with seeds = 2 or more")
    if (size := whole(sample)) is None or not 3 <= size <= manifest.architectures:
        raise OptionError(
            f"sample = {shown(sample)}; expected a whole number in 3 .. {manifest.architectures:,}, the functions of"
            f" {manifest.name}"
        )
    if (count := whole(seeds)) is None or not 2 <= count <= 1000:
        raise OptionError(
            f"seeds = {shown(seeds)}; expected a whole number in 2 .. 1,000: the noise between seeds is the yardstick"
        )
    first = require_seed(first_seed, "first_seed")
    numbers = range(first, first + count)
    if taken := [str(seed) for seed in numbers if str(seed) in manifest.runs]:
        raise OptionError(
            f"seed {taken[0]} is one of the table's ({', '.join(manifest.runs)}); choose others with first_seed (--first-seed)"
        )
    order = list(range(manifest.architectures))
    stream(first, "agreement", "sample").shuffle(order)
    rows = sorted(order[:size])
    with engine_on(device, engine) as opened:
        values = _trained(plan, manifest, rows, numbers, opened, device, progress)
    column = manifest.column(plan.data, "accuracy", "test", plan.recipe.epochs)
    return compare(manifest.read(column, plan.recipe.epochs)[rows], values, numbers)


def trained_table(folder: Path | str | None) -> Manifest:
    """The manifest of the table in a folder that ``nasbed tabulate`` wrote; of the shipped ``digits201`` where there is none."""
    from nasbed.benchmarks.tables import home
    from nasbed.benchmarks.tables.manifest import Manifest

    return home.load("digits201") if folder is None else Manifest.load(folder)


def compare(table: np.ndarray, new: np.ndarray, seeds: Sequence[int]) -> Agreement:
    """The comparison of accuracies in percent, (architectures, runs): those of a table and those of new ``seeds``."""
    from scipy.stats import t

    from nasbed.landscape.measures import rank_correlation
    from nasbed.statistics.precision import settled

    def number(value: float | np.floating[Any]) -> float:
        """Without errors of rounding, so that accuracies without noise are told apart from others exactly."""
        return float(settled(np.asarray(value), table, new))

    runs, more = table.shape[1], new.shape[1]
    both = 1 / runs + 1 / more
    mean, levels, others = table.mean(axis=1), table.mean(axis=0), new.mean(axis=0)
    bias = number(others.mean() - levels.mean())
    freedom = runs + more - 2
    pooled = (((levels - levels.mean()) ** 2).sum() + ((others - others.mean()) ** 2).sum()) / freedom
    noise = number(np.sqrt((table - levels).var(axis=1, ddof=1).mean()))
    own = [rank_correlation(table[:, run], np.delete(table, run, axis=1).mean(axis=1)) for run in range(runs)]
    return Agreement(
        sample=len(new),
        seeds=tuple(seeds),
        bias=bias,
        tolerated=number(t.ppf(1 - _LEVEL / 2, freedom) * np.sqrt(pooled * both)),
        noise=noise,
        deviation=number(np.sqrt(((new.mean(axis=1) - mean - bias) ** 2).mean())),
        expected=noise * float(np.sqrt(both)),
        correlation=float(np.mean([rank_correlation(one, mean) for one in new.T])),
        own=float(np.mean(own)),
    )


def _trained(
    plan: TablePlan,
    manifest: Manifest,
    rows: list[int],
    seeds: Sequence[int],
    engine: Engine,
    device: str,
    progress: Progress | None,
) -> np.ndarray:
    """Final test accuracies of some rows of the table, in percent, (architectures, seeds)."""
    from nasbed.benchmarks.training.plans import assembly_of

    if plan.networks != manifest.architectures:
        raise DataError(
            f"{manifest.name} holds {manifest.architectures:,} functions, its plan {plan.networks:,}; it is damaged"
        )
    made = assembly_of(plan)
    parts = made.again(plan, rows, seeds, engine.workers)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if not train_shards(parts, folder, engine, device, progress):
            raise Interrupted("stopped")
        found: np.ndarray = made.finals(parts, folder)
    return found
