"""Networks for sequences as PyTorch's own modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nasbed.benchmarks.spaces.sequence_layers import SequenceLayer, SequenceShape, SequenceStack
from nasbed.benchmarks.training.plain import PlainNetwork


class _Row(NamedTuple):
    """A module as code, the class that it is of, and for each of its weights the name in a trained network."""

    code: str
    of: str
    weights: dict[str, str]


def plain_sequence(stack: SequenceStack, shape: SequenceShape) -> PlainNetwork:
    """A network for sequences as modules: what it makes of values (sequences, steps) or (sequences, steps, channels) and of lengths
    (sequences,) are logits (sequences, classes), or of the next token (sequences, steps, classes).

    >>> layers = (SequenceLayer("gru", "both", norm=True), SequenceLayer("conv", kernel=3, dilation=2))
    >>> print(plain_sequence(SequenceStack(layers, 32), SequenceShape(0, 12, 9, 29)).code)
    Sequences(
        nn.Linear(12, 32),
        Block(BothDirections(nn.GRU, 32), nn.LayerNorm(32)),
        Block(Convolution(32, 3, 2, 0), nn.Identity()),
        Mean(),
        nn.Linear(32, 9),
    )
    """
    width = stack.width
    rows = [row for place, layer in enumerate(stack.layers) for row in _rows(layer, f"layers.{place}.", width, shape)]
    pool = _pool(stack)
    if shape.tokens:
        first = _Row(f"nn.Embedding({shape.tokens}, {width})", "", {"weight": "embedding"})
    else:
        first = _Row(f"nn.Linear({shape.channels}, {width})", "", {"weight": "input_weight", "bias": "input_bias"})
    last = _Row(f"nn.Linear({width}, {shape.classes})", "", {"weight": "class_weight", "bias": "class_bias"})
    named = {
        "read": first,
        **{f"layers.{place}": row for place, row in enumerate(rows)},
        "pool": pool,
        "classify": last,
    }
    lines = "".join(f"    {row.code},\n" for row in named.values())
    weights = {f"{part}.{name}": own for part, row in named.items() for name, own in row.weights.items()}
    used = {"absent", "Block", "Sequences", pool.of, *(row.of for row in rows)}
    classes = "\n\n".join(text for name, text in _TEXTS.items() if name in used)
    return PlainNetwork(f"Sequences(\n{lines})", weights, classes, stack.limit(shape))


def _rows(layer: SequenceLayer, own: str, width: int, shape: SequenceShape) -> Iterator[_Row]:
    """The modules of a layer; ``own`` is what its weights begin with in a trained network."""
    if layer.kind == "attention":
        if layer.positions == "learned":
            yield _Row(f"Learned({shape.longest}, {width})", "Learned", {"positions": f"{own}positions"})
        elif layer.positions == "sinusoidal":
            yield _Row(f"Sinusoidal({width})", "Sinusoidal", {})
        attended = {f"attended.{name}": f"{own}attended_{name}" for name in ("weight", "bias")}
        joined = {f"joined.{name}": f"{own}joined_{name}" for name in ("weight", "bias")}
        causal = "False" if layer.both else "True"
        code = f"SelfAttention({width}, {layer.heads}, causal={causal})"
        yield _block(layer, code, "SelfAttention", {**attended, **joined}, f"{own}norm_", width)
        linear = {f"{name}.{what}": f"{own}{name}_{what}" for name in ("wide", "narrow") for what in ("weight", "bias")}
        code = f"FeedForward({width}, {layer.ratio * width})"
        yield _block(layer, code, "FeedForward", linear, f"{own}second_norm_", width)
    elif layer.kind == "conv":
        ahead = (layer.kernel - 1) * layer.dilation // 2 if layer.both else 0
        named = {f"convolution.{name}": f"{own}{name}" for name in ("weight", "bias")}
        code = f"Convolution({width}, {layer.kernel}, {layer.dilation}, {ahead})"
        yield _block(layer, code, "Convolution", named, f"{own}norm_", width)
    else:
        kind = {"recurrent": "nn.RNN", "gru": "nn.GRU", "lstm": "nn.LSTM"}[layer.kind]
        of = "BothDirections" if layer.both else "Forward"
        parts = {"ahead": "", "back": "_reverse"} if layer.both else {"ahead": ""}
        named = {
            f"{part}.{name}_l0": f"{own}{name}{direction}"
            for part, direction in parts.items()
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        yield _block(layer, f"{of}({kind}, {width})", of, named, f"{own}norm_", width)


def _block(layer: SequenceLayer, code: str, of: str, weights: dict[str, str], norm: str, width: int) -> _Row:
    """A module with what stands around it."""
    words = [code, f"nn.LayerNorm({width})" if layer.norm else "nn.Identity()"]
    words += [f"dropout={layer.dropout:g}"] if layer.dropout else []
    words += ["residual=True"] if layer.residual else []
    named = {f"layer.{name}": own for name, own in weights.items()}
    if layer.norm:
        named |= {f"norm.{name}": f"{norm}{name}" for name in ("weight", "bias")}
    return _Row(f"Block({', '.join(words)})", of, named)


def _pool(stack: SequenceStack) -> _Row:
    if stack.pool == "last":
        return _Row("Ends()", "Ends", {}) if stack.ends_apart else _Row("Last()", "Last", {})
    if stack.pool == "attention":
        return _Row(f"Weighted({stack.width})", "Weighted", {"score": "score"})
    name = {"mean": "Mean", "max": "Max", "": "EveryStep"}[stack.pool]
    return _Row(f"{name}()", name, {})


_TEXTS = {
    "absent": '''def absent(features, lengths):
    """Which steps are beyond the lengths of their sequences, (sequences, steps, 1)."""
    return (torch.arange(features.shape[1], device=features.device) >= lengths[:, None])[:, :, None]
''',
    "Forward": '''class Forward(nn.Module):
    """A recurrent layer from the first step on."""

    def __init__(self, layer, width):
        super().__init__()
        self.ahead = layer(width, width, batch_first=True)

    def forward(self, features, lengths):
        return self.ahead(features)[0]
''',
    "BothDirections": '''class BothDirections(nn.Module):
    """A recurrent layer from the first step on, and one from the last step of each sequence back."""

    def __init__(self, layer, width):
        super().__init__()
        self.ahead = layer(width, width // 2, batch_first=True)
        self.back = layer(width, width // 2, batch_first=True)

    def forward(self, features, lengths):
        step = torch.arange(features.shape[1], device=features.device)[None]
        last = lengths[:, None] - 1
        order = torch.where(step <= last, last - step, step)[:, :, None].expand_as(features)
        ahead = self.ahead(features)[0]
        back = self.back(features.gather(1, order))[0]
        return torch.cat([ahead, back.gather(1, order[:, :, : back.shape[2]])], 2)
''',
    "Convolution": '''class Convolution(nn.Module):
    """A convolution over time, which looks so many steps ahead, and ReLU."""

    def __init__(self, width, kernel, dilation, ahead):
        super().__init__()
        self.padding = ((kernel - 1) * dilation - ahead, ahead)
        self.convolution = nn.Conv1d(width, width, kernel, dilation=dilation)

    def forward(self, features, lengths):
        there = features.masked_fill(absent(features, lengths), 0.0).transpose(1, 2)
        return torch.relu(self.convolution(nn.functional.pad(there, self.padding))).transpose(1, 2)
''',
    "SelfAttention": '''class SelfAttention(nn.Module):
    """Attention of the steps to each other, or to those before alone."""

    def __init__(self, width, heads, causal):
        super().__init__()
        self.heads, self.size, self.causal = heads, width // heads, causal
        self.attended = nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)

    def forward(self, features, lengths):
        count, steps = features.shape[0], features.shape[1]
        hidden = absent(features, lengths).transpose(1, 2)[:, None]
        if self.causal:
            place = torch.arange(steps, device=features.device)
            hidden = hidden | (place[None, :] > place[:, None])
        parts = self.attended(features).reshape(count, steps, 3, self.heads, self.size).permute(2, 0, 3, 1, 4)
        scores = parts[0] @ parts[1].transpose(2, 3) / self.size**0.5
        share = scores.masked_fill(hidden, float("-inf")).softmax(3)
        return self.joined((share @ parts[2]).transpose(1, 2).reshape(count, steps, self.heads * self.size))
''',
    "FeedForward": '''class FeedForward(nn.Module):
    """Two linear maps of each step, with ReLU in between."""

    def __init__(self, width, inner):
        super().__init__()
        self.wide = nn.Linear(width, inner)
        self.narrow = nn.Linear(inner, width)

    def forward(self, features, lengths):
        return self.narrow(torch.relu(self.wide(features)))
''',
    "Learned": '''class Learned(nn.Module):
    """Learned positions, which are added; a sequence may have no more steps."""

    def __init__(self, longest, width):
        super().__init__()
        self.positions = nn.Parameter(torch.zeros(longest, width))

    def forward(self, features, lengths):
        return features + self.positions[: features.shape[1]]
''',
    "Sinusoidal": '''class Sinusoidal(nn.Module):
    """Positions as sines and cosines of falling frequencies, which are added."""

    def __init__(self, width):
        super().__init__()
        self.width = width
        frequency = torch.exp(torch.arange(0, width, 2) * (-9.210340371976184 / width))
        self.register_buffer("frequency", frequency, persistent=False)

    def forward(self, features, lengths):
        angle = torch.arange(features.shape[1], device=features.device)[:, None] * self.frequency
        return features + torch.stack([angle.sin(), angle.cos()], 2).flatten(1)[:, : self.width]
''',
    "Block": '''class Block(nn.Module):
    """A layer after a norm; dropout, the same at all steps, and a residual connection follow."""

    def __init__(self, layer, norm, dropout=0.0, residual=False):
        super().__init__()
        self.layer, self.norm, self.dropout, self.residual = layer, norm, nn.Dropout1d(dropout), residual

    def forward(self, features, lengths):
        given = self.layer(self.norm(features), lengths)
        given = self.dropout(given.transpose(1, 2)).transpose(1, 2)
        return features + given if self.residual else given
''',
    "Last": '''class Last(nn.Module):
    """The last step of each sequence."""

    def forward(self, features, lengths):
        return features[torch.arange(features.shape[0], device=features.device), lengths - 1]
''',
    "Ends": '''class Ends(nn.Module):
    """The step at which each direction ends: the last of each sequence, and the first."""

    def forward(self, features, lengths):
        half = features.shape[2] // 2
        last = features[torch.arange(features.shape[0], device=features.device), lengths - 1]
        return torch.cat([last[:, :half], features[:, 0, half:]], 1)
''',
    "Mean": '''class Mean(nn.Module):
    """The mean over the steps of each sequence."""

    def forward(self, features, lengths):
        return features.masked_fill(absent(features, lengths), 0.0).sum(1) / lengths[:, None]
''',
    "Max": '''class Max(nn.Module):
    """The largest over the steps of each sequence."""

    def forward(self, features, lengths):
        return features.masked_fill(absent(features, lengths), float("-inf")).amax(1)
''',
    "Weighted": '''class Weighted(nn.Module):
    """The mean over the steps of each sequence, weighed by the softmax of a score."""

    def __init__(self, width):
        super().__init__()
        self.score = nn.Parameter(torch.zeros(width))

    def forward(self, features, lengths):
        there = features.masked_fill(absent(features, lengths), 0.0)
        score = (there @ self.score)[:, :, None].masked_fill(absent(features, lengths), float("-inf"))
        return (there * score.softmax(1)).sum(1)
''',
    "EveryStep": '''class EveryStep(nn.Module):
    """All steps as they are."""

    def forward(self, features, lengths):
        return features
''',
    "Sequences": '''class Sequences(nn.Module):
    """Logits of sequences with so many steps each; what stands beyond them changes nothing."""

    def __init__(self, read, *parts):
        super().__init__()
        self.read, self.pool, self.classify = read, parts[-2], parts[-1]
        self.layers = nn.ModuleList(parts[:-2])

    def forward(self, values, lengths):
        beyond = torch.arange(values.shape[1], device=values.device) >= lengths[:, None]
        features = self.read(values.masked_fill(beyond if values.dim() == 2 else beyond[:, :, None], 0))
        for layer in self.layers:
            features = layer(features, lengths)
        return self.classify(self.pool(features, lengths))
''',
}
"""The classes that an expression may name, in an order in which each comes after what it uses."""
