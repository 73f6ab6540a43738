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

_PUBLISHED = {
    "synflow": (0.483, 0.477, 0.842),
    "grasp": (1.369, 1.410, 1.155),
    "fisher": (0.685, 0.689, 0.916),
    "grad_norm": (0.656, 0.658, 0.889),
    "jacov": (0.657, 0.653, 0.880),
    "snip": (0.663, 0.663, 0.888),
    "nwot": (0.574, 0.590, 0.870),
    "epe_nas": (0.657, 0.658, 0.882),
    "plain": (0.663, 0.659, 0.879),
    "l2_norm": (0.155, 0.160, 0.431),
}
_MEASURED_ON = ("cifar10", "cifar100", "ImageNet16-120")
_SOURCE = "as NAS-Bench-Suite-Zero measured on average (Krishnakumar et al. 2022, arXiv 2210.03230)"


def published_seconds(dataset: str) -> dict[str, float]:
    """The mean seconds of a query of each zero-cost proxy on a data set, as NAS-Bench-Suite-Zero measured them; none where it did
    not.

    >>> published_seconds("ImageNet16-120")["synflow"], published_seconds("mnist")
    (0.842, {})
    """
    if dataset not in _MEASURED_ON:
        return {}
    place = _MEASURED_ON.index(dataset)
    return {name: seconds[place] for name, seconds in _PUBLISHED.items()}


@dataclass(frozen=True)
class Measures:
    """The measures that a search is offered: ``seconds`` of a query for each proxy in the table ``proxies`` that is named, and
    ``free`` yardsticks of the table ``own``. Values are as recorded, higher is taken to be better.

    Where whoever searches declares no seconds (``None``) a query costs what was ``measured`` of the table's proxies, on average
    over the architectures, or where they have no run times what :func:`published_seconds` says.
    """

    own: Manifest
    free: tuple[str, ...] = ()
    proxies: Manifest | None = None
    seconds: Mapping[str, object] | None = None
    measured: Mapping[str, float] | None = None

    def of(self, dataset: str) -> dict[str, tuple[list[float], float]]:
        """For each measure its value for every architecture and the seconds of a query.

        Raises :class:`~nasbed.errors.DataError` for a data set without proxies, :class:`~nasbed.errors.UnknownNameError`,
        and :class:`~nasbed.errors.OptionError` for a cost that is no number of seconds.
        """
        found: dict[str, tuple[list[float], float]] = {}
        for name, seconds in (self.seconds or {}).items():
            found[name] = (self._proxy(dataset, name), self._cost(dataset, name, seconds))
        for name in self.free:
            found[name] = (_values(self.own, dataset, name), 0.0)
        return found

    def _proxy(self, dataset: str, name: str) -> list[float]:
        assert self.proxies is not None
        if dataset not in self.proxies.datasets:
            raise DataError(
                f"{self.proxies.name} has no proxies for {dataset}; it has them for {', '.join(self.proxies.datasets)}"
            )
        columns = self.proxies.columns if self.measured is None else []
        names = [column.metric for column in columns if column.dataset == dataset] + list(self.measured or ())
        if name not in names:
            raise unknown("measure", name, names, self.proxies.name)
        return _values(self.proxies, dataset, name)

    def _cost(self, dataset: str, name: str, seconds: object) -> float:
        """The seconds of a query of a proxy."""
        if seconds is None:
            known = published_seconds(dataset) if self.measured is None else self.measured
            if name not in known:
                raise OptionError(
                    f"measures: no cost of {name} on {dataset} is published; declare the seconds that a query of each costs, as"
                    f" measures = {{ {name} = 2.0 }} (published on {dataset}: {', '.join(known) or 'none'})"
                )
            return known[name]
        number = real(seconds)
        if number is None or number < 0:
            raise OptionError(
                f"measures: {name} = {shown(seconds)}; expected the seconds that one query costs, 0 or more"
            )
        return float(number)

    def sentence(self, offered: Mapping[str, tuple[list[float], float]]) -> str:
        """What queries of the measures cost, as a sentence for captions."""
        given = self.seconds or {}
        free = "" if None in given.values() else "as the study declares, "
        published = [name for name, seconds in given.items() if seconds is None]
        source = _SOURCE if self.measured is None else "as measured on average over the architectures"
        sources = {f"{source}, ": published, free: [name for name in offered if name not in published]}
        said = [
            start + ", ".join(f"{name} {offered[name][1]:g} s" for name in names)
            for start, names in sources.items()
            if names
        ]
        return f"a query of a measure costs, {'; '.join(said)}"


def _values(manifest: Manifest, dataset: str, name: str) -> list[float]:
    values = manifest.read(manifest.column(dataset, name))
    made: list[float] = np.asarray(values, dtype=np.float64).tolist()
    return made
