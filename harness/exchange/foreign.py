"""What readers of other tools' files give: records as a frame, what a reader should know of them, and the files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd


class Foreign(NamedTuple):
    """Records made elsewhere, with the columns of :meth:`Results.from_frame <nasbed.results.results.Results.from_frame>` as far as
    they are known; ``remarks`` are for reports, and ``sources`` are the files that were read.
    """

    frame: pd.DataFrame
    remarks: list[str]
    sources: list[Path]
