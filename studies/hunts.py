"""Counts the queries of rows of the league until the optimum is asked for, over many seeds, for a table of docs/league.md.

Usage: python studies/hunts.py LABEL ... [--seeds 300 --engine local:2] runs rows of studies/league/strategies.toml on the data
sets of NAS-Bench-201 without noise, where what is stored in results/hunts is not run again, and keeps their queries in
results/hunts.csv, a line a search. Without a row it writes the table of what is kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from league import hunted
from league_page import PAGE, hunts
from league_setup import families, rows
from pages import write_blocks

from nasbed.errors import require_name

KEPT = Path(__file__).resolve().parent.parent / "results" / "hunts.csv"
FAMILY = "nasbench201"


def write(found: pd.DataFrame) -> None:
    """Keep the queries of rows in place of those that were kept of the same rows."""
    kept = pd.read_csv(KEPT) if KEPT.exists() else found.iloc[:0]
    others = kept[~kept["strategy"].isin(found["strategy"])]
    partial = KEPT.with_suffix(".partial")
    pd.concat([others, found]).sort_values("strategy", kind="stable").to_csv(partial, index=False, lineterminator="\n")
    partial.replace(KEPT)


def main() -> None:
    """Run, keep, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", nargs="*", metavar="LABEL", help="rows to run")
    parser.add_argument("--seeds", type=int, default=300, help="searches of a row on a data set")
    parser.add_argument("--engine", default="here", help="local:N is N processes")
    given = parser.parse_args()
    family, known = families()[FAMILY], rows()
    for label in given.labels:
        require_name("row", label, tuple(known), "the league")
    for label in given.labels:
        folder = KEPT.with_suffix("") / label.replace(" ", "_")
        found = []
        for dataset in family.datasets:
            queries = hunted(family, known[label], dataset, folder, given.seeds, given.engine).astype(int)
            name = {"strategy": label, "benchmark": f"{FAMILY}/{dataset}"}
            found.append(pd.DataFrame(name | {"seed": range(given.seeds), "queries": queries}))
        write(pd.concat(found))
    write_blocks(PAGE, {"many hunts": hunts(pd.read_csv(KEPT))})


if __name__ == "__main__":
    main()
