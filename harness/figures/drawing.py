"""Draws figures by their names, with their numbers and captions, and turns them into files."""

from __future__ import annotations

import gc
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from nasbed.engines.in_process import InProcess
from nasbed.errors import BestUnknownError, OptionError, UnlistedError, unknown
from nasbed.figures import fonts, naming
from nasbed.figures.formats import KINDS, rendered
from nasbed.figures.kind import FigureKind
from nasbed.figures.pages import pages
from nasbed.figures.style import WIDTHS, Style, width_of
from nasbed.files import Content
from nasbed.progress import Progress, silent
from nasbed.results.known import FEW, absolute
from nasbed.studies.appearance import Appearing
from nasbed.tables import captions
from nasbed.vocabulary import is_enumerable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from nasbed.results.results import Results

_ROWS = 20_000
"""Rows of CSV that are written at a time."""


@cache
def figure_kinds() -> dict[str, FigureKind]:
    """All kinds of figures by name, in the order of reports."""
    package = str(Path(__file__).parent)
    modules = (import_module(f"nasbed.figures.{found.name}") for found in pkgutil.iter_modules([package]))
    kinds = [module.FIGURE for module in modules if hasattr(module, "FIGURE")]
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.place)}


def figure_kind(name: str) -> FigureKind:
    """The kind of figure of a name; raises :class:`~nasbed.errors.UnknownNameError`."""
    if name not in figure_kinds():
        raise unknown("figure", name, figure_kinds())
    return figure_kinds()[name]


def _required(results: Results, name: str) -> FigureKind:
    """The kind of figure of a name, which these results can have."""
    found = figure_kind(name)
    found.require(results)
    return found


def available(results: Results) -> list[str]:
    """The names of the figures that these results can have."""
    found = []
    for name in figure_kinds():
        try:
            _required(results, name)
        except OptionError:
            continue
        found.append(name)
    return found


def left_out(results: Results) -> list[str]:
    """Sentences on the figures that these results would have if more were known of their benchmarks."""
    wanting: dict[type[OptionError], list[str]] = {}
    for name in figure_kinds():
        try:
            _required(results, name)
        except (BestUnknownError, UnlistedError) as error:
            wanting.setdefault(type(error), []).append(name)
        except OptionError:
            continue
    there = results.benchmarks
    without = {
        BestUnknownError: ("regrets, and no best is known of", [label for label in there if absolute(there[label])]),
        UnlistedError: (
            "what goes through all architectures, and these are not listed of",
            [label for label in there if not is_enumerable(there[label].space)],
        ),
    }
    return [
        f"Not drawn: {', '.join(names)}. They would show {what} {_labels(labels, len(there))}."
        for error, names in wanting.items()
        for what, labels in [without[error]]
    ]


def _labels(labels: Sequence[str], there: int) -> str:
    """Some of the benchmarks that there are: by name, or as many as they are."""
    if len(labels) <= FEW:
        return ", ".join(labels)
    return "any benchmark" if len(labels) == there else f"{len(labels)} of {there} benchmarks"


def numbers(results: Results, name: str, **options: Any) -> pd.DataFrame:
    """All that a figure plots, as a frame; ``options`` are those of the figure's own ``numbers``.

    Raises :class:`~nasbed.errors.UnknownNameError`, and :class:`~nasbed.errors.OptionError` where the results can't have it.
    """
    return _required(results, name).numbers(results, **options)


def caption(results: Results, name: str, **options: Any) -> str:
    """What a figure shows, and the protocol: seeds, budget, noise, incumbent rule, cost model."""
    words = [_required(results, name).about(results, **options), captions.caption(results)]
    words += [naming.key(results.strategies), *captions.without_incumbent(results)]
    return " ".join(filter(None, [*words, *(f"Warning: {text}." for text in results.warnings)]))


def alternative(results: Results, name: str, frame: pd.DataFrame) -> str:
    """What a figure shows and its main numbers, for those who cannot see it; ``frame`` is that of :func:`numbers`."""
    found = _required(results, name)
    shows = f"{found.shows[:1].upper()}{found.shows[1:]}."
    return f"{shows} {found.says(results, frame)}".strip()


def render(
    results: Results,
    name: str,
    style: Style = "double",
    *,
    strategies: Sequence[str] | None = None,
    benchmarks: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    colors: Mapping[str, str] | None = None,
    markers: Mapping[str, str] | None = None,
    order: Sequence[str] | None = None,
    frame: pd.DataFrame | None = None,
    captioned: bool = False,
    **options: Any,
) -> Figure:
    """A figure at the width of one column of a page (``single``) or of two (``double``).

    Of some ``strategies`` and ``benchmarks``, exactly those, or of all; colours stay those of the whole study. ``labels``,
    ``colors``, ``markers`` and ``order`` are those of :meth:`Results.appearing
    <nasbed.results.results.Results.appearing>`. ``frame`` is that of
    :func:`numbers` where it is at hand. ``captioned`` writes the caption under the panels. ``options`` are the figure's own, as
    ``metric`` of curves and finals. Raises :class:`~nasbed.errors.UnknownNameError`, and :class:`~nasbed.errors.OptionError` where
    the results cannot have the figure.
    """
    from nasbed.figures import layout

    width_of(style)
    told: Appearing = {"labels": labels, "colors": colors, "markers": markers, "order": order}
    shown = _shown(results, {**told, "strategies": strategies}, benchmarks)
    fonts.warn([*shown.strategies, *shown.benchmarks])
    drawer = _required(shown, name)
    frame = drawer.numbers(shown, **options) if frame is None else frame
    words = caption(shown, name, **options) if captioned else ""
    sheet = drawer.sheet(shown, frame, style, **options)
    return layout.lay_out(sheet, style, partial(drawer.panel, shown, frame), words)


def _shown(results: Results, appearance: Appearing, benchmarks: Sequence[str] | None = None) -> Results:
    """The results as they are to appear, of the strategies and benchmarks that are named alone."""
    told: Appearing = {**appearance, "strategies": None}
    strategies = appearance.get("strategies")
    if strategies is not None or benchmarks is not None:
        results = results.subset(strategies, benchmarks)
    return results.appearing(**told) if any(value is not None for value in told.values()) else results


def csv_parts(frame: pd.DataFrame, head: bool = True) -> Iterator[str]:
    """Numbers as CSV, with their ``head`` or without, in parts: at once pandas takes four bytes for each character."""
    for first in range(0, max(1, len(frame)), _ROWS):
        part = frame.iloc[first : first + _ROWS]
        yield part.to_csv(index=False, header=head and not first, float_format="%.8g", lineterminator="\n")


@dataclass(frozen=True)
class Drawn:
    """A figure for a page, or a part of it (:mod:`nasbed.figures.pages`): name, caption, numbers (CSV, in parts), width and height
    in inches, pictures by kind, what its caption says before the protocol, what :func:`alternative` says of it, for narrow screens
    an SVG as wide as a column, where one was asked for, the kind of figure, and whether it is of some benchmarks of many.
    """

    name: str
    caption: str
    numbers: tuple[str, ...]
    size: tuple[float, float]
    pictures: dict[str, bytes]
    about: str = ""
    alternative: str = ""
    narrow: bytes = b""
    kind: str = ""
    of_some: bool = False

    def files(self) -> dict[str, Content]:
        """``NAME.KIND`` of each picture, ``NAME.csv`` and ``NAME.txt``."""
        pictures: dict[str, Content] = {f"{self.name}.{kind}": one for kind, one in self.pictures.items()}
        return {**pictures, f"{self.name}.csv": self.numbers, f"{self.name}.txt": self.caption + "\n"}


def drawn(
    results: Results,
    names: Sequence[str] | None = None,
    style: Style = "double",
    kinds: Iterable[str] = KINDS,
    executor: Executor | None = None,
    *,
    narrow: bool = False,
    progress: Progress = silent,
    **appearance: Unpack[Appearing],
) -> list[Drawn]:
    """Figures with all that a page needs: those named, or all that the results can have. Of many benchmarks they come in parts, and
    what is of all together first.

    ``executor`` turns them into pictures while the next is laid out; this process does by default. ``narrow`` also draws those
    of two columns as wide as one. ``progress`` is called before each figure. ``labels``, ``colors``,
    ``markers``, ``order`` and ``strategies`` are those of :func:`render`.
    """
    shown = _shown(results, appearance)
    wanted = list(kinds)
    for kind in wanted:
        if kind not in KINDS:
            raise unknown("kind of file", kind, KINDS)
    executor = executor or InProcess()
    found: list[tuple[Drawn, Future[dict[str, bytes]], Future[dict[str, bytes]] | None]] = []
    asked = available(shown) if names is None else names
    for done, name in enumerate(asked):
        progress(f"drawing {name}", done, len(asked))
        parts = pages(shown, figure_kind(name), numbers(shown, name))
        while parts:
            part = parts.pop(0)
            figure = render(part.results, name, style, frame=part.drawn)
            width, height = map(float, figure.get_size_inches())
            pending, small = executor.submit(pictures, figure, wanted), None
            del figure
            if narrow and width > WIDTHS["single"] + 0.01:
                small = executor.submit(pictures, render(part.results, name, "single", frame=part.drawn), ["svg"])
            gc.collect()  # figures are full of cycles, and one may hold a million points
            about, all_said = figure_kind(name).about(part.results), caption(part.results, name)
            empty = Drawn(
                part.name,
                part.said(all_said),
                tuple(csv_parts(part.numbers)),
                (width, height),
                {},
                part.said(about),
                alternative(part.results, name, part.numbers),
                kind=name,
                of_some=part.of_some,
            )
            del part
            found.append((empty, pending, small))
    found.sort(key=lambda one: one[0].of_some)
    return [
        replace(empty, pictures=future.result(), narrow=small.result()["svg"] if small else b"")
        for empty, future, small in found
    ]


def write(
    results: Results,
    folder: Path | str,
    names: Sequence[str] | None = None,
    style: Style = "double",
    kinds: Iterable[str] = KINDS,
    **appearance: Unpack[Appearing],
) -> list[Path]:
    """Write figures, their numbers (``NAME.csv``) and captions (``NAME.txt``): those named, or all that the results can have.

    ``labels``, ``colors``, ``markers``, ``order`` and ``strategies`` are those of :func:`render`.
    """
    from nasbed.studies.store import write_all

    figures = drawn(results, names, style, kinds, **appearance)
    return write_all(folder, {file: content for figure in figures for file, content in figure.files().items()})


def pictures(figure: Figure, kinds: Sequence[str]) -> dict[str, bytes]:
    """A figure in several kinds of file: see :func:`rendered`."""
    return {kind: rendered(figure, kind) for kind in kinds}
