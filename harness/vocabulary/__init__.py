"""The vocabulary: what strategies, benchmarks and the loop say to each other.

A strategy proposes, the loop has the proposal evaluated, and the strategy is told the outcome. Higher is
better in every value that passes here: benchmarks turn the sign of what is minimised.
"""

from nasbed.errors import NasbedError, OptionError, StrategyError, shown, unknown
from nasbed.streams import Stream
from nasbed.vocabulary.benchmarks import (
    HELD_OUT,
    UNJUDGED,
    Benchmark,
    Exhaustive,
    Oracle,
    Priced,
    Recorded,
    Recordings,
    Referee,
    Refereed,
    TrainedBenchmark,
    Trainer,
    Training,
)
from nasbed.vocabulary.budgets import Budget, BudgetKind
from nasbed.vocabulary.objectives import Objective, Turnable, natural
from nasbed.vocabulary.options import describe_option, option
from nasbed.vocabulary.proposals import Arch, Outcome, Proposal
from nasbed.vocabulary.spaces import EnumerableSpace, Half, JointSpace, Space, is_enumerable
from nasbed.vocabulary.strategies import PATIENCE, Proposals, Script, ScriptSearcher, Searcher, Strategy
from nasbed.vocabulary.tasks import Needs, Task

__all__ = [
    "HELD_OUT",
    "PATIENCE",
    "UNJUDGED",
    "Arch",
    "Benchmark",
    "Budget",
    "BudgetKind",
    "EnumerableSpace",
    "Exhaustive",
    "Half",
    "JointSpace",
    "NasbedError",
    "Needs",
    "Objective",
    "OptionError",
    "Oracle",
    "Outcome",
    "Priced",
    "Proposal",
    "Proposals",
    "Recorded",
    "Recordings",
    "Referee",
    "Refereed",
    "Script",
    "ScriptSearcher",
    "Searcher",
    "Space",
    "Strategy",
    "StrategyError",
    "Stream",
    "Task",
    "TrainedBenchmark",
    "Trainer",
    "Training",
    "Turnable",
    "describe_option",
    "is_enumerable",
    "natural",
    "option",
    "shown",
    "unknown",
]
