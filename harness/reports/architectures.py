"""The architectures that a page shows: where searches ended, the fronts that they selected, and what each architecture is.

A page holds a few hundred of them for each benchmark, by rules that it states.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from nasbed.errors import DataError, OptionError
from nasbed.figures.cell_drawing import kind_of, orders
from nasbed.figures.layered import layout
from nasbed.figures.stacked import DrawnPart, Row, columns_of, drawn_rows, rows_of
from nasbed.results.known import score_name
from nasbed.results.multiobjective import fronts, truths
from nasbed.results.results import Results
from nasbed.vocabulary import Benchmark, counting, graph_of
from nasbed.vocabulary.objectives import signs

MOST = 300
"""Incumbents of a benchmark, and points of its fronts, that a page shows at most."""
_EXACT = 2**53
"""The largest number up to which a page's own numbers, which are floats, are exact; beyond it an index is a text."""

_EDGE = re.compile(r"(\d+)←(\d+)")
"""The name of a decision that is an edge of a cell: its target, then its source."""


class _Listed:
    """The architectures of a benchmark that are shown, each once."""

    def __init__(self, benchmark: Benchmark) -> None:
        self._space = benchmark.space
        self._places: dict[int, int] = {}
        self.names = list(benchmark.decisions().items())

    def place(self, index: int) -> int:
        """The place of an architecture in the list."""
        return self._places.setdefault(int(index), len(self._places))

    def content(self) -> dict[str, Any]:
        archs = []
        for index in self._places:
            arch = self._space.at(index)
            there = set(counting(self._space, arch))
            archs.append([int(code) if place in there else None for place, code in enumerate(arch)])
        edges = [_EDGE.fullmatch(name) for name, _ in self.names]
        indices = [index if index <= _EXACT else str(index) for index in self._places]
        found: dict[str, Any] = {"decisions": self.names, "archs": archs, "indices": indices}
        if all(edges):
            found["edges"] = [[int(edge[2]), int(edge[1])] for edge in edges if edge]
        graphs = [self._graph(index) for index in self._places]
        if graphs and all(graphs):
            return found | {"graphs": graphs}
        stacks = [rows for index in self._places if (rows := rows_of(self._space, self._space.at(index))) is not None]
        return found | ({"stacks": self._stacks(stacks)} if stacks else {})

    def _stacks(self, stacks: list[tuple[Row, ...]]) -> dict[str, Any]:
        """The layers of all architectures as they are drawn, by one scale: the width and the gutter in characters, heads with where
        they stand, the distinct parts, and for each architecture its text and its rows: a name, the places of their parts among
        these, and whether it is a note.
        """
        columns = columns_of(stacks)
        places: dict[DrawnPart, int] = {}
        drawn = []
        for index, stack in zip(self._places, stacks, strict=True):
            rows = [
                [name, [places.setdefault(part, len(places)) for part in parts], note]
                for name, parts, note in drawn_rows(stack, columns)
            ]
            drawn.append({"text": self._space.format(self._space.at(index)), "rows": rows})
        parts = [[round(part.at, 2), round(part.length, 2), part.text, part.kind] for part in places]
        heads = [[head, round(at, 2)] for head, at in zip(columns.heads, columns.at, strict=True) if head]
        return {"width": columns.width, "gutter": columns.at[0], "heads": heads, "parts": parts, "drawn": drawn}

    def _graph(self, index: int) -> dict[str, Any] | None:
        """The cell of an architecture as it is drawn: its text, the vertices with their places, and the ways of its edges."""
        arch = self._space.at(index)
        graph = graph_of(self._space, arch)
        if graph is None:
            return None
        laid = layout(graph)
        return {
            "text": self._space.format(arch),
            "labels": [graph.labels[vertex] for vertex in laid.places],
            "places": list(laid.places.values()),
            "kinds": [kind_of(graph, vertex) for vertex in laid.places],
            "ways": laid.ways,
            "orders": orders(graph),
            "width": laid.width,
            "depth": laid.depth,
        }


def content(results: Results, label: str) -> dict[str, Any]:
    """What a page has of a benchmark: ``decisions`` (names, each with its choices), ``archs`` (the number of each choice, ``None``
    for a decision that does not count) with their ``indices``, ``edges`` (source and target) where decisions are the edges of a
    cell, ``graphs`` where operations are its vertices, ``stacks`` where it is made of layers, ``incumbents`` and, where there are
    several objectives with a table, ``front``.
    """
    listed = _Listed(results.benchmarks[label])
    found = {"incumbents": _incumbents(results, label, listed)}
    if len(results.benchmarks[label].objectives) > 1:
        with suppress(DataError, OptionError):  # no table, or records of one objective alone
            found["front"] = _fronts(results, label, listed)
    return found | listed.content()


def _incumbents(results: Results, label: str, listed: _Listed) -> dict[str, Any]:
    """The last incumbents of the first seeds of each strategy: strategy, seed, architecture and validation."""
    all_series = results.series_on(label)
    seeds = max(1, MOST // len(all_series))
    runs = []
    for place, series in enumerate(all_series):
        values = series.shown(series.runs.final("validation_regret"))
        ends = zip(series.runs.seeds.tolist(), series.runs.incumbent.tolist(), values.tolist(), strict=True)
        for seed, index, value in list(ends)[:seeds]:
            if index >= 0 and np.isfinite(value):
                runs.append([place, seed, listed.place(index), _rounded(value)])
    there = len(all_series[0].runs.seeds)
    whose = f"all {there} seeds" if seeds >= there else f"the first {seeds} of {there} seeds"
    return {
        "rule": f"A line is a run: the decisions of its last incumbent, then its score. Shown are {whose} of each strategy.",
        "score": score_name(results.benchmarks[label], "validation_regret"),
        "runs": runs,
    }


def _fronts(results: Results, label: str, listed: _Listed) -> dict[str, Any]:
    """The true front, and of each strategy that of its run of median hypervolume regret, in natural units and without noise."""
    benchmark = results.benchmarks[label]
    scorer = truths.truth(benchmark)
    values = scorer.values * signs(benchmark.objectives)
    all_series = results.series_on(label)
    most = max(2, MOST // (len(all_series) + 1))

    def points(archs: Iterable[int]) -> list[list[float]]:
        there = [index for index in map(int, archs) if np.isfinite(values[index]).all()]
        there.sort(key=lambda index: tuple(values[index]))
        return [[listed.place(index), *map(_rounded, values[index].tolist())] for index in _some(there, most)]

    selected = []
    for place, series in enumerate(all_series):
        run, archs = fronts.median_front(series, fronts.scales(results, label).validation)
        selected.append({"strategy": place, "seed": int(series.runs.seeds[run]), "points": points(archs)})
    return {
        "rule": "Of each strategy the front that it selected in its run of median hypervolume regret, and the true front of"
        f" {'what keeps to the constraints' if benchmark.constraints else 'the space'}, all by values without noise; of a front"
        f" with more than {most} points, {most} evenly along it.",
        "objectives": [
            {"name": one.words, "unit": one.unit, "better": "higher" if one.maximise else "lower"}
            for one in benchmark.objectives
        ],
        "true": points(scorer.front.tolist()),
        "selected": selected,
    }


def _some(members: Sequence[int], most: int) -> list[int]:
    """So many of some members at most, evenly."""
    if not members:
        return []
    places = np.unique(np.linspace(0, len(members) - 1, min(len(members), most)).round().astype(int))
    return [members[place] for place in places.tolist()]


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
