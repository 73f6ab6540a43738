"""Makes the archive of reference runs in results/archive: every strategy on every table that ships with nasbed, with its defaults.

Usage: python studies/archive.py [STRATEGY ...] [--on BENCHMARK ...] [--engine local:2] runs strategies, all of SEEDS by default,
one by one into results/archive_runs, where what is stored is not run again, on all shipped benchmarks or these; then packs all that
are stored there into results/archive, in the place of what that held of these strategies on these benchmarks. The same runs give
the same bytes. With --pack nothing is run, with --no-pack nothing is packed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import tomli_w

import nasbed
from nasbed.errors import UnmetNeedError, require_name
from nasbed.results.archive.adding import PROTOCOL, add_folder
from nasbed.results.archive.archive import MANIFEST, Archive
from nasbed.searches.remedies import require

ROOT = Path(__file__).resolve().parent.parent
RUNS = ROOT / "results" / "archive_runs"
ARCHIVE = ROOT / "results" / "archive"

BENCHMARKS: tuple[dict[str, Any], ...] = (
    {"use": "nasbench201", "dataset": "cifar10"},
    {"use": "nasbench201", "dataset": "cifar100"},
    {"use": "nasbench201", "dataset": "ImageNet16-120"},
    {"use": "digits201"},
    {"use": "vowels"},
)
"""The tables that ship with nasbed. What `synthetic` answers is computed, and is not looked up again bit for bit."""
USES = tuple(dict.fromkeys(str(one["use"]) for one in BENCHMARKS))

SEEDS = {
    "hand_designed": 100,
    "random_architecture": 100,
    "random_search": 100,
    "regularized_evolution": 100,
    "local_search": 100,
    "simulated_annealing": 100,
    "genetic_algorithm": 100,
    "reinforce": 100,
    "tpe": 100,
    "lstm_controller": 50,
    "gp_bo": 100,
    "sum_kernel_gp": 50,
    "rf_bo": 50,
    "npenas": 50,
    "weak_predictors": 20,
    "bananas": 20,
}
"""The fast strategies first; those that think for milliseconds before an evaluation have fewer seeds."""


def study_of(strategy: str, seeds: int, benchmarks: Sequence[dict[str, Any]]) -> nasbed.Study:
    """One strategy, with its defaults, on these benchmarks, under the protocol of the archive."""
    budget = nasbed.Budget(**PROTOCOL["budget"])
    content = {
        "name": "archive",
        "title": f"The archive: {strategy}",
        "seeds": seeds,
        "budget": {budget.kind: budget.amount},
        "benchmark": benchmarks,
        "strategy": [{"use": strategy}],
        **{name: PROTOCOL[name] for name in ("noise", "repeats", "incumbent", "workers", "first_seed")},
    }
    return nasbed.Study.parse(tomli_w.dumps(content))


def searched(strategy: str, on: Collection[str]) -> list[dict[str, Any]]:
    """Those of the benchmarks that a strategy can search."""
    return [one for one in BENCHMARKS if one["use"] in on and _searches(strategy, one)]


def _searches(strategy: str, entry: dict[str, Any]) -> bool:
    options = {key: value for key, value in entry.items() if key != "use"}
    benchmark = nasbed.load_benchmark(entry["use"], **options)
    made = nasbed.load_strategy(strategy)
    assert isinstance(made, nasbed.Strategy)
    try:
        require(made, benchmark, benchmark.task(nasbed.Budget(**PROTOCOL["budget"])))
    except UnmetNeedError:
        return False
    return True


def pack(on: Collection[str]) -> None:
    """Write the archive of what is stored, and of what it held of other strategies and benchmarks, beside the one that is there,
    which it then replaces.
    """
    beside = ARCHIVE.with_name(".archive.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    archive, before = Archive.load(beside, new=True), Archive.load(ARCHIVE)
    stored = [strategy for strategy in SEEDS if _stored(folder_of(strategy, on))]
    kept = [
        (one, before.runs(one))
        for one in before.series
        if one.strategy in SEEDS and not (one.strategy in stored and one.benchmark.partition("/")[0] in on)
    ]
    if kept:
        archive.put(kept, PROTOCOL)
    for strategy in stored:
        for one in add_folder(archive, str(folder_of(strategy, on))):
            print(f"{one.strategy} on {one.benchmark}: {one.seeds} seeds{', sees its budget' * one.sees_budget}")
    ARCHIVE.mkdir(parents=True, exist_ok=True)
    for path in [*sorted(beside.glob("*.npz")), beside / MANIFEST]:
        path.replace(ARCHIVE / path.name)
    beside.rmdir()
    print(f"{sum(about['bytes'] for about in archive.files.values()):,} bytes of runs in {len(archive.files)} files")


def folder_of(strategy: str, on: Collection[str]) -> Path:
    """Where the runs of a strategy on these benchmarks are stored."""
    return RUNS / "-".join([strategy, *([] if set(on) == set(USES) else [use for use in USES if use in on])])


def _stored(folder: Path) -> bool:
    """Whether all runs of a folder are stored."""
    record = folder / "run.json"
    return record.exists() and bool(json.loads(record.read_text(encoding="utf-8")).get("complete"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("strategies", nargs="*", metavar="STRATEGY", help=", ".join(SEEDS))
    parser.add_argument("--on", nargs="+", choices=USES, default=USES, metavar="BENCHMARK", help=", ".join(USES))
    parser.add_argument("--engine", default="here", help="local:N is N processes")
    parser.add_argument("--pack", action="store_true", help="pack what is stored, and run nothing")
    parser.add_argument("--no-pack", action="store_true", help="run only, as one of several processes")
    given = parser.parse_args()
    for name in given.strategies:
        require_name("strategy", name, SEEDS, "the archive")
    for strategy in () if given.pack else given.strategies or SEEDS:
        if not (benchmarks := searched(strategy, given.on)):
            continue
        began, study = time.process_time(), study_of(strategy, SEEDS[strategy], benchmarks)
        nasbed.run_study(study, folder_of(strategy, given.on), engine=given.engine)
        print(f"{strategy}: {SEEDS[strategy]} seeds, {time.process_time() - began:.0f} s of this process", flush=True)
    if not given.no_pack:
        pack(given.on)


if __name__ == "__main__":
    main()
