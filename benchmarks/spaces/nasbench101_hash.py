"""The published hash of a cell of NAS-Bench-101 (Ying et al., ICML 2019), which its files and scripts name cells by."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import md5

INPUT, OUTPUT = -1, -2
"""What the recipe labels the first and the last vertex with; operations have the numbers from 0 up."""


def hash_of(edges: Sequence[tuple[int, int]], labels: Sequence[int]) -> str:
    """The hash of a labelled graph, 32 hexadecimal digits, the same for every order of its vertices.

    ``labels`` are those of all vertices. A vertex starts with the hash of its degrees and label; as often as there are
    vertices, each takes in the hashes of those it reads and of those that read it.

    >>> hash_of([(0, 1)], [INPUT, OUTPUT])
    '043721b9c7fe8c5fad811d47d83132ec'
    """
    count = len(labels)
    into: list[list[int]] = [[] for _ in range(count)]
    out: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        into[target].append(source)
        out[source].append(target)
    hashes = [_md5(str((len(out[v]), len(into[v]), labels[v]))) for v in range(count)]
    for _ in range(count):
        hashes = [_md5(f"{_joined(hashes, into[v])}|{_joined(hashes, out[v])}|{hashes[v]}") for v in range(count)]
    return _md5(str(sorted(hashes)))


def _joined(hashes: Sequence[str], vertices: Sequence[int]) -> str:
    return "".join(sorted([hashes[vertex] for vertex in vertices]))


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
