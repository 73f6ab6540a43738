"""Whether each cure of weight sharing is better than the method that it is a cure of, on digits201.

Usage: nasbed run studies/weight_sharing_cures.toml && python studies/weight_sharing_cures.py [results/weight-sharing-cures]

Both of a pair have the same seeds, so that their supernets begin with the same weights and see the same batches. Regret on test is
compared seed by seed: the mean difference with its 95 % interval (Student), that difference in standard deviations of the
differences (d_z), the share of seeds on which the cure is better, and the two-sided signed-rank test with Holm's correction over
all pairs. *found from* is the difference that such a test finds with a chance of 80 % at the first of Holm's steps. Prints a table;
``--first`` leaves out the seeds below a number, on which a hypothesis may have been formed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

import nasbed
from nasbed.statistics.estimators import standardised_difference
from nasbed.statistics.paired import contrast, holm
from nasbed.statistics.power import smallest_detectable_difference
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

PAIRS = {
    "darts, stopped early": "darts",
    "darts, auxiliary skip": "darts",
    "darts, progressive": "darts",
    "spos, fair": "spos",
}
"""Each cure, and the method that it is one of."""
ALPHA = 0.05
HEAD = ("", "regret", "median", "than", "Δ", "95 % interval", "d_z", "better on", "p", "p (Holm)", "found from")


def rows(regrets: Mapping[str, np.ndarray]) -> Iterator[tuple[str, ...]]:
    """A row for each base method, then for each cure against its own."""
    for name in dict.fromkeys(PAIRS.values()):
        yield name, *_of_one(regrets[name]), *("–",) * (len(HEAD) - 3)
    found = [contrast(regrets[cure], regrets[base]) for cure, base in PAIRS.items()]
    corrected = holm(np.array([one.p for one in found]))
    for (cure, base), one, p_holm in zip(PAIRS.items(), found, corrected, strict=True):
        least = smallest_detectable_difference(regrets[cure], regrets[base], ALPHA / len(PAIRS))
        yield (
            cure,
            *_of_one(regrets[cure]),
            base,
            f"{one.difference:+.1f}",
            f"{one.difference_low:+.1f} to {one.difference_high:+.1f}",
            f"{standardised_difference(regrets[cure], regrets[base]):+.2f}",
            f"{100 * one.wins:.0f} %",
            f"{one.p:.2g}",
            f"{p_holm:.2g}",
            f"{least:.1f}",
        )


def _of_one(regret: np.ndarray) -> tuple[str, str]:
    return f"{regret.mean():.1f} ± {regret.std(ddof=1):.1f}", f"{np.median(regret):.1f}"


def main() -> None:
    """Read the study's results and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("results/weight-sharing-cures"))
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    results = nasbed.Results.load(given.folder)
    regrets = {name: of[given.first :, 0] for name, of in results.scores("test_regret").items()}
    print(markdown(printed(HEAD, rows(regrets))))


if __name__ == "__main__":
    main()
