"""The reports on an architecture, and the readings of its string, in the form of the official packages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbed.benchmarks.compat._refusals import NotInSpace
from nasbed.benchmarks.spaces.nasbench201 import OPERATIONS
from nasbed.errors import shown

TOPOLOGY, SIZE, NASBENCH201 = "topology", "size", "nasbench201"
"""Who prints: the reports differ in one separator, and in whether cifar10-valid is followed by its test set."""


def str2lists(arch_str: str) -> list[tuple[tuple[str, int], ...]]:
    """For each node after the first its incoming edges, (operation, source).

    >>> str2lists("|nor_conv_1x1~0|+|none~0|skip_connect~1|")
    [(('nor_conv_1x1', 0),), (('none', 0), ('skip_connect', 1))]
    """
    nodes = []
    for node in arch_str.split("+"):
        edges = [edge.split("~") for edge in node.split("|") if edge]
        for edge in edges:
            if len(edge) != 2 or not edge[1].isdecimal():
                raise NotInSpace(f"malformed edge {'~'.join(edge)!r} in {shown(arch_str)}: expected operation~source")
        nodes.append(tuple((operation, int(source)) for operation, source in edges))
    return nodes


def str2matrix(arch_str: str, search_space: Sequence[str] = OPERATIONS) -> np.ndarray:
    """The matrix (target, source) of the operations' numbers in ``search_space``; of parallel edges the last.

    >>> str2matrix("|nor_conv_1x1~0|+|none~0|skip_connect~1|").tolist()
    [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    nodes = str2lists(arch_str)
    matrix = np.zeros((len(nodes) + 1, len(nodes) + 1))
    for target, edges in enumerate(nodes, 1):
        for operation, source in edges:
            if operation not in search_space:
                raise NotInSpace(
                    f"unknown operation {shown(operation)} in {shown(arch_str)}; known: {', '.join(search_space)}"
                )
            matrix[target, source] = list(search_space).index(operation)
    return matrix
