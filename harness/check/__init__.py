"""Conformance: what every benchmark and every strategy must hold, ours and plug-ins', as named checks.

In a plug-in's own tests::

    @pytest.mark.parametrize("check", nasbed.benchmark_checks("package.module:Class", dataset="cifar10"))
    def test_the_benchmark_conforms(check):
        check()

What is checked is given by its name and options, as in a study file, because several checks make it anew: beside the first,
and in another process. Everything is drawn from named streams, so what is found once is found again.
"""

from nasbed.check.checks import (
    BENCHMARK_RULES,
    FUNCTION_RULES,
    STRATEGY_RULES,
    Check,
    Finding,
    benchmark_checks,
    check_benchmark,
    check_named,
    check_strategy,
    strategy_checks,
)

__all__ = [
    "BENCHMARK_RULES",
    "FUNCTION_RULES",
    "STRATEGY_RULES",
    "Check",
    "Finding",
    "benchmark_checks",
    "check_benchmark",
    "check_named",
    "check_strategy",
    "strategy_checks",
]
