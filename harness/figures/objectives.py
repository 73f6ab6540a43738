"""Figures of several objectives: a panel for every benchmark that has two or more, and one legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from nasbed.errors import OptionError
from nasbed.figures import plane
from nasbed.figures.kind import FigureKind, without_numbers
from nasbed.figures.layout import Panel, Sheet
from nasbed.figures.naming import called
from nasbed.results.multiobjective import fronts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from nasbed.results.results import Results


def figure_of_objectives(
    name: str,
    place: int,
    shows: str,
    numbers: Callable[..., pd.DataFrame],
    draw: Callable[..., Axes],
    about: Callable[..., str],
    says: Callable[[Results, pd.DataFrame], str] = without_numbers,
) -> FigureKind:
    """A figure of one benchmark of several objectives as one of all of them. Options are those of its ``numbers`` and ``draw``."""

    def of(results: Results) -> Results:
        """The benchmarks that have several objectives. Raises :class:`~nasbed.errors.OptionError` where none has."""
        labels = fronts.multiobjective(results)
        if not labels:
            raise OptionError(
                f"no benchmark has two objectives; the figure {name!r} needs them in the study, as"
                ' objectives = ["accuracy", "latency"] of a benchmark'
            )
        return results if len(labels) == len(results.benchmarks) else results.subset(benchmarks=labels)

    def require(results: Results) -> None:
        plane.require(of(results))

    def all_numbers(results: Results, *, crop: float = plane.CROP, **options: Any) -> pd.DataFrame:
        return numbers(of(results), **options)

    def panel(results: Results, numbers: pd.DataFrame, **options: Any) -> Axes:
        return draw(of(results), numbers, **options)

    def sheet(
        results: Results,
        numbers: pd.DataFrame,
        style: str,
        *,
        objectives: Sequence[str] | None = None,
        crop: float = plane.CROP,
        **options: Any,
    ) -> Sheet:
        """Three panels in a row of a page's width, two in one of its columns."""
        labels = fronts.multiobjective(results)
        across = min(len(labels), 3 if style == "double" else 2)
        names = called(results.strategies)
        panels = [Panel(label, {"benchmark": label, "objectives": objectives, "crop": crop}) for label in labels]
        lines = panel(results, numbers, ax=Figure().subplots(), **panels[0].options).lines
        named = [(line, str(line.get_label())) for line in lines]
        keys = [
            (line, names.get(label, label)) for line, label in named if not label.startswith("_child")
        ]  # lines without a label
        return Sheet(panels, across, 2.3, keys)

    def words(results: Results, **options: Any) -> str:
        return about(of(results), **options)

    return FigureKind(name, place, shows, all_numbers, panel, sheet, words, require, says)
