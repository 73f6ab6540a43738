"""Runs methods of other libraries beside ours, and writes the table of docs/peers.md.

Usage: python studies/peers.py LABEL ... [--seeds 20 --engine local:2 --on cifar10] runs rows of studies/peers.toml into
results/peers, where what is stored is not run again, and keeps their scores in results/peers.csv, a line a search, with the
versions that they ran with. Without a label it writes the table of what is kept: each row is compared with gp_bo by the seeds
that both have.
"""

from __future__ import annotations

import argparse
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tomli_w
from pages import write_blocks

import nasbed
from nasbed.statistics.paired import contrast, holm
from nasbed.strategies.models.outside import OutsideStrategy
from nasbed.strategies.program import Program
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "results" / "peers.csv"
PAGE = ROOT / "docs" / "peers.md"
REFERENCE = "gp_bo"
FEWEST = 6
"""Pairs below which no test is made: with fewer, no signed-rank test reaches 5 %."""


def versions(entry: dict[str, Any]) -> str:
    """The library of a row and its version, which a program prints when it is asked for its --version; nothing of ours."""
    options = {key: value for key, value in entry.items() if key not in ("use", "label")}
    made = nasbed.load_strategy(entry["use"], **options)
    if isinstance(made, Program):
        return subprocess.run([*made.words, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    if not isinstance(made, OutsideStrategy):
        return ""
    name = made.distributions[0]
    return f"{name} {version(name)}"


def searched(content: dict[str, Any], entry: dict[str, Any], engine: str) -> pd.DataFrame:
    """The scores of a row, a line a search."""
    label = entry.get("label", entry["use"])
    study = nasbed.Study.parse(tomli_w.dumps({**content, "reference": label, "strategy": [entry]}))
    folder = ROOT / "results" / "peers" / label.replace(" ", "_").replace(",", "")
    frames = []
    for part in nasbed.run_study(study, folder, engine=engine).series:
        kept = {
            "strategy": label,
            "version": versions(entry),
            "benchmark": part.benchmark,
            "seed": part.runs.seeds,
            "regret_50": part.runs.validation_regret[:, 49].round(5),
            "regret_100": part.runs.validation_regret[:, -1].round(5),
            "test_regret_100": part.runs.test_regret[:, -1].round(5),
            "thinking_seconds": f"{part.mean_thinking * content['budget']['evaluations']:.3g}",
        }
        frames.append(pd.DataFrame(kept))
    return pd.concat(frames)


def keep(scores: pd.DataFrame) -> None:
    """Replace what is kept of the same searches."""
    kept = pd.read_csv(KEPT, keep_default_na=False) if KEPT.exists() else scores.iloc[:0]
    names = ["strategy", "benchmark", "seed"]
    both = pd.concat([kept, scores]).drop_duplicates(names, keep="last").sort_values(names, kind="stable")
    partial = KEPT.with_suffix(".partial")
    both.to_csv(partial, index=False, lineterminator="\n")
    partial.replace(KEPT)


def table(kept: pd.DataFrame) -> str:
    """Mean regret of each row on each benchmark, its paired difference from gp_bo, and what it thought."""
    blocks = []
    found = {}
    for (benchmark, label), frame in kept.groupby(["benchmark", "strategy"], sort=False):
        rival = kept[(kept["benchmark"] == benchmark) & (kept["strategy"] == REFERENCE)].set_index("seed")["regret_100"]
        own = frame.set_index("seed")["regret_100"]
        seeds = own.index.intersection(rival.index)
        if label != REFERENCE and len(seeds) >= FEWEST:
            found[benchmark, label] = contrast(own[seeds].to_numpy(), rival[seeds].to_numpy())
    adjusted = dict(zip(found, holm(np.array([one.p for one in found.values()])), strict=True)) if found else {}
    for benchmark in dict.fromkeys(kept["benchmark"]):
        of = kept[kept["benchmark"] == benchmark]
        rival = of[of["strategy"] == REFERENCE].set_index("seed")["regret_100"]
        rows = []
        means = of.groupby("strategy")["regret_100"].mean().sort_values(kind="stable")
        for label in means.index:
            frame = of[of["strategy"] == label].set_index("seed")
            scores = frame["regret_100"]
            seeds = scores.index.intersection(rival.index)
            error = f" ± {scores.std() / np.sqrt(len(scores)):.2f}" if len(scores) > 1 else ""
            tested = (benchmark, label) in found
            p = f"{adjusted[benchmark, label]:.3f}" if tested else "–"
            rows.append(
                [
                    str(label),
                    frame["version"].iloc[0] or "ours",
                    str(len(scores)),
                    f"{frame['regret_50'].mean():.2f}",
                    f"{scores.mean():.2f}{error}",
                    "reference" if label == REFERENCE else f"{(scores[seeds] - rival[seeds]).mean():+.2f}",
                    "" if label == REFERENCE else p,
                    f"{frame['thinking_seconds'].astype(float).mean():.2g}",
                ]
            )
        heads = [benchmark, "library", "seeds", "at 50", "at 100", "Δ", "p", "thinking, s"]
        blocks += [markdown(printed(heads, rows)), ""]
    return "\n".join([*blocks, f"Holm's family: {len(found)} contrasts."])


def main() -> None:
    """Run, keep, and write the table."""
    content = tomllib.loads((ROOT / "studies" / "peers.toml").read_text(encoding="utf-8"))
    entries = {entry.get("label", entry["use"]): entry for entry in content["strategy"]}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", nargs="*", metavar="LABEL", help="rows to run")
    parser.add_argument("--seeds", type=int, default=content["seeds"], help="seeds of these rows")
    parser.add_argument("--engine", default="local", help="local:N is N processes")
    parser.add_argument("--on", nargs="*", default=[], metavar="DATASET", help="only these data sets; all by default")
    given = parser.parse_args()
    content["seeds"] = given.seeds
    content["benchmark"] = [one for one in content["benchmark"] if not given.on or one["dataset"] in given.on]
    for label in given.labels:
        if label not in entries:
            parser.error(f"unknown row {label!r}; known: {', '.join(entries)}")
        keep(searched(content, entries[label], given.engine))
    write_blocks(PAGE, {"peers": table(pd.read_csv(KEPT, keep_default_na=False))})


if __name__ == "__main__":
    main()
