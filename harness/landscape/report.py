"""Writes the landscapes of a benchmark: a table in markdown, every number as CSV and JSON, and the figure."""

from __future__ import annotations

import csv as csv_
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.figures import rendered
from nasbed.files import OTHER_FOLDER
from nasbed.landscape.figure import draw
from nasbed.landscape.measures import correlation_length
from nasbed.landscape.survey import Site, Survey
from nasbed.landscape.text import best_in_words, caption, no_effects, no_front, no_noise, notes, quantity
from nasbed.landscape.variance import Effects
from nasbed.studies.store import write_all
from nasbed.tables import escaping, numbers
from nasbed.tables.numbers import number, share
from nasbed.tables.printed import PrintedTable, printed
from nasbed.tables.renderers.markdown import markdown as markdown_of

PAIRS, FRONT = 5, 12
"""Interactions, and architectures of the front, that the markdown shows; the CSV has all."""


def write(survey: Survey, folder: Path | str) -> list[Path]:
    """``landscape.md``, ``landscape.csv``, ``landscape.json``, and the figure as pdf, svg and png."""
    figure = draw(survey)
    files: dict[str, str | bytes] = {
        "landscape.md": markdown(survey),
        "landscape.csv": csv(survey),
        "landscape.json": json.dumps(content(survey), indent=2, ensure_ascii=False) + "\n",
        **{f"landscape.{kind}": rendered(figure, kind) for kind in ("pdf", "svg", "png")},
    }
    return write_all(folder, files, OTHER_FOLDER)


def folder_of(name: str, dataset: str | None = None, *options: str) -> str:
    """The name of the folder in results/ for a benchmark with some options.

    >>> folder_of("nasbench201"), folder_of("mine.tables:Mine", "cifar 10")
    ('landscape-nasbench201', 'landscape-mine.tables_Mine-cifar_10')
    >>> folder_of("nasbench101", None, "vertices=5")
    'landscape-nasbench101-vertices=5'
    """
    return re.sub(r"[^A-Za-z0-9_.=+-]+", "_", "-".join(["landscape", name, *([dataset] if dataset else []), *options]))


def scores(survey: Survey, every_split: bool = True) -> PrintedTable:
    """The table of scores: a column for each data set, and each split or the judged one."""
    columns = [(site, split) for site in survey.sites for split in (site.values if every_split else [site.judged])]
    heads = ["", *(f"{site.name}, {split}" for site, split in columns)]
    found = [_scores(site, split) for site, split in columns]
    return printed(heads, ([name, *(column[name] for column in found)] for name in found[0]), title=survey.name)


def _scores(site: Site, split: str) -> dict[str, str]:
    one, natural = site.landscapes[split], site.objective.natural
    form, effects = numbers.form_of(one.sd, one.mean), one.effects
    levels = (natural(float(one.quantiles[place])) for place in (0, 25, 50, 75, 100))
    lowest, low, middle, high, highest = (numbers.text(level, form) for level in levels)
    return {
        "architectures": f"{one.count:,}",
        "mean ± sd": numbers.plus_minus(natural(one.mean), one.sd, form),
        "worst": lowest,
        "quartiles": f"{low}, {middle}, {high}",
        "best": highest,
        "best architectures (index)": _some(one.best),
        "local optima": f"{len(one.optima):,}",
        "climbing ends at a best one": share(one.reached),
        "autocorrelation, lag 1": share(one.autocorrelation[1]),
        "correlation length": share(correlation_length(one.autocorrelation)),
        "fitness-distance correlation": share(one.fitness_distance),
        "variance: main effects": share(effects.main.sum()) if effects else "–",
        "variance: pairs": share(effects.pairs.sum() / 2) if effects else "–",
        "variance: higher orders": share(effects.higher) if effects else "–",
    }


def _some(index: np.ndarray) -> str:
    return ", ".join(map(str, index[:3].tolist())) + (f" and {len(index) - 3:,} more" if len(index) > 3 else "")


def markdown(survey: Survey) -> str:
    """GitHub-flavoured markdown: scores, noise, rank correlations, effects, front, and how to read them."""
    parts = [f"# Landscape of {escaping.markdown(survey.name)}", escaping.markdown(caption(survey))]
    parts += ["## Scores", markdown_of(scores(survey))]
    parts += [escaping.markdown(best_in_words(site)) for site in survey.sites]
    parts += _noise(survey) + _ranks(survey)
    parts += ["## Which decision matters"]
    for site in survey.sites:
        parts += _effects(site)
    parts += ["## Pareto front"]
    for site in survey.sites:
        parts += _front(site)
    parts += ["## Reading it", *map(escaping.markdown, notes(survey))]
    return "\n\n".join(parts) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return markdown_of(printed(heads, rows))


def _noise(survey: Survey) -> list[str]:
    measured = [(site, site.noise) for site in survey.sites if site.noise]
    parts = ["## Noise by quantile"]
    if measured:
        heads = ["group of the mean over runs, worst first"]
        heads += [f"{site.name}: {name}" for site, _ in measured for name in ("mean", "sd over runs")]
        rows = []
        for place in range(min(len(found.mean) for _, found in measured)):
            cells = [(site.objective.natural(found.mean[place]), found.sd[place]) for site, found in measured]
            rows.append([str(place + 1), *(number(one) for pair in cells for one in pair)])
        rows.append(["all", *(cell for _, found in measured for cell in ("", number(found.overall)))])
        parts.append(_table(heads, rows))
    return parts + [escaping.markdown(f"{site.name}: {no_noise(site)}.") for site in survey.sites if not site.noise]


def _ranks(survey: Survey) -> list[str]:
    names = [site.name for site in survey.sites]
    parts = ["## Rank correlation"]
    if len(names) > 1:
        rows = [[name, *map(share, row)] for name, row in zip(names, survey.between.tolist(), strict=True)]
        parts.append(_table([f"{survey.sites[0].judged} of", *names], rows))
    fidelities = sorted({epochs for site in survey.sites for epochs in site.fidelities})
    rows = [
        [f"{epochs:,}", *(share(site.fidelities.get(epochs, float("nan"))) for site in survey.sites)]
        for epochs in fidelities
    ]
    return [*parts, _table([f"seen by a search after epochs, with {survey.sites[0].judged}", *names], rows)]


def _effects(site: Site) -> list[str]:
    found, decisions = site.landscape.effects, site.benchmark.decisions()
    if not found:
        return [escaping.markdown(f"{site.name}: {no_effects(site)}.")]
    natural, names = site.objective.natural, list(decisions)
    heads = ["decision", "main effect", "with others", "best choice", "worst choice"]
    rows = []
    for place, (name, choices) in enumerate(decisions.items()):
        order = np.argsort(found.means[place])[::-1]
        ends = [f"{choices[at]} ({number(natural(found.means[place][at]), 3, '+')})" for at in (order[0], order[-1])]
        rows.append([name, share(found.main[place]), share(found.pairs[place].sum()), *ends])
    largest = ", ".join(f"{names[i]} × {names[j]} {share(found.pairs[i, j])}" for i, j in _largest(found)[:PAIRS])
    text = f"{site.name}: shares of the variance of {quantity(site)}; in brackets the mean of the choice minus that of all."
    told = [escaping.markdown(f"Largest interactions: {largest}.")] if largest else []
    return [escaping.markdown(text), _table(heads, rows), *told]


def _largest(found: Effects) -> list[tuple[int, int]]:
    pairs = list(combinations(range(len(found.main)), 2))
    return sorted(pairs, key=lambda pair: -found.pairs[pair])


def _front(site: Site) -> list[str]:
    front, space = site.front, site.benchmark.space
    if not front:
        return [escaping.markdown(f"{site.name}: {no_front(site)}.")]
    heads = ["architecture", *(f"{one.name} ({one.unit})" for one in front.objectives)]
    heads[1] = quantity(site)
    # Of a long front, members spread evenly over it.
    shown = np.unique(np.linspace(0, len(front.places) - 1, FRONT).round().astype(int))
    table = printed(heads, ([space.format(space.at(front.places[at])), *map(number, front.values[at])] for at in shown))
    coded = tuple((replace(name, code=True), *values) for name, *values in table.rows)
    which = f", {len(shown)} of them here" if len(shown) < len(front.places) else ""
    text = f"{site.name}: {len(front.places):,} architectures{which}."
    return [escaping.markdown(text), markdown_of(replace(table, rows=coded))]


def csv(survey: Survey) -> str:
    """Every number in long form: benchmark, split, statistic, its one or two keys, and value (natural units)."""
    out = io.StringIO()
    writer = csv_.writer(out, lineterminator="\n")
    writer.writerow(["benchmark", "split", "statistic", "key", "second_key", "value"])
    for site in survey.sites:
        for split in site.values:
            for statistic, key, second, value in _of_split(site, split):
                writer.writerow([site.benchmark.label, split, statistic, key, second, f"{value:.8g}"])
        for statistic, key, second, value in _of_site(site):
            writer.writerow([site.benchmark.label, site.judged, statistic, key, second, f"{value:.8g}"])
    for site, row in zip(survey.sites, survey.between.tolist(), strict=True):
        for other, value in zip(survey.sites, row, strict=True):
            cells = ["rank_correlation_of_data_sets", other.benchmark.label, "", f"{value:.8g}"]
            writer.writerow([site.benchmark.label, site.judged, *cells])
    return out.getvalue()


_Cell = tuple[str, Any, Any, float]


def _of_split(site: Site, split: str) -> Iterator[_Cell]:
    one, natural = site.landscapes[split], site.objective.natural
    yield "architectures", "", "", one.count
    yield "mean", "", "", natural(one.mean)
    yield "sd", "", "", one.sd
    yield from (("quantile", place / 100, "", natural(value)) for place, value in enumerate(one.quantiles))
    yield from (("best_architecture", place, "", index) for place, index in enumerate(one.best))
    yield from (("local_optimum", place, "", index) for place, index in enumerate(one.optima))
    yield "climbing_ends_at_a_best_one", "", "", one.reached
    yield from (("autocorrelation", lag, "", value) for lag, value in enumerate(one.autocorrelation))
    yield "correlation_length", "", "", correlation_length(one.autocorrelation)
    yield "fitness_distance_correlation", "", "", one.fitness_distance
    yield from (("mean_at_distance", steps, "", natural(value)) for steps, value in enumerate(one.by_distance))
    if not one.effects:
        return
    decisions = site.benchmark.decisions()
    names = list(decisions)
    for place, (name, choices) in enumerate(decisions.items()):
        yield "main_effect", name, "", one.effects.main[place]
        means = zip(choices, one.effects.means[place], strict=True)
        yield from (("deviation_of_mean", name, choice, natural(value)) for choice, value in means)
    yield from (("interaction", names[i], names[j], one.effects.pairs[i, j]) for i, j in _largest(one.effects))
    yield "higher_orders", "", "", one.effects.higher


def _of_site(site: Site) -> Iterator[_Cell]:
    if site.noise:
        yield "noise_sd", "all", "", site.noise.overall
        for place, (mean, sd) in enumerate(zip(site.noise.mean, site.noise.sd, strict=True), 1):
            yield "noise_group_mean", place, "", site.objective.natural(mean)
            yield "noise_sd", place, "", sd
    yield from (("rank_correlation_of_fidelity", epochs, "", value) for epochs, value in site.fidelities.items())
    space = site.benchmark.space
    if not site.front:
        return
    for place, row in zip(site.front.places.tolist(), site.front.values, strict=True):
        text = space.format(space.at(place))
        yield from (
            ("pareto_front", text, one.name, value) for one, value in zip(site.front.objectives, row, strict=True)
        )


def content(survey: Survey) -> dict[str, Any]:
    """The numbers of the landscapes as nested plain data; ``null`` where a statistic is not defined."""
    sites = []
    for site in survey.sites:
        front, space = site.front, site.benchmark.space
        sites.append(
            {
                "label": site.benchmark.label,
                "judged": site.judged,
                "unit": site.benchmark.objectives[0].unit,
                "splits": {split: _nested(_of_split(site, split)) for split in site.values},
                **_nested(cell for cell in _of_site(site) if cell[0] != "pareto_front"),
                "pareto_front": [
                    {
                        "index": space.index(space.at(place)),
                        "architecture": space.format(space.at(place)),
                        **{one.name: float(value) for one, value in zip(front.objectives, row, strict=True)},
                    }
                    for place, row in zip(front.places.tolist(), front.values, strict=True)
                ]
                if front
                else None,
            }
        )
    between = {
        one.benchmark.label: dict(zip([site.benchmark.label for site in survey.sites], map(_plain, row), strict=True))
        for one, row in zip(survey.sites, survey.between.tolist(), strict=True)
    }
    return {
        "benchmark": survey.name,
        "caption": caption(survey),
        "notes": notes(survey),
        "sites": sites,
        "rank_correlation_of_data_sets": between,
    }


def _nested(cells: Iterator[_Cell]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for statistic, key, second, value in cells:
        if key == "":
            found[statistic] = _plain(value)
        elif second == "":
            found.setdefault(statistic, {})[str(key)] = _plain(value)
        else:
            found.setdefault(statistic, {}).setdefault(str(key), {})[str(second)] = _plain(value)
    return found


def _plain(value: float) -> float | int | None:
    if isinstance(value, (int, np.integer)):
        return int(value)
    return None if value != value else float(value)
