"""Measures whether tests and intervals keep what they promise on regrets like ours, and writes the tables of docs/statistics.md.

Usage: python studies/statistics_calibration.py [ROW ...] draws samples anew from the searches in
results/calibration_population.parquet, so that the truth is known, and counts how often each method errs. The searches are those of
ten strategies on three data sets of NAS-Bench-201: validation regrets after 50, 100 and 200 evaluations, skewed and with ties at
the optimum. What was found is kept in results/statistics_calibration.csv. The whole takes about four minutes on one core. With
names of rows only those are measured anew; --tables only writes the page.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_intervals import (
    INTERQUARTILE,
    INTERVALS,
    LEVEL,
    difference_of,
    interquartile,
    interval,
    mean_of,
    mean_rank,
    option_shares,
    share_of_runs,
    share_of_targets,
    wilson,
)
from calibration_samples import (
    BENCHMARKS,
    BUDGETS,
    STRATEGIES,
    Rng,
    alike,
    draws,
    inside,
    mean_regret,
    paired,
    population,
    rivals,
    skewed_regret,
)
from pages import write_blocks
from scipy import stats

from nasbed.files import atomic_write
from nasbed.statistics.estimators import (
    bayesian_mean,
    interquartile_mean,
    probability_of_improvement,
    probability_of_improvement_interval,
    stratified_bootstrap,
)
from nasbed.statistics.paired import holm
from nasbed.statistics.power import pair_correlation, smallest_detectable_difference
from nasbed.statistics.ranks import critical_difference, friedman, rank_stability
from nasbed.statistics.spread import spread
from nasbed.statistics.two_levels import two_level_bootstrap
from nasbed.summary.robust import ROPE
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "results" / "statistics_calibration.csv"
PAGE = ROOT / "docs" / "statistics.md"

SEEDS = (10, 20, 30, 50, 100, 300)
FEW_SEEDS = (3, 5, *SEEDS)
UP_TO_200 = (3, 5, 10, 20, 30, 50, 100, 200)
MANY_SEEDS = (30, 100, 300, 1_000, 3_000)
BLOCKS = (6, 10, 20)
FEW_BLOCKS = (3, 5, 10, 20)
IMAGES = (50, 200, 1_000, 10_000)
RESAMPLES = 500
ALPHA, POWER = 0.05, 0.8
SURE = 0.95
"""Posterior probability from which the Bayesian test decides."""

FAMILIES = (1, 3, 12, 30)
OTHERS = "of other intervals"


@dataclass(frozen=True)
class Row:
    """A method and what it promises; ``measure(rng, size, repetitions)`` says of each repetition whether the event came.

    The event is a false positive (``promise = "at most"``), a truth inside an interval or a found difference (``"equal"``);
    ``nan`` where there cannot be one. ``table`` names the table of the page that shows it, where
    it is not that of the unit.
    """

    name: str
    event: str
    unit: str
    sizes: tuple[int, ...]
    promise: str
    nominal: float
    repetitions: int
    measure: Callable[[Rng, int, int], np.ndarray]
    table: str = ""


def signed_rank(difference: np.ndarray) -> np.ndarray:
    """p of :func:`nasbed.statistics.paired.contrast` for each row of differences, six or more."""
    difference = np.round(difference, 6)
    found = np.ones(len(difference))
    some = difference.any(axis=1)
    found[some] = stats.wilcoxon(difference[some], axis=1, zero_method="pratt", method="approx").pvalue
    return found


def wilcoxon(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Two strategies that are alike."""
    ours, theirs = np.moveaxis(alike(rng, size, repetitions, 2), 1, 0)
    return signed_rank(ours - theirs) < ALPHA


def wilcoxon_other_shapes(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Two strategies of the same mean and of different distributions."""
    difference, means = paired(rng, size, repetitions)
    return signed_rank(difference - means[:, None]) < ALPHA


def holm_family(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Four strategies against a reference on three benchmarks, all alike: any of twelve contrasts."""
    p = []
    for _ in BENCHMARKS:
        scores = alike(rng, size, repetitions, 5)
        p += [signed_rank(scores[:, one] - scores[:, 0]) for one in range(1, 5)]
    return np.array([(holm(of) < ALPHA).any() for of in np.stack(p, axis=1)])


def holm_partial(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """As ``holm_family``, but half of the strategies are worse by a standard deviation: any of the six true nulls."""
    p = []
    for _ in BENCHMARKS:
        scores = alike(rng, size, repetitions, 5)
        scores[:, 3:] += scores.std(axis=(1, 2), keepdims=True)
        p += [signed_rank(scores[:, one] - scores[:, 0]) for one in range(1, 5)]
    null = np.arange(len(p)) % 4 < 2
    return np.array([(holm(of)[null] < ALPHA).any() for of in np.stack(p, axis=1)])


def over_benchmarks(rng: Rng, size: int, strategies: int) -> tuple[np.ndarray, np.ndarray]:
    """The scores of different strategies on the three benchmarks at one budget: a sample, and all there are."""
    chosen = rng.permutation(len(STRATEGIES))[:strategies]
    whole = np.moveaxis(population()[chosen][:, :, rng.integers(0, len(BUDGETS))], 1, 2)
    places = draws(rng, (size, len(BENCHMARKS)))
    return np.take_along_axis(whole, places[None], axis=1), whole


def interquartile_interval(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Interquartile mean of a strategy over three benchmarks."""
    found = []
    for _ in range(repetitions):
        (sample,), (whole,) = over_benchmarks(rng, size, 1)
        ends = stratified_bootstrap(sample, interquartile_mean, LEVEL, RESAMPLES)
        found.append(inside(ends, float(interquartile_mean(whole))))
    return np.array(found)


def improvement_interval(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Probability of improvement over three benchmarks."""
    found = []
    for _ in range(repetitions):
        sample, whole = over_benchmarks(rng, size, 2)
        ends = probability_of_improvement_interval(sample[0], sample[1], LEVEL, RESAMPLES)
        found.append(inside(ends, probability_of_improvement(whole[0], whole[1])))
    return np.array(found)


def correlation_interval(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Pair correlation of two strategies."""
    found = []
    for ours, theirs in zip(*rivals(rng, repetitions), strict=True):
        places = draws(rng, (size,))
        _, low, high = pair_correlation(ours[places], theirs[places], LEVEL)
        found.append(inside((low, high), float(np.corrcoef(ours, theirs)[0, 1])))
    return np.array(found)


def _kendall(first: np.ndarray, second: np.ndarray, places: np.ndarray) -> np.ndarray:
    rankings = ({name: scores[places] for name, scores in zip(STRATEGIES, of, strict=True)} for of in (first, second))
    _, low, high = rank_stability(*rankings, LEVEL, RESAMPLES)
    return inside((low, high), stats.kendalltau(first.mean(axis=1), second.mean(axis=1)).statistic)


def kendall_budgets(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Rankings of ten strategies after 50 and 200 evaluations."""
    found = []
    for _ in range(repetitions):
        here = population()[:, rng.integers(0, len(BENCHMARKS))]
        found.append(_kendall(here[:, 0], here[:, -1], draws(rng, (size,))))
    return np.array(found)


def kendall_benchmarks(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Rankings of ten strategies on two data sets."""
    found = []
    for _ in range(repetitions):
        one, other = rng.permutation(len(BENCHMARKS))[:2]
        budget = rng.integers(0, len(BUDGETS))
        found.append(_kendall(population()[:, one, budget], population()[:, other, budget], draws(rng, (size,))))
    return np.array(found)


def detectable(rng: Rng, size: int, repetitions: int, family: int) -> np.ndarray:
    """A difference of the size that a pilot with as many seeds names is found at the first step of Holm's correction."""
    ours, theirs = rivals(rng, repetitions)
    pilot = draws(rng, (repetitions, size))
    named = np.array([
        smallest_detectable_difference(a[places], b[places], ALPHA / family, POWER)
        for a, b, places in zip(ours, theirs, pilot, strict=True)
    ])  # fmt: skip
    difference = (ours - theirs) * rng.choice([-1.0, 1.0], (repetitions, 1))
    sample = np.take_along_axis(difference, draws(rng, (repetitions, size)), axis=1)
    if np.isinf(named).any():
        return np.full(repetitions, np.nan)
    moved = sample - difference.mean(axis=1, keepdims=True) + np.nan_to_num(named)[:, None]
    return signed_rank(moved) < ALPHA / family


def bayesian_difference(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Two strategies that are alike: sure that one is better, without a region of equivalence."""
    found = []
    for ours, theirs in alike(rng, size, repetitions, 2):
        posterior = bayesian_mean(ours - theirs, 0.0)
        found.append(max(posterior.better, posterior.worse) >= SURE)
    return np.array(found)


def bayesian_equivalence(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Two strategies that differ by 0.2 standard deviations: sure that they differ by less than that."""
    difference, means = paired(rng, size, repetitions)
    rope = 0.2 * difference.std(axis=1)
    shifted = difference - means[:, None] + rope[:, None]
    return np.array([bayesian_mean(of, edge).equivalent >= SURE for of, edge in zip(shifted, rope, strict=True)])


def equivalence(rng: Rng, size: int, repetitions: int, bayesian: bool) -> np.ndarray:
    """Two strategies whose means differ by the region's half width, a tenth of the reference's standard deviation, which the test
    has to estimate: called equivalent, by two one-sided t tests or by their posterior.
    """
    ours, theirs = rivals(rng, repetitions)
    edge = ROPE * theirs.std(axis=1, keepdims=True) * rng.choice([-1.0, 1.0], (repetitions, 1))
    ours = ours - ours.mean(axis=1, keepdims=True) + theirs.mean(axis=1, keepdims=True) + edge
    places = draws(rng, (repetitions, size))
    found = []
    for one, other in zip(*(np.take_along_axis(scores, places, axis=1) for scores in (ours, theirs)), strict=True):
        if not (rope := ROPE * float(spread(other))):
            found.append(False)  # no spread, and no answer
            continue
        posterior = bayesian_mean(one - other, rope)
        found.append(posterior.equivalent >= SURE if bayesian else posterior.tost < ALPHA)
    return np.array(found)


def blocks(rng: Rng, benchmarks: int, strategies: int, worse: int = 0, seeds: int = 30) -> np.ndarray:
    """Means over seeds of strategies that are alike, (benchmarks, strategies); the last few are ``worse``."""
    scores = alike(rng, seeds, benchmarks, strategies)
    scores[:, strategies - worse :] += scores.std(axis=(1, 2), keepdims=True)
    return np.round(scores.mean(axis=2), 6)


def friedman_test(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Five strategies that are alike."""
    return np.array([friedman(blocks(rng, size, 5)) < ALPHA for _ in range(repetitions)])


def _apart(rng: Rng, size: int, repetitions: int, test: str, worse: int) -> np.ndarray:
    """Any two of the strategies that are alike are told apart."""
    null = "abcde"[: 5 - worse]
    found = []
    for _ in range(repetitions):
        comparison = critical_difference(blocks(rng, size, 5, worse), "abcde", test, ALPHA)  # type: ignore[arg-type]
        found.append(not any(set(null) <= set(clique) for clique in comparison.cliques))
    return np.array(found)


def nemenyi(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Five strategies that are alike."""
    return _apart(rng, size, repetitions, "nemenyi", 0)


def nemenyi_partial(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Four strategies that are alike, beside one that is worse."""
    return _apart(rng, size, repetitions, "nemenyi", 1)


def conover(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Five strategies that are alike."""
    return _apart(rng, size, repetitions, "conover", 0)


def conover_partial(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Four strategies that are alike, beside one that is worse."""
    return _apart(rng, size, repetitions, "conover", 1)


def _two_levels(
    rng: Rng, size: int, repetitions: int, effect: float, of: str = "difference", truth: float = 0.0
) -> np.ndarray:
    """Whether the interval of the mean normalised difference, or of the mean rank, holds the truth, where a benchmark's effect is
    normal around 0.
    """
    found = []
    for _ in range(repetitions):
        ours, theirs = np.moveaxis(alike(rng, 30, size, 2), 1, 0)
        ours = ours + effect * rng.standard_normal((size, 1)) * theirs.std(axis=1, keepdims=True)
        frame = two_level_bootstrap({"ours": ours.T, "theirs": theirs.T}, "theirs", LEVEL, RESAMPLES)
        found.append(inside((frame.loc[0, f"{of}_low"], frame.loc[0, f"{of}_high"]), truth))
    return np.array(found)


def two_levels(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Effects differ between benchmarks by half a standard deviation."""
    return _two_levels(rng, size, repetitions, 0.5)


def two_levels_same(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """No benchmark has an effect of its own."""
    return _two_levels(rng, size, repetitions, 0.0)


def two_levels_rank(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """The mean rank of one of two strategies, whose effects differ between benchmarks by half a standard deviation."""
    return _two_levels(rng, size, repetitions, 0.5, "rank", 1.5)


FALSE, COVERED = "false positives", "coverage"
ROWS = {row.name: row for row in (
    Row("Wilcoxon signed-rank test (Pratt), strategies alike", FALSE, "seeds", SEEDS, "at most", ALPHA, 8_000, wilcoxon),
    Row("Holm, 12 contrasts, all alike (any)", FALSE, "seeds", SEEDS, "at most", ALPHA, 2_000, holm_family),
    Row("Holm, 6 of 12 contrasts alike (any of them)", FALSE, "seeds", SEEDS, "at most", ALPHA, 2_000, holm_partial),
    Row("Wilcoxon, equal means but other shapes", FALSE, "seeds", SEEDS, "at most", ALPHA, 8_000, wilcoxon_other_shapes),
    Row("Bayesian mean, strategies alike: sure (0.95) of a difference", FALSE, "seeds", SEEDS, "at most", 0.1, 1_000,
        bayesian_difference),
    Row("Bayesian mean, 0.2 sd apart: sure (0.95) of less", FALSE, "seeds", SEEDS, "at most", 0.05, 1_000, bayesian_equivalence),
    Row("Stratified bootstrap, interquartile mean", COVERED, "seeds", SEEDS, "equal", LEVEL, 600, interquartile_interval),
    Row("Probability of improvement", COVERED, "seeds", SEEDS, "equal", LEVEL, 600, improvement_interval),
    Row("Pair correlation (Fisher)", COVERED, "seeds", SEEDS, "equal", LEVEL, 800, correlation_interval),
    Row("Kendall's tau, two budgets", COVERED, "seeds", SEEDS, "equal", LEVEL, 600, kendall_budgets),
    Row("Kendall's tau, two data sets", COVERED, "seeds", SEEDS, "equal", LEVEL, 600, kendall_benchmarks),
    *(
        Row(f"{method}, {what}", COVERED, "seeds", FEW_SEEDS, "equal", LEVEL, 3_000, partial(interval, draw=draw, method=method),
            "of intervals of means")
        for what, draw in (("mean regret", mean_regret), ("mean regret, most skewed cell", skewed_regret),
                           ("mean paired difference", paired))
        for method in INTERVALS
    ),
    *(
        Row(f"{method}, interquartile mean", COVERED, "seeds", UP_TO_200, "equal", LEVEL, 3_000,
            partial(interquartile, method=method), "of intervals of interquartile means")
        for method in INTERQUARTILE
    ),
    *(
        Row(f"t interval, {what}", COVERED, "seeds", UP_TO_200, "equal", LEVEL, 3_000, measure, OTHERS)
        for what, measure in (
            ("mean area under the curve (AUC)", partial(mean_of, kind="area")),
            ("mean paired difference of areas", partial(difference_of, kind="area")),
            ("mean hypervolume regret", partial(mean_of, kind="hypervolume_regret")),
            ("mean paired difference of hypervolume regrets", partial(difference_of, kind="hypervolume_regret")),
            ("mean IGD+", partial(mean_of, kind="igd_plus")),
            ("mean rank of five on each seed", mean_rank),
            ("share of runs within a regret (not used)", partial(share_of_runs, used=False)),
        )
    ),
    *(
        Row(f"Wilson's interval, {what}", COVERED, "seeds", UP_TO_200, "equal", LEVEL, 3_000, measure, OTHERS)
        for what, measure in (
            ("share of runs within a regret", partial(share_of_runs, used=True)),
            ("the same, mean over 3 benchmarks", partial(share_of_runs, used=True, benchmarks=3)),
            ("share of targets reached", share_of_targets),
        )
    ),
    *(
        Row(f"Importance, share of {what}", COVERED, "seeds", UP_TO_200, "equal", LEVEL, 500,
            partial(option_shares, options=options), OTHERS)
        for what, options in (("one option", 1), ("a pair of options", 2))
    ),
    *(
        Row(f"Equivalence ({method}), means 0.1 sd apart", FALSE, "seeds", MANY_SEEDS, "at most", 0.05, 2_000,
            partial(equivalence, bayesian=bayesian), "of equivalence")
        for method, bayesian in (("TOST, p < 0.05", False), ("Bayesian, 0.95 or more", True))
    ),
    Row("Wilson's interval, share of images told right", COVERED, "images", IMAGES, "equal", LEVEL, 4_000, wilson),
    *(
        Row(f"Smallest detectable difference, {number} contrast{'s' * (number > 1)}", "power", "seeds", SEEDS, "equal", POWER,
            4_000, partial(detectable, family=number), "of power")
        for number in FAMILIES
    ),
    Row("Friedman, 5 strategies alike", FALSE, "benchmarks", BLOCKS, "at most", ALPHA, 1_000, friedman_test),
    Row("Nemenyi after Friedman, all 5 alike (any pair)", FALSE, "benchmarks", BLOCKS, "at most", ALPHA, 500, nemenyi),
    Row("Nemenyi after Friedman, 4 of 5 alike (any of their pairs)", FALSE, "benchmarks", BLOCKS, "at most", ALPHA, 500,
        nemenyi_partial),
    Row("Conover (Holm) after Friedman, all 5 alike (any pair)", FALSE, "benchmarks", BLOCKS, "at most", ALPHA, 500, conover),
    Row("Conover (Holm) after Friedman, 4 of 5 alike (any of their pairs)", FALSE, "benchmarks", BLOCKS, "at most", ALPHA, 500,
        conover_partial),
    Row("Two-level bootstrap, effects differ by 0.5 sd", COVERED, "benchmarks", FEW_BLOCKS, "equal", LEVEL, 600, two_levels),
    Row("Two-level bootstrap, effects do not differ", COVERED, "benchmarks", FEW_BLOCKS, "equal", LEVEL, 600, two_levels_same),
    Row("Two-level bootstrap, mean rank, effects differ by 0.5 sd", COVERED, "benchmarks", FEW_BLOCKS, "equal", LEVEL, 600,
        two_levels_rank),
)}  # fmt: skip
"""What is measured, by name."""


def measured(row: Row, size: int, repetitions: int | None = None) -> dict[str, object]:
    """A line of the results; the stream is named by row and size, so that lines can be made alone."""
    rng = np.random.Generator(np.random.PCG64([zlib.crc32(row.name.encode()), size]))
    count = repetitions or row.repetitions
    found = float(np.mean(row.measure(rng, size, count)))
    return {
        "row": row.name,
        "table": row.table or f"over {row.unit}",
        "event": row.event,
        "unit": row.unit,
        "size": size,
        "promise": row.promise,
        "nominal": row.nominal,
        "found": round(found, 5),
        "error": round((row.nominal * (1 - row.nominal) / count) ** 0.5, 5),
        "repetitions": count,
    }


def verdict(line: pd.Series) -> int:
    """0 within three Monte-Carlo errors of what was promised, or where nothing is, else 1 (errs more often) or -1 (cautious)."""
    away = line["found"] - line["nominal"]
    if np.isnan(away) or abs(away) <= 3 * line["error"]:
        return 0
    wrong = away > 0 if line["promise"] == "at most" else away < 0
    return 1 if wrong else -1


def holds_from(lines: pd.DataFrame) -> str:
    """The smallest size from which on the promise is kept at all larger ones; a dash if it is not kept at the largest."""
    kept = [(line["size"], verdict(line) <= 0) for _, line in lines.sort_values("size").iterrows()]
    while len(kept) > 1 and kept[-1][1] and kept[-2][1]:
        kept.pop()
    return str(kept[-1][0]) if kept[-1][1] else "–"


def tables(kept: pd.DataFrame) -> dict[str, str]:
    """The blocks of the page, in per cent, marked where a promise is not kept."""
    found = {}
    for table, of in kept.groupby("table", sort=False):
        sizes, unit = sorted(of["size"].unique()), of["unit"].iloc[0]
        rows = []
        for event, group in of.groupby("event", sort=False):
            for name, mine in group.groupby("row", sort=False):
                by_size = {line["size"]: line for _, line in mine.iterrows()}
                cells_ = [_cell(by_size[size]) if size in by_size else "" for size in sizes]
                promised = f"{'≤ ' if mine['promise'].iloc[0] == 'at most' else ''}{100 * mine['nominal'].iloc[0]:.0f}"
                rows.append([f"{name}: {event}", promised, *cells_, holds_from(mine)])
        heads = ["%", "promised", *(f"{size} {unit}" for size in sizes), "kept from"]
        found[f"calibration {table}"] = markdown(printed(heads, rows))
    return found


def _cell(line: pd.Series) -> str:
    return (
        "none" if np.isnan(line["found"]) else f"{100 * line['found']:.1f}" + {0: "", 1: " ✗", -1: " ▽"}[verdict(line)]
    )


def measure(names: Iterable[str]) -> pd.DataFrame:
    """The lines of rows."""
    return pd.DataFrame([measured(ROWS[name], size) for name in names for size in ROWS[name].sizes])


def keep(lines: pd.DataFrame) -> None:
    """Replace rows of what is kept, in the order of ``ROWS``."""
    if KEPT.exists():
        kept = pd.read_csv(KEPT)
        lines = pd.concat([kept[~kept["row"].isin(lines["row"])], lines])
    lines = lines[lines["row"].isin(ROWS)]
    lines = lines.sort_values("row", key=lambda names: names.map(list(ROWS).index), kind="stable")
    atomic_write(KEPT, lines.to_csv(index=False, lineterminator="\n").encode())


def main() -> None:
    """Measure, keep, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="what to measure anew; all by default")
    parser.add_argument("--tables", action="store_true", help="only write the page from what is kept")
    given = parser.parse_args()
    for name in given.rows:
        if name not in ROWS:
            parser.error(f"unknown row {name!r}; known: {'; '.join(ROWS)}")
    if not given.tables:
        keep(measure(given.rows or ROWS))
    write_blocks(PAGE, tables(pd.read_csv(KEPT)))


if __name__ == "__main__":
    main()
