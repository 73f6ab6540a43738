"""The supernets of one search, as measures: each is trained when it is first asked for, once, and whoever asks meanwhile waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nasbed.vocabulary import Arch, SharedWeights, Space, TrainedSupernet


class SupernetMeasurements(dict[Any, tuple[Any, float]]):
    """The measures of a benchmark, and with them those of every supernet that may be asked for, which ``train`` makes."""

    def __init__(
        self, measured: Mapping[str, tuple[Any, float]], space: Space, train: Callable[[SharedWeights], TrainedSupernet]
    ) -> None:
        super().__init__(measured)
        self._space, self._train = space, train
        self._trained: dict[tuple[Any, ...], TrainedSupernet] = {}
        self._ready: dict[tuple[Any, ...], float] = {}

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, SharedWeights):
            return super().__contains__(name)
        try:
            hash(name)
        except TypeError:
            return False
        return True

    def asked(self, name: str | SharedWeights, now: float) -> tuple[Any, float]:
        """The value of a measure by the number of an architecture, and the seconds until a query that begins ``now`` is answered,
        which of a supernet waits for its training.
        """
        if not isinstance(name, SharedWeights):
            found: tuple[Any, float] = self[name]
            return found
        supernet = self._supernet(name)
        ready = self._ready.setdefault(name[:2], now + supernet.seconds)
        values = _Inherited(supernet, self._space, name.on_batch)
        return values, max(ready - now, 0.0) + supernet.query_seconds(name.on_batch)

    def derived(self, weights: SharedWeights) -> Arch:
        """The architecture in which the training of a supernet ends."""
        return self._supernet(weights).derived

    def _supernet(self, weights: SharedWeights) -> TrainedSupernet:
        key = weights[:2]
        if key not in self._trained:
            self._trained[key] = self._train(weights)
        return self._trained[key]


class _Inherited:
    """The accuracy of architectures with the weights of a supernet, by their numbers."""

    def __init__(self, supernet: TrainedSupernet, space: Space, on_batch: bool) -> None:
        self._supernet, self._at, self._on_batch = supernet, space.at, on_batch

    def __getitem__(self, index: int) -> float:
        return self._supernet.inherited(self._at(index), self._on_batch)
