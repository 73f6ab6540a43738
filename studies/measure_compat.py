"""Load time, time of a query and memory of nasbed.benchmarks.compat, beside nats-bench 1.8 and nas-bench-201 2.1.

Usage: python studies/measure_compat.py FOLDER, where FOLDER holds the official files of the topology space, one an
architecture (NATS-tss-v1_0-3ffb9-simple). A sample of a few architectures will do: what the packages take for all 15,625 is
then extrapolated from two files in which the architectures at hand are repeated under other indices.

Each column is of a process of its own, in CPU seconds; memory is the peak over that of Python with NumPy.
"""

from __future__ import annotations

import argparse
import bz2
import importlib.util
import json
import pickle
import resource
import subprocess
import sys
import tempfile
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from nasbed.benchmarks.convert import nats_topology
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

ALL = 15_625
COUNTS = (60, 180)
"""Architectures in the two files that the packages load whole."""
VERSION = "NATS-tss-v1_0-3ffb9"
PACKAGES = {"nats_bench": "nats-bench==1.8", "nas_201_api": "nas-bench-201==2.1"}

QUERIES: dict[str, Callable[[Any], Any]] = {
    "get_more_info, 12 epochs, one run": lambda api: api.get_more_info(0, "cifar10", hp="12", is_random=111),
    "get_more_info, 200 epochs, one run": lambda api: api.get_more_info(0, "cifar100", hp="200", is_random=777),
    "get_more_info, 200 epochs, mean": lambda api: api.get_more_info(0, "cifar100", hp="200", is_random=False),
    "simulate_train_eval, 12 epochs": lambda api: api.simulate_train_eval(0, "cifar10", hp="12"),
    "simulate_train_eval, 200 epochs": lambda api: api.simulate_train_eval(0, "cifar10", hp="200"),
    "get_cost_info": lambda api: api.get_cost_info(0, "cifar10", "200"),
    "query_by_index": lambda api: api.query_by_index(0, "cifar10", "200"),
    "query_info_str_by_arch": lambda api: api.query_info_str_by_arch(0, "200"),
}


class Handed(dict[str, Any]):
    """Not copied on the way in, as what the package reads itself is not."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Handed:
        return self


def ours(work: Path, count: int) -> Any:
    from nasbed.benchmarks.compat import create

    return create(str(work / "nats_topology"), "tss", verbose=False)


def folder(work: Path, count: int) -> Any:
    import nats_bench

    return nats_bench.create(str(work / f"{VERSION}-simple"), "tss", fast_mode=True, verbose=False)


def file(work: Path, count: int) -> Any:
    import nats_bench

    return nats_bench.create(str(work / f"{count}.pickle.pbz2"), "tss", verbose=False)


def older(work: Path, count: int) -> Any:
    """Handed a dictionary, because the package cannot read its files with current torch, which it then does not need."""
    if importlib.util.find_spec("torch") is None:
        sys.modules["torch"] = types.ModuleType("torch")
    import nas_201_api

    with bz2.open(work / f"{count}.pickle.pbz2") as content:
        states = Handed(pickle.load(content))
    for by_hp in states["arch2infos"].values():
        by_hp["less"], by_hp["full"] = by_hp.pop("12"), by_hp.pop("200")
    return nas_201_api.NASBench201API(states, verbose=False)


PARTS: dict[str, tuple[str, Callable[[Path, int], Any]]] = {
    "nasbed": ("", ours),
    "nats-bench, fast mode": ("nats_bench", folder),
    "nats-bench, one file": ("nats_bench", file),
    "nas-bench-201": ("nas_201_api", older),
}
"""Title -> the package that it needs, and what makes the object."""
WHOLE = ("nats-bench, one file", "nas-bench-201")
"""Those that load every architecture."""
SCALED = ("load", "find_best over all", "memory")


def measure(part: str, work: Path, count: int) -> dict[str, float]:
    """Of one part, in this process."""
    warnings.simplefilter("ignore")
    before = memory()
    start = process_time()
    api = PARTS[part][1](work, count)
    measured = {"load": process_time() - start}
    start = process_time()
    next(iter(QUERIES.values()))(api)
    measured["first query"] = process_time() - start
    measured |= {title: fastest(query, api) for title, query in QUERIES.items()}
    if part != "nats-bench, fast mode":
        measured["find_best over all"] = fastest(lambda api: api.find_best("cifar10", "valid", hp="200"), api, 1)
    return {**measured, "memory": memory() - before}


def extrapolated(few: dict[str, float], many: dict[str, float]) -> dict[str, float]:
    """What takes longer with every architecture, for all of them, on the line through two counts."""
    steps = (ALL - COUNTS[0]) / (COUNTS[1] - COUNTS[0])
    return {key: few[key] + (many[key] - few[key]) * steps if key in SCALED else value for key, value in many.items()}


def fastest(query: Callable[[Any], Any], api: Any, number: int = 100) -> float:
    """CPU seconds of one call, the least mean of five rounds."""
    rounds = []
    for _ in range(5):
        start = process_time()
        for _ in range(number):
            query(api)
        rounds.append((process_time() - start) / number)
    return min(rounds)


def memory() -> float:
    """The most that this process has taken so far, in MB, mapped files included."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the parent's there
        return next(int(line.split()[1]) / 1e3 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def prepare(files: Path, work: Path) -> int:
    """Our table and the packages' files in ``work``; how many architectures there are."""
    held = sorted(path for path in files.glob("*.pickle.pbz2") if path.name[0].isdecimal())
    (work / f"{VERSION}-simple").symlink_to(files.resolve())
    nats_topology.convert([files], work / "nats_topology", lambda *_: None, partial=True)
    names = nats_topology.LAYOUT.texts()
    for count in COUNTS:
        infos = {place: pickle.loads(bz2.decompress(held[place % len(held)].read_bytes())) for place in range(count)}
        with bz2.open(work / f"{count}.pickle.pbz2", "wb") as content:
            pickle.dump(
                {"meta_archs": names, "arch2infos": infos, "evaluated_indexes": list(infos)}, content, protocol=4
            )
    return len(held)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, help=f"folder {VERSION}-simple of the official files, or a sample of it")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(measure(options.part, options.files, options.count)))
        return
    if not (options.files / "000000.pickle.pbz2").is_file():
        parser.error(
            f"{options.files} holds no 000000.pickle.pbz2: give the folder of the official files, or of a sample"
        )
    missing = [name for module, name in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        print(f"not installed, so left out: pip install --no-deps {' '.join(missing)}\n")
    with tempfile.TemporaryDirectory() as name:
        held = prepare(options.files, Path(name))
        columns = {
            part: in_processes(part, Path(name))
            for part, (module, _) in PARTS.items()
            if not module or importlib.util.find_spec(module) is not None
        }
    print(table(columns, held))


def in_processes(part: str, work: Path) -> dict[str, float]:
    """Measured in a process of its own, or two."""

    def run(count: int) -> dict[str, float]:
        command = [sys.executable, __file__, str(work), "--part", part, "--count", str(count)]
        measured: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return measured

    return extrapolated(run(COUNTS[0]), run(COUNTS[1])) if part in WHOLE else run(0)


def table(columns: dict[str, dict[str, float]], held: int) -> str:
    lines = [
        f"Python {sys.version.split()[0]}, NumPy {np.__version__}; {held:,} architectures at hand. Extrapolated to {ALL:,} from"
        f" {COUNTS[0]} and {COUNTS[1]}: {', '.join(SCALED)} of {' and '.join(WHOLE)}.",
        "",
    ]
    rows = (
        [title, *(shown(title, measured.get(title)) for measured in columns.values())]
        for title in ("load", "first query", *QUERIES, "find_best over all", "memory")
    )
    return "\n".join([*lines, markdown(printed(["", *columns], rows))])


def shown(title: str, value: float | None) -> str:
    if value is None:
        return ""
    if title == "memory":
        return f"{value:,.0f} MB"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:,.3g} {unit}" if value / size < 1_000 else f"{value / size:,.0f} {unit}"
    return f"{value * 1e6:.0f} µs"


if __name__ == "__main__":
    main()
