"""Pictures in one kind of file, where a test does not look at the others."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.figure import Figure

from nasbed.figures import drawing
from nasbed.figures.drawing import rendered
from nasbed.landscape import report as landscape_report


def only_svg(patch: pytest.MonkeyPatch) -> None:
    """Draw SVG alone; files of other kinds are empty."""

    def drawn(figure: Figure, kind: str, *words: Any) -> bytes:
        return rendered(figure, kind, *words) if kind == "svg" else b""

    for module in (drawing, landscape_report):
        patch.setattr(module, "rendered", drawn)
