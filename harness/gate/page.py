"""A page of headings, words, tables and lists, whose form a reader's place decides: markdown for a file, or a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nasbed.tables import escaping
from nasbed.tables.printed import PrintedTable
from nasbed.tables.renderers.markdown import markdown as markdown_of

_MARKS = {"good": "✅ ", "bad": "❌ ", "open": "❔ ", "": ""}


@dataclass(frozen=True)
class Heading:
    """A heading of a level from 1 on; ``sign`` says whether what it tells is good, bad or open."""

    text: str
    level: int = 1
    sign: Literal["good", "bad", "open", ""] = ""


@dataclass(frozen=True)
class Words:
    """A paragraph; a ``small`` one is for who looks closer."""

    text: str
    small: bool = False


@dataclass(frozen=True)
class Items:
    """A list, each item of a ``warning`` marked as one."""

    items: tuple[str, ...]
    warning: bool = False


Block = Heading | Words | Items | PrintedTable


def markdown(page: Sequence[Block]) -> str:
    """A page in GitHub-flavoured markdown, its first headings of the third level as a comment on a pull request has them."""
    return "\n\n".join(map(_markdown, page)) + "\n"


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * (block.level + 2)} {_MARKS[block.sign]}{escaping.markdown(block.text)}"
    if isinstance(block, Words):
        text = escaping.markdown(block.text)
        return f"<sub>{text}</sub>" if block.small else text
    if isinstance(block, Items):
        return "\n".join(f"- {'⚠️ ' if block.warning else ''}{escaping.markdown(item)}" for item in block.items)
    return markdown_of(block)
