"""The runs of one strategy on one benchmark, with their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nasbed.results.judge import ScoredRuns, judge
from nasbed.results.known import absolute, turn_of
from nasbed.searches.columns import ADDED, ARCHITECTURE, EPOCHS, SEED, signed
from nasbed.searches.referees import refereed
from nasbed.searches.rules import Rules
from nasbed.vocabulary import RETRAINED, Benchmark

METRICS = ("validation_regret", "test_regret")
"""The regrets that strategies are compared on; lower is better."""


@dataclass(frozen=True)
class SeriesResult:
    """The runs of one strategy on one benchmark: flat records in the order of arrival, and ``runs`` with their scores.

    ``searched`` is the benchmark that was searched and ``scored`` the one whose referee judges; they differ where a
    search on one data set is reported on another. ``supernet_costs`` says what the seconds of supernets are, where the strategy
    trains them.
    """

    strategy: str
    benchmark: str
    searched: Benchmark
    scored: Benchmark
    rules: Rules
    records: pd.DataFrame
    runs: ScoredRuns
    mean_thinking: float
    supernet_costs: str = ""

    @property
    def absolute(self) -> bool:
        """Whether no best is known, and there are no regrets."""
        return absolute(self.scored)

    def shown(self, values: np.ndarray) -> np.ndarray:
        """Regrets of ``runs`` as readers see them: the same, or where no best is known the values in their natural unit."""
        turned: np.ndarray = turn_of(self.scored) * values
        return turned

    @property
    def without_incumbent(self) -> int:
        """How many runs end without an incumbent that has a score."""
        reached = self.runs.observed if self.absolute else self.runs.test
        return int(np.isnan(reached[:, -1]).sum())

    def final(self, metric: str) -> np.ndarray:
        """A score of each run at the end of the budget, in the objective's own unit, (seeds,)."""
        final: np.ndarray = getattr(self.runs, metric)[:, -1]
        if metric in METRICS and self.absolute:
            return np.full(final.shape, np.nan)
        return final if metric in METRICS else self.scored.objectives[0].natural(final)

    def seconds(self) -> np.ndarray:
        """The simulated seconds of each run, (seeds,)."""
        return self._at_the_end(self.runs.time)

    def further_costs(self) -> dict[str, np.ndarray]:
        """What each run spent beside seconds, (seeds,), by the name of the cost."""
        return {name: self._at_the_end(totals) for name, totals in self.runs.costs.items()}

    def _at_the_end(self, totals: np.ndarray) -> np.ndarray:
        return np.where(self.runs.count > 0, self.runs.last_of(totals), 0.0)

    def optimism(self) -> np.ndarray:
        """What was seen of the incumbent minus its noise-free mean, (seeds, evaluations); ``nan`` where another benchmark was
        searched, or no referee knows the mean.
        """
        unknown = refereed(self.scored) is None or self.scored.judged_on == RETRAINED
        if self.searched.label != self.scored.label or unknown:
            return np.full_like(self.runs.validation, np.nan)
        optimism: np.ndarray = self.runs.observed - self.runs.validation
        return optimism


def series_result(
    strategy: str,
    label: str,
    searched: Benchmark,
    scored: Benchmark,
    rules: Rules,
    answers: dict[str, np.ndarray],
    seeds: Sequence[int],
    thinking: float,
    supernet_costs: str = "",
) -> SeriesResult:
    """Score the records of a series; values are in natural numbers of the first objective.

    Where trainings can be resumed and records do not say which epochs they added, a training is taken to go on from the longest
    shorter one that its run has of the architecture.
    """
    if searched.resumable and ADDED.name not in answers:
        answers = {**answers, ADDED.name: _added(answers)}
    runs = judge(
        signed(answers, searched.objectives[0]),
        np.array(seeds),
        refereed(scored),
        rules.incumbent,
        elsewhere=scored.label != searched.label,
        retrained=scored.judged_on == RETRAINED,
        costs=searched.cost_names[1:],
    )
    records = pd.DataFrame(answers)
    return SeriesResult(strategy, label, searched, scored, rules, records, runs, thinking, supernet_costs)


def _added(answers: dict[str, np.ndarray]) -> np.ndarray:
    """The epochs of each record beyond those of the same architecture before it, (records,)."""
    reached: dict[tuple[int, ...], set[int]] = {}
    added = []
    for *trained, epochs in zip(*(answers[one.name].tolist() for one in (SEED, ARCHITECTURE, EPOCHS)), strict=True):
        before = reached.setdefault(tuple(trained), set())
        added.append(epochs - max((fewer for fewer in before if fewer < epochs), default=0))
        before.add(epochs)
    return np.array(added)
