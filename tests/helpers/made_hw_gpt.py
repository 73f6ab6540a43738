"""Files of HW-GPT-Bench in both forms, with made-up networks and numbers, and a tiny surrogate."""

from __future__ import annotations

import csv
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks import convert
from nasbed.benchmarks.spaces.hw_gpt import SCALES, LanguageModel, space_of
from nasbed.benchmarks.tables.hw_gpt import CPUS, GPUS, WEIGHED
from nasbed.benchmarks.tables.perceptron import model_file
from nasbed.streams import stream

COUNTS = {"s": 40, "m": 25, "l": 9}
"""Made-up networks of each scale; one more is without a perplexity."""


def models(scale: str) -> list[LanguageModel]:
    """Networks of a scale, each once."""
    space, rng = space_of(scale), stream(0, scale, "made")
    found = dict.fromkeys(space.sample(rng) for _ in range(COUNTS[scale] + 1))
    return [space.model(arch) for arch in found]


def rows(scale: str) -> list[dict[str, Any]]:
    """A row for each network: perplexities fall as parameters grow, latencies and energies grow with them."""
    found = []
    for place, model in enumerate(models(scale)):
        size = model.parameters / 1e6
        row: dict[str, Any] = {"arch": model.text(scale), "perplexity": 30 + 100 / size, "accuracy": 0.4 - 1 / size}
        row |= {"params": model.parameters, "macs": model.macs(SCALES[scale].tokens)}
        if place == COUNTS[scale]:
            row |= {"perplexity": "", "accuracy": ""}
        row |= {f"mem_{device}": 5 * size for device in WEIGHED}
        row |= {f"lat_{device}_median": size / 10 for device in (*GPUS, *CPUS)}
        row |= {f"energy_{device}_median": size / 1e5 for device in GPUS}
        row |= {f"energy_{device}_mean": 0.0 if device == "cpu_p100" else size / 1e3 for device in CPUS}
        found.append(row)
    return found


def sheet(path: Path, content: list[dict[str, Any]]) -> Path:
    """The rows as a file of comma-separated values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(content[0]))
        writer.writeheader()
        writer.writerows(content)
    return path


def surrogate(scale: str, **changed: np.ndarray) -> bytes:
    """A network of two layers whose perplexity falls with the embedding and with every ratio; ``changed`` are other arrays."""
    space = space_of(scale)
    weight = np.zeros((2, sum(space.choices)), dtype=np.float32)
    weight[0, :3] = [30.0, 25.0, 20.0]
    weight[1, 6 : 6 + 3 * SCALES[scale].layers[-1]] = np.tile([-0.01, -0.02, -0.03], SCALES[scale].layers[-1])
    arrays = {"fc1.weight": weight, "fc1.bias": np.array([0.0, 5.0], dtype=np.float32)}
    arrays |= {"fc2.weight": np.ones((1, 2), dtype=np.float32), "fc2.bias": np.zeros(1, dtype=np.float32), **changed}
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def sheets(folder: Path) -> Path:
    """A folder of made-up CSV files and surrogates of all three scales."""
    for scale in SCALES:
        sheet(folder / f"gpt_{scale}.csv", rows(scale))
        (folder / model_file(scale)).write_bytes(surrogate(scale))
    return folder


def quiet(what: str, done: int, total: int) -> None:
    """Shows no progress."""


def imported(home: Path) -> Path:
    """A data home with the made-up table; it must be the one that ``NASBED_DATA`` names."""
    convert.import_table("hw_gpt", sheets(home / "files"), quiet)
    return home


def said(model: LanguageModel, deepest: int) -> dict[str, Any]:
    """A network as the pickles say it: lists as long as the deepest network, with anything beyond its own layers."""
    left = deepest - len(model.ratios)
    return {
        "sample_embed_dim": model.embedding,
        "sample_n_layer": len(model.ratios),
        "sample_mlp_ratio": [*model.ratios, *[4] * left],
        "sample_n_head": [*model.heads, *[12] * left],
        "sample_bias": model.bias,
    }


def pickles(folder: Path, numpy: bool = True) -> Path:
    """A folder of the published form: scale s with two files of perplexities, one GPU and one processor, in other orders."""
    scored, measured = folder / "arch_ppl_bench_s", folder / "data_collection" / "raw_results_hw"
    number = np.float64 if numpy else float
    records = [{**row, "arch": said(model, 12)} for row, model in zip(rows("s"), models("s"), strict=True)]
    parts = {"0_20": records[:20], "20_100": records[20:40]}
    for part, some in parts.items():
        kept = [{name: one[name] for name in ("accuracy", "perplexity", "arch")} for one in some]
        dump(scored / f"ppl_observations_tracker_{part}.pkl", kept)
    gpu, cpu = measured / "latency_a100", measured / "latency_cpu_alldlc"
    sizes = [{"arch": one["arch"], "params": one["params"], "macs": one["macs"]} for one in reversed(records)]
    times = [one["params"] / 1e7 for one in reversed(records)]
    dump(
        gpu / "efficiency_observations_0_41.pkl",
        [
            {**size, "times_profiler_gpu": [number(time), time, 9 * time], "times_profiler_cpu": []}
            for size, time in zip(sizes, times, strict=True)
        ],
    )
    dump(
        gpu / "efficiency_energy_observations_tracker_0_41.pkl",
        [
            {"arch": size["arch"], "energy_gpu": [number(time * 30 / 1e4), *[time / 1e4] * 49], "unit_energy": "KWh"}
            for size, time in zip(sizes, times, strict=True)
        ],
    )
    dump(
        cpu / "efficiency_observations_0_41.pkl",
        [
            {**size, "times_profiler_gpu": [], "times_profiler_cpu": [time] * 10, "mean_energy_cpu": number(time / 100)}
            for size, time in zip(sizes, times, strict=True)
        ],
    )
    return folder


def dump(path: Path, content: Any) -> Path:
    """A pickle in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content))
    return path
