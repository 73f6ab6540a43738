"""HW-GPT-Bench: the language models whose perplexity is known, with sizes, latencies and energies, and the published surrogate."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.convert._hw_gpt import ScaleRecords, records_of
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.hw_gpt import codes_file
from nasbed.benchmarks.spaces.hw_gpt import SCALES, space_of
from nasbed.benchmarks.tables.hw_gpt import EPOCHS, METRICS
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.benchmarks.tables.perceptron import Perceptron, model_file
from nasbed.errors import DataError
from nasbed.progress import Progress
from nasbed.vocabulary import VALIDATED

PUBLISHED = {"s": (10_000, 22.159135818481445), "m": (5_245, 21.141305923461914), "l": (429, 18.57699966430664)}
"""How many networks of a scale have a perplexity, and the lowest."""
_RANGES = {"perplexity": (1.0, 1e4), "accuracy": (0.0, 100.0)}


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out`` from a folder of the published files, or of the CSV files; the same bytes each time.

    A folder may hold some of the scales, and of a scale some of the networks and devices. Raises
    :class:`~nasbed.errors.DataError` for anything else.
    """
    (folder,) = files
    if not folder.is_dir():
        raise DataError(f"{folder} is one file; hw_gpt is made from a folder of {_FILES}")
    found, kept = [], {}
    for place, scale in enumerate(SCALES, 1):
        progress(f"reading scale {scale}", place, len(SCALES))
        if (records := records_of(folder, space_of(scale))) is not None:
            _require_published(scale, records)
            found.append(records)
            kept[codes_file(scale)] = np.array(records.archs, dtype=np.uint8).tobytes()
        if (path := folder / model_file(scale)).is_file():
            kept[model_file(scale)] = _model(path, scale)
    if not found:
        raise DataError(f"{folder} has no networks of HW-GPT-Bench; expected {_FILES}")
    columns, title = _columns(found), CONVERTER.title
    if parts := [f"{len(one.archs):,} of {one.space.scale.name}" for one in found if _part(one)]:
        title += f"; in part: {', '.join(parts)}"
    _folder.write(
        Manifest(
            folder=out,
            name="hw_gpt",
            title=title,
            space="hw_gpt",
            architectures=sum(len(records.archs) for records in found),
            epochs=[EPOCHS],
            resumable=False,
            runs=["the one number"],
            report=VALIDATED,
            cost_model="not recorded: an evaluation counts 1 on a clock that orders parallel workers and that no budget may count",
            licence=CONVERTER.licence,
            sources=[
                "R. S. Sukthanker et al., HW-GPT-Bench, NeurIPS 2024 Datasets and Benchmarks, arXiv 2405.10299",
                "automl/HW-GPT-Bench (GitHub): perplexities, measurements and the surrogate of perplexity, Apache-2.0",
            ],
            datasets=[records.space.scale.name for records in found],
        ),
        columns,
        kept,
    )


def _part(records: ScaleRecords) -> bool:
    return len(records.archs) < PUBLISHED[records.space.scale.name][0]


def _require_published(scale: str, records: ScaleRecords) -> None:
    """Raises :class:`~nasbed.errors.DataError` for values out of their range, and for another table than the published."""
    for name, (low, high) in _RANGES.items():
        values = records.values[name]
        if not len(values) or not ((values > low) & (values < high)).all():
            span = f"{values.min():g} .. {values.max():g}" if len(values) else "of no network"
            raise DataError(f"{records.source}: {name} is {span}; expected numbers in {low:g} .. {high:g}")
    (count, lowest), least = PUBLISHED[scale], float(records.values["perplexity"].min())
    if len(records.archs) > count or least < lowest or (not _part(records) and least != lowest):
        raise DataError(
            f"{records.source}: {len(records.archs):,} networks have a perplexity, the lowest is {least:g}; published are"
            f" {count:,}, the lowest {lowest:g}, so this is not HW-GPT-Bench"
        )


def _model(path: Path, scale: str) -> bytes:
    """The surrogate of a scale as it is published, once it has been loaded."""
    content = path.read_bytes()
    Perceptron.of(content, str(path), sum(space_of(scale).choices))
    return content


def _columns(found: list[ScaleRecords]) -> list[tuple[Column, np.ndarray]]:
    """A column for each number of a scale, ``nan`` for the networks of the others."""
    total = sum(len(records.archs) for records in found)
    columns: list[tuple[Column, np.ndarray]] = [
        (Column("training_time.npy", "training_time", "none", "any", "s", "minimise", ["architecture"],
                "not recorded: 1 s stands for every evaluation", EPOCHS), np.ones(total)),
    ]  # fmt: skip
    first = 0
    for records in found:
        scale = records.space.scale
        models = [records.space.model(arch) for arch in records.archs]
        sizes = {
            "parameters": np.array([model.parameters for model in models], dtype=np.float64),
            "macs": np.array([model.macs(scale.tokens) for model in models], dtype=np.float64),
        }
        for name, values in {**records.values, **sizes}.items():
            if np.isnan(values).all():
                continue
            unit, direction, split, origin = METRICS[name]
            padded = np.full(total, np.nan)
            padded[first : first + len(values)] = values
            said = f"{origin} ({scale.tokens:,} tokens)" if split == "none" else origin
            if (scale.name, name) in _REMARKS:
                said += f"; {_REMARKS[scale.name, name]}"
            epochs = EPOCHS if split == "validation" else 0
            columns.append((
                Column(f"{scale.name}/{name}.npy", name, split, scale.name, unit, direction, ["architecture"], said, epochs),
                padded,
            ))  # fmt: skip
        first += len(records.archs)
    return columns


_REMARKS = {
    ("s", "helix_cpu_latency"): "but of one run here",
    ("m", "a6000_latency"): "17 of the 10,000 published records are of other networks",
    ("m", "a6000_energy"): "17 of the 10,000 published records are of other networks",
}
_FILES = (
    "gpt_s.csv.gz, gpt_m.csv.gz and gpt_l.csv.gz, or of the published folders arch_ppl_bench_s (_m, _l) and"
    " data_collection/raw_results_hw, with perplexity_s_mlp.npz (m, l) for the surrogate"
)


CONVERTER = Converter(
    name="hw_gpt",
    title="HW-GPT-Bench: language models like GPT-2 at three scales, with what devices measured, validation only",
    licence="Apache-2.0",
    sources=(),
    convert=convert,
)
