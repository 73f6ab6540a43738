"""Writes a results folder of records made elsewhere, whole or not at all."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tomli_w

from nasbed.errors import StoreError, named
from nasbed.files import atomic_write
from nasbed.results.series import SeriesResult
from nasbed.searches import columns
from nasbed.searches.columns import Columns
from nasbed.searches.rules import Rules
from nasbed.studies.imported import IMPORTED
from nasbed.studies.provenance import session
from nasbed.studies.series import key_of
from nasbed.studies.shards import write_shard
from nasbed.studies.store import Store, blocks, named_folder
from nasbed.vocabulary import Benchmark


class Chosen(NamedTuple):
    """A benchmark that records are of: the name and the options that a study loads it by, and itself."""

    use: str
    options: dict[str, Any]
    benchmark: Benchmark


def new_folder(out: Path | str) -> Store:
    """The folder that will hold the records, which must not hold anything yet."""
    store = Store(out)
    try:
        there = store.folder.exists() and (not store.folder.is_dir() or any(store.folder.iterdir()))
    except OSError as error:
        raise StoreError(f"{named(store.folder)}: {error.strerror}; choose another folder with --out") from None
    if there:
        raise StoreError(
            f"{named(store.folder)} is there and not empty; records are imported into a folder of their own: choose another with"
            " --out"
        )
    return store


def write_folder(
    store: Store,
    all_series: Sequence[SeriesResult],
    chosen: Mapping[str, Chosen],
    rules: Rules,
    about: dict[str, Any],
    bounds: dict[str, Any],
    reference: str,
    title: str,
    command: list[str] | None,
) -> None:
    """Write the folder: beside it first, so that one that is broken off leaves nothing."""
    folder = store.folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.parent))
    except OSError as error:
        raise StoreError(f"cannot write {named(folder)}: {error.strerror}; choose another folder with --out") from None
    try:
        made = Store(beside)
        entries = [_series(made, series, chosen[series.benchmark], rules, about) for series in all_series]
        seeds = all_series[0].runs.seeds.tolist()
        gapless = seeds == list(range(seeds[0], seeds[0] + len(seeds)))
        study = {
            "name": re.sub(r"[/\\:\0]+", "_", folder.name).lstrip(".")[:100] or "imported",
            "title": title,
            "seeds": len(seeds),
            "first_seed": seeds[0],
            "reference": reference,
            "noise": rules.noise,
            "repeats": rules.repeats,
            "incumbent": rules.incumbent,
            "workers": rules.workers,
            "budget": {rules.budget.kind: rules.budget.amount},
            "benchmark": [
                {"use": chosen[label].use, "label": label, **chosen[label].options}
                for label in dict.fromkeys(series.benchmark for series in all_series)
            ],
            "strategy": [
                {"use": IMPORTED, "label": label} for label in dict.fromkeys(series.strategy for series in all_series)
            ],
        }
        record = {
            "study": study["name"],
            IMPORTED: about,
            "seeds": {"first": seeds[0], "count": len(seeds), **({} if gapless else {"numbers": seeds})},
            **({"bounds": bounds} if bounds else {}),
            "study_text": tomli_w.dumps(study),
            "series": entries,
            "complete": True,
            "sessions": [{**session("none", command), IMPORTED: about}],
        }
        atomic_write(made.record, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
        beside.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        beside.rename(folder)
    except OSError as error:
        raise StoreError(f"cannot write {named(folder)}: {error.strerror}; choose another folder with --out") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _series(store: Store, series: SeriesResult, of: Chosen, rules: Rules, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the records of a series, and return its entry in ``run.json``."""
    content = {
        "strategy": {"use": IMPORTED, "label": series.strategy, "options": {}, "source": ""},
        "benchmark": {"use": of.use, "options": of.options, "data": of.benchmark.checksum},
        "core": "",
        "rules": {**asdict(rules), "stages": []},
        IMPORTED: {key: about[key] for key in ("file", "format", "sha256")},
    }
    key = key_of(content)
    folder = named_folder(f"{series.benchmark}--{series.strategy}", key)
    objective = series.searched.objectives[0].name
    for first, seeds in blocks(series.runs.seeds.tolist()).items():
        records = series.recorded(seeds)
        answers: Columns = {
            objective if name == columns.VALUE.name else name: values for name, values in records.items()
        }
        cells = {
            columns.SEED.name: answers[columns.SEED.name],
            columns.TRIAL.name: _places(answers[columns.SEED.name]),
            columns.THINKING.name: np.full(len(answers[columns.SEED.name]), np.nan),
        }
        described: dict[str, Any] = {"series": key, "seeds": seeds}
        write_shard(store.path("timings", folder, first), columns.arrays(columns.TIMINGS, cells), described)
        write_shard(store.path("answers", folder, first), answers, {**described, "content": content})
    return {
        "strategy": series.strategy,
        "benchmark": series.benchmark,
        "key": key,
        "folder": folder,
        "content": content,
    }


def _places(seeds: np.ndarray) -> np.ndarray:
    """The place of each record within its run, from 0; records are sorted by seed."""
    _, first, count = np.unique(seeds, return_index=True, return_counts=True)
    return np.arange(len(seeds)) - np.repeat(first, count)
