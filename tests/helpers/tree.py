"""The source tree as the page on the architecture describes it."""

from __future__ import annotations

import runpy
from functools import cached_property
from typing import Any

from places import ROOT


class _Tree:
    """Its modules, what imports what, and the storeys; all of it is read when a test first asks for any."""

    @cached_property
    def _names(self) -> dict[str, Any]:
        return runpy.run_path(str(ROOT / "studies" / "architecture.py"), run_name="imported")

    def __getattr__(self, name: str) -> Any:
        return self._names[name]


TREE = _Tree()
