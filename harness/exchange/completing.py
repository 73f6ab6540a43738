"""What the files of other tools do not say of their records: strategy, benchmark and time, as far as it is known all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from shlex import quote
from typing import Any

import numpy as np
import pandas as pd

from nasbed.errors import OptionError, shown
from nasbed.exchange.foreign import Foreign
from nasbed.searches import columns
from nasbed.searches.oracles import answering
from nasbed.studies.appearance import is_label
from nasbed.vocabulary import Benchmark, TrainedBenchmark
from nasbed.vocabulary.benchmarks import seconds_in


def completed(
    found: Foreign, benchmarks: Mapping[str, Benchmark], strategy: str | None
) -> tuple[pd.DataFrame, list[str]]:
    """Records with the strategy, the benchmark and the time that their file does not say, and what of that a reader should know."""
    frame, remarks = found.frame, list(found.remarks)
    if strategy is not None:
        if columns.STRATEGY.name in frame and frame[columns.STRATEGY.name].nunique(dropna=False) > 1:
            several = ", ".join(map(str, frame[columns.STRATEGY.name].unique()[:5]))
            raise OptionError(f"strategy = {shown(strategy)}: the file names several, {several}; leave it out")
        frame = frame.assign(**{columns.STRATEGY.name: strategy})
    if columns.BENCHMARK.name not in frame:
        if len(benchmarks) > 1:
            raise OptionError(
                f"nothing says which of {', '.join(benchmarks)} the records are of; name one with --dataset, or add a column"
                " benchmark"
            )
        frame = frame.assign(**{columns.BENCHMARK.name: next(iter(benchmarks))})
    for label in frame[columns.BENCHMARK.name].unique():
        if is_label(label) and label not in benchmarks:
            raise unknown_label(label, benchmarks)
    if columns.TIME.name not in frame and {columns.SEED.name, columns.ARCHITECTURE.name} <= set(frame.columns):
        frame = frame.assign(**{columns.TIME.name: _clock(frame, benchmarks)})
        lacking = (
            "; of evaluations that it lacks the mean over those that it has" if columns.EVALUATION.name in frame else ""
        )
        remarks.append(
            "its file has no times: the clock is the sum of the mean seconds that the table holds of each training, one at a"
            f" time{lacking}"
        )
    return frame, remarks


def unknown_label(given: str, benchmarks: Iterable[str]) -> OptionError:
    """What is raised where a file has records of a benchmark under a label that none of those that are given has."""
    known = list(benchmarks)
    return OptionError(
        f"the file has records of {shown(given)}; expected those of {', '.join(known)}, which --benchmark and --dataset name; if"
        f" it is one of them under another label, say so by --label {quote(f'{given}={known[0]}')} (in Python by labels),"
        " again for each label of the file"
    )


def _clock(frame: pd.DataFrame, benchmarks: Mapping[str, Benchmark]) -> np.ndarray:
    """The time of each evaluation where a file has none, (records,): as a single worker would take by the means of the table."""
    seconds = np.zeros(len(frame))
    epochs = frame[columns.EPOCHS.name].tolist() if columns.EPOCHS.name in frame else None
    oracles = {label: one.oracle("mean") for label, one in benchmarks.items() if not _trains(one)}
    given = zip(frame[columns.BENCHMARK.name].tolist(), frame[columns.ARCHITECTURE.name].tolist(), strict=True)
    for place, (label, arch) in enumerate(given):
        if label not in oracles:
            continue  # it is refused with the row
        benchmark = benchmarks[label]
        index = _index(benchmark, arch)
        if index is not None:
            with answering(benchmark, "the oracle"):
                level = benchmark.epochs[-1] if epochs is None else epochs[place]
                if level in benchmark.epochs:
                    seconds[place] = float(seconds_in(oracles[label](index, int(level), 0)[1]))
    names = [name for name in ("benchmark", "strategy", "seed") if name in frame]
    spent = frame[names].assign(seconds=seconds)
    if columns.EVALUATION.name in frame:
        numbers = pd.to_numeric(frame[columns.EVALUATION.name], errors="coerce")
        before = numbers.groupby([frame[name] for name in names]).shift(fill_value=0)
        lacking = (numbers - before - 1).clip(lower=0).fillna(0.0)
        spent["seconds"] += lacking * spent.groupby("benchmark")["seconds"].transform("mean")
    total: np.ndarray = spent.groupby(names)["seconds"].cumsum().to_numpy()
    return total


def _trains(benchmark: Benchmark) -> bool:
    """Whether no table says what a training takes; raises, since then nothing does."""
    if isinstance(benchmark, TrainedBenchmark) or benchmark.resumable:
        raise OptionError(
            f"the records have no column time, and what trainings of {benchmark.label} take depends on the search; add the seconds"
            " at which each evaluation arrived"
        )
    return False


def _index(benchmark: Benchmark, arch: Any) -> int | None:
    """The index of an architecture that may be none, which is refused later, with its row."""
    try:
        if isinstance(arch, str):
            return benchmark.space.index(benchmark.space.parse(arch))
        if isinstance(arch, tuple):
            return benchmark.space.index(tuple(int(choice) for choice in arch))
        return int(arch) if benchmark.space.at(int(arch)) is not None else None
    except Exception:
        return None
