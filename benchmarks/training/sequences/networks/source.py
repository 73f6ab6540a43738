"""A network for sequences as a Python module that stands alone: vocabulary, normalisation and names of classes are inside."""

from __future__ import annotations

import textwrap

from nasbed.benchmarks.training.plain import PlainNetwork, literal
from nasbed.benchmarks.training.sequences.encoding import UNKNOWN, WORDS
from nasbed.benchmarks.training.sequences.sequences import SequenceData

NOUNS = {
    "characters": "texts",
    "words": "texts",
    "numbers": "sequences of numbers of tokens",
    "series": "series",
}
"""What sequences are called, by what they consist of."""


def argument_of(data: SequenceData) -> str:
    """The name of the argument of ``predict``."""
    return "texts" if data.text else "sequences"


def expected_of(data: SequenceData) -> str:
    """What ``predict`` takes, in words."""
    if data.text:
        return "a list of texts"
    return "a list of lists of whole numbers" if data.vocabulary else f"a list of arrays (steps, {data.channels})"


def sequence_source(network: PlainNetwork, data: SequenceData, architecture: str) -> str:
    """The Python module of a network: its class, ``load`` for its weights beside the file, and ``predict``."""
    next_token, argument = data.task == "next token", argument_of(data)
    what = "A predictor of the next token" if next_token else "A classifier"
    gives = "the token that follows each" if next_token else "the names of their classes"
    shape = "(count, steps) of tokens" if data.vocabulary else "(count, steps, channels)"
    logits = "(count, steps, classes)" if next_token else "(count, classes)"
    encoding = _TOKENS[data.text] if data.vocabulary else _SERIES
    if next_token:
        encoding = encoding.replace("one.strip()", "one")  # what a text ends with says what follows
    constants = (
        f"VOCABULARY = {literal(data.vocabulary)}\n"
        '"""The tokens in the order of their numbers; the first stands for all others."""\n'
        if data.vocabulary
        else f"MEAN = {literal(data.mean)}\nDEVIATION = {literal(data.deviation)}\n"
        '"""Of each channel over the series that were trained on."""\n'
    )
    classes = "CLASSES = VOCABULARY\n" if next_token else f"CLASSES = {literal(data.classes)}\n"
    buffers = "" if data.vocabulary else _BUFFERS
    read = "values" if data.vocabulary else "(values - self.mean) / self.deviation"
    row = "network(some, steps)"
    if next_token:
        row = f"{row}[torch.arange(len(steps)), steps - 1]"
    return f'''"""{what}, written by nasbed: PyTorch alone is needed, and safetensors for its weights.

Use it where this file and weights.safetensors lie:

    from network import predict
    predict({argument})  # {expected_of(data)}; {gives}
"""

import re
import warnings
from pathlib import Path

import torch
from torch import nn

ARCHITECTURE = {literal(architecture)}
{constants}{classes}"""The names of the classes, in the order of the logits."""
READS = {literal(data.reading)}
"""What a sequence consists of."""
LIMIT = {network.limit}
"""The most steps of a sequence that the network reads; None where there is no limit."""


{network.classes}

class Network(nn.Module):
    """Logits {logits} of values {shape} and lengths (count,); what stands beyond a length changes nothing."""

    limit = LIMIT

    def __init__(self):
        super().__init__()
{buffers}        self.layers = {textwrap.indent(network.code, "        ").lstrip()}

    def forward(self, values, lengths):
        return self.layers({read}, lengths)


def load(path=Path(__file__).with_name("weights.safetensors")):
    """The trained network, in evaluation mode."""
    from safetensors.torch import load_file

    network = Network()
    network.load_state_dict(load_file(path))
    return network.eval()


{encoding}

def predict({argument}, network=None):
    """{gives[:1].upper() + gives[1:]}, for {expected_of(data)}."""
    if isinstance({argument}, (str, bytes)):
        raise ValueError("expected {expected_of(data)}")
    if not len({argument}):
        return []
    values = [encode(place, one) for place, one in enumerate({argument})]
    lengths = torch.tensor([len(one) for one in values])
    if LIMIT is not None and int(lengths.max()) > LIMIT:
        place = int(lengths.argmax())
        raise ValueError(f"{argument}[{{place}}] has {{int(lengths.max())}} steps; the network reads at most {{LIMIT}}: cut it")
{_SAID if data.vocabulary else ""}    network = load() if network is None else network
    found = []
    with torch.no_grad():
        for start in range(0, len(values), 512):
            some = nn.utils.rnn.pad_sequence(values[start : start + 512], batch_first=True)
            steps = lengths[start : start + 512]
            found += {row}.argmax(1).tolist()
    return [CLASSES[place] for place in found]
'''


_BUFFERS = """        self.register_buffer("mean", torch.tensor(MEAN), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION), persistent=False)
"""
_SAID = """    if unknown := sum(int((one == 0).sum()) for one in values):
        warnings.warn(f"{unknown} of {int(lengths.sum())} tokens are unknown, and read as one token", stacklevel=2)
"""
_SERIES = '''def encode(place, series):
    """A series as numbers (steps, channels)."""
    values = torch.as_tensor(series, dtype=torch.float32)
    if values.dim() != 2 or values.shape[1] != len(MEAN) or not len(values):
        raise ValueError(f"sequences[{place}] is of shape {tuple(values.shape)}; expected (steps, {len(MEAN)})")
    if not torch.isfinite(values).all():
        raise ValueError(f"sequences[{place}] holds what is no finite number")
    return values

'''


_TEXT = """    if not isinstance(one, str):
        raise ValueError(f"texts[{place}] = {one!r}; expected a text")
"""


def _encoder(split: str, argument: str, noun: str) -> str:
    return f'''NUMBERS = {{token: number for number, token in enumerate(VOCABULARY)}}


def encode(place, one):
    """The numbers of the tokens of one of the {argument}; 0 stands for those that are not in the vocabulary."""
{_TEXT if argument == "texts" else ""}    tokens = {split}
    if not len(tokens):
        raise ValueError(f"{argument}[{{place}}] has no {noun}; expected at least one")
    return torch.tensor([NUMBERS.get(token, 0) for token in tokens])

'''


_TOKENS = {
    "characters": _encoder("one.strip()", "texts", "characters"),
    "words": _encoder(f're.findall(r"{WORDS}", one)', "texts", "words"),
    "": _encoder(f"[str(number) if number else {UNKNOWN!r} for number in one]", "sequences", "tokens"),
}
"""How texts are encoded that are read as characters or words, and sequences of numbers."""
