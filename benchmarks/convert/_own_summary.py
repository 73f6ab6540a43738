"""What a table of a user's own holds, in words: its size, splits, runs, fidelities, its best, how far runs agree, what is next."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nasbed.benchmarks.convert._own import MadeTable
from nasbed.benchmarks.spaces.listed import ListedSpace
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.own import DECISION, OWN, OwnTable, cells, class_of
from nasbed.errors import DataError
from nasbed.statistics.recorded import mean_of_runs

_SHOWN = 8
"""Values of a decision, or fidelities, that are named before a list is cut."""
_PAIRS = 20
"""Pairs of runs of which correlations are taken."""
_FEW = 3
"""Architectures below which there is no rank correlation."""


def described(made: MadeTable) -> dict[str, Any]:
    """A new table as texts and lists of texts, by what each is of, for a terminal and for JSON."""
    manifest = made.manifest
    cls = class_of(manifest.name)
    if cls is None:
        raise DataError(f"the table {manifest.name!r} was removed while it was described; make it again")
    table = cls()
    fidelities = table.offered().epochs
    return {
        "table": manifest.name,
        "title": manifest.title,
        "folder": str(manifest.folder),
        "architectures": len(table.space),
        "space": _space(table, manifest),
        "metrics": list(_metrics(manifest)),
        "runs": _runs(table, manifest),
        "fidelities": _fidelities(table, fidelities),
        "costs": table.cost_model,
        "judged on": table.judged_on,
        "best": _best(table),
        "rank correlations": list(_correlations(cls, table, fidelities)),
        "missing": list(made.remarks) or ["nothing"],
        "next": [
            f"nasbed list benchmarks {manifest.name}",
            f"nasbed landscape {manifest.name}",
            f"nasbed check benchmark {manifest.name}",
            f'in a study: [[benchmark]] with use = "{manifest.name}"',
        ],
    }


def _cut(values: Sequence[object]) -> str:
    texts = list(map(str, values))
    return ", ".join(texts if len(texts) <= _SHOWN else [*texts[: _SHOWN - 2], "...", texts[-1]])


def _space(table: OwnTable, manifest: Manifest) -> str:
    if not isinstance(table.space, ListedSpace):
        return "the cells of NAS-Bench-201"
    if manifest.space != OWN:
        return f"{len(table.space):,} of the {len(cells()):,} cells of NAS-Bench-201"
    variables = table.space.variables
    decisions = "; ".join(
        f"{one.name} ({_cut(one.texts)}{', a step apart' if one.ordered and len(one.texts) > 1 else ''})"
        for one in variables
    )
    return f"{'every combination' if table.space.is_product else 'a list of combinations'} of {decisions}"


def _metrics(manifest: Manifest) -> Iterator[str]:
    splits: dict[tuple[str, str, str], list[str]] = {}
    for column in manifest.columns:
        if column.metric != "training_time" and not column.metric.startswith(DECISION):
            key = (column.metric, column.unit, "lower" if column.direction == "minimise" else "higher")
            splits.setdefault(key, []).append("of the architecture" if column.split == "none" else column.split)
    for (metric, unit, better), where in splits.items():
        yield f"{metric} ({unit}, {better} is better): {', '.join(dict.fromkeys(where))}"


def _runs(table: OwnTable, manifest: Manifest) -> str:
    counts = (~np.isnan(table.observations)).sum(axis=1)
    low, high = int(counts.min()), int(counts.max())
    names = f" ({_cut(manifest.runs)})" if high > 1 else ""
    return f"{low if low == high else f'{low} to {high}'} of each architecture{names}"


def _fidelities(table: OwnTable, offered: Sequence[int]) -> str:
    said = f"{_cut(offered)} epoch{'s' if offered[-1] > 1 else ''}"
    if len(offered) == 1:
        return said
    return (
        f"{said}: points of one training, which can be resumed" if table.schedule else f"{said}: trainings of their own"
    )


def _best(table: OwnTable) -> str:
    means, objective = table.means(), table.objectives[0]
    index = int(means.argmax())
    test = float(table.referee().test(np.array([index]))[0])
    said = f"{table.space.format(table.space.at(index))}: validation {objective.name} {objective.natural(float(means[index])):.6g}"
    on_test = f", test {objective.natural(test):.6g} {objective.unit}" if table.judged_on == "test" else ""
    return f"{said} {objective.unit}{on_test} (mean over its runs)"


def _correlations(cls: type[OwnTable], table: OwnTable, offered: Sequence[int]) -> Iterator[str]:
    values = table.observations
    pairs = list(itertools.islice(itertools.combinations(range(values.shape[1]), 2), _PAIRS))
    found = [one for first, second in pairs if not np.isnan(one := _spearman(values[:, first], values[:, second]))]
    if found:
        yield f"between two runs {np.mean(found):.3f}"
    means = mean_of_runs(values)
    if table.judged_on == "test" and not np.isnan(one := _spearman(means, table.referee().test(np.arange(len(means))))):
        yield f"validation with test {one:.3f}"
    if len(offered) > 1 and not np.isnan(one := _spearman(cls(epochs=offered[:1]).means(), means)):
        yield f"{offered[0]} with {offered[-1]} epochs {one:.3f}"


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's correlation of what both have; ``nan`` of too few, or where nothing varies."""
    from scipy import stats

    both = ~np.isnan(one) & ~np.isnan(other)
    if both.sum() < _FEW:
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        return float(stats.spearmanr(one[both], other[both]).statistic)
