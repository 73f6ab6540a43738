"""Recurrent cells as labelled graphs (Klyuchnikov et al., NAS-Bench-NLP, arXiv 2006.07116): what they read and make, their texts,
and when two recipes are the same cell.

A cell reads the word ``x`` and its states ``h0``, ``h1``, ``h2`` as the word before left them. Each node applies an operation to
what it reads, and a node for each state makes its new value; ``h0`` is also what the layer puts out. Names and the order of nodes
do not matter, nor does the order of what a sum, a product or a linear map reads, nor which of two further states is called ``h1``.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import permutations
from typing import Any, NamedTuple

from nasbed.errors import ArchitectureError, shown, unknown


class Operation(NamedTuple):
    """An operation: its name in recipes and in texts, how many inputs it may have, and whether their order matters."""

    recipe: str
    name: str
    least: int
    most: int
    ordered: bool = False


OPERATIONS = (
    Operation("linear", "linear", 1, 3),
    Operation("activation_tanh", "tanh", 1, 1),
    Operation("activation_sigm", "sigm", 1, 1),
    Operation("activation_leaky_relu", "leaky_relu", 1, 1),
    Operation("elementwise_sum", "sum", 2, 3),
    Operation("elementwise_prod", "prod", 2, 3),
    Operation("blend", "blend", 3, 3, ordered=True),
)
"""In the order of their numbers. A linear map has weights for each of its inputs and adds them up; a blend of a gate and two others
is no sum, so that the order of what it reads matters.
"""
STATES = 3
SOURCES = ("x", *(f"h{state}" for state in range(STATES)))
"""What a cell reads, in the order of its numbers; a node has its own number and that of all of these."""
NODES = 24
"""The most nodes of a cell."""

_RECIPE_SOURCES = {"x": 0, **{f"h_prev_{state}": 1 + state for state in range(STATES)}}
_MADE = {f"h_new_{state}": 1 + state for state in range(STATES)}
_NODE = re.compile(r"\s*(\w+)\s*~\s*([\w+\s]+?)\s*(?:>\s*h([0-9])\s*)?")
_NAMES = [operation.name for operation in OPERATIONS]


class Node(NamedTuple):
    """A node: the number of its operation, what it reads (a source, or a node by its place and the number of sources), and, where
    it makes a state, the number of that and 1.
    """

    operation: int
    reads: tuple[int, ...]
    state: int = 0


Cell = tuple[Node, ...]
"""Nodes, each after those that it reads."""


def cell_of(nodes: Sequence[Node], most: int = NODES) -> Cell:
    """The canonical writing of the cell that ``nodes``, in any order, are a writing of; raises
    :class:`~nasbed.errors.ArchitectureError` for what is no cell.
    """
    if not 0 < len(nodes) <= most:
        raise ArchitectureError(f"the cell has {len(nodes)} nodes; expected 1 .. {most}")
    for place, node in enumerate(nodes, 1):
        _require_inputs(place, node)
    made = [node.state for node in nodes if node.state]
    if len(set(made)) < len(made) or 1 not in made:
        raise ArchitectureError(
            f"the cell makes {', '.join(SOURCES[state] for state in made) or 'no state'}; expected h0, and each other state that it"
            " has, once"
        )
    if lost := {read for node in nodes for read in node.reads if 0 < read < len(SOURCES)} - set(made):
        raise ArchitectureError(f"the cell reads {SOURCES[min(lost)]} and makes no new one")
    _require_use(nodes)
    further = sorted(state for state in made if state > 1)
    return min(
        _written(_renamed(nodes, dict(zip(order, range(2, STATES + 1), strict=False))))
        for order in permutations(further)
    )


def _require_inputs(place: int, node: Node) -> None:
    operation, count = OPERATIONS[node.operation], len(node.reads)
    if not operation.least <= count <= operation.most:
        span = str(operation.most) if operation.least == operation.most else f"{operation.least} .. {operation.most}"
        raise ArchitectureError(f"node {place}, {operation.name}, has {count} inputs; expected {span}")
    if len(set(node.reads)) < count:
        raise ArchitectureError(f"node {place}, {operation.name}, reads an input twice; expected each once")


def _require_use(nodes: Sequence[Node]) -> None:
    """Raises :class:`~nasbed.errors.ArchitectureError` for nodes that read each other in a circle, and for one that makes no state
    and is read by none that does.
    """
    try:
        tuple(TopologicalSorter({place: _nodes_read(node) for place, node in enumerate(nodes)}).static_order())
    except CycleError as error:
        circle = ", ".join(str(place + 1) for place in sorted(set(error.args[1])))
        raise ArchitectureError(f"the nodes {circle} read each other in a circle") from None
    used, left = set[int](), [place for place, node in enumerate(nodes) if node.state]
    while left:
        used.add(place := left.pop())
        left += [read for read in _nodes_read(nodes[place]) if read not in used]
    if idle := set(range(len(nodes))) - used:
        raise ArchitectureError(f"no state is made of node {min(idle) + 1}; leave it out")


def _nodes_read(node: Node) -> list[int]:
    """The places of the nodes that a node reads."""
    return [read - len(SOURCES) for read in node.reads if read >= len(SOURCES)]


def _renamed(nodes: Sequence[Node], states: Mapping[int, int]) -> list[Node]:
    """The same nodes with other numbers of states."""
    return [
        Node(node.operation, tuple(states.get(read, read) for read in node.reads), states.get(node.state, node.state))
        for node in nodes
    ]


# the canonical writing


def _written(nodes: Sequence[Node]) -> Cell:
    """The smallest of the writings that refined colours leave: nodes get colours by what they are, read and are read by, and
    where some still look alike, each of them is told apart in turn.
    """
    colours = _ranks([(node.operation, node.state) for node in nodes])
    left, best = [colours], None
    while left:
        colours = _refined(nodes, left.pop())
        alike = defaultdict(list)
        for place, colour in enumerate(colours):
            alike[colour].append(place)
        tied = min((colour for colour, places in alike.items() if len(places) > 1), default=None)
        if tied is None:
            writing = _in_order(nodes, colours)
            best = writing if best is None else min(best, writing)
        else:
            left += [[2 * colour - (place == chosen) for place, colour in enumerate(colours)] for chosen in alike[tied]]
    assert best is not None
    return best


def _ranks(keys: Sequence[Any]) -> list[int]:
    """The place of each key among the different ones."""
    order = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return [order[key] for key in keys]


def _refined(nodes: Sequence[Node], colours: list[int]) -> list[int]:
    while True:
        readers = defaultdict[int, list[tuple[int, int]]](list)
        keys = []
        for place, node in enumerate(nodes):
            ordered = OPERATIONS[node.operation].ordered
            for position, read in enumerate(_nodes_read(node)):
                readers[read].append((colours[place], position if ordered else 0))
        for place, node in enumerate(nodes):
            reads = [(0, read) if read < len(SOURCES) else (1, colours[read - len(SOURCES)]) for read in node.reads]
            ordered = OPERATIONS[node.operation].ordered
            keys.append((colours[place], reads if ordered else sorted(reads), sorted(readers[place])))
        fresh = _ranks([(colour, tuple(reads), tuple(read_by)) for colour, reads, read_by in keys])
        if len(set(fresh)) == len(set(colours)):
            return fresh
        colours = fresh


def _in_order(nodes: Sequence[Node], colours: Sequence[int]) -> Cell:
    """The writing in which each node comes as soon as what it reads is there, of several the one of the lowest colour."""
    number: dict[int, int] = {}
    while len(number) < len(nodes):
        ready = [
            place
            for place, node in enumerate(nodes)
            if place not in number and all(read in number for read in _nodes_read(node))
        ]
        number[min(ready, key=colours.__getitem__)] = len(SOURCES) + len(number)
    written = []
    for place in number:
        operation, reads, state = nodes[place]
        named = [read if read < len(SOURCES) else number[read - len(SOURCES)] for read in reads]
        written.append(Node(operation, tuple(named if OPERATIONS[operation].ordered else sorted(named)), state))
    return tuple(written)


# recipes and texts


def cell_of_recipe(text: str, most: int = NODES) -> Cell:
    """The cell of a published recipe, a JSON object of nodes, each with its ``op`` and its ``input``; raises
    :class:`~nasbed.errors.ArchitectureError`.

    >>> linear, tanh = '{"op": "linear", "input": ["x", "h_prev_0"]}', '{"op": "activation_tanh", "input": ["a"]}'
    >>> format_cell(cell_of_recipe('{"h_new_0": ' + tanh + ', "a": ' + linear + '}'))
    '|linear~x+h0|tanh~1>h0|'
    """
    try:
        recipe = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArchitectureError(f"the recipe {text[:60]!r} is no JSON: {error}") from None
    if not isinstance(recipe, dict):
        raise ArchitectureError(f"the recipe {text[:60]!r} is no object of nodes by name")
    if taken := [name for name in recipe if name in _RECIPE_SOURCES]:
        raise ArchitectureError(f"the recipe has a node {taken[0]!r}, which is what a cell reads")
    places = {name: len(SOURCES) + place for place, name in enumerate(recipe)}
    return cell_of([_node_of(name, body, _RECIPE_SOURCES | places) for name, body in recipe.items()], most)


def _node_of(name: str, body: object, known: Mapping[str, int]) -> Node:
    if not isinstance(body, dict) or not isinstance(inputs := body.get("input"), list):
        raise ArchitectureError(f"node {name[:40]!r} is {shown(body)}; expected its op and a list, its input")
    names = [operation.recipe for operation in OPERATIONS]
    if body.get("op") not in names:
        raise ArchitectureError(str(unknown("operation", body.get("op"), names, f"node {name[:40]!r}")))
    for read in inputs:
        if not isinstance(read, str) or read not in known:
            raise ArchitectureError(
                f"node {name[:40]!r} reads {shown(read)}, which is neither a node nor x nor h_prev_0 .. 2"
            )
    return Node(names.index(body["op"]), tuple(known[read] for read in inputs), _MADE.get(name, 0))


def parse_cell(text: str, most: int = NODES) -> Cell:
    """The cell of ``|operation~source+source|...|operation~source>h0|``, in any order of the nodes; sources are ``x``, ``h0``,
    ``h1``, ``h2``, and nodes by their places from 1 up. Raises :class:`~nasbed.errors.ArchitectureError`.

    >>> parse_cell("|conv~x>h0|")
    Traceback (most recent call last):
    nasbed.errors.ArchitectureError: unknown operation of node 1 'conv'; known: linear, tanh, sigm, leaky_relu, sum, prod, blend
    """
    words = text.strip().removeprefix("|").removesuffix("|").split("|")
    nodes = []
    for place, word in enumerate(words, 1):
        found = _NODE.fullmatch(word)
        if found is None:
            raise ArchitectureError(
                f"malformed cell {text[:80]!r}; the form is |linear~x+h0|tanh~1>h0|, an operation with what it reads for each node"
            )
        name, sources, state = found.groups()
        if name not in _NAMES:
            raise ArchitectureError(str(unknown("operation", name, _NAMES, f"node {place}")))
        if state is not None and int(state) >= STATES:
            raise ArchitectureError(f"node {place} makes h{state}; the states are {', '.join(SOURCES[1:])}")
        reads = [_read(place, source.strip(), len(words)) for source in sources.split("+")]
        nodes.append(Node(_NAMES.index(name), tuple(reads), 0 if state is None else 1 + int(state)))
    return cell_of(nodes, most)


def _read(place: int, source: str, count: int) -> int:
    if source in SOURCES:
        return SOURCES.index(source)
    if source.isascii() and source.isdigit() and len(source) < 4 and 0 < int(source) <= count:
        return len(SOURCES) + int(source) - 1
    raise ArchitectureError(
        f"node {place} reads {source[:24]!r}; expected {', '.join(SOURCES)}, or the place of one of the {count} nodes"
    )


def format_cell(cell: Cell) -> str:
    """The text of a cell, whose nodes stand in their order."""
    words = []
    for operation, reads, state in cell:
        sources = [SOURCES[read] if read < len(SOURCES) else str(read - len(SOURCES) + 1) for read in reads]
        words.append(f"{_NAMES[operation]}~{'+'.join(sources)}" + (f">h{state - 1}" if state else ""))
    return f"|{'|'.join(words)}|"


def labels_of(cell: Cell) -> tuple[str, ...]:
    """What the nodes are, in words: the operation, and the state that a node makes.

    >>> labels_of(parse_cell("|linear~x+h0|tanh~1>h0|"))
    ('linear', 'tanh>h0')
    """
    return tuple(_NAMES[node.operation] + (f">h{node.state - 1}" if node.state else "") for node in cell)


def parameters_of(cell: Cell, layers: Sequence[tuple[int, int]]) -> int:
    """The weights and biases of a stack of layers of a cell, each given by its width in and out: those of linear maps.

    >>> parameters_of(parse_cell("|linear~x+h0|tanh~1>h0|"), [(400, 600), (600, 600), (600, 400)])
    1721600
    """
    linear = [node for node in cell if OPERATIONS[node.operation].name == "linear"]
    return sum(
        width * (1 + sum(given if read == 0 else width for read in node.reads))
        for given, width in layers
        for node in linear
    )
