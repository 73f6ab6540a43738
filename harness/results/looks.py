"""Colours, dashes and markers of strategies, by what a strategy is, so that it looks the same in every figure of every study.

Colours: Okabe and Ito (2008), which stay apart under the common colour-vision deficiencies, without black and yellow; then three of
Tol's (2021). Their order alternates in lightness, so that neighbours stay apart in greyscale. Dashes differ in the number of
strokes, or the longest is twice as long.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#555555", "#56B4E9", "#D55E00", "#882255", "#CC79A7", "#332288", "#999933")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (4, 1.5)),
    (0, (1, 1)),
    (0, (4, 1, 1, 1)),
    (0, (8, 3)),
    (0, (4, 1, 1, 1, 1, 1)),
    (0, (2, 2)),
)
MARKERS = "osD^vP*X<>h"

HOMES = (
    "regularized_evolution",
    "local_search",
    "reinforce",
    "random_search",
    "random_architecture",
    "hand_designed",
    "gp_bo",
    "bohb",
    "tpe",
    "hyperband",
)
"""The methods that are compared most often: each has a colour of its own, so that no two of them meet."""


class Identity(NamedTuple):
    """What a strategy is, whatever it is called: the name that a study uses it by, and its options as canonical JSON."""

    use: str
    options: str = ""


class Look(NamedTuple):
    """The colour (``#rrggbb``), the dash (a line style of matplotlib) and the marker of a strategy."""

    color: str
    linestyle: Any
    marker: str


def placed(names: Sequence[str]) -> dict[str, Look]:
    """Looks by place, for lines that are no strategies.

    >>> placed(["training", "validation"])["validation"].color
    '#E69F00'
    """
    return {name: Look(*(of[place % len(of)] for of in (COLOURS, DASHES, MARKERS))) for place, name in enumerate(names)}


def looks_of(identities: Mapping[str, Identity]) -> dict[str, Look]:
    """The look of each strategy by its label, in the order of ``identities``.

    A strategy has the home of its method; where another has taken that, the next that is free, and where none is free, one that the
    fewest have. Who comes first does not depend on the order of the study: the methods of :data:`HOMES`, then the others by
    name and options.

    >>> study = {"RS": Identity("random_search"), "RE": Identity("regularized_evolution")}
    >>> looks_of(study)["RE"] == looks_of({"evolution": Identity("regularized_evolution")})["evolution"]
    True
    """
    turn = sorted(identities, key=lambda label: (_home(identities[label].use), *identities[label], label))
    homes = {label: _home(identities[label].use) for label in turn}
    color = _spread(homes, COLOURS, {})
    dash = _spread(homes, DASHES, color)
    marker = _spread(homes, MARKERS, dash)
    return {label: Look(color[label], dash[label], marker[label]) for label in identities}


def beside(parts: Iterable[Mapping[str, Look]]) -> dict[str, Look]:
    """The looks of several studies, for one figure: who comes first keeps its own, and of a later strategy what is taken gives way
    to what the fewest have.

    >>> taken = Look("#0072B2", "-", "o")
    >>> beside([{"evolution": taken}, {"evolution": taken, "other": taken}])["other"].color
    '#E69F00'
    """
    found: dict[str, Look] = {}
    for part in parts:
        for label, look in part.items():
            if label not in found:
                taken = zip(*found.values(), strict=True) if found else ((), (), ())
                own = zip(look, (COLOURS, DASHES, MARKERS), taken, strict=True)
                found[label] = Look(*(_free(mine, of, others) for mine, of, others in own))
    return found


def _free(mine: Any, of: Sequence[Any], taken: Sequence[Any]) -> Any:
    """What is one's own where nobody has it, else the first of those that the fewest have."""
    return mine if mine not in taken else min(of, key=taken.count)


def _home(use: str) -> int:
    """The place of a method: below ``len(HOMES)`` for those, beyond it by a hash of its name for others."""
    return HOMES.index(use) if use in HOMES else len(HOMES) + zlib.crc32(use.encode())


def _spread(homes: Mapping[str, int], of: Sequence[Any], beside: Mapping[str, Any]) -> dict[str, Any]:
    """One of ``of`` for each label, looked for from its home on: what the fewest have of those that are the same ``beside`` it,
    then what the fewest have of all.
    """
    found: dict[str, Any] = {}
    taken: Counter[Any] = Counter()
    for label, home in homes.items():
        mine = beside.get(label)
        from_home = [of[(home + step) % len(of)] for step in range(len(of))]
        found[label] = min(from_home, key=lambda one: (taken[mine, one] if beside else 0, taken[one]))
        taken.update([found[label], (mine, found[label])])
    return found
