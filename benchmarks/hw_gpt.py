"""HW-GPT-Bench, the networks that were measured; import it with ``nasbed data import hw_gpt FOLDER``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from nasbed.benchmarks.spaces.hw_gpt import SCALES, space_of
from nasbed.benchmarks.spaces.sampled import SampledSpace
from nasbed.benchmarks.tables.hw_gpt import FREE, MEANINGS, free_measures, require_sound
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.measures import Measures
from nasbed.benchmarks.tables.options import objective_names
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import DataError, OptionError, require_name
from nasbed.vocabulary import Offered


class HWGPT(Table):
    """Language models like GPT-2 at three scales, on OpenWebText, with measurements on fourteen devices (Sukthanker et al., NeurIPS
    2024, arXiv 2405.10299): the 10,000, 5,245 and 429 networks with a recorded perplexity, of spaces of 1e12 to 1e35.

    ``dataset`` is the scale, ``s``, ``m`` or ``l``. Perplexity (per token, lower is better) and accuracy (% of next tokens) are on
    validation, with weights inherited from one supernet: no network was trained by itself. There is one number of each, so there is
    no noise, no test value and no statement about generalisation. No training has a cost, so budgets count evaluations.

    ``objectives`` beside ``perplexity`` are ``accuracy``, ``parameters``, ``macs``, ``DEVICE_latency`` (ms on GPUs, s on
    processors), ``DEVICE_energy`` (J) and, of two GPUs, ``DEVICE_memory`` (MB), all of a batch of 8,192, 4,096 and 1,024 tokens at
    the three scales, so scales cannot be compared. Two objectives with spoiled records are refused. ``measures = ["parameters"]``,
    or ``macs``, offers these at no cost.

    The networks are a random sample, so neighbours are the nearest networks of the sample, which differ in several decisions.
    """

    table = "hw_gpt"
    metric = "perplexity"
    untimed = "its networks inherit weights of one supernet, whose training has no published cost"
    space: SampledSpace
    meanings: ClassVar[Mapping[str, str]] = {
        **MEANINGS,
        "objectives": "perplexity first, then others: a size, or latency, energy or memory on a device",
    }

    def __init__(
        self,
        dataset: str = "s",
        objectives: Sequence[str] = ("perplexity",),
        measures: Sequence[str] | None = None,
    ) -> None:
        require_name("scale", dataset, tuple(SCALES), self.table)
        own = self.own()
        if dataset not in own.datasets:
            raise DataError(
                f"the table hw_gpt has no scale {dataset}: it was imported from files of {', '.join(own.datasets)}; import a"
                " folder that has it"
            )
        for name in objective_names(objectives, self.metric):
            require_sound(name)
            if not any(column.metric == name and column.dataset == dataset for column in own.columns):
                raise OptionError(f"the files from which hw_gpt was imported do not hold {name} of scale {dataset}")
        super().__init__(dataset, manifest=own, objectives=objectives, measures=_measures(own, measures))
        self.space = _space(own.folder, own.checksum, dataset)
        before = own.datasets[: own.datasets.index(dataset)]
        first = sum(len(_space(own.folder, own.checksum, one)) for one in before)
        last = first + len(self.space)
        self.rows = slice(first, last)
        self.measured = {name: (values[first:last], cost) for name, (values, cost) in self.measured.items()}

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The decisions of a network by name, and their values as texts."""
        return self.space.whole.decisions()

    def representatives(self) -> np.ndarray:
        """Each network itself: every text is a network of its own."""
        return np.arange(len(self.space))

    def offered(self) -> Offered:
        """What options may name: what was measured, and what may be asked for at no cost."""
        return super().offered()._replace(measures=dict.fromkeys(FREE, 0.0))


def _measures(own: Manifest, measures: Sequence[str] | None) -> Measures | None:
    if measures is None:
        return None
    return Measures(own, free_measures(measures, HWGPT.table))


def codes_file(scale: str) -> str:
    """The file of a table that holds the architectures of a scale: a byte for each decision, one architecture after another."""
    return f"architectures_{scale}.bin"


@cache
def _space(folder: Path, checksum: str, scale: str) -> SampledSpace:
    """The space of the networks of a scale that a table holds."""
    whole, content = space_of(scale), Manifest.load(folder).file(codes_file(scale))
    codes = np.frombuffer(content, dtype=np.uint8).reshape(-1, len(whole.choices))
    return SampledSpace(whole, list(map(tuple, codes.tolist())), stands=True)
