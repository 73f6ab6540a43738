"""The source tree as the page on the architecture describes it, and what its files hold."""

from __future__ import annotations

import ast
import runpy
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from places import ROOT


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of the syntax tree of a file, outer ones first; many tests go through the same files."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


class _Tree:
    """Its modules, what imports what, and the storeys; all of it is read when a test first asks for any."""

    @cached_property
    def _names(self) -> dict[str, Any]:
        return runpy.run_path(str(ROOT / "studies" / "architecture.py"), run_name="imported")

    def __getattr__(self, name: str) -> Any:
        return self._names[name]


TREE = _Tree()
