"""Which strategies of results are the settings of one grid: a method whose options were varied, every level with every other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nasbed.results.results import Results


@dataclass(frozen=True)
class OptionGrid:
    """A method (``use``), the levels of each option that varies, and the strategy of each setting, in the order of the levels."""

    use: str
    levels: dict[str, tuple[str, ...]]
    strategies: tuple[str, ...]

    def scores(self, results: Results, metric: str, benchmark: str) -> np.ndarray:
        """The scores of the seeds on which every setting has one, (seeds, levels of the first option, ...)."""
        column = list(results.benchmarks).index(benchmark)
        found = results.scores(metric)
        flat = np.stack([found[name][:, column] for name in self.strategies], axis=1)
        whole = flat[~np.isnan(flat).any(axis=1)]
        shaped: np.ndarray = whole.reshape(-1, *map(len, self.levels.values()))
        return shaped


def grids(results: Results) -> list[OptionGrid]:
    """The grids of two settings or more, in the study's order; a method of which settings are missing has none.

    Strategies are known by what they are, the name and the options that a study gives, whatever they are called.
    """
    methods: dict[tuple[str, tuple[str, ...]], dict[str, dict[str, Any]]] = {}
    for series in results.series:
        if series.identity is not None and series.identity.options:
            options = json.loads(series.identity.options)
            methods.setdefault((series.identity.use, tuple(options)), {})[series.strategy] = options
    return [grid for (use, _), settings in methods.items() if (grid := _grid(use, settings))]


def _grid(use: str, settings: dict[str, dict[str, Any]]) -> OptionGrid | None:
    """The grid of these settings, each by its strategy; nothing where they are none."""
    texts = {name: {option: _text(value) for option, value in options.items()} for name, options in settings.items()}
    levels = {
        option: _levels([options[option] for options in settings.values()]) for option in next(iter(texts.values()))
    }
    varied = {option: found for option, found in levels.items() if len(found) > 1}
    places = {
        tuple(varied[option].index(setting[option]) for option in varied): name for name, setting in texts.items()
    }
    if not varied or not len(places) == len(texts) == prod(map(len, varied.values())):
        return None
    return OptionGrid(use, varied, tuple(places[place] for place in sorted(places)))


def _levels(values: list[Any]) -> tuple[str, ...]:
    """The levels of an option: numbers by size, in whatever order the strategies are shown, and others in that order."""
    if all(isinstance(value, int | float) for value in values):
        values = sorted(values)
    return tuple(dict.fromkeys(map(_text, values)))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
