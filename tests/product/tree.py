"""The source tree as the page on the architecture describes it."""

from __future__ import annotations

import runpy
from types import SimpleNamespace

from places import ROOT

TREE = SimpleNamespace(**runpy.run_path(str(ROOT / "studies" / "architecture.py"), run_name="imported"))
"""Its modules, what imports what, and the storeys."""
