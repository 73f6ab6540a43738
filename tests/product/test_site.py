"""The documentation as a site: every page is in its navigation, and every public name in its reference; nothing is fetched."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from places import ROOT

import nasbed
from nasbed import errors, figures

DOCS = ROOT / "docs"
KINDS = ["Start", "Tutorials", "How-to guides", "Reference", "Explanation"]


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module that writes the pages of the reference."""
    monkeypatch.syspath_prepend(ROOT / "studies" / "site")
    import reference

    yield reference
    for name in ("reference", "docstrings"):
        del sys.modules[name]


def pages_of(entries: list[Any]) -> Iterator[str]:
    """The pages of a navigation, in its order."""
    for entry in entries:
        ((_, content),) = entry.items()
        yield from [content] if isinstance(content, str) else pages_of(content)


def test_the_navigation_has_every_page_once_and_no_other(reference: ModuleType) -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML, which the extra site brings")
    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    found = list(pages_of(navigation))
    written = {str(path.relative_to(DOCS).with_suffix(".md").as_posix()) for path in _sources()}
    generated = {f"reference/{name}.md" for name in (*reference.GROUPS, *reference.OTHERS)}
    assert sorted(found) == sorted(written | generated)
    assert [name for entry in navigation for name in entry] == KINDS


def _sources() -> list[Path]:
    """The pages that are written by hand, but for the paper, which has a form of its own."""
    return [path for path in (*DOCS.rglob("*.md"), *DOCS.rglob("*.ipynb")) if path.parent.name != "paper"]


def test_the_reference_has_every_public_name(reference: ModuleType) -> None:
    names = [name for _, names in reference.GROUPS.values() for name in names.split()]
    assert sorted(names) == sorted(nasbed.__all__)
    assert set(reference.FIGURES.split()) <= set(figures.__all__)
    own = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}
    assert set(reference.error_names()) == own


def test_a_docstring_becomes_markdown(reference: ModuleType) -> None:
    text = (
        "Reads ``x`` as :class:`~nasbed.errors.DataError` or :meth:`Results.load <nasbed.results.results.Results.load>`.\n"
        "\n::\n\n    a tree\n\nSo::\n\n>>> 1 + 1\n2\n\nMore."
    )
    assert reference.markdown(text) == (
        'Reads `x` as <autoref identifier="nasbed.errors.DataError" optional><code>DataError</code></autoref> or '
        '<autoref identifier="nasbed.results.results.Results.load" optional><code>Results.load</code></autoref>.\n'
        "\n\n\n    a tree\n\nSo:\n\n\n```pycon\n>>> 1 + 1\n2\n```\n\nMore."
    )
    assert reference.markdown(">>> 1\n1").endswith("1\n```")


def test_the_reference_of_a_catalogue_is_what_the_command_lists(reference: ModuleType) -> None:
    from nasbed.commands import catalogue

    (entry,) = catalogue.strategies("regularized_evolution")
    page = reference.catalogue_page("Strategies", "[[strategy]]", [entry])
    assert "::: nasbed.strategies.regularized_evolution.RegularizedEvolution" in page
    for option in entry["options"]:
        assert re.search(rf"^\| `{option['name']}` \| `{option['default']}` \| .*\|$", page, re.MULTILINE)
    table = [{"name": "a", "default": None, "accepts": "int | None", "help": "less * than <b>"}]
    page = reference.catalogue_page("T", "[[x]]", [{"name": "x", "class": "m:C", "needs": None, "options": table}])
    assert r"| int \| None | less \* than \<b> |" in page


@pytest.mark.thorough
def test_the_site_is_built_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="needs MkDocs, which the extra site brings")
    words = (sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site"))
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(_sources())
    loaded = r"<(?:script|img|iframe)[^>]+src=[\"']?(?:https?:)?//|<link[^>]+rel=[\"']?stylesheet[^>]+href=[\"']?(?:https?:)?//"
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(loaded, text), page
        assert ":class:`" not in re.sub(r"<code.*?</code>", "", text, flags=re.DOTALL), page
    for name in ("tutorials/first-comparison.html", "reference/commands.html", "files/studies/fcnet_joint.toml"):
        assert (tmp_path / "site" / name).exists()
