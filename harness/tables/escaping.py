"""Labels, titles and captions as text of a format, so that they show as they were written and nothing of them is markup.

HTML has ``html.escape``; figures draw text with ``parse_math=False``, and the terminal prints it with markup and emoji off.
"""

from __future__ import annotations

import re

_MARKDOWN = re.compile(
    r"[\\`*|~$]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|^>|(?<!\S)#"  # code, emphasis, cells, mathematics, tags, entities, quotes, headings
    r"|(?<![^\W_])_|_(?![^\W_])|(?<=\])[(\[:]|!(?=\[)"  # emphasis with underscores, links and pictures
)
"""What could be markup. Underscores between letters or digits are none, nor brackets alone."""


def markdown(text: str) -> str:
    r"""Text for GitHub-flavoured markdown, in a paragraph, a heading, a list or a cell of a table; on one line.

    >>> print(markdown("RE <pop>, my_method* | 5 $"), markdown("__a__"), markdown("- x"))
    RE \<pop>, my_method\* \| 5 \$ \_\_a\_\_ \- x
    """
    line = " ".join(text.split())
    escaped = _MARKDOWN.sub(r"\\\g<0>", line)
    start = re.match(r"[-+=](?=\s|$|[-+=]+$)|\d+(?=[.)](?:\s|$))", escaped)
    if start is None:
        return escaped
    at = start.end() if start[0][0].isdigit() else 0
    return f"{escaped[:at]}\\{escaped[at:]}"


def markdown_code(text: str) -> str:
    r"""Text as code in a line of markdown.

    >>> print(markdown_code("a"), markdown_code("a `b`"))
    `a` `` a `b` ``
    """
    line = " ".join(text.split())
    fence = "`" * (_longest(line) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"


def markdown_block(text: str, language: str = "") -> str:
    """Text as a block of code in markdown, fenced by more backticks than it has."""
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _longest(text: str) -> int:
    """The longest run of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)


_LATEX = {"&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}",
          "^": r"\textasciicircum{}", "\\": r"\textbackslash{}", "`": r"\textasciigrave{}", "±": r"$\pm$", "–": "--",
          "<": "$<$", ">": "$>$", "|": r"\textbar{}", "°": r"$^\circ$", "×": r"$\times$", "−": "$-$", "∞": r"$\infty$",
          "≤": r"$\le$", "≥": r"$\ge$", "→": r"$\rightarrow$", "←": r"$\leftarrow$", "↑": r"$\uparrow$", "↓": r"$\downarrow$",
          "…": r"\ldots{}", "†": r"\dag{}", "µ": r"$\mu$", "α": r"$\alpha$", "β": r"$\beta$", "γ": r"$\gamma$", "δ": r"$\delta$",
          "ε": r"$\varepsilon$", "ζ": r"$\zeta$", "η": r"$\eta$", "θ": r"$\theta$", "ι": r"$\iota$", "κ": r"$\kappa$",
          "λ": r"$\lambda$", "μ": r"$\mu$", "ν": r"$\nu$", "ξ": r"$\xi$", "ο": "o", "π": r"$\pi$", "ρ": r"$\rho$",
          "σ": r"$\sigma$", "τ": r"$\tau$", "υ": r"$\upsilon$", "φ": r"$\varphi$", "χ": r"$\chi$", "ψ": r"$\psi$",
          "ω": r"$\omega$", "Γ": r"$\Gamma$", "Δ": r"$\Delta$", "Θ": r"$\Theta$", "Λ": r"$\Lambda$", "Ξ": r"$\Xi$",
          "Π": r"$\Pi$", "Σ": r"$\Sigma$", "Φ": r"$\Phi$", "Ψ": r"$\Psi$", "Ω": r"$\Omega$"}  # fmt: skip


def latex(text: str) -> str:
    r"""Text for LaTeX.

    >>> print(latex("a_b < 5 %"), latex("C--D"))
    a\_b $<$ 5 \% C-{}-D
    """
    return "".join(_LATEX.get(character, character) for character in text.replace("--", "-\0-")).replace("\0", "{}")


_NUMBER = re.compile(r"(?<![\w.,)])([-+]?)([\d.,]*\d|∞)(?:e([-+]\d+))?(?!\w)|(?<=\))e([-+]\d+)")
"""A number with its sign and power of ten, or the power of what is in brackets."""


def latex_number(text: str) -> str:
    r"""Numbers for LaTeX, as the cell of a table has them: with a sign, and powers of ten, in mathematics.

    >>> print(latex_number("-0.361*"), latex_number("(2.310 ± 0.123)e-05"))
    $-0.361$* (2.310 $\pm$ 0.123)$\times 10^{-5}$
    """
    found, end = "", 0
    for one in _NUMBER.finditer(text):
        sign, digits, power, of_all = (group or "" for group in one.groups())
        power = power or of_all
        times = rf"\times 10^{{{int(power)}}}" if power else ""
        number = digits.replace(",", "{,}").replace("∞", r"\infty")
        math = f"${sign}{number}{times}$" if sign or times or digits == "∞" else digits
        found, end = found + latex(text[end : one.start()]) + math, one.end()
    return found + latex(text[end:])


def foreign_to_latex(text: str) -> bool:
    """Whether a text has letters that pdfTeX's fonts have not, such as Chinese ones.

    >>> foreign_to_latex("Évolution, τ"), foreign_to_latex("随机搜索")
    (False, True)
    """
    return any(ord(character) > 0x17F and character not in _LATEX for character in text)
