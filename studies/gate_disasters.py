"""How often the whole regression gate is wrong, and what it finds: its test of means, that of rare disasters, and crashes together.

Usage: python studies/gate_disasters.py [--gates 4000 --seeds 20000 --cache FOLDER] takes the runs of studies/gate_calibration.py,
regularized evolution with 20,000 seeds on three data sets, and draws gates from them: a baseline of 5,000 seeds and a candidate of
other seeds, all different, so that where nothing is changed the two are exchangeable and their worst runs are as rare as they are.
Candidates are then made worse: all of their runs by a little, or a few of them by a lot, or some crash. It keeps what was found in
results/gate_disasters.csv, and writes the table of docs/gate.md.
"""

from __future__ import annotations

import argparse
import zlib
from dataclasses import dataclass
from pathlib import Path

import gate_calibration as calibration
import numpy as np
import pandas as pd
from pages import write_blocks
from scipy import stats

from nasbed.files import atomic_write
from nasbed.gate.baseline import SEEDS as STORED
from nasbed.gate.packing import rounded, step_of
from nasbed.gate.sequential import LIMIT, GatePlan
from nasbed.gate.tail import SEEDS, SHARE, TailPlan, badness
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

KEPT = calibration.ROOT / "results" / "gate_disasters.csv"


@dataclass(frozen=True)
class Change:
    """What is done to a candidate: all runs on the first ``shifted`` benchmarks are ``shift`` standard deviations worse; a
    ``share`` of the runs is ``sds`` worse, on ``together`` all benchmarks of a seed at once; a share ``crash`` of the runs crashes.
    ``seeds`` are those of the test of disasters.
    """

    name: str
    share: float = 0.0
    sds: float = 0.0
    together: bool = False
    seeds: int = SEEDS
    shift: float = 0.0
    shifted: int = 0
    crash: float = 0.0


CHANGES = (
    Change("other seeds of the same code"),
    Change("1 % of runs 10 sd worse", 0.01, 10.0),
    Change("1 % of seeds 10 sd worse on all three", 0.01, 10.0, together=True),
    Change("0.2 % of runs 50 sd worse", 0.002, 50.0),
    Change("0.2 % of runs 50 sd worse", 0.002, 50.0, seeds=725),
    Change("0.2 % of seeds 50 sd worse on all three", 0.002, 50.0, together=True),
    Change("0.2 % of seeds 50 sd worse on all three", 0.002, 50.0, together=True, seeds=5_125),
    Change("1 of 300 runs crashes", crash=1 / 300),
    Change("0.3 sd worse on one benchmark", shift=0.3, shifted=1),
    Change("0.3 sd worse on all three", shift=0.3, shifted=3),
)
LEVEL = 0.95
"""Of the intervals of what was measured."""
_CHUNK = 50
"""Gates that are drawn together."""
_SEED = 20_240_602


def made_worse(scores: np.ndarray, sd: np.ndarray, change: Change, rng: np.random.Generator) -> np.ndarray:
    """Scores (benchmarks, gates, seeds) of candidates, with what is done to them; each run, or each seed, is hit by itself."""
    unit = sd[:, None, None]
    lost = rng.random((1 if change.together else len(scores), *scores.shape[1:])) < change.share
    shift = change.shift * (np.arange(len(scores)) < change.shifted)[:, None, None]
    found: np.ndarray = scores + (lost * change.sds + shift) * unit
    return found


def row_of(base: np.ndarray, change: Change, count: int, stored: int) -> dict[str, object]:
    """How often the means, the test of disasters, crashes, and any of them fail a candidate."""
    rng, plan = np.random.default_rng([_SEED, change.seeds, zlib.crc32(change.name.encode())]), GatePlan()
    tail, sd = TailPlan(change.seeds, stored, SHARE * plan.alpha), base.std(axis=1, ddof=1)
    every, parts, disasters = np.tile(np.arange(base.shape[1]), (_CHUNK, 1)), [], []
    for begin in range(0, count, _CHUNK):
        order = rng.permuted(every, axis=1)[: min(_CHUNK, count - begin)]
        picked, others = order[:, :stored], order[:, stored : stored + max(LIMIT, change.seeds)]
        candidates = made_worse(base[:, others], sd, change, rng)
        places = np.arange(others.size).reshape(others.shape)
        parts.append(calibration.gates(base, candidates.reshape(len(base), -1), picked, plan, places))
        for mine, new in zip(picked, np.swapaxes(candidates[..., : change.seeds], 0, 1), strict=True):
            kept = base[:, mine]
            beyond = badness(new, kept) > badness(kept, kept).max()
            disasters.append(int(beyond.any(axis=0).sum()) >= tail.critical)
    found, by_tail = calibration.together(parts), np.array(disasters)
    by_means = found.verdicts == "worse"
    made = np.where(by_means, found.seeds, np.maximum(found.seeds, change.seeds))
    crashed = rng.random(count) < 1 - (1 - change.crash) ** (len(base) * made)
    fails = by_means | by_tail | crashed
    low, high = stats.binomtest(int(fails.sum()), count).proportion_ci(LEVEL)
    held = _held(sd, change, found)
    of_seeds = change.share if change.together else 1 - (1 - change.share) ** len(base)
    return {
        "change": change.name,
        "tail_seeds": change.seeds,
        "means": float(by_means.mean()),
        "disasters": float(by_tail.mean()),
        "crashes": float(crashed.mean()),
        "any": float(fails.mean()),
        "low": round(low, 5),
        "high": round(high, 5),
        "stated": round(tail.power(of_seeds) if change.share else tail.chance(tail.critical), 4),
        "held_each": round(float(held[:, :-1].mean()), 4),
        "held_mean": round(float(held[:, -1].mean()), 4),
        "seeds": round(float(made.mean()), 1),
        "gates": count,
    }


def _held(sd: np.ndarray, change: Change, found: calibration.Outcomes) -> np.ndarray:
    """Whether the repeated intervals where the gates ended hold the effects of the change, (gates, tests)."""
    in_sds = change.share * change.sds + change.shift * (np.arange(len(sd)) < change.shifted)
    inside: np.ndarray = np.abs(found.effects - np.append(in_sds * sd, in_sds.mean())) <= found.half_widths
    return inside


def cells(row: pd.Series) -> list[str]:
    """A row of the table of docs/gate.md."""
    stated = f"{row['stated']:.3f}" if row["stated"] > 0.1 else f"{row['stated']:.4f}"
    return [
        row["change"],
        f"{row['tail_seeds']:,}",
        *(f"{row[name]:.3f}" for name in ("means", "disasters", "crashes", "any")),
        f"{row['low']:.3f} to {row['high']:.3f}",
        stated,
    ]


def note(frame: pd.DataFrame) -> str:
    """What was measured, under the table."""
    levels = GatePlan().hypotheses(np.ones(len(calibration.DATASETS))).levels()
    rare = frame["change"].str.contains("runs 10|runs 50|seeds 10|seeds 50")
    usual, seldom = (
        " and ".join(f"{100 * of[name].min():.0f} %" for name in ("held_each", "held_mean"))
        for of in (frame[~rare], frame[rare])
    )
    return (
        f"{frame['gates'].iloc[0]:,} gates a row, drawn from {calibration.SEEDS_RUN:,} seeds of the same code on the three data"
        " sets; 95 %: Clopper and Pearson's interval of the share before it. Where nothing has changed a gate takes"
        f" {frame['seeds'].iloc[0]:.0f} seeds. Where it ends, the intervals of the effects on a benchmark and in their mean hold"
        f" the true ones in {usual} of the cases at least ({100 * levels[0]:.0f} and {100 * levels[-1]:.0f} % promised); of changes"
        f" that are rare disasters in {seldom}, because a mean does not know of what its runs did not meet."
    )


def main() -> None:
    """Simulate, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gates", type=int, default=4_000)
    parser.add_argument("--seeds", type=int, default=calibration.SEEDS_RUN)
    parser.add_argument("--cache", type=Path, default=calibration.CACHE)
    given = parser.parse_args()
    runs = calibration.cached(given.cache, *calibration.THE_BASE, given.seeds)
    base = np.stack([rounded(scores, step_of(scores)) for scores in runs])
    rows = []
    for change in CHANGES:
        rows.append(row_of(base, change, given.gates, STORED))
        print(rows[-1], flush=True)
    frame = pd.DataFrame(rows)
    atomic_write(KEPT, frame.to_csv(index=False, lineterminator="\n"))
    write_table(frame)


def write_table(frame: pd.DataFrame) -> None:
    """Put the table between the marks of docs/gate.md."""
    heads = [
        "change",
        "seeds",
        "means",
        "rare disasters",
        "crashes",
        "any of them",
        "95 %",
        "stated for rare disasters",
    ]
    table = markdown(printed(heads, (cells(row) for _, row in frame.iterrows())))
    write_blocks(calibration.DOC, {"disasters": f"{table}\n\n{note(frame)}"})


if __name__ == "__main__":
    main()
