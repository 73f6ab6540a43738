"""Pages of the project beside its documentation: what they name is there, and the paper claims what its pages say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from places import ROOT

PAPER = ROOT / "docs" / "paper" / "paper.md"
PAGES = ["CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "SECURITY.md", "docs/releasing.md", "docs/paper/paper.md"]
SHORTEST, LONGEST = 750, 1_000
"""Words of a paper in the Journal of Open Source Software: up to 2025 it asked for 250 to 1,000, since 2026 for 750 to 1,750."""
SECTIONS = [
    "Summary",
    "Statement of need",
    "State of the field",
    "Software design",
    "Quality",
    "Research impact statement",
    "References",
]
"""Those that the journal requires, and "Quality"; what docs/releasing.md leaves to the authors comes before the references."""


def text_of(page: str | Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_and_paths_lead_somewhere(page: str) -> None:
    text = text_of(page)
    links = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if not target.startswith("http")]
    assert [target for target in links if not ((ROOT / page).parent / target).exists()] == []
    named = re.findall(r"\b((?:docs|studies|tests|harness|strategies|benchmarks)/[\w/.-]*\w)", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_targets_of_make_are_there(page: str) -> None:
    known = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text_of(page), re.MULTILINE)) <= known


def test_the_paper_has_the_form_and_the_length_that_are_asked_for() -> None:
    _, head, body = text_of(PAPER).split("---\n", 2)
    assert re.findall(r"^# (.+)$", body, re.MULTILINE) == SECTIONS
    assert {"title", "tags", "authors", "affiliations", "date", "bibliography"} <= set(
        re.findall(r"^(\w+):", head, re.M)
    )
    assert SHORTEST <= len(body.split()) <= LONGEST


def test_every_citation_is_in_the_bibliography_and_every_entry_is_cited() -> None:
    entries = re.findall(r"^@\w+\{(\w+),", text_of(PAPER.with_name("paper.bib")), re.MULTILINE)
    assert len(entries) == len(set(entries))
    assert set(re.findall(r"@([a-z]+\d{4}\w+)", text_of(PAPER))) == set(entries)


def test_every_entry_of_the_bibliography_is_complete() -> None:
    for entry in re.split(r"^@", text_of(PAPER.with_name("paper.bib")), flags=re.MULTILINE)[1:]:
        fields = set(re.findall(r"^  (\w+) = ", entry, re.MULTILINE))
        assert {"author", "title", "year"} <= fields, entry
        assert fields & {"doi", "eprint", "pages", "howpublished"}, entry
        assert entry.count("{") == entry.count("}"), entry
        form = {
            name: re.findall(rf"^  {name} = {{(.+)}},?$", entry, re.MULTILINE)
            for name in ("year", "doi", "eprint", "pages")
        }
        assert all(re.fullmatch(r"(?:19|20)\d\d", one) for one in form["year"]), entry
        assert all(re.fullmatch(r"10\.\d{4,}/\S+", one) for one in form["doi"]), entry
        assert all(re.fullmatch(r"\d{4}\.\d{5}", one) for one in form["eprint"]), entry
        assert all(re.fullmatch(r"\d+--\d+", one) for one in form["pages"]), entry


def test_numbers_of_the_paper_stand_on_the_page_that_their_sentence_names() -> None:
    """Sentences that link to a page of the documentation and have numbers with a decimal point or a unit."""
    paragraphs = (" ".join(one.split()) for one in text_of(PAPER).split("---\n", 2)[2].split("\n\n"))
    claims = 0
    for sentence in (one for text in paragraphs for one in re.split(r"(?<=[.:;]) (?=[A-Z])", text)):
        for target in re.findall(r"\]\((\.\./[^)#]+)\)", sentence):
            page = " ".join((PAPER.parent / target).read_text(encoding="utf-8").split())
            for number in re.findall(r"-?\d+\.\d+|\d+ (?:MB|million)", sentence):
                assert number in page, f"{number} is not in {target}"
                claims += 1
    assert claims >= 8


def test_the_version_has_one_number_in_the_page_on_releases() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert set(re.findall(r"\d+\.\d+\.\d+", text_of("docs/releasing.md"))) == {version}
