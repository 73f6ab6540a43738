"""The report as a page: one file that holds all it needs, with curves to explore, tables to sort, and provenance.

Labels and titles are escaped, the page's content-security policy admits no script and no style but its own (by their SHA-256)
and no address, and the same results give the same bytes. Style and script are the files of ``page/``.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.metadata import version
from importlib.resources import files
from math import nan
from string import Template
from typing import TYPE_CHECKING, Any

from nasbed.figures.style import style_of
from nasbed.reports import interactive
from nasbed.reports.legibility import legible
from nasbed.reports.session import facts
from nasbed.results.known import score_name
from nasbed.results.results import METRICS
from nasbed.tables import captions, numbers
from nasbed.tables import comparison as tables
from nasbed.tables.numbers import Form

if TYPE_CHECKING:
    import pandas as pd

    from nasbed.results.results import Results
    from nasbed.vocabulary import Benchmark

GROUNDS = {"light": "#ffffff", "dark": "#14181d"}
"""The backgrounds of ``report.css``."""

_COSTS = tuple((name, tables.COLUMNS[name]) for name in tables.COSTS)


def page(
    results: Results,
    curves: pd.DataFrame,
    record: Mapping[str, Any] | None = None,
    pictures: Mapping[str, tuple[str, bytes]] | None = None,
) -> str:
    """The page.

    ``curves`` is ``results.curves()``, ``record`` the content of ``run.json``, and ``pictures`` are figures that do not
    move: by title, a caption and the bytes of an SVG.
    """
    style, script = _asset("report.css") + _lines_style(results.strategies), _asset("report.js")
    notes = [*tables.about_scores(results)[1:], *tables.about_costs()]
    sections = {"curves": "Curves", "results": "Results", "contrasts": "Contrasts"}
    contrasts = _contrasts(results)
    sections = sections if contrasts else {"curves": "Curves", "results": "Results"}
    sections |= {"figures": "Figures"} if pictures else {}
    sections |= {"notes": "What the numbers mean"} | ({"provenance": "Provenance"} if record else {})
    return Template(_asset("report.html")).substitute(
        title=escape(results.title),
        caption=escape(captions.caption(results)),
        warnings="\n".join(f'<p class="warning">{escape(text)}</p>' for text in tables.about_runs(results)),
        contents="".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in sections.items()),
        finals="\n".join(_finals(results)),
        contrasts=contrasts,
        figures=_figures(pictures or {}),
        notes="\n".join(f'<p class="note">{escape(note)}</p>' for note in notes),
        provenance=_provenance(record) if record else "",
        version=version("nasbed"),
        data=_json(_content(results, curves)),
        script=script,
        style=style,
        script_hash=_hash(script),
        style_hash=_hash(style),
    )


def _asset(name: str) -> str:
    return (files("nasbed.reports") / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _json(content: Any) -> str:
    """JSON that can stand in a page: no character that ends a script or begins a comment."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _lines_style(strategies: list[str]) -> str:
    """The colours of the lines, those of the figures where they stand out against the page."""
    colours = [style["color"] for style in style_of(strategies).values()]

    def rule(scheme: str) -> str:
        lines = (f"--line-{at}:{legible(colour, GROUNDS[scheme])}" for at, colour in enumerate(colours))
        return f":root{{{';'.join(lines)}}}"

    return f"{rule('light')}\n@media (prefers-color-scheme: dark){{{rule('dark')}}}\n@media print{{{rule('light')}}}\n"


def _content(results: Results, curves: pd.DataFrame) -> dict[str, Any]:
    styles = style_of(results.strategies)
    return {
        "strategies": [{"label": name, "dash": _dash(styles[name]["linestyle"])} for name in results.strategies],
        "benchmarks": interactive.content(results, curves),
    }


def _dash(linestyle: Any) -> str:
    """A dash of matplotlib, in widths of the line, as one of SVG for lines of two pixels."""
    return "" if isinstance(linestyle, str) else " ".join(f"{2 * length:g}" for length in linestyle[1])


def _finals(results: Results) -> Iterable[str]:
    """A table for each benchmark, as elements."""
    for label, benchmark in results.benchmarks.items():
        scores = _scores_of(benchmark)
        above = "<td></td><td></td>" + "".join(
            f'<th scope="colgroup" colspan="{columns}">{escape(name)}</th>'
            for name, columns in (*((name, 5) for _, name in scores), ("means over seeds", len(_COSTS)))
        )
        heads = [("strategy", ""), ("seeds", "seeds")]
        for _, name in scores:
            heads += [(head, f"{name}: {said}") for head, said in (
                ("mean", "mean"), ("low", "95 % interval, low"), ("high", "95 % interval, high"), ("sd", "standard deviation"),
                ("median", "median"))]  # fmt: skip
        heads += [(name, name) for _, name in _COSTS]
        given = tables.rows_of(results, label)
        rows = [[_head(row["strategy"]), _cell(row["seeds"], f"{row['seeds']:,}")] for row in given]
        floor = [f'<th scope="row"><em>{tables.FLOOR}</em></th><td></td>']
        floors = dict(zip(METRICS, results.floor(label), strict=True))
        for metric, _ in scores:
            *forms, form = tables.score_forms(given, metric, floors.get(metric, nan))
            for cells, row, own in zip(rows, given, forms, strict=True):
                source = tables.level(row, metric)
                cells += [_score(row, source, name, own) for name in ("mean", "low", "high", "sd", "median")]
            floor.append(_number(floors[metric], form) + "<td></td>" * 4 if metric in floors else "<td></td>" * 5)
        for cells, row in zip(rows, given, strict=True):
            cells += [_cell(row[name], tables.cost(row[name])) for name, _ in _COSTS]
        foot = "".join(floor) + "<td></td>" * len(_COSTS)
        yield _table(
            tables.title_of(label, benchmark), [above, _heads(heads)], ["".join(cells) for cells in rows], foot
        )


def _scores_of(benchmark: Benchmark) -> list[tuple[str, str]]:
    """The scores of a table, and their heads."""
    validation = score_name(benchmark, "validation_regret")
    return [(name, validation if name == "validation_regret" else tables.COLUMNS[name]) for name in tables.SCORES]


def _contrasts(results: Results) -> str:
    """The section of the contrasts with the reference; empty where there is no other strategy."""
    if len(results.strategies) < 2:
        return ""
    names = (
        ("difference", "Δ"),
        ("difference_low", "low"),
        ("difference_high", "high"),
        ("wins", "wins"),
        ("p_holm", "p (Holm)"),
    )
    said = {"Δ": "mean paired difference", "low": "95 % interval, low", "high": "95 % interval, high"}
    found = []
    for label, benchmark in results.benchmarks.items():
        scores = _scores_of(benchmark)[:2]
        above = "<td></td>" + "".join(f'<th scope="colgroup" colspan="{len(names)}">{name}</th>' for _, name in scores)
        heads = [("strategy", "")]
        heads += [(head, f"{name}: {said.get(head, head)}") for _, name in scores for _, head in names]
        given = [row for row in tables.rows_of(results, label) if row["strategy"] != results.reference]
        rows = [_head(row["strategy"]) for row in given]
        for metric, _ in scores:
            for place, form in enumerate(tables.difference_forms(given, metric)):
                cells = (_contrast(given[place].get(f"{metric}_{name}", nan), name, form) for name, _ in names)
                rows[place] += "".join(cells)
        found.append(_table(f"{label}: against {results.reference}", [above, _heads(heads)], rows))
    about = "".join(f'<p class="note">{escape(note)}</p>' for note in tables.about_contrasts(results))
    return (
        '<section id="contrasts" aria-labelledby="contrasts-head">\n<h2 id="contrasts-head">Contrasts</h2>\n'
        + "\n".join(found)
        + f"\n{about}\n</section>"
    )


def _contrast(value: float, name: str, form: Form) -> str:
    if name == "p_holm":
        return _cell(value, numbers.p_value(value), value < tables.SIGNIFICANT)
    return _number(value, form, "+") if name in tables.DIFFERENCE else _number(value, Form(2))


def _score(row: Mapping[Any, Any], metric: str, name: str, form: Form) -> str:
    value = row[f"{metric}_{name}"]
    if name == "sd" and value == value and not numbers.is_spread(value, row[f"{metric}_mean"]):
        return _cell(0.0, "0")
    return _number(value, form)


def _table(caption: str, heads: Sequence[str], rows: Sequence[str], foot: str = "") -> str:
    """A sortable table in a region that scrolls; heads, rows and foot are cells."""
    return (
        f'<div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0">\n'
        f'<table class="sortable">\n<caption>{escape(caption)}</caption>\n'
        f"<thead>{''.join(f'<tr>{head}</tr>' for head in heads)}</thead>\n<tbody>\n"
        + "".join(f"<tr>{row}</tr>\n" for row in rows)
        + f"</tbody>\n{f'<tfoot><tr>{foot}</tr></tfoot>' if foot else ''}\n</table>\n</div>"
    )


def _heads(heads: Sequence[tuple[str, str]]) -> str:
    """Heads of columns: what is shown, and the whole name where that is longer."""
    return "".join(
        f'<th scope="col" class="{"number" if at else ""}"{f" data-name={chr(34)}{escape(name)}{chr(34)}" if name else ""}>'
        f"{escape(head)}</th>"
        for at, (head, name) in enumerate(heads)
    )


def _head(text: str) -> str:
    return f'<th scope="row">{escape(text)}</th>'


def _number(value: float, form: Form, sign: str = "") -> str:
    return _cell(value, numbers.text(value, form, sign).replace("-", "−"))


def _cell(value: float, text: str, strong: bool = False) -> str:
    """A number as it is shown, with all its digits for sorting."""
    exact = "" if value != value else f"{value:.9g}"
    return f'<td class="number{" strong" if strong else ""}" data-value="{exact}">{escape(text)}</td>'


def _figures(pictures: Mapping[str, tuple[str, bytes]]) -> str:
    """Figures that do not move, as images in the page, so that no script of theirs could run."""
    if not pictures:
        return ""
    shown = "\n".join(
        f'<figure><img alt="{escape(title)}" src="data:image/svg+xml;base64,{b64encode(svg).decode()}">'
        f"<figcaption><strong>{escape(title)}.</strong> {escape(caption)}</figcaption></figure>"
        for title, (caption, svg) in pictures.items()
    )
    return f'<section id="figures" aria-labelledby="figures-head">\n<h2 id="figures-head">Figures</h2>\n{shown}\n</section>'


def _provenance(record: Mapping[str, Any]) -> str:
    """What ``run.json`` says: the sessions, the study file, and the identity of each series."""
    sessions = [_session(at, one) for at, one in enumerate(record.get("sessions", []), start=1)]
    rows = [
        "".join(
            [
                _head(str(entry.get("strategy", ""))),
                *(f"<td>{_words(value)}</td>" for value in _identity(entry)),
            ]
        )
        for entry in record.get("series", [])
    ]
    heads = [(head, "") for head in ("strategy", "benchmark", "options", "key", "strategy source", "data", "core")]
    keys = _table("Identity of the runs", [_heads(heads).replace(' class="number"', "")], rows)
    study = f'<pre tabindex="0"><code>{escape(str(record.get("study_text", "")))}</code></pre>'
    return (
        '<section id="provenance" aria-labelledby="provenance-head">\n<h2 id="provenance-head">Provenance</h2>\n'
        + "\n".join(sessions)
        + f"\n<details><summary>The study file</summary>{study}</details>"
        + f"\n<details><summary>Identity of the runs (SHA-256)</summary>{keys}</details>\n</section>"
    )


def _identity(entry: Mapping[str, Any]) -> list[Any]:
    content = entry.get("content", {})
    strategy, benchmark = content.get("strategy", {}), content.get("benchmark", {})
    options = ", ".join(f"{name} = {value}" for name, value in strategy.get("options", {}).items())
    return [
        entry.get("benchmark", ""),
        options,
        *map(_Code, (entry.get("key"), strategy.get("source"), benchmark.get("data"), content.get("core"))),
    ]


class _Code(str):
    """A text that is shown as code."""


def _words(value: Any) -> str:
    return f"<code>{escape(value)}</code>" if isinstance(value, _Code) else escape(str(value))


def _session(number: int, session: Mapping[str, Any]) -> str:
    listed = "".join(f"<dt>{name}</dt><dd>{escape(fact)}</dd>" for name, fact in facts(session).items())
    return f"<h3>Session {number}</h3><dl>{listed}</dl>"
