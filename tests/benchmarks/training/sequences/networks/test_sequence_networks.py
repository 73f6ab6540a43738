"""Networks for sequences: against PyTorch's own layers, and what padding, neighbours and later steps must not change."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

from torch import nn  # noqa: E402
from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from nasbed.benchmarks.spaces.sequence import SequenceSpace  # noqa: E402
from nasbed.benchmarks.spaces.sequence_layers import SequenceLayer, SequenceShape, SequenceStack  # noqa: E402
from nasbed.benchmarks.training.sequences.networks.module import SequenceNetworks  # noqa: E402
from nasbed.benchmarks.training.sequences.networks.plain import plain_sequence  # noqa: E402
from nasbed.benchmarks.training.sequences.networks.recurrence import _Gated  # noqa: E402
from nasbed.errors import DataError  # noqa: E402
from nasbed.streams import stream  # noqa: E402

LONGEST, BATCH = 9, 4
SERIES = SequenceShape(0, 3, 5, LONGEST)
SHAPES = (SERIES, SequenceShape(7, 0, 3, LONGEST), SequenceShape(7, 0, 7, LONGEST, "next token"))
SPACES = {shape: SequenceSpace(shape) for shape in SHAPES}
shapes = st.sampled_from(SHAPES)
numbers = st.integers(0, 2**31 - 1)
RECURRENT = {"recurrent": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def stack_of(text: str, shape: SequenceShape = SERIES) -> SequenceStack:
    space = SPACES[shape]
    return space.sequence(space.parse(text)).stack


def drawn(shape: SequenceShape, number: int) -> SequenceStack:
    """A random architecture of the space, of at most 32 features, which is as good as a wider one here."""
    rng = stream(number, "sequence", "networks")
    while True:
        stack = SPACES[shape].sequence(SPACES[shape].sample(rng)).stack
        if stack.width <= 32:
            return stack


def made(stack: SequenceStack, shape: SequenceShape, seeds: Any) -> SequenceNetworks:
    """Networks in double precision, in evaluation mode."""
    networks = SequenceNetworks(stack, shape, seeds).double()
    networks.train(False)
    return networks


def batch_of(shape: SequenceShape, number: int, count: int, steps: int = LONGEST) -> tuple[Any, Any]:
    """Random values (sequences, networks, steps, ...) with random lengths (sequences, networks)."""
    rng = torch.Generator().manual_seed(number)
    lengths = torch.randint(1, steps + 1, (BATCH, count), generator=rng)
    if shape.tokens:
        return torch.randint(0, shape.tokens, (BATCH, count, steps), generator=rng), lengths
    return torch.randn(BATCH, count, steps, shape.channels, dtype=torch.float64, generator=rng), lengths


def counted(logits: Any, lengths: Any, shape: SequenceShape) -> Any:
    """The logits that count: all of a classification, and those within the lengths where the next token is predicted."""
    return logits[torch.arange(logits.shape[2]) < lengths[..., None]] if shape.causal else logits


@settings(max_examples=15, deadline=None)
@given(shapes, numbers)
def test_what_is_padding_changes_nothing(shape: SequenceShape, number: int) -> None:
    networks = made(drawn(shape, number), shape, [number, number + 1])
    values, lengths = batch_of(shape, number, 2)
    expected = networks(values, lengths)
    padding = torch.arange(LONGEST) >= lengths[..., None]
    for garbage in (10**9, -1) if shape.tokens else (math.nan, math.inf, 1e30):
        spoilt = values.clone()
        spoilt[padding] = garbage
        found = networks(spoilt, lengths)
        assert torch.equal(counted(found, lengths, shape), counted(expected, lengths, shape))
        gradients = torch.autograd.grad(
            counted(found, lengths, shape).sum(), list(networks.parameters()), allow_unused=True
        )
        assert all(one is None or one.isfinite().all() for one in gradients)
    longer = torch.cat([values, values[:, :, :3]], 2)
    found = networks(longer, lengths)
    assert torch.allclose(counted(found, lengths, shape), counted(expected, lengths, shape), atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(shapes, numbers)
def test_each_network_and_sequence_is_as_alone(shape: SequenceShape, number: int) -> None:
    stack, seeds = drawn(shape, number), [number, number + 1, 5]
    networks = made(stack, shape, seeds)
    values, lengths = batch_of(shape, number, 3)
    together = networks(values, lengths)
    for place, seed in enumerate(seeds):
        alone = made(stack, shape, [seed])
        assert all(
            torch.equal(one, other)
            for one, other in zip(alone.state_dict().values(), networks.alone(place).values(), strict=True)
        )
        for row in range(BATCH):
            length = int(lengths[row, place])
            found = alone(values[row : row + 1, place : place + 1, :length], lengths[row : row + 1, place : place + 1])
            expected = together[row, place, :length] if shape.causal else together[row, place]
            assert torch.allclose(found[0, 0], expected, atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(shapes, numbers)
def test_sizes_are_those_of_the_network(shape: SequenceShape, number: int) -> None:
    stack = drawn(shape, number)
    networks = made(stack, shape, [0])
    parameters, flops = stack.sizes(shape)
    assert sum(one.numel() for one in networks.parameters()) == parameters
    values, _ = batch_of(shape, number, 1)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        networks(values[:1], torch.full((1, 1), LONGEST))
    weighed = 2 * LONGEST * stack.width if stack.pool == "attention" else 0  # by no matrix, so it is not seen
    # Attention to those before alone is multiplied whole, and a first state of zeros too, but for a plain recurrent layer's.
    skipped = sum(
        layer.units(stack.width) ** 2 * (1 + layer.both) for layer in stack.layers if layer.kind == "recurrent"
    )
    assert counter.get_total_flops() == 2 * (flops - weighed - skipped)


@settings(max_examples=15, deadline=None)
@given(shapes, numbers)
def test_the_plain_form_gives_the_same_logits_and_gradients(shape: SequenceShape, number: int) -> None:
    stack = drawn(shape, number)
    networks = made(stack, shape, [1, 2])
    plain = plain_sequence(stack, shape)
    names: dict[str, Any] = {"torch": torch, "nn": nn}
    exec(f"{plain.classes}\nnetwork = {plain.code}", names)
    network = names["network"].double().eval()
    state = networks.alone(1)
    assert sorted(plain.weights.values()) == sorted(state)
    network.load_state_dict({name: state[own] for name, own in plain.weights.items()})
    values, lengths = batch_of(shape, number, 2)
    found = networks(values, lengths)[:, 1:]
    expected = network(values[:, 1], lengths[:, 1])[:, None]
    found, expected = (counted(one, lengths[:, 1:], shape) for one in (found, expected))
    assert torch.allclose(found, expected, atol=1e-6)
    targets = torch.sin(torch.arange(found.numel(), dtype=torch.float64)).view(found.shape)
    mine = torch.autograd.grad((found * targets).sum(), list(networks.parameters()), allow_unused=True)
    theirs = dict(zip(dict(network.named_parameters()), gradients(network, (expected * targets).sum()), strict=True))
    held = dict(zip(dict(networks.named_parameters()), mine, strict=True))
    for name, own in plain.weights.items():
        ours = held[own]
        assert theirs[name] is None or ours is None or torch.allclose(ours[1], theirs[name], atol=1e-5), own


def gradients(network: Any, loss: Any) -> Any:
    return torch.autograd.grad(loss, list(network.parameters()), allow_unused=True)


@settings(max_examples=12, deadline=None)
@given(numbers)
def test_no_step_sees_a_later_token(number: int) -> None:
    shape = SHAPES[2]
    networks = made(drawn(shape, number), shape, [number])
    values, _ = batch_of(shape, number, 1)
    lengths = torch.full((BATCH, 1), LONGEST)
    expected = networks(values, lengths)
    for step in (1, 4, 8):
        other = values.clone()
        other[:, :, step:] = (other[:, :, step:] + 3) % shape.tokens
        found = networks(other, lengths)
        assert torch.equal(found[:, :, :step], expected[:, :, :step])
        assert not torch.equal(found[:, :, step:], expected[:, :, step:])


@pytest.mark.parametrize("kind", list(RECURRENT))
@pytest.mark.parametrize("direction", ["forward", "both"])
def test_recurrent_layers_and_their_ends_are_those_of_packed_sequences(kind: str, direction: Any) -> None:
    both = direction == "both"
    stack = stack_of(f"width 8; {kind}{' both' if both else ''}; pool last")
    networks = made(stack, SERIES, [3])
    layer = RECURRENT[kind](8, 4 if both else 8, batch_first=True, bidirectional=both).double()
    held = networks.state_dict()
    layer.load_state_dict(
        {
            f"{name}_l0{end}": held[f"layers.0.{name}{end}"]
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            for end in (["", "_reverse"] if both else [""])
        }
    )
    values, lengths = batch_of(SERIES, 0, 1)
    read = nn.functional.linear(values[:, 0], held["input_weight"], held["input_bias"])
    packed = pack_padded_sequence(read, lengths[:, 0], batch_first=True, enforce_sorted=False)
    states, last = layer(packed)
    last = last[0] if kind == "lstm" else last
    logits = nn.functional.linear(last.transpose(0, 1).flatten(1), held["class_weight"], held["class_bias"])
    assert torch.allclose(networks(values, lengths)[:, 0], logits, atol=1e-12)
    networks.stack = SequenceStack(stack.layers, 8, "mean")
    mean = pad_packed_sequence(states, batch_first=True)[0].sum(1) / lengths
    logits = nn.functional.linear(mean, held["class_weight"], held["class_bias"])
    assert torch.allclose(networks(values, lengths)[:, 0], logits, atol=1e-12)


@pytest.mark.parametrize("direction", ["forward", "both"])
def test_an_attention_block_is_a_transformer_layer(direction: Any) -> None:
    layer = SequenceLayer("attention", direction, heads=2, ratio=4, positions="sinusoidal", norm=True, residual=True)
    networks = made(SequenceStack((layer,), 8, "mean"), SERIES, [3])
    held = {name.removeprefix("layers.0."): value for name, value in networks.state_dict().items()}
    theirs = nn.TransformerEncoderLayer(8, 2, 32, 0.0, "relu", batch_first=True, norm_first=True).double()
    names = {
        "self_attn.in_proj_": "attended_",
        "self_attn.out_proj.": "joined_",
        "linear1.": "wide_",
        "linear2.": "narrow_",
        "norm1.": "norm_",
        "norm2.": "second_norm_",
    }
    state = {f"{their}{end}": held[f"{own}{end}"] for their, own in names.items() for end in ("weight", "bias")}
    theirs.load_state_dict(state)
    values, lengths = batch_of(SERIES, 1, 1)
    read = nn.functional.linear(values[:, 0], held["input_weight"], held["input_bias"])
    for step in range(LONGEST):
        for pair in range(4):
            angle = step / 10_000 ** (2 * pair / 8)
            read[:, step, 2 * pair] += math.sin(angle)
            read[:, step, 2 * pair + 1] += math.cos(angle)
    hidden = torch.arange(LONGEST) >= lengths
    ahead = None if direction == "both" else torch.ones(LONGEST, LONGEST, dtype=torch.bool).triu(1)
    out = theirs(read, ahead, hidden).masked_fill(hidden[..., None], 0.0).sum(1) / lengths
    logits = nn.functional.linear(out, held["class_weight"], held["class_bias"])
    assert torch.allclose(networks(values, lengths)[:, 0], logits, atol=1e-6)  # angles are of single precision


@pytest.mark.parametrize(("text", "before", "after"), [("conv 3 dilation 2", 4, 0), ("conv 5 dilation 1 both", 2, 2)])
def test_a_convolution_is_that_of_each_sequence_with_zeros_around(text: str, before: int, after: int) -> None:
    networks = made(stack_of(f"width 8; {text}; pool max"), SERIES, [3])
    held = networks.state_dict()
    values, lengths = batch_of(SERIES, 2, 1)
    found = networks(values, lengths)[:, 0]
    for row, length in enumerate(lengths[:, 0].tolist()):
        read = nn.functional.linear(values[row, 0, :length], held["input_weight"], held["input_bias"])
        padded = nn.functional.pad(read.T[None], (before, after))
        dilation = 2 if "dilation 2" in text else 1
        weights = held["layers.0.weight"], held["layers.0.bias"]
        out = nn.functional.conv1d(padded, *weights, dilation=dilation).relu().amax(2)
        assert torch.allclose(found[row], nn.functional.linear(out, held["class_weight"], held["class_bias"])[0])


def test_the_gradient_of_a_gru_is_the_numerical_one() -> None:
    rng = torch.Generator().manual_seed(0)
    sizes = ((2, 4, 2, 9), (2, 3, 9), (2, 3))
    values = [torch.randn(one, dtype=torch.float64, generator=rng).requires_grad_() for one in sizes]
    assert torch.autograd.gradcheck(_Gated.apply, values)


def test_dropout_is_of_a_sequence_whatever_its_padding_and_keeps_the_mean() -> None:
    stack = stack_of("width 32; conv 3 residual dropout 0.25; gru dropout 0.25; pool mean")
    networks = made(stack, SERIES, [1, 2])
    networks.train(True)
    values, lengths = batch_of(SERIES, 3, 2)

    def seeded(one: SequenceNetworks, *batch: Any) -> Any:
        for place, generator in enumerate(one.generators):
            generator.manual_seed(10 + place)
        return one(*batch)

    found = seeded(networks, values, lengths)
    longer = torch.cat([values, values], 2)
    assert torch.allclose(seeded(networks, longer, lengths), found, atol=1e-12)
    assert not torch.allclose(networks(values, lengths), found)
    alone = made(stack, SERIES, [1])
    alone.train(True)
    assert torch.allclose(seeded(alone, values[:, :1], lengths[:, :1]), found[:, :1], atol=1e-12)
    given = torch.ones(1, 2, 20_000, 32)
    (block, _) = alone.layers
    kept = block.around(torch.zeros_like(given), given)
    assert torch.equal(kept[:, 0], kept[:, 1])
    assert kept.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert float(kept.mean()) == pytest.approx(1.0, abs=0.01)


def test_initial_weights_are_pytorchs_and_of_their_seed_and_place() -> None:
    stack = stack_of("width 64; gru; attention heads 2 ratio 4 learned norm; conv 5; pool attention")
    held = SequenceNetworks(stack, SERIES, [7]).state_dict()
    theirs: dict[str, Any] = {
        "layers.0.weight_hh": nn.GRU(64, 64).weight_hh_l0,
        "layers.1.attended_weight": nn.MultiheadAttention(64, 2).in_proj_weight,
        "layers.1.attended_bias": nn.MultiheadAttention(64, 2).in_proj_bias,
        "layers.1.narrow_weight": nn.Linear(256, 64).weight,
        "layers.1.norm_weight": nn.LayerNorm(64).weight,
        "layers.2.weight": nn.Conv1d(64, 64, 5).weight,
    }
    for name, weight in theirs.items():
        weight = weight.detach()
        assert held[name].shape == weight.shape
        assert float(held[name].std()) == pytest.approx(float(weight.std()), rel=0.05)
        assert float(held[name].abs().max()) == pytest.approx(float(weight.abs().max()), rel=0.02)
    again = SequenceNetworks(stack, SERIES, [8, 7]).alone(1)
    assert all(torch.equal(value, again[name]) for name, value in held.items())
    random = [value.flatten()[:10].tolist() for value in held.values() if value.std() > 0 and value.numel() >= 10]
    assert all(one != other for one, other in pairwise(sorted(random)))


def test_a_sequence_longer_than_learned_positions_is_refused() -> None:
    networks = made(stack_of("width 8; attention heads 1 ratio 1 learned; pool mean"), SERIES, [0])
    values, _ = batch_of(SERIES, 0, 1, steps=LONGEST + 4)
    lengths = torch.full((BATCH, 1), LONGEST)
    assert torch.allclose(networks(values, lengths), networks(values[:, :, :LONGEST], lengths), atol=1e-12)
    lengths[2] += 2
    message = (
        "a sequence has 11 steps, and the network has learned positions of 9; cut it, or take an architecture with"
        " sinusoidal positions or none"
    )
    with pytest.raises(DataError, match=message):
        networks(values, lengths)
    made(stack_of("width 8; attention heads 1 ratio 1 sinusoidal; pool mean"), SERIES, [0])(values, lengths)
