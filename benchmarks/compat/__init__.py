"""The calls of the official packages over our tables: a script changes its import and nothing else.

``from nats_bench import create`` and ``from nas_201_api import NASBench201API`` become imports from here (NATS-Bench 1.8,
Dong et al., TPAMI 2021; NAS-Bench-201 2.1, Dong and Yang, ICLR 2020). The official files are imported once, with ``nasbed
data import``. Where the originals are wrong or random, the answer is right or seeded and says so once, with a
:class:`CompatWarning`; ``docs/compat.md`` lists every difference.

>>> from nasbed.benchmarks.compat import create
>>> api = create("nasbench201", "tss", verbose=False)
>>> len(api), api.find_best("cifar10", "valid", hp="200")[0]
(15625, 6111)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbed.benchmarks.compat._packages import (
    NASBench201API,
    NATSsize,
    NATStopology,
    create,
    search_space_info,
    version,
)
from nasbed.benchmarks.compat._refusals import CompatWarning, NotAllowed, NotInSpace, NotKnown, NotOffered, NotRecorded
from nasbed.benchmarks.compat._results import ArchResults
from nasbed.benchmarks.compat._trainings import ResultsCount

__all__ = [
    "ArchResults",
    "CompatWarning",
    "NASBench201API",
    "NATSsize",
    "NATStopology",
    "NotAllowed",
    "NotInSpace",
    "NotKnown",
    "NotOffered",
    "NotRecorded",
    "ResultsCount",
    "create",
    "search_space_info",
    "version",
]

if not TYPE_CHECKING:
    from nasbed.benchmarks.compat._packages import _elsewhere as __getattr__  # noqa: F401 (names that are left out say why)
