"""The report as a page: one file that holds all it needs, with curves to explore, tables to sort, and provenance.

Labels and titles are escaped, the page's content-security policy admits no script and no style but its own (by their SHA-256)
and no address, and the same results give the same bytes. Style and script are the files of ``page/``.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from html import escape
from importlib.metadata import version
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from nasbed.reports import interactive
from nasbed.reports.legibility import legible
from nasbed.reports.session import facts
from nasbed.tables import captions, comparison, importance, notes, stability
from nasbed.tables.printed import Head, PrintedCell, PrintedTable
from nasbed.tables.renderers.html import html as drawn

if TYPE_CHECKING:
    import pandas as pd

    from nasbed.results.results import Results

GROUNDS = {"light": "#ffffff", "dark": "#14181d"}
"""The backgrounds of ``report.css``."""


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
    style, script = _asset("report.css") + _lines_style(results), _asset("report.js")
    about = [*notes.about_scores(results)[1:], *notes.about_costs(), *notes.about_measures(results)]
    sections = {"curves": "Curves", "results": "Results", "contrasts": "Contrasts"}
    contrasts = _contrasts(results)
    sections = sections if contrasts else {"curves": "Curves", "results": "Results"}
    sections |= {"measures": comparison.MEASURES_TITLE}
    sections |= {"figures": "Figures"} if pictures else {}
    sections |= {"notes": "What the numbers mean"} | ({"provenance": "Provenance"} if record else {})
    return Template(_asset("report.html")).substitute(
        title=escape(results.title),
        caption=escape(captions.caption(results)),
        warnings="\n".join(f'<p class="warning">{escape(text)}</p>' for text in notes.about_runs(results)),
        contents="".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in sections.items()),
        finals="\n".join(map(drawn, comparison.tables(results, comparison.PAGE))),
        contrasts=contrasts + _measures(results),
        figures=_figures(pictures or {}),
        notes="\n".join(f'<p class="note">{escape(note)}</p>' for note in about),
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


def _lines_style(results: Results) -> str:
    """The colours of the lines, those of the figures where they stand out against the page."""
    colours = [results.looks[name].color for name in results.strategies]

    def rule(scheme: str) -> str:
        lines = (f"--line-{at}:{legible(colour, GROUNDS[scheme])}" for at, colour in enumerate(colours))
        return f":root{{{';'.join(lines)}}}"

    return f"{rule('light')}\n@media (prefers-color-scheme: dark){{{rule('dark')}}}\n@media print{{{rule('light')}}}\n"


def _content(results: Results, curves: pd.DataFrame) -> dict[str, Any]:
    return {
        "strategies": [{"label": name, "dash": _dash(results.looks[name].linestyle)} for name in results.strategies],
        "benchmarks": interactive.content(results, curves),
    }


def _dash(linestyle: Any) -> str:
    """A dash of matplotlib, in widths of the line, as one of SVG for lines of two pixels."""
    return "" if isinstance(linestyle, str) else " ".join(f"{2 * length:g}" for length in linestyle[1])


def _contrasts(results: Results) -> str:
    """The section of the contrasts with the reference; empty where there is no other strategy."""
    if len(results.strategies) < 2:
        return ""
    against = comparison.tables(results, comparison.PAGE_AGAINST)
    found = [
        drawn(replace(table, title=f"{label}: against {results.reference}"))
        for label, table in zip(results.benchmarks, against, strict=True)
    ]
    about = "".join(f'<p class="note">{escape(note)}</p>' for note in notes.about_contrasts(results))
    return (
        '<section id="contrasts" aria-labelledby="contrasts-head">\n<h2 id="contrasts-head">Contrasts</h2>\n'
        + "\n".join(found)
        + f"\n{about}\n</section>"
    )


def _measures(results: Results) -> str:
    """The section of robust and anytime measures."""
    found = "\n".join(map(drawn, comparison.tables(results, comparison.PAGE_MEASURES)))
    return (
        '<section id="measures" aria-labelledby="measures-head">\n'
        f'<h2 id="measures-head">{comparison.MEASURES_TITLE}</h2>\n{found}\n{_stability(results)}{_importance(results)}</section>'
    )


def _stability(results: Results) -> str:
    found = stability.tabled(results)
    if found is None:
        return ""
    table, note = found
    return f'{drawn(replace(table, title=stability.TITLE))}\n<p class="note">{escape(note)}</p>\n'


def _importance(results: Results) -> str:
    if (found := importance.tabled(results)) is None:
        return ""
    titles = (importance.TITLE, "Best settings of the grid")
    shown = "\n".join(drawn(replace(table, title=title)) for title, table in zip(titles, found, strict=True))
    return f'{shown}\n<p class="note">{escape(importance.NOTE)}</p>\n'


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
    rows = tuple((PrintedCell(str(entry.get("strategy", ""))), *_identity(entry)) for entry in record.get("series", []))
    heads = ("strategy", "benchmark", "options", "key", "strategy source", "data", "core")
    keys = drawn(PrintedTable(tuple(Head(text, left=True) for text in heads), rows, "Identity of the runs"))
    study = f'<pre tabindex="0"><code>{escape(str(record.get("study_text", "")))}</code></pre>'
    return (
        '<section id="provenance" aria-labelledby="provenance-head">\n<h2 id="provenance-head">Provenance</h2>\n'
        + "\n".join(sessions)
        + f"\n<details><summary>The study file</summary>{study}</details>"
        + f"\n<details><summary>Identity of the runs (SHA-256)</summary>{keys}</details>\n</section>"
    )


def _identity(entry: Mapping[str, Any]) -> Iterable[PrintedCell]:
    content = entry.get("content", {})
    strategy, benchmark = content.get("strategy", {}), content.get("benchmark", {})
    yield PrintedCell(str(entry.get("benchmark", "")))
    yield PrintedCell(", ".join(f"{name} = {value}" for name, value in strategy.get("options", {}).items()))
    for hashed in (entry.get("key"), strategy.get("source"), benchmark.get("data"), content.get("core")):
        yield PrintedCell(str(hashed), code=True)


def _session(number: int, session: Mapping[str, Any]) -> str:
    listed = "".join(f"<dt>{name}</dt><dd>{escape(fact)}</dd>" for name, fact in facts(session).items())
    return f"<h3>Session {number}</h3><dl>{listed}</dl>"
