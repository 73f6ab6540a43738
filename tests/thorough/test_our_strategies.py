"""Every strategy of ours conforms on all made-up tasks of the suite.

tests/check/test_check_strategy.py has a few of them for each strategy.
"""

from __future__ import annotations

import pytest
from ours import INSTALLED, OPTIONS

from nasbed.check import Check, strategy_checks

pytestmark = pytest.mark.thorough

SUITES = {f"{name}-{check}": check for name in INSTALLED for check in strategy_checks(name, **OPTIONS.get(name, {}))}


@pytest.mark.parametrize("check", SUITES.values(), ids=SUITES)
def test_it_conforms_on_all_made_up_tasks(check: Check) -> None:
    check()
