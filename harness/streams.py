"""Named random streams, and the keyed words that decide which recorded run an evaluation replays.

Streams are named by seed, benchmark and purpose, never by strategy or options, so that all strategies and their
variants share initial samples and noise, and stay paired.
"""

from __future__ import annotations

import random
from collections.abc import Callable, MutableSequence, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

from nasbed.numeric import require_whole

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")
Word = Callable[[int, int, int], int]

_MASK = 0xFFFF_FFFF_FFFF_FFFF
"""The highest of 64 bits, which a stream is named by."""


def key(*names: object) -> int:
    """64 bits that stand for a tuple of names; the same on every machine and Python.

    >>> key(0, "nasbench201/cifar10", "search") == key("0", "nasbench201/cifar10", "search")
    True
    """
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


class Stream(random.Random):
    """The one type of random stream: Python's Mersenne Twister, every draw derived from ``random()``.

    ``seed`` is a whole number of at most 64 bits. Raises :class:`~nasbed.errors.OptionError` for everything else: nothing is
    seeded by the clock.

    Python promises the sequence of ``random()`` for ever; the methods below are fixed here, so a stream gives the
    same draws on every Python and machine. Other inherited methods carry no such promise.

    >>> rng = stream(0, "docs", "example")
    >>> rng.below(10), rng.choice("abc")
    (0, 'a')
    """

    def __init__(self, seed: int) -> None:
        self._seed = require_whole("seed", seed, 0, _MASK)
        super().__init__(self._seed)
        self._numpy: np.random.Generator | None = None

    @property
    def numpy(self) -> np.random.Generator:
        """A NumPy generator of the same name (PCG64), made on first use."""
        if self._numpy is None:
            import numpy as np

            self._numpy = np.random.Generator(np.random.PCG64(self._seed))
        return self._numpy

    def below(self, n: int) -> int:
        """A whole number in 0 .. n - 1, uniformly (n up to a few million)."""
        return int(self.random() * n)

    def choice(self, seq: Sequence[T]) -> T:  # type: ignore[override]
        """An element of a sequence, drawn uniformly."""
        return seq[int(self.random() * len(seq))]

    def shuffle(self, x: MutableSequence[T]) -> None:
        """Shuffle a list in place, every order equally likely (the algorithm of Fisher and Yates)."""
        for i in range(len(x) - 1, 0, -1):
            j = self.below(i + 1)
            x[i], x[j] = x[j], x[i]


def stream(seed: int, benchmark: str, purpose: str) -> Stream:
    """The stream of a run for one purpose."""
    return Stream(key(require_whole("seed", seed, 0, _MASK), benchmark, purpose))


def words(seed: int, benchmark: str) -> Word:
    """The noise of a run: ``word(index, epochs, visit)`` gives 64 bits, reduced by the oracle to a recorded run.

    Common random numbers: within a seed every strategy that visits an architecture for the n-th time sees the same
    run. Two rounds of a keyed multiply-xorshift mix (constants of splitmix64 and of Stafford's variant 13), since
    Python's ``hash`` and a single multiplication fail tests on pairs.
    """
    base = key(require_whole("seed", seed, 0, _MASK), benchmark, "noise")

    def word(index: int, epochs: int, visit: int) -> int:
        x = base + index * 0x9E3779B97F4A7C15 + epochs * 0xD1B54A32D192ED03 + visit * 0x8CB92BA72F3D8DD7 & _MASK
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        x = (x ^ x >> 27) * 0x94D049BB133111EB & _MASK
        return x ^ x >> 31

    return word


def one_visit(word: Word, classes: Sequence[int]) -> Word:
    """The same noise, but one word for all visits of a network at every fidelity: ``classes`` holds, for each
    architecture, an index that those of the same network share.
    """
    return lambda index, epochs, visit: word(classes[index], 0, 0)
