"""Files in the official layout of NAS-Bench-101, with made-up numbers: any part of the space, at any size.

``python tests/helpers/made_nasbench101.py FILE`` writes one at full size, of all 423,624 cells.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import json
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np

from nasbed.benchmarks.convert._crc32c import checksums
from nasbed.benchmarks.spaces.nasbench101 import OPERATIONS, NASBench101Space
from nasbed.benchmarks.spaces.nasbench101_hash import hash_of

IMAGES = 9_984
Crc = Callable[[Sequence[bytes]], Iterable[int]]


def plain_crc32c(pieces: Sequence[bytes]) -> list[int]:
    """CRC-32C bit by bit, as its definition has it."""
    found = []
    for piece in pieces:
        state = 0xFFFFFFFF
        for byte in piece:
            state ^= byte
            for _ in range(8):
                state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
        found.append(state ^ 0xFFFFFFFF)
    return found


def fast_crc32c(pieces: Sequence[bytes]) -> list[int]:
    """The same by the code that is tested, for large files."""
    lengths = np.array(list(map(len, pieces)))
    found: list[int] = checksums(
        np.frombuffer(b"".join(pieces), dtype=np.uint8), np.cumsum(lengths) - lengths, lengths
    ).tolist()
    return found


def masked(checksum: int) -> bytes:
    """A checksum as TFRecord files have it."""
    rotated = (checksum >> 15 | checksum << 17) & 0xFFFFFFFF
    return struct.pack("<I", (rotated + 0xA282EAD8) & 0xFFFFFFFF)


def framed(records: Sequence[bytes], crc: Crc = plain_crc32c) -> bytes:
    """Records as a TFRecord file has them."""
    lengths = [struct.pack("<Q", len(record)) for record in records]
    parts = zip(lengths, map(masked, crc(lengths)), records, map(masked, crc(records)), strict=True)
    return b"".join(itertools.chain.from_iterable(parts))


def varint(number: int) -> bytes:
    """A number as protocol buffers write it."""
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def message(evaluations: Sequence[Sequence[float]], parameters: int, total: float) -> bytes:
    """The metrics of a training, in the order of their fields."""
    parts = [
        b"\x0a\x2d" + b"".join(bytes([place << 3 | 1]) + struct.pack("<d", one) for place, one in enumerate(numbers, 1))
        for numbers in evaluations
    ]
    return b"".join(parts) + b"\x10" + varint(parameters) + b"\x19" + struct.pack("<d", total)


def accuracies(index: int, epochs: int, run: int, half: bool) -> tuple[float, float, float]:
    """Made-up accuracies in training, validation and test: counts of images, in 32 bits."""
    base = 3_000 + 1_400 * (epochs > 4) + 1_300 * (epochs > 12) + 1_200 * (epochs > 36) - 900 * half
    counts = (
        base + 1_500 + index % 500,
        base + index * 7_919 % 1_777 + 11 * run,
        base + index * 104_729 % 1_699 + 13 * run,
    )
    train, validation, test = (float(np.float32(count / IMAGES)) for count in counts)
    return train, validation, test


def seconds(index: int, epochs: int, run: int, half: bool) -> float:
    """Made-up seconds of training, in 32 bits."""
    return float(np.float32(epochs / (2 if half else 1) * (5 + index % 97 / 8) + run))


def parameters(index: int) -> int:
    """Made-up trainable parameters."""
    return 200_000 + 37 * index


def written(space: NASBench101Space, index: int) -> tuple[str, str, str]:
    """The hash, adjacency and operations of a cell, its vertices in an order that need not be the smallest."""
    edges, labels, count = space.cell(index)
    every = range(count)
    order = sorted(every[1:-1], key=lambda vertex: (sum(b == vertex for _, b in edges), -vertex))
    place = {vertex: at for at, vertex in enumerate([0, *order, count - 1])}
    moved = {(place[a], place[b]) for a, b in edges}
    if any(a >= b for a, b in moved):
        moved, place = set(edges), {vertex: vertex for vertex in every}
    names = ["input", *[""] * (count - 2), "output"]
    for vertex, label in enumerate(labels, 1):
        names[place[vertex]] = OPERATIONS[label]
    adjacency = "".join("01"[(a, b) in moved] for a in every for b in every)
    return hash_of(edges, [-1, *labels, -2]), adjacency, ",".join(names)


def record(cell: tuple[str, str, str], index: int, epochs: int, run: int) -> bytes:
    """One training of a cell."""
    evaluations = [(0.0, 1.5, 0.1, 0.1, 0.1)] + [
        (epochs / 2 if half else epochs, seconds(index, epochs, run, half), *accuracies(index, epochs, run, half))
        for half in (True, False)
    ]
    metrics = message(evaluations, parameters(index), 2.5 * seconds(index, epochs, run, False))
    name, adjacency, operations = cell
    return json.dumps([name, epochs, adjacency, operations, base64.b64encode(metrics).decode()]).encode()


def records(space: NASBench101Space, schedules: Sequence[int], runs: int = 3) -> Iterator[bytes]:
    """The trainings of all cells, run by run, the cells in an order of chance."""
    order = list(range(len(space)))
    Random(0).shuffle(order)
    for index in order:
        cell = written(space, index)
        for run in range(runs):
            for epochs in schedules:
                yield record(cell, index, epochs, run)


def write(path: Path, space: NASBench101Space, schedules: Sequence[int] = (108,), crc: Crc = fast_crc32c) -> Path:
    """A file of all cells of a space."""
    left = records(space, schedules)
    with path.open("wb") as file:
        while block := list(itertools.islice(left, 10_000)):
            file.write(framed(block, crc))
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes a made-up file in the layout of NAS-Bench-101.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--vertices", type=int, default=7, help="the most vertices of a cell")
    parser.add_argument("--epochs", type=int, nargs="*", default=[108], help="of the full file: 4 12 36 108")
    given = parser.parse_args()
    write(given.file, NASBench101Space(given.vertices), given.epochs)
