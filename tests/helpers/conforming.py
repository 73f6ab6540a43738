"""Benchmarks that conform: every day to what is asked of them here, in ``make thorough`` to what another process is asked too."""

from __future__ import annotations

from typing import Any

import pytest
from daily import daily

import nasbed
from nasbed.vocabulary import Benchmark

IN_ANOTHER_PROCESS = {"another_process_gives_the_same_answers", "a_search_opens_no_test_column"}
"""Checks that start a process; every day those of nasbench201 and digits201, on which the other tables rest, do."""

here_and_elsewhere = pytest.mark.parametrize("elsewhere", daily([False, True], False), ids=["here", "elsewhere"])
"""For tests with an argument ``elsewhere``, which :func:`broken` takes."""


def broken(use: str | type[Benchmark], elsewhere: bool, **options: Any) -> list[str]:
    """What a benchmark breaks, of the checks that another process is asked in (``elsewhere``) or of all the others."""
    checks = [one for one in nasbed.benchmark_checks(use, **options) if (str(one) in IN_ANOTHER_PROCESS) == elsewhere]
    assert checks
    return [str(finding) for one in checks if not (finding := one.run()).holds]
