"""The figures of several objectives among the others: a panel for every benchmark that has two or more, and one legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from nasbed.errors import OptionError
from nasbed.figures import attainment, pareto, plane
from nasbed.figures.layout import Panel, Sheet
from nasbed.results.multiobjective import fronts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from nasbed.results.results import Results


class Several:
    """``pareto`` or ``attainment`` by the interface of the other figures. Options are those of its ``numbers`` and its ``draw``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.drawer: Any = {"pareto": pareto, "attainment": attainment}[name]

    def _of(self, results: Results) -> Results:
        """The benchmarks of several objectives."""
        labels = fronts.several(results)
        if not labels:
            raise OptionError(
                f"no benchmark has two objectives; the figure {self.name!r} needs them in the study, as"
                ' objectives = ["accuracy", "latency"] of a benchmark'
            )
        return results if len(labels) == len(results.benchmarks) else results.subset(benchmarks=labels)

    def require(self, results: Results) -> None:
        """Raises :class:`~nasbed.errors.OptionError` where no front can be drawn."""
        plane.require(self._of(results))

    def numbers(self, results: Results, *, crop: float = plane.CROP, **options: Any) -> pd.DataFrame:
        """All that is drawn."""
        frame: pd.DataFrame = self.drawer.numbers(self._of(results), **options)
        return frame

    def draw(
        self, results: Results, numbers: pd.DataFrame, *, order: Sequence[str] | None = None, **options: Any
    ) -> Axes:
        """The panel of a benchmark."""
        drawn: Axes = self.drawer.draw(self._of(results), numbers, **options)
        return drawn

    def sheet(
        self,
        results: Results,
        numbers: pd.DataFrame,
        style: str,
        order: Sequence[str],
        *,
        objectives: Sequence[str] | None = None,
        crop: float = plane.CROP,
        **options: Any,
    ) -> Sheet:
        """Three panels in a row of a page's width."""
        labels = fronts.several(results)
        across = min(len(labels), 3) if style == "double" else 1
        drawn = {"objectives": objectives, "crop": crop}
        panels = [Panel(label, {"benchmark": label, **drawn}) for label in labels]
        lines = self.draw(results, numbers, ax=Figure().subplots(), **panels[0].options).lines
        keys = [(line, str(line.get_label())) for line in lines]
        return Sheet(
            panels, across, 2.3, [key for key in keys if not key[1].startswith("_child")]
        )  # lines without a label

    def about(self, results: Results, **options: Any) -> str:
        """What the figure shows."""
        text: str = self.drawer.about(self._of(results), **options)
        return text
