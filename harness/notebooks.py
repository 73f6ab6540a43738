"""Notebooks: objects that are shown as a small page where they are the value of a cell."""

from __future__ import annotations

from importlib import import_module
from typing import ClassVar

PAGES = "nasbed.reports.notebook"
"""The module that writes the pages. It lies above those whose objects it shows, so it is found by its name, as a plug-in is, and
imported when the first of them is shown."""


class ShownInNotebook:
    """Is shown in a notebook as the page that the function ``notebook_page`` of :data:`PAGES` writes of it."""

    __slots__ = ()
    notebook_page: ClassVar[str]

    def _repr_html_(self) -> str:
        written: str = getattr(import_module(PAGES), self.notebook_page)(self)
        return written
