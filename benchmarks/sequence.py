"""Networks for sequences, with the hyperparameters of their training; every evaluation is a real training."""

from __future__ import annotations

from collections import abc
from functools import lru_cache
from typing import ClassVar

from nasbed.benchmarks.spaces.sequence import SequenceSpace
from nasbed.benchmarks.training.device import device_of
from nasbed.benchmarks.training.network_benchmark import OBJECTIVES, OPTIONS, NetworkBenchmark, Plan
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.sequences.networks.network import SequenceNetwork, sequence_shape
from nasbed.benchmarks.training.sequences.networks.training import SequenceTraining
from nasbed.benchmarks.training.sequences.sequences import SequenceData
from nasbed.benchmarks.training.sequences.sources import load_sequences
from nasbed.errors import OptionError
from nasbed.vocabulary import Arch, Objective

_PERPLEXITY = Objective("perplexity", "per token", maximise=False)


@lru_cache(maxsize=4)
def _sequences_of(data: str, folder: str | None, tokens: str, longest: int | None, state: object) -> SequenceData:
    """Sequences by name or path, read once in a process while the files are in the same ``state``."""
    return load_sequences(data, folder, tokens=tokens, longest=longest)


class Sequence(NetworkBenchmark[SequenceData]):
    """Recurrent, convolutional and self-attention networks of one to three layers, trained on sequences: 4.3e12 architectures with
    their hyperparameters where sequences are classified, 1.4e11 where the next token is predicted.

    ``data`` is the name of a data set, the path of a file (.tsv, .csv, .ts, .txt or .npz) or of a folder with one for each split
    (docs/training-data.md), or, in Python, a :class:`SequenceData`; a .txt file is one text whose next token is predicted.
    ``folder`` is where published data sets lie. Texts are read as ``tokens``: ``characters`` or ``words``. Longer sequences are cut
    to their first ``longest`` steps.

    ``epochs`` are the fidelities: points of one training, whose learning rate follows a cosine to 0 at the last, so that it can be
    resumed. ``objectives`` are ``accuracy`` (in percent, of sequences, or of next tokens), ``loss``, ``parameters``, ``flops`` (of
    one sequence of the longest length) and, of next tokens, ``perplexity``; the first is scored. ``search`` is ``joint``, or the
    half that is searched while the other stays as in ``frozen`` (the text of an architecture; by default two layers of GRU). A
    training that takes more than ``limit`` seconds has failed. After a search its incumbent is trained anew with ``retrainings``
    seeds, to the last epoch, and judged on the test split. ``device`` is ``cpu``, ``cuda`` or ``auto``.

    >>> benchmark = Sequence(data="digit_rows", epochs=[1, 2])
    >>> benchmark.space.format(benchmark.space.default)[:32]
    'width 64; gru both dropout 0.1; '
    """

    name = "sequence"
    space: SequenceSpace
    kind, trained_by = SequenceData, SequenceTraining
    expected = "the name of a data set, or the path of a file or folder of sequences"
    meanings: ClassVar[abc.Mapping[str, str]] = {
        **OPTIONS,
        "data": "name of a data set, file (.tsv, .csv, .ts, .txt, .npz) or folder of sequences",
        "tokens": "what a text is read as: characters or words",
        "longest": "steps of a sequence that are kept; by default all, or windows of 64 tokens of a text",
    }

    def __init__(
        self,
        data: str | SequenceData = "digit_rows",
        folder: str | None = None,
        tokens: str = "characters",
        longest: int | None = None,
        epochs: abc.Sequence[int] = (1, 3, 9, 27),
        objectives: abc.Sequence[str] = ("accuracy",),
        search: str = "joint",
        frozen: str = "",
        limit: float | None = None,
        retrainings: int = 3,
        device: str = "cpu",
    ) -> None:
        self.tokens, self.longest = tokens, longest
        self.measured = {**OBJECTIVES, "perplexity": _PERPLEXITY}
        super().__init__(data, folder, epochs, objectives, limit, retrainings, device)
        if self._held is not None and (tokens != "characters" or longest is not None):
            raise OptionError("tokens and longest say how files are read; the data are given, so leave them out")
        if self.sequences.task == "classification":
            del self.measured["perplexity"]
            if _PERPLEXITY in self.objectives:
                raise OptionError(
                    f"objective perplexity is of the next token, and the sequences of {self.sequences.name} are classified; say"
                    " loss, of which it would be the exponential"
                )
        self.take_space(SequenceSpace(sequence_shape(self.sequences)), search, frozen)

    @property
    def sequences(self) -> SequenceData:
        """The sequences, read once in a process."""
        return self.loaded

    def _read(self) -> SequenceData:
        return _sequences_of(self.data, self.folder, self.tokens, self.longest, self._files)

    def plan(self, arch: Arch) -> Plan:
        """The layers of an architecture, and the recipe with its hyperparameters."""
        said = self.space.sequence(arch)
        recipe = Recipe(self.epochs[-1], said.batch, said.rate, decay=said.decay, optimizer=said.optimizer)
        return Plan(SequenceNetwork(said.stack), recipe)

    def training(
        self, arch: Arch, seed: int, incumbents: abc.Sequence[tuple[Arch, int, int]] = (), folder: str = ""
    ) -> SequenceTraining:
        """The training of an architecture with a seed; there is no teacher, so the incumbents do not matter."""
        network, recipe = self.plan(arch)
        device = device_of(self.device) if self.device == "auto" else self.device
        return SequenceTraining(network, self.sequences, recipe, seed, self.limit, device)

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The decisions of the space by name, and their values as texts."""
        return self.space.decisions()
