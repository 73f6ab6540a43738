"""The blocks of pages of docs that scripts write: each stands between two marks, and what is around them is left as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nasbed.files import atomic_write


def inserted(page: str, blocks: Mapping[str, str]) -> str:
    """The page with each block, by its name, between its two marks, which must be there."""
    for name, block in blocks.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, found, rest = page.partition(begin)
        _, ended, after = rest.partition(end)
        if not (found and ended):
            raise SystemExit(f"the page has no {begin} and {end}; put them where the block is to stand")
        page = f"{before}{begin}\n{block}\n{end}{after}"
    return page


def write_blocks(page: Path, blocks: Mapping[str, str]) -> None:
    """Write the blocks into the file of a page."""
    atomic_write(page, inserted(page.read_text(encoding="utf-8"), blocks))
