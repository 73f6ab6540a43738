"""How many evaluations a second engines make of a study, what of it is an engine's own work, and what breaks first with many.

Usage: python studies/measure_engines.py [STUDY --seeds 500 --rounds 5] runs the study by turns in one process, with one and two
local processes, in two commands that know nothing of one another, and on a Dask cluster of this machine, each time in a fresh
folder and from the start of the interpreter to the last stored record, and prints medians. Ratios are taken within a round, because
machines are noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from nasbed.engines.opening import open_engine
from nasbed.studies.runner import run_missing
from nasbed.studies.slices import Slice
from nasbed.studies.store import Store
from nasbed.studies.study import Study

ENGINES = {
    "one process": [("here", "")],
    "local:1": [("local:1", "")],
    "local:2": [("local:2", "")],
    "two commands, half the study each": [("here", "1/2"), ("here", "2/2")],
    "Dask, one worker": [("dask:local?workers=1", "")],
    "Dask, two workers": [("dask:local?workers=2", "")],
}
"""What is measured: the engines of commands that run at the same time, and the slice of each."""
YARDSTICK = "two commands, half the study each"
WORKERS, EVALUATIONS = 1_000, 1_000_000_000
"""What the projection is for."""
SMALL = 10
"""Seeds of a run that does little but start."""


@dataclass(frozen=True)
class Measured:
    """A run of the study: seconds by the clock, CPU seconds of the commands themselves and of their workers, and stored bytes."""

    seconds: float
    own: float
    workers: float
    stored: int


def run_one(study: str, out: str, seeds: int, engine: str, part: str) -> None:
    """Run a study, or a slice of it, up to its records; prints the CPU seconds of this process and of its children."""
    loaded, chosen, store = Study.load(study).with_seeds(seeds), Slice.parse(part) if part else None, Store(out)
    place = store if chosen is None else chosen.store(store, loaded.name)
    with open_engine(engine) as opened, place.alone():
        run_missing(loaded, store, opened, False, None, [], chosen)
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps([one.ru_utime + one.ru_stime for one in used]))


def measured(study: Path, seeds: int, commands: Sequence[tuple[str, str]]) -> Measured:
    """Run a study by commands that are started together, and wait for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        started = [
            subprocess.Popen(
                [sys.executable, __file__, "--one", str(study), folder, str(seeds), engine, part],
                stdout=subprocess.PIPE,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            for engine, part in commands
        ]
        used = [json.loads(command.communicate()[0]) for command in started]
        seconds = time.monotonic() - began
        stored = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
    own, workers = (sum(one) for one in zip(*used, strict=True))
    return Measured(seconds, own, workers, stored)


def evaluations_of(study: Path, seeds: int) -> int:
    """How many evaluations a study makes."""
    with tempfile.TemporaryDirectory() as folder, open_engine("local") as opened:
        loaded, store = Study.load(study).with_seeds(seeds), Store(folder)
        run_missing(loaded, store, opened, False, None, [])
        return sum(
            len(store.read("answers", name.name, loaded.seeds)["seed"]) for name in (Path(folder) / "answers").iterdir()
        )


def projected(evaluations: int, medians: Mapping[str, Measured], least: tuple[int, Measured, Measured]) -> str:
    """What the measured parts come to for many workers, without what they take to start: ``least`` is how many evaluations a small
    run makes, in one process and with two workers.
    """
    one, local = medians["one process"], medians["local:2"]
    few, small, small_local = least
    rate = (evaluations - few) / (one.seconds - small.seconds)
    parent = (evaluations - few) / (local.own - small_local.own)
    return "\n".join(
        [
            f"One process makes {rate:,.0f} evaluations a second, so {WORKERS:,} would make {EVALUATIONS:.0e} in"
            f" {EVALUATIONS / (WORKERS * rate):,.0f} s.",
            f"The command that takes in and stores results handles {parent:,.0f} evaluations a CPU second, so {EVALUATIONS:.0e}"
            f" take it {EVALUATIONS / parent:,.0f} s: it is what breaks first, from about {parent / rate:,.0f} workers on. Slices"
            " have no such command.",
            f"Stored are {one.stored / evaluations:.2f} bytes an evaluation, {EVALUATIONS / 1e9 * one.stored / evaluations:,.1f} GB"
            " in all.",
        ]
    )


def main() -> None:
    """Measure, and print a table and the projection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", type=Path, default=Path(__file__).with_name("quickstart.toml"))
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.one:
        study, out, seeds, engine, part = words.one
        run_one(study, out, int(seeds), engine, part)
        return
    study, seeds = words.study.resolve(), words.seeds
    evaluations = evaluations_of(study, seeds)
    rounds = [
        {name: measured(study, seeds, commands) for name, commands in ENGINES.items()} for _ in range(words.rounds)
    ]
    print(f"{study.stem}, {seeds:,} seeds: {evaluations:,} evaluations, medians of {words.rounds} rounds\n")
    print(f"| engine | evaluations a second | of {YARDSTICK} | CPU s: command, workers |\n| --- | ---: | ---: | ---: |")
    medians = {}
    for name in ENGINES:
        seen = [one[name] for one in rounds]
        ratio = median(one[YARDSTICK].seconds / one[name].seconds for one in rounds)
        medians[name] = Measured(*(median(getattr(one, part) for one in seen) for part in Measured.__annotations__))
        middle = medians[name]
        print(
            f"| {name} | {evaluations / middle.seconds:,.0f} | {ratio:.2f} | {middle.own:.1f}, {middle.workers:.1f} |"
        )
    overhead = median(one["Dask, two workers"].seconds / one["local:2"].seconds for one in rounds) - 1
    print(f"\nDask's overhead over local:2: {100 * overhead:.1f} % (median of ratios within rounds)\n")
    small = (
        evaluations_of(study, SMALL),
        *(measured(study, SMALL, ENGINES[name]) for name in ("one process", "local:2")),
    )
    print(projected(evaluations, medians, small))


if __name__ == "__main__":
    main()
