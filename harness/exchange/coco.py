"""COCO's data: said what it holds, and why it cannot be judged here.

COCO's loggers write an evaluation where the best value improves or a target is hit, and its suites are continuous functions: no
budget of evaluations can be counted of such records, and nothing says which architecture a row is of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from nasbed.errors import OptionError, named
from nasbed.exchange.foreign import Foreign
from nasbed.vocabulary import Benchmark

_ENTRY = re.compile(r"\b(suite|funcId|DIM|algId|algorithm)\s*=\s*(?:'([^']*)'|([^,\s]+))")


def read(path: Path | str, benchmarks: Mapping[str, Benchmark]) -> Foreign:
    """Raises :class:`~nasbed.errors.OptionError`, which names what the data are of and how such runs can be logged instead."""
    place = Path(path)
    infos = sorted(place.rglob("*.info")) if place.is_dir() else [place]
    if not infos:
        raise OptionError(f"{named(place)} holds no .info file; expected a folder of COCO's data")
    try:
        head = infos[0].read_text(encoding="utf-8", errors="replace").split("\n", 1)[0]
    except OSError as error:
        raise OptionError(f"{named(infos[0])} cannot be read: {error.strerror}") from None
    found = {key: quoted or bare for key, quoted, bare in _ENTRY.findall(head)}
    if "funcId" not in found:
        raise OptionError(f"{named(infos[0])} is no .info file of COCO: its first line has no funcId")
    what = ", ".join(f"{key} {found[key]}" for key in ("suite", "funcId", "DIM") if key in found)
    by = found.get("algId", found.get("algorithm", "an unnamed algorithm"))
    raise OptionError(
        f"{named(infos[0])}: COCO's data of {what}, by {by}, cannot be judged on {', '.join(benchmarks)}: COCO keeps the"
        " evaluations that improve alone, and a budget counts all; and its functions are no architectures. Log runs on a nasbed"
        " benchmark with IOHexperimenter (trigger ALWAYS, store_positions=True) or as CSV"
    )
