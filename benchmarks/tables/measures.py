"""Cheap measures of an architecture, which a strategy may ask for instead of a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.errors import DataError, OptionError, shown, unknown
from nasbed.numeric import real

DEVICES = {
    **{f"{device}_latency": "ms" for device in ("edgegpu", "raspi4", "edgetpu", "pixel3", "eyeriss", "fpga")},
    **{f"{device}_energy": "mJ" for device in ("edgegpu", "eyeriss", "fpga")},
}
"""The metrics of the table ``hw_nasbench201`` and their units; all are minimised."""


@dataclass(frozen=True)
class Measures:
    """The measures that a search is offered: ``seconds`` of a query for each proxy in the table ``proxies`` that is named, and
    ``free`` yardsticks of the table ``own``. Values are as recorded, higher is taken to be better.

    The recorded proxies have no run times, so what a query costs is declared by whoever searches.
    """

    own: Manifest
    free: tuple[str, ...] = ()
    proxies: Manifest | None = None
    seconds: Mapping[str, object] | None = None

    def of(self, dataset: str) -> dict[str, tuple[list[float], float]]:
        """For each measure its value for every architecture and the seconds of a query.

        Raises :class:`~nasbed.errors.DataError` for a data set without proxies, :class:`~nasbed.errors.UnknownNameError`,
        and :class:`~nasbed.errors.OptionError` for a cost that is no number of seconds.
        """
        found: dict[str, tuple[list[float], float]] = {}
        for name, seconds in (self.seconds or {}).items():
            found[name] = (self._proxy(dataset, name), _seconds(name, seconds))
        for name in self.free:
            found[name] = (_values(self.own, dataset, name), 0.0)
        return found

    def _proxy(self, dataset: str, name: str) -> list[float]:
        assert self.proxies is not None
        if dataset not in self.proxies.datasets:
            raise DataError(
                f"{self.proxies.name} has no proxies for {dataset}; it has them for {', '.join(self.proxies.datasets)}"
            )
        names = [column.metric for column in self.proxies.columns if column.dataset == dataset]
        if name not in names:
            raise unknown("measure", name, names, self.proxies.name)
        return _values(self.proxies, dataset, name)

    def sentence(self, offered: Mapping[str, tuple[list[float], float]]) -> str:
        """What queries of the measures cost, as a sentence for captions."""
        costs = [f"{name} {seconds:g} s" for name, (_, seconds) in offered.items()]
        return f"a query of a measure costs, as the study declares, {', '.join(costs)}"


def _values(manifest: Manifest, dataset: str, name: str) -> list[float]:
    values = manifest.read(manifest.column(dataset, name))
    made: list[float] = np.asarray(values, dtype=np.float64).tolist()
    return made


def _seconds(name: str, seconds: object) -> float:
    number = real(seconds)
    if number is None or number < 0:
        raise OptionError(f"measures: {name} = {shown(seconds)}; expected the seconds that one query costs, 0 or more")
    return float(number)
