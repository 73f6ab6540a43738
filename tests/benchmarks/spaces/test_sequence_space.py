"""Networks for sequences with their hyperparameters: what is in the space, and how it is numbered, changed and written."""

from __future__ import annotations

import pickle
import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasbed.benchmarks.spaces.sequence import SequenceConfiguration, SequenceSpace
from nasbed.benchmarks.spaces.sequence_layers import SequenceLayer, SequenceShape, SequenceStack
from nasbed.errors import ArchitectureError, UnknownNameError
from nasbed.streams import stream
from nasbed.vocabulary import JointSpace, architecture_of, counting

SERIES = SequenceSpace(SequenceShape(tokens=0, channels=12, classes=9, longest=29))
TEXT = SequenceSpace(SequenceShape(tokens=28, channels=0, classes=28, longest=64, task="next token"))
spaces = st.sampled_from([SERIES, TEXT])
seeds = st.integers(0, 2**63 - 1)
EXAMPLE = "width 32; gru both norm; attention heads 2 ratio 2; pool mean | adam rate 0.003 batch 32 decay 0"


@settings(max_examples=60)
@given(spaces, seeds)
def test_every_architecture_survives_its_text_and_its_number(space: SequenceSpace, seed: int) -> None:
    rng = stream(seed, "sequence", "change")
    arch = space.sample(rng)
    assert space.at(space.index(arch)) == space.parse(space.format(arch)) == arch
    assert space.encoded(space.sequence(arch)) == arch
    mutant, other = space.mutate(arch, rng), space.sample(rng)
    assert mutant != arch
    assert mutant in space
    child = space.crossover(arch, other, rng)
    assert child in space
    assert all(value in pair for value, *pair in zip(child, arch, other, strict=True))


@settings(max_examples=10)
@given(spaces, seeds)
def test_neighbours_know_each_other(space: SequenceSpace, seed: int) -> None:
    arch = space.sample(stream(seed, "sequence", "neighbours"))
    around = space.neighbours(arch)
    assert len(set(around)) == len(around) > 0
    assert arch not in around
    assert all(one in space for one in around)
    for other in around[:: max(1, len(around) // 8)]:
        assert arch in space.neighbours(other)
    assert {space.mutate(arch, stream(place, "sequence", "mutants")) for place in range(20)} <= set(around)


@settings(max_examples=40)
@given(spaces, seeds)
def test_what_does_not_count_is_zero_and_changes_nothing(space: SequenceSpace, seed: int) -> None:
    arch = space.sample(stream(seed, "sequence", "counting"))
    counted = set(counting(space, arch))
    assert all(value == 0 for place, value in enumerate(arch) if place not in counted)
    filled = tuple(
        value if place in counted else count - 1
        for place, (value, count) in enumerate(zip(arch, space.choices, strict=True))
    )
    assert architecture_of(space, filled) == arch
    if filled != arch:
        with pytest.raises(ArchitectureError, match="decisions that do not count are 0; it is"):
            space.require(filled)


def test_each_architecture_of_a_part_is_a_network_of_its_own() -> None:
    kinds = {"recurrent": 1, "gru": 1, "lstm": 1, "conv": 2 * 3, "attention": 3 * 3 * 3}
    a_layer, layers = sum(kinds.values()) * 2 * 2 * 2 * 3, SERIES.subspace("architecture", SERIES.default)
    assert layers.size == (a_layer + a_layer**2 + a_layer**3) * 5 * 4
    assert SERIES.size == layers.size * 3 * 7 * 4 * 4
    a_layer //= 2  # where the next token is predicted nobody looks ahead
    assert TEXT.size == (a_layer + a_layer**2 + a_layer**3) * 5 * 3 * 7 * 4 * 4
    single = [layers.at(index) for index in range(0, a_layer * 2 * 5 * 4, 13)]
    assert len(set(single)) == len({str(layers.sequence(arch).stack) for arch in single}) == len(single)
    assert {len(layers.sequence(arch).layers) for arch in single} == {1}


def test_each_decision_that_counts_is_drawn_uniformly() -> None:
    rng = stream(0, "sequence", "uniform")
    drawn = [SERIES.values(SERIES.sample(rng)) for _ in range(2_000)]
    for name in ("layers", "width", "pool", "layer 1: kind", "layer 1: direction", "rate"):
        counts = Counter(one[name] for one in drawn)
        expected = 2_000 / len(counts)
        assert sum((count - expected) ** 2 / expected for count in counts.values()) < 30, counts


def test_where_the_next_token_is_predicted_nothing_looks_ahead_or_pools() -> None:
    assert not any("direction" in name or name == "pool" for name in TEXT.decisions())
    rng = stream(0, "sequence", "causal")
    stacks = [TEXT.sequence(TEXT.sample(rng)).stack for _ in range(50)]
    assert not any(layer.both for stack in stacks for layer in stack.layers)
    assert {stack.pool for stack in stacks} == {""}


def test_networks_written_down_without_a_search_are_members() -> None:
    assert SERIES.default == SERIES.hand_designed() == SERIES.parse("hand-designed")
    assert [layer.kind for layer in SERIES.sequence(SERIES.default).layers] == ["gru", "gru"]
    for space in (SERIES, TEXT):
        assert space.parse("transformer | rate 0.001") == space.transformer()
        for stack in (space.sequence(space.default).stack, space.sequence(space.transformer()).stack):
            assert all(layer.both != space.shape.causal for layer in stack.layers)
    transformer = TEXT.sequence(TEXT.transformer()).stack
    block = 4 * (64 * 64 + 64) + 2 * 64 * 256 + 256 + 64 + 4 * 64
    assert TEXT.parameters(TEXT.transformer()) == transformer.parameters(TEXT.shape) == 28 * 64 + 2 * block + 28 * 65
    assert TEXT.flops(TEXT.default) == 64 * (2 * 3 * 64 * 128 + 64 * 28)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "width 16; attention heads 3 ratio 1; pool mean",
            "layer 1 (attention heads 3 ratio 1): 3 heads do not divide the width of 16; 1, 2, 4, 8 heads do",
        ),
        ("width 16; attention heads 0; pool mean", "0 heads do not divide the width of 16"),
        ("width 16; attention heads 1.5; pool mean", "layer 1: heads = 1.5; expected one of 1, 2, 4"),
        ("width 16; attention heads 8; pool mean", "layer 1: heads = 8; expected one of 1, 2, 4"),
        (
            "width 9; gru both; pool mean",
            "layer 1 (gru both): two directions do not share the width of 9 evenly; expected an even",
        ),
        ("width 9; gru; pool mean", "width = 9; expected one of 8, 16, 32, 64, 128"),
        ("gru; pool mean", "the network begins with 'gru'; expected the form of 'width 32; gru both; pool mean'"),
        (
            "width 16; gru",
            "the network ends with 'gru', which is no pooling; expected the form of 'width 32; gru both; pool mean'",
        ),
        ("width 16; gru; pool sum", "pool = sum; expected one of last, mean, max, attention"),
        ("width 16; pool mean", "width 16; pool mean has 0 layers; expected 1 to 3"),
        ("width 16; gru; gru; gru; gru; pool mean", "has 4 layers; expected 1 to 3"),
        ("width 16; gro; pool mean", "layer 1 is 'gro'; expected the form of 'gru both norm', 'lstm residual'"),
        ("width 16; conv; pool mean", "layer 1 is 'conv'; expected the form of"),
        ("width 16; conv 7; pool mean", "layer 1: kernel = 7; expected one of 3, 5"),
        (
            "width 16; gru heads 2; pool mean",
            "layer 1 says 'heads'; known: both, norm, residual, dropout",
        ),
        (
            "width 16; conv 3 dilatoin 2; pool mean",
            "layer 1 says 'dilatoin'; did you mean dilation? known: dilation, both, norm, residual, dropout",
        ),
        ("width 16; gru dropout x; pool mean", "layer 1: dropout = 'x'; expected a number"),
        ("width 16; gru dropout nan; pool mean", "layer 1: dropout = nan; expected one of 0.0, 0.1, 0.25"),
        ("width 16; gru norm norm; pool mean", "layer 1 says its norm twice: True and True"),
        ("width 16; gru; pool mean | rate 1 rate 2", "the training says its rate twice: 1 and 2"),
        ("", "the network begins with ''; expected the form of"),
        ("-1", "index -1 is outside 0 .."),
    ],
)
def test_a_malformed_text_says_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(message)):
        SERIES.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("width 16; gru both", "layer 1 (gru both): it sees both directions, and what predicts the next token"),
        ("width 16; gru; pool mean", "it pools by mean, and where the next token is predicted every step is"),
        ("gru", "the network begins with 'gru'; expected the form of 'width 32; gru norm; attention heads 2 ratio 2'"),
    ],
)
def test_what_cannot_predict_the_next_token_is_refused(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(message)):
        TEXT.parse(text)


def test_a_network_that_pools_nothing_cannot_classify() -> None:
    stack = SequenceStack((SequenceLayer("gru"),), 16, "")
    with pytest.raises(ArchitectureError, match="nothing pools the steps of a sequence; say pool mean"):
        SERIES.encoded(SequenceConfiguration(stack))


def test_what_a_text_leaves_out_is_the_default() -> None:
    arch = SERIES.parse("width 16;  conv 3;attention ; pool last | sgd")
    said = SERIES.sequence(arch)
    assert said.layers == (SequenceLayer("conv", kernel=3, dilation=1), SequenceLayer("attention", heads=1, ratio=1))
    assert (said.optimizer, said.rate, said.batch) == ("sgd", 0.003, 32)
    assert SERIES.format(SERIES.parse(EXAMPLE)) == EXAMPLE


def test_learned_positions_end_with_the_longest_sequence() -> None:
    layer = SequenceLayer("attention", heads=1, ratio=1, positions="learned")
    stack = SequenceStack((SequenceLayer("gru"), layer), 16)
    assert stack.limit(SERIES.shape) == 29
    assert replace(stack, layers=(replace(layer, positions="sinusoidal"),)).limit(SERIES.shape) is None


def test_one_half_can_be_searched_with_the_other_frozen() -> None:
    assert isinstance(SERIES, JointSpace)
    at, rng = SERIES.transformer(), stream(0, "sequence", "halves")
    layers = SERIES.subspace("architecture", at)
    for _ in range(20):
        arch = layers.sample(rng)
        whole = SERIES.complete(arch, "architecture", at)
        assert SERIES.sequence(whole).training == SERIES.sequence(at).training == layers.sequence(arch).training
        assert SERIES.sequence(whole).stack == layers.sequence(arch).stack
        assert layers.parse(layers.format(arch)) == arch
    training = SERIES.subspace("hyperparameters", at)
    assert training.size == 3 * 7 * 4 * 4
    assert {training.sequence(training.at(index)).stack for index in range(training.size)} == {
        SERIES.sequence(at).stack
    }
    with pytest.raises(ArchitectureError, match="changes more than the hyperparameters"):
        SERIES.complete(SERIES.transformer(), "hyperparameters", at)
    with pytest.raises(UnknownNameError, match="unknown half"):
        training.subspace("architecture", training.default)


def test_a_space_can_be_sent_to_another_process() -> None:
    for space in (SERIES, TEXT, SERIES.subspace("hyperparameters", SERIES.default)):
        sent = pickle.loads(pickle.dumps(space))
        assert (sent.choices, sent.size, sent.default, sent.shape) == (
            space.choices,
            space.size,
            space.default,
            space.shape,
        )
        assert sent.format(sent.default) == space.format(space.default)


def test_encodings_tell_neighbours_apart() -> None:
    arch = SERIES.parse(EXAMPLE)
    assert SERIES.encode(arch).sum() == len(SERIES.counting(arch))
    around = SERIES.neighbours(arch)
    assert len({SERIES.encode(one).tobytes() for one in around}) == len(around)


def test_a_network_is_drawn_as_rows_of_layers() -> None:
    arch = SERIES.parse("width 16; conv 3 dilation 2 norm; attention heads 2 ratio 4 learned; pool last | sgd rate 0.1")
    assert SERIES.drawn_layers(arch) == (
        ("", (("linear", "of 12 channels → 16", 16),)),
        ("1", (("conv", "3 dilation 2 norm", 16),)),
        ("2", (("attention", "heads 2 learned", 16),)),
        ("", (("feed-forward", "×4", 64),)),
        ("", (("last pooling", "", 0),)),
        ("", (("linear classifier", "of 9 classes", 0),)),
        ("", (("", "sgd rate 0.1 batch 32 decay 0", 0),)),
    )
    rows = TEXT.drawn_layers(TEXT.default)
    assert rows[0] == ("", (("embedding", "of 28 tokens → 64", 64),))
    assert rows[-2] == ("", (("linear classifier", "of every step", 0),))
    assert len(rows) == 5
