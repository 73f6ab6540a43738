"""Marks of figures that the edge of their panel cuts."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure


def cut_marks(figure: Figure) -> list[str]:
    """The marks that the edge of their panel cuts, measured in points: those that are clipped and lie partly on either side."""
    found = []
    for ax in figure.axes:
        box, dots = ax.get_window_extent(), ax.get_figure(root=True).dpi / 72  # type: ignore[union-attr]
        marks = [
            (
                str(line.get_label()),
                line.get_transform().transform(np.asarray(line.get_xydata(), dtype=float)),
                line.get_markersize() * REACH.get(str(line.get_marker()), 0.5) + line.get_markeredgewidth() / 2,
            )
            for line in ax.lines
            if line.get_clip_on() and line.get_marker() not in ("None", "", None)
        ]
        marks += [
            ("points", one.get_offset_transform().transform(one.get_offsets()), np.sqrt(one.get_sizes()).max() / 2)
            for one in ax.collections
            if isinstance(one, PathCollection) and one.get_clip_on()
        ]
        for label, places, reach in marks:
            free = np.minimum(places - [box.x0, box.y0], [box.x1, box.y1] - places).min(axis=1) / dots
            found += [f"{ax.get_title()}: {label}, by {one:.2f} points" for one in (free - reach)[abs(free) < reach]]
    return found


REACH = {".": 0.25, "D": 0.5 * 2**0.5}
"""How far a marker reaches from its middle, in its size."""
