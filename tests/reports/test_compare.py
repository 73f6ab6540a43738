"""Two results side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from forking import Command

import nasbed
from nasbed.errors import OptionError
from nasbed.reports.compare import compare, markdown, notes, printed_comparison
from nasbed.statistics.paired import contrast

STUDY = """
name = "one"
seeds = 20
budget = { evaluations = 30 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar10"
[[strategy]]
use = "random_search"
[[strategy]]
use = "regularized_evolution"
label = "evolution"
population = 10
"""
OTHER = STUDY.replace("population = 10", "population = 4").replace("seeds = 20", "seeds = 15").replace('"one"', '"two"')


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("compare")
    for name, text in (("one", STUDY), ("two", OTHER)):
        nasbed.run_study(nasbed.Study.parse(text), folder / name)
    return folder / "one", folder / "two"


def test_common_seeds_are_paired_and_the_same_trajectories_are_found(folders: tuple[Path, Path]) -> None:
    first, second = map(nasbed.Results.load, folders)
    found = compare(first, second)
    table = found.table.set_index("strategy")
    assert table["seeds"].tolist() == [15, 15]
    assert table["identical"].to_dict() == {"random_search": True, "evolution": False}
    assert table.loc["random_search", "difference"] == 0.0
    assert table.loc["random_search", "p"] == 1.0
    ours, theirs = first.scores()["evolution"][:15, 0], second.scores()["evolution"][:, 0]
    expected = contrast(theirs, ours)
    mine = table.loc["evolution"]
    assert (mine["first"], mine["second"]) == pytest.approx((ours.mean(), theirs.mean()))
    assert (mine["difference"], mine["difference_low"], mine["p"]) == pytest.approx(
        (expected.difference, expected.difference_low, expected.p)
    )
    assert mine["p_holm"] == pytest.approx(min(1, 2 * expected.p))
    difference = theirs - ours
    assert mine["standardised"] == pytest.approx(difference.mean() / np.std(difference, ddof=1))
    assert "seeds: 20 (0 to 19) against 15 (0 to 14)" in markdown(found)


def test_differences_that_do_not_vary_have_no_spread(folders: tuple[Path, Path]) -> None:
    first = nasbed.Results.load(folders[0])
    part = first.series_of("nasbench201/cifar10", "evolution")
    judged = part.runs.again()
    moved = replace(part, runs=replace(judged, validation_regret=judged.validation_regret - 11.0))
    worse = nasbed.Results([moved], "evolution", "moved")
    found = compare(worse, first)
    row = found.table.iloc[0]
    assert row["difference"] == pytest.approx(11.0)
    assert np.isnan(row["standardised"])
    (row,) = printed_comparison(found).only(["Δ / sd"]).rows
    assert [cell.text for cell in row] == ["no spread"]
    assert "with a 95 % t interval" in notes(found)[-1]


def test_where_too_few_seeds_are_common_no_test_is_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    few = nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path / "few", seeds=4)
    found = compare(nasbed.Results.load(folders[0]), few)
    assert found.table["p"].isna().all()
    assert "there is no p, for a signed-rank test needs 6 seeds or more and there are 4" in notes(found)[-1]


def test_what_only_one_has_is_named(folders: tuple[Path, Path]) -> None:
    first, second = map(nasbed.Results.load, folders)
    found = compare(first, second.subset(["evolution"]))
    assert found.only == ["only in the first: the strategies random_search"]


def test_results_that_cannot_be_compared_are_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    first = nasbed.Results.load(folders[0])
    with pytest.raises(
        OptionError, match="no strategy in common: random_search against evolution; compare runs of one study"
    ):
        compare(first.subset(["random_search"]), first.subset(["evolution"]))
    longer = nasbed.run_study(nasbed.Study.parse(STUDY.replace("= 30", "= 31")), tmp_path / "longer", seeds=2)
    with pytest.raises(OptionError, match="the budget differs, 30 evaluations against 31 evaluations"):
        compare(first, longer)
    elsewhere = nasbed.run_study(
        nasbed.Study.parse(STUDY.replace('"cifar10"', '"cifar100"')), tmp_path / "other", seeds=2
    )
    with pytest.raises(OptionError, match="no benchmark in common: nasbench201/cifar10 against nasbench201/cifar100"):
        compare(first, elsewhere)


def test_the_command_prints_the_table_or_json(folders: tuple[Path, Path], command: Command) -> None:
    shown = command("compare", *map(str, folders))
    assert shown.returncode == 0, shown.stderr
    assert "the same" in shown.stdout
    rows = json.loads(command("compare", *map(str, folders), "--json").stdout)["rows"]
    assert [row["identical"] for row in rows] == [True, False]
    missing = command("compare", str(folders[0]), "nowhere")
    assert missing.returncode == 2
    assert "Traceback" not in missing.stderr
