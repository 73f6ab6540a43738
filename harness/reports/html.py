"""The report as a page: one file that holds all it needs, with curves to explore, tables to sort, and provenance.

Labels and titles are escaped, the page's content-security policy admits no script and no style but its own (by their SHA-256)
and no address, and the same results give the same bytes. Style and scripts are the files of ``page/``.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from html import escape
from importlib.metadata import version
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from nasbed.figures import drawing
from nasbed.figures.compact import address
from nasbed.reports import interactive
from nasbed.reports.legibility import legible
from nasbed.reports.session import facts
from nasbed.tables import across, captions, comparison, elsewhere, fronts, notes
from nasbed.tables.printed import Head, PrintedCell, PrintedTable
from nasbed.tables.renderers.html import html as table_of

if TYPE_CHECKING:
    import pandas as pd

    from nasbed.figures.drawing import Drawn
    from nasbed.results.results import Results

GROUNDS = {"light": "#ffffff", "dark": "#14181d"}
"""The backgrounds of ``report.css``."""

SCRIPTS = (
    "elements",
    "numbers",
    "choices",
    "tables",
    "measures",
    "budget",
    "chart",
    "cell",
    "front",
    "decisions",
    "controls",
)
"""The scripts of ``page/``, in the order in which they run."""

FILES = (
    "table.csv",
    "finals.csv",
    "curves.csv",
    "fronts.md",
    "retrainings.csv",
    "checklist.md",
    "run.json",
    "study.toml",
)
"""Files of the folder to which the head of the page has links, where they are."""

UNFOLDED = 700
"""Characters of a protocol up to which it stands openly below each figure."""

KINDS = {"pdf": "PDF", "svg": "SVG", "png": "PNG", "csv": "numbers (CSV)"}
"""Kinds of files of a figure, as its links are called."""


def page(
    results: Results,
    curves: pd.DataFrame,
    record: Mapping[str, Any] | None = None,
    drawn: Sequence[Drawn] = (),
    beside: Collection[str] = (),
) -> str:
    """The page.

    ``curves`` is ``results.curves()``, ``record`` the content of ``run.json``, and ``drawn`` are figures that do not
    move. ``beside`` are the files in the folder of the page, to which it has links.
    """
    pictures = [figure for figure in drawn if (figure.kind or figure.name) != "curves"]
    style, script = _asset("report.css") + _lines_style(results), _script()
    about = [*notes.about_scores(results)[1:], *notes.about_costs(), *notes.about_measures(results)]
    several, contrasts = _fronts(results), _contrasts(results)
    sections = {"fronts": "Fronts"} if several else {}
    sections |= {"curves": "Curves", "architectures": "Architectures", "results": "Results"}
    sections |= {"contrasts": "Contrasts"} if contrasts else {}
    sections |= {"measures": comparison.MEASURES_TITLE} | ({"figures": "Figures"} if pictures else {})
    sections |= {"notes": "What the numbers mean"} | ({"provenance": "Provenance"} if record else {})
    return Template(_asset("report.html")).substitute(
        title=escape(results.title),
        caption=escape(captions.caption(results)),
        warnings="\n".join(f'<p class="warning">{escape(text)}</p>' for text in notes.about_runs(results)),
        contents="".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in sections.items()),
        files=_links(beside),
        fronts=several,
        matters=_matters(results),
        finals=_across(results) + _finals(results),
        contrasts=contrasts + _measures(results),
        figures=_figures(pictures, beside, results),
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


def _script() -> str:
    """The scripts as one, whose names nothing else in the page sees."""
    return '"use strict";\n(() => {\n' + "\n".join(_asset(f"{name}.js") for name in SCRIPTS) + "})();\n"


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


def _fronts(results: Results) -> str:
    """The section of the fronts: indicators, and contrasts with the reference; empty where no benchmark has several objectives."""
    if not (found := fronts.tables(results, fronts.FrontPart.SCORES)):
        return ""
    against = [
        replace(table, title=f"{table.title}: against {results.reference}")
        for table in fronts.tables(results, fronts.FrontPart.CONTRASTS)
    ]
    about = "".join(f'<p class="note">{escape(note)}</p>' for note in fronts.about(results))
    return (
        '<section id="fronts" aria-labelledby="fronts-head">\n<h2 id="fronts-head">Fronts of several objectives</h2>\n'
        + f'<p class="note">{escape(fronts.ABOUT_CELLS)}</p>\n'
        + "\n".join(map(table_of, [*found, *against]))
        + f"\n{about}\n</section>"
    )


def _contrasts(results: Results) -> str:
    """The section of the contrasts with the reference; empty where there is no other strategy."""
    if len(results.strategies) < 2:
        return ""
    against = comparison.tables(results, comparison.PAGE_AGAINST)
    found = [
        table_of(replace(table, title=f"{label}: against {results.reference}"))
        for label, table in zip(results.benchmarks, against, strict=True)
    ]
    about = "".join(f'<p class="note">{escape(note)}</p>' for note in notes.about_contrasts(results))
    return (
        '<section id="contrasts" aria-labelledby="contrasts-head">\n<h2 id="contrasts-head">Contrasts</h2>\n'
        + "\n".join(found)
        + f"\n{about}\n</section>"
    )


def _across(results: Results) -> str:
    """The tables over all benchmarks, where these are many."""
    if not (found := across.tables(results)):
        return ""
    return "\n".join(map(table_of, found)) + f'\n<p class="note">{escape(across.note(results))}</p>\n'


def _measures(results: Results) -> str:
    """The section of robust and anytime measures."""
    made = comparison.tables(results, comparison.PAGE_MEASURES)
    others = "".join(map(_section, elsewhere.sections(results)))
    found = "\n".join(table_of(replace(table, title=f"{table.title}: robust and anytime")) for table in made)
    return (
        '<section id="measures" aria-labelledby="measures-head">\n'
        f'<h2 id="measures-head">{comparison.MEASURES_TITLE}</h2>\n{found}\n{others}</section>'
    )


def _section(section: elsewhere.TableSection) -> str:
    return "\n".join([*map(table_of, section.tables), f'<p class="note">{escape(section.note)}</p>\n'])


def _matters(results: Results) -> str:
    """How the tables of what matters first are read."""
    contrasts = notes.about_contrasts(results)[:1]
    return "".join(f'<p class="note">{escape(text)}</p>' for text in ["Scores are mean ± sd over seeds.", *contrasts])


def _finals(results: Results) -> str:
    """What matters first of each benchmark, and below it all statistics of the scores."""
    pairs = zip(comparison.first_tables(results), comparison.tables(results, comparison.PAGE), strict=True)
    return "\n".join(
        f"{table_of(_spoken(first))}\n<details><summary>Every statistic of {escape(first.title)}</summary>"
        f"{table_of(replace(full, title=f'{full.title}: every statistic'))}</details>"
        for first, full in pairs
    )


def _spoken(table: PrintedTable) -> PrintedTable:
    """A table whose heads are spoken without the colon after which a score has nothing more."""
    return replace(table, heads=tuple(replace(head, whole=head.whole.removesuffix(": ")) for head in table.heads))


def _links(beside: Collection[str]) -> str:
    """Links to the main files beside the page."""
    there = [name for name in FILES if name in beside]
    if not there:
        return ""
    listed = "".join(f'<li><a href="{name}">{name}</a></li>' for name in there)
    return f'<nav aria-label="Files beside this page"><ul><li>Files:</li>{listed}</ul></nav>'


def _figures(drawn: Sequence[Drawn], beside: Collection[str], results: Results) -> str:
    """Figures that do not move, as images in the page, so that no script of theirs could run, and which others there would be."""
    if not drawn:
        return ""
    return (
        '<section id="figures" aria-labelledby="figures-head">\n<h2 id="figures-head">Figures</h2>\n'
        + "\n".join(_figure(figure, beside) for figure in drawn)
        + "".join(f'\n<p class="note">{escape(text)}</p>' for text in drawing.left_out(results))
        + "\n</section>"
    )


def _figure(figure: Drawn, beside: Collection[str]) -> str:
    """A figure, drawn as narrow as a column for screens that are, with its caption and links to its files."""
    title = escape(figure.name.replace("_", " "))
    narrow = f'<source media="(max-width: 46rem)" srcset="{address(figure.narrow)}">' if figure.narrow else ""
    links = ", ".join(
        f'<a href="{file}">{title}, {KINDS[kind]}</a>'
        for file in beside
        for stem, _, kind in [file.rpartition(".")]
        if stem == f"figures/{figure.name}" and kind in KINDS
    )
    return (
        f'<figure><picture>{narrow}<img alt="{escape(figure.alternative)}" src="{address(figure.pictures["svg"])}"></picture>'
        f"<figcaption><strong>{title}.</strong> {_caption(figure)} {links}</figcaption></figure>"
    )


def _caption(figure: Drawn) -> str:
    """The caption, of which a long protocol with the labels of many strategies is folded away."""
    protocol = figure.caption.removeprefix(figure.about).strip()
    if len(protocol) <= UNFOLDED:
        return escape(figure.caption)
    return (
        f"{escape(figure.about)} <details><summary>Protocol, and labels in full</summary>{escape(protocol)}</details>"
    )


def _provenance(record: Mapping[str, Any]) -> str:
    """What ``run.json`` says: the sessions, the study file, and the identity of each series."""
    sessions = [_session(at, one) for at, one in enumerate(record.get("sessions", []), start=1)]
    rows = tuple((PrintedCell(str(entry.get("strategy", ""))), *_identity(entry)) for entry in record.get("series", []))
    heads = ("strategy", "benchmark", "options", "key", "strategy source", "data", "core")
    keys = table_of(PrintedTable(tuple(Head(text, left=True) for text in heads), rows, "Identity of the runs"))
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
