"""The vocabulary: what strategies, benchmarks and the loop say to each other.

A strategy proposes, the loop has the proposal evaluated, and the strategy is told the outcome. Higher is
better in every value that passes here: benchmarks turn the sign of what is minimised.
"""

from nasbed.errors import NasbedError, OptionError, StrategyError, shown, unknown
from nasbed.streams import Stream
from nasbed.vocabulary.benchmarks import (
    HELD_OUT,
    RETRAINED,
    UNJUDGED,
    VALIDATED,
    AsksTogether,
    Benchmark,
    Exhaustive,
    JudgedAnew,
    Offered,
    Oracle,
    Priced,
    Recorded,
    Recordings,
    Referee,
    Refereed,
    Retrained,
    RetrainedTogether,
    seconds_in,
)
from nasbed.vocabulary.budgets import Budget
from nasbed.vocabulary.constraints import Constraint
from nasbed.vocabulary.meters import Meter, Spending
from nasbed.vocabulary.objectives import Objective, Turnable, natural
from nasbed.vocabulary.options import describe_option, option
from nasbed.vocabulary.proposals import DERIVED, Arch, Outcome, Proposal, SharedWeights
from nasbed.vocabulary.spaces import (
    EnumerableSpace,
    Graph,
    Half,
    JointSpace,
    OrderedSpace,
    Space,
    architecture_of,
    counting,
    graph_of,
    is_conditional,
    is_enumerable,
    ordered,
)
from nasbed.vocabulary.strategies import PATIENCE, Proposals, Script, ScriptSearcher, Searcher, Strategy
from nasbed.vocabulary.supernets import SharesWeights, TrainedSupernet
from nasbed.vocabulary.tasks import TRANSFER, Needs, Task
from nasbed.vocabulary.training import Trained, TrainedBenchmark, Trainer, Training

__all__ = [
    "DERIVED",
    "HELD_OUT",
    "PATIENCE",
    "RETRAINED",
    "TRANSFER",
    "UNJUDGED",
    "VALIDATED",
    "Arch",
    "AsksTogether",
    "Benchmark",
    "Budget",
    "Constraint",
    "EnumerableSpace",
    "Exhaustive",
    "Graph",
    "Half",
    "JointSpace",
    "JudgedAnew",
    "Meter",
    "NasbedError",
    "Needs",
    "Objective",
    "Offered",
    "OptionError",
    "Oracle",
    "OrderedSpace",
    "Outcome",
    "Priced",
    "Proposal",
    "Proposals",
    "Recorded",
    "Recordings",
    "Referee",
    "Refereed",
    "Retrained",
    "RetrainedTogether",
    "Script",
    "ScriptSearcher",
    "Searcher",
    "SharedWeights",
    "SharesWeights",
    "Space",
    "Spending",
    "Strategy",
    "StrategyError",
    "Stream",
    "Task",
    "Trained",
    "TrainedBenchmark",
    "TrainedSupernet",
    "Trainer",
    "Training",
    "Turnable",
    "architecture_of",
    "counting",
    "describe_option",
    "graph_of",
    "is_conditional",
    "is_enumerable",
    "natural",
    "option",
    "ordered",
    "seconds_in",
    "shown",
    "unknown",
]
