"""A verdict with everything in it, for tests of what is made of verdicts."""

from __future__ import annotations

from dataclasses import replace

from nasbed.gate.verdict import Crash, Disaster, GateComparison, Tail, ThinkingTime, Verdict

ONE = GateComparison(
    label="nasbench201/cifar10", outcome="worse", effect=0.125, effect_sd=0.25, low_sd=0.05, high_sd=0.45, level=0.98,
    margin=0.1, margin_sd=0.2, detectable_sd=0.14, mean=0.875, baseline_mean=0.75, sd=0.5, share=0.8, correlation=0.31,
    final_effect=0.05, final_half_width=0.02, unit="%",
)  # fmt: skip
MEAN = replace(
    ONE,
    label="mean of 2 benchmarks",
    outcome="open",
    effect=float("nan"),
    margin=float("nan"),
    margin_sd=0.1,
    unit="sd",
)
TAIL = Tail(
    seeds=150, planned=375, count=1, critical=2, chance=0.07, level=0.005, worst_sds=6.25, powers={"1 %": 0.89, "0.2 %": 0.17},
    needed={"1 %": 300, "0.2 %": 5125}, disasters=(Disaster("c10", 12, 9.5, 17.25),),
)  # fmt: skip
WORSE = Verdict(
    study="tuning", strategy="RE | ours", outcome="worse", reason="+0.25 sd (nasbench201/cifar10)", metric="test_regret",
    seeds=150, tested=125, limit=1000, first_seed=10, baseline_seeds=5000, baseline_made="2024-05-01", same=3, compared=300,
    margin=0.2, alpha=0.05, power=0.9, budget="100 evaluations", rules="Noise: none.", comparisons=(ONE, MEAN),
    crashes=tuple(Crash("c10", seed, "boom\nbang") for seed in range(7)),
    fails=("crashes", "worse"), tail=TAIL, thinking_limit=5.0,
    machine="another machine (Arm, 8 cores)", candidate="ab",
    thinking=(ThinkingTime("c10", 6e-6, 1.5e-6, 2.0), ThinkingTime("c100", 0.016, 0.015, 1.0)),
    notes=("the option sample is 4, in the baseline 3",),
)  # fmt: skip
