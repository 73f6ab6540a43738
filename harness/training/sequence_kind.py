"""Sequences around a trained network: how they are read, asked, written and described."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.training.data.labels import class_values
from nasbed.benchmarks.training.data.splitting import SPLITS
from nasbed.benchmarks.training.plain import PlainNetwork
from nasbed.benchmarks.training.sequences.inputs import encode, items_in, items_of
from nasbed.benchmarks.training.sequences.networks.source import NOUNS, argument_of, expected_of, sequence_source
from nasbed.benchmarks.training.sequences.sequences import SequenceData, within
from nasbed.benchmarks.training.sequences.sources import load_sequences
from nasbed.benchmarks.training.trained import exports
from nasbed.errors import DataError, UnwiseWarning
from nasbed.tables import escaping
from nasbed.training.described import listed, tested, used

_SHOWN = 100
"""Tokens of a vocabulary that a card lists."""


class SequenceKind:
    """Sequences; the inputs of a network are their values, int64 (count, steps) or float32 (count, steps, channels) as they were
    stored, and their lengths, int64 (count,).
    """

    one, many = "a sequence", "sequences"

    def options(self, source: Any, folder: Any, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options of a benchmark that say its data: a path or a name as text, or sequences that are read now."""
        if not isinstance(source, tuple):
            return {"data": str(source), **({} if folder is None else {"folder": str(folder)}), **options}
        how = {name: options[name] for name in ("tokens", "longest") if name in options}
        others = {name: value for name, value in options.items() if name not in how}
        return {"data": load_sequences(source, folder, **how), **others}

    def class_values(self, source: Any, data: SequenceData) -> np.ndarray:
        """The classes (count,) as their user wrote them, in the order of the data's names; of the next token the vocabulary."""
        return class_values(None if data.task == "next token" else source, data.classes)

    def inputs(self, examples: Any, data: SequenceData) -> tuple[np.ndarray, ...]:
        """Values and lengths of a list of texts, numbers of tokens or series, of a pair (values, lengths), or of a file.

        What is not in the vocabulary is read as token 0, and said with a warning. Raises :class:`~nasbed.errors.DataError` for
        anything else.
        """
        reading = data.reading
        if not isinstance(examples, (str, Path)) and hasattr(examples, "__len__") and not len(examples):
            return np.zeros((0, 1, *[data.channels] * (reading == "series"))), np.zeros(0, np.int64)
        if isinstance(examples, Path):
            items = items_in(examples, reading)
        else:
            items = items_of(examples, reading)
            if data.task == "next token":
                items = [str(one) for one in examples]  # what a text ends with, be it a space, says what follows
        found = encode(items, reading, data.vocabulary, data.channels)
        if found.unknown:
            what = "numbers" if reading == "numbers" else reading
            warnings.warn(
                f"{found.unknown:,} of {int(found.lengths.sum()):,} {what} are unknown, and read as one token",
                UnwiseWarning,
                stacklevel=4,
            )
        return found.values, found.lengths

    def stored(self, data: SequenceData, split: str) -> tuple[np.ndarray, ...]:
        """Values and lengths of a split."""
        return data.splits[split].values, data.splits[split].lengths

    def logits(self, network: Any, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
        """Logits (predictions, classes) of the network in a file: of each sequence, or of each of its tokens."""
        values, lengths = inputs
        found = exports.logits_of(network, values, lengths)
        return found[within(lengths, values.shape[1])] if found.ndim == 3 else found

    def asked(self, network: Any, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
        """Logits (sequences, classes): of each sequence, or of the token that follows it.

        Raises :class:`~nasbed.errors.DataError` for a sequence with more steps than the network reads.
        """
        values, lengths = inputs
        if network.limit is not None and lengths.max() > network.limit:
            raise DataError(
                f"sequence {lengths.argmax()} (counted from 0) has {lengths.max():,} steps; the network has learned positions for"
                f" {network.limit:,}: cut it, or train one without learned positions"
            )
        found = exports.logits_of(network, values, lengths)
        return found[np.arange(len(lengths)), lengths - 1] if found.ndim == 3 else found

    def source(self, plain: PlainNetwork, data: SequenceData, architecture: str) -> str:
        """The Python module of a network: its class, ``load`` for its weights beside the file, and ``predict``."""
        return sequence_source(plain, data, architecture)

    def onnx(self, network: Any, data: SequenceData) -> bytes:
        """The network as a file of ONNX; raises what :func:`~nasbed.benchmarks.training.trained.exports.onnx` does."""
        inputs = dict(zip(("values", "lengths"), self.stored(data, "validation"), strict=True))
        steps = ["count", "steps"]
        axes = {"values": steps, "lengths": ["count"], "logits": steps if data.task == "next token" else ["count"]}
        return exports.onnx(network, inputs, self.said(data), axes)

    def said(self, data: SequenceData) -> dict[str, Sequence[str]]:
        """What the metadata of a file of weights say: the names of the classes, and of tokens the vocabulary and what a text
        is read as.
        """
        known = {"vocabulary": data.vocabulary} if data.vocabulary else {}
        return {"classes": data.classes, **known, **({"tokens": [data.text]} if data.text else {})}

    def argument(self, data: SequenceData) -> str:
        """The name of the argument of ``predict``."""
        return argument_of(data)

    def title(self, data: SequenceData) -> str:
        """What the network is, for the head of its card."""
        if data.task == "next token":
            one = {"characters": "character", "words": "word"}[data.text]
            return f"A predictor of the next {one} for {escaping.markdown(data.name)}"
        return f"A classifier of {NOUNS[data.reading]} for {escaping.markdown(data.name)}"

    def use(self, data: SequenceData, forms: Sequence[str]) -> list[str]:
        """How the network is used in each of the forms that it has been exported to, as paragraphs of markdown."""
        gives = "the token that follows each" if data.task == "next token" else "the names of their classes"
        read = (
            f"Texts are read as {data.text}; the vocabulary is in the files, and what it lacks is read as one unknown token."
            if data.text
            else "Sequences are numbers of tokens; those that the vocabulary in the files lacks are read as one unknown token."
            if data.vocabulary
            else f"A series is an array (steps, {data.channels}), with numbers as they were stored: the network normalises them."
        )
        name = argument_of(data)
        examples = f"{name} = {_example(data)}  # {expected_of(data)}"
        predict = f"print(predict({name}))  # {gives}"
        logits = '(logits,) = session.run(["logits"], {"values": values, "lengths": lengths})'
        of_each = "logits[np.arange(2), lengths - 1]" if data.task == "next token" else "logits"
        last = f"print([classes[place] for place in {of_each}.argmax(1)])"
        return [read, *used(forms, examples, predict, _made_up(data), logits, last)]

    def described(self, data: SequenceData) -> str:
        """The sequences, their splits and classes, as markdown."""
        counts = ", ".join(f"{len(data.splits[split].lengths):,} {split}" for split in SPLITS)
        least, most = (one([one(data.splits[split].lengths) for split in SPLITS]) for one in (np.min, np.max))
        said = [
            f"{escaping.markdown(data.origin[:1].upper() + data.origin[1:])}\n\n"
            f"Sequences of {least:,} to {most:,} steps: {counts}."
        ]
        if data.task == "classification":
            said.append(f"Classes, in the order of the logits: {_codes(data.classes)}.")
        if data.vocabulary:
            shown = [repr(one) for one in data.vocabulary[:_SHOWN]]
            more = f" and {len(data.vocabulary) - _SHOWN:,} more" if len(data.vocabulary) > _SHOWN else ""
            said.append(f"Vocabulary, in the order of its numbers: {_codes(shown)}{more}.")
        else:
            said.append(
                f"Normalised by the mean ({listed(data.mean)}) and standard deviation ({listed(data.deviation)}) of each channel"
                " over the training split."
            )
        return f"{' '.join(said)} Checksum {data.checksum[:16]}."

    def trained_on(self, data: SequenceData) -> str:
        """What was done to sequences in training, in a sentence."""
        return "Batches are cut to their longest sequence. No augmentation."

    def limits(self, data: SequenceData, accuracy: float) -> list[str]:
        """What is not known of a network with an accuracy, in percent, on the test split, in sentences."""
        split = data.splits["test"]
        if data.task == "next token":
            return [
                f"It was tested on {int(split.lengths.sum()):,} tokens in windows of at most {data.longest:,}, which come from the"
                " same source as those it learned from; text of another source may fare worse.",
                "The first tokens of a window are predicted from little that is before them.",
                "The spread over seeds is that of training on one split; another split would give other scores.",
            ]
        return [
            tested(split.labels, accuracy, self.many),
            "It gives each sequence one of its classes, also one that belongs to none; its probabilities are not calibrated.",
            "The spread over seeds is that of training on one split; another split would give other scores.",
        ]


def _example(data: SequenceData) -> str:
    """Sequences that ``predict`` takes, made up of the first tokens of the vocabulary that can be read, as source of Python."""
    if not data.vocabulary:
        return f"[np.random.default_rng(0).normal(size=({_steps(data)}, {data.channels}))]"
    some = [one for one in data.vocabulary[1:] if one.isprintable() and one.strip()][: _steps(data)]
    if data.text:
        return repr([("" if data.text == "characters" else " ").join(some) or "a"])
    return f"[[{', '.join(some)}]]"


def _made_up(data: SequenceData) -> str:
    """Inputs of the network in ONNX, made up, as lines of Python."""
    steps, random = _steps(data), "np.random.default_rng(0)"
    if data.vocabulary:
        values, form = f'{random}.integers(0, {len(data.vocabulary)}, (2, {steps}), dtype="int64")', "(count, steps)"
    else:
        values = f'{random}.normal(size=(2, {steps}, {data.channels})).astype("float32")'
        form = f"(count, steps, {data.channels})"
    return (
        f"values = {values}  # {form}, 0 beyond the length of each\n"
        f'lengths = np.full(2, {steps}, dtype="int64")  # (count,)'
    )


def _steps(data: SequenceData) -> int:
    """The steps of sequences that are made up: few, and no more than the data have."""
    return min(8, data.longest)


def _codes(names: Sequence[str]) -> str:
    return ", ".join(escaping.markdown_code(name) for name in names)
