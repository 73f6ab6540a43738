"""One finished search, and its scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from nasbed.notebooks import ShownInNotebook
from nasbed.searches.columns import (
    ADDED,
    ARCHITECTURE,
    BENCHMARK,
    COST,
    EPOCHS,
    LAST,
    SEED,
    TIME,
    TRIAL,
    VALUE,
    index_array,
)
from nasbed.searches.rules import Rules
from nasbed.vocabulary import VALIDATED, Benchmark, Outcome, Spending

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SearchResult(ShownInNotebook):
    """A finished search: its outcomes in the order of arrival, and its scores by the benchmark's referee.

    ``thinking`` holds the strategy's seconds before each trial; ``measured`` the number of measures that it had asked for by then
    (empty if it asked for none); ``added`` the epochs of each trial beyond those that it resumed (empty if nothing can be resumed).
    ``ended`` says that the strategy stopped before its budget was spent. In ``outcomes`` higher is better, so minimised objectives
    have their sign turned; :meth:`scores` and :meth:`frame` are in natural numbers.
    """

    outcomes: tuple[Outcome, ...]
    thinking: tuple[float, ...]
    measured: tuple[int, ...]
    added: tuple[int, ...]
    ended: bool
    seed: int
    benchmark: Benchmark
    rules: Rules
    notebook_page: ClassVar[str] = "of_search"

    def __repr__(self) -> str:
        found, objective = self.incumbent, self.benchmark.objectives[0]
        seen = objective.natural(self.observed)
        value = "none" if found is None else f"{objective.name} {seen:.6g} {objective.unit}"
        return f"<SearchResult: {self.benchmark.label}, seed {self.seed}, {len(self.outcomes)} evaluations, incumbent: {value}>"

    @cached_property
    def incumbent(self) -> Outcome | None:
        """The outcome whose architecture the search returns, by the incumbent rule, the first of that architecture under the rule
        ``mean``; ``None`` if there is none.
        """
        place, _ = self._chosen
        return self.outcomes[place] if place >= 0 else None

    @property
    def observed(self) -> float:
        """What the search saw of the incumbent, by which it was chosen, higher is better: its value, or under the rule ``mean`` the
        mean of its evaluations; ``nan`` without an incumbent.
        """
        return self._chosen[1]

    @cached_property
    def _chosen(self) -> tuple[int, float]:
        """The place of the incumbent, -1 where there is none, and what was seen of it."""
        import numpy as np

        from nasbed.searches.incumbents import seen_incumbents

        if not self.outcomes:
            return -1, float("nan")
        values = np.array([[np.nan if outcome.violation else outcome.value for outcome in self.outcomes]])
        epochs = np.array([[outcome.epochs for outcome in self.outcomes]])
        archs = index_array([outcome.index for outcome in self.outcomes], self.benchmark.space.size)[None]
        places, seen = seen_incumbents(values, epochs, archs, self.rules.incumbent)
        return int(places[0, -1]), float(seen[0, -1])

    @property
    def spent(self) -> Spending:
        """The amounts spent up to the last outcome: evaluations, epochs of training, the search's clock, and each cost by name."""
        epochs = [self.added[outcome.trial] if self.added else outcome.epochs for outcome in self.outcomes]
        costs = zip(*(outcome.costs for outcome in self.outcomes), strict=True)
        return Spending(
            len(self.outcomes),
            sum(epochs),
            max((outcome.time for outcome in self.outcomes), default=0.0),
            dict(zip(self.benchmark.cost_names, map(sum, costs), strict=False)),
        )

    def scores(self) -> dict[str, float]:
        """Validation regret, test regret and test value of the incumbent, in natural numbers of the objective: a loss is
        positive, and so are regrets whatever the direction. ``nan`` without an incumbent. If the benchmark has no referee,
        there is only ``validation``, as the search observed it; if no test value was recorded, only validation and its regret.
        """
        import numpy as np

        from nasbed.searches.referees import refereed

        referee = refereed(self.benchmark)
        if referee is None:
            return {"validation": float(self.benchmark.objectives[0].natural(self.observed)) + 0.0}
        validated = self.benchmark.judged_on == VALIDATED
        if self.incumbent is None:
            names = ("validation_regret", "validation") if validated else ("validation_regret", "test_regret", "test")
            return dict.fromkeys(names, float("nan"))
        index = index_array([self.incumbent.index], self.benchmark.space.size)
        validation, test = (
            float(referee.validation(index)[0]),
            float(referee.test(index, np.array([self.incumbent.value]))[0]),
        )
        best_validation, best_test = referee.best()
        if validated:
            natural = float(self.benchmark.objectives[0].natural(validation))
            return {"validation_regret": float(best_validation - validation), "validation": natural}
        regrets = {"validation_regret": float(best_validation - validation), "test_regret": float(best_test - test)}
        return {**regrets, "test": self.benchmark.objectives[0].natural(test)}

    def frame(self) -> pd.DataFrame:
        """One row per evaluation, in natural numbers: benchmark, seed, trial, architecture, epochs, value (of the first
        objective), cost, time, last (whether the search ended here, before its budget), epochs_added (the epochs beyond the
        resumed ones, if trainings can be resumed), and the further objectives and costs.

        With a column that names the strategy, :meth:`~nasbed.results.results.Results.from_frame` reads it.
        """
        import pandas as pd

        first, *others = self.benchmark.objectives
        outcomes, columns = self.outcomes, list(zip(*(outcome.values for outcome in self.outcomes), strict=True))
        columns = columns or [()] * (1 + len(others))
        return pd.DataFrame(
            {
                BENCHMARK.name: self.benchmark.label,
                SEED.name: self.seed,
                TRIAL.name: [outcome.trial for outcome in outcomes],
                ARCHITECTURE.name: [self.benchmark.space.format(outcome.arch) for outcome in outcomes],
                EPOCHS.name: [outcome.epochs for outcome in outcomes],
                VALUE.name: [first.natural(value) for value in columns[0]],
                COST.name: [outcome.cost for outcome in outcomes],
                TIME.name: [outcome.time for outcome in outcomes],
                LAST.name: [self.ended and place == len(outcomes) for place in range(1, len(outcomes) + 1)],
                **(
                    {ADDED.name: [self.added[outcome.trial] for outcome in outcomes]}
                    if self.benchmark.resumable
                    else {}
                ),
                **{
                    objective.name: [objective.natural(value) for value in column]
                    for objective, column in zip(others, columns[1:], strict=True)
                },
                **{
                    name: [outcome.further_costs[place] for outcome in outcomes]
                    for place, name in enumerate(self.benchmark.cost_names[1:])
                },
            }
        )
