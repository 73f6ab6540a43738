"""What the two tables of TransNAS-Bench-101 have in common: seven tasks, one validation value each, and zen-score as a measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.measures import Measures
from nasbed.benchmarks.tables.options import costs
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import DataError
from nasbed.vocabulary import Offered

TASKS = {
    "class_scene": "accuracy",
    "class_object": "accuracy",
    "room_layout": "negative_loss",
    "jigsaw": "accuracy",
    "segmentsemantic": "accuracy",
    "normal": "ssim",
    "autoencoder": "ssim",
}
"""The tasks, and what trainings are judged on in each."""


class TransNAS(Table):
    """One task of a table of TransNAS-Bench-101. ``measures`` are zero-cost proxies that a strategy may ask for, as of
    :class:`~nasbed.benchmarks.nasbench201.NASBench201`: ``["zen"]`` alone, where the table has it.
    """

    known = tuple(TASKS)
    untimed = "its table holds neither training times nor numbers of epochs, so nothing but evaluations can be counted"

    def __init__(self, dataset: str, measures: Mapping[str, float] | Sequence[str] | None = None) -> None:
        own = self.own()
        if isinstance(dataset, str):
            self.metric = TASKS.get(dataset, self.metric)
        offered = None
        if measures is not None and dataset in self.known:
            offered = Measures(own, (), own, costs(measures), measured_seconds(own, dataset))
        super().__init__(dataset, manifest=own, measures=offered)

    def offered(self) -> Offered:
        """What options may name: the measure zen, where the table has it."""
        return super().offered()._replace(measures=dict(measured_seconds(self.manifest, self.dataset)))


def measured_seconds(own: Manifest, dataset: str) -> dict[str, float]:
    """The mean over all architectures of the measured seconds of each proxy that a table has."""
    try:
        column = own.column(dataset, "zen_seconds")
    except DataError:
        return {}
    return {"zen": float(own.read(column).mean())}
