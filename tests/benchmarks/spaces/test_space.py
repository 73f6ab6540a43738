"""The space of NAS-Bench-201: its order, moves, texts, encodings and isomorphic cells."""

from __future__ import annotations

import hashlib
import itertools
import random
import zipfile
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from places import SHARED, needs_shared
from scipy.stats import chisquare

from nasbed.benchmarks.convert import _pickles as pickles
from nasbed.benchmarks.spaces.nasbench201 import EDGES, OPERATIONS, NASBench201Space, unique_string
from nasbed.errors import ArchitectureError, UnknownNameError
from nasbed.streams import Stream, stream
from nasbed.vocabulary import Arch

SPACE = NASBench201Space()
NONE = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
HAND_DESIGNED = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|"
archs = st.tuples(*[st.integers(0, 4)] * 6)


def is_uniform(counts: list[int]) -> bool:
    return 1e-4 < float(chisquare(counts).pvalue) < 1 - 1e-4


def distance(first: Arch, second: Arch) -> int:
    return sum(a != b for a, b in zip(first, second, strict=True))


# order


def test_the_order_is_the_official_one_by_checksum() -> None:
    joined = "\n".join(SPACE.format(arch) for arch in SPACE.archs)
    assert (
        hashlib.sha256(joined.encode()).hexdigest()
        == "83abc799e45cf34e9d2163654668ab998b9a54d01c39e72ca1f71f2cdf356d84"
    )


@needs_shared
def test_the_order_is_that_of_the_official_file() -> None:
    with zipfile.ZipFile(SHARED / "data/nasbench201-official-order/meta-node-4.pth") as torch_file:
        official = pickles.load(torch_file.read("archive/data.pkl"))["archs"]
    assert [SPACE.format(arch) for arch in SPACE.archs] == official


def test_the_order_is_a_shuffle_with_seed_88() -> None:
    shuffled = list(itertools.product(range(5), repeat=6))
    random.Random(88).shuffle(shuffled)
    assert list(SPACE.archs) == shuffled


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (0, "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"),
        (6111, "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"),
        (11472, HAND_DESIGNED),
    ],
)
def test_known_cells_have_their_index(index: int, text: str) -> None:
    assert SPACE.index(SPACE.parse(text)) == index
    assert SPACE.format(SPACE.archs[index]) == text


def test_index_is_the_inverse_of_archs() -> None:
    assert len(SPACE) == len(SPACE.archs) == 15_625
    assert [SPACE.index(arch) for arch in SPACE.archs] == list(range(15_625))


# membership


@pytest.mark.parametrize(
    "junk",
    [
        [0, 0, 0, 0, 0, 0],
        (0, 0, 0, 0, 0),
        (0, 0, 0, 0, 0, 0, 0),
        (0, 0, 0, 0, 0, 5),
        (-1, 0, 0, 0, 0, 0),
        (0.5, 0, 0, 0, 0, 0),
        (7.0, 0, 0, 0, 0, 0),
        (float("nan"), 0, 0, 0, 0, 0),
        ("0", "0", "0", "0", "0", "0"),
        ([0], 0, 0, 0, 0, 0),
        (),
        "000000",
        HAND_DESIGNED,
        6111,
        None,
        {},
    ],
    ids=repr,
)
def test_junk_is_outside_and_named(junk: object) -> None:
    assert junk not in SPACE
    with pytest.raises(ArchitectureError) as refused:
        SPACE.require(junk)  # type: ignore[arg-type]
    assert repr(junk) in str(refused.value)
    assert "outside the space 'nasbench201': expected a tuple of 6 integers" in str(refused.value)


@pytest.mark.parametrize("method", ["format", "neighbours", "pruned", "canonical", "encode", "connected"])
def test_methods_refuse_what_is_outside(method: str) -> None:
    with pytest.raises(ArchitectureError, match="outside the space"):
        getattr(SPACE, method)((0, 0, 0, 0, 0, 9))


def test_crossover_refuses_either_parent_outside() -> None:
    good, bad, rng = (0,) * 6, (9,) * 6, stream(0, "test", "crossover")
    for parents in ((good, bad), (bad, good)):
        with pytest.raises(ArchitectureError, match="outside the space"):
            SPACE.crossover(*parents, rng)


@given(archs)
def test_require_gives_the_index(arch: Arch) -> None:
    assert arch in SPACE
    assert SPACE.archs[SPACE.require(arch)] == arch


# texts


def test_texts_come_back_over_the_whole_space() -> None:
    assert [SPACE.parse(SPACE.format(arch)) for arch in SPACE.archs] == list(SPACE.archs)


def test_indices_parse_over_the_whole_space() -> None:
    assert [SPACE.parse(str(index)) for index in range(len(SPACE))] == list(SPACE.archs)


@given(archs, st.sampled_from(["", " ", "\n", "\t  "]), st.sampled_from(["", " ", "\n"]))
def test_space_around_a_text_is_ignored(arch: Arch, before: str, after: str) -> None:
    assert SPACE.parse(before + SPACE.format(arch) + after) == arch


PIECES = st.sampled_from(["|", "+", "~", "~0|", "~1|", "~2|", *OPERATIONS, "conv", "0", "²", "é", " "])


@given(st.one_of(st.text(), st.lists(PIECES, max_size=16).map("".join)))
@example("0\x1f")
def test_any_other_text_is_refused_with_our_error(text: str) -> None:
    try:
        arch = SPACE.parse(text)
    except ArchitectureError:
        return
    assert text.strip() == SPACE.format(arch) or int(text) == SPACE.index(arch)


@given(archs, st.data())
def test_a_text_with_one_character_less_is_refused(arch: Arch, data: st.DataObject) -> None:
    text = SPACE.format(arch)
    at = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(ArchitectureError):
        SPACE.parse(text[:at] + text[at + 1 :])


@pytest.mark.parametrize(("edge", "source", "target"), [(i, *edge) for i, edge in enumerate(EDGES)])
def test_an_unknown_operation_names_its_edge_and_character(edge: int, source: int, target: int) -> None:
    names = ["skip_connect"] * 6
    names[edge] = "conv"
    a, b, c, d, e, f = names
    text = f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"
    with pytest.raises(ArchitectureError) as refused:
        SPACE.parse(text)
    assert str(refused.value) == (
        f"unknown operation 'conv' on edge {target}<-{source} (character {text.index('conv') + 1});"
        " known: none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3"
    )


@pytest.mark.parametrize(
    ("text", "expected", "character", "found"),
    [
        ("", "|", 1, "the end"),
        ("none", "|", 1, "'none'"),
        ("1.0", "|", 1, "'1.0'"),
        ("|none", "~0|", 6, "the end"),
        ("|none~0", "~0|", 6, "'~0'"),
        (NONE.replace("none~0", "none~1", 1), "~0|", 6, "'~1|+|none~0|'"),
        (NONE.replace("none~2", "none~3"), "~2|", 45, "'~3|'"),
        ("|none~0|", "+", 9, "the end"),
        ("|none~0|none~0|", "+", 9, "'none~0|'"),
        ("|none~0|+none~0|", "|", 10, "'none~0|'"),
        ("|none~0|+|none~0|none~1|", "+", 25, "the end"),
    ],
)
def test_a_malformed_text_says_what_was_expected_where(text: str, expected: str, character: int, found: str) -> None:
    with pytest.raises(ArchitectureError) as refused:
        SPACE.parse(text)
    assert str(refused.value) == (
        f"malformed architecture {text!r}: expected {expected!r} at character {character}, found {found};"
        " the form is |op~0|+|op~0|op~1|+|op~0|op~1|op~2|"
    )


def test_text_after_the_last_edge_is_refused() -> None:
    with pytest.raises(ArchitectureError) as refused:
        SPACE.parse(f"{NONE}+|none~0|")
    assert str(refused.value) == f"malformed architecture {NONE + '+|none~0|'!r}: '+|none~0|' after the last edge"


@pytest.mark.parametrize("text", ["15625", "99999999", "9" * 5000], ids=["first", "large", "5000 digits"])
def test_an_index_outside_is_refused(text: str) -> None:
    with pytest.raises(ArchitectureError, match=r"^index \d+.* is outside 0 \.\. 15624$"):
        SPACE.parse(text)


# moves


def test_samples_are_uniform() -> None:
    rng = stream(0, "test", "sample")
    drawn = Counter(SPACE.index(SPACE.sample(rng)) for _ in range(160_000))
    assert is_uniform([drawn[index] for index in range(15_625)])
    assert is_uniform([sum(drawn[index] for index in range(first, first + 625)) for first in range(0, 15_625, 625)])


class Constant(Stream):
    def random(self) -> float:
        return self._constant

    def __init__(self, constant: float) -> None:
        super().__init__(0)
        self._constant = constant


@pytest.mark.parametrize(("draw", "index"), [(0.0, 0), (1 - 2**-53, 15_624)], ids=["least", "greatest"])
def test_the_ends_of_the_order_can_be_sampled(draw: float, index: int) -> None:
    assert SPACE.sample(Constant(draw)) == SPACE.archs[index]


def test_mutation_changes_one_edge_uniformly_by_target_source_and_operation() -> None:
    rng, parent = stream(0, "test", "mutate"), (0, 1, 2, 3, 4, 0)
    drawn = Counter(SPACE.mutate(parent, rng) for _ in range(36_000))
    assert drawn.keys() == set(SPACE.neighbours(parent))
    into = Counter(target for _, target in EDGES)
    children = sorted(drawn)
    chances = [
        1 / 3 / into[EDGES[edge][1]] / 4 for child in children for edge in range(6) if child[edge] != parent[edge]
    ]
    assert sum(chances) == pytest.approx(1)
    p = chisquare([drawn[child] for child in children], [36_000 * chance for chance in chances]).pvalue
    assert 1e-4 < p < 1 - 1e-4


@given(archs, st.integers(0, 1000))
def test_mutation_changes_exactly_one_edge(arch: Arch, seed: int) -> None:
    child = SPACE.mutate(arch, stream(seed, "test", "mutate"))
    assert child in SPACE
    assert distance(arch, child) == 1


def test_every_cell_has_24_neighbours_and_is_theirs() -> None:
    around = {arch: SPACE.neighbours(arch) for arch in SPACE.archs}
    pairs = {(arch, other) for arch, others in around.items() for other in others}
    assert all(len(others) == 24 for others in around.values())
    assert len(pairs) == 24 * 15_625
    assert pairs == {(other, arch) for arch, other in pairs}


@given(archs)
def test_neighbours_differ_in_one_edge_and_come_by_edge_and_operation(arch: Arch) -> None:
    neighbours = SPACE.neighbours(arch)
    assert all(other in SPACE and distance(arch, other) == 1 for other in neighbours)
    places = [next((i, b) for i, (a, b) in enumerate(zip(arch, other, strict=True)) if a != b) for other in neighbours]
    assert places == sorted(places)


def test_crossover_takes_each_edge_from_either_parent_with_equal_chance() -> None:
    first, second, rng = (0, 0, 0, 0, 0, 0), (1, 2, 3, 4, 1, 2), stream(0, "test", "crossover")
    children = Counter(SPACE.crossover(first, second, rng) for _ in range(16_000))
    patterns = list(itertools.product(*zip(first, second, strict=True)))
    assert children.keys() <= set(patterns)
    assert is_uniform([children[pattern] for pattern in patterns])


@given(archs)
def test_crossover_of_a_cell_with_itself_is_that_cell(arch: Arch) -> None:
    assert SPACE.crossover(arch, arch, stream(0, "test", "crossover")) == arch


# encodings


@pytest.mark.parametrize(
    ("encoding", "entries", "set_entries"), [("one_hot", 30, 6), ("adjacency", 16, 6), ("path", 155, None)]
)
def test_encodings_have_their_size_and_tell_all_cells_apart(
    encoding: str, entries: int, set_entries: int | None
) -> None:
    codes = np.array([SPACE.encode(arch, encoding) for arch in SPACE.archs])
    assert codes.shape == (15_625, entries)
    assert codes.dtype == np.float64
    assert len({code.tobytes() for code in codes}) == 15_625
    if set_entries is not None:
        assert (np.count_nonzero(codes, axis=1) == set_entries).all()


def test_one_hot_is_the_default_and_sets_each_edges_operation() -> None:
    arch = (3, 0, 4, 1, 0, 2)
    assert np.flatnonzero(SPACE.encode(arch)).tolist() == [3, 5, 14, 16, 20, 27]


def test_operations_are_counted_wherever_they_are() -> None:
    assert SPACE.encode((3, 0, 4, 3, 0, 3), "operations").tolist() == [2, 0, 0, 3, 1]
    assert len(np.unique(SPACE.encode_all("operations"), axis=0)) == 210  # ways of dealing six edges to five operations


def test_adjacency_has_operations_above_the_diagonal() -> None:
    assert SPACE.encode((0, 1, 2, 3, 4, 0), "adjacency").reshape(4, 4).tolist() == [
        [0, 1, 2, 4],
        [0, 0, 3, 5],
        [0, 0, 0, 1],
        [0, 0, 0, 0],
    ]


def test_path_sets_the_sequences_of_the_four_paths() -> None:
    a, b, c, d, e, f = arch = (1, 2, 3, 4, 0, 2)
    expected = {d, 5 + 5 * a + e, 5 + 5 * b + f, 30 + 25 * a + 5 * c + f}
    assert set(np.flatnonzero(SPACE.encode(arch, "path")).tolist()) == expected


def test_paths_of_equal_operations_are_counted_once() -> None:
    assert SPACE.encode((1,) * 6, "path").sum() == 3


def test_an_unknown_encoding_is_named_with_its_near_match() -> None:
    with pytest.raises(UnknownNameError) as refused:
        SPACE.encode((0,) * 6, "onehot")
    assert str(refused.value) == (
        "unknown encoding of nasbench201 'onehot'; did you mean 'one_hot'? known: one_hot, adjacency, path, operations"
    )


# cells that are the same


def live_edges(arch: Arch) -> set[int]:
    """By reachability, where the space goes by a list of paths."""
    used = [edge for edge, operation in zip(EDGES, arch, strict=True) if operation]
    forward, backward = {0}, {3}
    for source, target in sorted(used):
        if source in forward:
            forward.add(target)
    for source, target in sorted(used, reverse=True):
        if target in backward:
            backward.add(source)
    return {EDGES.index((a, b)) for a, b in used if a in forward and b in backward}


def test_pruning_keeps_the_edges_between_input_and_output() -> None:
    for arch in SPACE.archs:
        live = live_edges(arch)
        assert SPACE.pruned(arch) == tuple(op if edge in live else 0 for edge, op in enumerate(arch))
        assert SPACE.connected(arch) == bool(live)


def test_9445_cells_are_left_by_pruning_and_15284_are_connected() -> None:
    assert len({SPACE.pruned(arch) for arch in SPACE.archs}) == 9_445
    assert sum(SPACE.connected(arch) for arch in SPACE.archs) == 15_284


def test_6466_classes_by_both_rules_and_12751_by_the_skip_rule() -> None:
    assert len(set(SPACE.classes)) == 6_466
    assert len({SPACE.canonical(arch) for arch in SPACE.archs}) == 6_466
    assert len({SPACE.expression(arch) for arch in SPACE.archs}) == 6_466
    assert len({SPACE.expression(arch, zeros=False) for arch in SPACE.archs}) == 12_751


def test_terms_are_added_in_alphabetical_order_of_their_names() -> None:
    """In the order of the operations' numbers 317 and 401 were two classes, though their strings are one."""
    assert SPACE.expression(SPACE.archs[317]) == SPACE.expression(SPACE.archs[401])
    assert SPACE.classes[401] == SPACE.classes[317] == 317
    assert SPACE.expression((3, 4, 2, 1, 1, 1)) == (
        "((0)@nor_conv_3x3)@nor_conv_1x1+(0)@avg_pool_3x3+(0)@nor_conv_3x3+0"
    )


def test_what_is_written_out_follows_zeros() -> None:
    nodes = SPACE.nodes((3, 1, 1, 0, 0, 1))
    assert nodes == [
        (("nor_conv_3x3", 0),),
        (("skip_connect", 0), ("skip_connect", 1)),
        (("none", 0), ("none", 1), ("skip_connect", 2)),
    ]
    assert unique_string(nodes) == "#+#+(0)@nor_conv_3x3+0"
    assert unique_string(nodes, zeros=False) == "((0)@nor_conv_3x3)@none+(0)@none+(0)@nor_conv_3x3+0"
    assert unique_string([*nodes[:1], (("skip_connect", 0),)], zeros=None) == "(0)@skip_connect"


def test_the_representative_is_the_smallest_index_of_its_class() -> None:
    members: dict[str, list[int]] = {}
    for index, arch in enumerate(SPACE.archs):
        members.setdefault(SPACE.expression(arch), []).append(index)
    assert all(SPACE.classes[index] == min(group) for group in members.values() for index in group)


def test_canonical_is_idempotent_and_keeps_the_expression() -> None:
    for arch in SPACE.archs:
        canonical = SPACE.canonical(arch)
        assert SPACE.canonical(canonical) == canonical
        assert SPACE.expression(canonical) == SPACE.expression(arch)


OPERATION = st.integers(0, 4)


@given(*[OPERATION] * 5)
def test_the_ends_of_a_skip_are_one_node(b: int, c: int, d: int, e: int, f: int) -> None:
    assert SPACE.canonical((1, b, c, d, e, f)) == SPACE.canonical((1, c, b, e, d, f))
    assert SPACE.canonical((1, b, c, d, e, f)) == SPACE.canonical((1, b, c, e, d, f))


@given(*[OPERATION] * 5, OPERATION, OPERATION)
def test_what_is_computed_from_nothing_is_nothing(b: int, c: int, d: int, e: int, f: int, g: int, h: int) -> None:
    assert SPACE.canonical((0, b, c, d, e, f)) == SPACE.canonical((0, b, g, d, h, f))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((3, 0, 0, 0, 0, 0), (0, 0, 0, 3, 0, 0)),  # nothing reaches the output of the first
        ((3, 0, 0, 0, 2, 0), (2, 0, 0, 0, 3, 0)),  # convolutions in another order
        ((0, 0, 0, 3, 0, 0), (0, 0, 0, 2, 0, 0)),
        ((1, 3, 3, 0, 0, 1), (1, 3, 0, 0, 0, 1)),  # one convolution or the sum of two
    ],
)
def test_different_networks_stay_apart(first: Arch, second: Arch) -> None:
    assert SPACE.canonical(first) != SPACE.canonical(second)


def test_the_list_of_architectures_cannot_be_changed_by_a_search() -> None:
    with pytest.raises(TypeError):
        Stream(0).shuffle(SPACE.archs)  # type: ignore[arg-type]
