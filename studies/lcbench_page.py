"""The table of docs/lcbench.md: strategies over the 34 data sets of LCBench, by its surrogate.

Usage: nasbed run studies/lcbench.toml --seeds 10 --no-figures, then python studies/lcbench_page.py [--results DIR]

Writes the table between the markers of docs/lcbench.md. Ranks, gains, intervals and tests are those of the tables over all
benchmarks of a report (nasbed.statistics.across).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pages import write_blocks

import nasbed
from nasbed.results.series import METRICS
from nasbed.statistics.across import across_benchmarks
from nasbed.tables.numbers import p_value
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

PAGE = Path(__file__).parents[1] / "docs" / "lcbench.md"


def table(results: nasbed.Results) -> str:
    """A row a strategy, the best on validation first: rank, gain with its interval, and test, on validation and on test."""
    found = {metric: across_benchmarks(results, metric).set_index("strategy") for metric in METRICS}
    lines = []
    for name in found[METRICS[0]].sort_values("rank", kind="stable").index:
        line = [name]
        for frame in found.values():
            of = frame.loc[name]
            gain = f"{of['gain']:+.2f} [{of['gain_low']:.2f}, {of['gain_high']:.2f}]"
            known = name != results.reference
            line += [f"{of['rank']:.2f}", gain if known else "reference", p_value(of["p_holm"]) if known else ""]
        lines.append(line)
    return markdown(
        printed(
            [
                "strategy",
                *(f"{word}" for split in ("validation", "test") for word in (f"rank, {split}", "gain [95 %]", "p")),
            ],
            lines,
        )
    )


def said(results: nasbed.Results) -> str:
    """Seeds, searches, and how far over random search the best of the data sets go."""
    seeds = len(results.series[0].runs.seeds)
    wins = across_benchmarks(results, METRICS[0]).set_index("strategy")["wins"].dropna()
    better = [f"{name} {100 * share:.0f} %" for name, share in wins.sort_values(ascending=False, kind="stable").items()]
    return (
        f"{seeds} seeds (0 to {seeds - 1}), {seeds * len(results.series):,} searches. Share of data sets on which the mean"
        f" validation of a strategy is better than that of {results.reference}: {', '.join(better)}."
    )


def main() -> None:
    """Read the results and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("results/lcbench"))
    results = nasbed.Results.load(parser.parse_args().results)
    content = f"{table(results)}\n\n{said(results)}"
    write_blocks(PAGE, {"strategies": f"\n{content}\n"})
    print(content)


if __name__ == "__main__":
    main()
