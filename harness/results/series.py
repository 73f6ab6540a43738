"""The runs of one strategy on one benchmark, with their scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from nasbed.results.judge import ScoredRuns, best_of, judge
from nasbed.results.kept import Runs, kept, moments_of
from nasbed.results.known import absolute, tested, turn_of
from nasbed.results.looks import Identity
from nasbed.results.thinking import RunThinking
from nasbed.results.unlogged import every_evaluation
from nasbed.searches.columns import (
    ADDED,
    ARCHITECTURE,
    EPOCHS,
    EVALUATION,
    SEED,
    VALUE,
    Columns,
    further_objectives_of,
    signed,
)
from nasbed.searches.feasibility import violations_of
from nasbed.searches.referees import refereed
from nasbed.searches.rules import Rules
from nasbed.vocabulary import RETRAINED, Benchmark, Refereed
from nasbed.vocabulary.meters import EVALUATIONS, SECONDS

METRICS = ("validation_regret", "test_regret")
"""The regrets that strategies are compared on; lower is better."""

TOGETHER = 1_000
"""Seeds whose records are in memory at a time."""


@dataclass(frozen=True)
class SeriesResult:
    """The runs of one strategy on one benchmark: flat records in the order of arrival, and ``runs`` with their scores.

    ``recorded`` gives the records of some seeds, which are in memory or read from files each time. ``searched`` is the benchmark
    that was searched and ``scored`` the one whose referee judges; they differ where a search on one data set is reported on
    another. ``supernet_costs`` says what the seconds of supernets are, where the strategy trains them,
    ``identity`` what the strategy is, whatever it is called, ``origin`` where records that were imported come from, in words, and
    ``archived`` what the archive says of its runs, of which version and seeds they are, and ``as_run`` their options as canonical
    JSON.
    """

    strategy: str
    benchmark: str
    searched: Benchmark
    scored: Benchmark
    rules: Rules
    recorded: Callable[[Sequence[int]], Columns]
    runs: Runs
    thinking: RunThinking
    supernet_costs: str = ""
    identity: Identity | None = None
    origin: str = ""
    archived: str = ""
    as_run: str = ""

    @property
    def records(self) -> pd.DataFrame:
        """A row an evaluation, in the order of arrival within a run."""
        return self.records_of(self.runs.seeds.tolist())

    def records_of(self, seeds: Sequence[int]) -> pd.DataFrame:
        """The rows of some seeds alone, sorted by seed."""
        return pd.DataFrame(self.recorded(seeds))

    def evaluations_of(self, seeds: Sequence[int]) -> pd.DataFrame:
        """The same with a row for every evaluation: those that were not recorded have no value of any objective."""
        further = tuple(one.name for one in further_objectives_of(self.searched))
        records = self.recorded(seeds)
        valued = (VALUE.name, *(name for name in further if name in records))
        return pd.DataFrame(every_evaluation(records, valued=valued))

    @property
    def mean_thinking(self) -> float:
        """Mean seconds that the strategy thought before a trial; ``nan`` where timings were not kept."""
        return self.thinking.mean

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
        return int(np.isnan(self.runs.final("test" if tested(self.scored) and not self.absolute else "observed")).sum())

    def final(self, metric: str) -> np.ndarray:
        """A score of each run at the end of the budget, in the objective's own unit, (seeds,)."""
        final = self.runs.final(metric)
        if metric in METRICS and self.absolute:
            return np.full(final.shape, np.nan)
        return final if metric in METRICS else self.scored.objectives[0].natural(final)

    def seconds(self) -> np.ndarray:
        """The simulated seconds of each run, (seeds,); ``nan`` where nothing is known of what a training takes."""
        seconds = self._where_there_are(self.runs.last(SECONDS))
        return np.full_like(seconds, np.nan) if self.searched.untimed else seconds

    def further_costs(self) -> dict[str, np.ndarray]:
        """What each run spent beside seconds, (seeds,), by the name of the cost."""
        return {name: self._where_there_are(totals) for name, totals in self.runs.spent.items()}

    def _where_there_are(self, totals: np.ndarray) -> np.ndarray:
        """Totals of the runs, 0 of those without evaluations."""
        return np.where(self.runs.count > 0, totals, 0.0)

    def feasible(self) -> float:
        """The share of evaluations that keep to the constraints, mean over runs; ``nan`` where there are none, or where records
        lack some evaluations.
        """
        shares = self.feasible_shares()
        made = shares[~np.isnan(shares)]
        return float(made.mean()) if len(made) else float("nan")

    def feasible_shares(self, at: int | None = None) -> np.ndarray:
        """The share of the first ``at`` evaluations of each run (all, by default) that keep to the constraints, (seeds,); ``nan``
        where there are no constraints, or no evaluations, or where records lack some of them.
        """
        seeds = self.runs.seeds.tolist()
        if not self.searched.constraints:
            return np.full(len(seeds), np.nan)
        shares: list[float] = []
        for first in range(0, len(seeds), TOGETHER):
            some = seeds[first : first + TOGETHER]
            records = self.records_of(some)
            if EVALUATION.name in records:
                return np.full(len(seeds), np.nan)
            if at is not None:
                records = records.groupby(SEED.name).head(at)
            violations = violations_of(self.searched, records[ARCHITECTURE.name].to_numpy())
            kept = pd.Series(np.asarray(violations) == 0)
            shares += kept.groupby(records[SEED.name].to_numpy()).mean().reindex(some).tolist()
        return np.array(shares)

    def optimism(self) -> np.ndarray:
        """What was seen of the incumbent minus its noise-free mean, (seeds, evaluations); ``nan`` where another benchmark was
        searched, or no referee knows the mean.
        """
        unknown = not isinstance(self.scored, Refereed) or self.scored.judged_on == RETRAINED
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
    answers: Columns,
    seeds: Sequence[int],
    thinking: RunThinking,
    supernet_costs: str = "",
) -> SeriesResult:
    """Score the records of a series, which stay in memory; values are in natural numbers of the first objective.

    Where trainings can be resumed and records do not say which epochs they added, a training is taken to go on from the longest
    shorter one that its run has of the architecture.
    """
    answers = with_added(answers, searched)
    runs = judged(answers, seeds, searched, scored, rules)

    def recorded(wanted: Sequence[int]) -> Columns:
        mine = np.isin(answers[SEED.name], wanted)
        return answers if mine.all() else {name: values[mine] for name, values in answers.items()}

    return SeriesResult(strategy, label, searched, scored, rules, recorded, runs, thinking, supernet_costs)


def series_results(
    strategy: str,
    labels: Mapping[str, Benchmark],
    searched: Benchmark,
    rules: Rules,
    recorded: Callable[[Sequence[int]], Columns],
    seeds: Sequence[int],
    thinking: RunThinking,
    supernet_costs: str = "",
) -> list[SeriesResult]:
    """Score the records of a series on the benchmark of each label, reading those of a few seeds at a time, as ``recorded`` gives
    them; values are in natural numbers of the first objective.
    """
    best = {label: best_of(refereed(scored)) for label, scored in labels.items()}
    axes = list({SECONDS: None, rules.budget.axis: None}.keys() - {EVALUATIONS})
    moments: dict[str, list[dict[str, np.ndarray]]] = {label: [] for label in labels}
    for first in range(0, len(seeds), TOGETHER):
        block = seeds[first : first + TOGETHER]
        answers = recorded(block)
        for label, scored in labels.items():
            moments[label].append(moments_of(judged(answers, block, searched, scored, rules), axes))
    found = []
    for label, scored in labels.items():
        again = partial(_again, recorded, seeds, searched, scored, rules)
        runs = kept(moments.pop(label), best[label], again)
        found.append(SeriesResult(strategy, label, searched, scored, rules, recorded, runs, thinking, supernet_costs))
    return found


def _again(
    recorded: Callable[[Sequence[int]], Columns],
    seeds: Sequence[int],
    searched: Benchmark,
    scored: Benchmark,
    rules: Rules,
) -> ScoredRuns:
    """All runs of a series at once."""
    return judged(recorded(seeds), seeds, searched, scored, rules)


def judged(answers: Columns, seeds: Sequence[int], searched: Benchmark, scored: Benchmark, rules: Rules) -> ScoredRuns:
    """The scores of records in natural numbers of the first objective; where trainings can be resumed they say what they added."""
    return judge(
        signed(answers, searched),
        np.array(seeds),
        refereed(scored),
        rules.incumbent,
        elsewhere=scored.label != searched.label,
        retrained=scored.judged_on == RETRAINED,
        costs=searched.cost_names[1:],
    )


def with_added(answers: Columns, searched: Benchmark) -> Columns:
    """Records with the epochs that each added, where trainings can be resumed."""
    if searched.resumable and ADDED.name not in answers:
        return {**answers, ADDED.name: _added(answers)}
    return answers


def _added(answers: dict[str, np.ndarray]) -> np.ndarray:
    """The epochs of each record beyond those of the same architecture before it, (records,)."""
    reached: dict[tuple[int, ...], set[int]] = {}
    added = []
    for *trained, epochs in zip(*(answers[one.name].tolist() for one in (SEED, ARCHITECTURE, EPOCHS)), strict=True):
        before = reached.setdefault(tuple(trained), set())
        added.append(epochs - max((fewer for fewer in before if fewer < epochs), default=0))
        before.add(epochs)
    return np.array(added)
