"""Marks at the edge of a panel: they are drawn whole, where nothing else would leave the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def keep_whole(axes: Axes) -> None:
    """Let the marks of a panel reach over its edge, so that none is cut in half; its limits are final.

    Lines of which a point lies outside stay clipped, since they would be drawn to there.
    """
    x, y = (np.sort(limits) for limits in (axes.get_xlim(), axes.get_ylim()))
    for line in axes.lines:
        if line.get_marker() in _NONE or line.get_transform() != axes.transData:
            continue
        points = np.asarray(line.get_xydata(), dtype=float)
        shown = points[~np.isnan(points).any(axis=1)]
        if ((shown >= (x[0], y[0])) & (shown <= (x[1], y[1]))).all():
            line.set_clip_on(False)


_NONE = (None, "None", "none", "", " ")
