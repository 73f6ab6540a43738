"""nasbed: a test bed for neural architecture search.

>>> import nasbed
>>> table = nasbed.load_benchmark("nasbench201", dataset="cifar10")
>>> result = nasbed.search("regularized_evolution", table, budget={"evaluations": 50}, seed=0)
>>> len(result.outcomes)
50

Names are imported when they are first used, so ``import nasbed`` loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nasbed.check import Check, Finding, benchmark_checks, check_benchmark, check_strategy, strategy_checks
    from nasbed.errors import BaselineError, BudgetExhausted, NasbedError
    from nasbed.exchange.exporting import export_results
    from nasbed.exchange.importing import import_results
    from nasbed.gate.baseline import Baseline
    from nasbed.gate.gate import run_gate
    from nasbed.gate.record import make_baseline
    from nasbed.gate.verdict import Verdict
    from nasbed.reports.writing import write_report, write_tables
    from nasbed.results.results import Results
    from nasbed.results.running import run_slice, run_study
    from nasbed.searches.execution import observe
    from nasbed.searches.loading import load_benchmark, load_strategy
    from nasbed.searches.optuna_objective import OptunaObjective, optuna_objective
    from nasbed.searches.queries import Query
    from nasbed.searches.result import SearchResult
    from nasbed.searches.search import search
    from nasbed.streams import Stream
    from nasbed.studies.merging import merge_folders
    from nasbed.studies.study import Study
    from nasbed.tables.captions import caption
    from nasbed.tables.forms import comparison_table
    from nasbed.tabulation.agreement import Agreement, agree
    from nasbed.tabulation.tabulate import tabulate
    from nasbed.training.fitted import FittedNetwork
    from nasbed.training.fitting import train
    from nasbed.training.searched import search_model
    from nasbed.vocabulary import (
        DERIVED,
        Arch,
        Benchmark,
        Budget,
        EnumerableSpace,
        Meter,
        Needs,
        Objective,
        Outcome,
        Proposal,
        Script,
        Searcher,
        SharedWeights,
        SharesWeights,
        Space,
        Strategy,
        Task,
        Trained,
        TrainedBenchmark,
        TrainedSupernet,
        Training,
        is_enumerable,
        option,
    )

__version__ = "0.1.0"

_NAMES = {
    "check": "Check Finding benchmark_checks check_benchmark check_strategy strategy_checks",
    "errors": "BaselineError BudgetExhausted NasbedError",
    "exchange.exporting": "export_results",
    "exchange.importing": "import_results",
    "gate.baseline": "Baseline",
    "gate.gate": "run_gate",
    "gate.record": "make_baseline",
    "gate.verdict": "Verdict",
    "reports.writing": "write_report write_tables",
    "results.results": "Results",
    "results.running": "run_slice run_study",
    "searches.execution": "observe",
    "searches.loading": "load_benchmark load_strategy",
    "searches.optuna_objective": "OptunaObjective optuna_objective",
    "searches.queries": "Query",
    "searches.result": "SearchResult",
    "searches.search": "search",
    "streams": "Stream",
    "studies.merging": "merge_folders",
    "studies.study": "Study",
    "tables.captions": "caption",
    "tables.forms": "comparison_table",
    "tabulation.agreement": "Agreement agree",
    "tabulation.tabulate": "tabulate",
    "training.fitted": "FittedNetwork",
    "training.fitting": "train",
    "training.searched": "search_model",
    "vocabulary": "DERIVED Arch Benchmark Budget EnumerableSpace Meter Needs Objective Outcome Proposal Script Searcher"
    " SharedWeights SharesWeights Space Strategy Task Trained TrainedBenchmark TrainedSupernet Training is_enumerable option",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = [
    "DERIVED",
    "Agreement",
    "Arch",
    "Baseline",
    "BaselineError",
    "Benchmark",
    "Budget",
    "BudgetExhausted",
    "Check",
    "EnumerableSpace",
    "Finding",
    "FittedNetwork",
    "Meter",
    "NasbedError",
    "Needs",
    "Objective",
    "OptunaObjective",
    "Outcome",
    "Proposal",
    "Query",
    "Results",
    "Script",
    "SearchResult",
    "Searcher",
    "SharedWeights",
    "SharesWeights",
    "Space",
    "Strategy",
    "Stream",
    "Study",
    "Task",
    "Trained",
    "TrainedBenchmark",
    "TrainedSupernet",
    "Training",
    "Verdict",
    "agree",
    "benchmark_checks",
    "caption",
    "check_benchmark",
    "check_strategy",
    "comparison_table",
    "export_results",
    "import_results",
    "is_enumerable",
    "load_benchmark",
    "load_strategy",
    "make_baseline",
    "merge_folders",
    "observe",
    "option",
    "optuna_objective",
    "run_gate",
    "run_slice",
    "run_study",
    "search",
    "search_model",
    "strategy_checks",
    "tabulate",
    "train",
    "write_report",
    "write_tables",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"nasbed.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
