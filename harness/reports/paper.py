"""The report as LaTeX: figures as floats with their captions, and a document that sets tables and figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasbed.figures import drawing
from nasbed.figures.style import WIDTHS
from nasbed.tables import captions as protocol_of
from nasbed.tables import escaping

if TYPE_CHECKING:
    from nasbed.figures import Drawn
    from nasbed.results.results import Results

DOCUMENT = r"""% Sets the tables and figures of this folder: pdflatex report.tex, twice
\documentclass[10pt,twocolumn]{article}
\usepackage{iftex}
\iftutex\usepackage{fontspec}\else\usepackage[utf8]{inputenc}\fi
\usepackage{amsmath,booktabs,graphicx}
\usepackage[margin=0.75in,columnsep=0.34in]{geometry}
\setcounter{dbltopnumber}{4}
\renewcommand{\dbltopfraction}{0.95}
\renewcommand{\dblfloatpagefraction}{0.6}
\begin{document}
\onecolumn
\input{table}
\clearpage
\twocolumn
\input{table_compact}
\input{figures}
\clearpage
\appendix
\section{Captions in full}
\input{captions}
\end{document}
"""
"""``report.tex``: columns of 3.33 inches, as the figures of the style ``single``."""


def document(results: Results) -> str:
    """:data:`DOCUMENT`; where labels or the title have letters that pdfTeX has not, with what sets them."""
    if not escaping.foreign_to_latex("".join([results.title, *results.strategies, *results.benchmarks])):
        return DOCUMENT
    return DOCUMENT.replace(
        ": pdflatex report.tex, twice\n",
        ". Its labels have letters that pdflatex has not:\n"
        "% give a font that has them, as \\setmainfont{Noto Sans CJK SC}, and run lualatex report.tex\n",
    )


def figures(drawn: Sequence[Drawn], results: Results) -> str:
    """A float for each figure, as wide as it was drawn: ``figure`` within a column, ``figure*`` across the page.

    Captions are short: what is shown. The first ends with the protocol, which is the macro ``nasbedprotocol``.
    """
    lines = [
        "% Needs \\usepackage{graphicx}, and the folder figures/ beside the document, or in \\graphicspath{{FOLDER/}}.",
        "% Captions in full: captions.tex.",
        rf"\providecommand{{\nasbedprotocol}}{{{escaping.latex(protocol_of.caption(results))}}}",
    ]
    protocol = r" \nasbedprotocol"
    mark = " (Surrogate.)" if protocol_of.marked(results) else ""
    for place, figure in enumerate(drawn):
        width = figure.size[0]
        star = "*" if width > WIDTHS["single"] + 0.01 else ""
        column = r"\textwidth" if star else r"\columnwidth"
        lines += [
            rf"\begin{{figure{star}}}[tb]",
            r"\centering",
            rf"\includegraphics[width=\ifdim{width:.4g}in>{column}{column}\else{width:.4g}in\fi]{{figures/{figure.name}}}",
            rf"\caption{{{escaping.latex(_short(figure.about) + mark)}{protocol if not place else ''}}}",
            rf"\label{{fig:{figure.name}}}",
            rf"\end{{figure{star}}}",
            "",
        ]
    return "\n".join(lines)


def captions(drawn: Sequence[Drawn], results: Results) -> str:
    """The caption of each figure in full, for an appendix, and which others there would be if more were known."""
    lines = ["% The captions of figures.tex in full."]
    for figure in drawn:
        lines += [rf"\paragraph{{Figure~\ref{{fig:{figure.name}}}.}}", escaping.latex(figure.caption), ""]
    for text in drawing.left_out(results):
        lines += [r"\paragraph{Figures that are not here.}", escaping.latex(text), ""]
    return "\n".join(lines)


def _short(about: str) -> str:
    """The first sentences of what a figure shows: as many as are needed for 100 characters."""
    sentences = re.split(r"(?<=[.]) (?=[A-Z])", about)
    count = next(
        (count for count in range(1, len(sentences)) if len(" ".join(sentences[:count])) >= 100), len(sentences)
    )
    return " ".join(sentences[:count])
