"""What a benchmark supplies if its architectures can share weights: supernets."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

from nasbed.vocabulary.proposals import Arch, SharedWeights


class TrainedSupernet(Protocol):
    """A trained supernet: the ``seconds`` that its training took, and ``derived``, the architecture in which it ended.

    >>> import nasbed
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Known:
    ...     "A supernet that was trained elsewhere, of which the accuracies are known."
    ...     seconds: float
    ...     derived: nasbed.Arch
    ...     accuracies: dict
    ...
    ...     def query_seconds(self, on_batch):
    ...         return 0.01
    ...
    ...     def inherited(self, arch, on_batch):
    ...         return self.accuracies[arch]
    >>> Known(40.0, (1, 0), {(1, 0): 71.5}).inherited((1, 0), on_batch=False)
    71.5
    """

    @property
    def seconds(self) -> float: ...

    @property
    def derived(self) -> Arch: ...

    def query_seconds(self, on_batch: bool) -> float:
        """The seconds of a query."""

    def inherited(self, arch: Arch, on_batch: bool) -> float:
        """The accuracy of an architecture with the weights of the supernet, in percent of validation images."""


@runtime_checkable
class SharesWeights(Protocol):
    """A benchmark that has supernets.

    >>> import nasbed
    >>> isinstance(nasbed.load_benchmark("digits201"), SharesWeights)
    True

    ``supernet_version`` changes when the same training would give other numbers; ``supernet_costs`` says what the seconds of a
    supernet are, for captions.
    """

    supernet_version: str
    supernet_costs: str

    def supernet(self, weights: SharedWeights, seed: int, folder: Path | str | None, seconds: float) -> TrainedSupernet:
        """Train a supernet, or find it in a folder of trainings.

        Raises :class:`~nasbed.errors.OptionError` for an unknown method or setting, and :class:`~nasbed.errors.BudgetError`, before
        anything is trained, if the training takes more than this many ``seconds`` of the clock.
        """
