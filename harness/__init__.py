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
    from nasbed.agreement import Agreement, agree
    from nasbed.analysis.results import Results
    from nasbed.check import Check, Finding, benchmark_checks, check_benchmark, check_strategy, strategy_checks
    from nasbed.errors import BaselineError, BudgetExhausted, NasbedError
    from nasbed.gate.baseline import Baseline
    from nasbed.gate.gate import run_gate
    from nasbed.gate.record import make_baseline
    from nasbed.gate.verdict import Verdict
    from nasbed.objective import OptunaObjective, optuna_objective
    from nasbed.protocol import (
        Arch,
        Benchmark,
        Budget,
        EnumerableSpace,
        Needs,
        Objective,
        Outcome,
        Proposal,
        Script,
        Searcher,
        Space,
        Strategy,
        Task,
        is_enumerable,
        option,
    )
    from nasbed.runner import run_study
    from nasbed.searching import search
    from nasbed.single import Query, SearchResult, load_benchmark, load_strategy, observe
    from nasbed.streams import Stream
    from nasbed.study import Study
    from nasbed.tabulation import tabulate

__version__ = "0.1.0"

_HOME = {
    **dict.fromkeys(("Agreement", "agree"), "agreement"),
    "Results": "analysis.results",
    **dict.fromkeys(
        ("Check", "Finding", "benchmark_checks", "check_benchmark", "check_strategy", "strategy_checks"), "check"
    ),
    **dict.fromkeys(("BaselineError", "BudgetExhausted", "NasbedError"), "errors"),
    "Baseline": "gate.baseline",
    "run_gate": "gate.gate",
    "make_baseline": "gate.record",
    "Verdict": "gate.verdict",
    **dict.fromkeys(("OptunaObjective", "optuna_objective"), "objective"),
    **dict.fromkeys(
        ("Arch", "Benchmark", "Budget", "EnumerableSpace", "Needs", "Objective", "Outcome", "Proposal", "Script", "Searcher",
         "Space", "Strategy", "Task", "is_enumerable", "option"),
        "protocol",
    ),
    "run_study": "runner",
    "search": "searching",
    **dict.fromkeys(("Query", "SearchResult", "load_benchmark", "load_strategy", "observe"), "single"),
    "Stream": "streams",
    "Study": "study",
    "tabulate": "tabulation",
}  # fmt: skip

__all__ = [
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
    "Space",
    "Strategy",
    "Stream",
    "Study",
    "Task",
    "Verdict",
    "agree",
    "benchmark_checks",
    "check_benchmark",
    "check_strategy",
    "is_enumerable",
    "load_benchmark",
    "load_strategy",
    "make_baseline",
    "observe",
    "option",
    "optuna_objective",
    "run_gate",
    "run_study",
    "search",
    "strategy_checks",
    "tabulate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"nasbed.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
