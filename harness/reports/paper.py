"""The report as LaTeX: figures as floats with their captions, and a document that sets tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasbed.figures.style import WIDTHS
from nasbed.tables import escaping

if TYPE_CHECKING:
    from nasbed.figures import Drawn
    from nasbed.results.results import Results

DOCUMENT = r"""% Sets the tables and figures of this folder: pdflatex report.tex
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
\input{figures}
\end{document}
"""
"""``report.tex``: columns of 3.33 inches, as the figures of the style ``single``."""


def document(results: Results) -> str:
    """:data:`DOCUMENT`; where labels or the title have letters that pdfTeX has not, with what sets them."""
    if not escaping.foreign_to_latex("".join([results.title, *results.strategies, *results.benchmarks])):
        return DOCUMENT
    return DOCUMENT.replace(
        ": pdflatex report.tex\n",
        ". Its labels have letters that pdflatex has not:\n"
        "% give a font that has them, as \\setmainfont{Noto Sans CJK SC}, and run lualatex report.tex\n",
    )


def figures(drawn: Sequence[Drawn]) -> str:
    """A float for each figure, as wide as it was drawn: ``figure`` within a column, ``figure*`` across the page."""
    lines = ["% Needs \\usepackage{graphicx}, and the folder figures/ beside the document."]
    for figure in drawn:
        width = figure.size[0]
        star = "*" if width > WIDTHS["single"] + 0.01 else ""
        column = r"\textwidth" if star else r"\columnwidth"
        lines += [
            rf"\begin{{figure{star}}}[tb]",
            r"\centering",
            rf"\includegraphics[width=\ifdim{width:.4g}in>{column}{column}\else{width:.4g}in\fi]{{figures/{figure.name}}}",
            rf"\caption{{{escaping.latex(figure.caption)}}}",
            rf"\label{{fig:{figure.name}}}",
            rf"\end{{figure{star}}}",
            "",
        ]
    return "\n".join(lines)
