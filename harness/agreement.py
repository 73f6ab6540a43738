"""Whether a table and the trainer that made it agree: a random sample is trained again with a seed that the table lacks."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nasbed.engines import completed, open_engine, parallelism
from nasbed.errors import DataError, Interrupted, OptionError
from nasbed.streams import stream
from nasbed.tabulation import Progress

if TYPE_CHECKING:
    from nasbed.benchmarks.tables.manifest import Manifest
    from nasbed.benchmarks.training.plan import Plan

_BIAS, _NOISE, _RANKS = 0.5, 1.25, 0.05
"""What is tolerated: a bias of half the sd between seeds, a deviation 1.25 times the expected one, and a rank correlation 0.05
below that of the table's own runs."""


@dataclass(frozen=True)
class Agreement:
    """Final test accuracies of ``sample`` functions trained anew with ``seed`` beside the table's, in percent points.

    ``bias`` is the mean of new minus table; ``noise`` the standard deviation between the table's seeds, pooled over the
    sample; ``deviation`` the root mean square of new minus the table's mean, ``expected`` what the noise alone gives;
    ``correlation`` Spearman's of new and table, ``own`` the mean Spearman of each run of the table and the mean of the
    others.
    """

    sample: int
    seed: int
    bias: float
    noise: float
    deviation: float
    expected: float
    correlation: float
    own: float

    @property
    def agrees(self) -> bool:
        """Whether bias, deviation and ranks lie within the noise between seeds."""
        return (
            abs(self.bias) <= _BIAS * self.noise
            and self.deviation <= _NOISE * self.expected
            and self.correlation >= self.own - _RANKS
        )

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{self.sample} functions trained again with seed {self.seed}: the table"
                f" {'agrees' if self.agrees else 'DISAGREES'} within the noise between seeds",
                f"bias {round(self.bias, 2) + 0.0:+.2f} points (tolerated: {_BIAS:g} of the sd between seeds, {self.noise:.2f})",
                f"typical deviation {self.deviation:.2f} points"
                f" (noise alone: {self.expected:.2f}; tolerated: {_NOISE:g} times that)",
                f"Spearman {self.correlation:.3f} with the table (a run of the table with the others: {self.own:.3f};"
                f" tolerated: {_RANKS:g} less)",
            ]
        )


def agree(
    folder: Path | str | None = None,
    *,
    sample: int = 48,
    seed: int = 1000,
    engine: str = "local:1",
    device: str = "auto",
    progress: Progress | None = None,
) -> Agreement:
    """Train a random sample of the functions in a table again with a seed that it lacks, and compare test accuracies.

    ``folder`` is a table that :func:`nasbed.tabulate` wrote, the shipped ``digits201`` by default. Raises
    :class:`~nasbed.errors.DataError` for a table that does not say how it was trained, or has one run only,
    :class:`~nasbed.errors.OptionError` for a sample below three or above what is there, and for a seed of the table.
    """
    from nasbed.benchmarks.tables import home
    from nasbed.benchmarks.tables.manifest import Manifest
    from nasbed.benchmarks.training.device import device_of
    from nasbed.benchmarks.training.plan import Plan

    engine, device = f"local:{parallelism(engine)}", device_of(device)
    manifest = home.load("digits201") if folder is None else Manifest.load(Path(folder))
    if not manifest.study:
        raise DataError(f"{manifest.name} does not say how it was trained; expected a table of nasbed tabulate")
    plan = Plan.parse(manifest.study, str(manifest.folder))
    if len(manifest.runs) < 2:
        raise DataError(f"{manifest.name} has one run, so its noise is not known; tabulate with seeds = 2 or more")
    if not isinstance(sample, int) or isinstance(sample, bool) or not 3 <= sample <= manifest.architectures:
        raise OptionError(
            f"sample = {sample!r}; expected a whole number in 3 .. {manifest.architectures:,}, the functions of {manifest.name}"
        )
    if str(seed) in manifest.runs:
        raise OptionError(f"seed {seed} is one of the table's ({', '.join(manifest.runs)}); choose another")
    order = list(range(manifest.architectures))
    stream(seed, "agreement", "sample").shuffle(order)
    rows = sorted(order[:sample])
    values = _trained(plan, manifest, rows, seed, engine, device, progress or (lambda label, done, total: None))
    column = manifest.column(plan.data, "accuracy", "test", plan.recipe.epochs)
    return compare(manifest.read(column, plan.recipe.epochs)[rows], values, seed)


def compare(table: np.ndarray, new: np.ndarray, seed: int) -> Agreement:
    """The comparison of accuracies in percent: those of a table, (architectures, runs), and new ones, (architectures,)."""
    from nasbed.analysis.landscape.measures import rank_correlation

    runs = table.shape[1]
    mean = table.mean(axis=1)
    noise = float(np.sqrt(table.var(axis=1, ddof=1).mean()))
    own = [rank_correlation(table[:, run], np.delete(table, run, axis=1).mean(axis=1)) for run in range(runs)]
    return Agreement(
        sample=len(new),
        seed=seed,
        bias=float((new - mean).mean()),
        noise=noise,
        deviation=float(np.sqrt(((new - mean) ** 2).mean())),
        expected=noise * float(np.sqrt(1 + 1 / runs)),
        correlation=rank_correlation(new, mean),
        own=float(np.mean(own)),
    )


def _trained(
    plan: Plan,
    manifest: Manifest,
    rows: list[int],
    seed: int,
    engine: str,
    device: str,
    report: Callable[[str, int, int], None],
) -> np.ndarray:
    """Final test accuracies of some rows of the table, in percent."""
    from nasbed.benchmarks.training import shards

    cells, _ = plan.rows()
    if len(cells) != manifest.architectures:
        raise DataError(
            f"{manifest.name} holds {manifest.architectures:,} functions, its plan {len(cells):,}; it is damaged"
        )
    size = max(1, min(plan.together, -(-len(rows) // parallelism(engine))))
    parts = [
        shards.Shard(
            number, tuple(cells[row] for row in rows[start : start + size]), seed, plan.shape, plan.recipe, timed=False
        )
        for number, start in enumerate(range(0, len(rows), size))
    ]
    begin, done = time.monotonic(), 0
    report("", done, len(rows))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        executor = open_engine(engine)
        try:
            calls = [(shard, (shard, folder, device)) for shard in parts]
            for shard, _ in completed(executor, shards.train, calls, 2 * parallelism(engine)):
                done += len(shard.archs)
                report(f"{done / (time.monotonic() - begin) * 3600:,.0f} trainings an hour", done, len(rows))
        except KeyboardInterrupt:
            raise Interrupted("stopped") from None
        finally:
            executor.shutdown(wait=True, cancel_futures=True)
        correct = np.concatenate([shards.read(shard, folder)["test_correct"][:, -1] for shard in parts])
    from nasbed.benchmarks.training.digits import SIZES

    accuracies: np.ndarray = 100.0 * np.nan_to_num(correct) / SIZES["test"]
    return accuracies
