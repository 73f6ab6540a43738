"""The pytest plug-in: the fixture ``nasbed_gate`` holds a strategy to a stored baseline. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from nasbed.gate.verdict import Verdict


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option ``--nasbed-gate-update`` to pytest."""
    group = parser.getgroup("nasbed", "the regression gate of nasbed")
    group.addoption(
        "--nasbed-gate-update",
        action="store_true",
        help="write the baselines of tests that use nasbed_gate, instead of judging against them",
    )


@pytest.fixture
def nasbed_gate(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Verdict]]:
    """``nasbed_gate(study, against, **options)`` fails the test where a strategy of the study does not pass.

    Paths are relative to pytest's root folder. Options are those of :func:`nasbed.gate.gate.run_gate`. With
    ``--nasbed-gate-update`` the baseline is written and the test skipped.
    """

    def gate(study: Path | str, against: Path | str, **options: Any) -> list[Verdict]:
        from nasbed.gate.commands import judged, update_command
        from nasbed.gate.summary import markdown

        root = request.config.rootpath
        file, stored = root / study, root / against
        monkeypatch.syspath_prepend(str(file.parent))  # the study's own modules
        if request.config.getoption("--nasbed-gate-update"):
            seeds = {"seeds": options["baseline_seeds"]} if "baseline_seeds" in options else {}
            metric = {"metric": options["metric"]} if "metric" in options else {}
            told = update_command(file, stored, engine=options.get("engine", "here"), **seeds, **metric)
            pytest.skip(f"baseline written\n{told.text}")
        options.pop("baseline_seeds", None)
        verdicts = judged(file, stored, **options)
        if not all(verdict.passes for verdict in verdicts):
            pytest.fail(markdown([verdict for verdict in verdicts if not verdict.passes]), pytrace=False)
        return verdicts

    return gate
