"""What is kept of the league is what the strategies give, the page shows what is kept, and rows and families are well formed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import hunts
import league
import league_page
import league_scores
import league_setup
import numpy as np
import pandas as pd
import pytest
from daily import sampled
from pages import inserted
from places import SHARED, needs_shared

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.lcbench import LCBench
from nasbed.errors import DataError, StudyError, UnknownNameError

GROUND = league_setup.families()
ROWS = league_setup.rows(known=GROUND)


@pytest.fixture(scope="module")
def kept() -> pd.DataFrame:
    return league_scores.read()


@pytest.mark.parametrize(
    "label", sampled(["regularized_evolution", "local_search", "simulated_annealing", "genetic_algorithm"], 2)
)
def test_a_kept_row_is_what_its_strategy_gives(
    label: str, kept: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(league, "FOLDER", tmp_path)
    family = league_setup.Family(**{**vars(GROUND["nasbench201"]), "datasets": ("cifar100",), "budgets": (50, 100)})
    found = league.searched(family, ROWS[label], 3, hunt=label == "local_search").set_index("seed")
    mine = kept[(kept["strategy"] == label) & (kept["benchmark"] == "nasbench201/cifar100")].set_index("seed").loc[:2]
    columns = [f"{metric}_{budget}" for metric in league_scores.METRICS for budget in (50, 100)]
    assert found[columns].to_numpy(np.float32).tolist() == mine[columns].to_numpy(np.float32).tolist()
    assert found[[f"{metric}_200" for metric in league_scores.METRICS]].isna().all(axis=None)
    if label == "local_search":
        assert found["queries"].tolist() == mine["queries"].tolist()


def test_every_kept_row_stands_in_the_league_and_has_all_its_evaluations(kept: pd.DataFrame) -> None:
    assert set(kept["strategy"]) <= set(ROWS)
    for (name, label), mine in kept.groupby(["family", "strategy"]):
        family, row = GROUND[name], ROWS[label]
        assert list(dict.fromkeys(mine["benchmark"])) == [f"{name}/{dataset}" for dataset in family.datasets]
        there = [budget for budget in family.budgets if budget <= family.evaluations_of(row)]
        assert mine[[f"validation_regret_{budget}" for budget in there]].notna().all(axis=None)


@pytest.mark.thorough
@needs_shared
def test_the_page_shows_what_is_kept(kept: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    convert.import_table("nasbench_macro", SHARED / "data" / "nas-bench-macro", lambda label, done, total: None)
    page = league_page.PAGE.read_text(encoding="utf-8")
    assert inserted(page, league_page.blocks(kept, GROUND, league_setup.rows())) == page


def test_the_page_shows_the_queries_to_the_optimum_over_many_seeds() -> None:
    page, found = league_page.PAGE.read_text(encoding="utf-8"), pd.read_csv(hunts.KEPT)
    assert inserted(page, {"many hunts": league_page.hunts(found)}) == page
    assert set(found["strategy"]) <= set(ROWS)
    assert found.groupby(["strategy", "benchmark"])["seed"].agg(list).map(lambda seeds: seeds == list(range(300))).all()


def test_a_row_may_have_seeds_of_its_own() -> None:
    family = GROUND["digits201"]
    assert family.seeds_of(ROWS["gp_bo"]) == 100 > family.seeds_of(ROWS["bananas"]) == family.slow_seeds
    assert family.seeds_of(ROWS["gp_bo"], most=5) == 5


def test_what_options_are_chosen_on_is_not_in_the_league() -> None:
    held_out = {"transnas_micro": {"class_object", "room_layout"}, "transnas_macro": {"segmentsemantic"}}
    held_out["lcbench"] = set(LCBench.datasets()[:4])
    assert "synthetic" not in GROUND
    for name, family in GROUND.items():
        known = set(nasbed.benchmarks.REGISTRY.load(name).datasets())
        assert len(set(family.datasets)) == len(family.datasets)
        assert set(family.datasets) == known - held_out.get(name, set())


def test_slow_rows_are_compared_at_evaluations_that_all_have() -> None:
    for family in GROUND.values():
        assert family.common in family.budgets
        assert set(family.budgets) <= set(league_scores.BUDGETS)
        assert family.slow_seeds <= family.seeds
    assert set(league_setup.RIVALS) <= {label for label, row in ROWS.items() if not row.slow}


@pytest.mark.parametrize(
    ("slow", "evaluations", "expected"),
    [(False, 0, 400), (True, 0, 100), (True, 400, 400), (True, 900, 400), (True, 50, 100)],
)
def test_a_slow_row_goes_as_far_as_it_says_where_the_family_is_read_so_far(
    slow: bool, evaluations: int, expected: int
) -> None:
    family = league_setup.Family("digits201", "digits", ("digits",), 10, (50, 100, 400), 4, 100)
    row = league_setup.Row({"use": "random_search"}, slow, evaluations)
    assert family.evaluations_of(row) == expected
    assert str(league_setup.study_of(family, row, 3).rules.budget) == f"{expected} evaluations"


def made(**columns: object) -> pd.DataFrame:
    rows = {
        "family": "f",
        "benchmark": "f/x",
        "strategy": "a",
        "seed": range(3),
        **dict.fromkeys(league_scores.NUMBERS, 0.5),
    }
    return pd.DataFrame(rows | columns)[list(league_scores.COLUMNS)]


def test_scores_come_back_as_they_were_kept(tmp_path: Path) -> None:
    path = tmp_path / "kept.parquet"
    values = np.array([1 / 3, 0.0, 91.60667])
    scores = pd.concat(
        [made(validation_regret_50=values, test_regret_200=np.nan), made(strategy="b, tuned")], ignore_index=True
    )
    league_scores.write(scores, path)
    found = league_scores.read(path)
    names = ["family", "benchmark", "strategy", "seed"]
    assert found[names].to_numpy().tolist() == scores[names].to_numpy().tolist()
    assert found["validation_regret_50"].tolist() == [*values.astype(np.float32), 0.5, 0.5, 0.5]
    assert found["test_regret_200"].isna().tolist() == [True] * 3 + [False] * 3
    before = path.read_bytes()
    league_scores.write(found, path)
    assert path.read_bytes() == before
    assert len(league_scores.read(tmp_path / "none.parquet")) == 0


def test_incomplete_scores_are_refused_and_leave_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "kept.parquet"
    league_scores.write(made(), path)
    for broken, words in {
        "seeds": (made(seed=[0, 1, 3]), "a on f/x: its 3 searches have not the seeds 0 to 2"),
        "tasks": (
            pd.concat([made(), made(benchmark="f/y").iloc[:2]]),
            "a on f: its tasks have different numbers of seeds",
        ),
        "scores": (made(validation_regret_50=[0.1, np.nan, 0.2]), "a on f: some searches have no score after 50"),
    }.values():
        with pytest.raises(DataError, match=re.escape(words)):
            league_scores.write(broken, path)
    assert league_scores.read(path).to_numpy().tolist() == made().to_numpy().tolist()
    made().drop(columns="queries").to_parquet(path)
    with pytest.raises(DataError, match=r"kept\.parquet has the columns family, .*; expected family"):
        league_scores.read(path)


def test_a_row_replaces_itself_on_the_families_that_were_run() -> None:
    rows = [("b", "g", 1), ("a", "f", 2), ("a", "g", 3), ("b", "f", 4), ("b", "g", 5), ("gone", "f", 6)]
    kept = league_scores.empty()
    for strategy, family, value in rows:
        scores = made(strategy=strategy, family=family, benchmark=f"{family}/x", queries=value)
        kept = league_scores.merged(kept, scores, ["a", "b"], ["f", "g"])
    found = kept[kept["seed"] == 2]
    assert list(zip(found["strategy"], found["family"], found["queries"], strict=True)) == [
        ("a", "f", 2), ("b", "f", 4), ("a", "g", 3), ("b", "g", 5)
    ]  # fmt: skip
    assert kept["seed"].tolist() == [0, 1, 2] * 4


def test_a_plan_goes_by_what_was_measured() -> None:
    family = league_setup.Family("f", "F", ("x", "y"), 10, (50, 100, 200), 4, 100)
    hunted = league_setup.Family("g", "G", ("x",), 10, (50, 100), 4, 100, hunt=True, answer_ms=0.6)
    fast, slow = league_setup.Row({"use": "a"}, ms=0.25), league_setup.Row({"use": "b"}, slow=True, without=("g",))
    kept = made(cpu_ms=0.5)
    found = league_setup.plan([fast, slow], [family, hunted], kept)
    assert found[["strategy", "family", "searches", "evaluations", "ms", "measured"]].to_numpy().tolist() == [
        ["a", "f", 20, 4_000, 0.5, True], ["a", "g", 10, 1_000, 1.0, False], ["b", "f", 8, 800, 10.15, False]
    ]  # fmt: skip
    assert found["minutes"].to_numpy() == pytest.approx([2_000 / 60_000, 11_000 / 60_000, 8_120 / 60_000])
    text = league_setup.told(found)
    assert text.startswith("38 searches, 5,800 evaluations; minutes of CPU:\n")
    assert text.splitlines()[-1] == "| all | 0.2 | 0.2 | 0.4 |"
    capped = league_setup.plan([fast], [family], kept, most=3)
    assert capped["searches"].tolist() == [6]


def test_the_plan_of_the_command_runs_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["league.py", "--plan", "--family", "digits201"])
    monkeypatch.setattr(league, "searched", None)
    league.main()
    said = capsys.readouterr().out
    assert "searches" in said
    assert all(f"| {label} |" in said for label in ROWS)


def test_unknown_rows_families_and_labels_twice_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["league.py", "random_serch"])
    with pytest.raises(UnknownNameError, match=r"unknown row .*'random_serch'; did you mean 'random_search'"):
        league.main()
    path = tmp_path / "rows.toml"
    path.write_text('[[strategy]]\nuse = "tpe"\n\n[[strategy]]\nuse = "tpe"\n')
    with pytest.raises(StudyError, match=r"rows\.toml: two rows are called 'tpe'; give one of them another label"):
        league_setup.rows(path)
    for said in ('families = ["fcnett"]', "seeds = { fcnett = 30 }"):
        path.write_text(f'[[strategy]]\nuse = "tpe"\n{said}\n')
        with pytest.raises(UnknownNameError, match=r"'fcnett'.*did you mean 'fcnet'"):
            league_setup.rows(path, known=GROUND)
