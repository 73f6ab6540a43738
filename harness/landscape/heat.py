"""Heat maps of rank correlations and of what decisions do to the score, for the figure of landscapes. Lengths are in inches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nasbed.landscape.survey import Site, Survey
from nasbed.landscape.text import difference
from nasbed.landscape.variance import Effects

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Place = Callable[[float, float, float, float], "Axes"]
"""Makes axes from the left and lower ends, width and height."""

SEPARATE = 4
"""Most data sets whose effects are drawn one by one."""
PAIRS = 8
"""Interactions that are drawn of more data sets."""
SMALL, TINY = 6.0, 5.0
"""Points of the numbers and names."""
CELL, TALL = 0.19, 0.3
"""Height of a cell, and of one with the name of its choice."""
LETTER = 0.052
"""Mean width of a small letter."""
NAME, SHORT = 14, 7
"""Letters of the name of a data set beside correlations, and of that of a choice on one line."""
HEAD = 0.45
"""The heads above a row of heat maps."""
GAP, BAR, WIDEST = 0.12, 0.42, 0.75
"""Room between panels, and for a colour bar; the widest cell of a panel that has a line of its own."""
CHANGES, PERCENT = ("+z.1f", "+z.0f"), ("z.1f", "z.0f")
"""How numbers are written, the first that fits."""
SHARES, DEVIATIONS = "Blues", "PuOr"
"""Colour maps that keep their order under colour-vision deficiencies; the numbers carry it in greyscale."""


def ranks(place: Place, survey: Survey, right: float, top: float, room: tuple[float, float]) -> None:
    """Correlations between data sets, and below them with what is seen at each fidelity; ``room`` is width and height."""
    names = [site.name for site in survey.sites]
    several = len(names) > 1
    fidelities = sorted({epochs for site in survey.sites for epochs in site.fidelities})
    seen = [[site.fidelities.get(epochs, np.nan) for site in survey.sites] for epochs in fidelities]
    rows = [*(survey.between.tolist() if several else []), *seen]
    epochs = [f"{number:,} epoch{'s' * (number > 1)}" for number in fidelities]
    columns = names
    if several and not _upright(names, room[0] - LETTER * _longest(names)):
        columns = _numbered(names)
        lines = 2 if room[1] >= 0.2 * len(rows) else 1
        names = [f"{number} {_short(name, lines)}" for number, name in enumerate(names, 1)]
    labels = [*(names if several else []), *epochs]
    cells = np.array(rows, dtype=float)
    lowest = np.floor(10 * float(np.nanmin(cells, initial=0.9))) / 10
    width = room[0] - LETTER * _longest(labels)
    height = min(room[1], 0.4 * len(rows))
    axes = place(right - width, top - height, width, height)
    _heat(axes, cells, labels, columns, SHARES, (lowest - 0.1, 1.1), (".3f", ".2f"), width)
    if several:
        axes.axhline(len(names) - 0.5, color="white", linewidth=3 if len(rows) <= 8 else 1.5)
    axes.set_title("(e) rank correlation", loc="left")


def _short(name: str, lines: int) -> str:
    """A long name on two lines, broken at its last mark that leaves both short; or cut.

    >>> _short("parkinsons_telemonitoring", 2), _short("parkinsons_telemonitoring", 1), _short("cifar10", 2)
    ('parkinsons_\\ntelemonitoring', 'parkinsons_te…', 'cifar10')
    """
    marks = [at + 1 for at in range(3, min(len(name) - 1, NAME)) if name[at] in "_- "]
    parts = [name[: marks[-1]], name[marks[-1] :]] if lines > 1 and len(name) > NAME and marks else [name]
    return "\n".join(part if len(part) <= NAME else f"{part[: NAME - 1]}…" for part in parts)


def _numbered(names: Sequence[str]) -> list[str]:
    return [str(number) for number in range(1, len(names) + 1)]


def _longest(names: Sequence[str]) -> int:
    return max(len(line) for name in names for line in name.split("\n"))


def _upright(names: Sequence[str], width: float) -> bool:
    """Whether names fit side by side below columns that share ``width``."""
    return _longest(names) * LETTER <= 0.95 * width / len(names)


def _slanted(names: Sequence[str]) -> float:
    """The height of names below a heat map, at 40 degrees."""
    return 0.12 + 0.64 * LETTER * _longest(names)


def _same_choices(site: Site) -> bool:
    """Whether all decisions have the same choices, so that columns can be named."""
    return len(set(site.benchmark.decisions().values())) == 1


class _Named(NamedTuple):
    """How the choices of decisions are named that have different ones: the names of each decision as they stand ``inside`` its
    cells, none where they do not fit; ``below`` says that one data set's shares stand below its means, which need the width.
    """

    inside: list[list[str]]
    below: bool = False


def _named(sites: Sequence[Site], width: float) -> _Named:
    found = [[_broken(name) for name in names] for names in sites[0].benchmark.decisions().values()]
    needed = 1.05 * LETTER * TINY / SMALL * max(map(_longest, found)) * max(map(len, found))
    if _same_choices(sites[0]) or needed > (width - _left(sites) - BAR) / max(len(sites), 1):
        return _Named([])
    if needed <= _panel(sites, width, BAR):
        return _Named(found)
    return _Named(found, below=True) if len(sites) == 1 else _Named([])


def _broken(name: str) -> str:
    """A name on two lines, broken after the mark nearest to its middle; on one where it is short or has none.

    >>> _broken("gru_residual"), _broken("attention"), _broken("gru")
    ('gru_\\nresidual', 'attention', 'gru')
    """
    marks = [at + 1 for at in range(1, len(name) - 1) if name[at] in "_- "] if len(name) > SHORT else []
    at = min(marks, key=lambda mark: abs(2 * mark - len(name)), default=0)
    return f"{name[:at]}\n{name[at:]}" if at else name


def numbered_choices(sites: Sequence[Site], width: float) -> str:
    """The choices of each decision in words where the figure has their numbers alone; else empty."""
    if _same_choices(sites[0]) or _named(sites, width).inside:
        return ""
    return "; ".join(f"{name} {', '.join(choices)}" for name, choices in sites[0].benchmark.decisions().items())


def _choices(sites: Sequence[Site], width: float) -> tuple[str, ...]:
    """What stands below the columns of choices: their names where all decisions have the same, nothing where names stand in the
    cells, else numbers.
    """
    found = list(sites[0].benchmark.decisions().values())
    if _same_choices(sites[0]):
        return found[0]
    most = max(map(len, found))
    return ("",) * most if _named(sites, width).inside else tuple(map(str, range(1, most + 1)))


def _panel(sites: Sequence[Site], width: float, right: float) -> float:
    """The width of a panel of :func:`effects` that leaves room on the right."""
    left, alone = _left(sites), len(sites) == 1
    across, between = (2, left) if alone else (len(sites), GAP)
    return min((width - left - right - between * (across - 1)) / across, 3.2)


def _left(sites: Sequence[Site]) -> float:
    return 0.1 + LETTER * _longest(list(sites[0].benchmark.decisions()))


def _shares(site: Site) -> Effects:
    found = site.landscape.effects
    assert found is not None
    return found


def height(sites: Sequence[Site], width: float) -> float:
    """The height in inches of what :func:`effects` draws into a width."""
    names = list(sites[0].benchmark.decisions())
    if len(sites) > SEPARATE:
        return HEAD + CELL * max(len(names), _pairs_shown(names) + 1) + 0.3
    cells, choices, decisions = _cells(sites, width), _slanted(_choices(sites, width)), _slanted(names)
    if len(sites) == 1 and not _named(sites, width).below:
        return HEAD + cells + max(choices, decisions)
    return 2 * HEAD + cells + CELL * max(len(names), 3) + choices + decisions


def _cells(sites: Sequence[Site], width: float) -> float:
    """The height of the cells of all decisions."""
    return (TALL if _named(sites, width).inside else CELL) * max(len(sites[0].benchmark.decisions()), 3)


def _pairs_shown(names: Sequence[str]) -> int:
    return min(PAIRS, len(names) * (len(names) - 1) // 2)


def effects(place: Place, sites: Sequence[Site], width: float) -> None:
    """Means by choice and shares of the variance for each data set; of many data sets the shares alone."""
    if len(sites) > SEPARATE:
        _overview(place, sites, width)
        return
    names = list(sites[0].benchmark.decisions())
    choices, alone, (inside, below) = _choices(sites, width), len(sites) == 1, _named(sites, width)
    left, beside = _left(sites), alone and not below
    between = left if alone else GAP
    cells = _cells(sites, width)
    upper = height(sites, width) - HEAD - cells
    lower = upper if beside else _slanted(names)
    means = [_means(site, len(choices)) for site in sites]
    largest = max(float(np.nanmax(np.abs(mean))) for mean in means)
    power = min(int(np.floor(np.log10(largest))), 0)
    limit = largest / 10.0**power
    tables = [_variance(_shares(site)) for site in sites]

    panel = _panel(sites, width, GAP)
    fits = [_numbers(mean / 10.0**power, CHANGES, panel / len(choices))[1] for mean in means]
    fits += [_numbers(table, PERCENT, panel / len(names))[1] for table in tables]
    panel = panel if all(fits) else _panel(sites, width, BAR)
    highest = max(float(np.nanmax(table)) for table in tables)
    for column, site in enumerate(sites):
        at = left + column * (panel + between)
        first_width = min(width - left - BAR, WIDEST * len(choices)) if below else panel
        first = place(at, upper, first_width, cells)
        _heat(first, means[column] / 10.0**power, names, choices, DEVIATIONS, (-limit, limit), CHANGES, first_width,
              bar=column == len(sites) - 1, inside=inside)  # fmt: skip
        second = place(
            left + panel + between if beside else at, lower, panel, cells if beside else CELL * max(len(names), 3)
        )
        _heat(second, tables[column], names, names, SHARES, (0.0, highest), PERCENT, panel,
              bar=column == len(sites) - 1)  # fmt: skip
        if len(names) > 1:
            rest = f"higher orders\n{100 * _shares(site).higher:z.1f}"
            second.text(0.985, 0.96, rest, transform=second.transAxes, ha="right", va="top", fontsize=SMALL)
        for axes in (first, second):
            axes.set_title("" if alone else site.name, parse_math=False, fontsize=7, pad=3)
            axes.tick_params(labelleft=column == 0)
        if column == 0:
            unit = f"1e{power} {difference(site)}" if power else difference(site)
            _head(first, f"(g) mean of a choice minus mean of all ({unit})", alone)
            _head(second, "(h) share of the variance (%)", alone)


def _head(axes: Axes, text: str, alone: bool) -> None:
    axes.annotate(text, (0, 1), xytext=(0, 5 if alone else 15), xycoords="axes fraction", textcoords="offset points",
                  fontsize=8, parse_math=False)  # fmt: skip


def _means(site: Site, choices: int) -> np.ndarray:
    """Mean by choice minus the mean of all in natural units, (decisions, choices), ``nan`` where there is no choice."""
    table = np.full((len(_shares(site).means), choices), np.nan)
    for row, mean in enumerate(_shares(site).means):
        table[row, : len(mean)] = site.objective.natural(mean)
    return table


def _variance(found: Effects) -> np.ndarray:
    """Shares in %: main effects on the diagonal, interactions below, ``nan`` above."""
    table = np.where(np.tri(len(found.main), k=-1), found.pairs, np.nan)
    table[np.diag_indices(len(table))] = found.main
    return 100 * table


def _overview(place: Place, sites: Sequence[Site], width: float) -> None:
    """Main effects, and the largest interactions with what is left, a column a data set."""
    names, columns = list(sites[0].benchmark.decisions()), _numbered([site.name for site in sites])
    pairs = np.stack([_shares(site).pairs for site in sites]).mean(axis=0)
    order = sorted(combinations(range(len(names)), 2), key=lambda pair: -pairs[pair])[: _pairs_shown(names)]
    below = [f"{names[i]} × {names[j]}" for i, j in order] + ["higher orders"]
    main = 100 * np.stack([_shares(site).main for site in sites], axis=1)
    rest = [[_shares(site).pairs[pair] for site in sites] for pair in order] + [
        [_shares(site).higher for site in sites]
    ]
    lefts = [0.1 + LETTER * _longest(rows) for rows in (names, below)]
    panel = (width - sum(lefts) - BAR) / 2
    top = height(sites, width) - HEAD
    heads = ("(g) main effects, share of the variance (%)", "(h) interactions (%)")
    for at, rows, table, head in zip(
        (lefts[0], sum(lefts) + panel), (names, below), (main, 100 * np.array(rest)), heads, strict=True
    ):
        axes = place(at, top - CELL * len(rows), panel, CELL * len(rows))
        _heat(axes, table, rows, columns, SHARES, (0.0, float(table.max())), PERCENT, panel, bar=True)
        _head(axes, head, True)


def _heat(
    axes: Axes,
    cells: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    colours: str,
    limits: tuple[float, float],
    forms: Sequence[str],
    width: float,
    bar: bool = True,
    inside: Sequence[Sequence[str]] = (),
) -> None:
    """A heat map with its numbers, ``nan`` blank; where they do not fit, with a colour bar (``bar``). ``inside`` are names above
    the numbers of each row.
    """
    image = axes.imshow(cells, cmap=colours, vmin=limits[0], vmax=limits[1], aspect="auto")
    slanted: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    axes.set_yticks(range(len(rows)), rows, fontsize=SMALL, parse_math=False)
    axes.set_xticks(
        range(len(columns)),
        columns,
        fontsize=SMALL,
        parse_math=False,
        **({} if _upright(columns, width) else slanted),
    )
    axes.tick_params(length=0, pad=2)
    axes.spines[:].set_visible(False)
    texts, size = _numbers(cells, forms, width / len(columns))
    if size == 0 and bar:
        inset = axes.inset_axes((1.02, 0, 0.06 / width, 1))
        axes.figure.colorbar(image, cax=inset).ax.tick_params(labelsize=TINY, length=2, pad=1)
    for (row, column), value, number in zip(np.ndindex(cells.shape), cells.ravel(), texts, strict=True):
        name = inside[row][column] if inside and column < len(inside[row]) else ""
        text = f"{name}\n{number}".strip() if name else number
        red, green, blue, _ = image.cmap(image.norm(value))
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
        colour, own = "white" if dark else "black", TINY if inside else size
        axes.text(column, row, text, ha="center", va="center", fontsize=own, color=colour, parse_math=False)


def _numbers(cells: np.ndarray, forms: Sequence[str], room: float) -> tuple[list[str], float]:
    """The cells as text and its size in points: in the first of ``forms`` that fits into ``room``, else smaller and without the
    zero before the point, else empty and 0.

    >>> _numbers(np.array([-0.25, np.nan]), (".3f", ".2f"), 0.3)
    (['−0.25', ''], 6.0)
    >>> _numbers(np.array([-0.25, 0.5]), (".3f", ".2f"), 0.2)
    (['−.25', '.50'], 5.0)
    >>> _numbers(np.array([-0.25, 0.5]), (".3f", ".2f"), 0.1)
    (['', ''], 0)
    """
    for form, size in (*((form, SMALL) for form in forms), (forms[-1], TINY)):
        texts = ["" if value != value else format(value, form) for value in cells.ravel()]
        if size == TINY:
            texts = [text.replace("0.", ".") if text.lstrip("-+").startswith("0.") else text for text in texts]
        if 1.05 * LETTER * size / SMALL * max(map(len, texts)) <= room:
            return [text.replace("-", "\N{MINUS SIGN}") for text in texts], size
    return [""] * cells.size, 0
