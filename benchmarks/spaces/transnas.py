"""The spaces of TransNAS-Bench-101 (Duan et al., CVPR 2021, arXiv 2105.11871): cells, and networks of four to six modules."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.base import changed
from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.benchmarks.spaces.product import ProductSpace
from nasbed.errors import ArchitectureError, shown
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    import numpy as np

    from nasbed.streams import Stream

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3")
"""What the digits of a cell stand for."""
EDGES = ("1<-0", "2<-0", "2<-1", "3<-0", "3<-1", "3<-2")
"""The edges of a cell, target first, in the order of its digits, which is that of the strings of NAS-Bench-201."""
MODULES = ("normal", "channels x 2", "resolution / 2", "channels x 2, resolution / 2")
"""What the digits 1 to 4 of a macro network stand for."""
FEWEST, MOST = 4, 6
"""Modules of a macro network."""

_MICRO = re.compile(r"(?:64-41414-)?([0-3])_([0-3])([0-3])_([0-3])([0-3])([0-3])")
_MACRO = re.compile(rf"64-([1-4]{{{FEWEST},{MOST}}})-basic")


class TransNASMicroSpace(ProductSpace):
    """The 4,096 cells in a network of five modules, in the order of their digits. A cell is six integers below 4, one an edge.

    >>> space = TransNASMicroSpace()
    >>> arch = space.parse("64-41414-1_20_313")
    >>> arch, space.index(arch), len(space.neighbours(arch))
    ((1, 2, 0, 3, 1, 3), 1591, 18)
    """

    encodings = ("one_hot", "operations")
    ambiguous = ("operations",)

    def __init__(self) -> None:
        choices = (len(OPERATIONS),) * len(EDGES)
        super().__init__("transnas_micro", choices, list(itertools.product(*map(range, choices))))

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """A cell in which one edge, drawn uniformly, gets another operation, drawn uniformly."""
        return changed(self._own(arch), rng.below(len(EDGES)), rng.below(len(OPERATIONS) - 1))

    def parse(self, text: str) -> Arch:
        """The cell of a text as ``64-41414-1_20_313``, whose first two parts may be left out, or of an index.

        >>> TransNASMicroSpace().parse("1_20_31")
        Traceback (most recent call last):
        nasbed.errors.ArchitectureError: malformed architecture '1_20_31': expected six digits 0 .. 3 as 64-41414-1_20_313, or ...
        """
        stripped = self._written(text)
        if (numbered := self._numbered(stripped)) is not None:
            return numbered
        if not (found := _MICRO.fullmatch(stripped)):
            raise ArchitectureError(
                f"malformed architecture {shown(text)}: expected six digits 0 .. 3 as 64-41414-1_20_313, or an index"
            )
        return tuple(map(int, found.groups()))

    def format(self, arch: Arch) -> str:
        """The published text of a cell, as ``64-41414-1_20_313``."""
        first, *others = map(str, self._own(arch))
        return f"64-41414-{first}_{''.join(others[:2])}_{''.join(others[2:])}"


class TransNASMacroSpace(EnumeratedSpace):
    """The 3,256 networks of four to six modules that halve the resolution one to four times and double the channels one to
    three times, the shorter first and then in the order of their digits.

    An architecture has six decisions: of the first four 0 .. 3 are the digits 1 .. 4; of the last two 0 is no module, and
    1 .. 4 are the digits. The sixth counts only where there is a fifth. Neighbours differ in one decision: in the sort of a module,
    or by one module at the end.

    >>> space = TransNASMacroSpace()
    >>> arch = space.parse("64-11243-basic")
    >>> len(space), arch, space.index(arch), len(space.neighbours(arch))
    (3256, (0, 0, 1, 3, 3, 0), 229, 20)
    """

    encodings = ("one_hot", "operations")
    ambiguous = ("operations",)

    def __init__(self) -> None:
        written = ("".join(one) for count in range(FEWEST, MOST + 1) for one in itertools.product("1234", repeat=count))
        archs = [_coded(digits) for digits in written if _buildable(digits)]
        choices = (len(MODULES),) * FEWEST + (len(MODULES) + 1,) * (MOST - FEWEST)
        super().__init__("transnas_macro", choices, archs)

    def counting(self, arch: Arch) -> list[int]:
        """The places of the decisions that count in an architecture: all, but for the sixth where there is no fifth module."""
        return list(range(MOST if arch[FEWEST] else MOST - 1))

    def canonical(self, arch: Arch) -> Arch:
        """The architecture without what stands behind an absent module; raises :class:`~nasbed.errors.ArchitectureError` for what
        is outside the space with or without it.
        """
        if not isinstance(arch, tuple) or len(arch) != MOST:
            raise ArchitectureError(f"{shown(arch)} is outside the space {self.name!r}: expected {self._expected()}")
        return self._own(arch if arch[FEWEST] else (*arch[: MOST - 1], 0))

    def neighbours(self, arch: Arch) -> list[Arch]:
        """The architectures that differ in one decision, by position and then by value."""
        own = self._own(arch)
        others = (changed(own, place, other) for place, count in enumerate(self.choices) for other in range(count - 1))
        return [one for one in others if one in self]

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """An architecture that differs in one decision, drawn uniformly from the neighbours."""
        return rng.choice(self.neighbours(arch))

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """A child that takes each decision from either parent, drawn uniformly from the mixtures in the space."""
        mixtures = itertools.product(*zip(self._own(first), self._own(second), strict=True))
        return rng.choice([one for one in mixtures if one in self])

    def parse(self, text: str) -> Arch:
        """The network of a text as ``64-1123-basic``, or of an index, which is what digits alone are.

        >>> TransNASMacroSpace().parse("64-1111-basic")
        Traceback (most recent call last):
        nasbed.errors.ArchitectureError: '64-1111-basic' is outside the space 'transnas_macro': expected four to six modules, ...
        """
        stripped = self._written(text)
        if (numbered := self._numbered(stripped)) is not None:
            return numbered
        if not (found := _MACRO.fullmatch(stripped)):
            raise ArchitectureError(
                f"malformed architecture {shown(text)}: expected four to six digits 1 .. 4 as 64-1123-basic, or an index"
            )
        if not _buildable(found[1]):
            raise ArchitectureError(f"{shown(text)} is outside the space {self.name!r}: expected {self._expected()}")
        return _coded(found[1])

    def _operations(self, arch: Arch) -> np.ndarray:
        """How many modules there are of each sort."""
        import numpy as np

        modules = [*arch[:FEWEST], *(code - 1 for code in arch[FEWEST:] if code)]
        return np.bincount(modules, minlength=len(MODULES)).astype(float)

    def format(self, arch: Arch) -> str:
        """The published text of a network, as ``64-1123-basic``."""
        own = self._own(arch)
        modules = [code + 1 for code in own[:FEWEST]] + [code for code in own[FEWEST:] if code]
        return f"64-{''.join(map(str, modules))}-basic"

    def _expected(self) -> str:
        return (
            "four to six modules, of which one to four halve the resolution (3, 4) and one to three double the channels (2, 4), as"
            " 64-1123-basic or (0, 0, 1, 2, 0, 0)"
        )


def _buildable(digits: str) -> bool:
    """Whether a network of these modules is in the space."""
    halved, doubled = (sum(digit in sorts for digit in digits) for sorts in ("34", "24"))
    return 1 <= halved <= 4 and 1 <= doubled <= 3


def _coded(digits: str) -> Arch:
    """The decisions of a network of these modules."""
    codes = [int(digit) for digit in digits]
    return (*(code - 1 for code in codes[:FEWEST]), *codes[FEWEST:], *(0,) * (MOST - len(codes)))
