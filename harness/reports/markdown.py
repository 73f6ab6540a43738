"""The report as ``report.md``: tables with contrasts, figures with captions, and provenance, for a repository to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nasbed.figures import drawing
from nasbed.reports.session import facts
from nasbed.tables import elsewhere, escaping, forms
from nasbed.tables.renderers.markdown import markdown as markdown_of

if TYPE_CHECKING:
    from nasbed.figures import Drawn
    from nasbed.results.results import Results


def report(results: Results, drawn: Sequence[Drawn], record: Mapping[str, Any] | None = None) -> str:
    """GitHub-flavoured markdown that shows the figures ``drawn``, which lie in ``figures/``.

    ``record`` is the content of ``run.json``.
    """
    all_series = [
        forms.markdown(results),
        *map(_section, elsewhere.sections(results)),
        "## Figures\n",
        *(_figure(figure) for figure in drawn),
        *(f"{escaping.markdown(text)}\n" for text in (drawing.left_out(results) if drawn else [])),
        _provenance(record) if record else "",
        "## Files\n",
        "- [report.html](report.html): these results as a page to explore, with curves that move",
        "- [checklist.md](checklist.md): the best practices of the field, answered from the records where they can be",
        "- [report.tex](report.tex): tables and figures for a paper; `pdflatex report.tex` sets them",
        "- [table.csv](table.csv), [finals.csv](finals.csv), [curves.csv](curves.csv): the numbers",
    ]
    return "\n".join(series for series in all_series if series) + "\n"


def _section(section: elsewhere.TableSection) -> str:
    shown = "\n\n".join(map(markdown_of, section.tables))
    return f"## {section.title}\n\n{shown}\n\n{escaping.markdown(section.note)}\n"


def _figure(figure: Drawn) -> str:
    text, alternative = escaping.markdown(figure.caption), escaping.markdown(figure.alternative)
    return f"### {figure.name.replace('_', ' ')}\n\n![{alternative}](figures/{figure.name}.png)\n\n{text}\n"


def _provenance(record: Mapping[str, Any]) -> str:
    lines = ["## Provenance", ""]
    for number, session in enumerate(record.get("sessions", []), start=1):
        listed = "; ".join(
            f"{name} {escaping.markdown_code(fact) if name == 'command' else escaping.markdown(fact)}"
            for name, fact in facts(session).items()
        )
        lines.append(f"- Session {number}: {listed}.")
    lines += ["", escaping.markdown_block(str(record.get("study_text", "")).rstrip(), "toml"), ""]
    return "\n".join(lines)
