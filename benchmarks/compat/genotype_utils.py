"""``nats_bench.genotype_utils``: a cell as an object, read from its string and written back."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from nasbed.benchmarks.compat._refusals import NotInSpace
from nasbed.benchmarks.compat._text import str2lists
from nasbed.benchmarks.spaces.nasbench201 import unique_string
from nasbed.errors import shown

Edge = tuple[str, int]
Node = tuple[Edge, ...]


class TopologyStructure:
    """For each node after the input its incoming edges, (operation, source), with ``source`` an earlier node.

    Any number of nodes and any names of operations will do. Raises :class:`~nasbed.benchmarks.compat.NotInSpace`, a
    ``ValueError``, where the package asserts.

    >>> cell = topology_str2structure("|nor_conv_3x3~0|+|none~0|skip_connect~1|")
    >>> len(cell), cell[1], cell.tostr(), cell.check_valid(), cell.to_unique_str(consider_zero=True)
    (3, (('none', 0), ('skip_connect', 1)), '|nor_conv_3x3~0|+|none~0|skip_connect~1|', True, '#+(0)@nor_conv_3x3')
    """

    def __init__(self, genotype: Sequence[Sequence[Sequence[Any]]]) -> None:
        self.nodes: list[Node] = list(_nodes(genotype))
        self.node_num = len(self.nodes) + 1
        self.node_N = [len(node) for node in self.nodes]

    def tolist(self, remove_str: str | None) -> tuple[list[Node] | None, bool]:
        """The edges of each node by source, without those of the operation ``remove_str``; ``(None, False)`` where a node has
        none left.
        """
        kept = [
            tuple(edge for edge in sorted(node, key=lambda edge: (edge[1], edge[0])) if edge[0] != remove_str)
            for node in self.nodes
        ]
        return (kept, True) if all(kept) else (None, False)

    def node(self, index: int) -> Node:
        """The edges into the node after node ``index``, which is counted from 1 as in the official package."""
        if not 0 < index < self.node_num:
            raise NotInSpace(f"node {shown(index)}; expected 1 .. {self.node_num - 1}")
        return self.nodes[index]

    def tostr(self) -> str:
        """The official string of the cell, ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``."""
        return "+".join("|" + "|".join(f"{name}~{source}" for name, source in node) + "|" for node in self.nodes)

    def check_valid(self) -> bool:
        """Whether a path without ``none`` leads from the input to the last node."""
        reached = {0}
        for target, node in enumerate(self.nodes, 1):
            if any(name != "none" and source in reached for name, source in node):
                reached.add(target)
        return len(self.nodes) in reached

    def to_unique_str(self, consider_zero: bool | None = False) -> str:
        """The string that is equal for cells which the published rules call isomorphic, see
        :func:`~nasbed.benchmarks.spaces.nasbench201.unique_string`.
        """
        return unique_string(self.nodes, consider_zero)

    def check_valid_op(self, op_names: Collection[str]) -> bool:
        """Whether all operations are among ``op_names``."""
        return all(name in op_names for node in self.nodes for name, _ in node)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.node_num} nodes with {self.tostr()})"

    def __len__(self) -> int:
        return self.node_num

    def __getitem__(self, index: int) -> Node:
        return self.nodes[index]

    @staticmethod
    def str2structure(xstr: str | TopologyStructure) -> TopologyStructure:
        """The cell of an official string; a cell is given back as it is."""
        return xstr if isinstance(xstr, TopologyStructure) else TopologyStructure(str2lists(_text(xstr)))

    @staticmethod
    def str2fullstructure(xstr: str, default_name: str = "none") -> TopologyStructure:
        """The cell of an official string, with the operation ``default_name`` on every edge that the string leaves out but those
        from the node before.
        """
        nodes = []
        for target, node in enumerate(str2lists(_text(xstr))):
            sources = {source for _, source in node}
            added = [(default_name, source) for source in range(target) if source not in sources]
            nodes.append(tuple(sorted((*node, *added), key=lambda edge: (edge[1], edge[0]))))
        return TopologyStructure(nodes)

    @staticmethod
    def gen_all(search_space: Sequence[str], num: int, return_ori: bool) -> list[Any]:
        """All cells of ``num`` nodes over the operations ``search_space``, as lists or as objects. The package fails here."""
        if not isinstance(search_space, (list, tuple)) or not isinstance(num, int) or num < 2:
            raise NotInSpace(
                f"gen_all({shown(search_space)}, {shown(num)}); expected a list of operations, and 2 nodes or more"
            )
        choices = [
            [tuple(zip(names, range(target), strict=True)) for names in itertools.product(search_space, repeat=target)]
            for target in range(1, num)
        ]
        cells = [list(cell) for cell in itertools.product(*choices)]
        return cells if return_ori else [TopologyStructure(cell) for cell in cells]


def topology_str2structure(xstr: str | TopologyStructure) -> TopologyStructure:
    """The cell of an official string."""
    return TopologyStructure.str2structure(xstr)


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise NotInSpace(
            f"{shown(given)} is no text; expected an architecture such as |nor_conv_3x3~0|+|none~0|none~1|"
        )
    return given


def _nodes(genotype: object) -> Iterator[Node]:
    if not isinstance(genotype, (list, tuple)):
        raise NotInSpace(f"a cell of {shown(genotype)}; expected a list of nodes, each a list of (operation, source)")
    for target, node in enumerate(genotype):
        if not isinstance(node, (list, tuple)) or not node:
            raise NotInSpace(
                f"node {target + 1} is {shown(node)}; expected a list of (operation, source), one at least"
            )
        for edge in node:
            fits = isinstance(edge, (list, tuple)) and len(edge) == 2 and isinstance(edge[1], int)
            if not fits or not 0 <= edge[1] <= target:
                raise NotInSpace(
                    f"{shown(edge)} into node {target + 1}; expected (operation, source), source 0 .. {target}"
                )
        yield tuple((edge[0], edge[1]) for edge in node)
