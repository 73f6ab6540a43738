"""The checksum CRC-32C (Castagnoli; RFC 3720, section 12.1) of many short pieces at once, with NumPy alone."""

from __future__ import annotations

from functools import cache

import numpy as np

_POLYNOMIAL = 0x82F63B78
_LARGEST = 16 << 20
"""Bytes that are laid out side by side at a time."""


def checksums(content: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The CRC-32C of the pieces of ``content``, bytes, that begin at ``starts`` and have ``lengths``: (pieces,) of 32 bits.

    Pieces end side by side in a matrix, so that two bytes of all of them are taken in at each step. What stands before a shorter
    one is set to 0, which leaves a state of 0 as it is; the state that the checksum begins with is added to the first four bytes.
    """
    if not len(starts):
        return np.empty(0, dtype=np.uint32)
    width = int(lengths.max()) + 4
    width += width % 2
    if len(starts) > 1 and len(starts) * width > _LARGEST:
        half = len(starts) // 2
        parts = [checksums(content, starts[cut], lengths[cut]) for cut in (slice(half), slice(half, None))]
        return np.concatenate(parts)
    padded = np.concatenate([np.zeros(width, dtype=np.uint8), content])
    side = np.lib.stride_tricks.sliding_window_view(padded, width)[starts + lengths]
    first = width - lengths
    side[np.arange(width) < first[:, None]] = 0
    rows = np.arange(len(starts))
    for place in range(4):
        inside = place < lengths
        side[rows[inside], first[inside] + place] ^= 0xFF
    table = _two_bytes()
    state = np.zeros(len(starts), dtype=np.uint32)
    for pair in np.ascontiguousarray(side.view("<u2").T):
        state = table[state.astype(np.uint16) ^ pair] ^ (state >> 16)
    left = np.where(lengths < 4, 0xFFFFFFFF >> 8 * np.minimum(lengths, 4), 0)  # of the first state, by shorter pieces
    return ~(state ^ left.astype(np.uint32))


@cache
def _two_bytes() -> np.ndarray:
    """What the lower 16 bits of a state become of the rest in two bytes."""
    one = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        one = np.where(one & 1, (one >> 1) ^ _POLYNOMIAL, one >> 1).astype(np.uint32)
    two = np.arange(1 << 16, dtype=np.uint32)
    for _ in range(2):
        two = one[two & 0xFF] ^ (two >> 8)
    return two
