"""Blocks that scripts write into pages of docs."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import inserted, write_blocks

PAGE = "before\n<!-- a: begin -->\nold\n<!-- a: end -->\nbetween\n<!-- b: begin -->\n<!-- b: end -->\nafter\n"


def test_blocks_stand_between_their_marks_and_the_rest_is_as_it_was(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    write_blocks(page, {"b": "second", "a": "first\nlines"})
    expected = PAGE.replace("old", "first\nlines").replace("<!-- b: begin -->\n", "<!-- b: begin -->\nsecond\n")
    assert page.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    "page", ["nothing", "<!-- a: begin -->", "<!-- a: end --> <!-- a: begin -->", "<!-- a: end -->"]
)
def test_a_page_without_marks_is_refused_and_stays(tmp_path: Path, page: str) -> None:
    file = tmp_path / "page.md"
    file.write_text(page, encoding="utf-8")
    with pytest.raises(SystemExit, match="the page has no <!-- a: begin --> and <!-- a: end -->; put them where"):
        write_blocks(file, {"a": "block"})
    assert file.read_text(encoding="utf-8") == page
    assert inserted(page, {}) == page
