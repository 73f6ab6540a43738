"""Noise protocols: which recorded training an evaluation replays."""

from __future__ import annotations

import re

from nasbed.errors import OptionError, shown


def recorded_run(noise: str) -> int | None:
    """K of the noise protocol ``run:K``, else ``None``; raises :class:`~nasbed.errors.OptionError`.

    >>> recorded_run("run:1"), recorded_run("draw")
    (1, None)
    """
    if isinstance(noise, str) and noise in ("draw", "mean"):
        return None
    found = re.fullmatch(r"run:([0-9]{1,9})", noise) if isinstance(noise, str) else None
    if not found:
        raise OptionError(f"noise = {shown(noise)}; expected 'draw', 'mean' or 'run:K' with K = 0, 1, ...")
    return int(found[1])
