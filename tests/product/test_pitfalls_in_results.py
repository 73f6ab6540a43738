"""Traps in results of other code, that no other test closes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nasbed
from nasbed import figures
from nasbed.studies.study import Study

PLAIN = 'use = "nasbench201"\n'
SEVERAL = 'use = "nasbench201"\ndataset = ["cifar10", "cifar100"]\n'
MEASURED = 'use = "nasbench201"\nmeasures = {}\n'
TREE = ("benchmarks/nasbench201.py", "tables/table.py", "tables/manifest.py", "spaces/nasbench201.py")


@pytest.mark.parametrize(
    ("entry", "changed"),
    [
        *((PLAIN, file) for file in (*TREE, "strategies/random_search.py", "/loop.py", "/streams.py")),
        *((SEVERAL, file) for file in (*TREE, "tables/averaged.py")),
        (MEASURED, "tables/measures.py"),
    ],
    ids=lambda value: {PLAIN: "one", SEVERAL: "several", MEASURED: "measures"}.get(value, value),
)
def test_a_change_to_any_module_that_answers_come_through_makes_stored_runs_foreign(
    entry: str, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"""
name = "identity"
seeds = 1
budget = {{ evaluations = 5 }}
[[benchmark]]
{entry}
[[strategy]]
use = "random_search"
"""
    monkeypatch.setattr("nasbed.studies.series._core", nasbed.studies.series._core.__wrapped__)
    (before,) = Study.parse(text).series()
    key, read = before.key, Path.read_bytes

    def edited(path: Path) -> bytes:
        return read(path) + (b"\n" if path.as_posix().endswith(changed) else b"")

    monkeypatch.setattr(Path, "read_bytes", edited)
    (after,) = Study.parse(text).series()
    assert after.key != key


TINY = """
name = "tiny"
seeds = 60
budget = { evaluations = 10 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
objectives = ["accuracy", "latency"]
[[strategy]]
use = "random_search"
"""


def test_a_figure_of_results_of_other_code_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nasbed.run_study(Study.parse(TINY), tmp_path, seeds=3)
    monkeypatch.setattr("nasbed.studies.series._core", lambda: "another core")
    stale = nasbed.Results.load(tmp_path)
    words = "was run by other code or data (core changed since)"
    assert words in nasbed.comparison_table(stale)
    assert words in nasbed.comparison_table(stale, "latex")
    assert words in figures.caption(stale, "curves")


def test_a_figure_carries_seeds_noise_budget_incumbent_and_cost_model(tmp_path: Path) -> None:
    results = nasbed.run_study(Study.parse(TINY), tmp_path, seeds=6)
    for metric in ("validation_regret", "test_regret"):
        drawn = " ".join(
            " ".join(
                text.get_text() for text in figures.render(results, "curves", captioned=True, metric=metric).texts
            ).split()
        )
        for words in (
            "6 seeds (0 to 5), the same for every strategy",
            "Noise: each evaluation replays one recorded training drawn at random",
            "repeated evaluations are charged",
            "Incumbent: highest single observation at the highest fidelity seen",
            "Budget: 10 evaluations, 1 simulated worker",
            "Cost model: recorded training time of 200 epochs",
        ):
            assert words in drawn


def test_columns_are_read_once_and_not_for_each_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    load = np.load

    def counting(file: Any, *args: Any, **options: Any) -> Any:
        opened.append(Path(file).name)
        return load(file, *args, **options)

    monkeypatch.setattr(np, "load", counting)
    text = TINY.replace('"latency"', '"parameters", "flops"')
    results = nasbed.run_study(Study.parse(text), tmp_path / "out")
    assert len(results.finals()) == 60
    assert opened
    assert len(opened) < 30
    opened.clear()
    nasbed.run_study(Study.parse(text.replace("seeds = 60", "first_seed = 100\nseeds = 60")), tmp_path / "more")
    assert len(opened) < 10
