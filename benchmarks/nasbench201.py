"""NAS-Bench-201 after 200 epochs, from the tables that ship with the package (``data/nasbench201/manifest.toml``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from nasbed.benchmarks.spaces.nasbench201 import TRAINED_BY, NASBench201Space, decisions
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.measures import DEVICES, Measures, published_seconds
from nasbed.benchmarks.tables.options import costs, fidelities
from nasbed.benchmarks.tables.places import SHIPPED
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import OptionError, shown
from nasbed.numeric import real
from nasbed.vocabulary import Offered


class NASBench201(Table):
    """15,625 cells trained for 200 epochs with two or three seeds (Dong and Yang, ICLR 2020; runs of NATS-Bench).

    ``dataset`` is ``cifar10``, ``cifar100`` or ``ImageNet16-120``. On ``cifar10`` the search sees the trainings on
    25,000 images, validated on the other 25,000; test accuracy is that of separate trainings on all 50,000. Accuracies
    are in percent, costs in seconds of training.

    ``epochs`` are the fidelities: 200, and 12 where the table ``nasbench201_12epochs`` has been imported. They are
    separate trainings, never resumed. Scores are always those after 200 epochs. ``objectives`` beside ``accuracy`` are
    ``latency``, ``parameters``, ``flops`` and, where ``hw_nasbench201`` has been imported, its latencies and energies.

    ``measures`` are zero-cost proxies that a strategy may ask for instead of a training: names, such as ``["synflow"]``, whose
    queries cost the mean seconds of NAS-Bench-Suite-Zero, or names with the seconds that one query is to cost, such as
    ``{"synflow": 2.0}``. ``parameters`` and ``flops`` are offered beside them at no cost. There are no proxies for CIFAR-100.

    >>> table = NASBench201("cifar10")
    >>> round(table.referee().best()[0], 5), table.objectives[0].unit
    (91.60667, '%')
    """

    folder = SHIPPED / "nasbench201"
    devices = DEVICES
    trained_by = TRAINED_BY
    space: NASBench201Space

    def __init__(
        self,
        dataset: str = "cifar10",
        epochs: Sequence[int] = (200,),
        objectives: Sequence[str] = ("accuracy",),
        measures: Mapping[str, float] | Sequence[str] | None = None,
    ) -> None:
        shipped, numbers = Manifest.load(self.folder), fidelities(epochs, "[12, 200]")
        more = [home.load("nasbench201_12epochs")] if 12 in numbers else []
        offered = _measures(shipped, dataset, measures)
        super().__init__(dataset, more=more, epochs=numbers, objectives=objectives, measures=offered)
        self.space = _space()

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The edges, target first, and their operations."""
        return decisions()

    def offered(self) -> Offered:
        """What options may name, of this table and of those that have been imported."""
        there, found = home.imported(), super().offered()
        paid = home.load("zero_cost_nasbench201") if "zero_cost_nasbench201" in there else None
        published = published_seconds(self.dataset)
        proxies = {
            c.metric: published.get(c.metric) for c in (paid.columns if paid else ()) if c.dataset == self.dataset
        }
        return found._replace(
            epochs=(12, 200) if "nasbench201_12epochs" in there else found.epochs,
            measures={**proxies, **dict.fromkeys(_FREE, 0.0)},
        )

    def representatives(self) -> np.ndarray:
        """For each index, the smallest index of an isomorphic cell, by the published rules."""
        return np.array(self.space.classes)


_FREE = ("parameters", "flops")


def _measures(
    shipped: Manifest, dataset: object, measures: Mapping[str, float] | Sequence[str] | None
) -> Measures | None:
    if measures is None or not isinstance(dataset, str) or dataset not in shipped.datasets:
        return None
    seconds = costs(measures)
    paid = {name: cost for name, cost in seconds.items() if name not in _FREE}
    for name in sorted(seconds.keys() - paid.keys()):
        if seconds[name] is not None and real(seconds[name]) != 0:
            raise OptionError(
                f"measures: {name} = {shown(seconds[name])}; {name} is computed from the architecture and costs nothing"
            )
    return Measures(shipped, _FREE, home.load("zero_cost_nasbench201") if paid else None, paid)


@cache
def _space() -> NASBench201Space:
    return NASBench201Space()
