"""How often the regression gate finds rare disasters, and how often it is wrong where there are none: simulated on real runs.

Usage: python studies/gate_disasters.py [--gates 400] takes the runs of results/baselines/gate.json, makes a share of them worse by
many standard deviations, draws baselines and gates from them with replacement as studies/gate_calibration.py does, keeps what was
found in results/gate_disasters.csv, and writes the table of docs/gate.md.
"""

from __future__ import annotations

import argparse

import gate_calibration as calibration
import numpy as np
import pandas as pd

from nasbed.files import atomic_write
from nasbed.gate.baseline import SEEDS as STORED
from nasbed.gate.baseline import Baseline
from nasbed.gate.sequential import LIMIT, GatePlan
from nasbed.gate.tail import SEEDS, SHARE, TailPlan, badness
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

KEPT = calibration.ROOT / "results" / "gate_disasters.csv"
BEGIN, END = "<!-- disasters -->\n", "<!-- /disasters -->\n"
SCENARIOS = [
    ("other seeds of the same code", 0.0, 0.0, False, SEEDS),
    ("1 % of runs 10 sd worse", 0.01, 10.0, False, SEEDS),
    ("1 % of seeds 10 sd worse on all three", 0.01, 10.0, True, SEEDS),
    ("0.2 % of runs 50 sd worse", 0.002, 50.0, False, SEEDS),
    ("0.2 % of runs 50 sd worse", 0.002, 50.0, False, 725),
    ("0.2 % of seeds 50 sd worse on all three", 0.002, 50.0, True, SEEDS),
    ("0.2 % of seeds 50 sd worse on all three", 0.002, 50.0, True, 5_125),
]
"""Name, share of runs, how much worse they are, whether all benchmarks of a seed are hit at once, and seeds of the test."""
_CHUNK = 50
"""Gates that are drawn together."""
_SEED = 20_240_602


def hit(base: np.ndarray, share: float, sds: float, together: bool, rng: np.random.Generator) -> np.ndarray:
    """Scores (benchmarks, seeds) of which just this share are disasters."""
    count = base.shape[1]
    of_one = np.arange(count) < round(share * count)
    lost = np.broadcast_to(of_one, base.shape) if together else rng.permuted(np.tile(of_one, (len(base), 1)), axis=1)
    found: np.ndarray = base + lost * sds * base.std(axis=1, ddof=1, keepdims=True)
    return found


def row_of(
    base: np.ndarray, scenario: tuple[str, float, float, bool, int], count: int, stored: int
) -> dict[str, object]:
    """How often the means, the test of disasters, and either fail a change."""
    name, share, sds, together, seeds = scenario
    rng, plan = np.random.default_rng([_SEED, seeds, int(1e4 * share), together]), GatePlan()
    tail = TailPlan(seeds, stored, SHARE * plan.alpha)
    variant = hit(base, share, sds, together, rng)
    means, disasters = [], []
    for begin in range(0, count, _CHUNK):
        here = min(_CHUNK, count - begin)
        picked = rng.integers(base.shape[1], size=(here, stored))
        partners = rng.integers(base.shape[1], size=(here, max(LIMIT, seeds)))
        means.append(calibration.gates(base, variant, picked, plan, partners).verdicts == "worse")
        for mine, theirs in zip(picked, partners[:, :seeds], strict=True):
            kept = base[:, mine]
            beyond = badness(variant[:, theirs], kept) > badness(kept, kept).max()
            disasters.append(int(beyond.any(axis=0).sum()) >= tail.critical)
    by_means, by_tail = np.concatenate(means), np.array(disasters)
    of_seeds = share if together else 1 - (1 - share) ** len(base)
    stated = tail.power(of_seeds) if share else tail.chance(tail.critical)
    return {
        "change": name,
        "tail_seeds": seeds,
        "means": float(by_means.mean()),
        "disasters": float(by_tail.mean()),
        "either": float((by_means | by_tail).mean()),
        "stated": round(stated, 4),
        "gates": count,
    }


def cells(row: pd.Series) -> list[str]:
    """A row of the table of docs/gate.md."""
    stated = f"{row['stated']:.3f}" if row["either"] > 0.1 else f"{row['stated']:.4f}"
    return [
        row["change"],
        f"{row['tail_seeds']:,}",
        *(f"{row[name]:.3f}" for name in ("means", "disasters", "either")),
        stated,
    ]


def main() -> None:
    """Simulate, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gates", type=int, default=400)
    given = parser.parse_args()
    (known,) = Baseline.load(calibration.ROOT / "results" / "baselines" / "gate.json").strategies.values()
    base = np.stack([columns[calibration.SCORE] for columns in known.scores.values()])
    rows = []
    for scenario in SCENARIOS:
        rows.append(row_of(base, scenario, given.gates, STORED))
        print(rows[-1], flush=True)
    frame = pd.DataFrame(rows)
    atomic_write(KEPT, frame.to_csv(index=False, lineterminator="\n"))
    heads = ["change", "seeds", "means", "rare disasters", "either", "stated for rare disasters"]
    table = markdown(printed(heads, (cells(row) for _, row in frame.iterrows())))
    before, rest = calibration.DOC.read_text(encoding="utf-8").split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    atomic_write(calibration.DOC, f"{before}{BEGIN}{table}\n\n{given.gates:,} gates a row.\n{END}{after}")


if __name__ == "__main__":
    main()
