"""Runs the league of strategies and writes its tables into docs/strategies.md: regrets, contrasts, queries to the optimum.

Usage: python studies/league.py LABEL ... [--engine local:2 --evaluations 200 --no-hunt] runs rows of studies/league.toml, one by
one, into results/league, where what is stored is not run again, and keeps their scores in results/league.csv, a line a search.
Without a label it writes the tables of what is kept. A row whose thinking takes hours may stop at fewer evaluations (200 of 400)
or leave out benchmarks (--on nasbench201).
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tomli_w

import nasbed
from nasbed.statistics.intervals import mean_interval
from nasbed.statistics.paired import Contrast, contrast, holm
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "results" / "league"
KEPT = ROOT / "results" / "league.csv"
BUDGETS = (50, 100, 200, 400)
PATIENCE = 1_000
"""Queries after which a search for the optimum is given up."""
HUNTED = ("nasbench201",)
"""Benchmarks on which the optimum is searched for."""
RIVALS = ("random_search", "regularized_evolution")
LEVEL = 0.05
METRICS = ("validation_regret", "test_regret")
COLUMNS = tuple(f"{metric}_{budget}" for metric in METRICS for budget in BUDGETS)


def study_of(content: dict[str, Any], entry: dict[str, Any], evaluations: int) -> nasbed.Study:
    """The league with one strategy alone."""
    only = {
        **content,
        "budget": {"evaluations": evaluations},
        "reference": entry.get("label", entry["use"]),
        "strategy": [entry],
    }
    return nasbed.Study.parse(tomli_w.dumps(only))


def hunt_of(content: dict[str, Any], entry: dict[str, Any], benchmark: dict[str, Any]) -> nasbed.Study:
    """A search without noise that ends at the architecture of the best mean validation."""
    table = nasbed.load_benchmark(benchmark["use"], dataset=benchmark["dataset"])
    best = int(table.referee().validation(np.arange(len(table.space))).argmax())
    label = entry.get("label", entry["use"])
    options = {key: value for key, value in entry.items() if key not in ("use", "label")}
    wrapped = {
        "use": "until_found:UntilFound",
        "label": label,
        "strategy": entry["use"],
        "options": json.dumps(options),
        "architecture": best,
    }
    rules = {"budget": {"evaluations": PATIENCE}, "noise": "mean", "benchmark": [benchmark], "strategy": [wrapped]}
    return nasbed.Study.parse(tomli_w.dumps({**content, **rules, "reference": label}))


def searched(content: dict[str, Any], entry: dict[str, Any], given: argparse.Namespace) -> pd.DataFrame:
    """The scores of a row, a line a search; what is stored is not run again."""
    label = entry.get("label", entry["use"])
    folder = FOLDER / label.replace(" ", "_")
    found = nasbed.run_study(study_of(content, entry, given.evaluations), folder / "regrets", engine=given.engine)
    frames = []
    for benchmark, part in zip(content["benchmark"], found.series, strict=True):
        scores = {"strategy": label, "benchmark": part.benchmark, "seed": part.runs.seeds}
        for metric in METRICS:
            regret = getattr(part.runs, metric)
            for budget in BUDGETS:
                there = budget <= given.evaluations
                column = regret[:, min(budget, regret.shape[1]) - 1].round(5)
                scores[f"{metric}_{budget}"] = column if there else np.nan
        scores["queries"] = np.nan
        if given.hunt and benchmark["use"] in HUNTED:
            hunt = hunt_of(content, entry, benchmark)
            hunted = nasbed.run_study(hunt, folder / f"optimum-{benchmark['dataset']}", engine=given.engine)
            judged = hunted.series[0].runs
            scores["queries"] = np.where(judged.validation_regret[:, -1] < 1e-9, judged.count, PATIENCE)
        scores["thinking_ms"] = f"{1e3 * part.mean_thinking:.3g}"
        frames.append(pd.DataFrame(scores))
    return pd.concat(frames)


def keep(scores: pd.DataFrame, order: Sequence[str]) -> None:
    """Replace what is kept of a row on the benchmarks that were run."""
    kept = pd.read_csv(KEPT) if KEPT.exists() else scores.iloc[:0]
    again = (kept["strategy"] == scores["strategy"].iloc[0]) & kept["benchmark"].isin(scores["benchmark"])
    benchmarks = list(dict.fromkeys([*kept["benchmark"], *scores["benchmark"]]))
    kept = pd.concat([kept[~again], scores])
    place = kept["strategy"].map(list(order).index) * len(benchmarks) + kept["benchmark"].map(benchmarks.index)
    kept = kept.iloc[np.argsort(place.to_numpy(), kind="stable")]
    partial = KEPT.with_suffix(".partial")
    kept.to_csv(partial, index=False, lineterminator="\n")
    partial.replace(KEPT)


def contrasts(kept: pd.DataFrame, metric: str) -> dict[tuple[str, str, int, str], Contrast]:
    """By strategy, benchmark, budget and rival: paired by seed, corrected by Holm over all of the metric."""
    by_row = dict(iter(kept.groupby(["strategy", "benchmark"], sort=False)))
    found = {}
    for (label, benchmark), frame in by_row.items():
        for rival in RIVALS:
            if (rival, benchmark) in by_row and label != rival:
                for budget in BUDGETS:
                    ours, theirs = (one[f"{metric}_{budget}"].to_numpy() for one in (frame, by_row[rival, benchmark]))
                    if np.isnan(ours).any():
                        continue
                    found[label, benchmark, budget, rival] = contrast(ours, theirs)
    adjusted = holm(np.array([one.p for one in found.values()]))
    return {
        key: Contrast(**{**vars(one), "p_holm": float(p)})
        for (key, one), p in zip(found.items(), adjusted, strict=True)
    }


def mark(found: Mapping[tuple[str, str, int, str], Contrast], label: str, benchmark: str, budget: int) -> str:
    """``*`` better than both rivals, ``°`` better than random search alone, ``×`` worse than random search."""
    versus = [found.get((label, benchmark, budget, rival)) for rival in RIVALS]
    better = [one is not None and one.p_holm < LEVEL and one.difference < 0 for one in versus]
    worse = versus[0] is not None and versus[0].p_holm < LEVEL and versus[0].difference > 0
    return "*" if all(better) else "°" if better[0] else "×" if worse else ""


def _mean(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"


def regrets(kept: pd.DataFrame, benchmark: str, families: Mapping[str, Any]) -> list[str]:
    """The table of one benchmark, best validation regret at 200 evaluations first."""
    heads = [f"{word} {budget}" for word in ("val", "test") for budget in BUDGETS]
    rows = []
    means = kept[kept["benchmark"] == benchmark].groupby("strategy", sort=False)[list(COLUMNS)].mean()
    for label, row in means.sort_values("validation_regret_200").iterrows():
        cells = [
            _mean(row[f"{metric}_{budget}"]) + mark(families[metric], str(label), benchmark, budget)
            for metric in METRICS
            for budget in BUDGETS
        ]
        rows.append([str(label), *cells])
    use, _, dataset = benchmark.partition("/")
    referee = nasbed.load_benchmark(use, dataset=dataset).referee()
    index, seen, chance = referee.winner("draw")
    values = referee.validation(index), referee.test(index, seen)
    floor = [float(best - chance @ value) for best, value in zip(referee.best(), values, strict=True)]
    rows.append(["floor", *(f"{one:.2f}" for one in floor for _ in BUDGETS)])
    return [markdown(printed([benchmark, *heads], rows)), ""]


def hunts(kept: pd.DataFrame) -> str:
    """Queries to the optimum, and thinking time."""
    kept = kept.dropna(subset=["queries"])
    benchmarks = list(dict.fromkeys(kept["benchmark"]))
    rows = []
    order = kept.groupby("strategy", sort=False)["queries"].mean().sort_values(kind="stable")
    for label in order.index:
        of = kept[kept["strategy"] == label]
        cells = []
        for benchmark in benchmarks:
            queries = of.loc[of["benchmark"] == benchmark, "queries"].to_numpy(float)
            low, high = mean_interval(queries, least=1.0, most=PATIENCE)
            missed = int((queries >= PATIENCE).sum())
            cells.append(f"{queries.mean():.0f} [{low:.0f}, {high:.0f}]" + (f", {missed} missed" if missed else ""))
        rows.append([str(label), *cells, f"{of['thinking_ms'].mean():.2g}"])
    return markdown(printed(["strategy", *benchmarks, "ms a query"], rows))


def tables(kept: pd.DataFrame) -> dict[str, str]:
    """The blocks of the page by name."""
    families = {metric: contrasts(kept, metric) for metric in METRICS}
    blocks = [line for name in dict.fromkeys(kept["benchmark"]) for line in regrets(kept, name, families)]
    seeds = kept.groupby(["strategy", "benchmark"]).size()
    assert seeds.nunique() == 1, "rows have different numbers of seeds"
    family = f"{seeds.iloc[0]} seeds; Holm's family: {len(families['test_regret']):,} contrasts a metric."
    return {"regrets": "\n".join([*blocks, family]), "hunts": hunts(kept)}


def inserted(page: str, blocks: Mapping[str, str]) -> str:
    """The page with each block between its two marks, which must be there."""
    for name, block in blocks.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, found, rest = page.partition(begin)
        assert found, f"the page has no mark {begin}"
        page = f"{before}{begin}\n{block}\n{end}{rest.partition(end)[2]}"
    return page


def main() -> None:
    """Run, keep, and write the tables."""
    content = tomllib.loads((ROOT / "studies" / "league.toml").read_text(encoding="utf-8"))
    entries = {entry.get("label", entry["use"]): entry for entry in content["strategy"]}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", nargs="*", metavar="LABEL", help="rows to run")
    parser.add_argument("--engine", default="local", help="local:N is N processes")
    parser.add_argument("--evaluations", type=int, default=BUDGETS[-1], help="the longest searches of the rows")
    parser.add_argument(
        "--on", nargs="*", default=[], metavar="BENCHMARK", help="only these benchmarks; all by default"
    )
    parser.add_argument("--no-hunt", dest="hunt", action="store_false", help="do not measure queries to the optimum")
    given = parser.parse_args()
    content["benchmark"] = [entry for entry in content["benchmark"] if not given.on or entry["use"] in given.on]
    for label in given.labels:
        if label not in entries:
            parser.error(f"unknown row {label!r}; known: {', '.join(entries)}")
        keep(searched(content, entries[label], given), list(entries))
    page = ROOT / "docs" / "strategies.md"
    page.write_text(inserted(page.read_text(encoding="utf-8"), tables(pd.read_csv(KEPT))), encoding="utf-8")


if __name__ == "__main__":
    main()
