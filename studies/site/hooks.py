"""What MkDocs does beside its own: pages that the code writes, notebooks, and files of the project that pages link to."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

import reference
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = re.compile(r"(\]\()((?:\.\./)+)([^)#\s]+)")
"""A link to a file of the project that is no page."""


CACHE = ROOT / ".cache" / "site"


def on_startup(**_: object) -> None:
    """Links the three folders of the source as the one package that users import, for what reads their docstrings. Tables that this
    machine has imported are no part of the pages.
    """
    os.environ["NASBED_DATA"] = str(CACHE / "data")
    package = CACHE / "nasbed"
    package.mkdir(parents=True, exist_ok=True)
    for old in package.iterdir():
        old.unlink()
    for path in (ROOT / "harness").iterdir():
        (package / path.name).symlink_to(path)
    for name in ("benchmarks", "strategies"):
        (package / name).symlink_to(ROOT / name)


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Adds the reference, each notebook as a page with its pictures, and what pages link to outside of the documentation."""
    for path, text in reference.pages().items():
        files.append(File.generated(config, path, content=text))
    for file in list(files):
        if file.src_uri.endswith(".ipynb"):
            _add_notebook(file, files, config)
        elif file.is_documentation_page():
            for target in _outside(file.src_uri, file.content_string):
                files.append(File.generated(config, f"files/{target}", abs_src_path=str(ROOT / target)))


def _add_notebook(file: File, files: Files, config: MkDocsConfig) -> None:
    text, made = MarkdownExporter().from_filename(file.abs_src_path)
    stem = file.src_uri.removesuffix(".ipynb")
    for name, content in made["outputs"].items():
        files.append(File.generated(config, f"{posixpath.dirname(stem)}/{name}", content=content))
    files.append(File.generated(config, f"{stem}.md", content=text))


def _outside(page: str, text: str) -> set[str]:
    """The files of the project, outside of the documentation, that a page links to."""
    found = (posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), *link[1:])) for link in _links(text))
    return {path for path in found if not path.startswith("docs/") and (ROOT / path).is_file()}


def _links(text: str) -> list[tuple[str, str, str]]:
    return OUTSIDE.findall(text)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leads links to notebooks to their pages, and those to files of the project to the copies that the site has."""
    here = posixpath.dirname(page.file.src_uri)

    def led(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", here, link[2] + link[3]))
        if path.startswith("docs/"):
            return link[0]
        return link[1] + posixpath.relpath(f"files/{path}", here or ".")

    return OUTSIDE.sub(led, re.sub(r"(\]\([^)\s]+)\.ipynb\)", r"\1.md)", markdown))
