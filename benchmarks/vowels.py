"""Small networks for sequences trained on Japanese Vowels with noise, by ``nasbed tabulate studies/vowels.toml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal

from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.tables.joint import JointTable
from nasbed.benchmarks.tables.tabulated import points, tabulated
from nasbed.benchmarks.training.sequences.table.plan import SPACE, sequence_plan
from nasbed.errors import DataError


class Vowels(JointTable):
    """Networks of one or two layers (plain recurrent, GRU, LSTM, temporal convolution, self-attention) with their width, direction,
    pooling and learning rate, each trained three times to tell nine speakers by a vowel; every epoch is recorded.

    ``epochs`` are the fidelities, among 1 .. 12: points of one training that can be resumed (the last by default). Scores are
    always those of the last epoch. Accuracies are in percent, of 384 validation and 384 test series; costs are measured
    seconds on one thread of a CPU. ``objectives`` are ``accuracy``, ``loss``, ``parameters`` and ``flops``; the first is scored.

    ``search`` is ``joint``, or the half that is searched while the other stays as in the configuration ``frozen``
    (``width=16,layer_1=gru,...``, or an index; by default two layers of GRU). ``folder`` is a table that ``nasbed tabulate`` wrote
    from another such plan, instead of the shipped one.

    >>> table = Vowels(epochs=[1, 4, 12])
    >>> table.resumable, table.label, table.space.format(table.space.default)
    (True, 'vowels/noisy_vowels', 'width=16,layer_1=gru,layer_2=gru,direction=both,pool=mean,rate=0.01')
    """

    meanings: ClassVar[Mapping[str, str]] = {"folder": "a table that nasbed tabulate wrote, instead of the shipped one"}
    table = "vowels"

    def __init__(
        self,
        dataset: str = "noisy_vowels",
        epochs: Sequence[int] | None = None,
        objectives: Sequence[str] = ("accuracy",),
        search: Literal["joint", "architecture", "hyperparameters"] = "joint",
        frozen: str = "",
        folder: Path | str | None = None,
    ) -> None:
        manifest = tabulated(folder, self.own, SPACE)
        space = _grid(manifest.study, str(manifest.folder))
        if manifest.architectures != len(space):
            raise DataError(
                f"the table in {manifest.folder} holds {manifest.architectures:,} of {len(space):,} architectures; a search needs"
                " all: tabulate without a sample"
            )
        schedule = max(manifest.epochs)
        super().__init__(
            dataset,
            space,
            objectives,
            search,
            frozen,
            manifest=manifest,
            epochs=points(epochs, schedule),
            schedule=schedule,
        )


@cache
def _grid(study: str, source: str) -> JointGridSpace:
    """The space of a plan, made once."""
    return sequence_plan(study, source).grid()
