"""Chains of layers with their hyperparameters: what is in the space, and how it is numbered, changed and written."""

from __future__ import annotations

import pickle
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasbed.benchmarks.spaces.chain import HAND_DESIGNED, LENET, SMALL_LENET, ChainConfiguration, ChainSpace
from nasbed.benchmarks.spaces.chain_layers import Layer, Shape, obstacle, shapes, sizes
from nasbed.errors import ArchitectureError, UnknownNameError
from nasbed.streams import stream
from nasbed.vocabulary import Arch, JointSpace, architecture_of, counting

SMALL = ChainSpace(Shape(1, 8, 8))
LARGE = ChainSpace(Shape(3, 32, 32))
archs = st.integers(0, 2**63 - 1).map(lambda seed: SMALL.sample(stream(seed, "chain", "test")))


@settings(max_examples=60)
@given(archs, st.integers(0, 2**63 - 1))
def test_every_architecture_survives_its_text_and_its_number(arch: Arch, seed: int) -> None:
    assert SMALL.at(SMALL.index(arch)) == SMALL.parse(SMALL.format(arch)) == arch
    assert 0 <= SMALL.index(arch) < SMALL.size < 2**63
    rng = stream(seed, "chain", "change")
    mutant, other = SMALL.mutate(arch, rng), SMALL.sample(rng)
    assert mutant != arch
    assert mutant in SMALL
    child = SMALL.crossover(arch, other, rng)
    assert child in SMALL
    assert all(value in pair for value, *pair in zip(child, arch, other, strict=True))


@settings(max_examples=15)
@given(archs)
def test_neighbours_know_each_other(arch: Arch) -> None:
    around = SMALL.neighbours(arch)
    assert len(set(around)) == len(around) > 0
    assert arch not in around
    assert all(one in SMALL for one in around)
    for other in around[:: max(1, len(around) // 6)]:
        assert arch in SMALL.neighbours(other)
    assert {SMALL.mutate(arch, stream(seed, "chain", "mutants")) for seed in range(30)} <= set(around)


@settings(max_examples=60)
@given(archs)
def test_what_does_not_count_is_zero_and_changes_nothing(arch: Arch) -> None:
    counted = set(counting(SMALL, arch))
    assert all(value == 0 for place, value in enumerate(arch) if place not in counted)
    filled = tuple(
        value if place in counted else count - 1
        for place, (value, count) in enumerate(zip(arch, SMALL.choices, strict=True))
    )
    assert architecture_of(SMALL, filled) == arch
    if filled != arch:
        assert filled not in SMALL
        with pytest.raises(ArchitectureError, match="decisions that do not count are 0; it is"):
            SMALL.require(filled)


def test_every_number_of_a_small_part_is_an_architecture_of_its_own() -> None:
    part = SMALL.subspace("hyperparameters", SMALL.lenet())
    found = [part.at(index) for index in range(part.size)]
    assert part.size == len(set(found)) == 3 * 7 * 4 * 4
    assert [part.index(arch) for arch in found] == list(range(part.size))
    assert {part.chain(arch).layers for arch in found} == {SMALL_LENET.layers}


def test_each_decision_that_counts_is_drawn_uniformly() -> None:
    rng = stream(0, "chain", "uniform")
    drawn = [LARGE.values(LARGE.sample(rng)) for _ in range(2_000)]
    for name in ("dense layers", "optimizer", "rate", "batch"):
        counts = Counter(one[name] for one in drawn)
        expected = 2_000 / len(counts)
        assert sum((count - expected) ** 2 / expected for count in counts.values()) < 30, counts


def test_lenet_and_the_hand_designed_network_are_members_of_known_size() -> None:
    digits, mnist = SMALL, ChainSpace(Shape(1, 28, 28))
    assert mnist.chain(mnist.lenet()).layers == LENET.layers
    assert digits.chain(digits.lenet()).layers == SMALL_LENET.layers
    assert mnist.parameters(mnist.lenet(), 10) == 61_706  # 156 + 2,416 + 48,120 + 10,164 + 850
    assert mnist.flops(mnist.lenet(), 10) == 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10
    assert digits.chain(digits.hand_designed()) == HAND_DESIGNED
    assert mnist.parse("LeNet | sgd rate 0.1".lower()) == mnist.encoded(ChainConfiguration(LENET.layers, "sgd", 0.1))
    assert mnist.parse("hand-designed") == mnist.hand_designed() == mnist.default


@settings(max_examples=60)
@given(archs)
def test_no_layer_of_a_member_is_larger_than_its_input(arch: Arch) -> None:
    layers = SMALL.chain(arch).layers
    assert None not in list(shapes(layers, SMALL.image))
    parameters, flops = sizes(layers, SMALL.image, 10)
    assert (parameters > 0) == (flops > 0) == True  # noqa: E712


def test_what_cannot_be_built_is_outside_and_says_why() -> None:
    text = "max pool 2x2; max pool 2x2; max pool 2x2; max pool 2x2"
    why = "layer 4 (max pool 2x2) is larger than its input of 1x1, which is left of images of 8x8"
    assert obstacle([Layer("max", 2)] * 4, SMALL.image) == why
    with pytest.raises(
        ArchitectureError, match=re.escape(f"{text} | adam rate 0.001 batch 32 decay 0 cannot be built: {why}")
    ):
        SMALL.parse(text)
    arch = LARGE.parse(text)
    assert arch not in SMALL
    assert architecture_of(SMALL, arch) is None
    with pytest.raises(KeyError):
        SMALL.index(arch)
    holes = (place for place in range(0, SMALL.size, SMALL.size // 997) if "cannot be built" in refused(place))
    assert refused(next(holes)).startswith("index ")


def refused(number: int) -> str:
    try:
        SMALL.at(number)
    except ArchitectureError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conv 3x3 17", "layer 1: filters = 17; expected one of 6, 12, 16, 32, 64"),
        ("conv 3x5 16", "layer 1 is 'conv 3x5 16'; expected a square kernel or window, as 3x3"),
        (
            "conv 3x3 16; pool 2x2",
            "layer 2 is 'pool 2x2'; expected the form of 'conv 3x3 16 valid norm relu dropout 0.25'",
        ),
        ("max pool 2x2 relu", "layer 1 is 'max pool 2x2 relu'; expected nothing after a pooling's window"),
        (
            "conv 3x3 16 rely",
            "layer 1 says 'rely'; did you mean relu? known: relu, tanh, elu, norm, dropout, same, valid",
        ),
        ("conv 3x3 16 relu tanh", "layer 1 says its activation twice: relu and tanh"),
        ("conv 3x3 16 dropout", "layer 1: dropout = ''; expected a number"),
        ("conv 3x3 16; dense 32 valid", "layer 2 says 'valid'; known: relu, tanh, elu, norm, dropout"),
        ("conv 3x3 16; dense 32; conv 3x3 16", "a dense layer comes before another; expected dense layers at the end"),
        ("dense 32", "has 0 convolutions and poolings and 1 dense layers; expected 1 to 5 and at most 2"),
        ("; ".join(["conv 3x3 6"] * 6), "has 6 convolutions and poolings and 0 dense layers; expected 1 to 5"),
        (
            "conv 3x3 16 | adan",
            "the training says 'adan'; did you mean adam? known: sgd, adam, rmsprop, rate, batch, decay",
        ),
        ("conv 3x3 16 | rate x", "rate = 'x'; expected a number"),
        ("conv 3x3 16 | batch 33", "batch = 33; expected one of 16, 32, 64, 128"),
        ("", "layer 1 is ''; expected the form of"),
        ("-1", "index -1 is outside 0 .."),
    ],
)
def test_a_malformed_text_says_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(message)):
        SMALL.parse(text)


def test_one_half_can_be_searched_with_the_other_frozen() -> None:
    assert isinstance(SMALL, JointSpace)
    at, rng = SMALL.lenet(), stream(0, "chain", "halves")
    layers = SMALL.subspace("architecture", at)
    for _ in range(20):
        arch = layers.sample(rng)
        whole = SMALL.complete(arch, "architecture", at)
        assert SMALL.chain(whole).training == SMALL.chain(at).training == layers.chain(arch).training
        assert SMALL.chain(whole).layers == layers.chain(arch).layers
        assert layers.parse(layers.format(arch)) == arch
    with pytest.raises(ArchitectureError, match="changes more than the hyperparameters"):
        SMALL.complete(SMALL.lenet(), "hyperparameters", at)
    with pytest.raises(ArchitectureError, match="expected a tuple of 54 integers"):
        SMALL.complete((1,), "hyperparameters", at)
    with pytest.raises(UnknownNameError, match="unknown half"):
        SMALL.subspace("hyperparameters", at).subspace("architecture", (0,) * 54)


def test_a_space_can_be_sent_to_another_process() -> None:
    part = SMALL.subspace("hyperparameters", SMALL.lenet())
    for space in (SMALL, part):
        sent = pickle.loads(pickle.dumps(space))
        assert (sent.choices, sent.size, sent.default) == (space.choices, space.size, space.default)
        assert sent.format(sent.default) == space.format(space.default)


def test_numbers_of_other_types_are_taken_as_they_are_and_others_refused() -> None:
    import numpy as np

    arch = SMALL.hand_designed()
    assert SMALL.index(tuple(np.array(arch))) == SMALL.index(arch)
    assert list(arch) not in SMALL
    assert (*arch, 0) not in SMALL
    assert ("a",) * len(arch) not in SMALL
    vector = SMALL.encode(arch)
    assert vector.sum() == len(SMALL.counting(arch))
    assert len({SMALL.encode(one).tobytes() for one in SMALL.neighbours(arch)}) == len(SMALL.neighbours(arch))
