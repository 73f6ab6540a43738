"""The space of NAS-Bench-101: how many cells there are, which writings are one, what is one change apart, vectors and texts."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter, defaultdict

import numpy as np
import pytest
from places import SHARED, needs_shared

from nasbed.benchmarks.spaces import nasbench101_graphs as graphs
from nasbed.benchmarks.spaces.nasbench101 import EDGES, OPERATIONS, NASBench101Space, size_of
from nasbed.benchmarks.spaces.nasbench101_hash import INPUT, OUTPUT, hash_of
from nasbed.errors import ArchitectureError, OptionError, UnknownNameError
from nasbed.streams import stream
from nasbed.vocabulary import architecture_of, counting

SMALL, FIVE = NASBench101Space(4), NASBench101Space(5)
ONLY = "|output~0|"


def hash_at(space: NASBench101Space, index: int) -> str:
    edges, labels, _ = space.cell(index)
    return hash_of(edges, [INPUT, *labels, OUTPUT])


# cells


def test_there_are_423624_cells() -> None:
    by_vertices = [
        sum(len(graph.labelling.distinct) for graph in graphs.graphs(count, EDGES).values()) for count in range(2, 8)
    ]
    assert by_vertices == [1, 6, 84, 2_441, 62_010, 359_082]
    assert size_of(7) == sum(by_vertices) == 423_624
    assert (len(SMALL), len(FIVE)) == (91, 2_532)


def test_cells_of_fewer_vertices_have_the_same_indices_in_every_space() -> None:
    assert [SMALL.cell(index) for index in range(91)] == [FIVE.cell(index) for index in range(91)]


def test_no_two_cells_have_the_same_published_hash() -> None:
    assert len({hash_at(SMALL, index) for index in range(len(SMALL))}) == len(SMALL)


@pytest.mark.thorough
def test_no_two_cells_of_the_whole_space_have_the_same_published_hash() -> None:
    space = NASBench101Space()
    assert len({hash_at(space, index) for index in range(len(space))}) == len(space) == 423_624


@needs_shared
def test_the_published_hash_of_every_cell_of_the_sample_is_found_again() -> None:
    lines = (SHARED / "data" / "nasbench101-sample" / "sample.jsonl").read_text().splitlines()
    found = set()
    for row in map(json.loads, lines):
        matrix = np.array(row["adjacency"])
        edges = [(int(a), int(b)) for a, b in np.argwhere(matrix)]
        labels = [OPERATIONS.index(name) for name in row["operations"][1:-1]]
        assert hash_of(edges, [INPUT, *labels, OUTPUT]) == row["hash"]
        smallest = graphs.pruned(graphs.code_of(edges, len(matrix)), len(matrix))
        assert smallest is not None
        moved = [labels[vertex - 1] for vertex in smallest.order[1:-1]]
        same = graphs.edges_of(smallest.code, len(matrix))
        assert hash_of(same, [INPUT, *moved, OUTPUT]) == row["hash"]
        found.add((smallest.code, graphs.graphs(len(matrix), EDGES)[smallest.code].labelling.place[tuple(moved)]))
    assert len(found) == len(lines) == 1_000


def test_every_writing_of_a_cell_is_that_cell() -> None:
    rng = stream(0, "test", "writings")
    for index in [rng.below(len(FIVE)) for _ in range(100)]:
        edges, labels, count = FIVE.cell(index)
        for order in itertools.permutations(range(1, count - 1)):
            place = dict(zip((0, *order, count - 1), range(count), strict=True))
            moved = [(place[a], place[b]) for a, b in edges]
            if all(a < b for a, b in moved):
                assert FIVE.number(moved, [labels[vertex - 1] for vertex in order], count) == index


def test_what_is_on_no_path_is_no_part_of_a_cell() -> None:
    plain = FIVE.number([(0, 1), (1, 2)], [1], 3)
    assert FIVE.number([(0, 1), (1, 4), (0, 2), (3, 4)], [1, 0, 2], 5) == plain
    assert FIVE.format(FIVE.archs[plain]) == "|conv1x1~0|output~1|"


def test_a_matrix_stands_for_its_cell() -> None:
    """As strategies draw it: each edge, each operation."""
    #        01 02 03 12 13 23  operations
    drawn = (1, 0, 1, 0, 0, 1, 2, 1)  # vertex 1 leads nowhere, vertex 2 comes from nowhere
    assert drawn not in SMALL
    assert architecture_of(SMALL, drawn) == SMALL.parse(ONLY) == (0, 0, 1, 0, 0, 0, 0, 0)
    assert architecture_of(SMALL, (1, 0, 0, 0, 0, 1, 0, 0)) is None
    assert counting(SMALL, SMALL.parse("|maxpool3x3~0|output~1|")) == [0, 1, 2, 3, 4, 5, 6]
    assert counting(SMALL, SMALL.parse(ONLY)) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("arch", "message"),
    [
        ((1, 0, 0, 0, 0, 1, 0, 0), "no path leads from the input to the output: there is no network"),
        ((1, 0, 0), "(1, 0, 0) is outside the space 'nasbench101, at most 4 vertices': expected a tuple of 8 integers"),
        ((1, 0, 0, 0, 0, 2, 0, 0), "expected a tuple of 8 integers, each below (2, 2, 2, 2, 2, 2, 3, 3)"),
        ([0] * 8, "expected a tuple of 8 integers"),
    ],
)
def test_what_stands_for_no_cell_is_refused(arch: object, message: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(message)):
        SMALL.canonical(arch)  # type: ignore[arg-type]


def test_ten_edges_are_too_many() -> None:
    with pytest.raises(
        ArchitectureError, match=r"has 5 vertices and 10 edges on paths.*at most 5 vertices and 9 edges"
    ):
        FIVE.canonical((1,) * 10 + (0,) * 3)
    with pytest.raises(ArchitectureError, match=r"has 5 vertices and 4 edges on paths.*at most 4 vertices"):
        SMALL.number([(0, 1), (1, 2), (2, 3), (3, 4)], [0, 0, 0], 5)


def test_another_writing_of_a_cell_is_refused_with_the_remedy() -> None:
    other = next(
        one
        for one in itertools.product((0, 1), repeat=6)
        if architecture_of(SMALL, (*one, 0, 0)) not in (None, (*one, 0, 0))
    )
    with pytest.raises(ArchitectureError, match=r"and the smallest writing of its cell \(canonical gives it\)"):
        SMALL.require((*other, 0, 0))


@pytest.mark.parametrize(("vertices", "operators"), [(1, "cells"), (8, "cells"), (5.0, "cells"), (5, "matrix")])
def test_options_are_refused(vertices: int, operators: str) -> None:
    expected = "whole number in 2 .. 7" if operators == "cells" else "'cells' or 'matrices'"
    with pytest.raises(OptionError, match=expected):
        NASBench101Space(vertices, operators)  # type: ignore[arg-type]


# one change


def around(text: str, space: NASBench101Space = SMALL) -> set[str]:
    return {space.format(arch) for arch in space.neighbours(space.parse(text))}


def test_the_neighbours_of_the_smallest_cells_by_hand() -> None:
    names = ("conv3x3", "conv1x1", "maxpool3x3")
    assert around(ONLY) == {f"|{name}~0|output~{read}|" for name in names for read in ("1", "0+1")}
    found = around("|conv1x1~0|output~1|")
    assert {ONLY, "|conv1x1~0|output~0+1|", "|conv3x3~0|output~1|", "|maxpool3x3~0|output~1|"} <= found
    onto = {f"|conv1x1~0|{name}~1|output~{read}|" for name in names for read in ("2", "1+2")}
    before = {f"|{name}~0|conv1x1~{read}|output~2|" for name in names for read in ("1", "0+1")}
    assert onto | before <= found
    assert len(found) == len({SMALL.parse(text) for text in found}) == 4 + len({*map(SMALL.parse, onto | before)})


def test_neighbours_are_mutual_and_connect_the_space() -> None:
    lists = [[FIVE.index(other) for other in FIVE.neighbours(arch)] for arch in FIVE.archs]
    assert all(found == sorted(set(found)) and place not in found for place, found in enumerate(lists))
    sets = list(map(set, lists))
    assert all(place in sets[other] for place, found in enumerate(lists) for other in found)
    reached, left = {0}, [0]
    while left:
        fresh = sets[left.pop()] - reached
        reached |= fresh
        left += fresh
    assert len(reached) == len(FIVE)


def test_mutants_are_drawn_uniformly_from_the_neighbours() -> None:
    parent, rng = SMALL.parse("|conv1x1~0|maxpool3x3~0|output~1+2|"), stream(0, "test", "mutate")
    around = SMALL.neighbours(parent)
    drawn = Counter(SMALL.mutate(parent, rng) for _ in range(100 * len(around)))
    assert drawn.keys() == set(around)
    assert min(drawn.values()) > 60
    assert max(drawn.values()) < 140


def test_children_are_cells_and_mix_their_parents() -> None:
    rng = stream(0, "test", "children")
    mixed = 0
    for _ in range(100):
        first, second = FIVE.sample(rng), FIVE.sample(rng)
        child = FIVE.crossover(first, second, rng)
        assert child in FIVE
        assert all(value in pair for value, *pair in zip(child, first, second, strict=True))
        mixed += child not in (first, second)
    assert mixed > 50


def test_matrices_are_sampled_as_in_the_paper() -> None:
    """Uniformly among those that are a cell: by hand over all 24 matrices and operations of three vertices."""
    space, rng = NASBench101Space(3, "matrices"), stream(0, "test", "matrices")
    expected: dict[str, int] = defaultdict(int)
    for *bits, operation in itertools.product((0, 1), (0, 1), (0, 1), range(3)):
        if (found := architecture_of(space, (*bits, operation))) is not None:
            expected[space.format(found)] += 1
    assert expected == {ONLY: 9} | {
        f"|{name}~0|output~{read}|": 1 for name in ("conv3x3", "conv1x1", "maxpool3x3") for read in ("1", "0+1")
    }
    drawn = Counter(space.format(space.sample(rng)) for _ in range(3_000))
    for text, count in expected.items():
        assert drawn[text] == pytest.approx(200 * count, abs=60)


@pytest.mark.thorough
def test_most_matrices_of_seven_vertices_are_small_cells() -> None:
    """Over all of them, which are as likely; operations do not matter."""
    codes = np.arange(1 << 21, dtype=np.int64)
    edges = {pair: codes >> 20 - place & 1 for place, pair in enumerate(graphs.pairs(7))}
    reached, used = np.ones_like(codes), np.full_like(codes, 1 << 6)
    for (source, target), there in edges.items():
        reached |= (there & reached >> source) << target
    for source, target in sorted(edges, key=lambda pair: -pair[1]):
        used |= (edges[source, target] & used >> target) << source
    alive = reached & used
    inside = sum(there & alive >> source & alive >> target & 1 for (source, target), there in edges.items())
    cells = (alive & 1 == 1) & (inside <= EDGES)
    vertices = sum(alive[cells] >> vertex & 1 for vertex in range(7))
    shares = np.bincount(vertices, minlength=8) / cells.sum()
    assert cells.mean() == pytest.approx(0.733, abs=5e-4)
    assert shares[2:].round(3).tolist() == [0.097, 0.202, 0.275, 0.303, 0.12, 0.003]
    assert shares[:5].sum() == pytest.approx(0.574, abs=5e-4)


def test_matrices_are_mutated_as_in_the_paper() -> None:
    """Each of three edges flips with probability 1/3, the one operation is another with probability 1, until that is a cell."""
    space, rng = NASBench101Space(3, "matrices"), stream(0, "test", "matrices")
    parent = space.parse("|conv1x1~0|output~1|")
    weights: dict[str, float] = defaultdict(float)
    for flips in itertools.product((0, 1), repeat=3):
        bits = [value ^ flip for value, flip in zip(parent, flips, strict=False)]
        for operation in (0, 2):
            if (found := architecture_of(space, (*bits, operation))) is not None:
                weights[space.format(found)] += (1 / 3) ** sum(flips) * (2 / 3) ** (3 - sum(flips)) / 2
    drawn = Counter(space.format(space.mutate(parent, rng)) for _ in range(3_000))
    assert drawn.keys() == weights.keys()
    for text, weight in weights.items():
        assert drawn[text] == pytest.approx(3_000 * weight / sum(weights.values()), abs=120)


# vectors


def test_vectors_of_a_cell_by_hand() -> None:
    """Input to a 1x1 convolution and on to pooling, the output reads both of these."""
    arch = SMALL.parse("|conv1x1~0|maxpool3x3~1|output~1+2|")
    assert arch == (1, 0, 0, 1, 1, 1, 1, 2)
    assert SMALL.encode(arch, "adjacency").tolist() == [1, 0, 0, 1, 1, 1, *(0, 1, 0), *(0, 0, 1)]
    assert SMALL.encode(arch).tolist() == [0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, *(0, 1, 0), *(0, 0, 1)]
    assert SMALL.encode(arch, "categorical_adjacency").tolist() == [1, 4, 5, 6, 0, 0, 0, 0, 0, *(2, 3)]
    paths = SMALL.encode(arch, "path")
    assert (len(paths), np.flatnonzero(paths).tolist()) == (1 + 3 + 9, [1 + 1, 1 + 3 + 1 * 3 + 2])
    assert SMALL.encode(arch, "categorical_path").tolist() == [3, 10, 0, 0, 0, 0, 0, 0]
    assert len(FIVE.encode(FIVE.archs[7], "truncated_path")) == 40


def test_a_vertex_that_a_cell_lacks_has_no_operation_in_its_vector() -> None:
    assert SMALL.encode(SMALL.parse(ONLY), "adjacency").tolist() == [0, 0, 1, 0, 0, 0] + [0] * 6
    assert SMALL.encode(SMALL.parse(ONLY), "path").tolist() == [1] + [0] * 12


@pytest.mark.parametrize("encoding", NASBench101Space.encodings)
def test_all_vectors_at_once_are_those_of_each(encoding: str) -> None:
    together = SMALL.encode_all(encoding)
    assert np.array_equal(together, [SMALL.encode(arch, encoding).astype(np.float32) for arch in SMALL.archs])
    told_apart = len(np.unique(FIVE.encode_all(encoding), axis=0)) == len(FIVE)
    assert told_apart == (encoding not in NASBench101Space.ambiguous)


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(
        UnknownNameError, match=r"unknown encoding of nasbench101, at most 4 vertices 'paths'; did you mean 'path'\?"
    ):
        SMALL.encode(SMALL.archs[0], "paths")


# texts


def test_texts_name_every_cell() -> None:
    assert [FIVE.parse(FIVE.format(arch)) for arch in FIVE.archs] == list(FIVE.archs)
    assert FIVE.parse(" | conv1x1-bn-relu ~ 0 |maxpool3x3~ 1 + 0|output~2| ") == FIVE.parse(
        "|conv1x1~0|maxpool3x3~0+1|output~2|"
    )
    assert FIVE.parse("17") == FIVE.archs[17]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "malformed architecture ''; the form is |operation~source+source|...|output~source|, with at most 3"),
        ("|conv3x3~0|conv3x3~1|conv3x3~2|conv3x3~3|output~4|", "malformed architecture"),
        ("|conv3x3~0|output|", "malformed architecture"),
        ("|conv5x5~0|output~1|", "unknown operation 'conv5x5' of vertex 1; known: conv3x3, conv1x1, maxpool3x3"),
        ("|conv3x3~0|conv3x3~1|", "unknown operation 'conv3x3' of vertex 2; the last vertex is the output"),
        ("|conv3x3-relu~0|output~1|", "unknown operation 'conv3x3-relu' of vertex 1"),
        ("|conv3x3~1|output~0|", "vertex 1 reads '1'; expected 0, the input, or a vertex before it"),
        ("|conv3x3~0+|output~0|", "vertex 1 reads ''; expected 0"),
        ("|conv3x3~0|output~00|", "vertex 2 reads '00'; expected 0"),
        ("2532", "index 2532 is outside 0 .. 2531"),
    ],
)
def test_other_texts_are_refused(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(message)):
        FIVE.parse(text)
