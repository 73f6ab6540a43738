"""Which cells of NAS-Bench-201 compute the same function, by a plain interpreter; shapes and recipes refused."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
import pytest

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201 import EDGES, OPERATIONS, NASBench201Space, official_order
from nasbed.benchmarks.spaces.nasbench201_functions import function, live, representatives
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.errors import OptionError
from nasbed.streams import Stream, stream
from nasbed.vocabulary import Arch

NONE, SKIP, CONV1, CONV3, POOL = range(len(OPERATIONS))
KINDS = (CONV1, CONV3)
SIDE = 12
PAIRS = 150

# A cell as plain numbers


@cache
def weights(kind: int, label: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([kind, label])
    return rng.normal(size=(SIDE, SIDE)) / math.sqrt(SIDE), rng.normal(size=SIDE)


def output(arch: Arch, labels: Mapping[int, int], image: np.ndarray) -> np.ndarray:
    nodes = [image, np.zeros(SIDE), np.zeros(SIDE), np.zeros(SIDE)]
    for edge, (source, target) in enumerate(EDGES):
        operation, value = arch[edge], nodes[source]
        if operation in KINDS:
            matrix, bias = weights(operation, labels[edge])
            value = np.tanh(matrix @ value + bias)
        elif operation == POOL:
            value = weights(POOL, 0)[0] @ value
        if operation != NONE:
            nodes[target] = nodes[target] + value
    return nodes[3]


def reachable(steps: list[tuple[int, int]], start: int) -> set[int]:
    found = {start}
    for _ in steps:
        found |= {target for source, target in steps if source in found}
    return found


def pruned(arch: Arch) -> Arch:
    steps = [edge for operation, edge in zip(arch, EDGES, strict=True) if operation != NONE]
    fed, read = reachable(steps, 0), reachable([(target, source) for source, target in steps], 3)
    return tuple(
        operation if source in fed and target in read else NONE
        for operation, (source, target) in zip(arch, EDGES, strict=True)
    )


def assignments(arch: Arch) -> Iterator[dict[int, int]]:
    places = [[edge for edge, operation in enumerate(arch) if operation == kind] for kind in KINDS]
    for orders in itertools.product(*(itertools.permutations(range(len(edges))) for edges in places)):
        yield {
            edge: label
            for edges, order in zip(places, orders, strict=True)
            for edge, label in zip(edges, order, strict=True)
        }


IMAGE = np.random.default_rng(201).normal(size=SIDE)


def same(one: Arch, other: Arch) -> bool:
    one, other = pruned(one), pruned(other)
    if any(one.count(kind) != other.count(kind) for kind in KINDS):
        return False
    wanted = output(one, next(assignments(one)), IMAGE)
    return any(np.allclose(output(other, labels, IMAGE), wanted, rtol=0, atol=1e-9) for labels in assignments(other))


@pytest.fixture(scope="module")
def archs() -> list[Arch]:
    return official_order()


@pytest.fixture(scope="module")
def places(archs: list[Arch]) -> np.ndarray:
    return representatives(archs)


@pytest.fixture
def rng() -> Stream:
    return stream(0, "test", "functions")


def test_there_are_5044_functions(archs: list[Arch], places: np.ndarray) -> None:
    assert len(set(places.tolist())) == 5044
    assert (places[places] == places).all()
    assert len({function(arch) for arch in archs}) == 5044


def test_cells_of_one_class_compute_the_same(archs: list[Arch], places: np.ndarray, rng: Stream) -> None:
    classes = defaultdict(set)
    for place, arch in zip(places.tolist(), archs, strict=True):
        classes[place].add(live(arch))
    several = [sorted(members) for _, members in sorted(classes.items()) if len(members) > 1]
    assert len(several) > PAIRS
    for _ in range(PAIRS):
        members = rng.choice(several)
        one, other = rng.choice(members), rng.choice(members)
        assert same(one, other), (one, other)


def test_every_pruned_cell_computes_what_it_did(archs: list[Arch], rng: Stream) -> None:
    for _ in range(PAIRS):
        arch = rng.choice(archs)
        assert live(arch) == pruned(arch)
        assert function(live(arch)) == function(arch)


def test_neighbours_of_other_classes_compute_something_else(archs: list[Arch], places: np.ndarray, rng: Stream) -> None:
    number = {arch: place for place, arch in enumerate(archs)}
    compared = 0
    while compared < PAIRS:
        one, edge = rng.choice(archs), rng.below(len(EDGES))
        other = (*one[:edge], rng.below(len(OPERATIONS)), *one[edge + 1 :])
        if places[number[one]] != places[number[other]]:
            assert not same(one, other), (one, other)
            compared += 1


def test_cells_of_other_classes_with_the_same_operations_compute_something_else(
    archs: list[Arch], places: np.ndarray, rng: Stream
) -> None:
    alike = defaultdict(set)
    for place in sorted(set(places.tolist())):
        alike[tuple(sorted(live(archs[place])))].add(place)
    crowds = [sorted(crowd) for _, crowd in sorted(alike.items()) if len(crowd) > 1]
    for _ in range(PAIRS):
        crowd = rng.choice(crowds)
        one, other = rng.choice(crowd), rng.choice(crowd)
        assert same(archs[one], archs[other]) == (one == other), (archs[one], archs[other])


def test_the_representative_is_the_first_with_the_fewest_operations(archs: list[Arch], places: np.ndarray) -> None:
    operations = np.array([sum(operation > SKIP for operation in pruned(arch)) for arch in archs])
    assert (operations[places] <= operations).all()
    ties = operations[places] == operations
    assert (places[ties] <= np.arange(len(archs))[ties]).all()


def test_representatives_are_places_in_what_was_given() -> None:
    given = [(3, 0, 1, 0, 0, 1), (4, 0, 0, 0, 3, 0), (0, 0, 0, 3, 0, 0), (3, 2, 0, 0, 1, 0), (0, 0, 0, 0, 0, 3)]
    assert representatives(given).tolist() == [0, 1, 0, 0, 4]
    assert representatives([]).tolist() == []


@pytest.mark.parametrize(
    ("arch", "expected"),
    [
        ((3, 2, 4, 3, 2, 4), (3, 2, 4, 3, 2, 4)),
        ((3, 0, 0, 1, 0, 0), (0, 0, 0, 1, 0, 0)),
        ((0, 0, 3, 0, 2, 4), (0, 0, 0, 0, 0, 0)),
        ((2, 3, 4, 0, 0, 0), (0, 0, 0, 0, 0, 0)),
        ((2, 0, 4, 0, 0, 3), (2, 0, 4, 0, 0, 3)),
        ((0, 2, 4, 0, 3, 1), (0, 2, 0, 0, 0, 1)),
        ((2, 3, 4, 1, 3, 0), (2, 0, 0, 1, 3, 0)),
        ((2, 3, 0, 1, 0, 0), (0, 0, 0, 1, 0, 0)),
    ],
)
def test_dead_edges_are_pruned(arch: Arch, expected: Arch) -> None:
    assert live(arch) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((3, 0, 0, 0, 1, 0), (0, 0, 0, 3, 0, 0), True),
        ((3, 0, 0, 0, 2, 0), (0, 3, 0, 0, 0, 2), True),
        ((3, 0, 0, 0, 2, 0), (2, 0, 0, 0, 3, 0), False),
        ((4, 0, 0, 0, 3, 0), (3, 0, 0, 0, 4, 0), False),
        ((3, 0, 1, 0, 0, 1), (3, 0, 0, 0, 1, 0), True),
        ((3, 0, 1, 0, 1, 1), (3, 0, 0, 0, 1, 0), False),
        ((3, 3, 0, 0, 1, 1), (0, 3, 0, 3, 0, 1), True),
        ((3, 3, 0, 0, 2, 2), (3, 0, 3, 0, 2, 2), False),
        ((1, 0, 0, 1, 1, 0), (0, 0, 0, 1, 0, 0), False),
        ((3, 1, 0, 0, 4, 4), (3, 1, 1, 0, 0, 4), True),
        ((0, 0, 0, 0, 0, 0), (3, 3, 3, 0, 0, 0), True),
    ],
)
def test_by_hand(one: Arch, other: Arch, expected: bool) -> None:
    assert (function(one) == function(other)) is expected
    assert same(one, other) is expected


def test_the_published_rule_is_another_one(places: np.ndarray) -> None:
    published = NASBench201Space().classes
    assert len(set(published)) == 6466
    both = set(zip(published, places.tolist(), strict=True))
    merged, split = (Counter(pair[side] for pair in both).values() for side in (0, 1))
    assert (sum(count > 1 for count in merged), sum(count > 1 for count in split)) == (430, 792)


def test_the_published_rule_merges_cells_that_differ_and_splits_cells_that_do_not(
    archs: list[Arch], places: np.ndarray, rng: Stream
) -> None:
    published = NASBench201Space().classes
    places_of = defaultdict(list)
    for place, cls in enumerate(published):
        places_of[cls].append(place)
    merged = [
        (one, other)
        for members in places_of.values()
        for one, other in itertools.pairwise(members)
        if places[one] != places[other]
    ]
    split = [(one, other) for one, other in enumerate(places.tolist()) if published[one] != published[other]]
    for pairs, expected in ((merged, False), (split, True)):
        for _ in range(20):
            one, other = rng.choice(pairs)
            assert same(archs[one], archs[other]) is expected, (archs[one], archs[other])


# Shapes and recipes

WHOLE = "expected a whole number in 1 .. 10,000"


@pytest.mark.parametrize("name", ["channels", "cells", "stages", "classes", "pixels", "colours"])
@pytest.mark.parametrize("value", [0, -1, 10_001, 1.0, "1", True, None])
def test_a_shape_of_a_wrong_number_is_refused(name: str, value: object) -> None:
    with pytest.raises(OptionError, match=f"^{re.escape(f'{name} = {value!r}; {WHOLE}')}$"):
        NetworkShape(**{name: value})


@pytest.mark.parametrize(("stages", "pixels", "halved"), [(5, 8, 4), (2, 9, 1), (4, 12, 3), (100, 64, 99)])
def test_images_that_cannot_be_halved_so_often_are_refused(stages: int, pixels: int, halved: int) -> None:
    with pytest.raises(OptionError) as caught:
        NetworkShape(stages=stages, pixels=pixels)
    assert str(caught.value) == (
        f"{stages} stages halve images of {pixels} x {pixels} pixels {halved} times; use fewer stages or larger images"
    )


def test_images_are_halved_down_to_one_pixel() -> None:
    shape = NetworkShape(channels=3, stages=4, pixels=8)
    assert (shape.sides, shape.widths) == ((8, 4, 2, 1), (3, 6, 12, 24))


def test_dead_edges_count_until_they_are_pruned() -> None:
    shape = NetworkShape(channels=4, cells=1, stages=1, pixels=8, colours=1)
    arch = (3, 0, 0, 0, 0, 0)
    assert shape.parameters(arch) - shape.parameters(live(arch)) == 9 * 4**2 + 2 * 4
    assert shape.flops(arch) - shape.flops(live(arch)) == 9 * 4**2 * 8**2


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("epochs", [0, -3, 10_001, 12.0, "12", True, None], WHOLE),
        ("batch", [0, -3, 10_001, 32.0, "32", True, None], WHOLE),
        (
            "rate",
            [0, 0.0, -0.1, math.inf, math.nan, "0.1", True, None],
            "expected a learning rate from 1e-09 to 10, such as 0.1",
        ),
        (
            "momentum",
            [0, 0.0, 1, 1.0, -0.9, 2, math.nan, "0.9", True],
            "expected a number above 0 and below 1, such as 0.9",
        ),
        (
            "decay",
            [-5e-4, math.inf, -math.inf, math.nan, "0", False, None],
            "expected a weight decay from 0 to 1, such as 0.0005",
        ),
    ],
)
def test_a_recipe_of_a_wrong_number_is_refused(name: str, values: list[object], expected: str) -> None:
    for value in values:
        with pytest.raises(OptionError, match=f"^{re.escape(f'{name} = {value!r}; {expected}')}$"):
            Recipe(**{name: value})


def test_a_recipe_takes_the_ends_of_what_is_allowed() -> None:
    recipe = Recipe(epochs=1, batch=10_000, rate=1, momentum=0.001, decay=0)
    assert recipe.rate_of(0) == 1
