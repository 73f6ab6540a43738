"""What other data sets of a table say of its architectures, as a measure: the ranks of their validation values."""

from __future__ import annotations

from copy import copy

import numpy as np

from nasbed.benchmarks.tables.options import named
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import OptionError, require_name, shown
from nasbed.numeric import real
from nasbed.vocabulary import TRANSFER, Benchmark

FORM = 'transfer = ["cifar100"] in nasbench201'


def transferred(benchmark: Benchmark, given: object) -> Benchmark:
    """The benchmark with the measure ``transfer``: the mean over the data sets that are ``given`` of the rank of an architecture,
    the share of all architectures that are worse there, equal ones by half; 1 is the best of all, and a failure ranks last.

    Ranks are of the mean over recorded runs of the validation value at the highest fidelity, noise-free; no test column is opened.
    ``given`` names data sets, whose results are there already, so that a query costs nothing, or says of each the seconds that a
    query of it costs. Noise, streams and label stay those of the benchmark without the measure, so that searches with and without
    it are paired.

    Raises :class:`~nasbed.errors.OptionError` for what is no table of one data set, for the data set that is searched as its own
    source, for one of another space and for costs that are no seconds, and :class:`~nasbed.errors.UnknownNameError` for a data set
    that is not there.
    """
    if not isinstance(benchmark, Table):
        raise OptionError(
            f"transfer = {shown(given)}: {benchmark.label} is no table of one data set, and has no other whose ranks it could be"
            f" told; search one data set of a table that has several, as {FORM}"
        )
    names = named(given)
    if not names:
        raise OptionError(
            f"transfer = {shown(given)}; expected names of data sets other than the one searched, each once, as {FORM}, or the"
            " seconds that a query of each costs, as transfer = { cifar100 = 2.0 }"
        )
    seconds = sum(_seconds(name, cost) for name, cost in names.items())
    values = np.mean([_ranks(benchmark, name) for name in names], axis=0)
    made = copy(benchmark)
    made.measured = {**benchmark.measured, TRANSFER: (values.tolist(), seconds)}
    made.measures = tuple(made.measured)
    made.cost_model = (
        f"{benchmark.cost_model}; a query of {TRANSFER}, the mean rank on {', '.join(names)}, costs {seconds:g} s, and the"
        " trainings there are not charged"
    )
    return made


def _seconds(name: str, cost: object) -> float:
    number = 0.0 if cost is None else real(cost)
    if number is None or number < 0:
        raise OptionError(f"transfer: {name} = {shown(cost)}; expected the seconds that one query costs, 0 or more")
    return float(number)


def _ranks(benchmark: Table, name: str) -> np.ndarray:
    """The ranks of all architectures on another data set, from 0 to 1."""
    from scipy.stats import rankdata

    others = [
        one for one in benchmark.datasets() if _searched(benchmark, one) != _searched(benchmark, benchmark.dataset)
    ]
    if _searched(benchmark, name) == _searched(benchmark, benchmark.dataset):
        raise OptionError(
            f"transfer: {name} is what is searched on {benchmark.label}, whose own results would be the answer; expected others, of"
            f" {', '.join(others) or 'which there are none'}"
        )
    require_name("data set", name, others, benchmark.name)
    source = type(benchmark)(dataset=name)
    if (source.space.name, len(source.space)) != (benchmark.space.name, len(benchmark.space)):
        raise OptionError(
            f"transfer: {source.label} has the space {source.space.name!r} of {len(source.space):,} architectures and"
            f" {benchmark.label} {benchmark.space.name!r} of {len(benchmark.space):,}; search the whole space"
        )
    means = source.means()
    return np.asarray((rankdata(np.where(np.isnan(means), -np.inf, means)) - 1) / max(1, len(means) - 1))


def _searched(benchmark: Table, name: str) -> str:
    """The data set whose trainings a search on ``name`` sees."""
    return benchmark.searched.get(name, name)
