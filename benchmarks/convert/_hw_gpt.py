"""What files of HW-GPT-Bench hold of one scale: the published pickles in their folders, or a CSV file of their numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from nasbed.benchmarks.convert import _pickles, _torchfile
from nasbed.benchmarks.convert._reading import as_official, naming
from nasbed.benchmarks.convert._sheet import CellSheet, read_sheet
from nasbed.benchmarks.spaces.hw_gpt import HWGPTSpace, LanguageModel
from nasbed.benchmarks.tables.hw_gpt import CPUS, GPUS, JOULES, SPOILED, WEIGHED
from nasbed.errors import ArchitectureError, DataError, shown
from nasbed.vocabulary import Arch

Numbers = dict[Arch, float]
"""A number of each network."""
RESULTS = Path("data_collection") / "raw_results_hw"


@dataclass(frozen=True)
class ScaleRecords:
    """The networks of a scale with a perplexity, in the order of the files, and by name what is recorded of them, ``nan`` where it
    is not, (networks,); ``source`` says where from.
    """

    space: HWGPTSpace
    archs: list[Arch]
    values: dict[str, np.ndarray]
    source: Path


def records_of(folder: Path, space: HWGPTSpace) -> ScaleRecords | None:
    """What a folder holds of a scale, of pickles or else of ``gpt_SCALE.csv`` or ``.csv.gz``; ``None`` where it has neither. Raises
    :class:`~nasbed.errors.DataError` for damaged files, and for sizes that are not those of their networks.
    """
    scale = space.scale.name
    pickled, sheets = folder / f"arch_ppl_bench_{scale}", [folder / f"gpt_{scale}.csv{end}" for end in ("", ".gz")]
    if pickled.is_dir():
        return _of_pickles(folder, pickled, space)
    return next((_of_sheet(path, space) for path in sheets if path.is_file()), None)


# a sheet


def _columns() -> Iterator[tuple[str, str, float]]:
    """The names of what devices measured, the columns of a sheet that hold it, and what these are multiplied by."""
    for device in (*GPUS, *CPUS):
        yield f"{device}_latency", f"lat_{device}_median", 1.0
        yield f"{device}_energy", f"energy_{device}_{'median' if device in GPUS else 'mean'}", JOULES
    for device in WEIGHED:
        yield f"{device}_memory", f"mem_{device}", 1.0


def _of_sheet(path: Path, space: HWGPTSpace) -> ScaleRecords:
    sheet = read_sheet(path)
    for name in ("arch", "perplexity", "accuracy", "params", "macs"):
        if name not in sheet.cells:
            raise DataError(
                f"{path} has no column {name}; expected arch, perplexity, accuracy, params and macs, and of devices"
                " lat_DEVICE_median, energy_DEVICE_median (of processors energy_DEVICE_mean) and mem_DEVICE"
            )
    kept = np.flatnonzero(np.isfinite(sheet.numbers("perplexity")))
    archs = []
    for place in kept.tolist():
        try:
            archs.append(space.parse(sheet.cells["arch"][place]))
        except ArchitectureError as error:
            sheet.refuse("arch", place, str(error))
    if len(set(archs)) < len(archs):
        twice = next(place for place, arch in enumerate(archs) if arch in archs[:place])
        sheet.refuse(
            "arch", int(kept[twice]), f"{space.format(archs[twice])} stands in two rows; expected each network once"
        )
    _require_sizes(space, archs, sheet.numbers("params")[kept], sheet.numbers("macs")[kept], path)
    values = {"perplexity": sheet.numbers("perplexity")[kept], "accuracy": 100 * sheet.numbers("accuracy")[kept]}
    for name, column, factor in _columns():
        if column in sheet.cells and name not in SPOILED:
            values[name] = factor * sheet.numbers(column)[kept]
            _require_positive(sheet, column, kept)
    return ScaleRecords(space, archs, values, path)


def _require_positive(sheet: CellSheet, column: str, kept: np.ndarray) -> None:
    values = sheet.numbers(column)[kept]
    if (wrong := np.flatnonzero(values <= 0)).size:
        place = int(kept[wrong[0]])
        sheet.refuse(column, place, f"{values[wrong[0]]:g} was measured; expected a number above 0, or an empty cell")


# pickles

Records = dict[Arch, Mapping[str, Any]]
_FIRST = re.compile(r"_(\d+)_\d+\.pkl$")
"""The number of the first network of a file."""


def _of_pickles(folder: Path, scored: Path, space: HWGPTSpace) -> ScaleRecords:
    """The records joined by the network that they name: the files have them in different orders."""
    records, scale = _records(scored, "ppl_observations_tracker_*.pkl", space), space.scale.name
    archs = list(records)
    found = {
        "perplexity": _numbers(scored, records, itemgetter("perplexity")),
        "accuracy": _numbers(scored, records, lambda record: 100 * record["accuracy"]),
    }
    for device in (*GPUS, *CPUS):
        measured = folder / RESULTS / f"latency_{device}{'' if scale == 's' else f'_{scale}'}"
        if measured.is_dir():
            found |= _of_device(measured, device, space)
    joined = {name: np.array([one.get(arch, np.nan) for arch in archs]) for name, one in found.items()}
    return ScaleRecords(space, archs, joined, scored)


def _of_device(measured: Path, device: str, space: HWGPTSpace) -> dict[str, Numbers]:
    """Latency and energy on a device, by the network that each record names; but not what is spoiled."""
    times = f"times_profiler_{'gpu' if device in GPUS else 'cpu'}"
    records = _records(measured, "efficiency_observations_*.pkl", space)
    parameters, macs = (
        np.array(list(_numbers(measured, records, itemgetter(name)).values())) for name in ("params", "macs")
    )
    _require_sizes(space, list(records), parameters, macs, measured)
    latency, energy = f"{device}_latency", f"{device}_energy"
    found = {}
    if latency not in SPOILED:
        found[latency] = _numbers(measured, records, lambda record: _median(record[times]))
    if device in CPUS and energy not in SPOILED:
        found[energy] = _numbers(measured, records, lambda record: JOULES * record["mean_energy_cpu"])
    elif device in GPUS and any(measured.glob(tracked := "efficiency_energy_observations_tracker_*.pkl")):
        records = _records(measured, tracked, space)
        found[energy] = _numbers(measured, records, lambda record: JOULES * _median(record["energy_gpu"]))
    for name, numbers in found.items():
        for arch, value in numbers.items():
            if value <= 0:
                raise DataError(f"{measured}: {name} of {space.format(arch)} is {value:g}; expected a number above 0")
    return found


def _median(readings: object) -> float:
    if not isinstance(readings, list) or not readings:
        raise TypeError(f"{shown(readings)} is no list of readings")
    return float(median(readings))


def _records(folder: Path, pattern: str, space: HWGPTSpace) -> Records:
    """The records of the files of a folder, by network, in the order of the files, which their names number."""
    files = sorted(
        folder.glob(pattern), key=lambda file: (int(found[1]) if (found := _FIRST.search(file.name)) else 0, file.name)
    )
    if not files:
        raise DataError(f"{folder} has no {pattern}; expected the files as they are published")
    records: Records = {}
    for file in files:
        with naming(file):
            content = _pickles.load(file.read_bytes(), _torchfile.NUMBERS)
            if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
                raise DataError(f"it holds {shown(content)}; expected a list of dictionaries, one a network")
            for record in content:
                with as_official("a record"):
                    arch = _arch(record["arch"], space)
                if arch in records:
                    raise DataError(f"{space.format(arch)} is recorded twice; expected each network once")
                records[arch] = record
    return records


def _arch(said: Mapping[str, Any], space: HWGPTSpace) -> Arch:
    """The network of a record; its lists are as long as the deepest network, and what is beyond its own layers counts nothing."""
    layers = said["sample_n_layer"]
    model = LanguageModel(
        said["sample_embed_dim"],
        tuple(said["sample_mlp_ratio"][:layers]),
        tuple(said["sample_n_head"][:layers]),
        said["sample_bias"],
    )
    try:
        return space.encoded(model)
    except ArchitectureError as error:
        raise DataError(str(error)) from None


def _numbers(folder: Path, records: Records, said: Callable[[Mapping[str, Any]], float]) -> Numbers:
    """A finite number of each record."""
    found = {}
    with naming(folder), as_official("a record"):
        for arch, record in records.items():
            found[arch] = float(said(record))
            if not math.isfinite(found[arch]):
                raise ValueError(f"{found[arch]} is no finite number")
    return found


# both


def _require_sizes(space: HWGPTSpace, archs: list[Arch], parameters: np.ndarray, macs: np.ndarray, path: Path) -> None:
    """Raises :class:`~nasbed.errors.DataError` for a network whose recorded sizes are of another."""
    for arch, *recorded in zip(archs, parameters.tolist(), macs.tolist(), strict=True):
        model = space.model(arch)
        if recorded != (expected := [model.parameters, model.macs(space.scale.tokens)]):
            raise DataError(
                f"{path}: {space.format(arch)} has {recorded[0]:.0f} params and {recorded[1]:.0f} macs; its network has"
                f" {expected[0]} and {expected[1]}, so this record is of another"
            )
