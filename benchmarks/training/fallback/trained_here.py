"""What benchmarks have in common that train here what a table lacks: seconds scaled to those of the table, and supernets."""

from __future__ import annotations

from pathlib import Path

from nasbed.benchmarks.training.device import device_of, trainer_of
from nasbed.benchmarks.training.images.table import digits
from nasbed.benchmarks.training.local.local_trainings import ImageTrainings, LocalTrainings
from nasbed.benchmarks.training.local.scales import LocalSeconds
from nasbed.benchmarks.training.supernets.plan import VERSION as SUPERNETS
from nasbed.vocabulary import Benchmark, Budget, SharedWeights, Task, TrainedSupernet


class TrainedHere(Benchmark):
    """A benchmark of cells that makes trainings here, whose seconds count at a scale to those of a table."""

    supernet_version = f"supernets {SUPERNETS}"
    _trainings: LocalTrainings | ImageTrainings
    _seconds: LocalSeconds

    @property
    def supernet_costs(self) -> str:
        """What the seconds of a supernet are."""
        return f"its seconds are those of the CPU here, {self._seconds.words()}"

    def task(self, budget: Budget, workers: int = 1) -> Task:
        """What a strategy is told of this benchmark.

        Raises :class:`~nasbed.errors.OptionError` where the clock decides and nothing says what seconds of this machine are.
        """
        self._seconds.require(budget, workers)
        return super().task(budget, workers)

    def supernet(self, weights: SharedWeights, seed: int, folder: Path | str | None, seconds: float) -> TrainedSupernet:
        """Train a supernet of the network that is trained here, on its training images, or find it in a folder of trainings.

        Its seconds are those of the CPU at the scale of other trainings. Raises :class:`~nasbed.errors.OptionError` for what is no
        method or setting, :class:`~nasbed.errors.EngineError` without PyTorch, :class:`~nasbed.errors.DataError` where others have
        a scale and this machine has none, and :class:`~nasbed.errors.BudgetError` where training takes more than so many
        ``seconds``.
        """
        from nasbed.benchmarks.training.supernets.kept import SupernetRequest, plan_of

        plan, trainings = plan_of(weights), self._trainings
        device_of("cpu")
        scale = self._seconds.ratio(trainer_of("cpu"))
        if isinstance(trainings, LocalTrainings):
            return SupernetRequest(plan, trainings.plan.shape, digits.splits(), seed, scale).trained(folder, seconds)
        return SupernetRequest(plan, trainings.shape, trainings.data, seed, scale).trained(folder, seconds)
