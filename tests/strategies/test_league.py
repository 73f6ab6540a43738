"""What is kept of the league is what the strategies give, and the page shows what is kept."""

from __future__ import annotations

import sys
import tomllib
from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from places import ROOT, SHARED, needs_shared

from nasbed.benchmarks import convert

sys.path.insert(0, str(ROOT / "studies"))

import league

CONTENT = tomllib.loads((ROOT / "studies" / "league.toml").read_text(encoding="utf-8"))
ENTRIES = {entry.get("label", entry["use"]): entry for entry in CONTENT["strategy"]}


@pytest.fixture(scope="module")
def kept() -> pd.DataFrame:
    return pd.read_csv(league.KEPT)


@pytest.mark.parametrize(
    "label", ["regularized_evolution", "local_search, first", "simulated_annealing", "genetic_algorithm"]
)
def test_a_kept_row_is_what_its_strategy_gives(
    label: str, kept: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(league, "FOLDER", tmp_path)
    content = {**CONTENT, "seeds": 3, "benchmark": CONTENT["benchmark"][1:2]}
    given = Namespace(engine="local:1", evaluations=100, hunt=label == "local_search, first")
    found = league.searched(content, ENTRIES[label], given).set_index("seed")
    mine = kept[(kept["strategy"] == label) & (kept["benchmark"] == "nasbench201/cifar100")].set_index("seed").loc[:2]
    columns = [f"{metric}_{budget}" for metric in league.METRICS for budget in (50, 100)]
    assert found[columns].to_numpy() == pytest.approx(mine[columns].to_numpy())
    assert found[[f"{metric}_200" for metric in league.METRICS]].isna().all(axis=None)
    if given.hunt:
        assert found["queries"].tolist() == mine["queries"].tolist()


def test_every_row_has_all_seeds_and_stands_in_the_study(kept: pd.DataFrame) -> None:
    assert set(kept["strategy"]) <= set(ENTRIES)
    for _, frame in kept.groupby(["strategy", "benchmark"]):
        assert sorted(frame["seed"]) == list(range(CONTENT["seeds"]))
        assert frame["validation_regret_200"].notna().all()


@needs_shared
def test_the_page_shows_what_is_kept(kept: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    convert.import_table("nasbench_macro", SHARED / "data" / "nas-bench-macro", lambda label, done, total: None)
    page = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    assert league.inserted(page, league.tables(kept)) == page


def test_marks_name_whom_a_strategy_beats() -> None:
    rng = np.random.default_rng(3)
    base = rng.gamma(2.0, size=40)
    rows = {
        "random_search": base + 1,
        "regularized_evolution": base,
        "good": base - 0.5,
        "middling": base + 0.3,
        "bad": base + 2,
    }
    frames = [
        pd.DataFrame(
            {"strategy": name, "benchmark": "b", "seed": range(40)} | dict.fromkeys(league.COLUMNS, 0.0)
        ).assign(**{f"validation_regret_{budget}": values for budget in league.BUDGETS})
        for name, values in rows.items()
    ]
    found = league.contrasts(pd.concat(frames), "validation_regret")
    marks = {name: league.mark(found, name, "b", 100) for name in rows}
    assert marks == {"random_search": "", "regularized_evolution": "°", "good": "*", "middling": "°", "bad": "×"}


def test_a_row_replaces_itself_on_the_benchmarks_that_were_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(league, "KEPT", tmp_path / "kept.csv")

    def scores(strategy: str, benchmark: str, value: int) -> pd.DataFrame:
        return pd.DataFrame({"strategy": [strategy] * 2, "benchmark": benchmark, "seed": [0, 1], "queries": value})

    rows = ("b", "x", 1), ("a", "x", 2), ("a", "y", 3), ("b", "y", 4), ("b", "x", 5)
    for row in rows:
        league.keep(scores(*row), ["a", "b"])
    kept = pd.read_csv(league.KEPT)
    assert kept[kept["seed"] == 1].drop(columns="seed").to_numpy().tolist() == [
        ["a", "x", 2], ["a", "y", 3], ["b", "x", 5], ["b", "y", 4]
    ]  # fmt: skip
