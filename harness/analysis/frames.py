"""Records made elsewhere, read from a frame and checked: a row an evaluation, in the order of arrival."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nasbed.analysis.parts import Part, judged_part
from nasbed.errors import NasbedError, OptionError
from nasbed.protocol import Benchmark, Budget
from nasbed.rules import Rules

_NEEDED = ("strategy", "benchmark", "seed", "architecture", "value", "time")


def parts_of_frame(frame: pd.DataFrame, benchmarks: Mapping[str, Benchmark] | Benchmark, rules: Rules) -> list[Part]:
    """The runs by strategy and benchmark, judged; raises :class:`~nasbed.errors.OptionError`."""
    known = _known(frame, benchmarks)
    seeds = tuple(sorted(set(frame["seed"].tolist())))
    parts = []
    for (label, strategy), group in frame.groupby(["benchmark", "strategy"], sort=False):
        where = f"{strategy!r} on {label!r}"
        if label not in known:
            raise OptionError(f"the frame names the benchmark {label!r}; given: {', '.join(known)}")
        if set(group["seed"]) != set(seeds):
            raise OptionError(f"{where} lacks seeds that others have; every strategy needs the same seeds")
        benchmark = known[label]
        answers = _answers(group.sort_values("seed", kind="stable"), benchmark, where)
        _require_within(answers, rules.budget, where)
        parts.append(judged_part(str(strategy), str(label), benchmark, benchmark, rules, answers, seeds, float("nan")))
    return parts


def _known(frame: pd.DataFrame, benchmarks: Mapping[str, Benchmark] | Benchmark) -> dict[str, Benchmark]:
    """The benchmarks by label, if the frame can be judged at all."""
    if not isinstance(frame, pd.DataFrame):
        raise OptionError(f"{type(frame).__name__} given; expected a pandas DataFrame")
    missing = [name for name in _NEEDED if name not in frame.columns]
    if missing:
        raise OptionError(f"the frame has no column {missing[0]!r}; expected {', '.join(_NEEDED)} (and epochs, last)")
    if not len(frame):
        raise OptionError("the frame has no rows")
    if isinstance(benchmarks, Benchmark):
        return {benchmarks.label: benchmarks}
    if not isinstance(benchmarks, Mapping) or not all(isinstance(one, Benchmark) for one in benchmarks.values()):
        raise OptionError(f"benchmarks = {benchmarks!r}; expected a benchmark, or a mapping from labels to benchmarks")
    return dict(benchmarks)


def _answers(group: pd.DataFrame, benchmark: Benchmark, where: str) -> dict[str, np.ndarray]:
    """The records of a frame as columns, checked."""
    columns: dict[str, np.ndarray] = {}
    for name in ("seed", "value", "time"):
        try:
            columns[name] = pd.to_numeric(group[name]).to_numpy()
        except (ValueError, TypeError) as error:
            raise OptionError(f"{where}: the column {name!r} is not numeric: {error}") from None
    texts = [
        str(int(one)) if isinstance(one, float) and one.is_integer() else str(one) for one in group["architecture"]
    ]
    try:
        columns["architecture"] = np.array([benchmark.space.index(benchmark.space.parse(text)) for text in texts])
    except NasbedError as error:
        raise OptionError(f"the frame's architectures for {where}: {error}") from None
    columns["epochs"] = group["epochs"].to_numpy() if "epochs" in group else np.full(len(group), benchmark.epochs[-1])
    if unknown_epochs := set(columns["epochs"].tolist()) - set(benchmark.epochs):
        raise OptionError(
            f"{where}: epochs {unknown_epochs}; the benchmark has {', '.join(map(str, benchmark.epochs))}"
        )
    columns["last"] = group["last"].to_numpy(bool) if "last" in group else np.zeros(len(group), bool)
    return columns


def _require_within(answers: dict[str, np.ndarray], budget: Budget, where: str) -> None:
    """Times must be in order and nothing may arrive after the budget."""
    time, seed = answers["time"], answers["seed"]
    if not (np.isfinite(time).all() and (time >= 0).all()):
        raise OptionError(f"{where}: times must be finite and not negative")
    backwards = (np.diff(time) < 0) & (np.diff(seed) == 0)
    if backwards.any():
        raise OptionError(
            f"{where}, seed {seed[1:][backwards][0]}: times decrease; rows must be in the order of arrival"
        )
    by_run = pd.DataFrame(answers).groupby("seed")
    per = {"evaluations": by_run.size(), "seconds": by_run["time"].max(), "epochs": by_run["epochs"].sum()}
    spent = float(per[budget.kind].max())
    if spent > budget.amount:
        raise OptionError(f"{where}: a run has {spent:,.10g} {budget.kind}, more than its budget of {budget}")
