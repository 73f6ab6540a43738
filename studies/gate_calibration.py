"""How often the regression gate is wrong, how many seeds it takes, and what it finds: simulated on real runs.

Usage: python studies/gate_calibration.py [--seeds 20000 --gates 2000 --cache FOLDER] runs regularized evolution and its variants
(studies/gate_variants.py) once with many seeds, draws gates from those runs by resampling seeds, keeps what was found in
results/gate_calibration.csv, and writes the tables of docs/gate.md.

A gate's baseline is 5,000 seeds drawn with replacement, its new runs those of the first 1,000 of them, so that a variant and the
baseline are paired as their streams pair them. All gates of a scenario are looked at together, by the functions that the
product uses (nasbed.gate.sequential); tests/gate/test_calibration.py holds single gates against the product's own loop.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
from pages import write_blocks
from scipy import stats

import nasbed
from nasbed.files import atomic_write
from nasbed.gate.baseline import SEEDS
from nasbed.gate.packing import rounded, step_of
from nasbed.gate.runs import all_gated, joined, make_runs
from nasbed.gate.sequential import (
    LIMIT,
    BaselineScores,
    Decisions,
    GatePlan,
    Moments,
    estimate,
    half_width,
    look,
    look_sizes,
    rows_of,
    verdict,
)
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "results" / "gate_calibration.csv"
DOC = ROOT / "docs" / "gate.md"
CACHE = ROOT / "results" / "gate_calibration"
DATASETS = ("cifar10", "cifar100", "ImageNet16-120")
BASE = "regularized_evolution"
VARIANTS = {
    "other stream": ("gate_variants:OtherStream", 3),
    "edge 5 never mutated": ("gate_variants:FrozenEdge", 3),
    "one value stale": ("gate_variants:StaleValue", 3),
    "worst parent 5 %": ("gate_variants:WorstParent", 3),
    "drops the youngest": ("gate_variants:DropsYoungest", 3),
    "sample 4, not 3": (BASE, 4),
}
THE_BASE = ("base", BASE, 3)
"""What the runs of the baseline's code are called, and the strategy and its sample."""
SCORE = "area_validation_regret"
SEEDS_RUN = 20_000
"""Seeds of each variant from which gates are drawn."""
CHUNK = 250
"""Gates that are looked at together."""
_SEED = 20_240_601

Scores = np.ndarray
"""(benchmarks, seeds); lower is better."""


def study_of(use: str, sample: int) -> nasbed.Study:
    """A strategy on the three data sets, 100 evaluations a search."""
    benchmarks = "".join(f'[[benchmark]]\nuse = "nasbench201"\ndataset = "{name}"\n' for name in DATASETS)
    head = 'name = "gate_calibration"\nseeds = 1\nbudget = { evaluations = 100 }\n'
    return nasbed.Study.parse(f'{head}{benchmarks}[[strategy]]\nuse = "{use}"\npopulation = 10\nsample = {sample}\n')


def run_all(use: str, sample: int, seeds: int) -> Scores:
    """The areas of many runs."""
    study = study_of(use, sample)
    rows = []
    for lane in all_gated(study, study.strategies[0]):
        batches = [range(begin, min(begin + 500, seeds)) for begin in range(0, seeds, 500)]
        (columns,) = joined([make_runs(lane, batch) for batch in batches]).scores.values()
        rows.append(columns[SCORE])
    return np.stack(rows)


def cached(folder: Path, name: str, use: str, sample: int, seeds: int) -> Scores:
    """The areas of many runs, made once."""
    file = folder / f"{name.replace(' ', '_')}-{seeds}.npy"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(file, run_all(use, sample, seeds))
    found: Scores = np.load(file)
    return found


@dataclass(frozen=True)
class Outcomes:
    """The verdicts of gates ("" is undecided), the seeds that each took, and the effects with the half widths of their intervals
    at the look where it ended, (gates, tests).
    """

    verdicts: np.ndarray
    seeds: np.ndarray
    effects: np.ndarray
    half_widths: np.ndarray

    def share(self, name: str) -> float:
        """How often a verdict was given."""
        return float((self.verdicts == name).mean())


def moments(new: np.ndarray, old: np.ndarray, sizes: Sequence[int]) -> list[Moments]:
    """The moments after each look, of (gates, tests, seeds)."""
    shift = old.mean(axis=-1, keepdims=True)  # against cancellation in sums of squares
    one, two = new - shift, old - shift
    parts = (one, two, one * one, two * two, one * two)
    sums = [np.cumsum(values, axis=-1)[..., np.array(sizes) - 1] for values in parts]
    found = []
    for place, n in enumerate(sizes):
        a, b, aa, bb, ab = (values[..., place] for values in sums)
        scale = n - 1
        variance, paired = (aa - a * a / n) / scale, (bb - b * b / n) / scale
        centre = shift[..., 0]
        found.append(Moments(n, a / n + centre, b / n + centre, variance, paired, (ab - a * b / n) / scale))
    return found


def gates(
    base: Scores,
    variant: Scores,
    picked: np.ndarray,
    plan: GatePlan,
    partners: np.ndarray | None = None,
    limit: int = LIMIT,
) -> Outcomes:
    """The verdicts on a variant for baselines of the seeds ``picked`` (gates, seeds).

    ``partners`` are the seeds of the variant's runs, where they are not those of the baseline.
    """
    stored = np.swapaxes(base[:, picked], 0, 1)
    sd = stored.std(axis=-1, ddof=1)
    anchor = BaselineScores.of(rows_of(stored, sd))
    tests = plan.hypotheses(sd)
    old = rows_of(stored[..., :limit], sd)
    new = rows_of(np.swapaxes(variant[:, (picked if partners is None else partners)[:, :limit]], 0, 1), sd)
    sizes = look_sizes(limit)
    decisions = Decisions.none(anchor.mean.shape)
    verdicts, seeds = np.full(len(picked), "", "<U10"), np.full(len(picked), limit)
    effects, half_widths = np.zeros(anchor.mean.shape), np.zeros(anchor.mean.shape)
    for size, found in zip(sizes, moments(new, old, sizes), strict=True):
        estimated = estimate(found, anchor)
        decisions = look(decisions, estimated, tests)
        now = verdict(decisions)
        ending = (verdicts == "") & ((now != "") | (size == limit))
        effects[ending], half_widths[ending] = estimated.effect[ending], half_width(estimated, tests)[ending]
        verdicts[ending], seeds[ending] = now[ending], size
    return Outcomes(verdicts, seeds, effects, half_widths)


def together(parts: Sequence[Outcomes]) -> Outcomes:
    """The outcomes of several chunks of gates as one."""
    return Outcomes(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Outcomes)))


def simulated(
    base: Scores,
    variant: Scores,
    count: int,
    plan: GatePlan,
    *,
    paired: bool = True,
    stored: int = SEEDS,
    salt: int = 0,
) -> Outcomes:
    """Many gates with baselines drawn anew; unpaired, the variant's runs are drawn apart."""
    rng = np.random.default_rng([_SEED, salt])
    parts = []
    for begin in range(0, count, CHUNK):
        here = min(CHUNK, count - begin)
        picked = rng.integers(base.shape[1], size=(here, stored))
        partners = None if paired else rng.integers(variant.shape[1], size=(here, LIMIT))
        parts.append(gates(base, variant, picked, plan, partners))
    return together(parts)


def fixed_power(base: Scores, variant: Scores, seeds: int, plan: GatePlan, paired: bool, draws: int = 2_000) -> float:
    """The power of paired t-tests on a fixed number of seeds, of each benchmark and of the mean; alpha is split as the gate's."""
    scaled = [rows_of(scores, base.std(axis=1, ddof=1)) for scores in (base, variant)]
    rng = np.random.default_rng([_SEED, 7])
    count = len(base)
    levels = np.array([plan.alpha / 2 / count] * count + [plan.alpha / 2] if count > 1 else [plan.alpha])
    critical = stats.t.isf(levels, seeds - 1)
    rejected = 0
    for begin in range(0, draws, CHUNK):
        here = min(CHUNK, draws - begin)
        theirs = rng.integers(base.shape[1], size=(here, seeds))
        ours = theirs if paired else rng.integers(base.shape[1], size=(here, seeds))
        gaps = scaled[1][:, ours] - scaled[0][:, theirs]
        t = gaps.mean(axis=-1) / gaps.std(axis=-1, ddof=1) * np.sqrt(seeds)
        rejected += int((t >= critical[:, None]).any(axis=0).sum())
    return rejected / draws


def fixed_seeds(base: Scores, variant: Scores, power: float, plan: GatePlan, paired: bool) -> int:
    """Seeds with which those paired tests have a power, by bisection."""
    low, high = 20, 4_000
    while high - low > 10:
        middle = (low + high) // 2
        low, high = (low, middle) if fixed_power(base, variant, middle, plan, paired) >= power else (middle, high)
    return high


def scenarios(base: Scores, variants: Mapping[str, Scores]) -> list[tuple[str, str, Scores, bool]]:
    """Name, kind, scores of the variant, and whether they are paired with the baseline by seed."""
    sd = base.std(axis=1, ddof=1, keepdims=True)
    found: list[tuple[str, str, Scores, bool]] = [("other seeds of the same code", "neutral", base, False)]
    found.append(("every draw from another stream", "neutral", variants["other stream"], True))
    for times, kind in ((0.5, "half the margin"), (1.0, "the margin"), (2.0, "twice the margin")):
        one = np.zeros_like(sd)
        one[1] = 0.2 * times * sd[1]
        found.append((f"{0.2 * times:g} sd worse on one benchmark", kind, base + one, False))
        found.append((f"{0.1 * times:g} sd worse on all three", kind, base + 0.1 * times * sd, False))
    found += [(name, "variant", scores, True) for name, scores in variants.items() if name != "other stream"]
    return found


def alone(base: Scores) -> list[tuple[str, str, Scores, bool]]:
    """Scenarios of a study with one benchmark."""
    sd = base.std(axis=1, ddof=1, keepdims=True)
    found = [("one benchmark (C100): other seeds of the same code", "neutral", base, False)]
    found += [
        (f"one benchmark (C100): {0.2 * times:g} sd worse", kind, base + 0.2 * times * sd, False)
        for times, kind in ((1, "the margin"), (2, "twice the margin"))
    ]
    return found


def row_of(
    name: str, kind: str, base: Scores, variant: Scores, paired: bool, count: int, plan: GatePlan
) -> dict[str, object]:
    """A scenario's effect, verdicts and seeds."""
    found = simulated(base, variant, count, plan, paired=paired)
    sd = base.std(axis=1, ddof=1)
    effects = (variant.mean(axis=1) - base.mean(axis=1)) / sd
    labels = DATASETS if len(base) > 1 else DATASETS[1:2]
    correlations = [np.corrcoef(one, other)[0, 1] if paired else 0.0 for one, other in zip(base, variant, strict=True)]
    return {
        "scenario": name,
        "kind": kind,
        **{f"effect_{label}": effect for label, effect in zip(labels, effects.round(4), strict=True)},
        "correlation": round(float(np.mean(correlations)), 3),
        "gates": count,
        **{name: found.share(name) for name in ("worse", "equivalent", "better")},
        "undecided": found.share(""),
        "seeds_mean": round(float(found.seeds.mean()), 1),
        "seeds_90": float(np.quantile(found.seeds, 0.9)),
    }


def table(base: Scores, variants: Mapping[str, Scores], count: int, plan: GatePlan) -> pd.DataFrame:
    """All scenarios, with the seeds of the fixed paired tests that find a change as often as the gate, or in 99 of 100 cases."""
    rows = []
    for stored, listed in ((base, scenarios(base, variants)), (base[1:2], alone(base[1:2]))):
        for name, kind, scores, paired in listed:
            row = row_of(name, kind, stored, scores, paired, count, plan)
            found = min(float(str(row["worse"])), 0.99)
            wanted = kind == "the margin" or (kind == "variant" and found > 0.3)
            row["fixed"] = fixed_seeds(stored, scores, found, plan, paired) if wanted else np.nan
            print(row, flush=True)
            rows.append(row)
    return pd.DataFrame(rows)


def conditional(base: Scores, baselines: int, each: int, plan: GatePlan) -> np.ndarray:
    """The share of neutral changes called worse, for each of several baselines."""
    rng = np.random.default_rng([_SEED, 3])
    found = []
    for _ in range(baselines):
        stored = rng.integers(base.shape[1], size=SEEDS)
        rates = []
        for begin in range(0, each, CHUNK):
            here = min(CHUNK, each - begin)
            picked = np.broadcast_to(stored, (here, SEEDS))
            rates.append(gates(base, base, picked, plan, rng.integers(base.shape[1], size=(here, LIMIT))).verdicts)
        found.append(float((np.concatenate(rates) == "worse").mean()))
    return np.array(found)


def main() -> None:
    """Run what is not cached, simulate, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS_RUN)
    parser.add_argument("--gates", type=int, default=2_000)
    parser.add_argument("--cache", type=Path, default=CACHE)
    given = parser.parse_args()
    base = cached(given.cache, *THE_BASE, given.seeds)
    variants = {name: cached(given.cache, name, *what, given.seeds) for name, what in VARIANTS.items()}
    steps = [step_of(row) for row in base]
    base, *others = (
        np.stack([rounded(row, step) for row, step in zip(scores, steps, strict=True)])
        for scores in (base, *variants.values())
    )
    plan = GatePlan()
    frame = table(base, dict(zip(variants, others, strict=True)), given.gates, plan)
    rates = conditional(base, 50, 1_000, plan)
    atomic_write(KEPT, frame.to_csv(index=False, lineterminator="\n"))
    write_tables(frame, rates)


def ratios(frame: pd.DataFrame) -> list[str]:
    """Mean seeds of the gate over those of the fixed paired test of the power that the gate has at the margin."""
    found = []
    for where, rows in frame.groupby(frame["scenario"].str.startswith("one benchmark"), sort=False):
        fixed = rows.loc[rows["kind"] == "the margin", "fixed"]
        shares = {
            kind: rows.loc[rows["kind"] == kind, "seeds_mean"].max() / fixed.min()
            for kind in ("neutral", "the margin", "twice the margin")
        }
        found.append(
            f"On {'one benchmark' if where else 'three benchmarks'} fixed paired tests of the power that the gate has at the margin"
            f" take {fixed.min():,.0f} seeds. Of those the gate takes {shares['neutral']:.2f} where nothing changed,"
            f" {shares['the margin']:.2f} at the margin and {shares['twice the margin']:.2f} at twice the margin."
        )
    return found


def cells(row: pd.Series) -> list[str]:
    """A scenario as a row of the table."""
    effects = [row[f"effect_{name}"] for name in DATASETS]
    shares = [f"{row[name]:.3f}" for name in ("worse", "equivalent", "better", "undecided")]
    shown = ", ".join(f"{effect:+.2f}" for effect in effects if not np.isnan(effect))
    fixed = "" if np.isnan(row["fixed"]) else f"{row['fixed']:,.0f}"
    return [row["scenario"], shown, *shares, f"{row['seeds_mean']:.0f}", f"{row['seeds_90']:.0f}", fixed]


def write_tables(frame: pd.DataFrame, rates: np.ndarray) -> None:
    """Put the tables between the marks of docs/gate.md."""
    heads = [
        "change",
        "effect, sd",
        "worse",
        "equivalent",
        "better",
        "undecided",
        "seeds, mean",
        "90 %",
        "fixed paired test",
    ]
    table = printed(heads, (cells(row) for _, row in frame.iterrows()), left=2)
    middle, high, most = np.quantile(rates, [0.5, 0.9, 1.0])
    lines = [
        markdown(table),
        "",
        f"{frame['gates'].iloc[0]:,} gates a row. Effects are on CIFAR-10, CIFAR-100 and ImageNet16-120.",
        *ratios(frame),
        "",
        f"One baseline judges many changes. Over {len(rates)} baselines of {SEEDS:,} seeds, the share of neutral changes that one"
        f" and the same baseline calls worse has a median of {middle:.3f}, a 90th percentile of {high:.3f} and a maximum of"
        f" {most:.3f} (1,000 gates each).",
    ]
    write_blocks(DOC, {"calibration": "\n".join(lines)})


if __name__ == "__main__":
    main()
